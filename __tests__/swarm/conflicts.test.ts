import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { stageLine } from '../../lab/log-lines.ts'
import { exits } from '../../lab/program.ts'
import type { StepResult } from '../../lab/runner.ts'
import type { Service, ServiceSpec } from '../../src/docker/api.ts'
import { DaemonProxy } from '../support/daemon-proxy.ts'
import { describeSwarm, pinned, resultsOf } from '../support/swarm.ts'

const LIMIT_MS = 300_000

/** What becomes of a run that is not alone: other writers of its services, and a swarm that loses its leader. */
describeSwarm('conflicts', { nodes: 3, managers: 3, registries: { open: {} } }, (swarm) => {
  const image = (repository: string, tag: string) =>
    swarm.lab.image({ registry: 'open', repository, tag, content: `${repository}:${tag}` })
  const deploy = (services: unknown, env: Record<string, string> = {}) =>
    swarm.deploy({ services: JSON.stringify(services), monitor: '1s' }, env)
  const outcomeOf = (run: StepResult) => resultsOf(run)[0]?.outcome

  swarm.eachBeside(
    [
      ['by the API', 'busy', {}],
      ['by docker', 'flagged', { 'update-args': '--label-add a=b' }],
    ],
    'a write that comes between, which changes nothing, makes the run send its change again, %s',
    async (_how, name, more) => {
      const [v1, v2] = [await image(name, 'v1'), await image(name, 'v2')]
      await deploy([{ name, image: v1.reference, create: true }])
      const { run, refusals } = await deployWithIntruder(name, v2.reference, (spec) => spec, more)
      expect(refusals).toBe(2)
      expect(run.main.code).toBe(0)
      expect(await swarm.imageOf(name)).toBe(pinned(v2))
    },
  )

  swarm.beside("somebody else's deploy that comes between wins, and is left alone", async () => {
    const [v1, v2] = [await image('lost', 'v1'), await image('lost', 'v2')]
    await deploy([{ name: 'lost', image: v1.reference, create: true }])
    const { run } = await deployWithIntruder('lost', v2.reference, (spec) => ({
      ...spec,
      Labels: { owner: 'somebody' },
    }))
    expect(outcomeOf(run)).toBe('superseded')
    expect(run.outputs.status).toBe('failed')
    const { Spec } = await swarm.service('lost')
    expect(Spec.Labels).toEqual({ owner: 'somebody' })
    expect(Spec.TaskTemplate.ContainerSpec?.Image).toContain(':v1@')
  })

  /** Deploys while somebody else writes to the service in the moment before each of the run's first two updates. */
  const deployWithIntruder = async (
    name: string,
    reference: string,
    change: (spec: ServiceSpec) => ServiceSpec,
    more: Record<string, string> = {},
  ) => {
    let left = 2
    const manager = swarm.lab.nodes[0]
    await using proxy = await DaemonProxy.start(join(swarm.runner.directory, `${name}.sock`), manager.socket, {
      before: async (method, path) => {
        if (method !== 'POST' || !path.endsWith('/update') || left-- <= 0) return
        const { ID, Version, Spec } = await swarm.service(name)
        await manager.engine('POST', `/services/${ID}/update?version=${Version.Index}`, change(Spec))
      },
    })
    const run = await deploy([{ name, image: reference, ...more }], { DOCKER_HOST: proxy.host })
    const updates = proxy.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/update'))
    return { run, refusals: updates.filter(({ status }) => status >= 400).length }
  }

  swarm.beside("somebody else's deploy right behind ours is not taken for ours", async () => {
    const [v1, v2, v3] = [await image('behind', 'v1'), await image('behind', 'v2'), await image('behind', 'v3')]
    await deploy([{ name: 'behind', image: v1.reference, create: true }])
    const manager = swarm.lab.nodes[0]
    let isOver = false
    await using proxy = await DaemonProxy.start(join(swarm.runner.directory, 'behind.sock'), manager.socket, {
      after: async (method, path, status) => {
        if (method !== 'POST' || !path.endsWith('/update') || status >= 400 || isOver) return
        isOver = true
        await swarm.lab.docker(['service', 'update', '--detach', '--quiet', '--image', v3.reference, 'behind'])
      },
    })
    const run = await deploy({ behind: v2.reference }, { DOCKER_HOST: proxy.host })
    expect(outcomeOf(run)).toBe('superseded')
    expect(run.main.code).toBe(1)
    expect(await swarm.imageOf('behind')).toBe(pinned(v3))
  })

  swarm.beside("a new job's count of runs is not taken for somebody else's", async () => {
    const { reference } = await swarm.lab.image({ registry: 'open', repository: 'job', content: 'job', ...exits(0) })
    const job = { name: 'job', image: reference, create: true, replicas: '2', 'create-args': ['--mode=replicated-job'] }
    const run = await deploy([job])
    expect(outcomeOf(run)).toBe('created')
    expect((await swarm.service('job')).Spec.Mode.ReplicatedJob?.TotalCompletions).toBe(2)
  })

  swarm.beside('of runs that deploy one service at once, one wins and the others say so', async () => {
    const first = await image('contested', 'v0')
    await deploy([{ name: 'contested', image: first.reference, create: true }])
    const images = await Promise.all(['v1', 'v2', 'v3', 'v4'].map((tag) => image('contested', tag)))
    const runs = await Promise.all(images.map(({ reference }) => deploy({ contested: reference })))
    const last = await swarm.imageOf('contested')
    const outcomes = runs.map((run, index) => ({
      outcome: outcomeOf(run),
      won: last === images.map(pinned)[index],
    }))
    expect(outcomes.filter(({ won }) => won)).toEqual([{ outcome: 'updated', won: true }])
    for (const { outcome, won } of outcomes) if (!won) expect(['superseded', 'updated']).toContain(outcome)
    for (const run of runs) expect(run.log).not.toContain('A bug of this action')
  })

  test(
    'a leader that dies in the middle of a deploy does not make it red',
    async () => {
      const [v1, v2] = [await image('led', 'v1'), await image('led', 'v2')]
      const services = ['led-1', 'led-2', 'led-3']
      // A dead node takes its tasks along: they would come back elsewhere only after a while.
      const constraint = '--constraint node.hostname!=n1'
      await deploy(services.map((name) => ({ name, image: v1.reference, create: true, 'create-args': [constraint] })))
      const step = await swarm.runner.start({
        with: {
          services: JSON.stringify(services.map((name) => ({ name, image: v2.reference }))),
          monitor: '2s',
          timeout: '150s',
        },
        env: { DOCKER_HOST: swarm.lab.node('n2').host },
      })
      await swarm.until('the deploy', () => stageLine('Deploy').test(step.printed()))
      await swarm.lab.node('n1').kill('SIGKILL')
      const run = await step.finished
      expect(run.log).toMatch(/converged: 3 updated/)
      expect(run.main.code).toBe(0)
      const answer = await swarm.lab.node('n2').engine<Service[]>('GET', '/services')
      const now = answer.body.filter(({ Spec }) => services.includes(Spec.Name))
      expect(now.map(({ Spec }) => Spec.TaskTemplate.ContainerSpec?.Image)).toEqual(services.map(() => pinned(v2)))
    },
    LIMIT_MS,
  )
})
