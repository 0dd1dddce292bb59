import { sleep } from '../../runner/time/clock.ts'
import { type Engine, EngineError } from './engine.ts'

const LOOK_EVERY_MS = 1000

/**
 * Waits until the manager knows what there is on its swarm. A leader that was killed and comes back shows nothing at all
 * for a moment. Each manager is a node itself, so one that knows of no node has not caught up.
 */
export async function untilCaughtUp(engine: Engine, signal: AbortSignal): Promise<void> {
  while ((await engine.get<readonly unknown[]>('/nodes', { signal })).length === 0) await sleep(LOOK_EVERY_MS, signal)
}

/**
 * What a list of the swarm shows. That it is empty, or lacks what was there, is believed of a manager only that knows what
 * there is by then: it is read once more.
 *
 * @param proves whether one entry proves that the manager has caught up: each does unless told
 * @param least so many of them do
 */
export async function readSurely<T>(
  read: () => Promise<readonly T[]>,
  engine: Engine,
  signal: AbortSignal,
  proves: (one: T) => boolean = () => true,
  least = 1,
): Promise<readonly T[]> {
  const first = await read()
  if (first.filter(proves).length >= least) return first
  await untilCaughtUp(engine, signal)
  return read()
}

/** What one reading shows; `undefined` when there is no such thing, as a manager says that knows what there is. */
export async function findSurely<T>(
  read: () => Promise<T>,
  engine: Engine,
  signal: AbortSignal,
): Promise<T | undefined> {
  const asList = async (): Promise<readonly T[]> => {
    try {
      return [await read()]
    } catch (error) {
      if (error instanceof EngineError && error.status === 404) return []
      throw error
    }
  }
  return (await readSurely(asList, engine, signal))[0]
}
