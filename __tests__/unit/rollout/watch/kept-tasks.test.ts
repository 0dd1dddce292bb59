import { describe, expect, test } from '@jest/globals'
import type { Node, Task } from '../../../../src/docker/api.ts'
import { keptTasks } from '../../../../src/rollout/watch/kept-tasks.ts'
import { createEndedTask, createNode, createService, createSpec, createTask } from '../../../support/builders.ts'

const service = createService({ Spec: createSpec({ Mode: { Replicated: { Replicas: 2 } } }) })
const [n1, n2] = [createNode(1), createNode(2)]
const first = createTask(1)
const second = createTask(2, { Slot: 2, NodeID: n2.ID })
const noImage = { Status: { State: 'rejected', Err: 'No such image: ghcr.io/acme/web@sha256:1' } } as const

const kept = (before: readonly Task[], after: readonly Task[], nodes: readonly Node[] = [n1, n2], isOurs = true) =>
  keptTasks(service, before, after, nodes, isOurs)

test('the same tasks that run are unchanged, whatever else there was before', () => {
  const old = createEndedTask(0, 'shutdown')
  expect(kept([old, first, second], [old, first, second])).toEqual({
    unchanged: 2,
    changed: [],
    replaced: [],
    waitsFor: undefined,
    cannotPull: undefined,
    failsOtherwise: undefined,
  })
})

describe('a task that does not run any more', () => {
  const stopped = createTask(1, { DesiredState: 'shutdown', Status: { State: 'shutdown' } })
  const stopping = createTask(1, { DesiredState: 'shutdown' })
  const down: Node = { ...n1, Status: { State: 'down' } }
  const drained: Node = { ...n1, Spec: { ...n1.Spec, Availability: 'drain' } }

  test.each<[string, Task[], Node[], boolean, string]>([
    [
      'failed',
      [createEndedTask(1, 'failed')],
      [n1],
      true,
      'failed with exit code 1 by itself, as it could at any time',
    ],
    [
      'ended',
      [createEndedTask(1, 'complete')],
      [n1],
      true,
      'ended with exit code 0 by itself, as it could at any time',
    ],
    [
      'is unhealthy',
      [
        createTask(1, {
          Status: { State: 'failed', Err: 'task: non-zero exit (143): dockerexec: unhealthy container' },
        }),
      ],
      [n1],
      true,
      'failed its health check by itself, as it could at any time',
    ],
    ['is lost with its node', [stopping], [down], true, 'is lost with its node, which is down'],
    ['is lost with a node that is gone', [], [], true, 'is lost with its node, which is down'],
    ['was drained', [stopped], [drained], true, 'was moved, for its node is drained'],
    ['was deployed anew', [stopped], [n1], false, 'was replaced by a change of somebody else'],
  ])('%s, which is not the doing of a renewal', (_, now, nodes, isOurs, words) => {
    const { unchanged, changed, replaced } = kept([first], now, nodes, isOurs)
    expect([unchanged, changed, replaced]).toEqual([0, [expect.stringContaining(words)], []])
    expect(changed[0]).toMatch(/^task task-1 on node (?:host|node)-1 /)
  })

  test.each([
    ['has ended', [stopped]],
    ['is ending', [stopping]],
    ['is not remembered', []],
  ])('and %s without a reason is told as what Swarm did', (_, now) => {
    const { replaced } = kept([first], [...now, createTask(5)])
    expect(replaced).toEqual(['task task-1 on node host-1 was replaced by Swarm'])
  })
})

describe('a task that could not pull', () => {
  const rejected = (n: number) => createTask(n, { DesiredState: 'shutdown', NodeID: n2.ID, Slot: 2, ...noImage })
  const next = (n: number, State: Task['Status']['State']) =>
    createTask(n, { DesiredState: 'ready', NodeID: n2.ID, Slot: 2, Status: { State } })
  const before = [first, rejected(2), next(3, 'ready')]

  test('is waited for until it runs', () => {
    expect(kept(before, before).waitsFor).toBe('is ready on node host-2')
    expect(kept(before, [first, rejected(2), rejected(3), next(4, 'preparing')]).waitsFor).toBe(
      'is preparing on node host-2',
    )
    const up = createTask(4, { Slot: 2, NodeID: n2.ID })
    expect(kept(before, [first, rejected(2), rejected(3), up])).toMatchObject({ unchanged: 1, waitsFor: undefined })
  })

  test('also while the node is still at it', () => {
    const pulling = [first, next(2, 'preparing')]
    expect(kept(pulling, pulling).waitsFor).toBe('is preparing on node host-2')
  })

  test('and cannot three times more, will not', () => {
    const after = [...before, rejected(4), rejected(5)]
    expect(kept(before, after).cannotPull).toBeUndefined()
    expect(kept(before, [...after, rejected(6)]).cannotPull).toMatch(
      /^was rejected: No such image: \S+ on node host-2$/,
    )
  })

  test('and crashes with its image since, is not the doing of the credential', () => {
    const crashed = createEndedTask(4, 'failed', { Slot: 2, NodeID: n2.ID })
    expect(kept(before, [...before, crashed])).toMatchObject({
      waitsFor: undefined,
      cannotPull: undefined,
      failsOtherwise: 'failed with exit code 1 on node host-2',
    })
  })

  test.each(['unauthorized: authentication required', 'pull access denied for x', 'toomanyrequests: slow down'])(
    'is known by what newer daemons say: %s',
    (error) => {
      const task = createTask(2, { Slot: 2, DesiredState: 'shutdown', Status: { State: 'rejected', Err: error } })
      expect(kept([first, task], [first, task]).waitsFor).toBeDefined()
    },
  )

  test('a crash, a mount that is not there, or no node to go to are none of it', () => {
    for (const Status of [
      { State: 'failed', Err: 'task: non-zero exit (1)' },
      { State: 'rejected', Err: 'invalid mount config for type "bind": bind source path does not exist: /x' },
      { State: 'pending', Err: 'no suitable node (insufficient resources on 2 nodes)' },
    ] as const) {
      const task = createTask(2, { Slot: 2, Status })
      expect(kept([first, task], [first, task]).waitsFor).toBeUndefined()
    }
  })
})
