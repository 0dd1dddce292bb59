import type { Service } from '../../docker/api.ts'
import { type Change, currentOf, type SendableChange } from '../../plan/change.ts'
import type { FailedTask, TaskTimeline, Trouble } from '../../result.ts'
import { nowMs } from '../../runner/time/clock.ts'
import type { RolloutRun } from '../run.ts'

/** A service after the deploy: on its way, as it was, or refused. */
export interface Sent {
  readonly change: Change
  /** The service as the swarm has it now; `undefined` when there is none. */
  readonly service: Service | undefined
  /** When the change was sent, in milliseconds of {@link nowMs}. */
  readonly sentAt: number
  /** What its strategy does before the way back removes or restores it. It throws when that fails. */
  readonly undo?: (run: RolloutRun) => Promise<void>
  /** It leads back to what ran before this run. */
  readonly isWayBack?: boolean
  /** Has Swarm go on with it where it has paused. It throws when that fails. */
  readonly goOn?: (run: RolloutRun) => Promise<unknown>
  /** Why there is nothing to wait for. */
  readonly problem?: Problem
}

/** Why there is nothing to wait for, with what became of the service. */
export interface Problem {
  readonly outcome: 'failed' | 'timed-out' | 'superseded' | 'cancelled' | 'skipped'
  readonly cause: string
  readonly trouble?: Trouble
  readonly failedTask?: FailedTask
  /** What its tasks were seen to do. */
  readonly seenTasks?: readonly TaskTimeline[]
  /** The services because of which it has this problem, when nothing is wrong with it itself. */
  readonly because?: readonly string[]
  /** What the service is to run by then, where somebody else has changed or removed it. */
  readonly theirs?: { readonly image: string | undefined }
  /** Whether the swarm took the change is not known. */
  readonly isUnknown?: boolean
}

/** A service to which nothing has been sent, or not yet. */
export function untouched(change: Change): Sent {
  return { change, service: currentOf(change), sentAt: nowMs() }
}

/** A service to which something was sent, or was to be. */
export interface SentChange extends Sent {
  readonly change: SendableChange
}

export function isChanged(sent: Sent): sent is SentChange {
  return sent.change.action !== 'unchanged'
}
