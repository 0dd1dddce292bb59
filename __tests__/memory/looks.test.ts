import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { INTERIM_LABEL } from '../../src/plan/interim-spec.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction, runTogether } from '../support/memory-swarm/run.ts'

const [ONE, TWO, THREE] = ['1', '2', '3'].map((tag) => pin(`hub.test/acme/web:${tag}`)) as [string, string, string]
const IMAGES = {
  'hub.test/acme/web:1': {},
  'hub.test/acme/web:2': {},
  'hub.test/acme/web:3': {},
  'hub.test/acme/web:crashes': { ends: { afterSeconds: 0.2, exitCode: 3 } },
}
const V2 = 'hub.test/acme/web:2'
const V3 = 'hub.test/acme/web:3'

async function swarmWith(names: readonly string[], replicas = 2, more: Partial<ServiceSpec> = {}) {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  for (const Name of names) {
    swarm.create({
      Name,
      Mode: { Replicated: { Replicas: replicas } },
      TaskTemplate: { ContainerSpec: { Image: ONE }, RestartPolicy: { Condition: 'any' } },
      UpdateConfig: { Parallelism: 1, Monitor: 1e9 },
      ...more,
    } as ServiceSpec)
  }
  await pass(5)
  return swarm
}

const deployOf = (names: readonly string[], image = V2, more: Record<string, string> = {}) => ({
  services: JSON.stringify(Object.fromEntries(names.map((name) => [name, image]))),
  ...more,
})

/** Every task is of one image, and nothing of the way is left, not even for a rollback by hand. */
function expectAll(swarm: MemorySwarm, name: string, image: string, replicas = 2) {
  expect(swarm.running(name)).toEqual(Array(replicas).fill(image))
  const { Spec, PreviousSpec } = swarm.service(name) ?? {}
  expect(Object.keys(Spec?.Labels ?? {})).not.toContain(INTERIM_LABEL)
  expect(Object.keys(PreviousSpec?.Labels ?? {})).not.toContain(INTERIM_LABEL)
}

beforeEach(stopTime)
afterEach(letTimeRun)

test('services that are as asked need no more looks where fewer are sent at once', async () => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const looksWith = async (maxParallel: string) => {
    const swarm = await swarmWith(names)
    let looks = 0
    const count = () => {
      looks++
    }
    swarm.faults.add({ at: /^GET \/tasks$/, from: 1, times: 99, fault: { kind: 'meanwhile', act: count } })
    const { results } = await runAction(swarm, deployOf(names, 'hub.test/acme/web:1', { 'max-parallel': maxParallel }))
    expect(results.map(({ outcome }) => outcome)).toEqual(names.map(() => 'unchanged'))
    return looks
  }
  expect(await looksWith('1')).toBe(await looksWith('5'))
})

describe('several canaries in one run, with no fault at all', () => {
  const names = ['a', 'b', 'c', 'd']

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8])('are all updated, also when update %s takes longer', async (slow) => {
    const swarm = await swarmWith(names)
    if (slow > 0) {
      swarm.faults.add({ at: /^POST .*\/update$/, from: slow, fault: { kind: 'stall', seconds: 0.05 } })
      swarm.faults.add({ at: /^GET \/services$/, from: 2, times: 99, fault: { kind: 'stall', seconds: 0.02 } })
    }
    const { results } = await runAction(swarm, deployOf(names, V2, { strategy: 'canary', hold: '3s' }))
    expect(results.map(({ outcome, cause }) => cause ?? outcome)).toEqual(Array(4).fill('updated'))
    for (const name of names) expectAll(swarm, name, TWO)
  })
})

describe('a service that somebody removes', () => {
  const names = ['gone', 'stays']
  /** Removed at one call after another, from the change on to the end. */
  const moments = [1, 2, 3, 5, 8, 12, 16, 20, 25, 30]

  test.each(
    ['rolling', 'recreate', 'canary'].flatMap((strategy) => moments.map((moment) => [strategy, moment] as const)),
  )('is superseded and takes nobody along: %s, at look %s', async (strategy, moment) => {
    const swarm = await swarmWith(names)
    const removal = () => {
      if (swarm.services.includes('gone')) swarm.remove('gone')
    }
    // The first reading of tasks is the observation.
    swarm.faults.add({ at: /^GET \/tasks$/, from: moment + 1, fault: { kind: 'meanwhile', act: removal } })
    const { results } = await runAction(swarm, deployOf(names, V2, { strategy, 'on-failure': 'keep' }))
    if (swarm.services.includes('gone'))
      return expect(results.map(({ outcome }) => outcome)).toEqual(['updated', 'updated'])
    const [gone, stays] = results
    expect(gone).toMatchObject({ outcome: 'superseded', cause: expect.stringMatching(/^someone else removed it/) })
    const isSkipped =
      stays?.outcome === 'rolled-back' && /the (canary|end of the old tasks) of gone failed/.test(stays.cause ?? '')
    if (isSkipped) expectAll(swarm, 'stays', ONE)
    else {
      expect(stays?.outcome).toBe('updated')
      expectAll(swarm, 'stays', TWO)
    }
  })

  test.each([1, 2, 3, 4, 6, 8])('during its way back is no harm to the other: look %s', async (moment) => {
    const swarm = await swarmWith(['gone', 'stays', 'bad'])
    const services = JSON.stringify({ gone: V2, stays: V2, bad: 'hub.test/acme/web:crashes' })
    const removal = () => {
      if (/acme\/web:1@/.test(swarm.service('gone')?.Spec.TaskTemplate.ContainerSpec?.Image ?? '')) swarm.remove('gone')
    }
    let looks = 0
    const act = () => {
      const isBack = swarm.service('gone')?.PreviousSpec?.TaskTemplate.ContainerSpec?.Image === TWO
      if (isBack && ++looks === moment) removal()
    }
    swarm.faults.add({ at: /^GET \/tasks$/, times: 1e6, fault: { kind: 'meanwhile', act } })
    const { results } = await runAction(swarm, { services })
    const outcome = (name: string) => results.find((one) => one.name === name)?.outcome
    expect(outcome('stays')).toBe('rolled-back')
    expect(outcome('bad')).toBe('rolled-back')
    expectAll(swarm, 'stays', ONE)
    if (!swarm.services.includes('gone')) {
      const gone = results.find(({ name }) => name === 'gone')
      expect(gone).toMatchObject({ outcome: 'superseded', cause: expect.stringMatching(/; someone else removed it/) })
    }
  })

  test.each([1, 2, 3, 4, 5, 6])('in a blue-green deploy is superseded: at look %s', async (moment) => {
    const swarm = await swarmWith(names, 1, { Labels: { 'traefik.enable': 'true' } })
    swarm.faults.add({
      at: /^GET \/tasks$/,
      from: moment + 1,
      fault: {
        kind: 'meanwhile',
        act: () => swarm.services.includes('gone-blue') && swarm.remove('gone-blue'),
      },
    } as Parameters<typeof swarm.faults.add>[0])
    const { results } = await runAction(swarm, deployOf(names, V2, { strategy: 'blue-green', hold: '2s' }))
    const outcomes = Object.fromEntries(results.map(({ name, outcome }) => [name, outcome]))
    expect(outcomes.gone).toBe('superseded')
    expect(outcomes.stays).toBe('rolled-back')
    expect(swarm.running('stays')).toEqual([ONE])
    expect(swarm.services).toEqual(['gone', 'stays'])
  })
})

describe('two runs on one service at once', () => {
  const strategies = ['canary', 'recreate', 'rolling']
  const pairs = strategies.flatMap((one) => strategies.map((other) => [one, other] as const))
  const moments = [0, 0.005, 0.01, 0.02, 0.5, 2]

  test.each(pairs.flatMap(([one, other]) => moments.map((after) => [one, other, after] as const)))(
    '%s, and %s, begun after %s s: what the swarm took stands, and the other leaves it alone',
    async (one, other, afterSeconds) => {
      const swarm = await swarmWith(['web'], 4)
      const hold = (strategy: string) => (strategy === 'canary' ? { hold: '3s' } : {})
      const [first, second] = await runTogether(swarm, [
        { inputs: deployOf(['web'], V2, { strategy: one, ...hold(one) }) },
        { inputs: deployOf(['web'], V3, { strategy: other, ...hold(other) }), afterSeconds },
      ])
      const outcomes = [first, second].map((run) => run?.results[0]?.outcome ?? run?.problems[0] ?? '')
      const winner = outcomes.indexOf('updated')
      // Two that are one after another may both be right: then the later one stands.
      if (outcomes[0] === 'updated' && outcomes[1] === 'updated') return expectAll(swarm, 'web', THREE, 4)
      expect(winner).toBeGreaterThanOrEqual(0)
      expect(outcomes[1 - winner]).toMatch(/^superseded$|is in the middle of a deploy of it, which may last until/)
      await pass(30)
      expectAll(swarm, 'web', winner === 0 ? TWO : THREE, 4)
    },
  )
})

test.each(['canary', 'recreate'])(
  'what somebody has changed on the way of %s and taken back again goes back to what was before',
  async (strategy) => {
    const swarm = await swarmWith(['web'], 4)
    const change = () => swarm.update('web', (spec) => ({ ...spec, Labels: { ...spec.Labels, by: 'somebody' } }))
    // The second look shows theirs; when this run sees to what it has left, its own spec is there again.
    swarm.faults.add({ at: /^GET \/services$/, from: 4, fault: { kind: 'meanwhile', act: change } })
    swarm.faults.add({
      at: /^GET \/services\/service/,
      from: 3,
      fault: { kind: 'meanwhile', act: () => swarm.rollBack('web') },
    })
    const { results, log } = await runAction(swarm, deployOf(['web'], V2, { strategy }))
    expect(results).toMatchObject([{ outcome: 'superseded', cause: expect.stringMatching(/^someone else changed it/) }])
    expect(log).toContain('web: goes back to what it was, from the intermediate spec of its strategy')
    await pass(30)
    expect(swarm.running('web')).toEqual(Array(4).fill(ONE))
    expect(swarm.service('web')?.Spec.Labels).toEqual({ 'swarm-deploy.write': expect.any(String) })
  },
)

describe('a run that is lost on the way', () => {
  const CHANGES = /^POST \/services\/.*\/update$/
  const strategies = ['canary', 'recreate', 'rolling', 'blue-green']
  const lost = ['canary', 'recreate'].flatMap((one) =>
    [1, 2, 3].flatMap((nth) => strategies.map((next) => [one, nth, next] as const)),
  )

  test.each(lost)(
    '%s, at change %s: the next, %s, waits until its time is over, and then puts it right',
    async (one, nth, next) => {
      const swarm = await swarmWith(['web'], 4, { Labels: { 'traefik.enable': 'true' } })
      await runAction(swarm, deployOf(['web'], V2, { strategy: one }), { kill: { at: CHANGES, nth } })
      const isHalfWay = INTERIM_LABEL in (swarm.service('web')?.Spec.Labels ?? {})
      // The interim spec is the first change, the whole one the second.
      expect(isHalfWay).toBe(nth === 1)
      const before = swarm.service('web')?.Version
      if (isHalfWay) {
        const early = await runAction(swarm, deployOf(['web'], V3, { strategy: next }))
        expect(early.problems).toEqual([
          expect.stringMatching(/is in the middle of a deploy of it, which may last until/),
        ])
        expect(swarm.service('web')?.Version).toEqual(before)
      }
      await pass(45 * 60)
      const run = await runAction(swarm, deployOf(['web'], V3, { strategy: next }))
      if (isHalfWay && next === 'blue-green') {
        expect(run.problems).toEqual([
          expect.stringMatching(/an earlier deploy of it was killed half-way: deploy it once with `strategy: rolling`/),
        ])
        return
      }
      expect(run.results).toMatchObject([{ outcome: 'updated', image: { after: THREE } }])
      expectAll(swarm, next === 'blue-green' ? 'web-blue' : 'web', THREE, 4)
    },
  )

  test('what it was meant for can be taken back by hand, as its refusal says', async () => {
    const swarm = await swarmWith(['web'], 4)
    await runAction(swarm, deployOf(['web'], V2, { strategy: 'canary' }), { kill: { at: CHANGES } })
    swarm.rollBack('web')
    await pass(30)
    expect(swarm.running('web')).toEqual(Array(4).fill(ONE))
    const { results } = await runAction(swarm, deployOf(['web'], V2, { strategy: 'canary' }))
    expect(results).toMatchObject([{ outcome: 'updated' }])
    expectAll(swarm, 'web', TWO, 4)
  })

  test.each(['rolling', 'recreate', 'canary'])(
    'a copy of it that somebody has made is deployed by %s',
    async (strategy) => {
      const swarm = await swarmWith(['web'], 4, { Labels: { [INTERIM_LABEL]: 'of another service' } })
      const { results } = await runAction(swarm, deployOf(['web'], V2, { strategy }))
      expect(results).toMatchObject([{ outcome: 'updated' }])
      expectAll(swarm, 'web', TWO, 4)
    },
  )
})
