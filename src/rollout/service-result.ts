import { imageOf } from '../docker/specs/service-spec.ts'
import { type Change, serviceBefore } from '../plan/check.ts'
import { isGood, type Outcome, type ServiceResult } from '../result.ts'
import { secondsSince } from '../runner/elapsed.ts'
import { log } from '../runner/log.ts'
import type { Sent } from './sent.ts'
import { type ServiceSnapshot, type TaskCounts, taskCounts } from './service-snapshot.ts'

const NOTHING_SEEN: TaskCounts = { nodes: 0, running: 0, wanted: 0 }

const GOOD = { create: 'created', switch: 'created', update: 'updated', unchanged: 'unchanged' } as const

/** The outcome of a rollout that went well. */
export function goodOutcome({ change }: Sent): Outcome {
  return GOOD[change.action]
}

/**
 * What became of a service.
 *
 * @param snapshot what was seen of it last
 */
export function resultOf(
  sent: Sent,
  outcome: Outcome,
  snapshot: ServiceSnapshot | undefined,
  cause?: string,
): ServiceResult {
  const { change, sentAt } = sent
  const live = change.colours?.live
  const service = snapshot?.service ?? sent.service
  const { nodes, running, wanted } = snapshot === undefined ? NOTHING_SEEN : taskCounts(snapshot)
  return {
    name: change.request.name,
    action: actionOf(change),
    outcome,
    image: { before: imageOf(serviceBefore(change)), after: imageOf(service) },
    config: change.access?.config.name,
    nodes,
    tasks: { running, wanted },
    seconds: secondsSince(sentAt),
    ...(change.colours && { live: live?.Spec.Name ?? change.colours.next }),
    ...(cause !== undefined && { cause }),
  }
}

/** Of two services for one name: whether there was one before. */
function actionOf(change: Change): ServiceResult['action'] {
  if (change.action !== 'switch') return change.action
  return change.second.live === undefined ? 'create' : 'update'
}

/** The result of a service that nobody waits for: what was sent, or why it was not. */
export function unwatchedResult(sent: Sent): ServiceResult {
  const { problem } = sent
  if (problem === undefined) return resultOf(sent, goodOutcome(sent), undefined)
  const { outcome, cause, failedTask } = problem
  return { ...resultOf(sent, outcome, undefined, cause), ...(failedTask && { failedTask }) }
}

/** The result of a service that may have come up, had another one not failed. */
export function givenUpResult(
  sent: Sent,
  snapshot: ServiceSnapshot | undefined,
  culprits: readonly string[],
): ServiceResult {
  if (sent.change.action !== 'unchanged') return resultOf(sent, 'rolled-back', snapshot)
  const cause = `nothing was sent to it, and it is not waited for any more, because ${culprits.join(', ')} failed`
  return resultOf(sent, 'skipped', snapshot, cause)
}

/** Logs a result. */
export function sayResult(result: ServiceResult, { isWayBack = false }: Sent): ServiceResult {
  const { name, outcome, seconds, cause } = result
  const said = isWayBack && isGood(result) ? 'back' : outcome
  log.info(`${name}: ${said} after ${seconds} s${cause === undefined ? '' : `: ${cause}`}`)
  return result
}
