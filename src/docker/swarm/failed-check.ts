import type { Healthcheck, LocalImage, Task } from '../api.ts'
import type { Engine } from '../engine/engine.ts'
import {
  effectiveCheck,
  type Health,
  hasFailed,
  type MeantToEnd,
  mayHaveFailed,
  type UnseenCheck,
  type UpSince,
} from './health.ts'
import { PERHAPS_UNHEALTHY } from './task.ts'

/**
 * Swarm stops a task whose health check fails. One that takes the stop with exit code 0 it calls complete, without a
 * word of the health check (moby, daemon/cluster/executor/container/controller.go); only its container tells.
 */

/** As much as is read of the answer of `GET /containers/{id}/json`. */
interface Container {
  readonly State?: { readonly Health?: Health; readonly FinishedAt?: string }
  /** With the image's check where the service has none of its own. */
  readonly Config?: { readonly Healthcheck?: Healthcheck }
}

/** What is known of a task that ended with code 0. */
type Finding =
  | 'unhealthy'
  /** Its check had not failed, or it has none. */
  | 'done'
  /** Its container cannot be looked at. */
  | UnseenCheck

/** A task with what its container tells. */
export interface LookedAtTask extends Task {
  /** Of one that ended with code 0, when its container cannot be looked at. */
  readonly unseenCheck?: UnseenCheck
}

interface EndedTask extends Task {
  readonly Status: Task['Status'] & { readonly ContainerStatus: { readonly ContainerID: string } }
}

/** By task: a container that has ended does not change. */
const known = new WeakMap<Engine, Map<string, Promise<Finding>>>()

/**
 * The tasks with those told as failed that ended with code 0 because of their health check: such a job has not done its
 * work either, and is not tried again. Only the containers of the node that is spoken to can be asked, each of them once.
 */
export async function withFailedChecks(
  tasks: readonly Task[],
  engine: Engine,
  signal: AbortSignal,
): Promise<readonly LookedAtTask[]> {
  // They are few of many, if any.
  if (!tasks.some(mayBeUnhealthy)) return tasks
  return Promise.all(tasks.map((task) => withFailedCheck(task, engine, signal)))
}

/** The same for one task. */
export async function withFailedCheck(task: Task, engine: Engine, signal: AbortSignal): Promise<LookedAtTask> {
  if (!mayBeUnhealthy(task)) return task
  const answers = known.get(engine) ?? new Map<string, Promise<Finding>>()
  known.set(engine, answers)
  const answer = answers.get(task.ID) ?? look(task, task.Status.ContainerStatus.ContainerID, engine, signal)
  answers.set(task.ID, answer)
  const found = await answer
  if (found === 'unhealthy') return asFailed(task, UNHEALTHY)
  return found === 'done' ? task : { ...task, unseenCheck: found }
}

/** Whether it ended with code 0, in a container that may be looked at. */
function mayBeUnhealthy(task: Task): task is EndedTask {
  return task.Status.State === 'complete' && Boolean(task.Status.ContainerStatus?.ContainerID)
}

/**
 * A task as it was read, or as failed when it ended with code 0, its container cannot be looked at, and it was up long
 * enough for its health check to have failed: it cannot be called done. Pure.
 *
 * @param up what was seen of it; one that was never seen up is believed
 */
export function withDoubtfulEnd(task: LookedAtTask, up: UpSince | undefined, ends: MeantToEnd): LookedAtTask {
  const endedAt = Date.parse(task.Status.Timestamp ?? '')
  if (task.unseenCheck === undefined || up === undefined || Number.isNaN(endedAt)) return task
  return mayHaveFailed(task.unseenCheck, up, endedAt, ends) ? asFailed(task, PERHAPS_UNHEALTHY) : task
}

/**
 * What is to be known of a task that is taken for done though nobody saw it up: that its health check may have ended it,
 * by the times of its making and its end; `undefined` when that cannot be. Only where it is known that it has a check.
 */
export function doubtNote(task: LookedAtTask): string | undefined {
  const { unseenCheck: unseen, CreatedAt: made, Status: status } = task
  const endedAt = Date.parse(status.Timestamp ?? '')
  if (unseen?.isKnown !== true || !mayHaveFailed(unseen, { startingAt: Date.parse(made) }, endedAt, 'for good')) {
    return undefined
  }
  return 'its task ended with exit code 0, perhaps because of its health check (it may have been up long enough for that to fail, and only its own node can tell)'
}

function asFailed(task: Task, why: string): Task {
  const desired = task.DesiredState === 'complete' ? 'shutdown' : task.DesiredState
  return { ...task, DesiredState: desired, Status: { ...task.Status, State: 'failed', Err: why } }
}

/** Swarm's own words for a task that ended with another code. */
const UNHEALTHY = 'dockerexec: unhealthy container'

async function look(task: Task, containerId: string, engine: Engine, signal: AbortSignal): Promise<Finding> {
  const container = await orNothing(engine.get<Container>(`/containers/${containerId}/json`, { signal }))
  if (container !== undefined) {
    const { Health: health, FinishedAt: finishedAt } = container.State ?? {}
    return hasFailed(container.Config?.Healthcheck, health, finishedAt) ? 'unhealthy' : 'done'
  }
  const { Healthcheck: own, Image: image = '' } = task.Spec?.ContainerSpec ?? {}
  if (own?.Test?.[0] === 'NONE') return 'done'
  const local = await orNothing(engine.get<LocalImage>(`/images/${encodeURI(image)}/json`, { signal }))
  const check = effectiveCheck(own, local === undefined ? UNKNOWN_CHECK : local.Config?.Healthcheck)
  const isKnown = local !== undefined || (own?.Test?.length ?? 0) > 0
  return check === undefined ? 'done' : { check, isKnown }
}

/** What an image may have that the manager's own node has not: a check with docker's defaults. */
const UNKNOWN_CHECK: Healthcheck = { Test: ['CMD'] }

async function orNothing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch {
    return undefined
  }
}
