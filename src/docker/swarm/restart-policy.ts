import type { ServiceSpec, Task } from '../api.ts'
import { spoken } from '../duration.ts'
import { rounded } from '../engine/go-json.ts'
import { byCreation, isPerhapsUnhealthy, isUnhealthy } from './task.ts'

/** How Swarm starts a task again that has ended (swarmkit, manager/orchestrator/restart/restart.go). Pure. */

/** Swarm's own default of `--restart-delay`. */
const DEFAULT_DELAY_SECONDS = 5
const NANOSECONDS = 1e9

/** How long Swarm waits before the next task of a slot starts. */
export function restartDelaySeconds({ TaskTemplate: { RestartPolicy: policy } }: ServiceSpec): number {
  return policy?.Delay === undefined ? DEFAULT_DELAY_SECONDS : rounded(policy.Delay) / NANOSECONDS
}

/**
 * Whether Swarm has decided what follows on a task that has ended: in the same write it makes the task that follows, if
 * there is to be one. A task that ends before its delayed start was due is decided on only when the delay is over.
 */
export function isDecided({ DesiredState: desired }: Task): boolean {
  return desired !== 'ready' && desired !== 'running' && desired !== 'complete'
}

/** Why no task follows on one that has ended, in words that follow how it ended: `its restart policy is none`. */
export function whyNoOther({ TaskTemplate: { RestartPolicy: policy } }: ServiceSpec, task: Task): string {
  const { Condition: condition = 'any', MaxAttempts: attempts = 0, Window: window = 0 } = rounded(policy) ?? {}
  if (condition === 'none') return 'its restart policy is none'
  const { State: state, ContainerStatus: container } = task.Status
  const isSaidToFail = isUnhealthy(task) || isPerhapsUnhealthy(task)
  const isComplete = state === 'complete' || (isSaidToFail && container?.ExitCode === 0)
  if (condition === 'on-failure' && isComplete) return 'its restart policy is on-failure (its exit code was 0)'
  if (attempts === 0) return 'Swarm starts no other'
  const within = window > 0 ? ` within ${spoken(window / NANOSECONDS)}` : ''
  return `its restart policy has no attempt left (max-attempts ${attempts}${within})`
}

/**
 * The tasks of a slot that have ended, oldest first, by turns. What is rejected at once is one turn with what Swarm
 * rejects in its place before the delay of the policy is over, for it is made, and its image pulled, ahead of its start.
 */
export function turnsOf(ended: readonly Task[], delaySeconds: number): readonly (readonly Task[])[] {
  const turns: Task[][] = []
  for (const task of ended.toSorted(byCreation)) {
    const turn = turns.at(-1)
    const first = turn?.[0]
    const isSameTurn =
      first !== undefined &&
      isRejected(first) &&
      isRejected(task) &&
      secondsBetween(first, task) < delaySeconds * LEEWAY
    if (isSameTurn) turn?.push(task)
    else turns.push([task])
  }
  return turns
}

/** Swarm's timer and the times of creation are not read at the same moment. */
const LEEWAY = 0.9

function isRejected({ Status: { State: state } }: Task): boolean {
  return state === 'rejected'
}

/** Both times are the leader's. */
function secondsBetween(earlier: Task, later: Task): number {
  return (Date.parse(later.CreatedAt) - Date.parse(earlier.CreatedAt)) / 1000
}
