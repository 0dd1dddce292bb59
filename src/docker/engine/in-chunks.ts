/**
 * How many names or IDs go into one request. Go's servers take a line of 1 MB, but proxies before a daemon do not:
 * HAProxy, which docker-socket-proxy is made of, refuses what does not fit into 16 KB (its `tune.bufsize`).
 */
const MOST = 100

/** How many of more than that, where an answer is long: what is read of it is gone again before V8 takes it for old. */
export const FEW = 25

/**
 * The answers for all names or IDs, asked for some after others: never one request that is too long, nor one answer that
 * fills the memory.
 *
 * @param ask for some of them, at least one
 * @param most of them that go into one request, where they are too many for one
 */
export async function inChunks<T>(
  all: readonly string[],
  ask: (some: readonly string[]) => Promise<readonly T[]>,
  most = MOST,
): Promise<T[]> {
  const answers: T[] = []
  const step = all.length > MOST ? most : MOST
  for (let from = 0; from < all.length; from += step) answers.push(...(await ask(all.slice(from, from + step))))
  return answers
}
