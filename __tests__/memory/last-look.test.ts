import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

beforeEach(stopTime)
afterEach(letTimeRun)

const IMAGES = {
  'hub.test/acme/web:1': {},
  'hub.test/acme/web:2': {},
  'hub.test/acme/slow:1': {},
  'hub.test/acme/slow:2': { pullSeconds: 20 },
  'hub.test/acme/slow:crashes': { pullSeconds: 20, ends: { afterSeconds: 0.2, exitCode: 3 } },
}

async function swarmWithTwo() {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  for (const [Name, image] of [
    ['web', 'hub.test/acme/web:1'],
    ['slow', 'hub.test/acme/slow:1'],
  ] as const) {
    swarm.create({
      Name,
      Mode: { Replicated: { Replicas: 1 } },
      TaskTemplate: { ContainerSpec: { Image: pin(image) }, RestartPolicy: { Condition: 'any' } },
      UpdateConfig: { Parallelism: 1, Monitor: 1e9 },
    } as ServiceSpec)
  }
  await pass(5)
  return swarm
}

const inputs = { services: 'web: hub.test/acme/web:2\nslow: hub.test/acme/slow:2', 'on-failure': 'keep' }

test('a service that somebody changes when it is up, while another is still on its way, is not green', async () => {
  const swarm = await swarmWithTwo()
  setTimeout(() => swarm.update('web', (spec) => ({ ...spec, Mode: { Replicated: { Replicas: 3 } } })), 12_000)
  const { results } = await runAction(swarm, inputs)
  expect(results.map(({ name, outcome, cause }) => [name, outcome, cause])).toEqual([
    ['web', 'superseded', 'someone else changed it after it had come up'],
    ['slow', 'updated', undefined],
  ])
})

test('nor is one that somebody removes', async () => {
  const swarm = await swarmWithTwo()
  setTimeout(() => swarm.remove('web'), 12_000)
  const { results } = await runAction(swarm, inputs)
  expect(results.map(({ outcome }) => outcome)).toEqual(['superseded', 'updated'])
})

test.each(['rollback', 'keep'])('nor is one, unchanged by a run that fails and is to %s', async (onFailure) => {
  const swarm = await swarmWithTwo()
  setTimeout(() => swarm.update('web', (spec) => ({ ...spec, Mode: { Replicated: { Replicas: 3 } } })), 12_000)
  const services = 'web: hub.test/acme/web:1\nslow: hub.test/acme/slow:crashes'
  const { results } = await runAction(swarm, { services, 'on-failure': onFailure })
  expect(results.map(({ outcome }) => outcome)).toEqual(['superseded', onFailure === 'keep' ? 'failed' : 'rolled-back'])
})
