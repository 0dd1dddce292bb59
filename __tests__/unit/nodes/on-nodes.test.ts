import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../../src/docker/api.ts'
import { failureInWords, type NodesRun, onNodes } from '../../../src/nodes/on-nodes.ts'
import { removeOfRun } from '../../../src/prepare/passing-services.ts'
import { identifyRun } from '../../../src/runner/run.ts'
import { letTimeRun, pass, settle, stopTime } from '../../support/memory-swarm/hand-clock.ts'
import type { Image } from '../../support/memory-swarm/images.ts'
import { MemorySwarm } from '../../support/memory-swarm/memory-swarm.ts'

const TOOL = 'tools.test/docker:cli'
const WORK = { what: 'count', script: 'docker volume ls "$1"', args: ['$(reboot); `x` "y"'] }
const told = (...lines: string[]) => ({ stdout: ['swarm-deploy: begin', ...lines, 'swarm-deploy: end'] })

beforeEach(stopTime)
afterEach(letTimeRun)

function swarmWith(tool: Image, nodes: ConstructorParameters<typeof MemorySwarm>[0] = { nodes: [{}, {}, {}] }) {
  return new MemorySwarm({ ...nodes, images: { [TOOL]: tool } })
}

function runOf({ engine }: MemorySwarm, more: Partial<NodesRun> = {}): NodesRun {
  const self = { ...identifyRun({}), token: '7a1c5f0e-6f57-4a3c-8d3e-2f2f6f1d0001', owner: 'acme/shop, run 7' }
  const signal = new AbortController().signal
  return { connection: { engine }, self, tools: { name: TOOL, credential: undefined }, seconds: 60, signal, ...more }
}

/** The services by which it runs, as they are made. */
function watchServices(swarm: MemorySwarm): ServiceSpec[] {
  const made: ServiceSpec[] = []
  swarm.store.onChange((change) => {
    if (change.kind === 'service' && change.action === 'create') made.push(change.service.current.spec)
  })
  return made
}

describe('docker on every node', () => {
  test('each node tells what it printed, and nothing of the service stays', async () => {
    const swarm = swarmWith({ acts: ({ hostname }) => told(`I am ${hostname}`, '') })
    const made = watchServices(swarm)
    expect(await settle(onNodes(WORK, runOf(swarm)))).toMatchObject([
      { node: 'n1', state: 'done', lines: ['I am n1'] },
      { node: 'n2', state: 'done', lines: ['I am n2'] },
      { node: 'n3', state: 'done', lines: ['I am n3'] },
    ])
    expect(swarm.services).toEqual([])
    const [spec] = made
    expect(spec?.Name).toMatch(/^swarm-deploy-tools-[0-9a-f]{12}$/)
    expect(Object.keys(spec?.Labels ?? {})).not.toContain('com.docker.stack.namespace')
    const { Command: [, , script] = [], Args: args, Mounts: mounts } = spec?.TaskTemplate.ContainerSpec ?? {}
    expect(script).not.toContain('reboot')
    expect(args).toEqual(WORK.args)
    expect(mounts).toEqual([
      { Type: 'bind', Source: '/var/run/docker.sock', Target: expect.stringMatching(/docker\.sock$/) },
    ])
  })

  test('nodes that get no task are named with the reason, and the others do it', async () => {
    const windows = { Architecture: 'x86_64', OS: 'windows' }
    const swarm = swarmWith({ acts: () => told() }, { nodes: [{}, {}, {}, { platform: windows }] })
    swarm.setNode('n2', { availability: 'drain' })
    swarm.setNode('n3', { state: 'down' })
    expect(await settle(onNodes(WORK, runOf(swarm)))).toMatchObject([
      { node: 'n1', state: 'done', lines: [] },
      { node: 'n2', state: 'failed', cause: 'it gets no task (availability drain)' },
      { node: 'n3', state: 'failed', cause: 'it gets no task (down)' },
      { node: 'n4', state: 'failed', cause: 'it is not Linux' },
    ])
  })

  test('only on the nodes that are meant', async () => {
    const swarm = swarmWith({ acts: () => told('fine') })
    swarm.setNode('n3', { state: 'down' })
    const { id } = swarm.node('n2')
    expect(await settle(onNodes({ ...WORK, nodes: [id] }, runOf(swarm)))).toEqual([
      { id, node: 'n2', state: 'done', lines: ['fine'] },
    ])
  })

  test('a node that fails is tried once more, and then tells why', async () => {
    let tries = 0
    const swarm = swarmWith({
      acts: ({ hostname }) => {
        if (hostname === 'n3' && ++tries === 1) return { exitCode: 1, stderr: ['a hiccup'] }
        return hostname === 'n2' ? { exitCode: 91, stderr: ['permission denied \u001b[31m\u202e'] } : told('fine')
      },
    })
    expect(await settle(onNodes(WORK, runOf(swarm)))).toMatchObject([
      { node: 'n1', state: 'done', lines: ['fine'] },
      {
        node: 'n2',
        state: 'failed',
        cause: 'its docker cannot be used at /var/run/docker.sock: permission denied �',
      },
      { node: 'n3', state: 'done', lines: ['fine'] },
    ])
    expect(swarm.services).toEqual([])
  })

  test('what it did before it was interrupted is told, when the second try ends and when that fails too', async () => {
    const tries = new Map<string, number>()
    const swarm = swarmWith({
      acts: ({ hostname }) => {
        const nth = (tries.get(hostname) ?? 0) + 1
        tries.set(hostname, nth)
        if (nth === 2 && hostname === 'n1') return told('second')
        return { exitCode: 137, stdout: ['swarm-deploy: begin', nth === 1 ? 'first' : 'second'] }
      },
    })
    const [n1, n2] = await settle(onNodes(WORK, runOf(swarm)))
    expect(n1).toMatchObject({ state: 'done', lines: ['first', 'second'] })
    expect(n2).toMatchObject({ state: 'failed', lines: ['first', 'second'] })
  })

  test('where the first try cannot be read, nobody takes the second for all of it', async () => {
    let tries = 0
    const swarm = swarmWith({
      acts: ({ hostname }) =>
        hostname === 'n1' && ++tries === 1 ? { exitCode: 137, stdout: ['its log was cut'] } : told('second'),
    })
    const [n1, n2] = await settle(onNodes(WORK, runOf(swarm)))
    const cause = 'it was tried twice, and what came of the first try cannot be read'
    expect(n1).toMatchObject({ state: 'failed', cause, lines: ['second'] })
    expect(n2).toMatchObject({ state: 'done', lines: ['second'] })
  })

  test('a node that is late, or whose report is cut, is told so', async () => {
    const swarm = swarmWith({
      acts: ({ hostname }) => (hostname === 'n1' ? { stdout: ['half of it', 'swarm-deploy: end'] } : told('fine')),
      pullFailsOn: { n2: 600 },
    })
    const reports = await settle(onNodes(WORK, runOf(swarm)))
    expect(reports).toMatchObject([
      { node: 'n1', state: 'failed', cause: 'it was done, but what came of it cannot be read' },
      { node: 'n2', state: 'failed', cause: 'its task has not ended in time' },
      { node: 'n3', state: 'done', lines: ['fine'] },
    ])
    expect(swarm.services).toEqual([])
  })

  test('stopped, it removes its service at once', async () => {
    const stop = new AbortController()
    const swarm = swarmWith({ pullSeconds: 600, acts: () => told() })
    const running = expect(onNodes(WORK, runOf(swarm, { signal: stop.signal }))).rejects.toThrow()
    await pass(5)
    expect(swarm.services).toHaveLength(1)
    stop.abort(new Error('stopped'))
    await settle(running)
    expect(swarm.services).toEqual([])
  })

  test('what a killed run has left is removed by post, and by a later run when its time is over', async () => {
    const swarm = swarmWith({ pullSeconds: 600, acts: () => told() })
    const made = watchServices(swarm)
    const stop = new AbortController()
    const run = runOf(swarm, { signal: stop.signal })
    const running = onNodes(WORK, run).catch(() => undefined)
    await pass(5)
    await settle(removeOfRun(swarm.engine, run.self.token, new AbortController().signal))
    expect(swarm.services).toEqual([])
    stop.abort(new Error('killed'))
    await settle(running)

    const [left] = made
    swarm.create(left as ServiceSpec)
    const other = runOf(swarm, {
      self: { ...identifyRun({}), token: '7a1c5f0e-6f57-4a3c-8d3e-2f2f6f1d0002', owner: 'other' },
    })
    await settle(onNodes(WORK, other))
    expect(swarm.services).toEqual([left?.Name])
    await pass(120)
    await settle(onNodes(WORK, other))
    expect(swarm.services).toEqual([])
  })
})

describe('why a node could not', () => {
  const cause = (said: string, exitCode?: number, lines: string[] = []) =>
    failureInWords({ said, exitCode }, lines, 'docker:cli')

  test.each([
    [
      'invalid mount config for type "bind": bind source path does not exist: /var/run/docker.sock',
      undefined,
      /^nothing listens at \/var\/run\/docker\.sock: its docker is rootless, or listens elsewhere/,
    ],
    ['task: non-zero exit (92)', 92, /is not the docker of this node/],
    ['task: non-zero exit (93)', 93, /`node-tools-image`, docker:cli, has no shell with a docker command/],
    [
      'starting container failed: exec: "sh": executable file not found in $PATH',
      127,
      /has no shell with a docker command/,
    ],
    [
      'No such image: docker:cli@sha256:12',
      undefined,
      /^No such image: .*: it cannot pull the image of `node-tools-image`/,
    ],
    ['', undefined, /^no reason given$/],
  ])('%s', (said, exitCode, expected) => {
    expect(cause(said, exitCode)).toMatch(expected)
  })

  test('with what it printed, on one line', () => {
    expect(cause('task: non-zero exit (1)', 1, ['one\u0007', 'two'])).toBe('task: non-zero exit (1): one�; two')
  })
})
