import { imageOf } from '../docker/specs/service-spec.ts'
import { type CheckedService, serviceBefore } from '../plan/check.ts'
import { isGood, type Outcome, type ServiceResult } from '../result.ts'
import { secondsSince } from '../runner/elapsed.ts'
import { log } from '../runner/log.ts'
import type { Rollout } from './rollout.ts'
import { type ServiceSnapshot, type TaskCounts, taskCounts } from './service-snapshot.ts'

const NOTHING_SEEN: TaskCounts = { nodes: 0, running: 0, wanted: 0 }

const GOOD = { create: 'created', switch: 'created', update: 'updated', unchanged: 'unchanged' } as const

/** The outcome of a rollout that went well. */
export function goodOutcome({ checked }: Rollout): Outcome {
  return GOOD[checked.action]
}

/**
 * What became of a service.
 *
 * @param snapshot what was seen of it last
 */
export function resultOf(
  rollout: Rollout,
  outcome: Outcome,
  snapshot: ServiceSnapshot | undefined,
  cause?: string,
): ServiceResult {
  const { checked, sentAt } = rollout
  const live = checked.colours?.live
  const service = snapshot?.service ?? rollout.service
  const { nodes, running, wanted } = snapshot === undefined ? NOTHING_SEEN : taskCounts(snapshot)
  return {
    name: checked.request.name,
    action: actionOf(checked),
    outcome,
    image: { before: imageOf(serviceBefore(checked)), after: imageOf(service) },
    config: checked.access?.config.name,
    nodes,
    tasks: { running, wanted },
    seconds: secondsSince(sentAt),
    ...(checked.colours && { live: live?.Spec.Name ?? checked.colours.next }),
    ...(cause !== undefined && { cause }),
  }
}

/** Of two services for one name: whether there was one before. */
function actionOf(checked: CheckedService): ServiceResult['action'] {
  if (checked.action !== 'switch') return checked.action
  return checked.second.live === undefined ? 'create' : 'update'
}

/** The result of a service that nobody waits for: what was sent, or why it was not. */
export function unwatchedResult(rollout: Rollout): ServiceResult {
  const { problem } = rollout
  if (problem === undefined) return resultOf(rollout, goodOutcome(rollout), undefined)
  const { outcome, cause, failedTask } = problem
  return { ...resultOf(rollout, outcome, undefined, cause), ...(failedTask && { failedTask }) }
}

/** The result of a service that may have come up, had another one not failed. */
export function givenUpResult(
  rollout: Rollout,
  snapshot: ServiceSnapshot | undefined,
  culprits: readonly string[],
): ServiceResult {
  if (rollout.checked.action !== 'unchanged') return resultOf(rollout, 'rolled-back', snapshot)
  const cause = `nothing was sent to it, and it is not waited for any more, because ${culprits.join(', ')} failed`
  return resultOf(rollout, 'skipped', snapshot, cause)
}

/** Logs a result. */
export function sayResult(result: ServiceResult, { isWayBack = false }: Rollout): ServiceResult {
  const { name, outcome, seconds, cause } = result
  const said = isWayBack && isGood(result) ? 'back' : outcome
  log.info(`${name}: ${said} after ${seconds} s${cause === undefined ? '' : `: ${cause}`}`)
  return result
}
