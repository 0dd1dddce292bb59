import { describe, expect, test } from '@jest/globals'
import { logLines } from '../../../../src/docker/swarm/task-logs.ts'
import { Secret } from '../../../../src/runner/secrets/secret.ts'

const [STDIN, STDOUT, STDERR, DAEMON] = [0, 1, 2, 3]

/** A frame of Docker's multiplexed streams. */
function frame(stream: number, payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload)
  const header = Buffer.alloc(8)
  header.writeUInt8(stream, 0)
  header.writeUInt32BE(bytes.length, 4)
  return Buffer.concat([header, bytes])
}

describe('the lines of a task without a terminal', () => {
  test('are those of both streams in the order in which they were printed', () => {
    const bytes = Buffer.concat([frame(STDOUT, 'starting\n'), frame(STDERR, 'no database\n'), frame(STDOUT, 'bye\n')])
    expect(logLines(bytes)).toEqual(['starting', 'no database', 'bye'])
  })

  test.each([STDIN, STDOUT, STDERR])('may begin with stream %d', (stream) => {
    expect(logLines(frame(stream, 'line\n'))).toEqual(['line'])
  })

  test('may begin with a word of the daemon itself', () => {
    const said = 'Error grabbing logs: rpc error: code = Unknown desc = warning: incomplete log stream.'
    expect(logLines(Buffer.concat([frame(DAEMON, `${said}\n`), frame(STDOUT, 'line\n')]))).toEqual([said, 'line'])
  })

  test('may be longer than a byte can count', () => {
    const frames = [frame(STDOUT, `${'x'.repeat(70_000)}\n`), frame(STDOUT, 'end\n')]
    expect(logLines(Buffer.concat(frames))).toEqual([
      expect.stringMatching(/^x{2000}… \(68,000 more characters\)$/),
      'end',
    ])
  })

  test('may go over several frames, even within a character', () => {
    const bytes = Buffer.from('größe 🚢\n')
    const pieces = [...bytes].map((byte) => frame(STDOUT, Buffer.from([byte])))
    expect(logLines(Buffer.concat(pieces))).toEqual(['größe 🚢'])
  })

  test('show no secret that the program has broken into several lines, or that comes in several frames', () => {
    new Secret('a-secret-of-the-stack')
    const folded = Buffer.from('a-secret-of-the-stack').toString('base64').replace(/.{7}/g, '$&\n')
    const pieces = `a-secret-of-\nthe-stack\n${folded}\nend`.match(/[\s\S]{1,5}/g) ?? []
    expect(logLines(Buffer.concat(pieces.map((piece) => frame(STDERR, piece))))).toEqual([
      ...['***', '***', '***', '***', '***', '***', 'end'],
    ])
  })

  test('end with what there is of a frame that was cut off', () => {
    const cut = Buffer.concat([frame(STDOUT, 'whole\n'), frame(STDERR, 'half of it\n').subarray(0, 12)])
    expect(logLines(cut)).toEqual(['whole', 'half'])
  })

  test('end before a header that was cut off', () => {
    const cut = Buffer.concat([frame(STDOUT, 'whole\n'), frame(STDERR, 'lost').subarray(0, 5)])
    expect(logLines(cut)).toEqual(['whole'])
  })

  test('are none when it printed nothing', () => {
    expect(logLines(frame(STDOUT, ''))).toEqual([])
  })

  test('go on after an empty frame', () => {
    expect(logLines(Buffer.concat([frame(STDOUT, ''), frame(STDOUT, 'line')]))).toEqual(['line'])
  })
})

describe('the lines of a task with a terminal', () => {
  test('are what it printed', () => {
    expect(logLines(Buffer.from('one\r\ntwo\r\n'))).toEqual(['one', 'two'])
  })

  test.each([
    '1',
    'short',
    '\u0004not a frame',
    '\u0004\0\0\0\0\0\0\u0004text',
    '\u0001\u0001\0\0\0\0\0\u0004text',
    '\u0001\u0000\u0001\u0000\u0000\u0000\u0000\u0000text',
  ])('are not taken for frames: %j', (text) => {
    expect(logLines(Buffer.from(text))).toEqual([text])
  })
})

describe('lines', () => {
  test('without anything in them are left out', () => {
    expect(logLines(frame(STDOUT, 'one\n\n  \t\r\n two \n'))).toEqual(['one', ' two '])
  })

  test('of a task that printed nothing are none', () => {
    expect(logLines(Buffer.alloc(0))).toEqual([])
  })
})
