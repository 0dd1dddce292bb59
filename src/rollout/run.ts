import type { Run } from '../connect/run.ts'
import type { Deployment } from '../inputs/deployment.ts'
import type { Mark } from '../plan/interim-spec.ts'
import type { Observation } from '../plan/observe.ts'
import type { ServiceLog } from './service-log.ts'

/** What the stages have at hand that change the swarm. */
export interface RolloutRun extends Run {
  readonly deployment: Deployment
  /** The swarm as it was before any change. */
  readonly observed: Observation
  /** What the interim specs of this run say whose they are. */
  readonly mark: Mark
  /** What is said of services. */
  readonly lines: ServiceLog
}
