import type { Flag } from './commands.ts'
import type { Rehearsal } from './rehearsal.ts'

/** So many of one list are told in one run. */
const MOST_REFUSALS = 8

/**
 * All that docker says against the flags of a command: it ends at its first complaint, and is asked again without the
 * flag that this names.
 */
export async function refusalsOf(
  first: string,
  flags: readonly Flag[],
  ask: (flags: readonly Flag[]) => Promise<Rehearsal>,
): Promise<string[]> {
  const told = [first]
  let left = flags
  while (told.length < MOST_REFUSALS) {
    const refused = flagNamedIn(told.at(-1) ?? '', left)
    if (refused === undefined) break
    left = left.filter((flag) => flag !== refused)
    const rehearsal = await ask(left)
    if (!('refusal' in rehearsal) || told.includes(rehearsal.refusal)) break
    told.push(rehearsal.refusal)
  }
  return told
}

/** By docker's words for a value that it cannot read, and for a flag that it does not know (github.com/spf13/pflag). */
function flagNamedIn(refusal: string, flags: readonly Flag[]): Flag | undefined {
  const [, value, withValue] = /invalid argument "(.*)" for "(?:-\w, )?(--[\w-]+)" flag/.exec(refusal) ?? []
  const name = withValue ?? /unknown flag: (--[\w-]+)/.exec(refusal)?.[1]
  const named = flags.filter((flag) => flag.name === name)
  return named.find((flag) => flag.value === value) ?? named[0]
}
