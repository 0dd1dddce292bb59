import type { Service, ServiceSpec, UpdateConfig } from '../docker/api.ts'
import { parseGoJson, toGoJson } from '../docker/engine/go-json.ts'
import { allowingNodes, withoutTasks } from '../docker/specs/without-tasks.ts'
import { beginningOf } from '../runner/text/safe-text.ts'

/**
 * Interim specs: those that a service has during the first step of a strategy, which Swarm does not know. Each holds
 * what is needed to undo it, also after a kill or somebody else's deploy. Pure.
 */

/** On an interim spec, with a {@link Note}. */
export const INTERIM_LABEL = 'swarm-deploy.interim'

/** The run that an interim spec belongs to. */
export interface Mark {
  /** Tells a run from every other. */
  readonly token: string
  /** In words: `acme/shop, workflow Deploy, job release`. */
  readonly owner: string
  /** Where to look at the run; empty outside of a runner. */
  readonly url: string
  /** When it is over at the latest, in milliseconds since 1970 by the swarm's clock: runners' clocks differ. */
  readonly until: number
  /** It has the lock of the service as well: whoever gets that knows that the run is over. */
  readonly hasLock: boolean
}

/** The parts of a spec that are only meant for the way, what they were before, and for whom they are meant. */
interface Note {
  readonly before: Parts
  readonly meanwhile: Parts
  readonly run?: Mark
}

interface Parts {
  readonly replicas?: number | undefined
  readonly policy?: UpdateConfig | undefined
}

/** Longer than any trial. More nanoseconds than 2^53 would lose digits. */
const THIRTY_DAYS_NANOSECONDS = 30 * 24 * 60 * 60 * 1e9

/** The service with no task at all. */
export function emptied(spec: ServiceSpec, run: Mark): ServiceSpec {
  return withNote(withoutTasks(spec), {
    before: { replicas: spec.Mode.Replicated?.Replicas },
    meanwhile: { replicas: 0 },
    run,
  })
}

/**
 * The service as it is, but with the wanted tasks, of which Swarm makes so many and then waits: an
 * update's delay comes after each batch (swarmkit, manager/orchestrator/update/updater.go).
 */
export function withFirstTasks(current: ServiceSpec, wanted: ServiceSpec, tasks: number, run: Mark): ServiceSpec {
  const policy: UpdateConfig = {
    ...wanted.UpdateConfig,
    Parallelism: tasks,
    Delay: THIRTY_DAYS_NANOSECONDS,
    FailureAction: 'pause',
    MaxFailureRatio: 0,
  }
  const spec = { ...current, TaskTemplate: wanted.TaskTemplate, UpdateConfig: policy }
  return withNote(spec, { before: { policy: current.UpdateConfig }, meanwhile: { policy }, run })
}

/** Whether a spec is an interim one, or was made over one. */
export function isInterim({ Labels: labels }: ServiceSpec): boolean {
  return labels?.[INTERIM_LABEL] !== undefined
}

/** The run that an interim spec belongs to; `undefined` for any other spec, and where the label cannot be read. */
export function markOf({ Labels: labels }: ServiceSpec): Mark | undefined {
  return parseNote(labels?.[INTERIM_LABEL]).run
}

/** Whether two specs are meant for the way of one and the same run. */
export function sameMark(a: ServiceSpec, b: ServiceSpec): boolean {
  return isInterim(a) && isInterim(b) && markOf(a)?.token === markOf(b)?.token
}

/**
 * Whether the run of an interim spec may still be at work.
 *
 * @param now by the swarm's clock
 * @param hasLock whether the lock of the service is ours
 */
export function mayBeAlive({ until, hasLock: hadLock }: Mark, now: number, hasLock: boolean): boolean {
  return until > now && !(hadLock && hasLock)
}

/**
 * A spec that somebody else has made over an interim one, as tools do that change a part of a spec: theirs stands, and
 * what was only meant for the way is what it was before.
 */
export function withoutInterim(spec: ServiceSpec): ServiceSpec {
  const { [INTERIM_LABEL]: note, ...Labels } = spec.Labels ?? {}
  const { before, meanwhile } = parseNote(note)
  const replicas = spec.Mode.Replicated?.Replicas
  const isOurs = before.replicas !== undefined && replicas === meanwhile.replicas
  const { UpdateConfig: policy, ...rest } = spec
  const theirs = meanwhile.policy ? policyOfTheirs(before.policy, meanwhile.policy, policy) : policy
  return {
    ...rest,
    Labels,
    Mode: isOurs ? { Replicated: { Replicas: before.replicas } } : spec.Mode,
    TaskTemplate: allowingNodes(spec.TaskTemplate),
    ...(theirs && { UpdateConfig: theirs }),
  }
}

/** What Swarm does without a policy: one task after another. With one, nothing said means all at once. */
const NO_POLICY: UpdateConfig = { Parallelism: 1 }

/** Setting by setting: what they have not changed is what it was before. */
function policyOfTheirs(
  before: UpdateConfig | undefined,
  meanwhile: UpdateConfig,
  theirs: UpdateConfig = {},
): UpdateConfig | undefined {
  const settings = new Set([...Object.keys(meanwhile), ...Object.keys(theirs)]) as Set<keyof UpdateConfig>
  const changed = [...settings].filter((setting) => (theirs[setting] || 0) !== (meanwhile[setting] || 0))
  if (before === undefined && changed.length === 0) return undefined
  return { ...(before ?? NO_POLICY), ...Object.fromEntries(changed.map((setting) => [setting, theirs[setting]])) }
}

/**
 * A service as it was before an earlier run was killed in the middle of its first step, with the interim spec that it
 * was left with; any other service as it is. Where somebody else has changed it since, that is kept.
 */
export function beforeInterim(service: Service): { readonly current: Service; readonly interim?: ServiceSpec } {
  const { Spec: spec, PreviousSpec: previous } = service
  if (!isInterim(spec)) return { current: service }
  const before = previous === undefined || isInterim(previous) ? withoutInterim(spec) : previous
  return { current: { ...service, Spec: before }, interim: spec }
}

function withNote(spec: ServiceSpec, note: Note): ServiceSpec {
  return { ...spec, Labels: { ...spec.Labels, [INTERIM_LABEL]: toGoJson(note) } }
}

function parseNote(label: string | undefined): Note {
  try {
    const { before = {}, meanwhile = {}, run } = parseGoJson(label ?? '') as Partial<Note>
    const mark = parseMark(run)
    return { before, meanwhile, ...(mark && { run: mark }) }
  } catch {
    return { before: {}, meanwhile: {} }
  }
}

const LONGEST_TEXT = 300
/** The last moment that a Date can hold. */
const LATEST = 8.64e15

/** Anybody can write labels: what is shown of them is one short line. */
function parseMark(value: unknown): Mark | undefined {
  const { token, owner, url, until, hasLock } = (value ?? {}) as Record<keyof Mark, unknown>
  if (typeof token !== 'string' || typeof until !== 'number') return undefined
  const line = (text: unknown) =>
    beginningOf((typeof text === 'string' ? text : '').replace(/[\p{Cc}\s]+/gu, ' '), LONGEST_TEXT)
  const address = line(url)
  return {
    token,
    owner: line(owner) || 'someone unknown',
    url: /^https?:\/\//.test(address) ? address : '',
    until: Math.min(until, LATEST),
    hasLock: hasLock === true,
  }
}
