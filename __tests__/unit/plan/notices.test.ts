import { describe, expect, test } from '@jest/globals'
import type { Healthcheck, UpdateConfig } from '../../../src/docker/api.ts'
import { slowCheckNote, slowUpdateNote, unusedCredentials } from '../../../src/plan/notices.ts'
import { createConfig, createCredential, createRequest, createSpec } from '../../support/builders.ts'

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

describe('a notice of an update that', () => {
  const note = (UpdateConfig: UpdateConfig | undefined, tasks: number) =>
    slowUpdateNote(createSpec(UpdateConfig && { UpdateConfig }), tasks, 120)

  test('has a monitor longer than the timeout', () => {
    expect(note({ Monitor: 3 * MINUTE }, 1)).toBe(
      'its update takes at least 3 m (its monitor of 3 m), and the `timeout` of this run is 2 m: give the run more, or the update less',
    )
  })

  test('waits too often between its tasks', () => {
    expect(note({ Parallelism: 2, Delay: MINUTE }, 5)).toMatch(
      /at least 185 s \(3 times its delay of 1 m and its monitor/,
    )
    expect(note({ Parallelism: 0, Delay: MINUTE }, 5)).toBeUndefined()
    expect(note(undefined, 50)).toBeUndefined()
    expect(note({ Parallelism: 1, Delay: MINUTE }, 0)).toBeUndefined()
  })
})

test('a credential that serves nothing is told, one of the present image is not', () => {
  const [used, ofNow, unused] = ['a', 'b', 'acm'].map((path) =>
    createCredential({ path, origin: `registries entry ${path}` }),
  )
  if (used === undefined || ofNow === undefined || unused === undefined) throw new Error('three were made')
  const config = createConfig('all', [used, ofNow, unused])
  const planned = {
    request: createRequest(),
    current: undefined,
    access: { config, credential: used },
    currentAccess: { config, credential: ofNow },
  }
  expect(unusedCredentials([used, ofNow, unused], [planned])).toEqual([
    expect.stringMatching(
      /^registries entry acm: the credential of \S+ for \S+\/acm serves no service of this run: correct its `registry`, or leave it out$/,
    ),
  ])
})
