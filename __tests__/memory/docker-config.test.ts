import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { letTimeRun, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { userIn } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'
import { tarEntry, tarGz } from '../support/tar.ts'

beforeEach(stopTime)
afterEach(letTimeRun)

const swarmOf = () =>
  new MemorySwarm({
    nodes: [{}, {}],
    images: {
      'hub.test/a/web:1': { readers: ['alice'] },
      'hub.test/b/web:1': { readers: ['bob'] },
      'hub.test/c/web:1': { readers: ['carol'] },
    },
  })

const configOf = (user: string) =>
  JSON.stringify({ auths: { 'hub.test': { auth: Buffer.from(`${user}:${user}s-own-password`).toString('base64') } } })
const archiveOf = (user: string) =>
  tarGz(tarEntry('.docker/config.json', { content: configOf(user) })).toString('base64')

const storedUser = (swarm: MemorySwarm, name: string) => userIn(swarm.store.service(name)?.current.credential)

test('an archive serves what no entry of registries does', async () => {
  const swarm = swarmOf()
  const services = JSON.stringify([
    { name: 'a', image: 'hub.test/a/web:1', create: true },
    { name: 'b', image: 'hub.test/b/web:1', create: true },
  ])
  const registries = '- {registry: hub.test/b, username: bob, password: bobs-own-password}'
  const inputs = { services, registries, 'docker-config': archiveOf('alice') }
  const { results, log } = await runAction(swarm, inputs)
  expect(results).toMatchObject([
    { name: 'a', outcome: 'created', config: 'docker-config' },
    { name: 'b', outcome: 'created', config: 'hub.test/b' },
  ])
  expect([storedUser(swarm, 'a'), storedUser(swarm, 'b')]).toEqual(['alice', 'bob'])
  expect(log).toContain('found account alice of hub.test (config docker-config)')
  expect(log).not.toContain('alices-own-password')
})

test('services of a stack choose among several by their labels', async () => {
  const swarm = swarmOf()
  const compose = `
    services:
      a: {image: "hub.test/a/web:1", deploy: {labels: {swarm-deploy.auth.config: team-a}}}
      b: {image: "hub.test/b/web:1", deploy: {labels: {gantry.auth.config: /root/.docker2}}}
      c: {image: "hub.test/c/web:1"}`
  const dockerConfig = `- team-a: ${archiveOf('alice')}\n- /root/.docker2: '${configOf('bob')}'\n- '${configOf('carol')}'`
  const { results, problems } = await runAction(swarm, { stack: 'shop', 'docker-config': dockerConfig }, { compose })
  expect(problems).toEqual([])
  expect(results.map(({ name, outcome, config }) => [name, outcome, config])).toEqual([
    ['shop_a', 'created', 'team-a'],
    ['shop_b', 'created', '/root/.docker2'],
    ['shop_c', 'created', 'docker-config'],
  ])
  expect(['shop_a', 'shop_b', 'shop_c'].map((name) => storedUser(swarm, name))).toEqual(['alice', 'bob', 'carol'])
})

test('one that may not read the image is an error that names it, and nothing is changed', async () => {
  const swarm = swarmOf()
  const services = JSON.stringify([{ name: 'a', image: 'hub.test/a/web:1', create: true }])
  const { problems } = await runAction(swarm, { services, 'docker-config': configOf('bob') })
  expect(problems).toEqual([expect.stringMatching(/service a: .*hub.test.*bob.*docker-config/)])
  expect(swarm.store.services.size).toBe(0)
})
