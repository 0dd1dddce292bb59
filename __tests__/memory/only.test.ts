import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

const IMAGES = {
  'hub.test/acme/web:1': {},
  'hub.test/acme/web:2': {},
  'hub.test/acme/web:crashes': { ends: { afterSeconds: 1, exitCode: 3 } },
}

interface Parts {
  readonly tag?: string
  /** The content of the config that only `api` has. */
  readonly apis?: string
  readonly webs?: string
}

/** Two services that have a config and a network each, and one that has neither. */
const compose = ({ tag = '1', apis = 'of api', webs = 'of web' }: Parts = {}) =>
  JSON.stringify({
    services: {
      web: { image: `hub.test/acme/web:${tag}`, configs: ['webs'], networks: ['front'], depends_on: ['api'] },
      api: { image: `hub.test/acme/web:${tag}`, configs: ['apis'], networks: ['back'], depends_on: ['db'] },
      db: { image: `hub.test/acme/web:${tag}` },
    },
    configs: { webs: { content: webs }, apis: { content: apis } },
    networks: { front: {}, back: {} },
  })

const deploy = (swarm: MemorySwarm, only: string, parts?: Parts, more: Record<string, string> = {}) =>
  runAction(
    swarm,
    { stack: 'shop', 'history-limit': '0', ...(only !== '' && { only }), ...more },
    { compose: compose(parts), tells: true },
  )

async function deployedSwarm(): Promise<MemorySwarm> {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: IMAGES })
  await deploy(swarm, '')
  await pass(10)
  return swarm
}

const imageOf = (swarm: MemorySwarm, name: string) => swarm.service(name)?.Spec.TaskTemplate.ContainerSpec?.Image
const versionOf = (swarm: MemorySwarm, name: string) => swarm.service(name)?.Version.Index
const configs = (swarm: MemorySwarm) =>
  (swarm.somebody('GET', '/configs') as { Spec: { Name: string } }[]).map(({ Spec }) => Spec.Name)
const networks = (swarm: MemorySwarm) =>
  (swarm.somebody('GET', '/networks') as { Name: string }[])
    .map(({ Name }) => Name)
    .filter((name) => /^shop/.test(name))

beforeEach(stopTime)
afterEach(letTimeRun)

describe('of a stack that is there', () => {
  test.each(['web', 'shop_web', '[web]'])('only %s is deployed, and the others are left as they are', async (only) => {
    const swarm = await deployedSwarm()
    const before = ['shop_api', 'shop_db'].map((name) => versionOf(swarm, name))
    const { results, log } = await deploy(swarm, only, { tag: '2' })
    expect(results).toMatchObject([{ name: 'shop_web', outcome: 'updated' }])
    expect(imageOf(swarm, 'shop_web')).toBe(pin('hub.test/acme/web:2'))
    expect(['shop_api', 'shop_db'].map((name) => versionOf(swarm, name))).toEqual(before)
    expect(log).toContain('only: shop_web is deployed, and left as they are: shop_api, shop_db')
  })

  test('what the others need is neither made nor removed', async () => {
    const swarm = await deployedSwarm()
    const before = configs(swarm)
    await deploy(swarm, 'web', { apis: 'another', webs: 'another' })
    const kept = configs(swarm).filter((name) => before.includes(name))
    // The old one of web could be gone back to.
    expect(kept).toEqual(before)
    expect(configs(swarm).filter((name) => !before.includes(name))).toEqual([expect.stringMatching(/^shop_webs/)])
  })

  test('no service at all, where the list is empty', async () => {
    const swarm = await deployedSwarm()
    const { results, problems } = await deploy(swarm, '[]', { tag: '2' })
    expect([results, problems]).toEqual([[], []])
    expect(imageOf(swarm, 'shop_web')).toBe(pin('hub.test/acme/web:1'))
  })

  test('and no service is planned: then nothing would be recorded, as nothing is', async () => {
    const swarm = await deployedSwarm()
    const { outlook } = await deploy(swarm, '[]', { tag: '2' }, { mode: 'plan', 'history-limit': '3' })
    expect(outlook).toMatchObject({ services: [], records: [] })
    await deploy(swarm, '[]', { tag: '2' }, { 'history-limit': '3' })
    expect(configs(swarm).filter((name) => name.startsWith('swarm-deploy.record'))).toEqual([])
  })

  test('of those that are meant go back which need one that failed', async () => {
    const swarm = await deployedSwarm()
    const { results } = await runAction(
      swarm,
      { stack: 'shop', only: 'web api', 'on-failure': 'rollback-failed' },
      { compose: compose({ tag: '2' }).replace('web:2","configs":["apis"]', 'web:crashes","configs":["apis"]') },
    )
    expect(results.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'shop_web rolled-back',
      'shop_api rolled-back',
    ])
  })

  test('a plan shows no more', async () => {
    const swarm = await deployedSwarm()
    const { outlook, log } = await deploy(swarm, 'web', { tag: '2', apis: 'another' }, { mode: 'plan' })
    expect(outlook).toMatchObject({ services: [{ name: 'shop_web', action: 'update' }], objects: [] })
    expect(log).toContain('Left out by only: shop_api, shop_db')
  })
})

describe('of a stack that is not there yet', () => {
  test('only what is meant is made, with what it needs', async () => {
    const swarm = new MemorySwarm({ nodes: [{}], images: IMAGES })
    const { results, log } = await deploy(swarm, 'api')
    expect(results).toMatchObject([{ name: 'shop_api', outcome: 'created' }])
    expect(swarm.services).toEqual(['shop_api'])
    expect(configs(swarm)).toEqual([expect.stringMatching(/^shop_apis/)])
    expect(networks(swarm)).toEqual(['shop_back'])
    expect(log).toContain('only: shop_api needs shop_db (`depends_on`), which is left out, and is not on this swarm')
  })

  test('the files are read as one stack all the same', async () => {
    const swarm = new MemorySwarm({ nodes: [{}], images: IMAGES })
    const text = `services: {web: {image: 'hub.test/acme/web:1'}, api: {image: '\${MISSING}'}}`
    const { problems } = await runAction(swarm, { stack: 'shop', only: 'web' }, { compose: text })
    expect(problems).toEqual([expect.stringContaining('MISSING')])
    expect(swarm.services).toEqual([])
  })
})
