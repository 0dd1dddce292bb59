import { isJob } from '../docker/specs/service-mode.ts'
import { messageOf } from '../errors.ts'
import { isGood } from '../result.ts'
import { log } from '../runner/log.ts'
import { swarmReader } from './look.ts'
import type { Field } from './rollout.ts'
import { type Settled, settledAs } from './settled.ts'
import { bySomeoneElse } from './superseded.ts'

/**
 * What became of services after one more look at all: one that came up early may be somebody else's by the time that
 * the last one is up. Of a job only its end counts. A swarm that does not answer takes nothing back.
 */
export async function withLastLook(settled: readonly Settled[], field: Field): Promise<readonly Settled[]> {
  return lookAgain(settled, () => true, field)
}

/** The same at the end of a run that has failed, of what it leaves as it is. Traffic may have moved meanwhile. */
export function withLookAfterFailure(settled: readonly Settled[], field: Field): Promise<readonly Settled[]> {
  return lookAgain(settled, ({ rollout }) => rollout.checked.action !== 'switch', field)
}

async function lookAgain(
  settled: readonly Settled[],
  isMeant: (one: Settled) => boolean,
  field: Field,
): Promise<readonly Settled[]> {
  const counts = (one: Settled) => {
    const { service } = one.rollout
    return isMeant(one) && isGood(one.result) && service !== undefined && !isJob(service.Spec)
  }
  const ours = settled.filter(counts).flatMap(({ rollout }) => rollout.service ?? [])
  // One alone has settled this very moment.
  if (ours.length === 0 || settled.length === 1) return settled
  try {
    const { services } = await swarmReader(field, 'up-to-date')(ours)
    return settled.map((one) => {
      const { rollout, result } = one
      const found = counts(one) ? services.get(rollout.service?.ID ?? '')?.found : undefined
      if (found !== 'removed' && found !== 'changed') return one
      const cause = bySomeoneElse(found, 'after it had come up')
      log.info(`${result.name}: ${cause}`)
      return settledAs(rollout, { ...result, outcome: 'superseded', cause })
    })
  } catch (error) {
    log.debug(`No last look: ${messageOf(error)}`)
    return settled
  }
}
