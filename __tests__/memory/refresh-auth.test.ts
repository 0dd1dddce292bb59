import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import type { Fault, Strike } from '../support/memory-swarm/faults.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin, userIn } from '../support/memory-swarm/images.ts'
import { MemorySwarm, withImage, withReplicas } from '../support/memory-swarm/memory-swarm.ts'
import { cancel, runAction, runTogether } from '../support/memory-swarm/run.ts'

const IMAGE = 'hub.test/acme/web:1'
const OTHER = 'hub.test/acme/web:2'
const ALICE = '- {registry: hub.test, username: alice, password: alices-own-password}'
const BOB = '- {registry: hub.test, username: bob, password: bobs-own-password}'

/** Stands for a stop of the run. */
const STOP: Fault = { kind: 'meanwhile', act: () => undefined }

beforeEach(stopTime)
afterEach(letTimeRun)

/** A swarm whose services a deploy has made with the account of alice. */
async function swarmOf(names: readonly string[], replicas = 2, nodes = 2) {
  const images = { [IMAGE]: { readers: ['alice', 'bob'] }, [OTHER]: { readers: ['alice', 'bob'] } }
  const swarm = new MemorySwarm({ nodes: Array.from({ length: nodes }, () => ({})), images })
  const services = names.map((name) => ({ name, image: IMAGE, create: true, 'create-args': `--replicas ${replicas}` }))
  const { results } = await runAction(swarm, { services: JSON.stringify(services), registries: ALICE })
  expect(results.map(({ outcome }) => outcome)).toEqual(names.map(() => 'created'))
  swarm.faults.clear()
  return swarm
}

/** From now on only bob may read all there is. */
function revokeAlice(swarm: MemorySwarm): void {
  for (const image of [IMAGE, OTHER]) swarm.images.set(image, { readers: ['bob'] })
}

function refresh(swarm: MemorySwarm, inputs: Readonly<Record<string, string>>) {
  return runAction(swarm, { mode: 'refresh-auth', registries: BOB, ...inputs })
}

function storedUser(swarm: MemorySwarm, name: string) {
  const service = swarm.store.service(name)
  return [service?.current, service?.previous].map((spec) => userIn(spec?.credential))
}

const running = (swarm: MemorySwarm, name: string) =>
  swarm
    .tasks(name)
    .filter(({ Status, DesiredState }) => Status.State === 'running' && DesiredState === 'running')
    .map(({ ID }) => ID)
    .sort()

const writes = (swarm: MemorySwarm) =>
  swarm.faults.calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/update')).map(({ path }) => path)

function put(swarm: MemorySwarm, spec: Partial<ServiceSpec> & { readonly Name: string }, image = IMAGE): void {
  swarm.create({
    Mode: { Replicated: { Replicas: 1 } },
    TaskTemplate: { ContainerSpec: { Image: image } },
    ...spec,
  } as ServiceSpec)
}

/** As a registry takes it in both places. */
const TOKEN = `dop_v1_${'0a'.repeat(32)}`

test.each(['deploy', 'plan', 'refresh-auth'])(
  '%s: a token in the place of the name is in no label and nothing that is told',
  async (mode) => {
    const swarm = await swarmOf(['web'])
    swarm.images.set(OTHER, {})
    swarm.images.set(IMAGE, {})
    const registries = `- {registry: hub.test, username: ${TOKEN}, password: ${TOKEN}}`
    const services = mode === 'refresh-auth' ? 'web' : `web: ${OTHER}`
    const { log, results, outlook, renewals } = await runAction(swarm, { mode, services, registries })
    expect(log).toMatch(/refreshed|updated|planned/)
    const told = JSON.stringify([log, results, outlook?.services, renewals, swarm.service('web')?.Spec])
    expect(told).not.toContain(TOKEN)
  },
)

describe('the stored credential is renewed', () => {
  test('and no task restarts; the node that needs the image later pulls with the new one', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `s${index}`)
    const swarm = await swarmOf(names)
    const before = names.map((name) => running(swarm, name))
    revokeAlice(swarm)
    const { renewals = [], log } = await refresh(swarm, { services: 'all' })
    expect(renewals.map(({ name, outcome, tasks }) => [name, outcome, tasks.unchanged, tasks.changed])).toEqual(
      names.map((name) => [name, 'refreshed', 2, []]),
    )
    expect(log).toContain('refreshed: the credentials of 20 services stored, 40 tasks unchanged\n')
    expect(names.map((name) => running(swarm, name))).toEqual(before)
    // Also in the spec that `docker service rollback` would bring back.
    expect(names.map((name) => storedUser(swarm, name))).toEqual(names.map(() => ['bob', 'bob']))
    // All of one image and account: one look at the registry.
    expect(swarm.faults.calls.filter(({ path }) => path.startsWith('/distribution'))).toHaveLength(1)

    for (const node of swarm.store.nodes.values()) node.images.clear()
    swarm.update('s0', withReplicas(3))
    await pass(20)
    expect(running(swarm, 's0')).toHaveLength(3)
  })

  test('and what cannot pull with the old one comes up', async () => {
    const swarm = await swarmOf(['web', 'api'])
    revokeAlice(swarm)
    for (const node of swarm.store.nodes.values()) node.images.clear()
    swarm.update('web', withReplicas(4))
    await pass(20)
    const ran = running(swarm, 'web')
    expect(ran).toHaveLength(2)
    const { renewals = [] } = await refresh(swarm, { services: 'web' })
    expect(renewals).toMatchObject([
      { name: 'web', outcome: 'refreshed', tasks: { unchanged: 2, changed: [], running: 4, wanted: 4 } },
    ])
    expect(running(swarm, 'web')).toEqual(expect.arrayContaining(ran))
    expect(storedUser(swarm, 'api')).toEqual(['alice', undefined])
  })

  test('what still cannot pull is red, with what the node says', async () => {
    const swarm = await swarmOf(['web'], 1, 2)
    swarm.images.set(IMAGE, { readers: ['bob'], pullFailsOn: { n1: 0.2, n2: 0.2 } })
    for (const node of swarm.store.nodes.values()) node.images.clear()
    swarm.update('web', withReplicas(3))
    await pass(20)
    const { renewals = [], log } = await refresh(swarm, { services: 'web', timeout: '5m' })
    expect(renewals).toMatchObject([{ outcome: 'failed', tasks: { unchanged: 1, running: 1, wanted: 3 } }])
    expect(renewals[0]?.cause).toMatch(
      /^the credential is stored, and its task still cannot pull the image: it was rejected: No such image: \S+ on node n[12]$/,
    )
    expect(log).toContain('failed: the credentials of 1 service stored, 1 task unchanged, 1 not as asked\n')
  })

  test('a task that ends by itself meanwhile is told, and is no failure of the renewal', async () => {
    const swarm = await swarmOf(['web'])
    const [first] = swarm.store.tasksOf(swarm.store.service('web')?.id ?? '')
    const fails = () => {
      if (first !== undefined)
        swarm.store.writeTask(first, {
          state: 'failed',
          err: 'task: non-zero exit (3)',
          container: { id: 'c', exitCode: 3 },
        })
    }
    swarm.faults.add({ at: /^POST \/services\/.*\/update$/, fault: { kind: 'meanwhile', act: fails } })
    const { renewals = [], log } = await refresh(swarm, { services: 'web' })
    expect(renewals).toMatchObject([{ outcome: 'refreshed', tasks: { unchanged: 1 } }])
    expect(log).toContain('the credential is stored, 1 task unchanged; ')
    expect(renewals[0]?.note).toMatch(
      /^task \w+ on node n[12] failed with exit code 3 by itself, as it could at any time$/,
    )
  })
})

describe('what is left alone', () => {
  test('a credential that cannot pull is an error of that service, and nothing is written', async () => {
    const swarm = await swarmOf(['web', 'api'])
    swarm.images.set(IMAGE, { readers: ['alice'] })
    swarm.update('api', withImage(pin(OTHER)))
    await pass(20)
    swarm.faults.clear()
    const { renewals = [] } = await refresh(swarm, { services: 'web api' })
    expect(renewals).toMatchObject([
      { name: 'web', outcome: 'failed' },
      { name: 'api', outcome: 'refreshed' },
    ])
    expect(renewals[0]?.cause).toMatch(
      /^nothing is written: image hub\.test\/acme\/web:1@sha256:\w+ cannot be read from hub\.test as bob/,
    )
    expect(new Set(writes(swarm))).toEqual(new Set([`/services/${swarm.store.service('api')?.id}/update`]))
    expect(storedUser(swarm, 'web')[0]).toBe('alice')
  })

  test('a password that ends with the job, where the user wants none of these', async () => {
    const swarm = await swarmOf(['web'])
    swarm.images.set(IMAGE, { readers: ['alice', 'github-actions[bot]'] })
    const registries = '- {registry: hub.test, username: "github-actions[bot]", password: ghs_of-the-job-itself}'
    const refused = await refresh(swarm, { services: 'web', registries, 'on-short-lived': 'error' })
    expect(refused.problems).toEqual([
      expect.stringMatching(/^on-short-lived: .*ends with the job.* the image of web /),
    ])
    expect(writes(swarm)).toEqual([])
    const warned = await refresh(swarm, { services: 'web', registries })
    expect(warned.log).toMatch(/Warning: the password of github-actions\[bot\] .* ends with the job/)
    expect(warned.renewals).toMatchObject([{ outcome: 'refreshed', account: { before: 'alice', expires: 'job' } }])
  })

  test('jobs, updates that have not ended, and what no account serves', async () => {
    const swarm = await swarmOf(['moving', 'paused'])
    swarm.images.set('hub.test/acme/bad:1', { ends: { afterSeconds: 1, exitCode: 1 } })
    swarm.images.set('elsewhere.test/public:1', {})
    put(swarm, { Name: 'job', Mode: { ReplicatedJob: { TotalCompletions: 1 } } }, pin(IMAGE))
    put(swarm, { Name: 'public' }, 'elsewhere.test/public:1')
    swarm.update('paused', withImage('hub.test/acme/bad:1'))
    await pass(20)
    expect(swarm.service('paused')?.UpdateStatus?.State).toBe('paused')
    const slow = (spec: ServiceSpec) => ({
      ...withImage(pin(OTHER))(spec),
      UpdateConfig: { Parallelism: 1, Delay: 60e9 },
    })
    swarm.update('moving', slow)
    await pass(5)
    swarm.faults.clear()
    const all = await refresh(swarm, { services: 'all' })
    expect(all.renewals?.map(({ name, outcome, cause }) => [name, outcome, cause])).toEqual([
      ['moving', 'skipped', 'an update of it is in progress'],
      ['paused', 'skipped', 'its update is paused, and any write would have Swarm go on with it'],
      ['job', 'skipped', 'it is a job, which any write has run again'],
    ])
    expect(all.log).toContain('Warning: Not renewed this time, so run this again later:\n  moving: ')
    expect(all.log).toContain('unchanged: the credentials of 0 services stored, 3 skipped')
    // Whoever names a service expects that something is done.
    const named = await refresh(swarm, { services: 'public wbe' })
    expect(named.renewals?.map(({ name, outcome, cause }) => [name, outcome, cause])).toEqual([
      ['wbe', 'failed', 'it does not exist on this swarm: correct its name, or leave it out'],
      [
        'public',
        'failed',
        expect.stringContaining(
          'no account of this run serves its image elsewhere.test/public:1: add one for elsewhere.test to `registries`',
        ),
      ],
    ])
    expect(writes(swarm)).toEqual([])
  })

  test('a service that somebody else deploys at that moment is looked at again', async () => {
    const swarm = await swarmOf(['web'])
    const act = () => swarm.update('web', (spec) => ({ ...spec, Labels: { ...spec.Labels, who: 'else' } }))
    swarm.faults.add({ at: /^GET \/distribution/, fault: { kind: 'meanwhile', act } })
    const { renewals, log } = await refresh(swarm, { services: 'web' })
    expect(log).toContain('somebody else has changed it meanwhile: it is looked at again')
    expect(renewals).toMatchObject([{ outcome: 'refreshed', tasks: { unchanged: 2 } }])
    expect(swarm.service('web')?.Spec.Labels?.who).toBe('else')
    expect(storedUser(swarm, 'web')).toEqual(['bob', 'bob'])
  })

  test('one that somebody begins to update is left to them', async () => {
    const swarm = await swarmOf(['web'])
    const act = () =>
      swarm.update('web', (spec) => ({ ...withImage(pin(OTHER))(spec), UpdateConfig: { Delay: 60e9, Parallelism: 1 } }))
    swarm.faults.add({ at: /^GET \/services\/\w+$/, fault: { kind: 'meanwhile', act } })
    swarm.faults.add({ at: /^GET \/services\/\w+$/, from: 2, fault: { kind: 'stall', seconds: 1 } })
    const { renewals } = await refresh(swarm, { services: 'web' })
    expect(renewals).toMatchObject([{ outcome: 'skipped', cause: 'an update of it is in progress' }])
    expect(storedUser(swarm, 'web')[0]).toBe('alice')
  })

  test('one with which somebody else stores another credential right after is not called refreshed', async () => {
    const swarm = await swarmOf(['web'])
    const deploy = { services: `web: ${OTHER}`, registries: ALICE }
    const [, renewal] = await runTogether(swarm, [
      { inputs: deploy },
      { inputs: { mode: 'refresh-auth', registries: BOB, services: 'web' } },
    ])
    expect(storedUser(swarm, 'web')[0]).toBe('alice')
    expect(renewal?.renewals).toEqual([
      expect.objectContaining({
        outcome: 'skipped',
        cause: 'somebody else has stored the credential of alice with it meanwhile, which is left there',
      }),
    ])
    expect(renewal?.log).toContain('Not renewed this time, so run this again later')
  })

  test('tasks that the deploy of somebody else has replaced and brought back are not laid to Swarm', async () => {
    const swarm = await swarmOf(['web'])
    swarm.images.set('hub.test/acme/bad:1', { readers: ['bob'], ends: { afterSeconds: 1, exitCode: 1 } })
    revokeAlice(swarm)
    const deploy = { services: 'web: hub.test/acme/bad:1', registries: BOB }
    const [deployed, renewal] = await runTogether(swarm, [
      { inputs: deploy },
      { inputs: { mode: 'refresh-auth', registries: BOB, services: 'web' } },
    ])
    expect(deployed?.results).toMatchObject([{ outcome: 'rolled-back' }])
    expect(renewal?.renewals).toMatchObject([
      { outcome: 'refreshed', note: expect.stringContaining('was replaced by a change of somebody else') },
    ])
  })

  test.each<[string, Strike, string]>([
    [
      'a stop while the image is looked up',
      { at: /^GET \/distribution/, fault: STOP },
      'the run was stopped: nothing is written',
    ],
    [
      'a daemon that refuses the write',
      { at: /^POST .*update$/, fault: { kind: 'error', status: 400, message: 'no' } },
      'nothing is written: the docker daemon answered a request with 400: no',
    ],
    [
      'one that refuses the second write',
      { at: /^POST .*update$/, from: 2, fault: { kind: 'error', status: 400, message: 'no' } },
      'the credential is stored, and the spec that `docker service rollback` brings back may have the one before: the docker daemon answered a request with 400: no',
    ],
  ])('what is known of the writes is told after %s', async (_, strike, cause) => {
    const swarm = await swarmOf(['web'])
    const stop = new AbortController()
    const fault: Fault = strike.fault === STOP ? { kind: 'meanwhile', act: () => cancel(stop) } : strike.fault
    swarm.faults.add({ ...strike, fault })
    const inputs = { mode: 'refresh-auth', registries: BOB, services: 'web' }
    const { renewals } = await runAction(swarm, inputs, { stop })
    expect(renewals).toMatchObject([{ cause }])
    expect(storedUser(swarm, 'web')[0]).toBe(cause.startsWith('the credential') ? 'bob' : 'alice')
  })

  test('a leader that has not caught up yet is not taken for somebody else', async () => {
    const swarm = await swarmOf(['web'])
    swarm.faults.add({ at: /^GET \/services$/, from: 4, fault: { kind: 'out-of-date' } })
    const { renewals } = await refresh(swarm, { services: 'web' })
    expect(swarm.faults.calls.filter(({ path }) => path === '/services')).toHaveLength(4)
    expect(renewals).toMatchObject([{ outcome: 'refreshed', tasks: { unchanged: 2 } }])
  })

  test('the log names the account that is stored, and no other', async () => {
    const swarm = await swarmOf(['web'])
    const stored = 'stored-username: alice, stored-password: alices-own-password}'
    const { log } = await refresh(swarm, { services: 'web', registries: BOB.replace('}', `, ${stored}`) })
    expect(log).toContain('web: the credential of account alice of hub.test is stored\n')
  })

  test('a run that is stopped says what it has not done', async () => {
    const swarm = await swarmOf(['a', 'b'])
    const stop = new AbortController()
    swarm.faults.add({
      at: /^POST \/services\/.*\/update$/,
      when: 'after',
      fault: { kind: 'meanwhile', act: () => cancel(stop) },
    })
    const { renewals } = await runAction(
      swarm,
      { mode: 'refresh-auth', registries: BOB, services: 'a b', 'max-parallel': '1' },
      { stop },
    )
    expect(renewals).toMatchObject([
      { name: 'a', outcome: 'refreshed' },
      { name: 'b', outcome: 'cancelled', cause: 'the run was stopped before it was its turn' },
    ])
    expect(storedUser(swarm, 'b')[0]).toBe('alice')
  })
})

describe('which services', () => {
  const NAMESPACE = 'com.docker.stack.namespace'

  async function shop() {
    const swarm = await swarmOf(['web'])
    put(swarm, { Name: 'shop_a', Labels: { [NAMESPACE]: 'shop', tier: 'front' } }, pin(IMAGE))
    put(swarm, { Name: 'shop_b', Labels: { [NAMESPACE]: 'shop', tier: 'back' } }, pin(IMAGE))
    put(swarm, { Name: 'theirs', Labels: { 'swarm-deploy.auth.config': 'theirs' } }, pin(IMAGE))
    await pass(10)
    return swarm
  }

  test.each([
    ['all that an account serves', { services: 'all' }, ['web', 'shop_a', 'shop_b']],
    ['those of a stack', { stack: 'shop' }, ['shop_a', 'shop_b']],
    ['those with a label', { services: 'label=tier=front' }, ['shop_a']],
    ['those with a label of any value', { services: 'label=tier' }, ['shop_a', 'shop_b']],
    ['those with both labels', { services: `label=tier=back label=${NAMESPACE}=shop` }, ['shop_b']],
    ['those that are named, in a line', { services: 'web, shop_b' }, ['web', 'shop_b']],
    ['those that are named, in lines', { services: 'web\nshop_b' }, ['web', 'shop_b']],
    ['those of a list', { services: '- web\n- {name: shop_b}' }, ['web', 'shop_b']],
  ])('%s', async (_, inputs, names) => {
    const swarm = await shop()
    const { renewals = [] } = await refresh(swarm, inputs)
    expect(renewals.map(({ name, outcome }) => [name, outcome])).toEqual(names.map((name) => [name, 'refreshed']))
  })

  test.each([
    [{ stack: 'shpo' }, 'stack shpo has no service on this swarm: did you mean `shop`?'],
    [{ services: 'label=tire=front' }, 'services: no service of this swarm has label=tire=front: '],
    [{ services: 'label=tier=p&ss!' }, 'services: no service of this swarm has label=***: '],
    [
      { services: 'all', registries: '- {registry: other.test, username: bob, password: bobs-own-password}' },
      'services: no service of this swarm has an image that an account of this run serves: ',
    ],
  ])('that there is none is an error: %j', async (inputs, problem) => {
    const { problems } = await refresh(await shop(), inputs)
    expect(problems).toEqual([expect.stringContaining(problem)])
  })

  test('one that two entries mean is renewed once, with the account of the entry that has its very name', async () => {
    const swarm = await shop()
    put(swarm, { Name: 'web-blue', Labels: { 'swarm-deploy.blue-green': 'web' } }, pin(IMAGE))
    const registries = `${BOB.replace('}', ', config: ours}')}\n${ALICE.replace('}', ', config: theirs}')}`
    const services = '- {name: web, auth-config: ours}\n- {name: web-blue, auth-config: theirs}'
    const { renewals } = await refresh(swarm, { services, registries })
    expect(renewals?.map(({ name, account }) => [name, account?.username])).toEqual([
      ['web', 'bob'],
      ['web-blue', 'alice'],
    ])
  })

  test('a label of the containers chooses in a stack, as it does in a compose file', async () => {
    const swarm = await shop()
    const Labels = { 'gantry.auth.config': 'theirs' }
    for (const [Name, ofStack] of [
      ['shop_c', { [NAMESPACE]: 'shop' }],
      ['alone', {}],
    ] as const)
      put(swarm, { Name, Labels: ofStack, TaskTemplate: { ContainerSpec: { Image: pin(IMAGE), Labels } } })
    await pass(10)
    const config = JSON.stringify({
      auths: { 'hub.test': { auth: Buffer.from('alice:alices-own-password').toString('base64') } },
    })
    const { renewals } = await refresh(swarm, { services: 'shop_c alone', 'docker-config': `theirs: '${config}'` })
    expect(renewals?.map(({ name, account }) => [name, account?.username])).toEqual([
      ['shop_c', 'alice'],
      ['alone', 'bob'],
    ])
  })

  test('one of two accounts is chosen as for a deploy', async () => {
    const swarm = await shop()
    const registries = `${BOB.replace('}', ', config: ours}')}\n${ALICE.replace('}', ', config: theirs}')}`
    const equal = await refresh(swarm, { services: 'web theirs', registries })
    expect(equal.renewals).toMatchObject([
      { name: 'web', outcome: 'failed', cause: expect.stringContaining('equally well') },
      { name: 'theirs', outcome: 'refreshed', account: { username: 'alice', config: 'theirs' } },
    ])
    const said = await refresh(swarm, { services: '- {name: web, auth-config: ours}', registries })
    expect(said.renewals).toMatchObject([{ outcome: 'refreshed', account: { username: 'bob' } }])
  })
})

describe('accounts of docker configurations', () => {
  const configOf = (user: string) =>
    JSON.stringify({ auths: { 'hub.test': { auth: Buffer.from(`${user}:${user}s-own-password`).toString('base64') } } })
  const labelled = (name: string, config: string) => ({ Name: name, Labels: { 'gantry.auth.config': config } })

  test('are stored with all that they serve, though nothing else is given', async () => {
    const swarm = await swarmOf(['web', 'api'])
    revokeAlice(swarm)
    const inputs = { mode: 'refresh-auth', 'docker-config': configOf('bob'), services: 'all' }
    const { renewals = [] } = await runAction(swarm, inputs)
    expect(renewals.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['web', 'refreshed'],
      ['api', 'refreshed'],
    ])
    expect(storedUser(swarm, 'web')).toEqual(['bob', 'bob'])
  })

  test('are stored by their names with those that name them, and with no others', async () => {
    const swarm = await swarmOf(['web'])
    put(swarm, labelled('named', 'team-b'))
    put(swarm, labelled('of-others', '/root/.docker2'))
    revokeAlice(swarm)
    const inputs = { mode: 'refresh-auth', 'docker-config': `team-b: '${configOf('bob')}'`, services: 'all' }
    const { renewals = [], problems } = await runAction(swarm, inputs)
    expect(problems).toEqual([])
    expect(renewals.map(({ name, outcome }) => [name, outcome])).toEqual([['named', 'refreshed']])
    expect([storedUser(swarm, 'named')[0], storedUser(swarm, 'web')[0], storedUser(swarm, 'of-others')[0]]).toEqual([
      ...['bob', 'alice', undefined],
    ])
  })

  test('beside given ones serve whoever names them', async () => {
    const swarm = await swarmOf(['web'])
    put(swarm, labelled('named', 'team-a'))
    const inputs = { 'docker-config': `team-a: '${configOf('alice')}'`, services: 'all' }
    await refresh(swarm, inputs)
    expect([storedUser(swarm, 'named')[0], storedUser(swarm, 'web')[0]]).toEqual(['alice', 'bob'])
  })
})

describe('whatever breaks at any of its calls', () => {
  const FAULTS: readonly Fault[] = [
    { kind: 'connection-lost' },
    { kind: 'answer-lost' },
    { kind: 'election', as: 'lost-leader', done: true },
    { kind: 'election', as: 'deadline' },
    { kind: 'error', status: 500, message: 'rpc error: code = Unknown desc = update out of sequence' },
    { kind: 'garbage' },
  ]

  test.each(FAULTS)('%j: no task restarts, and what is called refreshed is', async (fault) => {
    const names = ['a', 'b', 'c']
    const whole = await swarmOf(names, 1)
    await refresh(whole, { services: 'all' })
    const count = whole.faults.calls.length
    expect(count).toBeGreaterThan(10)
    for (let at = 1; at <= count; at++) {
      const swarm = await swarmOf(names, 1)
      const before = names.map((name) => running(swarm, name))
      swarm.faults.add({ fault, at })
      const { renewals = [], isBug, problems, log } = await refresh(swarm, { services: 'all' })
      expect({ at, isBug, log }).toEqual({ at, isBug: false, log })
      expect(names.map((name) => running(swarm, name))).toEqual(before)
      expect(renewals.length + problems.length).toBeGreaterThan(0)
      for (const { name, outcome } of renewals) {
        if (outcome === 'refreshed') expect(storedUser(swarm, name)[0]).toBe('bob')
      }
    }
  })
})
