import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { STRATEGY_INPUTS } from '../../src/inputs/strategies/table.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm, withReplicas } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

const LABEL = 'swarm-deploy.keep-replicas'
const [ONE, TWO] = [pin('hub.test/acme/web:1'), pin('hub.test/acme/web:2')]
const IMAGES = {
  'hub.test/acme/web:1': {},
  'hub.test/acme/web:2': {},
  'hub.test/acme/web:crashes': { ends: { afterSeconds: 1, exitCode: 3 } },
}
const STRATEGIES = Object.keys(STRATEGY_INPUTS)

const compose = (tag: string, replicas: number, labels: Record<string, string> = {}) =>
  JSON.stringify({
    services: {
      web: { image: `hub.test/acme/web:${tag}`, deploy: { replicas, labels, update_config: { monitor: '1s' } } },
    },
  })

const KEEP = { 'keep-replicas': 'true' }

const deploy = (swarm: MemorySwarm, text: string, more: Record<string, string> = {}) =>
  runAction(swarm, { stack: 'shop', ...more }, { compose: text })

/** A stack of one service with two tasks, which somebody has given five. */
async function scaledStack(labels: Record<string, string>, input: Record<string, string>): Promise<MemorySwarm> {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  await deploy(swarm, compose('1', 2, labels), input)
  swarm.update('shop_web', withReplicas(5))
  await pass(10)
  return swarm
}

/** A service by itself, of which five tasks run. */
async function service(overrides: Partial<ServiceSpec> = {}): Promise<MemorySwarm> {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  swarm.create({
    Name: 'web',
    Labels: { 'traefik.enable': 'true', [LABEL]: 'true' },
    Mode: { Replicated: { Replicas: 5 } },
    TaskTemplate: { ContainerSpec: { Image: ONE }, RestartPolicy: { Condition: 'any' } },
    UpdateConfig: { Parallelism: 1, Monitor: 1e9 },
    ...overrides,
  } as ServiceSpec)
  await pass(10)
  return swarm
}

const numberOf = (swarm: MemorySwarm, name: string) => swarm.service(name)?.Spec.Mode.Replicated?.Replicas

beforeEach(stopTime)
afterEach(letTimeRun)

describe.each([
  ['by the input', {}, KEEP],
  ['by a label', { [LABEL]: 'true' }, {}],
])('%s the present number of tasks stays', (_how, labels, input) => {
  test('where the service changes, and where nothing does', async () => {
    const swarm = await scaledStack(labels, input)
    expect((await deploy(swarm, compose('1', 2, labels), input)).results).toMatchObject([{ outcome: 'unchanged' }])
    expect((await deploy(swarm, compose('1', 3, labels), input)).results).toMatchObject([{ outcome: 'unchanged' }])
    const { results } = await deploy(swarm, compose('2', 2, labels), input)
    expect(results).toMatchObject([{ outcome: 'updated', changes: ['image'], tasks: { running: 5, wanted: 5 } }])
    expect(swarm.running('shop_web')).toEqual([TWO, TWO, TWO, TWO, TWO])
  })

  test('a service that is made has the number of the file', async () => {
    const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
    const { results } = await deploy(swarm, compose('1', 2, labels), input)
    expect(results).toMatchObject([{ outcome: 'created', tasks: { running: 2, wanted: 2 } }])
  })

  test('on the way back', async () => {
    const swarm = await scaledStack(labels, input)
    const { results } = await deploy(swarm, compose('crashes', 2, labels), input)
    expect(results).toMatchObject([{ outcome: 'rolled-back', wayBack: 'done', tasks: { running: 5, wanted: 5 } }])
    expect(swarm.running('shop_web')).toEqual([ONE, ONE, ONE, ONE, ONE])
  })

  test('and a plan says nothing of it, nor of who has set it', async () => {
    const swarm = await scaledStack(labels, input)
    const { outlook } = await deploy(swarm, compose('1', 2, labels), { ...input, mode: 'plan' })
    expect(outlook?.services).toMatchObject([{ action: 'unchanged', changes: [], drift: undefined }])
  })

  test('with a notice, where it is 0 and the file has some', async () => {
    const swarm = await scaledStack(labels, input)
    swarm.update('shop_web', withReplicas(0))
    await pass(10)
    const { results, log } = await deploy(swarm, compose('2', 2, labels), input)
    expect(results).toMatchObject([{ outcome: 'updated', tasks: { wanted: 0 } }])
    expect(log).toContain('service shop_web: its number of tasks is kept (keep-replicas), and that is 0')
    expect(log).toContain('`docker service scale shop_web=2` starts it')
  })
})

test.each(STRATEGIES)('a service by itself keeps its number with %s, whatever its entry says', async (strategy) => {
  const swarm = await service()
  const entry = [{ name: 'web', image: 'hub.test/acme/web:2', replicas: 2, strategy }]
  const { results } = await runAction(swarm, {
    services: JSON.stringify(entry),
    ...(strategy === 'blue-green' && { 'keep-old': '1s' }),
  })
  expect(results).toMatchObject([{ outcome: 'updated', changes: ['image'], tasks: { running: 5, wanted: 5 } }])
  expect(numberOf(swarm, strategy === 'blue-green' ? 'web-blue' : 'web')).toBe(5)
})

describe.each([
  ['whose label says so', { [LABEL]: 'true' }, {}],
  ['of which the input says so, from its first deploy on', {}, KEEP],
])('somebody who scales a service during the deploy makes no red run: one %s', (_how, labels, input) => {
  const started = () => service({ Labels: { 'traefik.enable': 'true', ...labels } })

  const scale = (swarm: MemorySwarm, name: string, replicas: number) => () => swarm.update(name, withReplicas(replicas))

  test.each(STRATEGIES.filter((one) => one !== 'blue-green'))('with %s, at any of its calls', async (strategy) => {
    for (const replicas of [3, 7]) {
      for (let nth = 1; nth <= (strategy === 'rolling' ? 1 : 2); nth++) {
        const swarm = await started()
        swarm.faults.clear()
        const act = scale(swarm, 'web', replicas)
        const at = /POST \/services\/\w+\/update/
        swarm.faults.add({ at, from: nth, fault: { kind: 'meanwhile', act }, when: 'before' })
        const services = JSON.stringify([{ name: 'web', image: 'hub.test/acme/web:2', strategy }])
        const { results } = await runAction(swarm, { services, ...input })
        expect(results).toMatchObject([{ outcome: 'updated' }])
        await pass(20)
        expect(new Set(swarm.running('web'))).toEqual(new Set([TWO]))
        const isEmptied = strategy === 'recreate' && nth === 2
        if (!isEmptied) expect(numberOf(swarm, 'web')).toBe(replicas)
      }
    }
  })

  test('while it is watched, and its new number is what it has to come up with', async () => {
    const swarm = await started()
    swarm.faults.clear()
    swarm.faults.add({ at: /GET \/tasks/, from: 4, fault: { kind: 'meanwhile', act: scale(swarm, 'web', 7) } })
    const { results } = await runAction(swarm, { services: 'web: hub.test/acme/web:2', ...input })
    expect(results).toMatchObject([{ outcome: 'updated', tasks: { running: 7, wanted: 7 } }])
  })

  test('nor where recreate has none for a while: it stays at none until the old tasks are over', async () => {
    const swarm = await started()
    swarm.images.set('hub.test/acme/web:1', { stopSeconds: 8 })
    swarm.faults.clear()
    const act = scale(swarm, 'web', 3)
    swarm.faults.add({ at: /GET \/tasks/, from: 4, fault: { kind: 'meanwhile', act } })
    const { results } = await runAction(swarm, { services: 'web: hub.test/acme/web:2', ...input, strategy: 'recreate' })
    expect(results).toMatchObject([{ outcome: 'updated', tasks: { running: 5, wanted: 5 } }])
    expect(swarm.running('web')).toEqual([TWO, TWO, TWO, TWO, TWO])
  })

  test('nor of a service that stays as it is', async () => {
    const swarm = await started()
    swarm.create({ ...(swarm.service('web')?.Spec as ServiceSpec), Name: 'other', Labels: { [LABEL]: 'true' } })
    await pass(10)
    swarm.faults.clear()
    swarm.faults.add({ at: /POST .*update/, fault: { kind: 'meanwhile', act: scale(swarm, 'other', 7) } })
    const { results } = await runAction(swarm, {
      services: 'web: hub.test/acme/web:2\nother: hub.test/acme/web:1',
      ...input,
    })
    expect(results).toMatchObject([{ outcome: 'updated' }, { outcome: 'unchanged' }])
    expect(numberOf(swarm, 'other')).toBe(7)
  })

  test('and the way back leaves it too', async () => {
    const swarm = await started()
    swarm.faults.clear()
    swarm.faults.add({ at: /POST .*update/, from: 2, fault: { kind: 'meanwhile', act: scale(swarm, 'web', 3) } })
    const { results } = await runAction(swarm, { services: 'web: hub.test/acme/web:crashes', ...input })
    expect(results).toMatchObject([{ outcome: 'rolled-back', wayBack: 'done' }])
    expect(swarm.running('web')).toEqual([ONE, ONE, ONE])
  })

  test('blue-green gives the new one what the old one had, and what it was given since stays', async () => {
    const swarm = await started()
    swarm.faults.clear()
    const act = scale(swarm, 'web-blue', 7)
    swarm.faults.add({ at: /POST .*update/, from: 2, fault: { kind: 'meanwhile', act } })
    const asked = { ...input, services: 'web: hub.test/acme/web:2', strategy: 'blue-green', 'keep-old': '1s' }
    const run = await runAction(swarm, asked)
    expect(run.results).toMatchObject([{ outcome: 'updated', live: 'web-blue' }])
    expect(numberOf(swarm, 'web-blue')).toBe(7)
  })

  test('but somebody else who deploys it does', async () => {
    const swarm = await started()
    swarm.faults.clear()
    const act = () =>
      swarm.update('web', (spec) => ({ ...withReplicas(7)(spec), Labels: { ...spec.Labels, theirs: '1' } }))
    swarm.faults.add({ at: /GET \/tasks/, from: 4, fault: { kind: 'meanwhile', act } })
    const { results } = await runAction(swarm, { services: 'web: hub.test/acme/web:2', ...input })
    expect(results).toMatchObject([{ outcome: 'superseded' }])
  })

  test.each(STRATEGIES)(
    'nor with %s whose new tasks fail: the way back leaves it, whenever that was',
    async (strategy) => {
      for (const at of [/POST \/services\/\w+\/update/, /GET \/tasks/]) {
        for (let nth = 1; nth <= 4; nth++) {
          const swarm = await started()
          swarm.faults.clear()
          let isScaled = false
          const act = () => {
            isScaled = true
            swarm.update('web', withReplicas(3))
          }
          swarm.faults.add({ at, from: nth, fault: { kind: 'meanwhile', act }, when: 'before' })
          const asked = { services: 'web: hub.test/acme/web:crashes', strategy, ...input }
          const { results } = await runAction(swarm, asked)
          expect(results).toMatchObject([{ outcome: 'rolled-back' }])
          await pass(20)
          expect(new Set(swarm.running('web'))).toEqual(new Set([ONE]))
          if (isScaled && strategy !== 'recreate') expect(numberOf(swarm, 'web')).toBe(3)
        }
      }
    },
  )

  test('nor on its way back', async () => {
    const swarm = await started()
    swarm.faults.clear()
    const isBack = () => swarm.service('web')?.Spec.TaskTemplate.ContainerSpec?.Image === ONE
    let wasAway = false
    const act = () => {
      if (!isBack()) wasAway = true
      else if (wasAway && numberOf(swarm, 'web') === 5) swarm.update('web', withReplicas(3))
    }
    swarm.faults.add({ at: /GET \/tasks/, times: 1000, fault: { kind: 'meanwhile', act } })
    const { results } = await runAction(swarm, { services: 'web: hub.test/acme/web:crashes', ...input })
    expect(results).toMatchObject([{ outcome: 'rolled-back', wayBack: 'done' }])
    expect(swarm.running('web')).toEqual([ONE, ONE, ONE])
  })

  test('nor of the live service of blue-green, before and while the traffic moves', async () => {
    for (let nth = 1; nth <= 3; nth++) {
      const swarm = await started()
      swarm.faults.clear()
      const act = () => (swarm.service('web') === undefined ? undefined : swarm.update('web', withReplicas(3)))
      swarm.faults.add({ at: /POST .*update/, from: nth, fault: { kind: 'meanwhile', act } })
      const asked = { services: 'web: hub.test/acme/web:2', strategy: 'blue-green', 'keep-old': '1s', ...input }
      const { results } = await runAction(swarm, asked)
      expect(results).toMatchObject([{ outcome: 'updated', live: 'web-blue' }])
      expect(swarm.service('web')).toBeUndefined()
    }
  })
})

test('a deploy that no longer leaves it to others goes back to what they had set', async () => {
  const swarm = await service({ Labels: { [LABEL]: 'input' } })
  const services = '- {name: web, image: "hub.test/acme/web:crashes", replicas: 2}'
  const { results } = await runAction(swarm, { services })
  expect(results).toMatchObject([{ outcome: 'rolled-back', wayBack: 'done', tasks: { running: 5, wanted: 5 } }])
})

describe('the input', () => {
  test('is noted on the service, for as long as it is given', async () => {
    const swarm = await service({ Labels: {} })
    const services = '- {name: web, image: "hub.test/acme/web:1", replicas: 2}'
    const first = await runAction(swarm, { services, ...KEEP })
    expect(first.results).toMatchObject([{ outcome: 'updated', changes: ['keep-replicas'], tasks: { wanted: 5 } }])
    expect(swarm.service('web')?.Spec.Labels).toMatchObject({ [LABEL]: 'input' })
    expect((await runAction(swarm, { services, ...KEEP })).results).toMatchObject([{ outcome: 'unchanged' }])
    const { results } = await runAction(swarm, { services })
    expect(results).toMatchObject([{ changes: ['replicas 5 → 2', 'keep-replicas'], tasks: { wanted: 2 } }])
    expect(swarm.service('web')?.Spec.Labels).not.toHaveProperty([LABEL])
  })

  test("goes behind the service's own label", async () => {
    const swarm = await service({ Labels: { [LABEL]: 'false' } })
    const services = '- {name: web, replicas: 2}'
    expect((await runAction(swarm, { services, ...KEEP })).results).toMatchObject([{ tasks: { wanted: 2 } }])
  })

  test('means nothing for a global service or a job', async () => {
    const swarm = await service({ Mode: { Global: {} }, Labels: {} } as Partial<ServiceSpec>)
    const run = await runAction(swarm, { services: 'web: hub.test/acme/web:1', ...KEEP })
    expect(run.results).toMatchObject([{ outcome: 'unchanged' }])
  })
})

test('a label that says neither is an error', async () => {
  const swarm = new MemorySwarm({ images: IMAGES })
  const { problems } = await deploy(swarm, compose('1', 2, { [LABEL]: 'maybe' }))
  expect(problems).toEqual([
    'service shop_web: its label swarm-deploy.keep-replicas is "maybe": write "true" or "false"',
  ])
})

test.each([
  ['from now on', {}, KEEP, []],
  ['no longer', KEEP, {}, ['replicas 5 → 2']],
])('a plan that leaves the number to others %s says of it what becomes of it', async (_, before, now, expected) => {
  const swarm = await scaledStack({}, before)
  const { outlook } = await deploy(swarm, compose('1', 2), { ...now, mode: 'plan' })
  const changes = outlook?.services[0]?.changes.filter(({ key }) => key !== LABEL) ?? []
  expect(changes.map((change) => `${change.field} ${change.before} → ${change.after}`)).toEqual(expected)
})
