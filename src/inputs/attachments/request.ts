import type { CredentialSpecSource } from '../../docker/specs/credential-spec.ts'
import type { Kind, NetworkCreate } from '../../docker/specs/stack-objects.ts'
import type { ContentPlace } from '../compose/contents.ts'

/**
 * What an entry of `services` attaches to its service: secrets, configs, networks and a credential spec. A key that is
 * not given leaves what the service has; of one that is given, what an earlier run named and this one does not goes.
 */
export interface AttachmentsRequest {
  readonly secrets?: readonly ObjectRequest[]
  readonly configs?: readonly ObjectRequest[]
  readonly networks?: readonly NetworkRequest[]
  readonly credentialSpec?: CredentialSpecRequest
}

export const ATTACHMENT_KEYS = ['secrets', 'configs', 'networks', 'credential-spec'] as const

/** A secret or config that the swarm has, or that is made with the content that is given. */
export interface ObjectRequest {
  readonly kind: Kind
  /** That of the object, or the one that all its versions share where there is a content. */
  readonly name: string
  readonly content?: ContentRequest
  /** Where a task finds it. */
  readonly file: ObjectFile
}

/** The file of a secret or config, as the Engine API has it. */
export interface ObjectFile {
  readonly Name: string
  readonly UID: string
  readonly GID: string
  readonly Mode: number
}

export interface ContentRequest {
  readonly bytes: Buffer
  readonly labels: Readonly<Record<string, string>>
  /** The driver that fills in the content as a template. */
  readonly templating: string | undefined
  /** It describes a group-managed service account. */
  readonly isCredentialSpec?: boolean
}

export interface NetworkRequest {
  readonly name: string
  /** Further names on it; `undefined`: those that the service has there. */
  readonly aliases: readonly string[] | undefined
  /** How it is made where it is missing; `undefined`: it has to be there. */
  readonly create: NetworkCreate | undefined
}

/** Where a Windows container gets the description of its account from. */
export type CredentialSpecRequest =
  | { readonly from: 'nothing' }
  | { readonly from: 'config'; readonly name: string; readonly content?: ContentRequest }
  | { readonly from: 'node'; readonly source: CredentialSpecSource }

/** Where contents are looked for: the workspace and the variables of the step. */
export interface AttachmentSources extends ContentPlace {
  /** The absolute path of a file of the user's. */
  resolve(path: string): string
}

/** What an entry has made where it is missing. */
export function madeBy({ secrets = [], configs = [], networks = [], credentialSpec }: AttachmentsRequest) {
  const spec = credentialSpec?.from === 'config' ? [{ kind: 'config' as const, ...credentialSpec }] : []
  const contents = [...secrets, ...configs, ...spec].flatMap(({ kind, name, content }) =>
    content === undefined ? [] : [{ kind, name, what: content }],
  )
  const made = networks.flatMap(({ name, create }) =>
    create === undefined ? [] : [{ kind: 'network' as const, name, what: create }],
  )
  return [...contents, ...made]
}
