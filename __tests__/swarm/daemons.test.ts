import { join } from 'node:path'
import { beforeEach, expect, test } from '@jest/globals'
import { Door } from '../../lab/faults/door.ts'
import { ask, fromManager } from '../../lab/faults/truth.ts'
import type { Lab, LabNode } from '../../lab/lab.ts'
import { stageLine } from '../../lab/log-lines.ts'
import { until } from '../../lab/patience.ts'
import { exits } from '../../lab/program.ts'
import type { StepResult } from '../../lab/runner.ts'
import type { Service, Task } from '../../src/docker/api.ts'
import { describeSwarm } from '../support/swarm.ts'

const LIMIT_MS = 300_000
const LOOK_LIMIT_MS = 120_000
/** So long nothing is passed on. */
const HELD_MS = 2000

/** Which of several daemons is used, and what becomes of a run when it fails in one of the ways that daemons have. */
describeSwarm('several daemons', { nodes: 4, managers: 3, registries: { main: {} } }, (swarm) => {
  const list = (...hosts: readonly string[]) => hosts.map((host) => `- ${host}`).join('\n')
  const managers = () => swarm.lab.nodes.slice(0, 3) as [LabNode, LabNode, LabNode]
  const hosts = () => list(...managers().map(({ host }) => host))

  /** Services on the worker, which nothing happens to. */
  const services = async (...names: readonly string[]) => {
    const { reference } = await swarm.lab.image({ registry: 'main', repository: 'acme/app', tag: 'v1' })
    return JSON.stringify(
      names.map((name) => ({
        name,
        image: reference,
        create: true,
        'create-args': ['--constraint node.role==worker'],
      })),
    )
  }

  /** A deploy of new services, when it has come to the watch; these have to stay up for some seconds. */
  const underWay = async (host: string, ...names: readonly string[]) => {
    const asked = await services(...names)
    const step = await swarm.runner.start({ with: { host, services: asked, monitor: '5s', timeout: '4m' } })
    await until('the rollout', LOOK_LIMIT_MS, () => stageLine('Watch').test(step.printed()))
    return step
  }

  /** A run is green, and one manager says that the tasks run and that there are no other services of these names. */
  const isGreen = async (run: StepResult, node: LabNode, ...names: readonly string[]) => {
    expect(run.annotations.filter(({ level }) => level === 'error')).toEqual([])
    expect(run.outputs.status).toBe('converged')
    const { body: all } = await node.engine<Service[]>('GET', '/services')
    const made = all.filter(({ Spec }) => names.some((name) => Spec.Name.startsWith(name.replace(/\d$/, ''))))
    expect(made.map(({ Spec }) => Spec.Name).toSorted()).toEqual(names.toSorted())
    for (const name of names) {
      const filters = JSON.stringify({ service: [name], 'desired-state': ['running'] })
      const { body } = await node.engine<Task[]>('GET', `/tasks?filters=${encodeURIComponent(filters)}`)
      expect(body.map(({ Status }) => Status.State)).toEqual(['running'])
    }
  }

  const goesOn = (run: StepResult, from: LabNode, ...to: readonly LabNode[]) => {
    const next = to.map(({ host }) => host).join('|')
    expect(run.log).toMatch(
      new RegExp(`${from.host} is no longer a manager that answers: the run goes on with (?:${next})\\n`),
    )
  }

  /** All managers know of the same leader, which is not this one. */
  const isFollower = (node: LabNode) =>
    until('another leader', LOOK_LIMIT_MS, async () => {
      const leaders = await Promise.all(managers().map(async (each) => leaderIn(await ask(each, '/nodes'))))
      return new Set(leaders).size === 1 && leaders[0] !== node.name
    })

  // What a first try has made is not new to the second.
  beforeEach(async () => {
    const { stdout } = await swarm.lab.docker(['service', 'ls', '--quiet'])
    const ids = stdout.split('\n').filter((id) => id !== '')
    if (ids.length > 0) expect(await swarm.lab.docker(['service', 'rm', ...ids])).toMatchObject({ code: 0 })
  })

  test(
    'a host without a daemon and a worker are passed over, and the way to the manager fails in all ways, one after another',
    async () => {
      const [first] = managers()
      const worker = swarm.lab.node(3)
      await using door = await Door.start(join(swarm.runner.directory, 'door.sock'), first.socket)
      const host = list('unix:///nowhere/docker.sock', worker.host, door.host)
      const asked = await services('door')
      const step = await swarm.runner.start({ with: { host, services: asked, monitor: '2s', timeout: '4m' } })
      for (const [stage, ...faults] of [
        ['Log in', 'cut'],
        ['Check images, flags and platforms', 'half', 'html', 'noise'],
        ['Deploy', 'lost', 'stall'],
      ] as const) {
        await until(stage, LOOK_LIMIT_MS, () => stageLine(stage).test(step.printed()))
        for (const fault of faults) {
          door.fail(fault)
          // A call that is made again meets it too.
          await until(`two that meet ${fault}`, LOOK_LIMIT_MS, () => door.struck >= (fault === 'stall' ? 1 : 2))
        }
        if (stage === 'Deploy') await new Promise((resolve) => setTimeout(resolve, HELD_MS))
        door.recover()
      }
      const run = await step.finished
      expect(run.log).toContain('Passed over: the docker daemon at unix:///nowhere/docker.sock cannot be used')
      expect(run.log).toContain(`Passed over: the docker daemon at ${worker.host} is a worker of its swarm`)
      expect(run.log).toContain(`Connected to ${door.host}`)
      await isGreen(run, first, 'door')
    },
    LIMIT_MS,
  )

  test('when no host serves, one error has the reason of each', async () => {
    const host = list('unix:///nowhere/docker.sock', swarm.lab.node(3).host)
    const run = await swarm.runner.run({ with: { host, services: await services('none') } })
    expect(run.main.code).toBe(1)
    expect(run.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /none of the 2 hosts can be used: .*unix:\/\/\/nowhere\/docker.sock cannot be used.*; .*is a worker of its swarm/,
      ),
    ])
  })

  test(
    'the host in use is demoted in the middle of a rollout: the run goes on with the next',
    async () => {
      const [first, second] = managers()
      const step = await underWay(hosts(), 'demoted')
      expect(await swarm.lab.docker(['node', 'demote', first.id], { node: 1 })).toMatchObject({ code: 0 })
      try {
        const run = await step.finished
        goesOn(run, first, second)
        await isGreen(run, second, 'demoted')
      } finally {
        await swarm.lab.docker(['node', 'promote', first.id], { node: 1 })
        await until('it back', LOOK_LIMIT_MS, async () => (await first.engine('GET', '/nodes')).status === 200)
      }
    },
    LIMIT_MS,
  )

  test(
    'the host in use is cut off from the others, and its socket answers that there is no leader',
    async () => {
      const [first, second] = managers()
      const step = await underWay(hosts(), 'cut')
      await first.disconnect()
      try {
        const run = await step.finished
        goesOn(run, first, second)
        await isGreen(run, second, 'cut')
      } finally {
        await first.reconnect()
        await until('it back', LOOK_LIMIT_MS, async () => (await first.engine('GET', '/nodes')).status === 200)
      }
    },
    LIMIT_MS,
  )

  test(
    'the daemon of the only host is restarted in the middle of a rollout',
    async () => {
      const [first, second] = managers()
      const step = await underWay(first.host, 'restarted')
      await first.kill()
      await first.start()
      await isGreen(await step.finished, second, 'restarted')
    },
    LIMIT_MS,
  )

  // Each manager that has led goes on making tasks for jobs: moby/moby#53632.
  test(
    'a job that the swarm runs again and again is up when it is complete, and the result says so',
    async () => {
      await haveOneLeadAnew(swarm.lab)
      const program = exits(0)
      const { reference } = await swarm.lab.image({ registry: 'main', repository: 'acme/job', tag: 'v1', ...program })
      const entry = { name: 'job', image: reference, create: true, 'create-args': '--mode replicated-job' }
      const run = await swarm.runner.run({ with: { host: hosts(), services: JSON.stringify([entry]) } })
      expect(run.outputs.status).toBe('converged')
      const [result] = JSON.parse(run.outputs.services ?? '[]')
      expect(result).toMatchObject({
        tasks: { running: 1, wanted: 1 },
        note: expect.stringContaining('moby/moby#53632'),
      })
      const tasks = await fromManager<Task[]>(swarm.lab, '/tasks')
      expect(tasks.filter(({ JobIteration }) => JobIteration !== undefined).length).toBeGreaterThan(1)
      const removed = await swarm.lab.docker(['service', 'rm', 'job'])
      expect(removed.code).toBe(0)
    },
    LIMIT_MS,
  )

  test(
    'the leader, which is also the host in use, is frozen for good in the middle of a rollout: the run goes on',
    async () => {
      const leader = await leaderNow()
      const [next = leader, other = leader] = managers().filter(({ name }) => name !== leader.name)
      const step = await underWay(list(leader.host, next.host, other.host), 'frozen')
      await leader.kill('SIGSTOP')
      try {
        const run = await step.finished
        // The first of them may still be busy with the election.
        goesOn(run, leader, next, other)
        await isGreen(run, next, 'frozen')
      } finally {
        await leader.kill('SIGCONT')
        await isFollower(leader)
      }
    },
    LIMIT_MS,
  )

  test(
    'the leader, which is also the host in use, is killed in the middle of a deploy: the run ends green',
    async () => {
      const leader = await leaderNow()
      const [next = leader, other = leader] = managers().filter(({ name }) => name !== leader.name)
      const names = ['web-1', 'web-2', 'web-3', 'web-4']
      const asked = await services(...names)
      const host = list(leader.host, next.host, other.host)
      const step = await swarm.runner.start({ with: { host, services: asked, monitor: '3s', timeout: '4m' } })
      await until('the rollout', LOOK_LIMIT_MS, () => stageLine('Deploy').test(step.printed()))
      await leader.kill()
      try {
        const run = await step.finished
        expect(run.log).toContain(`${leader.host} is no longer a manager that answers: the run goes on with`)
        expect(run.main.code).toBe(0)
        await isGreen(run, next, ...names)
      } finally {
        await leader.start()
      }
    },
    LIMIT_MS,
  )

  const leaderNow = async () => {
    const name = leaderIn(await fromManager(swarm.lab, '/nodes'))
    return swarm.lab.node(name)
  }
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
    const next = await until('another leader', LOOK_LIMIT_MS, async () => {
      const now = leaderIn(await fromManager(lab, '/nodes'))
      return now === leader ? undefined : now
    })
    await node.kill('SIGCONT')
    // Until it has heard of the other it takes itself for the leader.
    await until('hearing of another leader', LOOK_LIMIT_MS, async () => leaderIn(await ask(node, '/nodes')) === next)
    leader = next
  }
}

function leaderIn(nodes: readonly Manager[]): string {
  const leader = nodes.find(({ ManagerStatus }) => ManagerStatus?.Leader)
  if (leader === undefined) throw new Error('nobody leads')
  return leader.Description.Hostname
}
