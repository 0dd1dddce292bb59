import { describe, expect, test } from '@jest/globals'
import type { Node, Resources, ServiceMode, ServiceSpec, Task, TaskTemplate } from '../../../../src/docker/api.ts'
import { cpuLimitProblem, roomProblem, startFirstNote, startFirstProblem } from '../../../../src/docker/swarm/room.ts'
import { createNode, createSpec, createTask } from '../../../support/builders.ts'

const NODES = [1, 2, 3].map(createNode)
const replicated = (Replicas: number): ServiceMode => ({ Replicated: { Replicas } })

function startFirst(Mode: ServiceMode, template: Partial<TaskTemplate> = {}, port?: number): ServiceSpec {
  const Ports = port === undefined ? [] : [{ PublishedPort: port, PublishMode: 'host' as const }]
  const UpdateConfig = { Order: 'start-first' as const }
  return createSpec({ Mode, TaskTemplate: template, UpdateConfig, EndpointSpec: { Ports } })
}

const onePerNode = { Placement: { MaxReplicas: 1 } }

/** One task on each of so many nodes. */
function tasksOn(count: number, overrides: Partial<Task> = {}): Task[] {
  return NODES.slice(0, count).map(({ ID }, index) =>
    createTask(index + 1, { NodeID: ID, Slot: index + 1, ...overrides }),
  )
}

const noRoom = (by: string) => `no node that may take a new task has room for it beside the old one (${by})`
const PORT = noRoom('the host-mode port 8090/tcp')
const MOST = noRoom('max-replicas-per-node 1')

describe('the nodes as a whole have', () => {
  const withMemory = (bytes: number): Node[] =>
    NODES.map((node, index) => ({
      ...node,
      Description: { ...node.Description, Resources: { MemoryBytes: bytes * (index + 1) } },
    }))
  const reserving = (bytes: number) => ({ Resources: { Reservations: { MemoryBytes: bytes } } })
  const stopFirst = (Mode: ServiceMode, template: Partial<TaskTemplate>, port?: number): ServiceSpec => {
    return { ...startFirst(Mode, template, port), UpdateConfig: {} }
  }

  test.each<[string, ServiceSpec, string | undefined]>([
    ['room for one task each', stopFirst(replicated(3), onePerNode), undefined],
    [
      'no room for a fourth',
      stopFirst(replicated(4), onePerNode),
      'the nodes that may run it have room for 3 of its 4 tasks (max-replicas-per-node 1): the others would wait for ever',
    ],
    [
      'one port of that number each',
      stopFirst(replicated(4), {}, 8090),
      'the nodes that may run it have room for 3 of its 4 tasks (the host-mode port 8090/tcp): the others would wait for ever',
    ],
    ['what some tasks reserve', stopFirst(replicated(6), reserving(100)), undefined],
    [
      'not what many reserve',
      stopFirst(replicated(7), reserving(100)),
      'the nodes that may run it have room for 6 of its 7 tasks (its reservation of memory): the others would wait for ever',
    ],
    [
      'not what one reserves',
      stopFirst(replicated(1), reserving(301)),
      'no node that may run it has room for its task (its reservation of memory): it would wait for ever',
    ],
    [
      'not each what a global service reserves',
      stopFirst({ Global: {} }, reserving(200)),
      '1 of the 3 nodes that are to run it have no room for its task (its reservation of memory): it would wait there for ever',
    ],
    [
      'as much as jobs take one after another',
      stopFirst({ ReplicatedJob: { TotalCompletions: 9 } }, onePerNode),
      undefined,
    ],
    [
      'what an autoscaler makes of it',
      { ...stopFirst(replicated(9), onePerNode), Labels: { 'swarm-deploy.keep-replicas': 'true' } },
      undefined,
    ],
  ])('%s', (_, spec, problem) => {
    expect(roomProblem(spec, withMemory(100))).toBe(problem)
  })
})

describe('a limit of CPUs', () => {
  const withCpus = (...counts: readonly number[]): Node[] =>
    NODES.map((node, index) => ({
      ...node,
      Description: { ...node.Description, Resources: { NanoCPUs: (counts[index] ?? 0) * 1e9 } },
    }))
  const limited = (Mode: ServiceMode, cpus: number) =>
    createSpec({ Mode, TaskTemplate: { Resources: { Limits: { NanoCPUs: cpus * 1e9 } } } })
  const all = 'its limit of 4 CPUs is more than any node has that may run it (2): docker rejects each task'

  test.each<[string, ServiceSpec, Node[], string | undefined]>([
    ['as many as a node has', limited(replicated(1), 4), withCpus(2, 2, 4), undefined],
    ['more than some of its nodes have', limited(replicated(3), 4), withCpus(2, 2, 4), undefined],
    ['more than any node has', limited(replicated(1), 4), withCpus(1, 2, 2), all],
    ['more than any node has, of a job', limited({ ReplicatedJob: {} }, 4), withCpus(1, 2, 2), all],
    ['more than any node has, of a global service', limited({ Global: {} }, 4), withCpus(1, 2, 2), all],
    [
      'of a global service more than some of its nodes have',
      limited({ Global: {} }, 2.5),
      withCpus(1, 2, 4),
      '2 of the 3 nodes that are to run it have fewer CPUs (2) than its limit (2.5): docker rejects its task there',
    ],
    ['none at all', createSpec({ Mode: replicated(1) }), withCpus(1, 1, 1), undefined],
    ['where nodes do not say how many they have', limited(replicated(1), 4), NODES, undefined],
  ])('%s', (_, spec, nodes, problem) => {
    expect(cpuLimitProblem(spec, nodes)).toBe(problem)
  })
})

describe('an update that is to start first cannot', () => {
  test.each<[string, ServiceSpec, number, string | undefined]>([
    ['with a port of the node, and a task on each', startFirst(replicated(3), {}, 8090), 3, PORT],
    ['but can with a node that is free', startFirst(replicated(2), {}, 8090), 2, undefined],
    ['with one task a node, and a task on each', startFirst(replicated(3), onePerNode), 3, MOST],
    ['but can with two a node', startFirst(replicated(3), { Placement: { MaxReplicas: 2 } }), 3, undefined],
    ['with a port of the node, as a global service', startFirst({ Global: {} }, {}, 8090), 2, PORT],
    ['but can as a global service, which has one a node', startFirst({ Global: {} }, onePerNode), 3, undefined],
    ['when more replicas take the last node', startFirst(replicated(3), onePerNode), 2, MOST],
    ['but can when fewer replicas leave one', startFirst(replicated(2), onePerNode), 3, undefined],
    ['but can without any limit', startFirst(replicated(3)), 3, undefined],
    ['but does not begin where nothing runs', startFirst(replicated(3), onePerNode), 0, undefined],
    ['but has nothing to do with no replicas', startFirst(replicated(0), onePerNode), 3, undefined],
    ['but has no old task in a job', startFirst({ GlobalJob: {} }, {}, 8090), 3, undefined],
  ])('%s', (_, spec, running, problem) => {
    expect(startFirstProblem(spec, spec, NODES, tasksOn(running))).toBe(problem)
  })

  test.each<[string, ServiceSpec]>([
    ['stop-first', { ...startFirst(replicated(3), onePerNode), UpdateConfig: { Order: 'stop-first' } }],
    ['the default', createSpec({ Mode: replicated(3), TaskTemplate: onePerNode })],
  ])('is not said of %s', (_, spec) => {
    expect(startFirstProblem(spec, spec, NODES, tasksOn(3))).toBeUndefined()
    expect(startFirstNote(spec, NODES)).toBeUndefined()
  })

  test('but can to another port', () => {
    const [old, now] = [startFirst(replicated(3), {}, 8090), startFirst(replicated(3), {}, 8091)]
    expect(startFirstProblem(old, now, NODES, tasksOn(3))).toBeUndefined()
  })

  test('where the constraints leave only nodes that have one', () => {
    const spec = startFirst(replicated(1), { Placement: { Constraints: ['node.hostname == host-1'] } }, 8090)
    expect(startFirstProblem(spec, spec, NODES, tasksOn(1))).toBe(PORT)
  })

  test('where the image leaves only nodes that have one', () => {
    const Platforms = [{ Architecture: 'arm64', OS: 'linux' }]
    const arm: Node = {
      ...createNode(1),
      Description: { ...createNode(1).Description, Platform: { Architecture: 'aarch64', OS: 'linux' } },
    }
    const spec = startFirst(replicated(1), { Placement: { Platforms } }, 8090)
    expect(startFirstProblem(spec, spec, [arm, createNode(2)], tasksOn(1))).toBe(PORT)
  })

  test.each<[string, Partial<Task>]>([
    ['has ended', { Status: { State: 'failed' } }],
    ['is to end', { DesiredState: 'shutdown' }],
  ])('but can beside a task that %s', (_, overrides) => {
    const spec = startFirst(replicated(3), onePerNode)
    const tasks = [...tasksOn(2), ...tasksOn(3, overrides).slice(2)]
    expect(startFirstProblem(spec, { ...spec, Mode: replicated(2) }, NODES, tasks)).toBeUndefined()
  })
})

describe('what the tasks reserve', () => {
  const GPUS = [{ NamedResourceSpec: { Kind: 'GPU', Value: 'a' } }, { NamedResourceSpec: { Kind: 'GPU', Value: 'b' } }]
  const has = (Resources: Resources): Node => ({
    ...createNode(1),
    Description: { ...createNode(1).Description, Resources },
  })
  const node = has({ NanoCPUs: 4e9, MemoryBytes: 8e9, GenericResources: GPUS })
  const reserves = (Reservations: Resources) => startFirst(replicated(1), { Resources: { Reservations } })
  const gpus = (Value: number) => ({ GenericResources: [{ DiscreteResourceSpec: { Kind: 'GPU', Value } }] })

  test.each<[Resources, Resources, string | undefined]>([
    [{ MemoryBytes: 5e9 }, { MemoryBytes: 5e9 }, 'memory'],
    [{ MemoryBytes: 3e9 }, { MemoryBytes: 5e9 }, undefined],
    [{ MemoryBytes: 4e9 }, { MemoryBytes: 4e9 }, undefined],
    [{ NanoCPUs: 3e9 }, { NanoCPUs: 3e9, MemoryBytes: 1e9 }, 'CPUs'],
    [gpus(2), gpus(2), 'GPU'],
    [gpus(1), gpus(1), undefined],
  ])('%j, then %j: no room for %s', (before, after, what) => {
    const problem = startFirstProblem(reserves(before), reserves(after), [node], tasksOn(1))
    expect(problem).toBe(what === undefined ? undefined : noRoom(`its reservation of ${what}`))
  })
})

describe('of a service that is made it is known for its next update', () => {
  test.each<[string, ServiceSpec, string | undefined]>([
    ['it will have a task on each node', startFirst(replicated(3), {}, 8090), PORT],
    ['it will have more tasks than nodes', startFirst(replicated(4), onePerNode), MOST],
    ['a node will be free', startFirst(replicated(2), {}, 8090), undefined],
    ['it will be on every node', startFirst({ Global: {} }, {}, 8090), PORT],
    ['nothing limits it', startFirst({ Global: {} }), undefined],
  ])('%s', (_, spec, note) => {
    expect(startFirstNote(spec, NODES)).toBe(note)
  })

  test('unless it could not run at all', () => {
    expect(startFirstNote(startFirst(replicated(1), onePerNode), [])).toBeUndefined()
  })
})
