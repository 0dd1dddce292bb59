import { hasOthersScale } from '../../runner/own-labels.ts'
import type { Node, Resources, ServicePort, ServiceSpec, Task } from '../api.ts'
import { rounded } from '../engine/go-json.ts'
import { isGlobal, isJob, wantedTasks } from '../specs/service-mode.ts'
import { eligibleNodes, hasPlatform } from './placement.ts'
import { isLive } from './task.ts'

/**
 * Whether nodes have room for the tasks of a service, as far as the service itself goes: what does not fit waits for ever
 * (swarmkit, manager/scheduler/filter.go). With the update order start-first the new task of a slot runs beside the old
 * one for a while, and needs room too. Pure.
 */

/**
 * Why the nodes that may run a service could never have all of its tasks, were there no other service; `undefined`: they
 * could, or who scales it sets how many there are.
 */
export function roomProblem(wanted: ServiceSpec, nodes: readonly Node[]): string | undefined {
  if (isJob(wanted) || hasOthersScale(wanted.Labels)) return undefined
  const limits = nodesFor(wanted, nodes).map((node) => limitOf(wanted, wanted, node, 0))
  const room = sum(limits.map((limit) => limit.room))
  const tasks = isGlobal(wanted) ? limits.length : (wantedTasks(wanted) ?? 0)
  const full = isGlobal(wanted) ? limits.filter((limit) => limit.room < 1) : room < tasks ? limits : []
  if (full.length === 0) return undefined
  const by = reasonsOf(full)
  if (room === 0) return `no node that may run it has room for its task (${by}): it would wait for ever`
  return isGlobal(wanted)
    ? `${full.length} of the ${tasks} nodes that are to run it have no room for its task (${by}): it would wait there for ever`
    : `the nodes that may run it have room for ${room} of its ${tasks} tasks (${by}): the others would wait for ever`
}

/**
 * Why docker would reject a task of a service wherever it may run, or where a global one is to: a limit of more CPUs than the
 * node has, at which Swarm itself does not look (moby, daemon/daemon_unix.go; seen with 20.10). `undefined`: it would not.
 */
export function cpuLimitProblem(wanted: ServiceSpec, nodes: readonly Node[]): string | undefined {
  const limit = rounded(wanted.TaskTemplate.Resources?.Limits?.NanoCPUs) ?? 0
  const each = nodesFor(wanted, nodes).flatMap(({ Description: { Resources: has } }) => has?.NanoCPUs ?? [])
  const small = each.filter((cpus) => cpus < limit)
  if (small.length === 0 || (small.length < each.length && !isGlobal(wanted))) return undefined
  const most = Math.max(...small) / NANO
  return small.length < each.length
    ? `${small.length} of the ${each.length} nodes that are to run it have fewer CPUs (${most}) than its limit (${limit / NANO}): docker rejects its task there`
    : `its limit of ${limit / NANO} CPUs is more than any node has that may run it (${most}): docker rejects each task`
}

const NANO = 1e9

/**
 * Why no update of a service could put a task beside an old one once the service is as wanted; `undefined`: one could.
 */
export function startFirstNote(wanted: ServiceSpec, nodes: readonly Node[]): string | undefined {
  if (!isStartFirst(wanted)) return undefined
  const limits = nodesFor(wanted, nodes).map((node) => limitOf(wanted, wanted, node, 0))
  const most = limits.map(({ room }) => room)
  // Of a global service each node keeps its task, of others all together do.
  const isFull = isGlobal(wanted) ? most.some((room) => room < 2) : sum(most) <= (wantedTasks(wanted) ?? 0)
  return isFull && limits.length > 0
    ? because(limits.filter(({ room }) => room !== Number.POSITIVE_INFINITY))
    : undefined
}

/**
 * Why the update of a service to what is wanted could put no task beside an old one; `undefined`: it could.
 *
 * @param tasks all of the service as it is
 */
export function startFirstProblem(
  current: ServiceSpec,
  wanted: ServiceSpec,
  nodes: readonly Node[],
  tasks: readonly Task[],
): string | undefined {
  if (!isStartFirst(wanted)) return undefined
  const old = tasks.filter((task) => isLive(task) && ['ready', 'running'].includes(task.DesiredState))
  if (old.length === 0 || wantedTasks(wanted) === 0) return undefined
  const limits = nodesFor(wanted, nodes).map((node) => {
    const there = old.filter(({ NodeID: id }) => id === node.ID).length
    return { ...limitOf(current, wanted, node, there), there }
  })
  if (isGlobal(wanted)) {
    const full = limits.filter(({ room, there }) => room < 1 && there > 0)
    return full.length > 0 ? because(full) : undefined
  }
  // Replicas that go make room before, and those that come take it.
  const leaving = old.length - (wantedTasks(wanted) ?? 0)
  return limits.length > 0 && sum(limits.map(({ room }) => room)) + leaving < 1 ? because(limits) : undefined
}

/** Whether a node as a whole has what a task of the service reserves: else Swarm never gives it one. */
export function couldHold(spec: ServiceSpec, node: Node): boolean {
  return reservationLimits(spec, spec, node, 0).every(({ room }) => room >= 1)
}

function isStartFirst(spec: ServiceSpec): boolean {
  return spec.UpdateConfig?.Order === 'start-first' && !isJob(spec)
}

/** The nodes that may run a service. */
export function nodesFor({ TaskTemplate: { Placement: placement } }: ServiceSpec, nodes: readonly Node[]): Node[] {
  return eligibleNodes(nodes, placement).filter((node) => hasPlatform(node, placement?.Platforms))
}

/** How many tasks more a node has room for, as far as the service itself goes, and what limits that. */
interface Limit {
  readonly room: number
  readonly by: string
}

function limitOf(current: ServiceSpec, wanted: ServiceSpec, node: Node, there: number): Limit {
  const limits = [
    portLimit(current, wanted, there),
    ...replicasLimit(wanted, there),
    ...reservationLimits(current, wanted, node, there),
  ]
  return limits.sort((a, b) => a.room - b.room)[0] ?? ANY
}

const ANY: Limit = { room: Number.POSITIVE_INFINITY, by: '' }

/** Two tasks cannot have one port of their node. */
function portLimit(current: ServiceSpec, wanted: ServiceSpec, there: number): Limit {
  const old = hostPorts(current).map(portName)
  const taken = hostPorts(wanted).find((port) => old.includes(portName(port)))
  if (taken !== undefined) return { room: Math.max(0, 1 - there), by: `the host-mode port ${portName(taken)}` }
  return ANY
}

function hostPorts({ EndpointSpec: endpoint }: ServiceSpec): ServicePort[] {
  const isFixed = ({ PublishMode: mode, PublishedPort: port = 0 }: ServicePort) => mode === 'host' && port !== 0
  return (endpoint?.Ports ?? []).filter(isFixed)
}

function portName({ PublishedPort: port, Protocol: protocol = 'tcp' }: ServicePort): string {
  return `${port}/${protocol}`
}

function replicasLimit(wanted: ServiceSpec, there: number): Limit[] {
  const most = rounded(wanted.TaskTemplate.Placement?.MaxReplicas) ?? 0
  return most === 0 || isGlobal(wanted)
    ? []
    : [{ room: Math.max(0, most - there), by: `max-replicas-per-node ${most}` }]
}

/** What a node has of each resource that the new tasks reserve, less what the old ones have there. */
function reservationLimits(current: ServiceSpec, wanted: ServiceSpec, node: Node, there: number): Limit[] {
  const has = amounts(node.Description.Resources)
  const old = amounts(current.TaskTemplate.Resources?.Reservations)
  return Object.entries(amounts(wanted.TaskTemplate.Resources?.Reservations)).flatMap(([what, asked]) => {
    if (asked === 0) return []
    const left = (has[what] ?? 0) - there * (old[what] ?? 0)
    return [{ room: Math.max(0, Math.floor(left / asked)), by: `its reservation of ${what}` }]
  })
}

function amounts(resources: Resources = {}): Record<string, number> {
  const { NanoCPUs: cpus = 0, MemoryBytes: memory = 0, GenericResources: generic = [] } = rounded(resources)
  const all: Record<string, number> = { CPUs: cpus, memory }
  for (const { DiscreteResourceSpec: discrete, NamedResourceSpec: named } of generic) {
    const kind = discrete?.Kind ?? named?.Kind ?? ''
    all[kind] = (all[kind] ?? 0) + (discrete === undefined ? 1 : (discrete.Value ?? 0))
  }
  return all
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function because(limits: readonly Limit[]): string {
  return `no node that may take a new task has room for it beside the old one (${reasonsOf(limits)})`
}

function reasonsOf(limits: readonly Limit[]): string {
  return [...new Set(limits.map(({ by }) => by).filter((by) => by !== ''))].join(', ')
}
