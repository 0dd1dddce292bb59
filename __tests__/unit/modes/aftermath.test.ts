import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import type { Connection } from '../../../src/connect/connection.ts'
import type { Service } from '../../../src/docker/api.ts'
import { type Engine, EngineError } from '../../../src/docker/engine/engine.ts'
import { fingerprint } from '../../../src/docker/specs/spec-comparison.ts'
import { type Standing, settle, standingOf } from '../../../src/modes/aftermath.ts'
import type { RunState, ServiceState } from '../../../src/runner/workspace/state.ts'
import { createService, createSpec } from '../../support/builders.ts'

const spec = (version: string) => createSpec({ Labels: { version } })
const [before, interim, wanted, theirs] = [spec('before'), spec('interim'), spec('wanted'), spec('theirs')]
const job = createSpec({ Mode: { ReplicatedJob: {} } })
const has = (Spec = wanted, PreviousSpec = before): Service => createService({ Spec, PreviousSpec })

const update: ServiceState = {
  name: 'web',
  service: 'web',
  action: 'update',
  phase: 'sending',
  before: fingerprint(before),
  ours: [fingerprint(wanted), fingerprint(job)],
  interim: '',
}
const canary: ServiceState = {
  ...update,
  ours: [...update.ours, fingerprint(interim)],
  interim: fingerprint(interim),
}
const create: ServiceState = { ...update, action: 'create', before: '' }

test.each<[Standing, string, ServiceState, Service | undefined]>([
  ['as-before', 'an update that did not arrive', update, has(before)],
  ['ours', 'an update that did', update, has()],
  ['ours-for-good', 'an update that Swarm remembers nothing before of', update, createService({ Spec: wanted })],
  ['ours-for-good', 'an update after an interim spec', canary, has(wanted, interim)],
  ['half-way', 'a canary', canary, has(interim)],
  ['someone-elses', 'an update over which another came', update, has(theirs, wanted)],
  ['someone-elses', 'an update instead of which another came', update, has(theirs)],
  ['gone', 'an update of a service that was removed', update, undefined],
  ['as-before', 'a service that was not made', create, undefined],
  ['made', 'a service that was made', create, has()],
  ['someone-elses', 'a service that somebody else made', create, has(theirs)],
  ['job', 'a job, which Swarm would run again', update, createService({ Spec: job, PreviousSpec: before })],
  ['moving', 'a service whose traffic moved', { ...update, phase: 'moving' }, has()],
])('%s: %s', (standing, _name, state, now) => {
  expect(standingOf(state, now)).toBe(standing)
})

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

test('a half-way spec goes back also when a leader that comes back refuses that for a while', async () => {
  const refusals = 30
  const refused = new EngineError(500, 'raft: failed to process the request: node lost leader status')
  const post = jest.fn<Engine['post']>()
  for (let n = 0; n < refusals; n++) post.mockRejectedValueOnce(refused)
  const engine = { get: async () => has(interim), post: post.mockResolvedValue(undefined) } as unknown as Engine
  const state = { services: new Map([['web', canary]]), onCancel: 'keep' } as unknown as RunState
  const settled = settle(state, { engine } as unknown as Connection, new AbortController().signal)
  await jest.advanceTimersByTimeAsync(60_000)
  expect(await settled).toEqual([expect.stringMatching(/^web is sent back to /)])
  expect(post).toHaveBeenCalledTimes(refusals + 1)
})

test.each<['rollback' | 'keep', string, ServiceState, Service, string, string | undefined]>([
  ['rollback', 'made', create, has(), 'is removed again', 'DELETE /services/ID'],
  ['keep', 'made', create, has(), 'was made, and stays', undefined],
  ['rollback', 'updated', update, has(), 'is sent back to', 'POST /services/ID/update'],
  ['keep', 'updated', update, has(), 'has what was sent, and the swarm goes on with it by itself', undefined],
  ['rollback', 'updated, and deployed by somebody after that', update, has(theirs), 'is left alone', undefined],
  ['rollback', 'not changed any more', update, has(before), 'is as it was before the run', undefined],
])('with on-cancel: %s, of a service that was %s', async (onCancel, _, state, now, says, asked) => {
  const calls: string[] = []
  const note = (method: string) => async (path: string) => {
    calls.push(`${method} ${path.replace(now.ID, 'ID')}`)
  }
  const engine = { get: async () => now, post: note('POST'), remove: note('DELETE') } as unknown as Engine
  const run = { services: new Map([['web', state]]), onCancel } as unknown as RunState
  const told = await settle(run, { engine } as unknown as Connection, new AbortController().signal)
  expect(told).toEqual([expect.stringContaining(`web ${says === 'is left alone' ? 'is neither' : says}`)])
  expect(told[0]).toContain(says)
  expect(calls).toEqual(asked === undefined ? [] : [asked])
})

test('of a service that is two it is said which of them was made', async () => {
  const second: ServiceState = { ...create, service: 'web-blue' }
  const run = { services: new Map([['web', second]]), onCancel: 'keep' } as unknown as RunState
  const engine = { get: async () => has() } as unknown as Engine
  const told = await settle(run, { engine } as unknown as Connection, new AbortController().signal)
  expect(told).toEqual(['web: web-blue was made, and stays'])
})
