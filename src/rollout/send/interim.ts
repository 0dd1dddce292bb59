import { unanswered } from '../../connect/unanswered.ts'
import type { Service, ServiceSpec } from '../../docker/api.ts'
import { type Engine, EngineError } from '../../docker/engine/engine.ts'
import { sameSpec } from '../../docker/specs/spec-comparison.ts'
import { findService, isAnswerLost, type UpdateResult } from '../../docker/specs/spec-update.ts'
import { hasUnfinishedUpdate, isPaused } from '../../docker/swarm/update-status.ts'
import { messageOf, UserError } from '../../errors.ts'
import type { Deployment } from '../../inputs/deployment.ts'
import { type Change, currentOf, type Update } from '../../plan/change.ts'
import { isInterim, type Mark, sameMark, withoutInterim } from '../../plan/interim-spec.ts'
import { sayingWhoScales, withScaleFor, withScaleOf } from '../../plan/keep-replicas.ts'
import type { Observation } from '../../plan/observe.ts'
import { isGood } from '../../result.ts'
import { log } from '../../runner/log/log.ts'
import type { RunIdentity } from '../../runner/run.ts'
import { someOf } from '../../runner/text/some-of.ts'
import { nowMs, timeLimit } from '../../runner/time/clock.ts'
import { poll } from '../../runner/time/poll.ts'
import type { RolloutRun } from '../run.ts'
import type { ServiceLog } from '../service-log.ts'
import type { Settled } from '../settled.ts'
import { superseded } from '../superseded.ts'
import { lifetimeOf } from '../watch/lifetime.ts'
import { type Problem, type Sent, untouched } from './sent.ts'
import type { CredentialToStore } from './stored-credential.ts'
import { noteSending, noteSent } from './under-way.ts'
import { WRITE_TIMEOUT_MS, writeSpec } from './write-spec.ts'

/** What came of the first steps of all services. */
export interface AfterFirstStep {
  /** Those to go on with. */
  readonly changes: readonly Change[]
  /** Instead of them, when the run is over: nothing more is sent, and these say why. */
  readonly ended?: readonly Sent[]
}

/** How long somebody else's update may take until Swarm can be made to forget an interim spec before it. */
const SETTLING_MS = 45_000
/** Between two looks: long enough for Swarm to have begun the update that a change asks for. */
const LOOK_EVERY_MS = 1000

/** What the interim specs of this run say whose they are, and how long they are to be left alone. */
export function markFor({ token, owner, url }: RunIdentity, deployment: Deployment, { now }: Observation): Mark {
  const until = now + lifetimeOf(deployment) * 1000
  return { token, owner, url, until, hasLock: deployment.lock !== undefined }
}

/**
 * Gives a service an interim spec, and reads it back as the swarm has it: from then on any other is somebody else's.
 * It counts as ours only if the swarm accepted it.
 *
 * @param credential for the tasks that the spec asks for
 */
export async function sendInterim(
  change: Update,
  spec: ServiceSpec,
  credential: CredentialToStore,
  run: Pick<RolloutRun, 'connection' | 'signal' | 'time'>,
): Promise<Sent> {
  const { engine } = run.connection
  const { current } = change
  noteSending({ ...change, interim: spec })
  const sent = untouched(change)
  const signal = timeLimit(WRITE_TIMEOUT_MS)
  let given: UpdateResult | undefined
  try {
    given = await give(current, change.interim, spec, credential, engine, signal)
    const service = await findService(engine, current.ID, signal)
    if (given !== 'done') return { ...sent, service, problem: superseded(given, 'at the same moment') }
    // Somebody else may have made theirs from our interim one.
    if (service === undefined || !sameMark(service.Spec, spec) || !sameSpec(service.Spec, spec)) {
      return {
        ...sent,
        change: { ...change, interim: spec },
        service,
        problem: superseded('changed', 'at the same moment'),
      }
    }
    const taken = { ...sent, change: { ...withScaleBefore(change, service), interim: service.Spec }, service }
    noteSent(taken)
    return taken
  } catch (error) {
    // The swarm may have taken it all the same.
    return { ...sent, change: { ...change, interim: spec }, problem: notSent(error, given, run) }
  }
}

/** @param given what came of the write, where it is the look after it that has failed */
function notSent(error: unknown, given: UpdateResult | undefined, run: Pick<RolloutRun, 'signal' | 'time'>): Problem {
  const said = messageOf(error)
  if (given === undefined && error instanceof EngineError && !isAnswerLost(error)) {
    return { outcome: 'failed', cause: `its first step could not be sent: ${said}` }
  }
  const { outcome, why } = unanswered(said, run)
  return { outcome, cause: `it is not known whether the swarm took its first step: ${why}` }
}

/** Others may have scaled it until then, and an interim spec without tasks does not say so. */
function withScaleBefore(change: Update, { PreviousSpec: before }: Service): Update {
  if (before === undefined) return change
  const { wanted, current } = change
  return {
    ...change,
    wanted: withScaleOf(wanted, before),
    current: { ...current, Spec: withScaleFor(wanted, current.Spec, before) },
  }
}

/**
 * Where a run that was killed has left an interim spec, the spec from before that run comes first, and then ours: Swarm
 * remembers one earlier spec only, and a run after this one has to find it there.
 */
async function give(
  current: Service,
  earlier: ServiceSpec | undefined,
  spec: ServiceSpec,
  credential: CredentialToStore,
  engine: Engine,
  signal: AbortSignal,
): Promise<UpdateResult> {
  if (earlier !== undefined) {
    // One that was made as a copy of an interim spec has no earlier one, and its credential with what it has.
    const from = current.PreviousSpec === undefined ? 'spec' : 'previous-spec'
    const given = await writeSpec(engine, current.ID, [earlier], current.Spec, { from }, signal)
    if (given !== 'done') return given
  }
  return writeSpec(engine, current.ID, [current.Spec], spec, credential, signal)
}

/**
 * What the first steps came to. When one did not go well, nothing more of the run is sent.
 *
 * @param what did not go well, in words that a name follows: `the end of the old tasks of`
 */
export function afterFirstStep(all: readonly Sent[], what: string, signal: AbortSignal): AfterFirstStep {
  const culprits = all.filter(({ problem }) => problem !== undefined).map(({ change }) => change.request.name)
  if (culprits.length === 0 && !signal.aborted) return { changes: all.map(({ change }) => change) }
  const problem = signal.aborted
    ? ({ outcome: 'cancelled', cause: 'the run was stopped before it was sent' } as const)
    : ({
        outcome: 'skipped',
        cause: `not sent, because ${what} ${someOf(culprits)} failed`,
        because: culprits,
      } as const)
  const ended = all.map((sent) =>
    sent.problem !== undefined || sent.change.action === 'unchanged' ? sent : { ...sent, problem },
  )
  return { changes: [], ended }
}

/**
 * Sees to it that nothing of this run's interim specs stays, whatever became of it; those of others are left alone. One
 * that is still there goes back to what was before. Out of somebody else's deploy that was made over one it is taken:
 * theirs would wait for ever, or have no tasks. And Swarm is made to forget it, for a `docker service rollback` by hand
 * would lead there: the present spec is sent once more, and no task restarts.
 */
export async function tidyInterims(
  settled: readonly Settled[],
  { connection: { engine }, signal: stop, lines }: Pick<RolloutRun, 'connection' | 'signal' | 'lines'>,
): Promise<void> {
  const touched = settled.flatMap((one): Touched[] => {
    const { change } = one.sent
    if (change.action !== 'update' || change.interim === undefined) return []
    return [{ name: change.request.name, current: change.current, interim: change.interim, up: specSeenUp(one) }]
  })
  await Promise.all(
    touched.map(async (one) => {
      try {
        await tidyOne(one, engine, lines, stop)
      } catch (error) {
        log.warning(
          `${one.name}: the intermediate spec of its strategy may be left, also for \`docker service rollback\`: ${messageOf(error)}`,
        )
      }
    }),
  )
}

interface Touched {
  readonly name: string
  readonly current: Service
  readonly interim: ServiceSpec
  /** The spec with which this run has seen it up. */
  readonly up: ServiceSpec | undefined
}

function specSeenUp({ sent: { change, service }, result }: Settled): ServiceSpec | undefined {
  if (isGood(result)) return service?.Spec
  return result.wayBack === 'done' ? currentOf(change)?.Spec : undefined
}

async function tidyOne(
  { name, current, interim, up }: Touched,
  engine: Engine,
  lines: ServiceLog,
  stop: AbortSignal,
): Promise<void> {
  const signal = timeLimit(WRITE_TIMEOUT_MS)
  const deadline = nowMs() + SETTLING_MS
  const isOver = () => nowMs() >= deadline
  let isDone = false
  const look = async () => {
    isDone = await isForgotten()
    return isDone
  }
  await poll(look, LOOK_EVERY_MS, isOver, stop)
  if (!isDone) throw new UserError('its update is still in progress, and this run does not wait for its end')

  async function isForgotten(): Promise<boolean> {
    const now = await findService(engine, current.ID, signal)
    if (now === undefined) return true
    const { ID: id, Spec: spec, PreviousSpec: previous } = now
    if (sameMark(spec, interim)) {
      await takeOut(name, now, current, interim, engine, lines, signal)
      return false
    }
    if (isInterim(spec) || previous === undefined || !sameMark(previous, interim)) return true
    // A write in the middle of an update would hide from others how that ends.
    if (isPaused(now)) return true
    // Of one that has come up Swarm may wait for a node that is gone, or as long as its policy says.
    const isUp = up !== undefined && sameSpec(spec, up)
    if (hasUnfinishedUpdate(now) && !isUp) return false
    return (await writeSpec(engine, id, [spec], spec, { from: 'spec' }, signal)) !== 'changed'
  }
}

async function takeOut(
  name: string,
  { ID: id, Spec: spec }: Service,
  current: Service,
  interim: ServiceSpec,
  engine: Engine,
  lines: ServiceLog,
  signal: AbortSignal,
): Promise<void> {
  if (sameSpec(spec, interim)) {
    lines.say(name, 'goes back to what it was, from the intermediate spec of its strategy')
    await writeSpec(engine, id, [spec], sayingWhoScales(current.Spec, interim), { from: 'previous-spec' }, signal)
  } else {
    lines.say(name, "the intermediate spec of this run is taken out of somebody else's deploy")
    await writeSpec(engine, id, [spec], withoutInterim(spec), { from: 'spec' }, signal)
  }
}
