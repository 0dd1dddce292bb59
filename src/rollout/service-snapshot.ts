import type { Node, Service, ServiceSpec, Task } from '../docker/api.ts'
import { endsForGood, isGlobal, isJob, wantedTasks } from '../docker/specs/service-mode.ts'
import { currentTasks, isRunning, newest, slotsThatCount } from '../docker/swarm/task.ts'

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
  const complete = endsForGood(spec) ? slots.flatMap((inSlot) => completeTask(inSlot) ?? []) : []
  const wanted = wantedTasks(spec) ?? nodes.length
  return {
    wanted,
    counted: isJob(spec) ? complete : [...running, ...complete],
    progress: progressText(spec, wanted, running.length, complete.length),
  }
}

/** The task that did a slot's work, when no task of the slot is at it again. */
function completeTask(inSlot: readonly Task[]): Task | undefined {
  const last = newest(inSlot)
  return last?.Status.State === 'complete' && !inSlot.some(isRunning) ? last : undefined
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
