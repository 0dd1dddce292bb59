import type { RenewalResult, RenewedAccount } from '../result.ts'
import { addSummary, setOutput } from '../runner/log/command-files.ts'
import { log, reportLog } from '../runner/log/log.ts'
import { MOST_ANNOTATIONS } from '../runner/log/workflow-commands.ts'
import { shortened } from '../runner/text/printable.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { fitting } from './fitting.ts'
import { shortImage } from './image-words.ts'
import { listOutput } from './list-output.ts'
import { nameCell, prose, proseCell } from './markdown.ts'

/** GitHub takes outputs of 1 MB, each character counted as two bytes; some room is for the others. */
const MOST_OUTPUT_CHARACTERS = 480_000
/** How long the causes may be, tried in turn until all services have room. */
const CAUSE_CHARACTERS = [2000, 500, 100]
const MOST_SUMMARY_BYTES = 900_000

type Status = 'refreshed' | 'unchanged' | 'failed' | 'timed-out' | 'cancelled'

/** What a run that renewed stored credentials came to: red unless each service is renewed, or left alone for a good reason. */
export function reportAuthRefresh(results: readonly RenewalResult[], problems: readonly string[]): void {
  const shown = results.map(fitToShow)
  const status = statusOf(shown, problems)
  const bad = shown.filter(isBad)
  const isRed = bad.length > 0 || problems.length > 0
  if (isRed) process.exitCode = 1
  for (const problem of problems.slice(0, MOST_ANNOTATIONS)) log.error(problem)
  for (const { name, outcome, cause = '' } of bad.slice(0, MOST_ANNOTATIONS)) {
    reportLog.error(cause, `${name}: ${outcome}`)
  }
  const later = shown.filter(({ again }) => again)
  if (later.length > 0) {
    reportLog.warning(
      [`Not renewed this time, so run this again later:`, ...later.map(({ name, cause }) => `${name}: ${cause}`)].join(
        '\n',
      ),
    )
  }
  for (const { name, note } of shown) if (note !== undefined) reportLog.warning(`${name}: ${note}`)
  const words = verdict(shown)
  log.info(`${status}: ${words}`, isRed ? 'bad' : 'good')
  setOutput('status', status)
  setOutput('services', servicesOutput(shown))
  addSummary(summary(status, shown, problems))
}

/** Whether somebody has to do something about it. */
function isBad({ outcome }: RenewalResult): boolean {
  return outcome !== 'refreshed' && outcome !== 'skipped'
}

function statusOf(results: readonly RenewalResult[], problems: readonly string[]): Status {
  const bad = results.filter(isBad).map(({ outcome }) => outcome)
  if (bad.includes('cancelled')) return 'cancelled'
  if (bad.length > 0 && bad.every((outcome) => outcome === 'timed-out')) return 'timed-out'
  if (bad.length > 0 || problems.length > 0) return 'failed'
  return results.some(({ outcome }) => outcome === 'refreshed') ? 'refreshed' : 'unchanged'
}

/** What it came to in one line: how many services, and what became of their tasks, which is the proof. */
function verdict(results: readonly RenewalResult[]): string {
  const refreshed = results.filter(({ account }) => account !== undefined)
  const unchanged = sum(refreshed, ({ tasks }) => tasks.unchanged)
  const changed = sum(refreshed, ({ tasks }) => tasks.changed.length)
  const skipped = results.filter(({ outcome }) => outcome === 'skipped').length
  const bad = results.filter(isBad).length
  return [
    `the credentials of ${count(refreshed.length, 'service')} stored`,
    ...(refreshed.length === 0 ? [] : [`${count(unchanged, 'task')} unchanged`]),
    ...(changed === 0 ? [] : [`${count(changed, 'task')} not`]),
    ...(skipped === 0 ? [] : [`${skipped} skipped`]),
    ...(bad === 0 ? [] : [`${bad} not as asked`]),
  ].join(', ')
}

function summary(status: Status, results: readonly RenewalResult[], problems: readonly string[]): string {
  const isGood = status === 'refreshed' || status === 'unchanged'
  const words = verdict(results)
  const rows = [...results].sort((a, b) => Number(isBad(b)) - Number(isBad(a))).map(row)
  const top = [
    `## ${isGood ? '✅' : '❌'} ${words.slice(0, 1).toUpperCase()}${words.slice(1)}`,
    `Swarm Deploy: **${status}**, mode \`refresh-auth\``,
    ...(problems.length === 0 ? [] : [problems.map((problem) => `- ${prose(problem)}`).join('\n')]),
  ]
  const fit = fitting(rows, MOST_SUMMARY_BYTES, Buffer.byteLength)
  const left = rows.length - fit.length
  return [
    ...top,
    ['| Service | Credential | Account | Image | Tasks | Note |', '| --- | --- | --- | --- | --- | --- |', ...fit].join(
      '\n',
    ),
    ...(left === 0
      ? []
      : [`There is no room here for ${left} more services: see the log and the output \`services\`.`]),
  ].join('\n\n')
}

const MARKS: Readonly<Record<RenewalResult['outcome'], string>> = {
  refreshed: '✅',
  skipped: '⏭️',
  failed: '❌',
  'timed-out': '❌',
  cancelled: '⏹️',
}

function row({ name, outcome, account, image, tasks, cause, note }: RenewalResult): string {
  const cells = [
    nameCell(name),
    `${MARKS[outcome]}&nbsp;${outcome}`,
    account === undefined ? '–' : accountCell(account),
    image === undefined ? '–' : nameCell(shortImage(image)),
    account === undefined ? '–' : `${tasks.unchanged} unchanged<br>${tasks.running}/${tasks.wanted} running`,
    proseCell(cause ?? note ?? ''),
  ]
  return `| ${cells.join(' | ')} |`
}

function accountCell({ username, registry, expires, before }: RenewedAccount): string {
  const end = expires === undefined ? '' : `<br>ends ${expires === 'job' ? 'with this job' : expires}`
  const was = before === undefined ? '' : `${nameCell(before)} → `
  return `${was}${nameCell(username)}<br>${nameCell(registry)}${end}`
}

function servicesOutput(results: readonly RenewalResult[]): string {
  const entries = (most: number) =>
    results.map(({ name, outcome, image, account, tasks, cause, note }) => ({
      name,
      action: 'refresh-auth',
      outcome,
      image: image ?? null,
      config: account?.config ?? null,
      account: account?.username ?? null,
      accountBefore: account?.before ?? null,
      registry: account?.registry ?? null,
      expires: account?.expires ?? null,
      tasks,
      cause: cause === undefined ? null : shortened(cause, most),
      note: note === undefined ? null : shortened(note, most),
    }))
  const { json, leftOut } = listOutput(entries, CAUSE_CHARACTERS, MOST_OUTPUT_CHARACTERS)
  if (leftOut > 0) log.warning(`The output services has no room for ${leftOut} services`)
  return json
}

function fitToShow(result: RenewalResult): RenewalResult {
  const { cause, note, tasks } = result
  return {
    ...result,
    tasks: { ...tasks, changed: tasks.changed.map((line) => safeLine(line)) },
    ...(cause === undefined ? {} : { cause: safeLine(cause) }),
    ...(note === undefined ? {} : { note: safeLine(note) }),
  }
}

function sum(results: readonly RenewalResult[], of: (result: RenewalResult) => number): number {
  return results.reduce((total, result) => total + of(result), 0)
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
