import { UserError } from '../../errors.ts'
import { shown } from '../../runner/text/shown.ts'
import type { StrategyInputs, Values } from '../strategy.ts'
import { longestTrial, TRIAL_CHECKS, TRIAL_KEYS, type Trial, trialOf } from './trial.ts'

const MOST_TASKS = 1_000_000

type Size = { readonly tasks: number } | { readonly percent: number }

/** How many tasks come first, and what they go through. */
export interface CanarySettings {
  readonly size: Size
  readonly trial: Trial
}

const KEYS = { canary: parseSize, ...TRIAL_KEYS }

export const canaryInputs: StrategyInputs = {
  keys: KEYS,
  alternatives: TRIAL_CHECKS,
  needsWait: true,
  choose: (values) => {
    const { canary: size = { tasks: 1 } } = values as Values<typeof KEYS>
    const asked = trialOf(values)
    const settings: CanarySettings = { size, trial: asked }
    return { settings, uncountedSeconds: longestTrial(asked) }
  },
}

function parseSize(text: string): Size {
  const [, number = '', percent] = /^(\d+)\s*(%?)$/.exec(text) ?? []
  const most = percent === '%' ? 99 : MOST_TASKS
  if (number === '' || Number(number) < 1 || Number(number) > most) {
    throw new UserError(`${shown(text)} is no part of a service: write a number of tasks such as 1, or 1% to 99%`)
  }
  return percent === '%' ? { percent: Number(number) } : { tasks: Number(number) }
}
