import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { ServiceSpec, UpdateConfig } from '../../src/docker/api.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm, withImage } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

/** Updates that stop half-way, and those that a deploy comes upon. */

const image = (tag: string) => `hub.test/acme/web:${tag}`
const [ONE, TWO, THREE] = ['1', '2', '3'].map((tag) => pin(image(tag))) as [string, string, string]
const BAD = pin(image('bad'))
const IMAGES = {
  [image('1')]: {},
  [image('2')]: {},
  [image('3')]: {},
  [image('bad')]: { ends: { afterSeconds: 0.2, exitCode: 1 } },
}

async function swarmWith(policy: UpdateConfig = {}): Promise<MemorySwarm> {
  const swarm = new MemorySwarm({ images: IMAGES })
  swarm.create({
    Name: 'web',
    Mode: { Replicated: { Replicas: 3 } },
    TaskTemplate: { ContainerSpec: { Image: ONE }, RestartPolicy: { Condition: 'any', Delay: 300e6 } },
    UpdateConfig: { Parallelism: 1, Monitor: 1e9, ...policy },
  } as ServiceSpec)
  await pass(5)
  return swarm
}

const deploy = (swarm: MemorySwarm, services: unknown, more: Readonly<Record<string, string>> = {}) =>
  runAction(swarm, { services: JSON.stringify(services), monitor: '1s', ...more })

/** By other means than this action, and not waited for. */
async function begin(swarm: MemorySwarm, made: string) {
  swarm.update('web', withImage(made))
  await pass(0.5)
  expect(stateOf(swarm)).toBe('updating')
}

const stateOf = (swarm: MemorySwarm) => swarm.service('web')?.UpdateStatus?.State
const noticesOf = ({ log }: { readonly log: string }) => log.match(/^Notice: .*/gm) ?? []

beforeEach(stopTime)
afterEach(letTimeRun)

test('an update that fails with on-failure: pause stays where it is, whatever the service had as its policy, and the next deploy goes on', async () => {
  const swarm = await swarmWith({ FailureAction: 'rollback' })
  const red = await deploy(swarm, { web: image('bad') }, { 'on-failure': 'pause' })
  expect(red.results).toMatchObject([
    {
      outcome: 'failed',
      cause: expect.stringMatching(
        /^Swarm paused the update: .*exit code 1; it stays paused: deploy again to go on, or go back with `docker service rollback web`$/,
      ),
      image: { after: BAD },
    },
  ])
  expect(stateOf(swarm)).toBe('paused')
  expect(swarm.running('web')).toContain(ONE)

  const green = await deploy(swarm, { web: image('3') }, { 'on-failure': 'pause' })
  expect(noticesOf(green)).toEqual([
    expect.stringMatching(/service web: its last update is paused \(.*\): it is sent anew$/),
  ])
  expect(green.results).toMatchObject([{ outcome: 'updated', tasks: { running: 3, wanted: 3 } }])
  expect(swarm.running('web')).toEqual([THREE, THREE, THREE])
})

test('an update can only be paused where nothing else is asked for', async () => {
  const services = [{ name: 'web', image: image('2'), 'update-config': { failure_action: 'rollback' } }]
  const { problems } = await deploy(await swarmWith(), services, { 'on-failure': 'pause' })
  expect(problems).toEqual([
    expect.stringContaining(
      'on-failure: pause has Swarm pause an update that fails, and `update-config: {failure_action: rollback}`',
    ),
  ])
})

test('one that is in progress, and leads to what is asked for, is waited for and not sent again', async () => {
  const swarm = await swarmWith({ Delay: 2e9 })
  await begin(swarm, TWO)
  const run = await deploy(swarm, { web: image('2') })
  expect(noticesOf(run)).toEqual([
    'Notice: service web: an earlier update of it is still in progress, and leads to what is asked for: nothing is sent, and the deploy stands or falls with it',
  ])
  expect(run.results).toMatchObject([{ outcome: 'unchanged', tasks: { running: 3, wanted: 3 } }])
  expect(swarm.faults.calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/update'))).toEqual([])
  expect(stateOf(swarm)).toBe('completed')
  expect(swarm.running('web')).toEqual([TWO, TWO, TWO])
})

test('one that is in progress, leads to what is asked for, and fails makes the deploy red, and is not taken back', async () => {
  const swarm = await swarmWith({ Monitor: 5e9 })
  swarm.images.set(image('bad'), { ends: { afterSeconds: 3, exitCode: 1 } })
  await begin(swarm, BAD)
  const run = await deploy(swarm, { web: image('bad') })
  expect(run.results).toMatchObject([{ outcome: 'failed', cause: expect.stringContaining('Swarm paused the update') }])
  expect(stateOf(swarm)).toBe('paused')
})

test('one that is in progress to something else is replaced, and the way back leads to what it was to make', async () => {
  const swarm = await swarmWith({ Delay: 4e9 })
  await begin(swarm, TWO)
  const note = /service web: an earlier update of it is still in progress: this deploy takes its place/
  const services = (tag: string) => [{ name: 'web', image: image(tag), 'update-config': { delay: '0s' } }]
  const red = await deploy(swarm, services('bad'))
  expect(noticesOf(red)).toEqual([expect.stringMatching(note)])
  expect(red.results).toMatchObject([{ outcome: 'rolled-back', image: { after: TWO } }])
  await pass(20)
  expect(swarm.running('web')).toEqual([TWO, TWO, TWO])

  await begin(swarm, ONE)
  const green = await deploy(swarm, services('3'))
  expect(noticesOf(green)).toEqual([expect.stringMatching(note)])
  expect(green.results).toMatchObject([{ outcome: 'updated' }])
  expect(swarm.running('web')).toEqual([THREE, THREE, THREE])
})
