import { isDeepStrictEqual } from 'node:util'
import { isJob } from '../docker/specs/service-mode.ts'
import { imageOfSpec } from '../docker/specs/service-spec.ts'
import { pageOf, type RollbackTarget, targetInWords } from '../inputs/rollback-target.ts'
import { groupBy } from '../runner/group-by.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { shown } from '../runner/text/shown.ts'
import { someOf } from '../runner/text/some-of.ts'
import { utcWords } from '../runner/time/utc.ts'
import { type DeployRecord, sameContent } from './record.ts'

/** Which record a rollback goes to. Pure. */

/** What of the records of one subject runs at this moment. */
export interface Running {
  /** The newest record of it; `undefined`: what runs is in none. */
  readonly record: DeployRecord | undefined
  /** Whether a record would change nothing, but for numbers of tasks. */
  has(record: DeployRecord): boolean
}

/**
 * The record that is meant.
 *
 * @param records of one subject, the newest first
 * @returns or why there is none, with what to write instead; it goes on after the subject's name
 */
export function chooseRecord(
  records: readonly DeployRecord[],
  target: RollbackTarget,
  running: Running,
): DeployRecord | string {
  if (records.length === 0) return NONE
  if (target.by === 'previous') return previous(records, running)
  if (target.by === 'version') {
    return oneOf(
      records.filter(({ version }) => version === target.version),
      target,
      records,
    )
  }
  if (target.by === 'run')
    return oneOf(
      records.filter((one) => isOfRun(one, target)),
      target,
      records,
    )
  return named(records, target.text, target)
}

const NONE =
  'it has no record on this swarm, so nothing is known to go back to. Each deploy of it that succeeds leaves one, unless `history-limit: 0`; what ran before the first is only had by deploying it again'

/**
 * The version of which a record has the content: its own number, or that of the version to which a rollback went. A
 * rollback to what was a rollback itself is one to the same version.
 *
 * @param records of the same subject
 */
export function originOf(record: DeployRecord, records: readonly DeployRecord[]): number {
  const seen = new Set<number>()
  let { version, wentBackTo } = record
  // Whoever writes a circle gets an end all the same.
  while (wentBackTo !== undefined && wentBackTo < version && !seen.has(wentBackTo)) {
    seen.add(wentBackTo)
    const next = records.find((one) => one.version === wentBackTo)
    version = wentBackTo
    wentBackTo = next?.wentBackTo
  }
  return version
}

/** From where a rollback has led one goes further back, and never to what it has led away from. */
function previous(records: readonly DeployRecord[], running: Running): DeployRecord | string {
  const [newest] = records
  if (running.record === undefined) return newest ?? NONE
  const origin = originOf(running.record, records)
  // Where only some services went back, the version is still to be had as a whole.
  const isWhole = hasImagesOf(running.record, records.find(({ version }) => version === origin) ?? running.record)
  const isOlder = ({ version }: DeployRecord) => version < origin || (version === origin && !isWhole)
  const older = records.find((one) => isOlder(one) && !running.has(one))
  if (older !== undefined) return older
  const now = `what runs is ${versionInWords(running.record, records)}`
  const others = records.filter((one) => !running.has(one))
  if (others.length === 0) return `${now}, and no other version is recorded: there is nothing before it to go back to`
  return `${now}, and nothing before #${origin} is recorded. To go to another version, name it: there ${others.length === 1 ? 'is' : 'are'} ${versionsInWords(others, records)}`
}

function isOfRun({ runs }: DeployRecord, { url, attempt }: Extract<RollbackTarget, { by: 'run' }>): boolean {
  return runs.some((run) => pageOf(run.url) === url && (attempt === undefined || (run.attempt || '1') === attempt))
}

/** The only one of those that were found; a second one with other content makes it unclear which is meant. */
function oneOf(
  found: readonly DeployRecord[],
  target: RollbackTarget,
  records: readonly DeployRecord[],
): DeployRecord | string {
  const [first, ...others] = found
  if (first === undefined) return notFound(target, records)
  if (others.every((one) => isSame(one, first, records))) return first
  return `${targetInWords(target)} has ${versionsInWords(found, records)}: ${nameOne(found)}`
}

/** A name may be several things; of one thing that was deployed several times the last time is meant. */
function named(records: readonly DeployRecord[], text: string, target: RollbackTarget): DeployRecord | string {
  const commits = commitsThatBegin(text, records)
  if (commits.size > 1) {
    const list = [...commits].map(
      ([commit, all]) => `${commit.slice(0, 12)} (${all.map(({ version }) => `#${version}`).join(', ')})`,
    )
    return `${targetInWords(target)} is the beginning of several commits: ${list.join(', ')}: write more of it`
  }
  const [ofCommit = []] = commits.values()
  const deployedBy = ofCommit.find((record) => wasDeployedAt(text, record))
  const ofRun = records.filter(({ runs }) => runs.some(({ runId }) => runId === text))
  const run = ofRun.length === 0 ? undefined : oneOf(ofRun, target, records)
  if (typeof run === 'string') return run
  const others = [
    ['the commit of', deployedBy],
    ['the run of', run],
  ] as const
  const found = [
    ...byTag(text, records),
    ...others.flatMap(([kind, record]) => (record === undefined ? [] : [{ kind, record }])),
  ]
  const numbered = found.length === 0 ? undefined : records.find((record) => isNumbered(record, text))
  const meant = [...found, ...(numbered === undefined ? [] : [{ kind: 'the number of', record: numbered }])]
  const [first, ...rest] = meant
  if (first === undefined) return notFound(target, records)
  if (rest.every(({ record }) => isSame(record, first.record, records))) return first.record
  const list = meant.map(({ kind, record }) => `${kind} ${versionInWords(record, records)}`)
  return `${targetInWords(target)} is ${list.join(' and ')}: ${nameOne(meant.map(({ record }) => record))}`
}

/** Whether a name may be its number without the sign; where it is the tag of an image of it too, the tag is meant. */
function isNumbered(record: DeployRecord, text: string): boolean {
  return String(record.version) === text && !tagsOf(record).includes(text)
}

/**
 * The newest version in which an image has the tag, and of each service that has another one there, the newest in which it
 * had this one: whoever names the tag may mean either.
 */
function byTag(
  text: string,
  records: readonly DeployRecord[],
): { readonly kind: string; readonly record: DeployRecord }[] {
  const servicesIn = ({ services }: DeployRecord) => services.filter(({ image }) => tagOf(image) === text)
  const newest = records.find((record) => servicesIn(record).length > 0)
  if (newest === undefined) return []
  const has = servicesIn(newest)
  const earlier = newest.services
    .filter((one) => !has.includes(one))
    .flatMap(({ name }) => {
      const record = records.find((one) => servicesIn(one).some((service) => service.name === name))
      return record === undefined ? [] : [{ name, record }]
    })
  if (has.length === newest.services.length) return [{ kind: 'the tag of', record: newest }]
  const all = [...has.map(({ name }) => ({ name, record: newest })), ...earlier]
  return [...groupBy(all, ({ record }) => record)].map(([record, its]) => {
    const names = someOf(its.map(({ name }) => safeLine(name, LONGEST_WORD)))
    return { kind: `the tag of ${names} in`, record }
  })
}

/**
 * Whether it was deployed at this commit. A rollback ran at some commit too, which is not the one that it went back to:
 * it is the first run of the record that it has written.
 */
function wasDeployedAt(text: string, { runs, wentBackTo }: DeployRecord): boolean {
  const deployed = wentBackTo === undefined ? runs : runs.slice(0, -1)
  return deployed.some(({ commit }) => beginsWith(commit, text))
}

function beginsWith(commit: string, text: string): boolean {
  return commit.toLowerCase().startsWith(text.toLowerCase())
}

/** The records by the whole commits that begin so. */
function commitsThatBegin(text: string, records: readonly DeployRecord[]): Map<string, DeployRecord[]> {
  if (!/^[0-9a-f]{7,64}$/i.test(text)) return new Map()
  const all = records.flatMap((record) => {
    const commits = new Set(record.runs.map(({ commit }) => commit).filter((commit) => beginsWith(commit, text)))
    return [...commits].map((commit) => ({ commit, record }))
  })
  return new Map(
    [...groupBy(all, ({ commit }) => commit)].map(([commit, of]) => [commit, of.map(({ record }) => record)]),
  )
}

/** To go back to either is the same, but for numbers of tasks, and for what had another ID then. */
function isSame(a: DeployRecord, b: DeployRecord, records: readonly DeployRecord[]): boolean {
  if (a === b || sameContent(a, b)) return true
  return a.version !== b.version && originOf(a, records) === originOf(b, records) && hasImagesOf(a, b)
}

function hasImagesOf(a: DeployRecord, b: DeployRecord): boolean {
  const imagesOf = ({ services }: DeployRecord) =>
    services
      .filter(({ spec }) => !isJob(spec))
      .map(({ name, spec }) => `${name} ${imageOfSpec(spec)}`)
      .toSorted()
  return isDeepStrictEqual(imagesOf(a), imagesOf(b))
}

function notFound(target: RollbackTarget, records: readonly DeployRecord[]): string {
  const there = `there ${records.length === 1 ? 'is' : 'are'} ${versionsInWords(records, records)}`
  if (target.by !== 'name') return `${targetInWords(target)} is not recorded: ${there}`
  const { text } = target
  const number = /^\d{1,9}$/.test(text) ? Number(text) : undefined
  if (records.some(({ version }) => version === number)) {
    return `no tag, commit or run of a record is ${shown(text)}: for the version of this number write \`'#${number}'\``
  }
  const backs = [...commitsThatBegin(text, records).values()].flat()
  const short = /^[0-9a-f]{4,6}$/i.test(text)
    ? '; of a commit write at least 7 characters'
    : backs.length > 0
      ? ` (a workflow at this commit has only gone back: see ${backs.map(({ version }) => `#${version}`).join(', ')})`
      : ''
  return `no tag, commit or run of a record is ${shown(text)}${short}: ${there}`
}

function nameOne(records: readonly DeployRecord[]): string {
  const versions = records.map(({ version }) => version)
  if (new Set(versions).size === versions.length) return `write \`'#${versions[0]}'\` or another number`
  return 'they have the same number, of two deploys at one moment: write the commit or the run of the one that is meant'
}

const MOST_LISTED = 10
const MOST_TAGS = 3
const LONGEST_WORD = 60

/** `#7 (tag 1.4, commit 0a1b2c3d4e5f, 2026-11-20 10:00:00 UTC)` */
export function versionInWords(record: DeployRecord, records: readonly DeployRecord[] = []): string {
  const [run] = record.runs
  const origin = originOf(record, records)
  const tags = tagsOf(record).map((tag) => safeLine(tag, LONGEST_WORD))
  const facts = [
    ...(tags.length === 0 ? [] : [tagsInWords(tags)]),
    // The commit of a rollback is that of its workflow, and says nothing of what runs.
    ...(origin === record.version ? [] : [`went back to #${origin}`]),
    ...(origin === record.version && run?.commit ? [`commit ${safeLine(run.commit, LONGEST_WORD).slice(0, 12)}`] : []),
    utcWords(Date.parse(record.at)),
  ]
  return `#${record.version} (${facts.join(', ')})`
}

function tagsInWords(tags: readonly string[]): string {
  const all = [...tags.slice(0, MOST_TAGS), ...(tags.length > MOST_TAGS ? ['others'] : [])]
  return `${tags.length === 1 ? 'tag' : 'tags'} ${all.join(' and ')}`
}

function versionsInWords(records: readonly DeployRecord[], all: readonly DeployRecord[]): string {
  const more = records.length - MOST_LISTED
  const list = records.slice(0, MOST_LISTED).map((one) => versionInWords(one, all))
  return [...list, ...(more > 0 ? [`and ${more} older`] : [])].join(', ')
}

/** The tags of all images of a record, each once. */
function tagsOf({ services }: DeployRecord): string[] {
  return [...new Set(services.flatMap(({ image }) => tagOf(image) ?? []))]
}

function tagOf(image: string): string | undefined {
  return /:([^:/@]+)(?:@.*)?$/.exec(image)?.[1]
}
