import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { cancel, runAction, runTogether } from '../support/memory-swarm/run.ts'

const NAME = 'hub.test/acme/web'
const RUNS = 8
const LOCK = 'swarm-deploy.lock.service.web'
const image = (version: number) => pin(`${NAME}:${version}`)

beforeEach(stopTime)
afterEach(letTimeRun)

async function swarmOfWeb(): Promise<MemorySwarm> {
  const images = Array.from({ length: RUNS + 1 }, (_, version) => [`${NAME}:${version}`, {}])
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: Object.fromEntries(images) })
  swarm.create({
    Name: 'web',
    Mode: { Replicated: { Replicas: 1 } },
    TaskTemplate: { ContainerSpec: { Image: image(0) }, RestartPolicy: { Condition: 'any' } },
    UpdateConfig: { Parallelism: 1, Monitor: 1e9 },
  } as ServiceSpec)
  await pass(5)
  return swarm
}

const inputs = (version: number, more: Record<string, string> = {}) => ({
  services: `web: ${NAME}:${version}`,
  monitor: '1s',
  lock: 'true',
  ...more,
})
const locks = (swarm: MemorySwarm) =>
  (swarm.somebody('GET', '/configs') as { ID: string; Spec: { Name: string; Labels: object } }[]).filter(({ Spec }) =>
    Spec.Name.startsWith('swarm-deploy.lock.'),
  )
const lockByHand = (swarm: MemorySwarm, labels: Record<string, string>) =>
  swarm.somebody('POST', '/configs/create', { Name: LOCK, Labels: labels, Data: 'YQ==' })
const imageOf = (swarm: MemorySwarm) => swarm.service('web')?.Spec.TaskTemplate.ContainerSpec?.Image
const deployAll = (swarm: MemorySwarm, more: Record<string, string>) =>
  runTogether(
    swarm,
    Array.from({ length: RUNS }, (_, index) => ({ inputs: inputs(index + 1, more) })),
  )

describe('eight runs at the same moment', () => {
  test('without the lock: each has a true verdict, and the service holds exactly one spec', async () => {
    const swarm = await swarmOfWeb()
    const all = await deployAll(swarm, { lock: 'false' })
    const holder = all.findIndex((_, index) => imageOf(swarm) === image(index + 1))
    expect(holder).toBeGreaterThanOrEqual(0)
    for (const [index, { results }] of all.entries()) {
      const [result] = results
      expect(['updated', 'superseded']).toContain(result?.outcome)
      if (index === holder) expect(result?.outcome).toBe('updated')
      if (result?.outcome === 'updated') expect(result.image.after).toBe(image(index + 1))
    }
  })

  test('with the lock: one after another, all green, each on what the one before it left', async () => {
    const swarm = await swarmOfWeb()
    const all = await deployAll(swarm, { 'lock-timeout': '4m' })
    const images = all.map(({ results }) => results[0]?.image)
    expect(all.map(({ results }) => results[0]?.outcome)).toEqual(Array(RUNS).fill('updated'))
    let at: string | null | undefined = image(0)
    for (let step = 0; step < RUNS; step++) at = images.find((one) => one?.before === at)?.after
    expect(at).toBe(imageOf(swarm))
    expect(images.map((one) => one?.after)).toEqual(images.map((_, index) => image(index + 1)))
    expect(all[0]?.log).toMatch(/swarm-deploy\.lock\.service\.web: waiting for .* to release it, for at most 240 s/)
    expect(locks(swarm)).toEqual([])
  })
})

test('a lock that somebody holds too long is one error, before anything is changed', async () => {
  const swarm = await swarmOfWeb()
  const before = swarm.service('web')
  const labels = {
    'swarm-deploy.lock.owner': 'acme/other, run 7',
    'swarm-deploy.lock.url': 'https://github.example.com/acme/other/actions/runs/7',
    'swarm-deploy.lock.seconds': '900',
    'swarm-deploy.lock.token': 'theirs',
  }
  lockByHand(swarm, labels)
  const { problems, results } = await runAction(swarm, inputs(1, { 'lock-timeout': '1s' }))
  expect(results).toEqual([])
  expect(problems).toEqual([
    expect.stringMatching(
      /^lock-timeout: acme\/other, run 7 \(https:.*\/runs\/7\) has held swarm-deploy\.lock\.service\.web for longer than 1 s\. It expires by itself in 89\d s\. .*`docker config rm swarm-deploy\.lock\.service\.web`/,
    ),
  ])
  expect(swarm.service('web')).toEqual(before)
  expect(locks(swarm)).toMatchObject([{ Spec: { Labels: labels } }])
})

test('an expired lock is broken with a warning, by one of those that wait at the same moment', async () => {
  const swarm = await swarmOfWeb()
  lockByHand(swarm, { 'swarm-deploy.lock.owner': 'acme/gone', 'swarm-deploy.lock.seconds': '3' })
  const all = await runTogether(
    swarm,
    [1, 2, 3].map((version) => ({ inputs: inputs(version) })),
  )
  expect(all.map(({ results }) => results[0]?.outcome)).toEqual(['updated', 'updated', 'updated'])
  expect(new Set(all.map(({ results }) => results[0]?.image.before)).size).toBe(3)
  expect(all[0]?.log).toContain(`Warning: ${LOCK}: the lock of acme/gone has expired, and is broken`)
  expect(locks(swarm)).toEqual([])
})

test('a run that is stopped while it waits ends, and changes nothing', async () => {
  const swarm = await swarmOfWeb()
  const before = swarm.service('web')
  lockByHand(swarm, {})
  const stop = new AbortController()
  setTimeout(() => cancel(stop), 5000)
  const { problems, log, seconds } = await runAction(swarm, inputs(1), { stop })
  expect(log).toContain(`${LOCK}: waiting for someone unknown to release it`)
  expect(problems).toEqual(['Stopped by SIGTERM. Nothing was changed.'])
  expect(seconds).toBeLessThan(8)
  expect(swarm.service('web')).toEqual(before)
  expect(locks(swarm)).toMatchObject([{ Spec: { Labels: {} } }])
})

test('a run that is refused releases its lock', async () => {
  const swarm = await swarmOfWeb()
  const { problems, log } = await runAction(swarm, { ...inputs(1), services: 'web: hub.test/acme/nothing:1' })
  expect(problems).toHaveLength(1)
  expect(log).toContain(`${LOCK}: locked`)
  expect(locks(swarm)).toEqual([])
})

test('a stack has a lock, and so has each of its services', async () => {
  const swarm = await swarmOfWeb()
  const compose = `services: {web: {image: '${NAME}:1'}, api: {image: '${NAME}:1'}}`
  const { log, results } = await runAction(swarm, { stack: 'shop', monitor: '1s', lock: 'true' }, { compose })
  expect(results.map(({ outcome }) => outcome)).toEqual(['created', 'created'])
  expect([...log.matchAll(/^(swarm-deploy\.lock\.\S+): locked$/gm)].map(([, name]) => name)).toEqual([
    'swarm-deploy.lock.stack.shop',
    'swarm-deploy.lock.service.shop_api',
    'swarm-deploy.lock.service.shop_web',
  ])
  expect(locks(swarm)).toEqual([])
})

describe('a lock that was not taken', () => {
  test('and is perhaps there: what is told of it has its name', async () => {
    const swarm = await swarmOfWeb()
    swarm.faults.add(
      { fault: { kind: 'answer-lost' }, at: /^POST \/configs\/create$/ },
      { fault: { kind: 'connection-lost' }, at: /^GET \/configs$/, times: 99 },
    )
    const run = await runAction(swarm, inputs(1))
    expect(run.problems).not.toEqual([])
    expect(locks(swarm)).toHaveLength(1)
    expect(run.log).toContain(`Warning: It is not known whether this run has left ${LOCK} (`)
    expect(run.log).toMatch(RELEASE_BY_HAND)
    expect(run.log).toContain(`No service was changed, but ${LOCK} may be left.`)
    expect(run.log).not.toContain('Nothing was changed')
  })

  test.each([
    ['may be made yet', false, `No service was changed, but ${LOCK} may be left.`],
    ['was made, and is released', true, 'Nothing was changed on the swarm.'],
  ])('by a run that is stopped while it waits for the answer: it %s', async (_, done, told) => {
    const swarm = await swarmOfWeb()
    const stop = new AbortController()
    const at = /^POST \/configs\/create$/
    swarm.faults.add(
      { at, fault: { kind: 'meanwhile', act: () => void setTimeout(() => cancel(stop), 300) } },
      { at, fault: { kind: 'stall', seconds: 600, done } },
    )
    const { log } = await runAction(swarm, inputs(1), { stop })
    expect(log).toContain(told)
    expect(log.includes('Warning: It is not known whether this run has left')).toBe(!done)
    expect(locks(swarm)).toEqual([])
  })

  test.each([
    ['deploy', { monitor: '1s' }],
    ['remove', {}],
  ])(
    'of a service of a stack, by a run that is stopped meanwhile: mode %s is stopped, and has not failed',
    async (mode, more) => {
      const swarm = await swarmOfWeb()
      const compose = `services: {web: {image: '${NAME}:1'}}`
      const asked = { stack: 'shop', lock: 'true' }
      await runAction(swarm, { ...asked, monitor: '1s' }, { compose })
      const stop = new AbortController()
      const at = { at: /^POST \/configs\/create$/, from: 2 }
      swarm.faults.add(
        { ...at, fault: { kind: 'meanwhile', act: () => void setTimeout(() => cancel(stop), 300) } },
        { ...at, fault: { kind: 'stall', seconds: 600 } },
      )
      const { problems, log } = await runAction(swarm, { mode, ...asked, ...more }, { compose, stop })
      expect(problems.join()).toContain('Stopped by SIGTERM.')
      expect(log).toContain('swarm-deploy.lock.service.shop_web may be left')
      expect(locks(swarm)).toEqual([])
    },
  )

  test('for somebody else has it: nothing is said of its release', async () => {
    const swarm = await swarmOfWeb()
    lockByHand(swarm, {})
    swarm.faults.add({ fault: { kind: 'connection-lost' }, at: /^GET \/configs$/, from: 3, times: 99 })
    const run = await runAction(swarm, inputs(1, { 'lock-timeout': '1s' }))
    expect(run.problems.join()).toContain(' has held ')
    expect(run.log).not.toMatch(/Not released|It is not known/)
  })

  test('and perhaps is another’s, who cannot be read: nobody is told to remove that', async () => {
    const swarm = await swarmOfWeb()
    lockByHand(swarm, {})
    swarm.faults.add({ fault: { kind: 'connection-lost' }, at: /^GET \/configs$/, times: 99 })
    const { log } = await runAction(swarm, inputs(1, { 'lock-timeout': '1s' }))
    expect(log).toContain(`Warning: It is not known whether this run has left ${LOCK} (`)
    expect(log).toMatch(RELEASE_BY_HAND)
    expect(log).not.toContain(`docker config rm ${LOCK}`)
  })

  test('is not told as left where its release ends late after a stop', async () => {
    const swarm = await swarmOfWeb()
    const stop = new AbortController()
    const made = { at: /^POST \/configs\/create$/ }
    swarm.faults.add(
      { ...made, fault: { kind: 'meanwhile', act: () => void setTimeout(() => cancel(stop), 300) } },
      { ...made, fault: { kind: 'stall', seconds: 600, done: true } },
      { at: /^DELETE \/configs/, fault: { kind: 'stall', seconds: 1.5 } },
    )
    const { log } = await runAction(swarm, inputs(1), { stop })
    expect(locks(swarm)).toEqual([])
    expect(log).toContain('Nothing was changed on the swarm.')
    expect(log).not.toContain('may be left')
  })
})

/** By what tells this run's locks from every other's. */
const RELEASE_BY_HAND =
  /`docker config rm \$\(docker config ls --quiet --filter label=swarm-deploy\.lock\.token=[\w-]+\)`/

test.each(['empty-store', 'out-of-date'] as const)(
  '%s: what a manager does not list is released all the same',
  async (kind) => {
    const swarm = await swarmOfWeb()
    const releases = { fault: { kind }, at: /^GET \/configs$/ }
    await runAction(swarm, inputs(1))
    const looks = swarm.faults.calls.filter(({ method, path }) => releases.at.test(`${method} ${path}`)).length
    const again = await swarmOfWeb()
    again.faults.add({ ...releases, from: looks })
    const run = await runAction(again, inputs(1))
    expect(run.results.map(({ outcome }) => outcome)).toEqual(['updated'])
    expect(locks(again)).toEqual([])
  },
)
