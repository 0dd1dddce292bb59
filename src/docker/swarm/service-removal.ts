import { nowMs } from '../../runner/time/clock.ts'
import { poll } from '../../runner/time/poll.ts'
import type { Service, Task } from '../api.ts'
import type { Engine } from '../engine/engine.ts'
import { remove } from '../engine/removal.ts'
import { isJob } from '../specs/service-mode.ts'
import { findService, updateSpec } from '../specs/spec-update.ts'
import { withoutTasks } from '../specs/without-tasks.ts'
import { isLive } from './task.ts'

const LOOK_EVERY_MS = 100
/** Swarm tells tasks to end within a moment. */
const TOLD_MS = 2000

/**
 * Removes a service. Of a job that is removed Swarm forgets the tasks: those that run go on, for ever, and hold the
 * networks that they are on (moby/moby#44312; seen with 20.10.24). So a job that still has some is told first to have none.
 *
 * @throws EngineError when the swarm refuses
 */
export async function removeService(engine: Engine, { ID, Spec }: Service, signal: AbortSignal): Promise<void> {
  if (isJob(Spec)) await endTasks(engine, ID, signal)
  await remove(engine, `/services/${ID}`, signal)
}

async function endTasks(engine: Engine, id: string, signal: AbortSignal): Promise<void> {
  const query = { filters: JSON.stringify({ service: [id] }) }
  const areTold = async () => !(await engine.get<Task[]>('/tasks', { query, signal })).some(isToComplete)
  const service = await findService(engine, id, signal)
  if (service === undefined || (await areTold())) return
  // Each change of a job has its earlier tasks end (swarmkit, manager/orchestrator/jobs); by this one no other begins.
  await updateSpec(engine, id, [service.Spec], withoutTasks(service.Spec), { from: 'spec' }, signal)
  const deadline = nowMs() + TOLD_MS
  await poll(areTold, LOOK_EVERY_MS, () => nowMs() >= deadline, signal)
}

function isToComplete(task: Task): boolean {
  return isLive(task) && task.DesiredState === 'complete'
}
