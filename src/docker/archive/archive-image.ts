import { createHash } from 'node:crypto'
import type { Distribution } from '../api.ts'

/** Something to push whose digest is known: a layer, a configuration. */
export interface Blob {
  readonly digest: string
  /** Bytes, as they are sent. */
  readonly size: number
  /** Its bytes; each call begins anew. */
  open(): AsyncIterable<Buffer>
}

/** A manifest, an index or a list of them, byte for byte. */
export interface Manifest {
  readonly digest: string
  readonly mediaType: string
  readonly bytes: Buffer
}

/** An image as a registry is to have it. */
export interface ArchiveImage {
  readonly manifest: Manifest
  /** Of an index: the manifests that it names, each before what names it. */
  readonly children: readonly Manifest[]
  readonly blobs: readonly Blob[]
  readonly platforms: NonNullable<Distribution['Platforms']>
  /** What an index names and the archive does not have: `linux/arm64`. */
  readonly leftOut: readonly string[]
}

/** One of the images of an archive. */
export interface Candidate {
  /** The names that the archive gives it: `shop/web:1`; none where there is no name. */
  readonly names: readonly string[]
  /**
   * The digest of its configuration, by which one can see that a registry has this very image, however its layers were
   * packed; `undefined` where the manifest in the archive is pushed as it is.
   */
  readonly imageId: string | undefined
  /** Of one with such a digest, what it is made for. */
  readonly platforms: ArchiveImage['platforms']
  /** Makes it ready to be pushed. Reads, packs and hashes its layers where they are plain in the archive. */
  read(): Promise<ArchiveImage>
}

export type Platform = NonNullable<Distribution['Platforms']>[number]

export function blobOf(bytes: Buffer): Blob {
  async function* open() {
    yield bytes
  }
  return { digest: sha256(bytes), size: bytes.length, open }
}

export function manifestOf(mediaType: string, bytes: Buffer): Manifest {
  return { mediaType, bytes, digest: sha256(bytes) }
}

export function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Each content once. */
export function unique(blobs: readonly Blob[]): Blob[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()]
}
