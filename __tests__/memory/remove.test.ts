import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { REMOVE_VOLUMES_SCRIPT } from '../../src/removal/volumes.ts'
import type { Fault } from '../support/memory-swarm/faults.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import type { Image } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { cancel, runAction, runTogether } from '../support/memory-swarm/run.ts'

const IMAGE = 'hub.test/acme/web:1'
const SLOW = 'hub.test/acme/slow:1'
const NAMESPACE = 'com.docker.stack.namespace'

const COMPOSE = `services:
  web: {image: '${IMAGE}', networks: [front], secrets: [key]}
  api: {image: '${IMAGE}', networks: [front, back], configs: [conf]}
networks: {front: {}, back: {}}
secrets: {key: {content: 'the-very-secret'}}
configs: {conf: {content: 'a: b'}}
`

beforeEach(stopTime)
afterEach(letTimeRun)

const newSwarm = (nodes = 2) =>
  new MemorySwarm({
    nodes: Array.from({ length: nodes }, () => ({})),
    images: { [IMAGE]: {}, [SLOW]: { stopSeconds: 9 } },
  })

const deploy = (swarm: MemorySwarm, stack: string) => runAction(swarm, { stack }, { compose: COMPOSE })

const remove = (swarm: MemorySwarm, inputs: Readonly<Record<string, string>>, options = {}) =>
  runAction(swarm, { mode: 'remove', ...inputs }, options)

function put(swarm: MemorySwarm, spec: Partial<ServiceSpec> & { readonly Name: string }, image = IMAGE): void {
  swarm.create({
    Mode: { Replicated: { Replicas: 1 } },
    TaskTemplate: { ContainerSpec: { Image: image } },
    ...spec,
  } as ServiceSpec)
}

const names = (swarm: MemorySwarm, kind: 'networks' | 'secrets' | 'configs') =>
  [...swarm.store.objects[kind].values()]
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('swarm-deploy.record.'))
    .sort()

const idOf = (swarm: MemorySwarm, network: string) => swarm.store.object('networks', network)?.id ?? ''

const onNetwork = (swarm: MemorySwarm, network: string, image = IMAGE): Pick<ServiceSpec, 'TaskTemplate'> => ({
  TaskTemplate: { ContainerSpec: { Image: image }, Networks: [{ Target: idOf(swarm, network) }] },
})

test('services and what they had go in the order of names, whatever that of the daemon is', async () => {
  const swarm = newSwarm()
  const labels = { Labels: { [NAMESPACE]: 'shop' } }
  for (const name of ['shop_web', 'shop_api', 'shop_db']) put(swarm, { Name: name, ...labels })
  for (const Name of ['shop_z', 'shop_a']) swarm.somebody('POST', '/configs/create', { Name, ...labels, Data: '' })
  await pass(5)
  const run = await remove(swarm, { stack: 'shop', 'max-parallel': '1' })
  expect(run.removed?.map(({ name }) => name)).toEqual(['shop_api', 'shop_db', 'shop_web', 'shop_a', 'shop_z'])
})

const changes = (swarm: MemorySwarm) =>
  swarm.faults.calls.filter(({ method, path }) => method === 'DELETE' || /(?:create|update)$/.test(path))

const outcomes = (run: Awaited<ReturnType<typeof remove>>) =>
  run.removed?.map(({ kind, name, outcome }) => `${kind} ${name.replace(/-[0-9a-f]{16}$/, '')} ${outcome}`)

describe('a stack', () => {
  test('goes with its networks, secrets and configs, and those of others stay', async () => {
    const swarm = newSwarm()
    for (const stack of ['pr-1', 'pr-12', 'pr']) await deploy(swarm, stack)
    const run = await remove(swarm, { stack: 'pr-1' })
    expect(outcomes(run)).toEqual([
      'service pr-1_api removed',
      'service pr-1_web removed',
      'secret pr-1_key removed',
      'config pr-1_conf removed',
      'network pr-1_back removed',
      'network pr-1_front removed',
      'record of earlier deploys removed',
    ])
    expect(run.isRed).toBe(false)
    expect(swarm.services).toEqual(['pr-12_api', 'pr-12_web', 'pr_api', 'pr_web'])
    expect(names(swarm, 'networks')).toEqual(['pr-12_back', 'pr-12_front', 'pr_back', 'pr_front'])
    expect([names(swarm, 'secrets').length, names(swarm, 'configs').length]).toEqual([2, 2])
    expect(run.log).toContain('removed: 2 services, 2 networks, 1 secret, 1 config and 1 record of stack pr-1\n')
  })

  test('is listed before anything of it goes', async () => {
    const swarm = newSwarm()
    await deploy(swarm, 'shop')
    const { log } = await remove(swarm, { stack: 'shop' })
    const listed = log.slice(log.indexOf('== What is removed'), log.indexOf('== Remove\n'))
    expect(listed).toMatch(
      /^== What is removed\nservice shop_api \(hub\.test\/acme\/web:1@sha256:\w{12}…\)\nservice shop_web/,
    )
    expect(listed).toMatch(
      /secret shop_key-\w+\nconfig shop_conf-\w+\nnetwork shop_back\nnetwork shop_front\n1 record of earlier deploys\n$/,
    )
  })

  test('with `dry-run` it is only listed, and no lock is taken', async () => {
    const swarm = newSwarm()
    await deploy(swarm, 'shop')
    swarm.faults.clear()
    const run = await remove(swarm, { stack: 'shop', 'dry-run': 'true', lock: 'true' })
    expect(changes(swarm)).toEqual([])
    expect(swarm.services).toEqual(['shop_api', 'shop_web'])
    expect(new Set(run.removed?.map(({ outcome }) => outcome))).toEqual(new Set(['planned']))
    expect(run.log).toContain(
      'planned: 2 services, 2 networks, 1 secret, 1 config and 1 record of stack shop would be removed; ',
    )
  })

  test('is gone when the run ends: a deploy of its name works at once, again and again', async () => {
    const swarm = newSwarm()
    for (let time = 1; time <= 3; time++) {
      expect((await deploy(swarm, 'shop')).results.map(({ outcome }) => outcome)).toEqual(['created', 'created'])
      const run = await remove(swarm, { stack: 'shop' })
      expect(run.isRed).toBe(false)
      expect([...swarm.store.tasks.values()]).toEqual([])
      expect(swarm.services).toEqual([])
    }
  })

  test('waits for containers that take their time to end, and says how many', async () => {
    const swarm = newSwarm()
    put(swarm, { Name: 'shop_slow', Labels: { [NAMESPACE]: 'shop' } }, SLOW)
    await pass(5)
    const run = await remove(swarm, { stack: 'shop' })
    expect(run.seconds).toBeGreaterThan(9)
    expect(run.log).toContain('1 task has not ended yet\n')
    expect(run.results).toMatchObject([
      { name: 'shop_slow', outcome: 'removed', image: { before: SLOW, after: undefined } },
    ])
    expect([...swarm.store.tasks.values()]).toEqual([])
  })

  test('what does not end in time is told with its node, and the rest goes all the same', async () => {
    const swarm = newSwarm(1)
    await deploy(swarm, 'shop')
    put(swarm, { Name: 'shop_slow', Labels: { [NAMESPACE]: 'shop' }, ...onNetwork(swarm, 'shop_front', SLOW) })
    await pass(5)
    const run = await remove(swarm, { stack: 'shop', timeout: '4s' })
    expect(run.isRed).toBe(true)
    expect(run.removed?.filter(({ outcome }) => outcome !== 'removed')).toEqual([
      expect.objectContaining({
        name: 'shop_slow',
        outcome: 'timed-out',
        cause: expect.stringMatching(/^it is removed, and after 4(?:\.\d)? s 1 task of it has not ended yet on n1$/),
      }),
    ])
    expect(run.log).toMatch(/timed-out: 2 services, .*; 1 service not as asked\n$/)
    expect(names(swarm, 'networks')).toEqual([])
  })

  test('and of one that is all there is to remove it is not said that there was nothing', async () => {
    const swarm = newSwarm(1)
    put(swarm, { Name: 'slow', TaskTemplate: { ContainerSpec: { Image: SLOW } } })
    await pass(5)
    const run = await remove(swarm, { services: 'slow', timeout: '4s' })
    expect(run.log).toMatch(/timed-out: 1 service: slow not as asked\n$/)
  })

  test('a task on a node that is down is not waited for, and is told', async () => {
    const swarm = newSwarm()
    put(swarm, { Name: 'shop_web', Labels: { [NAMESPACE]: 'shop' }, Mode: { Global: {} } })
    await pass(5)
    swarm.setNode('n2', { state: 'down' })
    await pass(1)
    const run = await remove(swarm, { stack: 'shop' })
    expect(run.removed).toEqual([
      expect.objectContaining({
        outcome: 'removed',
        cause: 'its task on n2, which the swarm does not reach, may run on until the swarm does',
      }),
    ])
    expect(run.seconds).toBeLessThan(20)
    expect(run.isRed).toBe(false)
  })

  test.each([
    ['uses it', false, 'used by other'],
    ['would need it after a rollback', true, 'a rollback of other would need it'],
  ])('a network that a service of others %s stays, and is named', async (_, isPast, why) => {
    const swarm = newSwarm()
    await deploy(swarm, 'shop')
    put(swarm, { Name: 'other', ...onNetwork(swarm, 'shop_front') })
    await pass(5)
    if (isPast) swarm.update('other', (spec) => ({ ...spec, TaskTemplate: { ContainerSpec: { Image: IMAGE } } }))
    const run = await remove(swarm, { stack: 'shop' })
    expect(names(swarm, 'networks')).toEqual(['shop_front'])
    expect(run.isRed).toBe(false)
    expect(run.log).toContain(`stays: network shop_front, ${why}\n`)
    expect(run.log).toContain(`Warning: network shop_front stays: ${why}\n`)
    expect(run.log).toMatch(/removed: 2 services, 1 network, .* of stack shop; 1 network in use by others\n$/)
    // Once nobody needs it, the same run takes it away.
    swarm.remove('other')
    await pass(5)
    expect(outcomes(await remove(swarm, { stack: 'shop' }))).toEqual(['network shop_front removed'])
    expect(names(swarm, 'networks')).toEqual([])
  })

  test('a network that a container of somebody is on stays, in the words of the daemon', async () => {
    const swarm = newSwarm()
    await deploy(swarm, 'shop')
    const message = `rpc error: code = FailedPrecondition desc = network ${idOf(swarm, 'shop_back')} is in use by task abc`
    swarm.faults.add({
      at: new RegExp(`^DELETE /networks/${idOf(swarm, 'shop_back')}`),
      times: 1000,
      fault: { kind: 'error', status: 400, message },
    })
    const run = await remove(swarm, { stack: 'shop' })
    expect(outcomes(run)).toContain('network shop_back kept')
    expect(run.isRed).toBe(false)
  })

  test('what docker refuses to remove is a failure with its words', async () => {
    const swarm = newSwarm()
    await deploy(swarm, 'shop')
    const web = swarm.service('shop_web')?.ID
    swarm.faults.add({
      at: new RegExp(`^DELETE /services/${web}`),
      fault: { kind: 'error', status: 403, message: 'no' },
    })
    const run = await remove(swarm, { stack: 'shop' })
    expect(run.isRed).toBe(true)
    expect(run.results).toMatchObject([
      { name: 'shop_api', outcome: 'removed' },
      { name: 'shop_web', outcome: 'failed', cause: expect.stringMatching(/^docker refused to remove it: .*no$/) },
    ])
    // What it uses stays with it.
    expect(names(swarm, 'networks')).toEqual(['shop_front'])
    expect(names(swarm, 'secrets')).toHaveLength(1)
    expect(run.log).toContain('used by shop_web')
  })

  test('a service that a manager does not find, and that is there, is removed all the same', async () => {
    const swarm = newSwarm()
    for (const key of ['web', 'api']) {
      put(swarm, { Name: `shop_${key}`, Labels: { [NAMESPACE]: 'shop' }, Mode: { Replicated: { Replicas: 0 } } })
    }
    swarm.faults.add({
      at: /^DELETE \/services/,
      fault: { kind: 'error', status: 404, message: 'service not found' },
    })
    const run = await remove(swarm, { stack: 'shop' })
    expect(outcomes(run)).toEqual(['service shop_api removed', 'service shop_web removed'])
    expect(swarm.services).toEqual([])
  })

  test('a network that the manager does not let go of at once is waited for', async () => {
    const swarm = newSwarm()
    await deploy(swarm, 'shop')
    const network = swarm.store.object('networks', 'shop_back')
    swarm.faults.add({
      at: new RegExp(`^DELETE /networks/${network?.id}`),
      when: 'after',
      fault: {
        kind: 'meanwhile',
        act: () => {
          if (network !== undefined) swarm.store.leave(network)
          setTimeout(() => swarm.store.release('shop_back'), 7000)
        },
      },
    })
    const run = await remove(swarm, { stack: 'shop' })
    expect([...swarm.store.leftovers]).toEqual([])
    expect(run.seconds).toBeGreaterThan(7)
  })
})

describe('services', () => {
  test('go by their names alone: never one whose name only begins so', async () => {
    const swarm = newSwarm()
    for (const Name of ['web', 'web2', 'web-api', 'api']) put(swarm, { Name })
    await pass(5)
    const run = await remove(swarm, { services: 'web, api' })
    expect(outcomes(run)).toEqual(['service web removed', 'service api removed'])
    expect(swarm.services).toEqual(['web-api', 'web2'])
    expect(run.log).toContain('removed: 2 services: web, api\n')
  })

  test('a blue-green service is both of its two', async () => {
    const swarm = newSwarm()
    for (const Name of ['web-blue', 'web-green']) put(swarm, { Name, Labels: { 'swarm-deploy.blue-green': 'web' } })
    put(swarm, { Name: 'web-red' })
    await pass(5)
    const half = await remove(swarm, { services: 'web-green' })
    expect(half.problems).toEqual([
      'services: web-green is one of the two services of the blue-green service web: write `web`, which removes both',
    ])
    const run = await remove(swarm, { services: 'web' })
    expect(outcomes(run)).toEqual(['service web-blue removed', 'service web-green removed'])
    expect(swarm.services).toEqual(['web-red'])
  })

  test('one with a copy of the labels of a blue-green service is none of its two', async () => {
    const swarm = newSwarm()
    for (const Name of ['web-blue', 'db']) put(swarm, { Name, Labels: { 'swarm-deploy.blue-green': 'web' } })
    await pass(5)
    expect(outcomes(await remove(swarm, { services: 'web' }))).toEqual(['service web-blue removed'])
    expect(outcomes(await remove(swarm, { services: 'db' }))).toEqual(['service db removed'])
  })

  describe('with secrets that were made for them', () => {
    const attach = (swarm: MemorySwarm, name: string, content: string) =>
      runAction(swarm, {
        services: `[{name: ${name}, image: '${IMAGE}', create: true, secrets: [{name: key, content: '${content}'}]}]`,
      })

    test('what a record of another service needs stays, and goes with the last', async () => {
      const swarm = newSwarm()
      await attach(swarm, 'web', 'the-first-one')
      for (const content of ['the-first-one', 'the-second-one', 'the-third-one']) await attach(swarm, 'api', content)
      expect(names(swarm, 'secrets')).toHaveLength(3)
      const run = await remove(swarm, { services: 'web' })
      expect(outcomes(run)).toEqual(['service web removed', 'secret key kept', 'record of earlier deploys removed'])
      expect(run.log).toContain(' stays: a record of service api needs it\n')
      expect(run.isRed).toBe(false)
      // Also the versions that only its records need.
      expect(outcomes(await remove(swarm, { services: 'api' }))).toEqual([
        'service api removed',
        ...['secret key removed', 'secret key removed', 'secret key removed'],
        'record of earlier deploys removed',
      ])
      expect([...swarm.store.objects.configs.values()]).toEqual([])
    })

    test('a service that is gone already leaves none of them, and no record', async () => {
      const swarm = newSwarm()
      await attach(swarm, 'web', 'the-first-one')
      await attach(swarm, 'web', 'the-second-one')
      await remove(swarm, { services: 'web' }, { kill: { at: /^DELETE \/services/ } })
      expect([swarm.services, names(swarm, 'secrets').length]).toEqual([[], 2])
      const run = await remove(swarm, { services: 'web', 'if-exists': 'true' })
      expect(outcomes(run)).toEqual(['secret key removed', 'secret key removed', 'record of earlier deploys removed'])
      expect([...swarm.store.objects.configs.values()]).toEqual([])
    })
  })

  test('one of a stack goes alone, with a word on the next deploy', async () => {
    const swarm = newSwarm()
    await deploy(swarm, 'shop')
    const run = await remove(swarm, { services: 'shop_web' })
    expect(swarm.services).toEqual(['shop_api'])
    expect(names(swarm, 'networks')).toEqual(['shop_back', 'shop_front'])
    expect(run.log).toContain('Notice: shop_web belongs to the stack shop, whose next deploy makes it again')
  })
})

describe('what is not there', () => {
  test.each([
    [
      { stack: 'shpo' },
      'stack: there is no stack shpo on this swarm: did you mean `shop`? Write `if-exists: true` where it may be gone already',
    ],
    [
      { stack: 'web' },
      'stack: there is no stack web on this swarm: there is a service of this name: write `services: web` where that is meant',
    ],
    [
      { services: 'web shop' },
      'services: there is no service shop on this swarm: there is a stack of this name: write `stack: shop` where all of it is meant, or name its services: `shop_api` and `shop_web`',
    ],
    [
      { services: 'web nothing' },
      'services: there is no service nothing on this swarm: correct its name, or write `if-exists: true` where it may be gone already',
    ],
    [
      { stack: 'pr-' },
      'stack: there is no stack pr- on this swarm: its name ends as one does of which a variable is empty: check the expression',
    ],
  ])('%j is an error, and nothing goes', async (inputs, problem) => {
    const swarm = newSwarm()
    await deploy(swarm, 'shop')
    put(swarm, { Name: 'web' })
    swarm.faults.clear()
    const run = await remove(swarm, inputs)
    expect(run.problems).toEqual([problem])
    expect(changes(swarm)).toEqual([])
  })

  test('a leader that comes back and shows nothing yet is not believed', async () => {
    const swarm = newSwarm()
    await deploy(swarm, 'pr-1')
    swarm.faults.add({
      fault: { kind: 'empty-store' },
      at: /^GET \/(?:nodes|services|networks|secrets|configs)$/,
      times: 3,
    })
    const run = await remove(swarm, { stack: 'pr-1', 'if-exists': 'true' })
    expect(outcomes(run)).toContain('service pr-1_web removed')
  })

  test('with `if-exists` it is fine, and what is there goes', async () => {
    const swarm = newSwarm()
    put(swarm, { Name: 'web' })
    const none = await remove(swarm, { stack: 'pr-7', 'if-exists': 'true' })
    expect([none.problems, none.isRed]).toEqual([[], false])
    expect(none.log).toContain('Notice: stack: there is no stack pr-7 on this swarm\n')
    expect(none.log).toMatch(/unchanged: nothing of stack pr-7 to remove\n$/)
    const empty = await remove(swarm, { stack: 'pr-', 'if-exists': 'true' })
    expect(empty.log).toContain(
      'Notice: stack: there is no stack pr- on this swarm: its name ends as one does of which',
    )
    const some = await remove(swarm, { services: 'web gone', 'if-exists': 'true' })
    expect(outcomes(some)).toEqual(['service web removed'])
    expect(some.log).toMatch(/removed: 1 service: web\n$/)
  })
})

describe('a run that is cut off', () => {
  test('is taken up by the next one, which waits for what still ends', async () => {
    const swarm = newSwarm()
    await deploy(swarm, 'shop')
    put(swarm, { Name: 'shop_slow', Labels: { [NAMESPACE]: 'shop' } }, SLOW)
    await pass(5)
    await remove(swarm, { stack: 'shop' }, { kill: { at: /^DELETE \/services/, nth: 3 } })
    expect(names(swarm, 'networks')).toHaveLength(2)
    const run = await remove(swarm, { stack: 'shop' })
    expect(run.isRed).toBe(false)
    expect(run.seconds).toBeGreaterThan(8)
    expect([...swarm.store.tasks.values()]).toEqual([])
    expect(names(swarm, 'networks')).toEqual([])
    expect(names(swarm, 'secrets')).toEqual([])
  })

  test('one that is stopped says what is gone and what is not, and begins nothing more', async () => {
    const swarm = newSwarm()
    await deploy(swarm, 'shop')
    const stop = new AbortController()
    swarm.faults.add({ at: /^DELETE \/services/, when: 'after', fault: { kind: 'meanwhile', act: () => cancel(stop) } })
    const run = await remove(swarm, { stack: 'shop', 'max-parallel': '1' }, { stop })
    expect(run.isRed).toBe(true)
    expect(run.results.map(({ outcome, cause }) => [outcome, cause])).toEqual([
      [
        'cancelled',
        expect.stringMatching(/^the run was stopped: it is removed, and 1 task of it has not ended yet on n\d$/),
      ],
      ['cancelled', 'the run was stopped before it was removed: it is as it was'],
    ])
    expect(swarm.services).toEqual(['shop_web'])
    expect(names(swarm, 'networks')).toHaveLength(2)
    expect(run.seconds).toBeLessThan(4)
  })

  describe('while it waits for an answer', () => {
    const KNOWN = 'it is not known whether the swarm removed it: '
    const NEXT = '. The next run goes on with it'
    const STOPPED = `${KNOWN}the run was stopped before it answered${NEXT}`

    test.each([
      ['is done', true],
      ['is not done', false],
    ])('by a stop says so, and blames nobody, where the removal of a service %s', async (_, done) => {
      const swarm = newSwarm()
      await deploy(swarm, 'shop')
      const stop = new AbortController()
      const at = /^DELETE \/services/
      swarm.faults.add(
        { at, fault: { kind: 'meanwhile', act: () => cancel(stop) } },
        { at, fault: { kind: 'stall', seconds: 600, done } },
      )
      const run = await remove(swarm, { stack: 'shop', 'max-parallel': '1' }, { stop })
      expect(run.results[0]).toMatchObject({ outcome: 'cancelled', cause: STOPPED })
      expect(run.log).not.toContain('refused')
      const again = await remove(swarm, { stack: 'shop' })
      expect([again.isRed, swarm.services]).toEqual([false, []])
    })

    test('by the time says so', async () => {
      const swarm = newSwarm()
      await deploy(swarm, 'shop')
      swarm.faults.add({ at: /^DELETE \/services/, times: 9, fault: { kind: 'stall', seconds: 600 } })
      const { results } = await remove(swarm, { stack: 'shop', 'max-parallel': '1', timeout: '20s' })
      const [first, second] = results
      expect(first).toMatchObject({ outcome: 'timed-out', cause: expect.stringContaining(KNOWN) })
      expect(first?.cause).toContain(`: the time that the run has for it is over${NEXT}`)
      expect(second).toMatchObject({
        outcome: 'timed-out',
        cause: 'the time of the run was over before it was removed: it is as it was',
      })
    })

    test('of a network, by a stop, says the same', async () => {
      const swarm = newSwarm()
      await deploy(swarm, 'shop')
      const stop = new AbortController()
      const at = /^DELETE \/networks/
      swarm.faults.add(
        { at, fault: { kind: 'meanwhile', act: () => cancel(stop) } },
        { at, fault: { kind: 'stall', seconds: 600 } },
      )
      const { removed, log } = await remove(swarm, { stack: 'shop' }, { stop })
      expect(removed?.find(({ kind }) => kind === 'network')).toMatchObject({ outcome: 'cancelled', cause: STOPPED })
      expect(log).not.toContain('refused')
    })

    test('of the records, by a stop, says that they may be there', async () => {
      const swarm = newSwarm()
      await deploy(swarm, 'shop')
      const stop = new AbortController()
      const record = [...swarm.store.objects.configs.values()].find(({ name }) =>
        name.startsWith('swarm-deploy.record'),
      )
      const at = new RegExp(`^DELETE /configs/${record?.id}`)
      swarm.faults.add(
        { at, fault: { kind: 'meanwhile', act: () => cancel(stop) } },
        { at, fault: { kind: 'stall', seconds: 600 } },
      )
      const { removed, isRed } = await remove(swarm, { stack: 'shop' }, { stop })
      expect(removed?.at(-1)).toEqual({
        kind: 'record',
        name: 'of earlier deploys',
        count: 1,
        outcome: 'cancelled',
        cause: STOPPED,
      })
      expect(isRed).toBe(true)
    })
  })

  test('one that is stopped before the records go says so', async () => {
    const swarm = newSwarm()
    await deploy(swarm, 'shop')
    const stop = new AbortController()
    const fault = { kind: 'meanwhile', act: () => cancel(stop) } as const
    swarm.faults.add({ at: /^DELETE \/networks/, from: 2, when: 'after', fault })
    const run = await remove(swarm, { stack: 'shop' }, { stop })
    expect(run.isRed).toBe(true)
    expect(outcomes(run)?.slice(-2)).toEqual(['network shop_front removed', 'record of earlier deploys cancelled'])
  })
})

describe('records of deploys', () => {
  const records = (swarm: MemorySwarm) =>
    [...swarm.store.objects.configs.values()].flatMap(({ name }) =>
      name.startsWith('swarm-deploy.record') ? [name] : [],
    )

  test('go with a stack, and those of others stay', async () => {
    const swarm = newSwarm()
    for (const stack of ['shop', 'shop2']) await deploy(swarm, stack)
    expect(records(swarm)).toHaveLength(2)
    const run = await remove(swarm, { stack: 'shop' })
    expect(run.log).toContain('\n1 record of earlier deploys: removed\n')
    expect(run.log).toMatch(/removed: 2 services, .* and 1 record of stack shop\n$/)
    expect(records(swarm)).toEqual([expect.stringContaining('shop2')])
  })

  test('stay as long as not all services are gone', async () => {
    const swarm = newSwarm()
    await deploy(swarm, 'shop')
    const fault = { kind: 'error', status: 403, message: 'no' } as const
    swarm.faults.add({ at: new RegExp(`^DELETE /services/${swarm.service('shop_web')?.ID}`), fault })
    await remove(swarm, { stack: 'shop' })
    expect(records(swarm)).toHaveLength(1)
  })

  test('go with a service', async () => {
    const swarm = newSwarm()
    await runAction(swarm, { services: JSON.stringify([{ name: 'web', image: IMAGE, create: true }]) })
    expect(records(swarm)).toHaveLength(1)
    await remove(swarm, { services: 'web' })
    expect(records(swarm)).toEqual([])
  })
})

describe('volumes', () => {
  const TOOL = 'tools.test/docker:cli'

  /** Nodes with volumes of these stacks, by their names. */
  function swarmWith(volumes: Readonly<Record<string, Readonly<Record<string, string>>>>, more: Partial<Image> = {}) {
    const left = new Map(Object.entries(volumes).map(([node, own]) => [node, new Map(Object.entries(own))]))
    const acts: Image['acts'] = ({ hostname, container: { Command = [], Args = [] } }) => {
      expect(Command.join('')).toContain(REMOVE_VOLUMES_SCRIPT)
      const [stack = '', ...asked] = Args
      const own = left.get(hostname) ?? new Map<string, string>()
      const lines = asked.flatMap((name) => {
        const of = own.get(name)
        if (of === undefined) return []
        if (stack !== '' && of !== stack) return [`others ${name}`]
        if (name.endsWith('busy')) return [`stays ${name} | Error response from daemon: volume is in use - [abc]`]
        own.delete(name)
        return [`gone ${name}`]
      })
      return { stdout: ['swarm-deploy: begin', ...lines, 'swarm-deploy: end'] }
    }
    const swarm = new MemorySwarm({ nodes: [{}, {}], images: { [IMAGE]: {}, [TOOL]: { acts, ...more } } })
    return { swarm, left: () => Object.fromEntries([...left].map(([node, own]) => [node, [...own.keys()]])) }
  }
  const inputs = (more: Readonly<Record<string, string>>) => ({ 'node-tools-image': TOOL, ...more })

  test('go from all nodes when they are named: of a stack by its label, with its name before theirs or without', async () => {
    const { swarm, left } = swarmWith({
      n1: { shop_data: 'shop', shop_other: 'shop', data: '', cache: 'shop' },
      n2: { shop_data: 'shop', shop2_data: 'shop2' },
    })
    await deploy(swarm, 'shop')
    const run = await remove(swarm, inputs({ stack: 'shop', 'remove-volumes': 'data, cache nothing' }))
    expect(left()).toEqual({ n1: ['shop_other', 'data'], n2: ['shop2_data'] })
    expect(outcomes(run)?.slice(-3)).toEqual(['volume shop_data removed', 'volume data kept', 'volume cache removed'])
    expect(run.isRed).toBe(false)
    expect(run.log).toContain('volume shop_data: removed from n1, n2\n')
    expect(run.log).toContain('Warning: volume data stays: that on n1 is not of the stack\n')
    expect(run.log).toContain('Notice: remove-volumes: no node that was asked has a volume nothing\n')
    expect(swarm.services).toEqual([])
  })

  test('none goes that is not named, and no node is asked for them', async () => {
    const { swarm, left } = swarmWith({ n1: { shop_data: 'shop' } })
    await deploy(swarm, 'shop')
    await remove(swarm, inputs({ stack: 'shop' }))
    expect(left()).toEqual({ n1: ['shop_data'] })
  })

  test('what a service of others mounts, or a container holds, stays', async () => {
    const { swarm, left } = swarmWith({ n1: { data: '', busy: '', gone: '' } })
    put(swarm, { Name: 'web' })
    const Mounts = [{ Type: 'volume', Source: 'data', Target: '/data' }]
    put(swarm, { Name: 'other', TaskTemplate: { ContainerSpec: { Image: IMAGE, Mounts } } })
    const run = await remove(swarm, inputs({ services: 'web', 'remove-volumes': 'data busy gone' }))
    expect(left()).toEqual({ n1: ['data', 'busy'] })
    expect(run.log).toContain('stays: volume data, used by other\n')
    expect(run.log).toMatch(/Warning: volume busy stays: docker refused to remove it from n1: .*volume is in use/)
    expect(run.isRed).toBe(false)
  })

  test('what a service mounts that was not removed, or that came meanwhile, stays', async () => {
    const { swarm, left } = swarmWith({ n1: { shop_data: 'shop', shop_cache: 'shop', shop_old: 'shop' } })
    const mounting = (name: string) => ({
      Labels: { [NAMESPACE]: 'shop' },
      Mode: { Replicated: { Replicas: 0 } },
      TaskTemplate: {
        ContainerSpec: { Image: IMAGE, Mounts: [{ Type: 'volume', Source: `shop_${name}`, Target: '/x' }] },
      },
    })
    put(swarm, { Name: 'shop_web', ...mounting('data') })
    swarm.faults.add(
      {
        at: /^DELETE \/services/,
        fault: { kind: 'meanwhile', act: () => put(swarm, { Name: 'shop_new', ...mounting('cache') }) },
      },
      { at: /^DELETE \/services/, fault: { kind: 'error', status: 403, message: 'no' } },
    )
    const run = await remove(swarm, inputs({ stack: 'shop', 'remove-volumes': 'data cache old' }))
    expect(run.isRed).toBe(true)
    expect(left()).toEqual({ n1: ['shop_data', 'shop_cache'] })
    expect(run.log).toContain('Warning: volume shop_data stays: used by shop_web\n')
    expect(run.log).toContain('Warning: volume shop_cache stays: used by shop_new\n')
  })

  test('with `dry-run` they are listed, and no node is asked', async () => {
    const { swarm, left } = swarmWith({ n1: { data: '' } })
    put(swarm, { Name: 'web' })
    swarm.faults.clear()
    const run = await remove(swarm, inputs({ services: 'web', 'remove-volumes': 'data', 'dry-run': 'true' }))
    expect([outcomes(run), changes(swarm)]).toEqual([['service web planned', 'volume data planned'], []])
    expect(left()).toEqual({ n1: ['data'] })
  })

  test('an image that cannot be had is an error before anything is removed', async () => {
    const { swarm } = swarmWith({}, { readers: ['nobody'] })
    put(swarm, { Name: 'web' })
    const run = await remove(swarm, inputs({ services: 'web', 'remove-volumes': 'data' }))
    expect(run.problems).toEqual([expect.stringMatching(/^node-tools-image: /)])
    expect(swarm.services).toEqual(['web'])
  })

  test.each(['2s', '40s'])(
    'nodes that do not answer in time (%s) are a failure, and leave nothing',
    async (timeout) => {
      const { swarm, left } = swarmWith({ n1: { data: '' } }, { pullSeconds: 200 })
      put(swarm, { Name: 'web' })
      const run = await remove(swarm, inputs({ services: 'web', 'remove-volumes': 'data', timeout }))
      expect(swarm.services).toEqual([])
      expect(left()).toEqual({ n1: ['data'] })
      expect([outcomes(run), run.isRed]).toEqual([['service web removed', 'volume data failed'], true])
      expect(run.log).toContain('nothing is known of n1: its task has not ended in time')
    },
  )

  test('what a node removed before it was interrupted counts, and the last word on what it tried twice', async () => {
    let tries = 0
    const acts: Image['acts'] = ({ hostname }) => {
      if (hostname !== 'n1') return { stdout: ['swarm-deploy: begin', 'swarm-deploy: end'] }
      if (++tries > 1) return { stdout: ['swarm-deploy: begin', 'gone busy', 'swarm-deploy: end'] }
      return { exitCode: 137, stdout: ['swarm-deploy: begin', 'gone data', 'stays busy | volume is in use'] }
    }
    const { swarm } = swarmWith({}, { acts })
    put(swarm, { Name: 'web' })
    const run = await remove(swarm, inputs({ services: 'web', 'remove-volumes': 'data busy' }))
    expect(outcomes(run)).toEqual(['service web removed', 'volume data removed', 'volume busy removed'])
    expect(run.log).not.toContain('Warning')
    expect(run.log).not.toContain('no node that was asked')
  })

  test('a node that is down is a warning', async () => {
    const { swarm } = swarmWith({ n1: { data: '' } })
    put(swarm, { Name: 'web' })
    swarm.setNode('n2', { state: 'down' })
    await pass(1)
    const run = await remove(swarm, inputs({ services: 'web', 'remove-volumes': 'data' }))
    expect(run.log).toContain('Warning: remove-volumes: nothing is known of n2: ')
    expect(run.isRed).toBe(false)
    expect(outcomes(run)).toEqual(['service web removed', 'volume data removed'])
  })
})

test('with `lock` it waits for a deploy that holds the lock, and what that has made goes too', async () => {
  const swarm = newSwarm()
  await deploy(swarm, 'shop')
  const [deployed, run] = await runTogether(swarm, [
    { inputs: { stack: 'shop', lock: 'true' }, compose: COMPOSE.replaceAll(IMAGE, SLOW).replace('web:', 'more:') },
    { inputs: { mode: 'remove', stack: 'shop', lock: 'true' }, afterSeconds: 1 },
  ])
  expect(deployed?.results.map(({ outcome }) => outcome)).toEqual(['created', 'updated'])
  expect(run?.log).toContain('waiting for')
  expect(swarm.services).toEqual([])
  expect(names(swarm, 'configs')).toEqual([])
})

test('what pulls of killed runs have left is removed with it, when its time is over', async () => {
  const swarm = newSwarm()
  put(swarm, { Name: 'web' })
  const until = { 'swarm-deploy.prepare.run': 'x', 'swarm-deploy.prepare.until': '1' }
  put(swarm, { Name: 'swarm-deploy-prepare-0123456789ab', Labels: until })
  await remove(swarm, { services: 'web' })
  expect(swarm.services).toEqual([])
})

describe('whatever breaks at any of its calls', () => {
  const FAULTS: readonly Fault[] = [
    { kind: 'connection-lost' },
    { kind: 'answer-lost' },
    { kind: 'election', as: 'lost-leader', done: true },
    { kind: 'election', as: 'deadline' },
    { kind: 'garbage' },
  ]

  /** As a deploy leaves them, without the time that one takes. */
  async function madeByHand(swarm: MemorySwarm, ...stacks: readonly string[]): Promise<void> {
    for (const stack of stacks) {
      const Labels = { [NAMESPACE]: stack }
      for (const key of ['front', 'back']) swarm.store.createObject('networks', `${stack}_${key}`, { Labels })
      swarm.store.createObject('secrets', `${stack}_key`, { Labels })
      for (const key of ['web', 'api']) {
        put(swarm, { Name: `${stack}_${key}`, Labels, ...onNetwork(swarm, `${stack}_front`) })
      }
    }
    await pass(2)
  }

  test.each(FAULTS)('%j: what is called removed is gone, and nothing of others is touched', async (fault) => {
    const whole = newSwarm()
    await madeByHand(whole, 'shop')
    whole.faults.clear()
    await remove(whole, { stack: 'shop' })
    const count = whole.faults.calls.length
    expect(count).toBeGreaterThan(10)
    for (let at = 1; at <= count; at++) {
      const swarm = newSwarm()
      await madeByHand(swarm, 'shop', 'shop2')
      swarm.faults.clear()
      swarm.faults.add({ fault, at })
      const run = await remove(swarm, { stack: 'shop' })
      expect({ at, isBug: run.isBug, log: run.log }).toEqual({ at, isBug: false, log: run.log })
      for (const { name, outcome } of run.removed ?? []) {
        if (outcome !== 'removed') continue
        expect([...swarm.services, ...names(swarm, 'networks'), ...names(swarm, 'secrets')]).not.toContain(name)
      }
      expect(swarm.services.filter((name) => name.startsWith('shop2_'))).toHaveLength(2)
      if (run.problems.length > 0 || run.isRed) continue
      expect(swarm.services).toHaveLength(2)
      expect(names(swarm, 'networks')).toHaveLength(2)
    }
  })
})

test.each(['services', 'secrets', 'configs', 'networks'])(
  'what a leader that comes back does not know of the %s is not taken for gone',
  async (kind) => {
    const swarm = newSwarm()
    await deploy(swarm, 'shop')
    swarm.faults.clear()
    swarm.faults.add({ fault: { kind: 'empty-store' }, at: new RegExp(`^DELETE /${kind}/`) })
    const run = await remove(swarm, { stack: 'shop' })
    expect(run.isRed).toBe(false)
    const left = [...Object.values(swarm.store.objects)].flatMap((objects) => [...objects.values()])
    expect(left.map(({ name }) => name).filter((name) => /shop/.test(name))).toEqual([])
    expect(swarm.services).toEqual([])
  },
)

describe('what a manager lists that has nothing for a moment', () => {
  const left = (swarm: MemorySwarm) =>
    [...Object.values(swarm.store.objects)]
      .flatMap((objects) => [...objects.values()])
      .map(({ name }) => name)
      .filter((name) => /shop|lock/.test(name))

  test.each(['services', 'secrets', 'configs', 'networks', 'tasks', 'nodes'])(
    '%s: none of it is left',
    async (kind) => {
      const whole = newSwarm()
      await deploy(whole, 'shop')
      whole.faults.clear()
      await remove(whole, { stack: 'shop', lock: 'true' })
      const at = new RegExp(`^GET /${kind}$`)
      const looks = whole.faults.calls.filter(({ method, path }) => at.test(`${method} ${path}`)).length
      expect(looks).toBeGreaterThan(1)
      for (let from = 1; from <= looks; from++) {
        const swarm = newSwarm()
        await deploy(swarm, 'shop')
        swarm.faults.clear()
        swarm.faults.add({ fault: { kind: 'empty-store' }, at, from })
        const run = await remove(swarm, { stack: 'shop', lock: 'true' })
        expect({ from, isRed: run.isRed, left: left(swarm), services: swarm.services }).toEqual({
          from,
          isRed: false,
          left: [],
          services: [],
        })
      }
    },
  )

  test('tasks that are not listed have not ended', async () => {
    const swarm = newSwarm()
    put(swarm, { Name: 'web' }, SLOW)
    await pass(2)
    swarm.faults.clear()
    swarm.faults.add({ fault: { kind: 'empty-store' }, at: /^GET \/tasks$/ })
    const run = await remove(swarm, { services: 'web' })
    expect(run.seconds).toBeGreaterThan(8)
    expect(outcomes(run)).toEqual(['service web removed'])
  })

  test('what another service would need for its rollback stays', async () => {
    const swarm = newSwarm()
    await deploy(swarm, 'shop')
    put(swarm, { Name: 'other', ...onNetwork(swarm, 'shop_front') })
    await pass(1)
    swarm.update('other', (spec) => ({ ...spec, TaskTemplate: { ...spec.TaskTemplate, Networks: [] } }))
    await pass(6)
    swarm.faults.clear()
    swarm.faults.add({ fault: { kind: 'empty-store' }, at: /^GET \/services$/, from: 4 })
    const run = await remove(swarm, { stack: 'shop' })
    expect(outcomes(run)).toContain('network shop_front kept')
    expect(names(swarm, 'networks')).toEqual(['shop_front'])
  })
})

test('a lock that a leader which comes back does not know is released all the same', async () => {
  const swarm = newSwarm()
  await deploy(swarm, 'shop')
  swarm.faults.clear()
  swarm.faults.add({ fault: { kind: 'empty-store' }, at: /^DELETE \/configs\//, from: 3 })
  await remove(swarm, { stack: 'shop', lock: 'true' })
  expect(names(swarm, 'configs')).toEqual([])
})
