import type { Connection } from '../connect/connection.ts'
import type { RunTime } from '../connect/run-time.ts'
import { readSurely } from '../docker/engine/caught-up.ts'
import { type Engine, EngineError } from '../docker/engine/engine.ts'
import { remove } from '../docker/engine/removal.ts'
import { isFailure } from '../docker/specs/spec-update.ts'
import type { StackObject } from '../docker/specs/stack-objects.ts'
import { swarmTime } from '../docker/swarm/swarm-time.ts'
import { messageOf, type OnRemains, UserError } from '../errors.ts'
import { type Deployment, type LockRequest, type ServiceRequest, stackOf } from '../inputs/deployment.ts'
import { lifetimeOf } from '../rollout/watch/lifetime.ts'
import { log, stage } from '../runner/log/log.ts'
import type { RunIdentity } from '../runner/run.ts'
import { someOf } from '../runner/text/some-of.ts'
import { nowMs, sleep, timeLimit } from '../runner/time/clock.ts'
import { saveForPost } from '../runner/workspace/saved.ts'
import {
  type HeldLock,
  type Holder,
  heldLock,
  isExpired,
  lockBody,
  lockName,
  locksOf,
  releaseByHand,
  secondsLeft,
} from './lock-config.ts'

/** While the swarm elects a leader, nobody knows for up to 20 s what became of a call. */
const CALL_TIMEOUT_MS = 120_000
/** A runner that stops a job leaves seven seconds. */
const RELEASE_TIMEOUT_MS = 5000
const LOOK_EVERY_MS = 1000
/** What may be left is told before a stage that does not end after a stop is given up (`before` of `RunTime`): 3 s. */
const TELL_AFTER_STOP_MS = 2000

/** The swarm-wide locks of a run. Without the input `lock` there are none, and all of this does nothing. */
export interface Lock extends AsyncDisposable {
  /** Takes the locks of the services that a stack brought along, with its files or on the swarm. */
  takeServices(of: { readonly services: readonly LockedService[] }): Promise<void>
}

type LockConfig = StackObject & { readonly CreatedAt: string }

/**
 * Takes the lock of the stack, or those of the services: nobody else who asks for them deploys until this run is
 * over. Its state is saved first, so that `post` releases them when this process is killed.
 *
 * @throws UserError when somebody else holds one for longer than `lock-timeout`
 */
export function takeLock(
  asked: Deployment,
  run: RunIdentity,
  connection: Connection,
  time: RunTime,
  signal: AbortSignal,
  onRemains: OnRemains,
): Promise<Lock> {
  const { lock, services } = asked
  const locking = { lock, stack: stackOf(asked), services, seconds: lifetimeOf(asked) }
  return takeLockOf(locking, run, connection, time, signal, onRemains)
}

/** What a lock is for. */
export interface Locking {
  readonly lock: LockRequest | undefined
  readonly stack?: { readonly name: string } | undefined
  readonly services: readonly LockedService[]
  /** For how long the run may hold it. */
  readonly seconds: number
}

type LockedService = Pick<ServiceRequest, 'name' | 'isStack'>

/** The same for a run that is no deploy. */
export async function takeLockOf(
  { lock, stack, services, seconds }: Locking,
  run: RunIdentity,
  { engine }: Connection,
  time: RunTime,
  signal: AbortSignal,
  onRemains: OnRemains,
): Promise<Lock> {
  if (lock === undefined) return { takeServices: async () => undefined, [Symbol.asyncDispose]: async () => undefined }
  const holder = { ...run, seconds }
  saveForPost('lock', holder.token)
  const held: HeldLocks = new Map()
  const told: (() => void)[] = []
  const take = (names: readonly string[]) =>
    stage('Take the lock', async () => {
      // In one order for all runs, or two of them would wait for each other.
      for (const name of names.toSorted()) {
        await waitFor(engine, name, holder, held, lock, time, signal)
        log.info(`${name}: locked`)
      }
    })
  const keeper: Lock = {
    takeServices: async ({ services }) => {
      const names = services
        .map(({ name, isStack }) => lockName(isStack ? 'stack' : 'service', name))
        .filter((name) => !held.has(name))
      if (names.length > 0) await take(names)
    },
    [Symbol.asyncDispose]: () => {
      time.beginClosing()
      return release(engine, holder, held, told, onRemains)
    },
  }
  const onStop = () => setTimeout(() => told.push(...tellLeft(held, onRemains)), TELL_AFTER_STOP_MS).unref()
  signal.addEventListener('abort', onStop, { once: true })
  try {
    if (stack === undefined) await keeper.takeServices({ services })
    else await take([lockName('stack', stack.name)])
    return keeper
  } catch (error) {
    await keeper[Symbol.asyncDispose]()
    throw error
  } finally {
    signal.removeEventListener('abort', onStop)
  }
}

/**
 * The locks of this run by their names; those too of which it is not known whether the swarm made them. A call that was
 * broken off, and so has no answer, may still be done; and what is there `already` may be ours, for the answer to a first
 * call may have been lost, or another's.
 */
type HeldLocks = Map<string, 'asked for' | 'already' | 'made'>

/** @returns what takes it back */
function tellLeft(held: HeldLocks, onRemains: OnRemains): (() => void)[] {
  return held.size === 0 ? [] : [onRemains(`${someOf([...held.keys()])} may be left`)]
}

async function waitFor(
  engine: Engine,
  name: string,
  holder: Holder,
  held: HeldLocks,
  { timeoutSeconds }: LockRequest,
  time: RunTime,
  signal: AbortSignal,
): Promise<void> {
  const deadline = nowMs() + timeoutSeconds * 1000
  let waitsFor = ''
  while (!(await create(engine, name, holder, held))) {
    signal.throwIfAborted()
    const other = await find(engine, name, signal)
    if (other === undefined) continue
    if (other.holder.token === holder.token) return
    held.delete(name)
    const now = await swarmTime(engine, signal)
    if (isExpired(other, now)) {
      log.warning(`${name}: the lock of ${named(other.holder)} has expired, and is broken`)
      // By its ID: of two that break it, the second must not take away the first one's new lock.
      await remove(engine, `/configs/${other.id}`, signal)
      continue
    }
    if (nowMs() >= deadline) throw new UserError(tooLong(name, other, now, timeoutSeconds))
    if (waitsFor !== other.id) {
      log.info(`${name}: waiting for ${named(other.holder)} to release it, for at most ${timeoutSeconds} s`)
    }
    waitsFor = other.id
    const pauseMs = Math.min(LOOK_EVERY_MS, Math.max(0, deadline - nowMs()))
    await time.aside(pauseMs / 1000, () => sleep(pauseMs, signal))
  }
}

function named({ owner, url }: Holder): string {
  return url === '' ? owner : `${owner} (${url})`
}

function tooLong(name: string, { holder, createdAt }: HeldLock, now: number, timeoutSeconds: number): string {
  const left = secondsLeft(createdAt, holder.seconds, now)
  const until = Number.isFinite(left) ? `It expires by itself in ${left} s. ` : ''
  return `lock-timeout: ${named(holder)} has held ${name} for longer than ${timeoutSeconds} s. ${until}If that run is gone, remove its lock with \`docker config rm ${name}\`; else write a longer \`lock-timeout\``
}

/** Whether the lock is ours now. A call whose answer is lost is made again: then the lock that is there is ours. */
async function create(engine: Engine, name: string, holder: Holder, held: HeldLocks): Promise<boolean> {
  held.set(name, 'asked for')
  try {
    await engine.post('/configs/create', {
      body: lockBody(name, holder),
      mayRepeat: true,
      signal: timeLimit(CALL_TIMEOUT_MS),
    })
    held.set(name, 'made')
    return true
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    held.set(name, 'already')
    if (error.status === 409) return false
    if (!isFailure(error)) held.delete(name)
    throw new UserError(`lock: the swarm refuses to make ${name}: ${error.message}`)
  }
}

async function find(engine: Engine, name: string, signal: AbortSignal): Promise<HeldLock | undefined> {
  const filters = JSON.stringify({ name: [name] })
  const found = await engine.get<LockConfig[]>('/configs', { query: { filters }, signal })
  const config = found.find(({ Spec }) => Spec.Name === name)
  return config && heldLock(config)
}

/** Removes what this run holds, and nothing else; what is gone already is fine. It never fails the run. */
async function release(
  engine: Engine,
  holder: Holder,
  held: HeldLocks,
  told: readonly (() => void)[],
  onRemains: OnRemains,
): Promise<void> {
  try {
    const released = held.size > 0 ? await releaseAll(engine, holder.token, timeLimit(RELEASE_TIMEOUT_MS)) : []
    for (const [name, state] of held) if (state !== 'asked for' || released.includes(name)) held.delete(name)
    if (held.size > 0) throw new Error('the call that makes it was broken off')
    saveForPost('lock', '')
    for (const takeBack of told) takeBack()
  } catch (error) {
    tellLeft(held, onRemains)
    const names = [...held.keys()].join(', ')
    const isOurs = [...held.values()].every((state) => state === 'made')
    const what = isOurs ? `Not released: ${names}` : `It is not known whether this run has left ${names}`
    log.warning(
      `${what} (${messageOf(error)}). What it has taken expires by itself ${holder.seconds} s later, or is removed with \`${releaseByHand(holder.token)}\``,
    )
  }
}

/** @returns the names of those that were there */
async function releaseAll(engine: Engine, token: string, signal: AbortSignal): Promise<string[]> {
  const query = { filters: locksOf(token) }
  const read = () => engine.get<LockConfig[]>('/configs', { query, signal })
  const left = await readSurely(read, engine, signal, (one) => heldLock(one).holder.token === token)
  // The filter of a daemon that does not know it would let everything through.
  const ours = left.filter((one) => heldLock(one).holder.token === token)
  await Promise.all(ours.map(({ ID }) => remove(engine, `/configs/${ID}`, signal)))
  return ours.map(({ Spec }) => Spec.Name)
}

/** Releases what a killed main left behind. @returns the names of those that were there */
export function releaseLeft(token: string, { engine }: Connection): Promise<string[]> {
  return releaseAll(engine, token, timeLimit(CALL_TIMEOUT_MS))
}
