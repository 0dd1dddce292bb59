import type { Node, Service, ServiceSpec, Task } from '../api.ts'
import { isGlobal, isJob } from '../specs/service-mode.ts'
import { nodeName } from './node-name.ts'
import { allowedNodes, eligibleNodes } from './placement.ts'
import { isRunning } from './task.ts'

/**
 * The nodes that a global service should be on, and that Swarm leaves out: to a paused one it gives no task and takes
 * none from it, of a drained one it takes all, and of one that is down it knows nothing (swarmkit,
 * manager/orchestrator/global/global.go). Pure.
 */
export interface LeftOut {
  readonly node: Node
  readonly why: 'paused' | 'drained' | 'down' | 'not heard of yet'
  /** What runs there is not what the service is to run now. */
  readonly old?: Task | undefined
}

/** Whether there is any such node: then its tasks are worth a look. */
export function leavesNodesOut({ Spec: spec }: Service, nodes: readonly Node[]): boolean {
  const { Placement: placement } = spec.TaskTemplate
  return (
    isGlobal(spec) && !isJob(spec) && eligibleNodes(nodes, placement).length < allowedNodes(nodes, placement).length
  )
}

/**
 * @param tasks all of the service
 * @param upToDate those of them that its present spec asked for
 */
export function nodesLeftOut(
  { Spec: spec }: Service,
  nodes: readonly Node[],
  tasks: readonly Task[],
  upToDate: readonly Task[],
): LeftOut[] {
  const { Placement: placement } = spec.TaskTemplate
  const eligible = eligibleNodes(nodes, placement)
  const current = new Set(upToDate.map(({ ID }) => ID))
  return allowedNodes(nodes, placement).flatMap((node): LeftOut[] => {
    const running = tasks.filter((task) => task.NodeID === node.ID && isRunning(task))
    if (eligible.includes(node) || running.some(({ ID }) => current.has(ID))) return []
    const why = whyLeftOut(node)
    return [{ node, why, ...(why === 'paused' && { old: running[0] }) }]
  })
}

function whyLeftOut({ Status: { State: state }, Spec: { Availability: availability } }: Node): LeftOut['why'] {
  if (state !== 'ready' && state !== 'unknown') return 'down'
  if (availability === 'active') return 'not heard of yet'
  return availability === 'drain' ? 'drained' : 'paused'
}

/** Which nodes could take the tasks of a service, and are given none now: `n4 is down, n5 is drained`. */
export function unavailableNodes(
  { TaskTemplate: { Placement: placement } }: ServiceSpec,
  nodes: readonly Node[],
  nameOf: (node: Node) => string,
): string | undefined {
  const eligible = eligibleNodes(nodes, placement)
  const away = allowedNodes(nodes, placement).filter((node) => !eligible.includes(node))
  return away.length === 0 ? undefined : away.map((node) => `${nameOf(node)} is ${whyLeftOut(node)}`).join(', ')
}

/** That nodes still run something old, in words that follow the service's name; `undefined` when none does. */
export function oldTasksNote(leftOut: readonly LeftOut[], nameOf: (node: Node) => string): string | undefined {
  const olds = leftOut.flatMap(({ node, old }) => {
    const [image] = old?.Spec?.ContainerSpec?.Image?.split('@', 1) ?? []
    return old === undefined ? [] : [`${nameOf(node)}${image === undefined ? '' : ` (${image})`}`]
  })
  if (olds.length === 0) return undefined
  const [nodes, are, they] = olds.length === 1 ? ['node', 'is', 'it is'] : ['nodes', 'are', 'they are']
  return `${nodes} ${olds.join(', ')} ${are} paused and still ${olds.length === 1 ? 'runs' : 'run'} what was before: Swarm replaces it when ${they} active again`
}

/** Where it does not run at all, in the same form; `undefined` when there is no such node. */
export function absenceNote(leftOut: readonly LeftOut[], nameOf: (node: Node) => string): string | undefined {
  const absent = leftOut.filter(({ old }) => old === undefined).map(({ node, why }) => `${nameOf(node)} (${why})`)
  return absent.length === 0 ? undefined : `not on ${absent.join(', ')}`
}

/** What has become of the nodes on which these tasks ran, and which give them up: `its node n4 is drained now`. */
export function lostNodes(tasks: readonly Task[], nodes: readonly Node[]): string | undefined {
  const had = new Set(tasks.filter(isRunning).map(({ NodeID: id }) => id))
  const lost = nodes.flatMap((node) => {
    const why = had.has(node.ID) ? lossOf(node) : undefined
    return why === undefined ? [] : [lossInWords(nodeName(node.ID, nodes), why)]
  })
  return lost.length === 0 ? undefined : lost.join(', ')
}

/** Swarm takes its tasks from such a node, or knows nothing of them: no fault of theirs. */
export function lossOf({ Spec: { Availability: availability }, Status: { State: state } }: Node) {
  if (availability === 'drain') return 'drained'
  return state === 'down' ? 'down' : undefined
}

/** That, in words of a cause. */
export function lossInWords(name: string | undefined, why: string): string {
  return `its node ${name} is ${why} now`
}
