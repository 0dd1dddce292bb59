import { sharesOf } from '../connect/run-time.ts'
import type { Deployment } from '../inputs/deployment.ts'
import type { Strategy } from '../inputs/strategy-choice.ts'
import { longestTrial } from '../strategies/trial.ts'

/** What a run may need beyond its timeouts and trials: logins, look-ups, and stopping. */
const MARGIN_SECONDS = 15 * 60

/** For how many seconds a run is at work at the most: after that what it holds on the swarm counts no more. Pure. */
export function lifetimeOf({ timeoutSeconds, services, stack }: Deployment): number {
  const all = [...services, ...(stack === undefined ? [] : [stack])].map(({ strategy }) => strategy)
  const trials = Math.max(...all.map(trialSecondsOf))
  const { rollout, wayBack } = sharesOf(timeoutSeconds)
  return Math.ceil(rollout + wayBack + trials + MARGIN_SECONDS)
}

function trialSecondsOf(strategy: Strategy): number {
  if (strategy.kind !== 'canary' && strategy.kind !== 'blue-green') return 0
  const kept = strategy.kind === 'blue-green' && typeof strategy.keepOld === 'number' ? strategy.keepOld : 0
  return longestTrial(strategy.trial) + kept
}
