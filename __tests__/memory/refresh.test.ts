import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { digestOf, pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

const NAMESPACE = 'com.docker.stack.namespace'
const IMAGES = {
  'hub.test/acme/web:1': {},
  'hub.test/acme/web:1-of-yesterday': {},
  'hub.test/acme/private:1': { readers: ['alice'] },
  'hub.test/acme/private:1-of-yesterday': { readers: ['alice'] },
}

/** The tag as it is now, and with the digest that it had before somebody pushed to it. */
const now = (repository: string) => pin(`hub.test/acme/${repository}:1`)
const stale = (repository: string) => {
  const name = `hub.test/acme/${repository}:1`
  return `${name}@${digestOf(`${name}-of-yesterday`)}`
}

async function swarmOf(services: Readonly<Record<string, string>>, overrides: Partial<ServiceSpec> = {}) {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  for (const [name, image] of Object.entries(services)) {
    swarm.create({
      Name: name,
      Mode: { Replicated: { Replicas: 2 } },
      TaskTemplate: { ContainerSpec: { Image: image }, RestartPolicy: { Condition: 'any' } },
      UpdateConfig: { Parallelism: 1, Monitor: 1e9 },
      ...overrides,
    } as ServiceSpec)
  }
  await pass(10)
  return swarm
}

beforeEach(stopTime)
afterEach(letTimeRun)

describe('the newest image of the tag that a service has', () => {
  test.each(['rolling', 'recreate', 'canary'])('moves what has moved, and nothing else, with %s', async (strategy) => {
    const swarm = await swarmOf({ old: stale('web'), new: now('web') })
    const services = JSON.stringify(['old', 'new'].map((name) => ({ name, refresh: true, strategy })))
    const { results } = await runAction(swarm, { services })
    expect(results).toMatchObject([
      { name: 'old', outcome: 'updated', image: { before: stale('web'), wanted: now('web'), after: now('web') } },
      { name: 'new', outcome: 'unchanged', image: { after: now('web') } },
    ])
    expect(swarm.running('old')).toEqual([now('web'), now('web')])
  })

  test('of a blue-green service that of the one with the traffic', async () => {
    const swarm = await swarmOf({ web: stale('web') }, { Labels: { 'traefik.enable': 'true' } })
    const deploy = () =>
      runAction(swarm, {
        services: JSON.stringify([{ name: 'web', refresh: true, strategy: 'blue-green', 'keep-old': '1s' }]),
      })
    expect((await deploy()).results).toMatchObject([{ outcome: 'updated', live: 'web-blue' }])
    expect(swarm.running('web-blue')).toEqual([now('web'), now('web')])
    expect((await deploy()).results).toMatchObject([{ outcome: 'unchanged', live: 'web-blue' }])
  })

  test('is read with the account that serves it', async () => {
    const swarm = await swarmOf({ web: stale('private') })
    const services = '- {name: web, refresh: true}'
    const anonymous = await runAction(swarm, { services })
    expect(anonymous.problems).toEqual([expect.stringContaining('Add a credential for hub.test')])
    const registries = '- {registry: hub.test/acme, username: alice, password: alices-own}'
    const { results } = await runAction(swarm, { services, registries })
    expect(results).toMatchObject([{ outcome: 'updated', config: 'hub.test/acme', image: { after: now('private') } }])
  })

  test('is not to be had without a tag, or a service', async () => {
    const swarm = await swarmOf({ web: `hub.test/acme/web@${digestOf('hub.test/acme/web:1')}` })
    const { problems } = await runAction(swarm, {
      services: '- {name: web, refresh: true}\n- {name: wbe, refresh: true}',
    })
    expect(problems).toEqual([
      expect.stringMatching(/^service web: its image \S+ has no tag that could have moved: write the `image`/),
      expect.stringMatching(/^service wbe does not exist on this swarm: did you mean `web`\?/),
    ])
  })
})

describe('the same for a stack', () => {
  const services = '- {stack: shop, refresh: true}'
  const Labels = { [NAMESPACE]: 'shop' }

  test('moves each of its services that has moved', async () => {
    const swarm = await swarmOf({ shop_a: stale('web'), shop_b: now('web') }, { Labels })
    swarm.create({
      Name: 'other',
      Mode: { Replicated: { Replicas: 1 } },
      TaskTemplate: { ContainerSpec: { Image: stale('web') } },
    } as ServiceSpec)
    await pass(5)
    const { results } = await runAction(swarm, { services })
    expect(results).toMatchObject([
      { name: 'shop_a', outcome: 'updated' },
      { name: 'shop_b', outcome: 'unchanged' },
    ])
    expect(results).toHaveLength(2)
    expect(swarm.running('other')).toEqual([stale('web')])
  })

  test('passes over what would run again', async () => {
    const swarm = await swarmOf({ shop_a: stale('web') }, { Labels })
    swarm.create({
      Name: 'shop_job',
      Labels,
      Mode: { ReplicatedJob: { TotalCompletions: 1 } },
      TaskTemplate: { ContainerSpec: { Image: stale('web') } },
    } as ServiceSpec)
    await pass(5)
    const { results, log } = await runAction(swarm, { services })
    expect(results).toMatchObject([{ name: 'shop_a', outcome: 'updated' }])
    expect(results).toHaveLength(1)
    expect(log).toContain('shop_job: a job, which would run again: it is not refreshed')
  })

  test('a service with an entry of its own goes by that', async () => {
    const swarm = await swarmOf({ shop_a: stale('web'), shop_b: stale('web') }, { Labels })
    const { results } = await runAction(swarm, { services: `${services}\n- {name: shop_b, replicas: 3}` })
    expect(results).toMatchObject([
      { name: 'shop_a', image: { after: now('web') } },
      { name: 'shop_b', image: { after: stale('web') }, tasks: { wanted: 3 } },
    ])
  })

  test('a stack that is not there is told with the one that may be meant', async () => {
    const swarm = await swarmOf({ shop_a: now('web') }, { Labels })
    const { problems } = await runAction(swarm, { services: '- {stack: shpo, refresh: true}' })
    expect(problems).toEqual(['stack shpo has no service on this swarm: did you mean `shop`?'])
  })
})

test('a plan says what would move', async () => {
  const swarm = await swarmOf({ shop_a: stale('web'), shop_b: now('web') }, { Labels: { [NAMESPACE]: 'shop' } })
  const { outlook } = await runAction(swarm, { services: '- {stack: shop, refresh: true}', mode: 'plan' })
  expect(outlook?.services).toMatchObject([
    { name: 'shop_a', action: 'update', changes: [{ field: 'image' }] },
    { name: 'shop_b', action: 'unchanged' },
  ])
  expect(swarm.running('shop_a')).toEqual([stale('web'), stale('web')])
})
