import type { Node, Task } from '../../docker/api.ts'
import { CA_TRIES } from '../../docker/swarm/ca-service.ts'
import { eligibleNodes } from '../../docker/swarm/placement.ts'
import { isFailure, newest } from '../../docker/swarm/task.ts'

/** How far the nodes are with the certificates, from one look to the next. Pure. */

/** Where a node is that is to get them. */
export type NodeState =
  | { readonly state: 'writing'; readonly said: string; readonly failedTasks: readonly string[] }
  | { readonly state: 'done' }
  /** As often as it is tried; in the daemon's words the last time. */
  | { readonly state: 'failed'; readonly said: string; readonly taskId: string }
  /** It gets no tasks any more: it is down, drained or paused. */
  | { readonly state: 'left' }

export type NodeStates = ReadonlyMap<string, NodeState>

export function beginOn(ids: readonly string[]): NodeStates {
  return new Map(ids.map((id) => [id, { state: 'writing', said: '', failedTasks: [] }]))
}

/** What a look at the tasks of the service, and at the nodes, tells. A node that has joined meanwhile counts when it is done. */
export function afterLook(states: NodeStates, tasks: readonly Task[], nodes: readonly Node[]): NodeStates {
  const active = new Set(eligibleNodes(nodes).map(({ ID }) => ID))
  const joined = tasks.flatMap(({ NodeID: id, Status: { State: state } }) =>
    id !== undefined && state === 'complete' && !states.has(id) ? [id] : [],
  )
  const next = [...states].map(([id, now]): [string, NodeState] => {
    const own = tasks.filter(({ NodeID }) => NodeID === id)
    return [id, now.state === 'writing' ? stateAfterLook(now, own, active.has(id)) : now]
  })
  return new Map<string, NodeState>([...next, ...joined.map((id): [string, NodeState] => [id, { state: 'done' }])])
}

function stateAfterLook(
  now: NodeState & { readonly state: 'writing' },
  tasks: readonly Task[],
  isActive: boolean,
): NodeState {
  if (tasks.some(({ Status }) => Status.State === 'complete')) return { state: 'done' }
  const failed = tasks.filter(isFailure)
  const failedTasks = [...new Set([...now.failedTasks, ...failed.map(({ ID }) => ID)])]
  const last = newest(failed)
  const said = last?.Status.Err ?? now.said
  if (last !== undefined && failedTasks.length >= CA_TRIES) return { state: 'failed', said, taskId: last.ID }
  return isActive ? { state: 'writing', said, failedTasks } : { state: 'left' }
}

export function isOver(states: NodeStates): boolean {
  return [...states.values()].every(({ state }) => state !== 'writing')
}

/** The nodes in one of the states. */
export function inState(states: NodeStates, state: NodeState['state']): string[] {
  return [...states].filter(([, one]) => one.state === state).map(([id]) => id)
}

/** The nodes that lack it, told apart by whether they can be asked now. */
export interface Lacking {
  readonly asked: readonly Node[]
  /** They are down, drained or paused: such a node gets no task. */
  readonly away: readonly Node[]
  /** Docker for Windows looks elsewhere. */
  readonly others: readonly Node[]
}

/** @param has the IDs of the nodes of which it is known */
export function nodesThatLack(nodes: readonly Node[], has: ReadonlySet<string>): Lacking {
  const lacking = nodes.filter(({ ID }) => !has.has(ID))
  const isLinux = (node: Node) => node.Description.Platform.OS === 'linux'
  const active = new Set(eligibleNodes(nodes))
  return {
    asked: lacking.filter((node) => isLinux(node) && active.has(node)),
    away: lacking.filter((node) => isLinux(node) && !active.has(node)),
    others: lacking.filter((node) => !isLinux(node)),
  }
}

/** Why a node gets no task: `down`, `drain` or `pause`. */
export function whyAway({ Spec, Status }: Node): string {
  return Status.State === 'ready' ? `availability ${Spec.Availability}` : Status.State
}
