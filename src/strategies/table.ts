import type { StrategyName } from '../inputs/strategies/table.ts'
import { blueGreen } from './blue-green.ts'
import { canary } from './canary.ts'
import { recreate } from './recreate.ts'
import { rolling } from './rolling.ts'
import type { Strategy } from './strategy.ts'

/**
 * All strategies by their names. First steps are taken in this order: first those that may fail, then those that stop
 * services.
 */
export const STRATEGIES: { readonly [Name in StrategyName]: Strategy<Name> } = {
  rolling,
  canary,
  recreate,
  'blue-green': blueGreen,
}
