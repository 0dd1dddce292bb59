import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { nowMs } from '../../../../src/runner/time/clock.ts'
import { poll } from '../../../../src/runner/time/poll.ts'

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

/** How often it was asked, and after how many milliseconds that was over. */
async function asked(answers: readonly boolean[], limitMs = 1e6, stop = new AbortController().signal) {
  const startedAt = nowMs()
  let times = 0
  const isDone = async () => answers[times++] ?? false
  const over = poll(isDone, 100, () => nowMs() - startedAt >= limitMs, stop).then(() => nowMs() - startedAt)
  await jest.advanceTimersByTimeAsync(10_000)
  return { times, ms: await over }
}

test('asks until the answer is yes', async () => {
  expect(await asked([false, false, true])).toEqual({ times: 3, ms: 200 })
})

test('asks no more when the time is over, and does not fail for that', async () => {
  expect(await asked([], 250)).toEqual({ times: 4, ms: 300 })
})

test('asks once when it is stopped already, and its pause ends with a stop', async () => {
  expect(await asked([], 1e6, AbortSignal.abort())).toEqual({ times: 1, ms: 0 })
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 150)
  expect(await asked([], 1e6, stop.signal)).toEqual({ times: 3, ms: 150 })
})

test('what asking throws is thrown on', async () => {
  const failing = () => Promise.reject(new Error('the line broke'))
  await expect(poll(failing, 100, () => false, new AbortController().signal)).rejects.toThrow('the line broke')
})
