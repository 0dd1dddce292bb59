import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { DEFAULTS } from '../../../../src/inputs/defaults.ts'
import { readAuthRefresh } from '../../../../src/inputs/modes/auth-refresh.ts'
import { STRATEGY_INPUTS } from '../../../../src/inputs/strategies/table.ts'
import { inputVariables, problemsIn } from '../../../support/inputs.ts'

beforeEach(() => {
  jest.spyOn(process.stdout, 'write').mockReturnValue(true)
})
afterEach(() => {
  jest.restoreAllMocks()
})

const ACCOUNT = { username: 'bob', password: 'bobs-own-password' }

function read(inputs: Readonly<Record<string, string>>) {
  // As a runner hands them over.
  const all = { ...DEFAULTS, strategy: 'rolling', mode: 'refresh-auth', ...ACCOUNT, ...inputs }
  return readAuthRefresh(inputVariables(all), STRATEGY_INPUTS)
}

function refused(inputs: Readonly<Record<string, string>>): readonly string[] {
  return problemsIn(() => read(inputs))
}

test.each([
  ['web', { by: 'name', services: [{ name: 'web' }] }],
  ['web, api\nworker', { by: 'name', services: [{ name: 'web' }, { name: 'api' }, { name: 'worker' }] }],
  [
    '- web api\n- {name: db, auth-config: team-a}',
    { by: 'name', services: [{ name: 'web' }, { name: 'api' }, { name: 'db', authConfig: 'team-a' }] },
  ],
  ['all', { by: 'account' }],
  ['label=tier=front label=keep', { by: 'label', labels: ['tier=front', 'keep'] }],
])('services: %j', (services, which) => {
  expect(read({ services })).toMatchObject({ which, wait: true, timeoutSeconds: 600, maxParallel: 10 })
})

test('a stack on the swarm is meant, and no file is looked for', () => {
  expect(read({ stack: 'shop', 'compose-file': 'nowhere.yml' }).which).toEqual({ by: 'stack', stack: 'shop' })
})

describe('what is refused', () => {
  test.each([
    ['nothing', {}, /^services: it is empty: write whose credential to renew: names such as `web api`/],
    ...['# web', '- # web', '[]', '{}', '---', '...'].map((services): [string, { services: string }, RegExp] => {
      return [`nothing but ${services}`, { services }, /^services: (?:it is empty: write whose|entry 1 is empty: )/]
    }),
    ['an entry that is empty beside others', { services: '- web\n- ' }, /^services: entry 2 is empty: write the name/],
    ['an entry that is a list', { services: '- web\n- [api]' }, /^services: entry 2 is a list: write the name/],
    ['both', { services: 'web', stack: 'shop' }, /^`services` and `stack` are both given/],
    [
      'an image',
      { services: 'web: ghcr.io/org/web:1.2' },
      /`web: …` is for a deploy, and here no image is set: write the names alone, as in `web`$/,
    ],
    [
      'an entry of a deploy',
      { services: '- {name: web, replicas: 3}' },
      /^services: line 1: `replicas` is for a deploy/,
    ],
    ['an entry without a name', { services: '- {auth-config: a}' }, /^services: an entry has no `name`/],
    ['names beside labels', { services: 'web label=tier' }, /^services: names and `label=` stand side by side/],
    ['a label of no name', { services: 'label=' }, /^services: `label=` names no label/],
    ['all beside names', { services: 'all web' }, /^services: `all` stands beside of names/],
    ['a name twice', { services: 'web web' }, /^services: "web" is given twice/],
    ['an image alone', { services: 'ghcr.io/org/web' }, /^services: "ghcr.io\/org\/web" is no name of a service/],
    ['no name of a stack', { stack: 'my shop' }, /^stack: "my shop" is no name of a stack/],
  ])('%s', (_, inputs, problem) => {
    expect(refused(inputs)).toEqual([expect.stringMatching(problem)])
  })

  test('all that asks for a deploy, at once', () => {
    const problems = refused({ services: 'web', prune: 'true', prepare: 'auto', 'fail-on-changes': 'true' })
    expect(problems).toEqual([
      expect.stringMatching(
        /^prune: it belongs to `mode: deploy`.*, and this run would only renew stored credentials: leave it out, or write `mode: deploy`/,
      ),
      expect.stringMatching(/^prepare: it belongs to `mode: deploy`/),
      expect.stringMatching(/^fail-on-changes: it belongs to `mode: plan`, /),
    ])
  })
})
