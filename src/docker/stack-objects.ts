import { createHash, scryptSync } from 'node:crypto'
import type { ServiceSpec } from './api.ts'

/** The two kinds of content that Swarm keeps and hands to tasks. Neither can be changed once it is made. */
export type Kind = 'secret' | 'config'

/** A secret, config or network as the Engine API lists it. */
export interface StackObject {
  readonly ID: string
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
  readonly Options?: Readonly<Record<string, string>>
  readonly Labels?: Readonly<Record<string, string>>
}

/** Says of which name an object is one of several versions. */
export const VERSION_LABEL = 'swarm-deploy.version-of'
/** Says what the content of an object with a fixed name hashes to. */
export const HASH_LABEL = 'swarm-deploy.content'

const HASH_BYTES = 8
const LONGEST_NAME = 64

/**
 * A short hash of the content for its name. Whoever may list the objects of the swarm sees the names: that of a
 * secret is slow to work out, so that a weak password cannot be found by trying.
 */
export function contentHash(kind: Kind, name: string, content: Uint8Array): string {
  if (kind === 'secret') return scryptSync(content, `swarm-deploy ${name}`, HASH_BYTES).toString('hex')
  return createHash('sha256')
    .update(content)
    .digest('hex')
    .slice(0, HASH_BYTES * 2)
}

/** The name of one version: that of the object, as far as Swarm has room for it, with the hash behind it. */
export function versionName(name: string, hash: string): string {
  return `${name.slice(0, LONGEST_NAME - hash.length - 1)}-${hash}`
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
