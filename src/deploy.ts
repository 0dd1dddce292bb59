import { setTimeout as sleep } from 'node:timers/promises'
import type { ChangedService, CheckedService, Connection, Rollout } from './deployment.ts'
import type { Service } from './docker/api.ts'
import { isElection, throughElection } from './docker/election.ts'
import { EngineError } from './docker/engine.ts'
import { complaint } from './docker/rehearsal.ts'
import { difference, sameSpec } from './docker/service-spec.ts'
import { sameStackSpec } from './docker/stack-file.ts'
import { messageOf } from './errors.ts'
import { inParallel } from './parallel.ts'
import { log } from './runner/log.ts'

/** Enough for an update in progress: the orchestrator itself writes to a service twice. */
const ATTEMPTS = 6
const LONGEST_PAUSE_SECONDS = 1

/**
 * Sends every change, side by side. From here on the swarm is at work; one service that it refuses does not hold up
 * the others.
 *
 * @param signal when it is aborted, what is being sent is still sent, and nothing more
 */
export function deploy(
  services: readonly CheckedService[],
  connection: Connection,
  maxParallel: number,
  signal: AbortSignal,
): Promise<Rollout[]> {
  return inParallel(services, maxParallel, async (checked) => {
    if (checked.action === 'unchanged') return { checked, service: checked.current, sentAt: performance.now() }
    if (signal.aborted) return { checked, service: checked.current, sentAt: performance.now(), problem: NOT_SENT }
    return send(checked, connection).catch((error: unknown) => lostSight(checked, error))
  })
}

const NOT_SENT = { outcome: 'cancelled', cause: 'the run was stopped before it was sent' } as const

async function send(checked: ChangedService, connection: Connection): Promise<Rollout> {
  const { name } = checked.request
  const { args, env, stdin = '' } = checked.command
  log.info(describe(checked))
  for (let attempt = 1; ; attempt++) {
    const sentAt = performance.now()
    const result = await connection.docker.run(args, { env, stdin })
    const said = complaint(result)
    if (result.code === 0) return { checked, sentAt, service: await read(connection, name) }

    const mayRepeat = /update out of sequence/.test(said) || isElection(said) || /already exists/.test(said)
    if (!mayRepeat) return refused(checked, sentAt, said)

    await sleep(Math.random() * LONGEST_PAUSE_SECONDS * 1000)
    const service = await read(connection, name)
    const standing = compare(checked, service)
    if (standing === 'as-asked') return { checked, sentAt, service }
    if (standing === 'someone-elses') return superseded(checked, sentAt, service)
    if (attempt === ATTEMPTS) return refused(checked, sentAt, `${said} (${ATTEMPTS} attempts)`)
    log.info(`${name}: sent again: ${said}`)
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
  const byFlags = !changes.includes('update-args') || sameSpec(wanted, now.Spec)
  return byName && byFlags ? 'as-asked' : 'someone-elses'
}

async function read({ engine }: Connection, name: string): Promise<Service | undefined> {
  try {
    return await throughElection(() => engine.get<Service>(`/services/${name}`), AbortSignal.timeout(120_000))
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return undefined
    throw error
  }
}

function describe({ request, action, changes, access }: ChangedService): string {
  const auth = access === undefined ? 'without registry auth' : `config ${access.config.name}`
  return action === 'create'
    ? `${request.name}: create, ${auth}`
    : `${request.name}: update (${changes.join('; ')}), ${auth}`
}

/** What was sent may or may not have arrived: the swarm cannot be asked. */
function lostSight(checked: ChangedService, error: unknown): Rollout {
  const cause = `it is not known whether the swarm took the change: ${messageOf(error)}`
  return { checked, sentAt: performance.now(), service: checked.current, problem: { outcome: 'failed', cause } }
}

function refused(checked: ChangedService, sentAt: number, said: string): Rollout {
  const cause = `docker refused to ${checked.action} it: ${said}`
  return { checked, sentAt, service: checked.current, problem: { outcome: 'failed', cause } }
}

function superseded(checked: ChangedService, sentAt: number, service: Service | undefined): Rollout {
  const cause =
    service === undefined
      ? 'someone else removed it during this deploy'
      : 'someone else deployed it at the same moment, and theirs came first: keep deploys of one service apart with `concurrency`'
  return { checked, sentAt, service, problem: { outcome: 'superseded', cause } }
}
