import type { Node, Task } from '../docker/api.ts'
import type { Engine } from '../docker/engine/engine.ts'
import { sleep } from '../runner/time/clock.ts'
import { afterLook, beginOn, isOver, type NodeStates } from './node-tasks.ts'
import { ofRun } from './passing-services.ts'

const LOOK_EVERY_MS = 250

/** A passing service whose tasks end by themselves, one on each of some nodes. */
interface Followed {
  readonly serviceId: string
  /** The IDs of the nodes. */
  readonly on: readonly string[]
  /** How often a node tries it. */
  readonly tries: number
  /** Of the run that has made it. */
  readonly token: string
}

/** How far the nodes are, the nodes as they are by then, and all tasks that were seen: Swarm may forget one that has failed. */
interface Seen {
  readonly states: NodeStates
  readonly present: readonly Node[]
  readonly tasks: readonly Task[]
}

/**
 * Looks until all nodes have answered, or there is no more time for them.
 *
 * @param late aborted when their time is over
 * @param stop ends it with an error
 */
export async function followNodes(
  { serviceId, on, tries, token }: Followed,
  engine: Engine,
  late: AbortSignal,
  stop: AbortSignal,
): Promise<Seen> {
  let states = beginOn(on)
  const seen = new Map<string, Task>()
  for (;;) {
    const [tasks, present] = await Promise.all([
      engine.get<Task[]>('/tasks', { query: { filters: ofRun(token) }, signal: stop }),
      engine.get<Node[]>('/nodes', { signal: stop }),
    ])
    // Those of an earlier service of the run outlive it for a while.
    const own = tasks.filter(({ ServiceID }) => ServiceID === serviceId)
    for (const task of own) seen.set(task.ID, task)
    states = afterLook(states, own, present, tries)
    if (isOver(states) || late.aborted) return { states, present, tasks: [...seen.values()] }
    await sleep(LOOK_EVERY_MS, AbortSignal.any([stop, late])).catch(() => undefined)
    stop.throwIfAborted()
  }
}
