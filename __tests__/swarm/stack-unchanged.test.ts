import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { exits } from '../../lab/program.ts'
import { describeSwarm, ON_THE_NODE, pinned, resultsOf, STACK_CLI } from '../support/swarm.ts'

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

    swarm.beside('a change to something empty is a change', async () => {
      const { reference } = await image('app')
      const web = (labels: string, policy: string) =>
        `services: {web: {image: '${reference}', deploy: {labels: ${labels}, update_config: ${policy}}}}\n${ON_THE_NODE}`
      await deploy('empty', web('{a: b}', '{parallelism: 1, delay: 5s}'))
      expect((await deploy('empty', web('{a: b, flag: ""}', '{parallelism: 1, delay: 5s}'))).outcome).toBe('updated')
      expect((await swarm.service('empty_web')).Spec.Labels).toMatchObject({ flag: '' })
      expect((await deploy('empty', web('{a: b, flag: ""}', '{parallelism: 0, delay: 5s}'))).outcome).toBe('updated')
      expect((await swarm.service('empty_web')).Spec.UpdateConfig?.Parallelism).toBe(0)
    })

    swarm.beside('an image that somebody has changed by hand is put back', async () => {
      const [v1, v2] = [await image('drift', 'v1'), await image('drift', 'v2')]
      const compose = `services: {web: {image: '${v1.reference}'}}\n${ON_THE_NODE}`
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

    swarm.beside('what Swarm and docker fill in by themselves is no change', async () => {
      const { reference } = await image('app')
      const ended = await image('job', 'v1', exits(0))
      const services = {
        'port-without-mode': '{ports: [{target: 80, published: 18101, protocol: tcp}]}',
        'host-port-without-protocol': '{ports: [{target: 80, published: 18102, mode: host}]}',
        'port-without-both': '{ports: [{target: 80, published: 18103}]}',
        'policy-without-condition': '{deploy: {restart_policy: {delay: 1s, max_attempts: 3}}}',
        'little-in-updates': '{deploy: {update_config: {delay: 1s}, rollback_config: {}}}',
        // This daemon may be too old for it.
        'start-interval': '{healthcheck: {test: [CMD, "true"], start_interval: 1s}}',
        'network-host': '{networks: [outside]}',
        binds: '{volumes: ["/etc:/a:ro", {type: bind, source: /etc, target: /b, bind: {propagation: private}}]}',
      }
      const job = `{image: '${ended.reference}', deploy: {mode: replicated-job, restart_policy: {max_attempts: 1}}}`
      const lines = Object.entries(services).map(([name, keys]) => `  ${name}: {<<: ${keys}, image: '${reference}'}\n`)
      const outside = 'networks: {outside: {external: true, name: host}}\n'
      const compose = `services:\n${lines.join('')}  job: ${job}\n${outside}`
      const names = [...Object.keys(services), 'job']
      const outcomes = ({ run }: Awaited<ReturnType<typeof deploy>>) =>
        Object.fromEntries(resultsOf(run).map(({ name, outcome }: Record<string, string>) => [name, outcome]))
      const all = (outcome: string) => Object.fromEntries(names.map((name) => [`same_${name}`, outcome]))
      const versions = async () => {
        const found = await Promise.all(names.map((name) => swarm.service(`same_${name}`)))
        return found.map(({ Version, PreviousSpec }) => ({ Version, PreviousSpec }))
      }
      expect(outcomes(await deploy('same', compose))).toEqual(all('created'))
      const before = await versions()
      expect(outcomes(await deploy('same', compose))).toEqual(all('unchanged'))
      expect(await versions()).toEqual(before.map(({ Version }) => ({ Version, PreviousSpec: undefined })))
      expect(await swarm.lab.tasks('same_job')).toHaveLength(1)
    })
  },
  STACK_CLI,
)
