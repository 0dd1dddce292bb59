import type { FailedTask, Outcome, ServiceResult } from './deployment.ts'
import { groupBy } from './group-by.ts'

export type Status = 'converged' | 'deployed' | 'unchanged' | 'failed' | 'rolled-back' | 'timed-out' | 'cancelled'

const GOOD: readonly Outcome[] = ['created', 'updated', 'unchanged', 'removed']

export function isGood({ outcome }: ServiceResult): boolean {
  return GOOD.includes(outcome)
}

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

/** What an error annotation says of a service that did not come up: the cause, and what its task said last. */
export function annotation({ cause, failedTask }: ServiceResult): string {
  const lines = [cause ?? 'no cause known', ...(failedTask === undefined ? [] : taskLines(failedTask))]
  return lines.join('\n')
}

function taskLines(task: FailedTask): string[] {
  const where = task.node === undefined ? '' : ` on node ${task.node}`
  const logs = task.logs.length === 0 ? [] : ['Its last log lines:', ...task.logs.map((line) => `  ${line}`)]
  return [`Task ${task.id}${where} ${task.ending}.`, ...logs]
}

/** The job summary of a deployment: a table of the services, then what is known of each that failed. */
export function resultSummary(status: Status, results: readonly ServiceResult[]): string {
  const head =
    '| Service | Outcome | Image | Digest | Config | Tasks | Nodes | Seconds |\n| --- | --- | --- | --- | --- | --- | --- | --- |'
  const rows = results.map((result) => {
    const { name, outcome, image, config, tasks, nodes, seconds, live } = result
    const mark = isGood(result) ? '✅' : '❌'
    const cells = [
      live === undefined || live === name ? code(name) : `${code(name)} (${code(live)})`,
      `${mark} ${outcome}`,
      code(tagOf(image.after)),
      digestChange(image),
      config === undefined ? '–' : code(config),
      outcome === 'cancelled' || outcome === 'skipped' ? '–' : `${tasks.running}/${tasks.wanted}`,
      String(nodes),
      String(seconds),
    ]
    return `| ${cells.join(' | ')} |`
  })
  const failures = results.filter((result) => !isGood(result)).map(failureSection)
  return [`## Swarm Deploy: ${status}`, [head, ...rows].join('\n'), ...failures].join('\n\n')
}

/** The job summary of a run that ended before its services had results. */
export function failureSummary(status: Status, problems: readonly string[], isBug: boolean): string {
  const items = problems.map((problem) => `- ${escapeMarkdown(firstLine(problem))}`)
  return [
    `## Swarm Deploy: ${status}`,
    isBug ? 'Whether anything was changed on the swarm is not known.' : 'Nothing was changed on the swarm.',
    items.join('\n'),
  ].join('\n\n')
}

function failureSection({ name, outcome, cause, failedTask }: ServiceResult): string {
  const parts = [`### ${code(name)}: ${outcome}`, escapeMarkdown(cause ?? '')]
  if (failedTask !== undefined) {
    const where = failedTask.node === undefined ? '' : ` on node ${code(failedTask.node)}`
    parts.push(`Task ${code(failedTask.id)}${where} ${escapeMarkdown(failedTask.ending)}.`)
    if (failedTask.logs.length > 0) parts.push(fenced(failedTask.logs))
  }
  return parts.join('\n\n')
}

function digestChange({ before, after }: ServiceResult['image']): string {
  const old = shortDigest(before)
  const now = shortDigest(after)
  if (now === undefined) return '–'
  return old === undefined || old === now ? code(now) : `${code(old)} → ${code(now)}`
}

function tagOf(image: string | undefined): string {
  return image?.split('@', 1)[0] ?? '–'
}

/** Enough of a digest to tell two apart, as Docker shortens image IDs. */
const DIGEST_CHARACTERS = 12

function shortDigest(image: string | undefined): string | undefined {
  return image?.split('@sha256:')[1]?.slice(0, DIGEST_CHARACTERS)
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}

function code(text: string): string {
  return text === '–' ? text : `\`${text.replaceAll('`', "'").replaceAll('|', '\\|')}\``
}

/** On one line: a second one could begin a block of its own. */
function escapeMarkdown(text: string): string {
  return text.replace(/\s*[\r\n]\s*/g, ' ').replace(/[\\`*_{}[\]<>|#~]/g, '\\$&')
}

/** A fence longer than any that the lines contain. */
function fenced(lines: readonly string[]): string {
  const runs = lines.flatMap((line) => line.match(/`{3,}/g) ?? [])
  const longest = Math.max(2, ...runs.map((run) => run.length))
  const fence = '`'.repeat(longest + 1)
  return [fence, ...lines, fence].join('\n')
}
