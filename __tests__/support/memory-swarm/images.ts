import { createHash } from 'node:crypto'
import type { TaskTemplate } from '../../../src/docker/api.ts'

/** How the containers of an image behave, and what the registry and a pull say of it. */
export interface Image {
  /** It has a health check, which passes after so many seconds; `true`: at once. */
  readonly healthy?: true | { readonly afterSeconds: number }
  /** Its health check fails, after so many seconds: Swarm stops it, which it takes with code 143 unless told. */
  readonly unhealthy?: true | { readonly afterSeconds: number; readonly exitCode?: number }
  /** Its process ends by itself, with code 0 or another. */
  readonly ends?: { readonly afterSeconds: number; readonly exitCode: number }
  /** The registry has no such image, nor has any node. */
  readonly missing?: true
  /** The node refuses to make a container of it, in these words: a bind mount whose source is not there. */
  readonly rejected?: string
  /** How long a node pulls it, in seconds. */
  readonly pullSeconds?: number
  /** Nodes that cannot pull it, by their host names: `2`: Swarm is told so after so many seconds. */
  readonly pullFailsOn?: Readonly<Record<string, number>>
  /** How long a task takes to end when it is told to, in seconds; more than its grace period is a kill. */
  readonly stopSeconds?: number
  /** Those who may read it; everybody unless told. */
  readonly readers?: readonly string[]
  /** `linux/amd64` unless told. */
  readonly platforms?: readonly string[]
  /** What its containers print. */
  readonly prints?: string
  /** What a container of it does on a node, at once, instead of running. */
  readonly acts?: (on: { readonly hostname: string; readonly container: ContainerSpec }) => Act
}

type ContainerSpec = NonNullable<TaskTemplate['ContainerSpec']>

/** What came of a container that has ended. */
export interface Act {
  /** 0 unless told. */
  readonly exitCode?: number
  readonly stdout?: readonly string[]
  readonly stderr?: readonly string[]
}

/** Every image that there is, by its reference with a tag: `hub.test/acme/web:1`. A test may change them at any time. */
export type Images = Map<string, Image>

const digests = new Map<string, string>()

/** The digest that a tag has. Each tag has its own, and keeps it. */
export function digestOf(reference: string): string {
  const digest = digests.get(reference) ?? `sha256:${createHash('sha256').update(reference).digest('hex')}`
  digests.set(reference, digest)
  return digest
}

/** Gives a tag the digest of what was pushed under it. */
export function setDigest(reference: string, digest: string): void {
  digests.set(reference, digest)
}

/** A reference with the digest of its tag, as the action pins it. */
export function pin(reference: string): string {
  return `${reference}@${digestOf(reference)}`
}

/** The image that a reference leads to, by its digest where it has one; `undefined` when there is none. */
export function findImage(
  images: Images,
  reference: string,
): { readonly tag: string; readonly image: Image } | undefined {
  const [name = '', digest] = reference.split('@')
  for (const [tag, image] of images) {
    if (image.missing) continue
    const fits = digest === undefined ? tag === name : digestOf(tag) === digest
    if (fits) return { tag, image }
  }
  return undefined
}

/** Whether the account in a header `X-Registry-Auth` may read an image. */
export function mayRead({ readers }: Image, header: string | undefined): boolean {
  return readers === undefined || readers.includes(userIn(header) ?? '')
}

/** The user name in a header `X-Registry-Auth`. */
export function userIn(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  try {
    return (JSON.parse(Buffer.from(header, 'base64url').toString()) as { username?: string }).username
  } catch {
    return undefined
  }
}
