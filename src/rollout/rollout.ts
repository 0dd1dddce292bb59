import type { Connection } from '../connect/connection.ts'
import type { RunTime } from '../connect/run-time.ts'
import type { Service, ServiceSpec } from '../docker/api.ts'
import type { Deployment } from '../inputs/deployment.ts'
import type { ChangedService, CheckedService } from '../plan/check.ts'
import type { Mark } from '../plan/interim-spec.ts'
import type { Observation } from '../plan/observe.ts'
import type { FailedTask } from '../result.ts'

/** A service after the deploy: on its way, as it was, or refused. */
export interface Rollout {
  readonly checked: CheckedService
  /** The service as the swarm has it now; `undefined` when there is none. */
  readonly service: Service | undefined
  /** When the change was sent, in milliseconds of {@link nowMs}. */
  readonly sentAt: number
  /** It leads back to what ran before this run. */
  readonly isWayBack?: boolean
  /** Why there is nothing to wait for. */
  readonly problem?: {
    readonly outcome: 'failed' | 'timed-out' | 'superseded' | 'cancelled' | 'skipped'
    readonly cause: string
    readonly failedTask?: FailedTask
    /** Whether the swarm took the change is not known. */
    readonly isUnknown?: boolean
  }
}

/** Why there is nothing to wait for, with what became of the service. */
export type Problem = NonNullable<Rollout['problem']>

/** What the parts of a run that act on its services and wait for them have in common. */
export interface Field {
  readonly connection: Connection
  readonly observed: Observation
  readonly deployment: Deployment
  /** What the interim specs of this run say whose they are. */
  readonly mark: Mark
  /** What is left of the time of the run. */
  readonly time: RunTime
  /** Aborted when the runner wants the run to stop. */
  readonly signal: AbortSignal
}

/** A service to which something was sent, or was to be. */
export interface Changed extends Rollout {
  readonly checked: ChangedService
}

export function isChanged(rollout: Rollout): rollout is Changed {
  return rollout.checked.action !== 'unchanged'
}

/** What the swarm has, or may have, that is only meant for the way. */
export function interimOf(checked: CheckedService): ServiceSpec | undefined {
  return checked.action === 'update' ? checked.interim : undefined
}
