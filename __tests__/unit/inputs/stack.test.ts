import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../lab/scratch.ts'
import type { UserErrors } from '../../../src/errors.ts'
import { toYaml } from '../../../src/inputs/compose/tree.ts'
import { readInputs } from '../../../src/inputs/read.ts'
import { STRATEGY_INPUTS } from '../../../src/inputs/strategies/table.ts'
import { redact } from '../../../src/runner/secrets/secret.ts'
import { inputVariables } from '../../support/inputs.ts'

// On a runner the secrets of these tests would be masked in the log of the whole job.
delete process.env.GITHUB_ACTIONS

const files = scratchDirectory('stack-inputs-')
afterAll(() => rmSync(files, { recursive: true }))
for (const name of ['usual', 'empty']) mkdirSync(join(files, name))
const COMPOSE = 'services: {web: {image: "nginx:${TAG:-1}"}}\nsecrets: {pw: {environment: CANARY}}\n'
writeFileSync(join(files, 'usual', 'docker-compose.yml'), COMPOSE)
writeFileSync(join(files, 'a.yml'), COMPOSE)
writeFileSync(join(files, 'b.yml'), 'services: {web: {user: "1"}}\n')
writeFileSync(join(files, 'list.yml'), '- a\n')
writeFileSync(join(files, 'broken.yml'), 'services: {web: [\n')
writeFileSync(join(files, 'one.env'), 'TAG=one\nOTHER=1\n')
writeFileSync(join(files, 'two.env'), 'TAG=two\nCANARY=c4nary-in-file\n')

type Inputs = Readonly<Record<string, string>>
const A = { stack: 's', 'compose-file': 'a.yml', 'env-file': 'two.env' }

function read(inputs: Inputs, env: Inputs = {}) {
  const given = inputVariables(inputs)
  return readInputs({ GITHUB_WORKSPACE: files, ...given, ...env }, STRATEGY_INPUTS).stack
}

test('files by lines, by YAML list, or by their usual name', () => {
  const paths = (inputs: Inputs, env: Inputs = {}) => read({ ...A, ...inputs }, env)?.files.map(({ path }) => path)
  expect(paths({ 'compose-file': ' a.yml \n\nb.yml' })).toEqual(['a.yml', 'b.yml'])
  expect(paths({ 'compose-file': '- a.yml\n- b.yml' })).toEqual(['a.yml', 'b.yml'])
  expect(paths({ 'compose-file': '["a.yml"]' })).toEqual(['a.yml'])
  expect(paths({ 'compose-file': '', 'env-file': '../two.env' }, { GITHUB_WORKSPACE: join(files, 'usual') })).toEqual([
    'docker-compose.yml',
  ])
})

function wrongIn(inputs: Inputs, env: Inputs = {}): readonly string[] {
  try {
    read(inputs, env)
    return []
  } catch (error) {
    return (error as UserErrors).problems
  }
}

test.each([
  ['compose-file', 'services:\n  web:\n    image: nginx\n    environment: { PW: C4nary-pass }'],
  ['compose-file', 'version: "3.8"\nservices: {}'],
  ['env-file', 'A=1\nexport PW=C4nary-pass'],
  ['env-file', '- A=1\n- PW=C4nary-pass'],
])('what a file holds is told to be no path of a `%s`, and is not shown', (name, content) => {
  const wrong = wrongIn({ stack: 's', 'compose-file': 'a.yml', [name]: content }, { CANARY: 'of-the-step' })
  expect(wrong).toEqual([
    expect.stringContaining(`${name}: this is what such a file holds, and not its path: write it`),
  ])
  expect(wrong.join()).not.toContain('C4nary')
})

test('an env file that cannot be read is told alone, and not each variable that it would have', () => {
  expect(wrongIn({ ...A, 'env-file': 'absent.env' })).toEqual([
    expect.stringMatching(/^env-file absent\.env: there is no such file/),
  ])
})

test.each([
  ['a.yml,b.yml', 'with commas'],
  ['a.yml:b.yml', 'with colons'],
  ['-c a.yml -c b.yml', 'with flags of docker'],
])('%s is told to be several paths', (paths) => {
  expect(wrongIn({ stack: 's', 'compose-file': paths, 'env-file': 'two.env' })).toEqual([
    expect.stringMatching(/^compose-file: "[^"]+" is not one path: write one path a line, .*a\.yml ⏎ b\.yml$/),
  ])
})

test('a workspace with nothing in it is told as what it mostly is, and a directory of a shell as that', () => {
  const env = { GITHUB_WORKSPACE: join(files, 'empty') }
  const hint = /empty: is `actions\/checkout` missing before this step\?/
  expect(wrongIn({ stack: 's' }, env)).toEqual([expect.stringMatching(/is empty$/)])
  process.env.GITHUB_ACTIONS = 'true'
  expect(wrongIn({ stack: 's' }, env)).toEqual([expect.stringMatching(hint)])
  expect(wrongIn({ stack: 's', 'compose-file': 'compose.yml' }, env)).toEqual([expect.stringMatching(hint)])
  expect(wrongIn({ stack: 's', 'compose-file': 'missing.yml' })).toEqual([expect.not.stringMatching(hint)])
  delete process.env.GITHUB_ACTIONS
})

test('a variable for a secret that is empty is named', () => {
  writeFileSync(
    join(files, 'variable.yml'),
    'services: {web: {image: nginx}}\nsecrets: {pw: {environment: EMPTY_ONE}}\n',
  )
  const inputs = { stack: 's', 'compose-file': 'variable.yml', wait: 'maybe' }
  expect(wrongIn(inputs, { EMPTY_ONE: '' })).toContainEqual(
    expect.stringMatching(
      /^variable\.yml line 2: secrets\.pw: the variable EMPTY_ONE, .* is empty, .*: set it in the `env`/,
    ),
  )
})

test('the step goes before the env files, the last of them before the others', () => {
  const both = { ...A, 'env-file': 'one.env\ntwo.env' }
  expect(read(both)?.variables.TAG).toBe('two')
  expect(read(both, { TAG: 'step' })?.variables.TAG).toBe('step')
  expect(read(A, { INPUT_PASSWORD: '' })?.lookUp('INPUT_PASSWORD')).toBeUndefined()
})

test('PWD is what a shell of the step has there, and not where the runner was started', () => {
  const pwd = (env: Inputs) => read(A, env)?.lookUp('PWD')
  symlinkSync(files, join(files, 'link'))
  expect([pwd({}), pwd({ PWD: '' }), pwd({ PWD: '/' }), pwd({ PWD: join(files, 'gone') }), pwd({ PWD: '.' })]).toEqual(
    Array.from({ length: 5 }, () => files),
  )
  expect(pwd({ PWD: join(files, 'link') })).toBe(join(files, 'link'))
  expect(pwd({ PWD: process.cwd() })).toBe(process.cwd())
})

test('a variable is one of the environment, and nothing that JavaScript has beside it', () => {
  const { lookUp } = read(A) ?? {}
  expect(['constructor', 'toString', '__proto__'].map((name) => lookUp?.(name))).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})

test('what a secret takes from a variable is hidden at once', () => {
  read(A, { CANARY: 'c4nary-of-the-step' })
  expect(redact('x c4nary-of-the-step y')).toBe('x *** y')
})

test('prune and rerun-jobs are off unless told', () => {
  expect(read(A)).toMatchObject({ name: 's', prune: false, rerunJobs: false })
  expect(read({ ...A, prune: 'true', 'rerun-jobs': 'True' })).toMatchObject({ prune: true, rerunJobs: true })
})

test.each<[string, Inputs, RegExp]>([
  ['a bad name', { ...A, stack: 'my stack' }, /^stack: "my stack" is no name of a stack/],
  ['a file as its name', { ...A, stack: 'compose.yml' }, /first; the path of a file goes into `compose-file`$/],
  ['files without a stack', { 'compose-file': 'a.yml', services: 'web: nginx' }, /^`compose-file` without `stack`/],
  ['prune without a stack', { prune: 'true', services: 'web: nginx' }, /^`prune` without `stack`/],
  ['services and a stack', { ...A, services: 'web: nginx' }, /both given: give each a step of its own/],
  [
    'two colours',
    { ...A, strategy: 'blue-green' },
    /^strategy: blue-green makes a second service .*deploy the service with `services`/,
  ],
  ['force of what is not in it', { ...A, force: 'x a' }, /^force: the stack s has no service `x`/],
  ['only without a stack', { only: 'web', services: 'web: nginx' }, /^only: it is for the services of a `stack`/],
  ['only with prune', { ...A, only: 'web', prune: 'true' }, /^only: with `prune: true` it could not be told/],
  [
    'only what is not in it',
    { ...A, only: 'x, y' },
    /^only: the stack s has no service `x` or `y`: its services are `web`/,
  ],
  [
    'force of what is left out',
    { ...A, only: '[]', force: 'web' },
    /^force: `only` leaves `s_web` out: add the name there/,
  ],
  ['only of nothing', { ...A, only: ',' }, /^only: it names no service/],
  ['prune without a wait', { ...A, prune: 'true', wait: 'false' }, /^prune: with `wait: false`/],
  ['no truth value', { ...A, prune: 'yes' }, /^prune: "yes" is neither/],
  ['a missing file', { ...A, 'compose-file': 'no.yml' }, /^compose-file no\.yml: there is no such file/],
  [
    'a path of Windows',
    { ...A, 'compose-file': '.\\no.yml' },
    /^compose-file \.\\no\.yml: there is no such file.* Between its folders stands `\/` on this runner/,
  ],
  ['standard input', { ...A, 'compose-file': '-' }, /^compose-file -: standard input is not read: write the path/],
  [
    'an address',
    { ...A, 'compose-file': 'https://x.test/c.yml' },
    /c\.yml: it is an address: fetch it in a step before/,
  ],
  ['a path in quotes', { ...A, 'compose-file': '"a.yml"' }, /^compose-file "a\.yml": the quotes are taken for a part/],
  ['a pattern', { ...A, 'compose-file': '- "*.yml"' }, /^compose-file \*\.yml: no pattern is filled in here/],
  ['a variable', { ...A, 'env-file': '$HOME/a.env' }, /^env-file \$HOME\/a\.env: no variable is filled in here/],
  [
    'JSON',
    { ...A, 'compose-file': '{"services": {}}' },
    /^compose-file: this is what such a file holds, and not its path/,
  ],
  ['a missing env file', { ...A, 'env-file': 'no.env' }, /^env-file no\.env: there is no such file/],
  ['a list', { ...A, 'compose-file': 'list.yml' }, /^compose-file list\.yml: this is no compose file/],
  ['no YAML', { ...A, 'compose-file': 'broken.yml' }, /^broken\.yml line \d+, column \d+: /],
  [
    'an unset secret',
    { stack: 's', 'compose-file': 'a.yml' },
    /^a\.yml line 2: secrets\.pw: it takes its content from the variable CANARY, which is not set/,
  ],
])('%s is refused', (_, inputs, said) => {
  let problems: readonly string[] = []
  try {
    read(inputs)
  } catch (error) {
    problems = (error as UserErrors).problems
  }
  expect(problems).toContainEqual(expect.stringMatching(said))
})

describe('all that is wrong with a stack is told at once', () => {
  const problemsOf = (inputs: Inputs) => {
    try {
      read(inputs)
    } catch (error) {
      return (error as UserErrors).problems
    }
    return []
  }
  const write = (name: string, ...lines: string[]) => writeFileSync(join(files, name), lines.join('\n'))
  write('empty.txt')
  write('large.txt', 'x'.repeat(500 * 1024))

  test('also the contents of secrets and configs, and names with variables in them', () => {
    write(
      'wrong.yml',
      'services:',
      '  web:',
      '    image: nginx',
      '    networks: [nope]',
      '    volumes: ["${OTHER}-data:/data"]',
      'secrets:',
      '  empty: {file: ./empty.txt}',
      '  unset: {environment: NOT_SET}',
      '  missing: {file: "${OTHER}.txt"}',
      '  large: {file: large.txt}',
      '  system: {file: /proc/self/environ}',
      '  unknown: {file: "${NO}"}',
      '  good: {file: one.env}',
      'configs:',
      '  nothing: {content: ""}',
      '  large: {file: large.txt}',
    )
    expect(problemsOf({ stack: 's', 'compose-file': 'wrong.yml', 'env-file': 'one.env' }).toSorted()).toEqual(
      [
        /^wrong\.yml line 10: secrets\.large: its content is larger than 500 kB/,
        /^wrong\.yml line 11: secrets\.system: its file .*a part of the system/,
        /^wrong\.yml line 12: the variable NO is not set/,
        /^wrong\.yml line 15: configs\.nothing: its content is empty/,
        /^wrong\.yml line 4: the service web uses the network nope/,
        /^wrong\.yml line 5: the service web uses the volume 1-data, which no file defines/,
        /^wrong\.yml line 7: secrets\.empty: its file \S+ is empty, .*: write something to it in an earlier step$/,
        /^wrong\.yml line 8: secrets\.unset: it takes its content from the variable NOT_SET, which is not set/,
        /^wrong\.yml line 9: secrets\.missing: its file .*1\.txt: there is no such file/,
      ].map((said) => expect.stringMatching(said)),
    )
  })

  test('of several files the last one that has a secret counts', () => {
    write(
      'first.yml',
      'services: {web: {image: nginx, user: "${NO}"}}',
      'secrets: {a: {file: gone}, b: {environment: NO}}',
    )
    write('last.yml', 'secrets: {a: {file: one.env}, b: {content: x}}')
    expect(problemsOf({ stack: 's', 'compose-file': 'first.yml\nlast.yml' })).toEqual([
      expect.stringMatching(/^first\.yml line 1: the variable NO is not set/),
    ])
  })
})

test("what docker would obey itself is put into the files, and not into docker's own environment", () => {
  const compose = [
    'services:',
    '  web:',
    '    image: nginx:${TAG}',
    '    labels: {lib: "${LD_PRELOAD}", home: "$HOME"}',
    '    environment: [GODEBUG, TAG, "X=1"]',
    '  other: {image: a, environment: {DOCKER_CLI_OTEL_EXPORTER_OTLP_ENDPOINT: , B: }}',
  ].join('\n')
  writeFileSync(join(files, 'ruling.yml'), compose)
  const ruling = [
    'LD_PRELOAD=/tmp/evil$.so',
    'GODEBUG=x=1',
    'DOCKER_CLI_OTEL_EXPORTER_OTLP_ENDPOINT=http://x',
    'HOME=/h',
  ]
  writeFileSync(join(files, 'ruling.env'), ['TAG=1', 'B=2', ...ruling].join('\n').replace('$', '$$$$'))
  const stack = read({ stack: 's', 'compose-file': 'ruling.yml', 'env-file': 'ruling.env' })
  expect(stack?.variables).toEqual({ TAG: '1', B: '2' })
  const [text = ''] = (stack?.adapted.files ?? []).map(toYaml)
  expect(text).toContain('"lib": "/tmp/evil$$.so${SWARM_DEPLOY_NOTHING:-}"')
  expect(text).toContain('"home": "/h${SWARM_DEPLOY_NOTHING:-}"')
  expect(text).toContain('["GODEBUG=x=1", "TAG", "X=1"]')
  expect(text).toContain('"DOCKER_CLI_OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"')
})

test('a variable that is larger than a program can be given is filled in before docker reads the files', () => {
  const compose =
    'services:\n  web:\n    image: a:${TAG}\n    environment: [LARGE, "B=${LARGE}"]\n    labels: {l: "${LARGE}"}\n'
  const large = '$x'.repeat(70 * 1024)
  writeFileSync(join(files, 'large.yml'), compose)
  writeFileSync(join(files, 'large.env'), `TAG=1\nLARGE='${large}'\n`)
  const stack = read({ stack: 's', 'compose-file': 'large.yml', 'env-file': 'large.env' })
  expect(stack?.variables).toEqual({ TAG: '1' })
  const [text = ''] = (stack?.adapted.files ?? []).map(toYaml)
  expect(text.split(large.replaceAll('$', '$$$$'))).toHaveLength(4)
})

test.each([
  ['/proc/self/environ', 'a part of the system'],
  ['nowhere.env', 'there is no such file'],
])('a file of variables that a service names has to be one of the job: %s', (path, said) => {
  writeFileSync(join(files, 'env-file.yml'), `services:\n  web:\n    image: a\n    env_file:\n      - "${path}"\n`)
  const line = `env-file.yml line 5: services.web.env_file ${path}: `
  expect(() => read({ stack: 's', 'compose-file': 'env-file.yml' })).toThrow(line)
  expect(() => read({ stack: 's', 'compose-file': 'env-file.yml' })).toThrow(said)
})

test('no file at all is refused with the names that were looked for', () => {
  expect(() => read({ stack: 's' }, { GITHUB_WORKSPACE: join(files, 'empty') })).toThrow(/has none of `compose.yaml`/)
})

test('a line of paths that begins with # is a comment', () => {
  const stack = read({ ...A, 'compose-file': '# all of it\na.yml\n#b.yml\n' })
  expect(stack?.files.map(({ path }) => path)).toEqual(['a.yml'])
})

test.each(['[]', ' [ ]\n', '[ # compose.yml\n]'])('a list of no files is none to deploy a stack of: %j', (list) => {
  const problem = 'compose-file: the list is empty: write the path of the compose file'
  expect(() => read({ stack: 's', 'compose-file': list })).toThrow(problem)
})

test.each<[string, (text: string) => Buffer]>([
  ['UTF-8 with a mark', (text) => Buffer.from(`\ufeff${text}`)],
  ['UTF-16, as PowerShell 5 writes it', (text) => Buffer.from(`\ufeff${text}`, 'utf16le')],
  ['UTF-16, the other way', (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
])('a compose file is read as docker reads it: %s', (_, encoded) => {
  writeFileSync(join(files, 'encoded.yml'), encoded('services:\r\n  web: {image: nginx, hostname: "é😀"}\r\n'))
  const stack = read({ stack: 's', 'compose-file': 'encoded.yml' })
  expect(JSON.stringify(stack?.files)).toContain('"é😀"')
})

describe('a compose file that is none is told in one line with its place', () => {
  const OK = 'services: {web: {image: nginx}}\n'
  const web = (rest: string) => `services:\n  web:\n    image: nginx\n    ${rest}\n`
  const refusal = (content: string | Buffer) => {
    writeFileSync(join(files, 'hostile.yml'), content)
    try {
      read({ stack: 's', 'compose-file': 'hostile.yml' })
      return []
    } catch (error) {
      return (error as UserErrors).problems
    }
  }

  test.each<[string, string | Buffer, RegExp]>([
    ['nothing', '', /^compose-file hostile\.yml: there is nothing in the file: write a mapping/],
    ['only comments', '# a\n---\n# b\n', /there is nothing in the file/],
    ['a text', 'hello', /^compose-file hostile\.yml: this is no compose file/],
    ['two documents', `${OK}---\n${OK}`, /^hostile\.yml line 2, column 1: a line of --- begins a second document/],
    ['two documents, with an end', `---\n${OK}...\n---\n${OK}`, /line 4, column 1: a line of ---/],
    [
      'no-break spaces as indentation',
      'services:\n\u00a0\u00a0web:\n\u00a0\u00a0\u00a0\u00a0image: x\n',
      /^hostile\.yml line 2, column 1: a line or key begins with a blank that is no space, .*: write spaces$/,
    ],
    ['a tab as indentation', 'services:\n\tweb:\n', /^hostile\.yml line 2, column 1: a tab indents the line/],
    ['NUL', web('hostname: "a\0"'), /^hostile\.yml line 4, column 17: there is a NUL character/],
    [
      'UTF-16 that ends in half a character',
      Buffer.from(`\ufeff${OK}\ud83d`, 'utf16le'),
      /^compose-file hostile\.yml: the file begins as UTF-16, and is not: save it as UTF-8/,
    ],
    [
      'UTF-16 without its mark',
      Buffer.from(OK, 'utf16le'),
      /^hostile\.yml line 1, column 2: there is a NUL.*save the file as UTF-8/,
    ],
    ['Latin 1', Buffer.from(web('hostname: caf\xe9'), 'latin1'), /the file is not UTF-8 text \(line 4\)/],
    [
      'old line ends',
      'services:\r  web: {image: nginx}\r',
      /^hostile\.yml line 1, column 10: a carriage return stands alone/,
    ],
    [
      'a line separator',
      web('hostname: a\u2028b'),
      /line 4, column 16: the character U\+2028 cannot be seen.*"\\u2028"/,
    ],
    ['another, in a comment', web('# a\u0085b'), /line 4, column 8: the character U\+0085/],
    [
      'a control character',
      web('hostname: "a\x1b"'),
      /line 4, column 17: the control character U\+001B is not allowed/,
    ],
    ['half a character', web('hostname: "\\ud83d"'), /line 4, column 15: an escape stands for half of a character/],
    [
      'a deep list',
      `a: ${'['.repeat(100_000)}`,
      /^hostile\.yml line 1, column \d+: lists and mappings are nested too deeply/,
    ],
    [
      'a deep mapping',
      Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      /line 21, .*nested too deeply/,
    ],
    [
      'aliases that multiply',
      `a: &a [1]\n${[...'bcdefghij'].map((name, at) => `${name}: &${name} [${Array(10).fill(`*${'abcdefghi'[at]}`)}]`).join('\n')}`,
      /^hostile\.yml line \d+, column \d+: the aliases \(\*\) stand for more than 100000 values/,
    ],
    ['an alias of itself', 'a: &a {b: *a}', /line 1, column 11: an alias \(\*\) stands inside of what it means/],
    ['10 MB', Buffer.alloc(10_000_000, 'a: b\n'), /^compose-file hostile\.yml: the file is larger than 1 MB/],
  ])('%s', (_, content, said) => {
    expect(refusal(content)).toEqual([expect.stringMatching(said)])
  })

  test('a mistake that is everywhere is not told everywhere', () => {
    expect(refusal('a: 1\n'.repeat(10_000))).toHaveLength(20)
  })

  test.each([
    ['a header', `%YAML 1.2\n---\n${OK}...\n`],
    ['a byte order mark and line ends of Windows', `\ufeff${web('hostname: a').replaceAll('\n', '\r\n')}`],
    ['escapes', web('hostname: "\\N\\u2028\\ufeff\\x1b\\ud83d\\ude00"')],
    ['a byte order mark inside', web('hostname: a\ufeff')],
    ['JSON', JSON.stringify({ services: { web: { image: 'nginx' } } })],
    [
      'names of JavaScript',
      'services: {__proto__: {image: nginx}, constructor: {image: nginx, labels: {__proto__: a}}}',
    ],
    ['a long line', web(`hostname: "${'x'.repeat(500_000)}"`)],
  ])('but %s is no trouble', (_, content) => {
    expect(refusal(content)).toEqual([])
  })
})
