import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import type { SystemInfo } from '../../../../src/docker/api.ts'
import type { Engine } from '../../../../src/docker/engine/engine.ts'
import { noteSwarmTime, swarmTime } from '../../../../src/docker/swarm/swarm-time.ts'

const signal = new AbortController().signal

/** A daemon that says this time, and counts how often it is asked. */
function daemon(SystemTime: string | undefined) {
  const get = jest.fn(async (_path: string) => ({ SystemTime }))
  return { get, engine: { get } as unknown as Engine }
}

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

test('a daemon is asked once, and later its clock has gone on with ours', async () => {
  const { engine, get } = daemon('2026-11-26T12:00:00.25Z')
  expect(new Date(await swarmTime(engine, signal)).toISOString()).toBe('2026-11-26T12:00:00.250Z')
  jest.advanceTimersByTime(90_000)
  expect(new Date(await swarmTime(engine, signal)).toISOString()).toBe('2026-11-26T12:01:30.250Z')
  expect(get.mock.calls.map(([path]) => path)).toEqual(['/info'])
})

test('one that has said it when the connection was made is not asked', async () => {
  const { engine, get } = daemon('2026-11-26T12:00:00Z')
  noteSwarmTime(engine, { SystemTime: '2030-01-01T00:00:00Z' } as SystemInfo)
  jest.advanceTimersByTime(1000)
  expect(new Date(await swarmTime(engine, signal)).toISOString()).toBe('2030-01-01T00:00:01.000Z')
  expect(get).not.toHaveBeenCalled()
})

test('one that does not say it is asked again', async () => {
  const { engine, get } = daemon(undefined)
  expect(await swarmTime(engine, signal)).toBeNaN()
  expect(await swarmTime(engine, signal)).toBeNaN()
  expect(get).toHaveBeenCalledTimes(2)
})
