import { createHash } from 'node:crypto'
import { parseGoJson, toGoJson } from '../docker/engine/go-json.ts'
import { type ObjectCreate, type StackObject, stackIn } from '../docker/specs/stack-objects.ts'
import { nameProblem } from '../docker/swarm/swarm-rules.ts'
import { withoutUser } from '../runner/secrets/likely-secrets.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { zlib } from '../runner/zlib.ts'
import {
  type DeployRecord,
  inOrder,
  type KeptRecord,
  MOST_RUNS,
  type RecordedNames,
  type RecordedRun,
  type RecordedService,
  type Subject,
} from './record.ts'
import { fits, type Shape, SPEC_SHAPE } from './shape.ts'

/**
 * How a record is written into a config object, and read from one. Labels say whose it is; the content is JSON behind
 * gzip. Whoever may make a config may write anything in it: what is not exactly a record is none. Pure.
 */

const PREFIX = 'swarm-deploy.record'
/** `stack/shop` or `service/web` */
const SUBJECT_LABEL = `${PREFIX}.of`
const VERSION_LABEL = `${PREFIX}.version`
const FORMAT = 1

/** A daemon takes less than that (swarmkit, api/validation/secrets.go; 20.10: `MaxConfigSize`). */
const MOST_BYTES = 500 * 1024 - 1
/** A record of two hundred services, each with a spec of 20 kB, is half of it. */
const MOST_UNPACKED_BYTES = 8 * 1024 * 1024
/** What is read in all: so many records of somebody else shall not take all the memory. */
const MOST_UNPACKED_IN_ALL = 128 * 1024 * 1024
const LONGEST_WORD = 300
/** What `to` takes. */
const HIGHEST_VERSION = 999_999_999

/** The filter that finds the records of all subjects. */
export const RECORDS_FILTER = JSON.stringify({ label: [SUBJECT_LABEL] })

/** Records as they were found. */
export interface Records {
  /** The newest first, those of all subjects among each other. */
  readonly kept: readonly KeptRecord[]
  /** The names of config objects that say they are records, and cannot be read. */
  readonly unreadable: readonly string[]
}

/** Whether an object says that it is a record of this subject, whatever is in it. */
export function isRecordOf({ Spec: { Labels: labels } }: StackObject, { kind, name }: Subject): boolean {
  return labels?.[SUBJECT_LABEL] === `${kind}/${name}`
}

/** The name of a config object for a record: another one for each run and subject. Nothing is read from it. */
export function objectName(token: string, { kind, name }: Subject): string {
  const hash = createHash('sha256').update(`${token} ${kind} ${name}`).digest('hex')
  return `${PREFIX}.${name.slice(0, SHOWN_OF_NAME)}.${hash.slice(0, SHOWN_OF_NAME)}`
}

// Swarm takes 64 characters (swarmkit, manager/controlapi/common.go).
const SHOWN_OF_NAME = 20

/**
 * The body that makes a record; or, where it has more in it than a config object holds, how many bytes it has of how
 * many.
 */
export function recordBody(
  record: DeployRecord,
  name: string,
): ObjectCreate | { readonly bytes: number; most: number } {
  const { subject, version, ...content } = record
  const text = toGoJson({ format: FORMAT, subject, version, ...content })
  if (Buffer.byteLength(text) > MOST_UNPACKED_BYTES)
    return { bytes: Buffer.byteLength(text), most: MOST_UNPACKED_BYTES }
  const data = zlib().gzipSync(text)
  if (data.length > MOST_BYTES) return { bytes: data.length, most: MOST_BYTES }
  const labels = { [SUBJECT_LABEL]: `${subject.kind}/${subject.name}`, [VERSION_LABEL]: String(version) }
  return { Name: name, Labels: labels, Data: data.toString('base64') }
}

/** The records among the config objects of a swarm. */
export function recordsIn(objects: readonly StackObject[]): Records {
  const kept: KeptRecord[] = []
  const unreadable: string[] = []
  let bytesLeft = MOST_UNPACKED_IN_ALL
  for (const { ID: id, Spec: spec } of objects) {
    const subject = spec.Labels?.[SUBJECT_LABEL]
    if (subject === undefined) continue
    const content = unpacked(spec.Data, Math.min(bytesLeft, MOST_UNPACKED_BYTES))
    bytesLeft -= content?.length ?? 0
    const record = content && recordFrom(content.toString())
    if (record === undefined || `${record.subject.kind}/${record.subject.name}` !== subject) {
      unreadable.push(safeLine(spec.Name, LONGEST_WORD))
    } else kept.push({ record, ids: [id], needless: [] })
  }
  return { kept: inOrder(kept), unreadable }
}

function unpacked(data: string | undefined, most: number): Buffer | undefined {
  try {
    return zlib().gunzipSync(Buffer.from(data ?? '', 'base64'), { maxOutputLength: Math.max(1, most) })
  } catch {
    return undefined
  }
}

const RUN_SHAPE = {
  repository: 'text',
  commit: 'text',
  ref: 'text',
  runId: 'text',
  attempt: 'text',
  url: 'text',
  actor: 'text',
  owner: 'text',
  at: 'text',
} as const satisfies Readonly<Record<keyof RecordedRun, Shape>>

const RECORD_SHAPE: Shape = {
  with: {
    format: 'number',
    subject: { with: { kind: 'text', name: 'text' } },
    version: 'number',
    at: 'text',
    runs: { listOf: { with: RUN_SHAPE } },
    services: { listOf: { with: { name: 'text', image: 'text', spec: SPEC_SHAPE } } },
    names: {
      with: { networks: { mapOf: 'text' }, secrets: { mapOf: 'text' }, configs: { mapOf: 'text' } },
    },
    'wentBackTo?': 'number',
  },
}

/** @returns `undefined` for what is none, or none that this version of the action knows */
function recordFrom(text: string): DeployRecord | undefined {
  const value = parsed(text)
  if (!fits(value, RECORD_SHAPE)) return undefined
  const { format, subject, version, at, runs, services, names, wentBackTo } = value as DeployRecord & { format: number }
  const isRight =
    format === FORMAT &&
    isSubject(subject) &&
    isVersion(version) &&
    (wentBackTo === undefined || isVersion(wentBackTo)) &&
    [at, ...runs.map((run) => run.at)].every(isTime) &&
    runs.length >= 1 &&
    runs.length <= MOST_RUNS &&
    areServicesOf(subject, services) &&
    Object.values(names).every((all) => Object.keys(all).every(isId))
  if (!isRight) return undefined
  return {
    subject: { kind: subject.kind, name: subject.name },
    version,
    at,
    runs: runs.map(shownRun),
    services: services.map(({ name, image, spec }) => ({ name, image: safeLine(image, LONGEST_WORD), spec })),
    names: { networks: byId(names.networks), secrets: byId(names.secrets), configs: byId(names.configs) },
    ...(wentBackTo === undefined ? {} : { wentBackTo }),
  }
}

function parsed(text: string): unknown {
  try {
    return parseGoJson(text)
  } catch {
    return undefined
  }
}

function isSubject({ kind, name }: Subject): boolean {
  return ['stack', 'service'].includes(kind) && nameProblem(name, `a ${kind}`) === undefined
}

function isVersion(version: number): boolean {
  return Number.isInteger(version) && version >= 1 && version <= HIGHEST_VERSION
}

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(text) && !Number.isNaN(Date.parse(text))
}

/** Nobody goes back to the service of another stack by the record of this one. */
function areServicesOf({ kind, name: subject }: Subject, services: readonly RecordedService[]): boolean {
  const names = services.map(({ name }) => name)
  const isOwn = ({ name, spec }: RecordedService) =>
    kind === 'service' ? name === subject : stackIn(spec.Labels) === subject
  return (
    services.length > 0 &&
    (kind === 'stack' || services.length === 1) &&
    new Set(names).size === names.length &&
    services.every(
      (one) => one.spec.Name === one.name && nameProblem(one.name, 'a service') === undefined && isOwn(one),
    )
  )
}

function isId(id: string): boolean {
  return /^[a-zA-Z0-9-]{1,64}$/.test(id)
}

function byId(names: Readonly<Record<string, string>>): RecordedNames['networks'] {
  const shown = Object.entries(names).map(([id, name]) => [id, safeLine(name, LONGEST_WORD)] as const)
  // Without the properties that every object has: an ID of somebody else's may be called like one of them.
  return Object.assign(Object.create(null), Object.fromEntries(shown)) as RecordedNames['networks']
}

function shownRun(run: RecordedRun): RecordedRun {
  const word = (key: keyof RecordedRun) => safeLine(run[key], LONGEST_WORD)
  return {
    repository: word('repository'),
    commit: word('commit'),
    ref: word('ref'),
    runId: word('runId'),
    attempt: word('attempt'),
    url: linkOf(run.url),
    actor: word('actor'),
    owner: word('owner'),
    at: run.at,
  }
}

/** The address of a page; nothing for what would be anything else in a link. */
function linkOf(text: string): string {
  const isLink = text.length <= 2 * LONGEST_WORD && /^https?:\/\/[^\s<>"'()[\]\\`|]+$/.test(text) && URL.canParse(text)
  return isLink ? safeLine(withoutUser(text), 2 * LONGEST_WORD) : ''
}
