import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { expect, test } from '@jest/globals'
import { exits } from '../../lab/program.ts'
import type { Task } from '../../src/docker/api.ts'
import { type Counts, liveIds, whatBecame, whatWasSaid } from '../support/plan-truth.ts'
import { describeSwarm, STACK_CLI } from '../support/swarm.ts'

type Entry = Readonly<Record<string, unknown>>

/** What the output `changes` says of a service. */
interface Said {
  readonly name: string
  readonly action: string
  readonly tasks: {
    before: number
    after: number
    replaced: number
    perhaps: number
    added: number
    removed: number
    runsAgain: boolean
  }
  readonly because: readonly string[]
  readonly changes: readonly { field: string; key: string | null; restarts: boolean }[]
  readonly drift: Drift | null
}

interface Drift {
  readonly how: string
  readonly changes: readonly { field: string; key: string | null; deploy: string }[]
}

function told({ how, changes }: Drift): string[] {
  return [how, ...changes.map(({ field, key, deploy }) => [field, ...(key === null ? [] : [key]), deploy].join(' '))]
}

const flags = (...args: string[]): Entry => ({ 'update-args': args })

/**
 * Kinds of change whose tasks have to run: what the service is made with, what is asked of it then, and what Swarm does
 * with its tasks by what is known of it: how many are replaced, added and removed.
 */
const KINDS: Readonly<
  Record<string, readonly [made: Entry, asked: Entry, replaced: number, added?: number, removed?: number]>
> = {
  nothing: [{}, {}, 0],
  image: [{}, { image: 2 }, 1],
  'env-change': [{ env: { A: '1' } }, { env: { A: '2' } }, 1],
  up: [{}, { replicas: 2 }, 0, 1],
  'down-image': [{ replicas: 2 }, { replicas: 1, image: 2 }, 1, 0, 1],
  label: [{}, flags('--label-add a=1'), 0],
  port: [{}, flags('--publish-add published=18181,target=80,mode=host'), 1],
  // A change of the placement alone replaces no task, but with another account it does: see perhaps.
  constraint: [{}, flags('--constraint-add node.role==manager'), 1],
  'constraint-port': [
    {},
    flags('--constraint-add node.role==manager', '--publish-add published=18182,target=80,mode=host'),
    1,
  ],
  preference: [{}, flags('--placement-pref-add spread=node.labels.zone'), 1],
  'update-config': [{}, { 'update-config': { parallelism: 3 } }, 0],
  force: [{}, flags('--force'), 1],
  'global-label': [{ 'create-args': ['--mode global'] }, flags('--label-add a=1'), 0],
  global: [{ 'create-args': ['--mode global'] }, { image: 2 }, 1],
  'recreate-port': [{}, { ...flags('--publish-add published=18183,target=80,mode=host'), strategy: 'recreate' }, 1],
  canary: [{ replicas: 2 }, { image: 2, strategy: 'canary' }, 2],
  'blue-green': [
    { 'create-args': ['--label traefik.enable=true'] },
    { image: 2, strategy: 'blue-green', 'keep-old': '1s' },
    1,
  ],
}

/** With it a task waits for a node. One that asks for more than nodes have is refused. */
const OF_NO_NODE = { Type: 'volume', Source: 'v', Target: '/v', VolumeOptions: { DriverConfig: { Name: 'nowhere' } } }

/** Kinds of change that Swarm judges by the template alone: also that of a task that waits for a node. */
const WAITING: Readonly<Record<string, readonly string[]>> = {
  'env-add': ['--env-add A=1'],
  'env-rm': ['--env-rm GIVEN'],
  command: ['--args "sleep 9999"'],
  entrypoint: ['--entrypoint sleep', '--args 9999'],
  label: ['--label-add a=1'],
  'container-label': ['--container-label-add a=1'],
  'endpoint-mode': ['--endpoint-mode dnsrr'],
  memory: ['--limit-memory 64M'],
  cpu: ['--reserve-cpu 0.01'],
  mount: ['--mount-add type=tmpfs,target=/more'],
  health: ['--health-cmd true', '--health-interval 1s'],
  user: ['--user 1000'],
  workdir: ['--workdir /tmp'],
  hostname: ['--hostname other'],
  'stop-grace': ['--stop-grace-period 2s'],
  'stop-signal': ['--stop-signal SIGINT'],
  'rollback-config': ['--rollback-parallelism 3'],
  'restart-policy': ['--restart-delay 1s'],
  logging: ['--log-driver json-file', '--log-opt max-size=1m'],
  capability: ['--cap-add NET_ADMIN'],
  ulimit: ['--ulimit-add nofile=1024:2048'],
  dns: ['--dns-add 10.0.0.1'],
  host: ['--host-add one:10.0.0.1'],
  'read-only': ['--read-only'],
  secret: ['--secret-add plan-secret'],
  config: ['--config-add plan-config'],
  tty: ['--tty'],
  'up-and-label': ['--replicas 2', '--label-add a=1'],
  zero: ['--replicas 0'],
}

const NAMES = Object.keys(KINDS)

describeSwarm(
  'a plan on a real swarm',
  { registries: { main: { accounts: { alice: { password: 'wonder-land-7' }, bob: { password: 'builder-of-9' } } } } },
  (swarm) => {
    const image = (version: unknown) =>
      swarm.lab.image({ registry: 'main', repository: 'acme/plan', tag: `v${version}`, content: `plan ${version}` })

    const inputsFor = async (entries: readonly Entry[], account: string) => {
      const images = new Map(await Promise.all([1, 2].map(async (n) => [n, (await image(n)).reference] as const)))
      const services = entries.map(({ image: version, ...entry }) => ({
        ...entry,
        ...(version === undefined ? {} : { image: images.get(Number(version)) }),
      }))
      return {
        registries: JSON.stringify([
          { registry: swarm.lab.registries.main.host, username: account, 'password-env': 'PASSWORD' },
        ]),
        services: JSON.stringify(services),
        'max-parallel': '100',
        monitor: '1s',
      }
    }
    const password = { alice: 'wonder-land-7', bob: 'builder-of-9' }
    const run = async (entries: readonly Entry[], account: 'alice' | 'bob', more: Record<string, string> = {}) =>
      swarm.deploy({ ...(await inputsFor(entries, account)), ...more }, { PASSWORD: password[account] })

    /** Of a blue-green service those of both. */
    const tasksOf = async (name: string): Promise<Task[]> => {
      const all = await Promise.all(
        [name, `${name}-blue`, `${name}-green`].map((one) => swarm.lab.tasks(one).catch(() => [])),
      )
      return all.flat() as unknown as Task[]
    }
    const allTasks = async (names: readonly string[]) =>
      new Map(await Promise.all(names.map(async (name) => [name, await tasksOf(name)] as const)))

    /** All that the swarm keeps, with its versions; not what runs in its networks: containers that are to end may end. */
    const everything = async () => {
      const lists = ['service', 'config', 'secret', 'network'].map(async (kind) => {
        const ids = (await swarm.lab.docker([kind, 'ls', '--quiet'])).stdout.split('\n').filter((id) => id !== '')
        const inspected = ids.length === 0 ? '[]' : (await swarm.lab.docker([kind, 'inspect', ...ids])).stdout
        return (JSON.parse(inspected) as object[]).map((one) => ({ ...one, Containers: {} }))
      })
      return await Promise.all(lists)
    }

    /** A plan, which must change nothing, and then a deploy: what the plan said, and what became of the tasks. */
    const planAndDeploy = async (entries: readonly Entry[], account: 'alice' | 'bob') => {
      const before = await everything()
      const plan = await run(entries, account, { mode: 'plan', lock: 'true' })
      expect([plan.main.code, plan.log]).toEqual([0, plan.log])
      expect(await everything()).toEqual(before)
      const said = new Map((JSON.parse(plan.outputs.changes ?? '[]') as Said[]).map((one) => [one.name, one]))
      const names = entries.map(({ name }) => String(name))
      const old = await allTasks(names)
      const deploy = await run(entries, account)
      expect([deploy.main.code, deploy.log]).toEqual([0, deploy.log])
      const now = await allTasks(names)
      const compared = names.map((name) => {
        const one = said.get(name) as Said
        const became = whatBecame(liveIds(old.get(name) ?? []), liveIds(now.get(name) ?? []))
        const least = whatWasSaid(one.tasks)
        return { name, least, said: { action: one.action, ...whatWasSaid(one.tasks, true) }, became }
      })
      return { plan, deploy, compared, said }
    }

    test('what it says of tasks that run is what the deploy does, also with another account', async () => {
      const made = NAMES.map((name) => ({ name, image: 1, create: true, ...KINDS[name]?.[0] }))
      const first = await run(made, 'alice')
      expect([first.main.code, first.log]).toEqual([0, first.log])

      const asked = NAMES.map((name) => ({ name, image: 1, ...KINDS[name]?.[1] }))
      const { plan, compared, said } = await planAndDeploy(asked, 'bob')
      expect(compared.map(({ name, said: { action: _, before: __, ...counts } }) => ({ name, ...counts }))).toEqual(
        NAMES.map((name) => {
          const [, , replaced = 0, added = 0, removed = 0] = KINDS[name] ?? []
          return { name, replaced, added, removed }
        }),
      )
      for (const {
        name,
        said: { action: _, ...counts },
        became,
      } of compared) {
        expect({ name, ...became }).toEqual({ name, ...counts })
      }
      const unchanged = [...said.values()].filter(({ action }) => action === 'unchanged').map(({ name }) => name)
      expect(unchanged).toEqual(['nothing'])
      for (const one of said.values())
        expect([one.name, one.changes.length > 0]).toEqual([one.name, one.name !== 'nothing'])
      expect(plan.outputs.status).toBe('planned')
      expect(Buffer.byteLength(plan.outputs.plan ?? '')).toBeLessThan(65_536)
      expect(plan.summary).toContain('Swarm plan')

      // Flags such as `--secret-add` are no state: given again, they are a mistake.
      const states = asked.filter((entry) => !('update-args' in entry))
      const after = await run(states, 'bob', { mode: 'plan', 'fail-on-changes': 'true' })
      expect([after.main.code, after.outputs.status, after.log]).toEqual([0, 'unchanged', after.log])
      // Whatever the strategies have written on their way.
      const drifted = (JSON.parse(after.outputs.changes ?? '[]') as Said[]).filter(({ drift }) => drift !== null)
      expect(drifted).toEqual([])
    }, 600_000)

    test('what it says of tasks that wait for a node is what docker service update does', async () => {
      await swarm.lab.docker(['secret', 'create', 'plan-secret', '-'], { stdin: 'it' })
      await swarm.lab.docker(['config', 'create', 'plan-config', '-'], { stdin: 'it' })
      const { reference, digest } = await image(1)
      const names = Object.keys(WAITING).map((what) => `waits-${what}`)
      // Of a first try that failed.
      await swarm.lab.docker(['service', 'rm', ...names])
      for (const Name of names) {
        const { status } = await swarm.lab.nodes[0].engine('POST', '/services/create', {
          Name,
          TaskTemplate: {
            ContainerSpec: { Image: `${reference}@${digest}`, Env: ['GIVEN=1'], Mounts: [OF_NO_NODE] },
          },
          Mode: { Replicated: { Replicas: 1 } },
        })
        expect(status).toBe(201)
      }
      const waiting = async () =>
        (await Promise.all(names.map(tasksOf))).flat().filter(({ Status: { State } }) => State === 'pending')
      await swarm.until('all to wait for a node', async () => (await waiting()).length === names.length)

      const services = names.map((name, index) => ({ name, 'update-args': Object.values(WAITING)[index] ?? [] }))
      const plan = await swarm.deploy({ mode: 'plan', services: JSON.stringify(services) })
      expect([plan.main.code, plan.log]).toEqual([0, plan.log])
      const said = (JSON.parse(plan.outputs.changes ?? '[]') as Said[]).map((one) => [one.name, whatWasSaid(one.tasks)])
      const old = await allTasks(names)
      for (const [index, name] of names.entries()) {
        const words = (Object.values(WAITING)[index] ?? []).flatMap((flag) => flag.match(/"[^"]*"|\S+/g) ?? [])
        const update = [
          'service',
          'update',
          '--detach',
          '--no-resolve-image',
          ...words.map((word) => word.replaceAll('"', '')),
          name,
        ]
        expect(await swarm.lab.docker(update)).toMatchObject({ code: 0 })
      }
      const became = async () => {
        const now = await allTasks(names)
        return names.map((name) => [name, whatBecame(liveIds(old.get(name) ?? []), liveIds(now.get(name) ?? []))])
      }
      await swarm.until('Swarm to do what was said', async () => isDeepStrictEqual(await became(), said))
      // What was to stay has had the time of all the others to go.
      expect(await became()).toEqual(said)
      const kept = (said as [string, Counts][]).filter(([, { replaced }]) => replaced === 0).map(([name]) => name)
      expect(kept).toEqual(['label', 'rollback-config', 'up-and-label', 'zero'].map((one) => `waits-${one}`))
      await swarm.lab.docker(['service', 'rm', ...names])
    })

    test('what somebody has changed by hand since the last deploy, and nothing that Swarm or a deploy has written', async () => {
      const docker = (...args: string[]) => swarm.lab.docker(args)
      const names = ['none', 'scaled', 'env', 'forced', 'twice', 'undone', 'back'].map((name) => `drift-${name}`)
      const made = names.map((name) => ({ name, image: 1, create: true, replicas: '0' }))
      const entries = names.map((name) => ({ name, image: 2 }))
      const compose = (replicas: number) =>
        JSON.stringify({ version: '3.8', services: { web: { image: stackImage, deploy: { replicas } } } })
      const { reference: stackImage } = await image(1)
      const stack = {
        stack: 'drift',
        'compose-file': 'drift.yml',
        monitor: '1s',
        registries: (await inputsFor([], 'alice')).registries,
      }
      const file = join(swarm.runner.workspace, 'drift.yml')
      await writeFile(file, compose(0))
      const deployStack = (more: Record<string, string> = {}) =>
        swarm.deploy({ ...stack, ...more }, { PASSWORD: password.alice })
      const bad = { name: 'drift-bad', 'update-config': { failure_action: 'rollback', monitor: '5s' } }
      const [start, first] = await Promise.all([
        run([...made, { image: 1, create: true, ...bad }], 'alice'),
        deployStack(),
      ])
      expect([start.main.code, first.main.code, start.log + first.log]).toEqual([0, 0, start.log + first.log])
      const { reference: broken } = await swarm.lab.image({
        registry: 'main',
        repository: 'acme/plan',
        tag: 'bad',
        ...exits(3),
      })
      const asBroken = { ...(await inputsFor([], 'bob')), services: JSON.stringify([{ ...bad, image: broken }]) }
      // Each stores another credential first.
      const [second, failed] = await Promise.all([
        run(entries, 'bob'),
        swarm.deploy({ ...asBroken, 'on-failure': 'keep' }, { PASSWORD: password.bob }),
      ])
      expect([second.main.code, failed.main.code, second.log]).toEqual([0, 1, second.log])
      await swarm.until('the rollback of Swarm', async () => {
        return (await swarm.service('drift-bad')).UpdateStatus?.State === 'rollback_completed'
      })
      expect((await swarm.service('drift-bad')).PreviousSpec).toBeUndefined()

      const drift = async () => {
        const plan = await run([...entries, { ...bad, image: 1 }], 'bob', { mode: 'plan' })
        expect([plan.main.code, plan.log]).toEqual([0, plan.log])
        const said = JSON.parse(plan.outputs.changes ?? '[]') as Said[]
        return {
          plan,
          said: said.flatMap((one) => (one.drift === null ? [] : [[one.name, one.action, told(one.drift)]])),
        }
      }
      expect((await drift()).said).toEqual([])

      await docker('service', 'scale', '--detach', 'drift-scaled=1')
      await docker('service', 'update', '--detach', '--env-add', 'TOKEN=do-not-tell', 'drift-env')
      await docker('service', 'update', '--detach', '--force', 'drift-forced')
      await docker('service', 'update', '--detach', '--label-add', 'a=1', 'drift-twice')
      await docker('service', 'update', '--detach', '--limit-memory', '64M', 'drift-twice')
      await docker('service', 'scale', '--detach', 'drift-undone=1')
      await docker('service', 'rollback', '--detach', 'drift-undone')
      await docker('service', 'rollback', '--detach', 'drift-back')
      await writeFile(file, compose(1))
      await docker('stack', 'deploy', '--compose-file', file, 'drift')
      const { plan, said } = await drift()
      expect(said.toSorted()).toEqual([
        ['drift-back', 'update', ['rolled-back', 'image goes-back']],
        ['drift-env', 'unchanged', ['changed', 'env TOKEN stays']],
        ['drift-forced', 'unchanged', ['changed', 'forced stays']],
        ['drift-scaled', 'unchanged', ['changed', 'replicas stays']],
        ['drift-twice', 'unchanged', ['changed', 'limits.memory stays']],
        ['drift-undone', 'unchanged', ['restored']],
      ])
      expect(plan.outputs.plan).toContain('| `drift-scaled` | replicas | `0` | `1` | stays |')
      expect(plan.log + plan.summary + JSON.stringify(plan.outputs)).not.toContain('do-not-tell')
      await writeFile(file, compose(0))
      const ofStack = await deployStack({ mode: 'plan' })
      const [web] = JSON.parse(ofStack.outputs.changes ?? '[]') as Said[]
      // Docker has no login here, so it found no digest.
      expect(web?.drift && told(web.drift)).toEqual(['changed', 'image goes-back', 'replicas goes-back'])
    }, 600_000)
  },
  STACK_CLI,
)
