import type { DaemonTls } from './tls.ts'

/** An account of a registry. `read` lists path prefixes of repositories; without it the account may use all of them. */
export interface Account {
  readonly password: string
  readonly read?: readonly string[]
  /** With it tokens are sold as well, as Azure's registries do: docker calls it an identity token. */
  readonly refreshToken?: string
}

/**
 * A registry. Without accounts it is public; with `tls` it serves a certificate that no node trusts until told to; with
 * `tokens` it sells bearer tokens, as most registries do, and does not ask for the password with every request.
 */
export interface RegistryOptions {
  readonly tls?: boolean
  readonly tokens?: boolean
  readonly accounts?: Readonly<Record<string, Account>>
}

export interface LabOptions<Registry extends string = string> {
  /** How many nodes; 1 unless told. */
  readonly nodes?: number
  /** How many of them, the first ones, are managers; 1 unless told. */
  readonly managers?: number
  readonly registries?: Readonly<Record<Registry, RegistryOptions>>
  /** A directory with other programs of Docker than the installed ones: `dockerd`, `containerd` and their kin. */
  readonly programs?: string
  /** The daemons also listen at `address:2376`, to clients with a certificate. */
  readonly daemonTls?: DaemonTls
  /**
   * Whether nodes have docker's own bridge, for ports that a task publishes on its node (mode host) without a network of
   * its own, and for its way out. They have it unless told; without it a container costs half.
   */
  readonly bridge?: boolean
}

/** What the keeper reads as the first line of its standard input. */
export interface Order extends LabOptions {
  /** A lab of a person outlives the command that made it; any other lab ends with its maker. */
  readonly keptBy: 'person' | 'process'
}

export interface NodeDescription {
  readonly name: string
  readonly id: string
  readonly address: string
  readonly socket: string
  readonly role: 'manager' | 'worker'
}

export interface RegistryDescription {
  readonly name: string
  /** As it stands in image references: address and port. */
  readonly host: string
  /** An unlogged, never failing way in, for pushing images. */
  readonly socket: string
  readonly tls: boolean
  readonly accounts: Readonly<Record<string, Account>>
}

/** What the keeper prints when everything is up, and leaves in `lab.json`. */
export interface LabDescription {
  readonly id: string
  readonly directory: string
  readonly keeper: number
  readonly keptBy: Order['keptBy']
  readonly nodes: readonly NodeDescription[]
  readonly registries: readonly RegistryDescription[]
}

/** One request that a registry answered, or refused to answer. */
export interface RegistryRequest {
  /** ISO 8601. */
  readonly time: string
  readonly method: string
  readonly path: string
  /** From Basic authentication, right or wrong, or of the account that bought the token; null without. */
  readonly user: string | null
  /** 0 when the connection was dropped. */
  readonly status: number
  /** The address that it came from: that of a node. */
  readonly client: string
}

/** How a registry fails. All conditions must hold; without any, every request fails. */
export interface Fault {
  /** The HTTP status to answer with, or `drop` to close the connection without an answer; neither to only delay. */
  readonly status?: number
  readonly drop?: boolean
  readonly delayMs?: number
  /** A regular expression on the path with its query. */
  readonly path?: string | RegExp
  readonly method?: string
  readonly user?: string
}

export function failureText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
