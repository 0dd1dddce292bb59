import { sleep } from '../../runner/time/clock.ts'
import type { Engine } from './engine.ts'

/** Events come in bursts: what belongs to one comes with it. */
const BURST_MS = 20

/** What the swarm itself says of its services and nodes: that something has happened. */
export interface SwarmEvents extends Disposable {
  /** Resolves at the next event of a service or node, at the latest after the time given; at once when aborted. */
  nextOrAfter(atTheLatestMs: number): Promise<void>
}

/**
 * Listens to the swarm's own events on one stream. Tasks have none, so looks are still needed in between; and a stream
 * that breaks is no harm: the next look comes by the clock, and opens another.
 */
export function swarmEvents(engine: Engine, signal: AbortSignal): SwarmEvents {
  const closing = new AbortController()
  const listening = AbortSignal.any([closing.signal, signal])
  let ring: (() => void) | undefined
  let open = false

  const listen = async () => {
    open = true
    try {
      const filters = JSON.stringify({ type: ['service', 'node'] })
      for await (const _event of engine.lines('/events', { query: { filters }, signal: listening })) ring?.()
    } catch {
      // Also how an abort ends it. What matters shows at the next look.
    } finally {
      open = false
    }
  }

  return {
    async nextOrAfter(atTheLatestMs) {
      if (!open && !listening.aborted) void listen()
      const rung = new Promise<void>((resolve) => {
        ring = resolve
      })
      const clock = new AbortController()
      const time = sleep(atTheLatestMs, AbortSignal.any([clock.signal, listening])).catch(() => undefined)
      const settled = rung.then(() => sleep(BURST_MS))
      await Promise.race([settled, time])
      clock.abort()
    },
    [Symbol.dispose]: () => closing.abort(),
  }
}
