import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
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
  'hub.test/acme/web:crashes-late': { ends: { afterSeconds: 10, exitCode: 3 }, prints: 'out of handles' },
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

test('nor is one that somebody rolls back: that is none of Swarm itself, and nothing is written over it', async () => {
  const swarm = await swarmWithTwo()
  setTimeout(() => swarm.rollBack('web'), 12_000)
  const { results } = await runAction(swarm, { ...inputs, 'on-failure': 'rollback' })
  expect(results).toMatchObject([
    { outcome: 'superseded', cause: 'someone else rolled it back after it had come up' },
    { outcome: 'rolled-back', because: ['web'] },
  ])
  expect(swarm.service('web')?.UpdateStatus?.State).toBe('rollback_completed')
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

describe('a service whose task ends when it had come up, while another is still on its way', () => {
  const services = 'web: hub.test/acme/web:crashes-late\nslow: hub.test/acme/slow:2'

  test('is not green while its task does not run: it is waited for once more', async () => {
    const swarm = await swarmWithTwo()
    const { results, log } = await runAction(swarm, { services, monitor: '3s' })
    const [web] = results
    expect(log).toMatch(/web: .*its task failed with exit code 3 after it had come up: it is waited for once more/)
    expect(web?.outcome).toBe('updated')
    expect(web?.note).toMatch(
      /^(?:one|2) of its tasks ended after it had come up \(.*failed with exit code 3\), and runs again/,
    )
  })

  test('is red when it does not come back', async () => {
    const swarm = await swarmWithTwo()
    const once = { name: 'web', image: 'hub.test/acme/web:crashes-late', 'update-args': '--restart-condition none' }
    const slow = { name: 'slow', image: 'hub.test/acme/slow:2' }
    const { results } = await runAction(swarm, { services: JSON.stringify([once, slow]), monitor: '3s' })
    expect(results).toMatchObject([
      {
        outcome: 'rolled-back',
        cause: expect.stringMatching(/^its task failed with exit code 3, and its restart policy is none/),
        failedTask: { exitCode: 3, logs: ['out of handles'] },
      },
      { outcome: 'rolled-back', because: ['web'] },
    ])
    expect(swarm.running('web')).toEqual([pin('hub.test/acme/web:1')])
  })
})
