import type { Policies } from '../docker/update-policy.ts'
import type { Problems } from './problems.ts'
import type { Rollover } from './rollover.ts'
import { chosenStrategy, type StrategySettings } from './strategy.ts'
import { mergedPolicies } from './update-policy.ts'

/** What is given of how tasks are replaced: in an entry, or by the inputs for all. */
export interface RolloverSettings {
  readonly strategy: StrategySettings
  readonly policies: Policies
}

export const NO_SETTINGS: RolloverSettings = { strategy: { given: [] }, policies: { update: {}, rollback: {} } }

/**
 * How a service's tasks are to be replaced: what its entry says, and where that is silent, what the inputs say for all.
 *
 * @param problems of the entry
 */
export function rolloverOf(own: RolloverSettings, all: RolloverSettings, problems: Problems): Rollover {
  return {
    strategy: chosenStrategy(own.strategy, all.strategy, problems),
    ...mergedPolicies(own.policies, all.policies),
  }
}
