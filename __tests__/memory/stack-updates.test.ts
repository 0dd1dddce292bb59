import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

beforeEach(stopTime)
afterEach(letTimeRun)

const IMAGES = { 'hub.test/acme/web:1': {}, 'hub.test/acme/web:2': {} }

const compose = (tag: string, more = '') =>
  `services: {web: {image: 'hub.test/acme/web:${tag}', environment: {B: "1", A: "2"}${more}}}`

const deploy = (swarm: MemorySwarm, text: string) => runAction(swarm, { stack: 'shop' }, { compose: text })

/** A stack of one service, with another template by hand. */
async function stackWith(change: (template: ServiceSpec['TaskTemplate']) => object): Promise<MemorySwarm> {
  const swarm = new MemorySwarm({ images: IMAGES })
  await deploy(swarm, compose('1'))
  swarm.update('shop_web', (spec) => ({
    ...spec,
    TaskTemplate: { ...spec.TaskTemplate, ...change(spec.TaskTemplate) },
  }))
  await pass(10)
  return swarm
}

test('a restart that was forced by hand is not forced again, and not undone', async () => {
  const swarm = await stackWith(() => ({ ForceUpdate: 3 }))
  expect(await deploy(swarm, compose('1'))).toMatchObject({ results: [{ outcome: 'unchanged' }] })
  expect(await deploy(swarm, compose('2'))).toMatchObject({ results: [{ outcome: 'updated' }] })
  expect(swarm.service('shop_web')?.Spec.TaskTemplate).toMatchObject({
    ForceUpdate: 3,
    ContainerSpec: { Image: pin('hub.test/acme/web:2') },
  })
})

test('variables keep the order in which Swarm has them, so that another change restarts no task', async () => {
  const swarm = await stackWith(({ ContainerSpec: container }) => ({
    ContainerSpec: { ...container, Env: ['A=2', 'B=1'] },
  }))
  expect(await deploy(swarm, compose('1'))).toMatchObject({ results: [{ outcome: 'unchanged' }] })
  const { results } = await deploy(swarm, compose('1', ', deploy: {labels: {a: b}}'))
  expect(results).toMatchObject([{ outcome: 'updated' }])
  expect(swarm.service('shop_web')?.Spec.TaskTemplate.ContainerSpec?.Env).toEqual(['A=2', 'B=1'])
})

test('docker remembers the image as the file has it', async () => {
  const swarm = new MemorySwarm({ images: IMAGES })
  await deploy(swarm, compose('1'))
  expect(swarm.service('shop_web')?.Spec.Labels).toMatchObject({ 'com.docker.stack.image': 'hub.test/acme/web:1' })
})

test("a network that is somebody else's is an error with its place, and nothing has changed", async () => {
  const swarm = new MemorySwarm({ images: IMAGES })
  swarm.somebody('POST', '/networks/create', { Name: 'shop_front', Driver: 'overlay' })
  const text = `${compose('1', ', networks: [front]')}\nnetworks:\n  front: {}\n`
  expect((await deploy(swarm, text)).problems).toEqual([
    expect.stringMatching(
      /^compose\.yml line 3: networks\.front: the swarm has a network shop_front that is not of this stack: .*external/,
    ),
  ])
  expect(swarm.services).toEqual([])
})

test('a network that is missing is told once, whoever uses it', async () => {
  const swarm = new MemorySwarm({ images: IMAGES })
  const one = "{image: 'hub.test/acme/web:1', networks: [far]}"
  const text = `services: {a: ${one}, b: ${one}}\nnetworks:\n  far: {external: true, name: outside}\n  unused: {external: true}\n`
  expect((await deploy(swarm, text)).problems).toEqual([
    expect.stringMatching(/^compose\.yml line 3: the external network outside does not exist/),
  ])
})

test('what docker refuses of some services is told with all that is wrong with the others', async () => {
  const swarm = new MemorySwarm({ images: IMAGES })
  const text = [
    'services:',
    "  one: {image: 'hub.test/acme/web:1', deploy: {mode: sideways}}",
    "  two: {image: 'hub.test/acme/web:1', deploy: {mode: backwards}}",
    "  three: {image: 'hub.test/acme/web:gone'}",
    "  four: {image: 'hub.test/acme/web:1', configs: [empty]}",
    'configs:',
    "  empty: {content: ''}",
  ].join('\n')
  const { problems } = await deploy(swarm, text)
  expect(problems.join('\n').split('\n').toSorted()).toEqual([
    'compose.yml line 2: docker refuses it: service one: Unknown mode: sideways: write `replicated`, `global`, `replicated-job` or `global-job`',
    'compose.yml line 3: docker refuses it: service two: Unknown mode: backwards: write `replicated`, `global`, `replicated-job` or `global-job`',
    expect.stringMatching(/^compose\.yml line 7: configs\.empty: its content is empty/),
    expect.stringMatching(/shop_three: image hub\.test\/acme\/web:gone cannot be read/),
  ])
  expect(swarm.services).toEqual([])
})

test('a result says where the files have its service', async () => {
  const swarm = new MemorySwarm({ images: IMAGES })
  const run = await deploy(
    swarm,
    `services:\n  # Two of them.\n  a: {image: 'hub.test/acme/web:1'}\n  b: {image: 'hub.test/acme/web:2'}\n`,
  )
  expect(run.results.map(({ name, place }) => [name, place])).toEqual([
    ['shop_a', { file: 'compose.yml', line: 3 }],
    ['shop_b', { file: 'compose.yml', line: 4 }],
  ])
})

test('an unset variable, unknown keys and a network that no file defines: one error each, and nothing has changed', async () => {
  const swarm = new MemorySwarm({ nodes: [{}], images: IMAGES })
  const compose =
    'services:\n  web:\n    image: nginx:${TAG}\n    imagee: x\n    networks: [nowhere]\n    mem_limit: 5m\n    profiles: [a]\n'
  const { problems } = await runAction(swarm, { stack: 'bad' }, { compose })
  expect(problems).toEqual([
    expect.stringMatching(/^compose.yml line 3: the variable TAG is not set and has no default/),
    expect.stringMatching(/^compose.yml line 4: services.web.imagee: .*did you mean `image`/),
    expect.stringMatching(/^compose.yml line 6: services.web.mem_limit: .*limits/),
    expect.stringMatching(/^compose.yml line 7: services.web.profiles: /),
    expect.stringMatching(/^compose.yml line 5: the service web uses the network nowhere, which no file defines/),
  ])
  expect(swarm.services).toEqual([])
  expect(swarm.somebody('GET', '/networks')).toEqual(new MemorySwarm({ nodes: [{}] }).somebody('GET', '/networks'))
})

test('a secret whose file is not there is one error, whatever needs it', async () => {
  const swarm = new MemorySwarm({ images: IMAGES })
  const web = (name: string) => `  ${name}: {image: "hub.test/acme/web:1", secrets: [token]}\n`
  const files = `services:\n${web('one')}${web('two')}secrets:\n  token: {file: ./nowhere.txt}\n`
  expect((await deploy(swarm, files)).problems).toEqual([
    expect.stringMatching(/^compose\.yml line \d+: secrets\.token: its file \S*nowhere\.txt: there is no such file/),
  ])
  expect(swarm.services).toEqual([])
})

test('a service that another stack has is left to it', async () => {
  const swarm = new MemorySwarm({ images: IMAGES })
  const other = { Labels: { 'com.docker.stack.namespace': 'shop_a' } }
  const TaskTemplate = { ContainerSpec: { Image: pin('hub.test/acme/web:1') } }
  swarm.create({ Name: 'shop_web', Mode: { Replicated: { Replicas: 1 } }, TaskTemplate, ...other })
  await pass(10)
  const before = swarm.service('shop_web')
  const { problems } = await deploy(swarm, compose('2'))
  expect(problems).toEqual([expect.stringContaining('services.web: shop_web is a service of the stack shop_a: write')])
  expect(swarm.service('shop_web')).toEqual(before)
})
