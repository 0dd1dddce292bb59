import { createHash } from 'node:crypto'
import {
  type ArchiveImage,
  type Blob,
  type Candidate,
  type Manifest,
  manifestOf,
  type Platform,
  sha256,
  unique,
} from './archive-image.ts'
import {
  ACCEPTED_TYPES,
  type Descriptor,
  descriptorOf,
  INDEX_TYPES,
  inWords,
  MANIFEST_TYPES,
  MOST_LAYERS,
  MOST_MANIFESTS,
  parsed,
  platformIn,
  record,
  UNKNOWN,
} from './descriptor.ts'
import { BadArchive, type TarFile } from './tar-file.ts'

/** The images of an OCI image layout (`index.json`). */

const PLAIN_LAYER = /\.tar$/
const FULL_NAME = 'io.containerd.image.name'
const SHORT_NAME = 'org.opencontainers.image.ref.name'

/** @param saved the images of the same archive as `docker save` tells of them */
export async function layoutImages(tar: TarFile, saved: readonly Candidate[]): Promise<Candidate[]> {
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

function pathOf(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`
}
