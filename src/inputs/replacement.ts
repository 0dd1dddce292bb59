import type { Policies } from '../docker/cli/update-policy.ts'
import type { ServiceRequest } from './deployment.ts'
import type { PrepareChoice } from './prepare.ts'
import type { Problems } from './problems.ts'
import { chosenStrategy, type StrategySettings, type StrategyTable } from './strategy.ts'
import { mergedPolicies } from './update-policy.ts'

/** How the tasks of a service are replaced. */
export type Replacement = Pick<ServiceRequest, 'strategy' | 'policies' | 'prepare'>

/** What is given of how tasks are replaced, in an entry. */
interface OwnSettings {
  readonly strategy: StrategySettings
  readonly policies: Policies
  readonly prepare?: PrepareChoice | undefined
}

/** The same by the inputs for all services. */
export interface ReplacementSettings extends OwnSettings {
  readonly prepare: PrepareChoice
  /** Those that can be chosen. */
  readonly strategies: StrategyTable
}

const NO_SETTINGS: OwnSettings = {
  strategy: { given: [], values: {}, placeOf: (name: string) => name },
  policies: { update: {}, rollback: {} },
}

/**
 * How a service's tasks are to be replaced: what its entry says, and where that is silent, what the inputs say for all.
 *
 * @param own `undefined`: an entry that says nothing of it
 * @param problems of the entry
 */
export function replacementOf(own: OwnSettings | undefined, all: ReplacementSettings, problems: Problems): Replacement {
  const { strategy, policies, prepare = all.prepare } = own ?? NO_SETTINGS
  return {
    strategy: chosenStrategy(strategy, all.strategy, all.strategies, problems),
    policies: mergedPolicies(policies, all.policies),
    prepare,
  }
}
