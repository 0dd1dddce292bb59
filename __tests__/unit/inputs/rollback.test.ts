import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { DEFAULTS } from '../../../src/inputs/defaults.ts'
import { readInputs } from '../../../src/inputs/read.ts'
import { STRATEGY_INPUTS } from '../../../src/inputs/strategies/table.ts'
import { ROLLING } from '../../support/builders.ts'
import { inputVariables, problemsIn } from '../../support/inputs.ts'

let printed: string[]
beforeEach(() => {
  printed = []
  jest.spyOn(process.stdout, 'write').mockImplementation((piece) => printed.push(String(piece)) > 0)
})
afterEach(() => {
  jest.restoreAllMocks()
})

function read(inputs: Readonly<Record<string, string>>) {
  // As a runner hands them over.
  const all = { ...DEFAULTS, strategy: 'rolling', mode: 'rollback', to: 'previous', ...inputs }
  return readInputs(inputVariables(all), STRATEGY_INPUTS)
}

function refused(inputs: Readonly<Record<string, string>>): readonly string[] {
  return problemsIn(() => read(inputs))
}

const NOTHING_ELSE = { env: {}, create: true, updateArgs: [], ...ROLLING }

test('a stack goes back without its files', () => {
  const asked = read({ stack: 'shop', prune: 'true', 'rerun-jobs': 'true', to: '#7' })
  expect(asked).toMatchObject({ mode: 'rollback', services: [] })
  expect(asked.stack).toBeUndefined()
  expect(asked.rollback).toEqual({
    to: { by: 'version', version: 7 },
    rerunJobs: true,
    stack: { name: 'shop', prune: true, only: 'all', leftOut: [], ...ROLLING },
  })
})

test('only some services of a stack go back', () => {
  expect(read({ stack: 'shop', only: 'web, shop_api' }).rollback?.stack).toMatchObject({ only: ['web', 'shop_api'] })
})

test.each(['web api', 'web, api', '- web api', '[web, api]', '- web\n- api'])('services: %j', (services) => {
  expect(read({ services })).toMatchObject({
    services: [
      { name: 'web', ...NOTHING_ELSE },
      { name: 'api', ...NOTHING_ELSE },
    ],
    rollback: { to: { by: 'previous' }, rerunJobs: false },
  })
})

test('an entry says whose account a service gets, and how its tasks are replaced', () => {
  const services = '- {name: web, auth-config: team-a, strategy: recreate, prepare: true}\n- api'
  expect(read({ services, strategy: 'canary', canary: '1' }).services).toMatchObject([
    { name: 'web', authConfig: 'team-a', strategy: { kind: 'recreate' }, prepare: 'all' },
    { name: 'api', strategy: { kind: 'canary' } },
  ])
})

test('a plan of it asks for the same', () => {
  const asked = read({ mode: 'plan', stack: 'shop', to: '1.4', 'fail-on-changes': 'true' })
  expect(asked).toMatchObject({
    mode: 'plan',
    rollback: { to: { by: 'name', text: '1.4' }, stack: { name: 'shop' } },
    plan: { failOnChanges: true },
  })
})

test('what is in the record is told, where it is only how something is done', () => {
  read({ stack: 'shop', 'compose-file': 'nowhere.yml', 'update-config': '{parallelism: 2}' })
  expect(printed.join('')).toBe(
    'Notice: compose-file and update-config: a rollback has them from the record of what was deployed, and they are not used\n',
  )
})

describe('what is refused', () => {
  test.each([
    [
      'nothing',
      {},
      /^services: it is empty: write the names of the services that go back, such as `web api`, or give a `stack`$/,
    ],
    ['both', { services: 'web', stack: 'shop' }, /^`services` and `stack` are both given/],
    [
      'no target',
      { stack: 'shop', to: '' },
      /^to: it is empty: write `previous`, a number such as `'#7'` \(in quotes\)/,
    ],
    ['an image as the target', { stack: 'shop', to: 'ghcr.io/acme/web:1' }, /^to: "ghcr.io\/acme\/web:1" is an image/],
    [
      'a number for several',
      { services: 'web api', to: '#7' },
      /^to: each service counts its versions for itself, so `#7`/,
    ],
    [
      'images',
      { services: 'web: nginx:1.27\napi: nginx:1' },
      /^services: `web: …` is for a deploy: write the names alone, as in `services: web api`/,
    ],
    ['an image', { services: 'web:1.27' }, /^services: "web:1.27" is no name of a service/],
    [
      'a key of a deploy',
      { services: '- {name: web, replicas: 2}' },
      /^services: web: line 1: `replicas` is no key here: leave it out, for a rollback has it/,
    ],
    ['a key with a typo', { services: '- {name: web, stratgy: canary}' }, /did you mean `strategy`\?/],
    ['an entry without a name', { services: '- {auth-config: a}' }, /^services entry 1 has no `name`/],
    ['a list in a list', { services: '- [web]' }, /^services entry 1 is no name/],
    ['a name twice', { services: 'web Web' }, /^services: "Web" is given twice/],
    ['no stack', { stack: 'a b' }, /^stack: "a b" is no name of a stack/],
    ['prune without a stack', { services: 'web', prune: 'true' }, /^prune: it removes the services of a stack/],
    ['prune unseen', { stack: 'shop', prune: 'true', wait: 'false' }, /^prune: with `wait: false`/],
    ['only beside prune', { stack: 'shop', prune: 'true', only: 'web' }, /^only: with `prune: true`/],
    ['only without a stack', { services: 'web', only: 'web' }, /^only: it is for the services of a `stack`/],
    ['a pause', { stack: 'shop', 'on-failure': 'pause' }, /^on-failure: pause is by the policy of a service/],
    [
      'blue-green for a stack',
      { stack: 'shop', strategy: 'blue-green' },
      /^strategy: blue-green makes a second service/,
    ],
    [
      'archives',
      { services: 'web', images: '- {archive: a.tar, image: a/b:1}' },
      /^images: a rollback has it from the record of what was deployed, and pushes nothing: leave it out$/,
    ],
    [
      'what a plan has',
      { services: 'web', 'fail-on-changes': 'true' },
      /^fail-on-changes: it belongs to `mode: plan`, and this run would go back to what was deployed before/,
    ],
    ['YAML that is none', { services: '- {name: web' }, /^services line 1, column/],
  ])('%s', (_, inputs, message) => {
    expect(refused(inputs)).toEqual(expect.arrayContaining([expect.stringMatching(message)]))
  })

  test('a target in a deploy: whoever meant to go back must not deploy', () => {
    expect(refused({ mode: 'deploy', services: 'web: nginx:1', to: 'previous' })).toEqual([
      'to: it belongs to `mode: plan` and `mode: rollback`, and this run would deploy: leave it out, or write `mode: plan` or `mode: rollback`',
    ])
  })

  test('everything at once', () => {
    expect(refused({ services: 'web', to: 'a b', prune: 'true', 'on-failure': 'pause' })).toHaveLength(3)
  })
})
