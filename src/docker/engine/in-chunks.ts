/**
 * How many names or IDs go into one request. Go's servers take a line of 1 MB, but proxies before a daemon do not:
 * HAProxy, which docker-socket-proxy is made of, refuses what does not fit into 16 KB (its `tune.bufsize`).
 */
const MOST = 100

/**
 * The answers for all names or IDs, asked for some after others: never one request that is too long, nor one answer that
 * fills the memory.
 *
 * @param ask for some of them, at least one
 */
export async function inChunks<T>(
  all: readonly string[],
  ask: (some: readonly string[]) => Promise<readonly T[]>,
): Promise<T[]> {
  const answers: T[] = []
  for (let from = 0; from < all.length; from += MOST) answers.push(...(await ask(all.slice(from, from + MOST))))
  return answers
}
