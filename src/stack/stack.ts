import type { ServiceRequest } from '../deployment.ts'
import { type Engine, EngineError } from '../docker/engine.ts'
import { NAMESPACE_LABEL } from '../docker/stack-file.ts'
import type { Kind, Network, StackObject } from '../docker/stack-objects.ts'

/** A stack that was read: what it asks for, and what of it the swarm already has. */
export interface Stack {
  readonly name: string
  readonly services: readonly ServiceRequest[]
  /** Secrets and configs that the files give the content of. */
  readonly objects: readonly WantedObject[]
  /** Its own networks, by the names that they have on the swarm. */
  readonly networks: ReadonlySet<string>
  readonly known: KnownObjects
  readonly prune: boolean
  /** One line for everything that the swarm does not have, or has in another form. */
  readonly problems: readonly string[]
  /** External objects that are missing: a rehearsal goes on as if they were there, for that has been said. */
  readonly missing: {
    readonly secret: readonly string[]
    readonly config: readonly string[]
    readonly network: readonly string[]
  }
}

/** A secret or config as the files want it. */
export interface WantedObject {
  readonly kind: Kind
  /** As Swarm knows it. */
  readonly name: string
  /** The name without the hash, which all versions share; `undefined` when the name is fixed. */
  readonly versionOf: string | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly content: Buffer
  readonly driver: { readonly Name: string; readonly Options: Readonly<Record<string, string>> } | undefined
  readonly templating: string | undefined
}

/** What the swarm has, of this stack and of others. */
export interface KnownObjects {
  readonly secret: readonly StackObject[]
  readonly config: readonly StackObject[]
  readonly networks: readonly Network[]
}

/** Asks the swarm for all of them. */
export async function knownObjects(engine: Engine, signal: AbortSignal): Promise<KnownObjects> {
  const [secret, config, networks, ...predefined] = await Promise.all([
    engine.get<StackObject[]>('/secrets', { signal }),
    engine.get<StackObject[]>('/configs', { signal }),
    engine.get<Network[]>('/networks', { signal }),
    ...PREDEFINED_NETWORKS.map((name) => predefinedNetwork(engine, name, signal)),
  ])
  return { secret, config, networks: [...networks, ...predefined.flat()] }
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

/** Whether the swarm has the object already. */
export function exists({ kind, name }: WantedObject, known: KnownObjects): boolean {
  return known[kind].some(({ Spec }) => Spec.Name === name)
}

/** A name as Docker has it in the stack. */
export function scoped({ name }: { readonly name: string }, key: string): string {
  return `${name}_${key}`
}

/** Whether labels say that a thing is the stack's. */
export function isOfStack({ name }: Stack, labels: Readonly<Record<string, string>> | undefined): boolean {
  return labels?.[NAMESPACE_LABEL] === name
}
