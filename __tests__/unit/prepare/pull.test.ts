import { describe, expect, test } from '@jest/globals'
import type { Node, Task, TaskState } from '../../../src/docker/api.ts'
import type { ImageDemand } from '../../../src/prepare/demand.ts'
import {
  afterLook,
  beginPull,
  isOver,
  nextNodes,
  type Pull,
  refused,
  thereOn,
  withAsked,
} from '../../../src/prepare/pull.ts'
import { createNode, createTask } from '../../support/builders.ts'

const NODES = [1, 2, 3, 4].map(createNode)
const IDS = NODES.map(({ ID }) => ID)
const demand: ImageDemand = { image: 'a/b@sha256:1', access: undefined, nodes: NODES, notAsked: [], services: [] }

const on = (n: number, State: TaskState, Err?: string): Task =>
  createTask(n, {
    NodeID: `node-${n}`,
    DesiredState: State === 'rejected' ? 'shutdown' : 'running',
    Status: { State, ...(Err !== undefined && { Err }) },
  })
const has = (n: number) => on(n, 'rejected', 'Cannot mkdir: /.dockerenv is not a directory')
const states = ({ nodes }: Pull) => [...nodes.values()].map(({ state }) => state)
const drained = (n: number): Node[] =>
  NODES.map((node, i) => (i + 1 === n ? { ...node, Spec: { ...node.Spec, Availability: 'drain' } } : node))

describe('who is asked', () => {
  test('at most so many at a time, others as soon as these have answered, none twice', () => {
    const begun = withAsked(beginPull(demand), nextNodes(beginPull(demand), 2), 0)
    expect([...begun.nodes.keys()]).toEqual(IDS.slice(0, 2))
    expect(nextNodes(begun, 2)).toEqual([])
    expect(nextNodes(afterLook(begun, [has(1), on(2, 'preparing')], NODES, 100), 2)).toEqual(['node-3'])
  })

  test('nobody after a refusal', () => {
    expect(isOver(refused(beginPull(demand), 'no'))).toBe(true)
  })
})

describe('after a look', () => {
  const all = withAsked(beginPull(demand), IDS, 0)

  test('each node is where its task is', () => {
    const tasks = [has(1), on(2, 'preparing'), on(3, 'rejected', 'No such image: a/b'), on(4, 'pending')]
    const looked = afterLook(all, tasks, NODES, 1500)
    expect(states(looked)).toEqual(['there', 'pulling', 'failed', 'pulling'])
    expect(looked.nodes.get('node-3')).toEqual({ state: 'failed', said: 'No such image: a/b', seconds: 1.5 })
    expect(thereOn(looked)).toBe(1)
    expect(isOver(looked)).toBe(false)
  })

  test('an answer stays, whatever becomes of the task', () => {
    const looked = afterLook(all, [has(1), has(2), has(3), has(4)], NODES, 100)
    expect(states(afterLook(looked, [], NODES, 200))).toEqual(['there', 'there', 'there', 'there'])
    expect(isOver(looked)).toBe(true)
  })

  test('a node that has no task yet is waited for, for half a minute', () => {
    expect(states(afterLook(all, [], NODES, 29_000))).toEqual(['pulling', 'pulling', 'pulling', 'pulling'])
    expect(states(afterLook(all, [], NODES, 30_000))).toEqual(['unknown', 'unknown', 'unknown', 'unknown'])
  })

  test('a task that Swarm has forgotten is no answer, and is not waited for long', () => {
    const seen = afterLook(all, [on(1, 'preparing')], NODES, 100)
    const gone = afterLook(seen, [], NODES, 200)
    expect(states(gone)).toEqual(['pulling', 'pulling', 'pulling', 'pulling'])
    expect(states(afterLook(gone, [], NODES, 8200))).toEqual(['unknown', 'pulling', 'pulling', 'pulling'])
  })

  test('a task that a manager which has just begun to lead does not know goes on when it does', () => {
    const gone = afterLook(afterLook(all, [on(1, 'preparing')], NODES, 100), [], NODES, 7000)
    const back = afterLook(gone, [on(1, 'preparing')], NODES, 9000)
    expect(states(afterLook(back, [], NODES, 12_000))[0]).toBe('pulling')
    expect(states(afterLook(back, [has(1)], NODES, 12_000))[0]).toBe('there')
  })

  test('a node that gets no tasks any more is not waited for', () => {
    expect(states(afterLook(all, [on(1, 'preparing')], drained(1), 100))[0]).toBe('left')
    expect(states(afterLook(all, [], drained(1), 100))[0]).toBe('left')
    expect(states(afterLook(all, [has(1)], drained(1), 100))[0]).toBe('there')
  })
})
