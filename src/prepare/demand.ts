import type { Node, ServiceSpec, Task } from '../docker/api.ts'
import { canonicalName, referenceIn } from '../docker/registry/reference.ts'
import { isJob, wantedTasks } from '../docker/specs/service-mode.ts'
import { imageOf, imageOfSpec } from '../docker/specs/service-spec.ts'
import { couldHold, nodesFor } from '../docker/swarm/room.ts'
import { isRunning } from '../docker/swarm/task.ts'
import type { PrepareChoice } from '../inputs/prepare.ts'
import { type Change, type SendableChange, serviceBefore } from '../plan/change.ts'
import type { Observation } from '../plan/observe.ts'
import type { Access } from '../plan/planned-service.ts'
import { groupBy } from '../runner/group-by.ts'

/** Which images are to be on which nodes before anything is changed. Pure. */

/** An image, with one credential, and the nodes that are to pull it. */
export interface ImageDemand {
  /** With its digest, as the spec has it. */
  readonly image: string
  readonly access: Access | undefined
  /** Those of which nobody knows that they have it. */
  readonly nodes: readonly Node[]
  /** Those that may run it, and cannot be asked. */
  readonly notAsked: readonly Node[]
  readonly services: readonly ServiceDemand[]
}

/** What one service asks for. */
export interface ServiceDemand {
  readonly name: string
  readonly choice: Exclude<PrepareChoice, 'no'>
  /** The nodes that may get one of its tasks. */
  readonly nodes: readonly Node[]
  /** On how many of them it needs its image; `all` of a global service. */
  readonly needed: number | 'all'
}

/**
 * The images that the changes bring, each with the nodes that may get a task with it.
 *
 * Swarm gives a task to the node with the fewest tasks of its service, and of those to one with the fewest tasks at all
 * (swarmkit, manager/scheduler/nodeinfo.go): mostly to another than the one before, and which cannot be told while others
 * deploy. So all nodes count that the scheduler may choose, and those are left out of which it is known that they have the
 * image: there a task with it runs. A service that keeps its image asks for nothing.
 */
export function imageDemands(changes: readonly Change[], { nodes, tasks }: Observation): ImageDemand[] {
  const wanting = changes.flatMap((change) => {
    const demand = serviceDemand(change, nodes)
    return demand === undefined ? [] : [{ change, demand, image: imageOfSpec(change.wanted) ?? '' }]
  })
  const byImage = groupBy(wanting, ({ change: { access }, image }) =>
    [contentOf(image), access?.config.directory ?? '', access?.credential.registry ?? ''].join(' '),
  )
  const running = nodesByContent(tasks)
  return [...byImage.values()].flatMap((all): ImageDemand[] => {
    const [first] = all
    if (first === undefined) return []
    const services = all.map(({ demand }) => demand)
    const has = running.get(contentOf(first.image) ?? '') ?? new Set()
    const lacking = distinct(services.flatMap((service) => service.nodes)).filter(({ ID }) => !has.has(ID))
    const asked = lacking.filter(canBeAsked)
    if (asked.length === 0) return []
    const notAsked = lacking.filter((node) => !canBeAsked(node))
    return [{ image: first.image, access: first.change.access, nodes: asked, notAsked, services }]
  })
}

/** A Windows container has no file `/.dockerenv`: nobody has tried what a node would do there. */
function canBeAsked(node: Node): boolean {
  return node.Description.Platform.OS === 'linux'
}

function serviceDemand(change: Change, all: readonly Node[]): ServiceDemand | undefined {
  const { action, request, wanted } = change
  const { prepare: choice } = request
  if (action === 'unchanged' || choice === 'no') return undefined
  const content = contentOf(imageOfSpec(wanted))
  const present = serviceBefore(change)
  const tasks = wantedTasks(wanted)
  if (content === undefined || tasks === 0 || content === contentOf(imageOf(present))) return undefined
  const nodes = nodesFor(wanted, all).filter((node) => couldHold(wanted, node))
  if (nodes.length === 0 || (choice === 'auto' && !isWorthIt(change, nodes.length))) return undefined
  return { name: request.name, choice, nodes, needed: neededNodes(wanted, nodes.length) }
}

/** Swarm spreads tasks: as many nodes get one as there are tasks. */
function neededNodes(wanted: ServiceSpec, eligible: number): number | 'all' {
  const tasks = wantedTasks(wanted)
  return tasks === undefined ? 'all' : Math.min(tasks, eligible)
}

/** Where more nodes would pull than that for one task, and than a small swarm has, it costs more than it brings. */
const MOST_NODES_PER_TASK = 3
const SMALL_SWARM = 10

/**
 * Whether a rollout becomes shorter, or a service is away for less time, when the nodes have the image before: they would
 * pull it one after another, or while a task is missing. Not where all tasks come at once beside the old ones.
 */
function isWorthIt({ action, wanted }: SendableChange, nodes: number): boolean {
  if (action !== 'update' || isJob(wanted)) return false
  const { Order: order = 'stop-first', Parallelism: parallelism = 1 } = wanted.UpdateConfig ?? {}
  const tasks = wantedTasks(wanted) ?? nodes
  if (nodes > Math.max(SMALL_SWARM, MOST_NODES_PER_TASK * tasks)) return false
  return order === 'stop-first' || (parallelism > 0 && parallelism < tasks)
}

/**
 * What a node finds an image by: its name without the tag, and the digest. `undefined` for an image without a digest.
 */
export function contentOf(image: string | undefined): string | undefined {
  const reference = referenceIn(image)
  return reference?.digest && `${canonicalName(reference)}@${reference.digest}`
}

export function nodesByContent(tasks: readonly Task[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>()
  for (const task of tasks.filter(isRunning)) {
    const content = contentOf(task.Spec?.ContainerSpec?.Image)
    if (content === undefined || task.NodeID === undefined) continue
    found.set(content, (found.get(content) ?? new Set()).add(task.NodeID))
  }
  return found
}

function distinct(nodes: readonly Node[]): Node[] {
  return [...new Map(nodes.map((node) => [node.ID, node])).values()]
}
