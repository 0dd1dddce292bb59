import type { Change } from '../plan/change.ts'
import type { RolloutRun } from './run.ts'
import type { AfterFirstStep } from './send/interim.ts'
import type { Settled } from './settled.ts'

/** What a strategy does beside the change itself. It does not throw for what a service does. */
export interface StrategySteps {
  /** Before any service of the run gets the whole of its change. */
  readonly first?: {
    /** The title in the log. */
    readonly stage: string
    /** @param services all of the run */
    act(services: readonly Change[], run: RolloutRun): Promise<AfterFirstStep>
  }
  /** When all services that were sent have settled. */
  last?(settled: readonly Settled[], run: RolloutRun): Promise<readonly Settled[]>
  /** At the end of every run, for services of whatever strategy: what earlier deploys of this one have left. */
  tidy?(settled: readonly Settled[], run: RolloutRun): Promise<void>
}
