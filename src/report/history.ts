import { imageOfSpec } from '../docker/specs/service-spec.ts'
import type { ServiceChange, SubjectHistory } from '../plan/history.ts'
import {
  type DeployRecord,
  type RecordedRun,
  type RecordedService,
  type Subject,
  subjectWords,
} from '../records/record.ts'
import { addSummary, setOutput } from '../runner/log/command-files.ts'
import { log, openStage } from '../runner/log/log.ts'
import { counted } from '../runner/text/counted.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { someOf } from '../runner/text/some-of.ts'
import { utcWords } from '../runner/time/utc.ts'
import { fitting } from './fitting.ts'
import { imageWords } from './image-words.ts'
import { listOutput } from './list-output.ts'
import { cell, nameCell, prose, proseCell } from './markdown.ts'

/** What was deployed, as people and programs read it. Text of records may be anybody's. */

const MOST_OUTPUT_CHARACTERS = 480_000
/** How many changes and images a record shows, tried in turn until all records have room. */
const OUTPUT_ENTRIES = [1000, 20, 3]
const MOST_SUMMARY_BYTES = 900_000
const MOST_SHOWN = 6
const MOST_WORD = 200
const COMMIT_CHARACTERS = 8

/** Shows the records in the log, the job summary and the output `history`. */
export async function reportHistory(subjects: readonly SubjectHistory[], unreadable: readonly string[]): Promise<void> {
  for (const one of subjects) await openStage(titleOf(one), async () => logSubject(one))
  for (const name of unreadable) {
    log.warning(
      `The config object ${name} says that it is a record of a deploy, and cannot be read: another version of this action has made it, or somebody else. \`docker config rm ${name}\` removes it`,
    )
  }
  const { json, leftOut } = listOutput(
    (most) => subjects.flatMap((one) => one.entries.map((entry) => outputEntry(entry, most))),
    OUTPUT_ENTRIES,
    MOST_OUTPUT_CHARACTERS,
  )
  if (leftOut > 0) log.warning(`The output history has no room for the ${leftOut} last records`)
  setOutput('status', 'listed')
  setOutput('services', '[]')
  setOutput('history', json)
  const count = subjects.reduce((sum, { entries }) => sum + entries.length, 0)
  const verdict = `${counted(count, 'record')} of ${whose(subjects)}`
  addSummary(summaryOf(subjects, verdict))
  log.info(`listed: ${verdict}`, 'good')
}

/** Of what the records are. */
function whose(subjects: readonly SubjectHistory[]): string {
  const [only] = subjects
  return only !== undefined && subjects.length === 1
    ? subjectWords(only.subject)
    : `${subjects.length} stacks and services`
}

/** `stack shop: #7 runs`. */
function titleOf({ subject, entries }: SubjectHistory): string {
  const running = entries.find(({ isRunning }) => isRunning)
  if (entries.length === 0) return `${subjectWords(subject)}: no record`
  return `${subjectWords(subject)}: ${running === undefined ? 'what runs is in no record' : `#${running.record.version} runs`}`
}

function logSubject(subject: SubjectHistory): void {
  const since = sinceWords(subject)
  if (since !== undefined) log.info(since)
  const { entries } = subject
  for (const { record, isRunning, changes } of entries) {
    const run = newestRun(record)
    const parts = [
      `#${record.version}`.padEnd(`#${entries[0]?.record.version ?? ''}`.length),
      utcWords(Date.parse(record.at)),
      run.commit.slice(0, COMMIT_CHARACTERS) || '-',
      [shortRef(run.ref), run.actor && `by ${run.actor}`, moreRuns(record)].filter(Boolean).join(', '),
      run.url || run.owner,
    ]
    log.info(`${parts.filter(Boolean).join('  ')}${isRunning ? '  (runs)' : ''}`, isRunning ? 'good' : undefined)
    const back = backWords(record)
    if (back !== undefined) log.info(`    ${back}`)
    log.info(`    ${someOf(imagesOf(record, changes), MOST_SHOWN)}`)
    const changed = changeWords(record.subject, changes)
    if (changed.length > 0) log.info(`    changed: ${someOf(changed, MOST_SHOWN)}`)
  }
}

/** Why there is nothing to be seen, or what has become of the newest. */
function sinceWords({ subject, entries, sinceNewest, stack, meant }: SubjectHistory): string | undefined {
  if (entries.length === 0) return `No deploy of ${subjectWords(subject)} is recorded: ${whyNone(stack, meant)}`
  const [newest] = entries
  if (sinceNewest.length === 0 || newest === undefined) return undefined
  return `Changed since #${newest.record.version}: ${someOf(changeWords(subject, sinceNewest), MOST_SHOWN)}`
}

function whyNone(stack: string | undefined, meant: string | undefined): string {
  if (meant !== undefined) return `did you mean \`${safeLine(meant, MOST_WORD)}\`?`
  if (stack !== undefined)
    return `it belongs to a stack, and the records are those of \`stack: ${safeLine(stack, MOST_WORD)}\``
  return 'only a deploy that was waited for and came up leaves a record, unless `history-limit: 0`'
}

function backWords({ wentBackTo }: DeployRecord): string | undefined {
  return wentBackTo === undefined ? undefined : `went back to #${wentBackTo}`
}

function newestRun({ runs }: DeployRecord): RecordedRun {
  const [newest] = runs
  if (newest === undefined) throw new Error('a record tells of no run')
  return newest
}

function moreRuns({ runs: { length } }: DeployRecord): string {
  return length > 1 ? `deployed ${length} times` : ''
}

/** `main` of `refs/heads/main`. */
function shortRef(ref: string): string {
  return ref.replace(/^refs\/(?:heads|tags)\//, '').replace(/^refs\//, '')
}

/** Those that have changed, where it is known which; each `web ghcr.io/acme/web:2@ba92ae55e51a`. */
function imagesOf({ services }: DeployRecord, changes: readonly ServiceChange[]): string[] {
  const changed = services.filter(({ name }) => changes.some((one) => one.name === name))
  const shown = changed.length > 0 && services.length > MOST_SHOWN ? changed : services
  const [only, ...others] = shown
  if (only !== undefined && others.length === 0 && services.length === 1) return [imageText(only)]
  return shown.map((one) => `${one.name} ${imageText(one)}`)
}

/** With the tag that was asked for, and the digest that ran. */
function imageText({ image, spec }: RecordedService): string {
  const { digest } = imageWords(imageOfSpec(spec) ?? '')
  return safeLine(digest === undefined ? image : `${image}@${digest}`, MOST_WORD)
}

/** `web image`, `api env LOG_LEVEL`, `db new`: names, and never a value. Of a service alone its own name says nothing. */
function changeWords({ kind }: Subject, changes: readonly ServiceChange[]): string[] {
  return changes.flatMap(({ name, how, fields }) => {
    const of = kind === 'stack' ? `${name} ` : ''
    return how === 'changed' ? fields.map((one) => `${of}${fieldWords(one)}`) : [`${of}${how}`]
  })
}

function fieldWords({ field, key }: ServiceChange['fields'][number]): string {
  return safeLine(key === undefined ? field : `${field} ${key}`, MOST_WORD)
}

function summaryOf(subjects: readonly SubjectHistory[], verdict: string): string {
  const head = ['## 📜 What was deployed', prose(`Swarm Deploy: ${verdict}, mode history`)]
  const parts = subjects.flatMap((one) => {
    const since = sinceWords(one)
    const title = `### ${prose(titleOf(one))}`
    const note = since === undefined ? [] : [prose(since)]
    if (one.entries.length === 0) return [[title, ...note].join('\n\n')]
    const rows = one.entries.map((entry) => `| ${rowOf(entry).join(' | ')} |`)
    return [
      [
        title,
        ...note,
        [`| ${TITLES.join(' | ')} |`, `| ${TITLES.map(() => '---').join(' | ')} |`, ...rows].join('\n'),
      ].join('\n\n'),
    ]
  })
  const shown = fitting(parts, MOST_SUMMARY_BYTES, Buffer.byteLength)
  const left = parts.length - shown.length
  return [
    ...head,
    ...shown,
    ...(left === 0 ? [] : [`There is no room here for ${left} more: see the log and the output \`history\`.`]),
  ].join('\n\n')
}

const TITLES = ['', 'When', 'Commit', 'Run', 'By', 'Images', 'Changed']

function rowOf({ record, isRunning, changes }: SubjectHistory['entries'][number]): string[] {
  const run = newestRun(record)
  const words = [backWords(record), ...changeWords(record.subject, changes)].filter((text) => text !== undefined)
  return [
    `${isRunning ? '▶ ' : ''}**#${record.version}**`,
    utcWords(Date.parse(record.at)),
    run.commit === '' ? '' : cell(run.commit.slice(0, COMMIT_CHARACTERS)),
    [runCell(run), moreRuns(record)].filter(Boolean).join(', '),
    run.actor === '' ? '' : nameCell(run.actor),
    few(imagesOf(record, changes)).map(nameCell).join('<br>'),
    few(words).map(proseCell).join('<br>'),
  ]
}

function few(texts: readonly string[]): string[] {
  const shown = texts.length > MOST_SHOWN + 1 ? texts.slice(0, MOST_SHOWN) : texts
  return [...shown, ...(shown.length < texts.length ? [`and ${texts.length - shown.length} more`] : [])]
}

/** A link to its page: the address was read as one. */
function runCell({ url, runId, owner }: RecordedRun): string {
  if (url === '') return proseCell(owner)
  return /^[\w-]+$/.test(runId) ? `[${runId}](${url})` : `[run](${url})`
}

/** Keys in the order and form that docs/history.md documents. */
function outputEntry({ record, isRunning, changes }: SubjectHistory['entries'][number], most: number) {
  const { subject, version, at, runs, services, wentBackTo } = record
  return {
    kind: subject.kind,
    name: subject.name,
    version,
    at,
    running: isRunning,
    wentBackTo: wentBackTo ?? null,
    services: services.slice(0, most).map((one) => {
      const [, digest] = (imageOfSpec(one.spec) ?? '').split('@')
      return { name: one.name, image: one.image, digest: digest === undefined ? null : safeLine(digest, MOST_WORD) }
    }),
    changes: changeWords(subject, changes).slice(0, most),
    runs: runs.slice(0, most),
  }
}
