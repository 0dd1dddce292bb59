import { someOf } from '../runner/some-of.ts'

const MOST_NAMES = 10

/** What `only` has left as it is, in words; `undefined`: nothing. Pure. */
export function leftOutWords(names: readonly string[] = []): string | undefined {
  return names.length === 0 ? undefined : `left out by only: ${someOf(names, MOST_NAMES)}`
}
