import type { FailedTask } from './deployment.ts'
import type { Node, Task } from './docker/api.ts'
import type { Engine } from './docker/engine.ts'
import type { Memory } from './docker/rollout.ts'
import { ending, isFailure } from './docker/task.ts'
import { logLines } from './docker/task-logs.ts'
import { messageOf } from './errors.ts'
import { timeLimit } from './runner/clock.ts'
import { log } from './runner/log.ts'

const LOG_LINES = 20
/** A node that is cut off cannot give its logs: the verdict does not wait for them. */
const LOG_SECONDS = 5

/**
 * The task that shows best why a service did not come up, with its node and its last words; `undefined` when no task
 * of this deploy has failed. What cannot be read is left out.
 *
 * @param taskId the task that Swarm itself names, if it does
 */
export async function findFailedTask(
  serviceId: string,
  taskId: string | undefined,
  memory: Memory,
  nodes: readonly Node[],
  engine: Engine,
): Promise<FailedTask | undefined> {
  const task = (await namedTask(taskId, engine)) ?? (await newestFailedTask(serviceId, memory, engine))
  if (task === undefined) return undefined
  return {
    id: task.ID,
    node: nodeName(task.NodeID, nodes),
    ending: ending(task),
    exitCode: task.Status.State === 'rejected' ? undefined : task.Status.ContainerStatus?.ExitCode,
    logs: await lastLines(task, engine),
  }
}

/** A cause that also says how its task ended. */
export function causeWith(cause: string, task: FailedTask | undefined): string {
  return task === undefined || cause.includes(task.ending) ? cause : `${cause}; the task ${task.ending}`
}

async function namedTask(id: string | undefined, engine: Engine): Promise<Task | undefined> {
  if (id === undefined) return undefined
  return orNothing(engine.get<Task>(`/tasks/${id}`))
}

/** Of those that this deploy made. A rollback makes them out of date, so all tasks of the service are asked for. */
async function newestFailedTask(serviceId: string, memory: Memory, engine: Engine): Promise<Task | undefined> {
  const filters = JSON.stringify({ service: [serviceId] })
  const tasks = (await orNothing(engine.get<Task[]>('/tasks', { query: { filters } }))) ?? []
  const remembered = [...memory.endedTasks.values()].flatMap((ended) => [...ended.values()])
  const failed = [...tasks, ...remembered].filter((task) => isFailure(task) && !memory.earlierTasks.has(task.ID))
  return failed.sort((a, b) => b.CreatedAt.localeCompare(a.CreatedAt))[0]
}

/** Several nodes may share a host name: then the ID tells them apart. */
function nodeName(id: string | undefined, nodes: readonly Node[]): string | undefined {
  const node = nodes.find(({ ID }) => ID === id)
  if (node === undefined) return id
  const name = node.Description.Hostname
  const sharesName = nodes.filter((other) => other.Description.Hostname === name).length > 1
  return sharesName ? `${name} (${node.ID})` : name
}

async function lastLines(task: Task, engine: Engine): Promise<string[]> {
  if (task.Status.ContainerStatus?.ContainerID === undefined) return []
  const query = { stdout: '1', stderr: '1', tail: String(LOG_LINES) }
  const signal = timeLimit(LOG_SECONDS * 1000)
  const bytes = await orNothing(engine.bytes(`/tasks/${task.ID}/logs`, { query, signal }))
  return logLines(bytes ?? Buffer.alloc(0)).slice(-LOG_LINES)
}

async function orNothing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    log.debug(`Not read for the diagnosis: ${messageOf(error)}`)
    return undefined
  }
}
