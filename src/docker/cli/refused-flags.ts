import { allComplaints } from './all-complaints.ts'
import type { Flag } from './commands.ts'
import type { Rehearsal } from './rehearsal.ts'

/**
 * All that docker says against the flags of a command: it is asked again without the flag that a complaint names.
 */
export async function refusalsOf(
  first: string,
  flags: readonly Flag[],
  ask: (flags: readonly Flag[]) => Promise<Rehearsal>,
): Promise<string[]> {
  let left = flags
  return allComplaints(first, async (complaint) => {
    const refused = flagNamedIn(complaint, left)
    if (refused === undefined) return undefined
    left = left.filter((flag) => flag !== refused)
    const rehearsal = await ask(left)
    return 'refusal' in rehearsal ? rehearsal.refusal : undefined
  })
}

/** By docker's words for a value that it cannot read, and for a flag that it does not know (github.com/spf13/pflag). */
function flagNamedIn(refusal: string, flags: readonly Flag[]): Flag | undefined {
  const [, value, withValue] = /invalid argument "(.*)" for "(?:-\w, )?(--[\w-]+)" flag/.exec(refusal) ?? []
  const name = withValue ?? /unknown flag: (--[\w-]+)/.exec(refusal)?.[1]
  const named = flags.filter((flag) => flag.name === name)
  return named.find((flag) => flag.value === value) ?? named[0]
}
