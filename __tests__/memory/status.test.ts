import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { MemorySwarm, withImage, withReplicas } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

const IMAGE = 'hub.test/acme/web:1'
const BAD = 'hub.test/acme/bad:1'
const NAMESPACE = 'com.docker.stack.namespace'

beforeEach(stopTime)
afterEach(letTimeRun)

function newSwarm(): MemorySwarm {
  const ends = { afterSeconds: 1, exitCode: 3 }
  return new MemorySwarm({
    nodes: [{}, {}],
    images: { [IMAGE]: {}, [BAD]: { ends, prints: 'no database, giving up' } },
  })
}

function put(swarm: MemorySwarm, spec: Partial<ServiceSpec> & { readonly Name: string }, image = IMAGE): void {
  swarm.create({
    Mode: { Replicated: { Replicas: 2 } },
    TaskTemplate: { ContainerSpec: { Image: image } },
    ...spec,
  } as ServiceSpec)
}

async function look(swarm: MemorySwarm, inputs: Readonly<Record<string, string>> = {}) {
  swarm.faults.clear()
  const run = await runAction(swarm, { mode: 'status', ...inputs })
  expect(run.problems).toEqual([])
  const asked = swarm.faults.calls.filter(({ method }) => method !== 'GET')
  expect(asked).toEqual([])
  return { ...run, services: run.seen?.services ?? [] }
}

const stateOf = async (swarm: MemorySwarm, name: string) => {
  const { services } = await look(swarm)
  const one = services.find((service) => service.name === name)
  return { state: one?.state, problems: one?.problems.map(({ cause }) => cause), notes: one?.notes }
}

describe('what is as it should be', () => {
  test('is green, in a line each, with tasks, nodes and image', async () => {
    const swarm = newSwarm()
    put(swarm, { Name: 'web' })
    put(swarm, { Name: 'everywhere', Mode: { Global: {} } })
    await pass(20)
    const { services, log, isRed } = await look(swarm, { 'fail-on-problems': 'true' })
    expect(services.map(({ name, state, tasks, nodes }) => [name, state, tasks, nodes])).toEqual([
      ['everywhere', 'up', { running: 2, wanted: 2, nodes: 2 }, ['n1', 'n2']],
      ['web', 'up', { running: 2, wanted: 2, nodes: 2 }, ['n1', 'n2']],
    ])
    expect(isRed).toBe(false)
    expect(log).toContain('2 nodes\n')
    expect(log).toContain(`✓ web:        2/2 tasks on n1, n2, ${IMAGE}\n`)
    expect(log).toMatch(/healthy: 2 services, nothing is wrong with them\n$/)
  })

  test('what has just been made is on its way, and no problem', async () => {
    const swarm = newSwarm()
    put(swarm, { Name: 'web' })
    const { services, log } = await look(swarm, { 'fail-on-problems': 'true' })
    expect(services).toMatchObject([{ state: 'changing', problems: [] }])
    expect(log).toMatch(/changing: 1 service, nothing is wrong with it; being changed: web\n$/)
  })

  test('an update that goes on is no problem, and one that goes on for hours is', async () => {
    const swarm = newSwarm()
    put(swarm, { Name: 'web' })
    await pass(20)
    swarm.update('web', (spec) => ({
      ...withImage('hub.test/acme/web:2')(spec),
      UpdateConfig: { Parallelism: 1, Delay: 36000e9 },
    }))
    swarm.images.set('hub.test/acme/web:2', {})
    await pass(10)
    expect(await stateOf(swarm, 'web')).toMatchObject({
      state: 'changing',
      problems: [],
      notes: [expect.stringMatching(/^an update of it is in progress since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/)],
    })
    await pass(3 * 3600)
    expect(await stateOf(swarm, 'web')).toMatchObject({
      problems: [expect.stringMatching(/^an update of it is in progress since/)],
    })
  })

  test('a job that is complete, and a service without tasks', async () => {
    const swarm = newSwarm()
    swarm.images.set('hub.test/acme/job:1', { ends: { afterSeconds: 1, exitCode: 0 } })
    put(
      swarm,
      { Name: 'job', Mode: { ReplicatedJob: { TotalCompletions: 1, MaxConcurrent: 1 } } },
      'hub.test/acme/job:1',
    )
    put(swarm, { Name: 'off', Mode: { Replicated: { Replicas: 0 } } })
    await pass(20)
    expect(await stateOf(swarm, 'job')).toEqual({ state: 'up', problems: [], notes: [] })
    expect(await stateOf(swarm, 'off')).toEqual({ state: 'up', problems: [], notes: ['it is scaled to no task'] })
  })
})

describe('a service that runs by its restart delay, as by cron', () => {
  const byClock = (swarm: MemorySwarm, exitCode: number) => {
    swarm.images.set('hub.test/acme/backup:1', { ends: { afterSeconds: 1, exitCode } })
    const RestartPolicy = { Condition: 'any' as const, Delay: 600e9 }
    const TaskTemplate = { ContainerSpec: { Image: 'hub.test/acme/backup:1' }, RestartPolicy }
    put(swarm, { Name: 'backup', Mode: { Replicated: { Replicas: 1 } }, TaskTemplate })
  }

  test('is as it should be between its runs, after any number of them', async () => {
    const swarm = newSwarm()
    byClock(swarm, 0)
    await pass(60)
    const between = {
      state: 'up',
      problems: [],
      notes: ['0/1 task running: the last run of it is complete, and the next is due by its restart delay'],
    }
    expect(await stateOf(swarm, 'backup')).toEqual(between)
    await pass(3000)
    expect(await stateOf(swarm, 'backup')).toEqual(between)
  })

  test('is a problem when its last run failed', async () => {
    const swarm = newSwarm()
    byClock(swarm, 3)
    await pass(60)
    expect(await stateOf(swarm, 'backup')).toMatchObject({ state: 'problem' })
  })
})

test('what needs somebody comes first in the log', async () => {
  const swarm = newSwarm()
  put(swarm, { Name: 'a-good-one' })
  put(swarm, { Name: 'the-bad-one', Mode: { Replicated: { Replicas: 1 } } }, BAD)
  await pass(60)
  const { log } = await look(swarm)
  expect(log.indexOf('✗ the-bad-one:')).toBeGreaterThan(-1)
  expect(log.indexOf('✗ the-bad-one:')).toBeLessThan(log.indexOf('✓ a-good-one:'))
})

describe('what is not', () => {
  test('tasks that end again and again are told with their last words', async () => {
    const swarm = newSwarm()
    put(swarm, { Name: 'ok' })
    put(swarm, { Name: 'bad', Mode: { Replicated: { Replicas: 1 } } }, BAD)
    await pass(60)
    const { services, log, isRed } = await look(swarm)
    const bad = services.find(({ name }) => name === 'bad')
    expect(bad).toMatchObject({ state: 'problem', failedTask: { exitCode: 3, logs: ['no database, giving up'] } })
    expect(isRed).toBe(false)
    expect(log).toMatch(
      / {4}0\/1 task running: at least \d of its tasks ended within the last hour, the last one failed with exit code 3\n/,
    )
    expect(log).toMatch(
      / {4}task \w+ on node n\d failed with exit code 3; it printed last:\n {4}\| no database, giving up\n/,
    )
    expect(log).toMatch(/\nWhat to do: its own program ended: .*docs\/troubleshooting\.md/)
    expect(log).toContain('Warning: bad: ')
    expect(log).toMatch(
      /problems: bad is not as it should be: 0\/1 task running: at least \d of its tasks ended within the last hour, .*\n$/,
    )
    expect((await look(swarm, { 'fail-on-problems': 'true' })).isRed).toBe(true)
    expect((await look(swarm, { 'fail-on-problems': 'true', services: 'ok' })).isRed).toBe(false)
  })

  test('a task that has just ended is told as that', async () => {
    const swarm = newSwarm()
    put(swarm, { Name: 'bad', Mode: { Replicated: { Replicas: 1 } } }, BAD)
    await pass(5)
    expect((await stateOf(swarm, 'bad')).notes).toEqual([
      'a task of it ended less than a minute ago: it failed with exit code 3',
    ])
  })

  test('a task that ended and is not begun again is none on its way', async () => {
    const swarm = newSwarm()
    const RestartPolicy = { Condition: 'none' as const }
    put(swarm, { Name: 'once', TaskTemplate: { ContainerSpec: { Image: BAD }, RestartPolicy } })
    await pass(10)
    expect(await stateOf(swarm, 'once')).toMatchObject({
      state: 'problem',
      problems: ['0/2 tasks running; the task failed with exit code 3'],
    })
  })

  test('tasks that failed before what runs was deployed say nothing against those that come up', async () => {
    const swarm = newSwarm()
    swarm.images.set('hub.test/acme/slow:1', { pullSeconds: 60 })
    put(swarm, { Name: 'web' }, BAD)
    await pass(60)
    expect(await stateOf(swarm, 'web')).toMatchObject({ state: 'problem' })
    swarm.update('web', withImage('hub.test/acme/slow:1'))
    await pass(10)
    expect(await stateOf(swarm, 'web')).toMatchObject({ state: 'changing', problems: [] })
  })

  test('what failed on a node that may get no task any more says nothing against the others', async () => {
    const swarm = newSwarm()
    const image = 'hub.test/acme/slow:1'
    swarm.images.set(image, { pullSeconds: 100, ends: { afterSeconds: 1, exitCode: 3 } })
    swarm.setNode('n1', { availability: 'drain' })
    put(swarm, { Name: 'everywhere', Mode: { Global: {} } }, image)
    await pass(110)
    expect(await stateOf(swarm, 'everywhere')).toMatchObject({ state: 'problem' })
    swarm.setNode('n1', { availability: 'active' })
    swarm.setNode('n2', { availability: 'drain' })
    await pass(10)
    expect(await stateOf(swarm, 'everywhere')).toMatchObject({ state: 'changing', problems: [] })
  })

  test('an update that Swarm has paused', async () => {
    const swarm = newSwarm()
    put(swarm, { Name: 'web' })
    await pass(20)
    swarm.update('web', (spec) => ({ ...withImage(BAD)(spec), UpdateConfig: { Parallelism: 1, Delay: 20e9 } }))
    await pass(30)
    const { services } = await look(swarm)
    expect(services[0]?.problems[0]?.cause).toMatch(
      /^Swarm has paused its update since .* UTC: update paused due to failure or early termination of task \w+/,
    )
    expect(services[0]?.failedTask?.logs).toEqual(['no database, giving up'])
    expect(services[0]?.notes).toEqual(['1 of its tasks is of an earlier version of it'])
  })

  test('tasks that no node can take', async () => {
    const swarm = newSwarm()
    const Placement = { Constraints: ['node.labels.gpu==yes'] }
    put(swarm, { Name: 'gpu', TaskTemplate: { ContainerSpec: { Image: IMAGE }, Placement } })
    put(swarm, { Name: 'gpus', Mode: { Global: {} }, TaskTemplate: { ContainerSpec: { Image: IMAGE }, Placement } })
    await pass(20)
    expect((await stateOf(swarm, 'gpu')).problems).toEqual([
      expect.stringMatching(/^0\/2 tasks running: no node can take its task: no suitable node/),
    ])
    expect((await stateOf(swarm, 'gpus')).problems).toEqual([
      'no node of the swarm is ready, active and allowed by its placement constraints',
    ])
  })

  test('a credential that has ended', async () => {
    const swarm = newSwarm()
    const stored = (expires: string) => ({
      'swarm-deploy.auth.registry': 'hub.test',
      'swarm-deploy.auth.account': 'alice',
      'swarm-deploy.auth.stored-at': '2026-11-19T10:00:00Z',
      'swarm-deploy.auth.expires': expires,
    })
    put(swarm, { Name: 'ended', Labels: stored('2026-11-20T09:00:00Z') })
    put(swarm, { Name: 'soon', Labels: stored('2026-11-20T20:00:00Z') })
    put(swarm, { Name: 'later', Labels: stored('2026-12-20T20:00:00Z') })
    put(swarm, { Name: 'with-job', Labels: stored('job') })
    await pass(20)
    expect((await stateOf(swarm, 'ended')).problems).toEqual([
      'the credential that nodes pull with ended at 2026-11-20 09:00:00 UTC at the latest: account alice of hub.test',
    ])
    expect(await stateOf(swarm, 'soon')).toEqual({
      state: 'up',
      problems: [],
      notes: [
        'the credential that nodes pull with ends at 2026-11-20 20:00:00 UTC at the latest: account alice of hub.test',
      ],
    })
    expect(await stateOf(swarm, 'later')).toEqual({ state: 'up', problems: [], notes: [] })
    expect((await stateOf(swarm, 'with-job')).problems).toHaveLength(1)
  })

  test('what a deploy that was cut off has left half-way', async () => {
    const swarm = newSwarm()
    const note = (until: number) => {
      const run = { token: 'x', owner: 'acme/shop, workflow Deploy', url: 'https://ci.test/1', until, hasLock: false }
      return { 'swarm-deploy.interim': JSON.stringify({ before: {}, meanwhile: {}, run }) }
    }
    put(swarm, { Name: 'dead', Labels: note(1) })
    put(swarm, { Name: 'alive', Labels: note(Date.UTC(2030, 1)) })
    await pass(20)
    expect((await stateOf(swarm, 'dead')).problems).toEqual([
      'a deploy that was cut off has left it half-way (acme/shop, workflow Deploy, https://ci.test/1): deploy it again',
    ])
    expect(await stateOf(swarm, 'alive')).toMatchObject({ state: 'changing', problems: [] })
  })

  test('what is asked for and is not there', async () => {
    const swarm = newSwarm()
    put(swarm, { Name: 'web' })
    await pass(20)
    const run = await look(swarm, { services: 'web api', 'fail-on-problems': 'true' })
    expect(run.isRed).toBe(true)
    expect(run.log).toContain('Error: service api does not exist on this swarm: correct its name\n')
    expect(run.log).toMatch(
      /problems: 1 service, nothing is wrong with it; service api does not exist on this swarm: correct its name\n$/,
    )
    expect((await look(swarm, { services: 'wbe' })).log).toMatch(
      /problems: service wbe does not exist on this swarm: did you mean `web`\?\n$/,
    )
    put(swarm, { Name: 'shop_web', Labels: { 'com.docker.stack.namespace': 'shop' } })
    expect((await look(swarm, { stack: 'shpo' })).log).toMatch(
      /problems: stack shpo has no service on this swarm: did you mean `shop`\?\n$/,
    )
    expect((await look(swarm, { stack: 'web' })).log).toMatch(
      /stack web has no service on this swarm: there is a service of this name: write `services: web`\n$/,
    )
    expect((await look(swarm, { services: 'shop' })).log).toMatch(
      /service shop does not exist on this swarm: there is a stack of this name: write `stack: shop`\n$/,
    )
  })
})

describe('what is shown', () => {
  test('only what is asked for: a stack by its whole name, a blue-green service as both of its two, and nothing of ours', async () => {
    const swarm = newSwarm()
    for (const stack of ['shop', 'shop2']) put(swarm, { Name: `${stack}_web`, Labels: { [NAMESPACE]: stack } })
    for (const Name of ['web-blue', 'web-green']) put(swarm, { Name, Labels: { 'swarm-deploy.blue-green': 'web' } })
    put(swarm, { Name: 'swarm-deploy-prepare-0123456789ab', Labels: { 'swarm-deploy.prepare.run': 'x' } })
    await pass(20)
    const names = async (inputs = {}) => (await look(swarm, inputs)).services.map(({ name }) => name)
    expect(await names({ stack: 'shop' })).toEqual(['shop_web'])
    expect(await names({ services: 'web' })).toEqual(['web-blue', 'web-green'])
    expect(await names()).toEqual(['shop_web', 'shop2_web', 'web-blue', 'web-green'])
    expect(await names({ services: 'all' })).toHaveLength(4)
  })

  test('what somebody has changed since our deploy, without the values of variables', async () => {
    const swarm = newSwarm()
    const service = { name: 'web', image: IMAGE, create: true, replicas: 2, env: { TOKEN: 'first-value' } }
    await runAction(swarm, { services: JSON.stringify([service]) })
    expect((await look(swarm)).services[0]?.drift).toBeUndefined()
    swarm.update('web', (spec) => {
      const { TaskTemplate: template } = spec
      const { Image = '' } = template.ContainerSpec ?? {}
      const ContainerSpec = { ...template.ContainerSpec, Image, Env: ['TOKEN=second-value'] }
      return withReplicas(3)({ ...spec, TaskTemplate: { ...template, ContainerSpec } })
    })
    await pass(30)
    const { log, isRed } = await look(swarm, { 'fail-on-problems': 'true' })
    expect(log).toContain('    it was changed by somebody else since the last deploy: env TOKEN, replicas 2 → 3\n')
    expect(log).toMatch(/healthy: .*; changed by others since the last deploy: web\n$/)
    expect(log).not.toMatch(/first-value|second-value/)
    expect(isRed).toBe(false)
  })

  test('nodes that are out', async () => {
    const swarm = newSwarm()
    put(swarm, { Name: 'web' })
    swarm.setNode('n2', { state: 'down' })
    await pass(20)
    expect((await look(swarm)).log).toContain('2 nodes; n2 is down\n')
  })
})
