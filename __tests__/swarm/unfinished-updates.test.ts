import { expect, test } from '@jest/globals'
import type { LabImage } from '../../lab/lab.ts'
import { exits } from '../../lab/program.ts'
import type { StepResult } from '../../lab/runner.ts'
import { describeSwarm, pinned, resultsOf } from '../support/swarm.ts'

const LIMIT_MS = 300_000

/** Updates that stop half-way, and those that a deploy comes upon. */
describeSwarm(
  'an update that',
  { registries: { main: { accounts: { alice: { password: 'alice-pw' } } } } },
  (swarm) => {
    const image = (repository: string, tag: string, program = {}) =>
      swarm.lab.image({ registry: 'main', repository, tag, content: repository + tag, ...program })
    const inputs = (services: unknown, more: Record<string, string> = {}) => ({
      registry: swarm.lab.registries.main.host,
      username: 'alice',
      password: 'alice-pw',
      services: JSON.stringify(services),
      monitor: '1s',
      ...more,
    })
    const deploy = (services: unknown, more: Record<string, string> = {}) => swarm.deploy(inputs(services, more))
    const create = async (name: string, made: LabImage, ...flags: string[]) => {
      const quick = ['--restart-delay 300ms', '--update-monitor 1s', '--stop-grace-period 1s']
      const service = { name, image: made.reference, create: true, replicas: '3', 'create-args': [...quick, ...flags] }
      expect((await deploy([service])).outputs.status).toBe('converged')
    }
    /** By other means than this action, and not waited for. */
    const begin = async (name: string, made: LabImage) => {
      // The node has to have it: docker itself is logged in nowhere.
      const args = ['--detach', '--quiet', '--no-resolve-image', '--image', pinned(made)]
      const { code, stderr } = await swarm.lab.docker(['service', 'update', ...args, name])
      if (code !== 0) throw new Error(stderr)
      await swarm.until('the update', async () => (await swarm.service(name)).UpdateStatus?.State === 'updating')
    }
    const noticesOf = (run: StepResult) =>
      run.annotations.flatMap(({ level, title, message }) =>
        level === 'notice' && title !== 'Advice' ? [message] : [],
      )

    test(
      'fails with on-failure: pause stays where it is, whatever the service had as its policy, and the next deploy goes on',
      async () => {
        const [v1, bad, v3] = [
          await image('paused', 'v1'),
          await image('paused', 'v2', exits(1)),
          await image('paused', 'v3'),
        ]
        await create('paused', v1, '--update-failure-action rollback')
        const red = await deploy({ paused: bad.reference }, { 'on-failure': 'pause' })
        expect(red.main.code).toBe(1)
        expect(red.outputs.status).toBe('failed')
        expect(resultsOf(red)).toMatchObject([
          {
            outcome: 'failed',
            cause: expect.stringMatching(
              /^Swarm paused the update: .*exit code 1; it stays paused: deploy again to go on, or go back with `docker service rollback paused`$/,
            ),
            image: { after: pinned(bad) },
          },
        ])
        expect((await swarm.service('paused')).UpdateStatus?.State).toBe('paused')
        expect(await swarm.imagesRunning('paused')).toContain(pinned(v1))

        const green = await deploy({ paused: v3.reference }, { 'on-failure': 'pause' })
        expect(noticesOf(green)).toEqual([
          expect.stringMatching(/^service paused: its last update is paused \(.*\): it is sent anew$/),
        ])
        expect(resultsOf(green)).toMatchObject([{ outcome: 'updated', tasks: { running: 3, wanted: 3 } }])
        expect(await swarm.imagesRunning('paused')).toEqual([v3, v3, v3].map(pinned))
      },
      LIMIT_MS,
    )

    test('can only be paused where nothing else is asked for', async () => {
      const services = [{ name: 'any', image: 'any:1', 'update-config': { failure_action: 'rollback' } }]
      const run = await deploy(services, { 'on-failure': 'pause' })
      expect(run.annotations.map(({ message }) => message)).toEqual([
        expect.stringContaining(
          'on-failure: pause has Swarm pause an update that fails, and `update-config: {failure_action: rollback}`',
        ),
      ])
    })

    test(
      'is in progress, and leads to what is asked for, is waited for and not sent again',
      async () => {
        const [v1, v2] = [await image('same', 'v1'), await image('same', 'v2')]
        await deploy([{ name: 'puller', image: v2.reference, create: true }])
        await create('same', v1, '--update-delay 2s')
        await begin('same', v2)
        const run = await deploy({ same: v2.reference })
        expect(noticesOf(run)).toEqual([
          'service same: an earlier update of it is still in progress, and leads to what is asked for: nothing is sent, and the deploy stands or falls with it',
        ])
        expect(resultsOf(run)).toMatchObject([{ outcome: 'unchanged', tasks: { running: 3, wanted: 3 } }])
        expect((await swarm.service('same')).UpdateStatus?.State).toBe('completed')
        expect(await swarm.imagesRunning('same')).toEqual([v2, v2, v2].map(pinned))
      },
      LIMIT_MS,
    )

    test(
      'is in progress, leads to what is asked for, and fails makes the deploy red, and is not taken back',
      async () => {
        const [v1, bad] = [await image('doomed', 'v1'), await image('doomed', 'v2', exits(1))]
        await deploy([
          { name: 'puller-of-bad', image: bad.reference, create: true, 'create-args': '--restart-condition none' },
        ])
        await create('doomed', v1, '--update-monitor 5s')
        await begin('doomed', bad)
        const run = await deploy({ doomed: bad.reference })
        expect(run.main.code).toBe(1)
        expect(resultsOf(run)).toMatchObject([
          { outcome: 'failed', cause: expect.stringContaining('Swarm paused the update') },
        ])
        expect((await swarm.service('doomed')).UpdateStatus?.State).toBe('paused')
      },
      LIMIT_MS,
    )

    test(
      'is in progress to something else is replaced, and the way back leads to what it was to make',
      async () => {
        const [v1, v2, v3, bad] = [
          await image('other', 'v1'),
          await image('other', 'v2'),
          await image('other', 'v3'),
          await image('other', 'v4', exits(1)),
        ]
        await deploy([{ name: 'puller-of-other', image: v2.reference, create: true }])
        await create('other', v1, '--update-delay 4s')
        await begin('other', v2)
        const note = /^service other: an earlier update of it is still in progress: this deploy takes its place/
        const services = (made: LabImage) => [
          { name: 'other', image: made.reference, 'update-config': { delay: '0s' } },
        ]
        const red = await deploy(services(bad))
        expect(noticesOf(red)).toEqual([expect.stringMatching(note)])
        expect(resultsOf(red)).toMatchObject([{ outcome: 'rolled-back', image: { after: pinned(v2) } }])
        await swarm.until('the way back', async () => (await swarm.imagesRunning('other')).length === 3)

        await begin('other', v1)
        const green = await deploy(services(v3))
        expect(noticesOf(green)).toEqual([expect.stringMatching(note)])
        expect(resultsOf(green)).toMatchObject([{ outcome: 'updated' }])
        expect(await swarm.imagesRunning('other')).toEqual([v3, v3, v3].map(pinned))
      },
      LIMIT_MS,
    )
  },
)
