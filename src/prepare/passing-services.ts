import { createHash } from 'node:crypto'
import type { Service, ServiceSpec } from '../docker/api.ts'
import { type Engine, EngineError } from '../docker/engine/engine.ts'
import { remove } from '../docker/engine/removal.ts'
import { type RegistryCredential, registryAuthHeader } from '../docker/registry/registry-auth.ts'
import { findService } from '../docker/specs/spec-update.ts'
import { swarmTime } from '../docker/swarm/swarm-time.ts'
import { messageOf, type OnRemains } from '../errors.ts'
import { log } from '../runner/log/log.ts'
import { inParallel } from '../runner/parallel.ts'
import type { RunIdentity } from '../runner/run.ts'
import { timeLimit } from '../runner/time/clock.ts'
import { note } from '../runner/workspace/state.ts'

/**
 * The services of a run that are there for a while only, as they are known on the swarm: those by which nodes pull its
 * images, the one by which they get certificates, and those by which docker runs on each. One that stays goes on, on each
 * node that joins. So each says when nobody needs it any more.
 */

const PREFIXES = { pull: 'swarm-deploy-prepare-', ca: 'swarm-deploy-ca-', tools: 'swarm-deploy-tools-' } as const
const HASH_LENGTH = 12

const RUN = 'swarm-deploy.prepare.run'
const OWNER = 'swarm-deploy.prepare.owner'
/** In milliseconds since 1970, by the swarm's clock. */
const UNTIL = 'swarm-deploy.prepare.until'

const MOST_AT_ONCE = 10

/** The name of such a service for one subject, an image; two runs never have the same. */
export function passingServiceName(
  kind: keyof typeof PREFIXES,
  { token }: Pick<RunIdentity, 'token'>,
  subject: string,
): string {
  return `${PREFIXES[kind]}${createHash('sha256').update(`${token} ${subject}`).digest('hex').slice(0, HASH_LENGTH)}`
}

/** One that a killed run leaves counts for so much longer than the run could have lasted. */
const MARGIN_MS = 60_000

/**
 * What such a service says of itself. Without the label of a stack no `docker stack` command sees it.
 *
 * @param endsAt when the run needs it no more at the latest, by the swarm's clock
 */
export function passingServiceLabels({ token, owner }: RunIdentity, endsAt: number): Readonly<Record<string, string>> {
  return { [RUN]: token, [OWNER]: owner, [UNTIL]: String(Math.ceil(endsAt + MARGIN_MS)) }
}

/**
 * Makes such a service.
 *
 * @param credential for its image; `undefined`: it is read without one
 * @returns its ID
 * @throws EngineError, ConnectionLost when the swarm does not take it
 */
export async function makePassingService(
  engine: Engine,
  spec: ServiceSpec,
  credential: RegistryCredential | undefined,
  signal: AbortSignal,
): Promise<string> {
  const auth = credential === undefined ? {} : { registryAuth: registryAuthHeader(credential) }
  try {
    const options = { body: spec, mayRepeat: true, signal, ...auth }
    return (await engine.post<{ ID: string }>('/services/create', options)).ID
  } catch (error) {
    // The answer to a first call was lost.
    const isThere = error instanceof EngineError && error.status === 409
    const there = isThere ? await findService(engine, spec.Name, signal) : undefined
    if (there === undefined) throw error
    return there.ID
  }
}

/**
 * Removes one that this run has made. That a manager does not find it is believed only when it can know: one that has
 * just begun to lead may have heard of the service later than it answers.
 *
 * @throws EngineError, ConnectionLost when the swarm does not do it
 */
export async function removePassingService(engine: Engine, id: string, signal: AbortSignal): Promise<void> {
  if ((await findService(engine, id, signal)) !== undefined) await remove(engine, `/services/${id}`, signal)
}

/** An election of the swarm's leader included. */
const REMOVE_TIMEOUT_MS = 60_000
/** Of a run that was stopped: it is killed soon, and `post` comes after it. */
const STOPPED_TIMEOUT_MS = 20_000

/** What is said of services that stay. */
const LEFT = {
  pull: 'the services by which nodes pulled',
  ca: 'the service that wrote certificates on the nodes',
  tools: 'the services by which docker ran on the nodes',
} as const

/**
 * Removes at the end of a stage what it has made. It never fails the run: what stays is removed by a later one.
 *
 * @param made the IDs of those that are there as far as the stage knows
 * @param stop that of the run
 */
export async function removeOurs(
  kind: keyof typeof PREFIXES,
  engine: Engine,
  { token }: Pick<RunIdentity, 'token'>,
  made: ReadonlySet<string>,
  stop: AbortSignal,
  onRemains: OnRemains,
): Promise<void> {
  const limit = timeLimit(stop.aborted ? STOPPED_TIMEOUT_MS : REMOVE_TIMEOUT_MS)
  try {
    const removeMade = (ids: readonly string[]) =>
      Promise.allSettled(ids.map((id) => removePassingService(engine, id, limit)))
    const ids = [...made]
    const first = await removeMade(ids)
    await removeOfRun(engine, token, limit)
    // An error that passes leaves nothing.
    const again = await removeMade(ids.filter((_, index) => first[index]?.status === 'rejected'))
    for (const one of again) if (one.status === 'rejected') throw one.reason
    note({ pulls: '' })
  } catch (error) {
    onRemains(`${LEFT[kind]} may be left`)
    log.warning(
      `May be left: ${LEFT[kind]} (${messageOf(error)}). On a manager \`${removalByHand(token)}\` does it; a later run that deploys, removes or renews credentials does it too, from wherever, once its time is over`,
    )
  }
}

/** The command that removes the services of a run, whatever their names. */
export function removalByHand(token: string): string {
  return `docker service rm $(docker service ls --quiet --filter label=${RUN}=${token})`
}

/** The filter that finds the services of one run, and their tasks. */
export function ofRun(token: string): string {
  return JSON.stringify({ label: [`${RUN}=${token}`] })
}

/**
 * Removes the services of a run.
 *
 * @throws EngineError, ConnectionLost when the swarm does not do it
 */
export async function removeOfRun(engine: Engine, token: string, signal: AbortSignal): Promise<void> {
  const found = await engine.get<Service[]>('/services', { query: { filters: ofRun(token) }, signal })
  // The filter of a daemon that does not know it would let everything through.
  const ours = found.filter(({ Spec: { Labels } }) => Labels?.[RUN] === token)
  await removeAll(engine, ours, signal)
}

/**
 * Removes what runs have left that nobody could clean up after. Those of runs that may still be at work are left alone.
 *
 * @param now by the swarm's clock, in milliseconds since 1970
 * @returns their names
 */
export async function removeExpired(engine: Engine, now: number, signal: AbortSignal): Promise<string[]> {
  const filters = JSON.stringify({ label: [RUN] })
  const found = await engine.get<Service[]>('/services', { query: { filters }, signal })
  const expired = found.filter((service) => isExpired(service, now))
  await removeAll(engine, expired, signal)
  return expired.map(({ Spec }) => Spec.Name)
}

/** Whether a service is one of these. One of somebody's that has our label and another name is none of ours. */
export function isPassingService({ Spec: { Name: name, Labels: labels } }: Pick<Service, 'Spec'>): boolean {
  return labels?.[RUN] !== undefined && Object.values(PREFIXES).some((prefix) => name.startsWith(prefix))
}

function isExpired(service: Service, now: number): boolean {
  const until = service.Spec.Labels?.[UNTIL] ?? ''
  return isPassingService(service) && /^\d{1,15}$/.test(until) && Number(until) < now
}

/** The same before a run changes the swarm, with a word of it. That they do not go is no failure of that run. */
export function sweepExpired(engine: Engine, now: number, signal: AbortSignal): Promise<void> {
  return orDebug(async () => tellSwept(await removeExpired(engine, now, signal)))
}

/** The same for a run that has read all services anyway. */
export async function sweepAmong(services: readonly Service[], engine: Engine, signal: AbortSignal): Promise<void> {
  if (!services.some(isPassingService)) return
  await orDebug(async () => {
    tellSwept(await removeExpired(engine, await swarmTime(engine, signal), signal))
  })
}

function tellSwept(names: readonly string[]): void {
  if (names.length > 0) log.info(`Removed what an earlier run had left: ${names.join(', ')}`)
}

async function orDebug(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    log.debug(`Not removed: what an earlier run may have left: ${error.message}`)
  }
}

async function removeAll(engine: Engine, services: readonly Service[], signal: AbortSignal): Promise<void> {
  await inParallel(services, MOST_AT_ONCE, ({ ID }) => remove(engine, `/services/${ID}`, signal))
}
