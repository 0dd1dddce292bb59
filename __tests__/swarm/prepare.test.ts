import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { describe, expect, test } from '@jest/globals'
import { newerEngine, RELEASES } from '../../lab/engines/newer.ts'
import type { LabImage, LabNode } from '../../lab/lab.ts'
import { healthy } from '../../lab/program.ts'
import type { Step, StepResult } from '../../lab/runner.ts'
import { describeSwarm, pinned } from '../support/swarm.ts'

const LIMIT_MS = 600_000
const PASSWORD = 'bob-pw-for-pulls'
/** So long the slow registry takes for a layer, and for the configuration before it. */
const SLOW_MS = 5000
/** More than a disk has room for that is full. */
const BALLAST = 200_000
const PREFIX = 'swarm-deploy-prepare-'
const BLOB = /\/blobs\/sha256:/

/** Images on every node before anything of a service is changed. */
describeSwarm(
  'prepare',
  { nodes: 3, registries: { main: { accounts: { bob: { password: PASSWORD } } }, safe: { tls: true } } },
  (swarm) => {
    const main = () => swarm.lab.registries.main
    const inputs = (name: string, { reference }: LabImage, more: Record<string, string> = {}) => ({
      registry: main().host,
      username: 'bob',
      password: PASSWORD,
      services: JSON.stringify([{ name, image: reference }]),
      monitor: '1s',
      prepare: 'true',
      ...more,
    })

    const image = (repository: string, tag: string, registry: 'main' | 'safe' = 'main') =>
      swarm.lab.image({
        ...{ registry, repository, tag, content: repository + tag, ballast: BALLAST },
        // Of a single manifest of docker's own the manager reads the configuration, to know its platform.
        format: 'attested',
        ...healthy(),
      })

    /** A service with its first image, and the second one. */
    const serve = async (name: string, replicas: number, registry: 'main' | 'safe' = 'main') => {
      const [v1, v2] = [await image(name, 'v1'), await image(name, 'v2', registry)]
      const flags = ['--restart-delay 300ms', '--update-monitor 1s']
      const service = { name, image: v1.reference, create: true, replicas: `${replicas}`, 'create-args': flags }
      const { outputs } = await swarm.deploy(
        inputs(name, v1, { services: JSON.stringify([service]), prepare: 'false' }),
      )
      expect(outputs.status).toBe('converged')
      return { v1, v2 }
    }

    const services = async () => (await swarm.lab.docker(['service', 'ls', '--format', '{{.Name}}'])).stdout.split('\n')
    const pullServices = async () => (await services()).filter((name) => name.startsWith(PREFIX))

    /** No service, no container and no volume of ours on any node. */
    const expectNothingLeft = async () => {
      expect(await pullServices()).toEqual([])
      for (const node of swarm.lab.nodes) {
        const { body: containers } = await node.engine<{ Names: string[] }[]>('GET', '/containers/json?all=1')
        expect(containers.flatMap(({ Names }) => Names).filter((name) => name.includes(PREFIX))).toEqual([])
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

    test(
      'all layers have been asked for when the service changes, and without it none has',
      async () => {
        const order = async (name: string, prepare: string) => {
          const { v2 } = await serve(name, 1)
          await main().forgetRequests()
          await main().fail({ path: BLOB, delayMs: SLOW_MS })
          const run = await swarm.deploy(inputs(name, v2, { prepare })).finally(() => main().recover())
          expect(run.outputs.status).toBe('converged')
          expect(await swarm.imagesRunning(name)).toEqual([pinned(v2)])
          const { UpdateStatus } = (await swarm.service(name)) as { UpdateStatus?: { StartedAt?: string } }
          const blobs = (await main().requests()).filter(({ path }) => BLOB.test(path)).map(({ time }) => time)
          expect(blobs.length).toBeGreaterThan(0)
          const began = Date.parse(UpdateStatus?.StartedAt ?? '')
          return { blobs: blobs.map((time) => Date.parse(time) - began), v2 }
        }
        const plain = await order('plain', 'false')
        expect(plain.blobs.filter((after) => after < 0)).toEqual([])
        const prepared = await order('prepared', 'true')
        expect(prepared.blobs.filter((after) => after >= 0)).toEqual([])
        for (const node of swarm.lab.nodes) expect(await hasImage(node, prepared.v2)).toBe(true)
        await expectNothingLeft()
      },
      LIMIT_MS,
    )

    const unreachable = async (node: LabNode) => {
      const rule = ['INPUT', '-s', node.address, '-p', 'tcp', '-j', 'REJECT', '--reject-with', 'tcp-reset']
      const change = async (how: string) => {
        const { code, stderr } = await swarm.lab.run(['iptables', how, ...rule])
        if (code !== 0) throw new Error(stderr)
      }
      await change('-A')
      return () => change('-D')
    }

    test.each<[string, string, 'main' | 'safe', (node: LabNode) => Promise<() => Promise<void>>]>([
      [
        'that does not trust the certificate of the registry',
        'trust',
        'safe',
        async () => {
          for (const node of swarm.lab.nodes.slice(0, 2)) await node.trust('safe')
          return async () => undefined
        },
      ],
      ['that has no way to the registry', 'way', 'main', unreachable],
      ['whose disk is full', 'disk', 'main', async (node) => fillDownloads(node)],
    ])(
      'a node %s is named before anything is changed',
      async (_cause, name, registry, breakIt) => {
        const { v1, v2 } = await serve(name, 2, registry)
        const before = await swarm.service(name)
        const third = swarm.lab.node('n3')
        const mend = await breakIt(third)
        const run = await swarm.deploy(inputs(name, v2)).finally(mend)
        expect(run.outputs.status).toBe('failed')
        const [told = '', ...others] = errorsOf(run)
        expect(others).toEqual([])
        expect(told).toMatch(/^prepare: service \S+: 1 of the [23] nodes that lacked it cannot pull \S+: n3 \(after /)
        expect(told).toContain('/etc/docker/certs.d/')
        expect((await swarm.service(name)).Version).toEqual(before.Version)
        expect(await swarm.imagesRunning(name)).toEqual([pinned(v1), pinned(v1)])
        await expectNothingLeft()
      },
      LIMIT_MS,
    )

    test(
      'an account that may not pull is told of all nodes, and nodes ask with that of the service',
      async () => {
        const { v2 } = await serve('denied', 1)
        await main().fail({ path: BLOB, method: 'GET', status: 403 })
        const run = await swarm.deploy(inputs('denied', v2)).finally(() => main().recover())
        expect(errorsOf(run)[0]).toMatch(/all 3 nodes that lacked it cannot pull/)
        await main().forgetRequests()
        expect((await swarm.deploy(inputs('denied', v2))).outputs.status).toBe('converged')
        const users = (await main().requests()).filter(({ path }) => BLOB.test(path)).map(({ user }) => user)
        expect(new Set(users)).toEqual(new Set(['bob']))
      },
      LIMIT_MS,
    )

    test(
      'one node at a time, each asks once for the manifest, and a second deploy asks none',
      async () => {
        const { v2 } = await serve('turns', 3)
        await main().forgetRequests()
        const run = await swarm.deploy(inputs('turns', v2, { 'max-parallel': '1' }))
        expect(run.outputs.status).toBe('converged')
        const manifests = (await main().requests()).filter(({ path, method }) => {
          return method === 'GET' && path.includes(`/manifests/${v2.digest}`)
        })
        // The manager looked at it before, besides.
        const [first, ...others] = swarm.lab.nodes.map(({ address }) => address)
        const clients = manifests.map(({ client }) => client)
        expect(clients.filter((client) => client !== first).toSorted()).toEqual(others)
        expect(clients.filter((client) => client === first)).toHaveLength(2)
        const since = Math.floor(Date.now() / 1000)
        expect((await swarm.deploy(inputs('turns', v2))).outputs.status).toBe('unchanged')
        const query = new URLSearchParams({
          since: `${since}`,
          until: `${Math.ceil(Date.now() / 1000)}`,
          filters: JSON.stringify({ type: ['service'], event: ['create'] }),
        })
        expect((await swarm.lab.nodes[0].engine('GET', `/events?${query}`)).body ?? '').toBe('')
      },
      LIMIT_MS,
    )

    const slowStep = async (name: string): Promise<Step> => {
      const { v2 } = await serve(name, 1)
      await main().fail({ path: BLOB, delayMs: 60_000 })
      return { with: inputs(name, v2), env: { DOCKER_HOST: swarm.lab.nodes[0].host } }
    }

    test.each(['SIGKILL', 'SIGTERM'] as const)(
      'a step that gets %s in the middle leaves nothing',
      async (signal) => {
        const name = `ended-${signal.toLowerCase()}`
        const step = await slowStep(name)
        const before = await swarm.service(name)
        const running = await swarm.runner.start(step)
        await swarm.until('a service that pulls', async () => (await pullServices()).length > 0)
        running.main.kill(signal)
        const run = await running.finished
        await main().recover()
        expect(run.post).toMatchObject({ code: 0, stderr: '' })
        expect(await readdir(swarm.runner.temp)).toEqual([])
        if (signal === 'SIGKILL') expect(run.log).toContain('no service was changed')
        expect((await swarm.service(name)).Version).toEqual(before.Version)
        await expectNothingLeft()
      },
      LIMIT_MS,
    )

    test(
      'what a lost runner has left goes with a later deploy, when its time is over',
      async () => {
        const step = await slowStep('lost')
        const doomed = await swarm.startDoomed({ ...step.with, timeout: '30s' })
        await swarm.until('a service that pulls', async () => (await pullServices()).length > 0)
        await doomed.lose()
        await main().recover()
        const [left = ''] = await pullServices()
        const { Labels } = (await swarm.service(left)).Spec
        const until = Number(Labels?.['swarm-deploy.prepare.until'])
        const { v1 } = await serve('other', 1)
        expect(Date.now()).toBeLessThan(until)
        expect(await pullServices()).toEqual([left])
        await swarm.until('its time is over', () => Date.now() > until)
        const run = await swarm.deploy(inputs('other', v1))
        expect(run.log).toContain(`Removed what an earlier run had left: ${left}`)
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
          return swarm.lab.image({ registry: 'main', repository: 'web', tag, content: tag, ...healthy() })
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
        for (const node of swarm.lab.nodes) {
          const { body } = await node.engine<{ Names: string[] }[]>('GET', '/containers/json?all=1')
          expect(body.flatMap(({ Names }) => Names).filter((name) => name.includes(PREFIX))).toEqual([])
        }
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
