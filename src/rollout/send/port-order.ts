import { type Change, takersOf } from '../../plan/change.ts'

/** The order in which services give published ports to each other: Swarm gives one to a service only when no other has it. Pure. */

/** The services of a deploy that give ports to the one with this change. */
export function giversOf({ request: { name } }: Change, givers: readonly Change[]): readonly Change[] {
  return givers.filter((one) => takersOf(one).includes(name))
}

/** Those that give any. */
export function giversIn(changes: readonly Change[]): readonly Change[] {
  return changes.filter((one) => takersOf(one).length > 0)
}

/** Whatever gives a port away stands before what gets it; all else stays in its order. */
export function giversFirst<One>(all: readonly One[], changeOf: (one: One) => Change): readonly One[] {
  const byChange = new Map(all.map((one) => [changeOf(one), one]))
  const givers = giversIn([...byChange.keys()])
  const begun = new Set<Change>()
  const ordered: One[] = []
  const take = (change: Change, one: One) => {
    if (begun.has(change)) return
    begun.add(change)
    for (const giver of giversOf(change, givers)) take(giver, byChange.get(giver) as One)
    ordered.push(one)
  }
  for (const [change, one] of byChange) take(change, one)
  return ordered
}
