import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import type { TarEntry } from '../../../../lab/tar.ts'
import type { ArchiveImage, Candidate } from '../../../../src/docker/archive/archive-image.ts'
import { chooseImage } from '../../../../src/docker/archive/choose-image.ts'
import { readImageArchive } from '../../../../src/docker/archive/image-archive.ts'
import { parseReference } from '../../../../src/docker/registry/reference.ts'
import { configOf, json, Layout, layerOf, OCI, savedArchive, sha256, withArchives } from '../../../support/archives.ts'

const IMAGE = parseReference('hub.test/shop/web:2')
const signal = new AbortController().signal

/** The image that is pushed, with the content of its blobs. */
function imageOf(entries: readonly TarEntry[] | Buffer, from?: string): Promise<ArchiveImage & { contents: Buffer[] }> {
  return withArchives(async (write) => {
    const chosen = chooseImage(await readImageArchive(write(entries), signal), IMAGE, from)
    const image = await chosen.read()
    const contents: Buffer[] = []
    for (const blob of image.blobs) {
      const pieces: Buffer[] = []
      for await (const piece of blob.open()) pieces.push(piece)
      const content = Buffer.concat(pieces)
      expect([sha256(content), content.length]).toEqual([blob.digest, blob.size])
      contents.push(content)
    }
    expect(sha256(image.manifest.bytes)).toBe(image.manifest.digest)
    return { ...image, contents }
  })
}

describe('what docker save writes', () => {
  test('its layers are packed, each once, and the manifest is of schema 2', async () => {
    const image = await imageOf(
      savedArchive([{ tags: ['web:2'], layers: ['a', 'b', 'a'], platform: 'linux/arm64/v8' }]),
    )
    expect(image.platforms).toEqual([{ os: 'linux', architecture: 'arm64', variant: 'v8' }])
    const plain = image.contents.slice(0, 2).map((packed) => gunzipSync(packed))
    expect(plain).toEqual([layerOf('a'), layerOf('b')])
    const { config, layers, mediaType } = JSON.parse(image.manifest.bytes.toString())
    expect(image.manifest.mediaType).toBe(mediaType)
    expect(config.digest).toBe(sha256(image.contents[2] ?? Buffer.alloc(0)))
    expect(layers.map(({ digest }: { digest: string }) => digest)).toEqual([
      image.blobs[0]?.digest,
      image.blobs[1]?.digest,
      image.blobs[0]?.digest,
    ])
  })

  test('an archive in gzip is the same image', async () => {
    const entries = savedArchive([{ tags: ['web:2'], layers: ['a', 'b'] }])
    const { tar } = await import('../../../../lab/tar.ts')
    const [plain, packed] = [await imageOf(entries), await imageOf(gzipSync(tar(entries)))]
    expect(packed.manifest.digest).toBe(plain.manifest.digest)
  })

  test('layers that are packed already stay as they are', async () => {
    const layer = gzipSync(layerOf('a'))
    const config = configOf([layerOf('a')])
    const image = await imageOf([
      { path: 'config.json', content: config },
      { path: 'layer.tar.gz', content: layer },
      json('manifest.json', [{ Config: 'config.json', RepoTags: null, Layers: ['layer.tar.gz'] }]),
    ])
    expect(image.contents).toEqual([layer, config])
  })

  test('a layer that is a link to another is that one', async () => {
    const config = configOf([layerOf('a'), layerOf('a')])
    const image = await imageOf([
      { path: 'config.json', content: config },
      { path: 'one/layer.tar', content: layerOf('a') },
      { path: 'two/layer.tar', target: '../one/layer.tar' },
      json('manifest.json', [{ Config: 'config.json', RepoTags: [], Layers: ['one/layer.tar', 'two/layer.tar'] }]),
    ])
    expect(JSON.parse(image.manifest.bytes.toString()).layers).toHaveLength(2)
    expect(image.blobs).toHaveLength(2)
  })

  test('newer docker writes both forms: layers that are plain are packed all the same', async () => {
    const layout = new Layout()
    const image = layout.image(['a'], 'linux/amd64', OCI.plainLayer)
    const annotations = { 'io.containerd.image.name': 'docker.io/library/web:2' }
    const both = [
      ...layout.entries([{ ...image, annotations }]),
      json('manifest.json', [
        {
          Config: `blobs/${sha256(configOf([layerOf('a')])).replace(':', '/')}`,
          RepoTags: ['web:2'],
          Layers: [`blobs/${sha256(layerOf('a')).replace(':', '/')}`],
        },
      ]),
    ]
    const { blobs, manifest } = await imageOf(both, 'web:2')
    const saved = await imageOf(savedArchive([{ tags: [], layers: ['a'] }]))
    expect([manifest.digest, blobs.length]).toEqual([saved.manifest.digest, 2])
  })
})

describe('an OCI image layout', () => {
  test('an image for one platform is pushed byte for byte', async () => {
    const layout = new Layout()
    const image = layout.image(['a', 'b'])
    const { manifest, blobs, children, platforms } = await imageOf(layout.entries([image]))
    expect(manifest).toMatchObject({ digest: image.digest, mediaType: OCI.manifest })
    expect([blobs.length, children]).toEqual([3, []])
    expect(platforms).toEqual([{ os: 'linux', architecture: 'amd64' }])
  })

  test('several platforms with their attestations are one index, its manifests first', async () => {
    const layout = new Layout()
    const [amd, arm] = [layout.image(['a']), layout.image(['b'], 'linux/arm64')]
    const statement = {
      ...layout.image(['said'], 'unknown/unknown'),
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
    }
    const index = layout.index([amd, arm, statement])
    const { manifest, children, platforms, leftOut } = await imageOf(layout.entries([index]))
    expect(manifest.digest).toBe(index.digest)
    expect(children.map(({ digest }) => digest)).toEqual([amd.digest, arm.digest, statement.digest])
    expect(platforms.map(({ architecture }) => architecture)).toEqual(['amd64', 'arm64'])
    expect(leftOut).toEqual([])
  })

  test('platforms without a name in the index.json are one image', async () => {
    const layout = new Layout()
    const both = [layout.image(['a']), layout.image(['b'], 'linux/arm64')]
    const { manifest, children } = await imageOf(layout.entries(both))
    expect(manifest.mediaType).toBe(OCI.index)
    expect(children.map(({ digest }) => digest)).toEqual(both.map(({ digest }) => digest))
  })

  test('a platform that is not in the archive is left out: one that remains is pushed alone', async () => {
    const layout = new Layout()
    const [amd, arm, s390] = ['amd64', 'arm64', 's390x'].map((name) => layout.image([name], `linux/${name}`))
    if (!amd || !arm || !s390) throw new Error('there are three')
    const index = layout.index([amd, arm, s390])
    layout.forget(arm)
    const two = await imageOf(layout.entries([index]))
    expect(two.leftOut).toEqual(['linux/arm64'])
    expect(JSON.parse(two.manifest.bytes.toString()).manifests).toHaveLength(2)
    layout.forget(s390)
    const one = await imageOf(layout.entries([index]))
    expect([one.manifest.digest, one.children]).toEqual([amd.digest, []])
    layout.forget(amd)
    await expect(imageOf(layout.entries([index]))).rejects.toThrow('none of the images that it names')
  })
})

describe('which image is meant', () => {
  const two = savedArchive([
    { tags: ['shop/web:1', 'docker.io/shop/web:latest'], layers: ['a'] },
    { tags: ['hub.test/shop/web:2'], layers: ['b'] },
  ])
  const layersOf = async (entries: readonly TarEntry[], from?: string) =>
    (await imageOf(entries, from)).contents.slice(0, -1).map((packed) => gunzipSync(packed))

  test('the one that has the name under which it is pushed', async () => {
    expect(await layersOf(two)).toEqual([layerOf('b')])
  })

  test.each(['shop/web:1', 'docker.io/shop/web:1', 'shop/web'])('the one that is named: %s', async (from) => {
    expect(await layersOf(two, from)).toEqual([layerOf('a')])
  })

  test('a name that there is not', async () => {
    await expect(layersOf(two, 'web:9')).rejects.toThrow(
      'has no image that is called "web:9" alone: it has "shop/web:1", "docker.io/shop/web:latest", "hub.test/shop/web:2"',
    )
  })
})

describe('archives that are not what they should be', () => {
  const layout = (change: (made: Layout) => TarEntry[]) => change(new Layout())
  const [digest, size] = [sha256('x'), 1]

  test.each([
    [
      'of a container',
      [{ path: 'etc/passwd', content: Buffer.from('root') }],
      'and no image: write it with `docker save`',
    ],
    ['of anything', [{ path: 'notes.txt', content: Buffer.from('hello') }], 'is a tar archive without an image in it'],
    ['without an image', [json('manifest.json', [])], 'has none in it'],
    [
      'with a manifest.json that is no JSON',
      [{ path: 'manifest.json', content: Buffer.from('{') }],
      'its manifest.json is no JSON',
    ],
    ['with a manifest.json of something else', [json('manifest.json', { a: 1 })], 'no list of images'],
    ['with a manifest.json of nothing', [json('manifest.json', [null])], 'without the configuration and the layers'],
    [
      'whose configuration is missing',
      [json('manifest.json', [{ Config: 'x', Layers: [] }])],
      'has no file "x", which it names itself',
    ],
    [
      'whose layers do not fit its configuration',
      [
        { path: 'c', content: configOf([layerOf('a')]) },
        { path: 'l', content: layerOf('b') },
        json('manifest.json', [{ Config: 'c', Layers: ['l'] }]),
      ],
      'the layer "l" is not the one of its image',
    ],
    ['with an index of something else', [json('index.json', { manifests: 'no' })], 'no list of manifests'],
    ['with an entry of nothing', [json('index.json', { manifests: [null] })], 'without a media type and a digest'],
    [
      'with a media type that no header takes',
      [json('index.json', { manifests: [{ mediaType: 'a/b\r\nX: y', digest, size }] })],
      'without a media type and a digest',
    ],
    [
      'with a digest that is a path',
      [json('index.json', { manifests: [{ mediaType: OCI.manifest, digest: 'sha256:../../etc', size }] })],
      'without a media type and a digest',
    ],
    [
      'whose manifest is not what its digest says',
      [
        json('index.json', { manifests: [{ mediaType: OCI.manifest, digest, size }] }),
        { path: `blobs/${digest.replace(':', '/')}`, content: Buffer.from('y') },
      ],
      'in it is something else',
    ],
    [
      'whose configuration is not what its digest says',
      layout((made) =>
        made.entries([made.image(['a'])]).map((entry) => {
          const text = entry.content?.toString() ?? ''
          return text.includes('rootfs') ? { ...entry, content: Buffer.from(text.replace('amd64', 'arm64')) } : entry
        }),
      ),
      'in it is something else',
    ],
    [
      'that lacks a layer',
      layout((made) => {
        const image = made.image(['a'])
        made.forget(made.blob(OCI.layer, gzipSync(layerOf('a'))))
        return made.entries([image])
      }),
      'a part of its image, is missing',
    ],
  ] as [string, TarEntry[], string][])('one %s', async (_, entries, problem) => {
    await expect(imageOf(entries)).rejects.toThrow(problem)
  })
})

test('a layer that is not what its digest says ends before its last piece', async () => {
  const made = new Layout()
  const plain = Buffer.alloc(3_000_000, 'layer')
  const layer = made.blob(OCI.plainLayer, plain)
  const config = made.blob(OCI.config, configOf([plain]))
  const entries = made.entries([made.json(OCI.manifest, { schemaVersion: 2, config, layers: [layer] })])
  const other = Buffer.from(plain)
  other[1_500_000] = 0
  const changed = entries.map((entry) => (entry.content === plain ? { ...entry, content: other } : entry))
  await withArchives(async (write) => {
    const [only] = await readImageArchive(write(changed), new AbortController().signal)
    const { blobs } = (await only?.read()) ?? { blobs: [] }
    let size = 0
    const read = async () => {
      for await (const piece of blobs[0]?.open() ?? []) size += piece.length
    }
    await expect(read()).rejects.toThrow(`is damaged: ${layer.digest} in it is something else`)
    expect(size).toBeGreaterThan(0)
    expect(size).toBeLessThan(plain.length)
  })
})

test('a name with signs that change a log is no example', () => {
  const images = ['a\n::error::b', 'c:1'].map((name) => ({ names: [name] }) as unknown as Candidate)
  const choose = () => chooseImage(images, parseReference('hub.test/web:2'), undefined)
  expect(choose).toThrow('such as `from: c:1`')
  expect(choose).not.toThrow(/\n/)
})
