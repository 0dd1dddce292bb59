import { Cancelled } from '../errors.ts'

/** What a runner sends when its job is cancelled, the first of them some seconds before it kills. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** A signal that is aborted, with {@link Cancelled} as its reason, as soon as the runner wants this process to stop. */
export function stopOnSignals(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController()
  const stop = (name: NodeJS.Signals) => controller.abort(new Cancelled(name))
  for (const name of SIGNALS) process.on(name, stop)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of SIGNALS) process.off(name, stop)
    },
  }
}
