import { someOf } from '../runner/text/some-of.ts'

const MOST_NAMES = 10

/**
 * What `only` has left as it is, in words that go on after "left out by only: "; `undefined`: nothing. Pure.
 *
 * @param show a name as the words' reader has it
 */
export function leftOutWords(
  names: readonly string[] = [],
  show: (name: string) => string = (name) => name,
): string | undefined {
  return names.length === 0 ? undefined : someOf(names.map(show), MOST_NAMES)
}
