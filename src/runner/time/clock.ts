/**
 * The one clock of a run. Only the global timers are used, so that a test can move time by hand.
 */

/** Milliseconds on a clock that never goes back. */
export function nowMs(): number {
  return performance.now()
}

/** The CPU time that this process has taken, in milliseconds. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Milliseconds since 1970, by the clock of this machine: for times that others have set, such as the end of a token. */
export function timeOfDayMs(): number {
  return Date.now()
}

/**
 * Resolves after some milliseconds.
 *
 * @throws DOMException `AbortError`, with the signal's reason as its cause, when it is aborted meanwhile
 */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      const error = new DOMException('The operation was aborted', { name: 'AbortError', cause: signal?.reason })
      reject(error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}

/** A pause that does not keep the program alive. */
export function idle(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
}

/** A signal that is aborted, with a `TimeoutError` as its reason, after some milliseconds; it keeps nothing alive. */
export function timeLimit(ms: number): AbortSignal {
  const controller = new AbortController()
  setTimeout(() => controller.abort(tooLong()), ms).unref()
  return controller.signal
}

/**
 * The reason of a signal that ends work because its time is over.
 *
 * @param why in words that follow `did not answer:`, for whoever reads of what it has ended
 */
export function tooLong(why = 'the time for it is over'): DOMException {
  return new DOMException(why, 'TimeoutError')
}
