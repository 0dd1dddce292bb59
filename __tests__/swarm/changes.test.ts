import { expect, test } from '@jest/globals'
import { lineOf } from '../../lab/log-lines.ts'
import { describeSwarm, pinned, resultsOf, unnumbered } from '../support/swarm.ts'

/** What a run does to services that are new, that differ, and that already are as asked. */
describeSwarm('changes', { registries: { main: { accounts: { alice: { password: 'alice-pw' } } } } }, (swarm) => {
  const login = () => ({ registry: swarm.lab.registries.main.host, username: 'alice', password: 'alice-pw' })
  const image = (tag: string) => swarm.lab.image({ registry: 'main', repository: 'acme/app', tag, content: tag })
  const deploy = (services: unknown) => swarm.deploy({ ...login(), services: JSON.stringify(services), monitor: '1s' })

  swarm.beside('a missing service is created as asked, pinned by digest', async () => {
    const v1 = await image('v1')
    const run = await deploy([
      {
        name: 'created',
        image: v1.reference,
        create: true,
        replicas: '2',
        env: { COLOR: 'a blue', EMPTY: '' },
        'create-args': ['--label team=web'],
      },
    ])
    expect(run.main.code).toBe(0)
    expect(run.outputs.status).toBe('converged')
    const { Spec } = await swarm.service('created')
    expect(Spec.TaskTemplate.ContainerSpec?.Image).toBe(pinned(v1))
    expect(Spec.TaskTemplate.ContainerSpec?.Env?.toSorted()).toEqual(['COLOR=a blue', 'EMPTY='])
    expect(Spec.Labels).toEqual({
      team: 'web',
      'swarm-deploy.create-args': '["--label team"]',
      'swarm-deploy.write': '1',
      'swarm-deploy.auth.registry': swarm.lab.registries.main.host,
      'swarm-deploy.auth.account': 'alice',
      'swarm-deploy.auth.stored-at': expect.any(String),
    })
    expect(await swarm.running('created')).toHaveLength(2)
    expect(resultsOf(run)).toMatchObject([
      {
        name: 'created',
        action: 'create',
        outcome: 'created',
        image: { before: null, after: pinned(v1) },
        tasks: { running: 2, wanted: 2 },
        nodes: 1,
        cause: null,
      },
    ])
  })

  swarm.beside(
    'what already is as asked is not touched: no version moves, no task restarts, the previous spec stays',
    async () => {
      const [v1, v2] = [await image('v1'), await image('v2')]
      await deploy([
        {
          name: 'same',
          image: v1.reference,
          create: true,
          env: { A: '1', B: '2' },
          'create-args': ['--limit-memory 32M'],
        },
      ])
      await deploy({ same: v2.reference })
      const before = await swarm.service('same')
      const tasksBefore = await swarm.running('same')

      const asked = {
        name: 'same',
        image: v2.reference,
        replicas: '1',
        env: { B: '2' },
        'update-args': ['--limit-memory 32M'],
      }
      const run = await deploy([asked])

      expect(run.main.code).toBe(0)
      expect(run.outputs.status).toBe('unchanged')
      expect(await swarm.service('same')).toEqual(before)
      expect((await swarm.running('same')).map(({ ID }) => ID)).toEqual(tasksBefore.map(({ ID }) => ID))
      const previous = (before as unknown as { PreviousSpec: typeof before.Spec }).PreviousSpec
      expect(previous.TaskTemplate.ContainerSpec?.Image).toContain(v1.digest)
    },
  )

  swarm.beside('a new image under the same tag is an update', async () => {
    const first = await swarm.lab.image({ registry: 'main', repository: 'acme/moving', tag: 'latest', content: 'one' })
    await deploy([{ name: 'moving', image: first.reference, create: true }])
    const second = await swarm.lab.image({ registry: 'main', repository: 'acme/moving', tag: 'latest', content: 'two' })
    const run = await deploy({ moving: `${second.reference}` })
    expect(resultsOf(run)).toMatchObject([
      {
        outcome: 'updated',
        image: { before: pinned(first), after: `${first.reference}@${second.digest}` },
      },
    ])
    expect(await swarm.imagesRunning('moving')).toEqual([expect.stringContaining(second.digest)])
  })

  swarm.beside('replicas, variables and flags change what they name and nothing else', async () => {
    const v1 = await image('v1')
    await deploy([{ name: 'parts', image: v1.reference, create: true, env: { KEEP: 'k', SET: 'old' } }])

    const scaled = await deploy([{ name: 'parts', replicas: '3' }])
    expect(scaled.log).toMatch(lineOf('parts', 'update (replicas 1 → 3)'))
    expect(await swarm.running('parts')).toHaveLength(3)

    await deploy([{ name: 'parts', env: { SET: 'a new one', ADD: 'x=y' } }])
    const { Spec } = await swarm.service('parts')
    expect(Spec.TaskTemplate.ContainerSpec?.Env?.toSorted()).toEqual(['ADD=x=y', 'KEEP=k', 'SET=a new one'])
    expect(Spec.Mode.Replicated?.Replicas).toBe(3)

    const flagged = await deploy([
      { name: 'parts', 'update-args': ['--update-order start-first', '--label-add tier=front'] },
    ])
    expect(flagged.outputs.status).toBe('converged')
    const after = await swarm.service('parts')
    expect(unnumbered(after.Spec).Labels).toEqual({ tier: 'front' })
    expect(after.Spec.TaskTemplate.ContainerSpec?.Image).toBe(Spec.TaskTemplate.ContainerSpec?.Image)
  })

  test('no docker process is started because a rollout takes long', async () => {
    const slow = await swarm.lab.image({ registry: 'main', repository: 'acme/slow', content: 'slow' })
    const services = ['slow-1', 'slow-2', 'slow-3'].map((name) => ({ name, image: slow.reference, create: true }))
    const count = async (monitor: string) => {
      const run = await swarm.deploy(
        { ...login(), services: JSON.stringify(services), monitor },
        await swarm.countingDocker(),
      )
      return { run, started: await swarm.dockerStarts() }
    }
    const first = await count('1s')
    expect(first.run.outputs.status).toBe('converged')
    for (const { name } of services) await swarm.lab.docker(['service', 'rm', name])
    const second = await count('8s')
    expect(second.run.outputs.status).toBe('converged')
    expect(second.started).toBe(first.started)
    // One look at the CLI and one at the context, at most four kept connections, and for each service a rehearsal and
    // the change itself.
    expect(first.started).toBeLessThanOrEqual(2 + 4 + 2 * services.length)
  })
})
