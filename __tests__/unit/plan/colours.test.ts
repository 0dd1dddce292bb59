import { describe, expect, test } from '@jest/globals'
import type { Service, ServiceSpec } from '../../../src/docker/api.ts'
import {
  asLive,
  type Colours,
  claimed,
  colourOf,
  colourRefusal,
  coloursOf,
  hasColours,
  hidden,
  nameTaken,
  type Routing,
  reclaimed,
  retired,
  routed,
  routingOf,
  routingToTake,
  sharedByColours,
  takenFrom,
} from '../../../src/plan/colours.ts'
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

  test('a stranger may have the name of a colour', () => {
    expect(nameTaken('web', [plain, service('web-green')])).toMatch(/^the service web-green is there/)
    expect(nameTaken('web', [plain, blue(2), green()])).toBeUndefined()
    expect(hasColours('web', [plain, service('web-green')])).toBe(false)
    expect(hasColours('web', [service('web', { ...BELONGS, 'swarm-deploy.live': '1' })])).toBe(true)
  })

  test('each colour tells whose it is, and what a deploy has claimed is its own', () => {
    expect(colourOf(blue())).toBe('web')
    expect(colourOf(service('web', BELONGS))).toBeUndefined()
    expect(colourOf(plain)).toBeUndefined()
  })
})

const byLabel = { 'swarm-deploy.route': '{"labels":["traefik."]}' }
const byName = { 'swarm-deploy.route': '{"labels":[],"alias":"web"}' }
const ON = { 'traefik.enable': 'true' }
const coloured = (Name: string, Labels: Record<string, string>, live?: number) =>
  service(Name, { ...BELONGS, ...Labels, ...(live !== undefined && { 'swarm-deploy.live': `${live}` }) })
const named = (Name: string, replicas: number, Aliases: string[], live?: number): Service => ({
  ...coloured(Name, byName, live),
  Spec: createSpec({
    Name,
    Labels: coloured(Name, byName, live).Spec.Labels ?? {},
    Mode: { Replicated: { Replicas: replicas } },
    TaskTemplate: { Networks: [{ Target: 'front', Aliases }] },
  }),
})

describe('live is who has the traffic', () => {
  test.each<[string, Service[], string | undefined]>([
    [
      'as its number says',
      [coloured('web-blue', byLabel), coloured('web-green', { ...byLabel, ...ON }, 3)],
      'web-green',
    ],
    [
      'also where somebody has moved its labels by hand',
      [coloured('web-blue', { ...byLabel, ...ON }), coloured('web-green', byLabel, 3)],
      'web-blue',
    ],
    [
      'the newer one, when a deploy was killed before it took it from the other',
      [coloured('web-blue', { ...byLabel, ...ON }, 2), coloured('web-green', { ...byLabel, ...ON }, 3)],
      'web-green',
    ],
    [
      'the old one, when a deploy was killed while it took it back',
      [service('web', { ...BELONGS, ...ON, 'swarm-deploy.live': '3' }), coloured('web-blue', { ...byLabel, ...ON }, 2)],
      'web',
    ],
    ['the plain one, beside one that never had any', [service('web', ON), coloured('web-blue', byLabel)], 'web'],
    ['the plain one, beside one that lost it by hand', [service('web', ON), coloured('web-blue', byLabel, 2)], 'web'],
    ['the one with the name', [named('web-blue', 0, ['web']), named('web-green', 2, ['web'], 3)], 'web-green'],
    [
      'also when it was scaled to none',
      [named('web-blue', 0, ['web']), named('web-green', 0, ['web'], 3)],
      'web-green',
    ],
    ['none, where only what never had it is left', [coloured('web-blue', byLabel)], undefined],
  ])('%s', (_what, services, live) => {
    const colours = coloursOf('web', services)
    if ('problem' in colours) throw new Error(colours.problem)
    expect(colours.live?.Spec.Name).toBe(live)
    expect(colours.leftovers).not.toContain(colours.live)
  })

  test.each<[string, Service[], RegExp]>([
    [
      'two have its labels',
      [coloured('web-blue', { ...byLabel, ...ON }), coloured('web-green', { ...byLabel, ...ON }, 3)],
      /^web-blue and web-green all have .*labels that begin with traefik\..*cannot be told which.*docker service update.*docker service rm/,
    ],
    [
      'two have its name, with tasks',
      [named('web-blue', 1, ['web']), named('web-green', 2, ['web'], 3)],
      /^web-blue and web-green all have .*the name web on a network/,
    ],
    [
      'none has its labels',
      [coloured('web-blue', byLabel), coloured('web-green', byLabel, 3)],
      /^none of its services has the traffic: web-blue and web-green have not .*labels that begin with traefik\./,
    ],
    [
      'a plain one came beside the live one, and both have it',
      [service('web', ON), coloured('web-blue', { ...byLabel, ...ON }, 2)],
      /^web and web-blue all have/,
    ],
    [
      'a plain one is there beside a live one, and no deploy has written down what leads the traffic',
      [plain, blue(2)],
      /^web and web-blue all have/,
    ],
    [
      'two have the same number',
      [coloured('web-blue', { ...byLabel, ...ON }, 3), coloured('web-green', { ...byLabel, ...ON }, 3)],
      /^web-blue and web-green all have/,
    ],
  ])('but nobody can tell when %s', (_what, services, problem) => {
    expect(coloursOf('web', services)).toEqual({ problem: expect.stringMatching(problem) })
  })

  test.each(['null', '[]', '{"labels":"traefik."}', '{"labels":[7]}', '{"labels":[""]}', '{"labels":[]}', 'x'])(
    'a route that says nothing is as good as none: %s',
    (route) => {
      const colours = coloursOf('web', [coloured('web-blue', { 'swarm-deploy.route': route }, 2)])
      expect(colours).toMatchObject({ live: { ID: 'id-web-blue' }, route: undefined })
    },
  )
})

describe('from what is left over the traffic is taken', () => {
  const colours = (services: Service[]) => coloursOf('web', services) as Colours

  test('by its labels, when a deploy was killed before it did that', () => {
    const [old, live] = [
      coloured('web-blue', { ...byLabel, ...ON }, 2),
      coloured('web-green', { ...byLabel, ...ON }, 3),
    ]
    expect(takenFrom(old, colours([old, live]))).toEqual({
      spec: coloured('web-blue', byLabel).Spec,
      byLabels: true,
    })
  })

  test('by its tasks, where its name leads to it', () => {
    const [old, live] = [named('web-blue', 1, ['web'], 2), named('web-green', 1, ['web'], 3)]
    expect(takenFrom(old, colours([old, live]))).toEqual({ spec: named('web-blue', 0, ['web']).Spec, byLabels: false })
  })

  test('and not where it has none', () => {
    const [old, live] = [coloured('web-blue', byLabel), coloured('web-green', { ...byLabel, ...ON }, 3)]
    expect(takenFrom(old, colours([old, live]))).toBeUndefined()
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
const LABELLED: Routing = { labels: ['traefik.enable'], prefixes: ['traefik.'], alias: undefined }
const FRONT = [{ Target: 'front', Aliases: ['shop'] }]
const strategy = {
  kind: 'blue-green',
  trial: { holdSeconds: 0 },
  routeLabels: ['traefik.'],
  keepOld: undefined,
} as const

describe('traffic comes', () => {
  test.each<[string, string | undefined, ServiceSpec, Routing]>([
    ['by labels', undefined, spec({}, FRONT), LABELLED],
    [
      'by its name where no label leads any',
      undefined,
      spec({ Labels: {} }, FRONT),
      { labels: [], prefixes: [], alias: 'web' },
    ],
    ['by an alias that is asked for', 'shop', spec({}, FRONT), { ...LABELLED, alias: 'shop' }],
    ['not by a name without a network', 'shop', spec({ Labels: {} }), { labels: [], prefixes: [], alias: undefined }],
  ])('%s', (_what, routeAlias, wanted, routing) => {
    expect(routingOf({ ...strategy, routeAlias }, 'web', wanted)).toEqual(routing)
  })
})

describe('the spec of', () => {
  const byLabels = LABELLED
  const byAlias: Routing = { labels: [], prefixes: [], alias: 'web' }
  const colours = { live: plain, next: 'web-blue', generation: 2, leftovers: [], route: undefined }

  test('the new one with the traffic, and without it', () => {
    const full = routed(spec({}, FRONT), 'web', colours, byAlias)
    expect(full).toMatchObject({
      Name: 'web-blue',
      Labels: { 'traefik.enable': 'true', team: 'a', ...BELONGS, 'swarm-deploy.live': '2' },
      TaskTemplate: { Networks: [{ Target: 'front', Aliases: ['shop', 'web'] }] },
    })
    expect(hidden(full, byLabels).Labels).toEqual({ team: 'a', ...BELONGS, ...byName })
    expect(routed(spec(), 'web', colours, byLabels).Labels).toMatchObject(byLabel)
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

test('what led traffic to the old one until now is taken from it too', () => {
  const old = spec({ Labels: { ...ON, 'caddy.address': 'shop', team: 'a' } })
  const route = { labels: ['caddy.'] }
  const routing = routingToTake(LABELLED, { live: plain, next: 'web-blue', generation: 2, leftovers: [], route })
  expect(retired(old, routing).Labels).toEqual({ team: 'a' })
})

test('one that gets its traffic back is newer than the one that loses it, until that is gone', () => {
  const back = reclaimed(spec({ Labels: ON }), 'web', { generation: 2 })
  const failed = coloured('web-blue', { ...byLabel, ...ON }, 2)
  expect(coloursOf('web', [createService({ Spec: back }), failed])).toMatchObject({ live: { Spec: { Name: 'web' } } })
})

test.each<[string, ServiceSpec, Routing, string, RegExp | undefined]>([
  ['routed by labels', spec(), LABELLED, 'web-blue', undefined],
  ['a job', spec({ Mode: { ReplicatedJob: {} } }), LABELLED, 'web-blue', /this is a job/],
  [
    'a published port',
    spec({ EndpointSpec: { Ports: [{ PublishedPort: 80 }, {}] } }),
    LABELLED,
    'web-blue',
    /cannot publish the port 80, of its own choice: put a proxy before it/,
  ],
  ['a long name', spec(), LABELLED, `${'w'.repeat(60)}-blue`, /more than 63 characters/],
  [
    'the service of a stack',
    spec({ Labels: { 'com.docker.stack.namespace': 'shop' } }),
    LABELLED,
    'web-blue',
    /it belongs to the stack shop, whose next deploy would make a second web/,
  ],
  ['no way for traffic', spec(), { labels: [], prefixes: [], alias: undefined }, 'web-blue', /nothing leads any to it/],
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

describe('an earlier spec, as the live one has it', () => {
  const on = (aliases: readonly string[]) =>
    createSpec({
      Name: 'web',
      TaskTemplate: { ContainerSpec: { Image: 'web:1' }, Networks: [{ Target: 'n', Aliases: aliases }] },
    })
  const route = { labels: [], alias: 'shop' }

  test('has its name, what tells the two apart, and the alias that leads the traffic there', () => {
    const live = green(3)
    expect(asLive({ ...on(['x']), Labels: { own: '1' } }, live, route)).toMatchObject({
      Name: 'web-green',
      Labels: { own: '1', ...live.Spec.Labels },
      TaskTemplate: { Networks: [{ Aliases: ['x', 'shop'] }] },
    })
    expect(asLive(on(['shop']), live, route).TaskTemplate.Networks).toEqual([{ Target: 'n', Aliases: ['shop'] }])
  })

  test('stays as it was, of a service that is no colour', () => {
    expect(asLive(on(['x']), plain, undefined)).toEqual(on(['x']))
  })
})
