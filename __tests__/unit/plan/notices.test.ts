import { describe, expect, test } from '@jest/globals'
import type { Healthcheck } from '../../../src/docker/api.ts'
import { slowCheckNote } from '../../../src/plan/notices.ts'

const MINUTE = 60e9

describe('a notice before the deploy', () => {
  const MAY_NOT_PASS =
    'the interval of its health check is 20 m, and the `timeout` of this run is 10 m: it may not pass in time'

  test.each<[Healthcheck, string | undefined]>([
    [{ Interval: 20 * MINUTE }, MAY_NOT_PASS],
    [{ Interval: 20 * MINUTE, StartInterval: 1e9 }, MAY_NOT_PASS],
    [{ Interval: 20 * MINUTE, StartPeriod: MINUTE, StartInterval: 1e9 }, undefined],
    [{ Interval: 10 * MINUTE }, undefined],
    [{}, undefined],
    [
      { StartPeriod: 15 * MINUTE },
      'the start period of its health check is 15 m, and the `timeout` of this run is 10 m: a check that fails is not told as such in time',
    ],
    [{ StartPeriod: 10 * MINUTE }, undefined],
  ])('%j', (check, note) => {
    expect(slowCheckNote(check, 600)).toBe(note)
  })
})
