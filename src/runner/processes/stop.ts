import { setMaxListeners } from 'node:events'
import { Cancelled, CutOff } from '../../errors.ts'

/** What a runner sends when its job is cancelled, the first of them some seconds before it kills. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** A signal that is aborted, with {@link Cancelled} as its reason, as soon as the runner wants this process to stop. */
export function stopOnSignals(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController()
  // All that waits listens to it; Node 20 takes more than ten for a leak.
  setMaxListeners(0, controller.signal)
  const stop = (name: NodeJS.Signals) => controller.abort(new Cancelled(name))
  for (const name of SIGNALS) process.on(name, stop)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of SIGNALS) process.off(name, stop)
    },
  }
}

/**
 * The result of some work, as long as it comes in time: a runner that has asked a process to stop kills it soon.
 *
 * @param ms how long the work may go on after `stop` is aborted
 * @throws CutOff when it takes longer
 */
export async function beforeTheKill<T>(work: Promise<T>, stop: AbortSignal, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  let onStop: () => void = () => undefined
  const kill = new Promise<never>((_, reject) => {
    onStop = () => {
      timer = setTimeout(() => reject(new CutOff(stop.reason)), ms)
    }
  })
  stop.addEventListener('abort', onStop, { once: true })
  try {
    return await Promise.race([work, kill])
  } finally {
    clearTimeout(timer)
    stop.removeEventListener('abort', onStop)
  }
}
