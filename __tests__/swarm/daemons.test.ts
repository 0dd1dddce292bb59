import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { Door } from '../../lab/faults/door.ts'
import type { LabNode } from '../../lab/lab.ts'
import { stageLine } from '../../lab/log-lines.ts'
import { until } from '../../lab/patience.ts'
import type { StepResult } from '../../lab/runner.ts'
import type { Task } from '../../src/docker/api.ts'
import { DaemonProxy } from '../support/daemon-proxy.ts'
import { describeSwarm } from '../support/swarm.ts'

const LIMIT_MS = 300_000

/** What becomes of a run when the daemon that it speaks with fails in one of the ways that daemons have. */
describeSwarm('daemons that fail', { nodes: 4, managers: 3, registries: { main: {} } }, (swarm) => {
  const list = (...nodes: readonly LabNode[]) => nodes.map(({ host }) => `- ${host}`).join('\n')
  const managers = () => swarm.lab.nodes.slice(0, 3) as [LabNode, LabNode, LabNode]

  /** Services on the worker, whose update takes a while: two tasks, one after the other. */
  const services = async (names: readonly string[], tag: string, replicas = 2) => {
    const { reference } = await swarm.lab.image({ registry: 'main', repository: 'acme/app', tag, content: tag })
    return JSON.stringify(
      names.map((name) => ({
        name,
        image: reference,
        create: true,
        replicas: String(replicas),
        'create-args': ['--constraint node.role==worker'],
      })),
    )
  }

  const imagesOn = async (node: LabNode, name: string) => {
    const { body } = await node.engine<(Task & { Spec: { ContainerSpec: { Image: string } } })[]>(
      'GET',
      `/tasks?filters=${encodeURIComponent(JSON.stringify({ service: [name], 'desired-state': ['running'] }))}`,
    )
    return body.filter(({ Status }) => Status.State === 'running').map(({ Spec }) => Spec.ContainerSpec.Image)
  }

  const isGreen = async (run: StepResult, tag: string, node: LabNode, names: readonly string[]) => {
    expect(run.annotations.filter(({ level }) => level === 'error')).toEqual([])
    expect(run.outputs.status).toBe('converged')
    for (const name of names) {
      expect(await imagesOn(node, name)).toEqual(Array(2).fill(expect.stringContaining(`acme/app:${tag}@`)))
    }
  }

  const leaderIs = (node: LabNode, others: readonly LabNode[]) =>
    until('a leader', 90_000, async () => {
      for (const other of others) {
        const { status, body } = await other
          .engine<{ ID: string; ManagerStatus?: { Leader?: boolean } }[]>('GET', '/nodes')
          .catch(() => ({ status: 0, body: [] }))
        if (status !== 200) return false
        const leader = body.find(({ ManagerStatus }) => ManagerStatus?.Leader)
        if (leader === undefined || (leader.ID === node.id) !== (others.length === 1)) return false
      }
      return true
    })

  swarm.eachBeside(
    [
      ['cut', 'Log in'],
      ['half', 'Check images, flags and platforms'],
      ['html', 'Check images, flags and platforms'],
      ['noise', 'Check images, flags and platforms'],
      ['lost', 'Deploy'],
      ['stall', 'Deploy'],
    ] as const,
    'the way to the daemon fails for five seconds: %s, from "%s" on',
    async (fault, stage) => {
      const [first] = managers()
      const names = [`door-${fault}`]
      const asked = await services(names, 'v1')
      await using door = await Door.start(join(swarm.runner.directory, `${fault}.sock`), first.socket)
      const with_ = { host: door.host, services: asked, monitor: '2s', timeout: '4m' }
      const step = await swarm.runner.start({ with: with_ })
      await until('the moment', 60_000, () => stageLine(stage).test(step.printed()))
      door.fail(fault)
      await new Promise((resolve) => setTimeout(resolve, 5000))
      door.recover()
      await isGreen(await step.finished, 'v1', first, names)
    },
  )

  swarm.beside('ten new services are made over a daemon that takes a second for each call', async () => {
    const [first] = managers()
    const names = Array.from({ length: 10 }, (_, n) => `slow-${n + 1}`)
    const asked = await services(names, 'v1', 0)
    const slowly = { before: () => new Promise<void>((resolve) => setTimeout(resolve, 1000)) }
    await using proxy = await DaemonProxy.start(join(swarm.runner.directory, 'slow.sock'), first.socket, slowly)
    const run = await swarm.runner.run({
      with: { host: proxy.host, services: asked, 'max-parallel': '10', monitor: '1s', timeout: '4m' },
    })
    expect(run.annotations.filter(({ level }) => level === 'error')).toEqual([])
    expect(run.outputs.status).toBe('converged')
  })

  test(
    'the leader in use is frozen for good in the middle of a rollout: the run goes on with the next',
    async () => {
      const [first, second, third] = managers()
      const names = ['frozen-1', 'frozen-2', 'frozen-3']
      const asked = await services(names, 'v1')
      const host = list(first, second, third)
      const step = await swarm.runner.start({ with: { host, services: asked, monitor: '5s', timeout: '4m' } })
      await until('the rollout', 60_000, () => stageLine('Watch').test(step.printed()))
      await first.kill('SIGSTOP')
      try {
        const run = await step.finished
        expect(run.log).toContain(
          `${first.host} is no longer a manager that answers: the run goes on with ${second.host}`,
        )
        await isGreen(run, 'v1', second, names)
      } finally {
        await first.kill('SIGCONT')
        await leaderIs(first, [second, third])
      }
    },
    LIMIT_MS,
  )

  test(
    'the host in use is cut off from the others, and its socket answers that there is no leader',
    async () => {
      const [first, second, third] = managers()
      const names = ['cut-1', 'cut-2']
      const asked = await services(names, 'v1')
      const host = list(first, second, third)
      const step = await swarm.runner.start({ with: { host, services: asked, monitor: '5s', timeout: '4m' } })
      await until('the rollout', 60_000, () => stageLine('Watch').test(step.printed()))
      await first.disconnect()
      try {
        const run = await step.finished
        expect(run.log).toContain(
          `${first.host} is no longer a manager that answers: the run goes on with ${second.host}`,
        )
        await isGreen(run, 'v1', second, names)
      } finally {
        await first.reconnect()
        await until('it back', 90_000, async () => (await first.engine('GET', '/nodes')).status === 200)
      }
    },
    LIMIT_MS,
  )

  test(
    'the host in use is demoted in the middle of a rollout',
    async () => {
      const [first, second, third] = managers()
      const names = ['demoted-1', 'demoted-2']
      const asked = await services(names, 'v1')
      const host = list(first, second, third)
      const step = await swarm.runner.start({ with: { host, services: asked, monitor: '5s', timeout: '4m' } })
      await until('the rollout', 60_000, () => stageLine('Watch').test(step.printed()))
      const demoted = await swarm.lab.docker(['node', 'demote', first.id], { node: 1 })
      expect(demoted).toMatchObject({ code: 0 })
      try {
        const run = await step.finished
        expect(run.log).toContain(
          `${first.host} is no longer a manager that answers: the run goes on with ${second.host}`,
        )
        await isGreen(run, 'v1', second, names)
      } finally {
        await swarm.lab.docker(['node', 'promote', first.id], { node: 1 })
        await until('it back', 90_000, async () => (await first.engine('GET', '/nodes')).status === 200)
      }
    },
    LIMIT_MS,
  )

  test(
    'the daemon of the only host is restarted in the middle of a rollout',
    async () => {
      const [first, second] = managers()
      const names = ['restarted-1', 'restarted-2']
      const asked = await services(names, 'v1')
      const step = await swarm.runner.start({
        with: { host: first.host, services: asked, monitor: '5s', timeout: '4m' },
      })
      await until('the rollout', 60_000, () => stageLine('Watch').test(step.printed()))
      await first.kill()
      await first.start()
      await isGreen(await step.finished, 'v1', second, names)
    },
    LIMIT_MS,
  )
})
