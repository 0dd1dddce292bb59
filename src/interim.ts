import type { ChangedService, CheckedService, Connection, Rollout } from './deployment.ts'
import type { Service, ServiceSpec } from './docker/api.ts'
import type { Engine } from './docker/engine.ts'
import { isInterim, remembersInterim, withoutInterim } from './docker/interim-spec.ts'
import { sameSpec } from './docker/spec-comparison.ts'
import { findService, type Standing, type StoredCredential, updateSpec } from './docker/spec-update.ts'
import { isPaused, isUnsettled } from './docker/unsettled.ts'
import { messageOf } from './errors.ts'
import { nowMs, timeLimit } from './runner/clock.ts'
import { log } from './runner/log.ts'
import { noteSending, noteSent } from './under-way.ts'

/** What came of the first steps of all services. */
export interface Begun {
  /** The services to go on with. */
  readonly services: readonly CheckedService[]
  /** Instead of them, when the run is over: nothing more is sent, and these say why. */
  readonly ended?: readonly Rollout[]
}

const SEND_TIMEOUT_MS = 120_000

/** A service whose first step has not been taken, or that has none. */
export function untouched(checked: CheckedService): Rollout {
  return { checked, service: checked.current, sentAt: nowMs() }
}

/**
 * Gives a service an interim spec, and reads it back as the swarm has it: from then on any other is somebody else's.
 *
 * @param credential for the tasks that the spec asks for
 */
export async function sendInterim(
  checked: ChangedService,
  spec: ServiceSpec,
  credential: StoredCredential,
  { engine }: Connection,
): Promise<Rollout> {
  const { current } = checked
  if (current === undefined) throw new Error('a service that does not exist has no interim spec')
  const sent = untouched({ ...checked, interim: spec })
  noteSending({ ...checked, interim: spec })
  const signal = timeLimit(SEND_TIMEOUT_MS)
  try {
    const standing = await give(current, checked.interim, spec, credential, engine, signal)
    const service = await findService(engine, current.ID, signal)
    if (standing !== 'done' || service === undefined || !sameSpec(service.Spec, spec)) {
      return {
        ...sent,
        service,
        problem: { outcome: 'superseded', cause: 'someone else deployed it at the same moment' },
      }
    }
    const rollout = { ...sent, checked: { ...checked, interim: service.Spec }, service }
    noteSent(rollout)
    return rollout
  } catch (error) {
    return { ...sent, problem: { outcome: 'failed', cause: `its first step could not be sent: ${messageOf(error)}` } }
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
): Promise<Standing> {
  if (earlier === undefined) return updateSpec(engine, current.ID, [current.Spec], spec, credential, signal)
  if (sameSpec(earlier, spec) && !isPaused(current)) return 'done'
  const standing = await updateSpec(engine, current.ID, [earlier], current.Spec, { from: 'previous-spec' }, signal)
  if (standing !== 'done') return standing
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
 * Sees to it that nothing of an interim spec stays. Out of somebody else's deploy that was made over one it is taken:
 * theirs would wait for ever, or have no tasks. And Swarm is made to forget it, for a `docker service rollback` by hand
 * would lead there: the present spec is sent once more, and no task restarts.
 */
export async function forgetInterims(rollouts: readonly Rollout[], { engine }: Connection): Promise<void> {
  const signal = timeLimit(SEND_TIMEOUT_MS)
  const touched = rollouts.filter(({ checked }) => checked.interim !== undefined)
  await Promise.all(
    touched.map(async ({ checked: { request, current, interim } }) => {
      try {
        const service = await findService(engine, current?.ID ?? request.name, signal)
        if (service === undefined) return
        const { ID: id, Spec: spec } = service
        const isTheirs = isInterim(spec) && interim !== undefined && !sameSpec(spec, interim)
        if (isTheirs) {
          log.info(`${request.name}: what this run meant for the way only is taken out of somebody else's deploy`)
          await updateSpec(engine, id, [spec], withoutInterim(spec), { from: 'spec' }, signal)
        } else if (remembersInterim(service) && !isUnsettled(service)) {
          await updateSpec(engine, id, [spec], spec, { from: 'spec' }, signal)
        }
      } catch (error) {
        log.warning(
          `${request.name}: something of a spec that was only meant for the way may be left, also for \`docker service rollback\`: ${messageOf(error)}`,
        )
      }
    }),
  )
}
