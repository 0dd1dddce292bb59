import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

const ONE = pin('hub.test/acme/web:1')
const TWO = pin('hub.test/acme/web:2')
const SECOND = 1e9
const FOR_EVER = 100_000

async function swarmOfWeb(): Promise<MemorySwarm> {
  const images = {
    'hub.test/acme/web:1': {},
    'hub.test/acme/web:2': {},
    'hub.test/acme/web:slow': { pullSeconds: 300 },
  }
  const swarm = new MemorySwarm({ images })
  swarm.create({
    Name: 'web',
    Mode: { Replicated: { Replicas: 2 } },
    TaskTemplate: { ContainerSpec: { Image: ONE }, RestartPolicy: { Condition: 'any' } },
    UpdateConfig: { Parallelism: 1, Monitor: SECOND },
  } as ServiceSpec)
  await pass(5)
  return swarm
}

beforeEach(stopTime)
afterEach(letTimeRun)

const LOGIN = { registry: 'hub.test', username: 'alice', password: 'alice-pw' }
const ASKED = { services: 'web: hub.test/acme/web:2', timeout: '20s' }

describe('a daemon that takes a call and says nothing more', () => {
  test.each([
    ['POST /auth', /^POST \/auth/, LOGIN, 'Log in'],
    ['GET /services', /^GET \/services$/, {}, 'Look at the swarm'],
    ['GET /nodes', /^GET \/nodes/, {}, 'Look at the swarm'],
    ['GET /distribution', /^GET \/distribution/, {}, 'Check images, flags and platforms'],
    ['POST /configs/create', /^POST \/configs\/create/, { lock: 'true' }, 'Take the lock'],
  ])('%s: the run ends within its time, says where, and has changed nothing', async (_, at, inputs, stage) => {
    const swarm = await swarmOfWeb()
    const before = swarm.service('web')
    swarm.faults.add({ fault: { kind: 'stall', seconds: FOR_EVER }, at, times: 1000 })
    const { problems, results, seconds, isBug } = await runAction(swarm, { ...ASKED, ...inputs }, { limitSeconds: 60 })
    expect(seconds).toBeLessThanOrEqual(30)
    expect(results).toEqual([])
    expect(isBug).toBe(false)
    expect(problems).toHaveLength(1)
    if (seconds > 10 && stage !== 'Log in') expect(problems[0]).toContain(`the stage “${stage}”`)
    expect(swarm.service('web')).toEqual(before)
  })
})

describe('a swarm that is dead from some moment on', () => {
  /** From the first call on that matches, none is answered any more. */
  const dieAt = (swarm: MemorySwarm, at: RegExp, from = 1) =>
    swarm.faults.add({
      at,
      from,
      fault: {
        kind: 'meanwhile',
        act: () => swarm.faults.add({ at: /./, times: 100_000, fault: { kind: 'connection-lost' } }),
      },
    })

  test('in the watch: the run ends in words soon after its time', async () => {
    const swarm = await swarmOfWeb()
    dieAt(swarm, /^GET \/tasks$/, 3)
    const { results, seconds } = await runAction(swarm, ASKED, { limitSeconds: 60 })
    expect(seconds).toBeGreaterThanOrEqual(20)
    expect(seconds).toBeLessThanOrEqual(30)
    expect(results).toMatchObject([{ name: 'web', outcome: 'failed' }])
    const cause = results[0]?.cause
    expect(cause).toMatch(
      /^not settled within 20 s: \d\/2 tasks running.*; the swarm has not been seen for the last [\d.]+ s: /,
    )
    expect(cause).toContain('the way back failed too: ')
    expect(cause).not.toMatch(/aborted/)
  })

  test.each(['canary', 'recreate'])('in the first step of %s: it names the spec that is left', async (strategy) => {
    const swarm = await swarmOfWeb()
    swarm.images.set('hub.test/acme/web:1', { stopSeconds: 8 })
    dieAt(swarm, /^GET \/tasks$/, 3)
    const inputs = { services: 'web: hub.test/acme/web:slow', strategy, timeout: '20s' }
    const { results, seconds } = await runAction(swarm, inputs, { limitSeconds: 60 })
    expect(seconds).toBeLessThanOrEqual(30)
    expect(results).toMatchObject([{ name: 'web', outcome: 'failed' }])
    expect(results[0]?.cause).toMatch(/label swarm-deploy\.interim.*the next deploy of it starts from what was before/)
    expect(results[0]?.cause).not.toMatch(/aborted/)
  })

  test('a swarm that comes back within the time is waited for', async () => {
    const swarm = await swarmOfWeb()
    swarm.faults.add({ at: /^GET \/tasks$/, from: 3, times: 10, fault: { kind: 'connection-lost' } })
    const { results } = await runAction(swarm, { ...ASKED, timeout: '60s' })
    expect(results).toMatchObject([{ outcome: 'updated' }])
    expect(swarm.running('web')).toEqual([TWO, TWO])
  })
})

describe('what the time is for', () => {
  test('a service that does not come up ends at the time of the whole run, and goes back in a time of its own', async () => {
    const swarm = await swarmOfWeb()
    // The checks have taken a part of the time.
    swarm.faults.add({ at: /^GET \/distribution/, fault: { kind: 'stall', seconds: 8 } })
    const inputs = { services: 'web: hub.test/acme/web:slow', timeout: '20s' }
    const { results, log } = await runAction(swarm, inputs)
    expect(results).toMatchObject([
      {
        outcome: 'rolled-back',
        cause: expect.stringMatching(/^not settled within 20 s: .*what ran before runs again$/),
      },
    ])
    expect(log).toMatch(/web: timed-out after 1[12]/)
    expect(swarm.running('web')).toEqual([ONE, ONE])
  })

  test('a hold does not count, however long it is', async () => {
    const swarm = await swarmOfWeb()
    const inputs = { ...ASKED, strategy: 'canary', hold: '10m' }
    const { results, seconds } = await runAction(swarm, inputs)
    expect(results).toMatchObject([{ outcome: 'updated' }])
    expect(seconds).toBeGreaterThan(600)
    expect(swarm.running('web')).toEqual([TWO, TWO])
  })

  test('a canary that does not come up ends at the time, whatever its hold is', async () => {
    const swarm = await swarmOfWeb()
    const inputs = { services: 'web: hub.test/acme/web:slow', strategy: 'canary', hold: '10m', timeout: '20s' }
    const { results, seconds } = await runAction(swarm, inputs)
    expect(seconds).toBeLessThan(60)
    expect(results[0]?.cause).toMatch(/canary failed: it has not settled within 20 s/)
    expect(swarm.running('web')).toEqual([ONE, ONE])
  })

  test("the wait for somebody's lock does not count", async () => {
    const swarm = await swarmOfWeb()
    swarm.somebody('POST', '/configs/create', { Name: 'swarm-deploy.lock.service.web', Labels: {}, Data: '' })
    setTimeout(() => {
      const [lock] = swarm.somebody('GET', '/configs') as { ID: string }[]
      swarm.somebody('DELETE', `/configs/${lock?.ID}`)
    }, 100_000)
    const { results, seconds } = await runAction(swarm, { ...ASKED, lock: 'true' })
    expect(results).toMatchObject([{ outcome: 'updated' }])
    expect(seconds).toBeGreaterThan(100)
  })
})
