import { describe, expect, test } from '@jest/globals'
import { authConfig, registryAuthHeader } from '../../../../src/docker/registry/registry-auth.ts'
import { Secret } from '../../../../src/runner/secrets/secret.ts'
import { createCredential } from '../../../support/builders.ts'

const HUB = 'https://index.docker.io/v1/'

describe('what the daemon is given to log in', () => {
  test.each([
    ['ghcr.io', 'ghcr.io'],
    ['registry.example.com:5000', 'registry.example.com:5000'],
    ['docker.io', HUB],
  ])('at %s names exactly the registry', (registry, serveraddress) => {
    expect(authConfig(createCredential({ registry, path: 'acme' }))).toEqual({
      username: 'alice',
      password: 'wonderland-7',
      serveraddress,
    })
  })

  test('of an identity token is the token alone', () => {
    const credential = createCredential({ kind: 'identity-token', username: '<token>', password: new Secret('ey.J') })
    expect(authConfig(credential)).toEqual({ identitytoken: 'ey.J', serveraddress: 'ghcr.io' })
  })
})

describe('the header X-Registry-Auth', () => {
  // Three lengths, so that each way of padding occurs.
  test.each(['p', 'pp', 'ppp', 'sübject?>~~ÿÿÿ', '???>>>~~~'])('is padded base64 for URLs: %s', (password) => {
    const credential = createCredential({ password: new Secret(password) })
    const header = registryAuthHeader(credential).reveal()
    expect(header).toMatch(/^[A-Za-z0-9_-]+={0,2}$/)
    expect(header.length % 4).toBe(0)
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual(authConfig(credential))
  })

  test('has the two signs that base64 for URLs has instead of + and /', () => {
    const headers = ['a?', 'a?>', '~~~?', '?>?>'].map((password) => {
      return registryAuthHeader(createCredential({ username: '>>>???', password: new Secret(password) })).reveal()
    })
    expect(headers.join('')).toMatch(/-/)
    expect(headers.join('')).toMatch(/_/)
  })

  test('is a secret', () => {
    expect(`${registryAuthHeader(createCredential())}`).toBe('***')
  })
})
