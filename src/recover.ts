import type { ChangedService, Connection, Deployment, Rollout, ServiceResult } from './deployment.ts'
import type { Service } from './docker/api.ts'
import { registryAuthHeader } from './docker/registry-auth.ts'
import { remove } from './docker/removal.ts'
import { imageOf } from './docker/service-spec.ts'
import { sameSpec } from './docker/spec-comparison.ts'
import { findService, type StoredCredential, updateSpec } from './docker/spec-update.ts'
import { toTenths } from './elapsed.ts'
import { messageOf } from './errors.ts'
import { inParallel } from './parallel.ts'
import { nowMs, timeLimit } from './runner/clock.ts'
import { log } from './runner/log.ts'
import { isGood } from './verdict.ts'

/** A service on its way back, or why it is not. */
export type Restoring = {
  readonly rollout: Rollout
  readonly before: ServiceResult
} & ({ readonly state: 'sent' | 'removed' } | { readonly state: 'failed'; readonly cause: string })

/** After a kill the runner leaves a few seconds: enough to send what Swarm then does by itself. */
const SEND_TIMEOUT_MS = 60_000

/**
 * The services that a failed or stopped run has to bring back: none when all is well. Where the user wants to keep it
 * only those go back that would stay half-way, with a spec that was meant for the way there alone.
 */
export function changedServices(
  rollouts: readonly Rollout[],
  results: readonly ServiceResult[],
  { onFailure, onCancel }: Deployment,
): readonly { readonly rollout: Rollout; readonly before: ServiceResult }[] {
  const bad = results.filter((result) => !isGood(result))
  const stopped = bad.some(({ outcome }) => outcome === 'cancelled')
  if (bad.length === 0) return []
  const keep = (stopped ? onCancel : onFailure) !== 'rollback'
  return rollouts.flatMap((rollout, index) => {
    const before = results[index]
    if (before === undefined || rollout.checked.action === 'unchanged' || before.outcome === 'superseded') return []
    const mayGo = isHalfWay(rollout, before) || (rollout.problem === undefined && !keep)
    return mayGo ? [{ rollout, before }] : []
  })
}

/** Swarm alone would neither go on from an interim spec nor back, and its own rollback leads to it. */
function isHalfWay({ checked, problem }: Rollout, { outcome }: ServiceResult): boolean {
  return checked.interim !== undefined && (problem !== undefined || outcome === 'rolled-back')
}

/**
 * Sends every service back to the spec that was observed before the run, with a credential that is valid now, and
 * removes those that the run created. Somebody else's deploy that came meanwhile is left alone.
 */
export function sendBack(
  changed: ReturnType<typeof changedServices>,
  { engine }: Connection,
  maxParallel: number,
): Promise<Restoring[]> {
  const signal = timeLimit(SEND_TIMEOUT_MS)
  return inParallel(changed, maxParallel, async ({ rollout, before }): Promise<Restoring> => {
    const { checked, service } = rollout
    try {
      if (checked.action === 'unchanged' || service === undefined) throw new Error('there is no service to restore')
      const standing =
        checked.current === undefined
          ? await takeAway(service, checked)
          : await restore(checked, checked.current, service)
      if (standing === 'someone-elses')
        return { rollout, before, state: 'failed', cause: 'someone else deployed it meanwhile' }
      if (standing === 'gone' && checked.current !== undefined)
        return { rollout, before, state: 'failed', cause: 'someone else removed it meanwhile' }
      const removed = `${checked.nextColour === undefined ? '' : `${checked.nextColour.name} `}removed again`
      log.info(
        `${before.name}: ${checked.current === undefined ? removed : `sent back to ${imageOf(checked.current)}`}`,
      )
      return { rollout, before, state: checked.current === undefined ? 'removed' : 'sent' }
    } catch (error) {
      return { rollout, before, state: 'failed', cause: messageOf(error) }
    }
  })

  async function restore(checked: ChangedService, current: Service, deployed: Service) {
    const bases = [deployed.Spec, ...(checked.interim === undefined ? [] : [checked.interim, checked.wanted])]
    return updateSpec(engine, current.ID, bases, current.Spec, credentialFor(checked), signal)
  }

  async function takeAway(created: Service, { nextColour }: ChangedService) {
    const ours = [created.Spec, ...(nextColour === undefined ? [] : [nextColour.routed])]
    const now = await findService(engine, created.ID, signal)
    if (now === undefined) return 'gone'
    if (!ours.some((spec) => sameSpec(now.Spec, spec))) return 'someone-elses'
    await remove(engine, `/services/${created.ID}`, signal)
    return 'done'
  }
}

/** The rollouts to watch until what was before runs again. */
export function restoredRollouts(restoring: readonly Restoring[]): Rollout[] {
  return restoring.flatMap(({ rollout: { checked }, state }): Rollout[] => {
    const sentAt = nowMs()
    if (state === 'sent') return [{ checked, service: checked.current, sentAt, isWayBack: true }]
    const live = state === 'removed' ? checked.nextColour?.live : undefined
    return live === undefined
      ? []
      : [{ checked: { ...checked, current: live, action: 'unchanged' }, service: live, sentAt, isWayBack: true }]
  })
}

/** The results of a run after its way back. */
export function resultsAfter(
  results: readonly ServiceResult[],
  restoring: readonly Restoring[],
  restored: readonly ServiceResult[] | undefined,
): ServiceResult[] {
  const culprits = results.filter((result) => !isGood(result) && result.outcome !== 'skipped').map(({ name }) => name)
  return results.map((result) => {
    const way = restoring.find(({ before }) => before === result)
    return way === undefined
      ? result
      : resultAfter(
          way,
          culprits,
          restored?.find(({ name }) => name === result.name),
        )
  })
}

function resultAfter(way: Restoring, culprits: readonly string[], restored: ServiceResult | undefined): ServiceResult {
  const { before, rollout } = way
  const cause = before.cause ?? `restored because of ${culprits.join(', ')}`
  if (way.state === 'failed')
    return { ...before, outcome: 'failed', cause: `${cause}; the way back failed too: ${way.cause}` }
  const { current, nextColour } = rollout.checked
  const was = current ?? nextColour?.live
  if (was === undefined) return { ...gone(before), outcome: 'rolled-back', cause: `${cause}; removed again` }
  const image = { before: before.image.before, after: imageOf(was) }
  if (restored === undefined || restored.outcome === 'cancelled') {
    const outcome = (restored ?? before).outcome === 'cancelled' ? 'cancelled' : 'rolled-back'
    return { ...before, outcome, image, cause: `${cause}; the way back was sent and not watched` }
  }
  const { nodes, tasks, seconds } = restored
  const again = nextColour?.live === undefined ? 'what ran before runs again' : `${before.live} has the traffic`
  const now = { ...before, image, nodes, tasks, seconds: toTenths(before.seconds + seconds) }
  return isGood(restored)
    ? { ...now, outcome: 'rolled-back', cause: `${cause}; ${again}` }
    : { ...now, outcome: 'failed', cause: `${cause}; the way back failed too: ${restored.cause ?? restored.outcome}` }
}

function gone(before: ServiceResult): ServiceResult {
  return { ...before, image: { before: undefined, after: undefined }, nodes: 0, tasks: { running: 0, wanted: 0 } }
}

/** Today's credential where the run has one for the old image; else what was stored with the old spec. */
function credentialFor({ access, currentAccess }: ChangedService): StoredCredential {
  if (currentAccess !== undefined) return { from: 'header', header: registryAuthHeader(currentAccess.credential) }
  return { from: access === undefined ? 'spec' : 'previous-spec' }
}
