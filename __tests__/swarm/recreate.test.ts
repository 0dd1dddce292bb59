import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import type { LabImage } from '../../lab/lab.ts'
import { lineOf } from '../../lab/log-lines.ts'
import { exits, ignoresStop, runs } from '../../lab/program.ts'
import type { ServiceSpec, Task } from '../../src/docker/api.ts'
import { INTERIM_LABEL } from '../../src/plan/interim-spec.ts'
import { DaemonProxy } from '../support/daemon-proxy.ts'
import { describeSwarm, pinned, resultsOf } from '../support/swarm.ts'

const LIMIT_MS = 300_000

/** No new task before the last old one is gone. */
describeSwarm('recreate', { nodes: 2, registries: { open: {} } }, (swarm) => {
  const image = (repository: string, tag: string, program = runs()) =>
    swarm.lab.image({ registry: 'open', repository, tag, content: repository + tag, ...program })
  const inputs = (services: unknown, more: Record<string, string> = {}) => ({
    services: JSON.stringify(services),
    monitor: '1s',
    ...more,
  })
  const grace = (seconds: number) => [`--stop-grace-period ${seconds}s`, '--restart-delay 300ms', '--update-monitor 1s']
  const create = async (name: string, made: LabImage, more: Record<string, unknown> = {}) => {
    const service = { name, image: made.reference, create: true, replicas: '2', 'create-args': grace(1), ...more }
    expect((await swarm.deploy(inputs([service]))).outputs.status).toBe('converged')
  }
  const deploy = (services: unknown, more: Record<string, string> = {}) =>
    swarm.deploy(inputs(services, { strategy: 'recreate', ...more }))
  const start = (services: unknown) => swarm.start(inputs(services, { strategy: 'recreate' }))
  const idsOf = (tasks: readonly Task[]) => tasks.map(({ ID }) => ID).toSorted()
  const replicasOf = async (name: string) => (await swarm.service(name)).Spec.Mode.Replicated?.Replicas
  /** When containers of a service started and ended on all nodes, in nanoseconds, by the tag of their image. */
  const events = async (name: string, since: number) => {
    const format = '{{.Action}} {{.Actor.Attributes.image}} {{.TimeNano}}'
    const window = ['--since', String(since), '--until', String(Math.ceil(Date.now() / 1000) + 1)]
    const filters = ['type=container', 'event=start', 'event=die', `label=com.docker.swarm.service.name=${name}`]
    const flags = filters.flatMap((filter) => ['--filter', filter])
    const results = await Promise.all(
      swarm.lab.nodes.map((node) =>
        swarm.lab.docker(['events', '--format', format, ...window, ...flags], { node: node.name }),
      ),
    )
    const lines = results.flatMap(({ stdout }) => stdout.trim().split('\n')).filter((line) => line !== '')
    return lines.map((line) => {
      const [action = '', from = '', time = ''] = line.split(' ')
      return { action, tag: /:(v\d)@/.exec(from)?.[1], time: Number(time) }
    })
  }
  /** Nothing of the way there is left, not even for a rollback by hand. */
  const expectNoTrace = async (name: string) => {
    const { Spec, PreviousSpec } = await swarm.service(name)
    expect(Object.keys(Spec.Labels ?? {})).not.toContain(INTERIM_LABEL)
    expect(Object.keys(PreviousSpec?.Labels ?? {})).not.toContain(INTERIM_LABEL)
    expect(Spec.TaskTemplate.Placement?.Constraints ?? []).toEqual([])
  }
  const LOCKED = { lock: 'true' }
  /** A run whose runner is lost when its service has been scaled to none; the lock is taken away by hand. */
  const loseAtNone = async (name: string, to: LabImage) => {
    const noteOf = async () => (await swarm.service(name)).Spec.Labels?.[INTERIM_LABEL]
    const before = await noteOf()
    const step = await swarm.startDoomed(inputs({ [name]: to.reference }, { strategy: 'recreate', ...LOCKED }))
    const isOurs = async () => (await replicasOf(name)) === 0 && (await noteOf()) !== before
    await swarm.until('the stop', isOurs)
    await step.lose()
    expect((await swarm.lab.docker(['config', 'rm', `swarm-deploy.lock.service.${name}`])).code).toBe(0)
  }

  swarm.eachBeside(
    [
      ['replicated', { replicas: '3', 'create-args': grace(3) }, 3],
      ['global', { replicas: undefined, 'create-args': [...grace(3), '--mode global'] }, 2],
    ],
    'every old container of a %s service has ended, though it ignores SIGTERM, before the first new one starts',
    async (name, more, wanted) => {
      const [v1, v2] = [await image(name, 'v1', ignoresStop()), await image(name, 'v2')]
      await create(name, v1, more)
      const since = Math.floor(Date.now() / 1000)
      const run = await deploy({ [name]: v2.reference })
      expect(resultsOf(run)).toMatchObject([{ outcome: 'updated', tasks: { running: wanted, wanted } }])
      expect(await swarm.imagesRunning(name)).toEqual(Array(wanted).fill(pinned(v2)))
      const seen = await events(name, since)
      const ended = seen.filter(({ action, tag }) => action === 'die' && tag === 'v1').map(({ time }) => time)
      const started = seen.filter(({ action, tag }) => action === 'start' && tag === 'v2').map(({ time }) => time)
      expect(ended).toHaveLength(wanted)
      expect(started).toHaveLength(wanted)
      expect(Math.max(...ended)).toBeLessThan(Math.min(...started))
      await expectNoTrace(name)
    },
  )

  swarm.beside('when the new tasks fail, the old ones come back, all of them', async () => {
    const [v1, v2] = [await image('fails', 'v1'), await image('fails', 'v2', exits(1, 'v2 is broken'))]
    await create('fails', v1, { replicas: '3', env: { KEEP: '1' } })
    const run = await deploy([{ name: 'fails', image: v2.reference, env: { NEW: '1' } }])
    expect(run.outputs.status).toBe('rolled-back')
    expect(resultsOf(run)).toMatchObject([
      { outcome: 'rolled-back', cause: expect.stringMatching(/exit code 1.*what ran before runs again/) },
    ])
    expect(run.log).toContain('v2 is broken')
    expect(await swarm.imagesRunning('fails')).toEqual(Array(3).fill(pinned(v1)))
    expect((await swarm.service('fails')).Spec.TaskTemplate.ContainerSpec?.Env).toEqual(['KEEP=1'])
    await expectNoTrace('fails')
  })

  swarm.beside('with on-failure: keep, new tasks that fail stay', async () => {
    const [v1, v2] = [await image('kept-bad', 'v1'), await image('kept-bad', 'v2', exits(1))]
    await create('kept-bad', v1)
    const run = await deploy({ 'kept-bad': v2.reference }, { 'on-failure': 'keep' })
    expect(resultsOf(run)).toMatchObject([{ outcome: 'failed' }])
    expect(await swarm.imageOf('kept-bad')).toBe(pinned(v2))
    expect(await replicasOf('kept-bad')).toBe(2)
  })

  swarm.beside(
    'old tasks that do not end in time are not waited for any longer, and the service is brought back',
    async () => {
      const [v1, v2] = [await image('stuck', 'v1', ignoresStop()), await image('stuck', 'v2')]
      await create('stuck', v1, { 'create-args': grace(120) })
      await create('waits', v2)
      const run = await deploy(
        [
          { name: 'stuck', image: v2.reference },
          { name: 'waits', image: v1.reference, strategy: 'rolling' },
        ],
        { timeout: '40s', 'on-failure': 'keep' },
      )
      const [stuck, waits] = resultsOf(run)
      expect(stuck.cause).toMatch(/its old tasks have not ended within 40 s: 2 on node n\d, node n\d/)
      expect(waits).toMatchObject({
        outcome: 'skipped',
        cause: 'not sent, because the end of the old tasks of stuck failed',
      })
      await swarm.until('the way back', async () => (await swarm.imagesRunning('stuck')).length === 2)
      expect(await swarm.imagesRunning('stuck')).toEqual([pinned(v1), pinned(v1)])
      expect(await swarm.imageOf('waits')).toBe(pinned(v2))
    },
  )

  swarm.beside('a service that is as asked, one that only scales, and a new one are not stopped', async () => {
    const v1 = await image('kept', 'v1')
    await create('kept', v1)
    await create('scales', v1)
    const before = [idsOf(await swarm.running('kept')), idsOf(await swarm.running('scales'))]
    const run = await deploy([
      { name: 'kept', image: v1.reference },
      { name: 'scales', replicas: '3' },
      { name: 'made', image: v1.reference, create: true },
    ])
    expect(resultsOf(run).map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      'unchanged',
      'updated',
      'created',
    ])
    expect(run.log).not.toContain('Stop the old tasks')
    expect(idsOf(await swarm.running('kept'))).toEqual(before[0])
    expect(idsOf(await swarm.running('scales'))).toEqual(expect.arrayContaining(before[1] ?? []))
  })

  swarm.beside('a job cannot be recreated', async () => {
    const job = await image('job', 'v1', exits(0))
    await create('job', job, { replicas: undefined, 'create-args': ['--mode replicated-job'] })
    const run = await deploy([{ name: 'job', env: { A: '1' } }])
    expect(run.annotations.map(({ message }) => message)).toEqual([
      'service job: recreate replaces tasks that run on, and a job has none: write `strategy: rolling` for it',
    ])
  })

  swarm.beside('a run that is stopped while the old tasks end starts them again', async () => {
    const [v1, v2] = [await image('stopped', 'v1', ignoresStop()), await image('stopped', 'v2')]
    await create('stopped', v1, { 'create-args': grace(8) })
    const step = await start({ stopped: v2.reference })
    await swarm.until('the stop', async () => (await replicasOf('stopped')) === 0)
    step.main.kill('SIGTERM')
    const run = await step.finished
    expect(run.outputs.status).toBe('cancelled')
    await swarm.until('the way back', async () => (await swarm.imagesRunning('stopped')).length === 2)
    expect(await swarm.imagesRunning('stopped')).toEqual([pinned(v1), pinned(v1)])
    expect(Object.keys((await swarm.service('stopped')).Spec.Labels ?? {})).not.toContain(INTERIM_LABEL)
  })

  swarm.beside('after a run that was lost while nothing ran, the next one brings all tasks back', async () => {
    const [v1, v2] = [await image('killed', 'v1', ignoresStop()), await image('killed', 'v2')]
    await create('killed', v1, { replicas: '3', 'create-args': grace(6) })
    await loseAtNone('killed', v2)
    const run = await deploy({ killed: v2.reference }, LOCKED)
    expect(resultsOf(run)).toMatchObject([
      { outcome: 'updated', image: { before: pinned(v1) }, tasks: { running: 3, wanted: 3 } },
    ])
    expect(await swarm.imagesRunning('killed')).toEqual(Array(3).fill(pinned(v2)))
    await expectNoTrace('killed')
  })

  swarm.beside(
    'also when two runs were lost, one after the other, and somebody else has changed the service since',
    async () => {
      const v1 = await image('twice', 'v1', ignoresStop())
      const [v2, v3] = [await image('twice', 'v2'), await image('twice', 'v3')]
      await create('twice', v1, { replicas: '3', 'create-args': grace(6) })
      await loseAtNone('twice', v2)
      await loseAtNone('twice', v3)
      await swarm.lab.docker(['service', 'update', '--detach', '--quiet', '--env-add', 'A=b', 'twice'])
      const run = await deploy({ twice: v3.reference }, LOCKED)
      expect(resultsOf(run)).toMatchObject([
        { outcome: 'updated', image: { after: pinned(v3) }, tasks: { running: 3, wanted: 3 } },
      ])
      expect((await swarm.service('twice')).Spec.TaskTemplate.ContainerSpec?.Env).toEqual(['A=b'])
      await expectNoTrace('twice')
    },
  )

  swarm.beside('and also those of a service that it would not have changed', async () => {
    const [v1, v2] = [await image('again', 'v1', ignoresStop()), await image('again', 'v2')]
    await create('again', v1, { 'create-args': grace(6) })
    await loseAtNone('again', v2)
    const run = await deploy({ again: v1.reference }, LOCKED)
    expect(run.log).toMatch(lineOf('again', 'update (an earlier deploy of it was killed half-way)'))
    expect(await swarm.imagesRunning('again')).toEqual([pinned(v1), pinned(v1)])
    await expectNoTrace('again')
  })

  swarm.eachBeside(
    [
      ['while the old tasks end', 'theirs'],
      ['in the moment before the new ones are sent', 'theirs-late'],
    ],
    "somebody else's deploy %s stands",
    async (_, name) => {
      const [v1, v2, v3] = [await image(name, 'v1', ignoresStop()), await image(name, 'v2'), await image(name, 'v3')]
      await create(name, v1, { 'create-args': grace(4) })
      const manager = swarm.lab.nodes[0]
      const takeOver = async () => {
        const { ID, Version, Spec } = await swarm.service(name)
        const ContainerSpec = { ...Spec.TaskTemplate.ContainerSpec, Image: pinned(v3) }
        const theirs: ServiceSpec = {
          ...Spec,
          Mode: { Replicated: { Replicas: 1 } },
          TaskTemplate: { ...Spec.TaskTemplate, ContainerSpec },
        }
        await manager.engine('POST', `/services/${ID}/update?version=${Version.Index}`, theirs)
      }
      const early = name === 'theirs'
      let updates = 0
      let looks = 0
      await using proxy = await DaemonProxy.start(join(swarm.runner.directory, `${name}.sock`), manager.socket, {
        before: async (method, path) => {
          if (method === 'POST' && path.endsWith('/update') && ++updates === 2 && !early) await takeOver()
          // The second look at the tasks while they end.
          if (updates === 1 && path === '/tasks' && ++looks === 2 && early) await takeOver()
        },
      })
      const run = await swarm.deploy(inputs({ [name]: v2.reference }, { strategy: 'recreate' }), {
        DOCKER_HOST: proxy.host,
      })
      expect(resultsOf(run)).toMatchObject([{ outcome: 'superseded' }])
      expect(await swarm.imageOf(name)).toBe(pinned(v3))
      // The last two of ours take out of theirs what was only meant for the way, and have Swarm forget it.
      expect(updates).toBe(early ? 3 : 4)
      const { Spec, PreviousSpec } = await swarm.service(name)
      expect(Object.keys(Spec.Labels ?? {})).not.toContain(INTERIM_LABEL)
      expect(Object.keys(PreviousSpec?.Labels ?? {})).not.toContain(INTERIM_LABEL)
      expect(await replicasOf(name)).toBe(1)
    },
  )

  test(
    'an old task on a node that is down is not taken for ended: the error says what to do',
    async () => {
      const [v1, v2] = [await image('down', 'v1'), await image('down', 'v2')]
      const [, worker] = swarm.lab.nodes
      if (worker === undefined) throw new Error('the lab has two nodes')
      await create('down', v1, { 'create-args': grace(1) })
      const onBoth = async () => new Set((await swarm.running('down')).map(({ NodeID }) => NodeID)).size === 2
      await swarm.until('a task on both nodes', onBoth)
      await worker.kill()
      try {
        const onManager = async () => (await swarm.running('down')).every(({ NodeID }) => NodeID !== worker.id)
        await swarm.until('the loss being noticed', onManager)
        await swarm.until('new tasks on the manager', async () => (await swarm.running('down')).length === 2)
        const run = await deploy({ down: v2.reference }, { timeout: '20s' })
        expect(resultsOf(run)[0].cause).toContain(
          'its old tasks have not ended within 20 s: 1 on node n2, which is down (if it is gone for good: `docker node rm --force n2`)',
        )
        await swarm.until('the way back', async () => (await swarm.imagesRunning('down')).length === 2)
        expect(await swarm.imagesRunning('down')).toEqual([pinned(v1), pinned(v1)])
      } finally {
        await worker.start()
      }
      const again = await deploy({ down: v2.reference })
      expect(resultsOf(again)).toMatchObject([{ outcome: 'updated' }])
      expect(await swarm.imagesRunning('down')).toEqual([pinned(v2), pinned(v2)])
      await expectNoTrace('down')
    },
    LIMIT_MS,
  )
})
