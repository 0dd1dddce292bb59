import { closeSync, constants, fstatSync, openSync, readFileSync, writeSync } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { crypto } from '../crypto.ts'
import type { Environment } from '../environment.ts'
import { isPrivate } from '../ownership.ts'
import { pidNamespace, startOf } from '../processes/survivors.ts'

/**
 * What main leaves for `post`: the state that a runner keeps, and a file beside it, for there are runners that lose the
 * state of a job that is cancelled. No secret is in either. The file is a journal: one line of JSON for each change,
 * so that a kill costs the last line at most.
 */
export const JOURNAL = 'run.jsonl'
const LARGEST_BYTES = 4_000_000

/** What a run that is over, or still under way, was about. */
export interface RunState {
  /** Which step of which job it is, by {@link stepIdentity}; empty outside of a runner. */
  readonly step: string
  readonly pid: number
  /** When the process began, so that another one with its number is told from it. */
  readonly startedAt: string
  /** Where `pid` says which process it is; empty where nobody knows. */
  readonly namespace: string
  /** The title of the last stage that began; empty before the first. */
  readonly stage: string
  /** The token of its locks; empty when it holds none. */
  readonly lock: string
  /** The token of the services by which nodes pull its images; empty when there are none. */
  readonly pulls: string
  readonly onCancel: 'keep' | 'rollback'
  /** It has begun to store credentials with services that otherwise stay as they are. */
  readonly storesCredentials: boolean
  /** It has begun to remove what there is: none of that comes back. */
  readonly removes: boolean
  /** It has ended by itself, and left its files for later steps of the job. */
  readonly hasLeftFiles: boolean
  /** By name: what was sent, and what was being sent. */
  readonly services: ReadonlyMap<string, ServiceState>
}

/** Where a service is. Specs are told by their fingerprints, for their variables may be secrets. */
export interface ServiceState {
  /** As the user knows it. */
  readonly name: string
  /** As the swarm knows it: of a service that is two, the one that was made. */
  readonly service: string
  readonly action: 'create' | 'update'
  readonly phase: 'sending' | 'sent' | 'moving'
  /** The spec before the run; empty when there was none. */
  readonly before: string
  /** The specs that the run gave it. */
  readonly ours: readonly string[]
  /** One of them that was meant for the way only; empty when there was none. */
  readonly interim: string
}

type Change = Partial<Omit<RunState, 'services'>> & { readonly service?: ServiceState }

let journal: number | undefined

/** Begins the journal of a main in its workspace. */
export function openState(directory: string, onCancel: RunState['onCancel']): void {
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_APPEND
  journal = openSync(join(directory, JOURNAL), flags, 0o600)
  const { pid } = process
  note({ step: stepIdentity(process.env), pid, startedAt: startOf(pid) ?? '', namespace: pidNamespace(), onCancel })
}

/** Adds a change to the journal. It never fails the run: a full disk must not. */
export function note(change: Change): void {
  if (journal === undefined) return
  try {
    writeSync(journal, `${JSON.stringify(change)}\n`)
  } catch {
    journal = undefined
  }
}

const OF_THE_STEP = ['REPOSITORY', 'RUN_ID', 'RUN_ATTEMPT', 'JOB', 'ACTION', 'WORKSPACE']

/** Which step of which job a process belongs to, the same for its main and its `post`; empty outside of a runner. */
export function stepIdentity(env: Environment): string {
  const values = OF_THE_STEP.map((name) => env[`GITHUB_${name}`] || env[`FORGEJO_${name}`] || env[`GITEA_${name}`])
  const [, run] = values
  if (!run) return ''
  return crypto().createHash('sha256').update(JSON.stringify(values)).digest('hex')
}

/**
 * The state that a run has left in its workspace; `undefined` when there is none, or when anybody else could have
 * written it.
 *
 * @param directory one that was found to be ours
 */
export async function readState(directory: string): Promise<RunState | undefined> {
  try {
    if (!isPrivate(await lstat(directory))) return undefined
    const file = openSync(join(directory, JOURNAL), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const stats = fstatSync(file)
      if (!stats.isFile() || !isPrivate(stats) || stats.size > LARGEST_BYTES) return undefined
      return parseState(readFileSync(file, 'utf8'))
    } finally {
      closeSync(file)
    }
  } catch {
    return undefined
  }
}

/** The state that the lines of a journal add up to; `undefined` when they are not what {@link note} writes. */
export function parseState(text: string): RunState | undefined {
  const services = new Map<string, ServiceState>()
  let state = {
    step: '',
    pid: 0,
    startedAt: '',
    namespace: '',
    stage: '',
    lock: '',
    pulls: '',
    onCancel: 'keep',
    storesCredentials: false,
    removes: false,
    hasLeftFiles: false,
  } as Omit<RunState, 'services'>
  for (const line of text.split('\n')) {
    const change = parseChange(line)
    if (change === undefined) continue
    const { service, ...rest } = change
    state = { ...state, ...rest }
    if (service !== undefined) services.set(service.name, service)
  }
  return state.pid > 1 ? { ...state, services } : undefined
}

function parseChange(line: string): Change | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  const isChange = isRecord(value) && Object.entries(value).every(([key, inner]) => CHECKS.get(key)?.(inner))
  return isChange ? (value as Change) : undefined
}

const FINGERPRINT = /^[0-9a-f]{64}$/
/** swarmkit, manager/controlapi/service.go; the name of a service in a message must not be more than a name. */
const SERVICE = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/

const isText = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value)
const isFingerprint = isText(FINGERPRINT)
const isFingerprintOrEmpty = isText(/^([0-9a-f]{64})?$/)

type Check = (value: unknown) => boolean

const SERVICE_CHECKS: Readonly<Record<keyof ServiceState, Check>> = {
  name: isText(SERVICE),
  service: isText(SERVICE),
  action: isText(/^(create|update)$/),
  phase: isText(/^(sending|sent|moving)$/),
  before: isFingerprintOrEmpty,
  ours: (value) => Array.isArray(value) && value.every(isFingerprint),
  interim: isFingerprintOrEmpty,
}

/** By the keys of {@link Change}. */
const CHECKS: ReadonlyMap<string, Check> = new Map<keyof Change, Check>([
  ['step', isFingerprintOrEmpty],
  ['pid', (value) => Number.isSafeInteger(value) && (value as number) > 1],
  ['startedAt', isText(/^\d*$/)],
  ['namespace', isText(/^(pid:\[\d+\])?$/)],
  ['stage', isText(/^[\p{L}\p{N} ,.()'-]{0,80}$/u)],
  ['lock', isText(/^([0-9a-f-]{36})?$/)],
  ['pulls', isText(/^([0-9a-f-]{36})?$/)],
  ['onCancel', isText(/^(keep|rollback)$/)],
  ['storesCredentials', (value) => typeof value === 'boolean'],
  ['removes', (value) => typeof value === 'boolean'],
  ['hasLeftFiles', (value) => typeof value === 'boolean'],
  ['service', (value) => isRecord(value) && Object.entries(SERVICE_CHECKS).every(([key, check]) => check(value[key]))],
])

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
