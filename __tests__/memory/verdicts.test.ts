import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { INTERIM_LABEL } from '../../src/plan/interim-spec.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { type Image, pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

const image = (tag: string) => `hub.test/acme/app:${tag}`
const IMAGES: Readonly<Record<string, Image>> = {
  [image('runs')]: {},
  [image('runs-too')]: {},
  [image('exits')]: { ends: { afterSeconds: 0.2, exitCode: 3 }, prints: 'no database here' },
  [image('crashes')]: { ends: { afterSeconds: 1, exitCode: 1 }, prints: 'lost the database' },
  [image('sick')]: { unhealthy: true },
  [image('ends')]: { ends: { afterSeconds: 0.2, exitCode: 0 } },
  [image('ends-too')]: { ends: { afterSeconds: 0.2, exitCode: 0 } },
  [image('slow')]: { healthy: { afterSeconds: 12 } },
  [image('too-slow')]: { healthy: { afterSeconds: 60 } },
  [image('bad')]: { ends: { afterSeconds: 0.2, exitCode: 7 }, prints: 'v2 is broken' },
  [image('elsewhere')]: { pullFailsOn: { n2: 1 } },
}

const deploy = (swarm: MemorySwarm, services: unknown, more: Readonly<Record<string, string>> = {}) =>
  runAction(swarm, { services: JSON.stringify(services), 'on-failure': 'keep', ...more }, { tells: true })

const fast = ['--restart-delay 300ms']
const entry = (name: string, tag: string, args: readonly string[] = [], more: object = {}) => ({
  name,
  image: image(tag),
  create: true,
  'create-args': [...fast, ...args],
  ...more,
})
/** Of a node half and more: one service has room for it, a second one beside it has none. */
const MOST = '--reserve-memory 5G'

beforeEach(stopTime)
afterEach(letTimeRun)

test('of many new services each has its own verdict, and those that fail do not hold up the others', async () => {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  await deploy(swarm, [entry('large', 'runs', ['--mode global', MOST])])
  const run = await deploy(swarm, [
    entry('exits', 'exits'),
    entry('crashes', 'crashes'),
    entry('sick', 'sick'),
    entry('ends', 'ends'),
    entry('unschedulable', 'runs', [MOST], { replicas: 2 }),
    entry('unpullable', 'elsewhere', ['--constraint node.hostname==n2']),
    entry('slow', 'slow'),
    entry('job-done', 'ends', ['--mode replicated-job'], { replicas: 3 }),
    entry('job-failed', 'exits', ['--mode replicated-job', '--restart-condition none']),
    entry('global-job-done', 'ends', ['--mode global-job']),
    entry('global-job-failed', 'bad', ['--mode global-job', '--restart-condition none']),
    entry('everywhere', 'runs', ['--mode global']),
    entry('one-shot', 'ends', ['--restart-condition none']),
    entry('none-wanted', 'runs', [], { replicas: 0 }),
  ])
  const of = (name: string) => run.results.find((one) => one.name === name)
  expect(run.results).toHaveLength(14)
  for (const [name, cause, exitCode, line] of [
    ['exits', /ended 5 times in a row.*failed with exit code 3/, 3, 'no database here'],
    ['crashes', /ended 5 times in a row.*failed with exit code 1/, 1, 'lost the database'],
    ['sick', /failed its health check/, 143, undefined],
    ['job-failed', /failed with exit code 3, and its restart policy is none/, 3, 'no database here'],
    ['global-job-failed', /failed with exit code 7/, 7, 'v2 is broken'],
    ['ends', /ended 5 times in a row, the last one ended with exit code 0/, 0, undefined],
  ] as const) {
    expect(of(name)).toMatchObject({
      name,
      outcome: 'failed',
      cause: expect.stringMatching(cause),
      failedTask: { node: expect.stringMatching(/^n[12]$/), exitCode, ...(line && { logs: [line] }) },
    })
    if (line !== undefined) expect(run.log).toContain(line)
  }
  expect(of('unschedulable')).toMatchObject({
    outcome: 'failed',
    cause: expect.stringMatching(/no node can take it: no suitable node \(insufficient resources on 2 nodes\)/),
  })
  expect(of('unpullable')).toMatchObject({
    outcome: 'failed',
    cause: expect.stringMatching(/was rejected: No such image: .*elsewhere/),
    failedTask: { node: 'n2' },
  })
  for (const name of ['job-done', 'global-job-done', 'everywhere', 'one-shot', 'none-wanted', 'slow']) {
    expect(of(name)).toMatchObject({ name, outcome: 'created' })
    expect(of(name)?.cause).toBeUndefined()
  }
})

test('a service that is as asked and cannot pull says whose credential its nodes have', async () => {
  const swarm = new MemorySwarm({ images: { ...IMAGES, [image('private')]: { pullFailsOn: { n1: 0.1 } } } })
  swarm.create({
    Name: 'web',
    Mode: { Replicated: { Replicas: 1 } },
    TaskTemplate: { ContainerSpec: { Image: pin(image('private')) }, RestartPolicy: { Delay: 300e6 } },
  } as ServiceSpec)
  const account = { registry: 'hub.test', username: 'alice', password: 'alice-of-today' }
  const run = await deploy(swarm, { web: image('private') }, account)
  expect(run.results).toMatchObject([{ action: 'unchanged', outcome: 'failed' }])
  expect(run.results[0]?.cause).toMatch(
    /No such image.*; it is as asked and nothing was sent to it, .* stored before: `mode: refresh-auth` stores that of/,
  )
  expect((await deploy(swarm, { web: image('private') })).results[0]?.cause).not.toContain('refresh-auth')
})

test.each(['none', 'on-failure'])(
  'an update of a one-shot is done when its task is, with the condition %s',
  async (on) => {
    const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
    await deploy(swarm, [entry('once', 'ends', [`--restart-condition ${on}`])])
    // Swarm pauses the update, for the task has ended within its window.
    for (const [tag, outcome] of [
      ['ends-too', 'updated'],
      // It is written once more, so that Swarm forgets the pause. No task runs again.
      ['ends-too', 'updated'],
      ['ends-too', 'unchanged'],
      ['ends', 'updated'],
    ] as const) {
      const run = await deploy(swarm, { once: image(tag) }, { 'on-failure': 'rollback' })
      expect({ tag, results: run.results }).toMatchObject({ tag, results: [{ outcome }] })
    }
    expect((await deploy(swarm, { once: image('bad') })).results).toMatchObject([{ outcome: 'failed' }])
  },
)

describe('an update', () => {
  async function swarmWith(FailureAction: 'pause' | 'rollback' | 'continue', mode: ServiceSpec['Mode'] = {}) {
    const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
    swarm.create({
      Name: 'web',
      Mode: { Replicated: { Replicas: 1 } },
      ...(mode.Global && { Mode: mode }),
      TaskTemplate: {
        ContainerSpec: { Image: pin(image('runs')) },
        RestartPolicy: { Condition: 'any', Delay: 300e6 },
      },
      UpdateConfig: { Parallelism: 1, Monitor: 2e9, FailureAction },
    } as ServiceSpec)
    await pass(5)
    return swarm
  }

  test('that Swarm pauses is red with the reason that it gave, and the next deploy takes it up again', async () => {
    const swarm = await swarmWith('pause')
    const run = await deploy(swarm, { web: image('bad') })
    expect(run.results).toMatchObject([
      {
        outcome: 'failed',
        cause: expect.stringMatching(/Swarm paused the update: .*task \w+.*failed with exit code 7/),
        failedTask: { logs: ['v2 is broken'] },
      },
    ])
    const next = await deploy(swarm, { web: image('runs-too') })
    expect(next.results).toMatchObject([{ outcome: 'updated' }])
  })

  test('that Swarm itself rolls back is red with the reason that Swarm gave first', async () => {
    const swarm = await swarmWith('rollback')
    const run = await deploy(swarm, { web: image('bad') })
    expect(run.results).toMatchObject([
      {
        outcome: 'rolled-back',
        cause: expect.stringMatching(/Swarm rolled it back: .*failed with exit code 7/),
        failedTask: { logs: ['v2 is broken'] },
      },
    ])
    expect(swarm.running('web')).toEqual([pin(image('runs'))])
  })

  test.each(['rollback', 'pause'] as const)(
    'that somebody rolls back meanwhile is theirs, whatever Swarm does by itself: %s',
    async (failureAction) => {
      const swarm = await swarmWith(failureAction)
      setTimeout(() => swarm.rollBack('web'), 1000)
      const run = await deploy(swarm, { web: image('slow') }, { 'on-failure': 'rollback' })
      expect(run.results).toMatchObject([
        { outcome: 'superseded', cause: 'someone else rolled it back during this deploy' },
      ])
      expect(run.log).toContain('web was rolled back by someone else during this deploy')
      // Nothing is written over theirs, of which Swarm remembers that it was a rollback.
      await pass(10)
      expect(swarm.service('web')?.UpdateStatus?.State).toBe('rollback_completed')
      expect(swarm.running('web')).toEqual([pin(image('runs'))])
    },
  )

  test('with failure action continue hides no crash loop', async () => {
    const run = await deploy(await swarmWith('continue'), { web: image('bad') })
    expect(run.results).toMatchObject([
      { outcome: 'failed', cause: expect.stringContaining('failed with exit code 7') },
    ])
  })

  test('with failure action continue says what ended before it was up', async () => {
    const swarm = await swarmWith('continue')
    swarm.store.onChange(() => {
      if (swarm.tasks('web').some(({ Status }) => Status.State === 'failed')) swarm.images.set(image('bad'), {})
    })
    const { results } = await deploy(swarm, { web: image('bad') })
    expect(results).toMatchObject([
      { outcome: 'updated', note: 'one of its tasks ended before it was up (it failed with exit code 7)' },
    ])
  })

  test('for which no node has room is red, although Swarm would wait for ever', async () => {
    const swarm = await swarmWith('pause')
    await deploy(swarm, [entry('large', 'runs', ['--mode global', MOST])])
    const run = await deploy(swarm, [{ name: 'web', 'update-args': [MOST] }])
    expect(run.results).toMatchObject([{ outcome: 'failed', cause: expect.stringContaining('no suitable node') }])
  })

  test('for which no node could ever have room changes nothing', async () => {
    const swarm = await swarmWith('pause')
    const run = await deploy(swarm, [{ name: 'web', 'update-args': ['--reserve-memory 900G'] }])
    expect(run).toMatchObject({
      results: [],
      problems: [
        'service web: no node that may run it has room for its task (its reservation of memory): it would wait for ever. Ask for less, or add nodes that have it',
      ],
    })
    expect(swarm.running('web')).toEqual([pin(image('runs'))])
  })

  test('of a global service is on every node', async () => {
    const run = await deploy(await swarmWith('pause', { Global: {} }), { web: image('runs-too') })
    expect(run.results).toMatchObject([{ outcome: 'updated', nodes: 2, tasks: { running: 2, wanted: 2 } }])
  })
})

test('a service that does not settle in time is timed out, and the cause says how far it came', async () => {
  const swarm = new MemorySwarm({ images: IMAGES })
  const run = await deploy(swarm, [entry('web', 'too-slow', ['--health-cmd true', '--health-interval 20m'])], {
    timeout: '8s',
  })
  expect(run.results).toMatchObject([
    {
      outcome: 'timed-out',
      cause: expect.stringMatching(
        /0\/1 task running; its task is starting on node n1 since \d+ s: its health check has not passed yet; its interval is 20 m$/,
      ),
      failedTask: { node: 'n1' },
    },
  ])
})

test('a global service whose image some of its nodes cannot run is refused, with the constraint that keeps it from there', async () => {
  const arm = { Architecture: 'aarch64', OS: 'linux' }
  const swarm = new MemorySwarm({ nodes: [{}, { platform: arm }, { platform: arm }], images: IMAGES })
  const { problems } = await deploy(swarm, [
    entry('everywhere', 'runs', ['--mode global']),
    entry('job', 'ends', ['--mode global-job']),
    entry('kept-off', 'runs', ['--mode global', '--constraint node.platform.arch!=aarch64']),
    entry('anywhere', 'runs'),
  ])
  const why = (name: string) =>
    `service ${name}: its image is built for linux/amd64, and a global service is to run on n2 (linux/arm64) and n3 (linux/arm64) too: its task would wait there for ever. Build it for that platform as well, or write the constraint node.platform.arch!=aarch64`
  expect(problems).toEqual([why('everywhere'), why('job')])
})

test('a limit of more CPUs than any node has is refused', async () => {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  const { problems } = await deploy(swarm, [
    entry('web', 'runs', ['--limit-cpu 4']),
    entry('job', 'ends', ['--mode replicated-job', '--limit-cpu 2.5']),
    entry('api', 'runs', ['--limit-cpu 2']),
  ])
  expect(problems).toEqual([
    'service web: its limit of 4 CPUs is more than any node has that may run it (2): docker rejects each task. Ask for less, or add nodes that have it',
    'service job: its limit of 2.5 CPUs is more than any node has that may run it (2): docker rejects each task. Ask for less, or add nodes that have it',
  ])
})

test('a crash looping service that is as asked is not called unchanged', async () => {
  const swarm = new MemorySwarm({ images: IMAGES })
  const services = [entry('web', 'exits')]
  await deploy(swarm, services)
  expect((await deploy(swarm, services)).results).toMatchObject([{ outcome: 'failed' }])
})

test('without a wait the run says that nobody looked', async () => {
  const run = await deploy(new MemorySwarm({ images: IMAGES }), [entry('web', 'runs')], { wait: 'false' })
  expect(run.results).toMatchObject([{ outcome: 'created' }])
  expect(run.log).toMatch(/^deployed: /m)
})

describe('a node that goes away while Swarm updates', () => {
  const swarmOf = async (spec: Partial<ServiceSpec>) => {
    const swarm = new MemorySwarm({ nodes: [{}, {}, {}], images: IMAGES })
    swarm.create({
      Name: 'web',
      Mode: { Global: {} },
      TaskTemplate: { ContainerSpec: { Image: pin(image('runs')) } },
      UpdateConfig: { Parallelism: 0, Monitor: 3e9 },
      ...spec,
    } as ServiceSpec)
    await pass(10)
    return swarm
  }
  const services = [{ name: 'web', image: image('slow') }]

  test.each([
    ['global', {}],
    ['replicated', { Mode: { Replicated: { Replicas: 3 } } }],
  ])('is not waited for: the tasks that are to run do (%s)', async (_, spec) => {
    const swarm = await swarmOf(spec)
    setTimeout(() => swarm.setNode('n3', { state: 'down' }), 5000)
    const { results, log } = await deploy(swarm, services, { timeout: '2m' })
    expect(results).toMatchObject([{ outcome: 'updated' }])
    expect(swarm.service('web')?.UpdateStatus?.State).toBe('updating')
    expect(log).not.toContain('timed-out')
  })

  test('nor is it for Swarm to forget the intermediate spec of a canary', async () => {
    const swarm = await swarmOf({ Mode: { Replicated: { Replicas: 3 } } })
    setTimeout(() => swarm.setNode('n3', { state: 'down' }), 22_000)
    const inputs = { timeout: '2m', strategy: 'canary', hold: '1s' }
    const { results, log } = await deploy(swarm, services, inputs)
    expect(results).toMatchObject([{ outcome: 'updated' }])
    expect(log).not.toContain('may be left')
    expect(swarm.service('web')?.PreviousSpec?.Labels).not.toHaveProperty([INTERIM_LABEL])
  })
})
