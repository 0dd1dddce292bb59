import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { nowMs, timeLimit } from '../../../../src/runner/time/clock.ts'
import { retry, type Tries } from '../../../../src/runner/time/retry.ts'

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

/** Fails so often, each time with its number. */
function failing(times: number) {
  return async (number: number) => {
    if (number <= times) throw new Error(`attempt ${number}`)
    return `done at ${number}`
  }
}

/** What came of it, and after how many milliseconds. */
async function outcome(work: Promise<unknown>) {
  const startedAt = nowMs()
  const over = work.then(
    (value) => ({ value, ms: nowMs() - startedAt }),
    (error: Error) => ({ error: error.message, ms: nowMs() - startedAt }),
  )
  await jest.advanceTimersByTimeAsync(60_000)
  return over
}

test('tries until it succeeds, with the pause that each error is worth', async () => {
  const pause = (_error: unknown, { number }: Tries) => number * 100
  expect(await outcome(retry(failing(3), pause))).toEqual({ value: 'done at 4', ms: 600 })
})

test('an error without a pause stands', async () => {
  const pause = (_error: unknown, { number }: Tries) => (number < 3 ? 100 : undefined)
  expect(await outcome(retry(failing(9), pause))).toEqual({ error: 'attempt 3', ms: 200 })
})

test('the time since the first attempt is told', async () => {
  const pause = (_error: unknown, { elapsedMs }: Tries) => (elapsedMs < 1000 ? 400 : undefined)
  expect(await outcome(retry(failing(9), pause))).toEqual({ error: 'attempt 4', ms: 1200 })
})

test('a stop ends the pause', async () => {
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 250)
  expect(await outcome(retry(failing(9), () => 100, stop.signal))).toEqual({
    error: 'The operation was aborted',
    ms: 250,
  })
})

test('a time limit that runs out in a pause leaves the error that was met', async () => {
  expect(await outcome(retry(failing(9), () => 100, timeLimit(250)))).toEqual({ error: 'attempt 3', ms: 250 })
})

test('a time limit that ends an attempt leaves the error that was met before', async () => {
  const limit = timeLimit(250)
  const attempt = async (number: number) => {
    if (number === 1) throw new Error('no leader')
    await new Promise((_, reject) => limit.addEventListener('abort', () => reject(new Error('too late'))))
  }
  expect(await outcome(retry(attempt, () => 100, limit))).toEqual({ error: 'no leader', ms: 250 })
})
