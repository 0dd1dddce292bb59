import type { Change } from '../plan/check.ts'
import { stage } from '../runner/log.ts'
import { withLastLook } from './last-look.ts'
import type { RolloutRun } from './run.ts'
import { deploy } from './send.ts'
import type { Sent } from './sent.ts'
import { unwatchedResult } from './service-result.ts'
import { allDiagnosed, type Settled, settledAs } from './settled.ts'
import { beginWatch } from './watch.ts'

/**
 * Sends all services, and waits until they have settled. Each is watched as soon as it is sent. Where all go back when
 * one fails, the first certain failure ends it: nothing more is sent, and nobody waits for the others.
 *
 * @returns what became of them, in the order of the services
 */
export async function rollOut(services: readonly Change[], run: RolloutRun): Promise<readonly Settled[]> {
  const { wait, onFailure } = run.deployment
  if (!wait) return unwatched(await stage('Deploy', () => deploy(services, run)))

  const watch = beginWatch(run, onFailure === 'rollback')
  const all = await stage('Deploy', () => deploy(services, run, watch))
  const settled = await stage('Watch', () => watch.end(all))
  return watch.failed.aborted ? settled : withLastLook(await allDiagnosed(settled), run)
}

/** What nobody waits for: what was sent, or why it was not. */
export function unwatched(all: readonly Sent[]): readonly Settled[] {
  return all.map((sent) => settledAs(sent, unwatchedResult(sent)))
}
