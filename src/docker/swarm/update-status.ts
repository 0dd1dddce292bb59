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

/**
 * Whether Swarm itself has taken an update back, or does. It forgets the spec that failed, which a rollback by hand keeps
 * as the one before (swarmkit, manager/orchestrator/update/updater.go and manager/controlapi/service.go).
 */
export function isSwarmsOwnRollback({ UpdateStatus: status, PreviousSpec: previous }: Service): boolean {
  return isRollback(status) && previous === undefined
}

/** Whether the last write was one back to the spec before: by hand, or by Swarm itself. */
export function isRollback(status: UpdateStatus | undefined): boolean {
  return status?.State.startsWith('rollback_') === true
}
