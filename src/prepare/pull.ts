import type { Node, Task } from '../docker/api.ts'
import { eligibleNodes } from '../docker/swarm/placement.ts'
import { pullStateOf } from '../docker/swarm/pull-service.ts'
import { newest } from '../docker/swarm/task.ts'
import type { ImageDemand } from './demand.ts'

/** How far the nodes are with one image, from one look to the next. Pure. */

/** Where a node is that was asked to pull. */
export type NodePull =
  | {
      readonly state: 'pulling'
      readonly sinceMs: number
      /** Since when there is no task of it any more. */
      readonly goneSinceMs?: number
      readonly isSeen: boolean
    }
  | { readonly state: 'there' }
  /** @see `said`, in the daemon's words, and after how many seconds */
  | { readonly state: 'failed'; readonly said: string; readonly seconds: number }
  /** Swarm no longer knows of its task: it may have the image. */
  | { readonly state: 'unknown' }
  /** It gets no tasks any more: it is down, drained or paused. */
  | { readonly state: 'left' }

export interface Pull {
  readonly demand: ImageDemand
  /** By the IDs of the nodes that were asked. */
  readonly nodes: ReadonlyMap<string, NodePull>
  /** Why the swarm takes no service by which nodes would pull. */
  readonly refusal?: string
}

/** A task comes within a second. */
const NO_TASK_MS = 30_000
/**
 * Where Swarm remembers no ended tasks, one may come and go between two looks. But a manager that has just begun to lead
 * can know nothing of it for a moment.
 */
const GONE_MS = 8000

export function beginPull(demand: ImageDemand): Pull {
  return { demand, nodes: new Map() }
}

/** The nodes that are asked next, so that at most so many pull at a time. */
export function nextNodes({ demand, nodes }: Pull, most: number): string[] {
  const pulling = [...nodes.values()].filter(({ state }) => state === 'pulling').length
  const waiting = demand.nodes.map(({ ID }) => ID).filter((id) => !nodes.has(id))
  return waiting.slice(0, Math.max(0, most - pulling))
}

/** Also asked are these. */
export function withAsked(pull: Pull, ids: readonly string[], nowMs: number): Pull {
  const asked = ids.map((id): [string, NodePull] => [id, { state: 'pulling', sinceMs: nowMs, isSeen: false }])
  return { ...pull, nodes: new Map([...pull.nodes, ...asked]) }
}

/** The swarm does not take it, in its words: nobody else is asked. */
export function refused(pull: Pull, refusal: string): Pull {
  return { ...pull, refusal }
}

/** What a look at the tasks of the service, and at the nodes, tells. */
export function afterLook(pull: Pull, tasks: readonly Task[], nodes: readonly Node[], nowMs: number): Pull {
  const active = new Set(eligibleNodes(nodes).map(({ ID }) => ID))
  const next = [...pull.nodes].map(([id, node]): [string, NodePull] => {
    if (node.state !== 'pulling') return [id, node]
    const task = newest(tasks.filter(({ NodeID }) => NodeID === id))
    return [id, nodeAfterLook(node, task, active.has(id), nowMs)]
  })
  return { ...pull, nodes: new Map(next) }
}

function nodeAfterLook(
  node: NodePull & { readonly state: 'pulling' },
  task: Task | undefined,
  isActive: boolean,
  nowMs: number,
): NodePull {
  const elapsedMs = nowMs - node.sinceMs
  if (task === undefined) {
    if (!isActive) return { state: 'left' }
    const { goneSinceMs = nowMs } = node
    const isGone = node.isSeen ? nowMs - goneSinceMs >= GONE_MS : elapsedMs >= NO_TASK_MS
    return isGone ? { state: 'unknown' } : { ...node, goneSinceMs }
  }
  const found = pullStateOf(task)
  if (found.state === 'pulling') {
    return isActive ? { state: 'pulling', sinceMs: node.sinceMs, isSeen: true } : { state: 'left' }
  }
  if (found.state === 'failed') return { ...found, seconds: elapsedMs / 1000 }
  return found.state === 'unknown' && !isActive ? { state: 'left' } : found
}

/** Whether every node has been asked, and has an answer. */
export function isOver({ demand, nodes, refusal }: Pull): boolean {
  if (refusal !== undefined) return true
  return demand.nodes.every(({ ID }) => (nodes.get(ID)?.state ?? 'pulling') !== 'pulling')
}

/** How many of the nodes that were to pull it have it. */
export function thereOn({ nodes }: Pick<Pull, 'nodes'>): number {
  return [...nodes.values()].filter(({ state }) => state === 'there').length
}
