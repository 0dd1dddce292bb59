import { expect, test } from '@jest/globals'
import { ask, fromManager } from '../../lab/faults/truth.ts'
import type { Lab, LabNode } from '../../lab/lab.ts'
import { until } from '../../lab/patience.ts'
import { exits } from '../../lab/program.ts'
import type { Service, Task } from '../../src/docker/api.ts'
import { describeSwarm } from '../support/swarm.ts'

/** Several hosts, of which the first that manages the swarm is used. */
describeSwarm('several managers', { nodes: 4, managers: 3, registries: { main: {} } }, (swarm) => {
  const services = async (count: number, tag: string) => {
    const { reference } = await swarm.lab.image({ registry: 'main', repository: 'acme/app', tag, content: tag })
    const create = ['--constraint node.role==worker']
    return JSON.stringify(
      Array.from({ length: count }, (_, index) => ({
        name: `web-${index + 1}`,
        image: reference,
        create: true,
        replicas: '2',
        'create-args': create,
      })),
    )
  }
  const list = (...hosts: string[]) => hosts.map((host) => `- ${host}`).join('\n')

  test('a host without a daemon and a worker are passed over, each with a line', async () => {
    const [manager, , , worker] = swarm.lab.nodes
    const host = list('unix:///nowhere/docker.sock', worker?.host ?? '', manager.host)
    const run = await swarm.runner.run({ with: { host, services: await services(1, 'v1'), monitor: '1s' } })
    expect(run.log).toContain('Passed over: the docker daemon at unix:///nowhere/docker.sock cannot be used')
    expect(run.log).toContain(`Passed over: the docker daemon at ${worker?.host} is a worker of its swarm`)
    expect(run.log).toContain(`Connected to ${manager.host}`)
    expect(run.outputs.status).toBe('converged')
  })

  test('when none serves, one error has the reason of each', async () => {
    const worker = swarm.lab.node(3).host
    const host = list('unix:///nowhere/docker.sock', worker)
    const run = await swarm.runner.run({ with: { host, services: await services(1, 'v1') } })
    expect(run.main.code).toBe(1)
    const errors = run.annotations.filter(({ level }) => level === 'error')
    expect(errors).toHaveLength(1)
    expect(errors[0]?.message).toMatch(
      /none of the 2 hosts can be used: .*unix:\/\/\/nowhere\/docker.sock cannot be used.*; .*is a worker of its swarm/,
    )
  })

  // Each manager that has led goes on making tasks for jobs: moby/moby#53632.
  test('a job that the swarm runs again and again is up when it is complete, and the result says so', async () => {
    await haveOneLeadAnew(swarm.lab)
    const program = exits(0)
    const { reference } = await swarm.lab.image({ registry: 'main', repository: 'acme/job', tag: 'v1', ...program })
    const entry = { name: 'job', image: reference, create: true, 'create-args': '--mode replicated-job' }
    const host = list(...swarm.lab.nodes.slice(0, 3).map((node) => node.host))
    const run = await swarm.runner.run({ with: { host, services: JSON.stringify([entry]) } })
    expect(run.outputs.status).toBe('converged')
    const [result] = JSON.parse(run.outputs.services ?? '[]')
    expect(result).toMatchObject({ tasks: { running: 1, wanted: 1 }, note: expect.stringContaining('moby/moby#53632') })
    const tasks = await fromManager<Task[]>(swarm.lab, '/tasks')
    expect(tasks.filter(({ JobIteration }) => JobIteration !== undefined).length).toBeGreaterThan(1)
    const removed = await swarm.lab.docker(['service', 'rm', 'job'])
    expect(removed.code).toBe(0)
  }, 300_000)

  test('the leader, which is also the host in use, is killed in the middle of a deploy: the run ends green', async () => {
    const [leader, second, third] = swarm.lab.nodes
    const host = list(leader.host, second?.host ?? '', third?.host ?? '')
    const asked = await services(8, 'v2')
    const step = await swarm.runner.start({ with: { host, services: asked, monitor: '3s', timeout: '4m' } })
    await until('the rollout', 60_000, () => /web-\d: (?:update|create) \(?/.test(step.printed()))
    await leader.kill()
    const run = await step.finished
    expect(run.log).toContain(`${leader.host} is no longer a manager that answers: the run goes on with`)
    expect(run.main.code).toBe(0)
    expect(run.outputs.status).toBe('converged')
    const { body: now } = (await second?.engine<Service[]>('GET', '/services')) ?? { body: [] }
    expect(now.map(({ Spec }) => Spec.Name).toSorted()).toEqual(
      Array.from({ length: 8 }, (_, index) => `web-${index + 1}`),
    )
    for (const { Spec } of now) expect(Spec.TaskTemplate.ContainerSpec?.Image).toContain('acme/app:v2@')
    const { body: tasks } = (await second?.engine<Task[]>('GET', '/tasks')) ?? { body: [] }
    const running = tasks.filter(({ Status, DesiredState }) => Status.State === 'running' && DesiredState === 'running')
    expect(running).toHaveLength(16)
  }, 300_000)
})

interface Manager {
  readonly Description: { readonly Hostname: string }
  readonly ManagerStatus?: { readonly Leader?: boolean }
}

/** Freezes whoever leads, one after another, until one leads that has led before. */
async function haveOneLeadAnew(lab: Lab): Promise<void> {
  const led = new Set<string>()
  for (let leader = leaderIn(await fromManager(lab, '/nodes')); !led.has(leader); ) {
    led.add(leader)
    const node = lab.nodes.find(({ name }) => name === leader) as LabNode
    await node.kill('SIGSTOP')
    const next = await until('another leader', 60_000, async () => {
      const now = leaderIn(await fromManager(lab, '/nodes'))
      return now === leader ? undefined : now
    })
    await node.kill('SIGCONT')
    // Until it has heard of the other it takes itself for the leader.
    await until('hearing of another leader', 60_000, async () => leaderIn(await ask(node, '/nodes')) === next)
    leader = next
  }
}

function leaderIn(nodes: readonly Manager[]): string {
  const leader = nodes.find(({ ManagerStatus }) => ManagerStatus?.Leader)
  if (leader === undefined) throw new Error('nobody leads')
  return leader.Description.Hostname
}
