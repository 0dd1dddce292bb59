import { describe, expect, test } from '@jest/globals'
import { lastOffered, parsePins } from '../../../src/reach/known-hosts.ts'

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
      fingerprints: [FINGERPRINT, FINGERPRINT],
    })
  })

  test.each([
    [`ssh-ed25519 ${KEY}`, 'line 1 is a public key without its host'],
    ['\nMD5:aa:bb', 'line 2 is an MD5 fingerprint'],
    ['SHA256:abc', 'line 1 has a fingerprint that is cut off'],
    ['host.example.com', 'line 1 is neither a known_hosts line nor a fingerprint'],
  ])('%j is refused', (text, reason) => {
    expect(() => parsePins(text)).toThrow(reason)
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
