import { describe, expect, test } from '@jest/globals'
import type { Node, ServiceSpec, Task } from '../../../src/docker/api.ts'
import type { PrepareChoice } from '../../../src/inputs/prepare.ts'
import type { Change } from '../../../src/plan/change.ts'
import { imageDemands } from '../../../src/prepare/demand.ts'
import {
  createConfig,
  createCredential,
  createNode,
  createRequest,
  createService,
  createSpec,
  createTask,
  digest,
} from '../../support/builders.ts'

const NEW = `ghcr.io/acme/web:2@${digest('b')}`
const NODES = [1, 2, 3].map(createNode)

interface Asked {
  readonly name?: string
  readonly prepare?: PrepareChoice
  readonly image?: string
  readonly spec?: Partial<ServiceSpec>
  readonly placement?: NonNullable<ServiceSpec['TaskTemplate']['Placement']>
  readonly reservations?: { readonly MemoryBytes: number }
  readonly action?: 'update' | 'create' | 'unchanged'
  readonly account?: string
}

function change(asked: Asked = {}): Change {
  const { name = 'web', prepare = 'all', image = NEW, action = 'update', account = 'alice', placement = {} } = asked
  const wanted = createSpec({
    Name: name,
    ...asked.spec,
    TaskTemplate: {
      ContainerSpec: { Image: image },
      Placement: placement,
      ...(asked.reservations && { Resources: { Reservations: asked.reservations } }),
    },
  })
  const credential = createCredential({ username: account })
  return {
    action,
    request: createRequest({ name, prepare }),
    access: { config: createConfig(account, [credential]), credential },
    wanted,
    changes: ['image'],
    networks: [],
    ...(action !== 'create' && { current: createService({ Spec: createSpec({ Name: name }) }) }),
    ...(action === 'update' && { currentAccess: undefined }),
  } as Change
}

function demands(changes: readonly Change[], nodes: readonly Node[] = NODES, tasks: readonly Task[] = []) {
  return imageDemands(changes, { services: [], tasks, nodes, now: 0 }).map((demand) => ({
    image: demand.image,
    account: demand.access?.credential.username,
    nodes: demand.nodes.map(({ ID }) => ID),
    services: demand.services.map(({ name, needed }) => `${name} ${needed}`),
  }))
}

const nodesOf = (one: Change, nodes?: readonly Node[], tasks?: readonly Task[]) =>
  demands([one], nodes, tasks).flatMap((demand) => demand.nodes)

const withNode = (n: number, changed: (node: Node) => Node) =>
  NODES.map((node, i) => (i === n - 1 ? changed(node) : node))

describe('which nodes', () => {
  test('all that may get a task', () => {
    expect(demands([change()])).toEqual([
      { image: NEW, account: 'alice', nodes: ['node-1', 'node-2', 'node-3'], services: ['web 1'] },
    ])
  })

  test('not those that its constraints leave out', () => {
    expect(nodesOf(change({ placement: { Constraints: ['node.id != node-2'] } }))).toEqual(['node-1', 'node-3'])
  })

  test.each(['drain', 'pause'] as const)('not one with the availability %s', (Availability) => {
    const nodes = withNode(2, (node) => ({ ...node, Spec: { ...node.Spec, Availability } }))
    expect(nodesOf(change(), nodes)).toEqual(['node-1', 'node-3'])
  })

  test('not one that is down', () => {
    const nodes = withNode(1, (node) => ({ ...node, Status: { State: 'down' } }))
    expect(nodesOf(change(), nodes)).toEqual(['node-2', 'node-3'])
  })

  test('not one for whose platform the image has no variant', () => {
    const nodes = withNode(3, (node) => {
      const Platform = { OS: 'linux', Architecture: 'aarch64' }
      return { ...node, Description: { ...node.Description, Platform } }
    })
    const placement = { Platforms: [{ OS: 'linux', Architecture: 'amd64' }] }
    expect(nodesOf(change({ placement }), nodes)).toEqual(['node-1', 'node-2'])
  })

  test('not one that is smaller than what a task reserves', () => {
    const nodes = NODES.map((node, i) => {
      const Resources = { MemoryBytes: (i + 1) * 1000 }
      return { ...node, Description: { ...node.Description, Resources } }
    })
    expect(nodesOf(change({ reservations: { MemoryBytes: 2000 } }), nodes)).toEqual(['node-2', 'node-3'])
  })

  test('no Windows node, where nobody knows what it would do', () => {
    const nodes = withNode(2, (node) => {
      const Platform = { OS: 'windows', Architecture: 'x86_64' }
      return { ...node, Description: { ...node.Description, Platform } }
    })
    expect(nodesOf(change(), nodes)).toEqual(['node-1', 'node-3'])
  })

  test('not those where a task with this very image runs, whatever its tag', () => {
    const Spec = { ContainerSpec: { Image: `ghcr.io/acme/web:other@${digest('b')}` } }
    const other = createTask(2, { NodeID: 'node-3', Spec, Status: { State: 'failed' } })
    expect(nodesOf(change(), NODES, [createTask(1, { NodeID: 'node-2', Spec }), other])).toEqual(['node-1', 'node-3'])
  })

  test('also those where the same content runs under another name: nodes find images by their names', () => {
    const Spec = { ContainerSpec: { Image: `ghcr.io/acme/copy:2@${digest('b')}` } }
    expect(nodesOf(change(), NODES, [createTask(1, { Spec })])).toHaveLength(3)
  })
})

describe('which images', () => {
  test.each<[string, Asked]>([
    ['a service that is as asked', { action: 'unchanged' }],
    ['a service that keeps its image', { image: `ghcr.io/acme/web:1@${digest('a')}` }],
    ['one that keeps it under another tag', { image: `ghcr.io/acme/web:latest@${digest('a')}` }],
    ['one that is not asked for', { prepare: 'no' }],
    ['one without tasks', { spec: { Mode: { Replicated: { Replicas: 0 } } } }],
    ['an image without a digest', { image: 'ghcr.io/acme/web:2' }],
  ])('none for %s', (_name, asked) => {
    expect(demands([change(asked)])).toEqual([])
  })

  test('one for all services with it and one account, and for the nodes of all', () => {
    const on = (n: number) => ({ Constraints: [`node.id == node-${n}`] })
    const all = [change({ placement: on(1) }), change({ name: 'api', placement: on(2) })]
    expect(demands(all)).toEqual([
      { image: NEW, account: 'alice', nodes: ['node-1', 'node-2'], services: ['web 1', 'api 1'] },
    ])
  })

  test('one for each account: each has to be proved', () => {
    expect(demands([change(), change({ name: 'api', account: 'bob' })]).map(({ account }) => account)).toEqual([
      'alice',
      'bob',
    ])
  })

  test.each<[string, ServiceSpec['Mode'], string]>([
    ['as many as there are tasks', { Replicated: { Replicas: 2 } }, 'web 2'],
    ['at most all', { Replicated: { Replicas: 7 } }, 'web 3'],
    ['all of a global service', { Global: {} }, 'web all'],
  ])('on how many nodes it is needed: %s', (_name, Mode, services) => {
    expect(demands([change({ spec: { Mode } })])[0]?.services).toEqual([services])
  })
})

describe('auto', () => {
  const many = Array.from({ length: 40 }, (_, i) => createNode(i + 1))
  const replicas = (Replicas: number) => ({ Replicated: { Replicas } })

  test.each<[string, boolean, Asked, readonly Node[]]>([
    ['stop-first with one replica', true, {}, NODES],
    ['a new service, whose tasks all come at once', false, { action: 'create' }, NODES],
    [
      'start-first, all at once',
      false,
      { spec: { Mode: replicas(3), UpdateConfig: { Order: 'start-first', Parallelism: 0 } } },
      NODES,
    ],
    [
      'start-first, one after another',
      true,
      { spec: { Mode: replicas(3), UpdateConfig: { Order: 'start-first', Parallelism: 1 } } },
      NODES,
    ],
    [
      'stop-first, all at once',
      true,
      { spec: { Mode: replicas(3), UpdateConfig: { Order: 'stop-first', Parallelism: 0 } } },
      NODES,
    ],
    ['a global service', true, { spec: { Mode: { Global: {} }, UpdateConfig: { Parallelism: 1 } } }, many],
    ['a job', false, { spec: { Mode: { ReplicatedJob: {} } } }, NODES],
    ['three tasks on forty nodes', false, { spec: { Mode: replicas(3) } }, many],
    ['fourteen tasks on forty nodes', true, { spec: { Mode: replicas(14) } }, many],
  ])('%s: %s', (_name, isPrepared, asked, nodes) => {
    expect(demands([change({ ...asked, prepare: 'auto' })], nodes)).toHaveLength(isPrepared ? 1 : 0)
  })

  test('true asks all of forty nodes for three tasks', () => {
    expect(nodesOf(change({ spec: { Mode: replicas(3) } }), many)).toHaveLength(40)
  })
})
