import { gzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import { type TarEntry, tar } from '../../../../lab/tar.ts'
import { BadArchive, openTar } from '../../../../src/docker/archive/tar-file.ts'
import { withArchives } from '../../../support/archives.ts'

const signal = new AbortController().signal
const content = (text: string) => Buffer.from(text)
const opened = <T>(
  bytes: readonly TarEntry[] | Buffer,
  work: (file: Awaited<ReturnType<typeof openTar>>) => Promise<T>,
) => withArchives(async (write) => work(await openTar(write(bytes), signal)))

/** An entry with a header of its own making. */
function raw(header: Readonly<Record<number, string>>, body = Buffer.alloc(0)): Buffer {
  const [block = Buffer.alloc(0)] = [tar([{ path: 'x', content: body }])]
  for (const [at, text] of Object.entries(header)) block.write(text, Number(at), 'latin1')
  block.write('        ', 148)
  const sum = block.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block.subarray(0, block.length - 1024)
}

const END = Buffer.alloc(1024)
const LONG = `${'long/'.repeat(29)}name`

describe.each([
  ['plain', (bytes: Buffer) => bytes],
  ['in gzip', (bytes: Buffer) => gzipSync(bytes)],
])('a tar archive %s', (_, packed) => {
  test('its files are read, small and large, again and again', async () => {
    const large = Buffer.alloc(700_000, 'abcdefg')
    const bytes = tar([
      { path: './small', content: content('hello') },
      { path: 'folder/' },
      { path: 'folder/large', content: large },
      { path: 'last', content: content('end') },
    ])
    await opened(packed(bytes), async (file) => {
      expect([...file.entries.keys()]).toEqual(['small', 'folder', 'folder/large', 'last'])
      for (const name of ['last', 'small', 'folder/large', 'small']) {
        expect((await file.bytes(name)).length).toBe(file.entries.get(name)?.size)
      }
      expect((await file.bytes('folder/large')).equals(large)).toBe(true)
      expect(file.find('folder')).toBeUndefined()
      await expect(file.bytes('gone')).rejects.toThrow(BadArchive)
    })
  })

  test('links within it are followed, and those that lead out of it are none', async () => {
    const bytes = tar([
      { path: 'a/layer.tar', content: content('layer') },
      { path: 'b/layer.tar', target: '../a/layer.tar' },
      { path: 'out', target: '../../etc/passwd' },
      { path: 'absolute', target: '/etc/passwd' },
      { path: 'circle', target: 'circle' },
    ])
    await opened(packed(bytes), async (file) => {
      expect((await file.bytes('b/layer.tar')).toString()).toBe('layer')
      expect(['out', 'absolute', 'circle'].map((name) => file.find(name))).toEqual([undefined, undefined, undefined])
    })
  })

  test('what stands within a value of pax is no record, and what is none has an end', async () => {
    const pax = (text: string) => [raw({ 156: 'x' }, content(text)), raw({ 0: 'name\0' }, content('here'))]
    const value = 'a\n11 path=b\n'
    const record = (length: number) => `${length} comment=${value}\n`
    for (const text of [
      record(record(10).length),
      '1'.repeat(64_000),
      '99 path=b\n',
      '0 path=b\n',
      '-1 path=b\n',
      ' =',
    ]) {
      await opened(packed(Buffer.concat([...pax(text), END])), async (file) => {
        expect([...file.entries.keys()]).toEqual(['name'])
      })
    }
  })

  test.each([
    ['of GNU tar', [raw({ 156: 'L', 0: '././@LongLink\0' }, content(`${LONG}\0`)), raw({}, content('here'))]],
    ['of pax', [raw({ 156: 'x' }, content(`${LONG.length + 10} path=${LONG}\n`)), raw({}, content('here'))]],
    ['with a prefix', [raw({ 0: 'name\0', 345: LONG.slice(0, -5) }, content('here'))]],
  ])('a long name %s', async (_name, blocks) => {
    await opened(packed(Buffer.concat([...blocks, END])), async (file) => {
      expect((await file.bytes(LONG)).toString()).toBe('here')
    })
  })

  test.each([
    ['is cut off', tar([{ path: 'a', content: Buffer.alloc(400_000) }]).subarray(0, 200_000), 'ends too early'],
    [
      'is cut off in a small file',
      tar([{ path: 'a', content: Buffer.alloc(4000) }]).subarray(0, 2000),
      'ends too early',
    ],
    ['is something else', content('GIF89a'.repeat(300)), 'is no tar archive'],
    ['has a header that is damaged', raw({}).fill('9', 0, 3), 'is no tar archive'],
    [
      'has a name without end',
      Buffer.concat([raw({ 156: 'L', 124: '00000300000' }, content('x'))]),
      'longer than any name',
    ],
    ['has a size that no disk has', raw({ 124: '77777777777' }), 'ends too early'],
  ])('one that %s', async (_what, bytes, problem) => {
    await expect(opened(packed(Buffer.from(bytes)), async () => undefined)).rejects.toThrow(problem)
  })
})

test.each([
  ['nothing', Buffer.alloc(0), 'is empty'],
  ['zstd', Buffer.from('28b52ffd00000000', 'hex'), 'is packed with zstd: give it plain, or packed with gzip'],
  ['half a gzip', gzipSync(tar([{ path: 'a', content: Buffer.alloc(100_000) }])).subarray(0, 100), 'ends too early'],
  [
    'a damaged gzip',
    Buffer.concat([gzipSync(tar([])).subarray(0, 10), Buffer.alloc(20, 255)]),
    'its gzip cannot be read',
  ],
])('a file of %s', async (_, bytes, problem) => {
  await expect(opened(bytes, async () => undefined)).rejects.toThrow(problem)
})

test('a file that should be a short text is not read when it is large', async () => {
  const bytes = tar([{ path: 'index.json', content: Buffer.alloc(9 * 1024 * 1024, ' ') }])
  await opened(bytes, async (file) => {
    await expect(file.bytes('index.json')).rejects.toThrow('where a short text is expected')
  })
})

test('reading ends with the signal', async () => {
  const stop = new AbortController()
  await withArchives(async (write) => {
    const path = write(tar([{ path: 'a', content: Buffer.alloc(3_000_000) }]))
    const file = await openTar(path, stop.signal)
    const read = async () => {
      for await (const _piece of file.stream('a')) stop.abort(new Error('stopped'))
    }
    await expect(read()).rejects.toThrow('stopped')
  })
})
