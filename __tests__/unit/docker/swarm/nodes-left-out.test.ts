import { describe, expect, test } from '@jest/globals'
import type { Node, Task } from '../../../../src/docker/api.ts'
import { absenceNote, leavesNodesOut, nodesLeftOut, oldTasksNote } from '../../../../src/docker/swarm/nodes-left-out.ts'
import { createJoiningNode, createNode, createService, createSpec, createTask } from '../../../support/builders.ts'

const service = createService({ Spec: createSpec({ Mode: { Global: {} } }) })

const node = (n: number, Availability: Node['Spec']['Availability'] = 'active', State = 'ready'): Node => {
  const { Spec, ...rest } = createNode(n)
  return { ...rest, Spec: { ...Spec, Availability }, Status: { State } }
}
const taskOn = (n: number, overrides: Partial<Task> = {}): Task => {
  const { Slot: _, ...task } = createTask(n, { NodeID: `node-${n}` })
  return { ...task, Spec: { ContainerSpec: { Image: `app:v1@sha256:${n}` } }, ...overrides }
}
const nameOf = ({ ID, Description: { Hostname: name } }: Node) => name ?? ID

/** What is said of the nodes and their old tasks. */
function said(nodes: readonly Node[], tasks: readonly Task[], upToDate: readonly Task[] = []) {
  const leftOut = nodesLeftOut(service, nodes, tasks, upToDate)
  return [oldTasksNote(leftOut, nameOf), absenceNote(leftOut, nameOf)]
}

describe('a global service', () => {
  const STILL = 'paused and still'

  test.each<[string, readonly Node[], readonly Task[], readonly (string | undefined)[]]>([
    ['on active nodes has nothing to tell', [node(1), node(2)], [taskOn(1)], [undefined, undefined]],
    [
      'on a paused node still runs what was before',
      [node(1), node(2, 'pause')],
      [taskOn(1), taskOn(2)],
      [`node host-2 (app:v1) is ${STILL} runs what was before: Swarm replaces it when it is active again`, undefined],
    ],
    [
      'on two paused nodes too',
      [node(1), node(2, 'pause'), node(3, 'pause')],
      [taskOn(2), taskOn(3)],
      [
        `nodes host-2 (app:v1), host-3 (app:v1) are ${STILL} run what was before: Swarm replaces it when they are active again`,
        undefined,
      ],
    ],
    [
      'is not where a node was paused before it came, is drained, or down',
      [node(1, 'pause'), node(2, 'drain'), node(3, 'active', 'down'), node(4)],
      [taskOn(2, { DesiredState: 'shutdown' })],
      [undefined, 'not on host-1 (paused), host-2 (drained), host-3 (down)'],
    ],
    [
      'is not where a node has joined and never reported',
      [createJoiningNode(1), createJoiningNode(2, 'down'), node(3)],
      [],
      [undefined, 'not on node-1 (not heard of yet), node-2 (down)'],
    ],
  ])('%s', (_, nodes, tasks, expected) => {
    expect(said(nodes, tasks)).toEqual(expected)
  })

  test('on a paused node may well be what it should be', () => {
    expect(said([node(1, 'pause')], [taskOn(1)], [taskOn(1)])).toEqual([undefined, undefined])
  })

  test('has nothing to do on a node that its constraints do not allow', () => {
    const Spec = createSpec({
      Mode: { Global: {} },
      TaskTemplate: { Placement: { Constraints: ['node.hostname == host-1'] } },
    })
    const nodes = [node(1), node(2, 'pause')]
    expect(leavesNodesOut({ ...service, Spec }, nodes)).toBe(false)
    expect(nodesLeftOut({ ...service, Spec }, nodes, [taskOn(2)], [])).toEqual([])
  })
})

test.each([
  ['global', true, { Global: {} }],
  ['replicated', false, { Replicated: {} }],
  ['a global job', false, { GlobalJob: {} }],
] as const)('of a service that is %s nodes are left out: %s', (_, expected, Mode) => {
  const one = createService({ Spec: createSpec({ Mode }) })
  expect(leavesNodesOut(one, [node(1), node(2, 'pause')])).toBe(expected)
})
