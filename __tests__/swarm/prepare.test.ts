import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { newerEngine, RELEASES } from '../../lab/engines/newer.ts'
import type { LabImage, LabNode } from '../../lab/lab.ts'
import { runs } from '../../lab/program.ts'
import type { StepResult } from '../../lab/runner.ts'
import type { Service } from '../../src/docker/api.ts'
import { describeSwarm, pinned } from '../support/swarm.ts'

const LIMIT_MS = 600_000
const PASSWORD = 'bob-pw-for-pulls'
/** So long the slow registry takes for a layer, and for the configuration before it. */
const SLOW_MS = 700
/** More than a disk has room for that is full. */
const BALLAST = 200_000
const PREFIX = 'swarm-deploy-prepare-'
const BLOB = /\/blobs\/sha256:/
const REPLICAS = 2

/** Images on every node before anything of a service is changed. All of it is played with one service. */
describeSwarm(
  'prepare',
  { nodes: 4, registries: { main: { accounts: { bob: { password: PASSWORD } } }, safe: { tls: true } } },
  (swarm) => {
    const main = () => swarm.lab.registries.main
    const inputs = ({ reference }: LabImage, more: Record<string, string> = {}) => ({
      registry: main().host,
      username: 'bob',
      password: PASSWORD,
      services: JSON.stringify([{ name: 'web', image: reference }]),
      monitor: '1s',
      prepare: 'true',
      ...more,
    })

    const image = (tag: string, registry: 'main' | 'safe' = 'main') =>
      swarm.lab.image({
        ...{ registry, repository: 'web', tag, content: tag, ballast: BALLAST, ...runs() },
        // Of a single manifest of docker's own the manager reads the configuration, to know its platform.
        format: 'attested',
      })

    beforeAll(async () => {
      const { reference } = await image('v1')
      const flags = ['--restart-delay 300ms', '--update-monitor 1s']
      const service = { name: 'web', image: reference, create: true, replicas: `${REPLICAS}`, 'create-args': flags }
      const made = await swarm.deploy(
        inputs({ reference, digest: '' }, { services: JSON.stringify([service]), prepare: 'false' }),
      )
      expect(made.outputs.status).toBe('converged')
    }, LIMIT_MS)

    const pullServices = async () => {
      const { body } = await swarm.lab.nodes[0].engine<Service[]>('GET', '/services')
      return body.map(({ Spec }) => Spec.Name).filter((name) => name.startsWith(PREFIX))
    }

    /** No service, no container and no volume of ours on any node. */
    const expectNothingLeft = async () => {
      expect(await pullServices()).toEqual([])
      await swarm.containersGone(PREFIX)
      for (const node of swarm.lab.nodes) {
        const { body } = await node.engine<{ Volumes: unknown[] | null }>('GET', '/volumes')
        expect(body.Volumes ?? []).toEqual([])
      }
    }

    const hasImage = async (node: LabNode, { reference, digest }: LabImage) => {
      const name = reference.slice(0, reference.lastIndexOf(':'))
      return (await node.engine('GET', `/images/${name}@${digest}/json`)).status === 200
    }

    const errorsOf = ({ annotations }: StepResult) =>
      annotations.filter(({ level }) => level === 'error').map(({ message }) => message)

    /** How many milliseconds after the service began to change each layer was asked for, and by whom. */
    const blobs = async () => {
      const { UpdateStatus } = (await swarm.service('web')) as { UpdateStatus?: { StartedAt?: string } }
      const began = Date.parse(UpdateStatus?.StartedAt ?? '')
      const asked = (await main().requests()).filter(({ path }) => BLOB.test(path))
      expect(asked.length).toBeGreaterThan(0)
      return asked.map(({ time, user }) => ({ after: Date.parse(time) - began, user }))
    }

    test(
      'without it no layer is asked for before the service changes',
      async () => {
        const v2 = await image('v2')
        await main().forgetRequests()
        expect((await swarm.deploy(inputs(v2, { prepare: 'false' }))).outputs.status).toBe('converged')
        expect((await blobs()).filter(({ after }) => after < 0)).toEqual([])
      },
      LIMIT_MS,
    )

    test(
      'an account that may not pull is told of all nodes; else one node after another asks once, and all layers before the service changes',
      async () => {
        const v3 = await image('v3')
        const before = await swarm.service('web')
        await main().fail({ path: BLOB, method: 'GET', status: 403 })
        const refused = await swarm.deploy(inputs(v3)).finally(() => main().recover())
        expect(errorsOf(refused)).toEqual([expect.stringMatching(/all 4 nodes that lacked it cannot pull/)])
        expect((await swarm.service('web')).Version).toEqual(before.Version)
        await expectNothingLeft()

        await main().forgetRequests()
        await main().fail({ path: BLOB, delayMs: SLOW_MS })
        const run = await swarm.deploy(inputs(v3, { 'max-parallel': '1' })).finally(() => main().recover())
        expect(run.outputs.status).toBe('converged')
        expect(await swarm.imagesRunning('web')).toEqual([pinned(v3), pinned(v3)])
        const asked = await blobs()
        expect(asked.filter(({ after }) => after >= 0)).toEqual([])
        expect(new Set(asked.map(({ user }) => user))).toEqual(new Set(['bob']))
        for (const node of swarm.lab.nodes) expect(await hasImage(node, v3)).toBe(true)
        await expectNothingLeft()

        const manifests = (await main().requests()).filter(({ path, method }) => {
          return method === 'GET' && path.includes(`/manifests/${v3.digest}`)
        })
        // The manager looked at it before, besides.
        const [first, ...others] = swarm.lab.nodes.map(({ address }) => address)
        const clients = manifests.map(({ client }) => client)
        expect(clients.filter((client) => client !== first).toSorted()).toEqual(others)
        expect(clients.filter((client) => client === first)).toHaveLength(2)
      },
      LIMIT_MS,
    )

    test(
      'a second deploy asks no node',
      async () => {
        const since = Math.floor(Date.now() / 1000)
        expect((await swarm.deploy(inputs(await image('v3')))).outputs.status).toBe('unchanged')
        const query = new URLSearchParams({
          since: `${since}`,
          until: `${Math.ceil(Date.now() / 1000)}`,
          filters: JSON.stringify({ type: ['service'], event: ['create'] }),
        })
        expect((await swarm.lab.nodes[0].engine('GET', `/events?${query}`)).body ?? '').toBe('')
      },
      LIMIT_MS,
    )

    /** Lets no packet from a node to the registries. */
    const unreachable = async (node: LabNode) => {
      const rule = ['INPUT', '-s', node.address, '-p', 'tcp', '-j', 'REJECT', '--reject-with', 'tcp-reset']
      const change = async (how: string) => {
        const { code, stderr } = await swarm.lab.run(['iptables', how, ...rule])
        if (code !== 0) throw new Error(stderr)
      }
      await change('-A')
      return () => change('-D')
    }

    test(
      'a node that has no way to the registry, one whose disk is full, and one that does not trust the certificate are named before anything is changed',
      async () => {
        const next = await image('v4', 'safe')
        const before = await swarm.service('web')
        for (const node of swarm.lab.nodes.slice(0, 3)) await node.trust('safe')
        const mend = [await unreachable(swarm.lab.node('n2')), fillDownloads(swarm.lab.node('n3'))]
        const run = await swarm.deploy(inputs(next)).finally(() => Promise.all(mend.map((undo) => undo())))
        expect(run.outputs.status).toBe('failed')
        const [told = '', ...others] = errorsOf(run)
        expect(others).toEqual([])
        expect(told).toMatch(/^prepare: service web: 3 of the 4 nodes that lacked it cannot pull \S+: n\d \(after /)
        expect([...told.matchAll(/(n\d) \(after /g)].map(([, node]) => node).toSorted()).toEqual(['n2', 'n3', 'n4'])
        expect(told).toContain('/etc/docker/certs.d/')
        expect((await swarm.service('web')).Version).toEqual(before.Version)
        expect(await swarm.imagesRunning('web')).toEqual(
          Array(REPLICAS).fill(before.Spec.TaskTemplate.ContainerSpec?.Image),
        )
        await expectNothingLeft()
      },
      LIMIT_MS,
    )

    test(
      'a step that gets SIGKILL in the middle leaves nothing',
      async () => {
        const next = await image('v5')
        const before = await swarm.service('web')
        await main().fail({ path: BLOB, delayMs: 60_000 })
        const running = await swarm.start(inputs(next))
        await swarm.until('a service that pulls', async () => (await pullServices()).length > 0)
        running.main.kill('SIGKILL')
        const run = await running.finished
        await main().recover()
        expect(run.post).toMatchObject({ code: 0, stderr: '' })
        expect(await readdir(swarm.runner.temp)).toEqual([])
        expect(run.log).toContain('no service was changed')
        expect((await swarm.service('web')).Version).toEqual(before.Version)
        await expectNothingLeft()
      },
      LIMIT_MS,
    )
  },
)

/** What a node says of an image that it has, and of one that it cannot pull, is the word of its daemon. */
describe.each(RELEASES)('prepare on the daemon of Debian %s', (release) => {
  const engine = newerEngine(release)
  if ('problem' in engine) {
    test.skip(`the nodes tell (skipped: ${engine.problem})`, () => {})
    return
  }
  describeSwarm('the nodes tell', { ...engine, nodes: 2, registries: { main: {} } }, (swarm) => {
    test(
      'which of them have an image, and which cannot pull it',
      async () => {
        const image = (tag: string) => {
          return swarm.lab.image({ registry: 'main', repository: 'web', tag, content: tag, ...runs() })
        }
        const [v1, v2] = [await image('v1'), await image('v2')]
        const deploy = ({ reference }: LabImage) => {
          const service = { name: 'web', image: reference, create: true, replicas: '2' }
          // The OCI runtime of this machine may be too old to run what these pull.
          return swarm.deploy({ services: JSON.stringify([service]), wait: 'false', prepare: 'true' })
        }
        expect((await deploy(v1)).log).toContain('on all 2 nodes that lacked it')
        await swarm.lab.registries.main.fail({ path: BLOB, method: 'GET', status: 403 })
        const refused = await deploy(v2).finally(() => swarm.lab.registries.main.recover())
        const [told = ''] = refused.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)
        expect(told).toMatch(/^prepare: service web: all 2 nodes that lacked it cannot pull/)
        const there = await deploy(v2)
        expect(there.outputs.status).toBe('deployed')
        expect(there.log).toContain('on all 2 nodes that lacked it')
        expect((await swarm.lab.docker(['service', 'ls', '--format', '{{.Name}}'])).stdout.trim()).toBe('web')
        await swarm.containersGone(PREFIX)
      },
      LIMIT_MS,
    )
  })
})

/** Gives the daemon of a node no room for what it downloads. */
function fillDownloads(node: LabNode): () => Promise<void> {
  const [pid, data] = daemonOf(node)
  const enter = (...command: string[]) => {
    const { status, stderr } = spawnSync('nsenter', ['-t', pid, '-m', '--', ...command], { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
  }
  enter('mount', '-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', `${data}/tmp`)
  return async () => enter('umount', `${data}/tmp`)
}

/** The process of a node's daemon, and its data root. */
function daemonOf(node: LabNode): readonly [pid: string, data: string] {
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const words = commandOf(pid)
    const data = words[words.indexOf('--data-root') + 1]
    if (words[0]?.endsWith('dockerd') && words.some((word) => word.endsWith(node.socket)) && data) return [pid, data]
  }
  throw new Error(`${node.name} has no daemon`)
}

function commandOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}
