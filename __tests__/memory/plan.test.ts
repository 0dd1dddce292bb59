import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import type { Outlook, ServiceOutlook } from '../../src/plan/outlook.ts'
import { nameOf } from '../../src/report/plan-words.ts'
import { WRITE_LABEL } from '../../src/runner/own-labels.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm, withImage, withReplicas } from '../support/memory-swarm/memory-swarm.ts'
import { type RunOptions, runAction } from '../support/memory-swarm/run.ts'
import { liveIds, seeded, whatBecame, whatWasSaid } from '../support/plan-truth.ts'

beforeEach(stopTime)
afterEach(letTimeRun)

const IMAGES = {
  'hub.test/acme/web:1': {},
  'hub.test/acme/web:2': {},
  'hub.test/acme/web:bad': { ends: { afterSeconds: 0.2, exitCode: 3 } },
}

function spec(name: string, changed: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    Name: name,
    Mode: { Replicated: { Replicas: 3 } },
    UpdateConfig: { Parallelism: 0, Monitor: 1e9 },
    ...changed,
    TaskTemplate: { ContainerSpec: { Image: pin('hub.test/acme/web:1') }, ...changed.TaskTemplate },
  } as ServiceSpec
}

async function swarmWith(...specs: readonly ServiceSpec[]): Promise<MemorySwarm> {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  for (const one of specs) swarm.create(one)
  await pass(10)
  return swarm
}

type Inputs = Readonly<Record<string, string>>

/** A plan, which must have changed nothing. */
async function planned(swarm: MemorySwarm, inputs: Inputs, options: RunOptions = {}) {
  const before = everything(swarm)
  const calls = swarm.faults.calls.length
  const run = await runAction(swarm, { mode: 'plan', ...inputs }, options)
  expect(everything(swarm)).toEqual(before)
  const writes = swarm.faults.calls.slice(calls).filter(({ method, path }) => method !== 'GET' && path !== '/auth')
  expect(writes).toEqual([])
  return run
}

function everything(swarm: MemorySwarm): unknown {
  const paths = ['/services', '/tasks', '/secrets', '/configs', '/networks', '/nodes']
  return paths.map((path) => swarm.somebody('GET', path))
}

/** What a plan says, one line each. */
function told(outlook: Outlook | undefined): string[] {
  const services = (outlook?.services ?? []).map(({ name, action, tasks, changes, course }) => {
    const { replaced, added, removed } = tasks
    const counts = `~${replaced} +${added} -${removed}`
    return `${name} ${action} ${counts}: ${changes.map(nameOf).join(', ')}${course === undefined ? '' : ` | ${course}`}`
  })
  return [...services, ...(outlook?.objects ?? []).map(({ kind, name, action }) => `${kind} ${name} ${action}`)]
}

const entry = (more: object) => ({ services: JSON.stringify([{ name: 'web', ...more }]) })
const NEW = { image: 'hub.test/acme/web:2' }

describe('a plan says what a deploy would do, and changes nothing', () => {
  test.each<[string, Inputs, string[]]>([
    ['nothing', entry({ image: 'hub.test/acme/web:1' }), ['web unchanged ~0 +0 -0: ']],
    ['an image', entry(NEW), ['web update ~3 +0 -0: image']],
    ['replicas and a variable', entry({ replicas: 2, env: { A: '1' } }), ['web update ~2 +0 -1: replicas, env A']],
    ['a label', entry({ 'update-args': ['--label-add tier=a'] }), ['web update ~0 +0 -0: label tier']],
    [
      'recreate',
      entry({ ...NEW, strategy: 'recreate' }),
      ['web update ~3 +0 -0: image | all 3 tasks are stopped before the first new one starts: nothing runs in between'],
    ],
    [
      'a canary',
      entry({ ...NEW, strategy: 'canary', hold: '2m' }),
      ['web update ~3 +0 -0: image | 1 of its 3 tasks is replaced first, and the others when it has stayed up for 2 m'],
    ],
    [
      'blue-green',
      entry({ ...NEW, strategy: 'blue-green' }),
      [
        'web update ~0 +3 -3: image | web-blue is made beside web; it gets the traffic when all services are up and its tasks have come up, and web is removed 30 s later',
      ],
    ],
  ])('%s', async (_, inputs, lines) => {
    const swarm = await swarmWith(spec('web', { Labels: { 'traefik.enable': 'true' } }), spec('other'))
    expect(told((await planned(swarm, { ...inputs, lock: 'true' })).outlook)).toEqual(lines)
  })

  test('a service that is as asked, and whose tasks are on their way there', async () => {
    const swarm = await swarmWith(spec('web', { UpdateConfig: { Parallelism: 1, Delay: 60e9 } }))
    swarm.update('web', withImage(pin('hub.test/acme/web:2')))
    await pass(5)
    const { outlook } = await planned(swarm, entry(NEW))
    const note = expect.stringContaining('is still in progress, and leads to what is asked for')
    expect(outlook?.services).toMatchObject([{ action: 'unchanged', note }])
  })

  test('a service that is made, with all that it has, and nothing of what docker writes into every one', async () => {
    const swarm = await swarmWith()
    const made = { ...NEW, create: true, replicas: 2, env: { A: '1' }, 'create-args': '--label a=b' }
    const { outlook } = await planned(swarm, entry(made))
    const [service] = outlook?.services ?? []
    expect(service).toMatchObject({ action: 'create', tasks: { added: 2, before: 0, after: 2 } })
    expect(service?.changes.map(nameOf).toSorted()).toEqual(['env A', 'image', 'label a', 'replicas'])
  })

  test('a stack: what is made, what gets other labels, and what prune would remove', async () => {
    const swarm = await swarmWith()
    const compose = (tag: string, content: string, more = '') =>
      [
        'services:',
        `  web: {image: 'hub.test/acme/web:${tag}', secrets: [key], networks: [front]}`,
        `${more}secrets: {key: {content: '${content}'}}`,
        'networks: {front: {}}',
      ].join('\n')
    const first = compose('1', 'one', "  old: {image: 'hub.test/acme/web:1'}\n")
    const before = await planned(swarm, { stack: 'shop' }, { compose: first })
    expect(told(before.outlook).map((line) => line.replace(/:.*/, '').replace(/-[0-9a-f]{16}/, '-HASH'))).toEqual([
      'shop_web create ~0 +1 -0',
      'shop_old create ~0 +1 -0',
      'network shop_front create',
      'network shop_default create',
      'secret shop_key-HASH create',
    ])
    await runAction(swarm, { stack: 'shop', 'history-limit': '0' }, { compose: first })
    expect(told((await planned(swarm, { stack: 'shop' }, { compose: first })).outlook)).toEqual([
      'shop_web unchanged ~0 +0 -0: ',
      'shop_old unchanged ~0 +0 -0: ',
    ])
    const next = await planned(swarm, { stack: 'shop', prune: 'true' }, { compose: compose('2', 'two') })
    expect(told(next.outlook).map((line) => line.replace(/-[0-9a-f]{16}/, '-HASH'))).toEqual([
      'shop_web update ~1 +0 -0: image, secret key',
      'shop_old remove ~0 +0 -1: ',
      'secret shop_key-HASH create',
      'network shop_default remove',
    ])
  })

  test('the same errors as a deploy, and nothing is changed', async () => {
    const swarm = await swarmWith(spec('web'))
    const inputs = {
      services: JSON.stringify([
        { name: 'web', image: 'hub.test/acme/none:1' },
        { name: 'gone', replicas: 1 },
      ]),
    }
    const plan = await planned(swarm, inputs)
    const deploy = await runAction(swarm, inputs)
    expect(plan.problems).toHaveLength(2)
    expect(plan.problems).toEqual(deploy.problems)
  })

  test('an interim spec of a run that was killed stays, and the plan says why the service is sent', async () => {
    const swarm = await swarmWith(spec('web'))
    const inputs = entry({ ...NEW, strategy: 'recreate' })
    await runAction(swarm, inputs, { kill: { at: /POST .*update/ } })
    await pass(7 * 3600)
    const { outlook } = await planned(swarm, inputs)
    expect(outlook?.services).toMatchObject([{ reasons: ['an earlier deploy of it was killed half-way'] }])
  })

  test('a value is only shown where that was asked for', async () => {
    const swarm = await swarmWith(spec('web'))
    const inputs = entry({ env: { A: 'very-secret' } })
    expect((await planned(swarm, inputs)).log).not.toContain('very-secret')
    expect((await planned(swarm, { ...inputs, 'show-values': 'true' })).log).toContain('env A: – → very-secret')
  })
})

describe('what somebody has changed since our last deploy', () => {
  /** What a plan says of drift, one line each. */
  const drift = async (swarm: MemorySwarm, inputs: Inputs, options: RunOptions = {}) => {
    const { outlook } = await planned(swarm, inputs, options)
    return (outlook?.services ?? []).flatMap(({ name, action, drift }) =>
      drift === undefined
        ? []
        : [
            `${name} ${action} ${drift.how}`,
            ...drift.changes.map((one) => `${nameOf(one)} ${one.before} ${one.after} ${one.deploy}`),
          ],
    )
  }
  const env = (variable: string) => (spec: ServiceSpec) => {
    const { TaskTemplate: template } = spec
    return {
      ...spec,
      TaskTemplate: { ...template, ContainerSpec: { Image: '', ...template.ContainerSpec, Env: [variable] } },
    }
  }
  const asked = entry({ image: 'hub.test/acme/web:2', replicas: 2, create: true })

  const deployed = async () => {
    const swarm = await swarmWith()
    await runAction(swarm, asked)
    await pass(10)
    return swarm
  }

  test('is told field by field, with what a deploy does about it', async () => {
    const swarm = await deployed()
    expect(await drift(swarm, asked)).toEqual([])
    swarm.update('web', withReplicas(5))
    await pass(10)
    expect(await drift(swarm, asked)).toEqual(['web update changed', 'replicas 2 5 goes-back'])
    // What nobody asks for stays, and the service is not written to only because of it.
    swarm.update('web', (spec) => withReplicas(2)(env('A=hidden')(spec)))
    await pass(10)
    const { outlook, log } = await planned(swarm, asked)
    expect(outlook?.services).toMatchObject([
      { action: 'unchanged', drift: { how: 'changed', changes: [{ deploy: 'stays' }, { deploy: 'stays' }] } },
    ])
    expect(log).toContain('env A: – → (hidden) (stays)')
    expect(log).not.toContain('A=hidden')
    const before = swarm.service('web')
    await runAction(swarm, asked)
    expect(swarm.service('web')).toEqual(before)
  })

  test('a rollback by hand is one of our deploy, or of what somebody had done before', async () => {
    const swarm = await deployed()
    await runAction(swarm, entry({ env: { A: '1' } }))
    await pass(10)
    swarm.rollBack('web')
    await pass(10)
    expect(await drift(swarm, entry({ env: { A: '1' } }))).toEqual([
      'web update rolled-back',
      'env A 1 undefined goes-back',
    ])
    swarm.rollBack('web')
    await pass(10)
    expect(await drift(swarm, entry({ env: { A: '1' } }))).toEqual([])
    swarm.update('web', withReplicas(4))
    swarm.rollBack('web')
    await pass(10)
    expect(await drift(swarm, asked)).toEqual(['web unchanged restored'])
  })

  test('a deploy takes over what it leaves, and its way back is none', async () => {
    const swarm = await deployed()
    swarm.update('web', env('A=1'))
    await pass(10)
    await runAction(swarm, entry({ replicas: 3 }))
    await pass(10)
    expect(await drift(swarm, entry({ replicas: 3 }))).toEqual([])
    const bad = entry({ image: 'hub.test/acme/web:bad' })
    const { results } = await runAction(swarm, bad)
    expect(results).toMatchObject([{ outcome: 'rolled-back' }])
    await pass(10)
    expect(await drift(swarm, entry({ replicas: 3 }))).toEqual([])
  })

  test('a stack that docker has deployed by hand', async () => {
    const swarm = await swarmWith()
    const compose = (replicas: number) =>
      `services: {web: {image: 'hub.test/acme/web:1', deploy: {replicas: ${replicas}, labels: {team: a}}}}`
    await runAction(swarm, { stack: 'shop' }, { compose: compose(2) })
    await pass(10)
    // It sends all labels anew.
    swarm.update('shop_web', ({ Labels, ...spec }) => {
      const { [WRITE_LABEL]: _, ...others } = Labels ?? {}
      return { ...withReplicas(1)({ ...spec, Name: 'shop_web' }), Labels: others }
    })
    await pass(10)
    expect(await drift(swarm, { stack: 'shop' }, { compose: compose(2) })).toEqual([
      'shop_web update changed',
      'replicas 2 1 goes-back',
    ])
    expect(await drift(swarm, { stack: 'shop' }, { compose: compose(3) })).toEqual([
      'shop_web update changed',
      'replicas 2 1 changes',
    ])
  })

  test.each(['recreate', 'canary', 'blue-green'])('none of what %s writes', async (strategy) => {
    const swarm = await swarmWith(spec('web', { Labels: { 'traefik.enable': 'true' } }))
    const inputs = (tag: number) => entry({ image: `hub.test/acme/web:${tag}`, strategy, ...KEEP[strategy] })
    for (const tag of [2, 1, 2]) {
      const { results } = await runAction(swarm, inputs(tag))
      expect(results).toMatchObject([{ outcome: expect.stringMatching(/updated|created/) }])
      await pass(10)
      expect(await drift(swarm, inputs(tag))).toEqual([])
    }
    const live = swarm.services.find((name) => swarm.service(name)?.Spec.Labels?.['traefik.enable']) ?? ''
    swarm.update(live, withReplicas(5))
    await pass(10)
    expect(await drift(swarm, inputs(1))).toEqual(['web update changed', 'replicas 3 5 stays'])
  })
})

const KEEP: Readonly<Record<string, object>> = { 'blue-green': { 'keep-old': '1s' } }

/** How many inputs each of these makes, chosen by chance. */
function generated(random: (below: number) => number): Record<string, unknown> {
  const maybe = <T>(value: () => T) => (random(3) === 0 ? [value()] : [])
  const flags = [
    ...maybe(() => `--label-add tier=${random(3)}`),
    ...maybe(() => `--health-interval ${random(3) + 1}s`),
    ...maybe(() => `--replicas-max-per-node ${random(3) + 6}`),
    ...maybe(() => `--restart-delay ${random(3)}s`),
  ]
  return Object.assign(
    { name: 'web' },
    { image: `hub.test/acme/web:${random(4) === 0 ? 2 : 1}` },
    ...maybe(() => ({ replicas: random(5) })),
    ...maybe(() => ({ env: { [`V${random(2)}`]: String(random(3)) } })),
    ...maybe(() => ({ command: `serve ${random(3)}` })),
    ...maybe(() => ({ 'update-config': { parallelism: random(3) } })),
    ...maybe(() => ({ strategy: 'recreate' })),
    flags.length === 0 ? {} : { 'update-args': flags },
  )
}

const RUNS = 60

test.each([1, 2, 3])('a deploy after a plan does what the plan said (seed %d)', async (seed) => {
  const random = seeded(seed)
  const swarm = await swarmWith(spec('web'))
  const seen = new Set<string>()
  for (let run = 0; run < RUNS / 3; run++) {
    if (random(6) === 0) swarm.update('web', withReplicas(random(4) + 1))
    await pass(20)
    const inputs = { services: JSON.stringify([generated(random)]) }
    const { outlook, problems } = await planned(swarm, inputs)
    expect([inputs, problems]).toEqual([inputs, []])
    const [said] = (outlook?.services ?? []) as [ServiceOutlook]
    const before = liveIds(swarm.tasks('web'))
    const wanted = swarm.service('web')?.Spec
    const { results } = await runAction(swarm, inputs)
    await pass(20)
    const became = whatBecame(before, liveIds(swarm.tasks('web')))
    expect([inputs, said, results[0]?.action, became]).toEqual([inputs, said, said.action, whatWasSaid(said.tasks)])
    expect(said.action === 'unchanged').toBe(swarm.service('web')?.Spec === wanted || said.changes.length === 0)
    seen.add(JSON.stringify(became))
  }
  expect(seen.size).toBeGreaterThan(3)
})

test('a flag with a typo is told with the one that was meant', async () => {
  const swarm = await swarmWith()
  const services = JSON.stringify([
    { name: 'new', image: 'hub.test/acme/web:1', create: true, 'create-args': ['--lable=a=b', '--limit-memry=1g'] },
  ])
  const { log } = await planned(swarm, { services })
  expect(log).toContain('docker refuses it: unknown flag: --lable: did you mean `--label`?')
  expect(log).toContain('docker refuses it: unknown flag: --limit-memry: did you mean `--limit-memory`?')
})

test('flags of both lists that docker refuses are told in one run', async () => {
  const swarm = await swarmWith(spec('there'))
  const args = { 'create-args': ['--nonsense=1'], 'update-args': ['--more=1'] }
  const services = JSON.stringify([
    { name: 'there', image: 'hub.test/acme/web:1', ...args },
    { name: 'new', image: 'hub.test/acme/web:1', create: true, ...args },
  ])
  const { log } = await planned(swarm, { services })
  for (const name of ['there', 'new']) {
    expect(log).toContain(`service ${name}: \`create-args\`: docker refuses it: unknown flag: --nonsense`)
    expect(log).not.toContain('did you mean')
    expect(log).toContain(`service ${name}: \`update-args\`: docker refuses it: unknown flag: --more`)
  }
})
