import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { letTimeRun, pass, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

const ONE = pin('hub.test/acme/web:1')
const TWO = pin('hub.test/acme/web:2')

async function swarmWith(replicas: number): Promise<MemorySwarm> {
  const images = {
    'hub.test/acme/web:1': {},
    'hub.test/acme/web:2': {},
    'hub.test/acme/web:crashes': { ends: { afterSeconds: 0.2, exitCode: 3 }, prints: 'no database' },
  }
  const swarm = new MemorySwarm({ images })
  swarm.create({
    Name: 'web',
    Mode: { Replicated: { Replicas: replicas } },
    TaskTemplate: { ContainerSpec: { Image: ONE }, RestartPolicy: { Condition: 'any' } },
    UpdateConfig: { Parallelism: 1, Monitor: 1e9 },
  } as ServiceSpec)
  await pass(5)
  return swarm
}

describe('a run over the memory swarm', () => {
  beforeEach(stopTime)
  afterEach(letTimeRun)

  test.each(['rolling', 'recreate', 'canary'])('an update with strategy %s', async (strategy) => {
    const swarm = await swarmWith(2)
    const run = await runAction(swarm, { services: 'web: hub.test/acme/web:2', strategy })
    expect(run).toMatchObject({ results: [{ name: 'web', outcome: 'updated' }], problems: [] })
    expect(swarm.running('web')).toEqual([TWO, TWO])
  })

  test('an update that fails is rolled back, with what its task printed', async () => {
    const swarm = await swarmWith(1)
    const { results } = await runAction(swarm, { services: 'web: hub.test/acme/web:crashes' })
    expect(results).toMatchObject([{ outcome: 'rolled-back', failedTask: { exitCode: 3, logs: ['no database'] } }])
    expect(results[0]).toMatchObject({
      image: { before: ONE, wanted: pin('hub.test/acme/web:crashes'), after: ONE },
      strategy: 'rolling',
      wayBack: 'done',
    })
    const { out, back } = results[0]?.timeline ?? {}
    expect(out?.tasks[0]).toMatchObject({ slot: 1, ending: 'failed with exit code 3' })
    expect(out?.tasks[0]?.phases.at(-1)).toMatchObject({ phase: 'over' })
    expect(back?.tasks[0]?.phases.at(-1)).toMatchObject({ phase: 'running' })
    expect(back?.from).toBeGreaterThanOrEqual(out?.to ?? Number.NaN)
    expect(swarm.running('web')).toEqual([ONE])
  })

  test('of a canary that fails there is a picture too', async () => {
    const swarm = await swarmWith(2)
    const { results } = await runAction(swarm, { services: 'web: hub.test/acme/web:crashes', strategy: 'canary' })
    expect(results[0]).toMatchObject({ outcome: 'rolled-back', strategy: 'canary' })
    expect(results[0]?.timeline?.out.tasks[0]).toMatchObject({ ending: 'failed with exit code 3' })
  })

  test('a service that is not there is made, by what docker says its flags mean', async () => {
    const swarm = await swarmWith(1)
    const services = '- {name: api, image: hub.test/acme/web:2, create: true, replicas: 3, create-args: [--label, a=b]}'
    const { results } = await runAction(swarm, { services })
    expect(results).toMatchObject([{ name: 'api', outcome: 'created', tasks: { running: 3, wanted: 3 } }])
    expect(swarm.running('api')).toEqual([TWO, TWO, TWO])
    expect(swarm.service('api')?.Spec.Labels).toEqual({
      a: 'b',
      'swarm-deploy.create-args': '["--label a"]',
      'swarm-deploy.write': '1',
    })
  })

  test.each(['rolling', 'recreate', 'canary'])(
    'the flags of a service are one list for its whole life, with strategy %s',
    async (strategy) => {
      const swarm = await swarmWith(2)
      const run = async (entry: object) => {
        const services = JSON.stringify([{ name: 'web', strategy, ...entry }])
        return (await runAction(swarm, { services })).results[0]?.outcome
      }
      const list = (...flags: string[]) => ({ 'create-args': flags })
      expect(await run(list('--env A=1', '--env B=1', '--label a=1'))).toBe('updated')
      expect(await run(list('--env A=1', '--env B=1', '--label a=1'))).toBe('unchanged')
      expect(await run(list('--env A=2', '--label a=1'))).toBe('updated')
      expect(await run({ ...list('--env A=2', '--label a=1'), command: 'serve' })).toBe('updated')
      const { Labels, TaskTemplate } = swarm.service('web')?.Spec ?? {}
      expect(Labels).toMatchObject({ a: '1' })
      expect(TaskTemplate?.ContainerSpec).toMatchObject({ Env: ['A=2'], Args: ['serve'] })
      // Who gives no list changes nothing of that.
      expect(await run({ replicas: 2 })).toBe('unchanged')
      expect(await run(list())).toBe('updated')
      expect(swarm.service('web')?.Spec.TaskTemplate.ContainerSpec).not.toHaveProperty('Env')
      expect(swarm.service('web')?.Spec.Labels).toEqual({ 'swarm-deploy.write': expect.any(String) })
    },
  )

  test('variables that docker would obey itself are set by flags all the same', async () => {
    const swarm = await swarmWith(1)
    const run = async (token: string) => {
      const lists = {
        'create-args': [`--env DOCKER_TOKEN=${token}`, '-e A=1'],
        'update-args': ['--env-add HTTP_PROXY=b'],
      }
      const services = JSON.stringify([{ name: 'api', image: 'hub.test/acme/web:2', create: true, ...lists }])
      const [result] = (await runAction(swarm, { services })).results
      return [result?.outcome, swarm.service('api')?.Spec.TaskTemplate.ContainerSpec?.Env?.toSorted()]
    }
    expect(await run('old')).toEqual(['created', ['A=1', 'DOCKER_TOKEN=old', 'HTTP_PROXY=b']])
    expect(await run('old')).toEqual(['unchanged', ['A=1', 'DOCKER_TOKEN=old', 'HTTP_PROXY=b']])
    expect(await run('new')).toEqual(['updated', ['A=1', 'DOCKER_TOKEN=new', 'HTTP_PROXY=b']])
  })

  test('a blue-green deploy moves the traffic', async () => {
    const swarm = await swarmWith(1)
    const services = '- {name: web, image: hub.test/acme/web:2, strategy: blue-green}'
    swarm.update('web', (spec) => ({ ...spec, Labels: { 'traefik.enable': 'true' } }))
    const run = await runAction(swarm, { services })
    expect(run).toMatchObject({ results: [{ outcome: 'updated', live: 'web-blue' }] })
    expect(swarm.services).toEqual(['web-blue'])
    expect(swarm.running('web-blue')).toEqual([TWO])
  })

  test('a stack is deployed, and updated', async () => {
    const swarm = await swarmWith(1)
    const compose = (tag: string) => `services: {web: {image: 'hub.test/acme/web:${tag}', deploy: {replicas: 2}}}`
    const first = await runAction(swarm, { stack: 'shop' }, { compose: compose('1') })
    expect(first).toMatchObject({ results: [{ name: 'shop_web', outcome: 'created' }], problems: [] })
    const second = await runAction(swarm, { stack: 'shop' }, { compose: compose('2') })
    expect(second).toMatchObject({ results: [{ name: 'shop_web', outcome: 'updated' }], problems: [] })
    expect(swarm.running('shop_web')).toEqual([TWO, TWO])
  })

  test('an image that is not there is an error, and nothing has changed', async () => {
    const swarm = await swarmWith(1)
    const run = await runAction(swarm, { services: 'web: hub.test/acme/web:nix' })
    expect(run).toMatchObject({ results: [], isBug: false, problems: [expect.stringContaining('manifest unknown')] })
    expect(swarm.service('web')?.PreviousSpec).toBeUndefined()
  })
})

describe('one cause is told once', () => {
  beforeEach(stopTime)
  afterEach(letTimeRun)

  const images = Object.fromEntries(
    ['a', 'b', 'c', 'd'].map((name) => [`hub.test/acme/${name}:1`, { readers: ['alice'] }]),
  )
  const services = ['a', 'b', 'c', 'd']
    .map((name) => `- {name: ${name}, image: hub.test/acme/${name}:1, create: true}`)
    .join('\n')

  test('of four images that need a credential', async () => {
    const { problems } = await runAction(new MemorySwarm({ images }), { services })
    expect(problems).toEqual([
      expect.stringMatching(/^services a, b, c and d: image hub\.test\/acme\/a:1 cannot be read .*Add a credential/),
    ])
  })

  test('a path with a typo is named, and what to write', async () => {
    const registries = '- {registry: hub.test/acm, username: alice, password: alices-own}'
    const swarm = new MemorySwarm({ images })
    const { problems } = await runAction(swarm, { services, registries })
    expect(problems).toEqual([
      expect.stringMatching(
        /registries entry 1 is for hub\.test\/acm, where this image is not: write `registry: hub\.test\/acme` there/,
      ),
    ])
  })

  test('an image without its registry is told with the one of the given credential', async () => {
    const registries = '- {registry: hub.test, username: alice, password: alices-own}'
    const { problems } = await runAction(new MemorySwarm({ images }), {
      services: '- {name: a, image: acme/a:1, create: true}',
      registries,
    })
    expect(problems).toEqual([
      expect.stringMatching(
        /^service a: image acme\/a:1 .*a name without a registry is one of docker\.io\)\. Write hub\.test\/acme\/a:1 if it is in the registry of registries entry 1\. Check the name/,
      ),
    ])
  })

  test('a typo in the name of a service', async () => {
    const swarm = await swarmWith(1)
    const { problems } = await runAction(swarm, { services: 'wbe: hub.test/acme/web:2' })
    expect(problems).toEqual([
      'service wbe does not exist on this swarm: did you mean `web`? To have it made write `wbe: {image: hub.test/acme/web:2, create: true}`',
    ])
  })
})

describe('what is told to be unchanged has the image that was asked for', () => {
  beforeEach(stopTime)
  afterEach(letTimeRun)

  const FORMS: readonly [string, string, Record<string, string>, string | undefined][] = [
    ['a pair', 'web', { services: 'web: hub.test/acme/web:1' }, undefined],
    [
      'an entry with flags',
      'web',
      {
        services:
          '- {name: web, image: hub.test/acme/web:1, create-args: [--label, a=b], update-args: [--label-add, c=d]}',
      },
      undefined,
    ],
    ['a stack', 'shop_web', { stack: 'shop' }, 'services: {web: {image: "hub.test/acme/web:1"}}'],
  ]
  const BY_HAND = [
    ['another tag', TWO],
    ['another digest of the same tag', TWO.replace(':2@', ':1@')],
  ] as const
  const cases = FORMS.flatMap((form) => BY_HAND.map((other) => [...other, ...form] as const))

  test.each(cases)('after %s (%s) by hand, of %s', async (_what, other, _form, name, inputs, compose) => {
    const swarm = await swarmWith(1)
    const deploy = async () => (await runAction(swarm, inputs, compose === undefined ? {} : { compose })).results
    await deploy()
    swarm.update(name, (spec) => ({
      ...spec,
      TaskTemplate: { ...spec.TaskTemplate, ContainerSpec: { ...spec.TaskTemplate.ContainerSpec, Image: other } },
    }))
    await pass(10)
    expect(swarm.running(name)).toEqual([other])
    expect(await deploy()).toMatchObject([{ outcome: 'updated', image: { after: ONE } }])
    expect(swarm.running(name)).toEqual([ONE])
    expect(await deploy()).toMatchObject([{ outcome: 'unchanged', image: { after: ONE } }])
  })
})
