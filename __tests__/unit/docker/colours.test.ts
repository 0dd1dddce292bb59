import { describe, expect, test } from '@jest/globals'
import type { Service, ServiceSpec } from '../../../src/docker/api.ts'
import {
  claimed,
  colourRefusal,
  coloursOf,
  hidden,
  type Routing,
  retired,
  routed,
  routingOf,
  sharedByColours,
} from '../../../src/docker/colours.ts'
import { createService, createSpec } from '../../support/builders.ts'

const BELONGS = { 'swarm-deploy.blue-green': 'web' }
const service = (Name: string, Labels: Record<string, string> = {}): Service =>
  createService({ ID: `id-${Name}`, Spec: createSpec({ Name, Labels }) })
const plain = service('web')
const blue = (live?: number) => service('web-blue', { ...BELONGS, ...(live && { 'swarm-deploy.live': `${live}` }) })
const green = (live?: number) => service('web-green', { ...BELONGS, ...(live && { 'swarm-deploy.live': `${live}` }) })

describe('of a blue-green service', () => {
  test.each<[string, Service[], { live: string | undefined; next: string; generation: number; leftovers: string[] }]>([
    ['nothing is there', [], { live: undefined, next: 'web-blue', generation: 1, leftovers: [] }],
    ['it is plain', [plain], { live: 'web', next: 'web-blue', generation: 2, leftovers: [] }],
    ['it is blue', [blue(2)], { live: 'web-blue', next: 'web-green', generation: 3, leftovers: [] }],
    ['it is green', [green(3)], { live: 'web-green', next: 'web-blue', generation: 4, leftovers: [] }],
    [
      'the old one stayed',
      [blue(2), green(3)],
      { live: 'web-green', next: 'web-blue', generation: 4, leftovers: ['web-blue'] },
    ],
    [
      'the new one never got traffic',
      [blue(2), green()],
      { live: 'web-blue', next: 'web-green', generation: 3, leftovers: ['web-green'] },
    ],
    [
      'a run was killed before the traffic moved',
      [plain, blue()],
      { live: 'web', next: 'web-blue', generation: 2, leftovers: ['web-blue'] },
    ],
    [
      'a run was killed when both had traffic',
      [service('web', { ...BELONGS, 'swarm-deploy.live': '1' }), blue(2)],
      { live: 'web-blue', next: 'web-green', generation: 3, leftovers: ['web'] },
    ],
  ])('%s', (_what, services, { live, leftovers, ...expected }) => {
    const colours = coloursOf('web', services)
    if ('problem' in colours) throw new Error(colours.problem)
    expect(colours).toMatchObject(expected)
    expect(colours.live?.Spec.Name).toBe(live)
    expect(colours.leftovers.map(({ Spec }) => Spec.Name)).toEqual(leftovers)
  })

  test.each([
    ['a stranger has the name of a colour', [plain, service('web-green')], /^the service web-green is there/],
    [
      'a plain one came beside the live one',
      [plain, blue(2)],
      /^web-blue is live, and a service web .*docker service rm web/,
    ],
  ])('nobody can tell which is live when %s', (_what, services, problem) => {
    expect(coloursOf('web', services)).toEqual({ problem: expect.stringMatching(problem) })
  })
})

const spec = (overrides: Partial<ServiceSpec> = {}, networks: ServiceSpec['TaskTemplate']['Networks'] = []) =>
  createSpec({
    Name: 'web',
    Mode: { Replicated: { Replicas: 2 } },
    Labels: { 'traefik.enable': 'true', team: 'a' },
    ...overrides,
    TaskTemplate: { ContainerSpec: { Image: 'web:1' }, Networks: networks },
  })
const FRONT = [{ Target: 'front', Aliases: ['shop'] }]
const strategy = {
  kind: 'blue-green',
  trial: { holdSeconds: 0 },
  routeLabels: ['traefik.'],
  keepOld: undefined,
} as const

describe('traffic comes', () => {
  test.each<[string, string | undefined, ServiceSpec, Routing]>([
    ['by labels', undefined, spec({}, FRONT), { labels: ['traefik.enable'], alias: undefined }],
    ['by its name where no label leads any', undefined, spec({ Labels: {} }, FRONT), { labels: [], alias: 'web' }],
    ['by an alias that is asked for', 'shop', spec({}, FRONT), { labels: ['traefik.enable'], alias: 'shop' }],
    ['not by a name without a network', 'shop', spec({ Labels: {} }), { labels: [], alias: undefined }],
  ])('%s', (_what, routeAlias, wanted, routing) => {
    expect(routingOf({ ...strategy, routeAlias }, 'web', wanted)).toEqual(routing)
  })
})

describe('the spec of', () => {
  const byLabels: Routing = { labels: ['traefik.enable'], alias: undefined }
  const byAlias: Routing = { labels: [], alias: 'web' }
  const colours = { live: plain, next: 'web-blue', generation: 2, leftovers: [] }

  test('the new one with the traffic, and without it', () => {
    const full = routed(spec({}, FRONT), 'web', colours, byAlias)
    expect(full).toMatchObject({
      Name: 'web-blue',
      Labels: { 'traefik.enable': 'true', team: 'a', ...BELONGS, 'swarm-deploy.live': '2' },
      TaskTemplate: { Networks: [{ Target: 'front', Aliases: ['shop', 'web'] }] },
    })
    expect(hidden(full, byLabels).Labels).toEqual({ team: 'a', ...BELONGS })
    expect(hidden(full, byAlias).TaskTemplate.Networks).toEqual(FRONT)
  })

  test('the old one without the traffic: no route, or no task', () => {
    const old = claimed(spec({}, FRONT), 'web')
    expect(old.Labels).toMatchObject({ ...BELONGS, 'swarm-deploy.live': '1' })
    expect(claimed(blue(7).Spec, 'web').Labels).toMatchObject({ 'swarm-deploy.live': '7' })
    expect(retired(old, byLabels)).toEqual({ ...old, Labels: { team: 'a', ...BELONGS } })
    expect(retired(old, byAlias)).toEqual({
      ...old,
      Labels: { 'traefik.enable': 'true', team: 'a', ...BELONGS },
      Mode: { Replicated: { Replicas: 0 } },
    })
  })
})

test.each<[string, ServiceSpec, Routing, string, RegExp | undefined]>([
  ['routed by labels', spec(), { labels: ['traefik.enable'], alias: undefined }, 'web-blue', undefined],
  ['a job', spec({ Mode: { ReplicatedJob: {} } }), { labels: ['a'], alias: undefined }, 'web-blue', /this is a job/],
  [
    'a published port',
    spec({ EndpointSpec: { Ports: [{ PublishedPort: 80 }, {}] } }),
    { labels: ['a'], alias: undefined },
    'web-blue',
    /cannot publish the port 80, of its own choice: put a proxy before it/,
  ],
  ['a long name', spec(), { labels: ['a'], alias: undefined }, `${'w'.repeat(60)}-blue`, /more than 63 characters/],
  ['no way for traffic', spec(), { labels: [], alias: undefined }, 'web-blue', /nothing leads any to it/],
])('%s is refused or not', (_what, wanted, routing, next, refusal) => {
  const said = colourRefusal('web', next, wanted, routing)
  if (refusal === undefined) expect(said).toBeUndefined()
  else expect(said).toMatch(refusal)
})

test.each<[string, NonNullable<ServiceSpec['TaskTemplate']['ContainerSpec']>, string[]]>([
  ['nothing', { Image: 'web', Mounts: [{ Type: 'tmpfs' }, { Type: 'volume', ReadOnly: true }] }, []],
  ['a volume', { Image: 'web', Mounts: [{ Type: 'volume' }] }, ['its writable mounts']],
  ['a hostname', { Image: 'web', Hostname: 'db' }, ['its hostname']],
])('both colours would share %s', (_what, ContainerSpec, shared) => {
  expect(sharedByColours(createSpec({ TaskTemplate: { ContainerSpec } }))).toEqual(shared)
})
