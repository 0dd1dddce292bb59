import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { exits } from '../../lab/program.ts'
import { describeSwarm, pinned, resultsOf, STACK_CLI } from '../support/swarm.ts'

/** Which services a deploy means, and what of them: the tasks on a real swarm say what was replaced. */
describeSwarm(
  'force, only, keep-replicas, same-digest',
  { nodes: 2, registries: { main: { accounts: { alice: { password: 'alice-pw' } } } } },
  (swarm) => {
    const login = () => ({ registry: swarm.lab.registries.main.host, username: 'alice', password: 'alice-pw' })
    const image = (repository: string, tag: string, more = {}) =>
      swarm.lab.image({ registry: 'main', repository: `acme/${repository}`, tag, content: tag, ...more })
    const deploy = async (stack: string, services: object, more: Record<string, string> = {}) =>
      swarm.deploy({
        ...login(),
        stack,
        'compose-file': await written(stack, services),
        monitor: '1s',
        'update-config': QUICK,
        ...more,
      })
    /** Swarm's own window would be five seconds. */
    const QUICK = '{parallelism: 0, monitor: 500ms}'
    const OBJECTS = { configs: { note: { content: 'one' } } }
    const outcomes = (run: Parameters<typeof resultsOf>[0]) =>
      Object.fromEntries(
        resultsOf(run).map(({ name, outcome }: { name: string; outcome: string }) => [name, outcome] as const),
      )
    const ids = async (name: string) => (await swarm.running(name)).map(({ ID }) => ID).toSorted()
    const all = async (name: string) => (await swarm.lab.tasks(name)).length

    swarm.beside('force replaces each task once, runs a job once more, and leaves the others', async () => {
      const [web, job] = [await image('forced', 'v1'), await image('forced', 'job', exits(0))]
      const services = {
        web: { image: web.reference, deploy: { replicas: 2 } },
        other: { image: web.reference },
        job: { image: job.reference, deploy: { mode: 'replicated-job' } },
      }
      expect((await deploy('forced', services)).main.code).toBe(0)
      const [before, other] = [await ids('forced_web'), await ids('forced_other')]
      const [webs, jobs] = [await all('forced_web'), await all('forced_job')]

      const run = await deploy('forced', services, { force: 'web forced_job' })
      expect(outcomes(run)).toEqual({ forced_web: 'updated', forced_other: 'unchanged', forced_job: 'updated' })
      expect(run.log).toContain('update (forced)')
      expect((await ids('forced_web')).filter((id) => before.includes(id))).toEqual([])
      expect(await all('forced_web')).toBe(webs + 2)
      expect(await ids('forced_other')).toEqual(other)
      expect(await all('forced_job')).toBe(jobs + 1)

      const after = await ids('forced_web')
      expect(outcomes(await deploy('forced', services)).forced_web).toBe('unchanged')
      expect(await ids('forced_web')).toEqual(after)
    })

    swarm.beside('only some services are deployed, with what they need', async () => {
      const [v1, v2] = [await image('some', 'v1'), await image('some', 'v2')]
      const services = (tag: { reference: string }) => ({
        web: { image: tag.reference },
        api: { image: tag.reference, configs: ['note'] },
        late: { image: tag.reference },
      })
      const first = await deploy('some', services(v1), { only: 'web, some_api' })
      expect(outcomes(first)).toEqual({ some_web: 'created', some_api: 'created' })
      const [web, api] = [await ids('some_web'), await ids('some_api')]
      const { Version } = await swarm.service('some_api')

      const run = await deploy('some', services(v2), { only: 'web' })
      expect(outcomes(run)).toEqual({ some_web: 'updated' })
      expect(run.log).toContain('left as they are: some_api, some_late')
      expect(run.summary).toContain('left out by `only`: `some_api`, `some_late`')
      expect((await ids('some_web')).filter((id) => web.includes(id))).toEqual([])
      expect(await ids('some_api')).toEqual(api)
      expect((await swarm.service('some_api')).Version).toEqual(Version)
      expect((await swarm.lab.docker(['service', 'ls', '--quiet', '--filter', 'name=some_late'])).stdout).toBe('')
      expect((await swarm.lab.docker(['config', 'ls', '--format', '{{.Name}}'])).stdout).toMatch(/^some_note/m)
    })

    swarm.beside(
      'the number of tasks that somebody has set stays, also when he sets it during the deploy',
      async () => {
        const [v1, v2] = [await image('scaled', 'v1'), await image('scaled', 'v2')]
        const services = (tag: { reference: string }) => ({
          web: { image: tag.reference, deploy: { replicas: 1, labels: { 'swarm-deploy.keep-replicas': 'true' } } },
        })
        const scale = (number: number) => swarm.lab.docker(['service', 'scale', '--detach', `scaled_web=${number}`])
        await deploy('scaled', services(v1))
        await scale(3)
        await swarm.until('three tasks run', async () => (await ids('scaled_web')).length === 3)
        const before = await ids('scaled_web')
        expect(outcomes(await deploy('scaled', services(v1)))).toEqual({ scaled_web: 'unchanged' })
        expect(await ids('scaled_web')).toEqual(before)

        const started = await swarm.start({
          ...login(),
          stack: 'scaled',
          'compose-file': await written('scaled', services(v2)),
          'update-config': '{parallelism: 1, monitor: 2s}',
        })
        await swarm.until('a task of the new image runs', async () =>
          (await swarm.imagesRunning('scaled_web')).includes(pinned(v2)),
        )
        await scale(4)
        const run = await started.finished
        expect(resultsOf(run)).toMatchObject([{ outcome: 'updated', tasks: { running: 4, wanted: 4 } }])
        expect(await swarm.imagesRunning('scaled_web')).toEqual(Array(4).fill(pinned(v2)))
      },
    )

    swarm.beside('another tag of the same image of several platforms restarts nothing', async () => {
      const platforms = ['linux/amd64', 'linux/arm64']
      const [one, two] = [
        await image('same', '1.4', { content: 'same', platforms }),
        await image('same', '1.5', { content: 'same', platforms }),
      ]
      expect(two.digest).toBe(one.digest)
      const services = (tag: { reference: string }, env = {}) => ({ web: { image: tag.reference, environment: env } })
      await deploy('same', services(one))
      const before = await ids('same_web')

      const kept = await deploy('same', services(two), { 'same-digest': 'keep' })
      expect(resultsOf(kept)).toMatchObject([{ outcome: 'unchanged', note: 'same digest as :1.4' }])
      expect(kept.log).toContain('unchanged (same digest as :1.4)')
      expect(await swarm.imageOf('same_web')).toBe(pinned(one))
      expect(await ids('same_web')).toEqual(before)

      const changed = await deploy('same', services(two, { A: 'b' }), { 'same-digest': 'keep' })
      expect(outcomes(changed)).toEqual({ same_web: 'updated' })
      expect(await swarm.imageOf('same_web')).toBe(pinned(two))

      const between = await ids('same_web')
      expect(outcomes(await deploy('same', services(one, { A: 'b' })))).toEqual({ same_web: 'updated' })
      expect((await ids('same_web')).filter((id) => between.includes(id))).toEqual([])
    })

    async function written(stack: string, services: object): Promise<string> {
      const file = `${stack}.yml`
      await writeFile(join(swarm.runner.workspace, file), JSON.stringify({ services, ...OBJECTS }))
      return file
    }
  },
  STACK_CLI,
)
