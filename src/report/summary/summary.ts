import { isGood, type ServiceResult } from '../../result.ts'
import { counted } from '../../runner/text/counted.ts'
import { blame } from '../culprits.ts'
import { fitting } from '../fitting.ts'
import { headline, type RunWords } from '../headline.ts'
import { leftOutWords } from '../left-out.ts'
import { code, nameCode, plain, prose } from '../markdown.ts'
import { returnWords } from '../return-words.ts'
import type { Status } from '../status.ts'
import { culpritParts, folded } from './culprits.ts'
import { gantt, MOST_GANTT_CHARACTERS } from './gantt.ts'
import { leftOut, MOST_TABLE_BYTES, title } from './parts.ts'
import { type Table, tablesOf } from './table.ts'
import { type Bar, type Chart, chartOf, withRows } from './timeline.ts'

/** A runner drops a step's summary of more than 1 MiB. */
const MOST_SUMMARY_BYTES = 1_000_000
const MOST_NOTES_BYTES = 50_000
const ROOM_FOR_REST = 1000

/**
 * The job summary of a deployment: what it came to in one sentence, each culprit with its cause and what to do, the
 * services in a table, and a picture of the rollout. What has no room is counted.
 *
 * @param recorded what the swarm has been left of it, in words
 */
export function resultSummary(
  status: Status,
  results: readonly ServiceResult[],
  run: RunWords,
  recorded?: string,
): string {
  const { culprits, stopped } = blame(results)
  const failed = [...culprits, ...stopped]
  const { needed, details } = culpritParts(failed, run)
  const top = [title(status, plain(headline(results, run))), facts(status, results, run), ...needed]
  const record = recorded === undefined ? [] : [prose(recorded)]
  const tables = tablesThatFit(tablesOf(results), MOST_TABLE_BYTES - Buffer.byteLength(needed.join()))
  const rest = [
    ...tables.parts,
    ...leftOut(tables.left, 'services'),
    ...notes(results),
    ...record,
    ...timeline(results),
  ]
  const room = MOST_SUMMARY_BYTES - Buffer.byteLength([...top, ...rest].join('\n\n')) - ROOM_FOR_REST
  const fit = fitting(details, room, (section) => Buffer.byteLength(`\n${section}`))
  return [
    ...top,
    ...fit,
    ...leftOut(details.length - fit.length, 'services that did not come up'),
    ...(failed.length === 0 ? [] : ['### All services']),
    ...rest,
  ].join('\n\n')
}

/** What kind of summary this is: a job may have others. */
function facts(status: Status, results: readonly ServiceResult[], { stack, returns = [] }: RunWords): string {
  const services = counted(results.length, 'service')
  const ofStack = stack === undefined ? '' : ` of stack ${code(stack.name)}`
  const names = leftOutWords(stack?.leftOut, nameCode)
  const leftOut = names === undefined ? '' : `; left out by \`only\`: ${names}`
  const back = returns.length === 0 ? '' : `. ${prose(returnWords(returns))}`
  return `Swarm Deploy: **${status}**, ${services}${ofStack}${leftOut}${back}`
}

function tablesThatFit(
  tables: readonly Table[],
  bytes: number,
): { readonly parts: readonly string[]; readonly left: number } {
  let room = bytes
  let left = 0
  const parts = tables.flatMap(({ head, rows, title: foldedUnder }) => {
    const fit = fitting(rows, room, Buffer.byteLength)
    left += rows.length - fit.length
    room -= Buffer.byteLength(fit.join('\n'))
    if (fit.length === 0) return []
    const table = [head, ...fit].join('\n')
    return [foldedUnder === undefined ? table : folded(foldedUnder, table)]
  })
  return { parts, left }
}

function timeline(results: readonly ServiceResult[]): string[] {
  const whole = chartOf(results)
  const chart = whole && chartThatFits(whole)
  if (chart === undefined) return []
  const text = gantt(chart)
  const more = chart.leftOut === 0 ? '' : ` There is no room for ${chart.leftOut} more.`
  const has = (kind: Bar['kind']) => chart.rows.some(({ bars }) => bars.some((bar) => bar.kind === kind))
  const ends = `${has('failed') ? ', red ended' : ''}${has('back') ? ', blue with a red edge goes back' : ''}`
  return [
    '### The rollout',
    `\`\`\`mermaid\n${text}\n\`\`\``,
    `Grey waits, blue pulls the image and starts, green runs${ends}.${more}`,
  ]
}

/** Tasks that end again and again have many bars in a row. */
function chartThatFits(chart: Chart): Chart | undefined {
  const counts = chart.rows.map((_, index) => chart.rows.length - index)
  return counts.map((count) => withRows(chart, count)).find((one) => gantt(one).length <= MOST_GANTT_CHARACTERS)
}

/** What is to be known of services that are up. */
function notes(results: readonly ServiceResult[]): string[] {
  const lines = results
    .filter(isGood)
    .flatMap(({ name, note }) => (note === undefined ? [] : [`- ${nameCode(name)}: ${plain(note)}`]))
  const shown = fitting(lines, MOST_NOTES_BYTES, Buffer.byteLength)
  return shown.length === 0 ? [] : [shown.join('\n'), ...leftOut(lines.length - shown.length, 'notes')]
}
