import type { Node, Service, Task } from '../docker/api.ts'
import { isGlobal, isJob } from '../docker/specs/service-mode.ts'
import type { Names } from '../docker/specs/spec-difference.ts'
import { doubtNote, type LookedAtTask } from '../docker/swarm/failed-check.ts'
import { nodeName } from '../docker/swarm/node-name.ts'
import { eligibleNodes } from '../docker/swarm/placement.ts'
import {
  currentTasks,
  ending,
  hasEnded as hasEndedByItself,
  isFailure,
  isLive,
  isRunning,
  isUnplaced,
  newest,
  slotsThatCount,
} from '../docker/swarm/task.ts'
import {
  hasEnded,
  type StoredAccount,
  storedAccountInWords,
  storedAccountOf,
} from '../plan/credentials/stored-account.ts'
import { type Drift, driftOf } from '../plan/drift.ts'
import { isInterim, markOf, mayBeAlive } from '../plan/interim-spec.ts'
import { NO_NODE, taskNamedIn } from '../rollout/watch/judge.ts'
import { countTasks, isComplete, type TaskCounts } from '../rollout/watch/service-snapshot.ts'
import { limited } from '../runner/text/safe-text.ts'
import { utcWords } from '../runner/time/utc.ts'

/** How a service is at one moment, by what the swarm shows of it, without any history of a deploy. Pure. */
export interface Health {
  /** `up`: nothing is wrong; `changing`: an update, or tasks that have just begun; `problem`: it needs somebody. */
  readonly state: 'up' | 'changing' | 'problem'
  readonly problems: readonly HealthProblem[]
  /** What is to be known of it, and asks for nothing: one line each. */
  readonly notes: readonly string[]
  readonly tasks: TaskCounts
  /** The names of the nodes that run its tasks. */
  readonly nodes: readonly string[]
  readonly account: (StoredAccount & { readonly hasEnded: boolean }) | undefined
  readonly drift: Drift | undefined
}

/** Something that is not as it should be. */
export interface HealthProblem {
  /** One line. */
  readonly cause: string
  /** It is about tasks, so one of them shows why. */
  readonly isOfTasks: boolean
  /** The task that Swarm itself names. */
  readonly taskId?: string
}

/** What is known of the swarm. */
export interface HealthGround {
  /** All tasks of the service that Swarm remembers. */
  readonly tasks: readonly LookedAtTask[]
  /** Those of them that its present spec asks for. */
  readonly upToDate: readonly Task[]
  readonly nodes: readonly Node[]
  /** The names of the networks by their IDs. */
  readonly networks: Names
  /** In milliseconds since 1970, by the swarm's clock. */
  readonly now: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** A task may take as long to come up before it is missed: it pulls its image meanwhile. */
const START_MS = 5 * MINUTE_MS
/** So many ends within an hour are no accident. */
const MANY_ENDS = 3

export function healthOf(service: Service, ground: HealthGround): Health {
  const { Spec: spec } = service
  const { nodes, now } = ground
  const tasks = currentTasks(service, ground.tasks)
  const eligible = eligibleNodes(nodes, spec.TaskTemplate.Placement)
  const counts = countTasks(service, tasks, eligible)
  const running = new Set(counts.counted.flatMap(({ NodeID }) => NodeID ?? []))
  const stored = storedAccountOf(spec)
  const account = stored && { ...stored, hasEnded: hasEnded(stored.end, now) }
  const found = [
    updateFinding(service, now),
    interimFinding(service, now),
    ...tasksFindings(service, tasks, ground.upToDate, counts, eligible, now),
    doneFinding(service, counts.counted),
    accountFinding(account, now),
    oldTasksFinding(service, tasks, ground.upToDate),
  ].filter((one) => one !== undefined)
  const problems = found.flatMap(({ problem }) => problem ?? [])
  const isChanging = found.some(({ changing }) => changing !== undefined)
  return {
    state: problems.length > 0 ? 'problem' : isChanging ? 'changing' : 'up',
    problems,
    notes: found.flatMap(({ changing, note }) => changing ?? note ?? []),
    tasks: { running: counts.counted.length, wanted: counts.wanted, nodes: running.size },
    nodes: [...running].map((id) => nodeName(id, nodes)).toSorted(),
    account,
    drift: driftOf(service, [], ground.networks),
  }
}

/** One of the three. */
interface Found {
  readonly problem?: HealthProblem
  /** It is on its way somewhere: one line. */
  readonly changing?: string
  readonly note?: string
}

function updateFinding({ UpdateStatus: status }: Service, now: number): Found | undefined {
  const startedAt = Date.parse(status?.StartedAt ?? '')
  const since = Number.isNaN(startedAt) ? '' : ` since ${utcWords(startedAt)}`
  const said = limited(status?.Message ?? '')
  const taskId = taskNamedIn(said)
  const named = { isOfTasks: true, ...(taskId !== undefined && { taskId }) }
  switch (status?.State) {
    case 'paused':
      return { problem: { cause: `Swarm has paused its update${since}: ${said}`, ...named } }
    case 'rollback_paused':
      return { problem: { cause: `Swarm's rollback of it is paused${since}: ${said}`, ...named } }
    case 'updating':
    case 'rollback_started': {
      const what = status.State === 'updating' ? 'an update of it is in progress' : 'Swarm rolls it back'
      const isLong = now - startedAt > HOUR_MS
      return isLong ? { problem: { cause: `${what}${since}`, isOfTasks: true } } : { changing: `${what}${since}` }
    }
    case 'rollback_completed':
      return { note: `its last update was rolled back${since === '' ? '' : `, which began at ${utcWords(startedAt)}`}` }
    default:
      return undefined
  }
}

function interimFinding({ Spec: spec }: Service, now: number): Found | undefined {
  if (!isInterim(spec)) return undefined
  const mark = markOf(spec)
  const whose = mark === undefined ? '' : ` (${mark.owner}${mark.url === '' ? '' : `, ${mark.url}`})`
  if (mark !== undefined && mayBeAlive(mark, now, false)) return { changing: `a deploy is in the middle of it${whose}` }
  const cause = `a deploy that was cut off has left it half-way${whose}: deploy it again`
  return { problem: { cause, isOfTasks: false } }
}

/** A one-shot that is done, as far as is known. The work of a job may take as long as it likes. */
function doneFinding({ Spec: spec }: Service, counted: readonly LookedAtTask[]): Found | undefined {
  const note = isJob(spec) ? undefined : counted.map(doubtNote).find((one) => one !== undefined)
  return note === undefined ? undefined : { note }
}

/** What is missing, and why, in one where tasks are missing because they end. */
function tasksFindings(
  service: Service,
  tasks: readonly Task[],
  upToDate: readonly Task[],
  counts: ReturnType<typeof countTasks>,
  eligible: readonly Node[],
  now: number,
): readonly (Found | undefined)[] {
  const missing = tasksFinding(service, tasks, upToDate, counts, eligible, now)
  const ends = endsFinding(service, upToDate, now)
  if (missing?.problem?.isOfTasks !== true || ends?.problem === undefined) return [missing, ends]
  return [{ problem: { ...ends.problem, cause: `${missing.problem.cause}: ${ends.problem.cause}` } }]
}

function tasksFinding(
  service: Service,
  tasks: readonly Task[],
  upToDate: readonly Task[],
  counts: ReturnType<typeof countTasks>,
  eligible: readonly Node[],
  now: number,
): Found | undefined {
  const { Spec: spec } = service
  if (isGlobal(spec) && !isJob(spec) && eligible.length === 0) {
    return { problem: { cause: NO_NODE, isOfTasks: false } }
  }
  if (counts.wanted === 0) return { note: 'it is scaled to no task' }
  if (isComplete(spec, counts) || counts.counted.length > counts.wanted) return undefined
  const unplaced = newest(tasks.filter(isUnplaced))
  if (unplaced !== undefined) {
    const cause = `${counts.progress}: no node can take its task: ${limited(unplaced.Status.Err ?? '')}`
    return { problem: { cause, isOfTasks: false } }
  }
  const slots = slotsThatCount(spec, tasks, eligible)
  if (isBetweenRuns(spec, slots))
    return { note: `${counts.progress}: the last run of it is complete, and the next is due by its restart delay` }
  // A task of a job runs for as long as its work takes.
  if (isJob(spec) && tasks.some(isRunning)) return { changing: counts.progress }
  return isStarting(service, slots, upToDate, counts.wanted, now)
    ? { changing: `${counts.progress}, the others are on their way` }
    : { problem: { cause: counts.progress, isOfTasks: true } }
}

/**
 * Whether each slot that has no task up has one on its way that has just been made, and none of this version that ended
 * before it. One whose task has ended, and for which Swarm makes no other, is not on its way.
 *
 * @param tasks of the slots that count
 */
function isStarting(
  { Spec: spec, UpdatedAt: at }: Service,
  tasks: ReadonlyMap<string, readonly Task[]>,
  upToDate: readonly Task[],
  wanted: number,
  now: number,
): boolean {
  const current = new Set(upToDate.map(({ ID }) => ID))
  const hasFailed = (inSlot: readonly Task[]) =>
    inSlot.some((task) => current.has(task.ID) && hasEndedWrongly(spec, task) && endedSince(task, now) < HOUR_MS)
  const all = [...tasks.values()]
  const slots = all.filter((inSlot) => inSlot.some(isLive))
  if (all.some((inSlot) => !inSlot.some(isLive) && hasFailed(inSlot))) return false
  // Swarm is about to make the others.
  if (slots.length < wanted && !(now - Date.parse(at ?? '') < START_MS)) return false
  const down = slots.filter((inSlot) => !inSlot.some(isRunning))
  const isFresh = (inSlot: readonly Task[]) => {
    const last = newest(inSlot.filter(isLive))
    return last !== undefined && now - Date.parse(last.CreatedAt) < START_MS && !hasFailed(inSlot)
  }
  return down.every(isFresh)
}

/** Of a longer delay between tasks that complete somebody makes a clock, as of cron. */
const CLOCK_NANOSECONDS = 60e9

/** Whether its tasks are to complete, and to be begun again after a while. */
function isRunByClock(spec: Service['Spec']): boolean {
  const { Condition: condition = 'any', Delay: delay = 0 } = spec.TaskTemplate.RestartPolicy ?? {}
  return !isJob(spec) && condition === 'any' && delay >= CLOCK_NANOSECONDS
}

/** Whether the last run of each slot that has no task up is complete, and the next one waits for its time. */
function isBetweenRuns(spec: Service['Spec'], slots: ReadonlyMap<string, readonly Task[]>): boolean {
  if (!isRunByClock(spec)) return false
  const down = [...slots.values()].filter((inSlot) => !inSlot.some(isRunning))
  return down.every((inSlot) => {
    const last = newest(inSlot.filter((task) => !isLive(task)))
    return inSlot.some(({ DesiredState }) => DesiredState === 'ready') && last?.Status.State === 'complete'
  })
}

function hasEndedWrongly(spec: Service['Spec'], task: Task): boolean {
  return isRunByClock(spec) ? isFailure(task) : hasEndedByItself(spec, task)
}

/** How long ago a task ended, in milliseconds. */
function endedSince({ Status: { Timestamp: at } }: Task, now: number): number {
  const ended = Date.parse(at ?? '')
  return Number.isNaN(ended) ? Number.POSITIVE_INFINITY : now - ended
}

/** Tasks that ended and should not have: Swarm has begun others, and remembers a few. */
function endsFinding(service: Service, upToDate: readonly Task[], now: number): Found | undefined {
  const { Spec: spec } = service
  const ended = currentTasks(service, upToDate).filter((task) => hasEndedWrongly(spec, task))
  const recent = ended.filter((task) => endedSince(task, now) < HOUR_MS)
  const last = newest(recent)
  if (last === undefined) return undefined
  const how = `the last one ${ending(last)}`
  if (recent.length < MANY_ENDS) {
    const minutes = Math.round(endedSince(last, now) / MINUTE_MS)
    const when = minutes < 1 ? 'less than a minute' : `${minutes} min`
    return { note: `a task of it ended ${when} ago: it ${ending(last)}` }
  }
  const cause = `at least ${recent.length} of its tasks ended within the last hour, ${how}`
  return { problem: { cause, isOfTasks: true, taskId: last.ID } }
}

function accountFinding(account: Health['account'], now: number): Found | undefined {
  if (account?.end === undefined) return undefined
  const { end } = account
  const whose = storedAccountInWords(account)
  if ('with' in end) {
    const cause = `the credential that nodes pull with has ended with the job that stored it: ${whose}`
    return { problem: { cause, isOfTasks: false } }
  }
  if (account.hasEnded) {
    const cause = `the credential that nodes pull with ended at ${utcWords(end.at)} at the latest: ${whose}`
    return { problem: { cause, isOfTasks: false } }
  }
  if (end.at - now > DAY_MS) return undefined
  return { note: `the credential that nodes pull with ends at ${utcWords(end.at)} at the latest: ${whose}` }
}

/** Of a service that is not being updated: Swarm leaves them after a pause, and on nodes that may get no task. */
function oldTasksFinding(service: Service, tasks: readonly Task[], upToDate: readonly Task[]): Found | undefined {
  const known = new Set(upToDate.map(({ ID }) => ID))
  const old = tasks.filter((task) => isRunning(task) && !known.has(task.ID)).length
  if (old === 0 || service.UpdateStatus?.State === 'updating') return undefined
  return { note: `${old} of its tasks ${old === 1 ? 'is' : 'are'} of an earlier version of it` }
}
