import { afterEach, beforeEach, expect, test } from '@jest/globals'
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
