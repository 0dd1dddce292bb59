import { nowMs, sleep } from '../runner/clock.ts'
import { ConnectionLost, EngineError } from './engine.ts'

/** A failover seen by a healthy manager takes up to 20 s, by a returning old leader up to about 24 s. */
const PATIENCE_SECONDS = 90
const PAUSE_SECONDS = 1

const NO_LEADER =
  /node lost leader status|context deadline exceeded|does not have a leader|transport is closing|connection error|Unavailable/i

/** Whether these words of the daemon mean that the swarm is electing a leader: what was asked may be done or not. */
export function isElection(message: string): boolean {
  return NO_LEADER.test(message)
}

/**
 * Does a reading work again and again while the swarm has no leader or the connection is down.
 *
 * @throws what the work throws for another reason, or still throws after 90 s
 */
export async function throughElection<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const deadline = nowMs() + PATIENCE_SECONDS * 1000
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const passing = error instanceof ConnectionLost || (error instanceof EngineError && isElection(error.message))
      if (!passing || nowMs() > deadline) throw error
      await sleep(PAUSE_SECONDS * 1000, signal)
    }
  }
}
