import type { Service, ServiceSpec, Task, UpdateStatus } from '../docker/api.ts'
import { spoken } from '../docker/duration.ts'
import { isDecided, restartDelaySeconds, turnsOf, whyNoOther } from '../docker/restart-policy.ts'
import { isGlobal } from '../docker/service-mode.ts'
import {
  bySlot,
  currentTasks,
  ending,
  hasEnded,
  isFailure,
  isLive,
  isRunning,
  isUnallocated,
  isUnplaced,
  mayHaveContainer,
  newest,
  slotOf,
  slotsThatCount,
} from '../docker/task.ts'
import { limited } from '../runner/foreign.ts'
import { count, isComplete, type Sight } from './sight.ts'

/**
 * What became of a rollout, judged from what the swarm shows at one moment and what was seen before. Pure: no clock,
 * no daemon. Times are seconds on any clock that never goes back.
 *
 * While Swarm itself is updating a service it also judges its tasks, by the service's own update policy, so this
 * judge only watches for what Swarm waits for without end: tasks that no node can take, or that get no network.
 */
export type Verdict =
  | { readonly state: 'progressing'; readonly progress: string }
  | { readonly state: 'converged'; readonly progress: string }
  | FailedVerdict

interface FailedVerdict {
  readonly state: 'failed' | 'rolled-back'
  readonly cause: string
  readonly taskId?: string
  /** Its tasks have not been given their networks: which of them is at fault only the networks themselves tell. */
  readonly isUnallocated?: true
}

/** What was seen of one service since the deploy began. */
export interface Memory {
  /** When the last look was; none yet unless given. */
  readonly seenAt?: number
  /** Tasks that were there before: their failures are history, and those that ran then are stable now. */
  readonly earlierTasks: ReadonlySet<string>
  /** How an update ended that this deploy did not make: history too. */
  readonly earlierStatus?: UpdateStatus
  /** When a task was first seen running. */
  readonly runningSince: ReadonlyMap<string, number>
  /** When a task was first seen waiting for a node. */
  readonly unplacedSince: ReadonlyMap<string, number>
  /** When a task was first seen without the networks that Swarm has to allocate for it. */
  readonly unallocatedSince: ReadonlyMap<string, number>
  /** When a task was first seen in its present state, by {@link stateKey}. */
  readonly inStateSince: ReadonlyMap<string, number>
  /** When a slot was first seen with a failed task and none to replace it, nor one to come. */
  readonly abandonedSince: ReadonlyMap<string, number>
  /** The tasks that ended although they should run, by slot. Swarm itself forgets all but the last few. */
  readonly endedTasks: ReadonlyMap<string, ReadonlyMap<string, Task>>
  /** Why Swarm paused or rolled back: its own words, which it overwrites when the rollback is complete. */
  readonly firstReason?: string
}

export const REJECTIONS_UNTIL_FAILED = 3
export const CRASHES_UNTIL_FAILED = 5
export const UNPLACED_GRACE_SECONDS = 30
/** What is longer between two looks is an election, or no connection: Swarm may not have been at work either. */
export const LONGEST_GAP_SECONDS = 10
/** Swarm creates the replacement of a failed task in the same moment: none after this time means none will come. */
export const ABANDONED_GRACE_SECONDS = 3
/** Swarm's own default of `--update-monitor`. */
export const DEFAULT_MONITOR_SECONDS = 5

const NANOSECONDS = 1e9

/**
 * What is remembered at the start: the tasks as they were before the deploy, of which the running ones are stable.
 *
 * @param statusBefore of a service that the deploy leaves as it is; a change makes Swarm forget it
 */
export function firstMemory(tasksBefore: readonly Task[], statusBefore?: UpdateStatus): Memory {
  return {
    earlierTasks: new Set(tasksBefore.map((task) => task.ID)),
    ...(statusBefore === undefined ? {} : { earlierStatus: statusBefore }),
    runningSince: new Map(tasksKnownStable(tasksBefore).map((task) => [task.ID, Number.NEGATIVE_INFINITY])),
    unplacedSince: new Map(),
    unallocatedSince: new Map(),
    inStateSince: new Map(),
    abandonedSince: new Map(),
    endedTasks: new Map(),
  }
}

/** Those that run, unless one of the service's tasks has ended: what runs at this moment may be a crash loop's next turn. */
function tasksKnownStable(tasksBefore: readonly Task[]): readonly Task[] {
  const hasEnded = tasksBefore.some((task) => isFailure(task) || task.Status.State === 'complete')
  return hasEnded ? [] : tasksBefore.filter(isRunning)
}

/** The memory with one more sight in it. */
export function remember(memory: Memory, sight: Sight): Memory {
  const { service, tasks, now } = sight
  const firstReason = memory.firstReason ?? swarmReason(statusOf(memory, service))
  const blind = Math.max(0, now - (memory.seenAt ?? now) - LONGEST_GAP_SECONDS)
  return {
    ...memory,
    runningSince: since(memory.runningSince, idsOf(tasks.filter(isRunning)), now),
    seenAt: now,
    unplacedSince: since(later(memory.unplacedSince, blind), idsOf(tasks.filter(isUnplaced)), now),
    unallocatedSince: since(later(memory.unallocatedSince, blind), idsOf(tasks.filter(isUnallocated)), now),
    inStateSince: since(memory.inStateSince, tasks.map(stateKey), now),
    abandonedSince: since(memory.abandonedSince, abandonedSlots(service.Spec, currentTasks(service, tasks)), now),
    endedTasks: withEnded(memory, service, tasks),
    ...(firstReason === undefined ? {} : { firstReason }),
  }
}

/** What the sight says, given a memory that already holds it. */
export function judge(memory: Memory, sight: Sight): Verdict {
  const bySwarm = swarmVerdict(memory, sight.service)
  if (bySwarm?.state === 'failed') return bySwarm

  const stuck = stuckVerdict(memory, sight)
  if (stuck !== undefined) return stuck

  const { service, eligibleNodes: nodes } = sight
  const tasks = currentTasks(service, sight.tasks)
  const counts = count(service, tasks, nodes)
  const { progress } = counts
  if (isUpdating(service)) return { state: 'progressing', progress: `${progress}, ${updateNote(service)}` }
  if (!isComplete(service.Spec, counts)) {
    const hopeless = hopelessSlot(memory, sight, tasks)
    if (bySwarm === undefined) return hopeless ?? { state: 'progressing', progress }
    // Swarm calls a rollback complete when nothing new is left, whether or not what was before comes up again.
    if (hopeless === undefined) return { state: 'progressing', progress: `${progress}, rolled back by Swarm` }
    return { ...hopeless, cause: `${bySwarm.cause}; what it went back to does not come up: ${hopeless.cause}` }
  }
  if (bySwarm !== undefined) return bySwarm
  if (counts.wanted === 0 && isGlobal(service.Spec)) {
    return { state: 'failed', cause: 'no node of the swarm is ready, active and allowed by its placement constraints' }
  }
  return wasWatchedBySwarm(memory, sight) || isStable(memory, sight, counts.counted)
    ? { state: 'converged', progress }
    : { state: 'progressing', progress: `${progress}, watched for ${sight.monitorSeconds} s` }
}

/**
 * What the sight says of a canary: so many tasks of an update that Swarm then holds. Swarm is updating all the while,
 * and one task that ends is a failure.
 */
export function judgeCanaries(memory: Memory, sight: Sight, size: number): Verdict {
  const bySwarm = swarmVerdict(memory, sight.service)
  if (bySwarm !== undefined) return bySwarm
  const stuck = stuckVerdict(memory, sight)
  if (stuck !== undefined) return stuck
  const last = lastEnded(memory)
  if (last !== undefined) return { state: 'failed', cause: `its task ${ending(last)}`, taskId: last.ID }

  const { counted } = count(sight.service, sight.tasks, sight.eligibleNodes)
  const progress = `${counted.length}/${size} canary ${size === 1 ? 'task' : 'tasks'} running`
  if (counted.length < size) return { state: 'progressing', progress }
  return isStable(memory, sight, counted)
    ? { state: 'converged', progress }
    : { state: 'progressing', progress: `${progress}, watched for ${sight.monitorSeconds} s` }
}

/** What the sight says of tasks that were up and are to stay so: one that ends is a failure. */
export function judgeTrial(memory: Memory, sight: Sight): Verdict {
  const last = lastEnded(memory)
  if (last !== undefined) return { state: 'failed', cause: `its task ${ending(last)}`, taskId: last.ID }
  const counts = count(sight.service, currentTasks(sight.service, sight.tasks), sight.eligibleNodes)
  const state = isComplete(sight.service.Spec, counts) ? 'converged' : 'progressing'
  return { state, progress: counts.progress }
}

/** What the sight says of a service whose tasks are all to end: whether the container of any may still be there. */
export function judgeEnding(_memory: Memory, { tasks }: Sight): Verdict {
  const left = tasks.filter(mayHaveContainer).length
  const progress = `${left} ${left === 1 ? 'task has' : 'tasks have'} not ended yet`
  return { state: left === 0 ? 'converged' : 'progressing', progress }
}

function lastEnded({ endedTasks }: Memory): Task | undefined {
  return newest([...endedTasks.values()].flatMap((ended) => [...ended.values()]))
}

/** The window in which Swarm counts a task that ends as a failed update: the service's own, or Swarm's default. */
export function monitorSecondsOf(spec: ServiceSpec): number {
  const nanoseconds = spec.UpdateConfig?.Monitor ?? 0
  return nanoseconds > 0 ? nanoseconds / NANOSECONDS : DEFAULT_MONITOR_SECONDS
}

/** The task of which Swarm said that it made the update fail, from the text of an update status. */
export function taskNamedIn(message: string): string | undefined {
  return /\btask ([a-z0-9]{20,})\b/.exec(message)?.[1]
}

/** A task in one of its states. */
export function stateKey({ ID: id, Status: { State: state } }: Task): string {
  return `${id} ${state}`
}

function idsOf(tasks: readonly Task[]): string[] {
  return tasks.map((task) => task.ID)
}

/** The same moments, as far as time goes that counts. */
function later(moments: ReadonlyMap<string, number>, seconds: number): ReadonlyMap<string, number> {
  return seconds === 0 ? moments : new Map([...moments].map(([key, moment]) => [key, moment + seconds]))
}

/** When each of the keys was first there without a break; a key that is gone is forgotten. */
function since(before: ReadonlyMap<string, number>, keys: readonly string[], now: number): Map<string, number> {
  return new Map(keys.map((key) => [key, before.get(key) ?? now]))
}

function withEnded(memory: Memory, service: Service, tasks: readonly Task[]): Memory['endedTasks'] {
  const ended = new Map(memory.endedTasks)
  for (const task of currentTasks(service, tasks)) {
    if (memory.earlierTasks.has(task.ID) || !hasEnded(service.Spec, task)) continue
    const slot = slotOf(service.Spec, task)
    ended.set(slot, new Map(ended.get(slot)).set(task.ID, task))
  }
  return ended
}

function abandonedSlots(spec: ServiceSpec, tasks: readonly Task[]): string[] {
  const slots = [...bySlot(spec, tasks)]
  const abandoned = slots.filter(([, inSlot]) => {
    const last = newest(inSlot)
    return !inSlot.some(isLive) && last !== undefined && hasEnded(spec, last) && isDecided(last)
  })
  return abandoned.map(([slot]) => slot)
}

function isUpdating(service: Service): boolean {
  const state = service.UpdateStatus?.State
  return state === 'updating' || state === 'rollback_started'
}

function updateNote(service: Service): string {
  return service.UpdateStatus?.State === 'rollback_started' ? 'Swarm rolls back' : 'Swarm updates'
}

/** The status of an update of this deploy. */
function statusOf({ earlierStatus }: Memory, { UpdateStatus: status }: Service): UpdateStatus | undefined {
  const isEarlier = status?.State === earlierStatus?.State && status?.Message === earlierStatus?.Message
  return isEarlier ? undefined : status
}

/** Swarm's words for a pause or a rollback, in the states in which they still say why. */
function swarmReason(status: UpdateStatus | undefined): string | undefined {
  const says = ['paused', 'rollback_started', 'rollback_paused']
  return status !== undefined && says.includes(status.State) ? limited(status.Message ?? '') || undefined : undefined
}

/**
 * That Swarm has begun to roll an update of this deploy back: from then on it is certain that it fails, though what was
 * before may take a while to run again.
 */
export function swarmRollsBack(memory: Memory, service: Service): FailedVerdict | undefined {
  if (statusOf(memory, service)?.State !== 'rollback_started') return undefined
  const reason = memory.firstReason ?? 'the update failed'
  const taskId = taskNamedIn(reason)
  return { state: 'rolled-back', cause: `Swarm rolled it back: ${reason}`, ...(taskId && { taskId }) }
}

function swarmVerdict(memory: Memory, service: Service): FailedVerdict | undefined {
  const reason = memory.firstReason ?? 'the update failed'
  const taskId = taskNamedIn(reason)
  const named = taskId === undefined ? {} : { taskId }
  switch (statusOf(memory, service)?.State) {
    case 'paused':
      return { state: 'failed', cause: `Swarm paused the update: ${reason}`, ...named }
    case 'rollback_paused':
      return { state: 'failed', cause: `Swarm's rollback failed too and is paused: ${reason}`, ...named }
    case 'rollback_completed':
      // One that was under way before this deploy, and leads to what is asked for.
      if (memory.earlierStatus?.State === 'rollback_started') return undefined
      return { state: 'rolled-back', cause: `Swarm rolled it back: ${reason}`, ...named }
    default:
      return undefined
  }
}

/** What is stuck where Swarm itself would wait for ever. */
function stuckVerdict(memory: Memory, { service, tasks, now }: Sight): FailedVerdict | undefined {
  const isOverdue = (since: ReadonlyMap<string, number>) => (task: Task) =>
    now - (since.get(task.ID) ?? now) >= UNPLACED_GRACE_SECONDS
  const current = currentTasks(service, tasks)
  const unplaced = current.filter(isUnplaced).find(isOverdue(memory.unplacedSince))
  if (unplaced !== undefined)
    return { state: 'failed', cause: `no node can take it: ${limited(unplaced.Status.Err ?? '')}` }
  if (!current.filter(isUnallocated).some(isOverdue(memory.unallocatedSince))) return undefined
  const cause = `the swarm has not allocated the networks of its task for ${UNPLACED_GRACE_SECONDS} s`
  return { state: 'failed', cause, isUnallocated: true }
}

/**
 * Whether Swarm itself has watched the tasks for as long as is asked, and none of them has ended: it calls an update
 * completed only after its own window (swarmkit, manager/orchestrator/update/updater.go).
 */
function wasWatchedBySwarm(memory: Memory, { service, monitorSeconds }: Sight): boolean {
  const { UpdateConfig: policy } = service.Spec
  return (
    statusOf(memory, service)?.State === 'completed' &&
    policy?.FailureAction !== 'continue' &&
    monitorSeconds <= monitorSecondsOf(service.Spec) &&
    memory.endedTasks.size === 0
  )
}

function isStable(memory: Memory, { now, monitorSeconds }: Sight, counted: readonly Task[]): boolean {
  return counted.filter(isRunning).every((task) => now - (memory.runningSince.get(task.ID) ?? now) >= monitorSeconds)
}

/** The first slot that will not come up any more: given up by Swarm, or ending again and again. */
function hopelessSlot(memory: Memory, sight: Sight, tasks: readonly Task[]): FailedVerdict | undefined {
  const { Spec: spec } = sight.service
  const slots = slotsThatCount(spec, tasks, sight.eligibleNodes)
  for (const [slot, from] of memory.abandonedSince) {
    const last = newest(slots.get(slot) ?? [])
    if (last === undefined || sight.now - from < ABANDONED_GRACE_SECONDS) continue
    return { state: 'failed', cause: `its task ${ending(last)}, and ${whyNoOther(spec, last)}`, taskId: last.ID }
  }
  for (const [slot, ended] of memory.endedTasks) {
    const inSlot = slots.get(slot)
    if (inSlot === undefined || hasComeUp(memory, sight, inSlot)) continue
    const verdict = endlessVerdict(spec, [...ended.values()])
    if (verdict !== undefined) return verdict
  }
  return undefined
}

/** What is said of a slot whose tasks end again and again. */
function endlessVerdict(spec: ServiceSpec, ended: readonly Task[]): FailedVerdict | undefined {
  const delay = restartDelaySeconds(spec)
  const turns = turnsOf(ended, delay)
  const rejections = turns.filter(([first]) => first?.Status.State === 'rejected').length
  const last = newest(ended)
  if (last === undefined || (rejections < REJECTIONS_UNTIL_FAILED && turns.length < CRASHES_UNTIL_FAILED)) {
    return undefined
  }
  const cause =
    rejections === turns.length
      ? `its task ${ending(last)} (rejected ${rejections} times, with the restart delay of ${spoken(delay)} between)`
      : `its task ended ${turns.length} times in a row, the last one ${ending(last)}`
  return { state: 'failed', cause, taskId: last.ID }
}

/** Whether a slot is stable after all, whatever ended in it before. */
function hasComeUp(memory: Memory, sight: Sight, inSlot: readonly Task[]): boolean {
  return inSlot.some((task) => isRunning(task) && isStable(memory, sight, [task]))
}
