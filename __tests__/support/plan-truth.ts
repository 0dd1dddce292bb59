import type { Task } from '../../src/docker/api.ts'
import { isLive } from '../../src/docker/swarm/task.ts'
import type { TaskOutlook } from '../../src/docker/swarm/task-outlook.ts'

/** What a plan says of the tasks of a service, and what became of them. */
export interface Counts {
  readonly before: number
  readonly replaced: number
  readonly added: number
  readonly removed: number
}

/** The IDs of the tasks that run, or did and are not to be run again. */
export function liveIds(tasks: readonly Task[]): string[] {
  const isMeant = ({ DesiredState: state }: Task) => state === 'running' || state === 'ready'
  return tasks.filter((task) => isLive(task) && isMeant(task)).map(({ ID }) => ID)
}

/** By the tasks before and after a deploy: as many are replaced as can be, and the rest has come or gone. */
export function whatBecame(before: readonly string[], after: readonly string[]): Counts {
  const gone = before.filter((id) => !after.includes(id)).length
  const came = after.filter((id) => !before.includes(id)).length
  const replaced = Math.min(gone, came)
  return { before: before.length, replaced, added: came - replaced, removed: gone - replaced }
}

/**
 * What the plan says, in the same terms.
 *
 * @param isNewCredential whether the credential is another than the one that the tasks were made with
 */
export function whatWasSaid(outlook: Omit<TaskOutlook, 'because'>, isNewCredential = false): Counts {
  const { before, added, removed, perhaps } = outlook
  const replaced = outlook.replaced + (isNewCredential ? perhaps : 0)
  const both = Math.min(added, removed)
  return { before, replaced: replaced + both, added: added - both, removed: removed - both }
}

/** Numbers that look like chance and are the same for the same seed (mulberry32). */
export function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}
