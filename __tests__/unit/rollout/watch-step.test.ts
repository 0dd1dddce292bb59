import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { Connection } from '../../../src/connect/connection.ts'
import { RunTime } from '../../../src/connect/run-time.ts'
import type { Service } from '../../../src/docker/api.ts'
import { EngineError } from '../../../src/docker/engine/engine.ts'
import { judgeTrial } from '../../../src/rollout/judge.ts'
import type { Field } from '../../../src/rollout/rollout.ts'
import { type StepWords, sharedLook, untilFirstProblem, watchStep } from '../../../src/rollout/watch-step.ts'
import { sleep } from '../../../src/runner/clock.ts'
import { createService, createSpec, createTask } from '../../support/builders.ts'

const ANSWER_MS = 100

/** A daemon that takes its time: an answer shows what was there when the call came in. */
function slowDaemon(services: Map<string, Service>) {
  const looks: string[][] = []
  const get = async (path: string, options?: { readonly query?: Readonly<Record<string, string>> }) => {
    const { id, service } = JSON.parse(options?.query?.filters ?? '{}') as { id?: string[]; service?: string[] }
    if (path === '/services') looks.push(id ?? [])
    const found = [...services.values()].filter(({ ID }) => (id ?? service)?.includes(ID))
    await sleep(ANSWER_MS)
    if (path === '/nodes') return []
    return path === '/services' ? found : found.map(({ ID }) => createTask(1, { ID: `of ${ID}`, ServiceID: ID }))
  }
  return { connection: { engine: { get } } as unknown as Connection, looks }
}

const serviceOf = (name: string, version = 1, image = 'app:1') =>
  createService({
    ID: name,
    Version: { Index: version },
    Spec: createSpec({ Name: name, TaskTemplate: { ContainerSpec: { Image: image } } }),
  })
const fieldOver = (connection: Connection, signal: AbortSignal): Field => ({
  connection,
  observed: { services: [], tasks: [], nodes: [], now: 0 },
  mark: { token: 'ours', owner: 'us', url: '', until: 0, hasLock: false },
  deployment: { monitorSeconds: undefined } as Field['deployment'],
  time: new RunTime(600, signal),
  signal,
})
const WORDS: StepWords = { during: 'during its trial', failed: 'the trial failed: ' }

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

describe('a shared look', () => {
  test('is one for all that ask before it begins, and not more often than five times a second', async () => {
    const services = new Map(['a', 'b', 'c'].map((name) => [name, serviceOf(name)]))
    const { connection, looks } = slowDaemon(services)
    const look = sharedLook(connection, 'up-to-date', new AbortController().signal)
    const askAll = () => Promise.all([...services.values()].map((one) => look(one)))
    const asking = askAll().then(askAll).then(askAll)
    await jest.advanceTimersByTimeAsync(350)
    expect(looks).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ])
    await jest.advanceTimersByTimeAsync(1000)
    await asking
    expect(looks).toHaveLength(3)
  })

  test('is never older than the spec that it is asked for: an update that comes while one is on its way gets the next', async () => {
    const services = new Map([
      ['a', serviceOf('a')],
      ['b', serviceOf('b')],
    ])
    const { connection, looks } = slowDaemon(services)
    const signal = new AbortController().signal
    const look = sharedLook(connection, 'up-to-date', signal)
    const first = look(serviceOf('a'))
    await jest.advanceTimersByTimeAsync(ANSWER_MS / 2)
    const updated = serviceOf('b', 2, 'app:2')
    services.set('b', updated)
    const watching = watchStep(updated, 'b', WORDS, look, judgeTrial, fieldOver(connection, signal))
    const still = watching.stillUp()
    await jest.advanceTimersByTimeAsync(1000)
    expect((await first).services.get('b')).toBeUndefined()
    expect(await still).toBeUndefined()
    expect(looks).toEqual([['a'], ['b']])
  })

  test('that cannot be had says so to all that asked, and the next is another', async () => {
    const services = new Map([['a', serviceOf('a')]])
    const { connection } = slowDaemon(services)
    const { get } = connection.engine
    connection.engine.get = () => Promise.reject(new EngineError(403, 'forbidden'))
    const look = sharedLook(connection, 'up-to-date', new AbortController().signal)
    const said = expect(look(serviceOf('a'))).rejects.toThrow('the swarm can no longer be watched: forbidden')
    await jest.advanceTimersByTimeAsync(1000)
    await said
    connection.engine.get = get
    const again = look(serviceOf('a'))
    await jest.advanceTimersByTimeAsync(1000)
    expect((await again).services.get('a')).toMatchObject({ found: 'ours' })
  })
})

describe('a service on its way', () => {
  test.each([
    ['removed', undefined],
    ['changed', serviceOf('a', 3, 'theirs:1')],
  ])('that somebody else has %s is superseded', async (what, now) => {
    const { connection } = slowDaemon(new Map(now === undefined ? [] : [['a', now]]))
    const { signal } = new AbortController()
    const look = sharedLook(connection, 'up-to-date', signal)
    const watching = watchStep(serviceOf('a', 2), 'a', WORDS, look, judgeTrial, fieldOver(connection, signal))
    const still = watching.stillUp()
    await jest.advanceTimersByTimeAsync(1000)
    expect(await still).toBe(`someone else ${what} it during its trial`)
    expect(watching.down()?.outcome).toBe('superseded')
  })

  test('is not judged by a manager that has not heard of its spec yet', async () => {
    const services = new Map([['a', serviceOf('a', 1, 'before:1')]])
    const { connection, looks } = slowDaemon(services)
    const { signal } = new AbortController()
    const look = sharedLook(connection, 'up-to-date', signal)
    const watching = watchStep(serviceOf('a', 2), 'a', WORDS, look, judgeTrial, fieldOver(connection, signal))
    const still = watching.stillUp()
    await jest.advanceTimersByTimeAsync(ANSWER_MS + 50)
    services.set('a', serviceOf('a', 2))
    await jest.advanceTimersByTimeAsync(1000)
    expect(await still).toBeUndefined()
    expect(looks).toHaveLength(2)
  })
})

describe('of several on their way', () => {
  interface Item {
    readonly name: string
    readonly problem?: { readonly outcome: 'failed'; readonly cause: string }
  }

  test('the others stop waiting when one has a problem, and stay as they are', async () => {
    const items: Item[] = [{ name: 'bad' }, { name: 'throws' }, { name: 'good' }, { name: 'slow' }]
    const work = async (item: Item, signal: AbortSignal): Promise<Item> => {
      if (item.name === 'good') return { ...item, name: 'good, done' }
      if (item.name === 'bad') return { ...item, problem: { outcome: 'failed', cause: 'it is bad' } }
      if (item.name === 'throws') throw new Error('the line broke')
      await sleep(1e6, signal)
      return { ...item, name: 'too late' }
    }
    expect(await untilFirstProblem(items, new AbortController().signal, work)).toEqual([
      { name: 'bad', problem: { outcome: 'failed', cause: 'it is bad' } },
      { name: 'throws' },
      { name: 'good, done' },
      { name: 'slow' },
    ])
  })

  test('what is thrown is the problem of who threw it, and a stop of the run is none', async () => {
    const throwing = () => Promise.reject(new Error('the line broke'))
    const [item] = await untilFirstProblem<Item>([{ name: 'a' }], new AbortController().signal, throwing)
    expect(item).toEqual({ name: 'a', problem: { outcome: 'failed', cause: 'the line broke' } })
    expect(await untilFirstProblem<Item>([{ name: 'a' }], AbortSignal.abort(), throwing)).toEqual([{ name: 'a' }])
  })
})
