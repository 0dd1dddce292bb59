import { isJob } from '../../docker/specs/service-mode.ts'
import { hasUnfinishedUpdate } from '../../docker/swarm/update-status.ts'
import { messageOf } from '../../errors.ts'
import type { Update } from '../../plan/change.ts'
import { timeLimit } from '../../runner/time/clock.ts'
import type { RolloutRun } from '../run.ts'
import { storedCredential } from './stored-credential.ts'
import { WRITE_TIMEOUT_MS, writeSpec } from './write-spec.ts'

/**
 * Stores today's credential with the spec that the service has now, before that spec becomes the previous one: Swarm's
 * own rollback pulls with what is stored there, and by then an old token may have expired. No task restarts.
 *
 * Not for jobs, which would run again, nor for a service in the middle of an update, which would go on or start over.
 */
export async function renewCredential(
  { current, currentAccess, request, interim }: Update,
  { connection: { engine }, lines }: Pick<RolloutRun, 'connection' | 'lines'>,
  signal: AbortSignal,
): Promise<void> {
  if (currentAccess === undefined || interim !== undefined) return
  if (isJob(current.Spec) || hasUnfinishedUpdate(current)) return
  try {
    const patience = AbortSignal.any([signal, timeLimit(WRITE_TIMEOUT_MS)])
    await writeSpec(engine, current.ID, [current.Spec], current.Spec, storedCredential(currentAccess), patience)
  } catch (error) {
    lines.say(request.name, `the credential for a way back was not renewed: ${messageOf(error)}`)
  }
}
