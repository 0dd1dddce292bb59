import type { CheckedService } from '../plan/check.ts'
import { stage } from '../runner/log.ts'
import { withLastLook } from './last-look.ts'
import type { Field, Rollout } from './rollout.ts'
import { deploy } from './send.ts'
import { unwatchedResult } from './service-result.ts'
import { allDiagnosed, type Settled, settledAs } from './settled.ts'
import { beginWatch } from './watch.ts'

/**
 * Sends all services, and waits until they have settled. Each is watched as soon as it is sent. Where all go back when
 * one fails, the first certain failure ends it: nothing more is sent, and nobody waits for the others.
 *
 * @returns what became of them, in the order of the services
 */
export async function rollOut(services: readonly CheckedService[], field: Field): Promise<readonly Settled[]> {
  const { wait, onFailure } = field.deployment
  if (!wait) return unwatched(await stage('Deploy', () => deploy(services, field)))

  const watch = beginWatch(field, onFailure === 'rollback')
  const rollouts = await stage('Deploy', () => deploy(services, field, watch))
  const settled = await stage('Watch', () => watch.end(rollouts))
  return watch.failed.aborted ? settled : withLastLook(await allDiagnosed(settled), field)
}

/** What nobody waits for: what was sent, or why it was not. */
export function unwatched(rollouts: readonly Rollout[]): readonly Settled[] {
  return rollouts.map((rollout) => settledAs(rollout, unwatchedResult(rollout)))
}
