import { sharesOf } from '../../connect/run-time.ts'
import { type Deployment, stackOf } from '../../inputs/deployment.ts'

/** What a run may need beyond its timeouts and trials: logins, look-ups, and stopping. */
const MARGIN_SECONDS = 15 * 60

/** For how many seconds a run is at work at the most: after that what it holds on the swarm counts no more. Pure. */
export function lifetimeOf(deployment: Deployment): number {
  const { timeoutSeconds, services } = deployment
  const stack = stackOf(deployment)
  const all = [...services, ...(stack === undefined ? [] : [stack])]
  const trials = Math.max(...all.map(({ strategy }) => strategy.uncountedSeconds))
  return lifetimeOfSeconds(timeoutSeconds, trials)
}

/** The same by the input `timeout`, and the seconds that trials take beyond it. */
export function lifetimeOfSeconds(timeoutSeconds: number, trials = 0): number {
  const { rollout, wayBack } = sharesOf(timeoutSeconds)
  return Math.ceil(rollout + wayBack + trials + MARGIN_SECONDS)
}
