import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Network } from '../../src/docker/specs/stack-objects.ts'
import { letTimeRun, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

beforeEach(stopTime)
afterEach(letTimeRun)

const COMPOSE = `services: {web: {image: 'hub.test/acme/web:1', networks: [front]}}\nnetworks:\n  front: {}\n`

const deploy = (swarm: MemorySwarm, inputs = {}) => runAction(swarm, { stack: 'shop', ...inputs }, { compose: COMPOSE })

const newSwarm = () => new MemorySwarm({ images: { 'hub.test/acme/web:1': {} } })

/** A swarm on which the stack was deployed and removed, while the daemon still has its network. */
async function withLeftover(): Promise<{ readonly swarm: MemorySwarm; readonly old: string }> {
  const swarm = newSwarm()
  await deploy(swarm)
  swarm.remove('shop_web')
  const network = swarm.store.object('networks', 'shop_front')
  if (network === undefined) throw new Error('the stack has no network')
  swarm.store.leave(network)
  return { swarm, old: network.id }
}

const networks = (swarm: MemorySwarm) => swarm.somebody('GET', '/networks') as Network[]

test('a network that is being removed is waited for and made anew, and the service gets the new one', async () => {
  const { swarm, old } = await withLeftover()
  setTimeout(() => swarm.store.release('shop_front'), 20_000)
  const { results, log, seconds } = await deploy(swarm)
  expect(results).toMatchObject([{ outcome: 'created' }])
  expect(log.match(/network shop_front: one of this name is being removed/g)).toHaveLength(1)
  expect(seconds).toBeGreaterThan(20)
  const [made, ...others] = networks(swarm)
  expect([made?.Name, others]).toEqual(['shop_front', []])
  expect(made?.Id).not.toBe(old)
  expect(swarm.service('shop_web')?.Spec.TaskTemplate.Networks).toMatchObject([{ Target: made?.Id }])
})

test('one that is never released is an error with its place, and nothing is left', async () => {
  const { swarm } = await withLeftover()
  const { problems, log, seconds } = await deploy(swarm)
  expect(problems).toEqual([
    expect.stringMatching(/^compose\.yml line 3: networks\.front: the network shop_front was removed, and 60 s later/),
  ])
  expect(seconds).toBeGreaterThan(60)
  expect(log).not.toMatch(/not known whether/)
  expect(swarm.services).toEqual([])
})

test('the time of the run ends the wait', async () => {
  const { swarm } = await withLeftover()
  const { problems, log } = await deploy(swarm, { timeout: '20s' })
  expect(problems).toEqual([expect.stringMatching(/^timeout: the 20 s were over before its networks/)])
  expect(log).not.toMatch(/not known whether/)
})

test("a network that somebody else makes meanwhile is not taken for the stack's", async () => {
  const swarm = newSwarm()
  const act = () => {
    swarm.somebody('POST', '/networks/create', { Name: 'shop_front', Driver: 'overlay' })
  }
  swarm.faults.add({ at: /^POST \/networks\/create/, fault: { kind: 'meanwhile', act } })
  expect((await deploy(swarm)).problems).toEqual([
    expect.stringMatching(/^compose\.yml line 3: networks\.front: .*network with name shop_front already exists/),
  ])
  expect(networks(swarm)).toHaveLength(1)
})

test('a network that the swarm refuses is told with its place', async () => {
  const swarm = newSwarm()
  const fault = { kind: 'error', status: 400, message: 'plugin "foo" not found' } as const
  swarm.faults.add({ at: /^POST \/networks\/create/, fault })
  expect((await deploy(swarm)).problems).toEqual([
    'compose.yml line 3: networks.front: the swarm refuses to make the network shop_front: plugin "foo" not found',
  ])
})
