import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { exits } from '../../lab/program.ts'
import { describeSwarm, pinned, resultsOf, STACK_CLI } from '../support/swarm.ts'

/** A second deploy of the same files touches nothing, and what differs in any way is put right. */
describeSwarm(
  'stacks, unchanged and changed',
  { registries: { open: {} } },
  (swarm) => {
    const image = (repository: string, tag = 'v1', program = {}) =>
      swarm.lab.image({ registry: 'open', repository, tag, content: `${repository} ${tag}`, ...program })
    const deploy = async (stack: string, compose: string) => {
      await writeFile(join(swarm.runner.workspace, `${stack}.yml`), compose)
      const run = await swarm.deploy({ stack, 'compose-file': `${stack}.yml`, monitor: '1s', timeout: '60s' })
      return { run, outcome: resultsOf(run)[0]?.outcome }
    }

    swarm.eachBeside(
      [
        ['a port without a mode', 'port', '{ports: [{target: 80, published: 18101, protocol: tcp}]}'],
        ['a port in host mode without a protocol', 'host', '{ports: [{target: 80, published: 18102, mode: host}]}'],
        ['a port without both', 'udp', '{ports: [{target: 80, published: 18103}]}'],
        ['a restart policy without a condition', 'policy', '{deploy: {restart_policy: {delay: 1s, max_attempts: 3}}}'],
        [
          'update policies with little in them',
          'updates',
          '{deploy: {update_config: {delay: 1s}, rollback_config: {}}}',
        ],
        ['keys that this daemon may be too old for', 'new', '{healthcheck: {test: [CMD, "true"], start_interval: 1s}}'],
        [
          "the swarm's own network host",
          'net',
          '{networks: [outside]}',
          'networks: {outside: {external: true, name: host}}',
        ],
        [
          'binds with and without options',
          'bind',
          '{volumes: ["/etc:/a:ro", {type: bind, source: /etc, target: /b, bind: {propagation: private}}]}',
        ],
      ],
      '%s',
      async (_what, stack, keys, more = '') => {
        const { reference } = await image('app')
        const compose = `services: {web: {<<: ${keys}, image: '${reference}'}}\n${more}\n`
        expect((await deploy(stack, compose)).outcome).toBe('created')
        const before = await swarm.service(`${stack}_web`)
        expect((await deploy(stack, compose)).outcome).toBe('unchanged')
        const after = await swarm.service(`${stack}_web`)
        expect(after.Version).toEqual(before.Version)
        expect(after.PreviousSpec).toBeUndefined()
      },
    )

    swarm.beside('a job with a restart policy is not run again', async () => {
      const { reference } = await image('job', 'v1', exits(0))
      const compose = `services: {job: {image: '${reference}', deploy: {mode: replicated-job, restart_policy: {max_attempts: 1}}}}\n`
      expect((await deploy('jobs', compose)).outcome).toBe('created')
      expect((await deploy('jobs', compose)).outcome).toBe('unchanged')
      expect(await swarm.lab.tasks('jobs_job')).toHaveLength(1)
    })

    swarm.beside('a change to something empty is a change', async () => {
      const { reference } = await image('app')
      const web = (labels: string, policy: string) =>
        `services: {web: {image: '${reference}', deploy: {labels: ${labels}, update_config: ${policy}}}}\n`
      await deploy('empty', web('{a: b}', '{parallelism: 1, delay: 5s}'))
      expect((await deploy('empty', web('{a: b, flag: ""}', '{parallelism: 1, delay: 5s}'))).outcome).toBe('updated')
      expect((await swarm.service('empty_web')).Spec.Labels).toMatchObject({ flag: '' })
      expect((await deploy('empty', web('{a: b, flag: ""}', '{parallelism: 0, delay: 5s}'))).outcome).toBe('updated')
      expect((await swarm.service('empty_web')).Spec.UpdateConfig?.Parallelism).toBe(0)
    })

    swarm.beside('an image that somebody has changed by hand is put back', async () => {
      const [v1, v2] = [await image('drift', 'v1'), await image('drift', 'v2')]
      const compose = `services: {web: {image: '${v1.reference}'}}\n`
      await deploy('drift', compose)
      const { code } = await swarm.lab.docker(['service', 'update', '--quiet', '--image', v2.reference, 'drift_web'])
      expect(code).toBe(0)
      expect(await swarm.imageOf('drift_web')).toContain(':v2')
      const { run, outcome } = await deploy('drift', compose)
      expect(outcome).toBe('updated')
      expect(run.main.code).toBe(0)
      expect(await swarm.imageOf('drift_web')).toBe(pinned(v1))
      expect(await swarm.imagesRunning('drift_web')).toEqual([pinned(v1)])
    })

    swarm.beside(
      'a change with a strategy is not taken for somebody else’s because of what Swarm fills in',
      async () => {
        const [v1, v2] = [await image('filled', 'v1'), await image('filled', 'v2')]
        const compose = (reference: string) =>
          `services: {web: {image: '${reference}', ports: [{target: 80, published: 18104}], deploy: {restart_policy: {delay: 1s}}}}\n`
        await deploy('filled', compose(v1.reference))
        await writeFile(join(swarm.runner.workspace, 'filled.yml'), compose(v2.reference))
        const inputs = { stack: 'filled', 'compose-file': 'filled.yml', monitor: '1s', strategy: 'recreate' }
        const run = await swarm.deploy(inputs)
        expect(resultsOf(run)[0]?.outcome).toBe('updated')
        expect(run.main.code).toBe(0)
      },
    )
  },
  STACK_CLI,
)
