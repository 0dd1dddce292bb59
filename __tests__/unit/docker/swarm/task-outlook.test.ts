import { describe, expect, test } from '@jest/globals'
import type { Node, Service, ServiceSpec, Task } from '../../../../src/docker/api.ts'
import { specDifference } from '../../../../src/docker/specs/spec-difference.ts'
import { taskOutlook, tasksAsTheyAre, tasksToEnd } from '../../../../src/docker/swarm/task-outlook.ts'
import { createNode, createService, createSpec, createTask } from '../../../support/builders.ts'
import { withValue } from '../../../support/spec-forms.ts'

const NODES = [createNode(1), createNode(2), createNode(3)]

function replicated(replicas: number): ServiceSpec {
  return createSpec({ Mode: { Replicated: { Replicas: replicas } } })
}

/** A task in each slot, one after another on the nodes. */
function tasks(count: number, changed: Partial<Task> = {}): Task[] {
  return Array.from({ length: count }, (_, index) =>
    createTask(index + 1, { Slot: index + 1, NodeID: `node-${(index % NODES.length) + 1}`, ...changed }),
  )
}

interface Situation {
  readonly from: ServiceSpec
  readonly to: ServiceSpec
  readonly own?: readonly Task[]
  readonly service?: Partial<Service>
  readonly nodes?: readonly Node[]
  readonly hasNewCredential?: boolean
}

function outlook({ from, to, own = tasks(3), service = {}, nodes = NODES, hasNewCredential = false }: Situation) {
  const current = createService({ Spec: from, ...service })
  const step = { current, wanted: to, changes: specDifference(from, to), hasNewCredential }
  const { because, ...counts } = taskOutlook(step, { tasks: own, nodes })
  return { ...counts, because: because.map(({ field, key }) => (key === undefined ? field : `${field} ${key}`)) }
}

const NEW_IMAGE = 'ghcr.io/acme/web:2'
const IMAGE = 'TaskTemplate.ContainerSpec.Image'
const CONSTRAINTS = 'TaskTemplate.Placement.Constraints'
const onNode2: (nodes: readonly Node[]) => Node[] = (nodes) =>
  nodes.map((node) => (node.ID === 'node-2' ? { ...node, Spec: { ...node.Spec, Labels: { zone: 'a' } } } : node))

describe('a replicated service', () => {
  const from = replicated(3)
  test.each<[string, Situation, object]>([
    ['a new image replaces all', { from, to: withValue(from, IMAGE, NEW_IMAGE) }, { replaced: 3, because: ['image'] }],
    [
      'a new image with more tasks replaces those that are there',
      { from, to: withValue(replicated(5), IMAGE, NEW_IMAGE) },
      { after: 5, replaced: 3, added: 2, because: ['image'] },
    ],
    [
      'with fewer tasks, those that stay',
      { from, to: withValue(replicated(2), IMAGE, NEW_IMAGE) },
      { after: 2, replaced: 2, removed: 1, because: ['image'] },
    ],
    ['more tasks', { from, to: replicated(4) }, { after: 4, added: 1 }],
    ['no task at all', { from, to: withValue(replicated(0), IMAGE, NEW_IMAGE) }, { after: 0, removed: 3 }],
    ['a label', { from, to: { ...from, Labels: { a: '1' } } }, {}],
    ['a policy', { from, to: { ...from, UpdateConfig: { Parallelism: 2 } } }, {}],
    [
      'a port',
      { from, to: { ...from, EndpointSpec: { Ports: [{ TargetPort: 80 } as never] } } },
      { replaced: 3, because: ['port 80/tcp', 'endpoint_mode'] },
    ],
    ['a constraint that all nodes satisfy', { from, to: withValue(from, CONSTRAINTS, ['node.role==worker']) }, {}],
    [
      'a constraint that one node satisfies',
      { from, to: withValue(from, CONSTRAINTS, ['node.labels.zone==a']), nodes: onNode2(NODES) },
      { replaced: 2, because: ['constraints'] },
    ],
    [
      'a port and a constraint that all nodes satisfy: then Swarm does not look at the port',
      {
        from,
        to: { ...withValue(from, CONSTRAINTS, ['node.role==worker']), EndpointSpec: { Mode: 'dnsrr' } },
      },
      {},
    ],
    ['another number per node', { from, to: withValue(from, 'TaskTemplate.Placement.MaxReplicas', 2) }, {}],
    [
      'a constraint with a credential that may be another',
      { from, to: withValue(from, CONSTRAINTS, ['node.role==worker']), hasNewCredential: true },
      { perhaps: 3, because: ['constraints'] },
    ],
    [
      'a forced restart',
      { from, to: withValue(from, 'TaskTemplate.ForceUpdate', 1) },
      { replaced: 3, because: ['forced'] },
    ],
    [
      'a credential, for tasks that have no image yet',
      {
        from,
        to: { ...from, Labels: { a: '1' } },
        own: [...tasks(2), createTask(9, { Slot: 3, Status: { State: 'preparing' } })],
        hasNewCredential: true,
      },
      { replaced: 1 },
    ],
  ])('%s', (_, situation, said) => {
    const unsaid = { before: 3, after: 3, replaced: 0, perhaps: 0, added: 0, removed: 0, runsAgain: false, because: [] }
    const { because, ...rest } = outlook(situation)
    expect({ ...rest, because: 'because' in said || rest.replaced === 0 ? because : [] }).toEqual({
      ...unsaid,
      ...said,
    })
  })

  test('in the middle of an update only the tasks that are not as wanted yet', () => {
    const to = withValue(from, IMAGE, NEW_IMAGE)
    const made = (spec: ServiceSpec) => ({ Spec: spec.TaskTemplate as never })
    const own = [...tasks(1, made(to)), ...tasks(3, made(from)).slice(1)]
    const paused: Partial<Service> = { Spec: to, UpdateStatus: { State: 'paused' } }
    expect(outlook({ from: to, to, own, service: paused })).toMatchObject({ replaced: 2, because: [] })
  })

  test('and those on nodes that its new constraints leave out', () => {
    const to = withValue(from, CONSTRAINTS, ['node.labels.zone==a'])
    const own = tasks(3, { Spec: from.TaskTemplate as never })
    const service: Partial<Service> = { Spec: to, UpdateStatus: { State: 'updating' } }
    const labelled = withValue(to, 'Labels', { tier: 'a' })
    expect(outlook({ from: to, to: labelled, own, service, nodes: onNode2(NODES) })).toMatchObject({ replaced: 2 })
  })
})

describe('a global service', () => {
  const from = createSpec({ Mode: { Global: {} } })
  test('has a task on each node that may be given one', () => {
    const [first, ...rest] = NODES
    const paused = { ...first, Spec: { ...first?.Spec, Availability: 'pause' } } as Node
    const to = withValue(from, IMAGE, NEW_IMAGE)
    expect(outlook({ from, to, nodes: [paused, ...rest] })).toMatchObject({ before: 2, after: 2, replaced: 2 })
  })
  test('leaves nodes that satisfy its constraints no longer, and others are as they were', () => {
    const to = withValue(from, CONSTRAINTS, ['node.labels.zone==a'])
    expect(outlook({ from, to, nodes: onNode2(NODES) })).toMatchObject({ after: 1, replaced: 0, removed: 2 })
    const back = outlook({ from: to, to: from, own: tasks(2).slice(1), nodes: onNode2(NODES) })
    expect(back).toMatchObject({ before: 1, after: 3, replaced: 0, added: 2, removed: 0 })
  })
})

test.each(['ReplicatedJob', 'GlobalJob'])('a %s runs again, whatever has changed', (mode) => {
  const Mode = mode === 'GlobalJob' ? { GlobalJob: {} } : { ReplicatedJob: { TotalCompletions: 3 } }
  const from = createSpec({ Mode })
  const to = { ...from, Labels: { a: '1' } }
  const ended = tasks(3, { Status: { State: 'complete' }, DesiredState: 'complete' })
  expect(outlook({ from, to, own: ended })).toMatchObject({
    added: 3,
    removed: 0,
    runsAgain: true,
    because: ['label a'],
  })
})

test('a service that is made, stays or goes', () => {
  const spec = replicated(2)
  expect(tasksAsTheyAre(spec, NODES, true)).toMatchObject({ before: 0, after: 2, added: 2 })
  expect(tasksAsTheyAre(spec, NODES, false)).toMatchObject({ before: 2, after: 2, added: 0 })
  expect(tasksToEnd(spec, NODES)).toMatchObject({ before: 2, after: 0, removed: 2 })
})
