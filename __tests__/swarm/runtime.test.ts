import { expect } from '@jest/globals'
import { exits } from '../../lab/program.ts'
import { Runner } from '../../lab/runner.ts'
import { nodeOf } from '../support/nodes.ts'
import { describeSwarm, testUnless } from '../support/swarm.ts'

const LIMIT_MS = 240_000
const RELEASE = 20
const node = nodeOf(RELEASE)

/** The oldest Node that runners start the action with; all else here runs on the newest. */
describeSwarm(`on Node ${RELEASE}`, { registries: { main: { accounts: { bob: { password: 'pw-1' } } } } }, (swarm) => {
  testUnless(
    node === undefined ? `there is no Node ${RELEASE} on the PATH` : undefined,
    'every strategy deploys, and a failure is taken back',
    async () => {
      await using runner = await Runner.start(node)
      const { main } = swarm.lab.registries
      const image = async (tag: string, program = {}) =>
        (await swarm.lab.image({ registry: 'main', repository: 'old', tag, content: `old ${tag}`, ...program }))
          .reference
      const deploy = async (service: Record<string, unknown>, more: Record<string, string> = {}) => {
        const run = await runner.run({
          with: {
            registry: main.host,
            username: 'bob',
            password: 'pw-1',
            services: JSON.stringify([{ name: 'old', ...service }]),
            monitor: '1s',
            lock: 'true',
            ...more,
          },
          env: { DOCKER_HOST: swarm.lab.nodes[0].host },
        })
        expect(run.post).toEqual({ code: 0, stdout: '', stderr: '' })
        return run.outputs.status
      }
      const flags = ['--update-monitor 1s', '--restart-delay 200ms', '--label traefik.enable=true']
      const made = { image: await image('v1'), create: true, replicas: '2', 'create-args': flags }
      expect(await deploy(made)).toBe('converged')
      expect(await deploy({ image: await image('v2') })).toBe('converged')
      expect(await deploy({ image: await image('v3') }, { strategy: 'canary', hold: '1s' })).toBe('converged')
      expect(await deploy({ image: await image('v4') }, { strategy: 'recreate' })).toBe('converged')
      expect(await deploy({ image: await image('v5', exits(1)) })).toBe('rolled-back')
      expect(await swarm.imageOf('old')).toContain(':v4@')
      const moved = { strategy: 'blue-green', hold: '1s', 'keep-old': '1s' }
      expect(await deploy({ image: await image('v6') }, moved)).toBe('converged')
    },
    LIMIT_MS,
  )
})
