import type { Task } from '../../docker/api.ts'
import { ending, newest } from '../../docker/swarm/task.ts'

/**
 * What is to be known of a service that is up, of whose tasks some have ended: the next one may do so too. Pure.
 *
 * @param when they ended, in words that follow that
 * @returns nothing where none has
 */
export function endsNote(ended: readonly Task[], when: string): string | undefined {
  const last = newest(ended)
  if (last === undefined) return undefined
  const many = ended.length === 1 ? 'one of its tasks' : `${ended.length} of its tasks`
  return `${many} ended ${when} (${ended.length === 1 ? 'it' : 'the last one'} ${ending(last)})`
}
