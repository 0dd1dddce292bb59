import { setTimeout as pause } from 'node:timers/promises'

const STEP_MS = 25
/** A question that is dear, such as a command, is asked again after some times as long as it took. */
const TIMES_AS_LONG = 4
const LONGEST_STEP_MS = 500

/**
 * Asks again and again until the answer is neither undefined, null nor false, and returns it.
 * A question that throws is asked again too; its last error becomes the cause, and a part of the message. Rejects after `limitMs`.
 */
export async function until<T>(
  what: string,
  limitMs: number,
  ask: () => T | Promise<T>,
  givenUp: () => string | undefined = () => undefined,
): Promise<Exclude<T, undefined | null | false>> {
  const end = Date.now() + limitMs
  let cause: unknown
  while (Date.now() < end) {
    const askedAt = Date.now()
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== null && answer !== false) {
        return answer as Exclude<T, undefined | null | false>
      }
      cause = undefined
    } catch (error) {
      cause = error
    }
    const reason = givenUp()
    if (reason !== undefined) throw new Error(`${what}: ${reason}`)
    await pause(Math.min(LONGEST_STEP_MS, Math.max(STEP_MS, TIMES_AS_LONG * (Date.now() - askedAt))))
  }
  const last = cause instanceof Error ? `: ${cause.message}` : ''
  throw new Error(`${what}: not within ${limitMs / 1000} seconds${last}`, { cause })
}
