import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { Service } from '../../../../src/docker/api.ts'
import type { SomeonesDoing } from '../../../../src/result.ts'
import type { RolloutRun } from '../../../../src/rollout/run.ts'
import { bySomeoneElse } from '../../../../src/rollout/superseded.ts'
import { judgeTrial } from '../../../../src/rollout/watch/judge.ts'
import { swarmReader } from '../../../../src/rollout/watch/look.ts'
import { type StepWords, watchStep } from '../../../../src/rollout/watch/watch-step.ts'
import { sleep } from '../../../../src/runner/time/clock.ts'
import { runOver, serviceOf, slowDaemon } from '../../../support/slow-daemon.ts'

/** What Swarm shows of a service since `docker service rollback`. */
const BY_HAND = { UpdateStatus: { State: 'rollback_completed' as const }, PreviousSpec: serviceOf('a', 2).Spec }
const WORDS: StepWords = { during: 'during its trial', failed: 'the trial failed: ' }
const watchingOver = (ours: Service, run: RolloutRun) =>
  watchStep(ours, 'a', WORDS, swarmReader(run, 'up-to-date'), judgeTrial, run)

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

describe('a service on its way', () => {
  test.each([
    ['removed', undefined],
    ['changed', serviceOf('a', 3, 'theirs:1')],
    ['rolled back', { ...serviceOf('a', 3, 'before:1'), ...BY_HAND }],
  ])('that somebody else has %s is superseded', async (what, now) => {
    const { connection } = slowDaemon(new Map(now === undefined ? [] : [['a', now]]))
    const watching = watchingOver(serviceOf('a', 2), runOver(connection))
    const still = watching.stillUp()
    await jest.advanceTimersByTimeAsync(1000)
    expect(await still).toBe(bySomeoneElse(what as SomeonesDoing, 'during its trial'))
    expect(watching.down()?.outcome).toBe('superseded')
  })

  test('is not judged by a manager that has not heard of its spec yet', async () => {
    const services = new Map([['a', serviceOf('a', 1, 'before:1')]])
    const { connection, looks } = slowDaemon(services)
    const watching = watchingOver(serviceOf('a', 2), runOver(connection))
    const still = watching.stillUp()
    await jest.advanceTimersByTimeAsync(150)
    services.set('a', serviceOf('a', 2))
    await jest.advanceTimersByTimeAsync(1000)
    expect(await still).toBeUndefined()
    expect(looks).toHaveLength(2)
  })

  test('ends with the time of the run, also when no manager has heard of its spec', async () => {
    const { connection } = slowDaemon(new Map([['a', serviceOf('a', 1, 'before:1')]]))
    const watching = watchingOver(serviceOf('a', 2), runOver(connection, undefined, 20))
    const settled = watching.untilSettled((progress) => `not within 20 s: ${progress}`)
    await jest.advanceTimersByTimeAsync(60_000)
    expect(await settled).toMatchObject({
      outcome: 'timed-out',
      cause: expect.stringMatching(
        /^the trial failed: not within 20 s: the manager that answers has not heard of it yet/,
      ),
    })
  })

  test('is not asked for ever whether it is still up, when no manager hears of its spec', async () => {
    const { connection } = slowDaemon(new Map([['a', serviceOf('a', 1, 'before:1')]]))
    const watching = watchingOver(serviceOf('a', 2), runOver(connection, undefined, 20))
    const still = watching.stillUp()
    await jest.advanceTimersByTimeAsync(60_000)
    expect(await still).toMatch(/^the trial failed: the manager that answers has not heard of it yet/)
    expect(watching.down()?.outcome).toBe('timed-out')
  })

  test('says with the time of the run what was seen last, and since when nothing is', async () => {
    const { connection } = slowDaemon(new Map([['a', serviceOf('a', 2)]]))
    const judge = () => ({ state: 'progressing', progress: '0/1 tasks running' }) as const
    const read = swarmReader(runOver(connection, undefined, 20), 'up-to-date')
    const run = runOver(connection, undefined, 20)
    const watching = watchStep(serviceOf('a', 2), 'a', WORDS, read, judge, run)
    const settled = watching.untilSettled((progress) => progress)
    await jest.advanceTimersByTimeAsync(1000)
    const { get } = connection.engine
    connection.engine.get = async (path, options) => {
      await sleep(30_000)
      if (path === '/nodes') throw new Error('the line broke')
      return get(path, options)
    }
    await jest.advanceTimersByTimeAsync(60_000)
    expect(await settled).toMatchObject({
      outcome: 'timed-out',
      cause: expect.stringMatching(
        /^the trial failed: 0\/1 tasks running; the swarm has not been seen for the last [\d.]+ s: the line broke$/,
      ),
    })
  })
})
