import type { StrategyInputs } from '../inputs/strategy.ts'
import type { StrategyPlan } from '../plan/strategy.ts'
import type { StrategySteps } from '../rollout/strategy.ts'

/** How the tasks of a service are replaced by new ones: what each stage of a deploy asks of that. */
export interface Strategy extends StrategyInputs, StrategyPlan, StrategySteps {}
