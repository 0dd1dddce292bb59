import { describe, expect, test } from '@jest/globals'
import type { Healthcheck } from '../../../../src/docker/api.ts'
import { effectiveCheck, type Health, lastFailure, notYetHealthy } from '../../../../src/docker/swarm/health.ts'

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
})
