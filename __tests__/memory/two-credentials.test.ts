import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { STRATEGY_INPUTS } from '../../src/inputs/strategies/table.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { type Image, pin, userIn } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

const NAME = 'hub.test/acme/web'
const ONE = pin(`${NAME}:1`)
const TWO = pin(`${NAME}:2`)

const OF_JOB = 'job-pass-Kj3x'
const OF_NODES = 'nodes-pass-Zt8w'
const REGISTRIES = `- {registry: hub.test, username: ci, password: ${OF_JOB}, stored-username: bot, stored-password: ${OF_NODES}}`

const BOTH: Image = { readers: ['ci', 'bot'] }

beforeEach(stopTime)
afterEach(letTimeRun)

/** A swarm of two nodes, on which `web` runs its first version with the credential of somebody who has left. */
async function swarmOfWeb(two: Image = BOTH, one: Image = BOTH): Promise<MemorySwarm> {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: { [`${NAME}:1`]: {}, [`${NAME}:2`]: two } })
  swarm.create({
    Name: 'web',
    Labels: { 'traefik.enable': 'true' },
    Mode: { Replicated: { Replicas: 2 } },
    TaskTemplate: { ContainerSpec: { Image: ONE }, RestartPolicy: { Condition: 'any' } },
    UpdateConfig: { Parallelism: 1, Monitor: 1e9 },
  } as ServiceSpec)
  await pass(5)
  swarm.images.set(`${NAME}:1`, one)
  return swarm
}

/** Who was named in the calls that have the swarm store a credential, and in those that ask the registry. */
function usersOf({ faults }: MemorySwarm) {
  const users = (pattern: RegExp) => {
    const calls = faults.calls.filter(({ method, path }) => pattern.test(`${method} ${path}`))
    return [...new Set(calls.flatMap(({ registryAuth }) => userIn(registryAuth) ?? []))].sort()
  }
  return { stored: users(/^POST \/services\//), asked: users(/^GET \/distribution\//) }
}

/** Who logged in. */
function loginsOf({ faults }: MemorySwarm) {
  return faults.calls.filter(({ path }) => path === '/auth').map(({ body }) => (body as { username: string }).username)
}

const LABELS = {
  'swarm-deploy.auth.registry': 'hub.test',
  'swarm-deploy.auth.account': 'bot',
  'swarm-deploy.auth.stored-at': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
}

describe('of an account with a credential for the nodes', () => {
  test.each(Object.keys(STRATEGY_INPUTS))(
    'an update with strategy %s stores that one, and nothing else',
    async (strategy) => {
      const swarm = await swarmOfWeb()
      const more = { rolling: {}, recreate: {}, canary: {}, 'blue-green': { 'keep-old': '5s' } }[strategy]
      const inputs = { services: `web: ${NAME}:2`, registries: REGISTRIES, strategy, monitor: '1s', prepare: 'true' }
      const run = await runAction(swarm, { ...inputs, ...more }, { tells: true })
      expect(run).toMatchObject({ results: [{ outcome: 'updated' }], problems: [] })
      expect(loginsOf(swarm).toSorted()).toEqual(['bot', 'ci'])
      expect(usersOf(swarm)).toEqual({ stored: ['bot'], asked: ['bot', 'ci'] })
      const [name = ''] = swarm.services
      expect(swarm.running(name)).toEqual([TWO, TWO])
      expect(swarm.service(name)?.Spec.Labels).toMatchObject(LABELS)
      expect(run.log).toContain('account ci of hub.test, stored for the nodes: bot')
      expect(run.log).toContain('logged in with account bot of hub.test, which is for the nodes\n')
      for (const secret of [OF_JOB, OF_NODES]) expect(JSON.stringify([run, swarm.service(name)])).not.toContain(secret)
    },
  )

  test('the nodes pull with it when that of the job is gone', async () => {
    const swarm = await swarmOfWeb()
    const services = `- {name: api, image: "${NAME}:2", create: true}`
    const run = await runAction(swarm, { services, registries: REGISTRIES, monitor: '1s' })
    expect(run.results).toMatchObject([{ outcome: 'created' }])
    swarm.images.set(`${NAME}:2`, { readers: ['bot'] })
    for (const node of swarm.store.nodes.values()) node.images.clear()
    swarm.update('api', (spec) => ({ ...spec, Mode: { Replicated: { Replicas: 4 } } }))
    await pass(5)
    expect(swarm.running('api')).toEqual([TWO, TWO, TWO, TWO])
  })

  test('services of a stack have it', async () => {
    const swarm = await swarmOfWeb()
    const compose = `services:\n  web: {image: "${NAME}:2"}\n`
    const run = await runAction(
      swarm,
      { stack: 'shop', registries: REGISTRIES, monitor: '1s', 'history-limit': '0' },
      { compose },
    )
    expect(run.results).toMatchObject([{ outcome: 'created' }])
    expect(usersOf(swarm).stored).toEqual(['bot'])
    expect(swarm.service('shop_web')?.Spec.Labels).toMatchObject(LABELS)
    swarm.faults.clear()
    const again = await runAction(
      swarm,
      { stack: 'shop', registries: REGISTRIES, monitor: '1s', 'history-limit': '0' },
      { compose },
    )
    expect(again.results).toMatchObject([{ outcome: 'unchanged' }])
    expect(swarm.faults.calls.filter(({ method, path }) => method === 'POST' && path !== '/auth')).toEqual([])
  })

  test('it is stored before the change, for the way back of Swarm itself, and with the way back', async () => {
    const swarm = await swarmOfWeb({ ...BOTH, ends: { afterSeconds: 0.2, exitCode: 3 } })
    const run = await runAction(swarm, { services: `web: ${NAME}:2`, registries: REGISTRIES, monitor: '1s' })
    expect(run.results).toMatchObject([{ outcome: 'rolled-back' }])
    expect(swarm.running('web')).toEqual([ONE, ONE])
    const record = swarm.store.service('web')
    expect([record?.current, record?.previous].map((one) => userIn(one?.credential))).toEqual(['bot', 'bot'])
    expect(swarm.service('web')?.Spec.Labels).toMatchObject(LABELS)
  })

  test('a service that keeps its image gets it, asked for with that one alone', async () => {
    const swarm = await swarmOfWeb(BOTH, { readers: ['bot'] })
    const services = '- {name: web, env: {COLOUR: blue}}'
    const run = await runAction(swarm, { services, registries: REGISTRIES, monitor: '1s' })
    expect(run.results).toMatchObject([{ outcome: 'updated' }])
    expect(usersOf(swarm)).toEqual({ stored: ['bot'], asked: ['bot'] })
  })

  test('what is not theirs to read stops the run before anything changes, and says whose it is', async () => {
    const inputs = { services: `web: ${NAME}:2`, registries: REGISTRIES }
    const forNodes = await swarmOfWeb({ readers: ['ci'] })
    expect(await runAction(forNodes, inputs)).toMatchObject({
      results: [],
      problems: [
        expect.stringMatching(
          /^service web: image hub\.test\/acme\/web:2 cannot be read from hub\.test as bot, whose credential the nodes would store: access is denied/,
        ),
      ],
    })
    expect(usersOf(forNodes).stored).toEqual([])

    const forJob = await swarmOfWeb({ readers: ['bot'] })
    const { problems } = await runAction(forJob, inputs)
    expect(problems).toEqual([expect.stringMatching(/cannot be read from hub\.test as ci: access is denied/)])
  })

  test('a password in the place of the user name is not shown', async () => {
    const swarm = await swarmOfWeb()
    swarm.faults.add({ at: /^POST \/auth$/, fault: { kind: 'error', status: 500, message: '401 Unauthorized' } })
    const registries = '- {registry: hub.test, username: p@ss!, password: of-nobody-at-all}'
    const { problems } = await runAction(swarm, { services: `web: "${NAME}:2"`, registries })
    expect(problems).toEqual([expect.stringContaining('cannot log in to hub.test as ***: ')])
    expect(problems.join()).not.toContain('p@ss')
  })

  test('what a refused password has that may have come with pasting is told', async () => {
    const swarm = await swarmOfWeb()
    swarm.faults.add({ at: /^POST \/auth$/, fault: { kind: 'error', status: 500, message: '401 Unauthorized' } })
    const registries = `- {registry: hub.test, username: bot, password: '"of-nobody"'}`
    const { problems } = await runAction(swarm, { services: `web: "${NAME}:2"`, registries })
    expect(problems).toEqual([
      expect.stringMatching(/expired\. The password begins and ends with a quote: is that part of it\?$/),
    ])
  })

  test.each([
    ['ci', 1, 'as ci: '],
    ['bot', 2, 'as bot, whose credential the nodes would store: '],
  ])('a login of %s that is refused is told once, for all services', async (_user, from, words) => {
    const swarm = await swarmOfWeb()
    const message = 'login attempt to http://hub.test/v2/ failed with status: 401 Unauthorized'
    swarm.faults.add({ at: /^POST \/auth$/, from, fault: { kind: 'error', status: 500, message } })
    const services = `- {name: web, image: "${NAME}:2"}\n- {name: api, image: "${NAME}:2", create: true}`
    const { problems } = await runAction(swarm, { services, registries: REGISTRIES })
    expect(problems).toEqual([expect.stringContaining(`registries entry 1: cannot log in to hub.test ${words}`)])
  })

  test('a plan names it, and asks the swarm to store nothing', async () => {
    const swarm = await swarmOfWeb()
    const inputs = { mode: 'plan', services: `web: ${NAME}:2`, registries: REGISTRIES }
    const { outlook } = await runAction(swarm, inputs)
    expect(outlook?.services).toMatchObject([{ account: { registry: 'hub.test', username: 'bot' } }])
    expect(usersOf(swarm)).toEqual({ stored: [], asked: ['bot', 'ci'] })
  })
})

test('without one, the credential of the run is asked with once, and stored', async () => {
  const swarm = await swarmOfWeb()
  const registries = `- {registry: hub.test, username: ci, password: ${OF_JOB}}`
  await runAction(swarm, { services: `web: ${NAME}:2`, registries, monitor: '1s' })
  expect(usersOf(swarm)).toEqual({ stored: ['ci'], asked: ['ci'] })
  expect(swarm.faults.calls.filter(({ path }) => path.startsWith('/distribution/'))).toHaveLength(1)
})
