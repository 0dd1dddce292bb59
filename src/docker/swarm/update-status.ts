import type { Service, UpdateStatus } from '../api.ts'

/** How far the latest update of a service has come. Pure. */

/** Whether it has not come to its end: a write to the service would have Swarm go on, or start over. */
export function hasUnfinishedUpdate({ UpdateStatus: status }: Service): boolean {
  return status !== undefined && status.State !== 'completed' && status.State !== 'rollback_completed'
}

/** Half of its tasks may be old, and Swarm will not go on by itself. */
export function isPaused({ UpdateStatus: status }: Service): boolean {
  return status?.State === 'paused' || status?.State === 'rollback_paused'
}

/** Whether the last write was one back to the spec before: by hand, or by Swarm itself. */
export function isRollback(status: UpdateStatus | undefined): boolean {
  return status?.State.startsWith('rollback_') === true
}
