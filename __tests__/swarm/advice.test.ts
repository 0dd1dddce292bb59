import { expect, test } from '@jest/globals'
import { healthy, healthyAfter, runs } from '../../lab/program.ts'
import type { StepResult } from '../../lab/runner.ts'
import { describeSwarm } from '../support/swarm.ts'

const PASSWORD = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a'
const LIMIT_MS = 300_000

/** What the run's page says of a deploy that went well, and will hurt later. */
describeSwarm('advice', { registries: { main: { accounts: { alice: { password: PASSWORD } } } } }, (swarm) => {
  const deploy = (services: unknown, inputs: Record<string, string> = {}) =>
    swarm.deploy({
      registry: swarm.lab.registries.main.host,
      username: 'alice',
      password: PASSWORD,
      services: JSON.stringify(services),
      ...inputs,
    })
  const notices = (run: StepResult) =>
    run.annotations.filter(({ level }) => level === 'notice').map(({ title, message }) => `${title}: ${message}`)

  test(
    'is given once for all services, and the run is green',
    async () => {
      const risky = await swarm.lab.image({ registry: 'main', repository: 'risky', tag: 'latest', ...runs() })
      const slow = await swarm.lab.image({ registry: 'main', repository: 'slow', tag: 'v1', ...healthyAfter(1) })
      const entry = (name: string, image: string, args: string[]) => ({
        name,
        image,
        create: true,
        'create-args': args,
      })
      const run = await deploy(
        [
          entry('one', risky.reference, ['--replicas=2']),
          entry('other', risky.reference, ['--replicas=2']),
          entry('slow', slow.reference, []),
        ],
        { 'on-failure': 'keep' },
      )

      expect(run).toMatchObject({ main: { code: 0 }, outputs: { status: 'converged' } })
      expect(notices(run)).toEqual([
        expect.stringMatching(/^Advice: one, other: no health check.*`create-args`\. More: /),
        expect.stringMatching(/^Advice: slow: stop-first with one replica/),
        expect.stringMatching(/^Advice: one, other, slow: failure action pause, and `on-failure: keep`/),
        expect.stringMatching(/^Advice: one, other: image without a version/),
        expect.stringMatching(/^Advice: the password of alice for .* is a personal token of GitHub/),
      ])
    },
    LIMIT_MS,
  )

  test(
    'is not given for a service that is as it should be, nor for one that the run does not touch',
    async () => {
      const sound = await swarm.lab.image({ registry: 'main', repository: 'sound', tag: 'v1', ...healthy() })
      await swarm.lab.registries.main.setAccount('bob', { password: 'bob-pw' })
      const asBob = { username: 'bob', password: 'bob-pw' }
      const first = await deploy([{ name: 'sound', image: sound.reference, replicas: 2, create: true }], asBob)
      const again = await deploy(
        [
          { name: 'sound', image: sound.reference },
          { name: 'one', replicas: 2 },
        ],
        asBob,
      )

      expect(first).toMatchObject({ main: { code: 0 }, annotations: [] })
      expect(again).toMatchObject({ main: { code: 0 }, outputs: { status: 'unchanged' }, annotations: [] })
    },
    LIMIT_MS,
  )
})
