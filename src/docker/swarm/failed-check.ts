import type { Task } from '../api.ts'
import type { Engine } from '../engine/engine.ts'
import type { Health } from './health.ts'

/**
 * Swarm stops a task whose health check fails. One that takes the stop with exit code 0 it calls complete, without a
 * word of the health check (moby, daemon/cluster/executor/container/controller.go); only its container tells.
 */

/** As much as is read of the answer of `GET /containers/{id}/json`. */
interface Container {
  readonly State?: { readonly Health?: Health & { readonly Status?: string } }
}

/** By task: a container that has ended does not change. */
const known = new WeakMap<Engine, Map<string, Promise<boolean>>>()

/**
 * The tasks with those told as failed that ended with code 0 because of their health check: such a job has not done its
 * work either, and is not tried again. Only the containers of the node that is spoken to can be asked, each of them once.
 */
export async function withFailedChecks(
  tasks: readonly Task[],
  engine: Engine,
  signal: AbortSignal,
): Promise<readonly Task[]> {
  return Promise.all(tasks.map((task) => withFailedCheck(task, engine, signal)))
}

/** The same for one task. */
export async function withFailedCheck(task: Task, engine: Engine, signal: AbortSignal): Promise<Task> {
  const { State: state, ContainerStatus: container } = task.Status
  if (state !== 'complete' || !container?.ContainerID) return task
  const answers = known.get(engine) ?? new Map<string, Promise<boolean>>()
  known.set(engine, answers)
  const answer = answers.get(task.ID) ?? isUnhealthy(container.ContainerID, engine, signal)
  answers.set(task.ID, answer)
  if (!(await answer)) return task
  const desired = task.DesiredState === 'complete' ? 'shutdown' : task.DesiredState
  return { ...task, DesiredState: desired, Status: { ...task.Status, State: 'failed', Err: UNHEALTHY } }
}

/** Swarm's own words for a task that ended with another code. */
const UNHEALTHY = 'dockerexec: unhealthy container'

async function isUnhealthy(id: string, engine: Engine, signal: AbortSignal): Promise<boolean> {
  try {
    const { State: state } = await engine.get<Container>(`/containers/${id}/json`, { signal })
    return state?.Health?.Status === 'unhealthy'
  } catch {
    return false
  }
}
