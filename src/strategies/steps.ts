import type { Change } from '../plan/change.ts'
import type { RolloutRun } from '../rollout/run.ts'
import type { AfterFirstStep } from '../rollout/send/interim.ts'
import type { Sent } from '../rollout/send/sent.ts'
import type { Settled } from '../rollout/settled.ts'
import type { StrategySteps } from '../rollout/strategy.ts'
import { openStage } from '../runner/log/log.ts'
import { firstStepOf } from './first-step.ts'
import { STRATEGIES } from './table.ts'

/** In the order in which their steps are taken. */
const ALL: readonly (readonly [string, StrategySteps])[] = Object.entries(STRATEGIES)

/** What the first steps came to, with those that did not go well where the others go on without them. */
export interface AfterFirstSteps extends AfterFirstStep {
  readonly failed?: readonly Sent[]
}

/**
 * What the strategies do before the whole change is sent. The first that does not go well ends the run, unless each
 * service stands for itself.
 */
export async function takeFirstSteps(changes: readonly Change[], run: RolloutRun): Promise<AfterFirstSteps> {
  const isEachAlone = run.deployment.onFailure === 'rollback-failed'
  let after: AfterFirstStep = { changes }
  const failed: Sent[] = []
  for (const [kind, { first }] of ALL) {
    const isAsked = (one: Change) => firstStepOf(one, kind) !== undefined
    if (first === undefined || after.ended !== undefined || !after.changes.some(isAsked)) continue
    const { changes: left } = after
    after = await openStage(first.stage, async () => {
      if (!isEachAlone) return first.act(left, run)
      const act = async (one: Change): Promise<AfterFirstStep> =>
        isAsked(one) ? first.act([one], run) : { changes: [one] }
      const all = await Promise.all(left.map(act))
      failed.push(...all.flatMap(({ ended = [] }) => ended))
      return { changes: all.flatMap((one) => one.changes) }
    })
  }
  return failed.length === 0 ? after : { ...after, failed }
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
