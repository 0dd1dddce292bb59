import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { EngineError, type RequestOptions } from '../../../../src/docker/engine/engine.ts'
import { swarmReader } from '../../../../src/rollout/watch/look.ts'
import { createTask } from '../../../support/builders.ts'
import { runOver, serviceOf, slowDaemon } from '../../../support/slow-daemon.ts'

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

describe('a reading of the swarm', () => {
  test('is one for all that ask before it begins, and not more often than ten times a second', async () => {
    const services = new Map(['a', 'b', 'c'].map((name) => [name, serviceOf(name)]))
    const { connection, looks } = slowDaemon(services, 20)
    const read = swarmReader(runOver(connection), 'up-to-date')
    const askAll = () => Promise.all([...services.values()].map((one) => read([one])))
    const asking = askAll().then(askAll).then(askAll)
    await jest.advanceTimersByTimeAsync(150)
    expect(looks).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ])
    await jest.advanceTimersByTimeAsync(1000)
    await asking
    expect(looks).toHaveLength(3)
  })

  describe('of thousands of tasks comes less often', () => {
    /** Milliseconds between the beginnings of two readings of so many tasks, each of which takes so much CPU time. */
    const gap = async (tasks: number, cpuMs: number): Promise<number> => {
      const { connection } = slowDaemon(new Map([['a', serviceOf('a')]]), 0)
      const { get } = connection.engine
      const all = Array.from({ length: tasks }, (_, index) => createTask(index, { ServiceID: 'a' }))
      const begunAt: number[] = []
      connection.engine.get = async <T>(path: string, options?: RequestOptions) => {
        if (path === '/nodes') begunAt.push(Date.now())
        if (path !== '/tasks') return get<T>(path, options)
        return [...all] as T
      }
      const spent = () => ({ user: begunAt.length * cpuMs * 600, system: begunAt.length * cpuMs * 400 })
      using _cpu = jest.spyOn(process, 'cpuUsage').mockImplementation(spent)
      const read = swarmReader(runOver(connection), 'up-to-date')
      const asking = read([serviceOf('a')]).then(() => read([serviceOf('a')]))
      await jest.advanceTimersByTimeAsync(20_000)
      await asking
      const [first = 0, second = 0] = begunAt
      return second - first
    }

    test.each<[string, number, number, number]>([
      ['few', 50, 1, 100],
      ['many, for the manager has to list them', 2000, 1, 2000],
      ['however many, on a fast machine', 100_000, 50, 8000],
    ])('%s', async (_, tasks, cpuMs, ms) => {
      expect(await gap(tasks, cpuMs)).toBe(ms)
    })

    test.each<[string, number, number, number]>([
      ['twenty times what a reading takes', 2000, 110, 2200],
      ['but not by much: a failure has to be seen', 2000, 1000, 2500],
      ['unless there are few', 50, 1000, 100],
      ['and below what would be taken for an election', 100_000, 5000, 10_000],
    ])('on a slow machine later still, %s', async (_, tasks, cpuMs, ms) => {
      expect(await gap(tasks, cpuMs)).toBe(ms)
    })
  })

  test('is never older than the spec that it is asked for: an update that comes while one is on its way gets the next', async () => {
    const services = new Map([
      ['a', serviceOf('a')],
      ['b', serviceOf('b')],
    ])
    const { connection, looks } = slowDaemon(services)
    const read = swarmReader(runOver(connection), 'up-to-date')
    const first = read([serviceOf('a')])
    await jest.advanceTimersByTimeAsync(50)
    const updated = serviceOf('b', 2, 'app:2')
    services.set('b', updated)
    const second = read([updated])
    await jest.advanceTimersByTimeAsync(1000)
    expect((await first).services.get('b')).toBeUndefined()
    expect((await second).services.get('b')).toMatchObject({ found: 'ours', service: updated })
    expect(looks).toEqual([['a'], ['b']])
  })

  test('that cannot be had says so to all that asked, and the next is another', async () => {
    const services = new Map([['a', serviceOf('a')]])
    const { connection } = slowDaemon(services)
    const { get } = connection.engine
    connection.engine.get = () => Promise.reject(new EngineError(403, 'forbidden'))
    const read = swarmReader(runOver(connection), 'up-to-date')
    const said = expect(read([serviceOf('a')])).rejects.toThrow(
      'the swarm can no longer be watched: the docker daemon answered a request with 403: forbidden',
    )
    await jest.advanceTimersByTimeAsync(1000)
    await said
    connection.engine.get = get
    const again = read([serviceOf('a')])
    await jest.advanceTimersByTimeAsync(1000)
    expect((await again).services.get('a')).toMatchObject({ found: 'ours' })
  })

  test('says after the time of the run since when nothing was seen', async () => {
    const { connection } = slowDaemon(new Map([['a', serviceOf('a')]]), 0)
    const read = swarmReader(runOver(connection, undefined, 10), 'up-to-date')
    const first = read([serviceOf('a')])
    await jest.advanceTimersByTimeAsync(1000)
    await first
    connection.engine.get = () => Promise.reject(new Error('the line broke'))
    await jest.advanceTimersByTimeAsync(11_000)
    const said = expect(read([serviceOf('a')])).rejects.toMatchObject({
      outcome: 'timed-out',
      message: 'the swarm has not been seen for the last 12 s: the line broke',
    })
    await jest.advanceTimersByTimeAsync(1000)
    await said
  })

  test('that a stop of the run ends says that, and nothing of its line', async () => {
    const { connection } = slowDaemon(new Map([['a', serviceOf('a')]]))
    const stop = new AbortController()
    connection.engine.get = () => Promise.reject(new Error('the line broke'))
    const read = swarmReader(runOver(connection, stop.signal), 'up-to-date')
    stop.abort()
    await expect(read([serviceOf('a')])).rejects.toMatchObject({ outcome: 'cancelled', message: 'the run was stopped' })
  })
})
