import type V8 from 'node:v8'

/** What new objects get. With much less, what is needed for a moment only counts as old; by itself V8 takes 128 MB. */
const BYTES_FOR_NEW = 4e6

let v8: typeof V8 | undefined

/**
 * Has V8 keep its heap close to what is in use, for runs that read long answers again and again: called for each of
 * them. By itself V8 takes what a machine has: far more for new objects than are alive, and the old ones become
 * twice as many before it looks for what may go. So a deploy of a thousand services takes half the memory. What reads less
 * would gain nothing.
 */
export async function keepHeapSmall(): Promise<void> {
  if (v8 === undefined) {
    // Loaded only here: it would be a fiftieth of the start.
    v8 = (await import('node:v8')).default
    v8.setFlagsFromString('--heap-growing-percent=30')
    // The last of V8's compilers takes megabytes that it keeps, and a run that waits gains nothing by it.
    v8.setFlagsFromString('--no-opt')
  }
  const { space_size: size = 0 } =
    v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space') ?? {}
  // It shrinks when there is little to do, and then has to grow again.
  v8.setFlagsFromString(`--semi-space-growth-factor=${size < BYTES_FOR_NEW ? 2 : 1}`)
}
