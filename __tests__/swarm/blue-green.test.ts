import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect } from '@jest/globals'
import type { LabImage } from '../../lab/lab.ts'
import { lineOf } from '../../lab/log-lines.ts'
import { crashesWhenTold, exits, runs } from '../../lab/program.ts'
import type { Service } from '../../src/docker/api.ts'
import { describeSwarm, pinned, resultsOf, unnumbered } from '../support/swarm.ts'

const ROUTE = { 'traefik.enable': 'true', 'traefik.http.routers.shop.rule': 'Host(`shop.example.com`)' }
// Asks for the addresses behind a name: on machines without IPVS no traffic gets through to them.
const LOOK_UP = `nslookup $TARGET 127.0.0.11 2>/dev/null | sed -n 's/^Address: //p'`
const ASKS = `trap "exit 0" TERM; while :; do a=$(${LOOK_UP}); echo \${a:-nobody}; sleep 0.1; done & wait`

/** A second service beside the first, to which the traffic moves when it has proved itself. */
describeSwarm(
  'blue-green',
  { nodes: 2, registries: { main: { accounts: { alice: { password: 'alice-pw' } } } } },
  (swarm) => {
    const image = (repository: string, tag: string, program = runs()) =>
      swarm.lab.image({ registry: 'main', repository, tag, content: `${repository}-${tag}`, ...program })
    const inputs = (services: unknown, more: Record<string, string> = {}) => ({
      registry: swarm.lab.registries.main.host,
      username: 'alice',
      password: 'alice-pw',
      services: JSON.stringify(services),
      strategy: 'blue-green',
      monitor: '1s',
      'keep-old': '1s',
      ...more,
    })
    const deploy = (services: unknown, more: Record<string, string> = {}) => swarm.deploy(inputs(services, more))
    const docker = async (...args: string[]) => {
      const { code, stdout, stderr } = await swarm.lab.docker(args)
      if (code !== 0) throw new Error(stderr)
      return stdout
    }
    /** A service that no blue-green deploy has made. */
    const create = async (name: string, made: LabImage, ...flags: string[]) => {
      const common = ['--stop-grace-period 1s', '--restart-delay 300ms', '--update-monitor 1s']
      const service = { name, image: made.reference, create: true, 'create-args': [...common, ...flags] }
      const run = await deploy([service], { strategy: 'rolling', 'keep-old': '' })
      expect(run.outputs.status).toBe('converged')
    }
    const all = async () => (await swarm.lab.nodes[0].engine<Service[]>('GET', '/services')).body
    const siblings = async (name: string) =>
      (await all())
        .map(({ Spec }) => Spec.Name)
        .filter((one) => one === name || one.startsWith(`${name}-`))
        .toSorted()
    const routeOf = async (name: string) =>
      Object.keys((await swarm.service(name)).Spec.Labels ?? {}).filter((label) => label.startsWith('traefik.'))
    /** Where its name leads on its network. */
    const addressOf = async (name: string) => {
      const { body } = await swarm.lab.nodes[0].engine<{
        Endpoint: { VirtualIPs: readonly { readonly Addr: string }[] }
      }>('GET', `/services/${name}`)
      return body.Endpoint.VirtualIPs[0]?.Addr.split('/')[0] ?? ''
    }
    /** Which service has the route, one after another; for a moment it may be two, and never none. */
    const watchRoutes = (prefix: string) => {
      const seen: string[] = []
      const end = new AbortController()
      const watching = (async () => {
        while (!end.signal.aborted) {
          const routed = (await all()).filter(
            ({ Spec }) => Spec.Name.startsWith(prefix) && Spec.Labels?.['traefik.enable'] !== undefined,
          )
          const names = routed
            .map(({ Spec }) => Spec.Name)
            .toSorted()
            .join(' ')
          if (seen.at(-1) !== names && !names.includes(' ')) seen.push(names)
          await sleep(20)
        }
      })()
      return async () => {
        end.abort()
        await watching
        return seen
      }
    }

    beforeAll(async () => {
      await docker('network', 'create', '--driver', 'overlay', 'front')
    })

    swarm.beside(
      'the labels that route traffic move when the new service has passed, and the next deploy goes back to the first name',
      async () => {
        const [v1, v2, v3] = [await image('shop', 'v1'), await image('shop', 'v2'), await image('shop', 'v3')]
        await create('shop', v1, '--replicas 2', ...labelFlags({ ...ROUTE, team: 'a' }))
        const stop = watchRoutes('shop')
        const check = 'echo "asked for $SWARM_DEPLOY_SERVICE at $SWARM_DEPLOY_IMAGE"'
        const run = await deploy({ shop: v2.reference }, { hold: '1s', 'check-command': check })
        expect(run.log).toMatch(lineOf(`shop`, `asked for shop-blue at ${pinned(v2)}`))
        expect(resultsOf(run)).toMatchObject([
          {
            name: 'shop',
            action: 'update',
            outcome: 'updated',
            live: 'shop-blue',
            image: { before: pinned(v1), after: pinned(v2) },
            tasks: { running: 2, wanted: 2 },
          },
        ])
        expect(run.summary).toContain('`shop` (`shop-blue`)')
        expect(await siblings('shop')).toEqual(['shop-blue'])
        expect((await swarm.service('shop-blue')).Spec.Labels).toMatchObject({ ...ROUTE, team: 'a' })

        expect(resultsOf(await deploy({ shop: v3.reference }))).toMatchObject([
          { outcome: 'updated', live: 'shop-green', image: { before: pinned(v2), after: pinned(v3) } },
        ])
        expect(await stop()).toEqual(['shop', 'shop-blue', 'shop-green'])
        expect(await siblings('shop')).toEqual(['shop-green'])

        const version = (await swarm.service('shop-green')).Version
        expect(resultsOf(await deploy({ shop: v3.reference }))).toMatchObject([
          { outcome: 'unchanged', live: 'shop-green' },
        ])
        expect((await swarm.service('shop-green')).Version).toEqual(version)
      },
    )

    swarm.beside('a name on a network moves, and somebody answers to it all the time', async () => {
      const [v1, v2] = [await image('api', 'v1'), await image('api', 'v2')]
      await create('api', v1, '--replicas 2', '--network front')
      const client = await image('client', 'v1', { command: ['/bin/sh', '-c', ASKS] })
      await create('client', client, '--network front', '--env TARGET=api')
      const answers = async () => (await docker('service', 'logs', '--raw', 'client')).trim().split('\n')
      const [blue, green] = [await addressOf('api'), 'api-blue']
      await swarm.until('the old address', async () => (await answers()).at(-1) === blue)
      const before = (await answers()).length

      const run = await deploy([{ name: 'api', image: v2.reference, 'update-args': '--update-order start-first' }])
      expect(resultsOf(run)).toMatchObject([{ outcome: 'updated', live: green, tasks: { running: 2 } }])
      const now = await addressOf(green)
      await swarm.until('the new address', async () => (await answers()).at(-1) === now)
      const changes = (await answers()).slice(before).filter((one, index, rest) => one !== rest[index - 1])
      // In between, when both are there, the answer has both addresses.
      expect(changes.filter((one) => !one.includes(' '))).toEqual([blue, now])
      expect(await siblings('api')).toEqual([green])
      expect((await swarm.service(green)).Spec.TaskTemplate.Networks).toMatchObject([{ Aliases: ['api'] }])
      await docker('service', 'rm', 'client')
    })

    swarm.beside(
      'a new service that does not come up never gets traffic, and all else of the run goes back',
      async () => {
        const [v1, v2] = [await image('bad', 'v1'), await image('bad', 'v2', exits(7, 'no database here'))]
        await create('bad', v1, ...labelFlags(ROUTE))
        await create('plain', v1)
        const before = await swarm.running('bad')
        const stop = watchRoutes('bad')
        const services = [
          { name: 'bad', image: v2.reference },
          { name: 'plain', image: (await image('plain', 'v2')).reference, strategy: 'rolling' },
        ]
        const run = await deploy(services, { 'keep-old': '' })
        expect(run.outputs.status).toBe('rolled-back')
        expect(resultsOf(run)).toMatchObject([
          {
            outcome: 'rolled-back',
            cause: expect.stringMatching(/exit code 7.*; bad has the traffic$/),
            live: 'bad',
            image: { before: pinned(v1), after: pinned(v1) },
            tasks: { running: 1, wanted: 1 },
          },
          { outcome: 'rolled-back' },
        ])
        expect(run.log).toContain('no database here')
        expect(await stop()).toEqual(['bad'])
        expect(await siblings('bad')).toEqual(['bad'])
        expect((await swarm.running('bad')).map(({ ID }) => ID)).toEqual(before.map(({ ID }) => ID))
        expect(await swarm.imageOf('plain')).toBe(pinned(v1))
      },
    )

    swarm.beside(
      'a check that fails takes both services of the run back; with on-failure: keep the new ones stay without traffic until the next deploy',
      async () => {
        const [v1, v2] = [await image('checked', 'v1'), await image('checked', 'v2')]
        await create('checked', v1, ...labelFlags(ROUTE))
        await create('other', v1, ...labelFlags(ROUTE))
        const services = [
          { name: 'checked', image: v2.reference, 'check-command': 'echo closed; exit 3' },
          { name: 'other', image: v2.reference, hold: '10m' },
        ]
        const red = await deploy(services)
        expect(resultsOf(red)).toMatchObject([
          {
            outcome: 'rolled-back',
            cause: expect.stringMatching(/^the trial failed: the check failed 3 times.*closed/),
          },
          { outcome: 'rolled-back', cause: 'restored because of checked; other has the traffic', live: 'other' },
        ])
        expect([...(await siblings('checked')), ...(await siblings('other'))]).toEqual(['checked', 'other'])

        const kept = await deploy(services, { 'on-failure': 'keep' })
        const stays = (name: string) =>
          expect.stringContaining(`; ${name}-blue stays without traffic until the next deploy`)
        expect(resultsOf(kept)).toMatchObject([
          { outcome: 'failed', live: 'checked', cause: stays('checked') },
          { outcome: 'skipped', live: 'other', cause: stays('other') },
        ])
        const worse = await deploy(
          {
            checked: (await image('checked', 'v3', exits(1))).reference,
            other: (await image('other', 'v3')).reference,
          },
          { 'on-failure': 'keep' },
        )
        expect(resultsOf(worse)).toMatchObject([
          { outcome: 'failed', cause: stays('checked') },
          { outcome: 'skipped', cause: stays('other') },
        ])
        expect(await siblings('checked')).toEqual(['checked', 'checked-blue'])
        expect(await routeOf('checked-blue')).toEqual([])

        const green = await deploy({ checked: v2.reference })
        expect(green.log).toMatch(lineOf('checked', 'checked-blue, which had no traffic, is removed'))
        expect(resultsOf(green)).toMatchObject([{ outcome: 'updated', live: 'checked-blue' }])
        expect(await siblings('checked')).toEqual(['checked-blue'])
      },
    )

    swarm.beside(
      'the old service stays for the time that is asked for, and gets its traffic back when the new one fails in it',
      async () => {
        const [v1, v2] = [await image('late', 'v1'), await image('late', 'v2', crashesWhenTold('out of memory'))]
        await create('late', v1, ...labelFlags(ROUTE))
        const original = unnumbered((await swarm.service('late')).Spec)
        const stop = watchRoutes('late')
        const step = await swarm.start(inputs({ late: v2.reference }, { 'keep-old': '10m' }))
        await swarm.until('the traffic', () => lineOf('late', 'late stays for 600 s').test(step.printed()))
        await swarm.crash('late-blue')
        const run = await step.finished
        expect(run.log).toMatch(lineOf('late', 'late stays for 600 s'))
        expect(resultsOf(run)).toMatchObject([
          { outcome: 'rolled-back', cause: expect.stringMatching(/the time with the traffic failed: .*exit code 1/) },
        ])
        expect(await stop()).toEqual(['late', 'late-blue', 'late'])
        expect(await siblings('late')).toEqual(['late'])
        expect(unnumbered((await swarm.service('late')).Spec)).toEqual(original)
        expect(await swarm.running('late')).toHaveLength(1)
      },
    )

    swarm.beside('a name on a network goes back with tasks behind it', async () => {
      const [v1, v2] = [await image('alias', 'v1'), await image('alias', 'v2', crashesWhenTold())]
      await create('alias', v1, '--network front')
      const original = unnumbered((await swarm.service('alias')).Spec)
      const step = await swarm.start(inputs({ alias: v2.reference }, { 'keep-old': '10m' }))
      await swarm.until('the traffic', () => lineOf('alias', 'alias-blue has the traffic').test(step.printed()))
      await swarm.crash('alias-blue')
      const run = await step.finished
      expect(run.log).toMatch(lineOf('alias', 'alias-blue has the traffic'))
      expect(resultsOf(run)).toMatchObject([{ outcome: 'rolled-back', live: 'alias', tasks: { running: 1 } }])
      expect(unnumbered((await swarm.service('alias')).Spec)).toEqual(original)
      expect(await siblings('alias')).toEqual(['alias'])
    })

    swarm.beside(
      'until-next keeps the old service, and what changes no task is a plain update of the live one',
      async () => {
        const [v1, v2, v3] = [await image('kept', 'v1'), await image('kept', 'v2'), await image('kept', 'v3')]
        await deploy([{ name: 'kept', image: v1.reference, create: true, 'create-args': labelFlags(ROUTE) }])
        expect(await siblings('kept')).toEqual(['kept-blue'])
        expect(await routeOf('kept-blue')).toHaveLength(2)

        const until = { 'keep-old': 'until-next' }
        const run = await deploy({ kept: v2.reference }, until)
        expect(run.log).toMatch(lineOf('kept', 'kept-blue stays until the next deploy'))
        expect(await siblings('kept')).toEqual(['kept-blue', 'kept-green'])
        expect(await routeOf('kept-blue')).toEqual([])
        expect(await swarm.running('kept-blue')).toHaveLength(1)

        const [task] = await swarm.running('kept-green')
        const scaled = await deploy([{ name: 'kept', image: v2.reference, replicas: '2' }], until)
        expect(resultsOf(scaled)).toMatchObject([{ outcome: 'updated', live: 'kept-green', tasks: { running: 2 } }])
        expect((await swarm.running('kept-green')).map(({ ID }) => ID)).toContain(task?.ID)
        expect(await siblings('kept')).toEqual(['kept-blue', 'kept-green'])

        expect(resultsOf(await deploy({ kept: v3.reference }, until))).toMatchObject([{ live: 'kept-blue' }])
        expect(await swarm.imageOf('kept-blue')).toBe(pinned(v3))
      },
    )

    swarm.beside('another strategy goes to the one that has the traffic, and makes no second one', async () => {
      const [v1, v2, v3] = [await image('leaves', 'v1'), await image('leaves', 'v2'), await image('leaves', 'v3')]
      await create('leaves', v1, ...labelFlags(ROUTE))
      await deploy({ leaves: v2.reference }, { 'keep-old': 'until-next' })
      expect(await siblings('leaves')).toEqual(['leaves', 'leaves-blue'])
      const plain = { strategy: 'rolling', 'keep-old': '' }
      const run = await deploy([{ name: 'leaves', image: v3.reference, create: true }], plain)
      expect(resultsOf(run)).toMatchObject([
        {
          name: 'leaves',
          action: 'update',
          outcome: 'updated',
          live: 'leaves-blue',
          image: { before: pinned(v2), after: pinned(v3) },
        },
      ])
      expect(run.log).toMatch(lineOf('leaves', 'leaves, which had no traffic, is removed'))
      expect(await siblings('leaves')).toEqual(['leaves-blue'])
      expect(await swarm.imageOf('leaves-blue')).toBe(pinned(v3))
      expect(await routeOf('leaves-blue')).toHaveLength(2)
      const byColour = await deploy({ 'leaves-blue': v2.reference }, plain)
      expect(byColour.annotations.map(({ message }) => message)).toEqual([
        expect.stringContaining('it is one of the two services of the blue-green service leaves'),
      ])
    })

    swarm.beside(
      'labels that somebody has moved by hand are followed, and where two services have them it is refused',
      async () => {
        const [v1, v2, v3] = [await image('hand', 'v1'), await image('hand', 'v2'), await image('hand', 'v3')]
        await create('hand', v1, ...labelFlags(ROUTE))
        await deploy({ hand: v2.reference }, { 'keep-old': 'until-next' })
        const add = Object.entries(ROUTE).flatMap(([name, value]) => ['--label-add', `${name}=${value}`])
        await docker('service', 'update', '--detach', '--quiet', ...add, 'hand')
        const refused = await deploy({ hand: v3.reference })
        expect(refused.annotations.map(({ message }) => message)).toEqual([
          expect.stringMatching(/^service hand: hand and hand-blue all have .*labels that begin with traefik\./),
        ])
        const take = Object.keys(ROUTE).flatMap((name) => ['--label-rm', name])
        await docker('service', 'update', '--detach', '--quiet', ...take, 'hand-blue')
        const run = await deploy({ hand: v3.reference }, { strategy: 'rolling', 'keep-old': '' })
        expect(resultsOf(run)).toMatchObject([{ live: 'hand', image: { before: pinned(v1), after: pinned(v3) } }])
        expect(await siblings('hand')).toEqual(['hand'])
      },
    )

    swarm.beside('a run that is lost when its new service has got the traffic is put right by the next', async () => {
      const [v1, v2] = [await image('lost', 'v1'), await image('lost', 'v2')]
      await create('lost', v1, ...labelFlags(ROUTE))
      const step = await swarm.startDoomed(inputs({ lost: v2.reference }))
      await swarm.until('both with the traffic', async () => {
        const all = await siblings('lost')
        return all.length === 2 && (await routeOf('lost-blue')).length === 2
      })
      await step.lose()
      const run = await deploy({ lost: v2.reference })
      expect(resultsOf(run)).toMatchObject([{ live: 'lost-blue' }])
      expect(await siblings('lost')).toEqual(['lost-blue'])
      expect(await swarm.imageOf('lost-blue')).toBe(pinned(v2))
    })

    swarm.beside('what cannot be blue-green is refused before anything is changed', async () => {
      const [v1, v2, job] = [
        await image('refused', 'v1'),
        await image('refused', 'v2'),
        await image('refused', 'job', exits(0)),
      ]
      await create('published', v1, '--publish 8099:80', ...labelFlags(ROUTE))
      await create('unreachable', v1)
      await deploy([{ name: 'jobs', image: job.reference, create: true, 'create-args': ['--mode replicated-job'] }], {
        strategy: 'rolling',
        'keep-old': '',
      })
      await create('taken', v1, ...labelFlags(ROUTE))
      await create('taken-green', v1)
      const names = ['published', 'unreachable', 'jobs', 'taken']
      const run = await deploy(Object.fromEntries(names.map((name) => [name, v2.reference])))
      expect(
        run.annotations
          .filter(({ level }) => level === 'error')
          .map(({ message }) => message)
          .toSorted(),
      ).toEqual([
        expect.stringContaining('service jobs: blue-green is for services that run on'),
        expect.stringContaining(
          'service published: blue-green makes a second service, and both cannot publish the port 8099',
        ),
        expect.stringContaining(
          'service taken: the service taken-green is there, and no blue-green deploy of taken made it',
        ),
        expect.stringContaining('service unreachable: blue-green moves the traffic, and nothing leads any to it'),
      ])
      for (const name of names) expect(await siblings(name)).not.toContain(`${name}-blue`)
      const early = await deploy({ taken: v2.reference }, { wait: 'false' })
      expect(early.annotations.map(({ message }) => message)).toEqual([
        expect.stringContaining('wait: the strategy blue-green'),
      ])
    })

    swarm.beside(
      "somebody else's deploy of the live service during the trial stands, and ours leaves nothing",
      async () => {
        const [v1, v2, v3] = [await image('theirs', 'v1'), await image('theirs', 'v2'), await image('theirs', 'v3')]
        await create('theirs', v1, ...labelFlags(ROUTE))
        const step = await swarm.start(inputs({ theirs: v2.reference }, { hold: '4s' }))
        await swarm.until('the hold', () => step.printed().includes('have to stay up'))
        await docker('service', 'update', '--detach', '--quiet', '--image', pinned(v3), 'theirs')
        const run = await step.finished
        expect(resultsOf(run)).toMatchObject([
          { outcome: 'superseded', cause: 'someone else changed theirs while its traffic moved', live: 'theirs' },
        ])
        expect(await siblings('theirs')).toEqual(['theirs'])
        expect(await swarm.imageOf('theirs')).toBe(pinned(v3))
      },
    )

    swarm.eachBeside(
      [
        ['before the traffic has moved', 'keep', { hold: '10m' }, ['early-keep', 'early-keep-blue'], 'early-keep'],
        ['before the traffic has moved', 'rollback', { hold: '10m' }, ['early-rollback'], 'early-rollback'],
        ['after', 'rollback', { 'keep-old': '10m' }, ['after-rollback', 'after-rollback-blue'], 'after-rollback-blue'],
      ],
      'a run that is stopped %s, with on-cancel: %s, leaves the traffic where it is',
      async (when, onCancel, more, left, live) => {
        const name = when === 'after' ? `after-${onCancel}` : `early-${onCancel}`
        const [v1, v2] = [await image(name, 'v1'), await image(name, 'v2')]
        await create(name, v1, ...labelFlags(ROUTE))
        const step = await swarm.start(inputs({ [name]: v2.reference }, { 'on-cancel': onCancel, ...more }))
        await swarm.until('the wait', () => / (have to stay up for|stays for) 600 s/.test(step.printed()))
        step.main.kill('SIGTERM')
        const run = await step.finished
        expect(resultsOf(run)).toMatchObject([{ outcome: 'cancelled', live }])
        expect(await siblings(name)).toEqual(left)
        expect(await routeOf(live)).toHaveLength(2)
        const next = await deploy({ [name]: (await image(name, 'v3')).reference })
        expect(resultsOf(next)).toMatchObject([{ outcome: 'updated' }])
        expect(await siblings(name)).toHaveLength(1)
      },
    )
  },
)

function labelFlags(values: Record<string, string>): string[] {
  return Object.entries(values).map(([name, value]) => `--label "${name}=${value}"`)
}
