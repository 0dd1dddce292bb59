import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { type Engine, EngineError } from '../../../src/docker/engine/engine.ts'
import { patient } from '../../../src/docker/engine/patience.ts'
import { makePassingService, passingServiceName, removePassingService } from '../../../src/prepare/passing-services.ts'
import { createSpec } from '../../support/builders.ts'

const signal = new AbortController().signal
const NO_LEADER = new EngineError(
  500,
  'rpc error: code = Unknown desc = raft: failed to process the request: node is stopped',
)

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

test('what a manager that has just begun to lead does not know of is removed when it does', async () => {
  let knows = true
  const removed: string[] = []
  const troubles = [NO_LEADER]
  const daemon = {
    get: async (path: string) => {
      if (path === '/nodes') {
        const trouble = troubles.shift()
        if (trouble !== undefined) throw trouble
        return []
      }
      if (!knows) throw new EngineError(404, 'service pull not found')
      return { ID: 'pull', Version: { Index: 7 } }
    },
    post: async () => ({ ID: 'pull' }),
    remove: async (path: string) => {
      removed.push(path)
    },
  } as unknown as Engine
  const engine = patient(daemon)
  const name = passingServiceName('pull', { token: 't' }, 'image')
  const id = await makePassingService(engine, createSpec({ Name: name }), undefined, signal)

  knows = false
  const looking = engine.get('/nodes')
  await jest.advanceTimersByTimeAsync(10_000)
  await looking
  const removing = removePassingService(engine, id, signal)
  await jest.advanceTimersByTimeAsync(5000)
  expect(removed).toEqual([])
  knows = true
  await jest.advanceTimersByTimeAsync(5000)
  await removing
  expect(removed).toEqual(['/services/pull'])
})
