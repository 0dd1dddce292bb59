import { describe, expect, test } from '@jest/globals'
import { ecrRegistry } from '../../../../src/docker/registry/ecr.ts'
import { readInputs } from '../../../../src/inputs/read.ts'
import { STRATEGY_INPUTS } from '../../../../src/inputs/strategies/table.ts'
import { redact } from '../../../../src/runner/secrets/secret.ts'
import { problemsIn } from '../../../support/inputs.ts'

delete process.env.GITHUB_ACTIONS

const HOST = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
const ROLE = 'arn:aws:iam::123456789012:role/ci/pull'
const ENV = { KEY_ID: 'AKIAOFSHOP0', KEY: 'canary-of-the-pair', SESSION: 'canary-of-a-session', EMPTY: '' }

function credentials(registries: string) {
  return readInputs({ INPUT_SERVICES: 'web: nginx:1', INPUT_REGISTRIES: registries, ...ENV }, STRATEGY_INPUTS)
    .credentials
}

function problems(registries: string): readonly string[] {
  return problemsIn(() => credentials(registries))
}

test('an entry for Amazon without an account is told of `ecr`', () => {
  expect(problems(`- {registry: ${HOST}}`).join()).toContain('`username` is missing: write `ecr: true`, and Amazon')
  expect(problems('- {registry: ghcr.io}').join()).toContain('`username` is missing: write the name of the account')
})

describe('an entry with `ecr`', () => {
  test.each([
    ['true', { from: 'environment' }],
    ['"TRUE"', { from: 'environment' }],
    [`{role: "${ROLE}"}`, { from: 'workflow', role: ROLE }],
  ])('%s', (ecr, aws) => {
    expect(credentials(`- {registry: ${HOST}/shop, ecr: ${ecr}}`)).toMatchObject([
      { registry: HOST, path: 'shop', config: `${HOST}/shop`, username: 'AWS', aws },
    ])
  })

  test('a key pair is read from variables, and masked', () => {
    const [credential] = credentials(
      `- {registry: ${HOST}, config: shop, ecr: {access-key-id-env: KEY_ID, secret-access-key-env: KEY, session-token-env: SESSION}}`,
    )
    const { aws } = credential ?? {}
    if (aws?.from !== 'keys') throw new Error('no key pair')
    expect([aws.id, aws.secret, aws.session].map((secret) => secret?.reveal())).toEqual([
      ENV.KEY_ID,
      ENV.KEY,
      ENV.SESSION,
    ])
    expect(redact(Object.values(ENV).join(' '))).toBe('*** *** *** ')
    expect(redact('the variables KEY_ID and SESSION')).toBe('the variables KEY_ID and SESSION')
  })

  test('the nodes may store another credential', () => {
    const [credential] = credentials(`- {registry: ${HOST}, ecr: true, stored-username: AWS, stored-password-env: KEY}`)
    expect(credential?.stored?.password.reveal()).toBe(ENV.KEY)
  })

  test('`ecr: false` is none', () => {
    expect(credentials(`- {registry: ghcr.io, username: bot, password-env: KEY, ecr: false}`)[0]).not.toHaveProperty(
      'aws',
    )
  })

  test.each([
    [
      'a registry of somebody else',
      '- {registry: ghcr.io, ecr: true}',
      /`ecr` is for Amazon's registries, and ghcr.io is none: write/,
    ],
    [
      'a user name as well',
      `- {registry: ${HOST}, ecr: true, username: AWS}`,
      /with `ecr` Amazon gives the login: leave `username` out/,
    ],
    ['a word', `- {registry: ${HOST}, ecr: yes}`, /`ecr` is neither a switch nor a mapping: write `true`/],
    [
      'a role that is none',
      `- {registry: ${HOST}, ecr: {role: swarm-pull}}`,
      /`role` is no ARN of a role: write arn:aws:iam/,
    ],
    [
      'a role and a pair',
      `- {registry: ${HOST}, ecr: {role: "${ROLE}", access-key-id-env: KEY_ID}}`,
      /leave one of the two out/,
    ],
    [
      'half a pair',
      `- {registry: ${HOST}, ecr: {access-key-id-env: KEY_ID}}`,
      /`ecr` lacks `secret-access-key-env`: write/,
    ],
    [
      'a variable that is empty',
      `- {registry: ${HOST}, ecr: {access-key-id-env: KEY_ID, secret-access-key-env: EMPTY}}`,
      /`secret-access-key-env` names is not set or empty: write/,
    ],
    [
      'an unknown key',
      `- {registry: ${HOST}, ecr: {secret-access-key: canary-in-place}}`,
      /`ecr` has an unknown key: write/,
    ],
    ['no registry', '- {ecr: true}', /`registry` is missing: write that of Amazon/],
  ])('refuses %s', (_what, text, said) => {
    const all = problems(text)
    expect(all).toEqual([expect.stringMatching(said)])
    expect(all.join()).not.toContain('canary')
  })

  test('the key itself in the place of a variable is masked', () => {
    problems(`- {registry: ${HOST}, ecr: {secret-access-key: canary-in-another-place}}`)
    expect(redact('canary-in-another-place')).toBe('***')
  })
})

test.each([
  [HOST, { isPublic: false, region: 'eu-central-1', isFips: false }],
  ['123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com', { isPublic: false, region: 'us-gov-west-1', isFips: true }],
  ['123456789012.dkr-ecr.ap-southeast-2.on.aws', { isPublic: false, region: 'ap-southeast-2', isFips: false }],
  ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', { isPublic: false, region: 'cn-north-1', isFips: false }],
  ['public.ecr.aws', { isPublic: true, region: 'us-east-1', isFips: false }],
  ['ghcr.io', undefined],
  ['dkr.ecr.eu-central-1.amazonaws.com', undefined],
  ['123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil.test', undefined],
])('%s', (registry, known) => {
  expect(ecrRegistry(registry)).toEqual(known)
})
