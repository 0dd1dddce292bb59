import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../../lab/scratch.ts'
import type { ConfigFile } from '../../../../src/docker/cli/config-file.ts'
import type { Deployment } from '../../../../src/inputs/deployment.ts'
import { readInputs } from '../../../../src/inputs/read.ts'
import { STRATEGY_INPUTS } from '../../../../src/inputs/strategies/table.ts'
import { environmentForChildren } from '../../../../src/runner/processes/program-environment.ts'
import { redact } from '../../../../src/runner/secrets/secret.ts'
import { problemsIn } from '../../../support/inputs.ts'
import { tarEntry, tarGz } from '../../../support/tar.ts'

// On a runner the passwords of these tests would be masked in the log of the whole job.
delete process.env.GITHUB_ACTIONS

const files = scratchDirectory('docker-config-')
afterAll(() => rmSync(files, { recursive: true }))

type Inputs = Readonly<Record<string, string>>

function read(inputs: Inputs, env: Inputs = {}): Deployment {
  const given = Object.entries({ services: 'web: nginx:1.27', ...inputs })
  const all = given.map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  return readInputs({ GITHUB_WORKSPACE: files, HOME: files, ...Object.fromEntries(all), ...env }, STRATEGY_INPUTS)
}

/** The configurations of the input, by their names; the one without a name is `-`. */
function configs(text: string, env?: Inputs): Record<string, ConfigFile> {
  const { dockerConfigs } = read({ 'docker-config': text }, env)
  return Object.fromEntries(dockerConfigs.map(({ name = '-', open }) => [name, open()]))
}

function problems(text: string, env?: Inputs, more: Inputs = {}): readonly string[] {
  return problemsIn(() => read({ 'docker-config': text, ...more }, env))
}

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64')
const accountOf = (user: string, password: string) => ({ 'r.example.com': { auth: base64(`${user}:${password}`) } })
const configOf = (password: string, rest = {}) =>
  JSON.stringify({ auths: accountOf('bot', password), ...rest }, null, '\t')
const archiveOf = (content: string, path = '.docker/config.json') =>
  tarGz(tarEntry('.docker/', { flag: '5' }), tarEntry(path, { content }))
const wrapped = (text: string) => text.replace(/.{76}/g, '$&\n')

function file(name: string, content: string | Buffer): string {
  mkdirSync(join(files, name, '..'), { recursive: true })
  writeFileSync(join(files, name), content)
  return name
}

/** Texts that gzip cannot make any shorter. */
const randoms = (count: number) => Array.from({ length: count }, () => randomUUID())

let number = 0
/** Another password each time, so that nothing is hidden before the test begins. */
const fresh = () => `pa5s-${++number}-w0rd`

describe('a docker configuration', () => {
  const expected = (password: string) => ({ '-': { auths: accountOf('bot', password) } })

  test.each<[string, (password: string) => string | [string, Inputs]]>([
    ['a directory', (password) => file('dir/.docker/config.json', configOf(password)).replace('/config.json', '')],
    [
      'a directory of the home',
      (password) => `~/${file('home/config.json', configOf(password))}`.replace('/config.json', '/'),
    ],
    ['a config.json', (password) => file('config.json', configOf(password))],
    ['an absolute path', (password) => join(files, file('absolute.json', `\uFEFF${configOf(password)}`))],
    ['a file of another name, as a secret is mounted', (password) => file('run/registry-login', configOf(password))],
    ['a file with base64', (password) => file('in-base64', wrapped(base64(configOf(password))))],
    [
      'a file with an archive in base64',
      (password) => file('archive-64', wrapped(base64(archiveOf(configOf(password))))),
    ],
    ['an archive', (password) => file('docker.tar.gz', archiveOf(configOf(password)))],
    ['an archive from within the folder', (password) => file('in.tgz', archiveOf(configOf(password), './config.json'))],
    [
      'an archive from the root',
      (password) => file('r.tgz', archiveOf(configOf(password), 'root/.docker/config.json')),
    ],
    ['its content', (password) => configOf(password)],
    ['its content on one line', (password) => JSON.stringify(JSON.parse(configOf(password)))],
    ['its content in base64', (password) => base64(configOf(password))],
    ['its content in base64 of several lines', (password) => `${wrapped(base64(configOf(password)))}\n`],
    ['its content in base64 for URLs', (password) => Buffer.from(configOf(password)).toString('base64url')],
    ['base64 of it behind a byte order mark', (password) => base64(`\uFEFF${configOf(password)}`)],
    ['base64 of it behind empty lines', (password) => base64(`\r\n\n  ${configOf(password)}`)],
    ['an archive in base64', (password) => wrapped(base64(archiveOf(configOf(password))))],
    ['YAML of the same', (password) => `auths:\n  r.example.com: {auth: ${base64(`bot:${password}`)}}`],
    ['YAML of the same on one line', (password) => `{auths: {r.example.com: {auth: ${base64(`bot:${password}`)}}}}`],
    ['a variable', (password) => ['env:DOCKER_AUTH_CONFIG', { DOCKER_AUTH_CONFIG: `${configOf(password)}\n` }]],
    ['a variable with base64', (password) => ['env:LOGIN', { LOGIN: wrapped(base64(archiveOf(configOf(password)))) }]],
    ['a variable with a path', (password) => ['env:LOGIN', { LOGIN: file('of-variable.json', configOf(password)) }]],
  ])('may be %s', (_, make) => {
    const password = fresh()
    const made = make(password)
    const [text, env] = typeof made === 'string' ? [made, {}] : made
    expect(configs(text, env)).toEqual(expected(password))
    for (const form of [password, base64(`bot:${password}`)]) expect(redact(`x ${form} x`)).toBe('x *** x')
  })

  test('is in no environment of a program that is started, however large it is', () => {
    const config = configOf(fresh(), { plugins: Object.fromEntries(randoms(900).map((text) => [text, {}])) })
    const variables = { DOCKER_AUTH_CONFIG: config, LOGIN: wrapped(base64(config)), ARCHIVE: base64(archiveOf(config)) }
    expect(variables.ARCHIVE.length).toBeGreaterThan(10_000)
    for (const name of Object.keys(variables)) configs(`env:${name}`, variables)
    expect(environmentForChildren({ ...variables, PATH: '/bin' })).toEqual({ PATH: '/bin' })
  })

  test('is taken only as far as it is about accounts', () => {
    const rest = { HttpHeaders: { A: 'b' }, currentContext: 'x', credHelpers: { 'ghcr.io': 'gh' }, credsStore: 'pass' }
    expect(Object.keys(configs(configOf(fresh(), rest))['-'] ?? {})).toEqual(['auths', 'credHelpers', 'credsStore'])
    expect(configs('{"credHelpers":{"ghcr.io":"gh"}}')).toEqual({ '-': { credHelpers: { 'ghcr.io': 'gh' } } })
  })

  test('has every secret of it masked: tokens, and what nobody uses', () => {
    const secrets = ['identity-1234', 'registry-1234', 'plain-1234', 'of-another-registry']
    const auths = {
      'a.example.com': { identitytoken: 'identity-1234' },
      'b.example.com': { username: 'bot', password: 'plain-1234', registrytoken: 'registry-1234' },
      'c.example.com': { auth: base64('carol:of-another-registry\0\0') },
    }
    configs(JSON.stringify({ auths }))
    for (const secret of [...secrets, base64('carol:of-another-registry\0\0'), base64('bot:plain-1234')]) {
      expect(redact(secret)).toBe('***')
    }
  })

  test.each([
    ['docker.io', true],
    ['index.docker.io', true],
    ['https://registry-1.docker.io/v2/', true],
    ['docker.io/my-org', false],
    ['my-docker.io', false],
  ])('has the account of Docker Hub under the key that docker looks for, when it is under %s: %j', (name, isFound) => {
    const entry = { auth: base64('hub:pass-of-the-hub') }
    const { auths } = configs(JSON.stringify({ auths: { [name]: entry } }))['-'] ?? {}
    expect(auths?.['https://index.docker.io/v1/']).toEqual(isFound ? entry : undefined)
    const both = { [name]: entry, 'https://index.docker.io/v1/': { auth: base64('right:pass-right') } }
    expect(configs(JSON.stringify({ auths: both }))['-']).toEqual({ auths: both })
  })

  test('keeps a DOCKER_AUTH_CONFIG that is not used from the programs that are started, too', () => {
    const variables = { DOCKER_AUTH_CONFIG: configOf(fresh()) }
    read({}, variables)
    expect(environmentForChildren(variables)).toEqual({})
  })

  test('is none where the input is empty', () => {
    expect(configs(' \n')).toEqual({})
    expect(configs('# team-a: x\n')).toEqual({})
  })

  test('shows nothing of itself', () => {
    const password = fresh()
    const { dockerConfigs } = read({ 'docker-config': configOf(password) })
    expect(JSON.stringify(dockerConfigs)).not.toContain(base64(`bot:${password}`).slice(0, 8))
  })
})

describe('several docker configurations', () => {
  const a = configOf('first-pass-1')
  const b = configOf('second-pass-2')
  const inA = { auths: accountOf('bot', 'first-pass-1') }
  const inB = { auths: accountOf('bot', 'second-pass-2') }
  file('a.json', a)
  file('b.tar.gz', archiveOf(b))

  test.each([
    ['a mapping', 'team-a: a.json\n"/root/.docker2": b.tar.gz'],
    ['a list', '- team-a: a.json\n- /root/.docker2: b.tar.gz'],
    ['variables', 'team-a: env:A\n/root/.docker2: env:B'],
    ['contents in quotes', `team-a: '${JSON.stringify(JSON.parse(a))}'\n/root/.docker2: ${base64(archiveOf(b))}`],
    [
      'contents without quotes',
      `team-a: ${JSON.stringify(JSON.parse(a))}\n/root/.docker2: |\n  ${wrapped(base64(b)).replaceAll('\n', '\n  ')}`,
    ],
    ['one line of flow', '{team-a: a.json, /root/.docker2: env:B}'],
    ['one line of flow with a content', `{team-a: ${JSON.stringify(JSON.parse(a))}, /root/.docker2: env:B}`],
    ['JSON', '{"team-a": "a.json", "/root/.docker2": "b.tar.gz"}'],
  ])('are %s', (_, text) => {
    expect(configs(text, { A: a, B: base64(b) })).toEqual({ 'team-a': inA, '/root/.docker2': inB })
  })

  test('may have one among them that serves whoever names none', () => {
    expect(configs('- a.json\n- team-b: b.tar.gz')).toEqual({ '-': inA, 'team-b': inB })
  })
})

describe('what is no docker configuration is refused, and nothing of it is shown', () => {
  const PASSWORD = 'C4nary-pass'
  const good = configOf(PASSWORD)
  file('none/x', '')
  file('bad.json', good.slice(0, -3))
  file('plain.tar', execFileSync('tar', ['-c', '-C', files, 'bad.json']))
  file('zip', Buffer.from('504b03040a', 'hex'))
  file('xz', Buffer.from('fd377a585a0000', 'hex'))
  file('without.tgz', tarGz(tarEntry('.docker/daemon.json', { content: '{}' })))
  file('twice.tgz', tarGz(tarEntry('a/config.json', { content: good }), tarEntry('b/config.json', { content: good })))
  file(
    'link.tgz',
    tarGz(tarEntry('.docker/config.json', { content: good }), tarEntry('.docker/x', { flag: '2', link: '/etc' })),
  )
  file('bomb.tgz', gzipSync(Buffer.alloc(64 * 1024 * 1024)))
  file('cut.tgz', archiveOf(good).subarray(0, 100))
  file('utf16.json', Buffer.from(`\uFEFF{"auths":{"x":"${PASSWORD}"}}`, 'utf16le'))
  file('latin.json', Buffer.from('{"auths":{"\xe9":{}}}', 'latin1'))
  symlinkSync('/proc/self', join(files, 'kernel'))
  execFileSync('mkfifo', [join(files, 'pipe')])

  test.each<[string, string, RegExp, Inputs?]>([
    ['a path that leads nowhere', './nowhere.json', /^docker-config: .\/nowhere.json: there is no such file/],
    [
      'a password in its place',
      PASSWORD,
      /^docker-config: there is no such file: write the path of a `.docker` directory, .*`env:NAME`/,
    ],
    [
      'a variable without `env:`',
      'LOGIN',
      /^docker-config: there is no such file, but a variable of that name: write `env:LOGIN`$/,
      { LOGIN: good },
    ],
    ['a variable as shells have it', '${LOGIN}', /a variable of that name: write `env:LOGIN`$/, { LOGIN: good }],
    [
      'a variable that there is not',
      '$LOGIN',
      /^docker-config: there is no such file: write the path of a `.docker` directory/,
    ],
    [
      'a password in a variable',
      'env:LOGIN',
      /^docker-config: what LOGIN holds is no content, so it is taken for a path: there is no such file: write .*`\.docker`/,
      { LOGIN: PASSWORD },
    ],
    [
      'a tar file in base64 that is longer than any path',
      base64(readFileSync(join(files, 'plain.tar'))),
      /^docker-config: there is no such file: write the path of a `.docker` directory/,
    ],
    ['several variables a line each', 'env:A\nenv:B', /there are several, and none has a name: write entries such as/],
    [
      'a directory without it',
      'none',
      /^docker-config: none: the directory has no config.json: log in|^docker-config: the directory has no config.json: log in/,
    ],
    ['a pipe', './pipe', /this is no regular file/],
    ['the kernel', './kernel/environ', /a part of the system/],
    [
      'a file that is cut off',
      'bad.json',
      /bad.json: this is no config.json that docker would read: it is no JSON. Give/,
    ],
    ['a content that is cut off', good.slice(0, -3), /would read: it is no JSON/],
    ['base64 that is cut off', base64(good).slice(0, 60), /would read: it is no JSON/],
    ['an archive in base64 that is cut off', base64(archiveOf(good)).slice(0, 80), /archive is cut off in its middle/],
    ['an archive that is cut off', 'cut.tgz', /cut.tgz: the archive is cut off in its middle/],
    ['a tar file', 'plain.tar', /this is a tar file that is not compressed: pack it with `tar -czf/],
    ['a zip file', './zip', /this is a zip file: pack it/],
    ['an xz file', './xz', /this is an xz file: pack it/],
    ['an archive without it', 'without.tgz', /the archive has no config.json: pack it/],
    ['an archive with two', 'twice.tgz', /more than one config.json: pack each/],
    ['a hostile archive', 'link.tgz', /".docker\/x" of the archive is a symbolic link: pack/],
    ['a bomb', 'bomb.tgz', /larger than 16 MB when it is unpacked: pack/],
    ['UTF-16', 'utf16.json', /no UTF-8 text/],
    ['UTF-16 in base64', base64(Buffer.from(`\uFEFF${good}`, 'utf16le')), /no UTF-8 text, but UTF-16: give/],
    ['Latin 1', 'latin.json', /no UTF-8 text/],
    ['nothing in a file', 'none/x', /neither JSON nor a .tar.gz, nor base64/],
    ['nothing in it', '{}', /there is no account in it: log in/],
    ['no account in it', '{"auths":{"ghcr.io":{}}}', /there is no account in it: log in/],
    ['a list of accounts', '{"auths":[]}', /its `auths` is no JSON object of registries/],
    ['an account that is a text', `{"auths":{"ghcr.io":"${PASSWORD}"}}`, /an entry of its `auths` is no JSON object/],
    ['a number as auth', '{"auths":{"ghcr.io":{"auth":1}}}', /`auth` of an entry of its `auths` is no text/],
    ['a helper that is a list', '{"credsStore":["x"]}', /its `credsStore` is no text/],
    ['helpers that are a text', '{"credHelpers":"x"}', /its `credHelpers` is no JSON object of texts/],
    [
      'half an account',
      `{"auths":{"ghcr.io":{"auth":"${base64(`:${PASSWORD}`)}"}}}`,
      /its entry for "ghcr.io" holds no user name with a password/,
    ],
    [
      'a password without its user',
      `{"auths":{"ghcr.io":{"password":"${PASSWORD}"}}}`,
      /its entry for "ghcr.io" holds no user name/,
    ],
    [
      'a user with a colon',
      `{"auths":{"ghcr.io":{"username":"a:b","password":"${PASSWORD}"}}}`,
      /its entry for "ghcr.io" holds no user name/,
    ],
    [
      'a user with a line break',
      `{"auths":{"ghcr.io":{"username":"a\\nb","password":"${PASSWORD}"}}}`,
      /its entry for "ghcr.io" holds no user name/,
    ],
    [
      'a password as a key',
      `{"auths":{"https://bot:${PASSWORD}@ghcr.io":{"auth":"${base64('bot')}"}}}`,
      /an entry of its `auths`, whose key is no registry, holds no user name/,
    ],
    [
      'two accounts for Docker Hub',
      JSON.stringify({
        auths: { 'docker.io': { auth: base64('a:b1234') }, 'index.docker.io': { auth: base64('c:d1234') } },
      }),
      /several accounts for Docker Hub \(docker.io, index.docker.io\), where there can be one: leave/,
    ],
    [
      'a token as the name of a variable',
      'env:ghp_C4nary',
      /the variable that `env:` names is not set: write the name/,
    ],
    ['a word with dots', 'C4nary.pass.word', /^docker-config: there is no such file/],
    ['a token with dots', `C4nary/${'abcde12345'.repeat(3)}.json`, /^docker-config: there is no such file/],
    [
      'a variable with a content in quotes',
      'env:LOGIN',
      /what LOGIN holds is no content, so it is taken for a path: there is no such file/,
      { LOGIN: `'${JSON.stringify(JSON.parse(good))}'` },
    ],
    [
      'no variable',
      'env:LOGIN',
      /the variable LOGIN is not set: set it in the step's `env`, as in `LOGIN: \$\{\{ secrets.LOGIN \}\}`/,
    ],
    ['an empty variable', 'env:LOGIN', /the variable LOGIN is empty: set it/, { LOGIN: ' ' }],
    ['no name of a variable', `env:${PASSWORD}`, /behind `env:` is no name of a variable: write/],
    ['a variable that leads on', 'env:LOGIN', /there is no such file/, { LOGIN: 'env:OTHER' }],
    ['a blank behind env:', 'env: LOGIN', /write `env:NAME` without a blank/],
    ['lines of nothing', `team-a ${PASSWORD}\nteam-b ${PASSWORD}`, /no path but several lines|there is no such file/],
    ['a variable with lines of nothing', 'env:LOGIN', /no path but several lines/, { LOGIN: `a\n${PASSWORD}` }],
    ['a mapping without accounts', 'team-a: {x: y}', /line 1 is a mapping without `auths`: write entries/],
    ['a list of paths', 'team-a: [bad.json]', /line 1 is a list: write entries/],
    ['a list in the list', '- [bad.json]', /line 1 is a list: write entries/],
    ['nothing behind a name', 'team-a:', /line 1: "team-a" is empty: write the path/],
    ['the name of one without a name', 'docker-config: bad.json', /line 1: so is one called that has no name: choose/],
    ['an empty name', '"": bad.json', /the name is empty: write a name/],
    ['broken YAML', `team-a: "${PASSWORD}\nteam-b: x`, /^docker-config line \d+, column \d+: /],
    ['JSON of several lines in YAML', `team-a: ${good}`, /^docker-config line \d+, column \d+: .*env:NAME/],
    ['a name twice', '- {a: bad.json}\n- {a: bad.json}', /"a" is there twice: give each/],
    ['two without a name', '- bad.json\n- bad.json', /two of them have no name, and only one can serve all: write/],
  ])('%s', (_, text, words, env = {}) => {
    const told = problems(text, env)
    expect(told).toEqual(expect.arrayContaining([expect.stringMatching(words)]))
    for (const line of told) {
      expect(line).toMatch(/^docker-config/)
      expect(line).not.toContain('C4nary')
      expect(line).not.toContain(base64(`bot:${PASSWORD}`).slice(0, 10))
    }
  })

  test('what is secret in a text that is wrong is masked all the same', () => {
    const password = fresh()
    problems(configOf(password).slice(0, -5))
    expect([redact(password), redact(base64(`bot:${password}`))]).toEqual(['***', '***'])
    const other = fresh()
    problems(`team-a: ${configOf(other)}`)
    expect([redact(other), redact(base64(`bot:${other}`))]).toEqual(['***', '***'])
    const third = base64(archiveOf(configOf(fresh()))).slice(0, -20)
    problems(third)
    expect(redact(third)).toBe('***')
  })

  test('a name that an entry of registries has too', () => {
    const registries = '- {registry: ghcr.io, username: bot, password: pass-1234, config: team-a}'
    const told = problems(`team-a: ${JSON.stringify(JSON.parse(good))}`, {}, { registries })
    expect(told).toEqual([
      'docker-config team-a: registries entry 1 has a config of this name too: give one of them another name',
    ])
  })

  test('a config of registries with the name of one without a name', () => {
    const registries = '- {registry: ghcr.io, username: bot, password: pass-1234, config: docker-config}'
    expect(problems(good, {}, { registries })).toEqual([
      'docker-config: registries entry 1 has a config of this name too: give one of them another name',
    ])
  })

  test('with nothing to deploy', () => {
    expect(problems(good, {}, { services: '' })).toEqual([
      expect.stringContaining('services: it is empty, and `docker-config` alone deploys nothing'),
    ])
  })
})

describe('directories that services may name', () => {
  const directories = (text: string) => read({ 'allow-config-directories': text }).configDirectories

  test.each([
    ['a line each', ' /root/.docker2\n\n/srv/docker/ \r\n'],
    ['a list', '- /root/.docker2\n- "/srv/docker"\n'],
    ['a list on one line', '[/root/.docker2, /srv/./docker]'],
  ])('are %s', (_, text) => {
    expect(directories(text)).toEqual(['/root/.docker2', '/srv/docker'])
  })

  test('may be of the home', () => {
    expect(directories('~/.docker2')).toEqual([join(files, '.docker2')])
  })

  test.each([
    ['.docker2', /^allow-config-directories: ".docker2" is no absolute path: write/],
    ['/root/../etc', /"\/root\/..\/etc" is no absolute path: write/],
    ['/', /`\/` is every directory there is: write/],
    ['- [a]', /line 1 is no text: write/],
    ['- "a', /line 1, column \d+: /],
  ])('are not %s', (text, words) => {
    expect(problems('', {}, { 'allow-config-directories': text })).toEqual([expect.stringMatching(words)])
  })
})

test('a config.json in a directory that may not be entered is not told as missing', () => {
  const directory = join(files, 'locked/.docker')
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'config.json'), '{"auths":{}}')
  const isRoot = process.getuid?.() === 0
  chmodSync(directory, 0o000)
  chmodSync(files, 0o755)
  // Nothing is locked for root.
  if (isRoot) process.seteuid?.(65534)
  try {
    expect(problems(directory)).toEqual([
      `docker-config: ${directory}: the file may not be read: give the user of this step the permission`,
    ])
  } finally {
    if (isRoot) process.seteuid?.(0)
    chmodSync(directory, 0o700)
  }
})
