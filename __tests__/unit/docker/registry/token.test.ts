import { describe, expect, test } from '@jest/globals'
import { tokenOf } from '../../../../src/docker/registry/token.ts'
import { Secret } from '../../../../src/runner/secrets/secret.ts'
import { createCredential } from '../../../support/builders.ts'

const NOW = Date.UTC(2026, 10, 26, 18)
const HOUR = 3_600_000
const END = NOW / 1000 + 1800

const base64 = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64')
const base64url = (value: unknown) => base64(value).replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_')
const jwt = (claims: unknown, header: unknown = { alg: 'RS256', typ: 'JWT' }) =>
  `${base64url(header)}.${base64url(claims)}.c2lnbmF0dXJl`

interface Given {
  readonly password: string
  readonly username?: string
  readonly registry?: string
  readonly env?: Readonly<Record<string, string>>
}

function found({ password, username = 'bot', registry = 'ghcr.io', env = {} }: Given) {
  return tokenOf(createCredential({ username, registry, password: new Secret(password) }), NOW, env)
}

describe('a token that ends with the job', () => {
  test.each<[string, Given, string]>([
    ['by its form', { password: 'ghs_16C7e42F292c6912E7710c838347Ae178B4a' }, "a job's own token"],
    ['by the user of GitHub', { password: 'f00dfeed', username: 'github-actions[bot]' }, "a job's own token"],
    ['by the user of an App', { password: 'f00dfeed', username: 'x-access-token' }, "a job's own token"],
    ['by GITHUB_TOKEN', { password: 'f00dfeed', env: { GITHUB_TOKEN: 'f00dfeed' } }, "a job's own token"],
    [
      'by the token of the run',
      { password: 'f00dfeed', env: { ACTIONS_RUNTIME_TOKEN: 'f00dfeed' } },
      "a job's own token",
    ],
    ['by the form of GitLab', { password: 'glcbt-64_abcdefgh' }, 'of GitLab'],
    ['by the user of GitLab', { password: 'f00dfeed', username: 'gitlab-ci-token' }, 'of GitLab'],
    ['by CI_JOB_TOKEN', { password: 'f00dfeed', env: { CI_JOB_TOKEN: 'f00dfeed\n' } }, 'of GitLab'],
    [
      'by CI_REGISTRY_PASSWORD',
      { password: 'f00dfeed', env: { GITLAB_CI: 'true', CI_REGISTRY_PASSWORD: 'f00dfeed' } },
      'of GitLab',
    ],
  ])('is known %s', (_name, given, is) => {
    const token = found(given)
    expect(token?.end).toEqual({ with: 'job' })
    expect(token?.is).toContain(is)
  })

  test.each<[string, Given]>([
    ['another value than the variable', { password: 'f00dfeed', env: { GITHUB_TOKEN: 'cafebabe' } }],
    [
      'CI_REGISTRY_PASSWORD that somebody has set to his own',
      { password: 'mine-77', env: { GITLAB_CI: 'true', CI_JOB_TOKEN: 'glcbt-x', CI_REGISTRY_PASSWORD: 'mine-77' } },
    ],
    ['CI_REGISTRY_PASSWORD outside of GitLab', { password: 'mine-77', env: { CI_REGISTRY_PASSWORD: 'mine-77' } }],
    ['a deploy token under the name of the job', { password: 'gldt-abcdefgh', username: 'gitlab-ci-token' }],
    ["an organisation's token of Docker Hub", { password: 'dckr_oat_abcdefgh', registry: 'docker.io' }],
    ['a word that only begins like one', { password: 'xghs_abc' }],
    ['any other user and password', { password: 'wonderland-7' }],
    ['the key of a service account', { password: '{"type": "service_account"}', username: '_json_key' }],
  ])('is not %s', (_name, given) => {
    expect(found(given)).toBeUndefined()
  })

  test('is not a personal token in the variable GITHUB_TOKEN, which lasts', () => {
    const password = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a'
    const token = found({ password, username: 'x-access-token', env: { GITHUB_TOKEN: password } })
    expect(token).toMatchObject({ is: expect.stringContaining('personal token of GitHub'), end: undefined })
  })
})

describe('a token that ends after a time', () => {
  test.each<[string, Given, number]>([
    ['Amazon, by its user', { password: 'f00dfeed', username: 'AWS', registry: 'registry.example.com' }, 12],
    ['Amazon, by its registry', { password: 'f00dfeed', registry: '123456789012.dkr.ecr.eu-west-1.amazonaws.com' }, 12],
    ['Amazon in China', { password: 'f00dfeed', registry: '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn' }, 12],
    ['Amazon with IPv6', { password: 'f00dfeed', registry: '123456789012.dkr-ecr.eu-west-1.on.aws' }, 12],
    ['Amazon, public', { password: 'f00dfeed', registry: 'public.ecr.aws' }, 12],
    ['Azure', { password: 'f00dfeed', username: '00000000-0000-0000-0000-000000000000' }, 3],
    ['Google, by its user', { password: 'f00dfeed', username: 'oauth2accesstoken' }, 1],
    ['Google, by its form', { password: 'ya29.c.b0AXv0zTN' }, 1],
  ])('of %s ends at the latest so many hours from now', (_name, given, hours) => {
    expect(found(given)?.end).toEqual({ at: NOW + hours * HOUR, isExact: false })
  })

  test.each<[string, Given]>([
    ['of anybody', { password: jwt({ exp: END }) }],
    ['of Docker Hub', { password: jwt({ exp: END }), registry: 'docker.io' }],
    ['with a part of a second', { password: jwt({ exp: END + 0.75 }) }],
    ['of Azure', { password: jwt({ exp: END }), username: '00000000-0000-0000-0000-000000000000' }],
    ['behind the prefix of GitHub', { password: `ghs_123456_${jwt({ exp: END })}` }],
    ['behind the prefix of GitLab', { password: `glcbt-${jwt({ exp: END })}` }],
    [
      'of Amazon, which is an object of its own',
      { password: base64({ payload: 'x/+', expiration: END }), username: 'AWS' },
    ],
  ])('that says so itself ends then: %s', (_name, given) => {
    expect(found(given)?.end).toEqual({ at: END * 1000, isExact: true })
  })

  test('has its maker and its remedy, where only Docker Hub is known', () => {
    expect(found({ password: jwt({ exp: END }), registry: 'docker.io' })).toMatchObject({
      is: 'a token of Docker Hub that ends by itself',
      remedy: "give an organisation's token with read-only scope",
    })
  })
})

describe('what looks like a token and tells no end', () => {
  const nested = '['.repeat(8000) + ']'.repeat(8000)
  test.each<[string, string]>([
    ['no end', jwt({ sub: 'bot' })],
    ['an end in words', jwt({ exp: '2026-11-26' })],
    ['an end in milliseconds', jwt({ exp: END * 1000 })],
    ['a negative end', jwt({ exp: -1 })],
    ['an end that is no number', jwt(`{"exp": 1e999}`)],
    ['an end that is an object', jwt({ exp: { valueOf: END } })],
    ['an end of its prototype', jwt(`{"__proto__": {"exp": ${END}}}`)],
    ['a list for its claims', jwt([{ exp: END }])],
    ['nothing for its claims', jwt('null')],
    ['claims that are no JSON', jwt('{"exp": ')],
    ['claims of great depth', jwt(nested)],
    ['no header', jwt({ exp: END }, 'text')],
    ['two parts', jwt({ exp: END }).replace(/\.[^.]*$/, '')],
    ['five parts, whose claims are encrypted', `${jwt({ exp: END })}.x.y`],
    ['more than a token has', jwt({ exp: END, more: 'x'.repeat(20_000) })],
    ['nothing but dots', '..'],
  ])('is a password like any other: with %s', (_name, password) => {
    expect(found({ password })).toBeUndefined()
  })

  test('keeps the rule of its maker', () => {
    const given = { username: '00000000-0000-0000-0000-000000000000', password: jwt({ exp: 'soon' }) }
    expect(found(given)?.end).toEqual({ at: NOW + 3 * HOUR, isExact: false })
  })
})
