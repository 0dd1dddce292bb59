import { isDeepStrictEqual } from 'node:util'
import type { CheckedService, Field } from '../deployment.ts'
import { type Engine, EngineError } from '../docker/engine.ts'
import { type Kind, placeholder, type StackObject, withIds } from '../docker/stack-objects.ts'
import { CutOff, messageOf, UserError } from '../errors.ts'
import { TimedOut } from '../run-time.ts'
import { timeLimit } from '../runner/clock.ts'
import { log, stage } from '../runner/log.ts'
import { removeMade } from './remove.ts'
import { isOfStack, type Stack, type WantedObject } from './stack.ts'

const MAKE_TIMEOUT_MS = 120_000

/** A network, secret or config that this run has made, or may have made. */
export interface MadeObject {
  readonly kind: Kind | 'network'
  readonly name: string
  /** `undefined`: the swarm did not say whether it took it. */
  readonly id: string | undefined
}

/** The services to go on with, and what was made for them. */
export interface Made {
  readonly services: readonly CheckedService[]
  readonly objects: readonly MadeObject[]
}

/**
 * Makes the networks, secrets and configs that are not there yet and that a service needs, each once.
 *
 * @returns the services, with the IDs of what was made in the place of what stood for it
 * @throws UserError when the swarm refuses one or the time is over, the reason of the signal when it is aborted; what
 * was made before is taken away again, and what is left is named
 */
export async function makeObjects(
  stack: Stack | undefined,
  services: readonly CheckedService[],
  { connection: { engine }, signal, time }: Field,
): Promise<Made> {
  if (stack === undefined) return { services, objects: [] }
  const networks = services.flatMap((service) => (service.action === 'unchanged' ? [] : (service.networks ?? [])))
  const objects: MadeObject[] = []
  try {
    const limit = AbortSignal.any([signal, time.over()])
    await stage('Make networks, secrets and configs', () => makeAll(stack, networks, objects, engine, limit))
  } catch (error) {
    time.beginClosing()
    const isLeft = await removeMade(objects, engine, signal)
    if (signal.aborted) throw isLeft ? new CutOff(signal.reason) : signal.reason
    if (error instanceof UserError || isLeft || !time.isOver) throw error
    const said = error instanceof DOMException ? '' : `: ${messageOf(error)}`
    const what = 'before its networks, secrets and configs were made'
    throw new TimedOut(`timeout: the ${time.seconds} s were over ${what}${said}. They are taken away again`, {
      cause: error,
    })
  }
  const ids = new Map(objects.map(({ kind, name, id = '' }) => [placeholder(kind, name), { id }]))
  return { services: services.map((service) => ({ ...service, wanted: withIds(service.wanted, ids) })), objects }
}

/**
 * @param networks what docker itself would send to make them
 * @param objects gets what was made, one by one
 */
async function makeAll(
  stack: Stack,
  networks: readonly { readonly Name: string }[],
  objects: MadeObject[],
  engine: Engine,
  signal: AbortSignal,
): Promise<void> {
  const make = async (kind: Kind | 'network', name: string, body: unknown) => {
    signal.throwIfAborted()
    const at = objects.push({ kind, name, id: undefined }) - 1
    try {
      objects[at] = { kind, name, id: await makeOnce(engine, kind, name, body) }
    } catch (error) {
      // What was refused was not made.
      if (error instanceof UserError) objects.pop()
      throw error
    }
    log.info(`${kind} ${name}: created`)
  }
  for (const body of new Map(networks.map((one) => [one.Name, one])).values()) await make('network', body.Name, body)
  for (const object of stack.objects) {
    const there = stack.known[object.kind].find(({ Spec }) => Spec.Name === object.name)
    if (there === undefined) await make(object.kind, object.name, bodyOf(object))
    else if (isOfStack(stack, there.Spec.Labels)) await relabel(object, there, engine, signal)
  }
}

/** Nothing but the labels of a secret or config can be changed, and no task takes notice of it. */
async function relabel(
  { kind, name, labels }: WantedObject,
  { ID, Version, Spec }: StackObject,
  engine: Engine,
  signal: AbortSignal,
): Promise<void> {
  if (isDeepStrictEqual(labels, Spec.Labels)) return
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

/** While the swarm has no leader nobody knows whether it was made: then it is there at the second try. */
async function makeOnce(engine: Engine, kind: Kind | 'network', name: string, body: unknown): Promise<string> {
  const signal = timeLimit(MAKE_TIMEOUT_MS)
  try {
    const answer = await engine.post<{ ID?: string; Id?: string }>(`/${kind}s/create`, {
      body,
      mayRepeat: true,
      signal,
    })
    return answer.ID ?? answer.Id ?? ''
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    if (error.status !== 409) throw new UserError(`the swarm refuses to make the ${kind} ${name}: ${error.message}`)
    const there = await engine.get<{ ID?: string; Id?: string }>(`/${kind}s/${encodeURIComponent(name)}`, { signal })
    return there.ID ?? there.Id ?? ''
  }
}
