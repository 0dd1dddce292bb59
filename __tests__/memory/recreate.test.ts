import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { INTERIM_LABEL } from '../../src/plan/interim-spec.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm, withImage } from '../support/memory-swarm/memory-swarm.ts'
import { cancel, runAction } from '../support/memory-swarm/run.ts'

const image = (tag: string) => `hub.test/acme/web:${tag}`
const [ONE, TWO, THREE] = ['1', '2', '3'].map((tag) => pin(image(tag))) as [string, string, string]
const SECOND = 1e9
const IMAGES = {
  // It does not care about SIGTERM.
  [image('1')]: { stopSeconds: 1e6 },
  [image('2')]: {},
  [image('3')]: {},
  [image('bad')]: { ends: { afterSeconds: 0.2, exitCode: 1 }, prints: 'it is broken' },
}

async function swarmWith(
  names: readonly string[],
  { replicas = 2, graceSeconds = 3, mode = {}, env = [] as string[] } = {},
) {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  for (const Name of names) {
    swarm.create({
      Name,
      Mode: { Replicated: { Replicas: replicas } },
      TaskTemplate: {
        ContainerSpec: { Image: ONE, StopGracePeriod: graceSeconds * SECOND, Env: env },
        RestartPolicy: { Condition: 'any', Delay: 0.3 * SECOND },
      },
      UpdateConfig: { Parallelism: 1, Monitor: SECOND },
      ...mode,
    } as ServiceSpec)
  }
  await pass(5)
  return swarm
}

const deploy = (swarm: MemorySwarm, services: unknown, more: Record<string, string> = {}, options = {}) =>
  runAction(swarm, { services: JSON.stringify(services), strategy: 'recreate', ...more }, options)

const running = (swarm: MemorySwarm, name: string) =>
  swarm.tasks(name).filter(({ Status, DesiredState }) => Status.State === 'running' && DesiredState === 'running')
const ids = (swarm: MemorySwarm, name: string) => running(swarm, name).map(({ ID }) => ID)
const replicasOf = (swarm: MemorySwarm, name: string) => swarm.service(name)?.Spec.Mode.Replicated?.Replicas

/** Nothing of the way there is left, not even for a rollback by hand. */
function expectNoTrace(swarm: MemorySwarm, name: string) {
  const { Spec, PreviousSpec } = swarm.service(name) ?? {}
  expect(Object.keys(Spec?.Labels ?? {})).not.toContain(INTERIM_LABEL)
  expect(Object.keys(PreviousSpec?.Labels ?? {})).not.toContain(INTERIM_LABEL)
  expect(Spec?.TaskTemplate.Placement?.Constraints ?? []).toEqual([])
}

beforeEach(stopTime)
afterEach(letTimeRun)

test('when the new tasks fail, the old ones come back, all of them', async () => {
  const swarm = await swarmWith(['web'], { replicas: 3, env: ['KEEP=1'] })
  const { results } = await deploy(swarm, [{ name: 'web', image: image('bad'), env: { NEW: '1' } }])
  expect(results).toMatchObject([
    {
      outcome: 'rolled-back',
      cause: expect.stringMatching(/exit code 1.*what ran before runs again/),
      failedTask: { logs: ['it is broken'] },
    },
  ])
  expect(swarm.running('web')).toEqual([ONE, ONE, ONE])
  expect(swarm.service('web')?.Spec.TaskTemplate.ContainerSpec?.Env).toEqual(['KEEP=1'])
  expectNoTrace(swarm, 'web')
})

test('with on-failure: keep, new tasks that fail stay', async () => {
  const swarm = await swarmWith(['web'])
  const { results } = await deploy(swarm, { web: image('bad') }, { 'on-failure': 'keep' })
  expect(results).toMatchObject([{ outcome: 'failed' }])
  expect(swarm.service('web')?.Spec.TaskTemplate.ContainerSpec?.Image).toBe(pin(image('bad')))
  expect(replicasOf(swarm, 'web')).toBe(2)
})

test('old tasks that do not end in time are not waited for any longer, and the service is brought back', async () => {
  const swarm = await swarmWith(['stuck', 'waits'], { graceSeconds: 120 })
  const services = [
    { name: 'stuck', image: image('2') },
    { name: 'waits', image: image('2'), strategy: 'rolling' },
  ]
  const { results } = await deploy(swarm, services, { timeout: '40s', 'on-failure': 'keep' })
  const [stuck, waits] = results
  expect(stuck?.cause).toMatch(/its old tasks have not ended within 40 s: 2 on node n\d, node n\d/)
  expect(waits).toMatchObject({
    outcome: 'skipped',
    cause: 'not sent, because the end of the old tasks of stuck failed',
  })
  await pass(130)
  expect(swarm.running('stuck')).toEqual([ONE, ONE])
  expect(swarm.service('waits')?.Spec.TaskTemplate.ContainerSpec?.Image).toBe(ONE)
})

test('a service that is as asked, one that only scales, and a new one are not stopped', async () => {
  const swarm = await swarmWith(['kept', 'scales'])
  const before = [ids(swarm, 'kept'), ids(swarm, 'scales')]
  const { results, log } = await deploy(swarm, [
    { name: 'kept', image: image('1') },
    { name: 'scales', replicas: '3' },
    { name: 'made', image: image('1'), create: true },
  ])
  expect(results.map(({ outcome }) => outcome)).toEqual(['unchanged', 'updated', 'created'])
  expect(log).not.toContain('Stop the old tasks')
  expect(ids(swarm, 'kept')).toEqual(before[0])
  expect(ids(swarm, 'scales')).toEqual(expect.arrayContaining(before[1] ?? []))
})

test('a job cannot be recreated', async () => {
  const swarm = await swarmWith(['job'], { mode: { Mode: { ReplicatedJob: {} }, UpdateConfig: undefined } })
  const { problems } = await deploy(swarm, [{ name: 'job', env: { A: '1' } }])
  expect(problems).toEqual([
    'service job: recreate replaces tasks that run on, and a job has none: write `strategy: rolling` for it',
  ])
})

test('a run that is stopped while the old tasks end starts them again', async () => {
  const swarm = await swarmWith(['web'], { graceSeconds: 8 })
  const stop = new AbortController()
  swarm.faults.add({
    at: /^POST .*\/update$/,
    when: 'after',
    fault: {
      kind: 'meanwhile',
      act: () => {
        expect(replicasOf(swarm, 'web')).toBe(0)
        setTimeout(() => cancel(stop), 2000)
      },
    },
  })
  const { results } = await deploy(swarm, { web: image('2') }, {}, { stop })
  expect(results).toMatchObject([{ outcome: 'cancelled' }])
  await pass(20)
  expect(swarm.running('web')).toEqual([ONE, ONE])
  expectNoTrace(swarm, 'web')
})

describe('after a run that was lost while nothing ran', () => {
  const LOCKED = { lock: 'true' }

  /**
   * Whoever removes the lock of a run says that it is gone.
   *
   * @param nth the change of it that empties the service: one that finds it so brings its tasks back first
   */
  async function lose(swarm: MemorySwarm, tag: string, nth = 1) {
    await deploy(swarm, { web: image(tag) }, LOCKED, { kill: { at: /^POST .*\/update$/, nth } })
    expect(replicasOf(swarm, 'web')).toBe(0)
    swarm.somebody('DELETE', '/configs/swarm-deploy.lock.service.web')
  }

  test('the next one brings all tasks back', async () => {
    const swarm = await swarmWith(['web'], { replicas: 3 })
    await lose(swarm, '2')
    const { results } = await deploy(swarm, { web: image('2') }, LOCKED)
    expect(results).toMatchObject([{ outcome: 'updated', image: { before: ONE }, tasks: { running: 3, wanted: 3 } }])
    expect(swarm.running('web')).toEqual([TWO, TWO, TWO])
    expectNoTrace(swarm, 'web')
  })

  test('also when two runs were lost, one after the other, and somebody else has changed the service since', async () => {
    const swarm = await swarmWith(['web'], { replicas: 3 })
    await lose(swarm, '2')
    await lose(swarm, '3', 2)
    swarm.update('web', (spec) => ({
      ...spec,
      TaskTemplate: {
        ...spec.TaskTemplate,
        ContainerSpec: { ...spec.TaskTemplate.ContainerSpec, Image: ONE, Env: ['A=b'] },
      },
    }))
    const { results } = await deploy(swarm, { web: image('3') }, LOCKED)
    expect(results).toMatchObject([{ outcome: 'updated', image: { after: THREE }, tasks: { running: 3, wanted: 3 } }])
    expect(swarm.running('web')).toEqual([THREE, THREE, THREE])
    expect(swarm.service('web')?.Spec.TaskTemplate.ContainerSpec?.Env).toEqual(['A=b'])
    expectNoTrace(swarm, 'web')
  })

  test('and also those of a service that it would not have changed', async () => {
    const swarm = await swarmWith(['web'])
    await lose(swarm, '2')
    const { log } = await deploy(swarm, { web: image('1') }, LOCKED)
    expect(log).toContain('web: update (an earlier deploy of it was killed half-way)')
    expect(swarm.running('web')).toEqual([ONE, ONE])
    expectNoTrace(swarm, 'web')
  })
})

test.each([
  // The second look at the tasks while they end: the first of all is the observation.
  ['while the old tasks end', { at: /^GET \/tasks$/, from: 3 }, 3],
  ['in the moment before the new ones are sent', { at: /^POST .*\/update$/, from: 2 }, 4],
] as const)("somebody else's deploy %s stands", async (_, at, wanted) => {
  const swarm = await swarmWith(['web'], { graceSeconds: 4 })
  const takeOver = () =>
    swarm.update('web', (spec) => ({ ...withImage(THREE)(spec), Mode: { Replicated: { Replicas: 1 } } }))
  swarm.faults.add({ ...at, fault: { kind: 'meanwhile', act: takeOver } })
  const { results } = await deploy(swarm, { web: image('2') })
  expect(results).toMatchObject([{ outcome: 'superseded' }])
  expect(swarm.service('web')?.Spec.TaskTemplate.ContainerSpec?.Image).toBe(THREE)
  // The last two of ours take out of theirs what was only meant for the way, and have Swarm forget it.
  const updates = swarm.faults.calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/update'))
  expect(updates).toHaveLength(wanted)
  expectNoTrace(swarm, 'web')
  expect(replicasOf(swarm, 'web')).toBe(1)
})

describe('a manager that has nothing for a moment', () => {
  test.each([{}, { 'keep-replicas': 'true' }])('leaves no way back to the spec of the way there: %j', async (more) => {
    const whole = await swarmWith(['web'])
    await deploy(whole, [{ name: 'web', image: image('2') }], more)
    const count = whole.faults.calls.length
    for (let at = 1; at <= count; at++) {
      const swarm = await swarmWith(['web'])
      swarm.faults.add({ fault: { kind: 'empty-store' }, at })
      const { results } = await deploy(swarm, [{ name: 'web', image: image('2') }], more)
      if (results[0]?.outcome === 'updated') expectNoTrace(swarm, 'web')
    }
  })
})
