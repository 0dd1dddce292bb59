import { describe, expect, test } from '@jest/globals'
import type { Healthcheck } from '../../../../src/docker/api.ts'
import {
  effectiveCheck,
  type Health,
  lastFailure,
  type MeantToEnd,
  mayHaveFailed,
  notYetHealthy,
  type UnseenCheck,
} from '../../../../src/docker/swarm/health.ts'
import { Secret } from '../../../../src/runner/secrets/secret.ts'

const TEST = ['CMD-SHELL', 'true']
const MINUTE = 60e9

describe('the health check of a container', () => {
  test.each<[string, Healthcheck | undefined, Healthcheck | undefined, Healthcheck | undefined]>([
    ["the service's own", { Test: TEST, Interval: 1e9 }, { Test: ['CMD', 'other'], Interval: 2e9 }, { Interval: 1e9 }],
    ["the image's", undefined, { Test: TEST, StartPeriod: 3e9 }, { Test: TEST, StartPeriod: 3e9 }],
    [
      "the image's with the service's times",
      { Interval: 1e9 },
      { Test: TEST, Interval: 2e9 },
      { Test: TEST, Interval: 1e9 },
    ],
    ["the image's, for an empty one", { Test: [], Interval: 0 }, { Test: TEST, Interval: 2e9 }, { Interval: 2e9 }],
    ['none that is switched off', { Test: ['NONE'] }, { Test: TEST }, undefined],
    ['none that the image has switched off', undefined, { Test: ['NONE'] }, undefined],
    ['none where there is none', undefined, undefined, undefined],
    ['none where only times are given', { Interval: 1e9 }, undefined, undefined],
  ])('is %s', (_, own, image, expected) => {
    const check = effectiveCheck(own, image)
    if (expected === undefined) expect(check).toBeUndefined()
    else expect(check).toMatchObject(expected)
  })
})

describe('what a task waits for that is starting', () => {
  const failed = (Output: string): Health => ({ Log: [{ ExitCode: 0 }, { ExitCode: 1, Output }] })

  test.each<[Healthcheck, Health | undefined, string]>([
    [{ Interval: 20 * MINUTE }, undefined, 'its health check has not passed yet; its interval is 20 m'],
    [{}, { Log: [] }, 'its health check has not passed yet; its interval is 30 s'],
    [
      { Interval: 5e9, StartPeriod: 90e9 },
      failed('connection\n refused\n'),
      'its health check has not passed yet, and ended with exit code 1: connection refused; its interval is 5 s, its start period 90 s',
    ],
  ])('%j with %j', (check, health, words) => {
    expect(notYetHealthy(check, health)).toBe(words)
  })

  test.each<[Health | undefined, string | undefined]>([
    [undefined, undefined],
    [{}, undefined],
    [
      {
        Log: [
          { ExitCode: 1, Output: 'old' },
          { ExitCode: 0, Output: 'fine' },
        ],
      },
      undefined,
    ],
    [{ Log: [{ ExitCode: -1 }] }, 'exit code -1'],
    [failed(''), 'exit code 1'],
    [failed('x'.repeat(300)), `exit code 1: ${'x'.repeat(200)}… (100 more characters)`],
  ])('the last word of %j is %j', (health, words) => {
    expect(lastFailure(health)).toBe(words)
  })

  test('hides a secret that the check has printed in several lines', () => {
    new Secret('C4nary of the check')
    expect(lastFailure(failed('no C4nary of\n  the check here'))).toBe('exit code 1: no *** here')
  })

  test('is told without the run that was killed as its container ended', () => {
    const Log = [
      { ExitCode: 1, Output: 'no base', End: '2026-11-28T12:37:35.179097425Z' },
      { ExitCode: 137, Output: '', End: '2026-11-28T12:37:37.204535808Z' },
    ]
    expect(lastFailure({ Log }, '2026-11-28T12:37:37.198468663Z')).toBe('exit code 1: no base')
    expect(lastFailure({ Log }, '2026-11-28T12:37:39.198468663Z')).toBe('exit code 137')
    expect(lastFailure({ Log }, '0001-01-01T00:00:00Z')).toBe('exit code 137')
  })
})

describe('a health check that nobody can ask any more', () => {
  const known = (check: Healthcheck): UnseenCheck => ({ check, isKnown: true })
  const unknown: UnseenCheck = { check: {}, isKnown: false }
  /** It began to start at 0, and to run then, if it did. */
  const ended = (unseen: UnseenCheck, endedAfter: number, ranAfter?: number, ends: MeantToEnd = 'for good') => {
    const up = {
      startingAt: 0,
      startingSeconds: endedAfter - 1,
      ...(ranAfter !== undefined && { runningAt: ranAfter * 1000 }),
    }
    return mayHaveFailed(unseen, up, endedAfter * 1000, ends)
  }

  test.each<[string, UnseenCheck, number]>([
    ["docker's own times", known({}), 90],
    ['its interval and retries', known({ Interval: 10e9, Retries: 2 }), 20],
    ['a start period, after which it runs at once', known({ Interval: 10e9, StartPeriod: 60e9, Retries: 2 }), 70],
    ["an image that is not here: docker's own times", unknown, 90],
  ])('can have failed once the task was up for as long as that takes: %s', (_, unseen, seconds) => {
    expect(ended(unseen, seconds - 0.1)).toBe(false)
    expect(ended(unseen, seconds)).toBe(true)
  })

  const check = known({ Interval: 10e9, Retries: 2 })

  test('has not passed where the task is told as running for a moment only, at its end', () => {
    expect(ended(check, 21, 20.9)).toBe(true)
  })

  test.each([
    [15, false],
    [20, true],
  ])('that has passed can have failed after that: %d s after that %p', (seconds, expected) => {
    expect(ended(check, 40 + seconds, 40)).toBe(expected)
  })

  test('of a job is believed once it has passed', () => {
    expect(ended(check, 600, 15, 'as a job')).toBe(false)
    expect(ended(check, 20, undefined, 'as a job')).toBe(true)
  })

  test.each([
    [2.9, false],
    [3, true],
  ])('of an image that is not here is what a task that is to run on was waiting for: %d s: %p', (seconds, expected) => {
    const up = { startingAt: 0, startingSeconds: seconds - 0.5 }
    expect(mayHaveFailed(unknown, up, seconds * 1000, 'never')).toBe(expected)
    expect(ended(check, 19, undefined, 'never')).toBe(false)
  })

  test('of an image that is not here may be none at all: what ran on is done', () => {
    expect(ended(unknown, 600, 1)).toBe(false)
  })

  test('is none as far as is known where the task was not seen to start for so long', () => {
    expect(mayHaveFailed(unknown, { startingAt: 0, startingSeconds: 1 }, 600_000, 'for good')).toBe(false)
    expect(mayHaveFailed(check, {}, 600_000, 'for good')).toBe(false)
  })
})
