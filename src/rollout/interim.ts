import type { Connection } from '../connect/connection.ts'
import type { Service, ServiceSpec } from '../docker/api.ts'
import type { Engine } from '../docker/engine/engine.ts'
import { sameSpec } from '../docker/specs/spec-comparison.ts'
import { findService, type StoredCredential, type UpdateResult, updateSpec } from '../docker/specs/spec-update.ts'
import { hasUnfinishedUpdate, isPaused } from '../docker/swarm/update-status.ts'
import { messageOf } from '../errors.ts'
import type { Deployment } from '../inputs/deployment.ts'
import { type CheckedService, currentOf, type Update } from '../plan/check.ts'
import { isInterim, type Mark, sameMark, withoutInterim } from '../plan/interim-spec.ts'
import type { Observation } from '../plan/observe.ts'
import { nowMs, timeLimit } from '../runner/clock.ts'
import { log } from '../runner/log.ts'
import { poll } from '../runner/poll.ts'
import type { RunIdentity } from '../runner/run.ts'
import { lifetimeOf } from './lifetime.ts'
import type { Field, Rollout } from './rollout.ts'
import type { Settled } from './settled.ts'
import { superseded } from './superseded.ts'
import { noteSending, noteSent } from './under-way.ts'

/** What came of the first steps of all services. */
export interface Begun {
  /** The services to go on with. */
  readonly services: readonly CheckedService[]
  /** Instead of them, when the run is over: nothing more is sent, and these say why. */
  readonly ended?: readonly Rollout[]
}

const SEND_TIMEOUT_MS = 120_000
/** How long somebody else's update may take until Swarm can be made to forget an interim spec before it. */
const SETTLING_MS = 45_000
/** By then Swarm has begun the update that a change asks for. */
const LOOK_EVERY_MS = 1000

/** What the interim specs of this run say whose they are, and how long they are to be left alone. */
export function markFor({ token, owner, url }: RunIdentity, deployment: Deployment, { now }: Observation): Mark {
  const until = now + lifetimeOf(deployment) * 1000
  return { token, owner, url, until, hasLock: deployment.lock !== undefined }
}

/** A service whose first step has not been taken, or that has none. */
export function untouched(checked: CheckedService): Rollout {
  return { checked, service: currentOf(checked), sentAt: nowMs() }
}

/**
 * Gives a service an interim spec, and reads it back as the swarm has it: from then on any other is somebody else's.
 * It is ours only when the swarm took it.
 *
 * @param credential for the tasks that the spec asks for
 */
export async function sendInterim(
  checked: Update,
  spec: ServiceSpec,
  credential: StoredCredential,
  { engine }: Connection,
): Promise<Rollout> {
  const { current } = checked
  noteSending({ ...checked, interim: spec })
  const sent = untouched(checked)
  const signal = timeLimit(SEND_TIMEOUT_MS)
  try {
    const given = await give(current, checked.interim, spec, credential, engine, signal)
    const service = await findService(engine, current.ID, signal)
    if (given !== 'done') return { ...sent, service, problem: superseded(given, 'at the same moment') }
    // Theirs may have been made over ours.
    if (service === undefined || !sameMark(service.Spec, spec) || !sameSpec(service.Spec, spec)) {
      return {
        ...sent,
        checked: { ...checked, interim: spec },
        service,
        problem: superseded('changed', 'at the same moment'),
      }
    }
    const rollout = { ...sent, checked: { ...checked, interim: service.Spec }, service }
    noteSent(rollout)
    return rollout
  } catch (error) {
    // The swarm may have taken it all the same.
    const cause = `its first step could not be sent: ${messageOf(error)}`
    return { ...sent, checked: { ...checked, interim: spec }, problem: { outcome: 'failed', cause } }
  }
}

/**
 * Over the interim spec of a run that was killed it goes by what was before: Swarm remembers one spec only, and that is
 * what a run after this one would look for.
 */
async function give(
  current: Service,
  earlier: ServiceSpec | undefined,
  spec: ServiceSpec,
  credential: StoredCredential,
  engine: Engine,
  signal: AbortSignal,
): Promise<UpdateResult> {
  if (earlier !== undefined) {
    const given = await updateSpec(engine, current.ID, [earlier], current.Spec, { from: 'previous-spec' }, signal)
    if (given !== 'done') return given
  }
  return updateSpec(engine, current.ID, [current.Spec], spec, credential, signal)
}

/**
 * What the first steps came to. When one did not go well, nothing more of the run is sent.
 *
 * @param what did not go well, in words that a name follows: `the canary of`
 */
export function begunWith(rollouts: readonly Rollout[], what: string, signal: AbortSignal): Begun {
  const culprits = rollouts.filter(({ problem }) => problem !== undefined).map(({ checked }) => checked.request.name)
  if (culprits.length === 0 && !signal.aborted) return { services: rollouts.map(({ checked }) => checked) }
  const problem = signal.aborted
    ? ({ outcome: 'cancelled', cause: 'the run was stopped before it was sent' } as const)
    : ({ outcome: 'skipped', cause: `not sent, because ${what} ${culprits.join(', ')} failed` } as const)
  const ended = rollouts.map((rollout) =>
    rollout.problem !== undefined || rollout.checked.action === 'unchanged' ? rollout : { ...rollout, problem },
  )
  return { services: [], ended }
}

/**
 * Sees to it that nothing of this run's interim specs stays, whatever became of it; those of others are left alone. One
 * that is still there goes back to what was before. Out of somebody else's deploy that was made over one it is taken:
 * theirs would wait for ever, or have no tasks. And Swarm is made to forget it, for a `docker service rollback` by hand
 * would lead there: the present spec is sent once more, and no task restarts.
 */
export async function tidyInterims(
  settled: readonly Settled[],
  { connection: { engine }, signal: stop }: Pick<Field, 'connection' | 'signal'>,
): Promise<void> {
  const touched = settled.flatMap(({ rollout: { checked } }) => {
    if (checked.action !== 'update' || checked.interim === undefined) return []
    return [{ name: checked.request.name, current: checked.current, interim: checked.interim }]
  })
  await Promise.all(
    touched.map(async (one) => {
      try {
        await tidyOne(one, engine, stop)
      } catch (error) {
        log.warning(
          `${one.name}: something of a spec that was only meant for the way may be left, also for \`docker service rollback\`: ${messageOf(error)}`,
        )
      }
    }),
  )
}

interface Touched {
  readonly name: string
  readonly current: Service
  readonly interim: ServiceSpec
}

async function tidyOne({ name, current, interim }: Touched, engine: Engine, stop: AbortSignal): Promise<void> {
  const signal = timeLimit(SEND_TIMEOUT_MS)
  const deadline = nowMs() + SETTLING_MS
  const isOver = () => nowMs() >= deadline
  await poll(isForgotten, LOOK_EVERY_MS, isOver, stop)

  async function isForgotten(): Promise<boolean> {
    const now = await findService(engine, current.ID, signal)
    if (now === undefined) return true
    const { ID: id, Spec: spec, PreviousSpec: previous } = now
    if (sameMark(spec, interim)) {
      await takeOut(name, now, current, interim, engine, signal)
      return false
    }
    if (isInterim(spec) || previous === undefined || !sameMark(previous, interim)) return true
    // A write in the middle of an update would hide from others how that ends.
    if (isPaused(now)) return true
    if (hasUnfinishedUpdate(now)) return false
    return (await updateSpec(engine, id, [spec], spec, { from: 'spec' }, signal)) !== 'changed'
  }
}

async function takeOut(
  name: string,
  { ID: id, Spec: spec }: Service,
  current: Service,
  interim: ServiceSpec,
  engine: Engine,
  signal: AbortSignal,
): Promise<void> {
  if (sameSpec(spec, interim)) {
    log.info(`${name}: goes back to what it was, for what it has was meant for the way only`)
    await updateSpec(engine, id, [spec], current.Spec, { from: 'previous-spec' }, signal)
  } else {
    log.info(`${name}: what this run meant for the way only is taken out of somebody else's deploy`)
    await updateSpec(engine, id, [spec], withoutInterim(spec), { from: 'spec' }, signal)
  }
}
