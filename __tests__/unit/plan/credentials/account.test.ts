import { expect, test } from '@jest/globals'
import type { Credential } from '../../../../src/inputs/accounts/credential.ts'
import { accountInWords, requestWith } from '../../../../src/plan/credentials/account.ts'
import { Secret } from '../../../../src/runner/secrets/secret.ts'

const credential = (more: Partial<Credential>): Credential => ({
  origin: 'registries entry 1',
  config: 'ghcr.io/acme',
  registry: 'ghcr.io',
  path: 'acme',
  username: 'bot',
  password: new Secret('the password', 'bot'),
  kind: 'password',
  ...more,
})

test('a name that is the password too is not told', () => {
  const username = 'night-owl-of-ops'
  expect(accountInWords(credential({ username, password: new Secret(username) }))).toBe('account *** of ghcr.io/acme')
})

test.each([
  ['a config that nobody has named', {}, 'account bot of ghcr.io/acme', undefined],
  ['of a whole registry', { path: '', config: 'ghcr.io' }, 'account bot of ghcr.io', undefined],
  ['a name of the user', { config: 'team-a' }, 'account bot of ghcr.io/acme (config team-a)', 'team-a'],
] as const)('%s', (_, more, words, config) => {
  expect(accountInWords(credential(more))).toBe(words)
  expect(requestWith(credential(more))).toEqual({ registry: 'ghcr.io', username: 'bot', ...(config && { config }) })
})
