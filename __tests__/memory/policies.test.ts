import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { letTimeRun, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { type Run, runAction } from '../support/memory-swarm/run.ts'

/** Swarm's own update, by the policies that the user gives. */

const SECOND = 1e9
const WEB = 'hub.test/acme/web:1'
const JOB = 'hub.test/acme/job:1'
const IMAGES = { [WEB]: {}, [JOB]: { ends: { afterSeconds: 0.2, exitCode: 0 } } }
const POLICIES = {
  'update-config': `
    parallelism: 2
    delay: 1s
    order: start-first
    failure_action: rollback
    monitor: 2s
    max_failure_ratio: 0.25`,
  'rollback-config': '{parallelism: 0, order: stop-first}',
}

const outcomes = ({ results }: Run) => results.map(({ outcome }) => outcome)
const deploy = (swarm: MemorySwarm, services: unknown, more: Readonly<Record<string, string>> = POLICIES) =>
  runAction(swarm, { services: JSON.stringify(services), ...more })
const ids = (swarm: MemorySwarm, name: string) => swarm.tasks(name).map(({ ID }) => ID)

beforeEach(stopTime)
afterEach(letTimeRun)

test('a service is made with the policies of the inputs, and is as asked the next time', async () => {
  const swarm = new MemorySwarm({ images: IMAGES })
  const services = [{ name: 'web', image: WEB, create: true, 'update-config': { delay: '3s' } }]
  expect(outcomes(await deploy(swarm, services))).toEqual(['created'])
  const { UpdateConfig, RollbackConfig } = swarm.service('web')?.Spec ?? {}
  expect(UpdateConfig).toMatchObject({ Parallelism: 2, Delay: 3 * SECOND, Order: 'start-first', Monitor: 2 * SECOND })
  expect(RollbackConfig).toMatchObject({ Parallelism: 0, Order: 'stop-first' })
  expect(outcomes(await deploy(swarm, services))).toEqual(['unchanged'])
})

test('a policy alone, or a number of tasks, changes what it names, and no task restarts', async () => {
  const swarm = new MemorySwarm({ images: IMAGES })
  await deploy(swarm, [{ name: 'web', image: WEB, create: true }], {})
  const before = ids(swarm, 'web')
  const policy = await deploy(swarm, [{ name: 'web', 'update-config': { delay: '7s' } }], {})
  expect(policy.log).toContain('web: update (update policy)')
  expect(swarm.service('web')?.Spec.UpdateConfig).toMatchObject({ Delay: 7 * SECOND })
  const scaled = await deploy(swarm, [{ name: 'web', replicas: '3' }], {})
  expect(scaled.log).toContain('web: update (replicas 1 → 3)')
  expect(ids(swarm, 'web')).toEqual(expect.arrayContaining(before))
  expect(swarm.tasks('web')).toHaveLength(3)
})

test('jobs have no policy, and those for all leave them out', async () => {
  const swarm = new MemorySwarm({ images: IMAGES })
  const job = { name: 'job', image: JOB, create: true, 'create-args': ['--mode=replicated-job'] }
  expect(outcomes(await deploy(swarm, [job]))).toEqual(['created'])
  expect(outcomes(await deploy(swarm, [{ name: 'job', env: { A: '1' } }]))).toEqual(['updated'])
  expect(swarm.service('job')?.Spec).not.toHaveProperty('UpdateConfig')
})

test("a stack's services get what their file does not say", async () => {
  const swarm = new MemorySwarm({ images: IMAGES })
  const compose = `services:
  web: {image: "${WEB}", deploy: {update_config: {delay: 5s, failure_action: continue}}}
  job: {image: "${JOB}", deploy: {mode: replicated-job}}`
  const shop = (more: Readonly<Record<string, string>> = POLICIES) =>
    runAction(swarm, { stack: 'shop', ...more }, { compose })
  expect(outcomes(await shop())).toEqual(['created', 'created'])
  const before = ids(swarm, 'shop_web')
  expect(swarm.service('shop_web')?.Spec.UpdateConfig).toMatchObject({
    Parallelism: 2,
    Delay: 5 * SECOND,
    FailureAction: 'continue',
    Order: 'start-first',
  })
  expect(outcomes(await shop())).toEqual(['unchanged', 'unchanged'])
  const run = await shop({ ...POLICIES, 'update-config': POLICIES['update-config'].replace('2s', '3s') })
  expect(run.log).toContain('shop_web: update (update policy)')
  expect(ids(swarm, 'shop_web')).toEqual(before)
})
