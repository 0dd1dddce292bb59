import { createHash } from 'node:crypto'
import { beginningOf } from '../../runner/text/safe-text.ts'
import { type ArchiveImage, type Blob, blobOf, type Candidate, manifestOf, sha256, unique } from './archive-image.ts'
import { isTexts, MOST_LAYERS, MOST_MANIFESTS, parsed, platformIn, record } from './descriptor.ts'
import { beginsAsGzip, inGzip } from './gzip.ts'
import { BadArchive, type TarFile } from './tar-file.ts'

/** The images of what `docker save` writes (`manifest.json`). */

export async function savedImages(tar: TarFile): Promise<Candidate[]> {
  const items = parsed(await tar.bytes('manifest.json'), 'its manifest.json')
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
    throw new BadArchive(`is damaged: the layer ${JSON.stringify(beginningOf(path, 100))} is not the one of its image`)
  }
  return { digest, size, open }
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
