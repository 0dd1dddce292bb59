import { readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from '@jest/globals'
import type { LabImage } from '../../lab/lab.ts'
import { lineOf } from '../../lab/log-lines.ts'
import { crashesAfter, crashesWhenTold, exits, runs } from '../../lab/program.ts'
import { INTERIM_LABEL } from '../../src/plan/interim-spec.ts'
import { DaemonProxy } from '../support/daemon-proxy.ts'
import {
  cliOlderThan,
  describeSwarm,
  pinned,
  resultsOf,
  STACK_CLI,
  type TaskWithImage,
  testUnless,
} from '../support/swarm.ts'

const LIMIT_MS = 300_000
const SECOND = 1e9

/** Some tasks first, and the others only when those have proved themselves. */
describeSwarm(
  'canary',
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
    const create = async (name: string, made: LabImage, more: Record<string, unknown> = {}) => {
      const flags = ['--restart-delay 300ms', '--update-monitor 1s', '--stop-grace-period 1s']
      const run = await swarm.deploy(
        inputs([{ name, image: made.reference, create: true, replicas: '4', 'create-args': flags, ...more }]),
      )
      expect(run.outputs.status).toBe('converged')
    }
    const deploy = (services: unknown, more: Record<string, string> = {}) =>
      swarm.deploy(inputs(services, { strategy: 'canary', ...more }))
    const ids = (tasks: readonly TaskWithImage[], made?: LabImage) =>
      tasks.filter(({ Spec }) => made === undefined || Spec.ContainerSpec.Image === pinned(made)).map(({ ID }) => ID)
    /** Nothing of the way there is left, not even for a rollback by hand. */
    const expectNoTrace = async (name: string) => {
      const { Spec, PreviousSpec } = await swarm.service(name)
      expect(Object.keys(Spec.Labels ?? {})).not.toContain(INTERIM_LABEL)
      expect(Object.keys(PreviousSpec?.Labels ?? {})).not.toContain(INTERIM_LABEL)
      expect(Spec.UpdateConfig).toMatchObject({ Parallelism: 1, Monitor: SECOND })
      expect(Spec.UpdateConfig?.Delay ?? 0).toBe(0)
    }
    /** A check command that writes down what runs while it is asked. */
    const noting = (name: string) =>
      `docker service ps --no-trunc --filter desired-state=running --format '{{.ID}} {{.Image}} {{.CurrentState}}' ${name} > seen-${name}`
    const noted = async (name: string) => {
      const text = await readFile(join(swarm.runner.workspace, `seen-${name}`), 'utf8')
      return text
        .trim()
        .split('\n')
        .map((line) => ({ id: line.split(' ')[0], image: line.split(' ')[1] ?? '' }))
    }

    swarm.beside(
      'the first tasks come alone, stay through the check, and are kept when the others follow',
      async () => {
        const [v1, v2] = [await image('good', 'v1'), await image('good', 'v2')]
        await create('good', v1)
        const check = `env | grep ^INPUT_ && exit 1; ${noting('good')}; echo "asked for $SWARM_DEPLOY_SERVICE at $SWARM_DEPLOY_IMAGE"`
        const socket = swarm.lab.nodes[0].socket
        await using proxy = await DaemonProxy.start(join(swarm.runner.directory, 'good.sock'), socket)
        const run = await swarm.deploy(
          inputs({ good: v2.reference }, { strategy: 'canary', canary: '50%', hold: '2s', 'check-command': check }),
          { DOCKER_HOST: proxy.host },
        )
        expect(run.log).toMatch(lineOf(`good`, `asked for good at ${pinned(v2)}`))
        expect(resultsOf(run)).toMatchObject([{ outcome: 'updated', tasks: { running: 4, wanted: 4 } }])

        const seen = await noted('good')
        const canaries = seen.filter(({ image: one }) => one.includes(':v2')).map(({ id }) => id)
        expect(seen).toHaveLength(4)
        expect(canaries).toHaveLength(2)
        const now = await swarm.running('good')
        expect(ids(now, v2)).toHaveLength(4)
        expect(ids(now)).toEqual(expect.arrayContaining(canaries))
        await expectNoTrace('good')
        // Today's credential for the old spec first, then the canary, then all; last what makes Swarm forget the way.
        const updates = proxy.requests.filter(({ path, status }) => path.endsWith('/update') && status < 400)
        expect(updates.map(({ headers }) => headers['x-registry-auth'] !== undefined)).toEqual([
          true,
          true,
          true,
          false,
        ])
      },
    )

    swarm.beside(
      'a task of the canary that fails takes only the canary back, and nothing else of the run is sent',
      async () => {
        const [v1, v2] = [await image('fails', 'v1'), await image('fails', 'v2', exits(7, 'no database here'))]
        await create('fails', v1)
        await create('bystander', v1, { replicas: '2' })
        const before = ids(await swarm.running('fails'))
        const bystander = await swarm.service('bystander')
        const run = await deploy([
          { name: 'fails', image: v2.reference },
          { name: 'bystander', image: v2.reference, strategy: 'rolling' },
          { name: 'newcomer', image: v1.reference, create: true },
        ])
        expect(run.main.code).toBe(1)
        expect(run.outputs.status).toBe('rolled-back')
        expect(resultsOf(run)).toMatchObject([
          {
            outcome: 'rolled-back',
            cause: expect.stringMatching(/^the canary failed: .*exit code 7.*what ran before runs again/),
            failedTask: { exitCode: 7 },
            image: { after: pinned(v1) },
          },
          { outcome: 'skipped', cause: 'not sent, because the canary of fails failed' },
          { outcome: 'skipped' },
        ])
        expect(run.log).toContain('no database here')
        const now = await swarm.running('fails')
        expect(ids(now, v1)).toHaveLength(4)
        expect(ids(now).filter((id) => before.includes(id))).toHaveLength(3)
        expect((await swarm.service('bystander')).Version).toEqual(bystander.Version)
        expect((await swarm.lab.docker(['service', 'inspect', 'newcomer'])).code).not.toBe(0)
        await expectNoTrace('fails')
      },
    )

    swarm.beside(
      'a check that fails takes the canary back, in the words of the check, also with on-failure: keep',
      async () => {
        const [v1, v2] = [await image('checked', 'v1'), await image('checked', 'v2')]
        await create('checked', v1)
        const before = ids(await swarm.running('checked'))
        const services = [
          { name: 'checked', image: v2.reference, 'check-command': 'echo the shop is closed to alice-pw; exit 3' },
        ]
        const run = await deploy(services, { 'on-failure': 'keep', 'update-config': '{order: start-first}' })
        expect(resultsOf(run)).toMatchObject([
          {
            outcome: 'rolled-back',
            cause: expect.stringContaining(
              'the canary failed: the check failed 3 times in a row: check-command ended with exit code 3: the shop is closed to ***',
            ),
          },
        ])
        const now = await swarm.running('checked')
        expect(ids(now, v1)).toHaveLength(4)
        expect(ids(now).filter((id) => before.includes(id))).toHaveLength(3)
        await expectNoTrace('checked')
      },
    )

    swarm.beside('a URL is checked in the same way', async () => {
      const [v1, v2] = [await image('url', 'v1'), await image('url', 'v2')]
      await create('url', v1, { replicas: '2' })
      const statuses: number[] = [200, 503, 200]
      const asked: string[] = []
      const shop = createServer((request, response) => {
        asked.push(request.url ?? '')
        response.writeHead(statuses.shift() ?? 503).end()
      })
      await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve))
      try {
        const url = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/health`
        const good = await deploy({ url: v2.reference }, { 'check-url': url, hold: '1s' })
        expect(good.outputs.status).toBe('converged')
        expect(asked).toEqual(['/health', '/health', '/health'])
        const bad = await deploy({ url: v1.reference }, { 'check-url': url })
        expect(resultsOf(bad)).toMatchObject([
          { outcome: 'rolled-back', cause: expect.stringContaining('check-url answered with status 503') },
        ])
        expect(ids(await swarm.running('url'), v2)).toHaveLength(2)
      } finally {
        shop.close()
      }
    })

    swarm.beside('a task that ends in the hold, when Swarm itself no longer looks, fails the canary', async () => {
      const [v1, v2] = [await image('late', 'v1'), await image('late', 'v2', crashesWhenTold('out of memory'))]
      await create('late', v1, { replicas: '2' })
      const step = await swarm.start(inputs({ late: v2.reference }, { strategy: 'canary', hold: '10m' }))
      await swarm.until('the hold', () => step.printed().includes('have to stay up'))
      await swarm.crash('late')
      const run = await step.finished
      expect(run.log).toMatch(lineOf('late', 'the new tasks have to stay up for 600 s'))
      expect(resultsOf(run)).toMatchObject([
        { outcome: 'rolled-back', cause: expect.stringMatching(/the canary failed: .*exit code 1/) },
      ])
      expect(run.log).toContain('out of memory')
      expect(ids(await swarm.running('late'), v1)).toHaveLength(2)
    })

    swarm.beside('of two canaries the good one goes back with the bad one', async () => {
      const [v1, v2, bad] = [await image('two', 'v1'), await image('two', 'v2'), await image('two', 'v3', exits(1))]
      await create('two-good', v1, { replicas: '2' })
      await create('two-bad', v1, { replicas: '2' })
      const run = await deploy({ 'two-good': v2.reference, 'two-bad': bad.reference }, { hold: '10m' })
      expect(resultsOf(run)).toMatchObject([
        { outcome: 'rolled-back', cause: expect.stringContaining('not sent, because the canary of two-bad failed') },
        { outcome: 'rolled-back', cause: expect.stringContaining('the canary failed') },
      ])
      expect(ids(await swarm.running('two-good'), v1)).toHaveLength(2)
    })

    swarm.beside('a canary that cannot start in time is timed out', async () => {
      const v1 = await image('slow', 'v1')
      await create('slow', v1, { replicas: '2' })
      const neverHealthy = ['--health-cmd "exit 1"', '--health-start-period 10m', '--health-interval 1s']
      const services = [{ name: 'slow', 'update-args': [...neverHealthy, '--update-order start-first'] }]
      const run = await deploy(services, { timeout: '20s' })
      expect(resultsOf(run)).toMatchObject([
        {
          cause: expect.stringContaining('the canary failed: it has not settled within 20 s: 0/1 canary task running'),
        },
      ])
      expect(ids(await swarm.running('slow'))).toHaveLength(2)
    })

    swarm.beside(
      'when the others fail behind a good canary, all goes back, though Swarm itself only knows the canary',
      async () => {
        const [v1, v2] = [await image('rest', 'v1'), await image('rest', 'v2', crashesAfter(9))]
        const flags = ['--restart-delay 300ms', '--update-monitor 18s', '--update-failure-action rollback']
        await create('rest', v1, { 'create-args': [...flags, '--stop-grace-period 1s'] })
        const run = await deploy({ rest: v2.reference }, { 'on-failure': 'keep' })
        expect(run.log).toMatch(lineOf('rest', 'its canary has passed'))
        expect(resultsOf(run)).toMatchObject([
          { outcome: 'rolled-back', cause: expect.stringMatching(/Swarm rolled it back.*what ran before runs again/) },
        ])
        expect(ids(await swarm.running('rest'), v1)).toHaveLength(4)
        const { Spec, PreviousSpec } = await swarm.service('rest')
        expect(Spec.UpdateConfig).toMatchObject({ Parallelism: 1, FailureAction: 'rollback', Monitor: 18 * SECOND })
        expect(Object.keys(PreviousSpec?.Labels ?? {})).not.toContain(INTERIM_LABEL)
      },
    )

    swarm.beside('a global service has its canary on one node, and a new number of replicas waits for it', async () => {
      const [v1, v2] = [await image('shapes', 'v1'), await image('shapes', 'v2')]
      await create('everywhere', v1, { replicas: undefined, 'create-args': ['--mode global', '--update-monitor 1s'] })
      await create('grows', v1, { replicas: '2' })
      const run = await deploy([
        { name: 'everywhere', image: v2.reference, 'check-command': noting('everywhere') },
        { name: 'grows', image: v2.reference, replicas: '5', 'check-command': noting('grows') },
      ])
      expect(resultsOf(run)).toMatchObject([
        { outcome: 'updated', nodes: 2, tasks: { running: 2, wanted: 2 } },
        { outcome: 'updated', tasks: { running: 5, wanted: 5 } },
      ])
      for (const name of ['everywhere', 'grows']) {
        const seen = await noted(name)
        expect(seen.map(({ image: one }) => one.includes(':v2')).toSorted()).toEqual([false, true])
        expect(ids(await swarm.running(name))).toEqual(
          expect.arrayContaining(seen.filter(({ image: one }) => one.includes(':v2')).map(({ id }) => id)),
        )
      }
    })

    swarm.beside('what replaces no task needs no canary, and what is new has none', async () => {
      const v1 = await image('plain', 'v1')
      await create('plain', v1, { replicas: '2' })
      const before = ids(await swarm.running('plain'))
      const run = await deploy([
        { name: 'plain', replicas: '3', 'update-config': { delay: '1s' } },
        { name: 'plain-new', image: v1.reference, create: true },
      ])
      expect(resultsOf(run).map(({ outcome }: { outcome: string }) => outcome)).toEqual(['updated', 'created'])
      expect(run.log).not.toContain('canaries')
      expect(ids(await swarm.running('plain'))).toEqual(expect.arrayContaining(before))
    })

    swarm.beside('a service that can have no canary is refused before anything is changed', async () => {
      const [v1, v2] = [await image('refused', 'v1'), await image('refused', 'v2')]
      const job = await image('refused', 'job', exits(0))
      await create('single', v1, { replicas: '1' })
      await create('few', v1, { replicas: '2' })
      await create('job', job, { replicas: undefined, 'create-args': ['--mode replicated-job'] })
      const services = { single: v2.reference, few: v2.reference, job: v2.reference }
      const run = await deploy(services, { canary: '2' })
      expect(run.annotations.map(({ message }) => message)).toEqual([
        expect.stringContaining(
          'service single: canary tries some tasks while the others stay, but it has one task only',
        ),
        expect.stringContaining('service few: canary tries some tasks while the others stay, but 2 of its 2 tasks'),
        expect.stringContaining('service job: canary replaces tasks that run on, and a job has none'),
      ])
      expect((await swarm.service('few')).PreviousSpec).toBeUndefined()
    })

    swarm.eachBeside(
      [['keep'], ['rollback']],
      'a run that is stopped in the hold takes the canary back, with on-cancel: %s',
      async (onCancel) => {
        const name = `stopped-${onCancel}`
        const [v1, v2] = [await image(name, 'v1'), await image(name, 'v2')]
        await create(name, v1, { replicas: '2' })
        const step = await swarm.start(
          inputs({ [name]: v2.reference }, { strategy: 'canary', hold: '10m', 'on-cancel': onCancel }),
        )
        await swarm.until('the hold', () => step.printed().includes('have to stay up'))
        step.main.kill('SIGTERM')
        const run = await step.finished
        expect(run.outputs.status).toBe('cancelled')
        expect(resultsOf(run)).toMatchObject([{ outcome: 'cancelled' }])
        await swarm.until('the way back', async () => ids(await swarm.running(name), v1).length === 2)
      },
    )

    swarm.beside(
      "somebody else's deploy in the hold stands, and is not held up by what was meant for the canary",
      async () => {
        const [v1, v2, v3] = [await image('theirs', 'v1'), await image('theirs', 'v2'), await image('theirs', 'v3')]
        await create('theirs', v1, { replicas: '2' })
        const step = await swarm.start(inputs({ theirs: v2.reference }, { strategy: 'canary', hold: '10m' }))
        await swarm.until('the hold', () => step.printed().includes('have to stay up'))
        await swarm.lab.docker(['service', 'update', '--detach', '--quiet', '--image', pinned(v3), 'theirs'])
        const run = await step.finished
        expect(resultsOf(run)).toMatchObject([
          { outcome: 'superseded', cause: 'someone else changed it during its canary' },
        ])
        const { Spec } = await swarm.service('theirs')
        expect(Spec.TaskTemplate.ContainerSpec?.Image).toBe(pinned(v3))
        expect(Object.keys(Spec.Labels ?? {})).not.toContain(INTERIM_LABEL)
        expect(Spec.UpdateConfig).toMatchObject({ Parallelism: 1, FailureAction: 'pause' })
        expect(Spec.UpdateConfig?.Delay ?? 0).toBe(0)
        await swarm.until('theirs everywhere', async () => ids(await swarm.running('theirs'), v3).length === 2)
      },
    )

    const LOCKED = { lock: 'true' }
    /** Leaves the spec of a canary behind, as a runner does that is lost in the hold, and the lock with it. */
    const loseInHold = async (name: string, to: LabImage) => {
      const step = await swarm.startDoomed(
        inputs({ [name]: to.reference }, { strategy: 'canary', hold: '10m', ...LOCKED }),
      )
      await swarm.until('the hold', () => step.printed().includes('have to stay up'))
      await step.lose()
      expect(Object.keys((await swarm.service(name)).Spec.Labels ?? {})).toContain(INTERIM_LABEL)
      // Whoever removes the lock of a run says that it is gone.
      expect((await swarm.lab.docker(['config', 'rm', `swarm-deploy.lock.service.${name}`])).code).toBe(0)
    }

    swarm.beside('after a run that was killed in the hold, its post takes the canary back', async () => {
      const [v1, v2] = [await image('post', 'v1'), await image('post', 'v2')]
      await create('post', v1)
      const step = await swarm.start(inputs({ post: v2.reference }, { strategy: 'canary', hold: '10m' }))
      await swarm.until('the hold', () => step.printed().includes('have to stay up'))
      step.main.kill('SIGKILL')
      const { log } = await step.finished
      expect(log).toContain(`post is sent back to ${pinned(v1)}`)
      await swarm.until('the way back', async () => ids(await swarm.running('post'), v1).length === 4)
      expect(Object.keys((await swarm.service('post')).Spec.Labels ?? {})).not.toContain(INTERIM_LABEL)
    })

    swarm.beside('a run in the hold is left alone by the next one, which says whose it is', async () => {
      const [v1, v2, v3] = [await image('alive', 'v1'), await image('alive', 'v2'), await image('alive', 'v3')]
      await create('alive', v1)
      const step = await swarm.start(inputs({ alive: v2.reference }, { strategy: 'canary', hold: '15s' }), {
        GITHUB_REPOSITORY: 'acme/shop',
        GITHUB_RUN_ID: '77',
        GITHUB_SERVER_URL: 'https://ci.example.com',
      })
      await swarm.until('the hold', () => step.printed().includes('have to stay up'))
      const { Version } = await swarm.service('alive')
      const refused = await swarm.deploy(inputs({ alive: v3.reference }))
      expect(refused.annotations.map(({ message }) => message)).toEqual([
        expect.stringMatching(
          /^service alive: acme\/shop.*run 77 \(https:\/\/ci\.example\.com\/acme\/shop\/actions\/runs\/77\) is in the middle of a deploy of it, which may last until \d{4}-.* UTC: .*docker service rollback alive/,
        ),
      ])
      expect((await swarm.service('alive')).Version).toEqual(Version)
      expect(resultsOf(await step.finished)).toMatchObject([{ outcome: 'updated', tasks: { running: 4 } }])
      expect(ids(await swarm.running('alive'), v2)).toHaveLength(4)
      await expectNoTrace('alive')
    })

    swarm.beside(
      'several canaries in one run do not disturb each other, also where one update takes longer',
      async () => {
        const names = ['many-a', 'many-b', 'many-c', 'many-d']
        const versions = [await image('many', 'v1'), await image('many', 'v2')] as const
        for (const name of names) await create(name, versions[0], { replicas: '2' })
        const socket = swarm.lab.nodes[0].socket
        let updates = 0
        await using proxy = await DaemonProxy.start(join(swarm.runner.directory, 'many.sock'), socket, {
          before: async (method, path) => {
            if (method === 'POST' && path.endsWith('/update') && ++updates === 2) await sleep(50)
          },
        })
        for (const round of [1, 2, 3]) {
          updates = 0
          const next = versions[round % 2] as LabImage
          const services = Object.fromEntries(names.map((name) => [name, next.reference]))
          const run = await swarm.deploy(inputs(services, { strategy: 'canary', hold: '1s' }), {
            DOCKER_HOST: proxy.host,
          })
          expect(resultsOf(run)).toMatchObject(names.map(() => ({ outcome: 'updated' })))
          for (const name of names) {
            expect(ids(await swarm.running(name), next)).toHaveLength(2)
            await expectNoTrace(name)
          }
        }
      },
    )

    swarm.beside('of two runs that begin a canary at once one goes on, and the other leaves it alone', async () => {
      const [v1, v2, v3] = [await image('race', 'v1'), await image('race', 'v2'), await image('race', 'v3')]
      await create('race', v1)
      const socket = swarm.lab.nodes[0].socket
      const arrived: (() => void)[] = []
      // Both have read the service before either of them gives it a spec.
      const meet = async (method: string, path: string) => {
        if (method !== 'POST' || !path.endsWith('/update') || arrived.length >= 2) return
        await new Promise<void>((resolve) => {
          arrived.push(resolve)
          if (arrived.length === 2) for (const go of arrived) go()
        })
      }
      await using one = await DaemonProxy.start(join(swarm.runner.directory, 'race-1.sock'), socket, { before: meet })
      await using two = await DaemonProxy.start(join(swarm.runner.directory, 'race-2.sock'), socket, { before: meet })
      const [first, second] = await Promise.all(
        (
          [
            [one, v2],
            [two, v3],
          ] as const
        ).map(([{ host }, made]) =>
          swarm.deploy(inputs({ race: made.reference }, { strategy: 'canary', hold: '2s' }), { DOCKER_HOST: host }),
        ),
      )
      const outcomes = [first, second].map((run) => (run === undefined ? '' : resultsOf(run)[0].outcome))
      expect(outcomes.toSorted()).toEqual(['superseded', 'updated'])
      expect(ids(await swarm.running('race'), outcomes[0] === 'updated' ? v2 : v3)).toHaveLength(4)
      await expectNoTrace('race')
    })

    swarm.beside(
      'after two runs that were lost in the hold, one after the other, it is still known what was before',
      async () => {
        const [v1, v2, v3] = [await image('twice', 'v1'), await image('twice', 'v2'), await image('twice', 'v3')]
        await create('twice', v1)
        await loseInHold('twice', v2)
        await loseInHold('twice', v2)
        await loseInHold('twice', v3)
        const run = await deploy({ twice: v3.reference }, { 'check-command': 'exit 1', timeout: '60s', ...LOCKED })
        expect(resultsOf(run)).toMatchObject([{ outcome: 'rolled-back', image: { before: pinned(v1) } }])
        await swarm.until('the way back', async () => ids(await swarm.running('twice'), v1).length === 4)
        await expectNoTrace('twice')
      },
    )

    swarm.beside(
      'what somebody else changes after a run that was lost is kept, without what was meant for the canary',
      async () => {
        const [v1, v2, v3] = [await image('after', 'v1'), await image('after', 'v2'), await image('after', 'v3')]
        await create('after', v1)
        await loseInHold('after', v2)
        await swarm.lab.docker(['service', 'update', '--detach', '--quiet', '--label-add', 'a=b', 'after'])
        const run = await swarm.deploy(inputs({ after: v3.reference }, LOCKED))
        expect(resultsOf(run)).toMatchObject([{ outcome: 'updated', image: { before: pinned(v2), after: pinned(v3) } }])
        expect(ids(await swarm.running('after'), v3)).toHaveLength(4)
        expect((await swarm.service('after')).Spec.Labels).toMatchObject({ a: 'b' })
        await expectNoTrace('after')
      },
    )

    swarm.beside(
      'after a run that was lost in the hold, the next one finds the service as it was meant to be',
      async () => {
        const [v1, v2] = [await image('killed', 'v1'), await image('killed', 'v2')]
        await create('killed', v1)
        await loseInHold('killed', v2)
        const run = await swarm.deploy(inputs({ killed: v2.reference }, LOCKED))
        expect(run.log).toMatch(lineOf('killed', 'update (image; an earlier deploy of it was killed half-way)'))
        expect(resultsOf(run)).toMatchObject([{ outcome: 'updated', image: { before: pinned(v1), after: pinned(v2) } }])
        expect(ids(await swarm.running('killed'), v2)).toHaveLength(4)
        await expectNoTrace('killed')
      },
    )

    testUnless(
      cliOlderThan(STACK_CLI),
      'a stack has canaries where its services have room for one',
      async () => {
        const [v1, v2, job] = [
          await image('shop', 'v1'),
          await image('shop', 'v2'),
          await image('shop', 'job', exits(0)),
        ]
        const compose = (made: LabImage) => `services:
  web: {image: "${made.reference}", deploy: {replicas: 2, update_config: {delay: 1s, monitor: 1s}}, stop_grace_period: 1s}
  db: {image: "${made.reference}", stop_grace_period: 1s}
  seed: {image: "${job.reference}", environment: ["TAG=${made.digest}"], deploy: {mode: replicated-job}}`
        const write = (made: LabImage) => writeFile(join(swarm.runner.workspace, 'compose.yml'), compose(made))
        const { services: _, ...login } = inputs({})
        const stack = { ...login, stack: 'shop', strategy: 'canary', 'check-command': noting('shop_web') }
        await write(v1)
        expect((await swarm.deploy(stack)).outputs.status).toBe('converged')
        await rm(join(swarm.runner.workspace, 'seen-shop_web'), { force: true })
        await write(v2)
        const run = await swarm.deploy(stack)
        expect(run.outputs.status).toBe('converged')
        const notices = run.annotations.flatMap(({ level, title, message }) =>
          level === 'notice' && title !== 'Advice' ? [message] : [],
        )
        expect(notices).toEqual([
          expect.stringContaining('service shop_db is deployed without its strategy: canary tries some tasks'),
        ])
        const seen = await noted('shop_web')
        expect(seen.map(({ image: one }) => one.includes(':v2')).toSorted()).toEqual([false, true])
        expect(ids(await swarm.running('shop_web'), v2)).toHaveLength(2)
        expect((await swarm.service('shop_web')).Spec.UpdateConfig).toMatchObject({ Delay: SECOND, Monitor: SECOND })
        expect((await swarm.deploy(stack)).outputs.status).toBe('unchanged')
      },
      LIMIT_MS,
      swarm.beside,
    )
  },
)
