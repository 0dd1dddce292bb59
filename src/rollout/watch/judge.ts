import type { Service, ServiceSpec, Task } from '../../docker/api.ts'
import { spoken } from '../../docker/duration.ts'
import { isGlobal } from '../../docker/specs/service-mode.ts'
import { restartDelaySeconds, turnsOf, whyNoOther } from '../../docker/swarm/restart-policy.ts'
import {
  areSeveral,
  completeTask,
  currentTasks,
  ending,
  isMeant,
  isRunning,
  isUnallocated,
  isUnplaced,
  mayHaveContainer,
  newest,
  slotsThatCount,
} from '../../docker/swarm/task.ts'
import { monitorSecondsOf, updateDelaySeconds } from '../../docker/swarm/update-policy.ts'
import { hasOthersScale } from '../../runner/own-labels.ts'
import { limited } from '../../runner/text/safe-text.ts'
import { allEnded, type ServiceHistory, stateKey, updateStatusOf } from './service-history.ts'
import { countTasks, isComplete, type ServiceSnapshot } from './service-snapshot.ts'

/**
 * What became of a rollout, judged from what the swarm shows at one moment and what was seen before. Pure: no clock,
 * no daemon. Times are seconds on any clock that never goes back.
 *
 * While Swarm itself is updating a service it also judges its tasks, by the service's own update policy, so this
 * judge only watches for what Swarm waits for without end: tasks that no node can take, or that get no network.
 */
export type Verdict =
  | {
      readonly state: 'progressing'
      readonly progress: string
      /** Swarm has paused it, and all goes well that it has come to: it goes on when the spec is sent once more. */
      readonly isHalted?: true
    }
  | { readonly state: 'converged'; readonly progress: string }
  | FailedVerdict

interface FailedVerdict {
  readonly state: 'failed' | 'rolled-back'
  readonly cause: string
  readonly taskId?: string
  /** A task waits for a node. */
  readonly isUnplaced?: true
  /** Its tasks have not been given their networks: which of them is at fault only the networks themselves tell. */
  readonly isUnallocated?: true
}

export const REJECTIONS_UNTIL_FAILED = 3
export const CRASHES_UNTIL_FAILED = 5
/** Swarm avoids a node for a service when five of its tasks have failed there: the next one may come up elsewhere (swarmkit, manager/scheduler/scheduler.go). */
export const TURNS_UNTIL_FAILED_ON_WAY_BACK = 6
export const UNPLACED_GRACE_SECONDS = 30
/** Swarm creates the replacement of a failed task in the same moment: none after this time means none will come. */
export const ABANDONED_GRACE_SECONDS = 3
/** So much later than it has to Swarm ends an update at the latest, unless it never does. */
export const UPDATE_GRACE_SECONDS = 5

/** What the snapshot says, given a history that already holds it. */
export type Judge = (history: ServiceHistory, snapshot: ServiceSnapshot) => Verdict

/** The judge of a rollout. */
export function judge(history: ServiceHistory, snapshot: ServiceSnapshot): Verdict {
  if (isPausedByDone(history, snapshot)) return judgeTasks(history, snapshot)
  const bySwarm = swarmVerdict(history, snapshot.service)
  return bySwarm?.state === 'failed' ? bySwarm : judgeTasks(history, snapshot, bySwarm)
}

/**
 * Whether Swarm has paused an update because of a task that has done its work, and all are up or done: it takes every task
 * that ends within its window for a failed one, whatever the exit code (swarmkit, manager/orchestrator/update/updater.go).
 */
function isPausedByDone(history: ServiceHistory, snapshot: ServiceSnapshot): boolean {
  if (updateStatusOf(history, snapshot.service)?.State !== 'paused' || !areAllUp(snapshot)) return false
  const named = taskNamedIn(reasonOf(history))
  return countsOf(snapshot).counted.some((task) => task.ID === named && !isRunning(task))
}

/** How often the tasks of a slot may end before it is given up. */
interface Turns {
  readonly rejections: number
  readonly crashes: number
}

const TURNS: Turns = { rejections: REJECTIONS_UNTIL_FAILED, crashes: CRASHES_UNTIL_FAILED }
const TURNS_ON_WAY_BACK: Turns = { rejections: TURNS_UNTIL_FAILED_ON_WAY_BACK, crashes: TURNS_UNTIL_FAILED_ON_WAY_BACK }

/** @param bySwarm that Swarm has gone back: what it went back to is to run */
function judgeTasks(
  history: ServiceHistory,
  snapshot: ServiceSnapshot,
  bySwarm?: FailedVerdict,
  turns: Turns = TURNS,
): Verdict {
  const stuck = stuckVerdict(history, snapshot)
  if (stuck !== undefined) return bySwarm === undefined ? stuck : inVain(bySwarm, stuck)

  const { service, eligibleNodes: nodes } = snapshot
  const tasks = currentTasks(service, snapshot.tasks)
  const counts = countTasks(service, tasks, nodes)
  const { progress } = counts
  if (isUpdating(service) && !swarmWaitsInVain(history, snapshot, counts.counted)) {
    return { state: 'progressing', progress: `${progress}, ${updateNote(service)}` }
  }
  if (!isComplete(service.Spec, counts)) {
    const hopeless = hopelessSlot(history, snapshot, tasks, turns)
    if (bySwarm === undefined) return hopeless ?? { state: 'progressing', progress }
    // Swarm calls a rollback complete when nothing new is left, whether or not what was before comes up again.
    if (hopeless === undefined) return { state: 'progressing', progress: `${progress}, rolled back by Swarm` }
    return inVain(bySwarm, hopeless)
  }
  if (bySwarm !== undefined) return bySwarm
  if (counts.wanted === 0 && isGlobal(service.Spec)) {
    const isOverdue = snapshot.now - (history.nodelessSince ?? snapshot.now) >= UNPLACED_GRACE_SECONDS
    return isOverdue
      ? { state: 'failed', cause: NO_NODE, isUnplaced: true }
      : { state: 'progressing', progress: `${progress}: ${NO_NODE}` }
  }
  return wasWatchedBySwarm(history, snapshot) || isStable(history, snapshot, counts.counted)
    ? { state: 'converged', progress }
    : { state: 'progressing', progress: `${progress}, watched for ${snapshot.monitorSeconds} s` }
}

export const NO_NODE = 'no node of the swarm is ready, active and allowed by its placement constraints'

/** Swarm has gone back, to what does not come up either. */
function inVain(bySwarm: FailedVerdict, why: FailedVerdict): FailedVerdict {
  return { ...why, cause: `${bySwarm.cause}; what it went back to does not come up: ${why.cause}` }
}

/**
 * What the snapshot says of a service on its way back: that all of its tasks run again is enough. What Swarm itself waits
 * for after the last of them, by the update policy, may take longer than the way back has. Nor is it over when Swarm pauses
 * because of one task: the next one of that slot may come up, and then what it has not come to can be brought back as well.
 * What Swarm calls a rollback leads to the same spec. There is no other way left, so a slot has more turns.
 */
export function judgeWayBack(history: ServiceHistory, snapshot: ServiceSnapshot): Verdict {
  const verdict = judgeTasks(history, snapshot, undefined, TURNS_ON_WAY_BACK)
  const state = updateStatusOf(history, snapshot.service)?.State
  const hasPaused = state === 'paused' || state === 'rollback_paused'
  if (hasPaused && verdict.state === 'progressing') return paused(history, snapshot, verdict)
  if (verdict.state !== 'progressing' || !isUpdating(snapshot.service) || !areAllUp(snapshot)) return verdict
  const { counted, progress } = countsOf(snapshot)
  // Swarm may still take a task that ran all the time, for one beside it of the update that failed.
  const areBack = !hasOneToTake(snapshot) && wereSeenUpFor(snapshot.monitorSeconds, history, snapshot.now, counted)
  return areBack ? { state: 'converged', progress } : verdict
}

/**
 * A slot that a paused update has not come to keeps what it has, for ever. Of the spec that a service goes back to it has old
 * tasks, which ended when the update before it replaced them.
 */
function paused(
  history: ServiceHistory,
  snapshot: ServiceSnapshot,
  verdict: Verdict & { state: 'progressing' },
): Verdict {
  const { service, tasks, eligibleNodes } = snapshot
  const { wanted, counted } = countsOf(snapshot)
  const meant = slotsThatCount(service.Spec, currentTasks(service, tasks).filter(isMeant), eligibleNodes).size
  if (meant >= wanted) return verdict
  const isHalted = counted.length >= meant && isStable(history, snapshot, counted)
  return { ...verdict, progress: `${verdict.progress}, paused by Swarm`, ...(isHalted && { isHalted }) }
}

function hasOneToTake({ service, tasks, eligibleNodes }: ServiceSnapshot): boolean {
  const slots = slotsThatCount(service.Spec, currentTasks(service, tasks), eligibleNodes)
  return [...slots.values()].some(areSeveral)
}

/** Whether as many of its tasks as it is to have run, or are done. */
export function areAllUp(snapshot: ServiceSnapshot): boolean {
  return isComplete(snapshot.service.Spec, countsOf(snapshot))
}

function countsOf({ service, tasks, eligibleNodes }: ServiceSnapshot) {
  return countTasks(service, currentTasks(service, tasks), eligibleNodes)
}

/**
 * What the snapshot says of the first tasks of an update that Swarm then holds. Swarm is updating all the while, and one
 * task that ends is a failure.
 *
 * @param size how many they are
 * @param called what the user calls them: `canary`
 */
export function judgeFirstTasks(
  history: ServiceHistory,
  snapshot: ServiceSnapshot,
  size: number,
  called: string,
): Verdict {
  const bySwarm = swarmVerdict(history, snapshot.service)
  if (bySwarm !== undefined) return bySwarm
  const stuck = stuckVerdict(history, snapshot)
  if (stuck !== undefined) return stuck
  const last = lastEnded(history)
  if (last !== undefined) return { state: 'failed', cause: `its task ${ending(last)}`, taskId: last.ID }

  const { counted } = countTasks(snapshot.service, snapshot.tasks, snapshot.eligibleNodes)
  const progress = `${counted.length}/${size} ${called} ${size === 1 ? 'task' : 'tasks'} running`
  // They may be more: an old task that ends by itself is replaced by a new one (swarmkit, manager/orchestrator/restart).
  const stable = counted.filter((task) => isStable(history, snapshot, [task]))
  if (stable.length >= size) return { state: 'converged', progress }
  const waitsFor = counted.length < size ? '' : `, watched for ${snapshot.monitorSeconds} s`
  return { state: 'progressing', progress: `${progress}${waitsFor}` }
}

/** What the snapshot says of tasks that were up and are to stay so: one that ends is a failure. */
export function judgeTrial(history: ServiceHistory, snapshot: ServiceSnapshot): Verdict {
  const last = lastEnded(history)
  if (last !== undefined) return { state: 'failed', cause: `its task ${ending(last)}`, taskId: last.ID }
  const counts = countTasks(snapshot.service, currentTasks(snapshot.service, snapshot.tasks), snapshot.eligibleNodes)
  // What an autoscaler adds has not been up yet, and takes nothing from what is.
  const isScaled = hasOthersScale(snapshot.service.Spec.Labels) && counts.counted.length > 0
  const state = isScaled || isComplete(snapshot.service.Spec, counts) ? 'converged' : 'progressing'
  return { state, progress: counts.progress }
}

/** What the snapshot says of a service whose tasks are all to end: whether the container of any may still be there. */
export function judgeEnding(_history: ServiceHistory, { tasks }: ServiceSnapshot): Verdict {
  const left = tasks.filter(mayHaveContainer).length
  const progress = `${left} ${left === 1 ? 'task has' : 'tasks have'} not ended yet`
  return { state: left === 0 ? 'converged' : 'progressing', progress }
}

function lastEnded(history: ServiceHistory): Task | undefined {
  return newest(allEnded(history))
}

/** The task of which Swarm said that it made the update fail, from the text of an update status. */
export function taskNamedIn(message: string): string | undefined {
  return /\btask ([a-z0-9]{20,})\b/.exec(message)?.[1]
}

function isUpdating(service: Service): boolean {
  const state = service.UpdateStatus?.State
  return state === 'updating' || state === 'rollback_started'
}

function updateNote(service: Service): string {
  return service.UpdateStatus?.State === 'rollback_started' ? 'Swarm rolls back' : 'Swarm updates'
}

/**
 * That Swarm has begun to roll an update of this deploy back: from then on it is certain that it fails, though what was
 * before may take a while to run again.
 */
export function swarmRollsBack(history: ServiceHistory, service: Service): FailedVerdict | undefined {
  if (updateStatusOf(history, service)?.State !== 'rollback_started') return undefined
  const reason = reasonOf(history)
  const taskId = taskNamedIn(reason)
  return { state: 'rolled-back', cause: `Swarm rolled it back: ${reason}`, ...(taskId && { taskId }) }
}

function swarmVerdict(history: ServiceHistory, service: Service): FailedVerdict | undefined {
  const reason = reasonOf(history)
  const taskId = taskNamedIn(reason)
  const named = taskId === undefined ? {} : { taskId }
  switch (updateStatusOf(history, service)?.State) {
    case 'paused':
      return { state: 'failed', cause: `Swarm paused the update: ${reason}`, ...named }
    case 'rollback_paused':
      return { state: 'failed', cause: `Swarm's rollback failed too and is paused: ${reason}`, ...named }
    case 'rollback_completed':
      // One that was under way before this deploy, and leads to what is asked for.
      if (history.earlierStatus?.State === 'rollback_started') return undefined
      return { state: 'rolled-back', cause: `Swarm rolled it back: ${reason}`, ...named }
    default:
      return undefined
  }
}

/** Why Swarm gave up, without what is said before it anyway. */
function reasonOf({ firstReason }: ServiceHistory): string {
  return (firstReason ?? 'the update failed').replace(/^(?:update|rollback) (?:paused|rolled back) due to /, '')
}

/** What is stuck where Swarm itself would wait for ever. */
function stuckVerdict(history: ServiceHistory, { service, tasks, now }: ServiceSnapshot): FailedVerdict | undefined {
  const isOverdue = (since: ReadonlyMap<string, number>) => (task: Task) =>
    now - (since.get(task.ID) ?? now) >= UNPLACED_GRACE_SECONDS
  const current = currentTasks(service, tasks)
  const unplaced = current.filter(isUnplaced).find(isOverdue(history.unplacedSince))
  if (unplaced !== undefined)
    return { state: 'failed', cause: `no node can take it: ${limited(unplaced.Status.Err ?? '')}`, isUnplaced: true }
  if (!current.filter(isUnallocated).some(isOverdue(history.unallocatedSince))) return undefined
  const cause = `the swarm has not allocated the networks of its task for ${UNPLACED_GRACE_SECONDS} s`
  return { state: 'failed', cause, isUnallocated: true }
}

/**
 * Whether Swarm itself has watched the tasks for as long as is asked, and none of them has ended: it calls an update
 * completed only after its own window (swarmkit, manager/orchestrator/update/updater.go). Where some may fail that says
 * nothing: with a `--task-history-limit` of 0 no look sees a task that has ended.
 */
function wasWatchedBySwarm(history: ServiceHistory, { service, monitorSeconds }: ServiceSnapshot): boolean {
  const { UpdateConfig: policy } = service.Spec
  return (
    updateStatusOf(history, service)?.State === 'completed' &&
    policy?.FailureAction !== 'continue' &&
    !policy?.MaxFailureRatio &&
    monitorSeconds <= monitorSecondsOf(service.Spec) &&
    history.endedTasks.size === 0
  )
}

function isStable(
  history: ServiceHistory,
  { now, monitorSeconds }: ServiceSnapshot,
  counted: readonly Task[],
): boolean {
  return counted.filter(isRunning).every((task) => now - (history.runningSince.get(task.ID) ?? now) >= monitorSeconds)
}

/**
 * Whether all tasks were seen running for longer than Swarm waits after the last of them, and its update still has not
 * ended: it waits for a task that it had given to a node which is gone since, and goes on when that is back (swarmkit,
 * manager/orchestrator/update/updater.go; seen with 20.10).
 */
function swarmWaitsInVain(history: ServiceHistory, snapshot: ServiceSnapshot, counted: readonly Task[]): boolean {
  const { service, now } = snapshot
  if (service.UpdateStatus?.State !== 'updating' || counted.length === 0 || !areAllUp(snapshot)) return false
  const longest = updateDelaySeconds(service.Spec) + monitorSecondsOf(service.Spec) + UPDATE_GRACE_SECONDS
  return wereSeenUpFor(longest, history, now, counted)
}

/** Whether all of these are as they are for so long that this run has seen it, whatever was before. */
function wereSeenUpFor(seconds: number, history: ServiceHistory, now: number, counted: readonly Task[]): boolean {
  return counted.every((task) => now - (history.inStateSince.get(stateKey(task)) ?? now) >= seconds)
}

/** The first slot that will not come up any more: given up by Swarm, or ending again and again. */
function hopelessSlot(
  history: ServiceHistory,
  snapshot: ServiceSnapshot,
  tasks: readonly Task[],
  turns: Turns,
): FailedVerdict | undefined {
  const { Spec: spec } = snapshot.service
  const slots = slotsThatCount(spec, tasks, snapshot.eligibleNodes)
  for (const [slot, from] of history.abandonedSince) {
    const last = newest(slots.get(slot) ?? [])
    if (last === undefined || snapshot.now - from < ABANDONED_GRACE_SECONDS) continue
    return { state: 'failed', cause: `its task ${ending(last)}, and ${whyNoOther(spec, last)}`, taskId: last.ID }
  }
  for (const [slot, ended] of history.endedTasks) {
    const inSlot = slots.get(slot)
    if (inSlot === undefined || hasComeUp(history, snapshot, inSlot)) continue
    const verdict = endlessVerdict(spec, [...ended.values()], turns)
    if (verdict !== undefined) return verdict
  }
  return undefined
}

/** What is said of a slot whose tasks end again and again. */
function endlessVerdict(spec: ServiceSpec, ended: readonly Task[], most: Turns): FailedVerdict | undefined {
  const delay = restartDelaySeconds(spec)
  const turns = turnsOf(ended, delay)
  const rejections = turns.filter(([first]) => first?.Status.State === 'rejected').length
  const last = newest(ended)
  if (last === undefined || (rejections < most.rejections && turns.length < most.crashes)) {
    return undefined
  }
  const cause =
    rejections === turns.length
      ? `its task ${ending(last)} (rejected ${rejections} times, with the restart delay of ${spoken(delay)} between)`
      : `its task ended ${turns.length} times in a row, the last one ${ending(last)}`
  return { state: 'failed', cause, taskId: last.ID }
}

/** Whether a slot is stable after all, whatever ended in it before. */
function hasComeUp(history: ServiceHistory, snapshot: ServiceSnapshot, inSlot: readonly Task[]): boolean {
  const { Spec: spec } = snapshot.service
  const isDone = completeTask(spec, inSlot) !== undefined
  return isDone || inSlot.some((task) => isRunning(task) && isStable(history, snapshot, [task]))
}
