import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { readRecords } from '../../src/records/read.ts'
import type { DeployRecord } from '../../src/records/record.ts'
import { letTimeRun, pass, settle, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { pin } from '../support/memory-swarm/images.ts'
import { MemorySwarm, withImage, withReplicas } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

beforeEach(stopTime)
afterEach(letTimeRun)

const IMAGE = 'hub.test/acme/web'
const IMAGES = Object.fromEntries([1, 2, 3, 4, 5].map((tag) => [`${IMAGE}:${tag}`, {}]))
const image = (tag: number | string) => pin(`${IMAGE}:${tag}`)

type Inputs = Readonly<Record<string, string>>

const rollBack = (swarm: MemorySwarm, inputs: Inputs) => runAction(swarm, { mode: 'rollback', ...inputs })

/** A swarm on which a service was deployed so often, with the tags 1, 2 and so on. */
async function deployed(count: number, inputs: Inputs = {}): Promise<MemorySwarm> {
  const swarm = new MemorySwarm({
    nodes: [{}, {}],
    images: { ...IMAGES, [`${IMAGE}:bad`]: { ends: { afterSeconds: 1, exitCode: 3 } } },
  })
  for (let tag = 1; tag <= count; tag++) await deploy(swarm, tag, inputs)
  return swarm
}

async function deploy(swarm: MemorySwarm, tag: number | string, inputs: Inputs = {}) {
  return runAction(swarm, { services: `- {name: web, image: '${IMAGE}:${tag}', create: true}`, ...inputs })
}

/** What is recorded, the newest first. */
async function records(swarm: MemorySwarm): Promise<DeployRecord[]> {
  const { kept } = await settle(readRecords(swarm.engine, new AbortController().signal), 60)
  return kept.map(({ record }) => record)
}

describe('a service', () => {
  test.each([
    ['previous', 4],
    ['#2', 2],
    ['3', 3],
  ])('goes back to %s', async (to, tag) => {
    const swarm = await deployed(5)
    const run = await rollBack(swarm, { services: 'web', to })
    expect(run).toMatchObject({ results: [{ name: 'web', outcome: 'updated' }], problems: [] })
    expect(swarm.running('web')).toEqual([image(tag)])
    expect((await records(swarm))[0]).toMatchObject({ version: 6, wentBackTo: tag })
  })

  test('goes further back each time, and says when there is nothing before', async () => {
    const swarm = await deployed(3)
    await rollBack(swarm, { services: 'web', to: 'previous' })
    await rollBack(swarm, { services: 'web', to: 'previous' })
    expect(swarm.running('web')).toEqual([image(1)])
    const { problems } = await rollBack(swarm, { services: 'web', to: 'previous' })
    expect(problems).toEqual([
      expect.stringMatching(
        /^service web: what runs is #5 \(tag 1, went back to #1, .*\), and nothing before #1 is recorded\./,
      ),
    ])
  })

  test('gets back all that it had, and keeps nothing of what came since', async () => {
    const swarm = await deployed(1, {})
    const before = swarm.service('web')?.Spec as ServiceSpec
    await runAction(swarm, {
      services: `- {name: web, image: '${IMAGE}:2', env: {A: b}, replicas: 3, command: serve, update-config: {parallelism: 3}}`,
    })
    await rollBack(swarm, { services: 'web', to: 'previous' })
    expect({ ...swarm.service('web')?.Spec, Labels: {} }).toEqual({ ...before, Labels: {} })
  })

  test('that runs what is asked for already is left alone, and green', async () => {
    const swarm = await deployed(3)
    const before = swarm.service('web')
    expect(await rollBack(swarm, { services: 'web', to: '#3' })).toMatchObject({ results: [{ outcome: 'unchanged' }] })
    expect(swarm.service('web')).toEqual(before)
  })

  test('that somebody has changed goes back to what was deployed last', async () => {
    const swarm = await deployed(2)
    swarm.update('web', withImage(image(5)))
    await pass(30)
    await rollBack(swarm, { services: 'web', to: 'previous' })
    expect(swarm.running('web')).toEqual([image(2)])
  })

  test('whose failed deploy was kept goes back to the last one that succeeded', async () => {
    const swarm = await deployed(2)
    expect(await deploy(swarm, 'bad', { 'on-failure': 'keep' })).toMatchObject({ results: [{ outcome: 'failed' }] })
    await rollBack(swarm, { services: 'web', to: 'previous' })
    expect(swarm.running('web')).toEqual([image(2)])
  })

  test('whose number of tasks somebody has changed goes back to another version all the same', async () => {
    const swarm = await deployed(2)
    swarm.update('web', withReplicas(3))
    await pass(30)
    await rollBack(swarm, { services: 'web', to: 'previous' })
    expect(swarm.running('web')).toEqual([image(1)])
  })

  test.each([{}, { 'keep-replicas': 'true' }])(
    'goes to another version also where a deploy has recorded another number of tasks, with %j',
    async (inputs) => {
      const swarm = await deployed(2)
      swarm.update('web', withReplicas(3))
      await pass(30)
      await runAction(swarm, { services: `- {name: web, image: '${IMAGE}:2', replicas: 3}`, ...inputs })
      expect((await records(swarm)).map(({ version }) => version)).toEqual([3, 2, 1])
      await rollBack(swarm, { services: 'web', to: 'previous' })
      expect(swarm.running('web')).toEqual([image(1)])
    },
  )

  test('that has what is asked for already is still what was deployed last', async () => {
    const swarm = await deployed(2)
    await deploy(swarm, 1)
    expect(await rollBack(swarm, { services: 'web', to: '#1' })).toMatchObject({ results: [{ outcome: 'unchanged' }] })
    const [newest] = await records(swarm)
    expect([newest?.version, newest?.runs.length, newest?.wentBackTo]).toEqual([3, 2, undefined])
    await rollBack(swarm, { services: 'web', to: 'previous' })
    expect(swarm.running('web')).toEqual([image(2)])
  })

  test('keeps the number of tasks that others have set, where that is asked for', async () => {
    const swarm = await deployed(2)
    swarm.update('web', withReplicas(3))
    await pass(30)
    await rollBack(swarm, { services: 'web', to: 'previous', 'keep-replicas': 'true' })
    expect(swarm.running('web')).toEqual([image(1), image(1), image(1)])
  })

  test('that is gone is made again', async () => {
    const swarm = await deployed(2)
    swarm.remove('web')
    await pass(30)
    expect(await rollBack(swarm, { services: 'web', to: 'previous' })).toMatchObject({
      results: [{ outcome: 'created' }],
    })
    expect(swarm.running('web')).toEqual([image(2)])
  })

  test('goes back to what ran before the rollback where that does not come up', async () => {
    const swarm = await deployed(2)
    swarm.images.set(`${IMAGE}:1`, { ends: { afterSeconds: 1, exitCode: 3 } })
    const run = await rollBack(swarm, { services: 'web', to: 'previous' })
    expect(run).toMatchObject({ results: [{ outcome: 'rolled-back', wayBack: 'done' }] })
    expect(swarm.running('web')).toEqual([image(2)])
    expect(await records(swarm)).toHaveLength(2)
  })

  test('gets the credential of today, by the usual rules', async () => {
    const swarm = await deployed(2)
    for (const tag of [1, 2]) swarm.images.set(`${IMAGE}:${tag}`, { readers: ['bob'] })
    const registries = '- {registry: hub.test, username: bob, password: bobs-password}'
    const { problems } = await rollBack(swarm, { services: 'web', to: 'previous' })
    expect(problems).toEqual([expect.stringMatching(/cannot be read from hub.test without a credential/)])
    const run = await rollBack(swarm, { services: 'web', to: 'previous', registries })
    expect(run).toMatchObject({ results: [{ outcome: 'updated' }] })
    expect(swarm.service('web')?.Spec.Labels).toMatchObject({ 'swarm-deploy.auth.account': 'bob' })
  })

  test('without a record is told since when there are some', async () => {
    const swarm = await deployed(0)
    swarm.create({
      Name: 'web',
      Mode: { Replicated: { Replicas: 1 } },
      TaskTemplate: { ContainerSpec: { Image: image(1) } },
    })
    await pass(10)
    const { problems, isBug } = await rollBack(swarm, { services: 'web api', to: 'previous' })
    expect(isBug).toBe(false)
    expect(problems).toEqual([
      expect.stringMatching(/^service web: it has no record on this swarm.*Each deploy of it that succeeds leaves one/),
      expect.stringMatching(/^service api: it has no record/),
    ])
  })

  test('whose image the registry no longer has is told before anything is changed', async () => {
    const swarm = await deployed(2)
    swarm.images.delete(`${IMAGE}:1`)
    const before = swarm.service('web')
    const { problems } = await rollBack(swarm, { services: 'web', to: 'previous' })
    expect(problems).toEqual([
      expect.stringMatching(
        /It was deployed once, so it has been removed from there since\. Go back to another version\. A node where it ran may still have it/,
      ),
    ])
    expect(swarm.service('web')).toEqual(before)
  })

  test('gets back the secret that its entry had, and its record keeps it', async () => {
    const swarm = await deployed(0)
    const entry = (tag: number) =>
      `- {name: web, image: '${IMAGE}:${tag}', create: true, secrets: [{name: key, content: 'content-number-${tag}'}]}`
    for (const tag of [1, 2, 3, 4]) await runAction(swarm, { services: entry(tag) })
    const [, , , first] = await records(swarm)
    const run = await rollBack(swarm, { services: 'web', to: '1' })
    expect(run).toMatchObject({ problems: [], results: [{ outcome: 'updated' }] })
    const secrets = swarm.service('web')?.Spec.TaskTemplate.ContainerSpec?.Secrets
    expect(secrets).toEqual(first?.services[0]?.spec.TaskTemplate.ContainerSpec?.Secrets)
    expect(secrets).toHaveLength(1)
    // The next deploy goes on from there.
    expect(await runAction(swarm, { services: entry(4) })).toMatchObject({
      problems: [],
      results: [{ outcome: 'updated' }],
    })
    expect(swarm.service('web')?.Spec.TaskTemplate.ContainerSpec?.Secrets).toHaveLength(1)
  })

  test('several go back to one commit, each to its own version', async () => {
    const swarm = await deployed(2)
    await runAction(swarm, { services: `- {name: api, image: '${IMAGE}:1', create: true}` })
    await runAction(swarm, { services: `web: ${IMAGE}:3\napi: ${IMAGE}:3` })
    await rollBack(swarm, { services: 'web api', to: 'previous' })
    expect([swarm.running('web'), swarm.running('api')]).toEqual([[image(2)], [image(1)]])
  })
})

test.each([{ strategy: 'recreate' }, { strategy: 'canary', canary: '1', hold: '5s' }])(
  'the strategy $strategy replaces the tasks of a rollback too',
  async (how) => {
    const swarm = await deployed(0)
    for (const tag of [1, 2]) {
      await runAction(swarm, {
        services: `- {name: web, image: '${IMAGE}:${tag}', create: true, create-args: [--replicas 3]}`,
      })
    }
    const run = await rollBack(swarm, { services: 'web', to: 'previous', ...how })
    expect(run).toMatchObject({ results: [{ outcome: 'updated' }], problems: [] })
    expect(run.log).toMatch(how.strategy === 'canary' ? /canary/i : /recreate|stopped/i)
    expect(swarm.running('web')).toEqual([image(1), image(1), image(1)])
  },
)

describe('a blue-green service', () => {
  const BLUE_GREEN = { strategy: 'blue-green', 'route-labels': 'traefik.', hold: '1s', 'keep-old': '1s' }
  const entry = (tag: number) =>
    `- {name: web, image: '${IMAGE}:${tag}', create: true, create-args: ['--label traefik.enable=true']}`

  async function twice(): Promise<MemorySwarm> {
    const swarm = await deployed(0)
    for (const tag of [1, 2]) await runAction(swarm, { services: entry(tag), ...BLUE_GREEN })
    return swarm
  }

  test('moves its traffic to a second one with the old version', async () => {
    const swarm = await twice()
    const [live] = swarm.services
    const run = await rollBack(swarm, { services: 'web', to: 'previous', ...BLUE_GREEN })
    expect(run).toMatchObject({ results: [{ name: 'web', outcome: 'updated' }], problems: [] })
    const [now = ''] = swarm.services
    expect(swarm.services).toHaveLength(1)
    expect(now).not.toBe(live)
    expect(swarm.running(now)).toEqual([image(1)])
    expect(swarm.service(now)?.Spec.Labels).toMatchObject({ 'traefik.enable': 'true', 'swarm-deploy.live': '3' })
    await rollBack(swarm, { services: 'web', to: '2', ...BLUE_GREEN })
    expect(swarm.running(swarm.services[0] ?? '')).toEqual([image(2)])
  })

  test('goes back where it is with another strategy, and keeps its traffic', async () => {
    const swarm = await twice()
    const [live = ''] = swarm.services
    const labels = swarm.service(live)?.Spec.Labels
    await rollBack(swarm, { services: 'web', to: 'previous' })
    expect(swarm.services).toEqual([live])
    expect(swarm.running(live)).toEqual([image(1)])
    const { 'swarm-deploy.write': _, ...before } = labels ?? {}
    expect(swarm.service(live)?.Spec.Labels).toMatchObject(before)
  })
})

describe('a stack', () => {
  const compose = (lines: readonly string[]) => ['services:', ...lines.map((line) => `  ${line}`)].join('\n')
  const service = (name: string, tag: number, more = '') => `${name}: {image: '${IMAGE}:${tag}'${more}}`
  const JOB = ', deploy: {mode: replicated-job}'
  const deployStack = (swarm: MemorySwarm, lines: readonly string[], rest = '', inputs: Inputs = {}) =>
    runAction(swarm, { stack: 'shop', ...inputs }, { compose: `${compose(lines)}\n${rest}` })
  const images = (swarm: MemorySwarm) =>
    Object.fromEntries(swarm.services.map((name) => [name, swarm.running(name)[0]]))

  test('goes back as a whole, without its files', async () => {
    const swarm = await deployed(0)
    for (const tag of [1, 2, 3]) await deployStack(swarm, [service('web', tag), service('api', tag)])
    const run = await rollBack(swarm, { stack: 'shop', to: '#1' })
    expect(run).toMatchObject({ problems: [], results: [{ outcome: 'updated' }, { outcome: 'updated' }] })
    expect(images(swarm)).toEqual({ shop_web: image(1), shop_api: image(1) })
    expect((await records(swarm))[0]).toMatchObject({
      subject: { kind: 'stack', name: 'shop' },
      version: 4,
      wentBackTo: 1,
    })
    // And the files bring it forward again, to what they say.
    const again = await deployStack(swarm, [service('web', 3), service('api', 3)])
    expect(again).toMatchObject({ results: [{ outcome: 'updated' }, { outcome: 'updated' }] })
  })

  test('leaves what has come since, with a notice, or removes it with prune', async () => {
    const swarm = await deployed(0)
    await deployStack(swarm, [service('web', 1)])
    await deployStack(swarm, [service('web', 2), service('api', 2)])
    const run = await rollBack(swarm, { stack: 'shop', to: 'previous' })
    expect(run.log).toContain('service shop_api: #1 does not have it, and it stays: `prune: true` removes it')
    expect(images(swarm)).toEqual({ shop_web: image(1), shop_api: image(2) })
    const recorded = async () =>
      (await records(swarm)).map(({ version, services }) => [version, services.map(({ name }) => name).sort()])
    expect((await recorded())[0]).toEqual([3, ['shop_api', 'shop_web']])
    const pruned = await rollBack(swarm, { stack: 'shop', to: '#1', prune: 'true' })
    expect((await recorded())[0]).toEqual([4, ['shop_web']])
    expect(pruned.results.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['shop_web', 'unchanged'],
      ['shop_api', 'removed'],
    ])
    expect(swarm.services).toEqual(['shop_web'])
  })

  test('gets back what was removed since', async () => {
    const swarm = await deployed(0)
    await deployStack(swarm, [service('web', 1), service('api', 1)])
    await deployStack(swarm, [service('web', 2)], '', { prune: 'true' })
    expect(swarm.services).toEqual(['shop_web'])
    await rollBack(swarm, { stack: 'shop', to: 'previous' })
    expect(images(swarm)).toEqual({ shop_web: image(1), shop_api: image(1) })
  })

  test('gets the content back that its secrets had, which its records keep', async () => {
    const swarm = await deployed(0)
    const rest = (content: string) => `secrets: {key: {content: '${content}'}}`
    for (const tag of [1, 2, 3, 4]) {
      await deployStack(swarm, [service('web', tag, ', secrets: [key]')], rest(`content-${tag}`))
    }
    const [, , , first] = await records(swarm)
    const run = await rollBack(swarm, { stack: 'shop', to: '1' })
    expect(run).toMatchObject({ problems: [], results: [{ outcome: 'updated' }] })
    const secrets = (spec: ServiceSpec | undefined) => spec?.TaskTemplate.ContainerSpec?.Secrets
    expect(secrets(swarm.service('shop_web')?.Spec)).toEqual(secrets(first?.services[0]?.spec))
  })

  describe('what the swarm no longer has', () => {
    const REST = 'secrets: {key: {external: true, name: the-key}}\nconfigs: {conf: {external: true, name: the-conf}}'
    const USES = ', secrets: [key], configs: [conf]'
    const make = (swarm: MemorySwarm, kind: string, name: string) =>
      (
        swarm.somebody('POST', `/${kind}s/create`, { Name: name, Data: Buffer.from('x').toString('base64') }) as {
          ID: string
        }
      ).ID

    async function withExternals() {
      const swarm = await deployed(0)
      const ids = [make(swarm, 'secret', 'the-key'), make(swarm, 'config', 'the-conf')]
      await deployStack(swarm, [service('web', 1, USES), service('api', 1, ', secrets: [key]')], REST)
      await deployStack(swarm, [service('web', 2), service('api', 2)])
      await deployStack(swarm, [service('web', 3), service('api', 3)])
      swarm.somebody('DELETE', `/secrets/${ids[0]}`)
      swarm.somebody('DELETE', `/configs/${ids[1]}`)
      return swarm
    }

    test('is told at once, before anything is changed, with all else that is wrong', async () => {
      const swarm = await withExternals()
      swarm.images.delete(`${IMAGE}:1`)
      const before = swarm.service('shop_web')
      const { problems } = await rollBack(swarm, { stack: 'shop', to: '#1' })
      expect(problems).toEqual([
        'stack shop cannot go back to #1: the swarm no longer has the secret the-key (of shop_web and shop_api) and the config the-conf (of shop_web). Make them again under the same name (`docker secret create`, with the content that it had then; `docker config create`, with the content that it had then), or go back to another version',
        expect.stringMatching(/^services shop_web and shop_api: image .* It was deployed once/),
      ])
      expect(swarm.service('shop_web')).toEqual(before)
    })

    test('is found by its name where it was made anew', async () => {
      const swarm = await withExternals()
      const ids = [make(swarm, 'secret', 'the-key'), make(swarm, 'config', 'the-conf')]
      const run = await rollBack(swarm, { stack: 'shop', to: '#1' })
      expect(run).toMatchObject({ problems: [], results: [{ outcome: 'updated' }, { outcome: 'updated' }] })
      const { Secrets, Configs } = swarm.service('shop_web')?.Spec.TaskTemplate.ContainerSpec ?? {}
      expect([Secrets?.[0]?.SecretID, Configs?.[0]?.ConfigID]).toEqual(ids)
      // It is what runs now, under whatever ID.
      expect(await rollBack(swarm, { stack: 'shop', to: '#1' })).toMatchObject({
        results: [{ outcome: 'unchanged' }, { outcome: 'unchanged' }],
      })
    })
  })

  describe('with a job', () => {
    const jobRuns = (swarm: MemorySwarm) =>
      swarm.tasks('shop_migrate').filter(({ Status }) => Status?.State === 'complete').length

    async function withJob() {
      const swarm = new MemorySwarm({
        nodes: [{}, {}],
        images: { ...IMAGES, 'hub.test/acme/migrate:1': DONE, 'hub.test/acme/migrate:2': DONE },
      })
      const job = (tag: number) => `migrate: {image: 'hub.test/acme/migrate:${tag}'${JOB}}`
      for (const tag of [1, 2]) await deployStack(swarm, [service('web', tag), job(tag)])
      return swarm
    }
    const DONE = { ends: { afterSeconds: 1, exitCode: 0 } }

    test('does not do old work again', async () => {
      const swarm = await withJob()
      const before = jobRuns(swarm)
      const run = await rollBack(swarm, { stack: 'shop', to: 'previous' })
      expect(run).toMatchObject({ problems: [], results: [{ name: 'shop_web', outcome: 'updated' }] })
      expect(run.log).toContain(
        'service shop_migrate: a job, which is left as it is: going back would run the old one again, which `rerun-jobs: true` asks for',
      )
      expect(jobRuns(swarm)).toBe(before)
      expect(swarm.service('shop_migrate')?.Spec.TaskTemplate.ContainerSpec?.Image).toBe(pin('hub.test/acme/migrate:2'))
    })

    test('does it where that is asked for', async () => {
      const swarm = await withJob()
      const run = await rollBack(swarm, { stack: 'shop', to: 'previous', 'rerun-jobs': 'true' })
      expect(run).toMatchObject({
        problems: [],
        results: [{ outcome: 'updated' }, { name: 'shop_migrate', outcome: 'updated' }],
      })
      expect(swarm.service('shop_migrate')?.Spec.TaskTemplate.ContainerSpec?.Image).toBe(pin('hub.test/acme/migrate:1'))
    })

    test('that `services` names beside others stays too, in however many versions it is', async () => {
      const swarm = new MemorySwarm({
        nodes: [{}, {}],
        images: { ...IMAGES, ...Object.fromEntries([1, 2].map((tag) => [`hub.test/acme/migrate:${tag}`, DONE])) },
      })
      const job = (name: string, tag: number) =>
        `- {name: ${name}, image: 'hub.test/acme/migrate:${tag}', create: true, create-args: --mode replicated-job}`
      for (const tag of [1, 2]) {
        const services = [`- {name: web, image: '${IMAGE}:${tag}', create: true}`, job('migrate', tag), job('seed', 1)]
        await runAction(swarm, { services: services.join('\n') })
      }
      const run = await rollBack(swarm, { services: 'web migrate seed', to: 'previous' })
      expect(run).toMatchObject({ problems: [], results: [{ name: 'web', outcome: 'updated' }] })
      for (const name of ['migrate', 'seed'])
        expect(run.log).toContain(`service ${name}: a job, which is left as it is`)
      expect((await rollBack(swarm, { services: 'migrate seed', to: 'previous' })).problems).toEqual(
        ['migrate', 'seed'].map(
          (name) =>
            `service ${name}: a job, and going back would run the old one again: write \`rerun-jobs: true\` if that is meant`,
        ),
      )
      const again = await rollBack(swarm, { services: 'migrate', to: '#1', 'rerun-jobs': 'true' })
      expect(again).toMatchObject({ problems: [], results: [{ name: 'migrate', outcome: 'updated' }] })
    })

    test('and nothing but jobs there is nothing to go back, in however many versions', async () => {
      const images = Object.fromEntries([1, 2].map((tag) => [`hub.test/acme/migrate:${tag}`, DONE]))
      const swarm = new MemorySwarm({ nodes: [{}], images })
      for (const tag of [1, 2]) await deployStack(swarm, [`migrate: {image: 'hub.test/acme/migrate:${tag}'${JOB}}`])
      expect((await rollBack(swarm, { stack: 'shop', to: 'previous' })).problems).toEqual([
        'stack shop: there are only jobs in it, and going back would run the old ones again: write `rerun-jobs: true` if that is meant',
      ])
    })

    test('is not pruned', async () => {
      const swarm = await withJob()
      await rollBack(swarm, { stack: 'shop', to: 'previous', prune: 'true' })
      expect(swarm.services).toEqual(['shop_migrate', 'shop_web'])
    })
  })

  describe('of which only some services are meant', () => {
    async function fourTimes() {
      const swarm = await deployed(0)
      for (const tag of [1, 2, 3, 4]) await deployStack(swarm, [service('web', tag), service('api', tag)])
      return swarm
    }

    test('leaves the others as they are, and goes further back each time', async () => {
      const swarm = await fourTimes()
      const run = await rollBack(swarm, { stack: 'shop', to: 'previous', only: 'web' })
      expect(run.results).toMatchObject([{ name: 'shop_web', outcome: 'updated' }])
      expect(images(swarm)).toEqual({ shop_web: image(3), shop_api: image(4) })
      const [newest] = await records(swarm)
      expect(newest?.services.map(({ name, image }) => [name, image]).toSorted()).toEqual([
        ['shop_api', `${IMAGE}:4`],
        ['shop_web', `${IMAGE}:3`],
      ])
      await rollBack(swarm, { stack: 'shop', to: 'previous', only: 'web' })
      expect(images(swarm)).toEqual({ shop_web: image(2), shop_api: image(4) })
    })

    test('is had as a whole after that', async () => {
      const swarm = await fourTimes()
      await rollBack(swarm, { stack: 'shop', to: 'previous', only: 'web' })
      await rollBack(swarm, { stack: 'shop', to: 'previous' })
      expect(images(swarm)).toEqual({ shop_web: image(3), shop_api: image(3) })
    })

    test('refuses a name that the version does not have', async () => {
      const swarm = await fourTimes()
      const { problems } = await rollBack(swarm, { stack: 'shop', to: '#2', only: 'wbe' })
      expect(problems).toEqual(['stack shop: `only`: #2 of the stack shop has no service `wbe`: did you mean `web`?'])
    })
  })

  test('replaces the tasks of what is as it was, where that is asked for', async () => {
    const swarm = await deployed(0)
    for (const tag of [1, 2]) await deployStack(swarm, [service('web', tag), service('api', 1)])
    const ids = (name: string) =>
      swarm.tasks(name).flatMap(({ ID, Status }) => (Status?.State === 'running' ? [ID] : []))
    const before = ids('shop_api')
    const run = await rollBack(swarm, { stack: 'shop', to: 'previous', force: 'api' })
    expect(run.results).toMatchObject([{ outcome: 'updated' }, { name: 'shop_api', outcome: 'updated' }])
    expect(ids('shop_api')).not.toEqual(before)
    // It is still what was deployed then.
    expect(await rollBack(swarm, { stack: 'shop', to: '#1' })).toMatchObject({
      results: [{ outcome: 'unchanged' }, { outcome: 'unchanged' }],
    })
  })

  test('keeps a service that has come to it since, and leaves one alone that has left it', async () => {
    const swarm = await deployed(0)
    const alone = (tag: number) =>
      runAction(swarm, { services: `- {name: shop_web, image: '${IMAGE}:${tag}', create: true}` })
    await alone(1)
    await deployStack(swarm, [service('web', 2)])
    const inStack = swarm.service('shop_web')
    const run = await rollBack(swarm, { services: 'shop_web', to: 'previous' })
    expect(run.problems).toEqual([
      'service shop_web: it belongs to the stack shop by now, and to no stack in #1: to have it there again deploy it, or go back with `stack: shop`',
    ])
    expect(swarm.service('shop_web')).toEqual(inStack)
    swarm.remove('shop_web')
    await pass(30)
    await alone(3)
    const outside = swarm.service('shop_web')
    const { problems } = await rollBack(swarm, { stack: 'shop', to: '#1' })
    expect(problems).toEqual([
      'service shop_web: it belongs to no stack by now, and to the stack shop in #1: to have it there again deploy it',
    ])
    expect(swarm.service('shop_web')).toEqual(outside)
  })

  test('of a name that is probably another asks for that', async () => {
    const swarm = await deployed(0)
    await deployStack(swarm, [service('web', 1)])
    const { problems } = await rollBack(swarm, { stack: 'shpo', to: 'previous' })
    expect(problems).toEqual(['stack shpo: it has no record on this swarm: did you mean `shop`?'])
  })

  test('whose service is asked for alone is told how it goes back', async () => {
    const swarm = await deployed(0)
    for (const tag of [1, 2]) await deployStack(swarm, [service('web', tag)])
    const { problems } = await rollBack(swarm, { services: 'shop_web', to: 'previous' })
    expect(problems).toEqual([
      expect.stringMatching(
        /It is deployed with the stack shop: write `stack: shop`, and `only: shop_web` for this service alone$/,
      ),
    ])
  })
})

describe('a plan of a rollback', () => {
  test('says what it would do, and changes nothing', async () => {
    const swarm = await deployed(3)
    const before = [swarm.service('web'), await records(swarm)]
    const run = await runAction(swarm, { mode: 'plan', services: 'web', to: '#1' })
    expect(run.outlook).toMatchObject({
      services: [{ name: 'web', action: 'update', image: { before: image(3), after: image(1) } }],
      returns: [{ subject: { kind: 'service', name: 'web' }, origin: 1 }],
    })
    expect(run.log).toMatch(/service web: back to #1 \(tag 1, /)
    expect([swarm.service('web'), await records(swarm)]).toEqual(before)
  })

  test('says the same problems', async () => {
    const swarm = await deployed(1)
    const { problems } = await runAction(swarm, { mode: 'plan', services: 'web', to: '#9' })
    expect(problems).toEqual([expect.stringMatching(/^service web: #9 is not recorded: there is #1 /)])
  })
})
