import { groupBy } from '../../runner/group-by.ts'
import { withoutLikelySecrets } from '../../runner/secrets/likely-secrets.ts'
import { limited } from '../../runner/text/safe-text.ts'
import type { Node, Service, ServiceSpec, Task, TaskState } from '../api.ts'
import { endsForGood, isGlobal, isJob } from '../specs/service-mode.ts'

/** A task of a job is meant to complete, any other to run. */
function isWanted(task: Task): boolean {
  return task.DesiredState === 'running' || task.DesiredState === 'complete'
}

/** Whether Swarm wants it to run, now or when what is before it in its slot has ended. */
export function isMeant(task: Task): boolean {
  return isWanted(task) || task.DesiredState === 'ready'
}

/** Whether it runs, and is to. */
export function isRunning(task: Task): boolean {
  return task.Status.State === 'running' && isWanted(task)
}

/** Whether it waits for a node, and Swarm says why. */
export function isUnplaced(task: Task): boolean {
  return task.Status.State === 'pending' && isWanted(task) && (task.Status.Err ?? '') !== ''
}

/** Whether Swarm has yet to give it its networks and addresses: it says nothing of what it lacks. */
export function isUnallocated(task: Task): boolean {
  return task.Status.State === 'new' && isMeant(task)
}

const BEFORE_A_NODE: readonly TaskState[] = ['new', 'allocated', 'pending']

/** Whether Swarm is about to give it a node: it has not said that it finds none. */
export function isOnItsWayToANode(task: Task): boolean {
  return isMeant(task) && BEFORE_A_NODE.includes(task.Status.State) && !isUnplaced(task)
}

/** Whether a task ended badly. */
export function isFailure(task: Task): boolean {
  return task.Status.State === 'failed' || task.Status.State === 'rejected'
}

/** Whether a task that is to end may still have a container: one that no node was given yet never had any. */
export function mayHaveContainer(task: Task): boolean {
  return isLive(task) && (isMeant(task) || !BEFORE_A_NODE.includes(task.Status.State))
}

/** Whether it may run now or later. */
export function isLive(task: Task): boolean {
  return !isFailure(task) && !['complete', 'shutdown', 'remove', 'orphaned'].includes(task.Status.State)
}

/** Where a task belongs: one that ends is replaced there. Swarm counts the slots of a job from 0, and leaves a 0 out. */
export function slotOf(spec: ServiceSpec, task: Task): string {
  return isGlobal(spec) ? `node ${task.NodeID ?? task.ID}` : `slot ${task.Slot ?? 0}`
}

/** Of a job only the tasks of its current run count. */
export function currentTasks(service: Service, tasks: readonly Task[]): readonly Task[] {
  if (!isJob(service.Spec)) return tasks
  const iteration = service.JobStatus?.JobIteration.Index ?? 0
  return tasks.filter((task) => (task.JobIteration?.Index ?? 0) === iteration)
}

/** A task that ended although its service wants it to run on. */
export function hasEnded(spec: ServiceSpec, task: Task): boolean {
  return isFailure(task) || (task.Status.State === 'complete' && !endsForGood(spec))
}

/** The tasks of each slot: of a global service, of each node. */
export function bySlot(spec: ServiceSpec, tasks: readonly Task[]): Map<string, Task[]> {
  return groupBy(tasks, (task) => slotOf(spec, task))
}

/** The slots that count: of a global service only those on nodes that may run it. */
export function slotsThatCount(spec: ServiceSpec, tasks: readonly Task[], nodes: readonly Node[]): Map<string, Task[]> {
  const ids = new Set(nodes.map((node) => node.ID))
  return bySlot(spec, isGlobal(spec) ? tasks.filter((task) => ids.has(task.NodeID ?? '')) : tasks)
}

/**
 * The task that did the work of a slot whose service ends for good; `undefined` when none has, or one is at it again.
 *
 * What is complete of a job stays so, whatever else is in its slot: a manager that has led before goes on making tasks of
 * its own for jobs, again and again (moby/moby#53632).
 */
export function completeTask(spec: ServiceSpec, inSlot: readonly Task[]): Task | undefined {
  const isDone = (task: Task | undefined) => task?.Status.State === 'complete'
  if (isJob(spec)) return inSlot.find(isDone)
  const last = newest(inSlot)
  return endsForGood(spec) && isDone(last) && !inSlot.some(isRunning) ? last : undefined
}

/** Whether Swarm has more tasks for a slot of a job than it asks for: ones that are complete, or on their way there. */
export function isOverdone(spec: ServiceSpec, inSlot: readonly Task[]): boolean {
  return isJob(spec) && areSeveral(inSlot)
}

/** Whether several tasks are to run, or to be complete, where there is room for one. */
export function areSeveral(inSlot: readonly Task[]): boolean {
  return inSlot.filter((task) => isWanted(task) && !isFailure(task)).length > 1
}

/** The task that was made last. */
export function newest(tasks: readonly Task[]): Task | undefined {
  return tasks.toSorted((a, b) => byCreation(b, a))[0]
}

/** Orders tasks, the oldest first. Docker leaves out zeros at the end of a second's fraction. */
export function byCreation({ CreatedAt: a }: Task, { CreatedAt: b }: Task): number {
  const [first, second] = [a.replace(/Z$/, ''), b.replace(/Z$/, '')]
  if (first === second) return 0
  return first < second ? -1 : 1
}

/** How a task ended, in words that follow "its task": `failed with exit code 1: …`. */
export function ending(task: Task): string {
  const { State: state, ContainerStatus: container } = task.Status
  const error = task.Status.Err && limited(withoutCommandSecrets(task.Status.Err))
  if (state === 'rejected') return `was rejected: ${error ?? 'no reason given'}`
  if (isUnhealthy(task)) return 'failed its health check'
  // Its node was drained or down, or went: Swarm counts that as a failure of an update too.
  if (state === 'shutdown' || state === 'remove') return 'was shut down by Swarm'
  if (state === 'orphaned') return 'was lost with its node'
  const code = container?.ExitCode
  const withCode = code === undefined ? '' : ` with exit code ${code}`
  if (isPerhapsUnhealthy(task)) return `ended${withCode}, ${PERHAPS_UNHEALTHY}`
  const detail = error === undefined || error === '' || /^task: non-zero exit \(\d+\)$/.test(error) ? '' : `: ${error}`
  if (state === 'complete') return `ended${withCode}`
  // With code 0 it was docker that failed, and not the program.
  return `failed${code === 0 && detail !== '' ? '' : withCode}${detail}`
}

/** A program that could not be started is told with all its words, where they are one (runc, `exec: "serve --token …": …`). */
function withoutCommandSecrets(error: string): string {
  return error.replace(/(?<=\bexec: )"(?:[^"\\]|\\.)*"/g, withoutLikelySecrets)
}

/** What stands for Swarm's error of a task that ended with code 0 and cannot be called done. */
export const PERHAPS_UNHEALTHY =
  'perhaps because of its health check (it was up long enough for that to fail, and only its own node can tell)'

/** Whether Swarm may have stopped it because of its health check, and nobody can tell from here. */
export function isPerhapsUnhealthy({ Status: { Err: error } }: Task): boolean {
  return error === PERHAPS_UNHEALTHY
}

/** Whether Swarm stopped it because of its health check: its exit code only tells how it took the stop. */
export function isUnhealthy({ Status: { Err: error = '' } }: Task): boolean {
  return /\bunhealthy container$/.test(error)
}
