import { describe, expect, test } from '@jest/globals'
import type { Service, Task, TaskState } from '../../../../src/docker/api.ts'
import { historyBefore, withSnapshot } from '../../../../src/rollout/watch/service-history.ts'
import type { ServiceSnapshot } from '../../../../src/rollout/watch/service-snapshot.ts'
import { missedNodes, updateWait, waitingFor, waitingTask } from '../../../../src/rollout/watch/waiting.ts'
import { createEndedTask, createNode, createService, createSpec, createTask } from '../../../support/builders.ts'

/** What a service waits for after the snapshots, each at its second. */
function waiting(snapshots: readonly (readonly [number, readonly Task[]])[], service: Service = createService()) {
  let history = historyBefore([])
  let last: ServiceSnapshot | undefined
  for (const [now, tasks] of snapshots) {
    last = { service, tasks, eligibleNodes: [createNode(1)], now, monitorSeconds: 5 }
    history = withSnapshot(history, last)
  }
  return last && waitingTask(history, last)
}

const inState = (n: number, State: TaskState, overrides: Partial<Task> = {}) =>
  createTask(n, { Status: { State }, ...overrides })

const replicas = (Replicas: number) => createService({ Spec: createSpec({ Mode: { Replicated: { Replicas } } }) })

describe('the task that a service waits for', () => {
  test('is the one that has been in its state for longest', () => {
    const early = inState(2, 'starting', { Slot: 2 })
    const found = waiting(
      [
        [10, [inState(1, 'preparing'), early]],
        [20, [inState(1, 'starting'), early]],
        [48, [inState(1, 'starting'), early]],
      ],
      replicas(2),
    )
    expect(found).toMatchObject({ task: { ID: 'task-2' }, seconds: 38 })
  })

  test('is none in a slot that is up', () => {
    expect(waiting([[0, [createTask(1)]]])).toBeUndefined()
  })

  test('is none of a slot whose task is complete, when it is meant to end', () => {
    const Spec = createSpec({ TaskTemplate: { RestartPolicy: { Condition: 'none' } } })
    expect(waiting([[0, [createEndedTask(1, 'complete')]]], createService({ Spec }))).toBeUndefined()
  })

  test('may be one of a job that runs', () => {
    const service = createService({ Spec: createSpec({ Mode: { ReplicatedJob: { TotalCompletions: 1 } } }) })
    expect(waiting([[0, [createTask(1, { DesiredState: 'complete' })]]], service)).toMatchObject({
      task: { Status: { State: 'running' } },
    })
  })

  test('comes with the one that ended before it in its slot', () => {
    const tasks = [createEndedTask(1, 'failed'), inState(2, 'ready', { DesiredState: 'ready' })]
    expect(waiting([[0, tasks]])).toMatchObject({ task: { ID: 'task-2' }, before: { ID: 'task-1' } })
  })
})

describe('in words', () => {
  const words = (Status: Task['Status'], before?: Task, health?: string) =>
    waitingFor({ task: createTask(2, { Status }), seconds: 38.4, before }, createService(), ' on node n1', health)

  test.each<[Task['Status'], string]>([
    [{ State: 'new', Message: 'created' }, 'is new since 38 s: the swarm has not allocated its networks'],
    [
      { State: 'pending', Message: 'pending task scheduling', Err: 'no suitable node' },
      'waits for a node since 38 s: no suitable node',
    ],
    [{ State: 'pending', Message: 'pending task scheduling' }, 'waits for a node since 38 s'],
    [
      { State: 'assigned', Message: 'scheduler assigned task to node' },
      'waits on node n1 since 38 s: the node has not begun with it',
    ],
    [
      { State: 'preparing', Message: 'preparing' },
      'is being prepared on node n1 since 38 s, which is above all the pull of its image',
    ],
    [{ State: 'starting', Message: 'starting' }, 'is starting on node n1 since 38 s'],
    [{ State: 'starting', Message: 'a word of its own' }, 'is starting on node n1 since 38 s: a word of its own'],
    [
      { State: 'ready', Message: 'prepared' },
      'is ready on node n1 since 38 s, and waits for the end of the task before it',
    ],
    [
      { State: 'rejected', Err: 'No such image: web' },
      'was rejected: No such image: web on node n1, and the next one is due after the restart delay of 5 s',
    ],
  ])('%j', (status, expected) => {
    expect(words(status)).toBe(expected)
  })

  test('with what its health check says', () => {
    expect(words({ State: 'starting' }, undefined, 'its health check has not passed yet')).toBe(
      'is starting on node n1 since 38 s: its health check has not passed yet',
    )
  })

  test('with why it has to wait for its restart', () => {
    expect(words({ State: 'ready' }, createEndedTask(1, 'failed'))).toBe(
      'is ready on node n1 since 38 s, and waits for the restart delay of 5 s: the one before it failed with exit code 1',
    )
  })
})

describe('an update whose tasks are all up', () => {
  const updating = (Delay: number) =>
    createService({ Spec: createSpec({ UpdateConfig: { Delay } }), UpdateStatus: { State: 'updating' } })

  test('waits for the delay between them', () => {
    expect(updateWait(updating(600e9))).toBe('Swarm waits 10 m between its tasks (its update delay)')
  })

  test('without one is watched by Swarm', () => {
    expect(updateWait(updating(0))).toBe('Swarm watches its new tasks for 5 s (its update monitor)')
  })

  test('waits for nothing when it is over', () => {
    expect(updateWait({ ...updating(600e9), UpdateStatus: { State: 'completed' } })).toBeUndefined()
  })
})

describe('a job on all nodes', () => {
  const job = createService({
    Spec: createSpec({ Mode: { GlobalJob: {} } }),
    JobStatus: { JobIteration: { Index: 2 } },
  })
  const on = (n: number, iteration: number) =>
    createTask(n, { NodeID: `node-${n}`, DesiredState: 'complete', JobIteration: { Index: iteration } })
  const missed = (tasks: readonly Task[], service: Service = job) =>
    missedNodes({ service, tasks, eligibleNodes: [createNode(1), createNode(2)], now: 0, monitorSeconds: 5 })

  test.each([
    ['has no task at all', []],
    ['has one on another node only', [on(1, 2)]],
    ['has one of an earlier run only', [on(1, 2), on(2, 1)]],
  ])('for which Swarm has missed a node %s', (_, tasks) => {
    expect(missed(tasks)).toMatch(/^Swarm has made no task on a node that is ready now: .* Deploy again$/)
  })

  test('has missed none where each node has its task', () => {
    expect(missed([on(1, 2), on(2, 2)])).toBeUndefined()
  })

  test('is none when it is a service that stays, or a job with a number of tasks', () => {
    for (const Mode of [{ Global: {} }, { ReplicatedJob: { TotalCompletions: 1 } }]) {
      expect(missed([], createService({ Spec: createSpec({ Mode }) }))).toBeUndefined()
    }
  })
})
