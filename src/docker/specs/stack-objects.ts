import type { ServiceSpec } from '../api.ts'

/** The two kinds of content that Swarm keeps and hands to tasks. Neither can be changed once it is made. */
export type Kind = 'secret' | 'config'

/** A secret, config or network as the Engine API lists it. */
export interface StackObject {
  readonly ID: string
  /** Not of networks. */
  readonly Version?: { readonly Index: number }
  readonly Spec: {
    readonly Name: string
    readonly Labels?: Readonly<Record<string, string>>
    /** Base64; never of a secret. */
    readonly Data?: string
  }
}

export interface Network {
  readonly Id: string
  readonly Name: string
  readonly Scope: string
  readonly Driver?: string
  readonly Internal?: boolean
  readonly Attachable?: boolean
  /** It is the one of published ports. */
  readonly Ingress?: boolean
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] }
  readonly Options?: Readonly<Record<string, string>>
  readonly Labels?: Readonly<Record<string, string>>
  /** What is on it on the node that answers; not of those that the swarm itself lists. */
  readonly Containers?: Readonly<Record<string, unknown>>
  /** The nodes that the answering one knows on it; not of those that the swarm itself lists. */
  readonly Peers?: readonly unknown[]
}

/**
 * Whether a network of `GET /networks` has been removed from the swarm and lives on in the daemon that answers, until
 * the last container there has left it. The daemon lists those of the swarm first, without anything of its own in
 * them, also when they are in use on its node, and then what only itself still has: with `Containers`, or since Docker
 * 29 only with `Peers` (moby, api/server/router/network; seen with 20.10). Asked for one network, it does not tell.
 */
export function isLeftover({ Scope: scope, Containers: containers, Peers: peers }: Network): boolean {
  return scope === 'swarm' && (containers !== undefined || peers !== undefined)
}

/** The body of `POST /networks/create`. */
export interface NetworkCreate {
  readonly Name: string
  readonly Driver?: string
  readonly Attachable?: boolean
  readonly Internal?: boolean
  readonly Options?: Readonly<Record<string, string>>
  readonly Labels?: Readonly<Record<string, string>>
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] }
}

/** The body of `POST /secrets/create` or `POST /configs/create`. */
export interface ObjectCreate {
  readonly Name: string
  readonly Labels?: Readonly<Record<string, string>>
  /** Base64; none where a driver has the content. */
  readonly Data?: string
  readonly Driver?: { readonly Name: string; readonly Options?: Readonly<Record<string, string>> }
  readonly Templating?: { readonly Name: string }
}

/** What the swarm has, of a stack and of others. */
export interface KnownObjects {
  readonly secret: readonly StackObject[]
  readonly config: readonly StackObject[]
  readonly networks: readonly Network[]
}

/** The label by which Docker finds what belongs to a stack. */
export const NAMESPACE_LABEL = 'com.docker.stack.namespace'

/** The stack that something belongs to; `undefined`: none. */
export function stackIn(labels: Readonly<Record<string, string>> | undefined): string | undefined {
  return labels?.[NAMESPACE_LABEL]
}

/** What stands in a spec for the ID of an object that is not there yet. */
export function placeholder(kind: Kind | 'network', name: string): string {
  return kind === 'network' ? name : `new-${kind}-${name}`
}

/** A service with the spec that it can be rolled back to. */
export interface Referring {
  readonly Spec: ServiceSpec
  readonly PreviousSpec?: ServiceSpec
}

/**
 * The IDs that no service refers to, neither now nor after a rollback: Swarm itself does not count the previous spec,
 * and a rollback to one that names a removed secret takes the service down.
 */
export function unusedIds(ids: readonly string[], services: readonly Referring[]): string[] {
  const used = new Set(services.flatMap(({ Spec, PreviousSpec }) => [Spec, PreviousSpec].flatMap(referredIds)))
  return ids.filter((id) => !used.has(id))
}

/** The IDs of all that a spec names. */
export function referredIds(spec: ServiceSpec | undefined): string[] {
  const template = spec?.TaskTemplate
  const container = template?.ContainerSpec
  const credential = container?.Privileges?.CredentialSpec?.Config
  return [
    ...(container?.Secrets ?? []).map(({ SecretID }) => SecretID),
    ...(container?.Configs ?? []).map(({ ConfigID }) => ConfigID),
    ...(template?.Networks ?? []).map(({ Target }) => Target),
    ...(spec?.Networks ?? []).map(({ Target }) => Target),
    ...(credential ? [credential] : []),
  ]
}

/** An ID in a spec, and the name that stands beside that of a secret or config. */
export interface Referred {
  readonly id: string
  readonly name?: string
}

/** The spec with other IDs, and perhaps names, for those of a map: placeholders, and the names of networks. */
export function withIds(spec: ServiceSpec, ids: ReadonlyMap<string, Referred>): ServiceSpec {
  const { TaskTemplate: template } = spec
  const container = template.ContainerSpec
  const to = (id: string): Referred => ids.get(id) ?? { id }
  const credential = container?.Privileges?.CredentialSpec
  return {
    ...spec,
    TaskTemplate: {
      ...template,
      ...(template.Networks && { Networks: template.Networks.map((one) => ({ ...one, Target: to(one.Target).id })) }),
      ...(container && {
        ContainerSpec: {
          ...container,
          ...(container.Secrets && {
            Secrets: container.Secrets.map((one) => {
              const { id: SecretID, name: SecretName = one.SecretName } = to(one.SecretID)
              return { ...one, SecretID, SecretName }
            }),
          }),
          ...(container.Configs && {
            Configs: container.Configs.map((one) => {
              const { id: ConfigID, name: ConfigName = one.ConfigName } = to(one.ConfigID)
              return { ...one, ConfigID, ConfigName }
            }),
          }),
          ...(credential?.Config && {
            Privileges: {
              ...container.Privileges,
              CredentialSpec: { ...credential, Config: to(credential.Config).id },
            },
          }),
        },
      }),
    },
  }
}
