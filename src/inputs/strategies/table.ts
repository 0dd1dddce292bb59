import type { StrategyInputs } from '../strategy.ts'
import { blueGreenInputs } from './blue-green.ts'
import { canaryInputs } from './canary.ts'

const NONE: Omit<StrategyInputs, 'needsWait'> = {
  keys: {},
  choose: () => ({ settings: undefined, uncountedSeconds: 0 }),
}

/**
 * What each strategy says of its inputs, without what it does: that only a run loads whose inputs are right. The first is
 * that of whoever chooses none.
 */
export const STRATEGY_INPUTS = {
  rolling: { ...NONE, needsWait: false },
  canary: canaryInputs,
  recreate: { ...NONE, needsWait: true },
  'blue-green': blueGreenInputs,
} as const satisfies Readonly<Record<string, StrategyInputs>>

export type StrategyName = keyof typeof STRATEGY_INPUTS
