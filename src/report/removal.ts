import type { RemovalResult, RemovedThing } from '../result.ts'
import { addSummary, setOutput } from '../runner/log/command-files.ts'
import { log, reportLog } from '../runner/log/log.ts'
import { MOST_ANNOTATIONS } from '../runner/log/workflow-commands.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { someOf } from '../runner/text/some-of.ts'
import { andList } from '../runner/text/word-list.ts'
import { fitting } from './fitting.ts'
import { shortImage } from './image-words.ts'
import { nameCell, plain, prose, proseCell } from './markdown.ts'
import { servicesOutput } from './output.ts'

const MOST_SUMMARY_BYTES = 900_000

type Status = 'removed' | 'unchanged' | 'planned' | 'failed' | 'timed-out' | 'cancelled'

/** What a removal came to: red unless all that was to go is gone. What services of others need is told, and no failure. */
export function reportRemoval(result: RemovalResult): void {
  const things = result.things.map(fitToShow)
  const shown = { ...result, things }
  const status = statusOf(shown)
  const bad = things.filter(isBad)
  if (bad.length > 0) process.exitCode = 1
  for (const { kind, name, outcome, cause = '' } of bad.slice(0, MOST_ANNOTATIONS)) {
    reportLog.error(cause, `${kind} ${name}: ${outcome}`)
  }
  for (const { kind, name, outcome, cause } of things) {
    if (outcome === 'kept') reportLog.warning(`${kind} ${name} stays: ${cause}`)
    else if (outcome === 'removed' && cause !== undefined) reportLog.warning(`${name}: ${cause}`)
  }
  const words = verdict(shown)
  reportLog.info(`${status}: ${words}`, bad.length > 0 ? 'bad' : 'good')
  const { json, leftOut } = servicesOutput(
    result.services.map(({ cause, note, ...rest }) => ({
      ...rest,
      ...(cause !== undefined && { cause: safeLine(cause) }),
      ...(note !== undefined && { note: safeLine(note) }),
    })),
  )
  if (leftOut > 0) log.warning(`The output services has no room for ${leftOut} services`)
  setOutput('status', status)
  setOutput('services', json)
  addSummary(summary(status, shown, words))
}

function isBad({ outcome }: RemovedThing): boolean {
  return outcome === 'failed' || outcome === 'timed-out' || outcome === 'cancelled'
}

function statusOf({ things, isDryRun }: RemovalResult): Status {
  const bad = things.filter(isBad).map(({ outcome }) => outcome)
  if (bad.includes('cancelled')) return 'cancelled'
  if (bad.length > 0) return bad.every((outcome) => outcome === 'timed-out') ? 'timed-out' : 'failed'
  if (things.every(({ outcome }) => outcome === 'kept')) return 'unchanged'
  return isDryRun ? 'planned' : 'removed'
}

/** `3 services and 1 network of stack shop; 1 network in use by others`, or `2 services: web, api`. */
function verdict({ things, what, isDryRun }: RemovalResult): string {
  const count = (of: (thing: RemovedThing) => boolean) => {
    const kinds = KINDS.flatMap((kind) => {
      const those = things.filter((thing) => thing.kind === kind && of(thing))
      const number = those.reduce((sum, { count: several = 1 }) => sum + several, 0)
      return number === 0 ? [] : [`${number} ${kind}${number === 1 ? '' : 's'}`]
    })
    return andList(kinds)
  }
  const gone = count(({ outcome }) => outcome === (isDryRun ? 'planned' : 'removed'))
  const bad = count(isBad)
  const kept = count(({ outcome }) => outcome === 'kept')
  // Not the names as they were asked for: some of them may not have been there.
  const those = things.filter(({ kind }) => kind === 'service').map(({ name }) => name)
  const named = those.length === 0 ? '' : `: ${someOf(those)}`
  const whose = what.kind === 'stack' ? ` of stack ${what.name}` : named
  const none = `nothing of ${what.kind === 'stack' ? `stack ${what.name}` : `services ${someOf(what.names)}`} to remove`
  const isNone = gone === '' && bad === ''
  return [
    ...(gone === '' ? [] : [`${gone}${whose}${isDryRun ? ' would be removed' : ''}`]),
    ...(bad === '' ? [] : [`${bad}${gone === '' ? whose : ''} not as asked`]),
    ...(isNone ? [none] : []),
    ...(kept === '' ? [] : [`${kept} in use by others`]),
    ...(isDryRun ? ['nothing was removed'] : []),
  ].join('; ')
}

const KINDS = ['service', 'network', 'secret', 'config', 'volume', 'record'] as const

const MARKS: Readonly<Record<RemovedThing['outcome'], string>> = {
  removed: '✅',
  kept: '⏭️',
  planned: '🗑️',
  failed: '❌',
  'timed-out': '❌',
  cancelled: '⏹️',
}

function summary(status: Status, { things, missing }: RemovalResult, words: string): string {
  const isRed = things.some(isBad)
  const rows = [...things].sort((a, b) => Number(isBad(b)) - Number(isBad(a))).map(row)
  const fit = fitting(rows, MOST_SUMMARY_BYTES, Buffer.byteLength)
  const left = rows.length - fit.length
  const title = TITLES[status]
  return [
    `## ${isRed ? '❌' : '✅'} ${title}${plain(title === '' ? capitalised(words) : words)}`,
    `Swarm Deploy: **${status}**, mode \`remove\``,
    ...(missing.length === 0 ? [] : [missing.map((line) => `- ${prose(line)}`).join('\n')]),
    ...(rows.length === 0
      ? []
      : [['| What | Name | Outcome | Note |', '| --- | --- | --- | --- |', ...fit].join('\n')]),
    ...(left === 0 ? [] : [`There is no room here for ${left} more: see the log.`]),
  ].join('\n\n')
}

const TITLES: Readonly<Record<Status, string>> = {
  removed: 'Removed: ',
  unchanged: '',
  planned: '',
  failed: 'Not all is removed: ',
  'timed-out': 'Not all has ended: ',
  cancelled: 'Stopped: ',
}

function capitalised(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}

function row({ kind, name, outcome, image, cause, where, count }: RemovedThing): string {
  const plainName = count === undefined ? nameCell(name) : `${count} ${name}`
  const named = image === undefined ? plainName : `${nameCell(name)}<br>${nameCell(shortImage(image))}`
  const said = outcome === 'kept' ? 'stays' : outcome
  return `| ${kind} | ${named} | ${MARKS[outcome]}&nbsp;${said} | ${proseCell(cause ?? (where === undefined ? '' : `from ${where}`))} |`
}

function fitToShow(thing: RemovedThing): RemovedThing {
  return { ...thing, ...(thing.cause !== undefined && { cause: safeLine(thing.cause) }) }
}
