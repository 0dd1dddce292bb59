import type { StrategyName } from '../inputs/strategies/table.ts'
import type { StrategyPlan } from '../plan/strategy.ts'
import type { StrategySteps } from '../rollout/strategy.ts'

/** How the tasks of a service are replaced by new ones: what each stage of a deploy asks of that. */
export interface Strategy<Name extends StrategyName = StrategyName> extends StrategyPlan, StrategySteps {
  /** As users write it, and as it stands in the table. */
  readonly name: Name
}
