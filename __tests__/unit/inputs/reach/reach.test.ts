import { describe, expect, test } from '@jest/globals'
import type { Reach } from '../../../../src/inputs/deployment.ts'
import { readInputs } from '../../../../src/inputs/read.ts'
import { STRATEGY_INPUTS } from '../../../../src/inputs/strategies/table.ts'
import { redact } from '../../../../src/runner/secrets/secret.ts'

delete process.env.GITHUB_ACTIONS

type Inputs = Readonly<Record<string, string>>

const PIN = `SHA256:${'b'.repeat(43)}`
const PLAIN_KEY = opensshKey('none')
const LOCKED_KEY = opensshKey('aes256-ctr')

/** The outside of a private key of OpenSSH, which tells whether it is encrypted. */
function opensshKey(cipher: string): string {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(cipher.length)
  const bytes = Buffer.concat([Buffer.from('openssh-key-v1\0'), length, Buffer.from(cipher), Buffer.alloc(90, cipher)])
  const lines = bytes.toString('base64').replace(/.{70}/g, '$&\n')
  const kind = ['OPENSSH', 'PRIVATE', 'KEY'].join(' ')
  return `-----BEGIN ${kind}-----\n${lines}\n-----END ${kind}-----`
}

function read(inputs: Inputs, env: Inputs = {}): Reach {
  const given = Object.entries({ services: 'web: nginx', ...inputs })
  const variables = given.map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  return readInputs({ GITHUB_WORKSPACE: '/workspace', ...Object.fromEntries(variables), ...env }, STRATEGY_INPUTS).reach
}

function problemsOf(inputs: Inputs, env: Inputs = {}): string {
  try {
    read(inputs, env)
  } catch (error) {
    if (error instanceof Error) return error.message
  }
  throw new Error('the inputs were accepted')
}

const SSH = { host: 'ssh://deploy@swarm', 'ssh-key': PLAIN_KEY, 'ssh-known-hosts': PIN }

test.each([
  ['in one line', Buffer.from(`${PLAIN_KEY}\n`).toString('base64')],
  ['in many', Buffer.from(PLAIN_KEY).toString('base64').replace(/.{76}/g, '$&\r\n')],
])('a key may be base64 of it, %s, and is hidden in both forms', (_, key) => {
  expect(read({ ...SSH, 'ssh-key': key }).ssh?.key?.reveal()).toBe(`${PLAIN_KEY}\n`)
  const [, line = ''] = PLAIN_KEY.split('\n')
  expect(redact(`${line} ${key}`)).not.toMatch(/[A-Za-z0-9]{8}/)
})

test('base64 of something else is no key', () => {
  const key = Buffer.from('x'.repeat(300)).toString('base64')
  expect(problemsOf({ ...SSH, 'ssh-key': key })).toMatch(/^ssh-key: it is no private key that ssh can read/)
})

test("without a word about it, it is the runner's own endpoint", () => {
  expect(read({})).toMatchObject({ hosts: [], context: undefined, ssh: undefined, tls: undefined })
})

describe('hosts', () => {
  test.each([
    ['one', 'ssh://a'],
    ['one with blanks around', '  ssh://a \n'],
    ['a list', '- ssh://a'],
    ['JSON', '["ssh://a"]'],
  ])('%s', (_what, host) => {
    expect(read({ ...SSH, host }).hosts.map(({ text }) => text)).toEqual(['ssh://a'])
  })

  test('several, in their order, one a line or as a list', () => {
    const lists = ['ssh://b\nssh://a\n', '- ssh://b\n- ssh://a']
    const pins = `a ${PIN}\nb ${PIN}`
    for (const host of lists)
      expect(read({ ...SSH, host, 'ssh-known-hosts': pins }).hosts.map(({ text }) => text)).toEqual([
        'ssh://b',
        'ssh://a',
      ])
  })

  test.each<[string, Inputs, string]>([
    ['no address', { host: 'swarm' }, 'host: "swarm" is no address of a docker daemon'],
    ['twice the same', { ...SSH, host: 'ssh://a\nssh://a' }, 'host: ssh://a is there twice'],
    ['an empty list', { host: '[]' }, 'host: the list is empty: write the address of a manager'],
    ['a mapping', { ...SSH, host: '{a: b}' }, 'host: it is no list of addresses'],
    ['a context as well', { ...SSH, context: 'prod' }, 'host, context: both say where the swarm is'],
    ['a context that is a flag', { context: '-H' }, 'context: "-H" is no name of a context'],
    ['plain TCP', { host: 'tcp://a:2375' }, 'host: tcp://a:2375 without TLS gives the whole swarm to everybody'],
    ['SSH inputs alone', { 'ssh-key': PLAIN_KEY }, 'ssh-key: there is no SSH connection: write `host: ssh://'],
    ['TLS inputs alone', { 'tls-ca': 'x' }, 'tls-ca: there is no TLS connection: write `host: tcp://'],
  ])('refused: %s', (_what, inputs, reason) => {
    expect(problemsOf(inputs)).toContain(reason)
  })

  test('plain TCP with consent', () => {
    expect(read({ host: 'tcp://a:2375', 'allow-plain-tcp': 'true' }).hosts).toHaveLength(1)
  })
})

describe('SSH', () => {
  test('a key, a pin, jump hosts and a configuration of the user', () => {
    const jump = { 'ssh-jump': 'a@one, two:2222', 'ssh-known-hosts': `swarm ${PIN}\none,two:2222 ${PIN}` }
    const inputs = { ...SSH, ...jump, 'ssh-config': 'ci/ssh_config' }
    expect(read(inputs).ssh).toMatchObject({
      pins: {
        lines: [],
        fingerprints: ['swarm', 'one', '[two]:2222'].map((host) => ({ host, fingerprint: PIN })),
      },
      jump: 'a@one,two:2222',
      userConfig: '/workspace/ci/ssh_config',
    })
    expect(read(inputs).ssh?.key?.reveal()).toBe(`${PLAIN_KEY}\n`)
  })

  test('a key with the line breaks of Windows', () => {
    expect(read({ ...SSH, 'ssh-key': PLAIN_KEY.replaceAll('\n', '\r\n') }).ssh?.key?.reveal()).toBe(`${PLAIN_KEY}\n`)
  })

  test('no key where there is an agent', () => {
    expect(read({ ...SSH, 'ssh-key': '' }, { SSH_AUTH_SOCK: '/run/agent' }).ssh?.key).toBeUndefined()
  })

  test('two inputs that were swapped are one error each', () => {
    const told = problemsOf({ ...SSH, 'ssh-key': PIN, 'ssh-known-hosts': PLAIN_KEY })
    expect(told).toContain(
      'ssh-known-hosts: it is a private key, which belongs into `ssh-key`: write the key of the host',
    )
    expect(told).toContain('ssh-key: it is the key of a host, which belongs into `ssh-known-hosts`')
    expect(told).not.toContain('line 2')
  })

  test.each<[string, Inputs, string]>([
    [
      'no pin',
      { ...SSH, 'ssh-known-hosts': '' },
      'ssh-known-hosts: it is empty (an empty one is often a variable or a secret that is not set), and no host is trusted unseen',
    ],
    ['no key', { ...SSH, 'ssh-key': '' }, 'ssh-key: it is empty, and there is no SSH agent'],
    [
      'a key with its line breaks written out',
      { ...SSH, 'ssh-key': '-----BEGIN OPENSSH PRIVATE KEY-----\\nb3Bl\\n-----END OPENSSH PRIVATE KEY-----\\n' },
      'ssh-key: its line breaks are written as \\n, and not there',
    ],
    [
      'lines that are no host keys, each in a line of its own',
      { ...SSH, 'ssh-known-hosts': 'foo bar\nSHA256:abc' },
      'ssh-known-hosts: line 2 has a fingerprint that is cut off',
    ],
    [
      'plain TCP without a host',
      { 'allow-plain-tcp': 'true' },
      'allow-plain-tcp: there is no host that it is for: write',
    ],
    ['a public key', { ...SSH, 'ssh-key': `ssh-ed25519 AAAA${'A'.repeat(40)}` }, 'ssh-key: it is a public key'],
    ...[`swarm ssh-ed25519 AAAA${'A'.repeat(40)}`, PIN, `swarm ${PIN}`].map((key): [string, Inputs, string] => [
      `the host's key for one's own: ${key}`,
      { ...SSH, 'ssh-key': key },
      'ssh-key: it is the key of a host, which belongs into `ssh-known-hosts`: write the whole private key',
    ]),
    ['a key of PuTTY', { ...SSH, 'ssh-key': 'PuTTY-User-Key-File-3: x' }, 'ssh-key: it is a key of PuTTY'],
    ...['~/.ssh/id_ed25519', '/builds/shop.tmp/SSH_KEY', 'deploy.pem'].map((path): [string, Inputs, string] => [
      `the path ${path}`,
      { ...SSH, 'ssh-key': path },
      'ssh-key: it is a path, and no key: write the content of that file',
    ]),
    ['half a key', { ...SSH, 'ssh-key': PLAIN_KEY.slice(0, 100) }, 'ssh-key: it is no private key that ssh can read'],
    ['lost line breaks', { ...SSH, 'ssh-key': PLAIN_KEY.replaceAll('\n', ' ') }, 'ssh-key: its line breaks are lost'],
    ['no passphrase', { ...SSH, 'ssh-key': LOCKED_KEY }, 'ssh-passphrase: it is empty, and `ssh-key` is encrypted'],
    ['a needless one', { ...SSH, 'ssh-passphrase': 'open-sesame' }, 'ssh-passphrase: `ssh-key` is not encrypted'],
    ['a jump host that is none', { ...SSH, 'ssh-jump': 'a b' }, 'ssh-jump: "a b" is no jump host'],
    [
      'a fingerprint for two hosts',
      { ...SSH, host: 'ssh://deploy@a\nssh://deploy@b' },
      'ssh-known-hosts: a fingerprint does not say for which of the 2 hosts it is',
    ],
    [
      'a fingerprint for a host and its jump host',
      { ...SSH, 'ssh-jump': 'bastion' },
      'ssh-known-hosts: a fingerprint does not say for which of the 2 hosts it is',
    ],
    ['a pin that is none', { ...SSH, 'ssh-known-hosts': 'swarm' }, 'ssh-known-hosts: line 1 is neither'],
  ])('refused: %s', (_what, inputs, reason) => {
    expect(problemsOf(inputs)).toContain(reason)
  })

  test('neither key nor passphrase is ever shown', () => {
    read({ ...SSH, 'ssh-key': LOCKED_KEY, 'ssh-passphrase': 'open-sesame' })
    expect(redact(`it says ${LOCKED_KEY.split('\n')[1]} and open-sesame`)).toBe('it says *** and ***')
  })
})

describe('TLS', () => {
  const host = 'tcp://a:2376'

  test.each<[string, Inputs, string]>([
    ['one of three', { host, 'tls-ca': 'x' }, 'tls-cert, tls-key: `tls-cert` and `tls-key` missing'],
    [
      'paths',
      { host, 'tls-ca': './ca.pem', 'tls-cert': 'client.crt', 'tls-key': '~/.docker/key.pem' },
      'tls-cert: it is a path, and no certificate: write the content of that file',
    ],
    ['no PEM', { host, 'tls-ca': 'a!', 'tls-cert': 'b!', 'tls-key': 'c!' }, 'tls-cert: it is no certificate in PEM'],
    [
      'consent to none as well',
      { host, 'tls-ca': 'a!', 'tls-cert': 'b!', 'tls-key': 'c!', 'allow-plain-tcp': 'true' },
      'allow-plain-tcp: TLS is given as well',
    ],
  ])('refused: %s', (_what, inputs, reason) => {
    expect(problemsOf(inputs)).toContain(reason)
  })
})

describe('the docker CLI', () => {
  test('a version, its sum and a mirror', () => {
    const sum = 'A'.repeat(64)
    const inputs = {
      'docker-version': 'v27.0.1',
      'docker-sha256': `sha256:${sum}`,
      'docker-download-url': 'https://m/',
    }
    expect(read(inputs).cli).toEqual({ version: '27.0.1', sha256: sum.toLowerCase(), downloadUrl: 'https://m' })
  })

  test('a token in the address of a mirror is hidden', () => {
    const token = `ghp_${'a1B2'.repeat(9)}`
    read({ 'docker-download-url': `https://${token}@m/x` })
    expect(redact(`could not be downloaded from https://${token}@m/x`)).not.toContain(token)
  })

  test.each<[Inputs, string]>([
    [{ 'docker-version': '28' }, 'docker-version: "28" is no full version: write one such as 28.3.3'],
    [{ 'docker-version': 'latest' }, 'docker-version: "latest" is no full version'],
    [{ 'docker-sha256': 'abc' }, 'docker-sha256: it is no SHA-256 sum'],
    [{ 'docker-download-url': 'mirror' }, 'docker-download-url: it is no web address'],
    [{ 'docker-download-url': 'https://m/x?sig=abc' }, 'docker-download-url: it has a `?` or `#`, behind which'],
    [{ 'docker-download-url': 'http://m' }, 'docker-download-url: over http:// anybody on the way'],
  ])('refused: %j', (inputs, reason) => {
    expect(problemsOf(inputs)).toContain(reason)
  })
})
