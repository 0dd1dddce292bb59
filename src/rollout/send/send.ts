import type { Connection } from '../../connect/connection.ts'
import { unanswered } from '../../connect/unanswered.ts'
import type { Service } from '../../docker/api.ts'
import { EngineError } from '../../docker/engine/engine.ts'
import { sharingTemplates } from '../../docker/specs/shared-templates.ts'
import { sameSpec } from '../../docker/specs/spec-comparison.ts'
import { findService, isAnswerLost, type UpdateResult } from '../../docker/specs/spec-update.ts'
import { messageOf } from '../../errors.ts'
import { type Change, type Creation, currentOf, type SendableChange, type Update } from '../../plan/change.ts'
import { accountsInWords } from '../../plan/credentials/account.ts'
import { havePortsOf } from '../../plan/port-givers.ts'
import { inParallel } from '../../runner/parallel.ts'
import { someOf } from '../../runner/text/some-of.ts'
import { nowMs, timeLimit, tooLong } from '../../runner/time/clock.ts'
import { poll } from '../../runner/time/poll.ts'
import type { RolloutRun } from '../run.ts'
import { superseded } from '../superseded.ts'
import type { Watch } from '../watch/watch.ts'
import { createService } from './create-service.ts'
import { giversFirst, giversIn, giversOf } from './port-order.ts'
import { renewCredential } from './renew-credential.ts'
import { makeSecond } from './second-service.ts'
import { type Problem, type Sent, untouched } from './sent.ts'
import { storedCredential } from './stored-credential.ts'
import { noteSending, noteSent } from './under-way.ts'
import { writeSpec } from './write-spec.ts'

const READ_TIMEOUT_MS = 120_000
/** Of an allocator that is busy. Then docker says itself whose the port is. */
const NOTED_MS = 15_000
const NOTED_LOOK_EVERY_MS = 50
/** What is on its way when the run is stopped has this long to arrive: a runner kills within seconds. */
const GRACE_MS = 1000
/** The same when another service has failed, or the time of the run is over. */
const LONG_GRACE_MS = 5000

/**
 * Sends every change, side by side. From here on the swarm is at work; one service that it refuses does not hold up
 * the others. When the run is stopped, when its time is over and when the watch ends, what is being sent may still
 * arrive, and nothing more is sent.
 *
 * @param watch is given each of them as soon as it is sent
 */
export function deploy(services: readonly Change[], run: RolloutRun, watch?: Watch): Promise<Sent[]> {
  const { deployment, signal, time } = run
  const ends = [afterwards(signal, GRACE_MS), time.over(LONG_GRACE_MS)]
  const end = AbortSignal.any(watch === undefined ? ends : [...ends, afterwards(watch.failed, LONG_GRACE_MS)])
  // What is as asked waits for no turn: one look shows all of it.
  const givers = giversIn(services)
  const inOrder = giversFirst(services, (change) => change)
  const turns = inOrder.map((change) => (change.action === 'unchanged' ? untouched(change) : change))
  const sending = new Map<string, Promise<Sent>>()
  for (const turn of turns) if ('sentAt' in turn) watch?.add(turn)
  return inParallel(turns, deployment.maxParallel, async (turn) => {
    if ('sentAt' in turn) return turn
    const given = giversOf(turn, givers).map(({ request }) => sending.get(request.name))
    const one = Promise.all(given).then(() => sendOrNot(turn))
    sending.set(turn.request.name, one)
    const sent = await one
    watch?.add(sent)
    return sent
  })

  async function sendOrNot(change: SendableChange): Promise<Sent> {
    const problem = whyNotSent(run, watch)
    if (problem !== undefined) return { ...untouched(change), problem }
    noteSending(change)
    const sent = await send(change, run, end).catch((error: unknown) => unansweredSent(change, error, run, watch))
    noteSent(sent)
    return sent
  }
}

/** Aborted so long after `signal`. */
function afterwards(signal: AbortSignal, ms: number): AbortSignal {
  const end = new AbortController()
  signal.addEventListener('abort', () => setTimeout(() => end.abort(tooLong()), ms).unref(), { once: true })
  return end.signal
}

function whyNotSent({ signal, time }: RolloutRun, watch: Watch | undefined): Problem | undefined {
  if (signal.aborted) return { outcome: 'cancelled', cause: 'the run was stopped before it was sent' }
  if (time.isOver) return { outcome: 'timed-out', cause: `not sent within ${time.seconds} s` }
  if (!watch?.failed.aborted) return undefined
  const { culprits } = watch
  return { outcome: 'skipped', cause: `not sent, because ${someOf(culprits)} failed`, because: culprits }
}

async function send(change: SendableChange, run: RolloutRun, end: AbortSignal): Promise<Sent> {
  const { connection } = run
  if (change.action === 'switch') return makeSecond(change, run, end)
  if (change.action === 'create') return create(change, connection, end)
  await renewCredential(change, run, end)
  return update(change, connection, end)
}

async function create(change: Creation, { engine }: Connection, end: AbortSignal): Promise<Sent> {
  const sentAt = nowMs()
  const made = await createService(change.access, change.wanted, engine, readingTime(end))
  return { change, sentAt, service: undefined, ...made }
}

/** Sends the whole spec, over the one that was observed or an interim one of ours. */
async function update(change: Update, connection: Connection, end: AbortSignal): Promise<Sent> {
  const { access, current, interim, wanted } = change
  const { ID: id, Spec: observed } = current
  const sentAt = nowMs()
  let given: UpdateResult
  try {
    const base = interim ?? observed
    given = await writeSpec(connection.engine, id, [base], wanted, storedCredential(access), readingTime(end))
  } catch (error) {
    if (!(error instanceof EngineError) || isAnswerLost(error)) throw error
    return refused(change, sentAt, error.message)
  }
  const found = await readWhenNoted(change, connection, end)
  const service = found && sharingTemplates(found, [wanted, observed])
  const isOurs = given === 'done' && service !== undefined && sameSpec(wanted, service.Spec)
  return isOurs ? { change, sentAt, service } : overtaken(change, sentAt, service)
}

/**
 * The service as it is after its change. Swarm refuses a port that it gives away to all others until its allocator has taken
 * note of that, some milliseconds later (swarmkit, manager/allocator and controlapi/service.go, checkPortConflicts).
 */
async function readWhenNoted(change: Update, connection: Connection, end: AbortSignal): Promise<Service | undefined> {
  const deadline = nowMs() + NOTED_MS
  let found: Service | undefined
  const isNoted = async () => {
    found = await read(connection, change.current.ID, end)
    return found === undefined || !sameSpec(change.wanted, found.Spec) || !havePortsOf(change, [found])
  }
  await poll(isNoted, NOTED_LOOK_EVERY_MS, () => nowMs() >= deadline, end)
  return found
}

/** A reading of the swarm outlives the run's stop: what was sent has to be known. */
function read({ engine }: Connection, name: string, end: AbortSignal): Promise<Service | undefined> {
  return findService(engine, name, readingTime(end))
}

function readingTime(end: AbortSignal): AbortSignal {
  return AbortSignal.any([end, timeLimit(READ_TIMEOUT_MS)])
}

/** What is sent to a service, and with which account. */
export function changeInWords(change: SendableChange): string {
  const { changes, access } = change
  const account = access === undefined ? 'without an account' : accountsInWords(access.credential)
  if (change.action === 'update') return `update (${changes.join('; ')}), ${account}`
  if (change.action === 'create') return `create, ${account}`
  const { name, live } = change.second
  const beside = live === undefined ? '' : ` beside ${live.Spec.Name} (${changes.join('; ')})`
  return `create ${name}${beside}, ${account}`
}

/** What was sent may or may not have arrived: the swarm cannot be asked. */
function unansweredSent(change: SendableChange, error: unknown, run: RolloutRun, watch: Watch | undefined): Sent {
  const problem = () => {
    if (!run.signal.aborted && watch?.failed.aborted) {
      const { culprits } = watch
      return { ...lost('skipped', `it had not answered when ${someOf(culprits)} failed`), because: culprits }
    }
    const { outcome, why } = unanswered(messageOf(error), run)
    return lost(outcome, why)
  }
  return { change, sentAt: nowMs(), service: currentOf(change), problem: problem() }
}

function lost(outcome: 'cancelled' | 'skipped' | 'timed-out' | 'failed', why: string) {
  return { outcome, cause: `it is not known whether the swarm took the change: ${why}`, isUnknown: true }
}

function refused(change: Update, sentAt: number, said: string): Sent {
  const cause = `docker refused to update it: ${said}`
  return { change, sentAt, service: change.current, problem: { outcome: 'failed', cause } }
}

function overtaken(change: SendableChange, sentAt: number, service: Service | undefined): Sent {
  const problem =
    service === undefined ? superseded('removed', 'during this deploy') : superseded('changed', 'at the same moment')
  return { change, sentAt, service, problem }
}
