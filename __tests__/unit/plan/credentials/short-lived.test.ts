import { describe, expect, test } from '@jest/globals'
import { shortLived } from '../../../../src/plan/credentials/short-lived.ts'
import { Secret } from '../../../../src/runner/secrets/secret.ts'
import { createCredential } from '../../../support/builders.ts'

const NOW = Date.UTC(2026, 10, 26, 18, 30)
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const endingAt = (ms: number) => new Secret(`${base64url({ alg: 'RS256' })}.${base64url({ exp: ms / 1000 })}.c2ln`)
const lines = (credential: Parameters<typeof createCredential>[0], names: readonly string[] = ['web']) => {
  const one = createCredential(credential)
  return shortLived(
    names.map((name) => ({ name, credential: one })),
    NOW,
    NOW + 10 * MINUTE,
  )
}

describe('a credential that would be stored and ends soon', () => {
  test('is told once, with its services, its end and what to use instead, and without the secret', () => {
    const password = new Secret('ghs_16C7e42F292c6912E7710c838347Ae178B4a')
    expect(lines({ password, origin: 'registries entry 2' }, ['web', 'api'])).toEqual([
      'the password of alice for ghcr.io (registries entry 2) is a job\'s own token, which ends with the job: from then on no node can pull the image of web, api with it. What to do: give one of a machine account with only `read:packages`, or give the nodes one of their own: `stored-password-env` in an entry of `registries`. More: "What lives how long" in docs/registries.md of this action',
    ])
  })

  test.each<[string, Parameters<typeof createCredential>[0], string]>([
    ['at a time', { username: 'AWS' }, 'which ends at 2026-11-27 06:30:00 UTC at the latest: '],
    ['at its own time', { password: endingAt(NOW + 90 * MINUTE) }, 'which ends at 2026-11-26 20:00:00 UTC: '],
    ['before now', { password: endingAt(NOW - MINUTE) }, 'which ended at 2026-11-26 18:29:00 UTC: '],
  ])('says when: %s', (_name, credential, words) => {
    const [line] = lines(credential)
    expect(line).toContain(words)
    expect(line).not.toContain('`timeout`')
  })

  test('says so when the run may outlive it', () => {
    expect(lines({ password: endingAt(NOW + 5 * MINUTE) })).toEqual([
      expect.stringContaining(
        'That is before the `timeout` of this run is over (2026-11-26 18:40:00 UTC), so that even this rollout may fail of it.',
      ),
    ])
    expect(lines({ password: endingAt(NOW + 10 * MINUTE) })[0]).not.toContain('`timeout`')
  })

  test('is the one for the nodes where there is one', () => {
    const ofJob = { password: new Secret('ghs_16C7e42F292c6912E7710c838347Ae178B4a') }
    const lasting = { registry: 'ghcr.io', username: 'bot', password: new Secret('nodes-7'), kind: 'password' } as const
    expect(lines({ ...ofJob, stored: lasting })).toEqual([])
    const [line] = lines({ stored: { ...lasting, ...ofJob } })
    expect(line).toMatch(/^the stored password of bot for ghcr\.io .*What to do: give [^,]*\. More/)
  })

  test.each<[string, Parameters<typeof createCredential>[0]]>([
    ['a password', {}],
    ['a personal token, which lasts', { password: new Secret('ghp_16C7e42F292c6912E7710c838347Ae178B4a') }],
    ['a token whose own end is far', { password: endingAt(NOW + 30 * DAY) }],
  ])('is not %s', (_name, credential) => {
    expect(lines(credential)).toEqual([])
  })

  test('is each one of several', () => {
    const credentials = ['AWS', 'oauth2accesstoken', 'bot'].map((username) => createCredential({ username }))
    const storing = credentials.map((credential, index) => ({ name: `s${index}`, credential }))
    expect(shortLived(storing, NOW, NOW)).toEqual([
      expect.stringMatching(/of AWS .* image of s0 with it/),
      expect.stringMatching(/of oauth2accesstoken .* image of s1 with it/),
    ])
  })
})
