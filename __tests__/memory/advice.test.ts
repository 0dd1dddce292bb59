import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { letTimeRun, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

/** What the run's page says of a deploy that went well, and will hurt later. */

const TOKEN = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a'
const IMAGES = {
  'hub.test/acme/risky:latest': { readers: ['alice'] },
  'hub.test/acme/slow:v1': { readers: ['alice'], healthy: { afterSeconds: 1 } },
  'hub.test/acme/sound:v1': { readers: ['bob'], healthy: true as const },
}

const deploy = (swarm: MemorySwarm, services: unknown, more: Readonly<Record<string, string>> = {}) => {
  const login = { registry: 'hub.test', username: 'alice', password: TOKEN }
  return runAction(swarm, { ...login, services: JSON.stringify(services), ...more }, { tells: true })
}

beforeEach(stopTime)
afterEach(letTimeRun)

test('advice is given once for all services, and the run is green', async () => {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  const entry = (name: string, image: string, more: object = {}) => ({ name, image, create: true, ...more })
  const { results, advice, log } = await deploy(
    swarm,
    [
      entry('one', 'hub.test/acme/risky:latest', { replicas: 2 }),
      entry('other', 'hub.test/acme/risky:latest', { replicas: 2 }),
      entry('slow', 'hub.test/acme/slow:v1'),
    ],
    { 'on-failure': 'keep' },
  )
  expect(results.map(({ outcome }) => outcome)).toEqual(['created', 'created', 'created'])
  expect(advice).toEqual([
    expect.stringMatching(/^one, other: no health check.*`create-args`\. More: /),
    expect.stringMatching(/^slow: stop-first with one replica/),
    expect.stringMatching(/^one, other, slow: failure action pause, and `on-failure: keep`/),
    expect.stringMatching(/^one, other: image without a version/),
    expect.stringMatching(/^the password of alice for .* is a personal token of GitHub/),
  ])
  for (const line of advice) expect(log).toContain(line)
})

test('none is given for a service that is as it should be, nor for one that the run does not touch', async () => {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  const asBob = { username: 'bob', password: 'bob-pw' }
  const risky = { name: 'one', image: 'hub.test/acme/risky:latest', replicas: 2, create: true }
  await deploy(swarm, [risky])
  const first = await deploy(
    swarm,
    [{ name: 'sound', image: 'hub.test/acme/sound:v1', replicas: 2, create: true }],
    asBob,
  )
  const again = await deploy(
    swarm,
    [
      { name: 'sound', image: 'hub.test/acme/sound:v1' },
      { name: 'one', replicas: 2 },
    ],
    asBob,
  )
  expect(first).toMatchObject({ results: [{ outcome: 'created' }], advice: [] })
  expect(again).toMatchObject({ results: [{ outcome: 'unchanged' }, { outcome: 'unchanged' }], advice: [] })
  for (const { log } of [first, again]) expect(log).not.toMatch(/^(Notice|Warning|Error): /m)
})
