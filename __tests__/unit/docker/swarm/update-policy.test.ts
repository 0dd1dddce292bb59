import { describe, expect, test } from '@jest/globals'
import { parseGoJson } from '../../../../src/docker/engine/go-json.ts'
import {
  DEFAULT_MONITOR_SECONDS,
  monitorSecondsOf,
  updateDelaySeconds,
} from '../../../../src/docker/swarm/update-policy.ts'
import { createSpec } from '../../../support/builders.ts'

describe('the monitor window of a service', () => {
  test.each([
    ['its own', { Monitor: 20e9 }, 20],
    ['its own, below a second', { Monitor: 5e8 }, 0.5],
    ["Swarm's default when it is 0", { Monitor: 0 }, DEFAULT_MONITOR_SECONDS],
    ["Swarm's default when it has none", {}, DEFAULT_MONITOR_SECONDS],
  ])('is %s', (_, UpdateConfig, seconds) => {
    expect(monitorSecondsOf(createSpec({ UpdateConfig }))).toBe(seconds)
  })

  test('is as long as it says, also where JavaScript would round it', () => {
    const UpdateConfig = parseGoJson('{"Monitor":9007199254740993,"Delay":9007199254740993}') as object
    expect(monitorSecondsOf(createSpec({ UpdateConfig }))).toBeCloseTo(9_007_199, 0)
    expect(updateDelaySeconds(createSpec({ UpdateConfig }))).toBeCloseTo(9_007_199, 0)
  })

  test("is Swarm's default of 5 s when it has no update policy", () => {
    expect(monitorSecondsOf(createSpec())).toBe(5)
  })
})
