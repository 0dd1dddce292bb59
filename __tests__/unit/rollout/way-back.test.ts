import { describe, expect, test } from '@jest/globals'
import type { Deployment } from '../../../src/inputs/deployment.ts'
import type { Update } from '../../../src/plan/change.ts'
import type { Outcome, ServiceResult, WayBack } from '../../../src/result.ts'
import { resultAfter } from '../../../src/rollout/back-results.ts'
import type { Restoring } from '../../../src/rollout/send/send-back.ts'
import type { Sent, SentChange } from '../../../src/rollout/send/sent.ts'
import { settledAs } from '../../../src/rollout/settled.ts'
import { superseded } from '../../../src/rollout/superseded.ts'
import { goingBack } from '../../../src/rollout/who-goes-back.ts'
import { createDeployment, createRequest, createResult, createService, createSpec } from '../../support/builders.ts'

const ASKED = createDeployment()

function sent(overrides: Partial<Update> = {}, problem?: Sent['problem']): SentChange {
  const change: Update = {
    request: createRequest(),
    current: createService(),
    access: undefined,
    currentAccess: undefined,
    action: 'update',
    changes: ['image'],
    wanted: createSpec(),
    networks: [],
    ...overrides,
  }
  return { change, service: createService(), sentAt: 0, ...(problem && { problem }) }
}

const interim = createSpec({ Mode: { Replicated: { Replicas: 0 } } })
const stopped = { outcome: 'cancelled', cause: 'stopped' } as const
const skipped = { outcome: 'skipped', cause: 'not sent' } as const

describe('what goes back', () => {
  test.each<[boolean, string, Partial<Deployment>, Sent, Outcome]>([
    [true, 'a change that failed', {}, sent(), 'failed'],
    [false, 'not so with on-failure: keep', { onFailure: 'keep' }, sent(), 'failed'],
    [true, 'one that went well beside it', {}, sent(), 'updated'],
    [false, 'not what was never sent', {}, sent({}, skipped), 'skipped'],
    [false, "not somebody else's", {}, sent({ interim }), 'superseded'],
    [false, 'not a stopped one with on-cancel: keep', {}, sent(), 'cancelled'],
    [
      true,
      'a service that is half-way, also with on-failure: keep',
      { onFailure: 'keep' },
      sent({ interim }, skipped),
      'skipped',
    ],
    [true, 'and with on-cancel: keep', {}, sent({ interim }, stopped), 'cancelled'],
    [true, 'one that failed, with on-failure: rollback-failed', { onFailure: 'rollback-failed' }, sent(), 'failed'],
    [true, 'one that was too slow, with that', { onFailure: 'rollback-failed' }, sent(), 'timed-out'],
    [false, 'not one that went well beside it, with that', { onFailure: 'rollback-failed' }, sent(), 'updated'],
    [false, 'not a stopped one with that and on-cancel: keep', { onFailure: 'rollback-failed' }, sent(), 'cancelled'],
    [true, "one that Swarm's rollback left half-way", { onFailure: 'keep' }, sent({ interim }), 'rolled-back'],
    [false, 'not one whose whole change was sent, with keep', { onFailure: 'keep' }, sent({ interim }), 'failed'],
  ])('%p: %s', (goes, _, asked, one, outcome) => {
    const settled = settledAs(one, createResult({ outcome }))
    const other = createResult({ name: 'other', outcome: outcome === 'cancelled' ? outcome : 'failed' })
    const changed = goingBack([settled, settledAs(sent({}, skipped), other)], { ...ASKED, ...asked })
    expect(changed).toEqual(goes ? [settled] : [])
  })

  test('nothing when all is well', () => {
    expect(goingBack([settledAs(sent({ interim }), createResult())], ASKED)).toEqual([])
  })
})

test('the seconds there and back are told to a tenth: their sum alone would be 13.399999999999999', () => {
  const before = createResult({ outcome: 'failed', seconds: 6.8 })
  const restored = createResult({ seconds: 6.6 })
  const one = sent()
  expect(resultAfter(before, { sent: one, state: 'sent' }, [], restored)).toMatchObject({
    outcome: 'rolled-back',
    seconds: 13.4,
  })
})

describe('a result after its way back says', () => {
  const out = { from: 1, to: 5, tasks: [] }
  const before = createResult({ outcome: 'rolled-back', timeline: { out } })
  const failed = createResult({ outcome: 'failed', cause: 'its task failed', timeline: { out } })
  const restored = createResult({ timeline: { out: { from: 6, to: 9, tasks: [] } } })
  const made: SentChange = {
    ...sent(),
    change: {
      request: createRequest(),
      access: undefined,
      action: 'create',
      changes: [],
      wanted: createSpec(),
      networks: [],
    },
  }

  test('because of which services it went back, unless it has a cause of its own', () => {
    const way = { sent: sent(), state: 'sent' } as const
    expect(resultAfter(before, way, ['api'], restored).because).toEqual(['api'])
    expect(resultAfter(failed, way, ['api'], restored)).not.toHaveProperty('because')
  })

  const theirs = superseded('changed', 'during this deploy')
  test.each<[WayBack, Restoring, ServiceResult | undefined]>([
    ['done', { sent: sent(), state: 'sent' }, restored],
    ['failed', { sent: sent(), state: 'sent' }, createResult({ outcome: 'failed' })],
    ['failed', { sent: sent(), state: 'failed', cause: 'no answer' }, undefined],
    ['overtaken', { sent: sent(), state: 'overtaken', ...theirs }, undefined],
    ['overtaken', { sent: sent(), state: 'sent' }, createResult({ outcome: 'superseded' })],
    ['unwatched', { sent: sent(), state: 'sent' }, undefined],
    ['removed', { sent: made, state: 'removed' }, undefined],
  ])('what became of that: %s', (wayBack, way, again) => {
    expect(resultAfter(before, way, ['api'], again)).toMatchObject({ wayBack, image: { wanted: before.image.wanted } })
  })

  test('when it went there and back', () => {
    expect(resultAfter(before, { sent: sent(), state: 'sent' }, ['api'], restored).timeline).toEqual({
      out,
      back: { from: 6, to: 9, tasks: [] },
    })
  })
})
