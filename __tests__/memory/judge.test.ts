import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { remedyOf } from '../../src/report/remedies.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { type Image, pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { cancel, runAction } from '../support/memory-swarm/run.ts'

const APP = 'hub.test/acme/app:1'

function swarmWith(image: Image, nodes = 1): MemorySwarm {
  return new MemorySwarm({ images: { [APP]: image }, nodes: Array.from({ length: nodes }, () => ({})) })
}

const create = (swarm: MemorySwarm, entry: object = {}, inputs: Readonly<Record<string, string>> = {}) =>
  runAction(swarm, {
    services: JSON.stringify([{ name: 'app', image: APP, create: true, ...entry }]),
    'on-failure': 'keep',
    ...inputs,
  })

beforeEach(stopTime)
afterEach(letTimeRun)

describe('a task that is rejected', () => {
  const GONE = { rejected: `No such image: ${APP}` }

  test.each([[1], [3]])('for 7 s only is waited for, on %d nodes', async (nodes) => {
    const swarm = swarmWith(GONE, nodes)
    setTimeout(() => swarm.images.set(APP, {}), 7_000)
    const run = await create(swarm, { replicas: nodes })
    expect(run.results).toMatchObject([{ outcome: 'created', tasks: { running: nodes } }])
    expect(run.seconds).toBeGreaterThan(10)
  })

  test('is red when it is so in three turns, each after the delay of the policy', async () => {
    const run = await create(swarmWith(GONE))
    expect(run.results).toMatchObject([
      {
        outcome: 'failed',
        cause: `its task was rejected: ${GONE.rejected} (rejected 3 times, with the restart delay of 5 s between)`,
        failedTask: { ending: `was rejected: ${GONE.rejected}` },
      },
    ])
    expect(run.seconds).toBeGreaterThanOrEqual(10)
  })

  test('is red at once when the policy lets no other follow', async () => {
    const run = await create(swarmWith(GONE), { 'create-args': ['--restart-condition none'] })
    expect(run.results).toMatchObject([
      { outcome: 'failed', cause: `its task was rejected: ${GONE.rejected}, and its restart policy is none` },
    ])
    expect(run.seconds).toBeLessThan(5)
  })
})

describe('a service that has not settled in time says what it waits for', () => {
  const LATE = { timeout: '40s' }

  test('the health check of its task', async () => {
    const { results } = await create(swarmWith({ healthy: { afterSeconds: 1200 } }), {}, LATE)
    expect(results).toMatchObject([
      {
        outcome: 'timed-out',
        cause: expect.stringMatching(
          /^not settled within 40 s: 0\/1 task running; its task is starting on node n1 since \d+ s: its health check has not passed yet; its interval is 30 s$/,
        ),
        failedTask: { node: 'n1', ending: expect.stringMatching(/^is starting since \d+ s: its health check/) },
      },
    ])
  })

  test('and that its tasks have ended meanwhile, with what to do about that', async () => {
    const crashes = { ends: { afterSeconds: 8, exitCode: 3 } }
    const { results } = await create(swarmWith(crashes), {}, { ...LATE, monitor: '10s' })
    expect(results).toMatchObject([
      {
        outcome: 'timed-out',
        cause: expect.stringMatching(
          /^not settled within 40 s: 0\/1 task running; 3 of its tasks ended meanwhile \(the last one failed with exit code 3\); its task is ready/,
        ),
        failedTask: { exitCode: 3 },
      },
    ])
    expect(results.map((one) => remedyOf(one)?.doc)).toEqual(['a program ends'])
  })

  test('that it may have a health check, where only its own node knows', async () => {
    const args = ['--constraint node.role==worker']
    const swarm = swarmWith({ healthy: { afterSeconds: 1200 } }, 2)
    const { results } = await create(swarm, { 'create-args': args }, LATE)
    expect(results).toMatchObject([
      {
        cause: expect.stringMatching(
          /its task is starting on node n2 since \d+ s: if its image has a health check, that has not passed yet$/,
        ),
      },
    ])
  })

  test('also when the daemon does not answer what only a diagnosis asks', async () => {
    const swarm = swarmWith({ healthy: { afterSeconds: 1200 }, prints: 'starting up' })
    swarm.faults.add({
      fault: { kind: 'stall', seconds: 100_000 },
      at: /^GET \/(containers|images|tasks)\/./,
      times: 1000,
    })
    const { results, seconds } = await create(swarm, {}, LATE)
    expect(results).toMatchObject([{ outcome: 'timed-out', cause: expect.stringContaining('its task is starting on') }])
    expect(seconds).toBeLessThanOrEqual(50)
  })

  test('the pull of its image', async () => {
    const { results } = await create(swarmWith({ pullSeconds: 300 }), {}, LATE)
    expect(results).toMatchObject([
      { outcome: 'timed-out', cause: expect.stringMatching(/its task is being prepared on node n1 since \d+ s/) },
    ])
  })

  test('its restart', async () => {
    const image = { ends: { afterSeconds: 1, exitCode: 3 }, prints: 'no database' }
    const { results } = await create(swarmWith(image), { 'create-args': ['--restart-delay 10m'] }, LATE)
    expect(results).toMatchObject([
      {
        cause: expect.stringMatching(
          /its task is ready on node n1 since \d+ s, and waits for the restart delay of 10 m: the one before it failed with exit code 3/,
        ),
        failedTask: { exitCode: 3, logs: ['no database'] },
      },
    ])
  })

  test('the delay of its update', async () => {
    const swarm = swarmWith({})
    swarm.images.set('hub.test/acme/app:2', {})
    swarm.create({
      Name: 'app',
      Mode: { Replicated: { Replicas: 2 } },
      TaskTemplate: { ContainerSpec: { Image: pin(APP) } },
      UpdateConfig: { Parallelism: 1, Delay: 600e9 },
    })
    await pass(5)
    const { results } = await runAction(swarm, { services: 'app: hub.test/acme/app:2', 'on-failure': 'keep', ...LATE })
    expect(results).toMatchObject([
      { outcome: 'timed-out', cause: expect.stringContaining('Swarm waits 10 m between its tasks (its update delay)') },
    ])
  })
})

test('a task that is stopped as unhealthy is told as its health check', async () => {
  const { results } = await create(swarmWith({ unhealthy: true }), { 'create-args': ['--restart-condition none'] })
  expect(results).toMatchObject([
    {
      cause: 'its task failed its health check, and its restart policy is none',
      failedTask: { ending: 'failed its health check', exitCode: 143 },
    },
  ])
})

describe('a task that ended with code 0', () => {
  const CHECK = ['--health-cmd x', '--health-interval 1s', '--health-retries 3']
  /** It runs on the worker, of whose containers the manager knows nothing. */
  const onWorker = async (image: Image, args: readonly string[]) => {
    const { results } = await create(swarmWith(image, 2), {
      'create-args': ['--constraint node.role==worker', ...args],
    })
    return results
  }
  const PERHAPS =
    'ended with exit code 0, perhaps because of its health check (it was up long enough for that to fail, and only its own node can tell)'
  const sick = { unhealthy: { afterSeconds: 4, exitCode: 0 } }

  test('on the node that is asked is told as its health check', async () => {
    const args = [...CHECK, '--constraint node.role==manager', '--restart-condition on-failure']
    const { results } = await create(swarmWith(sick, 2), { 'create-args': args })
    expect(results).toMatchObject([
      {
        outcome: 'failed',
        cause: 'its task failed its health check, and its restart policy is on-failure (its exit code was 0)',
      },
    ])
  })

  test.each<[string, Image, readonly string[]]>([
    ['a job', { ends: { afterSeconds: 1, exitCode: 0 } }, ['--mode replicated-job']],
    ['a one-shot', { ends: { afterSeconds: 4, exitCode: 0 } }, ['--restart-condition none']],
    [
      'a job whose image has the check',
      { healthy: { afterSeconds: 1 }, ends: { afterSeconds: 9, exitCode: 0 } },
      ['--mode replicated-job'],
    ],
  ])('on the node that is asked is done whose check had not failed: %s', async (_, image, args) => {
    const swarm = swarmWith(image)
    const entry = { 'create-args': [...CHECK, ...args] }
    expect((await create(swarm, entry)).results).toMatchObject([{ outcome: 'created' }])
    expect((await create(swarm, entry)).results).toMatchObject([{ outcome: 'unchanged' }])
  })

  test('on the node that is asked, and is to run on, is told as a program that ends', async () => {
    const { results } = await create(swarmWith({ ends: { afterSeconds: 1, exitCode: 0 } }), { 'create-args': CHECK })
    expect(results).toMatchObject([{ cause: 'its task ended 5 times in a row, the last one ended with exit code 0' }])
  })

  test.each<[string, readonly string[], string]>([
    ['on-failure', ['--restart-condition on-failure'], 'its restart policy is on-failure (its exit code was 0)'],
    ['none', ['--restart-condition none'], 'its restart policy is none'],
    ['a job', ['--mode replicated-job', '--restart-condition none'], 'its restart policy is none'],
    ['a global job', ['--mode global-job', '--restart-condition none'], 'its restart policy is none'],
    ['a global service', ['--mode global', '--restart-condition none'], 'its restart policy is none'],
  ])('on another is not called done when its health check can have failed: %s', async (_, args, policy) => {
    expect(await onWorker(sick, [...CHECK, ...args])).toMatchObject([
      { outcome: 'failed', cause: `its task ${PERHAPS}, and ${policy}`, failedTask: { ending: PERHAPS, exitCode: 0 } },
    ])
  })

  test('is not either where its image has a check, as far as is known', async () => {
    const late = { unhealthy: { afterSeconds: 95, exitCode: 0 } }
    expect(await onWorker(late, ['--restart-condition on-failure'])).toMatchObject([
      { outcome: 'failed', cause: expect.stringContaining(PERHAPS) },
    ])
  })

  test.each([[['--restart-condition any']], [[]]])(
    'and is to run on has its health check told as well: %j',
    async (args) => {
      const results = await onWorker(sick, args)
      expect(results).toMatchObject([
        {
          outcome: 'failed',
          cause: `its task ended 5 times in a row, the last one ${PERHAPS}`,
          failedTask: { ending: PERHAPS },
        },
      ])
      expect(results.map(remedyOf)).toMatchObject([{ doc: 'a health check fails' }])
    },
  )

  test('at once, and is to run on, is told as that', async () => {
    expect(await onWorker({ ends: { afterSeconds: 1, exitCode: 0 } }, [])).toMatchObject([
      { cause: 'its task ended 5 times in a row, the last one ended with exit code 0' },
    ])
  })

  test.each<[string, Image, readonly string[]]>([
    ['before its check can have failed', { ...sick, ends: { afterSeconds: 2, exitCode: 0 } }, CHECK],
    [
      'soon after its check had passed',
      { healthy: { afterSeconds: 2 }, ends: { afterSeconds: 2.5, exitCode: 0 } },
      CHECK,
    ],
    ['late, without a check', { ends: { afterSeconds: 4, exitCode: 0 } }, []],
  ])('is done when it ended %s', async (_, image, args) => {
    expect(await onWorker(image, [...args, '--restart-condition on-failure'])).toMatchObject([{ outcome: 'created' }])
  })
})

describe('a task that had ended with code 0 before anybody saw it up', () => {
  const NOTE =
    'its task ended with exit code 0, perhaps because of its health check (it may have been up long enough for that to fail, and only its own node can tell)'
  const ended = async (Healthcheck: object) => {
    const swarm = swarmWith({ unhealthy: { afterSeconds: 8, exitCode: 0 } }, 2)
    swarm.create({
      Name: 'app',
      Mode: { Replicated: { Replicas: 1 } },
      TaskTemplate: {
        ContainerSpec: { Image: pin(APP), Healthcheck: { Test: ['CMD', 'x'], Interval: 1e9, ...Healthcheck } },
        Placement: { Constraints: ['node.role==worker'] },
        RestartPolicy: { Condition: 'on-failure' },
      },
    })
    await pass(20)
    return swarm
  }

  test.each([
    [{ Retries: 3 }, NOTE],
    [{ Retries: 60 }, undefined],
  ])('is told as perhaps not done, when nothing is changed and in a status: %j', async (check, note) => {
    const swarm = await ended(check)
    const { results } = await runAction(swarm, { services: `app: ${APP}` })
    expect(results).toMatchObject([{ outcome: 'unchanged' }])
    expect(results[0]?.note).toBe(note)
    const { seen } = await runAction(swarm, { mode: 'status' })
    expect(seen?.services[0]).toMatchObject({ state: 'up', notes: note === undefined ? [] : [note] })
  })
})

describe('a run that is stopped in its watch', () => {
  test.each([
    ['keep', 'the run was stopped; the swarm goes on by itself'],
    ['rollback', 'the run was stopped; the way back was sent and not watched'],
  ])('says with on-cancel: %s what becomes of its service, and what was seen of it', async (onCancel, cause) => {
    const swarm = swarmWith({})
    swarm.images.set('hub.test/acme/app:2', {})
    swarm.create({
      Name: 'app',
      Mode: { Replicated: { Replicas: 2 } },
      TaskTemplate: { ContainerSpec: { Image: pin(APP) } },
      UpdateConfig: { Parallelism: 1, Delay: 600e9 },
    })
    await pass(5)
    const stop = new AbortController()
    setTimeout(() => cancel(stop), 10_000)
    const inputs = { services: 'app: hub.test/acme/app:2', 'on-cancel': onCancel }
    const { results } = await runAction(swarm, inputs, { stop })
    expect(results).toEqual([
      expect.objectContaining({ outcome: 'cancelled', cause, nodes: 1, tasks: { running: 1, wanted: 2 } }),
    ])
  })
})

test('a global service is up where Swarm replaces its tasks, and says which nodes still run what was before', async () => {
  const swarm = swarmWith({}, 3)
  swarm.images.set('hub.test/acme/app:2', {})
  await create(swarm, { 'create-args': ['--mode global'] })
  swarm.setNode('n2', { availability: 'pause' })
  swarm.setNode('n3', { availability: 'drain' })
  await pass(5)
  const run = await runAction(swarm, { services: 'app: hub.test/acme/app:2' }, { tells: true })
  expect(run.log).toMatch(/^Warning: .*app: node n2 .*is paused and still runs what was before/m)
  expect(run.results).toMatchObject([
    {
      outcome: 'updated',
      tasks: { running: 1, wanted: 1 },
      note: `node n2 (${APP}) is paused and still runs what was before: Swarm replaces it when it is active again`,
    },
  ])
  expect(run.log).toContain('app: not on n3 (drained)')
  expect(swarm.running('app')).toEqual([pin(APP), pin('hub.test/acme/app:2')])
  // What the note promises.
  swarm.setNode('n2', { availability: 'active' })
  swarm.setNode('n3', { availability: 'active' })
  await pass(20)
  expect(swarm.running('app')).toEqual(Array(3).fill(pin('hub.test/acme/app:2')))
})

describe('a global service whose only node is drained while it comes up', () => {
  const MADE = { 'create-args': ['--mode global', '--constraint node.hostname==n2'] }
  const drained = async (seconds: number) => {
    const swarm = swarmWith({ pullSeconds: 5 }, 2)
    setTimeout(() => swarm.setNode('n2', { availability: 'drain' }), 3_000)
    setTimeout(() => swarm.setNode('n2', { availability: 'active' }), 3_000 + seconds * 1000)
    return (await create(swarm, MADE)).results
  }

  test('is waited for', async () => {
    expect(await drained(20)).toMatchObject([{ outcome: 'created', tasks: { running: 1 } }])
  })

  test('is red when that is so for longer, and its node is named', async () => {
    const cause = 'no node of the swarm is ready, active and allowed by its placement constraints; n2 is drained'
    expect(await drained(300)).toMatchObject([{ outcome: 'failed', cause }])
  })
})

describe('an update that starts first', () => {
  const full = { replicas: 2, 'update-config': { order: 'start-first' }, 'create-args': ['--replicas-max-per-node 1'] }
  const WHY = 'no node that may take a new task has room for it beside the old one (max-replicas-per-node 1)'

  test('and cannot is noticed when its service is made, and refused before it changes anything', async () => {
    const swarm = swarmWith({}, 2)
    swarm.images.set('hub.test/acme/app:2', {})
    const made = await create(swarm, full)
    expect(made.results).toMatchObject([{ outcome: 'created' }])
    expect(made.advice).toContainEqual(
      expect.stringContaining(
        `app: start-first will not work for the next update: ${WHY}. Use \`update-config: {order: stop-first}\` in \`services\``,
      ),
    )

    const run = await runAction(swarm, { services: 'app: hub.test/acme/app:2' })
    expect(run.problems).toEqual([
      `service app: start-first cannot work here: ${WHY}; use \`update-config: {order: stop-first}\` in \`services\``,
    ])
    expect(swarm.running('app')).toEqual([pin(APP), pin(APP)])
  })

  test.each([
    ['is told to stop first', { 'update-config': { order: 'stop-first' } }],
    ['has none of its old tasks at the time', { strategy: 'recreate' }],
  ])('goes on when it %s', async (_, entry) => {
    const swarm = swarmWith({}, 2)
    swarm.images.set('hub.test/acme/app:2', {})
    await create(swarm, full)
    const services = JSON.stringify([{ name: 'app', image: 'hub.test/acme/app:2', ...entry }])
    expect((await runAction(swarm, { services })).results).toMatchObject([{ outcome: 'updated' }])
  })
})

test.each([
  ['interval', 'interval of its health check is 20 m, and the `timeout` of this run is 40 s: it may not pass in time'],
  ['start-period', 'start period of its health check is 20 m, and the `timeout` of this run is 40 s'],
])('a health check whose %s is longer than the run waits is noticed before', async (setting, note) => {
  const args = ['--health-cmd true', `--health-${setting} 20m`]
  const { log } = await create(swarmWith({ healthy: true }), { 'create-args': args }, { timeout: '40s' })
  expect(log).toContain(note)
})

test('quotes that become part of a value are noticed with the name of the service', async () => {
  const { log } = await create(swarmWith({}), { 'create-args': ['--label', "a='b'"] })
  expect(log.split('service app: `create-args`: item 2: the quotes are part of the value')).toHaveLength(2)
})
