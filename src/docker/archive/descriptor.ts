import type { Platform } from './archive-image.ts'
import { BadArchive } from './tar-file.ts'

/** What a manifest says of a part, and an index of a manifest (https://github.com/opencontainers/image-spec/blob/main/descriptor.md). */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform: Platform | undefined
  readonly annotations: Readonly<Record<string, unknown>>
  /** A layer that no registry may hold, and nodes get elsewhere. */
  readonly isForeign: boolean
}

export const INDEX_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]
export const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]
/** All that a registry may be asked for, the way docker asks. */
export const ACCEPTED_TYPES: readonly string[] = [...MANIFEST_TYPES, ...INDEX_TYPES]

const DIGEST = /^sha256:[0-9a-f]{64}$/
const MEDIA_TYPE = /^[\w.+-]{1,127}\/[\w.+-]{1,127}$/
/** Of GOOS, GOARCH and their variants. */
const PLATFORM_WORD = /^[\w.-]{1,50}$/
/** More are no image of anybody's, but an attack on memory. */
export const MOST_MANIFESTS = 200
export const MOST_LAYERS = 500
export const UNKNOWN = 'unknown'

/** @throws BadArchive where it has not what every one has */
export function descriptorOf(value: unknown): Descriptor {
  const { mediaType, digest, size, platform, annotations, urls } = record(value)
  if (
    typeof mediaType !== 'string' ||
    !MEDIA_TYPE.test(mediaType) ||
    typeof digest !== 'string' ||
    !DIGEST.test(digest)
  ) {
    throw new BadArchive('names a part of an image without a media type and a digest (sha256)')
  }
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new BadArchive(`names ${digest} without its size`)
  }
  return {
    mediaType,
    digest,
    size,
    platform: platform === undefined ? undefined : platformIn(record(platform)),
    annotations: record(annotations),
    isForeign: Array.isArray(urls) && urls.length > 0,
  }
}

/** What of a platform is plain words; the rest is left out. */
export function platformIn({ architecture, os, variant }: Readonly<Record<string, unknown>>): Platform {
  return {
    ...(isWord(architecture) ? { architecture } : {}),
    ...(isWord(os) ? { os } : {}),
    ...(isWord(variant) ? { variant } : {}),
  }
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && PLATFORM_WORD.test(value)
}

/** `linux/arm64/v8`. */
export function inWords({ os, architecture, variant }: Platform = {}): string {
  return [os ?? UNKNOWN, architecture ?? UNKNOWN, ...(variant === undefined ? [] : [variant])].join('/')
}

/** @param what the text is, for the message: its own words are the archive's */
export function parsed(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    throw new BadArchive(`is damaged: ${what} is no JSON`)
  }
}

/** A map as it is, anything else as an empty one. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

export function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}
