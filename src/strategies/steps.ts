import type { Change } from '../plan/check.ts'
import type { AfterFirstStep } from '../rollout/interim.ts'
import type { RolloutRun } from '../rollout/run.ts'
import type { Settled } from '../rollout/settled.ts'
import type { StrategySteps } from '../rollout/strategy.ts'
import { openStage } from '../runner/log.ts'
import { STRATEGIES } from './table.ts'

/** In the order in which their steps are taken. */
const ALL: readonly (readonly [string, StrategySteps])[] = Object.entries(STRATEGIES)

/** What the strategies do before the whole change is sent. The first that does not go well ends the run. */
export async function takeFirstSteps(changes: readonly Change[], run: RolloutRun): Promise<AfterFirstStep> {
  let after: AfterFirstStep = { changes }
  for (const [kind, { first }] of ALL) {
    const isAsked = (one: Change) =>
      one.action === 'update' && one.firstStep !== undefined && one.request.strategy.kind === kind
    if (first === undefined || after.ended !== undefined || !after.changes.some(isAsked)) continue
    const { changes: left } = after
    after = await openStage(first.stage, () => first.act(left, run))
  }
  return after
}

/** What the strategies do when all services are up. */
export async function takeLastSteps(settled: readonly Settled[], run: RolloutRun): Promise<readonly Settled[]> {
  let now = settled
  for (const [, strategy] of ALL) now = (await strategy.last?.(now, run)) ?? now
  return now
}

/** What earlier deploys of a strategy have left goes. */
export async function tidyAll(ended: readonly Settled[], run: RolloutRun): Promise<void> {
  for (const [, strategy] of ALL) await strategy.tidy?.(ended, run)
}
