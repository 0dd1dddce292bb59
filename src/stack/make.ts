import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Run } from '../connect/run.ts'
import { TimedOut } from '../connect/run-time.ts'
import { findSurely } from '../docker/engine/caught-up.ts'
import { type Engine, EngineError } from '../docker/engine/engine.ts'
import { isFailure } from '../docker/specs/spec-update.ts'
import {
  isLeftover,
  type Kind,
  type Network,
  type NetworkCreate,
  placeholder,
  type StackObject,
} from '../docker/specs/stack-objects.ts'
import { CutOff, messageOf, UserError, withRemains } from '../errors.ts'
import { log, stage } from '../runner/log/log.ts'
import { nowMs, timeLimit } from '../runner/time/clock.ts'
import { poll } from '../runner/time/poll.ts'
import type { Made, MadeObject } from './made.ts'
import { removeMade } from './remove.ts'
import { type Belongings, isOwn, listNetworks, MADE_LABEL, objectsToSend, type WantedObject } from './stack.ts'

const MAKE_TIMEOUT_MS = 120_000
/** How long a network that was removed may be held by tasks that are being stopped. */
const RELEASE_SECONDS = 60
const ASK_EVERY_MS = 500
const LOOK_TIMEOUT_MS = 10_000
const UNKNOWN = ''

/**
 * Makes the networks, secrets and configs that are not there yet and that a service needs, each once.
 *
 * @param networks what docker itself would send to make those of the services that are changed
 * @throws UserError when the swarm refuses one or the time is over, the reason of the signal when it is aborted; what
 * was made before is taken away again, and what stays is noted on it
 */
export async function makeObjects(
  stack: Belongings,
  networks: readonly NetworkCreate[],
  { connection: { engine }, signal, time }: Pick<Run, 'connection' | 'signal' | 'time'>,
): Promise<Made> {
  if (networks.length === 0 && objectsToSend(stack).length === 0) return { objects: [], ids: new Map() }
  const objects: MadeObject[] = []
  const relabelled: string[] = []
  const found = new Map<string, { readonly id: string }>()
  try {
    const limit = AbortSignal.any([signal, time.over()])
    await stage('Make networks, secrets and configs', () =>
      makeAll(stack, networks, { objects, relabelled, found }, engine, limit),
    )
  } catch (error) {
    time.beginClosing()
    const left = await removeMade(objects, engine, signal)
    const stays = [...left, ...relabelled]
    if (signal.aborted) throw left.length > 0 ? new CutOff(signal.reason) : withRemains(signal.reason, stays)
    if (error instanceof UserError || left.length > 0 || !time.isOver) throw withRemains(error, stays)
    const said = error instanceof DOMException ? '' : `: ${messageOf(error)}`
    const what = 'before its networks, secrets and configs were made'
    const told = `timeout: the ${time.seconds} s were over ${what}${said}. They are taken away again`
    throw withRemains(new TimedOut(told, { cause: error }), stays)
  }
  const made = objects.map(({ kind, name, id = '' }) => [placeholder(kind, name), { id }] as const)
  return { objects, ids: new Map([...found, ...made]) }
}

/**
 * @param networks what docker itself would send to make them
 * @param done gets what was made, one by one, a phrase for each that has other labels now, and by their placeholders the IDs
 * of what another run has made meanwhile
 */
async function makeAll(
  stack: Belongings,
  networks: readonly NetworkCreate[],
  {
    objects,
    relabelled,
    found,
  }: {
    readonly objects: MadeObject[]
    readonly relabelled: string[]
    readonly found: Map<string, { readonly id: string }>
  },
  engine: Engine,
  signal: AbortSignal,
): Promise<void> {
  const make = async (kind: Kind | 'network', name: string, create: () => Promise<string | undefined>) => {
    signal.throwIfAborted()
    const at = objects.push({ kind, name, id: undefined }) - 1
    try {
      const id = await create()
      if (id === undefined) objects.pop()
      else objects[at] = { kind, name, id }
      return id !== undefined
    } catch (error) {
      if (error instanceof UserError) {
        // What was refused was not made. A daemon that failed may have made it all the same.
        const id = isFailure(error.cause) ? await idNow(engine, kind, name) : undefined
        // Others may have made it meanwhile: a service without a stack, and a network of this name on one node.
        const isOurs = id !== UNKNOWN && stack.name !== undefined && kind !== 'network'
        if (id === undefined) objects.pop()
        else if (isOurs) objects[at] = { kind, name, id }
      }
      throw error
    }
  }
  for (const [name, body] of new Map(networks.map((one) => [one.Name, one]))) {
    const once = async () => {
      if (await make('network', name, () => makeNetwork(stack, engine, name, body))) return true
      const other = stack.name === undefined ? await networkOfSwarm(engine, name) : undefined
      if (other !== undefined) found.set(placeholder('network', name), { id: other })
      return other !== undefined
    }
    await whenReleased(stack, name, once, signal)
    log.info(`network ${name}: ${found.has(placeholder('network', name)) ? 'there by now' : 'created'}`)
  }
  for (const { object, there } of objectsToSend(stack)) {
    if (there === undefined) {
      const { kind, name } = object
      const onFound = (id: string) => found.set(placeholder(kind, name), { id })
      const isMade = await make(kind, name, () =>
        stack.name === undefined ? makeOrFind(engine, object, onFound) : makeOnce(engine, object),
      )
      log.info(`${kind} ${name}: ${isMade ? 'created' : 'there by now'}`)
    } else {
      await relabel(object, there, engine, signal)
      relabelled.push(`the labels of the ${object.kind} ${object.name} are changed`)
    }
  }
}

/** Nothing but the labels of a secret or config can be changed, and no task takes notice of it. */
async function relabel(
  { kind, name, labels }: WantedObject,
  { ID, Version, Spec }: StackObject,
  engine: Engine,
  signal: AbortSignal,
): Promise<void> {
  const query = { version: String(Version?.Index) }
  try {
    const body = { ...Spec, Labels: labels }
    await engine.post(`/${kind}s/${ID}/update`, { query, body, mayRepeat: true, signal })
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    // A second try is refused when the first one has come through.
    const now = await engine.get<StackObject>(`/${kind}s/${ID}`, { signal })
    if (!isDeepStrictEqual(labels, now.Spec.Labels)) {
      throw new UserError(`the swarm refuses to change the labels of the ${kind} ${name}: ${error.message}`)
    }
  }
  log.info(`${kind} ${name}: labels changed`)
}

function bodyOf({ name, labels, content, driver, templating }: WantedObject): unknown {
  return {
    Name: name,
    Labels: labels,
    ...(driver === undefined ? { Data: content.toString('base64') } : { Driver: driver }),
    ...(templating === undefined ? {} : { Templating: templating }),
  }
}

/**
 * Makes one, unless another run has made it meanwhile: then it is not this one's to take away again.
 *
 * @param onFound gets the ID of one that is there
 * @returns the ID of what was made; `undefined` where another was there
 */
async function makeOrFind(
  engine: Engine,
  object: WantedObject,
  onFound: (id: string) => void,
): Promise<string | undefined> {
  // Where the answer is lost, it tells ours from that of another run.
  const token = randomUUID()
  let isOurs = true
  const id = await makeOnce(engine, { ...object, labels: { ...object.labels, [MADE_LABEL]: token } }, (there) => {
    isOurs = there.Spec.Labels?.[MADE_LABEL] === token
  })
  if (!isOurs) onFound(id)
  return isOurs ? id : undefined
}

/**
 * While the swarm has no leader nobody knows whether it was made: then it is there at the second try.
 *
 * @param onFound gets one that is there
 * @returns its ID
 */
async function makeOnce(
  engine: Engine,
  object: WantedObject,
  onFound: (there: StackObject) => void = () => undefined,
): Promise<string> {
  const { kind, name } = object
  const signal = timeLimit(MAKE_TIMEOUT_MS)
  try {
    return (await create<{ ID: string }>(engine, kind, bodyOf(object), signal)).ID
  } catch (error) {
    if (!isConflict(error)) throw refused(error, `${kind} ${name}`)
    const there = await engine.get<StackObject>(`/${kind}s/${encodeURIComponent(name)}`, { signal })
    onFound(there)
    return there.ID
  }
}

/** The ID of a network that services can use, whoever has made it. */
async function networkOfSwarm(engine: Engine, name: string): Promise<string | undefined> {
  const all = await listNetworks(engine, timeLimit(MAKE_TIMEOUT_MS))
  return all.find((one) => one.Name === name && one.Scope === 'swarm' && !isLeftover(one))?.Id
}

/** @returns `undefined` as long as a network that was removed has the name, or, without a stack, where others made it */
async function makeNetwork(
  stack: Belongings,
  engine: Engine,
  name: string,
  body: NetworkCreate,
): Promise<string | undefined> {
  const signal = timeLimit(MAKE_TIMEOUT_MS)
  // Where the answer is lost, it tells ours from that of another run.
  const token = randomUUID()
  const marked = { ...body, Labels: { ...body.Labels, [MADE_LABEL]: token } }
  const isMade = (labels: Network['Labels']) =>
    stack.name === undefined ? labels?.[MADE_LABEL] === token : isOwn(stack, labels)
  try {
    return (await create<{ Id: string }>(engine, 'network', stack.name === undefined ? marked : body, signal)).Id
  } catch (error) {
    if (!isConflict(error)) throw refused(error, `network ${name}`, stack.networks.get(name))
    const same = (await listNetworks(engine, signal)).filter((one) => one.Name === name)
    const there = same.filter((one) => !isLeftover(one))
    const own = there.find(({ Labels: labels }) => isMade(labels))
    const isTaken = stack.name === undefined ? there.every(({ Scope }) => Scope !== 'swarm') : own === undefined
    if (there.length > 0 && isTaken) throw refused(error, `network ${name}`, stack.networks.get(name))
    return own?.Id
  }
}

/** @throws UserError when the name is not free in time, the reason of the signal when it is aborted */
async function whenReleased(
  stack: Belongings,
  network: string,
  make: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const deadline = nowMs() + RELEASE_SECONDS * 1000
  if (await make()) return
  log.info(`network ${network}: one of this name is being removed: waiting until its last task is gone`)
  let isMade = false
  const tryAgain = async () => {
    isMade = await make()
    return isMade
  }
  await poll(tryAgain, ASK_EVERY_MS, () => nowMs() >= deadline, signal)
  signal.throwIfAborted()
  if (isMade) return
  throw new UserError(
    `${stack.networks.get(network)}: the network ${network} was removed, and ${RELEASE_SECONDS} s later something on the manager still holds it: look with \`docker network inspect ${network}\` there, and run this again when it is gone`,
  )
}

function create<T>(engine: Engine, kind: Kind | 'network', body: unknown, signal: AbortSignal): Promise<T> {
  return engine.post<T>(`/${kind}s/create`, { body, mayRepeat: true, signal })
}

function isConflict(error: unknown): boolean {
  return error instanceof EngineError && error.status === 409
}

/** @param place where the files have it */
function refused(error: unknown, what: string, place?: string): unknown {
  if (!(error instanceof EngineError)) return error
  const said = `the swarm refuses to make the ${what}: ${error.message}`
  return new UserError(place === undefined ? said : `${place}: ${said}`, { cause: error })
}

/** The ID of what now has this name; `undefined` when there is none, {@link UNKNOWN} when nobody tells. */
async function idNow(engine: Engine, kind: Kind | 'network', name: string): Promise<string | undefined> {
  const signal = timeLimit(LOOK_TIMEOUT_MS)
  const path = `/${kind}s/${encodeURIComponent(name)}`
  const read = async () => {
    const { ID, Id } = await engine.get<{ readonly ID?: string; readonly Id?: string }>(path, { signal })
    return ID ?? Id ?? UNKNOWN
  }
  try {
    return await findSurely(read, engine, signal)
  } catch {
    return UNKNOWN
  }
}
