import { isJob } from '../docker/specs/service-mode.ts'
import { messageOf } from '../errors.ts'
import type { ServiceResult } from '../result.ts'
import { isGood } from '../result.ts'
import { log } from '../runner/log.ts'
import { swarmReader } from './look.ts'
import type { Field, Rollout } from './rollout.ts'
import { bySomeoneElse } from './superseded.ts'

/**
 * The results after one more look at all services: one that came up early may be somebody else's by the time that the
 * last one is up. Of a job only its end counts. A swarm that does not answer takes nothing back.
 *
 * @param results of the rollouts, in their order
 */
export async function withLastLook(
  rollouts: readonly Rollout[],
  results: readonly ServiceResult[],
  field: Field,
): Promise<readonly ServiceResult[]> {
  const ours = rollouts.flatMap(({ service }, index) => {
    const result = results[index]
    const counts = service !== undefined && result !== undefined && isGood(result) && !isJob(service.Spec)
    return counts ? [service] : []
  })
  // One alone has settled this very moment.
  if (ours.length === 0 || rollouts.length === 1) return results
  try {
    const { services } = await swarmReader(field, 'up-to-date')(ours)
    return results.map((result, index) => {
      const found = isGood(result) ? services.get(rollouts[index]?.service?.ID ?? '')?.found : undefined
      if (found !== 'removed' && found !== 'changed') return result
      const cause = bySomeoneElse(found, 'after it had come up')
      log.info(`${result.name}: ${cause}`)
      return { ...result, outcome: 'superseded', cause }
    })
  } catch (error) {
    log.debug(`No last look: ${messageOf(error)}`)
    return results
  }
}

/** The same at the end of a run that has failed, of what it leaves as it is. Traffic may have moved meanwhile. */
export function withLookAfterFailure(
  rollouts: readonly Rollout[],
  results: readonly ServiceResult[],
  field: Field,
): Promise<readonly ServiceResult[]> {
  const ours = rollouts.map((one) => (one.checked.action === 'switch' ? { ...one, service: undefined } : one))
  return withLastLook(ours, results, field)
}
