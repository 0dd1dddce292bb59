import type { ChangedService, CheckedService, Connection, Rollout } from './deployment.ts'
import type { ServiceSpec } from './docker/api.ts'
import { remembersInterim } from './docker/first-step.ts'
import { findService, type StoredCredential, updateSpec } from './docker/spec-update.ts'
import { sameStackSpec } from './docker/stack-file.ts'
import { isUnsettled } from './docker/unsettled.ts'
import { messageOf } from './errors.ts'
import { log } from './runner/log.ts'

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
  return { checked, service: checked.current, sentAt: performance.now() }
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
  const { current, interim: earlier } = checked
  if (current === undefined) throw new Error('a service that does not exist has no interim spec')
  const sent: Rollout = { ...untouched({ ...checked, interim: spec }) }
  const signal = AbortSignal.timeout(SEND_TIMEOUT_MS)
  try {
    const standing = await updateSpec(engine, current.ID, [earlier ?? current.Spec], spec, credential, signal)
    const service = await findService(engine, current.ID, signal)
    if (standing !== 'done' || service === undefined || !sameStackSpec(service.Spec, spec)) {
      return {
        ...sent,
        service,
        problem: { outcome: 'superseded', cause: 'someone else deployed it at the same moment' },
      }
    }
    return { ...sent, checked: { ...checked, interim: service.Spec }, service }
  } catch (error) {
    return { ...sent, problem: { outcome: 'failed', cause: `its first step could not be sent: ${messageOf(error)}` } }
  }
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
 * Makes Swarm forget the interim specs: a `docker service rollback` by hand would lead to one of them, to no tasks at
 * all or to an update that waits for ever. The present spec is sent once more; no task restarts.
 */
export async function forgetInterims(rollouts: readonly Rollout[], { engine }: Connection): Promise<void> {
  const signal = AbortSignal.timeout(SEND_TIMEOUT_MS)
  const touched = rollouts.filter(({ checked }) => checked.interim !== undefined)
  await Promise.all(
    touched.map(async ({ checked: { request, current } }) => {
      try {
        const service = await findService(engine, current?.ID ?? request.name, signal)
        if (service === undefined || !remembersInterim(service) || isUnsettled(service)) return
        await updateSpec(engine, service.ID, [service.Spec], service.Spec, { from: 'spec' }, signal)
      } catch (error) {
        log.warning(
          `${request.name}: \`docker service rollback\` would lead to a spec that was only meant for the way: ${messageOf(error)}`,
        )
      }
    }),
  )
}
