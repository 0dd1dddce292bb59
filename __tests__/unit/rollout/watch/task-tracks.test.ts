import { describe, expect, test } from '@jest/globals'
import type { Task, TaskState } from '../../../../src/docker/api.ts'
import type { Sent } from '../../../../src/rollout/send/sent.ts'
import { lookAt } from '../../../../src/rollout/watch/look.ts'
import { historyBefore, withSnapshot } from '../../../../src/rollout/watch/service-history.ts'
import { type TaskTracks, taskTimelines, withTasks } from '../../../../src/rollout/watch/task-tracks.ts'
import { startWatching } from '../../../../src/rollout/watch/watched-service.ts'
import { nowMs } from '../../../../src/runner/time/clock.ts'
import { createEndedTask, createNode, createService, createTask } from '../../../support/builders.ts'

const NODES = [createNode(1), createNode(2)]

/** What is known after looks, each with the second at which it was and the states of tasks by then. */
function after(looks: readonly (readonly [number, readonly Task[]])[], earlier: readonly string[] = []) {
  let tracks: TaskTracks = new Map()
  let last: number | undefined
  for (const [now, tasks] of looks) {
    tracks = withTasks(tracks, tasks, new Set(earlier), last, now)
    last = now
  }
  return taskTimelines({ tracks, ...(last !== undefined && { seenAt: last }) }, NODES)
}

function inState(State: TaskState, Timestamp?: string): Task {
  return createTask(1, { Status: { State, ...(Timestamp && { Timestamp }) } })
}

/** Seconds after the task was made, on the swarm's clock. */
function at(seconds: number): string {
  return new Date(Date.parse(createTask(1).CreatedAt) + seconds * 1000).toISOString()
}

test('a task has each phase from the look that first saw it', () => {
  const states: [number, TaskState][] = [
    [10, 'assigned'],
    [10.5, 'accepted'],
    [11, 'preparing'],
    [14, 'starting'],
    [15, 'running'],
    [16, 'running'],
  ]
  expect(after(states.map(([now, state]) => [now, [inState(state)]]))).toEqual([
    {
      slot: 1,
      node: 'host-1',
      phases: [
        { phase: 'waiting', from: 10 },
        { phase: 'pulling', from: 11 },
        { phase: 'starting', from: 14 },
        { phase: 'running', from: 15 },
      ],
      to: 16,
    },
  ])
})

test('a task that failed says how, and nothing of it changes after that', () => {
  const failed = createEndedTask(1, 'failed')
  const [track] = after([
    [1, [inState('starting')]],
    [2, [failed]],
    [9, [failed]],
  ])
  expect(track).toMatchObject({
    phases: [
      { phase: 'starting', from: 1 },
      { phase: 'over', from: 2 },
    ],
    to: 2,
    ending: 'failed with exit code 1',
  })
})

test('a task that is no longer there was seen until the last look that showed it', () => {
  const [gone, there] = [inState('running'), createTask(2, { Slot: 2 })]
  const all = after([
    [1, [gone, there]],
    [3, [gone, there]],
    [5, [there]],
    [7, [there]],
  ])
  expect(all.map(({ slot, to }) => [slot, to])).toEqual([
    [1, 3],
    [2, 7],
  ])
})

test('looks that show the same leave all that is remembered as it is', () => {
  const service = createService()
  const tasks = [inState('running'), createTask(2, { Slot: 2, Status: { State: 'preparing' } })]
  const look = (now: number) => ({ service, tasks, eligibleNodes: NODES, now, monitorSeconds: 5 })
  const first = withSnapshot(historyBefore([]), look(1))
  expect(withSnapshot(first, look(2))).toStrictEqual({ ...first, seenAt: 2 })
  const { seenAt: _then, ...kept } = withSnapshot(first, look(2))
  for (const [key, value] of Object.entries(kept)) expect(value).toBe(first[key as keyof typeof first])
})

test('a task that was told to end has no ending of its own', () => {
  const [track] = after([
    [1, [inState('running')]],
    [2, [createEndedTask(1, 'shutdown')]],
  ])
  expect(track?.phases.map(({ phase }) => phase)).toEqual(['running', 'over'])
  expect(track).not.toHaveProperty('ending')
})

describe('a task that is further on when it is first seen began before', () => {
  test.each<[string, number | undefined, Task, readonly unknown[]]>([
    [
      'as its own times say',
      5,
      inState('running', at(2)),
      [
        { phase: 'starting', from: 8 },
        { phase: 'running', from: 10 },
      ],
    ],
    [
      'not before the look that had not seen it',
      9.5,
      inState('running', at(2)),
      [
        { phase: 'starting', from: 9.5 },
        { phase: 'running', from: 10 },
      ],
    ],
    [
      'also at the first look',
      undefined,
      inState('preparing', at(3)),
      [
        { phase: 'waiting', from: 7 },
        { phase: 'pulling', from: 10 },
      ],
    ],
    [
      'not after it, whatever the clock of its node says',
      5,
      inState('running', at(-60)),
      [{ phase: 'running', from: 10 }],
    ],
    ['nor where it has no times', 5, inState('running'), [{ phase: 'running', from: 10 }]],
    ['nor where they are none', 5, inState('running', 'yesterday'), [{ phase: 'running', from: 10 }]],
  ])('%s', (_, lastLook, task, phases) => {
    const [track] = taskTimelines({ tracks: withTasks(new Map(), [task], new Set(), lastLook, 10) }, NODES)
    expect(track?.phases).toEqual(phases)
  })
})

describe('a task on a node whose clock is an hour ahead begins with the deploy', () => {
  const tasks = [inState('running', at(3600))]
  const service = createService()
  const begins = (tracks: TaskTracks) => taskTimelines({ tracks }, NODES)[0]?.phases[0]?.from

  test('that is watched', () => {
    const sent = { change: { action: 'update' }, service, sentAt: 9000 } as unknown as Sent
    const { history } = startWatching(sent, { services: new Map(), tasks: [], nodes: NODES } as never)
    const snapshot = { service, tasks, eligibleNodes: NODES, now: 10, monitorSeconds: 5 }
    expect(begins(withSnapshot(history, snapshot).tracks)).toBe(9)
  })

  test('whose first step is', () => {
    const services = new Map([[service.ID, { found: 'ours' as const, service, tasks }]])
    const swarm = { services, nodes: NODES } as never
    const now = nowMs() / 1000
    const seen = lookAt(service.ID, swarm, () => ({ state: 'progressing', progress: '' }), undefined, 5, now - 2)
    expect(seen.found === 'ours' && begins(seen.history.tracks)).toBeCloseTo(now - 2)
  })
})

test('tasks from before the deploy are no part of it', () => {
  expect(after([[1, [inState('running'), createTask(2)]]], ['task-1'])).toHaveLength(1)
})

test('a global service has no slots, and a node that is gone its ID', () => {
  const [track] = after([[1, [createTask(1, { Slot: 0, NodeID: 'gone' })]]])
  expect(track).toMatchObject({ slot: undefined, node: 'gone' })
})

test('however many tasks there are, a few are followed, and as many that failed', () => {
  const running = Array.from({ length: 10_000 }, (_, n) => createTask(n, { Slot: n }))
  const failing = Array.from({ length: 10_000 }, (_, n) => createEndedTask(20_000 + n, 'failed'))
  const all = after([
    [1, running],
    [2, [...running, ...failing]],
  ])
  expect(all).toHaveLength(120)
  expect(all.filter(({ ending }) => ending !== undefined)).toHaveLength(60)
})
