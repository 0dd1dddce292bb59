import { createHash } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { scratchDirectory } from '../../lab/scratch.ts'
import { type TarEntry, tar } from '../../lab/tar.ts'

/** Archives of images, as `docker save` and buildx write them. */

export const OCI = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  plainLayer: 'application/vnd.oci.image.layer.v1.tar',
} as const

export function sha256(bytes: Buffer | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** A layer as it is before it is packed. */
export function layerOf(text: string): Buffer {
  return tar([{ path: 'content', content: Buffer.from(text) }])
}

/** The configuration of an image with these plain layers. */
export function configOf(layers: readonly Buffer[], platform = 'linux/amd64'): Buffer {
  const [os, architecture, variant] = platform.split('/')
  const rootfs = { type: 'layers', diff_ids: layers.map(sha256) }
  return Buffer.from(JSON.stringify({ architecture, os, variant, config: {}, rootfs }))
}

export interface SavedImage {
  readonly tags: readonly string[]
  /** What each of its layers holds. */
  readonly layers: readonly string[]
  readonly platform?: string
}

/** As docker up to 24 saves images: a folder for each layer, and a `manifest.json`. */
export function savedArchive(images: readonly SavedImage[]): TarEntry[] {
  const files = images.map(({ tags, layers, platform }) => {
    const plain = layers.map(layerOf)
    const config = configOf(plain, platform)
    const configPath = `${sha256(config).slice('sha256:'.length)}.json`
    const paths = plain.map((layer) => `${sha256(layer).slice(7, 19)}/layer.tar`)
    return {
      entries: [
        { path: configPath, content: config },
        ...plain.map((content, index) => ({ path: paths[index] ?? '', content })),
      ],
      item: { Config: configPath, RepoTags: tags, Layers: paths },
    }
  })
  return [
    ...files.flatMap(({ entries }) => entries),
    json(
      'manifest.json',
      files.map(({ item }) => item),
    ),
  ]
}

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform?: object
  readonly annotations?: object
}

/** A folder of blobs that is filled piece by piece. */
export class Layout {
  readonly #blobs = new Map<string, Buffer>()

  blob(mediaType: string, content: Buffer): Descriptor {
    const digest = sha256(content)
    this.#blobs.set(digest, content)
    return { mediaType, digest, size: content.length }
  }

  json(mediaType: string, value: object): Descriptor {
    return this.blob(mediaType, Buffer.from(JSON.stringify(value)))
  }

  /** An image for one platform. */
  image(layers: readonly string[], platform = 'linux/amd64', layerType: string = OCI.layer): Descriptor {
    const plain = layers.map(layerOf)
    const [os, architecture, variant] = platform.split('/')
    const manifest = {
      schemaVersion: 2,
      mediaType: OCI.manifest,
      config: this.blob(OCI.config, configOf(plain, platform)),
      layers: plain.map((layer) => this.blob(layerType, layerType === OCI.layer ? gzipSync(layer) : layer)),
    }
    return { ...this.json(OCI.manifest, manifest), platform: { os, architecture, ...(variant && { variant }) } }
  }

  index(manifests: readonly Descriptor[]): Descriptor {
    return this.json(OCI.index, { schemaVersion: 2, mediaType: OCI.index, manifests })
  }

  forget({ digest }: Descriptor): void {
    this.#blobs.delete(digest)
  }

  /** The archive, whose `index.json` names these. */
  entries(manifests: readonly Descriptor[]): TarEntry[] {
    return [
      json('oci-layout', { imageLayoutVersion: '1.0.0' }),
      json('index.json', { schemaVersion: 2, manifests }),
      ...[...this.#blobs].map(([digest, content]) => ({ path: `blobs/${digest.replace(':', '/')}`, content })),
    ]
  }
}

export function json(path: string, value: unknown): TarEntry {
  return { path, content: Buffer.from(JSON.stringify(value)) }
}

/** Files that are gone when the work is done. */
export async function withArchives<T>(work: (write: WriteArchive) => Promise<T>): Promise<T> {
  const directory = scratchDirectory('archives-')
  let count = 0
  try {
    return await work((content, name = `archive-${++count}.tar`) => {
      const path = join(directory, name)
      writeFileSync(path, Buffer.isBuffer(content) ? content : tar(content))
      return path
    })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Writes an archive, and returns its path. */
export type WriteArchive = (content: readonly TarEntry[] | Buffer, name?: string) => string
