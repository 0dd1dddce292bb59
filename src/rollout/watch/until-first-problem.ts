import { messageOf } from '../../errors.ts'
import type { Problem } from '../send/sent.ts'

/**
 * Does the work for all side by side. When one gets a problem, what the others wait for ends, and they stay as they are.
 * Nothing is thrown.
 *
 * @param work with a signal that another's problem aborts as well
 */
export function untilFirstProblem<T extends { readonly problem?: Problem }>(
  items: readonly T[],
  stop: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<T>,
): Promise<T[]> {
  const firstProblem = new AbortController()
  const signal = AbortSignal.any([stop, firstProblem.signal])
  return Promise.all(
    items.map(async (item) => {
      try {
        const after = await work(item, signal)
        if (after.problem !== undefined) firstProblem.abort()
        return after
      } catch (error) {
        if (signal.aborted) return item
        firstProblem.abort()
        return { ...item, problem: { outcome: 'failed', cause: messageOf(error) } }
      }
    }),
  )
}
