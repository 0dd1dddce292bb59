import type { Connection } from '../connect/connection.ts'
import type { Service } from '../docker/api.ts'
import type { Engine } from '../docker/engine/engine.ts'
import { isJob } from '../docker/specs/service-mode.ts'
import { imageOf } from '../docker/specs/service-spec.ts'
import { fingerprint } from '../docker/specs/spec-comparison.ts'
import { findService, mayRepeat } from '../docker/specs/spec-update.ts'
import { removeService } from '../docker/swarm/service-removal.ts'
import { messageOf } from '../errors.ts'
import { inParallel } from '../runner/parallel.ts'
import { retry } from '../runner/time/retry.ts'
import type { RunState, ServiceState } from '../runner/workspace/state.ts'

/**
 * What `post` finds of a run that was killed, and what it does about it. It has no specs, for they may hold secrets:
 * the one before the run is the one that Swarm itself remembers, and Swarm is asked to go back to it.
 */

/** Where a service of a killed run stands. */
export type Standing =
  | 'as-before'
  /** It has what the run sent, and Swarm remembers what was before. */
  | 'ours'
  /** The same with a spec that was only meant for the way. */
  | 'half-way'
  /** It has what the run sent, and Swarm remembers something else. */
  | 'ours-for-good'
  | 'made'
  /** Swarm would run the old one again. */
  | 'job'
  | 'moving'
  | 'gone'
  | 'someone-elses'

/** Pure: what the swarm's own word on a service means for a run that wrote this down. */
export function standingOf(state: ServiceState, now: Service | undefined): Standing {
  if (state.phase === 'moving') return 'moving'
  if (now === undefined) return state.before === '' ? 'as-before' : 'gone'
  const spec = fingerprint(now.Spec)
  if (spec === state.before) return 'as-before'
  if (!state.ours.includes(spec)) return 'someone-elses'
  if (state.before === '') return 'made'
  if (isJob(now.Spec)) return 'job'
  const remembers = now.PreviousSpec !== undefined && fingerprint(now.PreviousSpec) === state.before
  if (!remembers) return 'ours-for-good'
  return spec === state.interim ? 'half-way' : 'ours'
}

/**
 * Goes back where the user wants it, and where a service would stay half-way; says of each service where it is.
 *
 * @returns one line a service
 */
export function settle(
  { services, onCancel }: RunState,
  { engine }: Connection,
  signal: AbortSignal,
): Promise<string[]> {
  return inParallel([...services.values()], MOST_AT_ONCE, async (state) => {
    try {
      return `${called(state)} ${await settleOne(state, onCancel, engine, signal)}`
    } catch (error) {
      return unknownOne(state, messageOf(error))
    }
  })
}

const MOST_AT_ONCE = 10
/** Swarm itself writes to a service while it updates it, and a leader that comes back refuses every change for a while. */
const PAUSE_MS = 500

async function settleOne(
  state: ServiceState,
  onCancel: RunState['onCancel'],
  engine: Engine,
  signal: AbortSignal,
): Promise<string> {
  const attempt = async () => {
    const now = await findService(engine, encodeURIComponent(state.service), signal)
    const standing = standingOf(state, now)
    const goesBack = standing === 'half-way' || (onCancel === 'rollback' && ['ours', 'made'].includes(standing))
    if (now === undefined || !goesBack) return WORDS[standing]
    if (standing === 'made') {
      await removeService(engine, now, signal)
      return 'is removed again'
    }
    const query = { version: String(now.Version.Index), rollback: 'previous' }
    await engine.post(`/services/${now.ID}/update`, { query, body: now.Spec, signal })
    return `is sent back to ${imageOf({ ...now, Spec: now.PreviousSpec ?? now.Spec })}; nobody waits for it`
  }
  return retry(attempt, (error) => (mayRepeat(error) ? PAUSE_MS : undefined), signal)
}

const WORDS: Readonly<Record<Standing, string>> = {
  'as-before': 'is as it was before the run',
  ours: 'has what was sent, and the swarm goes on with it by itself',
  'half-way': 'has the intermediate spec of its strategy',
  'ours-for-good': 'has what was sent, and the swarm no longer remembers what ran before: deploy that to go back',
  made: 'was made, and stays',
  job: 'is a job, and its new spec stays: a way back would run the old one again',
  moving: 'was giving its traffic to another service: the next deploy goes on from there',
  gone: 'was removed by someone else',
  'someone-elses': 'is neither as before nor as this run sent it, and is left alone',
}

/**
 * What is known of each service when the swarm cannot be asked.
 *
 * @param reason why it cannot
 */
export function unknown({ services }: RunState, reason: string): string[] {
  return [...services.values()].map((state) => unknownOne(state, reason))
}

function unknownOne(state: ServiceState, reason: string): string {
  return `${called(state)} ${UNKNOWN[state.phase]} (it was not looked at: ${reason})`
}

/** Of a service that is two, which of them is meant. */
function called({ name, service }: ServiceState): string {
  return service === name ? name : `${name}: ${service}`
}

const UNKNOWN: Readonly<Record<ServiceState['phase'], string>> = {
  sending: 'was being sent, and it is not known whether the swarm took it',
  sent: 'was sent, and the swarm goes on with it by itself',
  moving: WORDS.moving,
}
