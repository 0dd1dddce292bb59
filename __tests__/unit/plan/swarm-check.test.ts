import { homedir } from 'node:os'
import { describe, expect, test } from '@jest/globals'
import type { Mount, Service, ServicePort, ServiceSpec } from '../../../src/docker/api.ts'
import { NAMESPACE_LABEL } from '../../../src/docker/specs/stack-objects.ts'
import type { ServiceRequest } from '../../../src/inputs/deployment.ts'
import type { StackRequest } from '../../../src/inputs/stack-request.ts'
import { parseYaml } from '../../../src/inputs/yaml.ts'
import {
  attachmentProblems,
  conflicts,
  type Draft,
  heldPortProblems,
  joinsNetwork,
  mayConflict,
  networkProblems,
  portHoldersFor,
  runnerPathProblems,
  sharedPortProblems,
  specProblems,
} from '../../../src/plan/swarm-check.ts'
import { createNode, createTask } from '../../support/builders.ts'

function filesOf(...texts: string[]): StackRequest {
  const files = texts.map((text, index) => {
    const { root } = parseYaml(text)
    if (root?.kind !== 'map') throw new Error('no compose file')
    return { path: `${index + 1}.yml`, root }
  })
  const adapted = { files: files.map(({ root }) => root) }
  const lookUp = (name: string) => ({ DATA: './from-variable', PWD: '/jobs', SHARED: '/shared' })[name]
  return { name: 'demo', files, adapted, directory: '/jobs/app', lookUp } as unknown as StackRequest
}

const specOf = (Name: string, rest: object = {}): ServiceSpec => ({ Name, TaskTemplate: {}, Mode: {}, ...rest })
const request = (name: string, isOfStack = false) => ({ name, ...(isOfStack && { compose: {} }) }) as ServiceRequest
const draft = (Name: string, rest: object = {}, current?: Service): Draft => ({
  request: request(Name),
  current,
  wanted: specOf(Name, rest),
  networks: [],
})
const ports = (...numbers: number[]) => ({
  EndpointSpec: { Ports: numbers.map((PublishedPort): ServicePort => ({ PublishedPort })) },
})
const service = (ID: string, rest: object = {}): Service => ({ ID, Version: { Index: 1 }, Spec: specOf(ID, rest) })

describe('the place', () => {
  const wanted = specOf('demo_a.b', {
    TaskTemplate: { Resources: { Limits: { MemoryBytes: 1 } }, ContainerSpec: { Env: ['A={{.X}}', 'B={{.X}}'] } },
  })

  test('of a stack is the line in the last file that has the key', () => {
    const files = filesOf(
      'services:\n  a.b:\n    image: x\n    environment:\n      A: "{{.X}}"\n    deploy:\n      resources:\n        limits: {cpus: 1}\n',
      'services:\n  a.b:\n    deploy:\n      resources:\n        limits:\n          memory: 1k\n',
    )
    expect(specProblems(request('demo_a.b', true), undefined, wanted, files)).toEqual([
      expect.stringMatching(/^2\.yml line 2: services\.a\.b: "demo_a\.b" is no name of a service/),
      expect.stringMatching(/^2\.yml line 6: services\.a\.b\.deploy\.resources\.limits\.memory: 1 bytes are less/),
      expect.stringMatching(/^1\.yml line 5: services\.a\.b\.environment\.A: Swarm reads it as a template/),
      expect.stringMatching(/^1\.yml line 4: services\.a\.b\.environment\.B: Swarm reads it as a template/),
    ])
  })

  test('of a service that another stack has is that of the service', () => {
    const files = filesOf('services:\n  web:\n    image: x\n')
    const told = (Labels?: Record<string, string>) =>
      specProblems(request('demo_web', true), service('demo_web', { Labels }), specOf('demo_web'), files)
    expect([told(), told({ [NAMESPACE_LABEL]: 'demo' })]).toEqual([[], []])
    expect(told({ [NAMESPACE_LABEL]: 'dem' })).toEqual([
      '1.yml line 2: services.web: demo_web is a service of the stack dem: write another name, or another `stack`',
    ])
  })

  test('of an entry of `services` is its flag', () => {
    expect(
      specProblems(request('web'), service('web', { Mode: { Global: {} } }), { ...wanted, Name: 'web' }, undefined),
    ).toEqual([
      expect.stringMatching(/^service web: --limit-memory: 1 bytes are less than Swarm takes: write 4M or more$/),
      expect.stringMatching(/^service web: --env A: Swarm reads it as a template/),
      expect.stringMatching(/^service web: --env B: Swarm reads it as a template/),
      expect.stringMatching(
        /^service web: --mode: Swarm cannot change the mode of a service, and web is global, not replicated/,
      ),
    ])
  })
})

describe('ports', () => {
  const told = (drafts: readonly Draft[], known: readonly Service[] = []) => conflicts(drafts, known, undefined)

  test('that another service has', () => {
    expect(told([draft('web', ports(80, 81))], [service('a', ports(81)), service('b', ports(82))])).toEqual([
      'service web: --publish: 81/tcp is published by the service a: write another port, or take it from that one first',
    ])
  })

  test('that Swarm gave to another service', () => {
    const other = { ...service('a', ports()), Endpoint: { Ports: [{ PublishedPort: 30000 }] } }
    expect(told([draft('web', ports(30000))], [other])).toHaveLength(1)
  })

  test('that the service has already, or that two have on their nodes, are in nobody’s way', () => {
    const itself = service('web', ports(80))
    expect(told([draft('web', ports(80), itself)], [itself, service('race', ports(80))])).toEqual([])
    expect(mayConflict(draft('web', ports(80), itself))).toBe(false)
    expect(mayConflict(draft('web', ports(81), itself))).toBe(true)
  })

  test('that what has got its name since the first look has are not told as another service’s', () => {
    expect(told([draft('web', ports(80))], [service('web', ports(80))])).toEqual([])
  })

  test('that two services of one run want are told once', () => {
    expect(told([draft('a', ports(80)), draft('b', ports(80)), draft('c', ports(81))])).toEqual([
      'service b: --publish: 80/tcp is what a publishes in this same deploy: write another port for one of the two',
    ])
  })

  test('of a service that the stack no longer names', () => {
    const ofStack = { Labels: { [NAMESPACE_LABEL]: 'demo' } }
    const old = service('demo_old', { ...ports(80), ...ofStack })
    const fresh = { ...draft('demo_new', { ...ports(80), ...ofStack }) }
    const removed = 'remove it first with `docker service rm demo_old`'
    const files = (prune: boolean) => ({ ...filesOf('services:\n  new: {image: x, ports: [80:80]}\n'), prune })
    expect(conflicts([fresh], [old], files(true))).toEqual([
      expect.stringContaining(`of this stack but no longer in its files: ${removed}`),
    ])
    const surplus = { names: ['demo_old'], prune: false }
    expect(conflicts([fresh], [old], undefined, surplus)).toEqual([
      expect.stringContaining(`of this stack but not in this version of it: write \`prune: true\`, or ${removed}`),
    ])
  })

  test('of one that the files have and `only` leaves out, or that nobody knows to be gone from them', () => {
    const ofStack = { Labels: { [NAMESPACE_LABEL]: 'demo' } }
    const old = service('demo_old', { ...ports(80), ...ofStack })
    const fresh = draft('demo_new', { ...ports(80), ...ofStack })
    const files = filesOf('services:\n  new: {image: x, ports: [80:80]}\n  old: {image: x, ports: [81:80]}\n')
    const said = expect.stringMatching(/the service demo_old: write another port, or take it from that one first$/)
    expect(conflicts([fresh], [old], files)).toEqual([said])
    expect(conflicts([fresh], [old], undefined)).toEqual([said])
  })
})

test('names that differ in their capitals alone are one name for Swarm', () => {
  const problem = (name: string, other: string) =>
    expect.stringContaining(`${name} and ${other} are one name for Swarm`)
  expect(conflicts([draft('Web')], [service('web')], undefined)).toEqual([problem('Web', 'web')])
  expect(conflicts([draft('web'), draft('WEB')], [], undefined)).toEqual([problem('WEB', 'web')])
  expect(conflicts([draft('web', {}, service('web'))], [service('web')], undefined)).toEqual([])
})

test('networks are told in the order of the files, whatever that of docker is', () => {
  const files = filesOf(
    'services: {}\nnetworks:\n  one: {ipam: {config: [{subnet: 10.1.0.0/24}]}}\n  two:\n    name: fixed\n',
  )
  const network = (Name: string) => ({ Name, IPAM: { Config: [{ Subnet: '10.1.0.0/24' }] } })
  const drafts = [
    {
      ...draft('demo_web'),
      networks: [network('fixed'), network('demo_one'), { Name: 'demo_default', Driver: 'bridge' }],
    },
  ]
  expect(networkProblems(drafts, [], files)).toEqual([
    expect.stringMatching(/: networks\.default: bridge makes a network of one node/),
    expect.stringMatching(/^1\.yml line 4: networks\.two: the subnet 10\.1\.0\.0\/24 is taken by the network demo_one/),
  ])
})

describe('networks that no service can join', () => {
  const known = [
    { Id: 'i', Name: 'ingress', Scope: 'swarm', Ingress: true },
    { Id: 'n', Name: 'none', Scope: 'local' },
    { Id: 'h', Name: 'host', Scope: 'local' },
    { Id: 'l', Name: 'one-node', Scope: 'local' },
    { Id: 'l2', Name: 'both', Scope: 'local' },
    { Id: 's2', Name: 'both', Scope: 'swarm' },
    { Id: 's', Name: 'overlay', Scope: 'swarm' },
    { Id: 'gone', Name: 'front', Scope: 'swarm', Containers: {}, Peers: [{}] },
    { Id: 'old', Name: 'made-anew', Scope: 'swarm', Containers: {} },
    { Id: 'new', Name: 'made-anew', Scope: 'swarm' },
  ]
  const on = (...targets: string[]) => ({ TaskTemplate: { Networks: targets.map((Target) => ({ Target })) } })
  const told = (...targets: string[]) => attachmentProblems(draft('web', on(...targets)), known, undefined)

  test.each([
    ['i', 'ingress is the network of published ports'],
    ['ingress', 'ingress is the network of published ports'],
    ['n', 'Swarm has no network `none`'],
    ['none', 'Swarm has no network `none`'],
    ['l', 'one-node is a network of one node, which no service can use'],
    ['gone', 'the network front is removed, and only kept by what still runs on it'],
    ['front', 'the network front is removed, and only kept by what still runs on it'],
    ['old', 'the network made-anew is removed, and only kept by what still runs on it'],
  ])('%s', (target, says) => {
    expect(told('overlay', target)).toEqual([expect.stringContaining(`service web: --network: ${says}`)])
  })

  test('all others are taken', () => {
    expect(told('overlay', 's', 'host', 'h', 'both', 's2', 'to-be-made', 'made-anew', 'new')).toEqual([])
    const wanted = draft('web', on('s'), service('web', on('s', 'i')))
    expect([joinsNetwork(wanted), joinsNetwork(draft('web', on('s')))]).toEqual([false, true])
  })
})

describe('a path of the runner', () => {
  const files = filesOf(
    `services:
  web:
    volumes:
      - ./data:/data
      - "\${DATA}:/variable:ro"
      - ~/home:/home
      - /abs:/abs
      - named:/named
      - ./unused:/unused
      - type: bind
        source: ../up
        target: /up
      - \${PWD}/../conf:/conf
      - \${SHARED}:/shared
`,
  )
  const mounts = (...sources: string[]): Mount[] => sources.map((Source) => ({ Type: 'bind', Source, Target: '/x' }))
  const wanted = specOf('demo_web', {
    TaskTemplate: {
      ContainerSpec: {
        Mounts: [
          ...mounts('/jobs/app/data', '/jobs/app/from-variable', `${homedir()}/home`, '/abs', '/jobs/up'),
          ...mounts('/jobs/../conf', '/shared'),
          { Type: 'volume', Source: 'demo_named', Target: '/named' },
        ],
      },
    },
  })

  test('is an error where the nodes are other machines', () => {
    const { problems, warnings } = runnerPathProblems(request('demo_web', true), wanted, files, true)
    expect(problems.map((line) => line.slice(0, 50))).toEqual([
      '1.yml line 4: services.web.volumes: ./data is a pa',
      '1.yml line 5: services.web.volumes: ./from-variabl',
      '1.yml line 6: services.web.volumes: ~/home is a pa',
      '1.yml line 11: services.web.volumes: ../up is a pa',
      '1.yml line 13: services.web.volumes: /jobs/../conf',
    ])
    expect(problems[0]).toContain(
      '(/jobs/app/data), and none of the nodes: write an absolute path of the nodes, or use a volume or config',
    )
    expect(warnings).toEqual([])
  })

  test('is a warning where it may be that of a node too', () => {
    const { problems, warnings } = runnerPathProblems(request('demo_web', true), wanted, files, false)
    expect(problems).toEqual([])
    expect(warnings).toHaveLength(5)
    expect(warnings[0]).toContain('every node that may run the service needs it too')
    expect(warnings[4]).toContain('/jobs/../conf is a path of this runner: every node')
  })
})

describe('ports of nodes that tasks of others have', () => {
  const onNode = { EndpointSpec: { Ports: [{ PublishedPort: 80, PublishMode: 'host' as const }] } }
  const one = { Mode: { Replicated: { Replicas: 1 } } }
  const holder = service('other', { ...onNode, ...one })
  const nodes = [createNode(1)]
  const tasks = [createTask(1, { ServiceID: 'other', NodeID: nodes[0]?.ID ?? '' })]
  const told = (drafts: readonly Draft[], known: readonly Service[], files?: StackRequest) =>
    heldPortProblems(drafts, portHoldersFor(drafts, known), tasks, nodes, files)

  test('are told with who has them', () => {
    expect(told([draft('web', { ...onNode, ...one })], [holder])).toEqual([
      'service web: --publish: 80/tcp is a port of the node, and other has it on every node that may run this service: its task would wait for ever: write another port, or take it from that one first',
    ])
  })

  test('are told of a stack by their line, and what its files no longer have is to be removed', () => {
    const files = filesOf('services:\n  web:\n    image: x\n    ports:\n      - 80:80\n')
    const labels = { Labels: { [NAMESPACE_LABEL]: 'demo' } }
    const web = { ...draft('demo_web', { ...onNode, ...one, ...labels }), request: request('demo_web', true) }
    const old = { ...holder, Spec: { ...holder.Spec, Name: 'demo_old', ...labels } }
    expect(told([web], [old], files)).toEqual([
      expect.stringMatching(
        /^1\.yml line 4: services\.web\.ports: 80\/tcp .*would wait for ever\. It is of this stack but no longer in its files: remove it first with `docker service rm demo_old`$/,
      ),
    ])
  })

  test('are in nobody’s way that has them already, or where this run deploys the other', () => {
    const itself = service('web', { ...onNode, ...one })
    expect(told([draft('web', { ...onNode, ...one }, itself)], [itself, holder])).toEqual([])
    expect(told([draft('web', { ...onNode, ...one }), draft('other', one, holder)], [holder])).toEqual([])
    const blue = { ...holder, Spec: { ...holder.Spec, Name: 'web-blue' } }
    expect(told([draft('web', { ...onNode, ...one })], [blue])).toEqual([])
  })
})

describe('ports of nodes that two services of one deploy want', () => {
  const onNode = { EndpointSpec: { Ports: [{ PublishedPort: 80, PublishMode: 'host' as const }] } }
  const spec = { ...onNode, Mode: { Replicated: { Replicas: 1 } } }
  const told = (drafts: readonly Draft[], count: number) =>
    sharedPortProblems(
      drafts,
      Array.from({ length: count }, (_, index) => createNode(index + 1)),
      undefined,
    )

  test('are told where there are too few nodes', () => {
    expect(told([draft('web', spec), draft('api', spec)], 1)).toEqual([
      'service api: --publish: 80/tcp is a port of the node, and web publishes it in this same deploy: there is one node for their 2 tasks, and 1 would wait for ever: write another port for one of the two',
    ])
    expect(told([draft('web', spec), draft('api', spec)], 2)).toEqual([])
  })

  test('whichever of the two gets it now', () => {
    expect(told([draft('web', spec, service('web', spec)), draft('api', spec)], 1)).toHaveLength(1)
    expect(told([draft('web', spec), draft('api', spec, service('api', spec))], 1)).toHaveLength(1)
    expect(told([draft('web', spec, service('web', spec)), draft('api', spec, service('api', spec))], 1)).toEqual([])
  })

  test('are nothing to say of where one gives its port away', () => {
    expect(told([draft('web', {}, service('web', spec)), draft('api', spec)], 1)).toEqual([])
  })
})
