import { isJob } from '../docker/specs/service-mode.ts'
import { imageOf } from '../docker/specs/service-spec.ts'
import type { Deployment } from '../inputs/deployment.ts'
import { interimOf, serviceBefore, takersOf } from '../plan/change.ts'
import { onlyForces } from '../plan/force.ts'
import { isGood, type ServiceResult } from '../result.ts'
import { openStage } from '../runner/log/log.ts'
import { someOf } from '../runner/text/some-of.ts'
import { nowMs } from '../runner/time/clock.ts'
import { toTenths } from '../runner/time/elapsed.ts'
import { dependantsOf } from '../stack/dependants.ts'
import type { RolloutRun } from './run.ts'
import { type Restoring, sendBack, sendFailedBack, sendOnceMore } from './send/send-back.ts'
import { isChanged, type Sent, type SentChange } from './send/sent.ts'
import type { ServiceLog } from './service-log.ts'
import { allDiagnosed, type Settled, settledAs } from './settled.ts'
import { withLastLook } from './watch/last-look.ts'
import { STOPPED } from './watch/look.ts'
import { beginWatch } from './watch/watch.ts'

/** What the user wants to become of services when not all of them have come up. */
type Policy = Pick<Deployment, 'onFailure' | 'onCancel' | 'stack'>

/** A service that was changed, and what became of it. */
type SettledChange = Settled & { readonly sent: SentChange }

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
    return complete(after(before, restoring, jobs, again), run)
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

function after(
  before: readonly Settled[],
  restoring: readonly Restoring[],
  jobs: readonly Sent[],
  again: ReadonlyMap<Sent, ServiceResult>,
): Settled[] {
  const ways = new Map<Sent, Restoring>(restoring.map((way) => [way.sent, way]))
  const isCulprit = (result: ServiceResult) => !isGood(result) && result.outcome !== 'skipped' && hasCause(result)
  const culprits = before.filter(({ result }) => isCulprit(result)).map(({ result }) => result.name)
  return before.map(({ sent, result }) => {
    const way = ways.get(sent)
    const now = again.get(sent)
    if (way !== undefined) return settledAs(sent, resultAfter(result, way, culprits, now))
    return settledAs(sent, jobs.includes(sent) ? jobAfter(result, now) : (now ?? result))
  })
}

function jobAfter(before: ServiceResult, now: ServiceResult | undefined): ServiceResult {
  if (now === undefined) return isGivenUp(before) ? { ...before, ...UNWATCHED } : before
  return now.outcome === before.outcome ? before : now
}

function hasCause(result: ServiceResult): boolean {
  return result.cause !== undefined
}

/**
 * The services that a failed or stopped run has to bring back: none when all is well. Where the user wants to keep it
 * only those go back that would stay half-way, with a spec that was meant for the way there alone.
 */
export function goingBack(settled: readonly Settled[], policy: Policy): readonly SettledChange[] {
  if (settled.every(({ result }) => isGood(result))) return []
  const isUnwanted = unwantedOf(settled, policy)
  const halfWay = settled.filter(
    (one) =>
      mayGoBack(one) &&
      (isHalfWay(one.sent, one.result) || hasGivenForNothing(one, settled) || isAtOddsOverPorts(one, settled)),
  )
  // What has ports of them, or has given them any, cannot stay without them.
  const names = halfWay.map(({ result }) => result.name)
  const withThem = names.length === 0 ? new Set<string>() : needing(names, settled, undefined)
  return settled.filter((one): one is SettledChange => {
    const { sent, result } = one
    if (!mayGoBack(one)) return false
    if (isHalfWay(sent, result)) return true
    if (!isSent(sent) || wouldRunAgain(sent)) return false
    return withThem.has(result.name) || (isUnwanted(one) && !isRestarted(one))
  })
}

function mayGoBack({ sent, result }: Settled): boolean {
  return isChanged(sent) && result.outcome !== 'superseded'
}

/**
 * Whether the user wants the change of a service undone. With `rollback-failed` that are those that did not come up, and
 * of a stack what needs one of them: all others are what was asked for, and stand by themselves.
 */
function unwantedOf(settled: readonly Settled[], { onFailure, onCancel, stack }: Policy): (one: Settled) => boolean {
  const bad = settled.filter(({ result }) => !isGood(result)).map(({ result }) => result)
  const wish = bad.some(({ outcome }) => outcome === 'cancelled') ? onCancel : onFailure
  if (bad.length === 0 || wish === 'keep' || wish === 'pause') return () => false
  if (wish === 'rollback') return () => true
  const all = needing(
    bad.map(({ name }) => name),
    settled,
    stack,
  )
  return ({ result }) => all.has(result.name)
}

/**
 * Those of some names and all that needs them back: of a stack what depends on one, and of services between which ports
 * have moved the one that gave with all that got, for it gets them back together.
 */
function needing(names: readonly string[], settled: readonly Settled[], stack: Policy['stack']): ReadonlySet<string> {
  const groups = settled.flatMap(({ sent, result }) => {
    const takers = takersOf(sent.change)
    return takers.length === 0 ? [] : [[result.name, ...takers]]
  })
  const found = new Set(names)
  for (let before = -1; before < found.size; ) {
    before = found.size
    const dependants = stack === undefined ? [] : dependantsOf([...found], stack)
    const moved = groups.filter((group) => group.some((name) => found.has(name))).flat()
    for (const name of [...dependants, ...moved]) found.add(name)
  }
  return found
}

/** It was, or may have been. */
function isSent({ problem }: Sent): boolean {
  return problem === undefined || problem.isUnknown === true
}

/** Swarm alone would neither go on from an interim spec nor back, and its own rollback leads to it. */
function isHalfWay({ change, problem }: Sent, { outcome }: ServiceResult): boolean {
  return interimOf(change) !== undefined && (problem !== undefined || outcome === 'rolled-back')
}

/** It is without ports for the sake of others, and none of those has got them. */
function hasGivenForNothing({ sent }: Settled, settled: readonly Settled[]): boolean {
  const takers = takersOf(sent.change)
  if (takers.length === 0 || !isSent(sent) || wouldRunAgain(sent)) return false
  return settled
    .filter(({ result }) => takers.includes(result.name))
    .every((one) => !isSent(one.sent) || isBackBySwarm(one))
}

/**
 * Swarm's own rollback asks nobody: then two services have a port, of which the one that gave it gets no tasks. Both go
 * back, for that one has what it is to have, and only a write has Swarm look at it again.
 */
function isAtOddsOverPorts(one: Settled, settled: readonly Settled[]): boolean {
  if (!isSent(one.sent) || wouldRunAgain(one.sent)) return false
  const isGivenBy = ({ sent: { change } }: Settled) => takersOf(change).includes(one.result.name)
  const gives = takersOf(one.sent.change).length > 0
  return (gives && isBackBySwarm(one)) || settled.some((other) => isBackBySwarm(other) && isGivenBy(other))
}

function isBackBySwarm({ sent: { change }, result }: Settled): boolean {
  return change.action === 'update' && result.outcome === 'rolled-back' && hasCause(result)
}

/**
 * Swarm runs a job once more for every change of it (swarmkit, manager/controlapi/service.go): what it was before could
 * not be had without doing the old work again.
 */
function wouldRunAgain({ change }: Sent): boolean {
  return change.action === 'update' && isJob(change.wanted)
}

/** It is up, and but for its new tasks it is what it was: a way back would only replace them once more. */
function isRestarted({ sent: { change }, result }: Settled): boolean {
  return isGood(result) && change.action === 'update' && onlyForces(change.current.Spec, change.wanted)
}

/**
 * The jobs that are left as they are, though the others go back: one that still runs goes on, and gets its verdict, and
 * of one that has run it is looked whether it is still there.
 */
function jobsThatStay(settled: readonly Settled[], policy: Policy): readonly Sent[] {
  const isUnwanted = unwantedOf(settled, policy)
  const stays = ({ sent, result }: Settled) => (isGood(result) || isGivenUp(result)) && wouldRunAgain(sent)
  return settled.filter((one) => isUnwanted(one) && stays(one)).map(({ sent }) => sent)
}

/** Not waited for any more when another service failed. */
function isGivenUp(result: ServiceResult): boolean {
  return result.outcome === 'rolled-back' && !hasCause(result)
}

const UNWATCHED = { outcome: 'cancelled', cause: STOPPED } as const
const RESTART_STAYS = 'only its tasks were replaced: there is nothing to go back to'
const JOB_STAYS = 'a way back would run the old job again: its new spec stays'

/** The results say what stands: of services that nobody sent back after a stop, and of jobs. */
function complete(settled: readonly Settled[], { deployment, lines }: RolloutRun): readonly Settled[] {
  const standing = settled.map((one) =>
    one.result.cause === STOPPED
      ? settledAs(one.sent, { ...one.result, cause: `${STOPPED}; the swarm goes on by itself` })
      : one,
  )
  const isUnwanted = unwantedOf(standing, deployment)
  return standing.map((one) => (isUnwanted(one) ? withWhatStays(one, lines) : one))
}

/** The result says of what is not sent back why it stands. */
function withWhatStays(settled: Settled, lines: ServiceLog): Settled {
  const { sent, result } = settled
  if (!isSent(sent) || result.outcome === 'superseded') return settled
  const why = wouldRunAgain(sent) ? JOB_STAYS : isRestarted(settled) ? RESTART_STAYS : undefined
  if (why === undefined) return settled
  lines.say(result.name, `not sent back: ${why}`)
  const said = isGood(result) ? { note: why } : { cause: `${result.cause}; ${why}` }
  return settledAs(sent, { ...result, ...said })
}

/**
 * The result of a service after its way back.
 *
 * @param culprits because of which it was sent back, unless it has a cause of its own
 * @param restored what became of the way back; `undefined` when nobody has watched it
 */
export function resultAfter(
  before: ServiceResult,
  way: Restoring,
  culprits: readonly string[],
  restored: ServiceResult | undefined,
): ServiceResult {
  const cause = before.cause ?? `restored because of ${someOf(culprits)}`
  const told: ServiceResult = { ...before, ...(before.cause === undefined ? { because: culprits } : { reason: cause }) }
  if (way.state === 'failed') {
    const outcome = before.outcome === 'cancelled' ? 'cancelled' : 'failed'
    return { ...told, outcome, cause: `${cause}; the way back failed too: ${way.cause}`, wayBack: 'failed' }
  }
  // What somebody else has made of it stands.
  if (way.state === 'overtaken') {
    const outcome = before.outcome === 'cancelled' ? 'cancelled' : 'superseded'
    return { ...told, outcome, cause: `${cause}; ${way.cause}`, trouble: way.trouble, wayBack: 'overtaken' }
  }
  const { change } = way.sent
  const was = serviceBefore(change)
  if (was === undefined) {
    return { ...gone(told), outcome: 'rolled-back', cause: `${cause}; removed again`, wayBack: 'removed' }
  }
  const image = { ...before.image, after: imageOf(was) }
  if (restored === undefined || restored.outcome === 'cancelled') {
    const outcome = (restored ?? before).outcome === 'cancelled' ? 'cancelled' : 'rolled-back'
    return { ...told, outcome, image, cause: `${cause}; the way back was sent and not watched`, wayBack: 'unwatched' }
  }
  const { nodes, tasks, seconds } = restored
  const live = change.action === 'switch' ? { live: was.Spec.Name } : {}
  const again = change.action === 'switch' ? `${was.Spec.Name} has the traffic` : 'what ran before runs again'
  const now = {
    ...told,
    ...live,
    image,
    nodes,
    tasks,
    seconds: toTenths(before.seconds + seconds),
    ...(before.timeline && {
      timeline: { ...before.timeline, ...(restored.timeline && { back: restored.timeline.out }) },
    }),
  }
  if (restored.outcome === 'superseded') {
    const theirs = { ...before.image, after: restored.image.after }
    const { outcome, trouble } = restored
    const whole = `${cause}; ${restored.cause}`
    return { ...now, image: theirs, outcome, cause: whole, ...(trouble && { trouble }), wayBack: 'overtaken' }
  }
  if (isGood(restored)) return { ...now, outcome: 'rolled-back', cause: `${cause}; ${again}`, wayBack: 'done' }
  const failure = restored.cause ?? restored.outcome
  // The task that shows why the deploy has failed comes first.
  const shown = before.cause === undefined && restored.failedTask ? { failedTask: restored.failedTask } : {}
  return {
    ...now,
    ...shown,
    outcome: 'failed',
    cause: `${cause}; the way back failed too: ${failure}`,
    wayBack: 'failed',
  }
}

function gone(before: ServiceResult): ServiceResult {
  const { wanted } = before.image
  return {
    ...before,
    image: { before: undefined, wanted, after: undefined },
    nodes: 0,
    tasks: { running: 0, wanted: 0 },
  }
}
