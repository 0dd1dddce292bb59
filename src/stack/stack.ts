import { isDeepStrictEqual } from 'node:util'
import type { Service } from '../docker/api.ts'
import { readSurely } from '../docker/engine/caught-up.ts'
import { type Engine, EngineError } from '../docker/engine/engine.ts'
import {
  isLeftover,
  type Kind,
  type KnownObjects,
  type Network,
  type ObjectCreate,
  placeholder,
  type StackObject,
  stackIn,
} from '../docker/specs/stack-objects.ts'
import { type Deployment, type ServiceRequest, stackOf } from '../inputs/deployment.ts'
import { VERSION_LABEL } from './content-name.ts'

/** The secrets, configs and networks that a run brings along, and what of them the swarm has. */
export interface Belongings {
  /** The stack that they belong to; `undefined`: to services that are deployed by themselves. */
  readonly name: string | undefined
  /** Secrets and configs of which the content is given. */
  readonly objects: readonly WantedObject[]
  /** Its own networks: where the user has them, by the names that they have on the swarm. */
  readonly networks: ReadonlyMap<string, string>
  readonly known: KnownObjects
  /** Remove all of the stack's that its files no longer have. */
  readonly prune: boolean
  /** One line for everything that the swarm does not have, or has in another form. */
  readonly problems: readonly string[]
  /** The placeholders of what is missing, or refused: that has been said. */
  readonly told: ReadonlySet<string>
}

/** A stack that was read: what it asks for, and what of it the swarm already has. */
export interface Stack extends Belongings {
  readonly name: string
  readonly services: readonly ServiceRequest[]
  /** Of a rollback: the services that have come since what it goes back to, and stay. */
  readonly staying?: readonly string[]
}

/** A secret or config as the user wants it. */
export interface WantedObject {
  readonly kind: Kind
  /** As Swarm knows it. */
  readonly name: string
  /** The name without the hash, which all versions share; `undefined` when the name is fixed. */
  readonly versionOf: string | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly content: Buffer
  readonly driver: ObjectCreate['Driver']
  readonly templating: ObjectCreate['Templating']
}

/** What the swarm has, with the IDs of all that the services of the stack refer to now. */
export interface KnownToStack extends KnownObjects {
  readonly used: ReadonlySet<string>
  /** The names of its services that are there. */
  readonly services: ReadonlySet<string>
}

/** Asks the swarm for all of them. A network that is being removed is none. */
export function knownObjects(engine: Engine, signal: AbortSignal): Promise<KnownObjects> {
  return readObjects(engine, signal, (read) => read())
}

/** The same for whoever removes what is there: that there is none is believed of a manager only that knows. */
export function surelyKnownObjects(engine: Engine, signal: AbortSignal): Promise<KnownObjects> {
  return readObjects(engine, signal, (read, proves) => readSurely(read, engine, signal, proves))
}

/** All services of the swarm, for whoever removes what none of them needs: see {@link surelyKnownObjects}. */
export function surelyKnownServices(engine: Engine, signal: AbortSignal): Promise<readonly Service[]> {
  return readSurely(() => engine.get<Service[]>('/services', { signal }), engine, signal)
}

type Reading = <T>(read: () => Promise<readonly T[]>, proves?: (one: T) => boolean) => Promise<readonly T[]>

async function readObjects(engine: Engine, signal: AbortSignal, reading: Reading): Promise<KnownObjects> {
  const [secret, config, networks, ...predefined] = await Promise.all([
    reading(() => engine.get<StackObject[]>('/secrets', { signal })),
    reading(() => engine.get<StackObject[]>('/configs', { signal })),
    // The daemon has some of its own, whatever the swarm has.
    reading(() => swarmNetworks(engine, signal), isOfSwarm),
    ...PREDEFINED_NETWORKS.map((name) => predefinedNetwork(engine, name, signal)),
  ])
  return { secret, config, networks: [...networks.filter((one) => !isLeftover(one)), ...predefined.flat()] }
}

/** What {@link listNetworks} lists while the swarm has a leader: without one the daemon lists only what itself has. */
export async function swarmNetworks(engine: Engine, signal: AbortSignal): Promise<Network[]> {
  const networks = await listNetworks(engine, signal)
  const isBlind = networks.some(isLeftover) && !networks.some(isOfSwarm)
  if (!isBlind) return networks
  // The answer to this comes from a leader.
  await engine.get('/configs', { signal })
  return listNetworks(engine, signal)
}

function isOfSwarm(network: Network): boolean {
  return network.Scope === 'swarm' && !isLeftover(network)
}

/** Those of the swarm, and what the daemon that answers has beside them: its own, and leftovers. */
export function listNetworks(engine: Engine, signal: AbortSignal): Promise<Network[]> {
  return engine.get<Network[]>('/networks', { signal })
}

/** The swarm has networks of these names beside those of each node, and does not list them. */
const PREDEFINED_NETWORKS = ['host', 'bridge'] as const

/** A daemon that does not tell has none. */
async function predefinedNetwork(engine: Engine, name: string, signal: AbortSignal): Promise<Network[]> {
  try {
    const network = await engine.get<Network>(`/networks/${name}`, { query: { scope: 'swarm' }, signal })
    return network.Scope === 'swarm' ? [network] : []
  } catch (error) {
    if (error instanceof EngineError) return []
    throw error
  }
}

/** The content of the swarm config with this ID or placeholder, as it is or will be; `undefined`: it is none of these. */
export function configContent({ objects, known }: Belongings, id: string): string | undefined {
  const existing = known.config.find(({ ID }) => ID === id)?.Spec.Data
  if (existing !== undefined) return Buffer.from(existing, 'base64').toString()
  return objects.find(({ kind, name }) => kind === 'config' && placeholder('config', name) === id)?.content.toString()
}

/** A secret or config that the swarm does not have as the user wants it, and how it has it, if at all. */
export interface ObjectToSend {
  readonly object: WantedObject
  readonly there: StackObject | undefined
}

/** The secrets and configs that are to be made, and those of which the labels have changed. Those of others stay. */
export function objectsToSend(belongings: Belongings): ObjectToSend[] {
  return belongings.objects.flatMap((object): ObjectToSend[] => {
    const there = belongings.known[object.kind].find(({ Spec }) => Spec.Name === object.name)
    if (there === undefined) return [{ object, there }]
    const isAsWanted =
      !isOwn(belongings, there.Spec.Labels) || isDeepStrictEqual(object.labels, askedLabels(there.Spec.Labels))
    return isAsWanted ? [] : [{ object, there }]
  })
}

/** A name as Docker has it in the stack. */
export function scoped({ name }: { readonly name: string }, key: string): string {
  return `${name}_${key}`
}

/** On what was made for services without a stack: from which making it is. */
export const MADE_LABEL = 'swarm-deploy.made-by'

/** The labels of an object as a run asks for them. */
export function askedLabels(labels: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const { [MADE_LABEL]: _, ...asked } = labels
  return asked
}

/** Whether labels say that a thing is the stack's; without a stack, a version that this action made for services. */
export function isOwn(
  { name }: Pick<Belongings, 'name'>,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return stackIn(labels) === name && (name !== undefined || labels?.[VERSION_LABEL] !== undefined)
}

/**
 * The services of a stack that a run leaves as they are: because of `only`, jobs that a rollback does not run again, and
 * what a rollback does not remove.
 */
export function leftAsTheyAre(deployment: Deployment, stack: Stack | undefined): string[] {
  const sent = new Set(deployment.services.map(({ name }) => name))
  const { services = [], staying = [] } = stack ?? {}
  const all = [...services.map(({ name }) => name), ...(stackOf(deployment)?.leftOut ?? []), ...staying]
  return [...new Set(all)].filter((name) => !sent.has(name))
}
