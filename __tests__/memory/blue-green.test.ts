import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec, Task } from '../../src/docker/api.ts'
import { nowMs, sleep } from '../../src/runner/time/clock.ts'
import { letTimeRun, pass, stopTime, withPrograms } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm, withImage } from '../support/memory-swarm/memory-swarm.ts'
import { cancel, runAction } from '../support/memory-swarm/run.ts'

const image = (tag: string) => `hub.test/acme/web:${tag}`
const [ONE, TWO, THREE] = ['1', '2', '3'].map((tag) => pin(image(tag))) as [string, string, string]
const IMAGES = {
  [image('1')]: {},
  [image('2')]: {},
  [image('3')]: {},
  [image('bad')]: { ends: { afterSeconds: 0.2, exitCode: 7 }, prints: 'no database here' },
  [image('late')]: { ends: { afterSeconds: 4, exitCode: 7 }, prints: 'no database any more' },
  [image('job')]: { ends: { afterSeconds: 0.2, exitCode: 0 } },
}
const ROUTE = { 'traefik.enable': 'true', 'traefik.http.routers.shop.rule': 'Host(`shop.example.com`)' }

type Changed = { readonly [Key in keyof ServiceSpec]?: ServiceSpec[Key] | undefined }

async function swarmWith(specs: Readonly<Record<string, Changed>>): Promise<MemorySwarm> {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  for (const [Name, more] of Object.entries(specs)) {
    swarm.create({
      Name,
      Mode: { Replicated: { Replicas: 1 } },
      Labels: ROUTE,
      TaskTemplate: { ContainerSpec: { Image: ONE }, RestartPolicy: { Condition: 'any' } },
      UpdateConfig: { Parallelism: 1, Monitor: 1e9 },
      ...more,
    } as ServiceSpec)
  }
  await pass(5)
  return swarm
}

const deploy = (swarm: MemorySwarm, services: unknown, more: Record<string, string> = {}, options = {}) =>
  runAction(swarm, { services: JSON.stringify(services), strategy: 'blue-green', 'keep-old': '1s', ...more }, options)

const ids = (swarm: MemorySwarm, name: string) =>
  swarm
    .tasks(name)
    .filter(({ Status, DesiredState }) => Status.State === 'running' && DesiredState === 'running')
    .map(({ ID }) => ID)
const routeOf = (swarm: MemorySwarm, name: string) =>
  Object.keys(swarm.service(name)?.Spec.Labels ?? {}).filter((label) => label.startsWith('traefik.'))
const imageOf = (swarm: MemorySwarm, name: string) => swarm.service(name)?.Spec.TaskTemplate.ContainerSpec?.Image

/** For how long a task runs, on the swarm's clock. */
const secondsUp = ({ Status: { State: state, Timestamp: stamp = '' } }: Task) =>
  state === 'running' ? (nowMs() - Date.parse(stamp)) / 1000 : 0

/** Which services have the route, one after another: for a moment it may be two, which is left out; none never is. */
function routesOf(swarm: MemorySwarm): string[] {
  const seen: string[] = []
  swarm.store.onChange(() => {
    const names = swarm.services.filter((name) => routeOf(swarm, name).length > 0)
    if (names.length === 0) seen.push('nobody')
    else if (names.length === 1 && seen.at(-1) !== names[0]) seen.push(names[0] ?? '')
  })
  return seen
}

beforeEach(stopTime)
afterEach(letTimeRun)

test('the labels that route traffic move when the new service has passed, and the next deploy has the other name', async () => {
  const swarm = await swarmWith({
    shop: { Labels: { ...ROUTE, team: 'a' }, Mode: { Replicated: { Replicas: 2 } } },
  })
  const routes = routesOf(swarm)
  const { results } = await deploy(swarm, { shop: image('2') }, { hold: '1s' })
  expect(results).toMatchObject([
    {
      name: 'shop',
      action: 'update',
      outcome: 'updated',
      live: 'shop-blue',
      image: { before: ONE, after: TWO },
      tasks: { running: 2, wanted: 2 },
    },
  ])
  expect(swarm.services).toEqual(['shop-blue'])
  expect(swarm.service('shop-blue')?.Spec.Labels).toMatchObject({ ...ROUTE, team: 'a' })
  expect((await deploy(swarm, { shop: image('3') })).results).toMatchObject([
    { outcome: 'updated', live: 'shop-green', image: { before: TWO, after: THREE } },
  ])
  expect(routes).toEqual(['shop', 'shop-blue', 'shop-green'])
  expect(swarm.services).toEqual(['shop-green'])
  const before = swarm.service('shop-green')
  expect((await deploy(swarm, { shop: image('3') })).results).toMatchObject([
    { outcome: 'unchanged', live: 'shop-green' },
  ])
  expect(swarm.service('shop-green')).toEqual(before)
})

test('a new service that does not come up never gets traffic, and all else of the run goes back', async () => {
  const swarm = await swarmWith({ bad: {}, plain: { Labels: {} } })
  const before = ids(swarm, 'bad')
  const routes = routesOf(swarm)
  const services = [
    { name: 'bad', image: image('bad') },
    { name: 'plain', image: image('2'), strategy: 'rolling' },
  ]
  const { results } = await deploy(swarm, services, { 'keep-old': '' })
  expect(results).toMatchObject([
    {
      outcome: 'rolled-back',
      cause: expect.stringMatching(/exit code 7.*; bad has the traffic$/),
      failedTask: { logs: ['no database here'] },
      live: 'bad',
      image: { before: ONE, after: ONE },
      tasks: { running: 1, wanted: 1 },
    },
    { outcome: 'rolled-back' },
  ])
  expect(routes).toEqual(['bad'])
  expect(swarm.services).toEqual(['bad', 'plain'])
  expect(ids(swarm, 'bad')).toEqual(before)
  expect(imageOf(swarm, 'plain')).toBe(ONE)
})

test('a task that ends between the last look at all and the first one of the trial is what the trial tells', async () => {
  const swarm = await swarmWith({ web: {} })
  let isLate = false
  const answerLate = async () => {
    const upFor = Math.max(0, ...swarm.tasks('web-blue').map(secondsUp))
    if (isLate || upFor < 0.5) return
    isLate = true
    await sleep(10_000)
  }
  swarm.faults.add({
    at: /^GET \/tasks$/,
    times: Number.POSITIVE_INFINITY,
    when: 'after',
    fault: { kind: 'meanwhile', act: answerLate },
  })
  const { results, log } = await deploy(swarm, { web: image('late') }, { hold: '60s' })
  expect(log).toContain('Move the traffic')
  expect(results).toMatchObject([
    {
      outcome: 'rolled-back',
      cause: 'the trial failed: its task failed with exit code 7; web has the traffic',
      failedTask: { exitCode: 7, logs: ['no database any more'] },
    },
  ])
})

test('a check that fails takes both services of the run back; with on-failure: keep the new ones stay without traffic until the next deploy', async () => {
  const swarm = await swarmWith({ checked: {}, other: {} })
  const run = (services: unknown, more: Record<string, string> = {}) =>
    withPrograms(() => deploy(swarm, services, more))
  const services = [
    { name: 'checked', image: image('2'), 'check-command': 'echo closed; exit 3' },
    { name: 'other', image: image('2'), hold: '10m' },
  ]
  const red = await run(services)
  expect(red.results).toMatchObject([
    { outcome: 'rolled-back', cause: expect.stringMatching(/^the trial failed: the check failed 3 times.*closed/) },
    { outcome: 'rolled-back', cause: 'restored because of checked; other has the traffic', live: 'other' },
  ])
  expect(swarm.services).toEqual(['checked', 'other'])

  const kept = await run(services, { 'on-failure': 'keep' })
  const stays = (name: string) => expect.stringContaining(`; ${name}-blue stays without traffic until the next deploy`)
  expect(kept.results).toMatchObject([
    { outcome: 'failed', live: 'checked', cause: stays('checked'), image: { wanted: TWO, after: ONE } },
    { outcome: 'skipped', live: 'other', cause: stays('other'), image: { after: ONE } },
  ])
  const worse = await run({ checked: image('bad'), other: image('3') }, { 'on-failure': 'keep' })
  expect(worse.results).toMatchObject([
    { outcome: 'failed', cause: stays('checked') },
    { outcome: 'skipped', cause: stays('other') },
  ])
  expect(swarm.services).toEqual(['checked', 'checked-blue', 'other', 'other-blue'])
  expect(routeOf(swarm, 'checked-blue')).toEqual([])

  const green = await run({ checked: image('2') })
  expect(green.log).toContain('checked: checked-blue, which had no traffic, is removed')
  expect(green.results).toMatchObject([{ outcome: 'updated', live: 'checked-blue' }])
  expect(swarm.services).toEqual(['checked-blue', 'other', 'other-blue'])
})

test('until-next keeps the old service, and what changes no task is a plain update of the live one', async () => {
  const swarm = await swarmWith({})
  const flags = ['--label traefik.enable=true', '--label traefik.http.routers.shop.rule=x']
  await deploy(swarm, [{ name: 'kept', image: image('1'), create: true, 'create-args': flags }])
  expect(swarm.services).toEqual(['kept-blue'])
  expect(routeOf(swarm, 'kept-blue')).toHaveLength(2)

  const until = { 'keep-old': 'until-next' }
  const { log } = await deploy(swarm, { kept: image('2') }, until)
  expect(log).toContain('kept: kept-blue stays until the next deploy')
  expect(swarm.services).toEqual(['kept-blue', 'kept-green'])
  expect(routeOf(swarm, 'kept-blue')).toEqual([])
  expect(swarm.running('kept-blue')).toEqual([ONE])

  const [task] = ids(swarm, 'kept-green')
  const scaled = await deploy(swarm, [{ name: 'kept', image: image('2'), replicas: '2' }], until)
  expect(scaled.results).toMatchObject([{ outcome: 'updated', live: 'kept-green', tasks: { running: 2 } }])
  expect(ids(swarm, 'kept-green')).toContain(task)
  expect(swarm.services).toEqual(['kept-blue', 'kept-green'])

  expect((await deploy(swarm, { kept: image('3') }, until)).results).toMatchObject([{ live: 'kept-blue' }])
  expect(imageOf(swarm, 'kept-blue')).toBe(THREE)
})

test('what an earlier deploy has left goes with another strategy, and that is told', async () => {
  const swarm = await swarmWith({ web: {} })
  await deploy(swarm, { web: image('2') }, { 'keep-old': 'until-next' })
  expect(swarm.services).toEqual(['web', 'web-blue'])
  const { log } = await deploy(swarm, { web: image('3') }, { strategy: 'rolling', 'keep-old': '' })
  expect(log).toContain('web: web, which had no traffic, is removed')
  expect(swarm.services).toEqual(['web-blue'])
  expect(routeOf(swarm, 'web-blue')).toHaveLength(2)
})

test('what cannot be blue-green is refused before anything is changed', async () => {
  const Ports = [{ PublishedPort: 8099, TargetPort: 80, Protocol: 'tcp', PublishMode: 'ingress' }]
  const swarm = await swarmWith({
    published: { EndpointSpec: { Ports } } as Changed,
    unreachable: { Labels: {} },
    jobs: {
      Mode: { ReplicatedJob: {} },
      TaskTemplate: { ContainerSpec: { Image: pin(image('job')) } },
      UpdateConfig: undefined,
    },
    taken: {},
    'taken-green': { Labels: {} },
  })
  const before = swarm.services.map((name) => swarm.service(name)?.Version)
  const names = ['published', 'unreachable', 'jobs', 'taken']
  const { problems } = await deploy(swarm, Object.fromEntries(names.map((name) => [name, image('2')])))
  expect(problems.toSorted()).toEqual([
    expect.stringContaining('service jobs: blue-green is for services that run on'),
    expect.stringContaining(
      'service published: blue-green makes a second service, and both cannot publish the port 8099',
    ),
    expect.stringContaining(
      'service taken: the service taken-green is there, and no blue-green deploy of taken made it',
    ),
    expect.stringContaining('service unreachable: blue-green moves the traffic, and nothing leads any to it'),
  ])
  expect(swarm.services.map((name) => swarm.service(name)?.Version)).toEqual(before)
  const early = await deploy(swarm, { taken: image('2') }, { wait: 'false' })
  expect(early.problems).toEqual([expect.stringContaining('wait: the strategy blue-green')])
})

test("somebody else's deploy of the live service during the trial stands, and ours leaves nothing", async () => {
  const swarm = await swarmWith({ web: {} })
  setTimeout(() => swarm.update('web', withImage(THREE)), 20_000)
  const { results, log } = await deploy(swarm, { web: image('2') }, { hold: '60s' })
  expect(log).toContain('web: the new tasks have to stay up for 60 s')
  expect(results).toMatchObject([
    {
      outcome: 'superseded',
      cause: 'someone else changed web before its traffic moved',
      live: 'web',
      image: { after: THREE },
      tasks: { running: 0 },
    },
  ])
  expect(swarm.services).toEqual(['web'])
  expect(imageOf(swarm, 'web')).toBe(THREE)
})

test('a live service that somebody removes before its traffic has moved takes the new one with it', async () => {
  const swarm = await swarmWith({ web: {} })
  setTimeout(() => swarm.remove('web'), 20_000)
  const { results, log } = await deploy(swarm, { web: image('2') }, { hold: '60s' })
  expect(log).toContain('web: web-blue removed again')
  expect(log).not.toContain('the traffic moves')
  expect(results).toMatchObject([{ outcome: 'superseded', cause: 'someone else removed web before its traffic moved' }])
  expect(results[0]?.image.after).toBeUndefined()
  expect(swarm.services).toEqual([])
})

test('where the new one is kept, the next deploy says that it has no traffic, and how it is made anew', async () => {
  const swarm = await swarmWith({ web: {} })
  setTimeout(() => swarm.remove('web'), 20_000)
  const { results } = await deploy(swarm, { web: image('2') }, { hold: '60s', 'on-failure': 'keep' })
  expect(results).toMatchObject([
    {
      cause: 'someone else removed web before its traffic moved; web-blue stays without traffic until the next deploy',
    },
  ])
  expect(results[0]?.image.after).toBeUndefined()
  expect(swarm.services).toEqual(['web-blue'])
  const next = await deploy(swarm, { web: image('3') })
  expect(next.problems).toEqual([
    'service web: nothing leads traffic to it (`web-blue` is there without). To have it made anew write `web: {image: hub.test/acme/web:3, create: true}`',
  ])
  const anew = { image: image('3'), create: true, 'create-args': '--label traefik.enable=true' }
  const made = await deploy(swarm, { web: anew })
  expect(made.results).toMatchObject([{ outcome: 'created', live: 'web-blue' }])
  expect(swarm.services).toEqual(['web-blue'])
  expect(imageOf(swarm, 'web-blue')).toBe(THREE)
})

describe('when the traffic has moved', () => {
  const soon = { hold: '1s', 'keep-old': '60s' }

  test('the old service is not told as removed by this run where somebody else was faster', async () => {
    const swarm = await swarmWith({ web: {} })
    setTimeout(() => swarm.remove('web'), 20_000)
    const { results, log } = await deploy(swarm, { web: image('2') }, soon)
    expect(results).toMatchObject([{ outcome: 'updated', live: 'web-blue' }])
    expect(log).toContain('web: someone else removed web after it had lost its traffic')
    expect(log).not.toContain('web is removed')
  })

  test('and somebody removes the new service, the old one gets it back', async () => {
    const swarm = await swarmWith({ web: {} })
    const seen = routesOf(swarm)
    setTimeout(() => swarm.remove('web-blue'), 20_000)
    const { results, log } = await deploy(swarm, { web: image('2') }, soon)
    expect(results).toMatchObject([
      {
        outcome: 'rolled-back',
        live: 'web',
        cause: 'someone else removed web-blue during its time with the traffic; web has the traffic',
      },
    ])
    expect(log).toContain('the traffic goes back to web')
    expect(swarm.services).toEqual(['web'])
    expect(routeOf(swarm, 'web')).toHaveLength(2)
    expect(seen.at(-1)).toBe('web')
    const next = await deploy(swarm, { web: image('3') })
    expect(next.results).toMatchObject([{ outcome: 'updated' }])
  })

  test('and somebody removes the old service before the new one fails, it is said that the new one stays', async () => {
    const swarm = await swarmWith({ web: {} })
    swarm.images.set(image('2'), { ends: { afterSeconds: 30, exitCode: 7 } })
    setTimeout(() => swarm.remove('web'), 20_000)
    const { results } = await deploy(swarm, { web: image('2') }, soon)
    expect(results).toMatchObject([
      {
        outcome: 'failed',
        cause: expect.stringMatching(
          /exit code 7; the way back failed too: someone else removed web while its traffic moved; web-blue stays$/,
        ),
      },
    ])
    expect(swarm.services).toEqual(['web-blue'])
  })
})

test.each([
  ['before the traffic has moved', 'keep', { hold: '10m' }, ['web', 'web-blue'], 'web'],
  ['before the traffic has moved', 'rollback', { hold: '10m' }, ['web'], 'web'],
  ['after', 'rollback', { 'keep-old': '10m' }, ['web', 'web-blue'], 'web-blue'],
])(
  'a run that is stopped %s, with on-cancel: %s, leaves the traffic where it is',
  async (_, onCancel, more, left, live) => {
    const swarm = await swarmWith({ web: {} })
    const stop = new AbortController()
    setTimeout(() => cancel(stop), 30_000)
    const { results, log } = await deploy(swarm, { web: image('2') }, { 'on-cancel': onCancel, ...more }, { stop })
    expect(log).toMatch(/ (have to stay up for|stays for) 600 s/)
    expect(results).toMatchObject([{ outcome: 'cancelled', live, image: { after: live === 'web' ? ONE : TWO } }])
    expect(swarm.services).toEqual(left)
    expect(routeOf(swarm, live)).toHaveLength(2)
    const next = await deploy(swarm, { web: image('3') })
    expect(next.results).toMatchObject([{ outcome: 'updated' }])
    expect(swarm.services).toHaveLength(1)
  },
)

test('a manager that lists no service for a moment: nobody is said to have removed the new one', async () => {
  const whole = await swarmWith({ web: {} })
  await deploy(whole, [{ name: 'web', image: image('2') }])
  const looks = whole.faults.calls.filter(({ method, path }) => `${method} ${path}` === 'GET /services').length
  expect(looks).toBeGreaterThan(4)
  for (let from = 1; from <= looks; from++) {
    const swarm = await swarmWith({ web: {} })
    swarm.faults.add({ fault: { kind: 'empty-store' }, at: /^GET \/services$/, from })
    const { results } = await deploy(swarm, [{ name: 'web', image: image('2') }])
    expect({ from, outcomes: results.map(({ outcome }) => outcome) }).toEqual({ from, outcomes: ['updated'] })
    expect(swarm.services).toEqual(['web-blue'])
  }
})
