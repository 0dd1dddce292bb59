import { isJob } from '../docker/specs/service-mode.ts'
import { imageOf } from '../docker/specs/service-spec.ts'
import type { Deployment } from '../inputs/deployment.ts'
import { currentOf, serviceBefore } from '../plan/check.ts'
import { isGood, type ServiceResult } from '../result.ts'
import { nowMs } from '../runner/clock.ts'
import { toTenths } from '../runner/elapsed.ts'
import { log, stage } from '../runner/log.ts'
import { STOPPED } from './look.ts'
import type { RolledOut } from './roll-out.ts'
import { type Changed, type Field, interimOf, isChanged, type Rollout } from './rollout.ts'
import { type Restoring, sendBack, sendFailedBack } from './send-back.ts'
import { watch } from './watch.ts'

/**
 * Brings back what a failed or stopped run has changed, as far as the user wants it, and waits until that runs again.
 * With nothing to bring back it does nothing.
 */
export async function goBack(ended: RolledOut, field: Field): Promise<readonly ServiceResult[]> {
  const { rollouts, results, diagnosed = results } = ended
  const { deployment, signal, time } = field
  const changed = changedServices(rollouts, results, deployment)
  const jobs = jobsThatStay(rollouts, results, deployment)
  if (changed.length + jobs.length === 0) return complete(rollouts, await Promise.all(diagnosed), deployment)
  time.beginWayBack()
  return stage('Roll back', async () => {
    const isBad = (rollout: Rollout) => hasCause(results[rollouts.indexOf(rollout)])
    // What a task has printed is gone with its service: its own failure is told first, but nobody else waits for that.
    const untold = (rollout: Rollout) => diagnosed[rollouts.indexOf(rollout)]
    const others = sendBack(
      changed.filter((rollout) => !isBad(rollout)),
      field,
    )
    const culprits = sendFailedBack(changed.filter(isBad), field, async (rollout) => untold(rollout))
    const restoring = [...(await others), ...(await culprits)]
    const before = await Promise.all(diagnosed)
    const isWatched = deployment.wait && !signal.aborted
    const restored = isWatched ? await watch([...restoredRollouts(restoring), ...jobs], field) : undefined
    const after = resultsAfter(rollouts, before, restoring, restored).map((result, index) => {
      if (!jobs.some((rollout) => rollout === rollouts[index])) return result
      const now = restored?.find(({ name }) => name === result.name)
      if (now === undefined) return isGivenUp(result) ? { ...result, ...UNWATCHED } : result
      return now.outcome === result.outcome ? result : now
    })
    return complete(rollouts, after, deployment)
  })
}

function hasCause(result: ServiceResult | undefined): boolean {
  return result?.cause !== undefined
}

/**
 * The services that a failed or stopped run has to bring back: none when all is well. Where the user wants to keep it
 * only those go back that would stay half-way, with a spec that was meant for the way there alone.
 */
export function changedServices(
  rollouts: readonly Rollout[],
  results: readonly ServiceResult[],
  deployment: Pick<Deployment, 'onFailure' | 'onCancel'>,
): readonly Changed[] {
  const keep = !allGoBack(results, deployment)
  if (results.every(isGood)) return []
  return rollouts.filter(isChanged).filter((rollout) => {
    const before = results[rollouts.indexOf(rollout)]
    const { problem } = rollout
    if (before === undefined || before.outcome === 'superseded') return false
    const isSent = problem === undefined || problem.isUnknown === true
    return isHalfWay(rollout, before) || (isSent && !keep && !wouldRunAgain(rollout))
  })
}

/** Whether the user wants all back that a run has changed whose results are these. */
function allGoBack(
  results: readonly ServiceResult[],
  { onFailure, onCancel }: Pick<Deployment, 'onFailure' | 'onCancel'>,
): boolean {
  if (results.every(isGood)) return false
  const stopped = results.some(({ outcome }) => outcome === 'cancelled')
  return (stopped ? onCancel : onFailure) === 'rollback'
}

/** Swarm alone would neither go on from an interim spec nor back, and its own rollback leads to it. */
function isHalfWay({ checked, problem }: Rollout, { outcome }: ServiceResult): boolean {
  return interimOf(checked) !== undefined && (problem !== undefined || outcome === 'rolled-back')
}

/**
 * Swarm runs a job once more for every change of it (swarmkit, manager/controlapi/service.go): what it was before could
 * not be had without doing the old work again.
 */
function wouldRunAgain({ checked }: Rollout): boolean {
  return checked.action === 'update' && isJob(checked.wanted)
}

/**
 * The jobs that are left as they are, though the others go back: one that still runs goes on, and gets its verdict, and
 * of one that has run it is looked whether it is still there.
 */
function jobsThatStay(
  rollouts: readonly Rollout[],
  results: readonly ServiceResult[],
  deployment: Deployment,
): readonly Rollout[] {
  if (!deployment.wait || !allGoBack(results, deployment)) return []
  return rollouts.filter((rollout, index) => {
    const result = results[index]
    return result !== undefined && (isGood(result) || isGivenUp(result)) && wouldRunAgain(rollout)
  })
}

/** Not waited for any more when another service failed. */
function isGivenUp(result: ServiceResult): boolean {
  return result.outcome === 'rolled-back' && !hasCause(result)
}

const UNWATCHED = { outcome: 'cancelled', cause: STOPPED } as const
const JOB_STAYS = 'a way back would run the old job again: its new spec stays'

/** The results, which say what stands: of services that nobody sent back after a stop, and of jobs. */
function complete(
  rollouts: readonly Rollout[],
  results: readonly ServiceResult[],
  deployment: Deployment,
): readonly ServiceResult[] {
  const goesOn = (result: ServiceResult) =>
    result.cause === STOPPED ? { ...result, cause: `${STOPPED}; the swarm goes on by itself` } : result
  return withJobs(rollouts, results.map(goesOn), deployment)
}

/** The results, which say of jobs what stands. */
function withJobs(
  rollouts: readonly Rollout[],
  results: readonly ServiceResult[],
  deployment: Deployment,
): readonly ServiceResult[] {
  if (!allGoBack(results, deployment)) return results
  return results.map((result, index) => {
    const rollout = rollouts[index]
    const isSent = rollout !== undefined && (rollout.problem === undefined || rollout.problem.isUnknown === true)
    if (!isSent || !wouldRunAgain(rollout) || result.outcome === 'superseded') return result
    log.info(`${result.name}: not sent back: ${JOB_STAYS}`)
    return isGood(result) ? { ...result, note: JOB_STAYS } : { ...result, cause: `${result.cause}; ${JOB_STAYS}` }
  })
}

/** The rollouts to watch until what was before runs again. */
function restoredRollouts(restoring: readonly Restoring[]): Rollout[] {
  return restoring.flatMap(({ rollout: { checked }, state }): Rollout[] => {
    const sentAt = nowMs()
    if (state === 'sent') return [{ checked, service: currentOf(checked), sentAt, isWayBack: true }]
    if (state !== 'removed' || checked.action !== 'switch' || checked.second.live === undefined) return []
    const { live } = checked.second
    return [{ checked: { ...checked, action: 'unchanged', current: live }, service: live, sentAt, isWayBack: true }]
  })
}

const RESTORED = 'restored because of'

/** Whether a cause says no more than that a service came up, and was sent back because others did not. */
export function isRestored(cause: string | undefined): boolean {
  return cause?.startsWith(RESTORED) === true
}

/** The results of a run after its way back. */
export function resultsAfter(
  rollouts: readonly Rollout[],
  results: readonly ServiceResult[],
  restoring: readonly Restoring[],
  restored: readonly ServiceResult[] | undefined,
): ServiceResult[] {
  const isCulprit = (result: ServiceResult) => !isGood(result) && result.outcome !== 'skipped' && hasCause(result)
  const culprits = results.filter(isCulprit).map(({ name }) => name)
  return results.map((result, index) => {
    const way = restoring.find(({ rollout }) => rollout === rollouts[index])
    const now = restored?.find(({ name }) => name === result.name)
    return way === undefined ? result : resultAfter(result, way, culprits, now)
  })
}

function resultAfter(
  before: ServiceResult,
  way: Restoring,
  culprits: readonly string[],
  restored: ServiceResult | undefined,
): ServiceResult {
  const cause = before.cause ?? `${RESTORED} ${culprits.join(', ')}`
  if (way.state === 'failed') {
    const outcome = before.outcome === 'cancelled' ? 'cancelled' : 'failed'
    return { ...before, outcome, cause: `${cause}; the way back failed too: ${way.cause}` }
  }
  // What somebody else has made of it stands.
  if (way.state === 'overtaken') {
    const outcome = before.outcome === 'cancelled' ? 'cancelled' : 'superseded'
    return { ...before, outcome, cause: `${cause}; ${way.cause}` }
  }
  const { checked } = way.rollout
  const was = serviceBefore(checked)
  if (was === undefined) return { ...gone(before), outcome: 'rolled-back', cause: `${cause}; removed again` }
  const image = { before: before.image.before, after: imageOf(was) }
  if (restored === undefined || restored.outcome === 'cancelled') {
    const outcome = (restored ?? before).outcome === 'cancelled' ? 'cancelled' : 'rolled-back'
    return { ...before, outcome, image, cause: `${cause}; the way back was sent and not watched` }
  }
  const { nodes, tasks, seconds } = restored
  const again = checked.action === 'switch' ? `${before.live} has the traffic` : 'what ran before runs again'
  const now = { ...before, image, nodes, tasks, seconds: toTenths(before.seconds + seconds) }
  if (restored.outcome === 'superseded') return { ...now, outcome: 'superseded', cause: `${cause}; ${restored.cause}` }
  return isGood(restored)
    ? { ...now, outcome: 'rolled-back', cause: `${cause}; ${again}` }
    : { ...now, outcome: 'failed', cause: `${cause}; the way back failed too: ${restored.cause ?? restored.outcome}` }
}

function gone(before: ServiceResult): ServiceResult {
  return { ...before, image: { before: undefined, after: undefined }, nodes: 0, tasks: { running: 0, wanted: 0 } }
}
