import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../../lab/scratch.ts'
import { randomFrom } from '../../../../scripts/fuzz/mutate.ts'
import { UserError } from '../../../../src/errors.ts'
import { filesOfTarGz } from '../../../../src/inputs/accounts/tar.ts'
import { paxRecord, tarEntry, tarGz } from '../../../support/tar.ts'

const directory = scratchDirectory('tar-')
afterAll(() => rmSync(directory, { recursive: true }))

const CONFIG = '{"auths":{}}'
const FILE = tarEntry('.docker/config.json', { content: CONFIG })

function listed(archive: Buffer): [string, string][] {
  return filesOfTarGz(archive).map(({ path, content }) => [path, content.toString()])
}

function refusal(archive: Buffer): string {
  try {
    filesOfTarGz(archive)
  } catch (error) {
    if (error instanceof UserError) return error.message
    throw error
  }
  return 'nothing is refused'
}

describe('an archive that a tar program has made', () => {
  const long = `contexts/meta/${'a'.repeat(64)}/${'b'.repeat(64)}`
  mkdirSync(join(directory, '.docker', long), { recursive: true })
  writeFileSync(join(directory, '.docker', 'config.json'), CONFIG)
  writeFileSync(join(directory, '.docker', 'empty'), '')
  writeFileSync(join(directory, '.docker', long, 'meta-ü.json'), 'x'.repeat(513))

  test.each(['gnu', 'oldgnu', 'pax', 'posix'])('in the format %s is read whole', (format) => {
    const archive = execFileSync('tar', ['-cz', `--format=${format}`, '-C', directory, '.docker'])
    expect(listed(archive).sort()).toEqual([
      ['.docker/config.json', CONFIG],
      [`.docker/${long}/meta-ü.json`, 'x'.repeat(513)],
      ['.docker/empty', ''],
    ])
  })

  test('in the format ustar has the two parts of a long name put together', () => {
    const name = `${'a'.repeat(90)}/${'b'.repeat(90)}`
    writeFileSync(join(directory, 'list'), CONFIG)
    const transform = ['--transform', `s,^list$,${name},`]
    const archive = execFileSync('tar', ['-cz', '--format=ustar', ...transform, '-C', directory, 'list'])
    expect(listed(archive)).toEqual([[name, CONFIG]])
  })

  test('has the names that it would have from the root of a folder', () => {
    const archive = execFileSync('tar', ['-cz', '-C', join(directory, '.docker'), './config.json'])
    expect(listed(archive)).toEqual([['config.json', CONFIG]])
  })
})

describe('what no folder of settings has is refused', () => {
  test.each([
    ['an absolute path', { name: '/etc/passwd' }, /"\/etc\/passwd" of the archive is an absolute path: pack/],
    ['a drive', { name: 'C:/config.json' }, /is an absolute path: pack/],
    ['a way out', { name: '.docker/../../config.json' }, /is a path that leads out of it: pack/],
    ['a way out of a directory', { name: '..', flag: '5' }, /is a path that leads out of it: pack/],
    ['a symbolic link', { name: '.docker/config.json', flag: '2', link: '/etc/shadow' }, /is a symbolic link: pack/],
    ['a hard link', { name: '.docker/config.json', flag: '1', link: 'x' }, /is a hard link: pack/],
    ['a character device', { name: 'null', flag: '3' }, /is a device: pack/],
    ['a block device', { name: 'sda', flag: '4' }, /is a device: pack/],
    ['a pipe', { name: 'pipe', flag: '6' }, /is a named pipe: pack/],
    ['a sparse file', { name: 'config.json', flag: 'S' }, /is a sparse file: pack/],
    ['another kind', { name: 'config.json', flag: 'V' }, /is no file or directory: pack/],
    ['a control character', { name: 'config\u0007.json' }, /is no name of a file: pack/],
    ['a backslash', { name: '.docker\\config.json' }, /is no name of a file: pack/],
    ['no name', { name: './', flag: '0' }, /is no name of a file: pack/],
  ])('%s', (_, { name, ...rest }, words) => {
    expect(refusal(tarGz(FILE, tarEntry(name, rest)))).toMatch(words)
    // Also in front of what is looked for.
    expect(refusal(tarGz(tarEntry(name, rest), tarEntry('other/config.json', { content: CONFIG })))).toMatch(words)
  })

  test('one path twice', () => {
    expect(refusal(tarGz(FILE, tarEntry('./.docker//config.json')))).toMatch(/is there twice: pack/)
  })

  test.each([
    ['by a long name', tarEntry('@LongLink', { flag: 'L', content: '../../etc/passwd\0' })],
    ['by an extended header', tarEntry('PaxHeaders', { flag: 'x', content: paxRecord('path', '../../etc/passwd') })],
  ])('a way out %s', (_, header) => {
    expect(refusal(tarGz(header, FILE))).toMatch(/"..\/..\/etc\/passwd" of the archive is a path that leads out/)
  })

  test('a long name of a link', () => {
    expect(refusal(tarGz(tarEntry('@LongLink', { flag: 'K', content: '/etc/shadow\0' }), FILE))).toMatch(/is a link/)
  })

  test('a header for all files', () => {
    const header = tarEntry('pax_global_header', { flag: 'g', content: paxRecord('path', 'config.json') })
    expect(refusal(tarGz(header, FILE))).toMatch(/is a name for all files/)
    const comment = tarEntry('pax_global_header', { flag: 'g', content: paxRecord('comment', 'of git') })
    expect(listed(tarGz(comment, FILE))).toEqual([['.docker/config.json', CONFIG]])
  })

  test('an extended header that gives another size', () => {
    const header = tarEntry('PaxHeaders', { flag: 'x', content: paxRecord('size', '100') })
    expect(refusal(tarGz(header, FILE))).toMatch(/sparse or huge file/)
  })
})

describe('what is no whole archive is refused', () => {
  test('a bomb', () => {
    const zeros = Buffer.alloc(64 * 1024 * 1024)
    expect(refusal(gzipSync(zeros))).toMatch(/larger than 16 MB when it is unpacked: pack `config.json` alone/)
  })

  test('very many entries', () => {
    const entries = Array.from({ length: 2001 }, (_, index) => tarEntry(`${index}`))
    expect(refusal(tarGz(...entries))).toMatch(/more than 2000 entries: pack/)
  })

  test('one that is cut off, wherever', () => {
    const archive = tarGz(FILE, tarEntry('more', { content: 'x'.repeat(3000) }))
    for (let length = 2; length < archive.length; length += 7) {
      expect(refusal(archive.subarray(0, length))).toMatch(
        /^the archive is (cut off in its middle: give all|damaged: give)/,
      )
    }
    const tar = Buffer.concat([FILE, tarEntry('more', { content: 'x'.repeat(3000) })])
    for (const length of [0, 100, 512, 700, 1024, 1536, 2048, 4096]) {
      expect(refusal(gzipSync(tar.subarray(0, length)))).toMatch(/^the archive is (cut off|damaged)/)
    }
  })

  test.each([
    ['no gzip', Buffer.from('{"auths":{}}')],
    ['gzip of something else', gzipSync('x'.repeat(2000))],
    ['nothing', Buffer.alloc(0)],
    ['a header that was changed', gzipSync(Buffer.concat([changed(FILE), Buffer.alloc(1024)]))],
    ['a size that is no number', tarGz(tarEntry('config.json', { size: '99999999999' }))],
    ['an extended header without a length', tarGz(tarEntry('p', { flag: 'x', content: 'path=a\n' }), FILE)],
    ['an extended header with a length of nothing', tarGz(tarEntry('p', { flag: 'x', content: '0 path=a\n' }), FILE)],
  ])('%s', (_, bytes) => {
    expect(refusal(bytes)).toMatch(/^the archive is (cut off|damaged)/)
  })
})

/** With another first letter. */
function changed(entry: Buffer): Buffer {
  const copy = Buffer.from(entry)
  copy[0] = 0x2f
  return copy
}

test('an archive that was changed anywhere is read or refused, and nothing else', () => {
  const random = randomFrom(2026)
  const good = Buffer.concat([FILE, tarEntry('p', { flag: 'x', content: paxRecord('path', 'a/b') }), tarEntry('c')])
  const whole = Buffer.concat([good, Buffer.alloc(1024)])
  const outside: string[] = []
  for (let run = 0; run < 3000; run++) {
    const bytes = Buffer.from(whole)
    for (let change = 0; change <= run % 4; change++) {
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
    }
    // With a sum that is right again, so that more than the sum is looked at.
    if (run % 2 === 0) for (const at of [0, 1024, 2048]) withRightSum(bytes.subarray(at, at + 512))
    const paths = refusalOrFiles(gzipSync(bytes, { level: 1 })).map(({ path }) => path)
    outside.push(...paths.filter((path) => /^\/|(?:^|\/)\.\.(?:\/|$)|\p{Cc}/u.test(path)))
  }
  expect(outside).toEqual([])
})

function refusalOrFiles(archive: Buffer) {
  try {
    return filesOfTarGz(archive)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    if (/\p{Cc}/u.test(error.message)) throw error
    return []
  }
}

function withRightSum(header: Buffer): void {
  header.write(' '.repeat(8), 148)
  header.write(
    `${header
      .reduce((all, byte) => all + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  )
}
