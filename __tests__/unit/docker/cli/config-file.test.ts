import { describe, expect, test } from '@jest/globals'
import {
  type ConfigFile,
  helperFor,
  isolatedConfigFile,
  type PlainCredential,
  parseConfigFile,
  registriesIn,
  settingsToCarryOver,
  storedCredential,
} from '../../../../src/docker/cli/config-file.ts'

const HUB_KEY = 'https://index.docker.io/v1/'
const CARRIED_OVER = settingsToCarryOver({}, '/home/ci/.docker/cli-plugins')

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function password(username: string, secret: string): PlainCredential {
  return { kind: 'password', username, password: secret }
}

function isolated(credentials: Readonly<Record<string, PlainCredential>>): unknown {
  return JSON.parse(isolatedConfigFile(new Map(Object.entries(credentials)), CARRIED_OVER))
}

describe('an isolated config.json', () => {
  test('has one entry for each registry', () => {
    const entries = { 'ghcr.io': password('alice', 'a:b'), 'registry.example.com:5000': password('bob', 'ü') }
    expect(isolated(entries)).toEqual({
      auths: {
        'ghcr.io': { auth: base64('alice:a:b') },
        'registry.example.com:5000': { auth: base64('bob:ü') },
      },
      cliPluginsExtraDirs: ['/home/ci/.docker/cli-plugins'],
    })
  })

  test('has Docker Hub under the only key that docker looks for', () => {
    expect(isolated({ 'docker.io': password('alice', 'x') })).toMatchObject({
      auths: { [HUB_KEY]: { auth: base64('alice:x') } },
    })
  })

  test('keeps an identity token apart from the password, which it has none of', () => {
    const token: PlainCredential = { kind: 'identity-token', username: '0000', password: 'refresh.token' }
    expect(isolated({ 'acme.azurecr.io': token })).toMatchObject({
      auths: { 'acme.azurecr.io': { auth: base64('0000:'), identitytoken: 'refresh.token' } },
    })
  })

  test('has no empty user name: docker would not read the whole file', () => {
    const token: PlainCredential = { kind: 'identity-token', username: '', password: 'refresh.token' }
    const { auths } = isolated({ 'acme.azurecr.io': token }) as ConfigFile
    expect(auths).toEqual({ 'acme.azurecr.io': { identitytoken: 'refresh.token' } })
  })

  test('has an entry though there is no credential: docker would turn to the keychain of the system', () => {
    const { auths } = isolated({}) as ConfigFile
    expect(Object.entries(auths ?? {})).toEqual([[expect.stringMatching(/\.invalid$/), {}]])
  })

  test('takes the headers of the user over, and where plugins are', () => {
    const file = { HttpHeaders: { 'X-Team': 'ops' }, cliPluginsExtraDirs: ['/opt/plugins'], credsStore: 'desktop' }
    const settings = settingsToCarryOver(file, '/home/ci/.docker/cli-plugins')
    expect(JSON.parse(isolatedConfigFile(new Map([['ghcr.io', password('a', 'b')]]), settings))).toEqual({
      auths: { 'ghcr.io': { auth: base64('a:b') } },
      HttpHeaders: { 'X-Team': 'ops' },
      cliPluginsExtraDirs: ['/opt/plugins', '/home/ci/.docker/cli-plugins'],
    })
  })
})

describe('a config.json', () => {
  test('is read as it is', () => {
    expect(parseConfigFile('{"auths":{},"currentContext":"x"}')).toEqual({ auths: {}, currentContext: 'x' })
  })

  test.each(['', '[]', 'null', '"auths"', '1', '{"auths":'])('is not %j', (content) => {
    expect(() => parseConfigFile(content)).toThrow(SyntaxError)
  })
})

describe('the credential that a config.json holds', () => {
  const entry = { auth: base64('alice:secret') }
  const found = password('alice', 'secret')

  test.each([
    ['ghcr.io', 'ghcr.io'],
    ['https://ghcr.io', 'ghcr.io'],
    ['http://ghcr.io/v2/', 'ghcr.io'],
    ['ghcr.io/', 'ghcr.io'],
    ['https://registry.example.com:5000/v2/', 'registry.example.com:5000'],
    [HUB_KEY, 'docker.io'],
  ])('under %s is that for %s', (key, registry) => {
    expect(storedCredential({ auths: { [key]: entry } }, registry)).toEqual(found)
  })

  test.each([
    ['ghcr.io.evil.example', 'ghcr.io'],
    ['my-ghcr.io', 'ghcr.io'],
    ['https://evil.example/ghcr.io', 'ghcr.io'],
    ['registry.example.com', 'registry.example.com:5000'],
    ['registry.example.com:5000', 'registry.example.com'],
    // The docker CLI takes nothing but the one key for the Hub.
    ['docker.io', 'docker.io'],
    ['index.docker.io', 'docker.io'],
    ['https://index.docker.io/v2/', 'docker.io'],
    ['registry-1.docker.io', 'docker.io'],
  ])('under %s is not that for %s', (key, registry) => {
    expect(storedCredential({ auths: { [key]: entry } }, registry)).toBeUndefined()
  })

  test('is the one under the exact key, wherever it stands', () => {
    const other = { auth: base64('bob:other') }
    const auths = { 'https://ghcr.io/v2/': other, 'ghcr.io': entry, 'http://ghcr.io': other }
    expect(storedCredential({ auths }, 'ghcr.io')).toEqual(found)
  })

  test('is found whatever capitals its host has: names of hosts know no case', () => {
    expect(storedCredential({ auths: { 'HTTPS://Team.AzureCR.io': entry } }, 'team.azurecr.io')).toEqual(found)
  })

  test.each<[string, object, PlainCredential]>([
    ['a password with colons', { auth: base64('alice:a:b:') }, password('alice', 'a:b:')],
    ['zero bytes at the end, which old versions wrote', { auth: base64('alice:secret\0\0') }, found],
    ['plain text', { username: 'alice', password: 'secret' }, found],
    [
      'an identity token, which wins over a password',
      { auth: base64('alice:secret'), identitytoken: 'refresh' },
      { kind: 'identity-token', username: 'alice', password: 'refresh' },
    ],
    [
      'an identity token alone',
      { identitytoken: 'refresh' },
      { kind: 'identity-token', username: '', password: 'refresh' },
    ],
  ])('may be %s', (_, stored, credential) => {
    expect(storedCredential({ auths: { 'ghcr.io': stored } }, 'ghcr.io')).toEqual(credential)
  })

  test.each<[string, ConfigFile]>([
    ['nothing', {}],
    ['no entry', { auths: {} }],
    ['an empty entry, as a helper leaves it', { auths: { 'ghcr.io': {} } }],
    ['an empty auth', { auths: { 'ghcr.io': { auth: '' } } }],
    ['a user name without a password', { auths: { 'ghcr.io': { auth: base64('alice:') } } }],
    ['a password without a user name', { auths: { 'ghcr.io': { auth: base64(':secret') } } }],
    ['no colon', { auths: { 'ghcr.io': { auth: base64('alice') } } }],
  ])('is none with %s', (_, file) => {
    expect(storedCredential(file, 'ghcr.io')).toBeUndefined()
  })
})

describe('the credential helper for a registry', () => {
  test.each<[string, ConfigFile, string, string | undefined]>([
    ['its own', { credHelpers: { 'ghcr.io': 'gh' } }, 'ghcr.io', 'gh'],
    ['its own before the store for all', { credHelpers: { 'ghcr.io': 'gh' }, credsStore: 'desktop' }, 'ghcr.io', 'gh'],
    ['the store for all', { credHelpers: { 'ghcr.io': 'gh' }, credsStore: 'desktop' }, 'quay.io', 'desktop'],
    ['its own, in capitals', { credHelpers: { 'Team.AzureCR.io': 'acr' } }, 'team.azurecr.io', 'acr'],
    ["Docker Hub's, under its key", { credHelpers: { [HUB_KEY]: 'hub' } }, 'docker.io', 'hub'],
    [
      'none when its own is empty: the file itself',
      { credHelpers: { 'ghcr.io': '' }, credsStore: 'd' },
      'ghcr.io',
      undefined,
    ],
    ['none with an empty store', { credsStore: '' }, 'ghcr.io', undefined],
    ['none of another registry', { credHelpers: { 'ghcr.io': 'gh' } }, 'quay.io', undefined],
    ['none', {}, 'ghcr.io', undefined],
  ])('is %s', (_, file, registry, helper) => {
    expect(helperFor(file, registry)).toBe(helper)
  })
})

describe('the registries of a config.json', () => {
  test('are those of its accounts and helpers, each once', () => {
    const auths = { 'https://ghcr.io/v2/': {}, 'GHCR.io/org-a': {}, [HUB_KEY]: {}, 'index.docker.io': {} }
    expect(registriesIn({ auths, credHelpers: { 'localhost:5000': 'x' } })).toEqual([
      'ghcr.io',
      'docker.io',
      'localhost:5000',
    ])
  })

  test('are none of the keys that are no registry', () => {
    const keys = ['', 'https://bot:C4nary-pass@ghcr.io', 'C4nary-pass', '\u001b[31m::error::x\n.io']
    expect(registriesIn({ auths: Object.fromEntries(keys.map((key) => [key, {}])) })).toEqual([])
  })
})
