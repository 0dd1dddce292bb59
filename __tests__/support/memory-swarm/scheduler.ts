import { satisfies } from '../../../src/docker/swarm/placement.ts'
import { asNode } from './answers.ts'
import { hasEnded, isRunnable, type StoredNode, type StoredTask, templateOf } from './objects.ts'
import type { Store } from './store.ts'

/** Why a node cannot have a task, in Swarm's words (swarmkit, manager/scheduler/filter.go). */
type Refusal = (count: string) => string

/** Of a task that waits: the node for it, or why there is none. */
export function place(store: Store, task: StoredTask): { readonly nodeId: string } | { readonly err: string } {
  const candidates = [...store.nodes.values()].filter(({ id }) => task.nodeId === undefined || id === task.nodeId)
  const refusals = new Map<string, number>()
  const able: StoredNode[] = []
  for (const node of candidates) {
    const refusal = refusalOf(store, node, task)
    if (refusal === undefined) able.push(node)
    else refusals.set(refusal('%'), (refusals.get(refusal('%')) ?? 0) + 1)
  }
  const load = (node: StoredNode) =>
    [ofService(store, node, task).length, tasksOn(store, node).length, node.id] as const
  const [first] = able.sort((a, b) => compare(load(a), load(b)))
  if (first !== undefined) return { nodeId: first.id }
  const reasons = [...refusals].map(([text, count]) => text.replace('%', count === 1 ? '1 node' : `${count} nodes`))
  return { err: reasons.length === 0 ? 'no suitable node' : `no suitable node (${reasons.join('; ')})` }
}

function compare(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  const at = a.findIndex((value, index) => value !== b[index])
  const [one = 0, other = 0] = [a[at], b[at]]
  return at < 0 ? 0 : one < other ? -1 : 1
}

function refusalOf(store: Store, node: StoredNode, task: StoredTask): Refusal | undefined {
  const { Placement: placement = {}, Resources: resources } = templateOf(task)
  if (node.state !== 'ready' || node.availability !== 'active') return (count) => `${count} not available for new tasks`
  const asked = resources?.Reservations?.MemoryBytes ?? 0
  const taken = tasksOn(store, node).reduce((sum, other) => sum + memoryOf(other), 0)
  if (asked > 0 && taken + asked > node.memoryBytes) return (count) => `insufficient resources on ${count}`
  const { Constraints: constraints, Platforms: platforms, MaxReplicas: most = 0 } = placement
  if (!(constraints ?? []).every((constraint) => satisfies(asNode(node), constraint))) {
    return (count) => `scheduling constraints not satisfied on ${count}`
  }
  const { Architecture, OS } = node.platform
  const architecture = Architecture === 'x86_64' ? 'amd64' : Architecture === 'aarch64' ? 'arm64' : Architecture
  const fits = ({ Architecture: arch = '', OS: os = '' }) =>
    (arch === '' || arch === architecture) && (os === '' || os === OS)
  if ((platforms ?? []).length > 0 && !platforms?.some(fits)) return (count) => `unsupported platform on ${count}`
  if (most > 0 && ofService(store, node, task).length >= most) return () => 'max replicas per node limit exceed'
  return undefined
}

function memoryOf(task: StoredTask): number {
  return templateOf(task).Resources?.Reservations?.MemoryBytes ?? 0
}

function tasksOn(store: Store, node: StoredNode): StoredTask[] {
  return [...store.tasks.values()].filter((one) => one.nodeId === node.id && isRunnable(one) && !hasEnded(one))
}

function ofService(store: Store, node: StoredNode, { id, serviceId }: StoredTask): StoredTask[] {
  return tasksOn(store, node).filter((one) => one.serviceId === serviceId && one.id !== id)
}
