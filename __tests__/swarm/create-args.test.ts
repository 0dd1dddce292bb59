import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from '@jest/globals'
import { lineOf } from '../../lab/log-lines.ts'
import { exits } from '../../lab/program.ts'
import { scratchDirectory } from '../../lab/scratch.ts'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { changedParts } from '../../src/docker/specs/spec-comparison.ts'
import { CREATE_ARGS_LABEL } from '../../src/inputs/flags.ts'
import { withListNote } from '../../src/plan/list-note.ts'
import { describeSwarm, resultsOf } from '../support/swarm.ts'

let directory = ''
beforeAll(async () => {
  directory = scratchDirectory('create-args-')
  await writeFile(join(directory, 'one.env'), 'FROM_FILE=1\n')
  await writeFile(join(directory, 'two.env'), 'FROM_FILE=2\n')
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** A flag of `docker service create`, and the same with another value. */
type Flag = readonly [name: string, before: readonly string[], after: readonly string[]]

const flag = (name: string, before: string, after: string): Flag => [
  name,
  [`--${name}=${before}`],
  [`--${name}=${after}`],
]

/** Those that are known to every docker from 20.10 on. */
const flags = (): readonly Flag[] => [
  flag('label', 'team=a', 'team=b'),
  flag('container-label', 'team=a', 'team=b'),
  flag('env', 'A=1', 'A=2 3'),
  flag('env-file', join(directory, 'one.env'), join(directory, 'two.env')),
  flag('mount', 'type=tmpfs,target=/data', 'type=volume,source=data,target=/data'),
  flag('publish', '18101:80', '18102:80'),
  flag('network', 'name=front,alias=a', 'name=back,alias=b'),
  flag('host', 'db:10.0.0.1', 'db:10.0.0.2'),
  flag('dns', '10.0.0.1', '10.0.0.2'),
  flag('dns-search', 'a.test', 'b.test'),
  flag('dns-option', 'ndots:1', 'ndots:2'),
  flag('secret', 'one', 'source=two,target=one'),
  flag('config', 'one', 'source=two,target=/one'),
  flag('constraint', 'node.role==manager', 'node.role!=worker'),
  flag('placement-pref', 'spread=node.labels.a', 'spread=node.labels.b'),
  flag('replicas-max-per-node', '1', '2'),
  flag('limit-cpu', '0.5', '1'),
  flag('limit-memory', '32M', '64M'),
  flag('limit-pids', '100', '200'),
  flag('reserve-cpu', '0.1', '0.2'),
  flag('reserve-memory', '8M', '16M'),
  flag('generic-resource', 'gpu=1', 'gpu=2'),
  flag('restart-condition', 'none', 'any'),
  flag('restart-delay', '1s', '2s'),
  flag('restart-max-attempts', '1', '2'),
  flag('restart-window', '1s', '2s'),
  ...['update', 'rollback'].flatMap((phase) => [
    flag(`${phase}-parallelism`, '2', '0'),
    flag(`${phase}-delay`, '1s', '2s'),
    flag(`${phase}-failure-action`, 'continue', 'pause'),
    flag(`${phase}-max-failure-ratio`, '0.1', '0.2'),
    flag(`${phase}-monitor`, '1s', '2s'),
    flag(`${phase}-order`, 'start-first', 'stop-first'),
  ]),
  flag('stop-grace-period', '1s', '2s'),
  flag('stop-signal', 'SIGINT', 'SIGTERM'),
  flag('health-cmd', 'true', 'echo a b'),
  flag('health-interval', '1s', '2s'),
  flag('health-timeout', '1s', '2s'),
  flag('health-retries', '1', '2'),
  flag('health-start-period', '1s', '2s'),
  ['no-healthcheck', ['--no-healthcheck'], ['--health-cmd', 'true', '--health-retries', '2']],
  ['health check that is taken away', ['--health-cmd', 'true', '--health-retries', '2'], ['--no-healthcheck']],
  flag('hostname', 'one', '{{.Node.Hostname}}'),
  flag('user', '1000', '1001:1001'),
  flag('workdir', '/a', '/b'),
  flag('group', '1000', '1001'),
  ['entrypoint', ['--entrypoint', 'sh -c'], ['--entrypoint', '"sh" "-e c"']],
  flag('tty', 'true', 'false'),
  flag('read-only', 'true', 'false'),
  flag('init', 'true', 'false'),
  flag('isolation', 'default', 'process'),
  flag('cap-add', 'NET_ADMIN', 'SYS_TIME'),
  flag('cap-drop', 'NET_RAW', 'CHOWN'),
  ['cap-drop of what was added', ['--cap-add=NET_RAW'], ['--cap-drop=NET_RAW']],
  flag('sysctl', 'net.core.somaxconn=128', 'net.core.somaxconn=256'),
  flag('ulimit', 'nofile=100', 'nofile=200:300'),
  [
    'log-driver',
    ['--log-driver=json-file', '--log-opt=max-size=1m'],
    ['--log-driver=json-file', '--log-opt=max-size=2m'],
  ],
  flag('endpoint-mode', 'dnsrr', 'vip'),
  ['two labels of which one goes', ['--label=a=1', '--label=b=1'], ['--label=b=1']],
  [
    'several ports of a container',
    ['-p=18111:80', '-p=18112:80', '-p=18113:81'],
    ['-p=18111:80', '-p=18113:81', '-p=18114:80/udp'],
  ],
]

/** Their second value is what a service has without them. */
const AS_WITHOUT = ['endpoint-mode', 'init', 'read-only', 'tty']

/** Their second value is what docker sends of a policy beside its other flags: alone they make one, beside others none. */
const AS_BESIDE_OTHERS = [
  'restart-condition',
  'update-failure-action',
  'update-order',
  'rollback-failure-action',
  'rollback-order',
]

/** What a flag speaks of: no other that speaks of it can be beside it. */
function subjectsOf(flag: Flag): string[] {
  const names = namesOf(flag)
  const health = ['cmd', 'interval', 'timeout', 'retries', 'start-period'].map((one) => `health-${one}`)
  return names.includes('no-healthcheck') ? [...names, ...health] : names
}

/** The names under one of which a change of it is told. */
function namesOf([, before, after]: Flag): string[] {
  const told: Readonly<Record<string, string>> = { p: 'publish', 'env-file': 'env' }
  const names = [...before, ...after].flatMap((word) => /^--?([\w-]+)/.exec(word)?.[1] ?? [])
  return [...new Set(names.map((name) => told[name] ?? name))]
}

/** As many flags on one service as can be together: each docker command costs, and each flag is seen by its own name. */
function packed(flags: readonly Flag[]): Flag[][] {
  const ownPacks = [AS_WITHOUT, AS_BESIDE_OTHERS]
  const packs = ownPacks.map((names) => flags.filter(([what]) => names.includes(what)))
  for (const flag of flags.filter(([what]) => !ownPacks.flat().includes(what))) {
    const fits = packs
      .slice(ownPacks.length)
      .find((pack) => !pack.flatMap(subjectsOf).some((one) => subjectsOf(flag).includes(one)))
    if (fits === undefined) packs.push([flag])
    else fits.push(flag)
  }
  return packs
}

/** Two services cannot publish one port. */
const elsewhere = (digit: number, words: readonly string[]) =>
  words.map((word) => word.replace(/(?<==18)1(?=\d\d:)/, String(digit)))

/** The flags of the service are the list `create-args`, for as long as it lives. */
describeSwarm('create-args', { registries: { main: { accounts: { alice: { password: 'alice-pw' } } } } }, (swarm) => {
  const login = () => ({ registry: swarm.lab.registries.main.host, username: 'alice', password: 'alice-pw' })
  const image = (tag: string) => swarm.lab.image({ registry: 'main', repository: 'acme/app', tag, content: tag })
  const deploy = (services: unknown) => swarm.deploy({ ...login(), services: JSON.stringify(services), monitor: '1s' })

  /** By plain docker, as a user would who knows no action. */
  const create = (name: string, words: readonly string[]) =>
    swarm.lab.docker(['service', 'create', '--detach', '--quiet', '--no-resolve-image', '--name', name, ...words])

  /** Which parts of two services differ, beside their names and the note of the flags. */
  const differing = async (one: string, other: string) => {
    const [a, b] = await Promise.all([swarm.service(one), swarm.service(other)])
    const plain = ({ Spec }: { Spec: ServiceSpec }) => {
      const text = JSON.stringify(withListNote({ ...Spec, Name: '' }, []))
      return JSON.parse(text.replace(/(?<="PublishedPort":18)\d/g, '1')) as ServiceSpec
    }
    return changedParts(plain(a), plain(b))
  }

  swarm.beside('each flag: made, as asked, changed, taken over and taken away', async () => {
    const v1 = await image('v1')
    const pinned = `${v1.reference}@${v1.digest}`
    for (const network of ['front', 'back']) await swarm.lab.docker(['network', 'create', '-d', 'overlay', network])
    for (const kind of ['secret', 'config'])
      for (const name of ['one', 'two']) await swarm.lab.docker([kind, 'create', name, join(directory, `${name}.env`)])

    const all = packed(flags()).map((pack, index) => ({
      name: `flags-${index}`,
      before: pack.flatMap(([, words]) => words),
      after: pack.flatMap(([, , words]) => words),
      flags: pack.map(namesOf),
    }))
    expect(all.flatMap(({ before }) => before).length).toBeGreaterThan(60)
    const entries = (prefix: string, args: (one: (typeof all)[number]) => readonly string[]) =>
      all.map((one) => ({
        name: `${prefix}${one.name}`,
        image: v1.reference,
        create: true,
        replicas: '0',
        'create-args': args(one),
      }))
    /** The outcome of each service, and the flags that its line in the log does not name. */
    const deployed = async (services: ReturnType<typeof entries>) => {
      const run = await deploy(services)
      const errors = run.log.split('\n').filter((line) => line.startsWith('error'))
      expect(errors).toEqual([])
      const outcomes = resultsOf(run).map(({ outcome }: { outcome: string }) => outcome)
      const unnamed = all.map(({ name, flags: wanted }) => {
        const line = new RegExp(`${name}: +update \\((.*)\\)`).exec(run.log)?.[1] ?? ''
        return wanted.filter((names) => !names.some((flag) => new RegExp(`(?:^|; )--${flag}(?: |;|$)`).test(line)))
      })
      return { outcomes, unnamed }
    }
    const each = (outcome: string) => all.map(() => outcome)
    const compared = async (prefix: string) =>
      Promise.all(all.map(({ name }) => differing(name, prefix === 'bare' ? prefix : `${prefix}${name}`)))
    const same = all.map(() => [])

    // Made, and made again.
    const before = entries('', (one) => one.before)
    expect((await deployed(before)).outcomes).toEqual(each('created'))
    expect((await deployed(before)).outcomes).toEqual(each('unchanged'))

    // By plain docker before: nothing to do.
    for (const { name, before: words } of all)
      await create(`old-${name}`, ['--replicas=0', ...elsewhere(2, words), pinned])
    expect(await compared('old-')).toEqual(same)
    const old = entries('old-', (one) => elsewhere(2, one.before))
    expect((await deployed(old)).outcomes).toEqual(each('unchanged'))

    // Changed: as plain docker makes it by the new flags, and each of them was seen.
    const after = entries('', (one) => one.after)
    expect(await deployed(after)).toEqual({ outcomes: each('updated'), unnamed: same })
    expect((await deployed(after)).outcomes).toEqual(each('unchanged'))
    for (const { name, after: words } of all)
      await create(`new-${name}`, ['--replicas=0', ...elsewhere(3, words), pinned])
    expect(await compared('new-')).toEqual(same)

    // Taken away: as without any flag.
    await create('bare', ['--replicas=0', pinned])
    const none = entries('', () => [])
    const gone = await deployed(none)
    expect(gone.outcomes).toEqual(['unchanged', ...each('updated').slice(1)])
    expect(gone.unnamed.slice(2)).toEqual(same.slice(2))
    expect(await compared('bare')).toEqual(same)
    expect((await deployed(none)).outcomes).toEqual(each('unchanged'))
  })

  swarm.beside('what no flag names stays, and so does all of it without the list', async () => {
    const [v1, v2] = [await image('v1'), await image('v2')]
    const args = ['--label=team=a', '--stop-grace-period=0s', '--env=A=1', '--limit-memory=32M', '--update-delay=1s']
    const service = { name: 'kept', image: v1.reference, create: true, replicas: '0', 'create-args': args }
    await deploy([service])
    const byHand = ['--label-add=owner=me', '--env-add=B=2', '--limit-cpu=0.5', '--update-order=start-first']
    await swarm.lab.docker(['service', 'update', '--detach', '--quiet', ...byHand, 'kept'])
    const { Version } = await swarm.service('kept')

    expect((await deploy([service])).outputs.status).toBe('unchanged')
    expect((await swarm.service('kept')).Version).toEqual(Version)

    const changed = await deploy([{ ...service, 'create-args': ['--label=team=b', ...args.slice(1)] }])
    expect(changed.log).toMatch(lineOf('kept', 'update (--label team)'))
    await deploy({ kept: v2.reference })
    const { Spec } = await swarm.service('kept')
    expect(Spec.Labels).toMatchObject({ team: 'b', owner: 'me' })
    expect(Spec.TaskTemplate.ContainerSpec?.Env?.toSorted()).toEqual(['A=1', 'B=2'])
    expect(Spec.TaskTemplate.Resources).toMatchObject({ Limits: { MemoryBytes: 32 * 1024 * 1024, NanoCPUs: 5e8 } })
    expect(Spec.UpdateConfig).toMatchObject({ Delay: 1e9, Order: 'start-first' })
    expect(Spec.Labels?.[CREATE_ARGS_LABEL]).toContain('--limit-memory')

    const less = await deploy([{ name: 'kept', 'create-args': ['--label=team=b', '--stop-grace-period=0s'] }])
    expect(less.log).toMatch(lineOf('kept', 'update (--update-delay; --limit-memory; --env A)'))
    const after = await swarm.service('kept')
    expect(after.Spec.TaskTemplate.ContainerSpec?.Env).toEqual(['B=2'])
    expect(after.Spec.UpdateConfig).toMatchObject({ Order: 'start-first', Parallelism: 1 })
  })

  swarm.beside('the number of tasks, of services and of jobs', async () => {
    const v1 = await image('v1')
    const job = await swarm.lab.image({
      registry: 'main',
      repository: 'acme/job',
      tag: 'v1',
      content: 'j',
      ...exits(0),
    })
    const services = (replicas: string, concurrent: string) => [
      { name: 'scaled', image: v1.reference, create: true, 'create-args': `--replicas ${replicas}` },
      { name: 'everywhere', image: v1.reference, create: true, 'create-args': '--mode global --stop-grace-period 1s' },
      {
        name: 'job',
        image: job.reference,
        create: true,
        'create-args': `--mode replicated-job --replicas ${replicas} --max-concurrent ${concurrent}`,
      },
    ]
    const outcomes = async (list: unknown) =>
      resultsOf(await deploy(list)).map((one: { outcome: string }) => one.outcome)
    expect(await outcomes(services('1', '1'))).toEqual(['created', 'created', 'created'])
    expect(await outcomes(services('1', '1'))).toEqual(['unchanged', 'unchanged', 'unchanged'])
    expect(await outcomes(services('2', '2'))).toEqual(['updated', 'unchanged', 'updated'])
    expect(await outcomes(services('2', '2'))).toEqual(['unchanged', 'unchanged', 'unchanged'])
    expect((await swarm.service('scaled')).Spec.Mode).toEqual({ Replicated: { Replicas: 2 } })
    // Who leaves the number out leaves it to others.
    expect(await outcomes([{ name: 'scaled', 'create-args': '--label a=b' }])).toEqual(['updated'])
    expect((await swarm.service('scaled')).Spec.Mode).toEqual({ Replicated: { Replicas: 2 } })
  })

  swarm.beside('update-args count on top, also for a service that is made', async () => {
    const v1 = await image('v1')
    const service = {
      name: 'both',
      image: v1.reference,
      create: true,
      replicas: '0',
      'create-args': '--label a=1 --env A=1',
      'update-args': '--label-add b=2 --label-rm c --env-add B=2 --force',
    }
    await deploy([service])
    const made = await swarm.service('both')
    expect(made.Spec.Labels).toMatchObject({ a: '1', b: '2' })
    expect(made.Spec.TaskTemplate.ContainerSpec?.Env?.toSorted()).toEqual(['A=1', 'B=2'])

    const withoutForce = { ...service, 'update-args': '--label-add b=2 --label-rm c --env-add B=2' }
    expect((await deploy([withoutForce])).outputs.status).toBe('unchanged')
    expect(await swarm.service('both')).toEqual(made)
  })

  swarm.beside("the container's own words", async () => {
    const v1 = await image('v1')
    const service = (command: unknown) => ({
      name: 'words',
      image: v1.reference,
      create: true,
      replicas: '0',
      command,
      'create-args': '--stop-grace-period 0s',
    })
    const args = async () => (await swarm.service('words')).Spec.TaskTemplate.ContainerSpec?.Args
    await deploy([service("sleep '60' # a minute")])
    expect(await args()).toEqual(['sleep', '60'])
    expect((await deploy([service(['sleep', '60'])])).outputs.status).toBe('unchanged')
    const changed = await deploy([service(['sh', '-c', 'sleep 70; echo "$A" | cat'])])
    expect(changed.log).toMatch(lineOf('words', 'update (command)'))
    expect(await args()).toEqual(['sh', '-c', 'sleep 70; echo "$A" | cat'])
    await deploy({ words: (await image('v2')).reference })
    expect(await args()).toHaveLength(3)
    await deploy([service([])])
    expect(await args()).toBeUndefined()
    expect((await deploy([service('')])).outputs.status).toBe('unchanged')
  })

  swarm.beside('a flag that docker does not know is told with its service and its list', async () => {
    const v1 = await image('v1')
    await deploy([{ name: 'there', image: v1.reference, create: true, replicas: '0' }])
    const run = await deploy([
      { name: 'there', 'create-args': ['--nonsense=1'] },
      { name: 'new', image: v1.reference, create: true, 'create-args': '--label a=b', 'update-args': '--more=1' },
    ])
    expect(run.main.code).toBe(1)
    expect(run.log).toContain('service there: `create-args`: docker refuses it: unknown flag: --nonsense')
    expect(run.log).toContain('service new: `update-args`: docker refuses it: unknown flag: --more')
  })
})
