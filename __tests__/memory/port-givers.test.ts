import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { cancel, type Run, runAction } from '../support/memory-swarm/run.ts'

const IMAGES = {
  'hub.test/web:1': {},
  'hub.test/web:2': {},
  'hub.test/web:job': { ends: { afterSeconds: 1, exitCode: 0 } },
  'hub.test/web:crashes': { ends: { afterSeconds: 1, exitCode: 3 } },
}

type Files = Readonly<
  Record<
    string,
    { readonly tag?: string; readonly ports?: readonly string[]; readonly tasks?: number; readonly onFailure?: string }
  >
>

const compose = (services: Files) =>
  JSON.stringify({
    services: Object.fromEntries(
      Object.entries(services).map(([name, { tag = '1', ports = [], tasks = 1, onFailure }]) => [
        name,
        {
          image: `hub.test/web:${tag}`,
          ports,
          deploy: { replicas: tasks, ...(onFailure && { update_config: { failure_action: onFailure } }) },
        },
      ]),
    ),
  })

const deploy = (swarm: MemorySwarm, services: Files, more: Record<string, string> = {}): Promise<Run> =>
  runAction(
    swarm,
    { stack: 'shop', prune: 'true', 'history-limit': '0', ...more },
    { compose: compose(services), tells: true },
  )

const portsOf = (spec: ServiceSpec | undefined) =>
  spec && (spec.EndpointSpec?.Ports ?? []).map((port) => port.PublishedPort)
const portsNow = (swarm: MemorySwarm) =>
  Object.fromEntries(
    ['old', 'web', 'api'].flatMap((name) => {
      const ports = portsOf(swarm.service(`shop_${name}`)?.Spec)
      return ports === undefined ? [] : [[name, ports]]
    }),
  )
const outcomes = ({ results }: Run) => Object.fromEntries(results.map(({ name, outcome }) => [name, outcome]))

/** A swarm with a service that the files will no longer have. */
async function deployedSwarm(ports = ['80:8000', '81:8001']): Promise<MemorySwarm> {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  await deploy(swarm, { old: { ports }, api: {} })
  await pass(10)
  return swarm
}

const RENAMED: Files = { web: { ports: ['80:8000'] }, api: {} }
const BROKEN: Files = { web: { tag: 'crashes', ports: ['80:8000'] }, api: {} }

beforeEach(stopTime)
afterEach(letTimeRun)

describe('a service that prune removes gives its port to one that is new', () => {
  test('which then comes up', async () => {
    const swarm = await deployedSwarm()
    const run = await deploy(swarm, RENAMED)
    expect(run.problems).toEqual([])
    expect(outcomes(run)).toEqual({ shop_web: 'created', shop_api: 'unchanged', shop_old: 'removed' })
    expect(portsNow(swarm)).toEqual({ web: [80], api: [] })
    expect(run.log).toContain('shop_old: gives 80/tcp to shop_web first, and is removed last')
  })

  test('and to one that is there', async () => {
    const swarm = await deployedSwarm()
    const run = await deploy(swarm, { api: { ports: ['80:8000', '81:8000'] } })
    expect(outcomes(run)).toEqual({ shop_api: 'updated', shop_old: 'removed' })
    expect(portsNow(swarm)).toEqual({ api: [80, 81] })
  })

  test('and keeps what nobody asks for until it goes', async () => {
    const swarm = await deployedSwarm()
    const run = await deploy(swarm, BROKEN, { 'on-failure': 'keep' })
    expect(outcomes(run)).toMatchObject({ shop_web: 'failed', shop_old: 'updated' })
    expect(run.log).toContain('shop_old: gives 80/tcp to shop_web, and is removed when a deploy comes up')
    expect(run.log).toContain('it is left as it is, 1 other service runs as asked')
    expect(portsNow(swarm)).toEqual({ web: [80], old: [81], api: [] })
  })

  test.each([{}, { 'on-failure': 'rollback-failed' }, { 'max-parallel': '1' }])(
    'and gets it back where that does not come up: %j',
    async (more: Record<string, string>) => {
      const swarm = await deployedSwarm()
      const before = swarm.service('shop_old')?.Spec
      const run = await deploy(swarm, BROKEN, more)
      expect(outcomes(run)).toEqual({ shop_web: 'rolled-back', shop_api: 'unchanged', shop_old: 'rolled-back' })
      expect(portsNow(swarm)).toEqual({ old: [80, 81], api: [] })
      expect(swarm.service('shop_old')?.Spec.TaskTemplate).toEqual(before?.TaskTemplate)
      expect(run.results.find(({ name }) => name === 'shop_old')?.cause).toBe(
        'restored because of shop_web; what ran before runs again',
      )
    },
  )

  test('and what else got one of its ports goes back with it', async () => {
    const swarm = await deployedSwarm()
    const files = { web: BROKEN.web ?? {}, api: { ports: ['81:8000'] } }
    const run = await deploy(swarm, files, { 'on-failure': 'rollback-failed' })
    expect(outcomes(run)).toEqual({ shop_web: 'rolled-back', shop_api: 'rolled-back', shop_old: 'rolled-back' })
    expect(portsNow(swarm)).toEqual({ old: [80, 81], api: [] })
  })

  test("and does not take it back by Swarm's own rollback", async () => {
    const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
    const ports = ['80:8000', '81:8001']
    const before = { old: { tag: 'crashes', ports, onFailure: 'rollback' }, api: {} }
    await deploy(swarm, before, { 'on-failure': 'keep' })
    const run = await deploy(swarm, BROKEN, { 'on-failure': 'keep' })
    expect(outcomes(run)).toMatchObject({ shop_web: 'failed', shop_old: 'updated' })
    expect(portsNow(swarm)).toEqual({ web: [80], old: [81], api: [] })
  })

  test('in each of several deploys that fail', async () => {
    const swarm = await deployedSwarm()
    await deploy(swarm, BROKEN)
    await deploy(swarm, BROKEN, { 'on-failure': 'keep' })
    const run = await deploy(swarm, RENAMED)
    expect(outcomes(run)).toEqual({ shop_web: 'updated', shop_api: 'unchanged', shop_old: 'removed' })
  })

  const atTheHandOver = /^POST \/services\/[^/]+\/update$/

  test('unless somebody removes it at that moment: then nothing else is sent, and the next deploy comes up', async () => {
    const swarm = await deployedSwarm()
    swarm.faults.add({ fault: { kind: 'meanwhile', act: () => swarm.remove('shop_old') }, at: atTheHandOver })
    const first = await deploy(swarm, RENAMED)
    expect(outcomes(first)).toEqual({ shop_web: 'skipped', shop_api: 'unchanged', shop_old: 'superseded' })
    expect(first.results.find(({ name }) => name === 'shop_web')?.cause).toBe(
      'not sent, because taking its ports from shop_old failed',
    )
    expect(outcomes(await deploy(swarm, RENAMED))).toEqual({ shop_web: 'created', shop_api: 'unchanged' })
  })

  test('unless docker refuses that: all stays as it is', async () => {
    const swarm = await deployedSwarm()
    const fault = { kind: 'error', status: 500, message: 'disk quota exceeded' } as const
    swarm.faults.add({ fault, at: atTheHandOver, times: 100 })
    const run = await deploy(swarm, RENAMED)
    expect(outcomes(run)).toEqual({ shop_web: 'skipped', shop_api: 'unchanged', shop_old: 'failed' })
    expect(portsNow(swarm)).toEqual({ old: [80, 81], api: [] })
  })

  test('also where the answer to that is lost', async () => {
    const swarm = await deployedSwarm()
    swarm.faults.add({ fault: { kind: 'answer-lost' }, at: atTheHandOver })
    const run = await deploy(swarm, RENAMED)
    expect(outcomes(run)).toEqual({ shop_web: 'created', shop_api: 'unchanged', shop_old: 'removed' })
  })

  test('also to one whose run was killed half-way, by the next deploy', async () => {
    const swarm = await deployedSwarm()
    await runAction(
      swarm,
      { stack: 'shop', prune: 'true', 'history-limit': '0' },
      { compose: compose(RENAMED), kill: { at: atTheHandOver } },
    )
    expect(portsNow(swarm)).toEqual({ old: [81], api: [] })
    await pass(1)
    expect(outcomes(await deploy(swarm, RENAMED))).toEqual({
      shop_web: 'created',
      shop_api: 'unchanged',
      shop_old: 'removed',
    })
  })

  test('and gets it back though all is to stay, where nobody has got it', async () => {
    const swarm = await deployedSwarm()
    const fault = { kind: 'error', status: 500, message: 'disk quota exceeded' } as const
    swarm.faults.add({ fault, at: /^POST \/services\/create$/, times: 100 })
    const run = await deploy(swarm, RENAMED, { 'on-failure': 'keep' })
    expect(outcomes(run)).toEqual({ shop_web: 'failed', shop_api: 'unchanged', shop_old: 'rolled-back' })
    expect(portsNow(swarm)).toEqual({ old: [80, 81], api: [] })
  })

  test('and gets it back in a run that is stopped meanwhile, which tells of it once', async () => {
    const swarm = await deployedSwarm()
    const stop = new AbortController()
    swarm.faults.add({ fault: { kind: 'meanwhile', act: () => cancel(stop) }, at: atTheHandOver })
    const run = await runAction(
      swarm,
      { stack: 'shop', prune: 'true', 'history-limit': '0' },
      { compose: compose(RENAMED), stop },
    )
    expect(run.results.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['shop_web', 'cancelled'],
      ['shop_api', 'unchanged'],
      ['shop_old', 'rolled-back'],
    ])
    expect(portsNow(swarm)).toEqual({ old: [80, 81], api: [] })
  })

  test('and a deploy of the files before brings all back', async () => {
    const swarm = await deployedSwarm()
    await deploy(swarm, BROKEN, { 'on-failure': 'keep' })
    const run = await deploy(swarm, { old: { ports: ['80:8000', '81:8001'] }, api: {} })
    expect(outcomes(run)).toEqual({ shop_old: 'updated', shop_api: 'unchanged', shop_web: 'removed' })
    expect(portsNow(swarm)).toEqual({ old: [80, 81], api: [] })
  })

  test('which a plan does not refuse', async () => {
    const swarm = await deployedSwarm()
    const { problems, outlook } = await deploy(swarm, RENAMED, { mode: 'plan' })
    expect(problems).toEqual([])
    expect(outlook?.services.map(({ name, action, course }) => [name, action, course])).toEqual([
      ['shop_web', 'create', undefined],
      ['shop_api', 'unchanged', undefined],
      ['shop_old', 'remove', 'gives 80/tcp to shop_web first, and is removed last'],
    ])
    expect(portsNow(swarm)).toEqual({ old: [80, 81], api: [] })
  })

  test('and of one that stays a plan tells what it gives', async () => {
    const swarm = await deployedSwarm()
    const moved = { old: { ports: ['81:8001'] }, api: { ports: ['80:8000'] } }
    const { problems, outlook } = await deploy(swarm, moved, { mode: 'plan' })
    expect(problems).toEqual([])
    expect(outlook?.services.map(({ name, course }) => [name, course])).toEqual([
      ['shop_old', 'gives 80/tcp to shop_api, which is sent after it'],
      ['shop_api', undefined],
    ])
  })
})

test('a rollback to a version without it says what to write', async () => {
  const swarm = await deployedSwarm()
  await deploy(swarm, { api: {} }, { 'history-limit': '5' })
  await deploy(swarm, RENAMED, { 'history-limit': '5' })
  await deploy(swarm, { old: { ports: ['80:8000'] }, api: {} }, { 'history-limit': '5' })
  const back = { mode: 'rollback', to: '#2', stack: 'shop', 'history-limit': '5' }
  const { problems } = await runAction(swarm, back)
  expect(problems).toEqual([
    expect.stringContaining('shop_old, of this stack but not in this version of it: write `prune: true`, or remove'),
  ])
  const { results } = await runAction(swarm, { ...back, prune: 'true' })
  expect(results.map(({ name, outcome }) => [name, outcome])).toEqual([
    ['shop_web', 'created'],
    ['shop_api', 'unchanged'],
    ['shop_old', 'removed'],
  ])
})

test('a job keeps its port, for it would run once more', async () => {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  const job = { image: 'hub.test/web:job', ports: ['80:8000'], deploy: { mode: 'replicated-job' } }
  const inputs = { stack: 'shop', prune: 'true', 'history-limit': '0' }
  await runAction(swarm, inputs, { compose: JSON.stringify({ services: { old: job } }) })
  const { problems } = await deploy(swarm, RENAMED)
  expect(problems).toEqual([
    expect.stringMatching(/80\/tcp is published by the service shop_old.*: remove it first with/),
  ])
})

test('without prune it keeps the port, and prune is what to write', async () => {
  const swarm = await deployedSwarm()
  const { problems } = await deploy(swarm, RENAMED, { prune: 'false' })
  expect(problems).toEqual([
    expect.stringMatching(
      /80\/tcp is published by the service shop_old, of this stack but no longer in its files: write `prune: true`, or remove it first with `docker service rm shop_old`/,
    ),
  ])
  expect(portsNow(swarm)).toEqual({ old: [80, 81], api: [] })
})

test('nor with only, which has to go for it', async () => {
  const { problems } = await deploy(await deployedSwarm(), RENAMED, { prune: 'false', only: 'web' })
  expect(problems).toEqual([
    expect.stringContaining(
      'write `prune: true` in place of `only`, or remove it first with `docker service rm shop_old`',
    ),
  ])
})

describe('a service of a deploy gives its port to another one', () => {
  const before: Files = { api: { ports: ['80:8000'] }, web: {} }
  const deployed = async (files = before) => {
    const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
    await deploy(swarm, files)
    await pass(10)
    return swarm
  }

  test.each([{}, { 'max-parallel': '1' }])('which is there or new: %j', async (more: Record<string, string>) => {
    const swarm = await deployed()
    const moved = await deploy(swarm, { old: {}, web: { ports: ['80:8000'] }, api: {} }, more)
    expect(outcomes(moved)).toEqual({ shop_old: 'created', shop_web: 'updated', shop_api: 'updated' })
    expect(portsNow(swarm)).toEqual({ old: [], web: [80], api: [] })
    const again = await deploy(swarm, { fresh: { ports: ['80:8000'] }, old: {}, web: {}, api: {} }, more)
    expect(outcomes(again)).toMatchObject({ shop_fresh: 'created', shop_web: 'updated' })
  })

  test('and gets it back though all is to stay, where nobody has got it', async () => {
    const swarm = await deployed()
    const fault = { kind: 'error', status: 500, message: 'disk quota exceeded' } as const
    swarm.faults.add({ fault, at: /^POST \/services\/create$/, times: 100 })
    const files = { api: { tag: '2' }, web: {}, fresh: { ports: ['80:8000'] } }
    const run = await deploy(swarm, files, { 'on-failure': 'keep' })
    expect(outcomes(run)).toEqual({ shop_api: 'rolled-back', shop_web: 'unchanged', shop_fresh: 'failed' })
    expect(portsNow(swarm)).toMatchObject({ api: [80] })
    expect(run.results[0]).toMatchObject({ cause: 'restored because of shop_fresh; what ran before runs again' })
  })

  test("and has it again after Swarm's own rollback, with nobody beside it, also where all is to stay", async () => {
    const swarm = await deployed({ api: { ports: ['80:8000'], onFailure: 'rollback' }, web: {} })
    const moved = (tag: string) => ({ api: { tag, onFailure: 'rollback' }, web: { tag: '2', ports: ['80:8000'] } })
    const run = await deploy(swarm, moved('crashes'), { 'on-failure': 'keep' })
    expect(outcomes(run)).toEqual({ shop_api: 'rolled-back', shop_web: 'rolled-back' })
    expect(portsNow(swarm)).toEqual({ api: [80], web: [] })
    expect(outcomes(await deploy(swarm, moved('2')))).toEqual({ shop_api: 'updated', shop_web: 'updated' })
    expect(portsNow(swarm)).toEqual({ api: [], web: [80] })
  })

  test('and has it again with what has given it one itself', async () => {
    const swarm = await deployed({ api: { ports: ['80:8000'] }, web: { ports: ['81:8000'] }, old: {} })
    const files: Files = {
      api: { tag: '2' },
      web: { ports: ['80:8000'] },
      old: { tag: 'crashes', ports: ['81:8000'], onFailure: 'rollback' },
    }
    const run = await deploy(swarm, files, { 'on-failure': 'keep' })
    expect(outcomes(run)).toEqual({ shop_api: 'rolled-back', shop_web: 'rolled-back', shop_old: 'rolled-back' })
    expect(portsNow(swarm)).toEqual({ api: [80], web: [81], old: [] })
  })

  test('and gets one of a third', async () => {
    const swarm = await deployed({ api: { ports: ['80:8000'] }, web: { ports: ['81:8000'] } })
    const run = await deploy(swarm, { old: { ports: ['81:8000'] }, web: { ports: ['80:8000'] }, api: {} })
    expect(outcomes(run)).toEqual({ shop_old: 'created', shop_web: 'updated', shop_api: 'updated' })
    expect(portsNow(swarm)).toEqual({ old: [81], web: [80], api: [] })
  })

  test('but not where each waits for the other', async () => {
    const swarm = await deployed({ api: { ports: ['80:8000'] }, web: { ports: ['81:8000'] } })
    const { problems } = await deploy(swarm, { api: { ports: ['81:8000'] }, web: { ports: ['80:8000'] } })
    expect(problems).toEqual([
      expect.stringContaining('shop_web still publishes 81/tcp'),
      expect.stringContaining('shop_api still publishes 80/tcp'),
    ])
  })

  test('nor to a canary, whose first task comes before', async () => {
    const swarm = await deployed({ api: { ports: ['80:8000'] }, web: { tasks: 3 } })
    const wanted = { api: {}, web: { tasks: 3, tag: '2', ports: ['80:8000'] } }
    const { problems } = await deploy(swarm, wanted, { strategy: 'canary' })
    expect(problems).toEqual([expect.stringContaining('shop_api still publishes 80/tcp')])
  })

  const all = ['rollback', 'rollback-failed'].flatMap((policy) => ['1', '10'].map((most) => [policy, most] as const))

  test.each(all)('and gets it back where that does not come up: %s, max-parallel %s', async (policy, most) => {
    const swarm = await deployed()
    const more = { 'on-failure': policy, 'max-parallel': most }
    const run = await deploy(swarm, { api: {}, web: { tag: 'crashes', ports: ['80:8000'] } }, more)
    expect(outcomes(run)).toEqual({ shop_api: 'rolled-back', shop_web: 'rolled-back' })
    expect(run.results.map(({ wayBack }) => wayBack)).toEqual(['done', 'done'])
    expect(portsNow(swarm)).toEqual({ api: [80], web: [] })
  })

  test('also where another one that got a port of it is up', async () => {
    const swarm = await deployed({ api: { ports: ['80:8000', '81:8001'] }, web: {}, old: {} })
    const wanted = { api: {}, web: { tag: 'crashes', ports: ['80:8000'] }, old: { ports: ['81:8000'] } }
    const run = await deploy(swarm, wanted, { 'on-failure': 'rollback-failed' })
    expect(run.results.map(({ wayBack }) => wayBack)).toEqual(['done', 'done', 'done'])
    expect(portsNow(swarm)).toEqual({ api: [80, 81], web: [], old: [] })
  })

  test.each(all)('and where it does not come up itself: %s, max-parallel %s', async (policy, most) => {
    const swarm = await deployed()
    const more = { 'on-failure': policy, 'max-parallel': most }
    const run = await deploy(swarm, { api: { tag: 'crashes' }, web: { ports: ['80:8000'] } }, more)
    expect(outcomes(run)).toEqual({ shop_api: 'rolled-back', shop_web: 'rolled-back' })
    expect(run.results.map(({ wayBack }) => wayBack)).toEqual(['done', 'done'])
    expect(portsNow(swarm)).toEqual({ api: [80], web: [] })
  })
})
