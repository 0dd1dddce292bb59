import { createHash } from 'node:crypto'
import type { Gzip } from 'node:zlib'
import { UserError } from '../../errors.ts'
import { zlib } from '../../runner/zlib.ts'
import type { Distribution } from '../api.ts'
import { familiar, type ImageReference, parseReference, withTagDefault } from '../registry/reference.ts'
import { BadArchive, openTar, type TarFile } from './tar-file.ts'

/**
 * The images in an archive, of both forms that there are: what `docker save` and its relatives write
 * (`manifest.json`, https://docs.docker.com/reference/cli/docker/image/save), and the OCI image layout
 * (`index.json`, https://github.com/opencontainers/image-spec/blob/main/image-layout.md). Newer `docker save` writes both.
 */

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

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform: Platform | undefined
  readonly annotations: Readonly<Record<string, unknown>>
  /** A layer that no registry may hold, and nodes get elsewhere. */
  readonly isForeign: boolean
}

type Platform = NonNullable<Distribution['Platforms']>[number]

const INDEX_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]
const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]
/** All that a registry may be asked for, the way docker asks. */
export const ACCEPTED_TYPES: readonly string[] = [...MANIFEST_TYPES, ...INDEX_TYPES]

const PLAIN_NAME = /^[\w.:/-]{1,200}$/
const PLAIN_LAYER = /\.tar$/
const FULL_NAME = 'io.containerd.image.name'
const SHORT_NAME = 'org.opencontainers.image.ref.name'
const DIGEST = /^sha256:[0-9a-f]{64}$/
const MEDIA_TYPE = /^[\w.+-]{1,127}\/[\w.+-]{1,127}$/
/** Of GOOS, GOARCH and their variants. */
const PLATFORM_WORD = /^[\w.-]{1,50}$/
const MOST_MANIFESTS = 200
const MOST_LAYERS = 500
const UNKNOWN = 'unknown'

/**
 * The images of an archive.
 *
 * @param path of a regular file
 * @throws BadArchive when it is no archive of images, or is damaged
 */
export async function readImageArchive(path: string, signal: AbortSignal): Promise<readonly Candidate[]> {
  const tar = await openTar(path, signal)
  const saved = tar.find('manifest.json') === undefined ? [] : await savedImages(tar)
  const laidOut = tar.find('index.json') === undefined ? [] : await layoutImages(tar, saved)
  const candidates = laidOut.length > 0 ? laidOut : saved
  if (candidates.length > 0) return candidates
  if (tar.find('index.json') !== undefined || tar.find('manifest.json') !== undefined) {
    throw new BadArchive('is an archive of images, and has none in it')
  }
  const isFileSystem = ['etc', 'bin', 'usr', 'etc/passwd'].some((name) => tar.entries.has(name))
  throw new BadArchive(
    isFileSystem
      ? 'is the file system of a container, and no image: write it with `docker save` in the place of `docker export`'
      : 'is a tar archive without an image in it: write it with `docker save`, or with `docker buildx build --output type=oci`',
  )
}

/**
 * The image that is meant: the one of the name asked for, the only one, or the one that has the name under which it is
 * pushed already.
 *
 * @param from the name in the archive, when the user gave one
 * @throws UserError that lists the names
 */
export function chooseImage(
  candidates: readonly Candidate[],
  image: ImageReference,
  from: string | undefined,
): Candidate {
  const names = candidates.flatMap((candidate) => candidate.names)
  const known = names.length === 0 ? 'its images have no names' : `it has ${listed(names)}`
  if (from !== undefined) {
    const [found, ...others] = candidates.filter((one) => one.names.some((name) => meansSame(name, from)))
    if (found !== undefined && others.length === 0) return found
    throw new UserError(
      `has no image that is called ${JSON.stringify(from)} alone: ${known}. Write one of its names in \`from\``,
    )
  }
  const [only, ...more] = candidates
  if (only !== undefined && more.length === 0) return only
  const same = candidates.filter((one) => one.names.some((name) => meansSame(name, familiar(image))))
  const [found] = same
  if (found !== undefined && same.length === 1) return found
  throw new UserError(
    `has ${candidates.length} images, and none of them is called ${familiar(image)}: ${known}. Say in \`from\` which is meant, such as \`from: ${names.find((name) => PLAIN_NAME.test(name)) ?? 'web:1'}\``,
  )
}

function meansSame(name: string, asked: string): boolean {
  const full = (text: string) => {
    try {
      return familiar(withTagDefault(parseReference(text)))
    } catch {
      return text
    }
  }
  return name === asked || full(name) === full(asked)
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => JSON.stringify(name.slice(0, 200)))
  return [...shown, ...(names.length > 10 ? [`${names.length - 10} more`] : [])].join(', ')
}

// What docker save writes.

async function savedImages(tar: TarFile): Promise<Candidate[]> {
  const items = await json(tar, 'manifest.json')
  if (!Array.isArray(items)) throw new BadArchive('has a manifest.json that is no list of images')
  if (items.length > MOST_MANIFESTS) throw new BadArchive(`has more than ${MOST_MANIFESTS} images`)
  return Promise.all(items.map((item) => savedImage(tar, record(item))))
}

async function savedImage(tar: TarFile, item: Readonly<Record<string, unknown>>): Promise<Candidate> {
  const { Config: configPath, Layers: layers = [], RepoTags: tags } = item
  if (typeof configPath !== 'string' || !isTexts(layers)) {
    throw new BadArchive('has a manifest.json without the configuration and the layers of an image')
  }
  if (layers.length > MOST_LAYERS) throw new BadArchive(`has an image of more than ${MOST_LAYERS} layers`)
  const config = await tar.bytes(configPath)
  return {
    names: isTexts(tags) ? tags : [],
    imageId: sha256(config),
    platforms: [platformIn(record(parsed(config, 'the configuration of an image')))],
    read: () => packed(tar, config, layers),
  }
}

const SCHEMA_2 = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const

/** As `docker push` makes it of what it has loaded: layers in gzip, and a manifest of schema 2. */
async function packed(tar: TarFile, config: Buffer, layers: readonly string[]): Promise<ArchiveImage> {
  const { rootfs, ...platform } = record(parsed(config, 'the configuration of an image'))
  const { diff_ids: diffIds } = record(rootfs)
  if (!isTexts(diffIds) || diffIds.length !== layers.length) {
    throw new BadArchive(`has an image of ${layers.length} layers, and a configuration for another number of them`)
  }
  const blobs: Blob[] = []
  // One after another: each keeps a core busy.
  for (const [index, layer] of layers.entries()) blobs.push(await packedLayer(tar, layer, diffIds[index]))
  const configBlob = blobOf(config)
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: SCHEMA_2.manifest,
      config: { mediaType: SCHEMA_2.config, size: configBlob.size, digest: configBlob.digest },
      layers: blobs.map(({ size, digest }) => ({ mediaType: SCHEMA_2.layer, size, digest })),
    }),
  )
  return {
    manifest: manifestOf(SCHEMA_2.manifest, bytes),
    children: [],
    blobs: [...unique(blobs), configBlob],
    platforms: [platformIn(platform)],
    leftOut: [],
  }
}

/** Which is in gzip already with some tools. */
async function packedLayer(tar: TarFile, path: string, diffId: string | undefined): Promise<Blob> {
  const isPacked = await beginsAsGzip(tar.stream(path))
  const open = () => (isPacked ? tar.stream(path) : inGzip(tar.stream(path)))
  const plain = createHash('sha256')
  async function* hashed(pieces: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
    for await (const piece of pieces) {
      plain.update(piece)
      yield piece
    }
  }
  const { digest, size } = await measure(isPacked ? tar.stream(path) : inGzip(hashed(tar.stream(path))))
  if (!isPacked && `sha256:${plain.digest('hex')}` !== diffId) {
    throw new BadArchive(`is damaged: the layer ${JSON.stringify(path.slice(0, 100))} is not the one of its image`)
  }
  return { digest, size, open }
}

async function beginsAsGzip(pieces: AsyncIterable<Buffer>): Promise<boolean> {
  for await (const piece of pieces) return piece[0] === 0x1f && piece[1] === 0x8b
  return false
}

async function* inGzip(pieces: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const gzip = zlib().createGzip()
  const feeding = feed(pieces, gzip)
  // Told by the stream, whose error it becomes.
  feeding.catch(() => undefined)
  yield* gzip as AsyncIterable<Buffer>
  await feeding
}

async function feed(pieces: AsyncIterable<Buffer>, gzip: Gzip): Promise<void> {
  try {
    for await (const piece of pieces) {
      if (!gzip.write(piece)) {
        await new Promise<void>((resolve) => {
          const goOn = () => {
            gzip.off('drain', goOn).off('close', goOn)
            resolve()
          }
          gzip.on('drain', goOn).on('close', goOn)
        })
      }
      if (gzip.destroyed) return
    }
    gzip.end()
  } catch (error) {
    gzip.destroy(error as Error)
    throw error
  }
}

async function measure(pieces: AsyncIterable<Buffer>): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha256')
  let size = 0
  for await (const piece of pieces) {
    hash.update(piece)
    size += piece.length
  }
  return { digest: `sha256:${hash.digest('hex')}`, size }
}

// The OCI image layout.

async function layoutImages(tar: TarFile, saved: readonly Candidate[]): Promise<Candidate[]> {
  const index = await tar.bytes('index.json')
  const { manifests } = record(parsed(index, 'its index.json'))
  if (!Array.isArray(manifests)) throw new BadArchive('has an index.json that is no list of manifests')
  if (manifests.length > MOST_MANIFESTS) throw new BadArchive(`has more than ${MOST_MANIFESTS} images`)
  const descriptors = manifests.map(descriptorOf).filter(({ mediaType }) => ACCEPTED_TYPES.includes(mediaType))
  const isOneIndex =
    descriptors.length > 1 &&
    descriptors.every(({ platform, annotations }) => platform !== undefined && namesIn(annotations).length === 0)
  if (isOneIndex) {
    const mediaType = INDEX_TYPES[0] ?? ''
    return [
      { names: [], imageId: undefined, platforms: [], read: () => layoutImage(tar, manifestOf(mediaType, index)) },
    ]
  }
  const byDigest = new Map<string, { descriptor: Descriptor; names: string[] }>()
  for (const descriptor of descriptors) {
    const known = byDigest.get(descriptor.digest) ?? { descriptor, names: [] }
    byDigest.set(descriptor.digest, { ...known, names: [...known.names, ...namesIn(descriptor.annotations)] })
  }
  return Promise.all(
    [...byDigest.values()].map(async ({ descriptor, names }) => {
      const manifest = await manifestIn(tar, descriptor)
      // Nobody knows that manifest but the archive: docker save has made it up, with layers that are not packed.
      const twin = await savedTwin(manifest, saved)
      const all = [...new Set([...names, ...(twin?.names ?? [])])]
      return {
        names: all,
        imageId: twin?.imageId,
        platforms: twin?.platforms ?? [],
        read: twin === undefined ? () => layoutImage(tar, manifest) : twin.read,
      }
    }),
  )
}

/** The same image as `docker save` tells of it, when its manifest has plain layers. */
async function savedTwin(manifest: Manifest, saved: readonly Candidate[]): Promise<Candidate | undefined> {
  if (!MANIFEST_TYPES.includes(manifest.mediaType)) return undefined
  const { config, layers } = record(parsed(manifest.bytes, 'a manifest'))
  const isPlain = Array.isArray(layers) && layers.some((layer) => PLAIN_LAYER.test(descriptorOf(layer).mediaType))
  const { digest } = descriptorOf(config)
  return isPlain ? saved.find(({ imageId }) => imageId === digest) : undefined
}

function namesIn(annotations: Descriptor['annotations']): string[] {
  const name = annotations[FULL_NAME] ?? annotations[SHORT_NAME]
  return typeof name === 'string' && name !== '' ? [name] : []
}

/** What an image consists of, all of it as it is in the archive. */
interface Parts {
  readonly children: Manifest[]
  readonly blobs: Blob[]
  readonly platforms: Platform[]
  readonly leftOut: string[]
}

async function layoutImage(tar: TarFile, manifest: Manifest): Promise<ArchiveImage> {
  if (!INDEX_TYPES.includes(manifest.mediaType)) {
    const { blobs, platform } = await partsOf(tar, manifest)
    return { manifest, children: [], blobs: unique(blobs), platforms: [platform], leftOut: [] }
  }
  const { manifests, ...rest } = record(parsed(manifest.bytes, 'an index'))
  if (!Array.isArray(manifests) || manifests.length > MOST_MANIFESTS) {
    throw new BadArchive(`has an index without a list of manifests, or with more than ${MOST_MANIFESTS}`)
  }
  const parts: Parts = { children: [], blobs: [], platforms: [], leftOut: [] }
  const kept: unknown[] = []
  for (const one of manifests) {
    const descriptor = descriptorOf(one)
    const isThere = await isComplete(tar, descriptor)
    if (!isThere) {
      if (!isStatement(descriptor)) parts.leftOut.push(inWords(descriptor.platform))
      continue
    }
    const child = await manifestIn(tar, descriptor)
    const { blobs, platform } = await partsOf(tar, child)
    kept.push(one)
    parts.children.push(child)
    parts.blobs.push(...blobs)
    if (!isStatement(descriptor)) parts.platforms.push(descriptor.platform ?? platform)
  }
  const [only] = parts.children
  if (only === undefined) throw new BadArchive('has an index, and none of the images that it names')
  const whole = { ...parts, blobs: unique(parts.blobs) }
  if (parts.leftOut.length === 0) return { ...whole, manifest }
  // As `docker push` does where it has not all platforms: what is there alone.
  if (parts.children.length === 1) return { ...whole, manifest: only, children: [] }
  const bytes = Buffer.from(JSON.stringify({ ...rest, manifests: kept }))
  return { ...whole, manifest: manifestOf(manifest.mediaType, bytes) }
}

/** What says something of an image, and is none that a node could run (docs.docker.com, "attestation storage"). */
function isStatement({ platform, annotations }: Descriptor): boolean {
  return (
    annotations['vnd.docker.reference.type'] !== undefined ||
    (platform?.os === UNKNOWN && platform.architecture === UNKNOWN)
  )
}

/** `docker save` of a store with several platforms names those too that it does not have. */
async function isComplete(tar: TarFile, descriptor: Descriptor): Promise<boolean> {
  if (tar.find(pathOf(descriptor.digest)) === undefined) return false
  const manifest = await manifestIn(tar, descriptor)
  return blobsNamedBy(manifest).every(({ digest, isForeign }) => isForeign || tar.find(pathOf(digest)) !== undefined)
}

function blobsNamedBy(manifest: Manifest): Descriptor[] {
  const { config, layers = [] } = record(parsed(manifest.bytes, 'a manifest'))
  if (!Array.isArray(layers) || layers.length > MOST_LAYERS) {
    throw new BadArchive(`has a manifest without a list of layers, or with more than ${MOST_LAYERS}`)
  }
  return [...layers, config].map(descriptorOf)
}

async function partsOf(tar: TarFile, manifest: Manifest): Promise<{ blobs: Blob[]; platform: Platform }> {
  const named = blobsNamedBy(manifest)
  const blobs = named.flatMap(({ digest, size, isForeign }) => {
    const entry = tar.find(pathOf(digest))
    if (entry === undefined && isForeign) return []
    if (entry === undefined) throw new BadArchive(`is not whole: ${digest}, a part of its image, is missing`)
    if (entry.size !== size) throw new BadArchive(`is damaged: ${digest} has not the size that its manifest says`)
    return [{ digest, size, open: () => proved(tar.stream(entry.path), digest) }]
  })
  const config = named.at(-1)
  const isImage = config !== undefined && /image\.(?:config\.)?v1\+json$/.test(config.mediaType)
  const content = isImage ? record(parsed(await smallBlob(tar, config.digest), 'a configuration')) : {}
  return { blobs, platform: platformIn(content) }
}

async function manifestIn(tar: TarFile, { digest, mediaType }: Descriptor): Promise<Manifest> {
  return manifestOf(mediaType, await smallBlob(tar, digest))
}

async function smallBlob(tar: TarFile, digest: string): Promise<Buffer> {
  const bytes = await tar.bytes(pathOf(digest))
  if (sha256(bytes) !== digest) throw somethingElse(digest)
  return bytes
}

/** The same pieces. The last one only when all of them together are what the digest says: nobody is sent the whole of another content. */
async function* proved(pieces: AsyncIterable<Buffer>, digest: string): AsyncIterable<Buffer> {
  const hash = createHash('sha256')
  let last: Buffer | undefined
  for await (const piece of pieces) {
    if (last !== undefined) yield last
    hash.update(piece)
    last = piece
  }
  if (`sha256:${hash.digest('hex')}` !== digest) throw somethingElse(digest)
  if (last !== undefined) yield last
}

function somethingElse(digest: string): BadArchive {
  return new BadArchive(`is damaged: ${digest} in it is something else`)
}

function descriptorOf(value: unknown): Descriptor {
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

function platformIn({ architecture, os, variant }: Readonly<Record<string, unknown>>): Platform {
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

function pathOf(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`
}

function blobOf(bytes: Buffer): Blob {
  async function* open() {
    yield bytes
  }
  return { digest: sha256(bytes), size: bytes.length, open }
}

function manifestOf(mediaType: string, bytes: Buffer): Manifest {
  return { mediaType, bytes, digest: sha256(bytes) }
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Each content once. */
function unique(blobs: readonly Blob[]): Blob[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()]
}

async function json(tar: TarFile, path: string): Promise<unknown> {
  return parsed(await tar.bytes(path), `its ${path}`)
}

/** @param what the text is, for the message: its own words are the archive's */
function parsed(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    throw new BadArchive(`is damaged: ${what} is no JSON`)
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}
