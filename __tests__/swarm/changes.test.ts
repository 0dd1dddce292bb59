import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { lineOf } from '../../lab/log-lines.ts'
import { exits, healthy } from '../../lab/program.ts'
import type { StepResult } from '../../lab/runner.ts'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { groupBy } from '../../src/runner/group-by.ts'
import { DaemonProxy } from '../support/daemon-proxy.ts'
import { cliOlderThan, describeSwarm, pinned, resultsOf, STACK_CLI, testUnless, unnumbered } from '../support/swarm.ts'

const SECOND = 1e9

/**
 * What a run does to services that are new, that differ, that already are as asked, and that somebody else changes at
 * the same time: specs, versions and tasks as a real daemon has them. What it decides is tried in memory.
 */
describeSwarm('changes', { registries: { main: { accounts: { alice: { password: 'alice-pw' } } } } }, (swarm) => {
  const login = () => ({ registry: swarm.lab.registries.main.host, username: 'alice', password: 'alice-pw' })
  const image = (tag: string, repository = 'acme/app', more = {}) =>
    swarm.lab.image({ registry: 'main', repository, tag, content: repository + tag, ...more })
  const inputs = (services: unknown, more: Record<string, string> = {}) => ({
    ...login(),
    services: JSON.stringify(services),
    monitor: '1s',
    ...more,
  })
  const deploy = (services: unknown, more: Record<string, string> = {}, env: Record<string, string> = {}) =>
    swarm.deploy(inputs(services, more), env)
  const outcomes = (run: StepResult) => resultsOf(run).map(({ outcome }: { outcome: string }) => outcome)
  const idsOf = async (name: string) => (await swarm.running(name)).map(({ ID }) => ID).toSorted()

  swarm.beside('a missing service is created as asked, pinned by digest, and as asked it is not touched', async () => {
    const [v1, sound, job] = [
      await image('v1'),
      await image('v1', 'acme/sound', healthy()),
      await image('job', 'acme/job', exits(0)),
    ]
    const policies = {
      'update-config': `
        parallelism: 2
        delay: 1s
        order: start-first
        failure_action: rollback
        monitor: 2s
        max_failure_ratio: 0.25`,
      'rollback-config': '{parallelism: 0, order: stop-first}',
    }
    const run = await deploy(
      [
        {
          name: 'created',
          image: v1.reference,
          create: true,
          replicas: '2',
          env: { COLOR: 'a blue', EMPTY: '' },
          'create-args': ['--label team=web'],
          'update-config': { delay: '3s' },
        },
        { name: 'sound', image: sound.reference, create: true },
        { name: 'job', image: job.reference, create: true, replicas: '2', 'create-args': ['--mode=replicated-job'] },
      ],
      policies,
    )
    expect(run.main.code).toBe(0)
    expect(run.outputs.status).toBe('converged')
    const { Spec, Version } = await swarm.service('created')
    expect(Spec.TaskTemplate.ContainerSpec?.Image).toBe(pinned(v1))
    expect(Spec.TaskTemplate.ContainerSpec?.Env?.toSorted()).toEqual(['COLOR=a blue', 'EMPTY='])
    expect(Spec.Labels).toEqual({
      team: 'web',
      'swarm-deploy.create-args': '["--label team"]',
      'swarm-deploy.write': '1',
      'swarm-deploy.auth.registry': swarm.lab.registries.main.host,
      'swarm-deploy.auth.account': 'alice',
      'swarm-deploy.auth.stored-at': expect.any(String),
    })
    expect(Spec.UpdateConfig).toEqual({
      Parallelism: 2,
      Delay: 3 * SECOND,
      Order: 'start-first',
      FailureAction: 'rollback',
      Monitor: 2 * SECOND,
      MaxFailureRatio: 0.25,
    })
    expect(Spec.RollbackConfig).toMatchObject({ Parallelism: 0, Order: 'stop-first' })
    const tasks = await idsOf('created')
    expect(tasks).toHaveLength(2)
    expect(resultsOf(run)).toMatchObject([
      {
        name: 'created',
        action: 'create',
        outcome: 'created',
        image: { before: null, after: pinned(v1) },
        tasks: { running: 2, wanted: 2 },
        nodes: 1,
        cause: null,
      },
      { outcome: 'created' },
      { outcome: 'created' },
    ])
    // That an image has a health check only its node can say.
    const advice = run.annotations.filter(({ title }) => title === 'Advice').map(({ message }) => message)
    expect(advice).toContainEqual(expect.stringMatching(/^created: no health check/))
    expect((await swarm.service('job')).Spec.Mode.ReplicatedJob?.TotalCompletions).toBe(2)

    const again = await deploy(
      [
        {
          name: 'created',
          image: v1.reference,
          replicas: '2',
          env: { COLOR: 'a blue' },
          'update-config': { delay: '3s' },
        },
      ],
      policies,
    )
    expect(again.outputs.status).toBe('unchanged')
    expect((await swarm.service('created')).Version).toEqual(Version)
    expect(await idsOf('created')).toEqual(tasks)
    await swarm.lab.docker(['service', 'rm', 'sound', 'job'])
  })

  swarm.beside(
    'a policy alone changes, and no task restarts; it already rules the update that it comes with',
    async () => {
      const [v1, v2] = [await image('v1'), await image('bad', 'acme/app', exits(1, 'v2 is broken'))]
      await deploy([{ name: 'ruled', image: v1.reference, create: true, replicas: '2' }])
      const before = await idsOf('ruled')
      const run = await deploy([{ name: 'ruled', 'update-config': { delay: '7s', monitor: '2s' } }])
      expect(run.log).toMatch(lineOf('ruled', 'update (update policy)'))
      expect((await swarm.service('ruled')).Spec.UpdateConfig).toMatchObject({ Delay: 7 * SECOND })
      expect(await idsOf('ruled')).toEqual(before)
      expect(await swarm.lab.tasks('ruled')).toHaveLength(2)

      const policy = { failure_action: 'rollback', max_failure_ratio: '0' }
      const failed = await deploy([{ name: 'ruled', image: v2.reference, 'update-config': policy }], {
        'on-failure': 'keep',
      })
      expect(failed.outputs.status).toBe('rolled-back')
      expect(resultsOf(failed)[0].cause).toMatch(/Swarm rolled it back: .*exit code 1/)
      expect((await swarm.service('ruled')).Spec.TaskTemplate.ContainerSpec?.Image).toContain(':v1@')
    },
  )

  swarm.beside('a new image under the same tag is an update; variables and flags change what they name', async () => {
    const moving = (content: string) =>
      swarm.lab.image({ registry: 'main', repository: 'acme/moving', tag: 'latest', content })
    const first = await moving('one')
    await deploy([{ name: 'moving', image: first.reference, create: true, env: { KEEP: 'k', SET: 'old' } }])
    const second = await moving('two')
    const run = await deploy([
      {
        name: 'moving',
        image: second.reference,
        env: { SET: 'a new one', ADD: 'x=y' },
        replicas: '2',
        'update-args': ['--update-order start-first', '--label-add tier=front', '--limit-memory 32M'],
      },
    ])
    expect(resultsOf(run)).toMatchObject([
      {
        outcome: 'updated',
        image: { before: pinned(first), after: `${first.reference}@${second.digest}` },
      },
    ])
    expect(await swarm.imagesRunning('moving')).toEqual([
      expect.stringContaining(second.digest),
      expect.stringContaining(second.digest),
    ])
    const before = await swarm.service('moving')
    expect(before.Spec.TaskTemplate.ContainerSpec?.Env?.toSorted()).toEqual(['ADD=x=y', 'KEEP=k', 'SET=a new one'])
    expect(unnumbered(before.Spec).Labels).toEqual({ tier: 'front' })
    const previous = before.PreviousSpec?.TaskTemplate.ContainerSpec
    expect(previous?.Image).toContain(first.digest)

    // As asked: no version moves, and the previous spec stays.
    const same = await deploy([
      { name: 'moving', image: second.reference, replicas: '2', 'update-args': ['--limit-memory 32M'] },
    ])
    expect(same.outputs.status).toBe('unchanged')
    expect(await swarm.service('moving')).toEqual(before)
  })

  testUnless(
    cliOlderThan(STACK_CLI),
    'of a stack what is forced is replaced once, and another tag of the same image restarts nothing',
    async () => {
      const platforms = ['linux/amd64', 'linux/arm64']
      const [one, two, job] = [
        await image('1.4', 'acme/same', { content: 'same', platforms }),
        await image('1.5', 'acme/same', { content: 'same', platforms }),
        await image('job', 'acme/seed', exits(0)),
      ]
      expect(two.digest).toBe(one.digest)
      const stack = async (tag: { reference: string }, more: Record<string, string> = {}) => {
        const services = {
          web: { image: one.reference, deploy: { replicas: 2, labels: {} } },
          other: { image: tag.reference, deploy: { replicas: 1, labels: { 'swarm-deploy.keep-replicas': 'true' } } },
          job: { image: job.reference, deploy: { mode: 'replicated-job' } },
        }
        const networks = { default: { name: 'host', external: true } }
        await writeFile(join(swarm.runner.workspace, 'some.yml'), JSON.stringify({ services, networks }))
        const update = '{parallelism: 0, monitor: 500ms}'
        return swarm.deploy({
          ...login(),
          stack: 'some',
          'compose-file': 'some.yml',
          monitor: '1s',
          'update-config': update,
          ...more,
        })
      }
      const all = async (name: string) => (await swarm.lab.tasks(name)).length
      const of = (run: StepResult) =>
        Object.fromEntries(
          resultsOf(run).map(({ name, outcome }: { name: string; outcome: string }) => [name, outcome] as const),
        )
      expect((await stack(one)).main.code).toBe(0)
      // The number of tasks that somebody has set stays.
      await swarm.lab.docker(['service', 'scale', '--detach', 'some_other=2'])
      await swarm.until('two tasks run', async () => (await idsOf('some_other')).length === 2)
      const [web, other] = [await idsOf('some_web'), await idsOf('some_other')]
      const [webs, jobs] = [await all('some_web'), await all('some_job')]

      const run = await stack(two, { force: 'web some_job', 'same-digest': 'keep' })
      expect(of(run)).toEqual({ some_web: 'updated', some_other: 'unchanged', some_job: 'updated' })
      expect(run.log).toContain('update (forced)')
      expect(run.log).toContain('unchanged (same digest as :1.4)')
      expect((await idsOf('some_web')).filter((id) => web.includes(id))).toEqual([])
      expect(await all('some_web')).toBe(webs + 2)
      expect(await all('some_job')).toBe(jobs + 1)
      expect(await idsOf('some_other')).toEqual(other)
      expect(await swarm.imageOf('some_other')).toBe(pinned(one))

      const after = await idsOf('some_web')
      const plain = await stack(two, { only: 'other, web' })
      expect(of(plain)).toEqual({ some_web: 'unchanged', some_other: 'updated' })
      expect(await idsOf('some_web')).toEqual(after)
      expect(await swarm.imagesRunning('some_other')).toEqual([pinned(two), pinned(two)])
      expect((await idsOf('some_other')).filter((id) => other.includes(id))).toEqual([])
    },
    undefined,
    swarm.beside,
  )

  swarm.beside('what somebody else writes meanwhile: nothing is written over that this run has not seen', async () => {
    const [v1, v2, v3] = [await image('v1'), await image('v2'), await image('v3')]
    const names = ['busy', 'flagged', 'lost', 'behind']
    await deploy(names.map((name) => ({ name, image: v1.reference, create: true })))
    const manager = swarm.lab.nodes[0]
    const idOf = new Map<string, string>()
    for (const name of names) idOf.set((await swarm.service(name)).ID, name)
    const nameIn = (path: string) => idOf.get(path.split('/')[2] ?? '') ?? ''
    /** Writes that change nothing, and for `lost` a deploy of somebody else's. */
    const intrude = async (name: string) => {
      const { ID, Version, Spec } = await swarm.service(name)
      const theirs: ServiceSpec = name === 'lost' ? { ...Spec, Labels: { owner: 'somebody' } } : Spec
      await manager.engine('POST', `/services/${ID}/update?version=${Version.Index}`, theirs)
    }
    const left = new Map([
      ['busy', 2],
      ['flagged', 2],
      ['lost', 2],
    ])
    let isOver = false
    await using proxy = await DaemonProxy.start(join(swarm.runner.directory, 'meanwhile.sock'), manager.socket, {
      before: async (method, path) => {
        if (method !== 'POST' || !path.endsWith('/update')) return
        const name = nameIn(path)
        const count = left.get(name) ?? 0
        if (count === 0) return
        left.set(name, count - 1)
        await intrude(name)
      },
      after: async (method, path, status) => {
        if (method !== 'POST' || !path.endsWith('/update') || nameIn(path) !== 'behind') return
        if (status >= 400 || isOver) return
        isOver = true
        await swarm.lab.docker(['service', 'update', '--detach', '--quiet', '--image', pinned(v3), 'behind'])
      },
    })
    const services = names.map((name) => ({
      name,
      image: v2.reference,
      ...(name === 'flagged' && { 'update-args': '--label-add a=b' }),
    }))
    const run = await deploy(services, { 'on-failure': 'keep' }, { DOCKER_HOST: proxy.host })
    const refused = (name: string) =>
      proxy.requests.filter(
        ({ method, path, status }) =>
          method === 'POST' && path.endsWith('/update') && nameIn(path) === name && status >= 400,
      ).length
    expect(outcomes(run)).toEqual(['updated', 'updated', 'superseded', 'superseded'])
    expect(run.main.code).toBe(1)
    // By the API and by docker: refused twice, and sent again.
    for (const name of ['busy', 'flagged']) {
      expect([name, refused(name)]).toEqual([name, 2])
      expect(await swarm.imageOf(name)).toBe(pinned(v2))
    }
    const { Spec } = await swarm.service('lost')
    expect(Spec.Labels).toEqual({ owner: 'somebody' })
    expect(Spec.TaskTemplate.ContainerSpec?.Image).toContain(':v1@')
    expect(await swarm.imageOf('behind')).toBe(pinned(v3))
  })

  swarm.beside('of runs that deploy one service at once, one wins and the others say so', async () => {
    const [first, ...others] = [await image('v1'), await image('v2'), await image('v3')]
    await deploy([{ name: 'contested', image: first.reference, create: true }])
    const runs = await Promise.all(others.map(({ reference }) => deploy({ contested: reference })))
    const last = await swarm.imageOf('contested')
    const ends = runs.map((run, index) => ({ outcome: outcomes(run)[0], won: last === others.map(pinned)[index] }))
    expect(ends.filter(({ won }) => won)).toEqual([{ outcome: 'updated', won: true }])
    for (const { outcome, won } of ends) if (!won) expect(['superseded', 'updated']).toContain(outcome)
    for (const run of runs) expect(run.log).not.toContain('A bug of this action')
  })

  test('a rollout that takes long starts no docker process, and the watch asks for all services at once', async () => {
    const v1 = await image('v1')
    const names = ['many-1', 'many-2', 'many-3']
    const count = async (monitor: string) => {
      await swarm.lab.docker(['service', 'rm', ...names])
      const entries = names.map((name) => ({ name, image: v1.reference, create: true }))
      const { socket } = swarm.lab.nodes[0]
      await using proxy = await DaemonProxy.start(join(swarm.runner.directory, 'many.sock'), socket)
      const env = { ...(await swarm.countingDocker()), DOCKER_HOST: proxy.host }
      const run = await deploy(entries, { monitor }, env)
      expect(run.outputs.status).toBe('converged')
      return { started: await swarm.dockerStarts(), paths: proxy.requests.map(({ path }) => path) }
    }
    const first = await count('1s')
    const second = await count('6s')
    // One look at the CLI and one at the context, at most four kept connections, and for each service a rehearsal and
    // the change itself. A look needs none, and the second run looks more often than this.
    for (const { started } of [first, second]) expect(started).toBeLessThanOrEqual(2 + 4 + 2 * names.length)

    const { paths } = second
    // What was sent last is read once while the others are watched already.
    const sent = paths.findLastIndex((path) => path === '/services/create' || /^\/services\/many-\d$/.test(path))
    const watched = paths.slice(paths.indexOf('/tasks', sent), paths.lastIndexOf('/tasks'))
    const calls = groupBy(watched, (path) => path)
    // A connection that ends on a busy machine is made anew.
    const others = ['/events', '/_ping']
    expect([...calls.keys()].filter((path) => !others.includes(path)).toSorted()).toEqual([
      '/nodes',
      '/services',
      '/tasks',
    ])
    // One look is one call of each.
    const looks = calls.get('/tasks')?.length ?? 0
    expect(looks).toBeGreaterThan(6)
    for (const path of ['/nodes', '/services']) {
      expect(Math.abs((calls.get(path)?.length ?? 0) - looks)).toBeLessThanOrEqual(1)
    }
  })
})
