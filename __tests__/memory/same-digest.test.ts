import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { STRATEGY_INPUTS } from '../../src/inputs/strategies/table.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { digestOf, setDigest } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

const name = (tag: string, repository = 'twin') => `hub.test/acme/${repository}:${tag}`
const pinned = (tag: string, repository = 'twin') => `${name(tag, repository)}@${digestOf(name('1.4'))}`
for (const again of [name('1.5'), name('1.4', 'copy'), name('1.4', 'private'), name('1.5', 'private')]) {
  setDigest(again, digestOf(name('1.4')))
}
const IMAGES = {
  [name('1.4')]: {},
  [name('1.5')]: {},
  [name('2')]: {},
  [name('1.4', 'copy')]: {},
  [name('1.4', 'private')]: { readers: ['alice'] },
  [name('1.5', 'private')]: { readers: ['alice'] },
}
const KEEP = { 'same-digest': 'keep' }
const NOTE = 'same digest as :1.4'

async function swarmOf(overrides: Partial<ServiceSpec> = {}, image = pinned('1.4')): Promise<MemorySwarm> {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  swarm.create({
    Name: 'web',
    Mode: { Replicated: { Replicas: 2 } },
    TaskTemplate: { ContainerSpec: { Image: image }, RestartPolicy: { Condition: 'any' } },
    UpdateConfig: { Parallelism: 1, Monitor: 1e9 },
    ...overrides,
  } as ServiceSpec)
  await pass(10)
  return swarm
}

const deploy = (swarm: MemorySwarm, entry: object, more: Record<string, string> = KEEP) =>
  runAction(swarm, { services: JSON.stringify([{ name: 'web', ...entry }]), ...more }, { tells: true })

const imageOf = (swarm: MemorySwarm, service = 'web') => swarm.service(service)?.Spec.TaskTemplate.ContainerSpec?.Image

beforeEach(stopTime)
afterEach(letTimeRun)

describe('another tag with the same digest', () => {
  test('restarts nothing, and the service keeps the tag that it has', async () => {
    const swarm = await swarmOf()
    const version = swarm.service('web')?.Version.Index
    const { results, log } = await deploy(swarm, { image: name('1.5') })
    expect(results).toMatchObject([{ outcome: 'unchanged', keptTag: NOTE, image: { after: pinned('1.4') } }])
    expect(log).toContain(`unchanged (${NOTE})`)
    expect(swarm.service('web')?.Version.Index).toBe(version)
  })

  test.each(Object.keys(STRATEGY_INPUTS))('nor with %s', async (strategy) => {
    const swarm = await swarmOf({ Labels: { 'traefik.enable': 'true' } })
    const { results } = await deploy(swarm, { image: name('1.5'), strategy })
    expect(results).toMatchObject([{ outcome: 'unchanged', keptTag: NOTE }])
  })

  test('is deployed as docker does, unless it is asked to be kept', async () => {
    const swarm = await swarmOf()
    expect((await deploy(swarm, { image: name('1.5') }, {})).results).toMatchObject([{ outcome: 'updated' }])
    expect(imageOf(swarm)).toBe(pinned('1.5'))
  })

  test.each([
    ['of another repository', { image: name('1.4', 'copy') }],
    ['with another digest', { image: name('2') }],
  ])('that is %s is another image', async (_what, entry) => {
    const swarm = await swarmOf()
    expect((await deploy(swarm, entry)).results).toMatchObject([{ outcome: 'updated', changes: ['image'] }])
  })

  test('of a service without a digest is not known to be the same', async () => {
    const swarm = await swarmOf({}, name('1.4'))
    expect((await deploy(swarm, { image: name('1.5') })).results).toMatchObject([{ outcome: 'updated' }])
  })

  test('is looked up with the account that serves it', async () => {
    const swarm = await swarmOf({}, pinned('1.4', 'private'))
    const registries = '- {registry: hub.test/acme, username: alice, password: alices-own}'
    const { results } = await deploy(swarm, { image: name('1.5', 'private') }, { ...KEEP, registries })
    expect(results).toMatchObject([{ outcome: 'unchanged', keptTag: NOTE }])
  })
})

describe('where something else changes as well', () => {
  test('the new tag comes with what replaces the tasks anyway', async () => {
    const swarm = await swarmOf()
    const { results } = await deploy(swarm, { image: name('1.5'), env: { A: 'b' } })
    expect(results).toMatchObject([{ outcome: 'updated', changes: ['image', 'env A'] }])
    expect(results[0]?.keptTag).toBeUndefined()
    expect(imageOf(swarm)).toBe(pinned('1.5'))
  })

  test('and with `force`', async () => {
    const swarm = await swarmOf()
    const { results } = await deploy(swarm, { image: name('1.5'), force: true })
    expect(results).toMatchObject([{ changes: ['image', 'forced'], image: { after: pinned('1.5') } }])
  })

  test('the old one stays with what replaces none', async () => {
    const swarm = await swarmOf()
    const before = swarm.running('web')
    const { results } = await deploy(swarm, { image: name('1.5'), replicas: 3 })
    expect(results).toMatchObject([{ outcome: 'updated', changes: ['replicas 2 → 3'], keptTag: NOTE }])
    expect(imageOf(swarm)).toBe(pinned('1.4'))
    expect(swarm.running('web')).toEqual([...before, pinned('1.4')])
  })
})

test('of a stack, whose label says what its file says as soon as it is sent', async () => {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  const stack = (tag: string, labels = {}) =>
    runAction(
      swarm,
      { stack: 'shop', ...KEEP },
      { compose: JSON.stringify({ services: { web: { image: name(tag), deploy: { labels } } } }) },
    )
  await stack('1.4')
  const label = () => swarm.service('shop_web')?.Spec.Labels?.['com.docker.stack.image']
  expect((await stack('1.5')).results).toMatchObject([{ outcome: 'unchanged', keptTag: NOTE }])
  expect(label()).toBe(name('1.4'))
  expect((await stack('1.5', { a: 'b' })).results).toMatchObject([{ outcome: 'updated', changes: ['labels'] }])
  expect([label(), imageOf(swarm, 'shop_web')]).toEqual([name('1.5'), pinned('1.4')])
  expect((await stack('1.5', { a: 'b' })).results).toMatchObject([{ outcome: 'unchanged', keptTag: NOTE }])
})

test('a job does not run again for it', async () => {
  const swarm = await swarmOf({
    Mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } },
    UpdateConfig: undefined,
    TaskTemplate: { ContainerSpec: { Image: pinned('1.4') }, RestartPolicy: { Condition: 'none' } },
  } as unknown as Partial<ServiceSpec>)
  swarm.images.set(name('1.4'), { ends: { afterSeconds: 1, exitCode: 0 } })
  await pass(10)
  const { outlook } = await deploy(swarm, { image: name('1.5') }, { ...KEEP, mode: 'plan' })
  expect(outlook?.services).toMatchObject([{ action: 'unchanged', keptTag: NOTE }])
})

test('a plan says which tags stay', async () => {
  const swarm = await swarmOf()
  const { outlook, log } = await deploy(swarm, { image: name('1.5') }, { ...KEEP, mode: 'plan' })
  expect(outlook?.services).toMatchObject([{ action: 'unchanged', keptTag: NOTE, changes: [] }])
  expect(log).toContain(`Unchanged: web (${NOTE})`)
})
