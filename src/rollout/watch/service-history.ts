import type { Service, ServiceSpec, Task, UpdateStatus } from '../../docker/api.ts'
import type { UpSince } from '../../docker/swarm/health.ts'
import { isDecided } from '../../docker/swarm/restart-policy.ts'
import {
  bySlot,
  completeTask,
  currentTasks,
  hasEnded,
  isFailure,
  isLive,
  isRunning,
  isUnallocated,
  isUnplaced,
  newest,
  slotOf,
} from '../../docker/swarm/task.ts'
import { limited } from '../../runner/text/safe-text.ts'
import type { ServiceSnapshot } from './service-snapshot.ts'
import { type TaskTracks, withTasks } from './task-tracks.ts'

/** What was seen of one service since the deploy began. Pure: times are seconds on any clock that never goes back. */
export interface ServiceHistory {
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
  /** Since when no node may run it. */
  readonly nodelessSince: number | undefined
  /** When a task was first seen without the networks that Swarm has to allocate for it. */
  readonly unallocatedSince: ReadonlyMap<string, number>
  /** When a task was first seen in its present state, by {@link stateKey}. */
  readonly inStateSince: ReadonlyMap<string, number>
  /** Since when a task is up. */
  readonly upSince: ReadonlyMap<string, UpSince>
  /** When a slot was first seen with a failed task and none to replace it, nor one to come. */
  readonly abandonedSince: ReadonlyMap<string, number>
  /** The tasks that ended although they should run, by slot. Swarm itself forgets all but the last few. */
  readonly endedTasks: ReadonlyMap<string, ReadonlyMap<string, Task>>
  /** What its tasks were seen to do. */
  readonly tracks: TaskTracks
  /** From when on there was something to see: before that none of its tasks did anything. */
  readonly begunAt?: number
  /** Why Swarm paused or rolled back: its own words, which it overwrites when the rollback is complete. */
  readonly firstReason?: string
}

/** What is longer between two looks is an election, or no connection: Swarm may not have been at work either. */
export const LONGEST_GAP_SECONDS = 10

/**
 * What is remembered at the start: the tasks as they were before the deploy, of which the running ones are stable.
 *
 * @param statusBefore of a service that the deploy leaves as it is; a change makes Swarm forget it
 * @param begunAt in the seconds of the snapshots
 */
export function historyBefore(
  tasksBefore: readonly Task[],
  statusBefore?: UpdateStatus,
  begunAt?: number,
): ServiceHistory {
  return {
    earlierTasks: new Set(tasksBefore.map((task) => task.ID)),
    ...(begunAt === undefined ? {} : { begunAt }),
    ...(statusBefore === undefined ? {} : { earlierStatus: statusBefore }),
    runningSince: new Map(tasksKnownStable(tasksBefore).map((task) => [task.ID, Number.NEGATIVE_INFINITY])),
    unplacedSince: new Map(),
    nodelessSince: undefined,
    unallocatedSince: new Map(),
    inStateSince: new Map(),
    upSince: new Map(),
    abandonedSince: new Map(),
    endedTasks: new Map(),
    tracks: new Map(),
  }
}

/** Those that run, unless one of the service's tasks has ended: what runs at this moment may be a crash loop's next turn. */
function tasksKnownStable(tasksBefore: readonly Task[]): readonly Task[] {
  const hasEnded = tasksBefore.some((task) => isFailure(task) || task.Status.State === 'complete')
  return hasEnded ? [] : tasksBefore.filter(isRunning)
}

/** The tasks that have ended although they should run. */
export function allEnded({ endedTasks }: ServiceHistory): readonly Task[] {
  return [...endedTasks.values()].flatMap((ended) => [...ended.values()])
}

/** The history with one more snapshot in it. */
export function withSnapshot(history: ServiceHistory, snapshot: ServiceSnapshot): ServiceHistory {
  const { service, tasks, eligibleNodes, now } = snapshot
  const firstReason = history.firstReason ?? swarmReason(updateStatusOf(history, service))
  const blind = Math.max(0, now - (history.seenAt ?? now) - LONGEST_GAP_SECONDS)
  return {
    ...history,
    runningSince: since(history.runningSince, idsOf(tasks.filter(isRunning)), now),
    seenAt: now,
    unplacedSince: since(later(history.unplacedSince, blind), idsOf(tasks.filter(isUnplaced)), now),
    nodelessSince: eligibleNodes.length > 0 ? undefined : (history.nodelessSince ?? now - blind) + blind,
    unallocatedSince: since(later(history.unallocatedSince, blind), idsOf(tasks.filter(isUnallocated)), now),
    inStateSince: since(history.inStateSince, tasks.map(stateKey), now),
    upSince: withUp(history, snapshot),
    abandonedSince: since(history.abandonedSince, abandonedSlots(service.Spec, currentTasks(service, tasks)), now),
    endedTasks: withEnded(history, service, tasks),
    tracks: withTasks(
      history.tracks,
      currentTasks(service, tasks),
      history.earlierTasks,
      history.seenAt ?? history.begunAt,
      now,
    ),
    ...(firstReason === undefined ? {} : { firstReason }),
  }
}

/** The same map where the looks show nothing new. What was seen of a task that is gone is forgotten. */
function withUp({ upSince, inStateSince }: ServiceHistory, { tasks, now }: ServiceSnapshot) {
  const seconds = (task: Task) => now - (inStateSince.get(stateKey(task)) ?? now)
  const known = new Map(tasks.map((task) => [task.ID, upOf(task, upSince.get(task.ID), seconds)]))
  const isSame = known.size === upSince.size && [...known].every(([id, up]) => upSince.get(id) === up)
  return isSame ? upSince : known
}

const NOT_YET_UP: UpSince = {}

function upOf(task: Task, seen: UpSince = NOT_YET_UP, secondsInState: (task: Task) => number): UpSince {
  const { State: state, Timestamp: stamp = '' } = task.Status
  if (state !== 'starting' && (state !== 'running' || seen.runningAt !== undefined)) return seen
  const at = Date.parse(stamp)
  if (Number.isNaN(at)) return seen
  if (state === 'running') return { runningAt: at, ...seen }
  return { startingAt: at, ...seen, startingSeconds: secondsInState(task) }
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

/**
 * When each of the keys was first there without a break; a key that is gone is forgotten. Most looks show what the last one
 * did: then it is the same map, for those of thousands of services are most of what V8 has to collect.
 */
function since(before: ReadonlyMap<string, number>, keys: readonly string[], now: number): ReadonlyMap<string, number> {
  if (keys.length === before.size && keys.every((key) => before.has(key))) return before
  return new Map(keys.map((key) => [key, before.get(key) ?? now]))
}

function withEnded(history: ServiceHistory, service: Service, tasks: readonly Task[]): ServiceHistory['endedTasks'] {
  const isNews = (task: Task) => !history.earlierTasks.has(task.ID) && hasEnded(service.Spec, task)
  const news = currentTasks(service, tasks).filter(isNews)
  if (news.length === 0) return history.endedTasks
  const ended = new Map(history.endedTasks)
  for (const task of news) {
    const slot = slotOf(service.Spec, task)
    ended.set(slot, new Map(ended.get(slot)).set(task.ID, task))
  }
  return ended
}

function abandonedSlots(spec: ServiceSpec, tasks: readonly Task[]): string[] {
  const slots = [...bySlot(spec, tasks)]
  const abandoned = slots.filter(([, inSlot]) => {
    const last = newest(inSlot)
    if (completeTask(spec, inSlot) !== undefined) return false
    return !inSlot.some(isLive) && last !== undefined && hasEnded(spec, last) && isDecided(last)
  })
  return abandoned.map(([slot]) => slot)
}

/** The status of an update of this deploy. */
export function updateStatusOf(
  { earlierStatus }: ServiceHistory,
  { UpdateStatus: status }: Service,
): UpdateStatus | undefined {
  const isEarlier = status?.State === earlierStatus?.State && status?.Message === earlierStatus?.Message
  return isEarlier ? undefined : status
}

/** Swarm's words for a pause or a rollback, in the states in which they still say why. */
function swarmReason(status: UpdateStatus | undefined): string | undefined {
  const says = ['paused', 'rollback_started', 'rollback_paused']
  return status !== undefined && says.includes(status.State) ? limited(status.Message ?? '') || undefined : undefined
}
