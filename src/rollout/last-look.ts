import { isJob } from '../docker/specs/service-mode.ts'
import { messageOf } from '../errors.ts'
import { isGood } from '../result.ts'
import { log } from '../runner/log.ts'
import { swarmReader } from './look.ts'
import type { RolloutRun } from './run.ts'
import { type Settled, settledAs } from './settled.ts'
import { bySomeoneElse } from './superseded.ts'

/**
 * What became of services after one more look at all: one that came up early may be somebody else's by the time that
 * the last one is up. Of a job only its end counts. A swarm that does not answer takes nothing back.
 */
export async function withLastLook(settled: readonly Settled[], run: RolloutRun): Promise<readonly Settled[]> {
  return lookAgain(settled, () => true, run)
}

/** The same at the end of a run that has failed, of what it leaves as it is. Traffic may have moved meanwhile. */
export function withLookAfterFailure(settled: readonly Settled[], run: RolloutRun): Promise<readonly Settled[]> {
  return lookAgain(settled, ({ sent }) => sent.change.action !== 'switch', run)
}

async function lookAgain(
  settled: readonly Settled[],
  isMeant: (one: Settled) => boolean,
  run: RolloutRun,
): Promise<readonly Settled[]> {
  const counts = (one: Settled) => {
    const { service } = one.sent
    return isMeant(one) && isGood(one.result) && service !== undefined && !isJob(service.Spec)
  }
  const ours = settled.filter(counts).flatMap(({ sent }) => sent.service ?? [])
  // One alone has settled this very moment.
  if (ours.length === 0 || settled.length === 1) return settled
  try {
    const { services } = await swarmReader(run, 'up-to-date')(ours)
    return settled.map((one) => {
      const { sent, result } = one
      const found = counts(one) ? services.get(sent.service?.ID ?? '')?.found : undefined
      if (found !== 'removed' && found !== 'changed') return one
      const cause = bySomeoneElse(found, 'after it had come up')
      run.lines.bad(result.name, cause)
      return settledAs(sent, { ...result, outcome: 'superseded', cause })
    })
  } catch (error) {
    log.debug(`No last look: ${messageOf(error)}`)
    return settled
  }
}
