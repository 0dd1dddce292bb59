import type { Change, SendableChange } from '../plan/change.ts'
import { folded, openStage } from '../runner/log/log.ts'
import type { RolloutRun } from './run.ts'
import { changeInWords, deploy } from './send/send.ts'
import type { Sent } from './send/sent.ts'
import type { ServiceLog } from './service-log.ts'
import { unwatchedResult } from './service-result.ts'
import { allDiagnosed, type Settled, settledAs } from './settled.ts'
import { withLastLook } from './watch/last-look.ts'
import { beginWatch, type Watch } from './watch/watch.ts'

/**
 * Sends all services, and waits until they have settled. Each is watched as soon as it is sent. Where all go back when
 * one fails, the first certain failure ends it: nothing more is sent, and nobody waits for the others.
 *
 * @returns what became of them, in the order of the services
 */
export async function rollOut(services: readonly Change[], run: RolloutRun): Promise<readonly Settled[]> {
  const { wait, onFailure } = run.deployment
  const send = (watch?: Watch) =>
    openStage('Deploy', async () => {
      await sayChanges(services, run.lines)
      return deploy(services, run, watch)
    })
  if (!wait) return unwatched(await send())

  const endsAtFailure = onFailure === 'rollback'
  const watch = beginWatch(services.length, run, endsAtFailure)
  const all = await send(watch)
  return openStage('Watch', async () => {
    const settled = await watch.end(all)
    return watch.failed.aborted ? settled : allDiagnosed(await withLastLook(settled, run, endsAtFailure))
  })
}

/** What is about to be done to which service; of many folded, with a line for all. */
async function sayChanges(services: readonly Change[], lines: ServiceLog): Promise<void> {
  const sent = services.filter((one): one is SendableChange => one.action !== 'unchanged')
  const sayEach = () => {
    for (const change of sent) lines.say(change.request.name, changeInWords(change))
  }
  if (!lines.isMany) return sayEach()
  if (sent.length > 0) await folded(`${sent.length} changes`, sayEach)
  const created = sent.filter(({ action }) => action === 'create').length
  const counts = [
    [created, 'to create'] as const,
    [sent.length - created, 'to update'] as const,
    [services.length - sent.length, 'as asked'] as const,
  ]
  lines.all(
    `${services.length} services: ${counts
      .filter(([count]) => count > 0)
      .map((words) => words.join(' '))
      .join(', ')}`,
  )
}

/** What nobody waits for: what was sent, or why it was not. */
export function unwatched(all: readonly Sent[]): readonly Settled[] {
  return all.map((sent) => settledAs(sent, unwatchedResult(sent)))
}
