import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { type Fault, RETURNING } from '../support/memory-swarm/faults.ts'
import { letTimeRun, pass, settle, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { type Run, runAction } from '../support/memory-swarm/run.ts'

const ONE = pin('hub.test/acme/web:1')
const TWO = pin('hub.test/acme/web:2')

async function swarmWithWeb(replicas = 1): Promise<MemorySwarm> {
  const images = {
    'hub.test/acme/web:1': {},
    'hub.test/acme/web:2': {},
    'hub.test/acme/web:crashes': { ends: { afterSeconds: 0.2, exitCode: 3 } },
  }
  const swarm = new MemorySwarm({ images })
  swarm.create({
    Name: 'web',
    Labels: { 'traefik.enable': 'true' },
    Mode: { Replicated: { Replicas: replicas } },
    TaskTemplate: { ContainerSpec: { Image: ONE }, RestartPolicy: { Condition: 'any' } },
    UpdateConfig: { Parallelism: 1, Monitor: 1e9 },
  } as ServiceSpec)
  await pass(5)
  return swarm
}

/** One service is updated and one is made. */
const deploy = (swarm: MemorySwarm, tag = '2', more: Record<string, string> = {}): Promise<Run> =>
  runAction(swarm, {
    services: `- {name: web, image: "hub.test/acme/web:${tag}"}\n- {name: new, image: "hub.test/acme/web:2", create: true}`,
    timeout: '10m',
    ...more,
  })

describe('a daemon that fails when it is asked for what it has taken has refused nothing', () => {
  const deployThen = async (times: number) => {
    const swarm = await swarmWithWeb()
    const fault: Fault = { kind: 'error', status: 500, message: 'Internal Server Error' }
    const act = () => swarm.faults.add({ fault, at: /^GET \/services\/service/, times })
    swarm.faults.add({ fault: { kind: 'meanwhile', act }, at: /^POST \/services\/.*\/update$/ })
    return runAction(swarm, { services: 'web: hub.test/acme/web:2' })
  }

  test('for a moment: it is asked again', async () => {
    expect((await deployThen(2)).results).toMatchObject([{ outcome: 'updated' }])
  })

  const ROUTED =
    'strategy: blue-green, create-args: "--label traefik.enable=true --label traefik.http.routers.web.rule=x"'
  const MADE = /^POST \/services\/create/
  const WRITTEN = /^POST \/services\/.*\/update$/

  const deployHow = async (how: string, at: RegExp, times: number, isThere: boolean) => {
    const swarm = new MemorySwarm({ images: { 'hub.test/acme/web:1': {}, 'hub.test/acme/web:2': {} } })
    const to = (tag: string) =>
      runAction(swarm, { services: `- {name: web, image: "hub.test/acme/web:${tag}", create: true, ${how}}` })
    if (isThere) await to('1')
    const fault: Fault = { kind: 'error', status: 500, message: 'Internal Server Error' }
    const act = () => swarm.faults.add({ fault, at: /^GET \/services\/\w/, times })
    swarm.faults.add({ fault: { kind: 'meanwhile', act }, at })
    return (await to('2')).results
  }

  test.each<[string, string, RegExp, 'created' | 'updated']>([
    ['what is new', 'strategy: rolling', MADE, 'created'],
    ['a second service', ROUTED, MADE, 'updated'],
    ['traffic that moves', ROUTED, WRITTEN, 'updated'],
    ['a first step of recreate', 'strategy: recreate', WRITTEN, 'updated'],
    ['a first step of a canary', 'strategy: canary, canary: 1, create-args: "--replicas 2"', WRITTEN, 'updated'],
  ])('for a moment, of %s: it is asked again', async (_, how, at, outcome) => {
    expect(await deployHow(how, at, 2, outcome === 'updated')).toMatchObject([{ outcome }])
  })

  test('for good, of a first step: nobody knows', async () => {
    const [result] = await deployHow('strategy: recreate', WRITTEN, Number.POSITIVE_INFINITY, true)
    expect(result?.reason).toBe('it is not known whether the swarm took its first step: Internal Server Error')
  })

  test('for good: nobody knows', async () => {
    expect((await deployThen(Number.POSITIVE_INFINITY)).results).toMatchObject([
      {
        outcome: 'failed',
        cause:
          'it is not known whether the swarm took the change: Internal Server Error; the way back failed too: the docker daemon answered a request with 500: Internal Server Error',
      },
    ])
  })
})

const PASSING: readonly (readonly [string, Fault, number])[] = [
  ['the connection breaks twice', { kind: 'connection-lost' }, 2],
  ['the answer is lost', { kind: 'answer-lost' }, 1],
  ['the swarm has no leader for a while', { kind: 'election', as: 'no-leader' }, 6],
  ['the leader is lost, and what was asked may be done', { kind: 'election', as: 'lost-leader', done: true }, 1],
  ['an election takes as long as a call may', { kind: 'election', as: 'deadline' }, 2],
  ['the daemon hangs longer than a call may take', { kind: 'stall', seconds: 40 }, 1],
  ['the daemon hangs, and has done it', { kind: 'stall', seconds: 40, done: true }, 1],
  ['an answer cannot be read', { kind: 'garbage' }, 2],
]

/** A registry needs no leader, and is what is slow where it is asked. */
const NO_REGISTRY = /^(?!\w+ \/distribution)/
/** Looks of the watch are made by the hundred. */
const NO_LOOK = /^(?!GET \/(?:services|tasks|nodes)$)/

function callsTo(pattern: RegExp, { faults }: MemorySwarm): string[] {
  return faults.calls.map(({ method, path }) => `${method} ${path}`).filter((call) => pattern.test(call))
}

beforeEach(stopTime)
afterEach(letTimeRun)

describe('whatever call of a run it strikes, it comes out right when', () => {
  test.each(PASSING)('%s', async (_, fault, times) => {
    const quiet = await swarmWithWeb()
    expect((await deploy(quiet)).problems).toEqual([])
    const calls = callsTo(NO_REGISTRY, quiet).length
    expect(calls).toBeGreaterThan(10)
    // What comes later is one look after another.
    for (let from = 1; from <= calls; from += from < 25 ? 1 : 9) {
      const swarm = await swarmWithWeb()
      swarm.faults.add({ fault, at: NO_REGISTRY, from, times })
      const run = await deploy(swarm)
      expect({
        call: callsTo(NO_REGISTRY, swarm)[from - 1],
        problems: run.problems,
        results: run.results,
      }).toMatchObject({
        problems: [],
        results: [{ outcome: 'updated' }, { outcome: 'created' }],
      })
      expect([swarm.running('web'), swarm.running('new')]).toEqual([[TWO], [TWO]])
    }
  })

  test('the connection breaks at any call of a way back', async () => {
    const quiet = await swarmWithWeb()
    await deploy(quiet, 'crashes')
    const calls = callsTo(NO_LOOK, quiet).length
    expect(calls).toBeGreaterThan(5)
    for (let from = 1; from <= calls; from++) {
      const swarm = await swarmWithWeb()
      swarm.faults.add({ fault: { kind: 'answer-lost' }, at: NO_LOOK, from })
      const { results } = await deploy(swarm, 'crashes')
      expect({ call: callsTo(NO_LOOK, swarm)[from - 1], results }).toMatchObject({
        results: [{ outcome: 'rolled-back' }, { outcome: 'rolled-back' }],
      })
      expect([swarm.running('web'), swarm.services]).toEqual([[ONE], ['web']])
    }
  })
})

test.each(['/services/create$', '/services/[^/]+/update$'])(
  'a change of %s that the daemon has taken, and answers with an error, is taken',
  async (path) => {
    const swarm = await swarmWithWeb()
    const fault: Fault = { kind: 'error', status: 500, message: 'disk quota exceeded', done: true }
    swarm.faults.add({ fault, at: new RegExp(`^POST ${path}`) })
    expect(await deploy(swarm)).toMatchObject({ results: [{ outcome: 'updated' }, { outcome: 'created' }] })
  },
)

test.each(['/services/create$', '/services/[^/]+/update$'])(
  'a change of %s that the daemon fails to take is red, with its words',
  async (path) => {
    const swarm = await swarmWithWeb()
    const fault: Fault = { kind: 'error', status: 500, message: 'disk quota exceeded' }
    swarm.faults.add({ fault, at: new RegExp(`^POST ${path}`), times: 1000 })
    const { results } = await deploy(swarm, '2', { 'on-failure': 'keep' })
    expect(results.filter(({ outcome }) => outcome === 'failed')).toMatchObject([
      { cause: expect.stringContaining('disk quota exceeded') },
    ])
  },
)

test('a change whose answers stay lost is not called refused', async () => {
  const swarm = await swarmWithWeb()
  const fault: Fault = { kind: 'election', as: 'no-leader' }
  swarm.faults.add({ fault, at: /^POST \/services\/[^/]+\/update$/, times: 1000 })
  const { results } = await deploy(swarm, '2', { 'on-failure': 'keep' })
  expect(results[0]).toMatchObject({
    outcome: 'failed',
    cause: expect.stringMatching(/^it is not known whether the swarm took the change: .*does not have a leader/),
  })
})

describe.each(['rolling', 'recreate', 'canary', 'blue-green'])(
  'a leader that comes back, with strategy %s:',
  (strategy) => {
    const both = async (tag: string, prepare: (swarm: MemorySwarm) => void) => {
      const swarm = await swarmWithWeb(2)
      prepare(swarm)
      const services = JSON.stringify([{ name: 'web', image: `hub.test/acme/web:${tag}`, strategy, 'keep-old': '10s' }])
      const given = strategy === 'blue-green' ? services : services.replace(',"keep-old":"10s"', '')
      return { swarm, run: await runAction(swarm, { services: given, timeout: '10m' }) }
    }

    test('it answers every read, and refuses every change for a while', async () => {
      for (const from of [1, 2, 3]) {
        const { swarm, run } = await both('2', ({ faults }) =>
          faults.add({ fault: RETURNING, at: /^POST \/services\//, from, times: 25 }),
        )
        expect({ from, ...run }).toMatchObject({ problems: [], results: [{ outcome: 'updated' }] })
        expect(swarm.service('web')?.Spec.Labels?.['swarm-deploy.interim']).toBeUndefined()
      }
    })

    test('it shows a service as it was before the last change', async () => {
      for (let from = 2; from <= 8; from++) {
        const { run } = await both('2', ({ faults }) =>
          faults.add({ fault: { kind: 'out-of-date' }, at: /^GET \/services\/[^/]+$/, from, times: 3 }),
        )
        expect({ from, ...run }).toMatchObject({ problems: [], results: [{ outcome: 'updated' }] })
      }
    })

    test('it shows nothing at all, after the connection has broken', async () => {
      for (let from = 6; from <= 24; from += 3) {
        const { run } = await both('2', ({ faults }) =>
          faults.add(
            { fault: { kind: 'answer-lost' }, at: /^POST \/services\// },
            {
              fault: { kind: 'empty-store' },
              at: /^GET \/services/,
              from,
              times: 4,
            },
          ),
        )
        expect({ from, ...run }).toMatchObject({ problems: [], results: [{ outcome: 'updated' }] })
      }
    })

    test('it does both in the middle of a way back', async () => {
      const { swarm, run } = await both('crashes', ({ faults }) =>
        faults.add(
          { fault: { kind: 'out-of-date' }, at: /^GET \/services\/[^/]+$/, from: 4, times: 6 },
          { fault: RETURNING, at: /^POST \/services\//, from: 3, times: 20 },
        ),
      )
      expect(run).toMatchObject({ problems: [], results: [{ outcome: 'rolled-back' }] })
      expect(swarm.running('web')).toEqual([ONE, ONE])
    })
  },
)

describe('what does not pass before anything is changed is told with its cause', () => {
  test.each([
    ['a daemon that is gone', { kind: 'connection-lost' }, 'the connection broke'],
    ['a swarm without a leader', { kind: 'election', as: 'no-leader' }, 'The swarm does not have a leader'],
    ['answers that no daemon gives', { kind: 'garbage' }, 'the daemon answers with HTML'],
  ] as const)('%s', async (_, fault, cause) => {
    for (const at of [/^GET \/services$/, /^GET \/nodes/, /^GET \/tasks/]) {
      const swarm = await swarmWithWeb()
      swarm.faults.add({ fault, at, times: 10_000 })
      const run = await deploy(swarm)
      expect({ at, ...run }).toMatchObject({ results: [], isBug: false, problems: [expect.stringContaining(cause)] })
      expect(run.problems[0]).toContain('Nothing was changed.')
      expect(swarm.running('web')).toEqual([ONE])
    }
  })
})

test('two hundred new services over a daemon that takes a second for each call', async () => {
  const images = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`hub.test/acme/web:${n + 1}`, {}]))
  const swarm = new MemorySwarm({ images })
  swarm.faults.add({ fault: { kind: 'stall', seconds: 1 }, at: /./, times: 100_000 })
  const names = Array.from({ length: 200 }, (_, n) => `web-${n + 1}`)
  const services = names
    .map((name) => `- {name: ${name}, image: "hub.test/acme/${name.replace('-', ':')}", create: true}`)
    .join('\n')
  const run = await runAction(swarm, { services, timeout: '10m', monitor: '1s' })
  expect(run.problems).toEqual([])
  expect(run.results.map(({ name, outcome }) => [name, outcome])).toEqual(names.map((name) => [name, 'created']))
  expect(run.log.match(/^\d+ of 200 services are checked$/gm)?.length).toBeGreaterThan(0)
})

test('a manager in memory that has not caught up answers each query with its own, and does what it is told', async () => {
  const swarm = await swarmWithWeb()
  const named = (name: string) => {
    const query = { filters: JSON.stringify({ name: [name] }) }
    return settle(swarm.engine.get<readonly unknown[]>('/services', { query }), 60)
  }
  const make = (Name: string) => settle(swarm.engine.post('/configs/create', { body: { Name, Data: '' } }), 60)
  expect(await named('web')).toHaveLength(1)
  await make('one')
  swarm.faults.add({ fault: { kind: 'out-of-date' }, at: /./, times: 9 })
  expect(await named('none')).toEqual([])
  await make('two')
  expect(swarm.store.object('configs', 'two')).toBeDefined()
})
