import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import type { UserErrors } from '../../../src/errors.ts'
import { toYaml } from '../../../src/inputs/compose/tree.ts'
import { readInputs } from '../../../src/inputs.ts'
import { redact } from '../../../src/runner/secret.ts'

// On a runner the secrets of these tests would be masked in the log of the whole job.
delete process.env.GITHUB_ACTIONS

const files = mkdtempSync(join(tmpdir(), 'stack-inputs-'))
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
  const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
  return readInputs({ GITHUB_WORKSPACE: files, ...Object.fromEntries(given), ...env }).stack
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

test('the step goes before the env files, the last of them before the others', () => {
  const both = { ...A, 'env-file': 'one.env\ntwo.env' }
  expect(read(both)?.variables.TAG).toBe('two')
  expect(read(both, { TAG: 'step' })?.variables.TAG).toBe('step')
  expect(read(A, { INPUT_PASSWORD: '' })?.lookUp('INPUT_PASSWORD')).toBeUndefined()
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
  ['files without a stack', { 'compose-file': 'a.yml', services: 'web: nginx' }, /^`compose-file` without `stack`/],
  ['prune without a stack', { prune: 'true', services: 'web: nginx' }, /^`prune` without `stack`/],
  ['services and a stack', { ...A, services: 'web: nginx' }, /both given: give each a step of its own/],
  [
    'two colours',
    { ...A, strategy: 'blue-green' },
    /^strategy: blue-green makes a second service .*deploy the service with `services`/,
  ],
  ['prune without a wait', { ...A, prune: 'true', wait: 'false' }, /^prune: with `wait: false`/],
  ['no truth value', { ...A, prune: 'yes' }, /^prune: "yes" is neither/],
  ['a missing file', { ...A, 'compose-file': 'no.yml' }, /^compose-file no\.yml: there is no such file/],
  ['a missing env file', { ...A, 'env-file': 'no.env' }, /^env-file no\.env: there is no such file/],
  ['a list', { ...A, 'compose-file': 'list.yml' }, /^compose-file list\.yml: this is no compose file/],
  ['no YAML', { ...A, 'compose-file': 'broken.yml' }, /^broken\.yml line \d+, column \d+: /],
  [
    'an unset secret',
    { stack: 's', 'compose-file': 'a.yml' },
    /^a\.yml line 2: secrets\.pw takes its content from the variable CANARY/,
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
  expect(text).toContain('"lib": "/tmp/evil$$.so"')
  expect(text).toContain('"home": "/h"')
  expect(text).toContain('["GODEBUG=x=1", "TAG", "X=1"]')
  expect(text).toContain('"DOCKER_CLI_OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"')
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
