import { expect, test } from '@jest/globals'
import type { Service, ServiceMode, ServicePort, ServiceSpec, TaskTemplate } from '../../../../src/docker/api.ts'
import { heldPorts, portHolders, sharedPort } from '../../../../src/docker/swarm/held-ports.ts'
import { createNode, createService, createSpec, createTask } from '../../../support/builders.ts'

const NODES = [1, 2, 3].map(createNode)
const host = (PublishedPort: number, rest: Partial<ServicePort> = {}): ServicePort => {
  return { PublishedPort, PublishMode: 'host', ...rest }
}
const publishing = (Ports: readonly ServicePort[], template: Partial<TaskTemplate> = {}): ServiceSpec =>
  createSpec({ Name: 'other', EndpointSpec: { Ports }, TaskTemplate: template })
const other = (rest: Partial<Service> = {}) => createService({ Spec: publishing([host(80)]), ...rest })

test.each<[string, Service, boolean]>([
  ['a service with the same port of its nodes', other(), true],
  ['and others besides', other({ Spec: publishing([host(81), host(80, { Protocol: 'tcp' })]) }), true],
  ['a service with another port', other({ Spec: publishing([host(81)]) }), false],
  ['the same number of another protocol', other({ Spec: publishing([host(80, { Protocol: 'udp' })]) }), false],
  [
    'the port of the whole swarm, which Swarm itself refuses',
    other({ Spec: publishing([{ PublishedPort: 80 }]) }),
    false,
  ],
  ['a port of chance', other({ Spec: publishing([host(0)]) }), false],
  ['tasks that end', other({ Spec: publishing([host(80)], { RestartPolicy: { Condition: 'none' } }) }), false],
  ['a service on its way', other({ UpdateStatus: { State: 'updating' } }), false],
  ['a service that is through', other({ UpdateStatus: { State: 'completed' } }), true],
])('has it: %s', (_, service, holds) => {
  expect(portHolders([host(80)], [service]).length > 0).toBe(holds)
})

test('ports of the whole swarm are no ports of nodes', () => {
  expect(portHolders([{ PublishedPort: 80 }], [other()])).toEqual([])
})

const ofMode = (Mode: ServiceMode, rest: Partial<ServiceSpec> = {}) =>
  createSpec({ Mode, EndpointSpec: { Ports: [host(80)] }, ...rest })
const replicated = (Replicas: number) => ofMode({ Replicated: { Replicas } })
const onFirst = { TaskTemplate: { Placement: { Constraints: [`node.id==${NODES[0]?.ID}`] } } }

test.each<[string, ServiceSpec, number, unknown]>([
  ['no node is free', replicated(1), 3, { taken: 3, nodes: 3, waiting: 1, tasks: 1 }],
  ['one is', replicated(1), 2, undefined],
  ['one is, for two tasks', replicated(2), 2, { taken: 2, nodes: 3, waiting: 1, tasks: 2 }],
  ['more tasks than nodes, which is told as that', replicated(4), 1, undefined],
  ['no tasks', replicated(0), 3, undefined],
  ['the one node that it may have', { ...replicated(1), ...onFirst }, 1, { taken: 1, nodes: 1, waiting: 1, tasks: 1 }],
  ['a node of a global service', ofMode({ Global: {} }), 1, { taken: 1, nodes: 3, waiting: 1, tasks: 3 }],
  ['a job, which may wait', ofMode({ ReplicatedJob: {} }), 3, undefined],
  ['an autoscaler', { ...replicated(1), Labels: { 'swarm-deploy.keep-replicas': 'true' } }, 3, undefined],
])('tasks that wait: %s', (_, wanted, held, problem) => {
  const tasks = NODES.slice(0, held).map(({ ID }, index) => createTask(index + 1, { NodeID: ID }))
  expect(heldPorts(wanted, tasks, NODES)).toEqual(problem)
})

test('tasks that have ended, or are to, hold nothing', () => {
  const tasks = [
    ...NODES.map(({ ID }, index) => createTask(index, { NodeID: ID, DesiredState: 'shutdown' })),
    ...NODES.map(({ ID }, index) => createTask(index + 5, { NodeID: ID, Status: { State: 'failed' } })),
    ...NODES.map(({ ID }, index) => createTask(index + 9, { NodeID: ID, Status: { State: 'preparing' } })),
  ]
  expect(heldPorts(replicated(1), tasks, NODES)).toBeUndefined()
})

const onSecond = { TaskTemplate: { Placement: { Constraints: [`node.id==${NODES[1]?.ID}`] } } }

test.each<[string, ServiceSpec, ServiceSpec, unknown]>([
  ['one each on three nodes', replicated(1), replicated(1), undefined],
  ['as many as there are nodes', replicated(1), replicated(2), undefined],
  ['one more', replicated(2), replicated(2), { nodes: 3, waiting: 1, tasks: 4 }],
  ['two global services', ofMode({ Global: {} }), ofMode({ Global: {} }), { nodes: 3, waiting: 3, tasks: 6 }],
  ['a global one and a task', ofMode({ Global: {} }), replicated(1), { nodes: 3, waiting: 1, tasks: 4 }],
  [
    'the same node',
    { ...replicated(1), ...onFirst },
    { ...replicated(1), ...onFirst },
    { nodes: 1, waiting: 1, tasks: 2 },
  ],
  ['nodes of their own', { ...replicated(1), ...onFirst }, { ...replicated(1), ...onSecond }, undefined],
  [
    'a global one on each of two nodes',
    { ...ofMode({ Global: {} }), ...onFirst },
    replicated(3),
    { nodes: 3, waiting: 1, tasks: 4 },
  ],
  ['more tasks than nodes, which is told as that', replicated(4), replicated(1), undefined],
  ['no tasks', replicated(3), replicated(0), undefined],
  ['a job, which may wait', ofMode({ ReplicatedJob: {} }), replicated(3), undefined],
  [
    'tasks that end',
    ofMode({ Global: {} }, { TaskTemplate: { RestartPolicy: { Condition: 'none' } } }),
    replicated(3),
    undefined,
  ],
])('two services with one port of their nodes: %s', (_, one, another, problem) => {
  expect(sharedPort(one, another, NODES)).toEqual(problem)
  expect(sharedPort(another, one, NODES)).toEqual(problem)
})
