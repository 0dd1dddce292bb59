import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { nowMs, sleep, timeLimit } from '../../../../src/runner/time/clock.ts'

describe('the clock, moved by hand', () => {
  beforeEach(() => {
    jest.useFakeTimers()
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  test('a pause ends when its time is over, and not before', async () => {
    const before = nowMs()
    let over = false
    const pause = sleep(60_000).then(() => {
      over = true
    })
    await jest.advanceTimersByTimeAsync(59_999)
    expect(over).toBe(false)
    await jest.advanceTimersByTimeAsync(1)
    await pause
    expect(nowMs() - before).toBe(60_000)
  })

  test('an abort ends a pause, with its reason as the cause', async () => {
    const stop = new AbortController()
    const pause = sleep(60_000, stop.signal)
    const reason = new Error('stopped')
    stop.abort(reason)
    await expect(pause).rejects.toMatchObject({ name: 'AbortError', cause: reason })
    await expect(sleep(60_000, stop.signal)).rejects.toMatchObject({ name: 'AbortError', cause: reason })
    expect(jest.getTimerCount()).toBe(0)
  })

  test('a limit aborts with a TimeoutError', async () => {
    const limit = timeLimit(1000)
    await jest.advanceTimersByTimeAsync(999)
    expect(limit.aborted).toBe(false)
    await jest.advanceTimersByTimeAsync(1)
    expect(limit.reason).toMatchObject({ name: 'TimeoutError' })
  })
})
