import type { StrategyInputs } from '../inputs/strategy.ts'
import type { StrategyPlan } from '../plan/strategy.ts'
import type { StrategySteps } from '../rollout/strategy.ts'

/** How the tasks of a service are replaced by new ones: what each stage of a deploy asks of that. */
export interface Strategy<Name extends string = string> extends StrategyInputs, StrategyPlan, StrategySteps {
  /** As users write it, and as it stands in the table. */
  readonly name: Name
}

/** What the functions that read a strategy's keys return, where the keys are given. */
export type Values<Keys extends Readonly<Record<string, (text: string) => unknown>>> = {
  readonly [Key in keyof Keys]?: ReturnType<Keys[Key]> | undefined
}
