import { nowMs, sleep } from './clock.ts'

/** What lies behind when an attempt has failed. */
export interface Tries {
  /** Of the attempt that failed, counted from 1. */
  readonly number: number
  /** Since the first one began. */
  readonly elapsedMs: number
}

/**
 * Does something that may fail for a while, until it succeeds. (What is asked until the answer is yes, and does not fail
 * meanwhile, is for `poll`.)
 *
 * @param attempt gets the number of the attempt, counted from 1
 * @param pauseMs how long to wait after this error before the next attempt; `undefined` when the error stands
 * @param signal ends a pause, and is for the attempts to heed
 * @throws the error that stands; where the signal is a time limit that has run out, the last one that was met before,
 * for the limit itself says nothing of the reason
 */
export async function retry<T>(
  attempt: (number: number) => Promise<T>,
  pauseMs: (error: unknown, tries: Tries) => number | undefined,
  signal?: AbortSignal,
): Promise<T> {
  const begunAt = nowMs()
  let met: unknown
  for (let number = 1; ; number++) {
    try {
      return await attempt(number)
    } catch (error) {
      if (signal?.aborted) throw isTimeLimit(signal) ? (met ?? error) : error
      met = error
      const ms = pauseMs(error, { number, elapsedMs: nowMs() - begunAt })
      if (ms === undefined) throw error
      await sleep(ms, signal).catch((stopped: unknown) => {
        throw isTimeLimit(signal) ? error : stopped
      })
    }
  }
}

function isTimeLimit(signal: AbortSignal | undefined): boolean {
  return (signal?.reason as Error | undefined)?.name === 'TimeoutError'
}
