import { isGood, type ServiceResult } from '../../result.ts'
import { someOf } from '../../runner/some-of.ts'
import { blame } from '../culprits.ts'
import { fitting } from '../fitting.ts'
import { headline, type RunWords } from '../headline.ts'
import { leftOutWords } from '../left-out.ts'
import { code, nameCode, plain, prose } from '../markdown.ts'
import { remedyBefore } from '../remedies.ts'
import { returnWords } from '../return-words.ts'
import { MOST_HEADLINE_CHARACTERS, shortHeadline } from '../short-headline.ts'
import type { Status } from '../status.ts'
import { culpritParts, folded, remedyLine } from './culprits.ts'
import { gantt, MOST_GANTT_CHARACTERS } from './gantt.ts'
import { type Table, tablesOf } from './table.ts'
import { type Bar, type Chart, chartOf, withRows } from './timeline.ts'

/** A runner drops a step's summary of more than 1 MiB. */
const MOST_SUMMARY_BYTES = 1_000_000
/** The most that is left to the tables, and for words on what is left out. */
const MOST_TABLE_BYTES = 600_000
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

/** The job summary of a run that ended before its services had results. */
export function failureSummary(
  status: Status,
  problems: readonly string[],
  isUnknown: boolean,
  remains: readonly string[] = [],
): string {
  const lines = problems.map(firstLine)
  const [only = ''] = lines
  const isOne = lines.length === 1
  // One that is shown whole is not told twice.
  const all = isOne && only.length <= MOST_HEADLINE_CHARACTERS ? [] : lines.map((line) => `- ${prose(line)}`)
  const items = fitting(all, MOST_TABLE_BYTES, Buffer.byteLength)
  const remedies = new Set(lines.flatMap((line) => remedyBefore(line) ?? []))
  return [
    title(
      status,
      prose(
        isOne
          ? shortHeadline(only)
          : `${lines.length} things are wrong${isUnknown || remains.length > 0 ? '' : ', so nothing was done'}`,
      ),
    ),
    `Swarm Deploy: **${status}**. ${prose(whatChanged(isUnknown, remains))}`,
    ...(items.length === 0 ? [] : [items.join('\n')]),
    ...leftOut(all.length - items.length, 'problems'),
    ...[...remedies].map((remedy) => remedyLine(remedy)),
  ].join('\n\n')
}

/**
 * What a run that ended before its services had results has done to the swarm.
 *
 * @param remains what it leaves all the same, a phrase for each
 */
export function whatChanged(isUnknown: boolean, remains: readonly string[] = []): string {
  if (isUnknown) return 'Whether anything was changed on the swarm is not known.'
  return remains.length === 0 ? 'Nothing was changed on the swarm.' : `No service was changed, but ${someOf(remains)}.`
}

const RED: readonly Status[] = ['failed', 'rolled-back', 'timed-out', 'cancelled']

/** @param text Markdown */
function title(status: Status, text: string): string {
  return `## ${RED.includes(status) ? '❌' : '✅'} ${text}`
}

/** What kind of summary this is: a job may have others. */
function facts(status: Status, results: readonly ServiceResult[], { stack, returns = [] }: RunWords): string {
  const services = `${results.length} ${results.length === 1 ? 'service' : 'services'}`
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

function leftOut(count: number, what: string): string[] {
  return count === 0
    ? []
    : [`There is no room here for ${count} more ${what}: see the log and the output \`services\`.`]
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
