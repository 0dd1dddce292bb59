import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { beforeAll, expect, test } from '@jest/globals'
import type { LabImage } from '../../lab/lab.ts'
import { lineOf } from '../../lab/log-lines.ts'
import { crashesWhenTold, exits, ignoresStop, runs } from '../../lab/program.ts'
import type { Service } from '../../src/docker/api.ts'
import { INTERIM_LABEL } from '../../src/plan/interim-spec.ts'
import { DaemonProxy } from '../support/daemon-proxy.ts'
import { describeSwarm, pinned, resultsOf, type TaskWithImage, unnumbered } from '../support/swarm.ts'

const LIMIT_MS = 300_000
const SECOND = 1e9
const ROUTE = { 'traefik.enable': 'true', 'traefik.http.routers.shop.rule': 'Host(`shop.example.com`)' }
// Asks for the addresses behind a name: on machines without IPVS no traffic gets through to them.
const LOOK_UP = `nslookup $TARGET 127.0.0.11 2>/dev/null | sed -n 's/^Address: //p'`
const ASKS = `trap "exit 0" TERM; while :; do a=$(${LOOK_UP}); echo \${a:-nobody}; sleep 0.2; done & wait`

/**
 * What only a swarm shows of canary, recreate and blue-green: which of its tasks it replaces, when containers have ended,
 * where a name leads. What they decide is tried in memory.
 */
describeSwarm(
  'strategies',
  { nodes: 2, registries: { main: { accounts: { alice: { password: 'alice-pw' } } } } },
  (swarm) => {
    const image = (repository: string, tag: string, program = runs()) =>
      swarm.lab.image({ registry: 'main', repository, tag, content: repository + tag, ...program })
    const inputs = (services: unknown, more: Record<string, string> = {}) => ({
      registry: swarm.lab.registries.main.host,
      username: 'alice',
      password: 'alice-pw',
      services: JSON.stringify(services),
      monitor: '1s',
      ...more,
    })
    const docker = async (...args: string[]) => {
      const { code, stdout, stderr } = await swarm.lab.docker(args)
      if (code !== 0) throw new Error(stderr)
      return stdout
    }
    interface Made {
      readonly name: string
      readonly image: LabImage
      readonly replicas?: string
      readonly flags?: readonly string[]
    }
    /** Services that run before, as no strategy has made them. */
    const create = async (...services: readonly Made[]) => {
      const common = ['--restart-delay 300ms', '--update-monitor 1s', '--stop-grace-period 1s']
      const entries = services.map(({ name, image: { reference }, replicas, flags = [] }) => {
        return { name, image: reference, create: true, replicas, 'create-args': [...common, ...flags] }
      })
      expect((await swarm.deploy(inputs(entries))).outputs.status).toBe('converged')
    }
    const deploy = (strategy: string, services: unknown, more: Record<string, string> = {}) =>
      swarm.deploy(inputs(services, { strategy, ...more }))
    const start = (strategy: string, services: unknown, more: Record<string, string>, env = {}) =>
      swarm.start(inputs(services, { strategy, ...more }), env)
    const ids = (tasks: readonly TaskWithImage[], made?: LabImage) =>
      tasks.filter(({ Spec }) => made === undefined || Spec.ContainerSpec.Image === pinned(made)).map(({ ID }) => ID)
    /** Nothing of the way there is left, not even for a rollback by hand. */
    const expectNoTrace = async (name: string) => {
      const { Spec, PreviousSpec } = await swarm.service(name)
      expect(Object.keys(Spec.Labels ?? {})).not.toContain(INTERIM_LABEL)
      expect(Object.keys(PreviousSpec?.Labels ?? {})).not.toContain(INTERIM_LABEL)
      expect(Spec.TaskTemplate.Placement?.Constraints ?? []).toEqual([])
      expect(Spec.UpdateConfig).toMatchObject({ Parallelism: 1, Monitor: SECOND })
      expect(Spec.UpdateConfig?.Delay ?? 0).toBe(0)
    }

    swarm.beside(
      'canary: the first tasks come alone, stay through the check, and are kept when the others follow',
      async () => {
        const [v1, v2] = [await image('good', 'v1'), await image('good', 'v2')]
        await create(
          { name: 'good', image: v1, replicas: '3' },
          { name: 'everywhere', image: v1, flags: ['--mode global'] },
          { name: 'grows', image: v1, replicas: '2' },
        )
        /** Writes down what runs while it is asked. */
        const noting = (name: string) =>
          `docker service ps --no-trunc --filter desired-state=running --format '{{.ID}} {{.Image}}' ${name} > seen-${name}`
        const noted = async (name: string) => {
          const text = await readFile(join(swarm.runner.workspace, `seen-${name}`), 'utf8')
          return text
            .trim()
            .split('\n')
            .map((line) => ({ id: line.split(' ')[0], isNew: line.includes(':v2') }))
        }
        const asked = 'echo "asked for $SWARM_DEPLOY_SERVICE at $SWARM_DEPLOY_IMAGE"'
        await using proxy = await DaemonProxy.start(
          join(swarm.runner.directory, 'good.sock'),
          swarm.lab.nodes[0].socket,
        )
        const services = [
          { name: 'good', canary: '50%', 'check-command': `env | grep ^INPUT_ && exit 1; ${noting('good')}; ${asked}` },
          { name: 'everywhere', 'check-command': noting('everywhere') },
          { name: 'grows', replicas: '4', 'check-command': noting('grows') },
        ].map((one) => ({ ...one, image: v2.reference }))
        const run = await swarm.deploy(inputs(services, { strategy: 'canary', hold: '1s' }), {
          DOCKER_HOST: proxy.host,
        })
        expect(run.log).toMatch(lineOf('good', `asked for good at ${pinned(v2)}`))
        expect(resultsOf(run)).toMatchObject([
          { outcome: 'updated', tasks: { running: 3, wanted: 3 } },
          { outcome: 'updated', nodes: 2, tasks: { running: 2, wanted: 2 } },
          { outcome: 'updated', tasks: { running: 4, wanted: 4 } },
        ])

        for (const [name, canaries, before, after] of [
          ['good', 2, 3, 3],
          ['everywhere', 1, 2, 2],
          ['grows', 1, 2, 4],
        ] as const) {
          const seen = await noted(name)
          const first = seen.filter(({ isNew }) => isNew).map(({ id }) => id)
          expect([name, seen.length, first.length]).toEqual([name, before, canaries])
          const now = await swarm.running(name)
          expect(ids(now, v2)).toHaveLength(after)
          expect(ids(now)).toEqual(expect.arrayContaining(first))
          await expectNoTrace(name)
        }
        // Today's credential for the old spec first, then the canary, then all; last what makes Swarm forget the way.
        const { ID } = await swarm.service('good')
        const updates = proxy.requests.filter(({ path, status }) => path === `/services/${ID}/update` && status < 400)
        expect(updates.map(({ headers }) => headers['x-registry-auth'] !== undefined)).toEqual([
          true,
          true,
          true,
          false,
        ])
      },
    )

    swarm.beside('canary: a task that fails takes only the canary back', async () => {
      const [v1, v2] = [await image('fails', 'v1'), await image('fails', 'v2', exits(7, 'no database here'))]
      await create({ name: 'fails', image: v1, replicas: '3' })
      const before = ids(await swarm.running('fails'))
      const run = await deploy('canary', { fails: v2.reference })
      expect(run.main.code).toBe(1)
      expect(resultsOf(run)).toMatchObject([
        {
          outcome: 'rolled-back',
          cause: expect.stringMatching(/^the canary failed: .*exit code 7.*what ran before runs again/),
          failedTask: { exitCode: 7 },
          image: { after: pinned(v1) },
        },
      ])
      expect(run.log).toContain('no database here')
      const now = await swarm.running('fails')
      expect(ids(now, v1)).toHaveLength(3)
      expect(ids(now).filter((id) => before.includes(id))).toHaveLength(2)
      await expectNoTrace('fails')
    })

    swarm.beside(
      'canary: a run in the hold is left alone by the next one, and when it is killed its post takes the canary back',
      async () => {
        const [v1, v2, v3] = [await image('held', 'v1'), await image('held', 'v2'), await image('held', 'v3')]
        await create({ name: 'held', image: v1, replicas: '2' })
        const env = { GITHUB_REPOSITORY: 'acme/shop', GITHUB_RUN_ID: '77', GITHUB_SERVER_URL: 'https://ci.example.com' }
        const step = await start('canary', { held: v2.reference }, { hold: '10m' }, env)
        await swarm.until('the hold', () => step.printed().includes('have to stay up'))
        const { Version } = await swarm.service('held')
        const refused = await swarm.deploy(inputs({ held: v3.reference }))
        expect(refused.annotations.map(({ message }) => message)).toEqual([
          expect.stringMatching(/^service held: acme\/shop.*run 77 .* is in the middle of a deploy of it/),
        ])
        expect((await swarm.service('held')).Version).toEqual(Version)
        step.main.kill('SIGKILL')
        expect((await step.finished).log).toContain(`held is sent back to ${pinned(v1)}`)
        await swarm.until('the way back', async () => ids(await swarm.running('held'), v1).length === 2)
        expect(Object.keys((await swarm.service('held')).Spec.Labels ?? {})).not.toContain(INTERIM_LABEL)
      },
    )

    swarm.beside(
      'recreate: every old container has ended, though it ignores SIGTERM, before the first new one starts',
      async () => {
        const [v1, v2] = [await image('old', 'v1', ignoresStop()), await image('old', 'v2')]
        const grace = '--stop-grace-period 2s'
        await create(
          { name: 'old', image: v1, replicas: '2', flags: [grace] },
          { name: 'old-global', image: v1, flags: [grace, '--mode global'] },
        )
        const since = Math.floor(Date.now() / 1000)
        const run = await deploy('recreate', { old: v2.reference, 'old-global': v2.reference })
        for (const [index, name] of ['old', 'old-global'].entries()) {
          expect(resultsOf(run)[index]).toMatchObject({ outcome: 'updated', tasks: { running: 2, wanted: 2 } })
          expect(await swarm.imagesRunning(name)).toEqual([pinned(v2), pinned(v2)])
          const seen = await events(name, since)
          const ended = seen.filter(({ action, tag }) => action === 'die' && tag === 'v1').map(({ time }) => time)
          const started = seen.filter(({ action, tag }) => action === 'start' && tag === 'v2').map(({ time }) => time)
          expect([name, ended.length, started.length]).toEqual([name, 2, 2])
          expect(Math.max(...ended)).toBeLessThan(Math.min(...started))
          await expectNoTrace(name)
        }
      },
    )

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

    const all = async () => (await swarm.lab.nodes[0].engine<Service[]>('GET', '/services')).body
    const siblings = async (name: string) =>
      (await all())
        .map(({ Spec }) => Spec.Name)
        .filter((one) => one === name || one.startsWith(`${name}-`))
        .toSorted()
    /** Where its name leads on its network. */
    const addressOf = async (name: string) => {
      const { body } = await swarm.lab.nodes[0].engine<{
        Endpoint: { VirtualIPs: readonly { readonly Addr: string }[] }
      }>('GET', `/services/${name}`)
      return body.Endpoint.VirtualIPs[0]?.Addr.split('/')[0] ?? ''
    }
    /** Which service has the route after each change of one, in their order; for a moment it may be two, and never none. */
    const watchRoutes = async (prefix: string) => {
      const seen: string[] = []
      const look = async () => {
        const routed = (await all()).filter(
          ({ Spec }) => Spec.Name.startsWith(prefix) && Spec.Labels?.['traefik.enable'] !== undefined,
        )
        const names = routed
          .map(({ Spec }) => Spec.Name)
          .toSorted()
          .join(' ')
        if (seen.at(-1) !== names && !names.includes(' ')) seen.push(names)
      }
      const socketPath = swarm.lab.nodes[0].socket
      const request = get({ socketPath, path: `/events?filters=${encodeURIComponent('{"type":["service"]}')}` })
      const [events] = (await once(request, 'response')) as [IncomingMessage]
      let looked = look()
      events.on('data', () => {
        looked = looked.then(look)
      })
      await looked
      return async () => {
        events.destroy()
        await looked
        await look()
        return seen
      }
    }

    beforeAll(async () => {
      await docker('network', 'create', '--driver', 'overlay', 'front')
    })

    swarm.beside(
      'blue-green: labels and a name on a network move to the new service, back when it fails, and somebody answers while they move',
      async () => {
        // A second try begins as the first one did.
        await swarm.lab.docker(['service', 'rm', 'shop', 'shop-blue', 'api', 'api-blue', 'client'])
        const [v1, late, v2] = [
          await image('shop', 'v1'),
          await image('shop', 'late', crashesWhenTold('out of memory')),
          await image('shop', 'v2'),
        ]
        const labels = Object.entries({ ...ROUTE, team: 'a' }).map(([name, value]) => `--label "${name}=${value}"`)
        const front = '--network front'
        const client = await image('client', 'v1', { command: ['/bin/sh', '-c', ASKS] })
        await create(
          { name: 'shop', image: v1, flags: labels },
          { name: 'api', image: v1, flags: [front] },
          { name: 'client', image: client, flags: [front, '--env TARGET=api'] },
        )
        const answers = async () => (await docker('service', 'logs', '--raw', 'client')).trim().split('\n')
        const original = await addressOf('api')
        await swarm.until('the old address', async () => (await answers()).at(-1) === original)
        const before = (await answers()).length
        const specs = async () => [
          unnumbered((await swarm.service('shop')).Spec),
          unnumbered((await swarm.service('api')).Spec),
        ]
        const specsBefore = await specs()
        const stop = await watchRoutes('shop')

        const bad = await start(
          'blue-green',
          { shop: late.reference, api: late.reference },
          { hold: '1s', 'keep-old': '10m' },
        )
        await swarm.until('the traffic', () => {
          const text = bad.printed()
          return (
            lineOf('shop', 'shop stays for 600 s').test(text) && lineOf('api', 'api-blue has the traffic').test(text)
          )
        })
        const first = await addressOf('api-blue')
        await swarm.until('the first new address', async () => (await answers()).at(-1) === first)
        await swarm.crash('shop-blue')
        await swarm.crash('api-blue')
        const failed = resultsOf(await bad.finished)
        expect(failed).toMatchObject([
          { outcome: 'rolled-back', live: 'shop', tasks: { running: 1 } },
          { outcome: 'rolled-back', live: 'api', tasks: { running: 1 } },
        ])
        expect(failed[0].cause).toMatch(/the time with the traffic failed: .*exit code 1/)
        expect(await specs()).toEqual(specsBefore)
        expect([...(await siblings('shop')), ...(await siblings('api'))]).toEqual(['shop', 'api'])
        await swarm.until('the old address again', async () => (await answers()).at(-1) === original)

        const run = await deploy(
          'blue-green',
          [
            { name: 'shop', image: v2.reference },
            { name: 'api', image: v2.reference, 'update-args': '--update-order start-first' },
          ],
          { 'keep-old': '1s' },
        )
        expect(resultsOf(run)).toMatchObject([
          { outcome: 'updated', live: 'shop-blue', image: { before: pinned(v1), after: pinned(v2) } },
          { outcome: 'updated', live: 'api-blue', tasks: { running: 1 } },
        ])
        expect(run.summary).toContain('`shop` (`shop-blue`)')
        expect(await stop()).toEqual(['shop', 'shop-blue', 'shop', 'shop-blue'])
        expect((await swarm.service('shop-blue')).Spec.Labels).toMatchObject({ ...ROUTE, team: 'a' })
        expect((await swarm.service('api-blue')).Spec.TaskTemplate.Networks).toMatchObject([{ Aliases: ['api'] }])
        expect([...(await siblings('shop')), ...(await siblings('api'))]).toEqual(['shop-blue', 'api-blue'])

        const now = await addressOf('api-blue')
        await swarm.until('the new address', async () => (await answers()).at(-1) === now)
        const isChange = (one: string, index: number, all: readonly string[]) => one !== all[index - 1]
        const changes = (await answers()).slice(before).filter(isChange)
        // The crash takes the only task that there is: until the old one is back, nobody may answer.
        const isOfCrash = (one: string, index: number) => one === 'nobody' && changes[index - 1] === first
        // In between, when both are there, the answer has both addresses, or for a moment the one or the other.
        const moved = changes.filter((one, index) => !isOfCrash(one, index) && !one.includes(' ')).filter(isChange)
        expect(moved).toEqual([original, first, original, now])
        await docker('service', 'rm', 'client')
      },
    )

    test(
      'recreate: an old task on a node that is down is not taken for ended: the error says what to do',
      async () => {
        const [v1, v2] = [await image('down', 'v1'), await image('down', 'v2')]
        const [, worker] = swarm.lab.nodes
        if (worker === undefined) throw new Error('the lab has two nodes')
        const spread = '--placement-pref spread=node.id'
        await create({ name: 'down', image: v1, replicas: '2', flags: [spread] })
        const onBoth = async () => new Set((await swarm.running('down')).map(({ NodeID }) => NodeID)).size === 2
        await swarm.until('a task on both nodes', onBoth)
        await worker.kill()
        try {
          const onManager = async () => (await swarm.running('down')).every(({ NodeID }) => NodeID !== worker.id)
          await swarm.until('the loss being noticed', onManager)
          await swarm.until('new tasks on the manager', async () => (await swarm.running('down')).length === 2)
          const run = await deploy('recreate', { down: v2.reference }, { timeout: '15s' })
          expect(resultsOf(run)[0].cause).toMatch(
            /its old tasks have not ended within 15 s: 1 on node n2, which is down \(if it is gone for good: `docker node rm --force \w{25}`\)/,
          )
          await swarm.until('the way back', async () => (await swarm.imagesRunning('down')).length === 2)
          expect(await swarm.imagesRunning('down')).toEqual([pinned(v1), pinned(v1)])
        } finally {
          await worker.start()
        }
        const again = await deploy('recreate', { down: v2.reference })
        expect(resultsOf(again)).toMatchObject([{ outcome: 'updated' }])
        expect(await swarm.imagesRunning('down')).toEqual([pinned(v2), pinned(v2)])
        await expectNoTrace('down')
      },
      LIMIT_MS,
    )
  },
)
