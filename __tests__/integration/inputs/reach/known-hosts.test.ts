import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../../lab/scratch.ts'
import { HOST_KEY_SCRIPT, lastOffered, parsePins } from '../../../../src/inputs/reach/known-hosts.ts'

const KEY = `AAAAC3NzaC1lZDI1NTE5AAAAI${'A'.repeat(43)}`
const FINGERPRINT = `SHA256:${'b'.repeat(43)}`

describe('ssh-known-hosts', () => {
  test('lines, fingerprints, comments and what ssh-keygen prints', () => {
    const text = [
      '# the managers',
      `host.example.com ssh-ed25519 ${KEY}`,
      `[host.example.com]:2222 ssh-ed25519 ${KEY} comment`,
      `|1|c2FsdA==|aGFzaA== ssh-ed25519 ${KEY}`,
      `@cert-authority *.example.com ssh-ed25519 ${KEY}`,
      '',
      `  ${FINGERPRINT}=`,
      `256 ${FINGERPRINT} root@host (ED25519)`,
    ]
    expect(parsePins(text.join('\r\n'))).toEqual({
      lines: text.slice(1, 5),
      fingerprints: [
        { host: undefined, fingerprint: FINGERPRINT },
        { host: undefined, fingerprint: FINGERPRINT },
      ],
    })
  })

  test.each([
    [`a ${FINGERPRINT}`, ['a']],
    [`A.Example.COM:2222 ${FINGERPRINT}=`, ['[a.example.com]:2222']],
    [`[a]:22,10.0.0.1 ${FINGERPRINT} a comment`, ['a', '10.0.0.1']],
    [`ssh://root@a:2222 ${FINGERPRINT}`, ['[a]:2222']],
    [`fe80::1 ${FINGERPRINT}`, ['fe80::1']],
    [`[fe80::1]:2222 ${FINGERPRINT}`, ['[fe80::1]:2222']],
  ])('%j is for its host alone', (line, hosts) => {
    expect(parsePins(line).fingerprints).toEqual(hosts.map((host) => ({ host, fingerprint: FINGERPRINT })))
  })

  test('a known_hosts line is one whatever its comment says', () => {
    const line = `other ssh-ed25519 ${KEY} ${FINGERPRINT}`
    expect(parsePins(line)).toEqual({ lines: [line], fingerprints: [] })
  })

  test.each([
    [`ssh-ed25519 ${KEY}`, 'line 1 is a public key without its host'],
    ['\nMD5:aa:bb', 'line 2 is an MD5 fingerprint'],
    ['SHA256:abc', 'line 1 has a fingerprint that is cut off'],
    ['host.example.com', 'line 1 is neither a known_hosts line nor a fingerprint'],
    [`a, ${FINGERPRINT}`, 'line 1 does not say clearly whose fingerprint it is'],
    [`a b ${FINGERPRINT}`, 'line 1 does not say clearly whose fingerprint it is'],
  ])('%j is refused', (text, reason) => {
    expect(() => parsePins(text)).toThrow(reason)
  })

  test('and all lines that are none are told together', () => {
    expect(() => parsePins(`foo bar\n${FINGERPRINT}\nSHA256:abc`)).toThrow(
      expect.objectContaining({
        problems: [expect.stringMatching(/^line 1 is neither/), expect.stringMatching(/^line 3 has a fingerprint/)],
      }),
    )
  })
})

test('the key that was offered last is the one that is told', () => {
  expect(lastOffered('')).toBeUndefined()
  expect(lastOffered(`bastion ssh-rsa SHA256:one\nhost ssh-ed25519 ${FINGERPRINT}\n`)).toEqual({
    host: 'host',
    type: 'ssh-ed25519',
    fingerprint: FINGERPRINT,
  })
})

describe('the program that ssh asks for known keys', () => {
  const directory = scratchDirectory('pins-')
  afterAll(() => rmSync(directory, { recursive: true }))
  const [script, pins, notes] = ['script', 'pins', 'notes'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(script, HOST_KEY_SCRIPT)
  const ask = (pinned: string, host: string, fingerprint: string) => {
    writeFileSync(pins, pinned)
    const { stdout } = spawnSync('sh', [script, pins, notes, host, 'ssh-ed25519', 'AAAAKEY', fingerprint])
    return String(stdout)
  }

  test.each([
    ['SHA256:T a\nSHA256:J b\n', 'a', 'SHA256:T', true],
    ['SHA256:T a\nSHA256:J b\n', 'a', 'SHA256:J', false],
    ['SHA256:T a\nSHA256:J b\n', 'b', 'SHA256:J', true],
    ['SHA256:T [a]:2222\n', 'a', 'SHA256:T', false],
    ['SHA256:T [a]:2222\n', '[a]:2222', 'SHA256:T', true],
    ['SHA256:T \n', 'anything', 'SHA256:T', true],
    ['', 'a', 'SHA256:T', false],
  ])('with the pins %j, at %s the key %s is known: %s', (pinned, host, fingerprint, isKnown) => {
    expect(ask(pinned, host, fingerprint)).toBe(isKnown ? `${host} ssh-ed25519 AAAAKEY\n` : '')
  })
})
