import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { lineOf } from '../../lab/log-lines.ts'
import type { ServiceSpec } from '../../src/docker/api.ts'
import type { Strike } from '../support/memory-swarm/faults.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

const ONE = pin('hub.test/acme/web:1')
const TWO = pin('hub.test/acme/web:2')
const SECOND = 1e9

const IMAGES = {
  'hub.test/acme/web:1': {},
  'hub.test/acme/web:2': {},
  'hub.test/acme/web:crashes': { ends: { afterSeconds: 0.2, exitCode: 3 }, prints: 'no database' },
  'hub.test/acme/web:not-on-n5': { pullFailsOn: { n5: 1 } },
  'hub.test/acme/web:never-up': { healthy: { afterSeconds: 1000 } },
  'hub.test/acme/slow:1': { healthy: { afterSeconds: 20 } },
  'hub.test/acme/job:1': { ends: { afterSeconds: 1, exitCode: 0 } },
  'hub.test/acme/job:2': { ends: { afterSeconds: 1, exitCode: 0 } },
  'hub.test/acme/job:long': { ends: { afterSeconds: 25, exitCode: 0 } },
  'hub.test/acme/job:fails': { ends: { afterSeconds: 1, exitCode: 4 } },
}

function spec(name: string, overrides: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    Name: name,
    Mode: { Replicated: { Replicas: 1 } },
    TaskTemplate: { ContainerSpec: { Image: ONE }, RestartPolicy: { Condition: 'any' } },
    UpdateConfig: { Parallelism: 1, Monitor: SECOND },
    ...overrides,
  } as ServiceSpec
}

/** Four tasks, one after another with ten seconds in between. */
const SLOW: Partial<ServiceSpec> = {
  Mode: { Replicated: { Replicas: 5 } },
  UpdateConfig: { Parallelism: 1, Delay: 10 * SECOND, Monitor: SECOND },
}

async function swarmOf(...specs: readonly ServiceSpec[]): Promise<MemorySwarm> {
  const swarm = new MemorySwarm({ images: IMAGES })
  for (const one of specs) swarm.create(one)
  await pass(10)
  return swarm
}

beforeEach(stopTime)
afterEach(letTimeRun)

test.each([
  ['delay', { Parallelism: 1, Delay: 300 * SECOND, Monitor: SECOND }],
  ['monitor', { Parallelism: 1, Monitor: 300 * SECOND }],
])("what ran before runs again, though Swarm's own %s is longer than the way back", async (what, UpdateConfig) => {
  const swarm = await swarmOf(spec('web', { Mode: { Replicated: { Replicas: 2 } }, UpdateConfig }))
  const { results } = await runAction(swarm, { services: 'web: hub.test/acme/web:2', timeout: '20s' })
  expect(results).toMatchObject([{ outcome: 'rolled-back', tasks: { running: 2, wanted: 2 } }])
  expect(results[0]?.cause).toMatch(new RegExp(`\\(its update ${what}\\); what ran before runs again$`))
  expect(swarm.running('web')).toEqual([ONE, ONE])
})

test("where what Swarm itself goes back to fails as well, the task that shows why is the new version's", async () => {
  const policy = { Parallelism: 1, Monitor: SECOND, FailureAction: 'rollback' as const }
  const swarm = await swarmOf(spec('web', { UpdateConfig: policy }))
  swarm.images.set('hub.test/acme/web:1', { ends: { afterSeconds: 0.2, exitCode: 8 }, prints: 'no disk' })
  const { results } = await runAction(swarm, { services: 'web: hub.test/acme/web:crashes' })
  expect(results).toMatchObject([{ outcome: 'failed', failedTask: { exitCode: 3, logs: ['no database'] } }])
  expect(results[0]?.cause).toMatch(/exit code 3; the way back failed too: .*exit code 8/)
})

describe("no node can take what Swarm's own rollback goes back to", () => {
  const run = async (replicas: number) => {
    const swarm = await swarmOf()
    const { TaskTemplate } = spec('web')
    const Placement = { Constraints: ['node.labels.disk==ssd'] }
    swarm.setNode('n1', { labels: { disk: 'ssd' } })
    swarm.create(
      spec('web', {
        Mode: { Replicated: { Replicas: replicas } },
        UpdateConfig: { Parallelism: 1, Monitor: 8 * SECOND, FailureAction: 'rollback' },
        TaskTemplate: { ...TaskTemplate, Placement },
      }),
    )
    await pass(10)
    swarm.images.set('hub.test/acme/web:2', { ends: { afterSeconds: 4, exitCode: 3 } })
    setTimeout(() => swarm.setNode('n1', { labels: {} }), 3000)
    return runAction(swarm, { services: 'web: hub.test/acme/web:2' })
  }

  test('it is not waited for until the time of the way back is over', async () => {
    const { results, seconds } = await run(2)
    expect(results[0]?.cause).toMatch(
      /^Swarm rolled it back: .*exit code 3; the way back failed too: no node can take it/,
    )
    expect(seconds).toBeLessThan(120)
  })

  test('why it has gone back is told first', async () => {
    const { results } = await run(1)
    expect(results[0]?.cause).toMatch(
      /^Swarm rolled it back: the update failed; what it went back to does not come up: no node can take it: no suitable/,
    )
  })
})

test('what somebody makes of a service that goes back is told by its last word', async () => {
  const swarm = await swarmOf(spec('web'))
  swarm.faults.add({
    at: /^POST .*\/update$/,
    from: 2,
    when: 'after',
    fault: { kind: 'meanwhile', act: () => swarm.rollBack('web') },
  })
  const { results, log } = await runAction(swarm, { services: 'web: hub.test/acme/web:crashes' }, { tells: true })
  expect(results).toMatchObject([{ outcome: 'superseded' }])
  expect(log).toContain('web was rolled back by someone else during this deploy')
})

describe('one service fails at once, and another takes 40 s', () => {
  const services = 'a: hub.test/acme/web:2\nbad: hub.test/acme/web:crashes\nslow: hub.test/acme/web:2'
  const swarmOfThree = () => swarmOf(spec('a'), spec('bad'), spec('slow', SLOW))

  test('all go back as soon as that is certain, and say because of which', async () => {
    const swarm = await swarmOfThree()
    const { results, seconds, log } = await runAction(swarm, { services })
    expect(seconds).toBeLessThan(20)
    expect(results).toMatchObject([
      { name: 'a', outcome: 'rolled-back', cause: 'restored because of bad; what ran before runs again' },
      { name: 'bad', outcome: 'rolled-back', failedTask: { exitCode: 3, logs: ['no database'] } },
      { name: 'slow', outcome: 'rolled-back', cause: 'restored because of bad; what ran before runs again' },
    ])
    expect(results[1]?.cause).toMatch(/exit code 3.*what ran before runs again$/)
    for (const name of ['a', 'bad', 'slow']) expect(new Set(swarm.running(name))).toEqual(new Set([ONE]))
    expect(swarm.running('slow')).toHaveLength(5)
    expect(log).toMatch(lineOf('slow', 'not waited for any more, because bad failed'))
    expect(log.match(/^== .*/gm)).toEqual([
      '== Log in',
      '== Check images, flags and platforms',
      '== Deploy',
      '== Watch',
      '== Roll back',
    ])
  })

  test.each(['keep', 'pause'])('with on-failure: %s the others come up first', async (onFailure) => {
    const swarm = await swarmOfThree()
    const { results } = await runAction(swarm, { services, 'on-failure': onFailure })
    expect(results.map(({ outcome }) => outcome)).toEqual(['updated', 'failed', 'updated'])
    expect(swarm.running('slow')).toEqual([TWO, TWO, TWO, TWO, TWO])
  })

  test("Swarm's own rollback is certain when it begins, and the failed service is left to it until its end", async () => {
    const bad = spec('bad', {
      UpdateConfig: { Parallelism: 1, Monitor: SECOND, FailureAction: 'rollback' },
      // Longer than any single call may take.
      RollbackConfig: { Parallelism: 1, Monitor: 90 * SECOND },
    })
    const swarm = await swarmOf(spec('a'), bad, spec('slow', SLOW))
    const { results, log } = await runAction(swarm, { services })
    expect(results.map(({ outcome }) => outcome)).toEqual(['rolled-back', 'rolled-back', 'rolled-back'])
    expect(results[1]?.cause).toMatch(/^Swarm rolled it back: .*what ran before runs again$/)
    expect(log.search(lineOf('slow', 'sent back'))).toBeLessThan(log.search(lineOf('bad', 'sent back')))
    expect(swarm.running('bad')).toEqual([ONE])
  })
})

test('what has not been sent when one fails is not sent, and is watched by nobody', async () => {
  const swarm = await swarmOf(spec('bad'), spec('b'), spec('c'))
  swarm.faults.add({
    fault: { kind: 'stall', seconds: 20 },
    at: new RegExp(`POST /services/${swarm.service('b')?.ID}/`),
  })
  const services = 'bad: hub.test/acme/web:crashes\nb: hub.test/acme/web:2\nc: hub.test/acme/web:2'
  const { results } = await runAction(swarm, { services, 'max-parallel': '1' })
  expect(results).toMatchObject([
    { name: 'bad', outcome: 'rolled-back' },
    { name: 'b' },
    { name: 'c', outcome: 'skipped', cause: 'not sent, because bad failed' },
  ])
  for (const name of ['bad', 'b', 'c']) expect(swarm.running(name)).toEqual([ONE])
})

test('a service that the swarm refuses ends the others too', async () => {
  const swarm = await swarmOf(spec('a'), spec('slow', SLOW))
  swarm.faults.add({
    fault: { kind: 'error', status: 400, message: 'invalid spec' },
    at: new RegExp(`POST /services/${swarm.service('a')?.ID}/update`),
    times: 10,
  })
  const { results, seconds } = await runAction(swarm, { services: 'a: hub.test/acme/web:2\nslow: hub.test/acme/web:2' })
  expect(seconds).toBeLessThan(25)
  expect(results).toMatchObject([
    { outcome: 'failed', cause: expect.stringContaining('invalid spec') },
    { outcome: 'rolled-back', cause: 'restored because of a; what ran before runs again' },
  ])
})

test('after a deploy that changed nothing, the way back still leads to what ran', async () => {
  const swarm = await swarmOf(spec('web'))
  await runAction(swarm, { services: 'web: hub.test/acme/web:2' })
  // What any other tool does on a redeploy: the previous spec becomes the same as the present one.
  swarm.update('web', (now) => now)
  const { results } = await runAction(swarm, { services: 'web: hub.test/acme/web:crashes' })
  expect(results).toMatchObject([{ outcome: 'rolled-back', image: { before: TWO, after: TWO } }])
  expect(swarm.running('web')).toEqual([TWO])
})

test('a way back that fails is red with both causes', async () => {
  const swarm = await swarmOf(spec('bad'))
  // By the time that it goes back, neither a registry nor a node has the old image any more.
  const gone = () => {
    swarm.images.set('hub.test/acme/web:1', { missing: true })
    for (const { images } of swarm.store.nodes.values()) images.clear()
  }
  setTimeout(gone, 1000)
  swarm.images.set('hub.test/acme/web:crashes', { ends: { afterSeconds: 3, exitCode: 3 } })
  const { results } = await runAction(swarm, { services: 'bad: hub.test/acme/web:crashes', monitor: '5s' })
  expect(results).toMatchObject([
    { outcome: 'failed', cause: expect.stringMatching(/exit code 3.*the way back failed too: .*No such image/) },
  ])
})

describe('what passes does not end a way back', () => {
  const ELECTION = { kind: 'election', as: 'lost-leader' } as const
  const update = /^POST \/services\/\w+\/update/
  const oneService = /^GET \/services\/\w+$/

  test.each<[string, Strike]>([
    ['a connection that breaks when the spec is sent', { at: update, from: 2, fault: { kind: 'connection-lost' } }],
    ['an answer that is lost when the spec is sent', { at: update, from: 2, fault: { kind: 'answer-lost' } }],
    ['an election when the spec is sent', { at: update, from: 2, fault: { ...ELECTION, done: true } }],
    ['a connection that breaks at a look', { at: oneService, from: 3, times: 3, fault: { kind: 'connection-lost' } }],
    ['an election at a look', { at: oneService, from: 3, fault: ELECTION }],
    [
      'answers that are lost while it is watched',
      { at: /^GET \/tasks$/, from: 8, times: 4, fault: { kind: 'answer-lost' } },
    ],
  ])('%s', async (_, strike) => {
    const swarm = await swarmOf(spec('bad'))
    swarm.faults.add(strike)
    const { results } = await runAction(swarm, { services: 'bad: hub.test/acme/web:crashes' })
    expect(results).toMatchObject([
      { outcome: 'rolled-back', cause: expect.stringMatching(/exit code 3.*what ran before runs again$/) },
    ])
    expect(swarm.running('bad')).toEqual([ONE])
  })
})

test('what the swarm refuses of the spec from before is told in its words, and not as a call that failed', async () => {
  const swarm = await swarmOf(spec('bad'))
  const message = 'rpc error: code = InvalidArgument desc = secret not found: db'
  swarm.faults.add({ at: /^POST \/services\/\w+\/update/, from: 2, fault: { kind: 'error', status: 400, message } })
  const { results } = await runAction(swarm, { services: 'bad: hub.test/acme/web:crashes' })
  expect(results[0]?.cause).toMatch(
    new RegExp(`exit code 3; the way back failed too: docker refused what was there before: ${message}$`),
  )
})

test.each([
  ['on its way back', 2000, 'during this deploy'],
  ['after that', 12_000, 'after it had come up'],
])('what somebody rolls back %s is theirs, with the image that they gave it', async (_, afterMs, when) => {
  const before = { TaskTemplate: { ContainerSpec: { Image: pin('hub.test/acme/slow:1') } } }
  const swarm = await swarmOf(spec('web'), spec('bad', before))
  await pass(20)
  setTimeout(() => swarm.rollBack('web'), afterMs)
  const { results } = await runAction(swarm, { services: 'bad: hub.test/acme/web:crashes\nweb: hub.test/acme/web:2' })
  expect(results).toMatchObject([
    { outcome: 'rolled-back' },
    {
      outcome: 'superseded',
      cause: `restored because of bad; someone else rolled it back ${when}`,
      image: { after: TWO },
    },
  ])
})

test('a way back that Swarm pauses is done all the same when its task comes up after that', async () => {
  const RestartPolicy = { Condition: 'any' as const, Delay: 3 * SECOND }
  const swarm = await swarmOf(spec('web', { TaskTemplate: { ContainerSpec: { Image: ONE }, RestartPolicy } }))
  swarm.images.set('hub.test/acme/web:1', { rejected: 'no space left on device' })
  setTimeout(() => swarm.images.set('hub.test/acme/web:1', {}), 4000)
  const { results } = await runAction(swarm, { services: 'web: hub.test/acme/web:crashes' })
  expect(swarm.service('web')?.UpdateStatus?.State).toBe('paused')
  expect(results).toMatchObject([{ outcome: 'rolled-back', wayBack: 'done', tasks: { running: 1, wanted: 1 } }])
  expect(swarm.running('web')).toEqual([ONE])
})

describe('a way back that Swarm pauses before it has come to all tasks', () => {
  const RestartPolicy = { Condition: 'any' as const, Delay: 3 * SECOND }
  const six = spec('web', {
    Mode: { Replicated: { Replicas: 6 } },
    TaskTemplate: { ContainerSpec: { Image: ONE }, RestartPolicy },
  })
  /** The new version comes up in some slots, and the first task of the old one is rejected. */
  async function goesBack(untilSeconds: number) {
    const swarm = new MemorySwarm({ nodes: [{}, {}, {}, {}, {}, {}], images: IMAGES })
    swarm.create(six)
    await pass(10)
    swarm.images.set('hub.test/acme/web:1', { rejected: 'no space left on device' })
    setTimeout(() => swarm.images.set('hub.test/acme/web:1', {}), untilSeconds * 1000)
    const run = await runAction(swarm, { services: 'web: hub.test/acme/web:not-on-n5' }, { tells: true })
    return { swarm, run }
  }

  test('is told to go on when the task of that slot has come up', async () => {
    const { swarm, run } = await goesBack(6)
    expect(run.log).toContain('web: Swarm has paused because of a task whose successor runs: it is told to go on')
    expect(run.results).toMatchObject([{ outcome: 'rolled-back', wayBack: 'done', tasks: { running: 6, wanted: 6 } }])
    expect(swarm.running('web')).toEqual(Array(6).fill(ONE))
  })

  test('takes no more of what runs where that does not come up either', async () => {
    const { swarm, run } = await goesBack(600)
    expect(run.results).toMatchObject([{ outcome: 'failed', wayBack: 'failed' }])
    expect(run.results[0]?.cause).toMatch(
      /the way back failed too: its task was rejected: no space left on device \(rej/,
    )
    expect(swarm.running('web')).toHaveLength(4)
  })
})

describe('a way back of which a task fails, by a policy that has Swarm roll back,', () => {
  /** The old version is rejected for some seconds when it comes back. */
  async function goesBack(seconds: number) {
    const swarm = await swarmOf(
      spec('web', {
        Mode: { Replicated: { Replicas: 3 } },
        TaskTemplate: {
          ContainerSpec: { Image: ONE, Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 1000 * SECOND } },
          RestartPolicy: { Condition: 'any', Delay: 3 * SECOND },
        },
        UpdateConfig: { Parallelism: 1, Monitor: SECOND, FailureAction: 'rollback' },
      }),
    )
    setTimeout(() => swarm.images.set('hub.test/acme/web:1', { rejected: 'no space left on device' }), 10_000)
    setTimeout(() => swarm.images.set('hub.test/acme/web:1', {}), (20 + seconds) * 1000)
    const { results } = await runAction(swarm, { services: 'web: hub.test/acme/web:never-up', timeout: '20s' })
    return { swarm, results }
  }

  test.each([6, 12])('goes on to what ran before, though tasks are rejected for %d s', async (seconds) => {
    const { swarm, results } = await goesBack(seconds)
    expect(results).toMatchObject([{ outcome: 'rolled-back', wayBack: 'done', tasks: { running: 3, wanted: 3 } }])
    expect(swarm.running('web')).toEqual([ONE, ONE, ONE])
  })

  test('does not lead to the version that failed, also where it fails itself', async () => {
    const { swarm, results } = await goesBack(600)
    expect(results).toMatchObject([{ outcome: 'failed', wayBack: 'failed', image: { after: ONE } }])
    expect(results[0]?.cause).toMatch(/the way back failed too: its task was rejected: no space left on device/)
    expect(swarm.service('web')?.Spec.TaskTemplate.ContainerSpec?.Image).toBe(ONE)
  })
})

describe('what has come back, or stands, is looked at once more when the last one is back', () => {
  const endsLater = { ends: { afterSeconds: 8, exitCode: 6 }, prints: 'out of handles' }
  /** The way back of `bad` takes 20 s; the one of `web` no time, and then its task ends. */
  async function swarmWhereOneFallsAgain(Condition: 'none' | 'any') {
    const swarm = await swarmOf(
      spec('bad', { TaskTemplate: { ContainerSpec: { Image: pin('hub.test/acme/slow:1') } } }),
    )
    const RestartPolicy = { Condition, Delay: SECOND }
    swarm.create(spec('web', { TaskTemplate: { ContainerSpec: { Image: ONE }, RestartPolicy } }))
    await pass(20)
    swarm.images.set('hub.test/acme/web:1', endsLater)
    return swarm
  }
  const services = 'bad: hub.test/acme/web:crashes\nweb: hub.test/acme/web:2'

  test('one that has fallen for good is told as that', async () => {
    const swarm = await swarmWhereOneFallsAgain('none')
    const { results } = await runAction(swarm, { services })
    expect(results).toMatchObject([
      { outcome: 'rolled-back' },
      { outcome: 'failed', wayBack: 'failed', failedTask: { exitCode: 6, logs: ['out of handles'] } },
    ])
    expect(results[1]?.cause).toMatch(
      /^restored because of bad; the way back failed too: its task failed with exit code 6, and its restart policy is none/,
    )
  })

  test('one that comes up again is waited for', async () => {
    const swarm = await swarmWhereOneFallsAgain('any')
    const { results } = await runAction(swarm, { services })
    expect(results).toMatchObject([
      { outcome: 'rolled-back' },
      { outcome: 'rolled-back', wayBack: 'done', tasks: { running: 1 } },
    ])
    expect(swarm.running('web')).toEqual([ONE])
  })

  test('one that stays though another goes back is not called up while it is down', async () => {
    const swarm = await swarmWhereOneFallsAgain('none')
    swarm.images.set('hub.test/acme/web:2', endsLater)
    const { results } = await runAction(swarm, { services, 'on-failure': 'rollback-failed' })
    expect(results).toMatchObject([
      { outcome: 'rolled-back' },
      { outcome: 'failed', cause: expect.stringMatching(/^its task failed with exit code 6, and its restart policy/) },
    ])
  })
})

describe('a job', () => {
  const replicatedJob = { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } }
  const globalJob = { GlobalJob: {} }
  const job = (Mode: ServiceSpec['Mode']): ServiceSpec => {
    const { UpdateConfig: _none, ...rest } = spec('migrate', { Mode })
    const ContainerSpec = { Image: pin('hub.test/acme/job:1') }
    return { ...rest, TaskTemplate: { ContainerSpec, RestartPolicy: { Condition: 'none' } } }
  }
  const iteration = (swarm: MemorySwarm) => swarm.service('migrate')?.JobStatus?.JobIteration.Index
  const imageOf = (swarm: MemorySwarm) => swarm.service('migrate')?.Spec.TaskTemplate.ContainerSpec?.Image
  const STAYS = 'a way back would run the old job again: its new spec stays'

  test.each([
    ['replicated', replicatedJob],
    ['global', globalJob],
  ])('%s, that has completed is not run again when another service fails', async (_, mode) => {
    const swarm = await swarmOf(job(mode), spec('bad'))
    const before = iteration(swarm) ?? 0
    // It runs for five seconds before it crashes: by then the job has completed.
    swarm.images.set('hub.test/acme/web:crashes', { ends: { afterSeconds: 5, exitCode: 3 } })
    swarm.update('bad', (one) => ({ ...one, UpdateConfig: { Parallelism: 1, Monitor: 8 * SECOND } }))
    const services = 'migrate: hub.test/acme/job:2\nbad: hub.test/acme/web:crashes'
    const { results } = await runAction(swarm, { services })
    expect(results).toMatchObject([
      { name: 'migrate', outcome: 'updated', note: STAYS },
      { name: 'bad', outcome: 'rolled-back' },
    ])
    expect(iteration(swarm)).toBe(before + 1)
    expect(imageOf(swarm)).toBe(pin('hub.test/acme/job:2'))
  })

  test('that somebody removes after it has run, and before all have gone back, is theirs', async () => {
    const swarm = await swarmOf(job(replicatedJob), spec('bad'))
    swarm.images.set('hub.test/acme/web:crashes', { ends: { afterSeconds: 5, exitCode: 3 } })
    swarm.update('bad', (one) => ({ ...one, UpdateConfig: { Parallelism: 1, Monitor: 8 * SECOND } }))
    setTimeout(() => swarm.remove('migrate'), 4000)
    const services = 'migrate: hub.test/acme/job:2\nbad: hub.test/acme/web:crashes'
    const { results } = await runAction(swarm, { services })
    expect(results).toMatchObject([
      { name: 'migrate', outcome: 'superseded', cause: expect.stringContaining('someone else removed it') },
      { name: 'bad', outcome: 'rolled-back' },
    ])
  })

  test('that fails itself is not run again', async () => {
    const swarm = await swarmOf(job(replicatedJob), spec('web'))
    const services = 'migrate: hub.test/acme/job:fails\nweb: hub.test/acme/web:2'
    const { results } = await runAction(swarm, { services })
    expect(results).toMatchObject([
      { name: 'migrate', outcome: 'failed', cause: expect.stringMatching(new RegExp(`exit code 4.*; ${STAYS}`)) },
      { name: 'web', outcome: 'rolled-back', cause: 'restored because of migrate; what ran before runs again' },
    ])
    expect(iteration(swarm)).toBe(1)
  })

  test('that is still running when another fails goes on, and gets its verdict', async () => {
    const swarm = await swarmOf(job(replicatedJob), spec('bad'))
    const services = 'migrate: hub.test/acme/job:long\nbad: hub.test/acme/web:crashes'
    const { results, seconds } = await runAction(swarm, { services })
    expect(results).toMatchObject([
      { name: 'migrate', outcome: 'updated', note: STAYS, tasks: { running: 1, wanted: 1 } },
      { name: 'bad', outcome: 'rolled-back' },
    ])
    expect(seconds).toBeGreaterThan(25)
    expect(iteration(swarm)).toBe(1)
  })

  test('that the run has made is removed', async () => {
    const swarm = await swarmOf(spec('bad'))
    const made = { name: 'migrate', image: 'hub.test/acme/job:1', create: true, 'create-args': '--mode replicated-job' }
    const services = JSON.stringify([made, { name: 'bad', image: 'hub.test/acme/web:crashes' }])
    const { results } = await runAction(swarm, { services })
    expect(results).toMatchObject([{ outcome: 'rolled-back', cause: expect.stringContaining('removed again') }, {}])
    expect(swarm.services).toEqual(['bad'])
  })
})

describe('on-failure: rollback-failed takes back what failed, and nothing else', () => {
  const inputs = { 'on-failure': 'rollback-failed' }

  test.each(['rolling', 'recreate', 'canary'])('of independent services, with strategy %s', async (strategy) => {
    const two: Partial<ServiceSpec> = { Mode: { Replicated: { Replicas: 2 } } }
    const swarm = await swarmOf(spec('a', two), spec('bad', two), spec('slow', SLOW))
    const services = 'a: hub.test/acme/web:2\nbad: hub.test/acme/web:crashes\nslow: hub.test/acme/web:2'
    const { results } = await runAction(swarm, { services, strategy, ...inputs })
    expect(results).toMatchObject([
      { name: 'a', outcome: 'updated' },
      { name: 'bad', outcome: 'rolled-back', cause: expect.stringMatching(/exit code 3.*what ran before runs again$/) },
      { name: 'slow', outcome: 'updated' },
    ])
    expect(['a', 'bad', 'slow'].map((name) => new Set(swarm.running(name)))).toEqual([
      new Set([TWO]),
      new Set([ONE]),
      new Set([TWO]),
    ])
  })

  test('the traffic of a blue-green service moves though another has failed', async () => {
    const swarm = await swarmOf(spec('web', { Labels: { 'traefik.enable': 'true' } }), spec('bad'))
    const services = JSON.stringify([
      { name: 'web', image: 'hub.test/acme/web:2', strategy: 'blue-green', 'keep-old': '1s' },
      { name: 'bad', image: 'hub.test/acme/web:crashes' },
    ])
    const { results } = await runAction(swarm, { services, ...inputs })
    expect(results).toMatchObject([
      { name: 'web', outcome: 'updated', live: 'web-blue' },
      { name: 'bad', outcome: 'rolled-back' },
    ])
    expect(swarm.service('web-blue')?.Spec.Labels?.['traefik.enable']).toBe('true')
    expect(swarm.service('web')).toBeUndefined()
    expect(swarm.running('bad')).toEqual([ONE])
  })

  test('one that was made goes again, and one that was made beside it stays', async () => {
    const swarm = await swarmOf()
    const services = JSON.stringify([
      { name: 'good', image: 'hub.test/acme/web:2', create: true },
      { name: 'bad', image: 'hub.test/acme/web:crashes', create: true },
    ])
    const { results } = await runAction(swarm, { services, ...inputs })
    expect(results).toMatchObject([
      { name: 'good', outcome: 'created' },
      { name: 'bad', outcome: 'rolled-back' },
    ])
    expect([...swarm.services]).toEqual(['good'])
  })

  test('in a stack what needs the failed one goes back with it', async () => {
    const swarm = await swarmOf()
    const compose = (api: string, tag: string) =>
      [
        'services:',
        `  api: {image: "hub.test/acme/web:${api}"}`,
        `  web: {image: "hub.test/acme/web:${tag}", depends_on: [api]}`,
        `  site: {image: "hub.test/acme/web:${tag}"}`,
      ].join('\n')
    await runAction(swarm, { stack: 'shop' }, { compose: compose('1', '1') })
    const { results } = await runAction(swarm, { stack: 'shop', ...inputs }, { compose: compose('crashes', '2') })
    expect(results).toMatchObject([
      { name: 'shop_api', outcome: 'rolled-back' },
      { name: 'shop_web', outcome: 'rolled-back', cause: expect.stringContaining('restored because of shop_api') },
      { name: 'shop_site', outcome: 'updated' },
    ])
    expect(swarm.running('shop_site')).toEqual([TWO])
    expect([swarm.running('shop_api'), swarm.running('shop_web')]).toEqual([[ONE], [ONE]])
  })
})
