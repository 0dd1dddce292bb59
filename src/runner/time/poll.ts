import { sleep } from './clock.ts'

/**
 * Asks again and again until the answer is yes: at least once, and once more after a stop. An end without it is no error.
 *
 * @param isOver whether there is no time for another try
 */
export async function poll(
  isDone: () => Promise<boolean>,
  everyMs: number,
  isOver: () => boolean,
  stop?: AbortSignal,
): Promise<void> {
  while (!(await isDone()) && !stop?.aborted && !isOver()) await sleep(everyMs, stop).catch(() => undefined)
}
