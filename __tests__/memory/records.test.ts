import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { type Records, recordBody, recordsIn } from '../../src/records/format.ts'
import { letTimeRun, pass, settle, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm, withReplicas } from '../support/memory-swarm/memory-swarm.ts'
import { cancel, type RunOptions, runAction, runTogether } from '../support/memory-swarm/run.ts'

beforeEach(stopTime)
afterEach(letTimeRun)

const WEB = [1, 2, 3, 4, 5].map((n) => `hub.test/acme/web:${n}`)

async function swarmWith(...names: readonly string[]): Promise<MemorySwarm> {
  const images = {
    ...Object.fromEntries(WEB.map((name) => [name, {}])),
    'hub.test/acme/web:bad': { ends: { afterSeconds: 0.2, exitCode: 3 } },
  }
  const swarm = new MemorySwarm({ nodes: [{}, {}], images })
  for (const Name of names) {
    swarm.create({
      Name,
      Mode: { Replicated: { Replicas: 2 } },
      UpdateConfig: { Parallelism: 0, Monitor: 1e9 },
      TaskTemplate: { ContainerSpec: { Image: pin('hub.test/acme/web:1') } },
    } as ServiceSpec)
  }
  await pass(10)
  return swarm
}

async function records(swarm: MemorySwarm): Promise<Records> {
  return recordsIn(await settle(swarm.engine.get('/configs'), 60))
}

async function versions(swarm: MemorySwarm): Promise<string[]> {
  return (await records(swarm)).kept.map(({ record: { subject, version } }) => `${subject.name} #${version}`).toSorted()
}

const deploy = (swarm: MemorySwarm, services: string, inputs = {}, options: RunOptions = {}) =>
  runAction(swarm, { services, timeout: '60s', ...inputs }, { tells: true, ...options })

describe('a deploy of services', () => {
  test('records each that came up, and says its number', async () => {
    const swarm = await swarmWith('web', 'api')
    const run = await deploy(swarm, `web: ${WEB[1]}\napi: ${WEB[2]}`)
    expect(await versions(swarm)).toEqual(['api #1', 'web #1'])
    expect(run.log).toContain('Recorded: web #1, api #1.')
    const { kept } = await records(swarm)
    const web = kept.find(({ record }) => record.subject.name === 'web')?.record
    expect(web?.services).toMatchObject([
      { name: 'web', image: WEB[1], spec: { TaskTemplate: { ContainerSpec: { Image: pin(WEB[1] ?? '') } } } },
    ])
    expect(web?.runs).toHaveLength(1)
  })

  test('has the same number when it deploys what was deployed last, and tells of both runs', async () => {
    const swarm = await swarmWith('web')
    await deploy(swarm, `web: ${WEB[1]}`)
    const again = await deploy(swarm, `web: ${WEB[1]}`)
    expect(again.log).toContain('Recorded as #1, as what was deployed last.')
    const { kept } = await records(swarm)
    expect(kept.map(({ record, ids }) => [record.version, record.runs.length, ids.length])).toEqual([[1, 2, 1]])
  })

  test.each([
    ['it is not waited for', `web: ${WEB[1]}`, { wait: 'false' }],
    ['it does not come up', 'web: hub.test/acme/web:bad', {}],
    [
      'another one does not come up, and it stays',
      `web: ${WEB[1]}\napi: hub.test/acme/web:bad`,
      { 'on-failure': 'keep' },
    ],
    ['none are wanted', `web: ${WEB[1]}`, { 'history-limit': '0' }],
  ])('records nothing where %s', async (_, services, inputs) => {
    const swarm = await swarmWith('web', 'api')
    await deploy(swarm, services, inputs)
    expect(await versions(swarm)).toEqual([])
  })

  test('keeps as many as it is told, the newest, and with 0 none', async () => {
    const swarm = await swarmWith('web', 'api')
    await deploy(swarm, `api: ${WEB[1]}`)
    for (const image of WEB.slice(1)) await deploy(swarm, `web: ${image}`, { 'history-limit': '2' })
    expect(await versions(swarm)).toEqual(['api #1', 'web #3', 'web #4'])
    await deploy(swarm, `web: ${WEB[0]}`, { 'history-limit': '0' })
    expect(await versions(swarm)).toEqual(['api #1'])
  })

  test('of which two end at one moment leaves no more than the limit', async () => {
    const swarm = await swarmWith('web', 'api')
    for (const image of [WEB[1], WEB[2]]) await deploy(swarm, `web: ${image}`, { 'history-limit': '2' })
    const inputs = (image = '') => ({ services: `web: ${image}`, 'history-limit': '2', timeout: '60s' })
    await runTogether(swarm, [{ inputs: inputs(WEB[2]) }, { inputs: inputs(WEB[2]), afterSeconds: 0.002 }])
    const { kept } = await records(swarm)
    expect(kept.map(({ record }) => record.version)).toEqual([2, 1])
    expect(kept[0]?.record.runs).toHaveLength(3)
    await deploy(swarm, `web: ${WEB[2]}`, { 'history-limit': '2' })
    const after = await records(swarm)
    expect(after.kept[0]).toMatchObject({ ids: [expect.any(String)], needless: [] })
    expect(after.kept[0]?.record.runs).toHaveLength(4)
  })

  test('that is killed between writing and removing leaves one too many, which the next removes', async () => {
    const swarm = await swarmWith('web')
    for (const image of [WEB[1], WEB[2]]) await deploy(swarm, `web: ${image}`, { 'history-limit': '2' })
    await deploy(swarm, `web: ${WEB[3]}`, { 'history-limit': '2' }, { kill: { at: /POST \/configs\/create/ } })
    expect(await versions(swarm)).toEqual(['web #1', 'web #2', 'web #3'])
    await deploy(swarm, `web: ${WEB[3]}`, { 'history-limit': '2' })
    expect(await versions(swarm)).toEqual(['web #2', 'web #3'])
  })

  test('that may not write records says so, and is green', async () => {
    const swarm = await swarmWith('web')
    const { engine } = swarm
    const get = engine.get.bind(engine)
    engine.get = ((path: string, options?: object) =>
      path === '/configs'
        ? Promise.reject(new Error('configs are not for you'))
        : get(path, options)) as typeof engine.get
    const run = await deploy(swarm, `web: ${WEB[1]}`)
    expect(run.results).toMatchObject([{ outcome: 'updated' }])
    expect(run.log).toContain(
      'service web is deployed, and not recorded: configs are not for you. Who wants no records writes `history-limit: 0`',
    )
  })

  test('that is stopped before the swarm has answered does not know whether it is recorded', async () => {
    const swarm = await swarmWith('web')
    const stop = new AbortController()
    const at = /^POST \/configs\/create/
    swarm.faults.add(
      { at, fault: { kind: 'meanwhile', act: () => cancel(stop) } },
      { at, fault: { kind: 'stall', seconds: 600, done: true } },
    )
    const run = await runAction(swarm, { services: `web: ${WEB[1]}` }, { stop })
    expect(run.results).toMatchObject([{ outcome: 'updated' }])
    expect(run.log).toMatch(
      /service web is deployed, and it is not known whether it is recorded: .*: the run was stopped\. Who wants/,
    )
  })

  test('that could not read its record again says so, and writes none', async () => {
    const swarm = await swarmWith('web')
    await deploy(swarm, `web: ${WEB[1]}`)
    const [first] = (await records(swarm)).kept
    const body = first && recordBody({ ...first.record, version: 999_999_999 }, 'of-somebody')
    swarm.somebody('POST', '/configs/create', body)
    const run = await deploy(swarm, `web: ${WEB[2]}`)
    expect(run.results).toMatchObject([{ outcome: 'updated' }])
    expect(run.log).toContain('service web is deployed, and not recorded: its record could not be read again.')
    const { kept, unreadable } = await records(swarm)
    expect([kept.map(({ record }) => record.version), unreadable]).toEqual([[999_999_999, 1], []])
  })

  test('leaves no credential in a record', async () => {
    const swarm = await swarmWith('web')
    const registries = '- {registry: hub.test, username: bob, password: a-very-secret-word}'
    await deploy(swarm, `web: ${WEB[1]}`, { registries })
    const objects = await settle(swarm.engine.get<{ Spec: { Data: string; Labels: object } }[]>('/configs'), 60)
    const texts = objects.map(({ Spec }) => JSON.stringify(Spec.Labels) + gunzipSync(Buffer.from(Spec.Data, 'base64')))
    expect(texts).toHaveLength(1)
    for (const secret of ['a-very-secret-word', Buffer.from('a-very-secret-word').toString('base64'), 'bob']) {
      expect(texts[0]).not.toContain(secret)
    }
  })
})

const STACK = (image = '', content = 'one', extra = '') => `
services:
  web:
    image: ${image}
    configs: [page]
    deploy: {update_config: {monitor: 1s}}
${extra}
configs:
  page: {content: ${content}}
`

describe('a stack', () => {
  const up = (swarm: MemorySwarm, compose: string, inputs = {}) =>
    runAction(swarm, { stack: 'shop', timeout: '60s', ...inputs }, { compose, tells: true })
  const pages = async (swarm: MemorySwarm) =>
    (await settle(swarm.engine.get<{ Spec: { Name: string } }[]>('/configs'), 60))
      .map(({ Spec }) => Spec.Name)
      .filter((name) => name.startsWith('shop_page'))

  test('is one subject with all its services', async () => {
    const swarm = await swarmWith()
    const run = await up(swarm, STACK(WEB[0], 'one', `  db: {image: '${WEB[1]}'}`))
    expect(run.log).toContain('Recorded as #1.')
    const { kept, unreadable } = await records(swarm)
    expect(unreadable).toEqual([])
    expect(kept[0]?.record).toMatchObject({
      subject: { kind: 'stack', name: 'shop' },
      services: [
        { name: 'shop_web', image: WEB[0] },
        { name: 'shop_db', image: WEB[1] },
      ],
    })
    expect(Object.values(kept[0]?.record.names.configs ?? {})).toEqual(await pages(swarm))
    expect(Object.values(kept[0]?.record.names.networks ?? {})).toEqual(['shop_default'])
  })

  test('keeps the configs that a record needs, until the record goes; a plan says the same', async () => {
    const swarm = await swarmWith()
    const limit = { 'history-limit': '3' }
    const texts = ['one', 'two', 'three', 'four']
    for (const text of texts.slice(0, 3)) await up(swarm, STACK(WEB[0], text), limit)
    expect(await pages(swarm)).toHaveLength(3)
    const plan = await up(swarm, STACK(WEB[0], 'four'), { ...limit, mode: 'plan' })
    expect(plan.outlook?.objects.map(({ action }) => action)).toEqual(['create', 'remove'])
    expect(plan.log).toContain('It would be recorded as #4; #1 would be removed.')
    await up(swarm, STACK(WEB[0], 'four'), limit)
    expect(await pages(swarm)).toHaveLength(3)
    await up(swarm, STACK(WEB[0], 'four'), { 'history-limit': '0' })
    // The last is what the swarm could roll back to.
    expect(await pages(swarm)).toHaveLength(2)
  })
})

test('what records need stays also where a leader that comes back shows none of them for a moment', async () => {
  const secretsOf = async (swarm: MemorySwarm) =>
    (await settle(swarm.engine.get<{ ID: string }[]>('/secrets'), 60)).map(({ ID }) => ID)
  const compose = (tag: number) =>
    `services: {web: {image: '${WEB[tag]}', secrets: [key]}}\nsecrets: {key: {content: 'the-content-${tag}'}}`
  for (let from = 1; from <= 5; from++) {
    const swarm = await swarmWith()
    for (const tag of [0, 1, 2]) await runAction(swarm, { stack: 'shop' }, { compose: compose(tag) })
    swarm.faults.add({ fault: { kind: 'empty-store' }, at: /^GET \/configs$/, from })
    const run = await runAction(swarm, { stack: 'shop' }, { compose: compose(3) })
    swarm.faults.clear()
    expect({ from, results: run.results }).toMatchObject({ from, results: [{ outcome: 'updated' }] })
    const { kept } = await records(swarm)
    const needed = kept.flatMap(({ record }) => Object.keys(record.names.secrets))
    expect({ from, needed }).toMatchObject({ from, needed: { length: 4 } })
    expect(await secretsOf(swarm)).toEqual(expect.arrayContaining(needed))
  }
})

test('a leader that comes back and shows nothing yet is not believed: numbers go on', async () => {
  const swarm = await swarmWith('web')
  for (const tag of [1, 0, 1]) await deploy(swarm, `web: ${WEB[tag]}`)
  swarm.faults.add({ fault: { kind: 'empty-store' }, at: /^GET \/configs$/ })
  const run = await deploy(swarm, `web: ${WEB[0]}`)
  expect(run.log).toContain('service web: recorded as #4')
  expect(await versions(swarm)).toEqual(['web #1', 'web #2', 'web #3', 'web #4'])
})

test('what is removed has no records any more, and those of others stay', async () => {
  const swarm = await swarmWith('web', 'api')
  await deploy(swarm, `web: ${WEB[1]}\napi: ${WEB[1]}`)
  const run = await runAction(swarm, { mode: 'remove', services: 'web' })
  expect(run.log).toContain('1 record of earlier deploys: removed')
  expect(await versions(swarm)).toEqual(['api #1'])
})

describe('mode: history', () => {
  const history = (swarm: MemorySwarm, inputs = {}) => runAction(swarm, { mode: 'history', ...inputs })

  test('shows what was deployed, what runs, and what was changed, without a value', async () => {
    const swarm = await swarmWith('web')
    await deploy(swarm, `web: ${WEB[1]}`)
    await deploy(swarm, `- {name: web, image: '${WEB[2]}', env: {LEVEL: hidden-value}}`)
    const { log } = await history(swarm)
    expect(log).toContain('== service web: #2 runs')
    expect(log).toMatch(/#2 .* \(runs\)\n {4}hub\.test\/acme\/web:3@[0-9a-f]{12}\n {4}changed: image, env LEVEL/)
    expect(log).toMatch(/#1 /)
    expect(log).not.toContain('hidden-value')
    expect(log).toContain('listed: 2 records of service web')
  })

  test('says what somebody has changed since', async () => {
    const swarm = await swarmWith('web')
    await deploy(swarm, `web: ${WEB[1]}`)
    await swarm.update('web', withReplicas(5))
    const { log } = await history(swarm, { services: 'web' })
    expect(log).toContain('== service web: what runs is in no record')
    expect(log).toMatch(/Changed since #1: .*replicas/)
    await swarm.update('web', withReplicas(2))
    expect((await history(swarm, { services: 'web' })).log).toContain('#1 runs')
  })

  test('of what has no record says why', async () => {
    const swarm = await swarmWith('web')
    const { log, problems } = await history(swarm, { services: 'web' })
    expect(problems).toEqual([])
    expect(log).toContain(
      'No deploy of service web is recorded: only a deploy that was waited for and came up leaves a record',
    )
  })

  test('of a name that is probably another asks for that', async () => {
    const swarm = await swarmWith('web', 'api')
    await deploy(swarm, `web: ${WEB[1]}`)
    expect((await history(swarm, { services: 'wbe' })).log).toContain(
      'No deploy of service wbe is recorded: did you mean `web`?',
    )
    expect((await history(swarm, { services: 'api' })).log).toContain(
      'No deploy of service api is recorded: only a deploy that was waited for',
    )
  })
})

test('a service that was deployed blue-green is recorded under its name, whichever colour is live', async () => {
  const swarm = await swarmWith()
  swarm.somebody('POST', '/networks/create', { Name: 'front', Driver: 'overlay' })
  const [network] = swarm.somebody('GET', '/networks') as { readonly Id: string }[]
  swarm.create({
    Name: 'web',
    Mode: { Replicated: { Replicas: 1 } },
    TaskTemplate: {
      ContainerSpec: { Image: pin('hub.test/acme/web:1') },
      Networks: [{ Target: network?.Id ?? '', Aliases: ['shop'] }],
    },
  } as ServiceSpec)
  await pass(10)
  const inputs = { strategy: 'blue-green', 'route-alias': 'shop', hold: '1s' }
  for (const image of WEB.slice(1, 4)) await deploy(swarm, `web: ${image}`, inputs)
  const { kept } = await records(swarm)
  expect(kept.map(({ record }) => [record.version, record.services[0]?.image])).toEqual([
    [3, WEB[3]],
    [2, WEB[2]],
    [1, WEB[1]],
  ])
  for (const { record } of kept) expect(record.services[0]?.spec.Name).toBe('web')
  expect(kept[0]?.record.names.networks).toEqual({ [network?.Id ?? '']: 'front' })
  const { log } = await runAction(swarm, { mode: 'history' })
  expect(log).toContain('== service web: #3 runs')
  expect(log).not.toContain('label swarm-deploy')
})
