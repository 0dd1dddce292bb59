import { expect, test } from '@jest/globals'
import { parseReference } from '../../../src/docker/registry/reference.ts'
import { RegistryError } from '../../../src/docker/registry/registry.ts'
import type { RegistryFailure } from '../../../src/docker/registry/registry-error.ts'
import { CallRefused } from '../../../src/docker/registry/registry-session.ts'
import { pushProblem } from '../../../src/push/words.ts'
import { createConfig, createCredential } from '../../support/builders.ts'

const credential = createCredential({ registry: 'hub.test', username: 'bot', config: 'hub.test' })
const ACCESS = { config: createConfig('hub.test', [credential]), credential }
const REQUEST = {
  place: 'images entry 1',
  archive: 'web.tar',
  path: '/web.tar',
  image: parseReference('hub.test/shop/web:2'),
}

const refused = (failure: RegistryFailure, status: number, codes: string[] = [], said = '') =>
  new CallRefused(failure, status, `it answers ${status}: ${codes.join()} ${said}`, codes)

test.each<[string, RegistryError, string]>([
  [
    'no right',
    refused('forbidden', 403, ['DENIED']),
    'the account may not push there: give it the right to write hub.test/shop/web',
  ],
  [
    'no repository',
    refused('missing', 404, ['NAME_UNKNOWN']),
    'there is no repository hub.test/shop/web, and hub.test makes none by itself',
  ],
  [
    'a tag that stays',
    refused('unknown', 400, ['TAG_INVALID'], 'the repository is immutable'),
    'push it under another tag',
  ],
  ['a tag of Harbor that stays', refused('unknown', 412, ['PRECONDITION']), 'push it under another tag'],
  ['a mirror', refused('unknown', 405, ['UNSUPPORTED']), 'it is a mirror, or read-only'],
  ['a layer that is too large', refused('unknown', 413), 'client_max_body_size'],
  ['a damaged archive', refused('unknown', 400, ['DIGEST_INVALID']), 'the archive is damaged'],
  [
    'an unknown CA',
    new RegistryError('unknown-ca', 'self-signed'),
    "give the authority's certificate in `registry-ca`",
  ],
  ['no TLS', new RegistryError('plain-http', 'wrong version'), 'serve it over HTTPS, or list it there on every node'],
  [
    'no way',
    new RegistryError('unreachable', 'ENOTFOUND'),
    'this runner cannot reach hub.test, and it is the runner that pushes',
  ],
  ['too many', refused('rate-limited', 429), 'limits the rate of requests'],
  ['a wrong password', refused('wrong-credential', 401), 'Check user name and password of the credential of bot'],
  ['a registry that is ill', refused('registry-error', 503), 'check that hub.test is in good health'],
])('%s', (_, error, words) => {
  const line = pushProblem(error, REQUEST, ACCESS)
  expect(line).toMatch(/^images entry 1: hub\.test\/shop\/web:2 cannot be pushed with account bot of hub\.test: /)
  expect(line).toContain(words)
  expect(line).toContain(error.message)
})

test('a name without a registry is one of Docker Hub', () => {
  const image = parseReference('web:2')
  const line = pushProblem(refused('forbidden', 403), { ...REQUEST, image }, undefined)
  expect(line).toContain('web:2 (a name without a registry is one of docker.io) cannot be pushed without a credential')
})

test('without an account the credential is what is missing', () => {
  expect(pushProblem(refused('forbidden', 403), REQUEST, undefined)).toContain(
    'cannot be pushed without a credential: hub.test wants a credential, and this run has none for it: add one to `registries` that may push',
  )
})
