import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { scratchDirectory } from '../../../lab/scratch.ts'
import type { Flag } from '../../../src/docker/cli/commands.ts'
import type { Deployment, ServiceRequest } from '../../../src/inputs/deployment.ts'
import { readInputs } from '../../../src/inputs/read.ts'
import { STRATEGY_INPUTS } from '../../../src/inputs/strategies/table.ts'
import { redact } from '../../../src/runner/secrets/secret.ts'
import { ROLLING } from '../../support/builders.ts'

// On a runner the passwords of these tests, such as `true`, would be masked in the log of the whole job.
delete process.env.GITHUB_ACTIONS

const workspace = scratchDirectory('accepted-')
afterAll(() => rmSync(workspace, { recursive: true }))

type Inputs = Readonly<Record<string, string>>

function read(inputs: Inputs, env: Inputs = {}): Deployment {
  const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  return readInputs({ GITHUB_WORKSPACE: workspace, ...Object.fromEntries(given), ...env }, STRATEGY_INPUTS)
}

const WEB = { services: 'web: nginx:1.27' }

/** The credentials as one line each: origin, config, registry, path, username, password. */
function credentials(inputs: Inputs, env?: Inputs): string[] {
  return read({ ...WEB, ...inputs }, env).credentials.map(({ origin, config, registry, path, username, password }) =>
    [origin, config, registry, path, username, password.reveal()].join(' | '),
  )
}

function file(name: string, content: string): string {
  writeFileSync(join(workspace, name), content)
  return name
}

const wordsOf = (flags: readonly Flag[]) => flags.flatMap(({ words }) => words)
const updateWords = (text: string) => wordsOf(service(text)?.updateArgs ?? [])
const services = (text: string): readonly Omit<ServiceRequest, 'isKeyed'>[] =>
  read({ services: text }).services.map(({ isKeyed: _, ...request }) => request)
const service = (text: string): Omit<ServiceRequest, 'isKeyed'> | undefined =>
  services(`- name: web\n  ${text.replaceAll('\n', '\n  ')}`)[0]

const NGINX = { registry: 'docker.io', repository: 'library/nginx', tag: 'latest' }
const NOTHING_ELSE = { env: {}, create: false, updateArgs: [], ...ROLLING }

describe('credentials', () => {
  test.each([
    ['block list', '- registry: ghcr.io\n  username: bot\n  password: pw-1\n'],
    ['with CRLF', '- registry: ghcr.io\r\n  username: bot\r\n  password: pw-1\r\n'],
    ['with a byte order mark', '\uFEFF- registry: ghcr.io\n  username: bot\n  password: pw-1\n'],
    ['flow list', '[{registry: ghcr.io, username: bot, password: pw-1}]'],
    ['JSON', '[{"registry":"ghcr.io","username":"bot","password":"pw-1"}]'],
    ['one entry without its dash', 'registry: ghcr.io\nusername: bot\npassword: pw-1'],
    ['one entry of JSON', '{"registry":"ghcr.io","username":"bot","password":"pw-1"}'],
    ['comments first', '# ours\n\n- registry: https://ghcr.io/ # the org\n  username: " bot "\n  password: pw-1'],
    ['a document mark', '---\n- {registry: GHCR.io, username: bot, password: pw-1}'],
    ['quoted keys', '"registry": ghcr.io\n"username": bot\n"password": pw-1'],
  ])('YAML: %s', (_what, registries) => {
    expect(credentials({ registries })).toEqual(['registries entry 1 | ghcr.io | ghcr.io |  | bot | pw-1'])
  })

  test.each([
    ['blanks', '/root/.docker-a ghcr.io/org-a bot pw-1'],
    ['tabs', '/root/.docker-a\tghcr.io/org-a\tbot\tpw-1\n'],
    ['a mixture', '  /root/.docker-a \t ghcr.io/org-a   bot\t\tpw-1  \r\n'],
    ['a byte order mark', '\uFEFF/root/.docker-a ghcr.io/org-a bot pw-1'],
  ])('columns, separated by %s', (_what, registries) => {
    expect(credentials({ registries })).toEqual(['registries line 1 | /root/.docker-a | ghcr.io | org-a | bot | pw-1'])
  })

  test('comments and empty lines between columns', () => {
    const registries =
      '# config registry user password\n\nhub docker.io bot #pw\n  # more\nown registry:5000 bot pw:1\n'
    expect(credentials({ registries })).toEqual([
      'registries line 3 | hub | docker.io |  | bot | #pw',
      'registries line 5 | own | registry:5000 |  | bot | pw:1',
    ])
  })

  test('all inputs together, in their order', () => {
    const inputs = {
      registries:
        '- {registry: ghcr.io/org-a, username: a, password: pw-1}\n- {registry: ghcr.io/org-b, username: b, password-env: B}',
      'registries-file': file('registries.txt', 'own registry.example.com:5000 c pw-3\n'),
      username: ' d ',
      password: 'pw-4\n',
    }
    expect(credentials(inputs, { B: 'pw-2\r\n' })).toEqual([
      'registries entry 1 | ghcr.io/org-a | ghcr.io | org-a | a | pw-1',
      'registries entry 2 | ghcr.io/org-b | ghcr.io | org-b | b | pw-2',
      'registries-file line 1 | own | registry.example.com:5000 |  | c | pw-3',
      'registry | docker.io | docker.io |  | d | pw-4',
    ])
  })

  test('a YAML file', () => {
    const name = file('registries.yml', '\uFEFF- {registry: ghcr.io, username: a, password: pw-1, config: mine}\r\n')
    expect(credentials({ 'registries-file': name })).toEqual(['registries-file entry 1 | mine | ghcr.io |  | a | pw-1'])
  })

  test('the short form with a registry', () => {
    expect(credentials({ registry: 'https://ghcr.io/', username: 'bot', password: 'pw-1' })).toEqual([
      'registry | ghcr.io | ghcr.io |  | bot | pw-1',
    ])
  })

  test('the short form with files, and with a name for the account', () => {
    const inputs = {
      'registry-file': file('short-registry', '\uFEFFghcr.io/org-a\r\n'),
      'username-file': file('short-username', 'bot\n'),
      'password-file': file('short-password', ' pw-1 \n'),
    }
    expect(credentials({ ...inputs, config: ' team-a ' })).toEqual([
      'registry | team-a | ghcr.io | org-a | bot |  pw-1 ',
    ])
    expect(credentials({ ...inputs, registry: ' \n', username: '', password: '\n', config: ' ' })).toEqual([
      'registry | ghcr.io/org-a | ghcr.io | org-a | bot |  pw-1 ',
    ])
  })

  test('one registry in several configs', () => {
    const registries = 'a ghcr.io bot-a pw-1\nb ghcr.io bot-b pw-2\na docker.io bot-a pw-3'
    expect(credentials({ registries }).map((line) => line.split(' | ').slice(1, 3))).toEqual([
      ['a', 'ghcr.io'],
      ['b', 'ghcr.io'],
      ['a', 'docker.io'],
    ])
  })

  test.each([
    ['', 'nothing'],
    [' \n ', 'blanks'],
    ['# only a comment\n', 'a comment'],
    ['[]', 'an empty list'],
  ])('%j is none: %s', (registries) => {
    expect(credentials({ registries })).toEqual([])
  })

  test('an alias and a merge key', () => {
    const registries =
      '- &bot {registry: ghcr.io/a, username: bot, password: &pw pw-1}\n- {<<: *bot, registry: ghcr.io/b}\n- {registry: docker.io, username: bot, password: *pw}'
    expect(credentials({ registries })).toEqual([
      'registries entry 1 | ghcr.io/a | ghcr.io | a | bot | pw-1',
      'registries entry 2 | ghcr.io/b | ghcr.io | b | bot | pw-1',
      'registries entry 3 | docker.io | docker.io |  | bot | pw-1',
    ])
  })

  test('they hide themselves', () => {
    const { credentials: given } = read({ ...WEB, username: 'bot', password: 'Hidden-pw' })
    expect(JSON.stringify(given)).toContain('"password":"***"')
    expect(given[0]?.kind).toBe('password')
    expect(redact(Buffer.from('bot:Hidden-pw').toString('base64'))).toBe('***')
  })
})

describe('a password stays what it is', () => {
  const key = JSON.stringify({ type: 'service_account', private_key: '-----BEGIN\n-----END\n' }, null, 2)
  const PASSWORDS: readonly [what: string, password: string][] = [
    ['blanks around it', '  two words  '],
    ['tabs', '\ttab\t'],
    ['double quotes', '"quoted"'],
    ['single quotes', "it's 'quoted'"],
    ['number sign', '#hash # more'],
    ['colon', ':co: lon:'],
    ['percent', '%0A%25'],
    ['backslashes', '\\n\\q\\'],
    ['YAML characters', '@*&!|>-?{}[],`'],
    ['dollars', '$HOME $'.concat('{HOME} $(id)')],
    ['not ASCII', 'pässwörd-密码-🔑'],
    ['4 kB', 'x'.repeat(2048) + '9'.repeat(2048)],
    ['octal', '0123'],
    ['exponent', '1e5'],
    ['yes', 'yes'],
    ['null', 'null'],
    ['tilde', '~'],
    ['true', 'true'],
    ['zeros', '000'],
    ['float', '1.10'],
    ['merge key', '<<'],
    ['several lines', key],
  ]
  const ENDINGS = ['', '\n', '\r\n', '\n\n']

  const passwordOf = (inputs: Inputs, env?: Inputs) =>
    read({ ...WEB, ...inputs }, env).credentials[0]?.password.reveal()
  const entry = (password: string) => ({ registries: `- registry: ghcr.io\n  username: bot\n  ${password}\n` })

  test.each([
    ['a variable', 'stored-password-env: NODES'],
    ['a file', `stored-password-file: ${file('nodes', 'nodes-pw-2\n')}`],
    ['the text', 'stored-password: nodes-pw-2'],
  ])('one for the nodes to store, from %s, with the same user unless told', (_what, stored) => {
    const given = (more: string) =>
      read(
        { ...WEB, registries: `- registry: ghcr.io\n  username: bot\n  password: job-pw-1\n  ${stored}${more}\n` },
        { NODES: 'nodes-pw-2\n' },
      ).credentials[0]
    const [same, other] = [given(''), given('\n  stored-username: " pull "')]
    expect(same).toMatchObject({ username: 'bot', stored: { registry: 'ghcr.io', username: 'bot', kind: 'password' } })
    expect(other?.stored?.username).toBe('pull')
    expect([other?.password, other?.stored?.password].map((one) => one?.reveal())).toEqual(['job-pw-1', 'nodes-pw-2'])
    const basic = Buffer.from('pull:nodes-pw-2').toString('base64')
    expect(redact(`nodes-pw-2 ${basic}`)).toBe('*** ***')
  })

  test('none for the nodes where it is the very same', () => {
    const registries = '[{registry: ghcr.io, username: bot, password: pw-same-1, stored-password: pw-same-1}]'
    expect(read({ ...WEB, registries }).credentials[0]?.stored).toBeUndefined()
  })

  describe.each(PASSWORDS)('%s', (_what, password) => {
    test('for the nodes to store, from a variable', () => {
      const inputs = entry('password: another-pw-1\n  stored-password-env: TOKEN')
      const [credential] = read({ ...WEB, ...inputs }, { TOKEN: `${password}\n` }).credentials
      expect(credential?.stored?.password.reveal()).toBe(password)
    })

    test.each(ENDINGS)('from a variable, ending %j', (ending) => {
      expect(passwordOf(entry('password-env: TOKEN'), { TOKEN: password + ending })).toBe(password)
    })

    test.each(ENDINGS)('from a file, ending %j', (ending) => {
      expect(passwordOf(entry(`password-file: ${file('password', password + ending)}`))).toBe(password)
    })

    test.each(ENDINGS)('in the short form, ending %j', (ending) => {
      expect(passwordOf({ username: 'bot', password: password + ending })).toBe(password)
    })

    test('in double quotes', () => {
      expect(passwordOf(entry(`password: ${JSON.stringify(password)}`))).toBe(password)
    })

    test('in JSON', () => {
      const registries = JSON.stringify([{ registry: 'ghcr.io', username: 'bot', password }])
      expect(passwordOf({ registries })).toBe(password)
    })
  })

  const oneLine = PASSWORDS.filter(([, password]) => !password.includes('\n'))

  test.each(oneLine)('in single quotes: %s', (_what, password) => {
    expect(passwordOf(entry(`password: '${password.replaceAll("'", "''")}'`))).toBe(password)
  })

  test.each(PASSWORDS)('in a block: %s', (_what, password) => {
    const lines = password.split('\n').map((line) => `    ${line}`)
    expect(passwordOf(entry(`password: |4\n${lines.join('\n').replaceAll(/^ {4}/gm, '      ')}`))).toBe(password)
  })

  const plain = [
    ...oneLine.filter(([, password]) => /^[\w~.]+$/.test(password)),
    ['special', 'p#%0A:"\'x\\$é|>'] as const,
  ]

  test.each(plain)('plain: %s', (_what, password) => {
    expect(passwordOf(entry(`password: ${password}`))).toBe(password)
    expect(passwordOf({ registries: `[{registry: ghcr.io, username: bot, password: ${password} }]` })).toBe(password)
  })

  const oneWord = oneLine.filter(([, password]) => !/[ \t]/.test(password))

  test.each(oneWord)('in columns: %s', (_what, password) => {
    expect(passwordOf({ registries: `a ghcr.io bot ${password}\r\n` })).toBe(password)
    expect(passwordOf({ 'registries-file': file('columns', `a\tghcr.io\tbot\t${password}\n`) })).toBe(password)
  })
})

describe('files', () => {
  test('may be on the disk in memory', () => {
    const directory = scratchDirectory('accepted-', '/dev/shm')
    try {
      writeFileSync(join(directory, 'token'), 'pw-of-memory\n')
      const registries = `- {registry: ghcr.io, username: bot, password-file: ${join(directory, 'token')}}`
      expect(credentials({ registries })).toEqual(['registries entry 1 | ghcr.io | ghcr.io |  | bot | pw-of-memory'])
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test('begin at the workspace, the home directory, the root, or else where the step runs', () => {
    const name = file('token', 'pw-1\n')
    const from = (path: string, env: Inputs) =>
      credentials({ registries: `- {registry: ghcr.io, username: bot, password-file: "${path}"}` }, env)
    const expected = ['registries entry 1 | ghcr.io | ghcr.io |  | bot | pw-1']
    expect(from(name, {})).toEqual(expected)
    expect(from(`./${name}`, {})).toEqual(expected)
    expect(from(`~/${name}`, { HOME: workspace })).toEqual(expected)
    expect(from(join(workspace, name), { GITHUB_WORKSPACE: '/' })).toEqual(expected)
    const before = process.cwd()
    process.chdir(workspace)
    try {
      expect(from(name, { GITHUB_WORKSPACE: '' })).toEqual(expected)
    } finally {
      process.chdir(before)
    }
  })
})

describe('images', () => {
  test('a list, with all keys and with the least', () => {
    const archive = file('web.tar', 'whatever it is')
    const images = `- {archive: ${archive}, image: nginx, from: "web:1", auth-config: mine}\n- {archive: ${workspace}/web.tar, image: "a.test/web:1"}`
    expect(read({ ...WEB, images }).images).toEqual([
      {
        place: 'images entry 1',
        archive,
        path: join(workspace, 'web.tar'),
        image: NGINX,
        from: 'web:1',
        authConfig: 'mine',
      },
      {
        place: 'images entry 2',
        archive: join(workspace, 'web.tar'),
        path: join(workspace, 'web.tar'),
        image: { registry: 'a.test', repository: 'web', tag: '1' },
      },
    ])
  })

  test.each(['', ' \n', '# none today\n', '[]'])('%j is none', (images) => {
    expect(read({ ...WEB, images }).images).toEqual([])
  })
})

describe('services', () => {
  test.each([
    ['a pair', 'web: nginx'],
    ['a pair in quotes', '"web": "nginx:latest"'],
    ['JSON', '{"web": "docker.io/library/nginx:latest"}'],
    ['a list', '- name: web\n  image: nginx'],
    ['a list of JSON', '[{"name": "web", "image": "nginx"}]'],
    ['an entry without its dash', 'name: web\nimage: nginx'],
    ['a mapping', 'web:\n  image: nginx'],
    ['a mapping with its name', 'web:\n  name: web\n  image: nginx'],
    ['a mapping with empty keys', 'web:\n  image: nginx\n  env:\n  update-args:\n    # - --force\n'],
    ['CRLF and a byte order mark', '\uFEFFweb:\r\n  image: nginx\r\n'],
  ])('%s', (_what, text) => {
    expect(services(text)).toEqual([{ name: 'web', image: NGINX, ...NOTHING_ELSE }])
  })

  test('many, of either form, in their order', () => {
    const text = 'web: ghcr.io/org/web:1.2 # ours\nstack_api: {replicas: 0}\nA-1: registry:5000/a@sha256:'.concat(
      'a'.repeat(64),
    )
    expect(services(text)).toEqual([
      { name: 'web', image: { registry: 'ghcr.io', repository: 'org/web', tag: '1.2' }, ...NOTHING_ELSE },
      { name: 'stack_api', replicas: 0, ...NOTHING_ELSE },
      {
        name: 'A-1',
        image: { registry: 'registry:5000', repository: 'a', digest: `sha256:${'a'.repeat(64)}` },
        ...NOTHING_ELSE,
      },
    ])
  })

  test('all keys of an entry', () => {
    const text =
      'image: nginx\nauth-config: /root/.docker-a\nreplicas: 3\nenv: {A: b}\ncreate: true\ncommand: serve --port 80\ncreate-args: [--network=front]\nupdate-args: [--force]'
    expect(service(text)).toEqual({
      name: 'web',
      image: NGINX,
      authConfig: '/root/.docker-a',
      replicas: 3,
      env: { A: 'b' },
      create: true,
      command: ['serve', '--port', '80'],
      createArgs: [{ name: '--network', value: 'front', words: ['--network=front'] }],
      updateArgs: [{ name: '--force', value: undefined, words: ['--force'] }],
      ...ROLLING,
    })
  })

  test.each([
    ['image', 'image: nginx'],
    ['replicas', 'replicas: 1'],
    ['env', 'env: {A: b}'],
    ['update-args', 'update-args: --force'],
    ['create-args', 'create-args: --tty'],
    ['command', 'command: serve'],
  ])('%s alone is enough', (_what, text) => {
    expect(service(text)).toMatchObject({ name: 'web' })
  })

  test('shared keys by an anchor', () => {
    const text = '- &base {name: web, image: nginx, update-args: [--force]}\n- {<<: *base, name: api}'
    expect(services(text).map(({ name, updateArgs }) => [name, wordsOf(updateArgs)])).toEqual([
      ['web', ['--force']],
      ['api', ['--force']],
    ])
  })

  test('a merge key takes several mappings, of which the first counts', () => {
    const text = '- &a {name: a, image: a}\n- &b {name: b, image: b, replicas: 2}\n- {<<: [*a, *b], name: c}'
    expect(services(text)[2]).toMatchObject({ name: 'c', image: { repository: 'library/a' }, replicas: 2 })
  })

  test.each([
    ['true', true],
    ['True', true],
    ['"TRUE"', true],
    ['false', false],
    ['FALSE', false],
  ])('create: %s', (text, create) => {
    expect(service(`image: nginx\ncreate: ${text}`)?.create).toBe(create)
  })

  test('a name of 63 characters', () => {
    expect(services(`${'w'.repeat(63)}: nginx`)).toHaveLength(1)
  })
})

describe('env', () => {
  test.each([
    [
      'mapping',
      'env: {A: b, _B1: "", C.d-e: 010, D: "x: y", E: null}',
      { A: 'b', _B1: '', 'C.d-e': '010', D: 'x: y', E: 'null' },
    ],
    ['list', 'env: ["A=b", "B=", "C=x=y", "D= z "]', { A: 'b', B: '', C: 'x=y', D: ' z ' }],
    ['block', 'env:\n  A: |\n    one\n    two\n', { A: 'one\ntwo\n' }],
    [
      'names of objects',
      'env: {__proto__: a, constructor: b}',
      Object.fromEntries([
        ['__proto__', 'a'],
        ['constructor', 'b'],
      ]),
    ],
  ])('%s', (_what, text, env) => {
    expect(Object.entries(service(text)?.env ?? {})).toEqual(Object.entries(env))
  })
})

describe('flags', () => {
  test.each([
    ['alone', ['--force'], ['--force']],
    ['with =', ['--update-order=start-first'], ['--update-order=start-first']],
    ['with a blank', ['--update-order start-first'], ['--update-order', 'start-first']],
    ['with many blanks', ['  --update-order \t start-first  '], ['--update-order', 'start-first']],
    ['as two items', ['--update-order', 'start-first'], ['--update-order', 'start-first']],
    [
      'a value with blanks',
      ['--health-cmd curl -f http://localhost || exit 1'],
      ['--health-cmd', 'curl -f http://localhost || exit 1'],
    ],
    [
      'a value in quotes',
      ['--health-cmd "curl --fail http://localhost"'],
      ['--health-cmd', 'curl --fail http://localhost'],
    ],
    ['a value in single quotes', ["--health-cmd='curl --fail x'"], ['--health-cmd=curl --fail x']],
    ['a value of its own', ['--health-cmd', '"curl" --fail x'], ['--health-cmd', '"curl" --fail x']],
    ['quotes behind =', ['--label-add a="b c"'], ['--label-add', 'a=b c']],
    [
      'quotes behind = and before a comma',
      ["--mount-add source='/a b',target=/c"],
      ['--mount-add', 'source=/a b,target=/c'],
    ],
    ['quotes around the flag', ["'--label-add=a=b c'"], ['--label-add=a=b c']],
    ['quotes in single quotes', [`--label-add 'a={"b":"c d"}'`], ['--label-add', 'a={"b":"c d"}']],
    ['quotes in double quotes', ['--label-add "a=\\"b\\""'], ['--label-add', 'a="b"']],
    ['signs of a shell', ['--label-add rule=Host(`a`) && $B'], ['--label-add', 'rule=Host(`a`) && $B']],
    ['signs of a shell in double quotes', ['--label-add "rule=Host(`a`) $B"'], ['--label-add', 'rule=Host(`a`) $B']],
    ['a backslash', ['--label-add a=C:\\b'], ['--label-add', 'a=C:\\b']],
    ['quotes in a value of its own', ['--label-add', `a={"b":"c"} it's`], ['--label-add', `a={"b":"c"} it's`]],
    ['an empty value', ['--entrypoint='], ['--entrypoint=']],
    ['an empty value of its own', ['--entrypoint', ''], ['--entrypoint', '']],
    ['an empty value in quotes', ['--entrypoint ""'], ['--entrypoint', '']],
    ['a negative number', ['--oom-score-adj -500'], ['--oom-score-adj', '-500']],
    ['a negative number of its own', ['--oom-score-adj', '-500'], ['--oom-score-adj', '-500']],
    ['a switch with its value', ['--read-only=false'], ['--read-only=false']],
    ['lines in a value', ['--label-add "a=1\n2"'], ['--label-add', 'a=1\n2']],
    ['a short flag', ['-w /app'], ['-w', '/app']],
    ['a short flag with =', ['-u=1000:1000'], ['-u', '1000:1000']],
    ['a short flag with its value', ['-u1000'], ['-u', '1000']],
    ['a short switch', ['-t'], ['-t']],
    ['a flag of a later docker', ['--new-thing=true'], ['--new-thing=true']],
    ['variables', ['--env-add', 'A=b', '--env-rm C'], ['--env-add', 'A=b', '--env-rm', 'C']],
    ['several', ['--force', '--replicas 2', '--tty'], ['--force', '--replicas', '2', '--tty']],
  ])('%s', (_what, items, words) => {
    expect(updateWords(`update-args: ${JSON.stringify(items)}`)).toEqual(words)
  })

  test('a block of lines, with comments', () => {
    const text =
      'update-args: |\n  # zero downtime\n  --update-order start-first\n\n  --health-cmd "curl --fail x" \n  --force\n'
    const words = ['--update-order', 'start-first', '--health-cmd', 'curl --fail x', '--force']
    expect(updateWords(text)).toEqual(words)
    expect(updateWords(text.replaceAll('\n', '\r\n'))).toEqual(words)
  })

  test.each([
    ['one line', '--mode global --stop-grace-period 1s', ['--mode', 'global', '--stop-grace-period', '1s']],
    ['several lines', '--tty\n--env\n  A=b', ['--tty', '--env', 'A=b']],
    [
      'backslashes',
      '--tty \\\n  --env A=b \\\n--init \\  \n --read-only \\',
      ['--tty', '--env', 'A=b', '--init', '--read-only'],
    ],
    ['quotes around a value', "--label 'a=b c'", ['--label', 'a=b c']],
    [
      'quotes in a word',
      '--label traefik.rule=\'Host(`a`)\' --env A="x y"z',
      ['--label', 'traefik.rule=Host(`a`)', '--env', 'A=x yz'],
    ],
    ['quotes around a flag', '"--label=a=b c"', ['--label=a=b c']],
    ['comments', '--tty # a --b\n# --c\n--init #', ['--tty', '--init']],
    ['no comment', '--label a#b --label c=#d', ['--label', 'a#b', '--label', 'c=#d']],
    ['empty words', '--entrypoint "" --hostname=\'\'', ['--entrypoint', '', '--hostname=']],
    ['a value that begins with a dash', "--env '--a'", ['--env', '--a']],
    ['a backslash before a sign', '--env A=\\$B\\ \\"c\\"', ['--env', 'A=$B "c"']],
    [
      'what a shell leaves as it is',
      '--env A=*?[b]{c,d}~!% --hostname {{.Node.Hostname}}',
      ['--env', 'A=*?[b]{c,d}~!%', '--hostname', '{{.Node.Hostname}}'],
    ],
    ['a dollar of its own', '--env A=5$ --env "B=$"', ['--env', 'A=5$', '--env', 'B=$']],
    ['lines in quotes', "--env 'A=1\n 2'", ['--env', 'A=1\n 2']],
  ])('a text as a shell reads it: %s', (_, text, words) => {
    const list = `create-args: ${JSON.stringify(text)}`
    expect(wordsOf(service(`image: nginx\ncreate: true\n${list}`)?.createArgs ?? [])).toEqual(words)
  })

  test('a list of no flags is a list, and one of which every line is commented out is none', () => {
    expect(service('create-args: []')?.createArgs).toEqual([])
    expect(service('image: nginx\ncreate-args:\n  # - --tty')).not.toHaveProperty('createArgs')
  })

  test('create-args without create, for a service that exists', () => {
    expect(service('create-args: [--tty]')).toMatchObject({ create: false, createArgs: [{ name: '--tty' }] })
  })

  test.each([
    ['-e A=b', ['-e', 'A=b']],
    ['-l a=b', ['-l', 'a=b']],
    ['-p 80:80', ['-p', '80:80']],
    ['--config app-config', ['--config', 'app-config']],
    ['--config source=app,target=/etc/app', ['--config', 'source=app,target=/etc/app']],
    ['--host db:10.0.0.5', ['--host', 'db:10.0.0.5']],
    ['--mode global', ['--mode', 'global']],
    ['--init', ['--init']],
  ])('of create: %s', (item, words) => {
    expect(
      service(`image: nginx\ncreate: true\ncreate-args: ["${item}"]`)?.createArgs?.flatMap((flag) => flag.words),
    ).toEqual(words)
  })

  test.each([
    ["r='Host(`a`)'", true],
    ['r="a b"', true],
    ["'all of it'", true],
    ['settings={"level": "info"}', false],
    ["echo 'a' && echo 'b'", false],
    ['"my program" "its word"', false],
    ["it's", false],
  ])(
    'a value that is an item of its own stays as it is, and quotes as of a shell are noticed: %s',
    (value, isNoticed) => {
      const items = JSON.stringify(['--label', value])
      const said = 'item 2: the quotes are part of the value: leave them out, a list needs none'
      const made = service(`create-args: ${items}\nupdate-args: ${items.replace('label', 'label-add')}`)
      expect(made?.createArgs).toMatchObject([{ value }])
      expect(made?.notices).toEqual(isNoticed ? [`\`create-args\`: ${said}`, `\`update-args\`: ${said}`] : undefined)
    },
  )

  test('beside env and replicas, of other variables and of the other command', () => {
    const text = 'image: nginx\nenv: {A: b}\nreplicas: 2\nupdate-args: [--env-add B=c, --env-rm C]'
    expect(service(text)).toMatchObject({ env: { A: 'b' }, replicas: 2 })
  })
})

describe('the words for the container', () => {
  test.each([
    ['a text', 'command: serve --port 80', ['serve', '--port', '80']],
    ['a text with quotes', 'command: sh -c \'echo "$A" | cat\'', ['sh', '-c', 'echo "$A" | cat']],
    ['lines', 'command: |\n  serve \\\n    --port 80 # http\n', ['serve', '--port', '80']],
    ['a list', 'command: [sh, -c, "a; b > $C", "", --d]', ['sh', '-c', 'a; b > $C', '', '--d']],
    ['an empty list', 'command: []', []],
    ['an empty text', 'command: ""', []],
    ['nothing', 'command:', []],
  ])('%s', (_, text, words) => {
    expect(service(text)?.command).toEqual(words)
  })
})

describe('the rollout', () => {
  test('defaults', () => {
    expect(read(WEB)).toMatchObject({ wait: true, timeoutSeconds: 600, monitorSeconds: undefined, maxParallel: 10 })
  })

  test('empty inputs are not given', () => {
    const inputs = { ...WEB, wait: ' ', timeout: '', monitor: '', 'max-parallel': '', registry: '', password: '' }
    expect(read(inputs)).toEqual(read(WEB))
  })

  test.each([
    ['true', true],
    ['TRUE', true],
    [' false ', false],
    ['False', false],
  ])('wait: %s', (text, wait) => {
    expect(read({ ...WEB, wait: text }).wait).toBe(wait)
  })

  test.each([
    ['90s', 90],
    ['10m', 600],
    ['1h', 3600],
    ['1h30m', 5400],
    ['24h', 86_400],
    ['1.5h', 5400],
    ['500ms', 0.5],
    ['1m500ms', 60.5],
    [' 2m ', 120],
  ])('timeout: %s', (text, seconds) => {
    expect(read({ ...WEB, timeout: text }).timeoutSeconds).toBe(seconds)
  })

  test.each([
    ['true', 'all'],
    ['True', 'all'],
    ['false', 'no'],
    ['auto', 'auto'],
    ['enough', 'enough'],
    ['', 'no'],
  ])('prepare: %s', (text, prepare) => {
    expect(read({ ...WEB, prepare: text }).services).toMatchObject([{ prepare }])
  })

  test('prepare of an entry goes before that for all', () => {
    const services = '- {name: web, image: nginx, prepare: false}\n- {name: api, image: nginx}'
    expect(read({ services, prepare: 'enough' }).services).toMatchObject([{ prepare: 'no' }, { prepare: 'enough' }])
  })

  test('monitor and max-parallel', () => {
    const inputs = { ...WEB, monitor: '30s', 'max-parallel': '100' }
    expect(read(inputs)).toMatchObject({ monitorSeconds: 30, maxParallel: 100 })
  })

  test('a shell that cannot write a dash in a variable writes an underscore', () => {
    expect(read({ ...WEB, max_parallel: '3' }).maxParallel).toBe(3)
    // A runner has always set the other one: then this was written in a workflow, where it would do nothing.
    const both = { ...WEB, max_parallel: '3', 'max-parallel': '4' }
    expect(() => read(both)).toThrow('did you mean `max-parallel`?')
  })
})

test('how a service is written is known, for the lines that are to be written instead', () => {
  const forms = (text: string) => read({ services: text }).services.map(({ isKeyed }) => isKeyed)
  expect(forms('web: nginx\napi: {image: nginx}')).toEqual([true, true])
  expect(forms('- {name: web, image: nginx}')).toEqual([undefined])
})

test('a plan may show values, and fail', () => {
  expect(read({ ...WEB, mode: 'plan' }).plan).toEqual({ showValues: false, failOnChanges: false })
  const all = { ...WEB, mode: 'plan', 'show-values': 'true', 'fail-on-changes': 'true' }
  expect(read(all)).toMatchObject({ mode: 'plan', plan: { showValues: true, failOnChanges: true } })
})

test('whoever chooses no mode deploys', () => {
  expect(read(WEB).mode).toBe('deploy')
  expect(read({ ...WEB, mode: ' deploy ' }).mode).toBe('deploy')
})

test('the defaults of action.yml are those of the code', () => {
  const { inputs } = parse(readFileSync('action.yml', 'utf8')) as { inputs: Record<string, { default?: string }> }
  const defaults = Object.entries(inputs).map(([name, { default: value = '' }]) => [name, value])
  expect(defaults.every(([, value]) => typeof value === 'string')).toBe(true)
  expect(read({ ...Object.fromEntries(defaults), ...WEB })).toEqual(read(WEB))
})
