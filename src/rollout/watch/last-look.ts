import type { Task } from '../../docker/api.ts'
import { isJob } from '../../docker/specs/service-mode.ts'
import { imageOf } from '../../docker/specs/service-spec.ts'
import type { Snapshot } from '../../docker/swarm/snapshot.ts'
import { ending, newest } from '../../docker/swarm/task.ts'
import { messageOf } from '../../errors.ts'
import { isGood, type ServiceResult } from '../../result.ts'
import { log } from '../../runner/log/log.ts'
import { hasOthersScale } from '../../runner/own-labels.ts'
import type { RolloutRun } from '../run.ts'
import { withTheirs } from '../service-result.ts'
import { type Settled, settledAs, withResult } from '../settled.ts'
import { superseded } from '../superseded.ts'
import { endsNote } from './ends-note.ts'
import { lookAt, swarmReader } from './look.ts'
import { allEnded, type ServiceHistory } from './service-history.ts'
import { beginWatch } from './watch.ts'
import { judgeOf, type WatchedService } from './watched-service.ts'

/**
 * What became of services after one more look at all: by the time that the last one is up, one that came up early may be
 * somebody else's, or have lost its tasks. Such a one is waited for once more, from what was seen of it. Of a job only its
 * end counts. A swarm that does not answer takes nothing back.
 */
export async function withLastLook(
  settled: readonly Settled[],
  run: RolloutRun,
  endsAtFailure: boolean,
): Promise<readonly Settled[]> {
  const looked = await lookAgain(settled, () => true, run)
  const fallen = looked.flatMap(({ fallen }) => fallen ?? [])
  if (fallen.length === 0) return looked.map(({ settled }) => settled)
  const watch = beginWatch(fallen.length, run, endsAtFailure)
  for (const one of fallen) {
    run.lines.say(one.sent.change.request.name, `${one.progress}: it is waited for once more`)
    watch.add(one.sent, one)
  }
  const again = new Map((await watch.end(fallen.map(({ sent }) => sent))).map((one) => [one.sent, one]))
  const all = looked.map(({ settled: one }) => {
    const later = again.get(one.sent)
    return later === undefined || one.history === undefined ? one : withEndsNote(later, one.history)
  })
  return watch.failed.aborted ? all : withLastLook(all, run, endsAtFailure)
}

/** The same at the end of a run that has failed, of what it leaves as it is. Traffic may have moved meanwhile. */
export async function withLookAfterFailure(settled: readonly Settled[], run: RolloutRun): Promise<readonly Settled[]> {
  const looked = await lookAgain(settled, ({ sent }) => sent.change.action !== 'switch', run)
  return looked.map((one) => one.settled)
}

interface LookedAgain {
  readonly settled: Settled
  /** It had come up, and is not up any more. */
  readonly fallen?: WatchedService
}

async function lookAgain(
  settled: readonly Settled[],
  isMeant: (one: Settled) => boolean,
  run: RolloutRun,
): Promise<readonly LookedAgain[]> {
  const counts = (one: Settled) => {
    const { service } = one.sent
    return isMeant(one) && isGood(one.result) && service !== undefined && !isJob(service.Spec)
  }
  const ours = settled.filter(counts).flatMap(({ sent }) => sent.service ?? [])
  // One alone has settled this very moment.
  const asTheyWere = settled.map((one) => ({ settled: one }))
  if (ours.length === 0 || settled.length === 1) return asTheyWere
  try {
    const swarm = await swarmReader(run, 'up-to-date')(ours)
    return settled.map((one) => (counts(one) ? lookedAgain(one, swarm, run) : { settled: one }))
  } catch (error) {
    log.debug(`No last look: ${messageOf(error)}`)
    return asTheyWere
  }
}

function lookedAgain(one: Settled, swarm: Snapshot, { deployment, lines }: RolloutRun): LookedAgain {
  const { sent, result, history: before } = one
  const seen = lookAt(sent.service?.ID, swarm, judgeOf(sent), before, deployment.monitorSeconds)
  if (seen.found !== 'ours' && seen.found !== 'stale') {
    const problem = superseded(seen.found, 'after it had come up')
    lines.bad(result.name, problem.cause)
    const theirs = withTheirs(result, sent, imageOf(seen.snapshot?.service))
    return { settled: settledAs(sent, { ...theirs, ...problem }) }
  }
  if (seen.found !== 'ours' || before === undefined) return { settled: one }
  const { snapshot, history, verdict } = seen
  const ended = endsSince(before, history)
  // What an autoscaler adds has not been up yet, and takes nothing from what is.
  const isScaled = hasOthersScale(snapshot.service.Spec.Labels) && ended.length === 0
  if (verdict.state === 'converged' || isScaled) return { settled: withEndsNote({ ...one, history }, before) }
  const last = newest(ended)
  const progress = last === undefined ? 'it is not up any more' : `its task ${ending(last)} after it had come up`
  return { settled: one, fallen: { sent, history, progress, snapshot, hasBeenUp: true } }
}

/** The tasks that have ended since, although they should run. */
function endsSince(before: ServiceHistory, now: ServiceHistory): Task[] {
  const known = new Set(allEnded(before).map(({ ID }) => ID))
  return allEnded(now).filter(({ ID }) => !known.has(ID))
}

/** What has come up for good says whether that was at once. */
function withEndsNote(settled: Settled, before: ServiceHistory): Settled {
  const ended = settled.history === undefined ? [] : endsSince(before, settled.history)
  const note = endsNote(ended, 'after it had come up')
  if (note === undefined) return settled
  const said = (result: ServiceResult) => [
    ...(result.note === undefined ? [] : [result.note]),
    `${note}, and runs again`,
  ]
  return withResult(settled, (result): ServiceResult => ({ ...result, note: said(result).join('; ') }))
}
