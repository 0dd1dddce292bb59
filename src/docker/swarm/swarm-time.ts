import { nowMs } from '../../runner/time/clock.ts'
import type { SystemInfo } from '../api.ts'
import type { Engine } from '../engine/engine.ts'

/**
 * What time it is for the swarm: runners' clocks differ, and what its daemons have written has their time. It is told when
 * a connection is made, and not asked for again: `GET /info` makes a daemon start two programs (moby, daemon/info_unix.go).
 */

/** From the clock of this run to that of the daemon, in milliseconds. */
const apart = new WeakMap<Engine, number>()

/** Takes the time from what a daemon has just said of itself. */
export function noteSwarmTime(engine: Engine, { SystemTime }: SystemInfo): number {
  const time = Date.parse(SystemTime)
  if (!Number.isNaN(time)) apart.set(engine, time - nowMs())
  return time
}

/**
 * Milliseconds since 1970, by the clock of the daemon that was connected to last; `NaN` when it does not say.
 *
 * @throws EngineError, ConnectionLost when it has to be asked and does not answer
 */
export async function swarmTime(engine: Engine, signal: AbortSignal): Promise<number> {
  const between = apart.get(engine)
  return between === undefined
    ? noteSwarmTime(engine, await engine.get<SystemInfo>('/info', { signal }))
    : Math.round(nowMs() + between)
}
