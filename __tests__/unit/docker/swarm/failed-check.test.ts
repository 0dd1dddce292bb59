import { describe, expect, test } from '@jest/globals'
import type { Task } from '../../../../src/docker/api.ts'
import { type Engine, EngineError } from '../../../../src/docker/engine/engine.ts'
import { withDoubtfulEnd, withFailedChecks } from '../../../../src/docker/swarm/failed-check.ts'
import { ending } from '../../../../src/docker/swarm/task.ts'
import { createEndedTask } from '../../../support/builders.ts'

/** A daemon that has containers that have ended, whose health checks had failed so many times in a row. */
function daemonWith(containers: Readonly<Record<string, number>>, Retries?: number) {
  const asked: string[] = []
  const get = async (path: string) => {
    asked.push(path)
    const FailingStreak = containers[path.split('/')[2] ?? '']
    if (FailingStreak === undefined) throw new EngineError(404, 'No such container')
    return { State: { Health: { Status: 'unhealthy', FailingStreak } }, Config: { Healthcheck: { Retries } } }
  }
  return { engine: { get } as unknown as Engine, asked }
}

const complete = (n: number, ContainerID: string, State: Task['Status']['State'] = 'complete') =>
  createEndedTask(n, State, { Status: { State, ContainerStatus: { ContainerID, ExitCode: 0 } } })

const { signal } = new AbortController()

describe('a task that ended with code 0', () => {
  test.each<[string, Readonly<Record<string, number>>, number | undefined, string]>([
    ['is told as failed when its health check had failed', { c1: 3 }, undefined, 'failed its health check'],
    ['is told as failed when its own number of failures is reached', { c1: 1 }, 1, 'failed its health check'],
    ['is complete when its check had passed, or never run', { c1: 0 }, undefined, 'ended with exit code 0'],
    ['is complete when its check had failed less often than that', { c1: 2 }, undefined, 'ended with exit code 0'],
    ['is complete when that is said for it', { c1: 4 }, 5, 'ended with exit code 0'],
    ['is complete as far as is known on another node', {}, undefined, 'ended with exit code 0'],
  ])('%s', async (_, containers, retries, words) => {
    const { engine } = daemonWith(containers, retries)
    const tasks = await withFailedChecks([complete(1, 'c1')], engine, signal)
    expect(tasks.map(ending)).toEqual([words])
  })

  test.each<[string, string, number, string]>([
    ['killed with it, which is no failure', '12:35:29.81571414', 137, 'ended with exit code 0'],
    ['killed with it, as dockerd heard later', '12:35:29.836107219', 137, 'ended with exit code 0'],
    ['that was killed before', '12:35:29.784302275', 137, 'failed its health check'],
    ['that failed at that moment', '12:35:29.81571414', 1, 'failed its health check'],
  ])('and whose last check was one %s', async (_, end, ExitCode, words) => {
    const Health = { FailingStreak: 1, Log: [{ ExitCode, End: `2026-11-28T${end}Z` }] }
    const State = { FinishedAt: '2026-11-28T12:35:29.816297754Z', Health }
    const engine = { get: async () => ({ State, Config: { Healthcheck: { Retries: 1 } } }) } as unknown as Engine
    expect((await withFailedChecks([complete(1, 'c1')], engine, signal)).map(ending)).toEqual([words])
  })

  test('is asked for once, and no other is', async () => {
    const { engine, asked } = daemonWith({ c1: 3, c2: 3, c3: 3 })
    const tasks = [complete(1, 'c1'), complete(2, 'c2', 'running'), complete(3, 'c3', 'shutdown'), complete(4, '')]
    await withFailedChecks(tasks, engine, signal)
    await withFailedChecks(tasks, engine, signal)
    expect(asked).toEqual(['/containers/c1/json'])
  })

  const Healthcheck = { Test: ['CMD', 'x'], Interval: 1e9, Retries: 2 }
  const elsewhere = (own: object): Task => ({
    ...complete(1, 'c1'),
    Spec: { ContainerSpec: { Image: 'app', ...own } },
    Status: {
      State: 'complete',
      Timestamp: '2026-01-01T00:00:09.5Z',
      ContainerStatus: { ContainerID: 'c1', ExitCode: 0 },
    },
  })
  const startingAt = Date.parse('2026-01-01T00:00:07Z')

  test.each<[string, object, string]>([
    [
      'cannot be called done on another node when it was up long enough for its check to fail',
      { Healthcheck },
      'ended with exit code 0, perhaps because of its health check (it was up long enough for that to fail, and only its own node can tell)',
    ],
    ['is done when its check is switched off', { Healthcheck: { Test: ['NONE'] } }, 'ended with exit code 0'],
    ['is done when its check takes longer', { Healthcheck: { ...Healthcheck, Retries: 3 } }, 'ended with exit code 0'],
    ['is done when nothing is known of a check', {}, 'ended with exit code 0'],
  ])('%s', async (_, own, words) => {
    const { engine } = daemonWith({})
    const [task] = await withFailedChecks([elsewhere(own)], engine, signal)
    expect(task && ending(withDoubtfulEnd(task, { startingAt, startingSeconds: 2 }, 'for good'))).toBe(words)
  })

  test('is believed when nobody saw it up', async () => {
    const { engine } = daemonWith({})
    const [task] = await withFailedChecks([elsewhere({ Healthcheck })], engine, signal)
    expect(task && withDoubtfulEnd(task, undefined, 'for good')).toBe(task)
  })

  test('of a job is not tried again either', async () => {
    const { engine } = daemonWith({ c1: 3 })
    const task = { ...complete(1, 'c1'), DesiredState: 'complete' as const }
    expect(await withFailedChecks([task], engine, signal)).toMatchObject([
      { DesiredState: 'shutdown', Status: { State: 'failed' } },
    ])
  })
})
