import type { Engine } from '../docker/engine/engine.ts'
import type { Attached, ConfigReference, CredentialSpecChoice, SecretReference } from '../docker/specs/attachments.ts'
import { credentialAccount, GMSA_LABEL } from '../docker/specs/credential-spec.ts'
import {
  isLeftover,
  type Kind,
  type KnownObjects,
  type Network,
  type NetworkCreate,
  placeholder,
} from '../docker/specs/stack-objects.ts'
import { networkViolations } from '../docker/swarm/network-rules.ts'
import { UserError } from '../errors.ts'
import {
  type AttachmentsRequest,
  type ContentRequest,
  madeBy,
  type NetworkRequest,
  type ObjectRequest,
} from '../inputs/attachments/request.ts'
import type { ServiceRequest } from '../inputs/deployment.ts'
import { Problems } from '../inputs/problems.ts'
import { checkName, versionOf } from './content.ts'
import { VERSION_LABEL } from './content-name.ts'
import { type Belongings, knownObjects, type WantedObject } from './stack.ts'

/** What services without a stack bring along, and the services with what is attached to each. */
export interface WithBelongings {
  readonly services: readonly ServiceRequest[]
  /** `undefined`: none of them attaches anything. */
  readonly belongings: Belongings | undefined
}

/**
 * Compares what the entries of services attach with what the swarm has. What is not there, or in another form, comes back
 * among the problems.
 */
export async function readAttachments(
  services: readonly ServiceRequest[],
  engine: Engine,
  signal: AbortSignal,
): Promise<WithBelongings> {
  if (services.every(({ attachments }) => attachments === undefined)) return { services, belongings: undefined }
  return attach(services, await knownObjects(engine, signal))
}

/** The same, with what the swarm has. Pure. */
function attach(services: readonly ServiceRequest[], known: KnownObjects): WithBelongings {
  const problems: string[] = []
  const made = new Made(services, known, problems)
  const attached = services.map((request) => {
    const { name, attachments } = request
    if (attachments === undefined) return request
    const here = new Problems(`service ${name}`)
    const result = { ...request, attached: made.attached(attachments, here) }
    problems.push(...here.lines)
    return result
  })
  const belongings: Belongings = {
    name: undefined,
    objects: made.objects,
    networks: made.networks,
    known,
    prune: false,
    problems,
    told: made.told,
  }
  return { services: attached, belongings }
}

/** What a run makes, by the names that its entries have for it. */
class Made {
  /** Placeholders of what will not be there. */
  readonly told = new Set<string>()
  readonly networks = new Map<string, string>()
  readonly #known: KnownObjects
  readonly #objects = new Map<string, WantedObject>()
  readonly #creates = new Map<string, NetworkCreate>()
  readonly #names: ReadonlyMap<string, string>

  constructor(services: readonly ServiceRequest[], known: KnownObjects, problems: string[]) {
    this.#known = known
    for (const { name: service, attachments } of services) {
      for (const one of attachments === undefined ? [] : madeBy(attachments)) {
        const place = `service ${service}: \`${one.kind}s\`: ${one.name}`
        if (one.kind === 'network') {
          this.#creates.set(one.name, one.what)
          if (!this.networks.has(one.name)) this.networks.set(one.name, place)
        } else if (!this.#objects.has(keyOf(one.kind, one.name)))
          this.#want(one.kind, one.name, one.what, place, problems)
      }
    }
    this.#names = new Map([
      ...known.networks.map(({ Id, Name }) => [Id, Name] as const),
      ...[...this.#creates.keys()].map((name) => [placeholder('network', name), name] as const),
    ])
  }

  get objects(): WantedObject[] {
    return [...this.#objects.values()]
  }

  /** What is attached to one service. */
  attached(attachments: AttachmentsRequest, problems: Problems): Attached {
    const { secrets, configs, networks, credentialSpec } = attachments
    const makes: NetworkCreate[] = []
    return {
      ...(secrets && { secrets: secrets.map((one) => this.#secret(one, problems.at('`secrets`'))) }),
      ...(configs && { configs: configs.map((one) => this.#config(one, problems.at('`configs`'))) }),
      ...(networks && { networks: networks.flatMap((one) => this.#network(one, makes, problems.at('`networks`'))) }),
      ...(credentialSpec && { credentialSpec: this.#account(credentialSpec, problems.at('`credential-spec`')) }),
      networkNames: this.#names,
      toMake: makes,
    }
  }

  #want(kind: Kind, name: string, content: ContentRequest, place: string, problems: string[]): void {
    const { bytes, labels, templating } = content
    const account = kind === 'config' && content.isCredentialSpec ? credentialAccount(bytes.toString()) : undefined
    const own = account === undefined ? {} : { [GMSA_LABEL]: account }
    try {
      const version = versionOf(kind, name, bytes, templating, this.#known[kind])
      const object: WantedObject = {
        kind,
        name: version,
        versionOf: name,
        labels: { ...own, ...labels, [VERSION_LABEL]: name },
        content: bytes,
        driver: undefined,
        templating: templating === undefined ? undefined : { Name: templating },
      }
      const others = [...this.#objects.values()].flatMap((one) => (one.kind === kind ? [one.name] : []))
      checkName(object, this.#known[kind], others)
      this.#objects.set(keyOf(kind, name), object)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      problems.push(`${place}: ${error.message}`)
    }
  }

  /** The ID, or the placeholder, of one that the run makes, or that the swarm has. */
  #reference(kind: Kind, name: string, problems: Problems): { readonly id: string; readonly name: string } {
    const own = this.#objects.get(keyOf(kind, name))
    const wanted = own?.name ?? name
    const there = this.#known[kind].find(({ Spec }) => Spec.Name === wanted)
    const id = there?.ID ?? placeholder(kind, wanted)
    if (there === undefined && own === undefined) {
      this.told.add(id)
      problems.add(missing(kind, name, this.#known))
    }
    return { id, name: wanted }
  }

  #secret({ kind, name, file }: ObjectRequest, problems: Problems): SecretReference {
    const { id, name: SecretName } = this.#reference(kind, name, problems)
    return { SecretID: id, SecretName, File: file }
  }

  #config({ kind, name, file }: ObjectRequest, problems: Problems): ConfigReference {
    const { id, name: ConfigName } = this.#reference(kind, name, problems)
    return { ConfigID: id, ConfigName, File: file }
  }

  #account(asked: NonNullable<AttachmentsRequest['credentialSpec']>, problems: Problems): CredentialSpecChoice {
    if (asked.from === 'nothing') return { source: undefined }
    if (asked.from === 'node') return { source: asked.source }
    const { id: ConfigID, name: ConfigName } = this.#reference('config', asked.name, problems)
    return { source: { Config: ConfigID }, config: { ConfigID, ConfigName } }
  }

  #network({ name, aliases }: NetworkRequest, makes: NetworkCreate[], problems: Problems) {
    const create = this.#creates.get(name)
    const all = this.#known.networks.filter((one) => one.Name === name && !isLeftover(one))
    const there = all.find(({ Scope }) => Scope === 'swarm')
    const here = problems.at(name)
    if (there?.Ingress || (there === undefined && OF_NO_SERVICE.includes(name))) {
      this.told.add(there?.Id ?? placeholder('network', name))
      here.add("it is a network of docker's own, which no service can name: leave it out, or write another name")
      return []
    }
    if (there === undefined && create === undefined) {
      if (OF_EVERY_NODE.includes(name)) return [{ Target: all[0]?.Id ?? name }]
      this.told.add(placeholder('network', name))
      here.add(
        all.length > 0
          ? 'it is a network of one node, which no service can use: write another name, with `create: true` to have it made'
          : `the swarm has no network of this name: write \`{name: ${name}, create: true}\` to have it made, or correct the name`,
      )
    }
    if (there === undefined && create !== undefined) {
      const before = this.#madeBefore(name)
      for (const { problem } of networkViolations(create, [...this.#known.networks, ...before])) here.add(problem)
      makes.push(create)
    }
    if (there !== undefined && create !== undefined) for (const problem of differences(there, create)) here.add(problem)
    return [{ Target: there?.Id ?? placeholder('network', name), ...(aliases && { Aliases: aliases }) }]
  }

  /** The networks that the run makes before this one. */
  #madeBefore(name: string): NetworkCreate[] {
    const all = [...this.#creates.values()]
    return all.slice(
      0,
      all.findIndex((one) => one.Name === name),
    )
  }
}

const OF_EVERY_NODE = ['bridge', 'host']
const OF_NO_SERVICE = ['none', 'default']

function keyOf(kind: Kind, name: string): string {
  return `${kind} ${name}`
}

function missing(kind: Kind, name: string, known: KnownObjects): string {
  const versions = known[kind].filter(({ Spec }) => Spec.Labels?.[VERSION_LABEL] === name)
  const [newest] = versions.slice(-1)
  const hint = newest === undefined ? '' : `, only versions of it such as ${newest.Spec.Name}`
  return `the swarm has no ${kind} ${name}${hint}: give its content in \`file\`, \`environment\` or \`content\`, make it with \`docker ${kind} create\`, or correct its name`
}

/** What of a network that is there is not as it would be made. What is not said of it may be as it is. */
function differences(there: Network, { Driver, Attachable, Internal, Options }: NetworkCreate): string[] {
  const isEncrypted = (options: Readonly<Record<string, string>> | undefined) => options?.encrypted !== undefined
  const found = [
    there.Driver && there.Driver !== Driver ? `has the driver ${there.Driver}, and not ${Driver}` : undefined,
    Attachable && there.Attachable === false ? 'is not attachable' : undefined,
    Internal && there.Internal === false ? 'is not internal' : undefined,
    isEncrypted(Options) && !isEncrypted(there.Options) ? 'is not encrypted' : undefined,
  ]
  return found.flatMap((what) =>
    what === undefined
      ? []
      : [
          `the network that is there ${what}, and a network cannot be changed: write what it is, or another name, or remove it first`,
        ],
  )
}
