import type { Pretended } from '../docker/rehearsal.ts'
import type { Kind } from '../docker/stack-objects.ts'
import { exists, type Stack } from './stack.ts'

/** What stands for an object that is not there yet. */
export function placeholder(kind: Kind | 'network', name: string): string {
  return kind === 'network' ? name : `new-${kind}-${name}`
}

/** What the rest of a stack brings along for one of its services. */
export interface StackSurroundings {
  readonly pretended: Pretended
  /** The IDs of the swarm's networks by name: docker sends names, and Swarm keeps IDs. */
  readonly networkIds: ReadonlyMap<string, string>
  /** The content of the swarm config with this ID, as it is or will be. */
  readonly configContent: (id: string) => string | undefined
}

export function surroundingsOf(stack: Stack): StackSurroundings {
  return {
    pretended: pretendedObjects(stack),
    networkIds: networkIds(stack),
    configContent: (id: string) => configContent(stack, id),
  }
}

/** What a rehearsal must see on the swarm beyond what there is. */
function pretendedObjects({ objects, known, missing }: Stack): Pretended {
  const made = (kind: Kind) => objects.filter((one) => one.kind === kind && !exists(one, known)).map(({ name }) => name)
  const all = (kind: Kind | 'network', names: readonly string[]) =>
    names.map((name) => ({ ID: placeholder(kind, name), Spec: { Name: name, Labels: {} } }))
  return {
    secret: all('secret', [...made('secret'), ...missing.secret]),
    config: all('config', [...made('config'), ...missing.config]),
    network: all('network', missing.network),
  }
}

/** Of two networks with one name that of the swarm. */
function networkIds({ known }: Stack): Map<string, string> {
  const local = known.networks.filter(({ Scope }) => Scope !== 'swarm')
  const swarm = known.networks.filter(({ Scope }) => Scope === 'swarm')
  return new Map([...local, ...swarm].map(({ Id, Name }) => [Name, Id]))
}

function configContent({ objects, known }: Stack, id: string): string | undefined {
  const existing = known.config.find(({ ID }) => ID === id)?.Spec.Data
  if (existing !== undefined) return Buffer.from(existing, 'base64').toString()
  return objects.find(({ kind, name }) => kind === 'config' && placeholder('config', name) === id)?.content.toString()
}
