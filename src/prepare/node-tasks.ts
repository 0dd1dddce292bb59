import type { Node, Task } from '../docker/api.ts'
import { nodeName } from '../docker/swarm/node-name.ts'
import { eligibleNodes } from '../docker/swarm/placement.ts'
import { isFailure, newest } from '../docker/swarm/task.ts'

/** How far the nodes are with the tasks of a global service that are to end by themselves, from one look to the next. Pure. */

/** Where a node is that is to have one. */
export type NodeState =
  | { readonly state: 'working'; readonly said: string; readonly failedTasks: readonly string[] }
  | { readonly state: 'done'; readonly taskId: string }
  /** As often as it is tried; in the daemon's words the last time. */
  | { readonly state: 'failed'; readonly said: string; readonly taskId: string; readonly exitCode: number | undefined }
  /** It gets no tasks any more: it is down, drained or paused. */
  | { readonly state: 'left' }

/** By the IDs of the nodes. */
export type NodeStates = ReadonlyMap<string, NodeState>

export function beginOn(ids: readonly string[]): NodeStates {
  return new Map(ids.map((id) => [id, { state: 'working', said: '', failedTasks: [] }]))
}

/**
 * What a look at the tasks of the service, and at the nodes, tells. A node that has joined meanwhile counts when it is done.
 *
 * @param tries how often a node tries it
 */
export function afterLook(
  states: NodeStates,
  tasks: readonly Task[],
  nodes: readonly Node[],
  tries: number,
): NodeStates {
  const active = new Set(eligibleNodes(nodes).map(({ ID }) => ID))
  const joined = tasks.flatMap(({ ID: taskId, NodeID: id, Status: { State: state } }): [string, NodeState][] =>
    id !== undefined && state === 'complete' && !states.has(id) ? [[id, { state: 'done', taskId }]] : [],
  )
  const next = [...states].map(([id, now]): [string, NodeState] => {
    const own = tasks.filter(({ NodeID }) => NodeID === id)
    return [id, now.state === 'working' ? stateAfterLook(now, own, active.has(id), tries) : now]
  })
  return new Map([...next, ...joined])
}

function stateAfterLook(
  now: NodeState & { readonly state: 'working' },
  tasks: readonly Task[],
  isActive: boolean,
  tries: number,
): NodeState {
  const complete = tasks.find(({ Status }) => Status.State === 'complete')
  if (complete !== undefined) return { state: 'done', taskId: complete.ID }
  const failed = tasks.filter(isFailure)
  const failedTasks = [...new Set([...now.failedTasks, ...failed.map(({ ID }) => ID)])]
  const last = newest(failed)
  const said = last?.Status.Err ?? now.said
  if (last !== undefined && failedTasks.length >= tries) {
    return { state: 'failed', said, taskId: last.ID, exitCode: last.Status.ContainerStatus?.ExitCode }
  }
  return isActive ? { state: 'working', said, failedTasks } : { state: 'left' }
}

export function isOver(states: NodeStates): boolean {
  return [...states.values()].every(({ state }) => state !== 'working')
}

/** The nodes in one of the states. */
export function inState(states: NodeStates, state: NodeState['state']): string[] {
  return [...states].filter(([, one]) => one.state === state).map(([id]) => id)
}

/** Whether a task has failed because its image has no shell. @param said by the daemon */
export function hasNoShell(said: string): boolean {
  return /executable file not found|exec: "sh"/i.test(said)
}

/** Whether a task has failed because its node cannot pull the image. @param said by the daemon */
export function cannotPull(said: string): boolean {
  return /no such image|pull access denied|manifest|x509|failed to resolve/i.test(said)
}

/** The nodes that lack something, told apart by whether they can be asked now. */
export interface Lacking {
  readonly asked: readonly Node[]
  /** They are down, drained or paused: such a node gets no task. */
  readonly away: readonly Node[]
  /** Not Linux. */
  readonly others: readonly Node[]
}

/** @param has the IDs of the nodes of which it is known that they lack nothing */
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

/** What nodes are called; one that is gone by its ID. */
export function nameIn(nodes: readonly Node[]): (node: Pick<Node, 'ID'>) => string {
  return ({ ID }) => nodeName(ID, nodes)
}
