import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { lineOf } from '../../lab/log-lines.ts'
import { exits } from '../../lab/program.ts'
import type { StepResult } from '../../lab/runner.ts'
import { cliOlderThan, describeSwarm, resultsOf, STACK_CLI, testUnless } from '../support/swarm.ts'

const SECOND = 1e9

/** Swarm's own update, by the policies that the user gives. */
describeSwarm('rolling', { registries: { open: {} } }, (swarm) => {
  const image = async (repository: string, tag = 'v1', program = {}) =>
    (await swarm.lab.image({ registry: 'open', repository, tag, content: repository + tag, ...program })).reference
  const deploy = (services: unknown, inputs: Record<string, string> = {}) =>
    swarm.deploy({ services: JSON.stringify(services), monitor: '1s', ...inputs })
  const outcomes = (run: StepResult) => resultsOf(run).map(({ outcome }: { outcome: string }) => outcome)
  const idsOf = async (name: string) => (await swarm.running(name)).map(({ ID }) => ID).toSorted()
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

  swarm.beside('a service is made with the policies of the inputs, and is as asked the next time', async () => {
    const services = [{ name: 'made', image: await image('made'), create: true, 'update-config': { delay: '3s' } }]
    expect(outcomes(await deploy(services, POLICIES))).toEqual(['created'])
    const { Spec } = await swarm.service('made')
    expect(Spec.UpdateConfig).toEqual({
      Parallelism: 2,
      Delay: 3 * SECOND,
      Order: 'start-first',
      FailureAction: 'rollback',
      Monitor: 2 * SECOND,
      MaxFailureRatio: 0.25,
    })
    expect(Spec.RollbackConfig).toMatchObject({ Parallelism: 0, Order: 'stop-first' })
    expect(outcomes(await deploy(services, POLICIES))).toEqual(['unchanged'])
  })

  swarm.beside('a policy alone changes, and no task restarts', async () => {
    await deploy([{ name: 'kept', image: await image('kept'), create: true, replicas: '2' }])
    const before = await idsOf('kept')
    const run = await deploy([{ name: 'kept', 'update-config': { delay: '7s' } }])
    expect(run.log).toMatch(lineOf('kept', 'update (update policy)'))
    expect(outcomes(run)).toEqual(['updated'])
    expect((await swarm.service('kept')).Spec.UpdateConfig).toMatchObject({ Delay: 7 * SECOND })
    expect(await idsOf('kept')).toEqual(before)
    expect(await swarm.lab.tasks('kept')).toHaveLength(2)
  })

  swarm.beside('the new policy already rules the update that it comes with', async () => {
    await deploy([{ name: 'ruled', image: await image('ruled'), create: true, replicas: '2' }])
    const broken = await image('ruled', 'v2', exits(1, 'v2 is broken'))
    const service = { name: 'ruled', image: broken, 'update-config': { max_failure_ratio: '0' } }
    const run = await deploy([service], { ...POLICIES, 'on-failure': 'keep' })
    expect(run.outputs.status).toBe('rolled-back')
    expect(resultsOf(run)[0].cause).toMatch(/Swarm rolled it back: .*exit code 1/)
    expect((await swarm.service('ruled')).Spec.TaskTemplate.ContainerSpec?.Image).toContain(':v1@')
  })

  swarm.beside('jobs have no policy, and those for all leave them out', async () => {
    const job = { image: await image('job', 'v1', exits(0)), create: true, 'create-args': ['--mode=replicated-job'] }
    const run = await deploy([{ name: 'job', ...job }], POLICIES)
    expect(outcomes(run)).toEqual(['created'])
    expect(outcomes(await deploy([{ name: 'job', env: { A: '1' } }], POLICIES))).toEqual(['updated'])
  })

  testUnless(
    cliOlderThan(STACK_CLI),
    "a stack's services get what their file does not say",
    async () => {
      const [web, job] = [await image('stack/web'), await image('stack/job', 'v1', exits(0))]
      await writeFile(
        join(swarm.runner.workspace, 'compose.yml'),
        `services:
  web: {image: "${web}", deploy: {update_config: {delay: 5s, failure_action: continue}}}
  job: {image: "${job}", deploy: {mode: replicated-job}}`,
      )
      const shop = { stack: 'shop', 'compose-file': 'compose.yml', ...POLICIES }
      expect(outcomes(await swarm.deploy({ ...shop, monitor: '1s' }))).toEqual(['created', 'created'])
      const before = await idsOf('shop_web')
      expect((await swarm.service('shop_web')).Spec.UpdateConfig).toMatchObject({
        Parallelism: 2,
        Delay: 5 * SECOND,
        FailureAction: 'continue',
        Order: 'start-first',
      })
      expect(outcomes(await swarm.deploy(shop))).toEqual(['unchanged', 'unchanged'])
      const run = await swarm.deploy({
        ...shop,
        'update-config': POLICIES['update-config'].replace('2s', '3s'),
      })
      expect(run.log).toMatch(lineOf('shop_web', 'update (update policy)'))
      expect(await idsOf('shop_web')).toEqual(before)
    },
    undefined,
    swarm.beside,
  )
})
