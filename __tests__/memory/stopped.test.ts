import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Service, ServiceSpec } from '../../src/docker/api.ts'
import { isInterim } from '../../src/plan/interim-spec.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { cancel, type Run, runAction } from '../support/memory-swarm/run.ts'

const ONE = pin('hub.test/acme/web:1')
const SECOND = 1e9
const FOR_EVER = 100_000
/** What main may take after the first signal. */
const PATIENCE_SECONDS = 5

const IMAGES = {
  'hub.test/acme/web:1': {},
  'hub.test/acme/web:2': {},
  'hub.test/acme/web:crashes': { ends: { afterSeconds: 0.2, exitCode: 3 } },
}

async function swarmOfWeb(overrides: Partial<ServiceSpec> = {}): Promise<MemorySwarm> {
  const swarm = new MemorySwarm({ images: IMAGES })
  swarm.create({
    Name: 'web',
    Mode: { Replicated: { Replicas: 2 } },
    TaskTemplate: { ContainerSpec: { Image: ONE }, RestartPolicy: { Condition: 'any' } },
    UpdateConfig: { Parallelism: 1, Monitor: SECOND },
    ...overrides,
  } as ServiceSpec)
  await pass(5)
  return swarm
}

beforeEach(stopTime)
afterEach(letTimeRun)

/** Runs until the first call that matches: then no call is answered any more, and a moment later the run is stopped. */
async function stoppedInAHang(
  swarm: MemorySwarm,
  at: RegExp,
  inputs: Record<string, string>,
  from = 1,
  compose?: string,
): Promise<Run & { readonly after: number }> {
  const stop = new AbortController()
  let stoppedAt = Number.NaN
  const hang = () => {
    swarm.faults.add({ at: /./, times: 100_000, fault: { kind: 'stall', seconds: FOR_EVER } })
    setTimeout(() => {
      stoppedAt = performance.now()
      cancel(stop)
    }, 300)
  }
  swarm.faults.add(
    { at, from, fault: { kind: 'meanwhile', act: hang } },
    { at, from, fault: { kind: 'stall', seconds: FOR_EVER } },
  )
  const run = await runAction(swarm, inputs, { stop, ...(compose !== undefined && { compose }) })
  return { ...run, after: (performance.now() - stoppedAt) / 1000 }
}

describe('a run that is stopped while the daemon hangs', () => {
  const asked = { services: 'web: hub.test/acme/web:2', 'on-cancel': 'rollback', lock: 'true' }

  test.each([
    ['the lock', /^POST \/configs\/create/],
    ['the look at the swarm', /^GET \/services$/],
    ['the check', /^GET \/distribution/],
  ])('in %s: ends in time, and tells of the lock, which the daemon does not let go or may make yet', async (_, at) => {
    const swarm = await swarmOfWeb()
    const before = swarm.service('web')
    const { problems, isBug, after, log } = await stoppedInAHang(swarm, at, asked)
    expect(after).toBeLessThan(PATIENCE_SECONDS)
    expect({ problems, isBug }).toEqual({ problems: ['Stopped by SIGTERM. No service was changed.'], isBug: false })
    expect(log).toContain('No service was changed, but swarm-deploy.lock.service.web may be left.')
    expect(swarm.service('web')).toEqual(before)
  })

  test.each([
    ['while it is sent', /^POST \/services\/\w+\/update/, 1, /not known whether the swarm took the change/],
    ['in the watch', /^GET \/tasks$/, 3, /^the run was stopped; /],
  ])('%s: ends in time, and says that the way back did not get through', async (_, at, from, says) => {
    const swarm = await swarmOfWeb()
    const { results, after } = await stoppedInAHang(swarm, at, asked, from)
    expect(after).toBeLessThan(PATIENCE_SECONDS)
    expect(results).toMatchObject([{ outcome: 'cancelled', cause: expect.stringMatching(says) }])
    expect(results[0]?.cause).toMatch(/; the way back failed too: ./)
    expect(results[0]?.cause).not.toMatch(/aborted/)
  })

  test.each(['canary', 'recreate'])(
    'in the first step of %s: ends in time, and names the spec that is left',
    async (strategy) => {
      const swarm = await swarmOfWeb()
      const { results, after } = await stoppedInAHang(swarm, /^GET \/tasks$/, { ...asked, strategy }, 3)
      expect(after).toBeLessThan(PATIENCE_SECONDS)
      expect(results).toMatchObject([
        { outcome: 'cancelled', cause: expect.stringContaining('label swarm-deploy.interim') },
      ])
    },
  )

  test.each(['canary', 'recreate'])(
    'while the first step of %s is sent: it is the stop that ended it, and no failure',
    async (strategy) => {
      const swarm = await swarmOfWeb()
      const { results } = await stoppedInAHang(swarm, /^POST \/services\/\w+\/update/, { ...asked, strategy })
      const cause = expect.stringMatching(
        /^it is not known whether the swarm took its first step: the run was stopped before it answered/,
      )
      expect(results).toMatchObject([{ outcome: 'cancelled', cause }])
    },
  )

  test('while a stack is pruned: what may be left is told, and nobody is blamed', async () => {
    const swarm = await swarmOfWeb()
    const compose = (names: readonly string[]) =>
      `services: {${names.map((name) => `${name}: {image: 'hub.test/acme/web:1'}`).join(', ')}}`
    await runAction(swarm, { stack: 'shop', monitor: '1s' }, { compose: compose(['web', 'old']) })
    const pruning = { stack: 'shop', monitor: '1s', prune: 'true' }
    const run = await stoppedInAHang(swarm, /^DELETE \/services/, pruning, 1, compose(['web']))
    const cause =
      'it is not known whether the swarm removed it: the run was stopped before it answered. The next run goes on with it'
    expect(run.results).toMatchObject([{ outcome: 'unchanged' }, { name: 'shop_old', outcome: 'cancelled', cause }])
    expect(run.log).toMatch(/service shop_old is no longer needed, and may be left: .*: the run was stopped\n/)
  })

  test('in the way back: ends in time', async () => {
    const swarm = await swarmOfWeb()
    const inputs = { ...asked, services: 'web: hub.test/acme/web:crashes' }
    const stop = new AbortController()
    let stoppedAt = Number.NaN
    const hang = () => {
      swarm.faults.add({ at: /./, times: 100_000, fault: { kind: 'stall', seconds: FOR_EVER } })
      setTimeout(() => {
        stoppedAt = performance.now()
        cancel(stop)
      }, 300)
    }
    swarm.faults.add({
      at: /^POST \/services\/\w+\/update/,
      from: 2,
      when: 'after',
      fault: { kind: 'meanwhile', act: hang },
    })
    const { results } = await runAction(swarm, inputs, { stop })
    expect((performance.now() - stoppedAt) / 1000).toBeLessThan(PATIENCE_SECONDS)
    expect(results).toHaveLength(1)
  })
})

test.each(['rollback', 'keep'])('a run that is stopped in the watch, with on-cancel: %s', async (onCancel) => {
  const swarm = await swarmOfWeb()
  const stop = new AbortController()
  setTimeout(() => cancel(stop), 1500)
  const inputs = { services: 'web: hub.test/acme/web:2', monitor: '60s', 'on-cancel': onCancel }
  const { results, seconds } = await runAction(swarm, inputs, { stop })
  expect(seconds).toBeLessThan(1.5 + PATIENCE_SECONDS)
  expect(results).toMatchObject([{ outcome: 'cancelled' }])
  const image = swarm.service('web')?.Spec.TaskTemplate.ContainerSpec?.Image
  expect(image).toBe(onCancel === 'rollback' ? ONE : pin('hub.test/acme/web:2'))
})

describe('a run that is stopped says what was under way, and leaves nothing half-way:', () => {
  const UPDATE = /^POST \/services\/\w+\/update/
  const TWO = pin('hub.test/acme/web:2')
  /** When it is stopped: at a call, or after so many seconds. */
  type Stop =
    | { readonly at: RegExp; readonly from?: number; readonly when: 'before' | 'after' }
    | { readonly s: number }

  test.each<[string, Stop, Record<string, string>, RegExp, string | undefined, string?]>([
    ['in the look at the swarm', { at: /^GET \/nodes/, when: 'after' }, {}, /^Stopped by SIGTERM\. Nothing/, ONE],
    ['in the check', { at: /^GET \/distribution/, when: 'after' }, {}, /^Stopped by SIGTERM\. Nothing was/, ONE],
    [
      'while it is sent',
      { at: UPDATE, when: 'before' },
      {},
      /not known whether the swarm took the change|the run was stopped; the swarm goes on by itself/,
      TWO,
    ],
    ['in the watch', { s: 1.5 }, { monitor: '10m' }, /^the run was stopped; the swarm goes on by itself$/, TWO],
    [
      'in the way back',
      { at: UPDATE, from: 2, when: 'after' },
      { services: 'web: hub.test/acme/web:crashes' },
      /exit code 3.*the way back was sent and not watched$/,
      ONE,
      'rolled-back',
    ],
    [
      'while the canaries are held',
      { s: 60 },
      { strategy: 'canary', hold: '10m', monitor: '1s' },
      /^the run was stopped before it was sent/,
      ONE,
    ],
    ['while the old tasks are stopped', { s: 0.2 }, { strategy: 'recreate' }, /^the run was stopped/, undefined],
    [
      'before the traffic moves',
      { s: 60 },
      { strategy: 'blue-green', hold: '10m', monitor: '1s', 'on-cancel': 'rollback' },
      /^the run was stopped before the traffic moved from web/,
      ONE,
    ],
  ])('%s', async (_, when, inputs, says, has, outcome = 'cancelled') => {
    const swarm = await swarmOfWeb({ Labels: { 'traefik.enable': 'true' } })
    const stop = new AbortController()
    if ('s' in when) setTimeout(() => cancel(stop), when.s * 1000)
    else swarm.faults.add({ ...when, fault: { kind: 'meanwhile', act: () => cancel(stop) } })
    const asked = { services: 'web: hub.test/acme/web:2', timeout: '15m', lock: 'true', ...inputs }
    const { results, problems, seconds } = await runAction(swarm, asked, { stop })
    if (results.length === 0) expect(problems).toEqual([expect.stringMatching(says)])
    else expect(results).toMatchObject([{ outcome, cause: expect.stringMatching(says) }])
    if ('s' in when) expect(seconds).toBeLessThan(when.s + PATIENCE_SECONDS)
    await pass(60)
    expect(swarm.services).toEqual(['web'])
    expect(isInterim((swarm.service('web') as Service).Spec)).toBe(false)
    expect(swarm.service('web')?.Spec.Labels?.['traefik.enable']).toBe('true')
    const running = swarm.running('web')
    expect(new Set(running)).toEqual(new Set([has ?? running[0]]))
    expect(running).toHaveLength(2)
    expect(swarm.somebody('GET', '/configs')).toEqual([])
  })
})

describe('what a stack has had made', () => {
  const compose = [
    'services:',
    '  web:',
    '    image: hub.test/acme/web:TAG',
    '    networks: [front]',
    '    configs: [motd]',
    'networks: {front: {}}',
    'configs: {motd: {content: hello}}',
  ].join('\n')
  const file = (tag: string) => compose.replace('TAG', tag)
  const inputs = { stack: 'shop' }
  const objects = (swarm: MemorySwarm) => [
    ...(swarm.somebody('GET', '/networks') as { Name: string }[])
      .map(({ Name }) => Name)
      .filter((one) => one.startsWith('shop')),
    ...(swarm.somebody('GET', '/configs') as { Spec: { Name: string } }[]).map(({ Spec }) => Spec.Name),
  ]

  test('is used by a run that ends well', async () => {
    const swarm = new MemorySwarm({ images: IMAGES })
    const { results, problems } = await runAction(swarm, { ...inputs, 'history-limit': '0' }, { compose: file('1') })
    expect(problems).toEqual([])
    expect(results).toMatchObject([{ name: 'shop_web', outcome: 'created' }])
    expect(objects(swarm)).toHaveLength(2)
  })

  test.each([
    ['before anything is sent', /^POST \/configs\/create/],
    ['when its service is sent', /^POST \/services\/create/],
  ])('is taken away again when the run is stopped %s', async (_, at) => {
    const swarm = new MemorySwarm({ images: IMAGES })
    const stop = new AbortController()
    swarm.faults.add({ at, when: 'before', fault: { kind: 'meanwhile', act: () => cancel(stop) } })
    await runAction(swarm, { ...inputs, 'on-cancel': 'rollback' }, { compose: file('1'), stop })
    expect(swarm.services).toEqual([])
    expect(objects(swarm)).toEqual([])
  })

  test('is taken away again when the stack does not come up', async () => {
    const swarm = new MemorySwarm({ images: IMAGES })
    const { results } = await runAction(swarm, inputs, { compose: file('crashes') })
    expect(results).toMatchObject([{ outcome: 'rolled-back' }])
    expect(objects(swarm)).toEqual([])
  })

  test('stays where the failed service stays', async () => {
    const swarm = new MemorySwarm({ images: IMAGES })
    const { results } = await runAction(swarm, { ...inputs, 'on-failure': 'keep' }, { compose: file('crashes') })
    expect(results).toMatchObject([{ outcome: 'failed' }])
    expect(objects(swarm)).toContain('shop_front')
  })

  test('is named where the daemon does not take it away', async () => {
    const swarm = new MemorySwarm({ images: IMAGES })
    const stop = new AbortController()
    swarm.faults.add(
      { at: /^POST \/configs\/create/, when: 'after', fault: { kind: 'meanwhile', act: () => cancel(stop) } },
      { at: /^DELETE /, times: 1000, fault: { kind: 'stall', seconds: FOR_EVER } },
    )
    const { log, seconds, isBug } = await runAction(swarm, inputs, { compose: file('1'), stop })
    expect(isBug).toBe(false)
    expect(seconds).toBeLessThan(PATIENCE_SECONDS + 1)
    expect(log).toMatch(
      /Warning: network shop_front, which this run has made, may be left: .*: the run was stopped\. .*`docker network rm shop_front`/,
    )
  })

  test.each([
    [
      'the daemon hangs',
      /./,
      /^timeout: the 20 s were over before its networks, secrets and configs were made|not known/,
    ],
    ['the daemon takes none', /^POST \/configs\/create/, /./],
  ])('when %s meanwhile: the run ends soon after its time, and says what is left', async (_, hangs, says) => {
    const swarm = new MemorySwarm({ images: IMAGES })
    const hang = () => swarm.faults.add({ at: hangs, times: 1000, fault: { kind: 'stall', seconds: FOR_EVER } })
    swarm.faults.add({ at: /^POST \/networks\/create/, fault: { kind: 'meanwhile', act: hang } })
    const { log, problems, isBug, seconds } = await runAction(
      swarm,
      { ...inputs, timeout: '20s' },
      { compose: file('1') },
    )
    expect(seconds).toBeLessThanOrEqual(30)
    expect({ isBug, problems }).toEqual({ isBug: false, problems: [expect.stringMatching(says)] })
    expect(log).toContain('`docker config rm shop_motd-')
  })

  test('when stopped while the daemon hangs: the run ends in time, and does not say that nothing was changed', async () => {
    const swarm = new MemorySwarm({ images: IMAGES })
    const { problems, log, after } = await stoppedInAHang(swarm, /^POST \/configs\/create/, inputs, 1, file('1'))
    expect(after).toBeLessThan(PATIENCE_SECONDS)
    expect(problems).toEqual([expect.stringMatching(/^Stopped by SIGTERM, and the swarm did not answer in time/)])
    expect(log).toMatch(/network shop_front, which this run has made, may be left/)
    expect(log).toMatch(/config shop_motd-\w+: it is not known whether the swarm made it/)
  })
})
