import { describe, expect, test } from '@jest/globals'
import type {
  Node,
  Service,
  ServiceMode,
  Task,
  TaskState,
  TaskTemplate,
  UpdateStatus,
} from '../../../../src/docker/api.ts'
import { isJob, wantedTasks } from '../../../../src/docker/specs/service-mode.ts'
import { ending, isFailure, mayHaveContainer } from '../../../../src/docker/swarm/task.ts'
import { DEFAULT_MONITOR_SECONDS } from '../../../../src/docker/swarm/update-policy.ts'
import {
  ABANDONED_GRACE_SECONDS,
  CRASHES_UNTIL_FAILED,
  judge,
  judgeFirstTasks,
  judgeWayBack,
  REJECTIONS_UNTIL_FAILED,
  TURNS_UNTIL_FAILED_ON_WAY_BACK,
  taskNamedIn,
  UNPLACED_GRACE_SECONDS,
  UPDATE_GRACE_SECONDS,
  type Verdict,
} from '../../../../src/rollout/watch/judge.ts'
import { historyBefore, LONGEST_GAP_SECONDS, withSnapshot } from '../../../../src/rollout/watch/service-history.ts'
import { jobNote, type ServiceSnapshot, taskCounts } from '../../../../src/rollout/watch/service-snapshot.ts'
import { createEndedTask, createNode, createService, createSpec, createTask } from '../../../support/builders.ts'

const MONITOR_SECONDS = 5

const ONE_NODE = [createNode(1)]
const THREE_NODES = [createNode(1), createNode(2), createNode(3)]

interface Given {
  readonly service?: Service
  /** The tasks from before the deploy. */
  readonly before?: readonly Task[]
  readonly nodes?: readonly Node[]
  readonly monitorSeconds?: number
  /** How an update ended that the deploy did not make. */
  readonly earlierStatus?: UpdateStatus
}

/** Shows the judge one snapshot after the other, each at its second, and what it saw last again and again in between. */
function watching(given: Given = {}, gapSeconds = LONGEST_GAP_SECONDS, judgeBy = judge) {
  const { service = createService(), before = [], nodes = ONE_NODE, monitorSeconds = MONITOR_SECONDS } = given
  let history = historyBefore(before, given.earlierStatus)
  let last: ServiceSnapshot | undefined
  const at = (now: number, tasks: readonly Task[], changed: Partial<ServiceSnapshot> = {}): Verdict => {
    while (last !== undefined && now - last.now > gapSeconds) {
      last = { ...last, now: last.now + gapSeconds }
      history = withSnapshot(history, last)
    }
    const snapshot: ServiceSnapshot = { service, tasks, eligibleNodes: nodes, now, monitorSeconds, ...changed }
    last = snapshot
    history = withSnapshot(history, snapshot)
    return judgeBy(history, snapshot)
  }
  return { at }
}

function serviceOf(Mode: ServiceMode, TaskTemplate: Partial<TaskTemplate> = {}): Service {
  return createService({ Spec: createSpec({ Mode, TaskTemplate }) })
}

function replicas(count: number, template: Partial<TaskTemplate> = {}): Service {
  return serviceOf({ Replicated: { Replicas: count } }, template)
}

function restarting(Condition: 'none' | 'on-failure' | 'any', count = 1): Service {
  return replicas(count, { RestartPolicy: { Condition } })
}

function withStatus(service: Service, UpdateStatus: UpdateStatus): Service {
  return { ...service, UpdateStatus }
}

/** A task on its way, in the state given. */
function waiting(n: number, state: TaskState, overrides: Partial<Task> = {}): Task {
  return createTask(n, { Status: { State: state }, ...overrides })
}

const NO_NODE = 'no suitable node (scheduling constraints not satisfied on 1 node)'

function unplaced(n: number, overrides: Partial<Task> = {}): Task {
  const { NodeID: _, ...task } = createTask(n, { Status: { State: 'pending', Err: NO_NODE } })
  return { ...task, ...overrides }
}

/** The tasks of a slot that failed as often as given, the newest last. */
function failures(count: number, state: TaskState, overrides: Partial<Task> = {}): Task[] {
  return Array.from({ length: count }, (_, index) => createEndedTask(index + 1, state, overrides))
}

const LONG = 10_000

/** The n-th task is made n seconds after the hour: with this delay each of them is a turn of its own. */
const EACH_ITS_TURN = { RestartPolicy: { Delay: 1e9 } }

describe('a replicated service converges', () => {
  test('when its tasks have run for the monitor window', () => {
    const { at } = watching({ service: replicas(2) })
    const [one, two] = [createTask(1), createTask(2, { Slot: 2 })]
    expect(at(0, [one, waiting(2, 'starting', { Slot: 2 })])).toEqual({
      state: 'progressing',
      progress: '1/2 tasks running',
    })
    expect(at(2, [one, two])).toEqual({ state: 'progressing', progress: '2/2 tasks running, watched for 5 s' })
    expect(at(6.9, [one, two]).state).toBe('progressing')
    expect(at(7, [one, two])).toEqual({ state: 'converged', progress: '2/2 tasks running' })
  })

  test('not before a task that took the place of an ended one has run for the window too', () => {
    const { at } = watching()
    const relapse = [createEndedTask(1, 'failed'), waiting(2, 'starting')]
    const recovered = [createEndedTask(1, 'failed'), createTask(2)]
    at(0, [createTask(1)])
    expect(at(4, relapse)).toEqual({ state: 'progressing', progress: '0/1 task running' })
    expect(at(5, recovered).state).toBe('progressing')
    expect(at(9.9, recovered).state).toBe('progressing')
    expect(at(10, recovered).state).toBe('converged')
  })

  test('not before a task that was out of sight has run for the window again', () => {
    const { at } = watching()
    at(0, [createTask(1)])
    at(4, [])
    at(4.5, [createTask(1)])
    expect(at(5, [createTask(1)]).state).toBe('progressing')
    expect(at(9.5, [createTask(1)]).state).toBe('converged')
  })

  test('at once without a monitor window', () => {
    expect(watching({ monitorSeconds: 0 }).at(0, [createTask(1)]).state).toBe('converged')
  })

  test('at once when nothing of it was changed: its tasks ran before', () => {
    const tasks = [createTask(1), createTask(2, { Slot: 2 })]
    const { at } = watching({ service: replicas(2), before: tasks })
    expect(at(0, tasks)).toEqual({ state: 'converged', progress: '2/2 tasks running' })
  })

  test('not at once when its task was there before but did not run', () => {
    const { at } = watching({ before: [waiting(1, 'starting')] })
    expect(at(0, [createTask(1)]).state).toBe('progressing')
    expect(at(5, [createTask(1)]).state).toBe('converged')
  })

  test('after a scale up when only the added tasks have run for the window', () => {
    const old = createTask(1)
    const both = [old, createTask(2, { Slot: 2 })]
    const { at } = watching({ service: replicas(2), before: [old] })
    expect(at(0, [old])).toEqual({ state: 'progressing', progress: '1/2 tasks running' })
    expect(at(1, both).state).toBe('progressing')
    expect(at(6, both).state).toBe('converged')
  })

  test.each<[TaskState]>([['shutdown'], ['remove']])(
    'after a scale down as soon as Swarm wants the last extra slot in %s',
    (DesiredState) => {
      const tasks = [1, 2, 3].map((n) => createTask(n, { Slot: n }))
      const { at } = watching({ service: replicas(2), before: tasks })
      expect(at(0, tasks)).toEqual({ state: 'progressing', progress: '3/2 tasks running' })
      expect(at(1, [...tasks.slice(0, 2), createTask(3, { Slot: 3, DesiredState })]).state).toBe('converged')
    },
  )

  test('whatever the numbers of its slots', () => {
    const tasks = [createTask(1, { Slot: 4 }), createTask(2, { Slot: 9 })]
    expect(watching({ service: replicas(2), before: tasks }).at(0, tasks).state).toBe('converged')
  })

  test('to no replicas as soon as no task is wanted', () => {
    const { at } = watching({ service: replicas(0), before: [createTask(1)] })
    expect(at(0, [createTask(1)])).toEqual({ state: 'progressing', progress: '1/0 tasks running' })
    expect(at(1, [createTask(1, { DesiredState: 'shutdown' })])).toEqual({
      state: 'converged',
      progress: '0/0 tasks running',
    })
  })

  test('to one task when it names no number of replicas', () => {
    const { at } = watching({ service: serviceOf({ Replicated: {} }), before: [createTask(1)] })
    expect(at(0, []).state).toBe('progressing')
    expect(at(1, [createTask(1)]).state).toBe('progressing')
    expect(at(6, [createTask(1)]).state).toBe('converged')
  })

  test('never with two tasks in one slot and none in another', () => {
    const tasks = [createTask(1, { Slot: 1 }), createTask(2, { Slot: 1 })]
    const { at } = watching({ service: replicas(2), before: tasks })
    expect(at(0, tasks)).toEqual({ state: 'progressing', progress: '1/2 tasks running' })
    expect(at(LONG, tasks).state).toBe('progressing')
  })

  test('while two tasks overlap in a slot, for they count as one', () => {
    const tasks = [createTask(1), createTask(2)]
    expect(watching({ before: tasks }).at(0, tasks)).toEqual({ state: 'converged', progress: '1/1 task running' })
  })

  test('never on a running task that Swarm wants to stop', () => {
    const leaving = createTask(1, { DesiredState: 'shutdown' })
    const { at } = watching({ before: [leaving] })
    at(0, [leaving])
    expect(at(LONG, [leaving])).toEqual({ state: 'progressing', progress: '0/1 task running' })
  })
})

const TASK_ID = 'w3k1v9hs8xq5m0t2n7y4b6c1d'
const WHY = `failure or early termination of task ${TASK_ID}`
const WHY_PAUSED = `update paused due to ${WHY}`
const WHY_ROLLED_BACK = `update rolled back due to ${WHY}`

describe('while Swarm updates a service', () => {
  test.each([
    ['updating', 'update in progress', 'Swarm updates', DEFAULT_MONITOR_SECONDS + UPDATE_GRACE_SECONDS - 1],
    ['rollback_started', WHY_ROLLED_BACK, 'Swarm rolls back', LONG],
  ] as const)('%s is not the end, though all tasks run', (State, Message, note, seconds) => {
    const service = withStatus(createService(), { State, Message })
    const { at } = watching({ service, before: [createTask(1)] })
    expect(at(0, [createTask(1)])).toEqual({ state: 'progressing', progress: `1/1 task running, ${note}` })
    expect(at(seconds, [createTask(1)]).state).toBe('progressing')
  })

  test('on a way back all tasks were to be seen running for the monitor window, however long they had run before', () => {
    const policy = { Delay: 300e9 }
    const service = withStatus(createService({ Spec: createSpec({ UpdateConfig: policy }) }), { State: 'updating' })
    const { at } = watching({ service, before: [createTask(1)] }, LONGEST_GAP_SECONDS, judgeWayBack)
    expect(at(0, [createTask(1)]).state).toBe('progressing')
    expect(at(MONITOR_SECONDS, [createTask(1)]).state).toBe('converged')
  })

  test('on a way back two tasks in one slot are not the end: Swarm has still to take one', () => {
    const service = withStatus(createService(), { State: 'updating' })
    const { at } = watching({ service, before: [createTask(1)] }, LONGEST_GAP_SECONDS, judgeWayBack)
    const both = [createTask(1), createTask(2)]
    at(0, both)
    expect(at(MONITOR_SECONDS, both).state).toBe('progressing')
    expect(at(MONITOR_SECONDS + 1, [createTask(1)]).state).toBe('converged')
  })

  test('on a way back a pause is not the end: where what Swarm has come to is up, it can go on with the slots that are left', () => {
    const Mode = { Replicated: { Replicas: 2 } }
    const service = withStatus(createService({ Spec: createSpec({ Mode, TaskTemplate: EACH_ITS_TURN }) }), {
      State: 'paused',
      Message: WHY_PAUSED,
    })
    const { at } = watching({ service }, LONGEST_GAP_SECONDS, judgeWayBack)
    const progress = (running: number) => `${running}/2 tasks running, paused by Swarm`
    const old = createTask(9, { Slot: 2, DesiredState: 'shutdown', Status: { State: 'shutdown' } })
    const starting = createTask(1, { Status: { State: 'starting' } })
    expect(at(0, [starting, old])).toEqual({ state: 'progressing', progress: progress(0) })
    expect(at(1, [createTask(1), old])).toEqual({ state: 'progressing', progress: progress(1) })
    const upAt = 1 + MONITOR_SECONDS
    expect(at(upAt, [createTask(1), old])).toEqual({ state: 'progressing', progress: progress(1), isHalted: true })
    const { at: inVain } = watching({ service }, LONGEST_GAP_SECONDS, judgeWayBack)
    const rejected = [...failures(TURNS_UNTIL_FAILED_ON_WAY_BACK, 'rejected'), waiting(9, 'ready')]
    expect(inVain(0, [...rejected.slice(1), old]).state).toBe('progressing')
    expect(inVain(0, [...rejected, old])).toMatchObject({ state: 'failed', cause: expect.stringMatching(/rejected/) })
    const { at: ofOther } = watching({ service }, LONGEST_GAP_SECONDS, judgeWayBack)
    const all = [createTask(1), createTask(2, { Slot: 2, Status: { State: 'preparing' } })]
    expect(ofOther(0, all)).toEqual({ state: 'progressing', progress: '1/2 tasks running' })
    const up = [createTask(1), createTask(2, { Slot: 2 })]
    ofOther(1, up)
    expect(ofOther(1 + MONITOR_SECONDS, up).state).toBe('converged')
  })

  test("on a way back Swarm's own rollback leads to the same spec, and is judged by its tasks as an update is", () => {
    const Mode = { Replicated: { Replicas: 2 } }
    const judged = (State: UpdateStatus['State']) => {
      const service = withStatus(createService({ Spec: createSpec({ Mode }) }), { State, Message: WHY_PAUSED })
      return watching({ service }, LONGEST_GAP_SECONDS, judgeWayBack).at
    }
    const up = [createTask(1), createTask(2, { Slot: 2 })]
    for (const state of ['rollback_completed', 'rollback_started'] as const) {
      const at = judged(state)
      expect(at(0, up).state).toBe('progressing')
      expect(at(MONITOR_SECONDS, up).state).toBe('converged')
    }
    const halted = judged('rollback_paused')
    halted(0, [createTask(1)])
    expect(halted(MONITOR_SECONDS, [createTask(1)])).toMatchObject({ state: 'progressing', isHalted: true })
  })

  test('it is not waited for when it has nothing left to wait for but a node that is gone', () => {
    const policy = { Delay: 20e9, Monitor: 10e9 }
    const service = withStatus(createService({ Spec: createSpec({ UpdateConfig: policy }) }), { State: 'updating' })
    const { at } = watching({ service, before: [createTask(1)] })
    at(0, [createTask(1)])
    expect(at(30 + UPDATE_GRACE_SECONDS - 1, [createTask(1)]).state).toBe('progressing')
    expect(at(30 + UPDATE_GRACE_SECONDS, [createTask(1)]).state).toBe('converged')
  })

  test.each([
    ['rejected', REJECTIONS_UNTIL_FAILED],
    ['failed', CRASHES_UNTIL_FAILED],
  ] as const)('Swarm itself judges tasks that are %s', (state, count) => {
    const { at } = watching({ service: withStatus(createService(), { State: 'updating' }) })
    at(0, failures(count, state))
    expect(at(LONG, failures(count, state)).state).toBe('progressing')
  })

  test('the tasks that ended meanwhile count once Swarm has completed it regardless', () => {
    const { at } = watching()
    const tasks = [...failures(CRASHES_UNTIL_FAILED, 'failed'), waiting(9, 'ready')]
    at(0, tasks, { service: withStatus(createService(), { State: 'updating' }) })
    expect(at(1, tasks, { service: withStatus(createService(), { State: 'completed' }) }).state).toBe('failed')
  })

  test('a task that no node can take makes it fail, for Swarm would wait for ever', () => {
    const { at } = watching({ service: withStatus(createService(), { State: 'updating' }) })
    expect(at(0, [unplaced(1)]).state).toBe('progressing')
    expect(at(UNPLACED_GRACE_SECONDS, [unplaced(1)])).toEqual({
      state: 'failed',
      cause: `no node can take it: ${NO_NODE}`,
      isUnplaced: true,
    })
  })
})

describe('when Swarm has updated a service', () => {
  const SLOW_UPDATES = { Spec: createSpec({ UpdateConfig: { Monitor: 20e9 } }) }
  const completed = (overrides: Partial<Service> = {}) =>
    withStatus(createService(overrides), { State: 'completed', Message: 'update completed' })

  test('it has watched the tasks itself, and they need no second window', () => {
    const { at } = watching()
    at(0, [createTask(1)], { service: withStatus(createService(), { State: 'updating' }) })
    expect(at(0.1, [createTask(1)], { service: completed() }).state).toBe('converged')
  })

  test.each<[string, Partial<Given>, Service, readonly Task[]]>([
    ['a longer window is asked for', { monitorSeconds: 6 }, completed(), []],
    ['a task has ended on the way', { monitorSeconds: 6 }, completed(SLOW_UPDATES), [createEndedTask(2, 'failed')]],
    [
      'it goes on whatever fails',
      { monitorSeconds: 6 },
      completed({ Spec: createSpec({ UpdateConfig: { FailureAction: 'continue', Monitor: 20e9 } }) }),
      [],
    ],
    [
      'some of its tasks may fail, whether or not one was seen to',
      { monitorSeconds: 6 },
      completed({ Spec: createSpec({ UpdateConfig: { MaxFailureRatio: 0.5, Monitor: 20e9 } }) }),
      [],
    ],
  ])('the window is counted here when %s', (_what, given, service, ended) => {
    const { at } = watching(given)
    const tasks = [...ended, createTask(3)]
    at(0, tasks, { service: withStatus(service, { State: 'updating' }) })
    expect(at(5.9, tasks, { service }).state).toBe('progressing')
    expect(at(6, tasks, { service }).state).toBe('converged')
  })

  test('a completed update whose tasks do not run has not converged', () => {
    const { at } = watching({ service: withStatus(createService(), { State: 'completed' }) })
    at(0, [waiting(1, 'starting')])
    expect(at(LONG, [waiting(1, 'starting')])).toEqual({ state: 'progressing', progress: '0/1 task running' })
  })

  test('a pause is a failure, of the task that Swarm names', () => {
    const service = withStatus(createService(), { State: 'paused', Message: WHY_PAUSED })
    expect(watching({ service }).at(0, [createTask(1)])).toEqual({
      state: 'failed',
      cause: `Swarm paused the update: ${WHY}`,
      taskId: TASK_ID,
    })
  })

  test('a pause because of a one-shot that has done its work is the end where all are done, and no other is', () => {
    const TaskTemplate = { RestartPolicy: { Condition: 'none' } } as TaskTemplate
    const serviceOf = (Replicas: number) =>
      withStatus(createService({ Spec: createSpec({ TaskTemplate, Mode: { Replicated: { Replicas } } }) }), {
        State: 'paused',
        Message: WHY_PAUSED,
      })
    const ended = (State: TaskState) => createTask(1, { ID: TASK_ID, Status: { State } })
    const first = (replicas: number, tasks: readonly Task[]) => watching({ service: serviceOf(replicas) }).at(0, tasks)
    expect(first(1, [ended('complete')])).toEqual({ state: 'converged', progress: '0/1 task running, 1 complete' })
    expect(first(1, [ended('failed')]).state).toBe('failed')
    expect(first(2, [ended('complete')]).state).toBe('failed')
    // Swarm names another one.
    expect(first(1, [createTask(1, { Status: { State: 'complete' } })]).state).toBe('failed')
  })

  test('a rollback gives the reason with which it began, for Swarm overwrites it', () => {
    const { at } = watching({ before: [createTask(1)] })
    at(0, [createTask(1)], { service: withStatus(createService(), { State: 'updating', Message: 'in progress' }) })
    at(1, [createTask(1)], {
      service: withStatus(createService(), { State: 'rollback_started', Message: WHY_ROLLED_BACK }),
    })
    const done = withStatus(createService(), { State: 'rollback_completed', Message: 'rollback completed' })
    expect(at(2, [createTask(1)], { service: done })).toEqual({
      state: 'rolled-back',
      cause: `Swarm rolled it back: ${WHY}`,
      taskId: TASK_ID,
    })
  })

  test('a rollback whose beginning was missed has no better reason than that the update failed', () => {
    const service = withStatus(createService(), { State: 'rollback_completed', Message: 'rollback completed' })
    expect(watching({ service }).at(0, [createTask(1)])).toEqual({
      state: 'rolled-back',
      cause: 'Swarm rolled it back: the update failed',
    })
  })

  test('a rollback is over when what it went back to runs, not when Swarm calls it complete', () => {
    const { at } = watching({ service: withStatus(createService(), { State: 'rollback_completed' }) })
    expect(at(0, [])).toEqual({ state: 'progressing', progress: '0/1 task running, rolled back by Swarm' })
    expect(at(1, [createTask(1)]).state).toBe('rolled-back')
  })

  test('a rollback to what does not come up is a failure with both causes', () => {
    const { at } = watching({ service: withStatus(replicas(1, EACH_ITS_TURN), { State: 'rollback_completed' }) })
    const rejected = failures(3, 'rejected', { Status: { State: 'rejected', Err: 'No such image: app' } })
    expect(at(0, rejected)).toMatchObject({
      state: 'failed',
      cause: expect.stringMatching(
        /Swarm rolled it back: .*; what it went back to does not come up: .*No such image: app/,
      ),
    })
  })

  test('a rollback that somebody asked for is a rollback too', () => {
    const { at } = watching()
    at(0, [], {
      service: withStatus(createService(), { State: 'rollback_started', Message: 'manually requested rollback' }),
    })
    expect(at(1, [createTask(1)], { service: withStatus(createService(), { State: 'rollback_completed' }) })).toEqual({
      state: 'rolled-back',
      cause: 'Swarm rolled it back: manually requested rollback',
    })
  })

  test('a rollback that fails too gives the reason with which it began', () => {
    const { at } = watching()
    at(0, [], { service: withStatus(createService(), { State: 'rollback_started', Message: WHY_ROLLED_BACK }) })
    const stuck = withStatus(createService(), {
      State: 'rollback_paused',
      Message: 'update paused due to failure or early termination of task zzzzzzzzzzzzzzzzzzzzzzzzz',
    })
    expect(at(1, [], { service: stuck })).toEqual({
      state: 'failed',
      cause: `Swarm's rollback failed too and is paused: ${WHY}`,
      taskId: TASK_ID,
    })
  })

  test('a failed rollback whose beginning was missed gives its own reason', () => {
    const service = withStatus(createService(), { State: 'rollback_paused', Message: WHY_PAUSED })
    expect(watching({ service }).at(0, [])).toMatchObject({
      cause: `Swarm's rollback failed too and is paused: ${WHY}`,
    })
  })

  test.each<[UpdateStatus['State']]>([['rollback_completed'], ['paused'], ['rollback_paused']])(
    'the %s of an update before this deploy is history',
    (State) => {
      const earlierStatus = { State, Message: WHY_ROLLED_BACK }
      const service = withStatus(createService(), earlierStatus)
      const { at } = watching({ service, before: [createTask(1)], earlierStatus })
      expect(at(0, [createTask(1)]).state).toBe('converged')
    },
  )

  test('a rollback that was under way before this deploy, and leads to what is asked for, may complete', () => {
    const earlierStatus: UpdateStatus = { State: 'rollback_started', Message: 'manually requested rollback' }
    const before = [createTask(1)]
    const { at } = watching({ service: withStatus(createService(), earlierStatus), before, earlierStatus })
    at(0, [createTask(1)])
    const done = withStatus(createService(), { State: 'rollback_completed', Message: 'rollback completed' })
    at(1, [createTask(1)], { service: done })
    expect(at(10, [createTask(1)], { service: done }).state).toBe('converged')
  })

  test('the reason of an update before this deploy is not the reason of the next', () => {
    const earlierStatus: UpdateStatus = { State: 'paused', Message: 'of old' }
    const { at } = watching({ service: withStatus(createService(), earlierStatus), earlierStatus })
    at(0, [])
    expect(at(1, [], { service: withStatus(createService(), { State: 'paused', Message: WHY_PAUSED }) })).toEqual({
      state: 'failed',
      cause: `Swarm paused the update: ${WHY}`,
      taskId: TASK_ID,
    })
  })
})

describe('the task that Swarm names', () => {
  test.each([
    [WHY_PAUSED, TASK_ID],
    [WHY_ROLLED_BACK, TASK_ID],
    ['manually requested rollback', undefined],
    ['update paused due to failure or early termination of task ', undefined],
    ['the task failed', undefined],
    [`the service ${TASK_ID}`, undefined],
  ])('of "%s" is %s', (message, id) => {
    expect(taskNamedIn(message)).toBe(id)
  })
})

describe('tasks that end again and again', () => {
  test.each([
    ['rejected', REJECTIONS_UNTIL_FAILED],
    ['failed', CRASHES_UNTIL_FAILED],
    ['complete', CRASHES_UNTIL_FAILED],
  ] as const)('%s makes the service fail at the limit, not before', (state, limit) => {
    const { at } = watching({ service: replicas(1, EACH_ITS_TURN) })
    expect(at(0, [...failures(limit - 1, state), waiting(90, 'ready')]).state).toBe('progressing')
    expect(at(LONG, [...failures(limit - 1, state), waiting(90, 'ready')]).state).toBe('progressing')
    expect(at(LONG, [...failures(limit, state), waiting(90, 'ready')])).toMatchObject({
      state: 'failed',
      taskId: `task-${limit}`,
    })
  })

  test('the limits are those that the documentation names', () => {
    expect([REJECTIONS_UNTIL_FAILED, CRASHES_UNTIL_FAILED]).toEqual([3, 5])
  })

  test('the newest of them gives the cause', () => {
    const last = createEndedTask(5, 'failed', {
      Status: { State: 'failed', Err: 'task: non-zero exit (7)', ContainerStatus: { ExitCode: 7 } },
    })
    expect(watching().at(0, [last, ...failures(4, 'failed'), waiting(9, 'ready')])).toEqual({
      state: 'failed',
      cause: 'its task ended 5 times in a row, the last one failed with exit code 7',
      taskId: 'task-5',
    })
  })

  test('rejections and crashes of a slot are added up to the limit of crashes', () => {
    const two = failures(2, 'rejected')
    const crashes = [3, 4, 5].map((n) => createEndedTask(n, 'failed'))
    const { at } = watching({ service: replicas(1, EACH_ITS_TURN) })
    expect(at(0, [...two, ...crashes.slice(0, 2), waiting(9, 'ready')]).state).toBe('progressing')
    expect(at(1, [...two, ...crashes, waiting(9, 'ready')]).state).toBe('failed')
  })

  describe('rejected ones', () => {
    const Err = 'No such image: web:1'
    /** Made so many seconds after the deploy. */
    const rejectedAt = (seconds: number, overrides: Partial<Task> = {}) =>
      createEndedTask(1, 'rejected', {
        ID: `rejected-${seconds}`,
        CreatedAt: new Date(Date.UTC(2026, 10, 20, 10) + seconds * 1000).toISOString(),
        Status: { State: 'rejected', Err },
        ...overrides,
      })
    /** Swarm makes it in place of one that was rejected, has its node pull its image at once, and starts it later. */
    const notDueAt = (seconds: number) => rejectedAt(seconds, { DesiredState: 'ready' })

    test('count by turns: those within the restart delay are one', () => {
      const { at } = watching()
      expect(at(0.5, [rejectedAt(0), notDueAt(0.2)]).state).toBe('progressing')
      expect(at(4.9, [rejectedAt(0), notDueAt(0.2)]).state).toBe('progressing')
      const second = [rejectedAt(0), rejectedAt(0.2), notDueAt(5.2)]
      expect(at(5.4, second).state).toBe('progressing')
      expect(at(10.1, second).state).toBe('progressing')
      expect(at(10.4, [...second.slice(0, 2), rejectedAt(5.2), notDueAt(10.2)])).toEqual({
        state: 'failed',
        cause: `its task was rejected: ${Err} (rejected 3 times, with the restart delay of 5 s between)`,
        taskId: 'rejected-10.2',
      })
    })

    test('that stop before the third turn were a fault that passed', () => {
      const { at } = watching()
      const earlier = [rejectedAt(0), rejectedAt(0.2), rejectedAt(5.2)]
      at(5.4, [...earlier.slice(0, 2), notDueAt(5.2)])
      expect(at(10.4, [...earlier, createTask(10)]).state).toBe('progressing')
      expect(at(15.4, [...earlier, createTask(10)]).state).toBe('converged')
    })

    test("wait for the policy's own delay", () => {
      const { at } = watching({ service: replicas(1, { RestartPolicy: { Delay: 60e9 } }) })
      const first = [rejectedAt(0), rejectedAt(0.2), notDueAt(60.2)]
      at(0.4, [rejectedAt(0), notDueAt(0.2)])
      expect(at(60, [rejectedAt(0), notDueAt(0.2)]).state).toBe('progressing')
      expect(at(120, first).state).toBe('progressing')
      expect(at(121, [...first.slice(0, 2), rejectedAt(60.2), notDueAt(120.2)])).toMatchObject({
        cause: expect.stringContaining('rejected 3 times, with the restart delay of 1 m between'),
      })
    })

    test('count each without a delay', () => {
      const { at } = watching({ service: replicas(1, { RestartPolicy: { Delay: 0 } }) })
      expect(at(0.5, [rejectedAt(0), rejectedAt(0.1), waiting(9, 'ready')]).state).toBe('progressing')
      expect(at(0.5, [rejectedAt(0), rejectedAt(0.1), rejectedAt(0.2)]).state).toBe('failed')
    })

    test('in one turn of several slots are none of several turns', () => {
      const { at } = watching({ service: replicas(3) })
      const tasks = [1, 2, 3].flatMap((Slot) =>
        [0, 0.2].map((n) => ({ ...(n === 0 ? rejectedAt(n) : notDueAt(n)), ID: `${Slot}-${n}`, Slot })),
      )
      at(0.5, tasks)
      expect(at(4.9, tasks).state).toBe('progressing')
    })

    test('between crashes are turns like those', () => {
      const { at } = watching()
      const tasks = [rejectedAt(0), rejectedAt(0.2), ...[10, 20, 30].map((n) => createEndedTask(n, 'failed'))]
      expect(at(31, [...tasks, waiting(40, 'ready')]).state).toBe('progressing')
      expect(at(41, [...tasks, createEndedTask(40, 'failed')])).toMatchObject({
        cause: 'its task ended 5 times in a row, the last one failed with exit code 1',
      })
    })
  })

  test('those of different slots are not added up', () => {
    const crashes = [1, 2, 3].flatMap((slot) =>
      Array.from({ length: CRASHES_UNTIL_FAILED - 1 }, (_, index) =>
        createEndedTask(10 * slot + index, 'failed', { Slot: slot }),
      ),
    )
    const next = [1, 2, 3].map((slot) => waiting(90 + slot, 'ready', { Slot: slot }))
    const { at } = watching({ service: replicas(3) })
    at(0, [...crashes, ...next])
    expect(at(LONG, [...crashes, ...next]).state).toBe('progressing')
  })

  test('those from before the deploy are history', () => {
    const before = failures(20, 'failed')
    const { at } = watching({ before })
    at(0, [...before, waiting(90, 'ready')])
    expect(at(LONG, [...before, waiting(90, 'ready')]).state).toBe('progressing')
  })

  test('those that Swarm no longer remembers still count', () => {
    const { at } = watching()
    const verdicts = [1, 2, 3, 4, 5].map((n) => at(n, [createEndedTask(n, 'failed'), waiting(n + 1, 'ready')]).state)
    expect(verdicts).toEqual(['progressing', 'progressing', 'progressing', 'progressing', 'failed'])
  })

  test('one seen many times counts once', () => {
    const { at } = watching()
    const states = Array.from(
      { length: 20 },
      (_, n) => at(n, [createEndedTask(1, 'failed'), waiting(2, 'ready')]).state,
    )
    expect(new Set(states)).toEqual(new Set(['progressing']))
  })

  test('those that Swarm itself stopped do not count', () => {
    const stopped = failures(20, 'shutdown')
    const { at } = watching()
    expect(at(0, [...stopped, waiting(90, 'ready')]).state).toBe('progressing')
  })

  test('a slot that has come up for good is not blamed for one that has not', () => {
    const { at } = watching({ service: replicas(2) })
    const one = [...failures(CRASHES_UNTIL_FAILED, 'failed'), createTask(9)]
    const other = waiting(10, 'preparing', { Slot: 2 })
    const updating = { service: withStatus(replicas(2), { State: 'updating' }) }
    at(0, [...one, other], updating)
    expect(at(5, [...one, other])).toEqual({ state: 'progressing', progress: '1/2 tasks running' })
  })

  test('a slot that has come up for a moment only is', () => {
    const { at } = watching({ service: replicas(2) })
    const tasks = [...failures(CRASHES_UNTIL_FAILED, 'failed'), createTask(9), waiting(10, 'preparing', { Slot: 2 })]
    expect(at(0, tasks).state).toBe('failed')
  })

  test('a slot that is gone is not', () => {
    const { at } = watching({ service: replicas(2) })
    const extra = failures(CRASHES_UNTIL_FAILED, 'failed', { Slot: 3 })
    at(0, extra, { service: withStatus(replicas(2), { State: 'updating' }) })
    expect(at(1, [createTask(8), waiting(9, 'preparing', { Slot: 2 })]).state).toBe('progressing')
  })
})

describe('a service that was not changed', () => {
  test('is converged at once when its tasks run', () => {
    expect(watching({ before: [createTask(1)] }).at(0, [createTask(1)]).state).toBe('converged')
  })

  test.each<[Task['Status']['State']]>([['failed'], ['rejected'], ['complete']])(
    'is watched when a task of it is %s: what runs may be the next turn of a crash loop',
    (state) => {
      const tasks = [createTask(1), createEndedTask(2, state)]
      const { at } = watching({ before: tasks })
      expect(at(0, tasks).state).toBe('progressing')
      expect(at(MONITOR_SECONDS, tasks).state).toBe('converged')
    },
  )
})

describe('a service that is meant to end', () => {
  test.each(['none', 'on-failure'] as const)('with restart %s is done when its tasks are complete', (condition) => {
    const tasks = [createEndedTask(1, 'complete'), createEndedTask(2, 'complete', { Slot: 2 })]
    expect(watching({ service: restarting(condition, 2) }).at(0, tasks)).toEqual({
      state: 'converged',
      progress: '0/2 tasks running, 2 complete',
    })
  })

  test('with restart any, which is also the default, is not done', () => {
    for (const service of [restarting('any'), replicas(1)]) {
      const { at } = watching({ service })
      expect(at(0, [createEndedTask(1, 'complete'), waiting(2, 'ready')])).toEqual({
        state: 'progressing',
        progress: '0/1 task running',
      })
    }
  })

  test('may have tasks that still run, which are watched', () => {
    const tasks = [createEndedTask(1, 'complete'), createTask(2, { Slot: 2 })]
    const { at } = watching({ service: restarting('none', 2) })
    expect(at(0, tasks)).toEqual({
      state: 'progressing',
      progress: '1/2 tasks running, 1 complete, watched for 5 s',
    })
    expect(at(5, tasks)).toEqual({ state: 'converged', progress: '1/2 tasks running, 1 complete' })
  })

  test('has work to do in a slot that was complete and runs again', () => {
    const tasks = [createEndedTask(1, 'complete'), createTask(2)]
    const { at } = watching({ service: restarting('none') })
    expect(at(0, tasks)).toEqual({ state: 'progressing', progress: '1/1 task running, watched for 5 s' })
    expect(at(1, [createEndedTask(1, 'complete'), waiting(2, 'starting')])).toEqual({
      state: 'progressing',
      progress: '0/1 task running',
    })
  })

  test('counts a slot once, though one of its tasks is complete and another still runs', () => {
    const tasks = [createTask(1), createEndedTask(2, 'complete')]
    const { at } = watching({ service: restarting('none'), before: tasks })
    at(0, tasks)
    expect(at(MONITOR_SECONDS, tasks)).toEqual({ state: 'converged', progress: '1/1 task running' })
  })

  test('was done before, and is done at once when nothing was changed', () => {
    const before = [createEndedTask(1, 'complete')]
    expect(watching({ service: restarting('none'), before }).at(0, before).state).toBe('converged')
  })

  test('completes at a later attempt', () => {
    const { at } = watching({ service: restarting('on-failure') })
    const first = createEndedTask(1, 'failed')
    expect(at(0, [first, waiting(2, 'ready')]).state).toBe('progressing')
    expect(at(LONG, [first, createEndedTask(2, 'complete')]).state).toBe('converged')
  })
})

describe('a slot without a task to come', () => {
  const gone = createEndedTask(1, 'failed')

  test('makes the service fail after a grace', () => {
    const { at } = watching({ service: restarting('none') })
    expect(at(0, [gone])).toEqual({ state: 'progressing', progress: '0/1 task running' })
    expect(at(ABANDONED_GRACE_SECONDS - 0.1, [gone]).state).toBe('progressing')
    expect(at(ABANDONED_GRACE_SECONDS, [gone])).toEqual({
      state: 'failed',
      cause: 'its task failed with exit code 1, and its restart policy is none',
      taskId: 'task-1',
    })
  })

  test('fails on-failure once all its attempts are used up', () => {
    const service = replicas(1, { RestartPolicy: { Condition: 'on-failure', MaxAttempts: 1 } })
    const { at } = watching({ service })
    expect(at(0, [gone, waiting(2, 'ready')]).state).toBe('progressing')
    expect(at(10, [gone, createEndedTask(2, 'failed')]).state).toBe('progressing')
    expect(at(13, [gone, createEndedTask(2, 'failed')])).toMatchObject({
      state: 'failed',
      cause: 'its task failed with exit code 1, and its restart policy has no attempt left (max-attempts 1)',
      taskId: 'task-2',
    })
  })

  test('fails with restart any too, though it ended with code 0', () => {
    const { at } = watching({ service: replicas(1, { RestartPolicy: { Condition: 'any', MaxAttempts: 1 } }) })
    at(0, [createEndedTask(1, 'complete')])
    expect(at(3, [createEndedTask(1, 'complete')])).toMatchObject({
      cause: 'its task ended with exit code 0, and its restart policy has no attempt left (max-attempts 1)',
    })
  })

  test('counts the attempts within the window of the policy', () => {
    const { at } = watching({
      service: replicas(1, { RestartPolicy: { Condition: 'any', MaxAttempts: 2, Window: 120e9 } }),
    })
    at(0, [gone])
    expect(at(3, [gone])).toMatchObject({
      cause: 'its task failed with exit code 1, and its restart policy has no attempt left (max-attempts 2 within 2 m)',
    })
  })

  test('that was stopped as unhealthy, and took it with code 0, has none to come by on-failure', () => {
    const { at } = watching({ service: restarting('on-failure') })
    const ContainerStatus = { ContainerID: 'c', ExitCode: 0 }
    const sick = createEndedTask(1, 'failed', {
      Status: { State: 'failed', Err: 'dockerexec: unhealthy container', ContainerStatus },
    })
    at(0, [sick])
    expect(at(3, [sick])).toMatchObject({
      cause: 'its task failed its health check, and its restart policy is on-failure (its exit code was 0)',
    })
  })

  test('names no policy where that allows another: a paused node is given none', () => {
    const { at } = watching()
    at(0, [gone])
    expect(at(3, [gone])).toMatchObject({ cause: 'its task failed with exit code 1, and Swarm starts no other' })
  })

  test.each<[TaskState]>([['ready'], ['running']])(
    'is none as long as Swarm has not decided on the task that ended while it was to be %s',
    (DesiredState) => {
      const { at } = watching()
      const undecided = createEndedTask(2, 'rejected', { DesiredState })
      at(0, [gone, undecided])
      expect(at(LONG, [gone, undecided]).state).toBe('progressing')
      const decided = { ...undecided, DesiredState: 'shutdown' as const }
      at(LONG, [gone, decided])
      expect(at(LONG + ABANDONED_GRACE_SECONDS, [gone, decided]).state).toBe('failed')
    },
  )

  test('fails though the task ended before the deploy: unchanged, it still does not run', () => {
    const { at } = watching({ service: restarting('none'), before: [gone] })
    at(0, [gone])
    expect(at(3, [gone]).state).toBe('failed')
  })

  test('fails though other slots run', () => {
    const running = createTask(5, { Slot: 2 })
    const { at } = watching({ service: restarting('none', 2), before: [running] })
    at(0, [gone, running])
    expect(at(3, [gone, running])).toMatchObject({ state: 'failed', taskId: 'task-1' })
  })

  test('starts the grace again when a task comes after all', () => {
    const { at } = watching()
    at(0, [gone])
    at(2, [gone, waiting(2, 'new')])
    expect(at(4, [gone, createEndedTask(2, 'failed')]).state).toBe('progressing')
    expect(at(6.9, [gone, createEndedTask(2, 'failed')]).state).toBe('progressing')
    expect(at(7, [gone, createEndedTask(2, 'failed')]).state).toBe('failed')
  })

  test.each<[TaskState]>([
    ['allocated'],
    ['pending'],
    ['assigned'],
    ['accepted'],
    ['preparing'],
    ['ready'],
    ['starting'],
    ['running'],
  ])('is none while its next task is %s', (state) => {
    const { at } = watching({ service: replicas(2) })
    const tasks = [gone, waiting(2, state)]
    at(0, tasks)
    expect(at(LONG, tasks).state).toBe('progressing')
  })

  test.each<[TaskState]>([['shutdown'], ['remove'], ['orphaned'], ['complete']])(
    'stays one though an older task of it is %s',
    (state) => {
      const { at } = watching({ service: restarting('none') })
      const tasks = [createEndedTask(1, state), createEndedTask(2, 'failed')]
      at(0, tasks)
      expect(at(3, tasks)).toMatchObject({ state: 'failed', taskId: 'task-2' })
    },
  )

  test('is none while an older task of it still runs', () => {
    const { at } = watching({ service: restarting('none', 2) })
    const tasks = [createTask(1), createEndedTask(2, 'failed')]
    at(0, tasks)
    expect(at(LONG, tasks)).toEqual({ state: 'progressing', progress: '1/2 tasks running' })
  })

  test('is none when Swarm itself stopped its last task', () => {
    const { at } = watching({ service: restarting('none') })
    const tasks = [createEndedTask(1, 'failed'), createEndedTask(2, 'shutdown')]
    at(0, tasks)
    expect(at(LONG, tasks).state).toBe('progressing')
  })
})

describe('a task that no node can take', () => {
  test('makes the service fail after a grace, in the words of Swarm', () => {
    const { at } = watching()
    expect(at(100, [unplaced(1)]).state).toBe('progressing')
    expect(at(129.9, [unplaced(1)]).state).toBe('progressing')
    expect(at(130, [unplaced(1)])).toEqual({
      state: 'failed',
      cause: `no node can take it: ${NO_NODE}`,
      isUnplaced: true,
    })
  })

  test('starts the grace again when it was placed in between', () => {
    const { at } = watching()
    at(0, [unplaced(1)])
    at(29, [waiting(1, 'assigned')])
    expect(at(31, [unplaced(1)]).state).toBe('progressing')
    expect(at(60.9, [unplaced(1)]).state).toBe('progressing')
    expect(at(61, [unplaced(1)]).state).toBe('failed')
  })

  test('has a grace of its own', () => {
    const { at } = watching({ service: replicas(2) })
    at(0, [unplaced(1)])
    expect(at(29, [unplaced(2, { Slot: 2 })]).state).toBe('progressing')
    expect(at(31, [unplaced(2, { Slot: 2 })]).state).toBe('progressing')
    expect(at(59, [unplaced(2, { Slot: 2 })]).state).toBe('failed')
  })

  test('makes the service fail though it waited before the deploy', () => {
    const { at } = watching({ before: [unplaced(1)] })
    expect(at(0, [unplaced(1)]).state).toBe('progressing')
    expect(at(30, [unplaced(1)]).state).toBe('failed')
  })

  test.each([
    ['pending without a word against it', waiting(1, 'pending')],
    ['pending with an empty word', waiting(1, 'pending', { Status: { State: 'pending', Err: '' } })],
    ['not wanted any more', unplaced(1, { DesiredState: 'shutdown' })],
    ['on a node already', waiting(1, 'preparing', { Status: { State: 'preparing', Err: NO_NODE } })],
  ])('is none that is %s', (_, task) => {
    const { at } = watching()
    at(0, [task])
    expect(at(LONG, [task]).state).toBe('progressing')
  })
})

describe('time in which the swarm cannot be seen', () => {
  const NEVER_BETWEEN = Number.POSITIVE_INFINITY

  test.each([
    ['no node can take', unplaced(1)],
    ['has no networks', waiting(1, 'new')],
  ])('does not count against a task that %s', (_, task) => {
    const { at } = watching({}, NEVER_BETWEEN)
    expect(at(0, [task]).state).toBe('progressing')
    expect(at(60, [task]).state).toBe('progressing')
    expect(at(70, [task]).state).toBe('progressing')
    expect(at(79.9, [task]).state).toBe('progressing')
    expect(at(80, [task]).state).toBe('failed')
  })

  test('counts for a task that has run on', () => {
    const { at } = watching({ monitorSeconds: 30 }, NEVER_BETWEEN)
    at(0, [createTask(1)])
    expect(at(30, [createTask(1)]).state).toBe('converged')
  })
})

describe('a task without its networks', () => {
  const NOT_ALLOCATED = 'the swarm has not allocated the networks of its task for 30 s'

  test('makes the service fail after the same grace, whatever Swarm says of the update', () => {
    for (const service of [createService(), withStatus(createService(), { State: 'updating' })]) {
      const { at } = watching({ service })
      expect(at(0, [waiting(1, 'new')]).state).toBe('progressing')
      expect(at(UNPLACED_GRACE_SECONDS - 0.1, [waiting(1, 'new')]).state).toBe('progressing')
      expect(at(UNPLACED_GRACE_SECONDS, [waiting(1, 'new')])).toEqual({
        state: 'failed',
        cause: NOT_ALLOCATED,
        isUnallocated: true,
      })
    }
  })

  test('makes the service fail though others of it have theirs', () => {
    const tasks = [createTask(1), waiting(2, 'new', { Slot: 2 })]
    const { at } = watching({ service: replicas(2) })
    at(0, tasks)
    expect(at(30, tasks)).toMatchObject({ cause: NOT_ALLOCATED })
  })

  test.each([
    ['not wanted any more', waiting(1, 'new', { DesiredState: 'shutdown' })],
    ['given them', waiting(1, 'pending')],
  ])('is none that is %s', (_, task) => {
    const { at } = watching()
    at(0, [task])
    expect(at(LONG, [task]).state).toBe('progressing')
  })

  test('has a grace of its own', () => {
    const { at } = watching({ service: replicas(2) })
    at(0, [waiting(1, 'new')])
    expect(at(29, [waiting(2, 'new', { Slot: 2 })]).state).toBe('progressing')
    expect(at(58, [waiting(2, 'new', { Slot: 2 })]).state).toBe('progressing')
  })
})

describe('a global service', () => {
  const service = serviceOf({ Global: {} })
  const on = (n: number, overrides: Partial<Task> = {}) => {
    const { Slot: _, ...task } = createTask(n, { NodeID: `node-${n}` })
    return { ...task, ...overrides }
  }
  const endedOn = (n: number, nodeId: string) => on(n, { ...withoutSlot(createEndedTask(n, 'failed')), NodeID: nodeId })

  test('converges with one task on each node that may run it', () => {
    const { at } = watching({ service, nodes: THREE_NODES })
    expect(at(0, [on(1), on(2)])).toEqual({ state: 'progressing', progress: '2/3 tasks running' })
    expect(at(1, [on(1), on(2), on(3)]).state).toBe('progressing')
    expect(at(6, [on(1), on(2), on(3)])).toEqual({ state: 'converged', progress: '3/3 tasks running' })
  })

  test('counts two tasks on one node as one', () => {
    const tasks = [on(1), on(2), on(4, { NodeID: 'node-2' })]
    const { at } = watching({ service, nodes: THREE_NODES, before: tasks })
    expect(at(0, tasks)).toEqual({ state: 'progressing', progress: '2/3 tasks running' })
  })

  test('converges with fewer tasks once a node is drained', () => {
    const { at } = watching({ service, nodes: THREE_NODES, before: [on(1), on(2)] })
    expect(at(0, [on(1), on(2)]).state).toBe('progressing')
    expect(at(1, [on(1), on(2)], { eligibleNodes: THREE_NODES.slice(0, 2) })).toEqual({
      state: 'converged',
      progress: '2/2 tasks running',
    })
  })

  test('does not count a task on a node that may not run it any more', () => {
    const tasks = [on(1), on(3)]
    const { at } = watching({ service, nodes: THREE_NODES.slice(0, 2), before: tasks })
    expect(at(0, tasks)).toEqual({ state: 'progressing', progress: '1/2 tasks running' })
  })

  test('does not count a task that has no node yet', () => {
    const { NodeID: _, ...unassigned } = on(1)
    expect(watching({ service, before: [unassigned] }).at(0, [unassigned])).toMatchObject({
      progress: '0/1 task running',
    })
  })

  const NO_NODE = 'no node of the swarm is ready, active and allowed by its placement constraints'

  test('fails when no node may run it for 30 s', () => {
    const { at } = watching({ service, nodes: [] })
    for (const seconds of [0, 9, 18, 27, 29.9]) {
      expect(at(seconds, [])).toEqual({ state: 'progressing', progress: `0/0 tasks running: ${NO_NODE}` })
    }
    expect(at(30, [])).toMatchObject({ state: 'failed', cause: NO_NODE })
  })

  test('waits anew each time that its nodes are gone', () => {
    const { at } = watching({ service })
    for (const seconds of [0, 9, 18]) at(seconds, [], { eligibleNodes: [] })
    at(27, [on(1)])
    expect(at(36, [], { eligibleNodes: [] }).state).toBe('progressing')
  })

  test('that Swarm still updates does not fail for that', () => {
    const updating = withStatus(service, { State: 'updating' })
    expect(watching({ service: updating, nodes: [] }).at(0, []).state).toBe('progressing')
  })

  test('fails when its task on one node ends again and again', () => {
    const crashes = [1, 2, 3, 4, 5].map((n) => endedOn(n, 'node-2'))
    const rest = [on(11, { NodeID: 'node-1' }), on(12, { NodeID: 'node-2', Status: { State: 'ready' } })]
    const { at } = watching({ service, nodes: THREE_NODES })
    expect(at(0, [...crashes.slice(1), ...rest]).state).toBe('progressing')
    expect(at(1, [...crashes, ...rest])).toMatchObject({ state: 'failed', taskId: 'task-5' })
  })

  test('does not add up what ends on different nodes', () => {
    const crashes = [1, 2, 3, 4, 5, 6].map((n) => endedOn(n, `node-${(n % 3) + 1}`))
    const next = [11, 12, 13].map((n) => on(n, { NodeID: `node-${n - 10}`, Status: { State: 'ready' } }))
    expect(watching({ service, nodes: THREE_NODES }).at(0, [...crashes, ...next]).state).toBe('progressing')
  })

  test('does not fail for what ended on a node that was drained since', () => {
    const { at } = watching({ service, nodes: THREE_NODES })
    const crashes = [4, 5, 6, 7, 8].map((n) => endedOn(n, 'node-3'))
    const rest = [on(1), on(2, { Status: { State: 'starting' } })]
    at(0, [...crashes, ...rest], { service: withStatus(service, { State: 'updating' }) })
    const drained = { eligibleNodes: THREE_NODES.slice(0, 2) }
    expect(at(1, [...crashes, ...rest], drained)).toEqual({ state: 'progressing', progress: '1/2 tasks running' })
    expect(at(LONG, [...crashes, ...rest], drained).state).toBe('progressing')
  })
})

function withoutSlot(task: Task): Task {
  const { Slot: _, ...rest } = task
  return rest
}

const ITERATION = 42

/** A task of a job's current run. */
function jobTask(n: number, overrides: Partial<Task> = {}): Task {
  return createTask(n, { DesiredState: 'complete', JobIteration: { Index: ITERATION }, Slot: n, ...overrides })
}

function jobDone(n: number, overrides: Partial<Task> = {}): Task {
  return jobTask(n, { Status: { State: 'complete', ContainerStatus: { ExitCode: 0 } }, ...overrides })
}

function jobFailed(n: number, overrides: Partial<Task> = {}): Task {
  const Status = { State: 'failed', ContainerStatus: { ExitCode: 1 } } as const
  return jobTask(n, { DesiredState: 'shutdown', Status, ...overrides })
}

function job(Mode: ServiceMode): Service {
  return { ...serviceOf(Mode), JobStatus: { JobIteration: { Index: ITERATION } } }
}

describe('a replicated job', () => {
  const service = job({ ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 2 } })

  test('converges as soon as all its tasks are complete', () => {
    const { at } = watching({ service })
    expect(at(0, [jobTask(1)])).toEqual({ state: 'progressing', progress: '0/2 tasks complete, 1 running' })
    expect(at(1, [jobDone(1), jobTask(2)])).toEqual({
      state: 'progressing',
      progress: '1/2 tasks complete, 1 running',
    })
    expect(at(2, [jobDone(1), jobDone(2)])).toEqual({ state: 'converged', progress: '2/2 tasks complete' })
  })

  test('is not converged by tasks that run, however long', () => {
    const { at } = watching({ service, before: [jobTask(1), jobTask(2)] })
    at(0, [jobTask(1), jobTask(2)])
    expect(at(LONG, [jobTask(1), jobTask(2)]).state).toBe('progressing')
  })

  test('that was complete before and has not been changed is converged at once', () => {
    const before = [jobDone(1), jobDone(2)]
    expect(watching({ service, before }).at(0, before).state).toBe('converged')
  })

  test.each([
    ['complete', jobDone],
    ['failed', jobFailed],
  ])('has nothing to do with tasks of another run that are %s', (_, taskOf) => {
    const JobIteration = { Index: ITERATION - 1 }
    const { at } = watching({ service })
    const others = [
      ...[1, 2, 3, 4, 5, 6].map((n) => taskOf(n, { JobIteration, Slot: 1 })),
      taskOf(7, { JobIteration, Slot: 2 }),
    ]
    at(0, others)
    expect(at(LONG, others)).toEqual({ state: 'progressing', progress: '0/2 tasks complete' })
  })

  test('has nothing to do with tasks of another run that no node could take', () => {
    const other = unplaced(1, { DesiredState: 'complete', JobIteration: { Index: ITERATION - 1 } })
    const { at } = watching({ service })
    at(0, [other])
    expect(at(LONG, [other]).state).toBe('progressing')
  })

  test('fails when no node can take a task of this run', () => {
    const task = unplaced(1, { DesiredState: 'complete', JobIteration: { Index: ITERATION } })
    const { at } = watching({ service })
    at(0, [task])
    expect(at(30, [task]).state).toBe('failed')
  })

  test('fails when a task has failed and none follows', () => {
    const { at } = watching({ service })
    expect(at(0, [jobDone(1), jobFailed(2)]).state).toBe('progressing')
    expect(at(3, [jobDone(1), jobFailed(2)])).toEqual({
      state: 'failed',
      cause: 'its task failed with exit code 1, and Swarm starts no other',
      taskId: 'task-2',
    })
  })

  test('fails when a task fails again and again', () => {
    const crashes = [1, 2, 3, 4, 5].map((n) => jobFailed(n, { Slot: 1 }))
    const next = jobTask(9, { Slot: 1, DesiredState: 'ready', Status: { State: 'ready' } })
    const { at } = watching({ service })
    expect(at(0, [...crashes.slice(1), next]).state).toBe('progressing')
    expect(at(1, [...crashes, next]).state).toBe('failed')
  })

  // swarmkit counts the slots of a job from 0, and the API leaves a 0 out.
  describe('in its first slot, which has no number', () => {
    const single = job({ ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } })
    const failed = withoutSlot(jobFailed(1))
    const onOther = { NodeID: 'node-2' }

    test('goes on when a failed task is tried again on another node', () => {
      const { at } = watching({ service: single, nodes: THREE_NODES })
      const tasks = [failed, withoutSlot(jobTask(2, onOther))]
      at(0, tasks)
      expect(at(LONG, tasks)).toEqual({ state: 'progressing', progress: '0/1 task complete, 1 running' })
    })

    test('goes on when the next task has no node yet', () => {
      const { NodeID: _, ...next } = withoutSlot(jobTask(2, { Status: { State: 'pending' } }))
      const { at } = watching({ service: single })
      at(0, [failed, next])
      expect(at(LONG, [failed, next]).state).toBe('progressing')
    })

    test('fails when it fails again and again, on whatever nodes', () => {
      const crashes = [1, 2, 3, 4, 5].map((n) => withoutSlot(jobFailed(n, { NodeID: `node-${n}` })))
      const next = withoutSlot(jobTask(9, { Status: { State: 'ready' } }))
      expect(watching({ service: single }).at(0, [...crashes, next]).state).toBe('failed')
    })

    test('is apart from the second', () => {
      const { at } = watching({ service })
      expect(at(0, [withoutSlot(jobDone(1)), jobDone(2, { Slot: 1 })]).state).toBe('converged')
    })
  })

  // A manager that leads anew has two orchestrators for jobs: moby/moby#53632.
  describe('that Swarm runs again and again', () => {
    const single = job({ ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } })
    const done = jobDone(1, { Slot: 0 })
    const jobSnapshot = (tasks: readonly Task[]): ServiceSnapshot => ({
      service: single,
      tasks,
      eligibleNodes: ONE_NODE,
      now: 0,
      monitorSeconds: MONITOR_SECONDS,
    })

    test.each<[string, Task]>([
      ['runs', jobTask(2, { Slot: 0 })],
      ['is on its way', jobTask(2, { Slot: 0, Status: { State: 'preparing' } })],
      ['is complete too', jobDone(2, { Slot: 0 })],
    ])('is converged by the first task that is complete, while another one of its slot %s', (_, other) => {
      const tasks = [done, other]
      expect(watching({ service: single }).at(0, tasks)).toEqual({ state: 'converged', progress: expect.anything() })
      expect(jobNote(jobSnapshot(tasks))).toContain('moby/moby#53632')
    })

    test.each<[string, Task]>([
      ['has failed', jobFailed(2, { Slot: 0 })],
      ['was stopped', jobTask(2, { Slot: 0, DesiredState: 'shutdown', Status: { State: 'running' } })],
      ['belongs to another run', jobDone(2, { Slot: 0, JobIteration: { Index: ITERATION - 1 } })],
      ['has a slot of its own', jobDone(2, { Slot: 1 })],
    ])('is not said of one in which another task %s', (_, other) => {
      expect(jobNote(jobSnapshot([done, other]))).toBeUndefined()
    })

    test('does not fail by a task that fails beside the one that is complete', () => {
      const { at } = watching({ service })
      const tasks = [done, ...[2, 3, 4, 5, 6, 7].map((n) => jobFailed(n, { Slot: 0 })), jobTask(8, { Slot: 1 })]
      at(0, tasks)
      expect(at(LONG, tasks)).toEqual({ state: 'progressing', progress: '1/2 tasks complete, 1 running' })
    })
  })

  test('of a service that never ran has no number for its run', () => {
    const fresh = serviceOf({ ReplicatedJob: { TotalCompletions: 1 } })
    const { JobIteration: _, ...done } = jobDone(1)
    expect(watching({ service: fresh }).at(0, [jobDone(2)]).state).toBe('progressing')
    expect(watching({ service: fresh }).at(0, [done]).state).toBe('converged')
  })
})

describe('a global job', () => {
  const service = job({ GlobalJob: {} })
  const doneOn = (n: number) => withoutSlot(jobDone(n, { NodeID: `node-${n}` }))

  test('converges when it is complete on every node that may run it', () => {
    const { at } = watching({ service, nodes: THREE_NODES })
    expect(at(0, [doneOn(1), doneOn(2)])).toEqual({ state: 'progressing', progress: '2/3 tasks complete' })
    expect(at(1, [doneOn(1), doneOn(2), doneOn(3)])).toEqual({
      state: 'converged',
      progress: '3/3 tasks complete',
    })
  })

  test('fails when it has failed on one node and none follows', () => {
    const failed = withoutSlot(jobFailed(3, { NodeID: 'node-3' }))
    const { at } = watching({ service, nodes: THREE_NODES })
    at(0, [doneOn(1), doneOn(2), failed])
    expect(at(3, [doneOn(1), doneOn(2), failed])).toMatchObject({ state: 'failed', taskId: 'task-3' })
  })

  test('does not wait for a node that was drained, nor fail for it', () => {
    const failed = withoutSlot(jobFailed(3, { NodeID: 'node-3' }))
    const { at } = watching({ service, nodes: THREE_NODES.slice(0, 2) })
    at(0, [doneOn(1), failed])
    expect(at(LONG, [doneOn(1), failed])).toEqual({ state: 'progressing', progress: '1/2 tasks complete' })
    expect(at(LONG, [doneOn(1), doneOn(2), failed]).state).toBe('converged')
  })

  test('fails when no node may run it for 30 s', () => {
    const { at } = watching({ service, nodes: [] })
    expect([0, 10, 20, 30].map((seconds) => at(seconds, []).state).at(-1)).toBe('failed')
  })
})

describe('how a task ended', () => {
  test.each<[string, Task['Status']]>([
    ['was rejected: No such image: web:1', { State: 'rejected', Err: 'No such image: web:1' }],
    ['was rejected: no reason given', { State: 'rejected' }],
    ['was rejected: no space', { State: 'rejected', Err: 'no space', ContainerStatus: { ExitCode: 0 } }],
    ['failed with exit code 3', { State: 'failed', Err: 'task: non-zero exit (3)', ContainerStatus: { ExitCode: 3 } }],
    [
      'failed its health check',
      {
        State: 'failed',
        Err: 'task: non-zero exit (143): dockerexec: unhealthy container',
        ContainerStatus: { ExitCode: 143 },
      },
    ],
    ['failed: starting container failed', { State: 'failed', Err: 'starting container failed' }],
    [
      'failed: No such container: web.1.r7k2',
      { State: 'failed', Err: 'No such container: web.1.r7k2', ContainerStatus: { ExitCode: 0 } },
    ],
    ['failed', { State: 'failed', Err: '' }],
    ['failed', { State: 'failed' }],
    ['ended with exit code 0', { State: 'complete', ContainerStatus: { ExitCode: 0 } }],
    ['ended', { State: 'complete' }],
  ])('%s', (words, status) => {
    expect(ending(createTask(1, { Status: status }))).toBe(words)
  })

  test.each<[TaskState, boolean]>([
    ['failed', true],
    ['rejected', true],
    ['complete', false],
    ['shutdown', false],
    ['orphaned', false],
    ['running', false],
  ])('%s is a failure: %s', (state, expected) => {
    expect(isFailure(createTask(1, { Status: { State: state } }))).toBe(expected)
  })
})

describe('the tally', () => {
  const snapshot = (service: Service, tasks: readonly Task[], nodes = THREE_NODES): ServiceSnapshot => {
    return { service, tasks, eligibleNodes: nodes, now: 0, monitorSeconds: MONITOR_SECONDS }
  }

  test('counts the tasks that run and the nodes that they are on', () => {
    const tasks = [
      createTask(1, { Slot: 1 }),
      createTask(2, { Slot: 2 }),
      createTask(3, { Slot: 3, NodeID: 'node-2' }),
      createTask(4, { Slot: 4, NodeID: 'node-3', Status: { State: 'starting' } }),
    ]
    expect(taskCounts(snapshot(replicas(5), tasks))).toEqual({ wanted: 5, running: 3, nodes: 2 })
  })

  test('counts a slot once while two tasks overlap in it', () => {
    expect(taskCounts(snapshot(replicas(1), [createTask(1), createTask(2)]))).toEqual({
      wanted: 1,
      running: 1,
      nodes: 1,
    })
  })

  test('counts the nodes that may run a global service', () => {
    const tasks = [1, 2].map((n) => withoutSlot(createTask(n, { NodeID: `node-${n}` })))
    expect(taskCounts(snapshot(serviceOf({ Global: {} }), tasks))).toEqual({ wanted: 3, running: 2, nodes: 2 })
  })

  test('counts the tasks of a job that are complete in its current run', () => {
    const service = job({ ReplicatedJob: { TotalCompletions: 4 } })
    const tasks = [jobDone(1), jobTask(2), jobDone(3, { JobIteration: { Index: 7 } }), jobDone(4)]
    expect(taskCounts(snapshot(service, tasks))).toEqual({ wanted: 4, running: 2, nodes: 1 })
  })

  test('counts the complete tasks of a service that is meant to end', () => {
    expect(taskCounts(snapshot(restarting('none'), [createEndedTask(1, 'complete')]))).toEqual({
      wanted: 1,
      running: 1,
      nodes: 1,
    })
  })
})

describe('a mode', () => {
  test.each<[string, ServiceMode, number | undefined]>([
    ['replicated', { Replicated: { Replicas: 3 } }, 3],
    ['replicated to nothing', { Replicated: { Replicas: 0 } }, 0],
    ['replicated without a number', { Replicated: {} }, 1],
    ['global', { Global: {} }, undefined],
    ['a replicated job', { ReplicatedJob: { MaxConcurrent: 2, TotalCompletions: 6 } }, 6],
    ['a replicated job without a total', { ReplicatedJob: { MaxConcurrent: 2 } }, 2],
    ['a replicated job without a number', { ReplicatedJob: {} }, 1],
    ['a global job', { GlobalJob: {} }, undefined],
  ])('%s wants its number of tasks', (_, Mode, wanted) => {
    expect(wantedTasks(createSpec({ Mode }))).toBe(wanted)
  })

  test.each<[ServiceMode, boolean]>([
    [{ Replicated: {} }, false],
    [{ Global: {} }, false],
    [{ ReplicatedJob: {} }, true],
    [{ GlobalJob: {} }, true],
  ])('%j is a job: %s', (Mode, expected) => {
    expect(isJob(createSpec({ Mode }))).toBe(expected)
  })
})

describe('canaries', () => {
  const updating = createService({ UpdateStatus: { State: 'updating' } })
  const trying = (size: number, service = updating) => {
    let history = historyBefore([])
    return (now: number, tasks: readonly Task[], changed: Partial<ServiceSnapshot> = {}): Verdict => {
      const snapshot = { service, tasks, eligibleNodes: THREE_NODES, now, monitorSeconds: MONITOR_SECONDS, ...changed }
      history = withSnapshot(history, snapshot)
      return judgeFirstTasks(history, snapshot, size, 'canary')
    }
  }
  const one = createTask(1)
  const two = createTask(2, { Slot: 2 })

  test('are up when so many tasks have run for the monitor window, though Swarm still updates', () => {
    const at = trying(2)
    expect(at(0, [one])).toEqual({ state: 'progressing', progress: '1/2 canary tasks running' })
    expect(at(3, [one, two])).toMatchObject({ state: 'progressing', progress: expect.stringContaining('for 5 s') })
    expect(at(7, [one, two]).state).toBe('progressing')
    expect(at(8, [one, two]).state).toBe('converged')
  })

  test('have failed with the first task that ends, though another has taken its place', () => {
    const at = trying(1)
    at(0, [one])
    at(6, [one])
    expect(at(7, [createEndedTask(1, 'failed'), createTask(3)])).toEqual({
      state: 'failed',
      cause: 'its task failed with exit code 1',
      taskId: 'task-1',
    })
  })

  test('are no longer up when a task is gone', () => {
    const at = trying(1)
    at(0, [one])
    at(6, [one])
    expect(at(7, [])).toEqual({ state: 'progressing', progress: '0/1 canary task running' })
  })

  test('stay up when Swarm puts a new task in the place of an old one that has ended by itself', () => {
    const at = trying(1)
    at(0, [one])
    expect(at(6, [one])).toMatchObject({ state: 'converged' })
    expect(at(7, [one, two])).toEqual({ state: 'converged', progress: '2/1 canary task running' })
  })

  test("have failed by Swarm's word", () => {
    const service = createService({ UpdateStatus: { State: 'paused', Message: 'because of it' } })
    expect(trying(1, service)(0, [])).toEqual({ state: 'failed', cause: 'Swarm paused the update: because of it' })
  })

  test('that fit on no node have failed after a while', () => {
    const unplaced = createTask(1, { Status: { State: 'pending', Err: 'no suitable node' } })
    const at = trying(1)
    for (const now of [0, 10, 20]) expect(at(now, [unplaced]).state).toBe('progressing')
    expect(at(UNPLACED_GRACE_SECONDS, [unplaced])).toMatchObject({ cause: 'no node can take it: no suitable node' })
  })
})

describe('a task may still have a container', () => {
  test.each<[boolean, string, TaskState, TaskState]>([
    [true, 'that runs', 'running', 'running'],
    [true, 'that is being stopped', 'running', 'shutdown'],
    [true, 'that is being removed', 'starting', 'remove'],
    [true, 'that waits for its node', 'pending', 'running'],
    [true, 'that waits for its start', 'ready', 'ready'],
    [false, 'that never got a node and is to end', 'pending', 'shutdown'],
    [false, 'that has ended', 'shutdown', 'shutdown'],
    [false, 'that failed', 'failed', 'shutdown'],
    [false, 'whose node is gone for long', 'orphaned', 'shutdown'],
  ])('%p: one %s', (may, _, State, DesiredState) => {
    expect(mayHaveContainer(createTask(1, { DesiredState, Status: { State } }))).toBe(may)
  })
})
