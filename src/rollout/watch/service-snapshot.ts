import type { Node, Service, ServiceSpec, Task } from '../../docker/api.ts'
import { isGlobal, isJob, wantedTasks } from '../../docker/specs/service-mode.ts'
import { completeTask, currentTasks, isOverdone, isRunning, slotsThatCount } from '../../docker/swarm/task.ts'

/** One service at one moment. */
export interface ServiceSnapshot {
  readonly service: Service
  /** The tasks that the current spec of the service asked for (the API's filter `_up-to-date`), old ones included. */
  readonly tasks: readonly Task[]
  /** The nodes that may run the service's tasks. */
  readonly eligibleNodes: readonly Node[]
  readonly now: number
  /** How long tasks must keep running before they count as stable. */
  readonly monitorSeconds: number
}

/** How many tasks a service wants and has, and on how many nodes. */
export interface TaskCounts {
  readonly wanted: number
  /** Tasks that run; of a job, tasks that are complete. */
  readonly running: number
  readonly nodes: number
}

/** The tasks of one snapshot, counted. */
export function taskCounts({ service, tasks, eligibleNodes }: ServiceSnapshot): TaskCounts {
  const { wanted, counted } = countTasks(service, currentTasks(service, tasks), eligibleNodes)
  const nodes = new Set(counted.map((task) => task.NodeID))
  return { wanted, running: counted.length, nodes: nodes.size }
}

interface CountedTasks {
  readonly wanted: number
  /** One task for each slot or node that has what it should have. */
  readonly counted: readonly Task[]
  readonly progress: string
}

/** How many tasks of a snapshot count, in numbers and words. */
export function countTasks(service: Service, tasks: readonly Task[], nodes: readonly Node[]): CountedTasks {
  const { Spec: spec } = service
  const slots = [...slotsThatCount(spec, tasks, nodes).values()]
  const running = slots.flatMap((inSlot) => inSlot.find(isRunning) ?? [])
  const complete = slots.flatMap((inSlot) => completeTask(spec, inSlot) ?? [])
  const wanted = wantedTasks(spec) ?? nodes.length
  return {
    wanted,
    counted: isJob(spec) ? complete : [...running, ...complete],
    progress: progressText(spec, wanted, running.length, complete.length),
  }
}

/** Fewer than wanted; or more, while Swarm still removes some. */
export function isComplete(spec: ServiceSpec, { wanted, counted }: CountedTasks): boolean {
  return isGlobal(spec) ? counted.length >= wanted : counted.length === wanted
}

function progressText(spec: ServiceSpec, wanted: number, running: number, complete: number): string {
  const tasks = wanted === 1 ? 'task' : 'tasks'
  if (isJob(spec)) return `${complete}/${wanted} ${tasks} complete${running > 0 ? `, ${running} running` : ''}`
  return `${running}/${wanted} ${tasks} running${complete > 0 ? `, ${complete} complete` : ''}`
}

/** What is to be known of a job that is complete while Swarm goes on with it. */
export function jobNote({ service, tasks, eligibleNodes }: ServiceSnapshot): string | undefined {
  const slots = slotsThatCount(service.Spec, currentTasks(service, tasks), eligibleNodes)
  return [...slots.values()].some((inSlot) => isOverdone(service.Spec, inSlot)) ? OVERDONE : undefined
}

const OVERDONE =
  'Swarm makes more tasks for this job than it asks for, and may run it again and again: a manager that led before still makes some of its own (moby/moby#53632). Restart the docker daemon of each manager, one after another'
