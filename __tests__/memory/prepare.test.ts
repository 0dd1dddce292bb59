import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Service, ServiceSpec } from '../../src/docker/api.ts'
import { removeOfRun } from '../../src/prepare/passing-services.ts'
import { letTimeRun, pass, settle, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { digestOf, type Image, pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { cancel, runAction, runTogether } from '../support/memory-swarm/run.ts'

const NAME = 'hub.test/acme/web'
const ONE = pin(`${NAME}:1`)
const TWO = pin(`${NAME}:2`)
const SECOND = 1e9

beforeEach(stopTime)
afterEach(letTimeRun)

async function swarmOfWeb(two: Image, spec: Partial<ServiceSpec> = {}, nodes = 3): Promise<MemorySwarm> {
  const swarm = new MemorySwarm({
    nodes: Array.from({ length: nodes }, () => ({})),
    images: { [`${NAME}:1`]: {}, [`${NAME}:2`]: two },
  })
  swarm.create({
    Name: 'web',
    Mode: { Replicated: { Replicas: nodes } },
    TaskTemplate: { ContainerSpec: { Image: ONE }, RestartPolicy: { Condition: 'any' } },
    UpdateConfig: { Parallelism: 1, Monitor: SECOND },
    ...spec,
  })
  await pass(5)
  return swarm
}

const inputs = (prepare: string, more: Record<string, string> = {}) => ({
  services: `web: ${NAME}:2`,
  prepare,
  monitor: '1s',
  ...more,
})

/** For how long a service had no task that runs, in seconds, until told. */
function watchGap(swarm: MemorySwarm, name: string): () => number {
  let gap = 0
  let since: number | undefined
  swarm.store.onChange(() => {
    const isUp = swarm.running(name).length > 0
    if (isUp && since !== undefined) gap += performance.now() - since
    if (isUp) since = undefined
    else since ??= performance.now()
  })
  return () => gap / 1000
}

/** The services by which nodes pull, as they are made, with their specs then. */
function watchPulls(swarm: MemorySwarm): ServiceSpec[] {
  const made: ServiceSpec[] = []
  swarm.store.onChange((change) => {
    if (change.kind === 'service' && change.action === 'create') made.push(change.service.current.spec)
  })
  return made
}

function nodesWith(swarm: MemorySwarm, reference: string): string[] {
  return [...swarm.store.nodes.values()]
    .filter(({ images }) => images.has(digestOf(reference)))
    .map(({ hostname }) => hostname)
}

describe('a rollout that is prepared', () => {
  test('every node has the image before anything of the service is changed, and nothing is left', async () => {
    const swarm = await swarmOfWeb({ pullSeconds: 20 })
    let before: string[] = []
    swarm.faults.add({
      at: /POST \/services\/service\d+\/update/,
      fault: {
        kind: 'meanwhile',
        act: () => {
          before = [...nodesWith(swarm, `${NAME}:2`), ...swarm.services]
        },
      },
    })
    const { results, log } = await runAction(swarm, inputs('true'))
    expect(before).toEqual(['n1', 'n2', 'n3', 'web'])
    expect(results).toMatchObject([{ name: 'web', outcome: 'updated' }])
    expect(swarm.running('web')).toEqual([TWO, TWO, TWO])
    expect(swarm.services).toEqual(['web'])
    expect(log).toContain('on all 3 nodes that lacked it')
  })

  test('takes the time of one pull in place of one for each task, one after another', async () => {
    const [plain, prepared] = await Promise.all(
      ['false', 'true'].map(async (prepare) => {
        const swarm = await swarmOfWeb({ pullSeconds: 20 })
        return { swarm, prepare }
      }),
    )
    const times = []
    for (const one of [plain, prepared]) {
      if (one === undefined) continue
      const { seconds } = await runAction(one.swarm, inputs(one.prepare))
      times.push(seconds)
    }
    const [without = 0, withIt = 0] = times
    expect(without).toBeGreaterThan(60)
    expect(withIt).toBeLessThan(without / 2)
  })

  test.each([5, 50])('one replica is away as long whether its pull takes 5 s or %i s', async (pullSeconds) => {
    const swarm = await swarmOfWeb({ pullSeconds }, { Mode: { Replicated: { Replicas: 1 } } }, 2)
    const gap = watchGap(swarm, 'web')
    const { results } = await runAction(swarm, inputs('true'))
    expect(results).toMatchObject([{ outcome: 'updated' }])
    expect(gap()).toBeLessThan(1)
  })

  test('the services by which nodes pull belong to no stack, and say whose they are and until when', async () => {
    const swarm = await swarmOfWeb({})
    const made = watchPulls(swarm)
    await runAction(swarm, inputs('true', { timeout: '5m' }))
    const [spec, ...others] = made
    expect(others).toEqual([])
    expect(spec?.Name).toMatch(/^swarm-deploy-prepare-[0-9a-f]{12}$/)
    expect(Object.keys(spec?.Labels ?? {}).sort()).toEqual([
      'swarm-deploy.prepare.owner',
      'swarm-deploy.prepare.run',
      'swarm-deploy.prepare.until',
    ])
  })

  test('nodes pull with the credential of the service', async () => {
    const swarm = await swarmOfWeb({ readers: ['alice'] })
    const registries = JSON.stringify([{ registry: 'hub.test', username: 'alice', password: 'wonderland-7' }])
    const { results } = await runAction(swarm, inputs('true', { registries }))
    expect(results).toMatchObject([{ outcome: 'updated' }])
  })

  test('at most so many nodes pull at a time, and each pulls once', async () => {
    const swarm = await swarmOfWeb({ pullSeconds: 10 }, {}, 5)
    let most = 0
    const pulled: string[] = []
    swarm.store.onChange((change) => {
      if (change.kind !== 'task') return
      const pulling = [...swarm.store.tasks.values()].filter(({ state }) => state === 'preparing')
      most = Math.max(most, pulling.length)
      const { task } = change
      if (task.state === 'rejected' && change.action === 'update' && task.desired === 'running')
        pulled.push(task.nodeId ?? '')
    })
    const { results } = await runAction(swarm, inputs('true', { 'max-parallel': '2' }))
    expect(results).toMatchObject([{ outcome: 'updated' }])
    expect(most).toBe(2)
    expect(new Set(pulled).size).toBe(5)
    expect(pulled).toHaveLength(5)
  })

  test('tells how far it is', async () => {
    const swarm = await swarmOfWeb({ pullSeconds: 20 }, {}, 5)
    const { log } = await runAction(swarm, inputs('true', { 'max-parallel': '2' }))
    expect(log).toMatch(/hub\.test\/acme\/web:2@sha256:[0-9a-f]{12}…: 2 of 5 nodes have it/)
  })
})

describe('costs nothing where there is nothing to pull', () => {
  test.each(['true', 'enough', 'auto'])('a service that is as asked makes no service with %s', async (prepare) => {
    const swarm = await swarmOfWeb({})
    const made = watchPulls(swarm)
    const { results } = await runAction(swarm, { ...inputs(prepare), services: `web: ${NAME}:1` })
    expect(results).toMatchObject([{ outcome: 'unchanged' }])
    expect(made).toEqual([])
  })

  test('by default', async () => {
    const swarm = await swarmOfWeb({})
    const made = watchPulls(swarm)
    const { prepare: _, ...rest } = inputs('')
    await runAction(swarm, rest)
    expect(made).toEqual([])
  })

  test('a key of one service goes before the input for all', async () => {
    const swarm = await swarmOfWeb({})
    const made = watchPulls(swarm)
    await runAction(swarm, { ...inputs('true'), services: `- {name: web, image: '${NAME}:2', prepare: false}` })
    expect(made).toEqual([])
  })

  test('nor in a plan', async () => {
    const swarm = await swarmOfWeb({})
    const made = watchPulls(swarm)
    await runAction(swarm, inputs('true', { mode: 'plan' }))
    expect(made).toEqual([])
  })
})

describe('a node that cannot pull', () => {
  const failing = (nodes: Record<string, number>): Image => ({ pullSeconds: 2, pullFailsOn: nodes })
  const untouched = async (swarm: MemorySwarm, prepare: string) => {
    const before = swarm.service('web')?.Version
    const run = await runAction(swarm, inputs(prepare))
    return { ...run, isUntouched: swarm.service('web')?.Version.Index === before?.Index }
  }

  test('is named with its cause and a remedy before anything is changed', async () => {
    const swarm = await swarmOfWeb(failing({ n2: 0.6 }))
    const { problems, isUntouched } = await untouched(swarm, 'true')
    expect(problems).toEqual([
      expect.stringMatching(
        /^prepare: service web: 1 of the 3 nodes that lacked it cannot pull hub\.test\/acme\/web:2@sha256:[0-9a-f]{12}…: n2 \(after \d\.\d s: No such image\)\. Others pull it, so the cause is on the node: it does not trust the certificate of hub\.test/,
      ),
    ])
    expect(problems[0]).toContain('journalctl -u docker')
    expect(isUntouched).toBe(true)
    expect(swarm.services).toEqual(['web'])
    expect(swarm.running('web')).toEqual([ONE, ONE, ONE])
  })

  test('after half a minute its packets are dropped', async () => {
    const swarm = await swarmOfWeb(failing({ n2: 30 }))
    const { problems } = await untouched(swarm, 'true')
    expect(problems[0]).toMatch(/n2 \(after 30\.\d s: .*packets to hub\.test are dropped/)
  })

  test('all of them: the account may not pull, or none has a way', async () => {
    const swarm = await swarmOfWeb(failing({ n1: 0.3, n2: 0.3, n3: 0.3 }))
    const { problems } = await untouched(swarm, 'true')
    expect(problems[0]).toContain('all 3 nodes that lacked it cannot pull')
    expect(problems[0]).toContain('the account may not pull it')
  })

  test.each([
    ['enough', 1, 'updated'],
    ['auto', 1, 'updated'],
    ['enough', 3, undefined],
    ['auto', 3, undefined],
    ['true', 1, undefined],
  ])('with %s and %i replicas: %s', async (prepare, replicas, outcome) => {
    const swarm = await swarmOfWeb(failing({ n2: 0.6 }), { Mode: { Replicated: { Replicas: replicas } } })
    const { results, problems, log } = await runAction(swarm, inputs(prepare))
    expect(results[0]?.outcome).toBe(outcome)
    expect(problems).toHaveLength(outcome === undefined ? 1 : 0)
    if (outcome !== undefined) expect(log).toMatch(/Notice: prepare: service web: 1 of the 3 nodes .*n2/)
  })

  test.each(['true', 'enough'])('all of them are drained meanwhile: with %s nothing is changed', async (prepare) => {
    const swarm = await swarmOfWeb({ pullSeconds: 30 })
    setTimeout(() => {
      for (const name of ['n1', 'n2', 'n3']) swarm.setNode(name, { availability: 'drain' })
    }, 8000)
    const { problems } = await runAction(swarm, inputs(prepare))
    expect(problems).toEqual([expect.stringContaining('none is ready and active any more: n1, n2, n3')])
    expect(swarm.service('web')?.Spec.TaskTemplate.ContainerSpec?.Image).toBe(ONE)
    expect(swarm.services).toEqual(['web'])
  })

  test('a node that is drained meanwhile is not waited for', async () => {
    const swarm = await swarmOfWeb({ pullSeconds: 30 })
    setTimeout(() => swarm.setNode('n3', { availability: 'drain' }), 8000)
    const { results } = await runAction(swarm, inputs('true'))
    expect(results).toMatchObject([{ outcome: 'updated' }])
  })
})

describe('a pull that does not end', () => {
  const slow = () => swarmOfWeb({ pullSeconds: 500 })

  test('is told when half of the time is over, and nothing is changed', async () => {
    const swarm = await slow()
    const { problems, seconds } = await runAction(swarm, inputs('true', { timeout: '100s' }))
    expect(problems[0]).toMatch(/all 3 nodes that lacked it did not have .* after \d+ s: n1, n2, n3/)
    expect(seconds).toBeGreaterThan(49)
    expect(seconds).toBeLessThan(52)
    expect(swarm.services).toEqual(['web'])
  })

  test('does not take the time in which the swarm elected a leader', async () => {
    const swarm = await swarmOfWeb({ pullSeconds: 34 })
    setTimeout(() => swarm.faults.add({ at: /GET \/tasks/, fault: { kind: 'election', as: 'deadline' } }), 2000)
    const { results } = await runAction(swarm, inputs('true', { timeout: '60s' }))
    expect(results).toMatchObject([{ outcome: 'updated' }])
  })

  test.each(['auto', 'enough'])('with %s the rollout begins where the other nodes are enough', async (prepare) => {
    const one = { Mode: { Replicated: { Replicas: 1 } } }
    const swarm = await swarmOfWeb({ pullSeconds: 2, pullFailsOn: { n2: 500 } }, one)
    const { results, log } = await runAction(swarm, inputs(prepare, { timeout: '100s' }))
    expect(results).toMatchObject([{ outcome: 'updated' }])
    expect(log).toMatch(/Notice: prepare: service web: 1 of the 3 nodes .* did not have .* after 50 s: n2/)
  })
})

describe('nothing stays on the swarm', () => {
  const cancelled = async (seconds: number) => {
    const swarm = await swarmOfWeb({ pullSeconds: 60 })
    const stop = new AbortController()
    setTimeout(() => cancel(stop), seconds * 1000)
    const run = await runAction(swarm, inputs('true'), { stop })
    return { swarm, run }
  }

  test('of a run that is stopped, which ends within seconds', async () => {
    const { swarm, run } = await cancelled(10)
    expect(run.problems).toEqual(['Stopped by SIGTERM. Nothing was changed.'])
    expect(run.seconds).toBeLessThan(14)
    expect(swarm.services).toEqual(['web'])
  })

  const kill = { at: /GET \/tasks/, nth: 8 }

  test('of a run that is killed: post finds them by the token', async () => {
    const swarm = await swarmOfWeb({ pullSeconds: 60 })
    await runAction(swarm, inputs('true'), { kill })
    const left = swarm.services.filter((name) => name !== 'web')
    expect(left).toHaveLength(1)
    const token = (swarm.service(left[0] ?? '') as Service).Spec.Labels?.['swarm-deploy.prepare.run'] ?? ''
    await settle(removeOfRun(swarm.engine, token, new AbortController().signal))
    expect(swarm.services).toEqual(['web'])
  })

  test('of one that is killed for good: a later run removes them, when they have expired', async () => {
    const swarm = await swarmOfWeb({ pullSeconds: 60 })
    await runAction(swarm, inputs('true', { timeout: '2m' }), { kill })
    const unchanged = { services: `web: ${NAME}:1` }
    await runAction(swarm, unchanged)
    expect(swarm.services).toHaveLength(2)
    await pass(4 * 60)
    const { log } = await runAction(swarm, unchanged)
    expect(swarm.services).toEqual(['web'])
    expect(log).toMatch(/Removed what an earlier run had left: swarm-deploy-prepare-[0-9a-f]{12}/)
  })

  test('and what others have named so is left alone', async () => {
    const swarm = await swarmOfWeb({})
    const TaskTemplate = { ContainerSpec: { Image: ONE } }
    swarm.create({ Name: 'swarm-deploy-prepare-mine', Mode: { Replicated: {} }, TaskTemplate })
    const Labels = { 'swarm-deploy.prepare.run': 'x', 'swarm-deploy.prepare.until': '1' }
    swarm.create({ Name: 'theirs', Labels, Mode: { Replicated: {} }, TaskTemplate })
    await runAction(swarm, inputs('true'))
    expect(swarm.services).toEqual(['swarm-deploy-prepare-mine', 'theirs', 'web'])
  })
})

test('two runs at once do not disturb each other', async () => {
  const swarm = await swarmOfWeb({ pullSeconds: 10 })
  swarm.create({ Name: 'api', Mode: { Replicated: { Replicas: 3 } }, TaskTemplate: { ContainerSpec: { Image: ONE } } })
  await pass(5)
  const runs = await runTogether(swarm, [
    { inputs: inputs('true') },
    { inputs: { ...inputs('true'), services: `api: ${NAME}:2` }, afterSeconds: 3 },
  ])
  expect(runs.map(({ results }) => results[0]?.outcome)).toEqual(['updated', 'updated'])
  expect(swarm.services).toEqual(['api', 'web'])
})

describe('the swarm takes no service of ours', () => {
  const forbid = async (prepare: string) => {
    const swarm = await swarmOfWeb({})
    const fault = { kind: 'error', status: 403, message: 'services may not be made here' } as const
    swarm.faults.add({ at: /POST \/services\/create/, times: 10, fault })
    return runAction(swarm, inputs(prepare))
  }

  test('with auto the rollout begins without', async () => {
    const { results, log } = await forbid('auto')
    expect(results).toMatchObject([{ outcome: 'updated' }])
    expect(log).toContain('services may not be made here. The nodes pull it during the rollout')
  })

  test('else it is told, and nothing is changed', async () => {
    const { problems } = await forbid('true')
    expect(problems).toEqual([expect.stringContaining('services may not be made here. Write `prepare: false`')])
  })
})

test('a stack: all its services, each with its own image', async () => {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: { [`${NAME}:1`]: {}, [`${NAME}:2`]: { pullSeconds: 5 } } })
  const compose = (tag: string) => `services: {web: {image: '${NAME}:${tag}'}, api: {image: '${NAME}:1'}}`
  await runAction(swarm, { stack: 'shop', monitor: '1s' }, { compose: compose('1') })
  const made = watchPulls(swarm)
  const { results } = await runAction(
    swarm,
    { stack: 'shop', monitor: '1s', prepare: 'true', prune: 'true' },
    { compose: compose('2') },
  )
  expect(results.map(({ name, outcome }) => `${name} ${outcome}`).sort()).toEqual([
    'shop_api unchanged',
    'shop_web updated',
  ])
  expect(made.map((spec) => spec.TaskTemplate.ContainerSpec?.Image)).toEqual([TWO])
  expect(swarm.services).toEqual(['shop_api', 'shop_web'])
})
