import { hasOthersScale } from '../../runner/own-labels.ts'
import type { Node, Service, ServicePort, ServiceSpec, Task } from '../api.ts'
import { endsForGood, isGlobal, isJob, wantedTasks } from '../specs/service-mode.ts'
import { hasPort, isHostPort, namedPorts } from './published-ports.ts'
import { nodesFor } from './room.ts'
import { isRunning } from './task.ts'
import { hasUnfinishedUpdate } from './update-status.ts'

/**
 * Ports of nodes that tasks of other services have: Swarm gives a node no second task with one of them, and the task waits
 * (swarmkit, manager/scheduler/filter.go). Pure.
 */

/** The services that have one of some ports on their nodes, and keep it: their tasks are not meant to end or to change. */
export function portHolders(ports: readonly ServicePort[], services: readonly Service[]): Service[] {
  const asked = ports.filter(isHostPort)
  return services.filter((service) => {
    const own = namedPorts(service.Spec).filter(isHostPort)
    return asked.some((port) => hasPort(own, port)) && !endsForGood(service.Spec) && !hasUnfinishedUpdate(service)
  })
}

/** How many of its nodes a service finds taken, and for how many of its tasks that leaves none. */
export interface HeldPorts {
  readonly taken: number
  readonly nodes: number
  readonly waiting: number
  readonly tasks: number
}

/**
 * Whether tasks of a service could get no node, for others run on theirs; `undefined`: each can have one, or why it cannot is
 * another reason.
 *
 * @param tasks those of the {@link portHolders} of its ports
 */
export function heldPorts(wanted: ServiceSpec, tasks: readonly Task[], nodes: readonly Node[]): HeldPorts | undefined {
  if (mayWait(wanted)) return undefined
  const own = nodesFor(wanted, nodes)
  const held = new Set(tasks.filter(isRunning).map(({ NodeID: id }) => id))
  const taken = own.filter(({ ID }) => held.has(ID)).length
  const all = tasksOn(own, wanted)
  const waiting = all - (own.length - taken)
  return all > own.length || waiting <= 0 ? undefined : { taken, nodes: own.length, waiting, tasks: all }
}

/** How many nodes there are for the tasks of two services, and how many tasks that leaves without one. */
export interface SharedPort {
  readonly nodes: number
  readonly waiting: number
  readonly tasks: number
}

/**
 * Whether tasks of two services with one port of their nodes could get no node, whichever come first; `undefined`: each can
 * have one, or why it cannot is another reason.
 */
export function sharedPort(one: ServiceSpec, other: ServiceSpec, nodes: readonly Node[]): SharedPort | undefined {
  if ([one, other].some((spec) => mayWait(spec) || endsForGood(spec))) return undefined
  const both = [one, other].map((spec) => {
    const own = nodesFor(spec, nodes)
    return { own, count: tasksOn(own, spec) }
  })
  if (both.some(({ own, count }) => count > own.length || count === 0)) return undefined
  const tasks = both.reduce((sum, { count }) => sum + count, 0)
  const free = new Set(both.flatMap(({ own }) => own).map(({ ID }) => ID)).size
  return tasks > free ? { nodes: free, waiting: tasks - free, tasks } : undefined
}

/** Whether it does no harm that tasks wait: of a job, or where who scales the service sees to it. */
function mayWait(wanted: ServiceSpec): boolean {
  return isJob(wanted) || hasOthersScale(wanted.Labels)
}

/** How many tasks a service has that may have these nodes. */
function tasksOn(nodes: readonly Node[], wanted: ServiceSpec): number {
  return isGlobal(wanted) ? nodes.length : (wantedTasks(wanted) ?? 0)
}
