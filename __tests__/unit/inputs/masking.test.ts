import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../lab/scratch.ts'
import { UserErrors } from '../../../src/errors.ts'
import { readInputs } from '../../../src/inputs/read.ts'
import { STRATEGY_INPUTS } from '../../../src/inputs/strategies/table.ts'
import { redact } from '../../../src/runner/secrets/secret.ts'
import { inputVariables } from '../../support/inputs.ts'
import { GITHUB, printedBy } from '../../support/printed.ts'
import { commandsIn, linesShown } from '../../support/runner-commands.ts'

const files = scratchDirectory('masking-')
afterAll(() => rmSync(files, { recursive: true }))

type Texts = Readonly<Record<string, string>>

/** What is printed while inputs are read, as the runner understands it, and what is wrong with them. */
async function reading(inputs: Texts, env: Texts = {}) {
  const given = inputVariables(inputs)
  let problems: readonly string[] = []
  const printed = await printedBy(GITHUB, () => {
    try {
      readInputs({ GITHUB_WORKSPACE: files, ...given, ...env }, STRATEGY_INPUTS)
    } catch (error) {
      if (!(error instanceof UserErrors)) throw error
      problems = error.problems
    }
  })
  expect(linesShown(printed)).toEqual([])
  const said = (wanted: string) => commandsIn(printed).flatMap(({ name, data }) => (name === wanted ? [data] : []))
  return { masks: said('add-mask'), notices: said('notice'), problems }
}

let entries = 0
const ENTRY = (password: string) => `- {registry: r${++entries}.example.com, username: b, password: ${password}}\n`
const ENTRY_FROM = (variable: string) =>
  `- {registry: r${++entries}.example.com, username: b, password-env: ${variable}}\n`

const SERVICES = { services: 'web: nginx:1' }

describe('a secret that would blot out the log is not masked, and a notice names its place', () => {
  test.each<[string, Texts, Texts, string]>([
    [
      'a password of a YAML entry',
      { registries: '{registry: ghcr.io, username: b, password: a}' },
      {},
      'registries entry 1',
    ],
    [
      'one from a variable',
      { registries: `${ENTRY('long-enough-1')}${ENTRY_FROM('P')}` },
      { P: 'xyz' },
      'registries entry 2',
    ],
    ['a column', { registries: '# comment\nhub docker.io bob true' }, {}, 'registries line 2'],
    ['the short form', { username: 'bob', password: '12345' }, {}, 'password'],
    [
      'one of a docker configuration',
      { 'docker-config': '{team-a: {"auths":{"ghcr.io":{"username":"bob","password":"abc"}}}}' },
      {},
      'docker-config team-a',
    ],
  ])('%s', async (_, inputs, env, place) => {
    const { masks, notices, problems } = await reading({ ...SERVICES, ...inputs }, env)
    expect(problems).toEqual([])
    expect(notices).toEqual([expect.stringMatching(new RegExp(`^${place}: the secret is so short`))])
    expect(masks.filter((mask) => ['a', 'xyz', 'true', '12345'].includes(mask))).toEqual([])
    expect(notices.join()).not.toMatch(/xyz|true|12345/)
  })

  test('once, with its place and without its value', async () => {
    const registries = `${ENTRY('long-enough-1')}${ENTRY('long-enough-2')}${ENTRY('qq')}${ENTRY('zz')}`
    const inputs = { ...SERVICES, registries }
    const { notices } = await reading(inputs)
    const places = notices.map((notice) => notice.split(':', 1)[0])
    expect(places).toEqual(['registries entry 3', 'registries entry 4'])
    expect(notices.join()).not.toMatch(/qq|zz/)
    expect((await reading(inputs)).notices).toEqual([])
  })

  test('also where YAML cut it out of a longer one: the error stays readable', async () => {
    const { masks, problems } = await reading({ ...SERVICES, registries: '{username: b, password: a}b"c' })
    expect(masks.filter((mask) => mask.length < 4)).toEqual([])
    expect(problems.map(redact)).toEqual([
      expect.stringMatching(/^registries line 1, column \d+: .*valid|quote|closed/),
    ])
  })
})

describe('all secrets of a stack are known when its inputs are read', () => {
  const compose = (secret: string) => {
    writeFileSync(join(files, 'compose.yml'), `services: {web: {image: "nginx:1"}}\nsecrets: {s: ${secret}}\n`)
    return { stack: 's', 'compose-file': 'compose.yml' }
  }
  writeFileSync(join(files, 'secret.txt'), 'from-a-plain-file\n')
  writeFileSync(join(files, 'secret-two.txt'), 'from-a-named-file\n')

  test.each<[string, string, string]>([
    ['of a file', '{file: secret.txt}', 'from-a-plain-file'],
    ['of a file that a variable names', '{file: "./secret-$' + '{WHICH:-two}.txt"}', 'from-a-named-file'],
    ['of a variable', '{environment: TOKEN_OF_MINE}', 'from-a-variable'],
    [
      'of a variable that another one names',
      '{environment: "TOKEN_OF_$' + '{WHOSE:-OTHERS}"}',
      'from-a-named-variable',
    ],
    ['in the file', '{content: "in-the-file-itself"}', 'in-the-file-itself'],
  ])('%s', async (_, secret, value) => {
    await reading(compose(secret), { TOKEN_OF_MINE: 'from-a-variable', TOKEN_OF_OTHERS: 'from-a-named-variable' })
    expect(redact(`x ${value} y`)).toBe('x *** y')
  })
})

describe('a password in what is not quite an address is not shown', () => {
  const PASSWORDS = ['pw', 'longer-pass/word@here']
  test.each(
    PASSWORDS.flatMap((password) => [
      ['host', `ssh//user:${password}@swarm.example.com`, password],
      ['host', `user:${password}@swarm.example.com`, password],
      ['host', `tcp://user:${password}@swarm.example.com:2376`, password],
      ['host', `https://user:${password}@swarm.example.com`, password],
      ['host', `ssh:user:${password}@swarm.example.com`, password],
      ['ssh-jump', `user:${password}@jump.example.com`, password],
      ['check-url', `http//user:${password}@web.example.com/health`, password],
      ['check-url', `user:${password}@web.example.com/health`, password],
      ['check-url', `ftp://user:${password}@web.example.com/health`, password],
    ]),
  )('%s: %s', async (name, address, password) => {
    const { problems } = await reading({ ...SERVICES, strategy: 'canary', host: 'ssh://a', [name]: address })
    const told = problems.filter((problem) => problem.startsWith(name))
    expect(told.length).toBeGreaterThan(0)
    for (const piece of [`:${password}`, `${password}@`]) expect(problems.map(redact).join('\n')).not.toContain(piece)
  })
})

test.each([
  ['colons', ':'.repeat(300_000)],
  ['colons before a host', `${':'.repeat(300_000)}@host`],
  ['letters', 'a'.repeat(300_000)],
  ['slashes', '/'.repeat(300_000)],
])('an address of many %s is refused as soon as a short one', async (_, host) => {
  expect((await reading({ ...SERVICES, host })).problems.join()).toMatch(/^host: ".*" is no address of a docker daemon/)
})
