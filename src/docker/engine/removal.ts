import { type Engine, EngineError } from './engine.ts'

/**
 * Removes what has this path. What is gone already is fine.
 *
 * @param path of the Engine API: `/services/3ab…`. An ID, not a name: what somebody else makes anew is not ours
 * @throws EngineError when the swarm refuses
 */
export async function remove(engine: Engine, path: string, signal: AbortSignal): Promise<void> {
  await engine.remove(path, { signal }).catch((error: unknown) => {
    if (!(error instanceof EngineError) || error.status !== 404) throw error
  })
}
