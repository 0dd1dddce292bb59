import type { Policies } from '../docker/cli/update-policy.ts'
import type { ServiceRequest } from './deployment.ts'
import type { Problems } from './problems.ts'
import { chosenStrategy, type StrategySettings } from './strategy.ts'
import { mergedPolicies } from './update-policy.ts'

/** How the tasks of a service are replaced. */
export type Replacement = Pick<ServiceRequest, 'strategy' | 'policies'>

/** What is given of how tasks are replaced: in an entry, or by the inputs for all. */
export interface ReplacementSettings {
  readonly strategy: StrategySettings
  readonly policies: Policies
}

export const NO_SETTINGS: ReplacementSettings = { strategy: { given: [] }, policies: { update: {}, rollback: {} } }

/**
 * How a service's tasks are to be replaced: what its entry says, and where that is silent, what the inputs say for all.
 *
 * @param problems of the entry
 */
export function replacementOf(own: ReplacementSettings, all: ReplacementSettings, problems: Problems): Replacement {
  return {
    strategy: chosenStrategy(own.strategy, all.strategy, problems),
    policies: mergedPolicies(own.policies, all.policies),
  }
}
