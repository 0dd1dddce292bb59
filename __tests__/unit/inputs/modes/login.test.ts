import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { DEFAULTS } from '../../../../src/inputs/defaults.ts'
import { readLogin } from '../../../../src/inputs/modes/login.ts'
import { STRATEGY_INPUTS } from '../../../../src/inputs/strategies/table.ts'
import { inputVariables, problemsIn } from '../../../support/inputs.ts'

beforeEach(() => {
  jest.spyOn(process.stdout, 'write').mockReturnValue(true)
})
afterEach(() => {
  jest.restoreAllMocks()
})

const GHCR = '- {registry: ghcr.io, username: bot, password: pw-of-the-bot, config: ghcr}'
const HUB = '- {registry: docker.io, username: org, password: pw-of-the-org, config: hub}'
const BOTH = `${GHCR}\n${HUB}`

function read(inputs: Readonly<Record<string, string>>) {
  const all = { ...DEFAULTS, strategy: 'rolling', mode: 'login', ...inputs }
  return readLogin(inputVariables(all), STRATEGY_INPUTS)
}

function refused(inputs: Readonly<Record<string, string>>): readonly string[] {
  return problemsIn(() => read(inputs))
}

test('accounts are all that it needs', () => {
  expect(read({ registries: BOTH })).toMatchObject({
    credentials: [{ config: 'ghcr' }, { config: 'hub' }],
    pullSecrets: [],
  })
  expect(read({ username: 'org', password: 'pw-of-the-org' }).credentials).toHaveLength(1)
})

test.each([
  ['pull', GHCR, [{ config: 'ghcr', name: 'pull', namespace: undefined }]],
  ['pull/shop', GHCR, [{ config: 'ghcr', name: 'pull', namespace: 'shop' }]],
  ['ghcr: pull/shop', BOTH, [{ config: 'ghcr', name: 'pull', namespace: 'shop' }]],
  [
    '{ghcr: pull/shop, hub: pull/ops}',
    BOTH,
    [
      { config: 'ghcr', name: 'pull', namespace: 'shop' },
      { config: 'hub', name: 'pull', namespace: 'ops' },
    ],
  ],
])('pull-secret: %j', (text, registries, pullSecrets) => {
  expect(read({ registries, 'pull-secret': text }).pullSecrets).toEqual(pullSecrets)
})

describe('what is refused', () => {
  test.each([
    ['no account', {}, /^registries: it is empty, and there is nothing to log in to/],
    [
      'one Secret for two configs',
      { registries: BOTH, 'pull-secret': 'pull' },
      /^pull-secret: there are the configs `ghcr` and `hub`: write which of them each Secret holds, as in `ghcr: NAME\/NAMESPACE`$/,
    ],
    [
      'a config that is none',
      { registries: BOTH, 'pull-secret': 'ghrc: pull' },
      /^pull-secret: there is no config "ghrc": write `ghcr` or `hub`$/,
    ],
    [
      'a wrong name',
      { registries: GHCR, 'pull-secret': 'Pull_Secret' },
      /^pull-secret: "Pull_Secret" is no name of a Secret/,
    ],
    [
      'a wrong namespace',
      { registries: GHCR, 'pull-secret': 'pull/my.shop' },
      /^pull-secret: "my.shop" is no name of a namespace/,
    ],
    ['two slashes', { registries: GHCR, 'pull-secret': 'a/b/c' }, /^pull-secret: "a\/b\/c" has two slashes/],
    ['nothing but a comment', { registries: GHCR, 'pull-secret': '# pull' }, /^pull-secret: it names no Secret/],
    ['a mapping of nothing', { registries: GHCR, 'pull-secret': '{}' }, /^pull-secret: it names no Secret/],
    ['a list', { registries: GHCR, 'pull-secret': '- pull' }, /^pull-secret: this is a list/],
    [
      'one name twice',
      { registries: BOTH, 'pull-secret': '{ghcr: pull, hub: pull}' },
      /^pull-secret: the Secret pull is written twice/,
    ],
    [
      'a deploy',
      { registries: GHCR, services: 'web: nginx' },
      /^services: it belongs to .*, and this run would only log in: leave it out, or write `mode: deploy`/,
    ],
  ])('%s', (_, inputs, problem) => {
    expect(refused(inputs)).toEqual([expect.stringMatching(problem)])
  })

  test('what is wrong with an account is told once, and nothing that follows from it', () => {
    const problems = refused({ registries: '- {registry: ghcr.io, username: bot}', 'pull-secret': 'pull' })
    expect(problems).toHaveLength(1)
  })
})
