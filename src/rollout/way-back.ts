import { isGood, type ServiceResult } from '../result.ts'
import { openStage } from '../runner/log/log.ts'
import { nowMs } from '../runner/time/clock.ts'
import { complete, resultsAfter } from './back-results.ts'
import type { RolloutRun } from './run.ts'
import { type Restoring, sendBack, sendFailedBack, sendOnceMore } from './send/send-back.ts'
import type { Sent } from './send/sent.ts'
import { allDiagnosed, type Settled } from './settled.ts'
import { withLastLook } from './watch/last-look.ts'
import { beginWatch } from './watch/watch.ts'
import { goingBack, hasCause, jobsThatStay } from './who-goes-back.ts'

/**
 * Brings back what a failed or stopped run has changed, as far as the user wants it, and waits until that runs again.
 * With nothing to bring back it does nothing.
 */
export async function goBack(settled: readonly Settled[], run: RolloutRun): Promise<readonly Settled[]> {
  const { deployment, signal, time } = run
  const changed = goingBack(settled, deployment)
  const jobs = deployment.wait ? jobsThatStay(settled, deployment) : []
  if (changed.length + jobs.length === 0) return complete(await allDiagnosed(settled), run)
  time.beginWayBack()
  return openStage('Roll back', async () => {
    // What a task has printed is gone with its service: its own failure is told first, but nobody else waits for that.
    const others = sendBack(
      changed.filter(({ result }) => !hasCause(result)).map(({ sent }) => sent),
      run,
    )
    const culprits = sendFailedBack(
      changed.filter(({ result }) => hasCause(result)),
      run,
    )
    const restoring = [...(await others), ...(await culprits)]
    const before = await allDiagnosed(settled)
    const isWatched = deployment.wait && !signal.aborted
    const again = isWatched
      ? await watchAgain(restoring, jobs, whatStands(settled, [...changed.map(({ sent }) => sent), ...jobs]), run)
      : new Map<Sent, ServiceResult>()
    return complete(resultsAfter(before, restoring, jobs, again), run)
  })
}

/** What is up, and is not watched on its way back. Traffic may have moved meanwhile. */
function whatStands(settled: readonly Settled[], others: readonly Sent[]): readonly Settled[] {
  return settled.filter(
    ({ sent, result, history }) =>
      isGood(result) && history !== undefined && sent.change.action !== 'switch' && !others.includes(sent),
  )
}

/**
 * What became of what was sent back, and of the jobs that go on: by what this run had sent before. Also of what stands,
 * where that is not up any more when all the others are.
 */
async function watchAgain(
  restoring: readonly Restoring[],
  jobs: readonly Sent[],
  standing: readonly Settled[],
  run: RolloutRun,
): Promise<ReadonlyMap<Sent, ServiceResult>> {
  const ways = restoring.flatMap((way) => {
    const back = rolloutBack(way)
    return back === undefined ? [] : [[back, way.sent] as const]
  })
  const sentBefore = new Map<Sent, Sent>([...ways, ...jobs.map((job) => [job, job] as const)])
  const watching = beginWatch(sentBefore.size, run)
  for (const sent of sentBefore.keys()) watching.add(sent)
  const back = await watching.end([...sentBefore.keys()])
  const looked = await allDiagnosed(await withLastLook([...back, ...standing], run, false))
  return new Map(looked.map(({ sent, result }) => [sentBefore.get(sent) ?? sent, result]))
}

/** What to watch on the way back; `undefined` when there was no service before. */
function rolloutBack(way: Restoring): Sent | undefined {
  if (!('before' in way) || way.before === undefined) return undefined
  const { before: service, sent } = way
  const { change } = sent
  const back: Sent = { change, service, sentAt: nowMs(), isWayBack: true }
  if (change.action === 'switch') return { ...back, change: { ...change, action: 'unchanged', current: service } }
  return change.action === 'update' ? { ...back, goOn: (run) => sendOnceMore(change, run) } : back
}
