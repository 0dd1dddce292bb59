import { isGood, type ServiceResult } from '../result.ts'
import { groupBy } from '../runner/group-by.ts'
import { shortened } from '../runner/printable.ts'
import { cell, code, fenced, plain } from './markdown.ts'

export type Status = 'converged' | 'deployed' | 'unchanged' | 'failed' | 'rolled-back' | 'timed-out' | 'cancelled'

/** What the run as a whole came to. Without a wait, `deployed` says that nobody has looked whether it runs. */
export function statusOf(results: readonly ServiceResult[], waited: boolean): Status {
  // Services that were skipped because of another say nothing of their own.
  const bad = results.filter((result) => !isGood(result) && result.outcome !== 'skipped').map(({ outcome }) => outcome)
  if (bad.includes('cancelled')) return 'cancelled'
  if (bad.length > 0) {
    if (bad.every((outcome) => outcome === 'rolled-back')) return 'rolled-back'
    return bad.every((outcome) => outcome === 'timed-out') ? 'timed-out' : 'failed'
  }
  if (results.every(({ outcome }) => outcome === 'unchanged')) return 'unchanged'
  return waited ? 'converged' : 'deployed'
}

/** The last line of the log. */
export function verdictLine(status: Status, results: readonly ServiceResult[]): string {
  const byOutcome = [...groupBy(results, ({ outcome }) => outcome)]
  const said = byOutcome.map(([outcome, those]) => `${those.length} ${outcome}`).join(', ')
  return `${status}: ${said}`
}

/** How many error annotations of one step a run's page shows. */
export const MOST_ANNOTATIONS = 10

/** The services with something wrong: those that did not come up by themselves first. */
export function culpritsFirst(results: readonly ServiceResult[]): ServiceResult[] {
  const rank = ({ outcome, because }: ServiceResult) =>
    Number(outcome === 'skipped') * 2 + Number(outcome === 'cancelled' || because !== undefined)
  return results.filter((result) => !isGood(result)).sort((a, b) => rank(a) - rank(b))
}

const MOST_CAUSE_CHARACTERS = 1500
const MOST_LOG_LINE_CHARACTERS = 1000
/** Of the 4,096 that a runner keeps of an annotation, with room for words on what is left out. */
const MOST_ANNOTATION_CHARACTERS = 4000

/**
 * What an error annotation says of a service that did not come up: the cause, and what its task said last. Where not
 * all of that has room, the newest lines do.
 */
export function annotation({ cause, failedTask }: ServiceResult): string {
  const head = [shortened(cause ?? 'no cause known', MOST_CAUSE_CHARACTERS)]
  if (failedTask === undefined) return head.join('\n')
  const where = failedTask.node === undefined ? '' : ` on node ${failedTask.node}`
  head.push(shortened(`Task ${failedTask.id}${where} ${failedTask.ending}.`, MOST_CAUSE_CHARACTERS))
  if (failedTask.logs.length === 0) return head.join('\n')
  const said = failedTask.logs.map((line) => `  ${shortened(line, MOST_LOG_LINE_CHARACTERS)}`)
  const room = MOST_ANNOTATION_CHARACTERS - head.join('\n').length
  const newest = fitting(said.toReversed(), room, ({ length }) => length).toReversed()
  const title = newest.length === said.length ? 'Its last log lines:' : `Its last ${newest.length} log lines:`
  return [...head, title, ...newest].join('\n')
}

/** As many of the texts as have room, each with a line end, from the first on. */
function fitting(texts: readonly string[], room: number, sizeOf: (text: string) => number): string[] {
  let left = room
  const first = texts.findIndex((text) => {
    left -= sizeOf(text) + 1
    return left < 0
  })
  return first < 0 ? [...texts] : texts.slice(0, first)
}

/** A runner drops a step's summary of more than 1 MiB. */
const MOST_SUMMARY_BYTES = 1_000_000
/** The most that is left to the table, and for words on what is left out. */
const MOST_TABLE_BYTES = 900_000
const MOST_NOTES_BYTES = 50_000
const ROOM_FOR_REST = 500

const MOST_NAME_CHARACTERS = 300

/**
 * The job summary of a deployment: a table of the services, then what is known of each that failed, as far as there is
 * room for it.
 */
export function resultSummary(status: Status, results: readonly ServiceResult[]): string {
  const head =
    '| Service | Outcome | Image | Digest | Config | Tasks | Nodes | Seconds |\n| --- | --- | --- | --- | --- | --- | --- | --- |'
  const allRows = results.map(row)
  const rows = fitting(allRows, MOST_TABLE_BYTES, Buffer.byteLength)
  const table = [head, ...rows].join('\n')
  const bad = culpritsFirst(results)
  const allSections = bad.map(failureSection)
  const noted = notes(results)
  const room = MOST_SUMMARY_BYTES - Buffer.byteLength([table, ...noted].join('\n\n')) - ROOM_FOR_REST
  const sections = fitting(allSections, room, (section) => Buffer.byteLength(`\n${section}`))
  return [
    `## Swarm Deploy: ${status}`,
    table,
    ...leftOut(results.length - rows.length, 'services'),
    ...noted,
    ...sections,
    ...leftOut(bad.length - sections.length, 'services that did not come up'),
  ].join('\n\n')
}

function row(result: ServiceResult): string {
  const { name, outcome, image, config, tasks, nodes, seconds, live } = result
  const mark = isGood(result) ? '✅' : '❌'
  // Nobody has looked how it ended.
  const isSeen = outcome !== 'cancelled' && outcome !== 'skipped'
  const cells = [
    live === undefined || live === name ? nameCell(name) : `${nameCell(name)} (${nameCell(live)})`,
    `${mark} ${outcome}`,
    image.after === undefined ? '–' : nameCell(tagOf(image.after)),
    digestChange(image),
    config === undefined ? '–' : nameCell(config),
    isSeen ? `${tasks.running}/${tasks.wanted}` : '–',
    isSeen ? String(nodes) : '–',
    String(seconds),
  ]
  return `| ${cells.join(' | ')} |`
}

/** What is to be known of services that are up. */
function notes(results: readonly ServiceResult[]): string[] {
  const lines = results
    .filter(isGood)
    .flatMap(({ name, note }) => (note === undefined ? [] : [`- ${nameCell(name)}: ${plain(note)}`]))
  const shown = fitting(lines, MOST_NOTES_BYTES, Buffer.byteLength)
  return shown.length === 0 ? [] : [shown.join('\n'), ...leftOut(lines.length - shown.length, 'notes')]
}

function leftOut(count: number, what: string): string[] {
  return count === 0
    ? []
    : [`There is no room here for ${count} more ${what}: see the log and the output \`services\`.`]
}

/** The job summary of a run that ended before its services had results. */
export function failureSummary(status: Status, problems: readonly string[], isUnknown: boolean): string {
  const all = problems.map((problem) => `- ${plain(firstLine(problem))}`)
  const items = fitting(all, MOST_TABLE_BYTES, Buffer.byteLength)
  return [
    `## Swarm Deploy: ${status}`,
    isUnknown ? 'Whether anything was changed on the swarm is not known.' : 'Nothing was changed on the swarm.',
    items.join('\n'),
    ...leftOut(all.length - items.length, 'problems'),
  ].join('\n\n')
}

function failureSection({ name, outcome, cause, failedTask }: ServiceResult): string {
  const parts = [`### ${code(shortened(name, MOST_NAME_CHARACTERS))}: ${outcome}`, plain(cause ?? '')]
  if (failedTask !== undefined) {
    const where = failedTask.node === undefined ? '' : ` on node ${code(failedTask.node)}`
    parts.push(`Task ${code(failedTask.id)}${where} ${plain(failedTask.ending)}.`)
    if (failedTask.logs.length > 0) parts.push(fenced(failedTask.logs))
  }
  return parts.join('\n\n')
}

function digestChange({ before, after }: ServiceResult['image']): string {
  const old = shortDigest(before)
  const now = shortDigest(after)
  if (now === undefined) return '–'
  return old === undefined || old === now ? cell(now) : `${cell(old)} → ${cell(now)}`
}

function nameCell(name: string): string {
  return cell(shortened(name, MOST_NAME_CHARACTERS))
}

function tagOf(image: string): string {
  return image.split('@', 1)[0] ?? image
}

/** Enough of a digest to tell two apart, as Docker shortens image IDs. */
const DIGEST_CHARACTERS = 12

function shortDigest(image: string | undefined): string | undefined {
  return image?.split('@sha256:')[1]?.slice(0, DIGEST_CHARACTERS)
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
