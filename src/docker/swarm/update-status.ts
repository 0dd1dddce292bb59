import { limited } from '../../runner/foreign.ts'
import type { Service } from '../api.ts'

/** An update of a service that had not come to its end before this run began. Pure. */

/** Whether a service is in the middle of an update: a write to it would have Swarm go on, or start over. */
export function isUnsettled({ UpdateStatus: status }: Service): boolean {
  return status !== undefined && status.State !== 'completed' && status.State !== 'rollback_completed'
}

/** Half of its tasks may be old, and Swarm will not go on by itself. */
export function isPaused({ UpdateStatus: status }: Service): boolean {
  return status?.State === 'paused' || status?.State === 'rollback_paused'
}

/**
 * What becomes of that update, in the user's words; `undefined` when there is none.
 *
 * @param isChanged whether this run sends the service anything; a paused update always is sent anew
 */
export function unsettledNote(service: Service, isChanged: boolean): string | undefined {
  const { UpdateStatus: status } = service
  if (status === undefined || !isUnsettled(service)) return undefined
  if (isPaused(service))
    return `its last update is paused (${limited(status.Message ?? 'no reason given')}): it is sent anew`
  const what = status.State === 'updating' ? 'an earlier update of it' : 'the rollback of its last update'
  return isChanged
    ? `${what} is still in progress: this deploy takes its place, and a way back would lead to what that one was to make`
    : `${what} is still in progress, and leads to what is asked for: nothing is sent, and the deploy stands or falls with it`
}
