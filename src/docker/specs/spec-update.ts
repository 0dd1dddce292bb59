import { hasOthersScale } from '../../runner/own-labels.ts'
import type { Secret } from '../../runner/secrets/secret.ts'
import { retry, type Tries } from '../../runner/time/retry.ts'
import type { Service, ServiceSpec } from '../api.ts'
import { findSurely } from '../engine/caught-up.ts'
import { ELECTION_PATIENCE_MS, isOfManagers } from '../engine/election.ts'
import { ConnectionLost, type Engine, EngineError } from '../engine/engine.ts'
import { replicasOf, withReplicas } from './service-mode.ts'
import { sameSpec } from './spec-comparison.ts'

/** What the service's stored credential becomes. */
export type StoredCredential =
  | { readonly from: 'header'; readonly header: Secret }
  /** The one that is stored with the present spec, or with the one before it. */
  | { readonly from: 'spec' | 'previous-spec' }

/** A service was given a spec, or somebody else has changed or removed it before. */
export type UpdateResult = 'done' | 'changed' | 'removed'

/** Swarm itself writes to a service twice while it updates it, and each write makes ours come too late. */
const ATTEMPTS = 8
const LONGEST_PAUSE_MS = 500

/** Of a change of which nobody knows whether it was taken. */
const LONG_PAUSE_MS = 1000

/** So long a daemon may fail when it is asked for a service. */
const FAILING_MS = 15_000
const FAILING_PAUSE_MS = 300

/**
 * Gives a service a whole spec, as no docker command can: the spec is sent as the daemon once gave it, with all its
 * fields. Repeated where Swarm's own writes or an election came between; never over somebody else's deploy. When the daemon
 * fails, or its answer is lost, a look tells whether it has taken the spec.
 *
 * @param bases the specs of which the service must still have one
 * @param asWritten the spec as it is to be written over the one that the service has: with notes in labels that
 * `sameSpec` does not see
 * @throws EngineError when the swarm refuses the spec
 */
export async function updateSpec(
  engine: Engine,
  serviceId: string,
  bases: readonly ServiceSpec[],
  wanted: ServiceSpec,
  credential: StoredCredential,
  signal: AbortSignal,
  asWritten: (wanted: ServiceSpec, over: ServiceSpec) => ServiceSpec = (wanted) => wanted,
): Promise<UpdateResult> {
  // Whether a look tells that a change has come through whose answer was lost.
  const shows = !bases.some((base) => sameSpec(base, wanted))
  let failure: unknown
  let refusal: EngineError | undefined
  let outOfSequence = 0

  async function attempt(number: number): Promise<UpdateResult> {
    const service = await findService(engine, serviceId, signal)
    if (service === undefined) return 'removed'
    if (number > 1 && shows && sameSpec(service.Spec, wanted)) return 'done'
    if (refusal !== undefined) throw refusal
    if (![...bases, wanted].some((spec) => isBase(service.Spec, spec))) return 'changed'
    await send(service)
    return 'done'
  }

  /** The first time that the number of tasks is left to others, only the wanted spec says so. */
  function isBase(now: ServiceSpec, base: ServiceSpec): boolean {
    if (sameSpec(now, base)) return true
    const number = replicasOf(base)
    return hasOthersScale(wanted.Labels) && number !== undefined && sameSpec(withReplicas(now, number), base)
  }

  async function send(service: Service): Promise<void> {
    try {
      await engine.post(`/services/${service.ID}/update`, {
        query: queryFor(service, credential),
        body: asWritten(wanted, service.Spec),
        signal,
        ...(credential.from === 'header' ? { registryAuth: credential.header } : {}),
      })
    } catch (error) {
      failure = error
      throw error
    }
  }

  function pauseMs(error: unknown, { number, elapsedMs }: Tries): number | undefined {
    // A look that fails has been patient already.
    if (error !== failure || error === refusal) return undefined
    // A look tells whether it is gone, or the manager had just come back and knew of nothing.
    const isGone = error instanceof EngineError && error.status === 404 && error.message.includes(serviceId)
    const isLost = isAnswerLost(error)
    if (isLost ? elapsedMs >= ELECTION_PATIENCE_MS : ++outOfSequence === ATTEMPTS) return undefined
    if (!mayRepeat(error) && !isGone) {
      if (!isFailure(error)) return undefined
      refusal = error
    }
    // A connection that has died is the most frequent reason, and the next call has another.
    return isLost && number > 2 ? LONG_PAUSE_MS : Math.random() * LONGEST_PAUSE_MS
  }

  return retry(attempt, pauseMs, signal)
}

/**
 * The service with this name or ID; `undefined` when there is none, as a manager says that knows what there is. A daemon that
 * fails is asked again: what a run has sent is with the swarm all the same, and has to be known.
 */
export function findService(engine: Engine, name: string, signal: AbortSignal): Promise<Service | undefined> {
  const look = () => findSurely(() => engine.get<Service>(`/services/${name}`, { signal }), engine, signal)
  return retry(look, pauseAfterFailure, signal)
}

function pauseAfterFailure(error: unknown, { elapsedMs }: Tries): number | undefined {
  // A connection and an election have had patience already.
  return isFailure(error) && !isAnswerLost(error) && elapsedMs < FAILING_MS ? FAILING_PAUSE_MS : undefined
}

/** Whether the daemon failed where it did not refuse: it may have done what it was asked for all the same. */
export function isFailure(error: unknown): error is EngineError {
  return error instanceof EngineError && error.status >= 500
}

/** Whether the daemon's words mean that another write came between. */
function isOutOfSequence(message: string): boolean {
  return /update out of sequence/.test(message)
}

/** Whether nobody knows what became of a change: its answer was lost, or the swarm had no leader. */
export function isAnswerLost(error: unknown): boolean {
  if (error instanceof ConnectionLost) return true
  return error instanceof EngineError && isOfManagers(error.message)
}

/** The next look tells what became of it. */
export function mayRepeat(error: unknown): boolean {
  return isAnswerLost(error) || (error instanceof EngineError && isOutOfSequence(error.message))
}

function queryFor(service: Service, credential: StoredCredential): Record<string, string> {
  const version = String(service.Version.Index)
  return credential.from === 'header' ? { version } : { version, registryAuthFrom: credential.from }
}
