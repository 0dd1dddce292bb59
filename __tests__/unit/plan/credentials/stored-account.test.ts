import { describe, expect, test } from '@jest/globals'
import { sameSpec } from '../../../../src/docker/specs/spec-comparison.ts'
import { specDifference } from '../../../../src/docker/specs/spec-difference.ts'
import {
  accountLabelsOf,
  hasEnded,
  NO_ACCOUNT_LABELS,
  storedAccountLabels,
  storedAccountOf,
  withAccountLabels,
} from '../../../../src/plan/credentials/stored-account.ts'
import { Secret } from '../../../../src/runner/secrets/secret.ts'
import { createCredential } from '../../../support/builders.ts'

const NOW = Date.UTC(2026, 10, 26, 18, 30)
const SPEC = { Name: 'web', Labels: { app: 'shop' }, Mode: {}, TaskTemplate: {} }

const written = (overrides: Parameters<typeof createCredential>[0]) =>
  withAccountLabels(SPEC, storedAccountLabels(createCredential(overrides), NOW))

describe('the labels of a stored credential', () => {
  test('say whose it is and since when, and no secret', () => {
    expect(written({}).Labels).toEqual({
      app: 'shop',
      'swarm-deploy.auth.registry': 'ghcr.io',
      'swarm-deploy.auth.account': 'alice',
      'swarm-deploy.auth.stored-at': '2026-11-26T18:30:00Z',
    })
  })

  test.each<[string, Parameters<typeof createCredential>[0], string]>([
    ['a time', { username: 'AWS' }, '2026-11-27T06:30:00Z'],
    ['the job', { password: new Secret('ghs_16C7e42F292c6912E7710c838347Ae178B4a') }, 'job'],
  ])('say when it ends: %s', (_name, overrides, expires) => {
    expect(written(overrides).Labels?.['swarm-deploy.auth.expires']).toBe(expires)
  })

  test('have no token that stands in the place of the name', () => {
    const username = `dop_v1_${'0a'.repeat(32)}`
    const labels = written({ username, password: new Secret(username) }).Labels
    expect(labels?.['swarm-deploy.auth.account']).toBe('***')
    const ofPassword = written({ username: 'night-owl-of-ops', password: new Secret('night-owl-of-ops') }).Labels
    expect(ofPassword?.['swarm-deploy.auth.account']).toBe('***')
    const ofOlder = { ...SPEC, Labels: { ...labels, 'swarm-deploy.auth.account': username } }
    expect(storedAccountOf(ofOlder)?.account).toBe('***')
  })

  test('replace those of the one before, all of them', () => {
    const lasting = storedAccountLabels(createCredential(), NOW)
    expect(withAccountLabels(written({ username: 'AWS' }), lasting)).toEqual(written({}))
    expect(withAccountLabels(written({ username: 'AWS' }), NO_ACCOUNT_LABELS)).toEqual(SPEC)
  })

  test('are carried over from one spec to another', () => {
    const before = written({ username: 'AWS' })
    expect(withAccountLabels(SPEC, accountLabelsOf(before))).toEqual(before)
    expect(withAccountLabels(before, accountLabelsOf(SPEC))).toEqual(SPEC)
  })

  test('are no difference between two specs', () => {
    expect(sameSpec(SPEC, written({ username: 'AWS' }))).toBe(true)
    expect(specDifference(SPEC, written({ username: 'AWS' }))).toEqual([])
  })

  test("leave the user's own choice of a config alone", () => {
    const chosen = { ...SPEC, Labels: { 'swarm-deploy.auth.config': 'mirror' } }
    expect(withAccountLabels(chosen, NO_ACCOUNT_LABELS)).toEqual(chosen)
    expect(sameSpec(SPEC, chosen)).toBe(false)
  })
})

describe('what the labels of a service say', () => {
  test('is what was written', () => {
    expect(storedAccountOf(written({}))).toEqual({
      registry: 'ghcr.io',
      account: 'alice',
      storedAt: NOW,
      end: undefined,
    })
    expect(storedAccountOf(written({ username: 'AWS' }))?.end).toEqual({ at: NOW + 12 * 3_600_000, isExact: false })
    expect(storedAccountOf(written({ username: 'gitlab-ci-token' }))?.end).toEqual({ with: 'job' })
  })

  test('is of no account where only a token was stored', () => {
    const token = { kind: 'identity-token' as const, username: '', password: new Secret('refresh-token-7') }
    expect(storedAccountOf(written(token))).toMatchObject({ registry: 'ghcr.io', account: '' })
  })

  test.each<[string, Readonly<Record<string, string>>]>([
    ['none', {}],
    ['no time', { 'swarm-deploy.auth.registry': 'ghcr.io', 'swarm-deploy.auth.account': 'bot' }],
    [
      'a time of somebody else',
      { 'swarm-deploy.auth.registry': 'ghcr.io', 'swarm-deploy.auth.stored-at': '2026-99-99T00:00:00Z' },
    ],
  ])('is nothing with %s', (_name, Labels) => {
    expect(storedAccountOf({ ...SPEC, Labels })).toBeUndefined()
  })

  test('is no end where somebody has written one that is no time', () => {
    const spec = written({ username: 'AWS' })
    const odd = { ...spec, Labels: { ...spec.Labels, 'swarm-deploy.auth.expires': 'tomorrow::error::x' } }
    expect(storedAccountOf(odd)?.end).toBeUndefined()
  })
})

test('a credential has ended at its time, and with its job for everybody after that', () => {
  expect(hasEnded(undefined, NOW)).toBe(false)
  expect(hasEnded({ with: 'job' }, NOW)).toBe(true)
  expect(hasEnded({ at: NOW, isExact: true }, NOW)).toBe(true)
  expect(hasEnded({ at: NOW + 1, isExact: true }, NOW)).toBe(false)
})
