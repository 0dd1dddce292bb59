import type { Service, Task } from '../docker/api.ts'
import { remove } from '../docker/engine/removal.ts'
import { registryAuthHeader } from '../docker/registry/registry-auth.ts'
import { isJob } from '../docker/specs/service-mode.ts'
import { imageOf } from '../docker/specs/service-spec.ts'
import { sameSpec } from '../docker/specs/spec-comparison.ts'
import { findService, type StoredCredential, updateSpec } from '../docker/specs/spec-update.ts'
import { isOnItsWayToANode } from '../docker/swarm/task.ts'
import { messageOf } from '../errors.ts'
import type { Deployment } from '../inputs/deployment.ts'
import type { ChangedService, CheckedService } from '../plan/check.ts'
import { INTERIM_LABEL } from '../plan/interim-spec.ts'
import { isGood, type ServiceResult } from '../result.ts'
import { nowMs, sleep, timeLimit } from '../runner/clock.ts'
import { toTenths } from '../runner/elapsed.ts'
import { log, stage } from '../runner/log.ts'
import { inParallel } from '../runner/parallel.ts'
import { poll } from '../runner/poll.ts'
import { STOPPED } from './look.ts'
import type { RolledOut } from './roll-out.ts'
import type { Field, Rollout } from './rollout.ts'
import { bySomeoneElse } from './superseded.ts'
import { watch } from './watch.ts'

/** A service on its way back, or why it is not. */
export type Restoring = { readonly rollout: Rollout } & (
  | { readonly state: 'sent' | 'removed' }
  /** `overtaken`: by somebody else, who has deployed or removed it meanwhile. */
  | { readonly state: 'failed' | 'overtaken'; readonly cause: string }
)

/** An election of the swarm's leader takes up to 24 s. */
const SEND_TIMEOUT_MS = 40_000
const LOOK_EVERY_MS = 300
const PLACEMENT_MS = 1000
/** So soon after a change Swarm has made the first task of it. */
const FIRST_TASK_MS = 300
const PLACEMENT_LOOK_MS = 50

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
    const culprits = sendBack(changed.filter(isBad), field, untold)
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
): readonly Rollout[] {
  const keep = !allGoBack(results, deployment)
  if (results.every(isGood)) return []
  return rollouts.filter((rollout, index) => {
    const before = results[index]
    const { checked, problem } = rollout
    if (before === undefined || checked.action === 'unchanged' || before.outcome === 'superseded') return false
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
  return checked.interim !== undefined && (problem !== undefined || outcome === 'rolled-back')
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

/**
 * Sends services back to the specs that were observed before the run, with a credential that is valid now, and removes
 * those that the run created. Somebody else's deploy that came meanwhile is left alone.
 *
 * @param told when all is known of a service that its way back would take away
 */
function sendBack(
  changed: readonly Rollout[],
  { connection: { engine }, deployment, signal: stop, time }: Field,
  told?: (rollout: Rollout) => ServiceResult | Promise<ServiceResult> | undefined,
): Promise<Restoring[]> {
  return inParallel(
    changed,
    told === undefined ? deployment.maxParallel : changed.length,
    async (rollout): Promise<Restoring> => {
      const { checked } = rollout
      try {
        await told?.(rollout)
        if (checked.action === 'unchanged')
          throw new Error('there is nothing to restore in a service that was not changed')
        const given =
          checked.current === undefined
            ? await takeAway(rollout, checked)
            : await restore(checked, checked.current, rollout)
        if (given === 'changed' || (given === 'removed' && checked.current !== undefined)) {
          return { rollout, state: 'overtaken', cause: bySomeoneElse(given, 'during this deploy') }
        }
        const removed = `${checked.nextColour === undefined ? '' : `${checked.nextColour.name} `}removed again`
        const { name } = checked.request
        log.info(`${name}: ${checked.current === undefined ? removed : `sent back to ${imageOf(checked.current)}`}`)
        return { rollout, state: checked.current === undefined ? 'removed' : 'sent' }
      } catch (error) {
        return { rollout, state: 'failed', cause: `${messageOf(error)}${leftHalfWay(checked)}` }
      }
    },
  )

  async function restore(checked: ChangedService, current: Service, { service: deployed, problem, sentAt }: Rollout) {
    if (told !== undefined) await untilSwarmHasRolledBack(current)
    const signal = timeLimit(SEND_TIMEOUT_MS)
    await untilOnNodes(current, sentAt, signal)
    const sent = [...(deployed === undefined ? [] : [deployed.Spec]), ...(problem?.isUnknown ? [checked.wanted] : [])]
    const bases = [...sent, ...(checked.interim === undefined ? [] : [checked.interim, checked.wanted])]
    return updateSpec(engine, current.ID, bases, current.Spec, credentialFor(checked), signal)
  }

  /** Swarm's own rollback leads to the same spec, by a policy that is meant for it. */
  async function untilSwarmHasRolledBack({ ID }: Service): Promise<void> {
    const isOver = () => time.isOver
    const hasRolledBack = async () => {
      const now = await findService(engine, ID, timeLimit(SEND_TIMEOUT_MS))
      return now?.UpdateStatus?.State !== 'rollback_started'
    }
    if (!isOver() && !stop.aborted) await poll(hasRolledBack, LOOK_EVERY_MS, isOver, stop)
  }

  /**
   * A task that is told to end before it has a node never ends, and the one after it waits a minute for that (swarmkit,
   * manager/orchestrator/restart: DelayStart). Swarm takes a tenth of a second to find a node.
   */
  async function untilOnNodes({ ID }: Service, sentAt: number, signal: AbortSignal): Promise<void> {
    const deadline = nowMs() + PLACEMENT_MS
    await sleep(Math.max(0, sentAt + FIRST_TASK_MS - nowMs()), signal)
    const query = { filters: JSON.stringify({ service: [ID] }) }
    const areOnNodes = async () => !(await engine.get<Task[]>('/tasks', { query, signal })).some(isOnItsWayToANode)
    await poll(areOnNodes, PLACEMENT_LOOK_MS, () => nowMs() >= deadline, signal)
  }

  async function takeAway({ service: created }: Rollout, { wanted, nextColour }: ChangedService) {
    const signal = timeLimit(SEND_TIMEOUT_MS)
    const ours = [created?.Spec ?? wanted, ...(nextColour === undefined ? [] : [nextColour.routed])]
    const now = await findService(engine, created?.ID ?? wanted.Name, signal)
    if (now === undefined) return 'removed'
    if (!ours.some((spec) => sameSpec(now.Spec, spec))) return 'changed'
    await remove(engine, `/services/${now.ID}`, signal)
    return 'done'
  }
}

function leftHalfWay({ interim, request }: CheckedService): string {
  if (interim === undefined) return ''
  const { kind } = request.strategy
  return `; it may be left with a spec that was only meant for the way (${kind}, label ${INTERIM_LABEL}): the next deploy of it starts from what was before`
}

/** The rollouts to watch until what was before runs again. */
function restoredRollouts(restoring: readonly Restoring[]): Rollout[] {
  return restoring.flatMap(({ rollout: { checked }, state }): Rollout[] => {
    const sentAt = nowMs()
    if (state === 'sent') return [{ checked, service: checked.current, sentAt, isWayBack: true }]
    const live = state === 'removed' ? checked.nextColour?.live : undefined
    return live === undefined
      ? []
      : [{ checked: { ...checked, current: live, action: 'unchanged' }, service: live, sentAt, isWayBack: true }]
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
  const { current, nextColour } = way.rollout.checked
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
  if (restored.outcome === 'superseded') return { ...now, outcome: 'superseded', cause: `${cause}; ${restored.cause}` }
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
