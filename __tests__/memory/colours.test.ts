import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { STRATEGY_INPUTS, type StrategyName } from '../../src/inputs/strategies/table.ts'
import { INTERIM_LABEL } from '../../src/plan/interim-spec.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm, withImage } from '../support/memory-swarm/memory-swarm.ts'
import { type Run, runAction, runTogether } from '../support/memory-swarm/run.ts'

const image = (tag: string) => `hub.test/acme/web:${tag}`
const [ONE, TWO, THREE] = ['1', '2', '3'].map((tag) => pin(image(tag))) as [string, string, string]
const IMAGES = {
  [image('1')]: {},
  [image('2')]: {},
  [image('3')]: {},
  [image('late')]: { ends: { afterSeconds: 6, exitCode: 3 } },
}
const ROUTE = { 'traefik.enable': 'true', 'traefik.http.routers.web.rule': 'Host(`web.test`)' }

type Way = 'labels' | 'a name'

/** A service `web` of two tasks, to which labels lead traffic, or its name on a network. */
async function swarmWith(way: Way): Promise<MemorySwarm> {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  swarm.somebody('POST', '/networks/create', { Name: 'front', Driver: 'overlay' })
  const [network] = swarm.somebody('GET', '/networks') as { readonly Id: string }[]
  swarm.create({
    Name: 'web',
    Mode: { Replicated: { Replicas: 2 } },
    ...(way === 'labels' && { Labels: ROUTE }),
    TaskTemplate: {
      ContainerSpec: { Image: ONE },
      RestartPolicy: { Condition: 'any' },
      ...(way === 'a name' && { Networks: [{ Target: network?.Id ?? '' }] }),
    },
    UpdateConfig: { Parallelism: 1, Monitor: 1e9 },
  } as ServiceSpec)
  await pass(5)
  return swarm
}

/** The services to which traffic is led. */
function led(swarm: MemorySwarm, way: Way): string[] {
  return swarm.services.filter((name) => {
    const { Labels, Mode, TaskTemplate, Name } = swarm.service(name)?.Spec ?? ({} as ServiceSpec)
    if (way === 'labels') return Labels?.['traefik.enable'] !== undefined
    const aliases = (TaskTemplate.Networks ?? []).flatMap(({ Aliases }) => Aliases ?? [])
    return (Name === 'web' || aliases.includes('web')) && (Mode.Replicated?.Replicas ?? 0) > 0
  })
}

const deploy = (swarm: MemorySwarm, tag: string, strategy: string, more: Record<string, string> = {}) =>
  runAction(swarm, {
    services: JSON.stringify([{ name: 'web', image: image(tag), strategy }]),
    ...(strategy === 'blue-green' && { 'keep-old': '10s' }),
    ...more,
  })

/** One service has the traffic, all of its tasks are of one image, and nothing else is left. */
function expectOnly(swarm: MemorySwarm, way: Way, wanted: string, left = 1) {
  const live = led(swarm, way)
  expect(live).toHaveLength(1)
  expect(swarm.running(live[0] ?? '')).toEqual([wanted, wanted])
  expect(swarm.services).toHaveLength(left)
  expect(Object.keys(swarm.service(live[0] ?? '')?.Spec.Labels ?? {})).not.toContain(INTERIM_LABEL)
}

const outcomeOf = ({ results, problems }: Run) => results[0]?.outcome ?? problems[0]
const STRATEGIES = Object.keys(STRATEGY_INPUTS) as StrategyName[]
const WAYS = ['labels', 'a name'] as const

beforeEach(stopTime)
afterEach(letTimeRun)

describe('after a blue-green deploy', () => {
  const cases = WAYS.flatMap((way) =>
    STRATEGIES.flatMap((next) => ['10s', 'until-next'].map((keep) => [way, next, keep] as const)),
  )

  test.each(cases)(
    'by %s, a deploy with the strategy %s goes to what has the traffic (keep-old: %s)',
    async (way, next, keep) => {
      const swarm = await swarmWith(way)
      expect(outcomeOf(await deploy(swarm, '2', 'blue-green', { 'keep-old': keep }))).toBe('updated')
      const [live = ''] = led(swarm, way)
      expect(live).toBe('web-blue')
      const run = await deploy(swarm, '3', next)
      expect(run.results).toMatchObject([
        {
          name: 'web',
          outcome: 'updated',
          live: next === 'blue-green' ? 'web-green' : 'web-blue',
          image: { before: TWO, after: THREE },
        },
      ])
      expectOnly(swarm, way, THREE)
    },
  )

  test.each(WAYS)('by %s, `create: true` makes no second one beside it', async (way) => {
    const swarm = await swarmWith(way)
    await deploy(swarm, '2', 'blue-green')
    const services = JSON.stringify([{ name: 'web', image: image('3'), create: true }])
    const { results } = await runAction(swarm, { services })
    expect(results).toMatchObject([{ outcome: 'updated', action: 'update', live: 'web-blue' }])
    expectOnly(swarm, way, THREE)
  })

  test.each(WAYS)('by %s, a stack with the same service is refused, and says what to do', async (way) => {
    const swarm = await swarmWith(way)
    swarm.create({ ...(swarm.service('web')?.Spec as ServiceSpec), Name: 'shop_web' })
    swarm.remove('web')
    await pass(5)
    const services = JSON.stringify([
      { name: 'shop_web', image: image('2'), strategy: 'blue-green', 'route-alias': 'web' },
    ])
    await runAction(swarm, { services })
    expect(swarm.services).toEqual(['shop_web-blue'])
    const compose = `services: {web: {image: "${image('3')}"}}`
    const { problems } = await runAction(swarm, { stack: 'shop' }, { compose })
    expect(problems).toEqual([
      expect.stringMatching(
        /^service shop_web: it was deployed blue-green, and shop_web-blue has its traffic.*`services`/,
      ),
    ])
    expect(swarm.services).toEqual(['shop_web-blue'])
  })

  test('a colour by its own name is refused, with the name to write', async () => {
    const swarm = await swarmWith('labels')
    await deploy(swarm, '2', 'blue-green')
    const { problems } = await runAction(swarm, { services: JSON.stringify({ 'web-blue': image('3') }) })
    expect(problems).toEqual([expect.stringMatching(/^service web-blue: .*blue-green service web.*write `name: web`/)])
    expect(swarm.running('web-blue')).toEqual([TWO, TWO])
  })

  test('a name that blue-green needs cannot be another service of the same run', async () => {
    const swarm = await swarmWith('labels')
    const services = JSON.stringify([
      { name: 'web', image: image('2'), strategy: 'blue-green' },
      { name: 'web-blue', image: image('3'), create: true },
    ])
    const { problems } = await runAction(swarm, { services })
    expect(problems).toEqual([expect.stringMatching(/^service web-blue: blue-green needs this name for web/)])
  })

  const relabel = (swarm: MemorySwarm, name: string, on: boolean) =>
    swarm.update(name, (spec) => {
      const { 'traefik.enable': _, 'traefik.http.routers.web.rule': __, ...labels } = spec.Labels ?? {}
      return { ...spec, Labels: on ? { ...labels, ...ROUTE } : labels }
    })

  test.each(STRATEGIES)(
    'whose labels somebody has moved back by hand, %s goes to what has the traffic now',
    async (next) => {
      const swarm = await swarmWith('labels')
      await deploy(swarm, '2', 'blue-green', { 'keep-old': 'until-next' })
      relabel(swarm, 'web', true)
      relabel(swarm, 'web-blue', false)
      await pass(1)
      const { results } = await deploy(swarm, '3', next)
      expect(results).toMatchObject([{ outcome: 'updated', image: { before: ONE, after: THREE } }])
      expectOnly(swarm, 'labels', THREE)
    },
  )

  test.each(STRATEGIES.flatMap((next) => [true, false].map((both) => [next, both] as const)))(
    'whose labels somebody has changed, %s is refused, and says which (both have them: %s)',
    async (next, both) => {
      const swarm = await swarmWith('labels')
      await deploy(swarm, '2', 'blue-green', { 'keep-old': 'until-next' })
      relabel(swarm, both ? 'web' : 'web-blue', both)
      await pass(1)
      const versions = () => swarm.services.map((name) => swarm.service(name)?.Version.Index)
      const before = versions()
      const { problems, isBug } = await deploy(swarm, '3', next)
      expect(problems).toEqual([
        expect.stringMatching(/^service web: .*web and web-blue .*labels that begin with traefik\./),
      ])
      expect(isBug).toBe(false)
      expect(versions()).toEqual(before)
    },
  )
})

describe('a blue-green deploy that is killed', () => {
  /** It is never without traffic, whatever is done; only `recreate` has a moment without tasks. */
  const guard = (swarm: MemorySwarm, way: Way, next: string) => {
    if (next === 'recreate' && way === 'a name') return
    swarm.store.onChange(() => {
      if (led(swarm, way).length === 0) throw new Error('nothing has the traffic')
    })
  }
  const CHANGES = /^(POST|DELETE) \/services/
  /** How many times a run changes a service: on its way there, and there and back. */
  const CHANGES_OF = { labels: { there: 5, back: 7 }, 'a name': { there: 6, back: 8 } } as const
  const moments = (way: Way, kind: 'there' | 'back') =>
    Array.from({ length: CHANGES_OF[way][kind] }, (_, index) => index + 1)

  test.each(
    WAYS.flatMap((way) => moments(way, 'there').flatMap((nth) => STRATEGIES.map((next) => [way, nth, next] as const))),
  )('by %s, at change %s, is put right by the next: %s', async (way, nth, next) => {
    const swarm = await swarmWith(way)
    guard(swarm, way, next)
    await runAction(
      swarm,
      { services: JSON.stringify({ web: image('2') }), strategy: 'blue-green', hold: '2s' },
      {
        kill: { at: CHANGES, nth },
      },
    )
    await pass(20)
    const run = await deploy(swarm, '3', next)
    expect(outcomeOf(run)).toBe('updated')
    expectOnly(swarm, way, THREE)
  })

  test.each(
    WAYS.flatMap((way) => moments(way, 'there').flatMap((nth) => ['1', '2'].map((tag) => [way, nth, tag] as const))),
  )('by %s, at change %s, is put right when nothing or the same is asked for: %s', async (way, nth, tag) => {
    const swarm = await swarmWith(way)
    guard(swarm, way, 'blue-green')
    await runAction(
      swarm,
      { services: JSON.stringify({ web: image('2') }), strategy: 'blue-green', hold: '2s' },
      {
        kill: { at: CHANGES, nth },
      },
    )
    await pass(20)
    const run = await deploy(swarm, tag, 'blue-green')
    expect(outcomeOf(run)).toMatch(/^(updated|unchanged)$/)
    expectOnly(swarm, way, tag === '1' ? ONE : TWO)
  })

  test.each(
    WAYS.flatMap((way) => moments(way, 'back').flatMap((nth) => STRATEGIES.map((next) => [way, nth, next] as const))),
  )('by %s, at change %s of a run that goes back, is put right by the next: %s', async (way, nth, next) => {
    const swarm = await swarmWith(way)
    guard(swarm, way, next)
    const inputs = { services: JSON.stringify({ web: image('late') }), strategy: 'blue-green', 'keep-old': '30s' }
    await runAction(swarm, { ...inputs, monitor: '1s' }, { kill: { at: CHANGES, nth } })
    await pass(20)
    const run = await deploy(swarm, '3', next)
    expect(outcomeOf(run)).toBe('updated')
    expectOnly(swarm, way, THREE)
  })
})

describe('two runs on one service at once, one of them blue-green', () => {
  const pairs = STRATEGIES.flatMap((one) => STRATEGIES.map((other) => [one, other] as const)).filter((pair) =>
    pair.includes('blue-green'),
  )
  const moments = [0, 0.01, 0.1, 2, 4, 5, 7]

  test.each(
    pairs.flatMap(([one, other]) => moments.flatMap((after) => WAYS.map((way) => [one, other, after, way] as const))),
  )('%s, and %s, begun after %s s, by %s: what is said to be live is, alone', async (one, other, afterSeconds, way) => {
    const swarm = await swarmWith(way)
    const inputs = (tag: string, strategy: string) => ({
      services: JSON.stringify([{ name: 'web', image: image(tag), strategy }]),
      ...(strategy === 'blue-green' && { 'keep-old': '4s', hold: '2s' }),
      ...(strategy === 'canary' && { hold: '2s' }),
    })
    const runs = await runTogether(swarm, [{ inputs: inputs('2', one) }, { inputs: inputs('3', other), afterSeconds }])
    await pass(30)
    const outcomes = runs.map(outcomeOf)
    expect(runs.flatMap(({ isBug, problems }) => (isBug ? problems : []))).toEqual([])
    const [live = '', ...others] = led(swarm, way)
    expect(others).toEqual([])
    const running = swarm.running(live)
    expect(running).toEqual([running[0], running[0]])
    // Of two that are one after another both may be right: then the later one stands.
    expect(outcomes.lastIndexOf('updated')).toBe([TWO, THREE].indexOf(running[0] ?? ''))
    expect(swarm.services).toEqual([live])
  })
})

describe('somebody who deploys while the traffic moves', () => {
  const CALLS = /^(GET|POST|DELETE) \/(services|tasks)/
  const calls = Array.from({ length: 24 }, (_, index) => index + 4)

  test.each(WAYS.flatMap((way) => calls.map((call) => [way, call] as const)))(
    'to the live one, by %s, at call %s: theirs stands and has the traffic, or ours has it',
    async (way, call) => {
      const swarm = await swarmWith(way)
      let hadTraffic: boolean | undefined
      const theirs = () => {
        if (!swarm.services.includes('web')) return
        hadTraffic = led(swarm, way).includes('web')
        swarm.update('web', withImage(THREE))
      }
      swarm.faults.add({ at: CALLS, from: call, fault: { kind: 'meanwhile', act: theirs } })
      const run = await deploy(swarm, '2', 'blue-green', { 'keep-old': '4s', hold: '1s' })
      await pass(20)
      const [live = '', ...others] = led(swarm, way)
      expect(others).toEqual([])
      if (hadTraffic) {
        expect(live).toBe('web')
        expect(outcomeOf(run)).toBe('superseded')
        expect(swarm.running('web')).toEqual([THREE, THREE])
        expect(swarm.services).toEqual(['web'])
      } else {
        expect(live).toBe('web-blue')
        expect(outcomeOf(run)).toBe('updated')
        expect(swarm.running('web-blue')).toEqual([TWO, TWO])
        // A deploy that nobody asked of this action is not thrown away.
        expect(swarm.services).toEqual(hadTraffic === undefined ? ['web-blue'] : ['web', 'web-blue'])
      }
    },
  )
})
