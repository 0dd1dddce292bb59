import { imageOf } from '../docker/specs/service-spec.ts'
import { serviceBefore } from '../plan/change.ts'
import { isGood, type ServiceResult } from '../result.ts'
import { someOf } from '../runner/text/some-of.ts'
import { toTenths } from '../runner/time/elapsed.ts'
import type { RolloutRun } from './run.ts'
import type { Restoring } from './send/send-back.ts'
import type { Sent } from './send/sent.ts'
import type { ServiceLog } from './service-log.ts'
import { type Settled, settledAs } from './settled.ts'
import { STOPPED } from './watch/look.ts'
import { hasCause, isGivenUp, isRestarted, isSent, unwantedOf, wouldRunAgain } from './who-goes-back.ts'

/** What is said of services after the way back. */

/** Of all: of those that were sent back, of the jobs that went on meanwhile, and of those that stand. */
export function resultsAfter(
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

const UNWATCHED = { outcome: 'cancelled', cause: STOPPED } as const
const RESTART_STAYS = 'only its tasks were replaced: there is nothing to go back to'
const JOB_STAYS = 'a way back would run the old job again: its new spec stays'

/** The results say what stands: of services that nobody sent back after a stop, and of jobs. */
export function complete(settled: readonly Settled[], { deployment, lines }: RolloutRun): readonly Settled[] {
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
