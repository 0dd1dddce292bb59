import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec, Task } from '../../src/docker/api.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

const ONE = pin('hub.test/acme/web:1')
const IMAGES = {
  'hub.test/acme/web:1': {},
  'hub.test/acme/web:2': {},
  'hub.test/acme/web:crashes': { ends: { afterSeconds: 1, exitCode: 3 } },
  'hub.test/acme/job:1': { ends: { afterSeconds: 2, exitCode: 0 } },
}

function spec(name: string, overrides: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    Name: name,
    Labels: { 'traefik.enable': 'true' },
    Mode: { Replicated: { Replicas: 2 } },
    TaskTemplate: { ContainerSpec: { Image: ONE }, RestartPolicy: { Condition: 'any' } },
    UpdateConfig: { Parallelism: 1, Monitor: 1e9 },
    ...overrides,
  } as ServiceSpec
}

const job = (name: string): ServiceSpec => {
  const { UpdateConfig: _, ...rest } = spec(name)
  return {
    ...rest,
    Mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } },
    TaskTemplate: { ContainerSpec: { Image: pin('hub.test/acme/job:1') }, RestartPolicy: { Condition: 'none' } },
  } as ServiceSpec
}

async function swarmOf(...specs: readonly ServiceSpec[]): Promise<MemorySwarm> {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  for (const one of specs) swarm.create(one)
  await pass(15)
  return swarm
}

/** The IDs of the tasks that a service was ever given, or of those that run. */
function tasks(swarm: MemorySwarm, name: string, state?: string): string[] {
  const { ID: id } = swarm.service(name) ?? {}
  const all = swarm.somebody('GET', '/tasks') as Task[]
  return all
    .filter(({ ServiceID, Status }) => ServiceID === id && (state === undefined || Status.State === state))
    .map(({ ID }) => ID)
    .sort()
}

const running = (swarm: MemorySwarm, name: string) => tasks(swarm, name, 'running')
const forced = (swarm: MemorySwarm, name: string) => swarm.service(name)?.Spec.TaskTemplate.ForceUpdate ?? 0

beforeEach(stopTime)
afterEach(letTimeRun)

describe('a service that is as asked gets new tasks', () => {
  test.each(['rolling', 'recreate', 'canary'])('with %s, each once', async (strategy) => {
    const swarm = await swarmOf(spec('web'))
    const before = running(swarm, 'web')
    const run = await runAction(swarm, { services: 'web: hub.test/acme/web:1', force: 'true', strategy })
    expect(run.results).toMatchObject([{ outcome: 'updated', changes: ['forced'], image: { before: ONE, after: ONE } }])
    expect(run.log).toContain('(forced)')
    expect(running(swarm, 'web')).toHaveLength(2)
    expect(tasks(swarm, 'web').filter((id) => !before.includes(id))).toHaveLength(2)
    expect(forced(swarm, 'web')).toBe(1)
  })

  test('with blue-green, in the second service, which then has the traffic', async () => {
    const swarm = await swarmOf(spec('web'))
    const asked = { services: 'web: hub.test/acme/web:1', strategy: 'blue-green', 'keep-old': '1s', force: 'web' }
    const { results } = await runAction(swarm, asked)
    expect(results).toMatchObject([{ outcome: 'updated', live: 'web-blue', changes: ['forced'] }])
    expect(swarm.services).toEqual(['web-blue'])
    expect((await runAction(swarm, asked)).results).toMatchObject([{ live: 'web-green' }])
  })

  test('and a job runs again, once, also where `rerun-jobs` asks for the same', async () => {
    const swarm = await swarmOf(job('job'))
    expect(tasks(swarm, 'job')).toHaveLength(1)
    const services = '- {name: job, force: true}'
    expect((await runAction(swarm, { services })).results).toMatchObject([{ outcome: 'updated', changes: ['forced'] }])
    expect(tasks(swarm, 'job')).toHaveLength(2)

    const compose = 'services: {job: {image: "hub.test/acme/job:1", deploy: {mode: replicated-job}}}'
    await runAction(swarm, { stack: 'shop' }, { compose })
    await runAction(swarm, { stack: 'shop', force: 'job', 'rerun-jobs': 'true' }, { compose })
    expect(tasks(swarm, 'shop_job')).toHaveLength(2)
  })

  test('of a stack, by the name in its file or the whole one, and no other', async () => {
    const swarm = await swarmOf()
    const compose = `services: ${JSON.stringify(Object.fromEntries(['a', 'b', 'c'].map((key) => [key, { image: 'hub.test/acme/web:1' }])))}`
    await runAction(swarm, { stack: 'shop' }, { compose })
    await pass(10)
    const { results } = await runAction(swarm, { stack: 'shop', force: 'a, shop_c' }, { compose })
    expect(results.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'shop_a updated',
      'shop_b unchanged',
      'shop_c updated',
    ])
    const after = await runAction(swarm, { stack: 'shop' }, { compose })
    expect(after.results.every(({ outcome }) => outcome === 'unchanged')).toBe(true)
  })

  test('of `refresh`: all of a stack, its jobs too, or those of these names', async () => {
    const labels = { Labels: { 'com.docker.stack.namespace': 'shop' } }
    const swarm = await swarmOf(spec('shop_a', labels), spec('shop_b', labels), { ...job('shop_job'), ...labels })
    const services = '- {stack: shop, refresh: true}'
    const named = await runAction(swarm, { services, force: 'shop_b' })
    expect(named.results.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'shop_a unchanged',
      'shop_b updated',
    ])
    const all = await runAction(swarm, { services: '- {stack: shop, refresh: true, force: true}' })
    expect(all.results).toMatchObject([{ changes: ['forced'] }, { changes: ['forced'] }, { changes: ['forced'] }])
    expect((await runAction(swarm, { services, force: 'b' })).problems).toEqual([
      'force: this run has no service `b`: did you mean `shop_b`?',
    ])
  })
})

describe('what is forced', () => {
  test('has its tasks replaced once where something changes as well', async () => {
    const swarm = await swarmOf(spec('web'))
    const { results } = await runAction(swarm, { services: 'web: hub.test/acme/web:2', force: 'true' })
    expect(results).toMatchObject([{ outcome: 'updated', changes: ['image', 'forced'] }])
    expect(tasks(swarm, 'web')).toHaveLength(4)
  })

  test("is no more than docker's own flag beside it", async () => {
    const swarm = await swarmOf(spec('web'))
    const run = await runAction(swarm, { services: '- {name: web, update-args: --force, force: true}' })
    expect(run.results).toMatchObject([{ changes: ['update-args', 'forced'] }])
    expect(forced(swarm, 'web')).toBe(1)
  })

  test.each(['true', 'web'])('%s: an entry that says `force: false` is none of it', async (force) => {
    const swarm = await swarmOf(spec('web'))
    const services = '- {name: web, image: "hub.test/acme/web:1", force: false}'
    expect((await runAction(swarm, { services, force })).results).toMatchObject([{ outcome: 'unchanged' }])
  })

  test('is not forced twice where the answer to the call was lost', async () => {
    const swarm = await swarmOf(spec('web'))
    swarm.faults.add({ at: /POST .*update/, fault: { kind: 'answer-lost' } })
    await runAction(swarm, { services: 'web: hub.test/acme/web:1', force: 'true' })
    expect(forced(swarm, 'web')).toBe(1)
    expect(tasks(swarm, 'web')).toHaveLength(4)
  })

  test('has no task to replace without tasks, and is as asked; what is made is new anyway', async () => {
    const swarm = await swarmOf(spec('web', { Mode: { Replicated: { Replicas: 0 } } }))
    const services =
      '- {name: web, force: true}\n- {name: new, image: "hub.test/acme/web:1", create: true, force: true}'
    const { results } = await runAction(swarm, { services })
    expect(results).toMatchObject([{ name: 'web', outcome: 'unchanged' }, { outcome: 'created' }])
    expect(forced(swarm, 'new')).toBe(0)
  })

  test('goes on where a killed run had begun it', async () => {
    const swarm = await swarmOf(spec('web'))
    const inputs = { services: 'web: hub.test/acme/web:1', force: 'true', strategy: 'canary', timeout: '1m' }
    await runAction(swarm, inputs, { kill: { at: /POST .*update/, nth: 2 } })
    await pass(300)
    const killed = running(swarm, 'web')
    expect((await runAction(swarm, inputs)).results).toMatchObject([{ outcome: 'updated' }])
    expect(running(swarm, 'web').filter((id) => killed.includes(id))).toEqual([])
  })
})

describe('the way back', () => {
  const services = 'good: hub.test/acme/web:1\nbad: hub.test/acme/web:crashes'

  test('leaves what came up as it is: there is nothing to go back to', async () => {
    const swarm = await swarmOf(spec('good', { Mode: { Replicated: { Replicas: 1 } } }), spec('bad'))
    swarm.images.set('hub.test/acme/web:crashes', { ends: { afterSeconds: 30, exitCode: 3 } })
    swarm.update('bad', (one) => ({ ...one, UpdateConfig: { ...one.UpdateConfig, Monitor: 60e9 } }))
    await pass(20)
    const { results, log } = await runAction(swarm, { services, force: 'good' })
    expect(results).toMatchObject([
      { name: 'good', outcome: 'updated', note: 'only its tasks were replaced: there is nothing to go back to' },
      { name: 'bad', outcome: 'rolled-back' },
    ])
    expect(log).toContain('not sent back: only its tasks were replaced')
    expect(tasks(swarm, 'good')).toHaveLength(2)
  })

  test('takes back what does not come up', async () => {
    const swarm = await swarmOf(spec('web'))
    swarm.images.set('hub.test/acme/web:1', { rejected: 'invalid mount config' })
    const before = running(swarm, 'web')
    const { results } = await runAction(swarm, { services: 'web: hub.test/acme/web:1', force: 'true' })
    expect(results).toMatchObject([{ changes: ['forced'] }])
    expect(['rolled-back', 'failed']).toContain(results[0]?.outcome)
    expect(forced(swarm, 'web')).toBe(0)
    expect(running(swarm, 'web').some((id) => before.includes(id))).toBe(true)
  })
})

test('a plan says that tasks are replaced, and why', async () => {
  const swarm = await swarmOf(spec('web'))
  const { outlook, log } = await runAction(swarm, { mode: 'plan', services: 'web: hub.test/acme/web:1', force: 'web' })
  expect(outlook?.services).toMatchObject([
    { action: 'update', tasks: { replaced: 2, because: [{ field: 'forced' }] }, changes: [{ field: 'forced' }] },
  ])
  expect(log).toContain('forced')
  expect(forced(swarm, 'web')).toBe(0)
})
