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

/** Docker's words for a value that it cannot read, and for a flag that it does not know (github.com/spf13/pflag). */
const UNREADABLE = /invalid argument "(.*)" for "(?:-\w, )?(--[\w-]+)" flag/
const UNKNOWN = /unknown flag: (--[\w-]+)/

/** Whether docker says that it cannot read a flag, whatever it is laid over. */
export function isUnread(refusal: string): boolean {
  return UNREADABLE.test(refusal) || UNKNOWN.test(refusal)
}

/** The flag that docker says it does not know. */
export function unknownFlagIn(refusal: string): string | undefined {
  return UNKNOWN.exec(refusal)?.[1]
}

function flagNamedIn(refusal: string, flags: readonly Flag[]): Flag | undefined {
  const [, value, withValue] = UNREADABLE.exec(refusal) ?? []
  const name = withValue ?? unknownFlagIn(refusal)
  const named = flags.filter((flag) => flag.name === name)
  return named.find((flag) => flag.value === value) ?? named[0]
}
