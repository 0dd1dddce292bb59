import type { CheckedService } from '../plan/check.ts'
import type { ServiceResult } from '../result.ts'
import { stage } from '../runner/log.ts'
import { withLastLook } from './last-look.ts'
import type { Field, Rollout } from './rollout.ts'
import { deploy } from './send.ts'
import { unwatchedResult } from './service-result.ts'
import { beginWatch } from './watch.ts'

/** What became of all services once they were sent: what there is to report, and to bring back when it has failed. */
export interface RolledOut {
  readonly rollouts: readonly Rollout[]
  readonly results: readonly ServiceResult[]
  /** The results with the tasks that show why, in the same order, where nobody has waited for them yet. */
  readonly diagnosed?: readonly Promise<ServiceResult>[]
}

/**
 * Sends all services, and waits until they have settled. Each is watched as soon as it is sent. Where all go back when
 * one fails, the first certain failure ends it: nothing more is sent, and nobody waits for the others.
 */
export async function rollOut(services: readonly CheckedService[], field: Field): Promise<RolledOut> {
  const { wait, onFailure } = field.deployment
  if (!wait) return unwatched(await stage('Deploy', () => deploy(services, field)))

  const watch = beginWatch(field, onFailure === 'rollback')
  const rollouts = await stage('Deploy', () => deploy(services, field, watch))
  const settled = await stage('Watch', () => watch.end())
  // In the order of the services, and not in that in which they were sent.
  const inOrder = rollouts.flatMap((rollout) => settled.find((one) => one.rollout === rollout) ?? [])
  const diagnosed = inOrder.map((one) => one.diagnosed)
  if (!watch.failed.aborted) {
    return { rollouts, results: await withLastLook(rollouts, await Promise.all(diagnosed), field) }
  }
  return { rollouts, results: inOrder.map(({ result }) => result), diagnosed }
}

/** What nobody waits for: what was sent, or why it was not. */
export function unwatched(rollouts: readonly Rollout[]): RolledOut {
  return { rollouts, results: rollouts.map(unwatchedResult) }
}
