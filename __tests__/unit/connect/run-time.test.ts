import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { RunTime, sharesOf, TimedOut } from '../../../src/connect/run-time.ts'
import { Cancelled, CutOff } from '../../../src/errors.ts'
import { beforeTheKill } from '../../../src/runner/processes/stop.ts'
import { sleep } from '../../../src/runner/time/clock.ts'

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

/** What became of some work so far. */
function track(work: Promise<unknown>) {
  const state: { value?: unknown; error?: unknown } = {}
  work.then(
    (value) => Object.assign(state, { value }),
    (error: unknown) => Object.assign(state, { error }),
  )
  return state
}

const pass = (seconds: number) => jest.advanceTimersByTimeAsync(seconds * 1000)
const never = () => new Promise<never>(() => undefined)
const endless = (signal: AbortSignal) => sleep(1e9, signal)
const notStopped = () => new AbortController().signal

test.each([
  [20, { before: 15, rollout: 20, wayBack: 60 }],
  [600, { before: 450, rollout: 600, wayBack: 600 }],
])('a timeout of %d s has its shares', (timeout, shares) => {
  expect(sharesOf(timeout)).toEqual(shares)
})

describe('a stage before the first change', () => {
  test('ends with its share of the time, and says which it was', async () => {
    const time = new RunTime(20, notStopped())
    const stage = track(time.before('Log in', endless))
    await pass(14.9)
    expect(stage).toEqual({})
    await pass(0.2)
    expect(stage.error).toBeInstanceOf(TimedOut)
    expect((stage.error as Error).message).toBe(
      'timeout: 15 of the 20 s were over in the stage “Log in”, and too little was left for the rest. Nothing was changed',
    )
  })

  test('ends also when its work takes no notice', async () => {
    const time = new RunTime(20, notStopped())
    const stage = track(time.before('Connect', never))
    await pass(15 + 3.1)
    expect(stage.error).toBeInstanceOf(TimedOut)
  })

  test('has the time that those before it have left', async () => {
    const time = new RunTime(20, notStopped())
    await Promise.all([time.before('Connect', () => sleep(10_000)), pass(10)])
    const stage = track(time.before('Log in', endless))
    await pass(5.1)
    expect(stage.error).toBeInstanceOf(TimedOut)
  })

  test('that is stopped ends with the reason of the stop, whatever its work made of it', async () => {
    const stop = new AbortController()
    const time = new RunTime(20, stop.signal)
    const [heedful, deaf] = [track(time.before('Log in', endless)), track(time.before('Connect', never))]
    stop.abort(new Cancelled('SIGINT'))
    await pass(0.1)
    expect(heedful.error).toBeInstanceOf(Cancelled)
    await pass(3)
    expect(deaf.error).toBeInstanceOf(Cancelled)
  })
})

describe('work aside', () => {
  test('does not count, of several at the same time until the last has ended', async () => {
    const time = new RunTime(20, notStopped())
    const over = time.over()
    const work = [time.aside(100, () => sleep(30_000)), time.aside(100, () => sleep(50_000))]
    await Promise.all([...work, pass(50)])
    await pass(19.9)
    expect([time.isOver, over.aborted]).toEqual([false, false])
    await pass(0.2)
    expect([time.isOver, over.aborted]).toEqual([true, true])
  })

  test('counts again when it takes longer than it may', async () => {
    const time = new RunTime(20, notStopped())
    void time.aside(10, never)
    await pass(29.9)
    expect(time.isOver).toBe(false)
    await pass(0.2)
    expect(time.isOver).toBe(true)
  })
})

describe('what a runner waits for no longer', () => {
  test('ends without a result', async () => {
    const stop = new AbortController()
    const work = track(beforeTheKill(never(), stop.signal, 4500))
    await pass(1000)
    expect(work).toEqual({})
    stop.abort(new Cancelled('SIGTERM'))
    await pass(4.6)
    expect(work.error).toBeInstanceOf(CutOff)
    expect((work.error as Error).message).toMatch(/^Stopped by SIGTERM, and .* is not known$/)
  })

  test('is left alone when it ends in time', async () => {
    const stop = new AbortController()
    const work = track(
      beforeTheKill(
        sleep(3000).then(() => 'done'),
        stop.signal,
        4500,
      ),
    )
    stop.abort(new Cancelled('SIGTERM'))
    await pass(3.1)
    expect(work).toEqual({ value: 'done' })
    expect(jest.getTimerCount()).toBe(0)
  })
})
