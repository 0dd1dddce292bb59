import type { ChangedService, CheckedService, Connection, Rollout } from './deployment.ts'
import type { Service, ServiceSpec } from './docker/api.ts'
import { isDisconnection, isElection } from './docker/election.ts'
import { EngineError } from './docker/engine.ts'
import { registryAuthHeader } from './docker/registry-auth.ts'
import { complaint } from './docker/rehearsal.ts'
import { difference, sameSpec } from './docker/service-spec.ts'
import { findService, isOutOfSequence, type StoredCredential, updateSpec } from './docker/spec-update.ts'
import { sameStackSpec } from './docker/stack-file.ts'
import { messageOf } from './errors.ts'
import { makeNext } from './next-colour.ts'
import { inParallel } from './parallel.ts'
import { renewCredential } from './renew.ts'
import { nowMs, sleep, timeLimit } from './runner/clock.ts'
import { log } from './runner/log.ts'

/** Enough for an update in progress: the orchestrator itself writes to a service twice. */
const ATTEMPTS = 6
/** Changes that flags alone lead to: nothing else tells whether they are there. */
const BY_FLAGS = ['update-args', 'update policy', 'rollback policy']
const LONGEST_PAUSE_SECONDS = 1
const READ_TIMEOUT_MS = 120_000
/** What is on its way when the run is stopped has this long to arrive: a runner kills within seconds. */
const GRACE_MS = 1000

/**
 * Sends every change, side by side. From here on the swarm is at work; one service that it refuses does not hold up
 * the others.
 *
 * @param signal when it is aborted, what is being sent may still arrive, and nothing more is sent
 */
export function deploy(
  services: readonly CheckedService[],
  connection: Connection,
  maxParallel: number,
  signal: AbortSignal,
): Promise<Rollout[]> {
  const end = afterGrace(signal)
  return inParallel(services, maxParallel, async (checked) => {
    if (checked.action === 'unchanged') return { checked, service: checked.current, sentAt: nowMs() }
    if (signal.aborted) return { checked, service: checked.current, sentAt: nowMs(), problem: NOT_SENT }
    return send(checked, connection, end).catch((error: unknown) => lostSight(checked, error, signal))
  })
}

/** Aborted a moment after `signal`. */
function afterGrace(signal: AbortSignal): AbortSignal {
  const end = new AbortController()
  signal.addEventListener('abort', () => setTimeout(() => end.abort(signal.reason), GRACE_MS).unref(), { once: true })
  return end.signal
}

const NOT_SENT = { outcome: 'cancelled', cause: 'the run was stopped before it was sent' } as const

async function send(checked: ChangedService, connection: Connection, end: AbortSignal): Promise<Rollout> {
  const { request, current, nextColour, interim, command } = checked
  const { name } = request
  log.info(describe(checked))
  if (nextColour !== undefined) return makeNext(checked, nextColour, connection, end)
  if (interim !== undefined) return sendWhole(checked, interim, connection, end)
  await renewCredential(checked, connection, end)
  if (command === undefined) return sendWhole(checked, current?.Spec, connection, end)
  const { args, env, stdin = '' } = command
  for (let attempt = 1; ; attempt++) {
    const sentAt = nowMs()
    const result = await connection.docker.run(args, { env, stdin, signal: end })
    const said = complaint(result)
    if (result.code === 0) return taken(checked, sentAt, await read(connection, current?.ID ?? name, end))

    const mayRepeat = isOutOfSequence(said) || isElection(said) || isDisconnection(said) || /already exists/.test(said)
    if (!mayRepeat) return refused(checked, sentAt, said)

    await sleep(Math.random() * LONGEST_PAUSE_SECONDS * 1000, end)
    const service = await read(connection, current?.ID ?? name, end)
    const standing = compare(checked, service)
    if (standing === 'as-asked') return { checked, sentAt, service }
    if (standing === 'someone-elses') return superseded(checked, sentAt, service)
    if (attempt === ATTEMPTS) return refused(checked, sentAt, `${said} (${ATTEMPTS} attempts)`)
    log.info(`${name}: sent again: ${said}`)
  }
}

/**
 * Sends the whole spec, over the one that was observed or an interim one of ours. No docker command could do the
 * latter: it changes only what its flags name, and would keep the rest of the interim spec.
 */
async function sendWhole(
  checked: ChangedService,
  base: ServiceSpec | undefined,
  connection: Connection,
  end: AbortSignal,
): Promise<Rollout> {
  const { current, access, wanted } = checked
  if (current === undefined || base === undefined) throw new Error('only a service that exists is sent a whole spec')
  const id = current.ID
  const sentAt = nowMs()
  const credential: StoredCredential =
    access === undefined ? { from: 'spec' } : { from: 'header', header: registryAuthHeader(access.credential) }
  try {
    const standing = await updateSpec(connection.engine, id, [base], wanted, credential, readingTime(end))
    const service = await read(connection, id, end)
    const isOurs = standing === 'done' && service !== undefined && sameStackSpec(wanted, service.Spec)
    return isOurs ? { checked, sentAt, service } : superseded(checked, sentAt, service)
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    return refused(checked, sentAt, error.message)
  }
}

/** Where a service stands after a change that may or may not have come through. */
export function compare(
  { request, current, asked, wanted, changes }: ChangedService,
  now: Service | undefined,
): 'as-before' | 'as-asked' | 'someone-elses' {
  if (now === undefined) return current === undefined ? 'as-before' : 'someone-elses'
  // Swarm itself counts a service's version up while it updates: only the spec tells.
  if (current !== undefined && sameSpec(current.Spec, now.Spec)) return 'as-before'
  if (request.compose !== undefined) return sameStackSpec(wanted, now.Spec) ? 'as-asked' : 'someone-elses'
  const byName = difference(now.Spec, asked).words.length === 0
  const byFlags = !changes.some((change) => BY_FLAGS.includes(change)) || sameSpec(wanted, now.Spec)
  return byName && byFlags ? 'as-asked' : 'someone-elses'
}

/** A reading of the swarm outlives the run's stop: what was sent has to be known. */
function read({ engine }: Connection, name: string, end: AbortSignal): Promise<Service | undefined> {
  return findService(engine, name, readingTime(end))
}

function readingTime(end: AbortSignal): AbortSignal {
  return AbortSignal.any([end, timeLimit(READ_TIMEOUT_MS)])
}

function describe({ request, action, changes, access, nextColour }: ChangedService): string {
  const auth = access === undefined ? 'without registry auth' : `config ${access.config.name}`
  if (nextColour !== undefined) {
    const beside = nextColour.live === undefined ? '' : ` beside ${nextColour.live.Spec.Name} (${changes.join('; ')})`
    return `${request.name}: create ${nextColour.name}${beside}, ${auth}`
  }
  return action === 'create'
    ? `${request.name}: create, ${auth}`
    : `${request.name}: update (${changes.join('; ')}), ${auth}`
}

/** What was sent may or may not have arrived: the swarm cannot be asked. */
function lostSight(checked: ChangedService, error: unknown, signal: AbortSignal): Rollout {
  const why = signal.aborted ? 'the run was stopped before it answered' : messageOf(error)
  const cause = `it is not known whether the swarm took the change: ${why}`
  const outcome = signal.aborted ? 'cancelled' : 'failed'
  return { checked, sentAt: nowMs(), service: checked.current, problem: { outcome, cause } }
}

function refused(checked: ChangedService, sentAt: number, said: string): Rollout {
  const cause = `docker refused to ${checked.action} it: ${said}`
  return { checked, sentAt, service: checked.current, problem: { outcome: 'failed', cause } }
}

/** What the swarm has now is ours, unless somebody else's deploy came between the command's end and the look. */
function taken(checked: ChangedService, sentAt: number, service: Service | undefined): Rollout {
  // The spec of a stack's service also holds what docker adds to it: there only the watch tells.
  const isTheirs = checked.request.compose === undefined && compare(checked, service) === 'someone-elses'
  return isTheirs ? superseded(checked, sentAt, service) : { checked, sentAt, service }
}

function superseded(checked: ChangedService, sentAt: number, service: Service | undefined): Rollout {
  const cause =
    service === undefined
      ? 'someone else removed it during this deploy'
      : 'someone else deployed it at the same moment, and theirs stands: keep deploys of one service apart with `concurrency`'
  return { checked, sentAt, service, problem: { outcome: 'superseded', cause } }
}
