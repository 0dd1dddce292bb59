import { untilCaughtUp } from './caught-up.ts'
import { type Engine, EngineError } from './engine.ts'

/**
 * Removes what has this path. What is gone already is fine; it is believed of a manager only that knows what there is: a
 * leader that comes back takes everything for gone at first.
 *
 * @param path of the Engine API: `/services/3ab…`. An ID, not a name: what somebody else makes anew is not ours
 * @throws EngineError when the swarm refuses
 */
export async function remove(engine: Engine, path: string, signal: AbortSignal): Promise<void> {
  if (await wasThere(engine, path, signal)) return
  await untilCaughtUp(engine, signal)
  await wasThere(engine, path, signal)
}

/** Removes it. False when the manager knows of no such thing. */
async function wasThere(engine: Engine, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    await engine.remove(path, { signal })
    return true
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return false
    throw error
  }
}
