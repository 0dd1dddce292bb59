import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { INTERIM_LABEL } from '../../src/plan/interim-spec.ts'
import { letTimeRun, pass, stopTime, withPrograms } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm, withImage } from '../support/memory-swarm/memory-swarm.ts'
import { cancel, type Run, type RunOptions, runAction, runTogether } from '../support/memory-swarm/run.ts'

const image = (tag: string) => `hub.test/acme/web:${tag}`
const [ONE, TWO, THREE] = ['1', '2', '3'].map((tag) => pin(image(tag))) as [string, string, string]
const SECOND = 1e9
const IMAGES = {
  [image('1')]: {},
  [image('2')]: {},
  [image('3')]: {},
  [image('bad')]: { ends: { afterSeconds: 0.2, exitCode: 7 }, prints: 'no database here' },
  // Swarm looks for a second only.
  [image('late')]: { ends: { afterSeconds: 6, exitCode: 1 }, prints: 'out of memory' },
  [image('never-up')]: { healthy: { afterSeconds: 1200 } },
  [image('job')]: { ends: { afterSeconds: 0.2, exitCode: 0 } },
}
const HELD = { hold: '10m' }

async function swarmWith(names: readonly string[], replicas = 2, more: Partial<ServiceSpec> = {}) {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  for (const name of names) add(swarm, name, { Mode: { Replicated: { Replicas: replicas } }, ...more })
  await pass(5)
  return swarm
}

type Changed = { readonly [Key in keyof ServiceSpec]?: ServiceSpec[Key] | undefined }

function add(swarm: MemorySwarm, Name: string, more: Changed, tag = '1') {
  swarm.create({
    Name,
    TaskTemplate: {
      ContainerSpec: { Image: pin(image(tag)) },
      RestartPolicy: { Condition: 'any', Delay: 0.3 * SECOND },
    },
    UpdateConfig: { Parallelism: 1, Monitor: SECOND },
    ...more,
  } as ServiceSpec)
}

const deploy = (swarm: MemorySwarm, services: unknown, more: Record<string, string> = {}, options: RunOptions = {}) =>
  runAction(swarm, { services: JSON.stringify(services), strategy: 'canary', ...more }, options)

/** Deploys, and does something when the hold has begun. */
async function inTheHold(swarm: MemorySwarm, inputs: Record<string, string>, act: () => void, options?: RunOptions) {
  // The new task has been up for the second that Swarm looks, and the hold has not ended.
  setTimeout(act, 20_000)
  const run = await deploy(swarm, { web: image('2') }, { ...HELD, ...inputs }, options)
  expect(run.log).toContain('web: the new tasks have to stay up for 600 s')
  return run
}

const running = (swarm: MemorySwarm, name: string) =>
  swarm.tasks(name).filter(({ Status, DesiredState }) => Status.State === 'running' && DesiredState === 'running')
const ids = (swarm: MemorySwarm, name: string) => running(swarm, name).map(({ ID }) => ID)

/** Nothing of the way there is left, not even for a rollback by hand. */
function expectNoTrace(swarm: MemorySwarm, name: string, policy: object = { Parallelism: 1, Monitor: SECOND }) {
  const { Spec, PreviousSpec } = swarm.service(name) ?? {}
  expect(Object.keys(Spec?.Labels ?? {})).not.toContain(INTERIM_LABEL)
  expect(Object.keys(PreviousSpec?.Labels ?? {})).not.toContain(INTERIM_LABEL)
  expect(Spec?.UpdateConfig).toMatchObject(policy)
  expect(Spec?.UpdateConfig?.Delay ?? 0).toBe(0)
}

beforeEach(stopTime)
afterEach(letTimeRun)

test('a task of the canary that fails takes only the canary back, and nothing else of the run is sent', async () => {
  const swarm = await swarmWith(['fails', 'bystander'], 4)
  const before = ids(swarm, 'fails')
  const bystander = swarm.service('bystander')
  const { results } = await deploy(swarm, [
    { name: 'fails', image: image('bad') },
    { name: 'bystander', image: image('bad'), strategy: 'rolling' },
    { name: 'newcomer', image: image('1'), create: true },
  ])
  expect(results).toMatchObject([
    {
      outcome: 'rolled-back',
      cause: expect.stringMatching(/^the canary failed: .*exit code 7.*what ran before runs again/),
      failedTask: { exitCode: 7, logs: ['no database here'] },
      image: { after: ONE },
    },
    { outcome: 'skipped', cause: 'not sent, because the canary of fails failed' },
    { outcome: 'skipped' },
  ])
  expect(swarm.running('fails')).toEqual(Array(4).fill(ONE))
  expect(ids(swarm, 'fails').filter((id) => before.includes(id))).toHaveLength(3)
  expect(swarm.service('bystander')).toEqual(bystander)
  expect(swarm.services).toEqual(['bystander', 'fails'])
  expectNoTrace(swarm, 'fails')
})

test('a check that fails takes the canary back, in the words of the check, also with on-failure: keep', async () => {
  const swarm = await swarmWith(['web'], 4)
  const before = ids(swarm, 'web')
  const services = [{ name: 'web', image: image('2'), 'check-command': 'echo the shop is closed to alice-pw; exit 3' }]
  const { results, log } = await withPrograms(() =>
    deploy(swarm, services, {
      'on-failure': 'keep',
      'update-config': '{order: start-first}',
      registry: 'hub.test',
      username: 'alice',
      password: 'alice-pw',
    }),
  )
  expect(log).toContain('the shop is closed to ***')
  expect(log).not.toContain('alice-pw')
  expect(results).toMatchObject([
    {
      outcome: 'rolled-back',
      cause: expect.stringContaining(
        'the canary failed: the check failed 3 times in a row: check-command ended with exit code 3: the shop is closed to ',
      ),
    },
  ])
  expect(swarm.running('web')).toEqual(Array(4).fill(ONE))
  expect(ids(swarm, 'web').filter((id) => before.includes(id))).toHaveLength(3)
  expectNoTrace(swarm, 'web')
})

test('a check that passes is told, and asked with what is on trial', async () => {
  const swarm = await swarmWith(['web'])
  const check = 'env | grep ^INPUT_ && exit 1; echo "asked for $SWARM_DEPLOY_SERVICE at $SWARM_DEPLOY_IMAGE"'
  const { results, log } = await withPrograms(() =>
    deploy(swarm, { web: image('2') }, { 'check-command': check, hold: '2s' }),
  )
  expect(results).toMatchObject([{ outcome: 'updated' }])
  // At the beginning of the hold, and at its end.
  expect(log.split(`asked for web at ${TWO}`)).toHaveLength(3)
  expectNoTrace(swarm, 'web')
})

test.each([
  ['drained', { availability: 'drain' }],
  ['down', { state: 'down' }],
] as const)('a canary whose node is %s in the hold names it', async (why, change) => {
  const swarm = await swarmWith(['web'])
  const run = await inTheHold(swarm, {}, () => {
    const canary = running(swarm, 'web').find(({ Spec }) => Spec?.ContainerSpec?.Image === TWO)
    const name = [...swarm.store.nodes.values()].find(({ id }) => id === canary?.NodeID)?.hostname ?? ''
    swarm.setNode(name, change)
  })
  expect(run.results[0]?.cause).toMatch(
    new RegExp(`^the canary failed: it did not stay up: 0/1 canary task running; its node n[12] is ${why} now`),
  )
})

test('a task that ends in the hold, when Swarm itself no longer looks, fails the canary', async () => {
  const swarm = await swarmWith(['web'])
  const { results, log } = await deploy(swarm, { web: image('late') }, { ...HELD, monitor: '1s' })
  expect(log).toContain('web: the new tasks have to stay up for 600 s')
  expect(results).toMatchObject([
    {
      outcome: 'rolled-back',
      cause: expect.stringMatching(/the canary failed: .*exit code 1/),
      failedTask: { logs: ['out of memory'] },
    },
  ])
  expect(swarm.running('web')).toEqual([ONE, ONE])
})

test('of two canaries the good one goes back with the bad one', async () => {
  const swarm = await swarmWith(['good', 'bad'])
  const { results } = await deploy(swarm, { good: image('2'), bad: image('bad') }, HELD)
  expect(results).toMatchObject([
    { outcome: 'rolled-back', cause: expect.stringContaining('not sent, because the canary of bad failed') },
    { outcome: 'rolled-back', cause: expect.stringContaining('the canary failed') },
  ])
  expect(swarm.running('good')).toEqual([ONE, ONE])
})

test('a canary that cannot start in time is timed out', async () => {
  const swarm = await swarmWith(['web'], 2, {
    UpdateConfig: { Parallelism: 1, Monitor: SECOND, Order: 'start-first' },
  })
  const { results } = await deploy(swarm, { web: image('never-up') }, { timeout: '20s' })
  expect(results).toMatchObject([
    { cause: expect.stringContaining('the canary failed: it has not settled within 20 s: 0/1 canary task running') },
  ])
  expect(swarm.running('web')).toEqual([ONE, ONE])
})

test('when the others fail behind a good canary, all goes back, though Swarm itself only knows the canary', async () => {
  const swarm = await swarmWith(['web'], 4, {
    UpdateConfig: { Parallelism: 1, FailureAction: 'rollback', Monitor: 18 * SECOND },
  })
  const { results, log } = await deploy(swarm, { web: image('late') }, { 'on-failure': 'keep', monitor: '1s' })
  expect(log).toContain('web: its canary has passed')
  expect(results).toMatchObject([
    { outcome: 'rolled-back', cause: expect.stringMatching(/Swarm rolled it back.*what ran before runs again/) },
  ])
  expect(swarm.running('web')).toEqual(Array(4).fill(ONE))
  expectNoTrace(swarm, 'web', { Parallelism: 1, FailureAction: 'rollback', Monitor: 18 * SECOND })
})

test('a global service has its canary on one node, and a new number of replicas waits for it', async () => {
  const swarm = await swarmWith(['grows'])
  add(swarm, 'everywhere', { Mode: { Global: {} } })
  await pass(5)
  const seen: string[][] = []
  setTimeout(() => seen.push(swarm.running('everywhere'), swarm.running('grows')), 20_000)
  const { results } = await deploy(
    swarm,
    [
      { name: 'everywhere', image: image('2') },
      { name: 'grows', image: image('2'), replicas: '5' },
    ],
    { hold: '60s' },
  )
  expect(results).toMatchObject([
    { outcome: 'updated', nodes: 2, tasks: { running: 2, wanted: 2 } },
    { outcome: 'updated', tasks: { running: 5, wanted: 5 } },
  ])
  expect(seen).toEqual([
    [ONE, TWO],
    [ONE, TWO],
  ])
})

test('what replaces no task needs no canary, and what is new has none', async () => {
  const swarm = await swarmWith(['web'])
  const before = ids(swarm, 'web')
  const { results, log } = await deploy(swarm, [
    { name: 'web', replicas: '3', 'update-config': { delay: '1s' } },
    { name: 'new', image: image('1'), create: true },
  ])
  expect(results.map(({ outcome }) => outcome)).toEqual(['updated', 'created'])
  expect(log).not.toContain('canaries')
  expect(ids(swarm, 'web')).toEqual(expect.arrayContaining(before))
})

test('a service that can have no canary is refused before anything is changed', async () => {
  const swarm = await swarmWith(['few'])
  add(swarm, 'single', { Mode: { Replicated: { Replicas: 1 } } })
  add(swarm, 'job', { Mode: { ReplicatedJob: {} }, UpdateConfig: undefined }, 'job')
  await pass(5)
  const versions = () => swarm.services.map((name) => swarm.service(name)?.Version.Index)
  const before = versions()
  const services = { single: image('2'), few: image('2'), job: image('2') }
  const { problems } = await deploy(swarm, services, { canary: '2' })
  expect(problems).toEqual([
    expect.stringContaining('service single: canary tries some tasks while the others stay, but it has one task only'),
    expect.stringContaining('service few: canary tries some tasks while the others stay, but 2 of its 2 tasks'),
    expect.stringContaining('service job: canary replaces tasks that run on, and a job has none'),
  ])
  expect(versions()).toEqual(before)
})

test.each(['keep', 'rollback'])(
  'a run that is stopped in the hold takes the canary back, with on-cancel: %s',
  async (onCancel) => {
    const swarm = await swarmWith(['web'])
    const stop = new AbortController()
    const { results } = await inTheHold(swarm, { 'on-cancel': onCancel }, () => cancel(stop), { stop })
    expect(results).toMatchObject([{ outcome: 'cancelled' }])
    await pass(10)
    expect(swarm.running('web')).toEqual([ONE, ONE])
    expectNoTrace(swarm, 'web')
  },
)

test("somebody else's deploy in the hold stands, and is not held up by what was meant for the canary", async () => {
  const swarm = await swarmWith(['web'])
  const { results } = await inTheHold(swarm, {}, () => swarm.update('web', withImage(THREE)))
  expect(results).toMatchObject([{ outcome: 'superseded', cause: 'someone else changed it during its canary' }])
  const { Spec } = swarm.service('web') ?? {}
  expect(Spec?.TaskTemplate.ContainerSpec?.Image).toBe(THREE)
  expect(Object.keys(Spec?.Labels ?? {})).not.toContain(INTERIM_LABEL)
  expect(Spec?.UpdateConfig).toMatchObject({ Parallelism: 1 })
  expect(Spec?.UpdateConfig?.FailureAction ?? 'pause').toBe('pause')
  expect(Spec?.UpdateConfig?.Delay ?? 0).toBe(0)
  await pass(20)
  expect(swarm.running('web')).toEqual([THREE, THREE])
})

test.each<[string, (swarm: MemorySwarm) => void, string, string | undefined]>([
  ['rollback', (swarm) => swarm.rollBack('web'), 'someone else rolled it back during its canary', ONE],
  ['removal', (swarm) => swarm.remove('web'), 'someone else removed it during its canary', undefined],
])("after somebody's %s in the hold the result has what they made of it", async (_, act, cause, after) => {
  const swarm = await swarmWith(['web'])
  const { results } = await inTheHold(swarm, {}, () => act(swarm))
  expect(results).toMatchObject([{ outcome: 'superseded', cause, image: { before: ONE, wanted: TWO } }])
  expect(results[0]?.image.after).toBe(after)
})

test('of two runs that begin a canary at once one goes on, and the other leaves it alone', async () => {
  const swarm = await swarmWith(['web'], 4)
  const arrived: (() => void)[] = []
  // Both have read the service before either of them gives it a spec.
  const meet = () =>
    new Promise<void>((resolve) => {
      arrived.push(resolve)
      if (arrived.length === 2) for (const go of arrived) go()
    })
  swarm.faults.add({ at: /^POST .*\/update$/, times: 2, fault: { kind: 'meanwhile', act: meet } })
  const inputs = (tag: string) => ({ services: `web: ${image(tag)}`, strategy: 'canary', hold: '2s' })
  const runs = await runTogether(swarm, [{ inputs: inputs('2') }, { inputs: inputs('3') }])
  const outcomes = runs.map(({ results }) => results[0]?.outcome)
  expect(outcomes.toSorted()).toEqual(['superseded', 'updated'])
  expect(swarm.running('web')).toEqual(Array(4).fill(outcomes[0] === 'updated' ? TWO : THREE))
  expectNoTrace(swarm, 'web')
})

describe('a run that was lost in the hold', () => {
  const LOCKED = { lock: 'true' }

  /**
   * Leaves the spec of a canary behind; whoever removes the lock of a run says that it is gone.
   *
   * @param nth the change of it that makes the canary: one that finds such a spec goes back first
   */
  async function lose(swarm: MemorySwarm, tag: string, nth = 1) {
    await deploy(swarm, { web: image(tag) }, { ...HELD, ...LOCKED }, { kill: { at: /^POST .*\/update$/, nth } })
    expect(Object.keys(swarm.service('web')?.Spec.Labels ?? {})).toContain(INTERIM_LABEL)
    await pass(10)
    expect(swarm.running('web')).toContain(pin(image(tag)))
    swarm.somebody('DELETE', '/configs/swarm-deploy.lock.service.web')
  }

  test('is put right by the next, which finds the service as it was meant to be', async () => {
    const swarm = await swarmWith(['web'], 4)
    await lose(swarm, '2')
    const { results, log } = await deploy(swarm, { web: image('2') }, { strategy: 'rolling', ...LOCKED })
    expect(log).toContain('web: update (image; an earlier deploy of it was killed half-way)')
    expect(results).toMatchObject([{ outcome: 'updated', image: { before: ONE, after: TWO } }])
    expect(swarm.running('web')).toEqual(Array(4).fill(TWO))
    expectNoTrace(swarm, 'web')
  })

  test('and two more, one after the other: it is still known what was before', async () => {
    const swarm = await swarmWith(['web'], 4)
    await lose(swarm, '2')
    for (const tag of ['2', '3']) await lose(swarm, tag, 2)
    const check = { 'check-command': 'exit 1', timeout: '60s', ...LOCKED }
    const { results } = await withPrograms(() => deploy(swarm, { web: image('3') }, check))
    expect(results).toMatchObject([{ outcome: 'rolled-back', image: { before: ONE } }])
    await pass(20)
    expect(swarm.running('web')).toEqual(Array(4).fill(ONE))
    expectNoTrace(swarm, 'web')
  })

  test('and what somebody else has changed since is kept, without what was meant for the canary', async () => {
    const swarm = await swarmWith(['web'], 4)
    await lose(swarm, '2')
    swarm.update('web', (spec) => ({ ...spec, Labels: { ...spec.Labels, a: 'b' } }))
    const { results } = await deploy(swarm, { web: image('3') }, { strategy: 'rolling', ...LOCKED })
    expect(results).toMatchObject([{ outcome: 'updated', image: { before: TWO, after: THREE } }])
    expect(swarm.running('web')).toEqual(Array(4).fill(THREE))
    expect(swarm.service('web')?.Spec.Labels).toMatchObject({ a: 'b' })
    expectNoTrace(swarm, 'web')
  })
})

test('a run in the hold is left alone by the next one', async () => {
  const swarm = await swarmWith(['web'], 4)
  const inputs = (tag: string, more: object) => ({ services: `web: ${image(tag)}`, ...more })
  const [first, second] = await runTogether(swarm, [
    { inputs: inputs('2', { strategy: 'canary', hold: '60s' }) },
    { inputs: inputs('3', {}), afterSeconds: 20 },
  ])
  expect(second?.problems).toEqual([
    expect.stringMatching(
      /^service web: .+ is in the middle of a deploy of it, which may last until \d{4}-.* UTC: .*docker service rollback web/,
    ),
  ])
  expect(first?.results).toMatchObject([{ outcome: 'updated', tasks: { running: 4 } }])
  expect(swarm.running('web')).toEqual(Array(4).fill(TWO))
  expectNoTrace(swarm, 'web')
})

test('a stack has canaries where its services have room for one', async () => {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  const compose = (tag: string) => `services:
  web: {image: "${image(tag)}", deploy: {replicas: 2, update_config: {delay: 1s, monitor: 1s}}}
  db: {image: "${image(tag)}"}
  seed: {image: "${image('job')}", environment: ["TAG=${tag}"], deploy: {mode: replicated-job}}`
  const stack = (tag: string) =>
    runAction(swarm, { stack: 'shop', strategy: 'canary', hold: '60s' }, { compose: compose(tag) })
  const made: Run = await stack('1')
  expect(made.results.map(({ outcome }) => outcome)).toEqual(['created', 'created', 'created'])
  let seen: string[] = []
  setTimeout(() => {
    seen = swarm.running('shop_web')
  }, 20_000)
  const run = await stack('2')
  expect(run.results.map(({ outcome }) => outcome)).toEqual(['updated', 'updated', 'updated'])
  expect(run.log.match(/^Notice: .*/gm)).toEqual([
    expect.stringContaining('service shop_db is deployed without its strategy: canary tries some tasks'),
  ])
  expect(seen).toEqual([ONE, TWO])
  expect(swarm.running('shop_web')).toEqual([TWO, TWO])
  expect(swarm.service('shop_web')?.Spec.UpdateConfig).toMatchObject({ Delay: SECOND, Monitor: SECOND })
  expect((await stack('2')).results.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged', 'unchanged'])
})
