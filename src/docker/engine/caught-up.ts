import { sleep } from '../../runner/clock.ts'
import type { Engine } from './engine.ts'

const LOOK_EVERY_MS = 1000

/**
 * Waits until the manager knows what there is on its swarm. A leader that was killed and comes back shows nothing at all
 * for a moment. Each manager is a node itself, so one that knows of no node has not caught up.
 */
export async function untilCaughtUp(engine: Engine, signal: AbortSignal): Promise<void> {
  while ((await engine.get<readonly unknown[]>('/nodes', { signal })).length === 0) await sleep(LOOK_EVERY_MS, signal)
}
