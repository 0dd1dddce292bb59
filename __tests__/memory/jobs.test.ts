import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

beforeEach(stopTime)
afterEach(letTimeRun)

const IMAGE = 'hub.test/acme/job:1'

const swarmOfJobs = () =>
  new MemorySwarm({ nodes: [{}, {}], images: { [IMAGE]: { ends: { afterSeconds: 2, exitCode: 0 } } } })

test('a job of a stack runs once, again when it changes, and again when that is asked for', async () => {
  const swarm = swarmOfJobs()
  const deploy = async (value: string, inputs: Readonly<Record<string, string>> = {}) => {
    const job = { image: IMAGE, environment: { V: value }, deploy: { mode: 'replicated-job' } }
    const compose = JSON.stringify({ services: { migrate: job } })
    const { results } = await runAction(swarm, { stack: 'shop', ...inputs }, { compose })
    await pass(5)
    return [...results.map(({ name, outcome }) => `${name} ${outcome}`), swarm.tasks('shop_migrate').length]
  }
  expect(await deploy('1')).toEqual(['shop_migrate created', 1])
  expect(await deploy('1')).toEqual(['shop_migrate unchanged', 1])
  expect(await deploy('2')).toEqual(['shop_migrate updated', 2])
  expect(await deploy('2', { 'rerun-jobs': 'true' })).toEqual(['shop_migrate updated', 3])
})

test('of a job whose node goes away it is told what it waits for: Swarm makes no other task before the node is back', async () => {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: { [IMAGE]: {} } })
  setTimeout(() => swarm.setNode('n2', { state: 'down' }), 5000)
  const args = '--mode replicated-job --constraint node.hostname==n2'
  const services = JSON.stringify([{ name: 'migrate', image: IMAGE, create: true, 'create-args': args }])
  const { results } = await runAction(swarm, { services, timeout: '30s', 'on-failure': 'keep' })
  expect(results).toMatchObject([
    {
      outcome: 'timed-out',
      cause: expect.stringMatching(/; its task runs on node n2 since \d+ s; its node n2 is down now$/),
      failedTask: { node: 'n2', nodeState: 'down' },
    },
  ])
})

describe('a job that is removed while it runs has no task any more', () => {
  const ENDLESS = 'hub.test/acme/endless:1'
  const swarmWith = () => new MemorySwarm({ nodes: [{}, {}], images: { [IMAGE]: {}, [ENDLESS]: {} } })
  const running = async (swarm: MemorySwarm) => {
    await pass(15)
    const tasks = swarm.somebody('GET', '/tasks') as { readonly Status: { readonly State: string } }[]
    return tasks.filter(({ Status }) => Status.State === 'running').length
  }
  const composeOf = (mode: string | undefined) => {
    const job = mode === undefined ? {} : { migrate: { image: ENDLESS, deploy: { mode } } }
    return JSON.stringify({ services: { web: { image: IMAGE }, ...job } })
  }

  test.each(['replicated-job', 'global-job'])('on the way back: a %s', async (mode) => {
    const swarm = swarmWith()
    const { results } = await runAction(swarm, { stack: 'shop', timeout: '30s' }, { compose: composeOf(mode) })
    expect(results.map(({ name, outcome }) => `${name} ${outcome}`).sort()).toEqual([
      'shop_migrate rolled-back',
      'shop_web rolled-back',
    ])
    expect(await running(swarm)).toBe(0)
    const again = await runAction(swarm, { stack: 'shop', timeout: '30s' }, { compose: composeOf(undefined) })
    expect(again.results).toMatchObject([{ name: 'shop_web', outcome: 'created' }])
  })

  test.each(['replicated-job', 'global-job'])('by prune, and by a removal: a %s', async (mode) => {
    for (const inputs of [
      { stack: 'shop', prune: 'true' },
      { mode: 'remove', services: 'shop_migrate' },
    ]) {
      const swarm = swarmWith()
      await runAction(swarm, { stack: 'shop', wait: 'false' }, { compose: composeOf(mode) })
      await pass(10)
      const before = await running(swarm)
      const { results } = await runAction(swarm, inputs, { compose: composeOf(undefined) })
      expect(results).toContainEqual(expect.objectContaining({ name: 'shop_migrate', outcome: 'removed' }))
      expect(before).toBeGreaterThan(1)
      expect(await running(swarm)).toBe(1)
    }
  })
})

test('a plan says that a job runs again, whatever changes, and so it does', async () => {
  const swarm = swarmOfJobs()
  const create = { name: 'job', image: IMAGE, create: true, 'create-args': ['--mode replicated-job'] }
  await runAction(swarm, { services: JSON.stringify([create]) })
  await pass(5)
  const services = '- {name: job, update-args: --label-add a=1}'
  const { outlook } = await runAction(swarm, { mode: 'plan', services })
  expect(outlook?.services).toMatchObject([{ action: 'update', tasks: { runsAgain: true, added: 1 } }])
  expect(swarm.tasks('job')).toHaveLength(1)
  expect((await runAction(swarm, { services })).results).toMatchObject([{ outcome: 'updated' }])
  expect(swarm.tasks('job')).toHaveLength(2)
})
