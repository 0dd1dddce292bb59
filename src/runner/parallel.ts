/**
 * Does the work for every item, at most `limit` at the same time, and gives the results in the items' order.
 *
 * @throws what the first failing work threw; no further work is begun then
 */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const queue = entriesOf(items)
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return results
}

/** Unlike an array's own iterator, a generator is over for every worker as soon as one of them throws out of its loop. */
function* entriesOf<T>(items: readonly T[]): Generator<[number, T]> {
  yield* items.entries()
}
