import type { Node, Service, ServiceSpec, Task } from '../../docker/api.ts'
import { classifyRegistryError, type RegistryFailure } from '../../docker/registry/registry-error.ts'
import { nodeName } from '../../docker/swarm/node-name.ts'
import { bySlot, ending, hasEnded, isFailure, isLive, isRunning, newest } from '../../docker/swarm/task.ts'
import { REJECTIONS_UNTIL_FAILED } from './judge.ts'

/**
 * What became of the tasks of a service to whose spec nothing but a credential was written: those that ran are to run on,
 * and those that could not pull their image are to come up. Pure.
 */
export interface KeptTasks {
  /** How many of those that ran before are the same, and run. */
  readonly unchanged: number
  /** What became of the others, one line each, that begins with the ID of the task. */
  readonly changed: readonly string[]
  /** Those that Swarm has replaced without a reason that can be seen, in the same form. */
  readonly replaced: readonly string[]
  /** What a task that waits for its image is at, in words that follow "its task"; `undefined`: none does. */
  readonly waitsFor: string | undefined
  /** Why a task that waited for its image will not get it, in the same form. */
  readonly cannotPull: string | undefined
  /** How a task ended that has its image since, which is none of the credential's doing; in the same form. */
  readonly failsOtherwise: string | undefined
}

/**
 * @param before all tasks of the service before the write
 * @param after all of them now
 * @param isOurs whether the service still has the spec that was written
 */
export function keptTasks(
  { Spec: spec }: Service,
  before: readonly Task[],
  after: readonly Task[],
  nodes: readonly Node[],
  isOurs: boolean,
): KeptTasks {
  const now = new Map(after.map((task) => [task.ID, task]))
  const ran = before.filter(isRunning)
  const fates = ran.map((task) => fateOf(task, now.get(task.ID), nodes, isOurs))
  const changed = fates.flatMap((fate) => (fate === 'unchanged' ? [] : [fate]))
  const known = new Set(before.map(({ ID }) => ID))
  const slots = bySlot(spec, after)
  const waiting = [...slotsWithoutImage(spec, before)].map((slot) => slots.get(slot) ?? [])
  const down = waiting
    .filter((inSlot) => inSlot.length > 0 && !inSlot.some(isRunning))
    .map((inSlot) => ({ inSlot, ended: inSlot.filter((task) => !known.has(task.ID) && hasEnded(spec, task)) }))
  const failsOtherwise = down.map(({ ended }) => newest(ended.filter((task) => !isPullFailure(task))))
  const [next] = down.filter((_, index) => failsOtherwise[index] === undefined)
  const hopeless = down.find(({ ended }) => ended.filter(isPullFailure).length >= REJECTIONS_UNTIL_FAILED)
  return {
    unchanged: ran.length - changed.length,
    changed: changed.map(({ words }) => words),
    replaced: changed.filter(({ isUnexplained }) => isUnexplained).map(({ words }) => words),
    waitsFor: next && waitingWords(next.inSlot, nodes),
    cannotPull: hopeless && taskWords(newest(hopeless.ended.filter(isPullFailure)), nodes),
    failsOtherwise: taskWords(
      failsOtherwise.find((task) => task !== undefined),
      nodes,
    ),
  }
}

type Fate = 'unchanged' | { readonly words: string; readonly isUnexplained: boolean }

function fateOf(was: Task, task: Task | undefined, nodes: readonly Node[], isOurs: boolean): Fate {
  if (task !== undefined && isRunning(task)) return 'unchanged'
  const place = nodeName(was.NodeID, nodes)
  const name = `task ${was.ID}${place === undefined ? '' : ` on node ${place}`}`
  const explained = (words: string) => ({ words: `${name} ${words}`, isUnexplained: false })
  // Swarm does not look back: what it ends is told to shut down before it has ended.
  if (task !== undefined && (isFailure(task) || task.Status.State === 'complete')) {
    return explained(`${ending(task)} by itself, as it could at any time`)
  }
  if (!isOurs) return explained('was replaced by a change of somebody else')
  const node = nodes.find(({ ID }) => ID === was.NodeID)
  if (node === undefined || node.Status.State !== 'ready') return explained('is lost with its node, which is down')
  if (node.Spec.Availability === 'drain') return explained('was moved, for its node is drained')
  return { words: `${name} was replaced by Swarm`, isUnexplained: true }
}

/** What a registry says of an account or an image. */
const OF_A_PULL: readonly RegistryFailure[] = [
  'wrong-credential',
  'credential-needed',
  'forbidden',
  'missing',
  'rate-limited',
]

/** Docker below 29.7.2 says `No such image` whatever the cause is; newer ones say what the registry said. */
export function isPullFailure(task: Task): boolean {
  const { State: state, Err: error = '' } = task.Status
  return state === 'rejected' && (/no such image/i.test(error) || OF_A_PULL.includes(classifyRegistryError(500, error)))
}

/** The slots that have no task running because a node did not get the image, or is at it. */
function slotsWithoutImage(spec: ServiceSpec, tasks: readonly Task[]): Set<string> {
  const slots = [...bySlot(spec, tasks)].filter(([, inSlot]) => {
    if (inSlot.some(isRunning)) return false
    const last = newest(inSlot)
    const beforeThat = newest(inSlot.filter((task) => task !== last))
    const isPulling = last?.Status.State === 'preparing'
    return isPulling || [last, beforeThat].some((task) => task !== undefined && isPullFailure(task))
  })
  return new Set(slots.map(([slot]) => slot))
}

function waitingWords(inSlot: readonly Task[], nodes: readonly Node[]): string | undefined {
  const last = newest(inSlot.filter(isLive)) ?? newest(inSlot)
  return last !== undefined && isLive(last) ? `is ${last.Status.State}${placeOf(last, nodes)}` : taskWords(last, nodes)
}

function taskWords(task: Task | undefined, nodes: readonly Node[]): string | undefined {
  return task && `${ending(task)}${placeOf(task, nodes)}`
}

function placeOf({ NodeID: id }: Task, nodes: readonly Node[]): string {
  const name = nodeName(id, nodes)
  return name === undefined ? '' : ` on node ${name}`
}
