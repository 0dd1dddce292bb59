import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { HttpFault, type HttpSend } from '../../src/docker/registry/registry-http.ts'
import { Layout, savedArchive, type WriteArchive, withArchives } from '../support/archives.ts'
import { MemoryRegistry } from '../support/memory-registry.ts'
import { letTimeRun, pass, stopTime, withFiles } from '../support/memory-swarm/hand-clock.ts'
import { pin, setDigest } from '../support/memory-swarm/images.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { cancel, type Run, runAction } from '../support/memory-swarm/run.ts'

const PASSWORD = 'correct-horse-battery'
const NAME = 'hub.test/shop/web'
const OLD = pin(`${NAME}:1`)

/** A swarm that runs version 1, and the registry that its nodes pull from. */
async function scene(options: ConstructorParameters<typeof MemoryRegistry>[0] = {}) {
  const swarm = new MemorySwarm({ images: { [`${NAME}:1`]: {} } })
  const registry = new MemoryRegistry({
    ...options,
    onPush: (reference, digest) => {
      setDigest(reference, digest)
      swarm.images.set(reference, {})
    },
  })
  swarm.create({
    Name: 'web',
    Mode: { Replicated: { Replicas: 1 } },
    TaskTemplate: { ContainerSpec: { Image: OLD } },
    UpdateConfig: { Monitor: 1e9 },
  })
  await pass(5)
  const run = (inputs: Readonly<Record<string, string>>): Promise<Run> =>
    withFiles(() => runAction(swarm, inputs, { registryHttp: registry.send, tells: true }))
  return { swarm, registry, run }
}

const layout = (text: string) => {
  const made = new Layout()
  const image = made.image(['base', text])
  return { image, entries: made.entries([image]) }
}

const account = (username: string, more = '') =>
  `- { registry: hub.test, username: ${username}, password: ${PASSWORD}${more} }`

describe('images of archives', () => {
  beforeEach(stopTime)
  afterEach(letTimeRun)

  const withArchive = (work: (write: WriteArchive) => Promise<void>) => () => withArchives(work)

  test(
    'an image is pushed, and the service pinned to the digest that it has in the archive',
    withArchive(async (write) => {
      const { swarm, registry, run } = await scene({ accounts: { robot: { password: PASSWORD } } })
      const { image, entries } = layout('two')
      const { results, problems, log } = await run({
        images: `- { archive: ${write(entries)}, image: ${NAME}:2 }`,
        registries: account('robot'),
        services: `web: ${NAME}:2`,
      })
      expect(problems).toEqual([])
      expect(results).toMatchObject([{ name: 'web', outcome: 'updated' }])
      expect(swarm.running('web')).toEqual([`${NAME}:2@${image.digest}`])
      expect(registry.manifests.has(`shop/web@${image.digest}`)).toBe(true)
      expect(log).toMatch(/hub\.test\/shop\/web:2: pushed in .* 3 parts of .* sent/)
      expect(log).not.toContain(PASSWORD)
    }),
  )

  test(
    'what docker save wrote is packed as docker push does, and sent once: a second run finds it there',
    withArchive(async (write) => {
      const { swarm, registry, run } = await scene({ accounts: { robot: { password: PASSWORD } } })
      const archive = write(savedArchive([{ tags: ['web:latest'], layers: ['base', 'two', 'base'] }]))
      const inputs = {
        images: `- { archive: ${archive}, image: ${NAME}:2 }`,
        registries: account('robot'),
        services: `web: ${NAME}:2`,
      }
      expect(await run(inputs)).toMatchObject({ problems: [], results: [{ outcome: 'updated' }] })
      const { bytes } = registry.manifests.get('shop/web:2') ?? { bytes: Buffer.alloc(0) }
      expect(JSON.parse(bytes.toString())).toMatchObject({
        mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
        layers: [1, 2, 3].map(() => ({ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' })),
      })
      const writes = registry.writes.length
      const again = await run(inputs)
      expect(again).toMatchObject({ results: [{ outcome: 'unchanged' }], problems: [] })
      expect(again.log).toContain('there already')
      expect(registry.writes).toHaveLength(writes)
      expect(swarm.running('web')).toEqual([pin(`${NAME}:2`)])
    }),
  )

  test(
    'an image that its registry has as other tools have packed it is there already',
    withArchive(async (write) => {
      const { registry, run } = await scene()
      const images = (name: string) => ({
        images: `- { archive: ${name}, image: ${NAME}:2 }`,
        services: `web: ${NAME}:2`,
      })
      const made = new Layout()
      const packed = made.image(['base', 'two'])
      await run(images(write(made.entries([packed]))))
      const writes = registry.writes.length
      const { log } = await run(images(write(savedArchive([{ tags: ['web:2'], layers: ['base', 'two'] }]))))
      expect(log).toContain(`${packed.digest}, there already`)
      expect(registry.writes).toHaveLength(writes)
    }),
  )

  test(
    'a plan pushes nothing, and says what a deploy would push',
    withArchive(async (write) => {
      const { swarm, registry, run } = await scene()
      const { image, entries } = layout('two')
      const { outlook, log, problems } = await run({
        mode: 'plan',
        images: `- { archive: ${write(entries)}, image: ${NAME}:2 }`,
        services: `web: ${NAME}:2`,
      })
      expect(problems).toEqual([])
      expect(outlook).toMatchObject({
        images: [{ image: `${NAME}:2`, digest: image.digest, state: 'planned', platforms: ['linux/amd64'] }],
        services: [{ name: 'web', action: 'update', image: { after: `${NAME}:2@${image.digest}` } }],
      })
      expect(log).toMatch(/image hub\.test\/shop\/web:2 would be pushed \(linux\/amd64, .* kB\)/)
      expect(registry.manifests.size + registry.blobs.size).toBe(0)
      expect(swarm.running('web')).toEqual([OLD])
    }),
  )

  test(
    'a service of a stack gets the image of an archive too',
    withArchive(async (write) => {
      const { swarm, registry } = await scene()
      const { image, entries } = layout('two')
      const inputs = { stack: 'shop', images: `- { archive: ${write(entries)}, image: ${NAME}:2 }` }
      const compose = `services: { front: { image: "${NAME}:2" } }`
      const { problems } = await withFiles(() => runAction(swarm, inputs, { registryHttp: registry.send, compose }))
      expect(problems).toEqual([])
      expect(swarm.running('shop_front')).toEqual([`${NAME}:2@${image.digest}`])
    }),
  )

  test(
    'all that is wrong with images and services is told together, and nothing is pushed',
    withArchive(async (write) => {
      const { swarm, registry, run } = await scene()
      const two = write(
        savedArchive([
          { tags: ['a:1'], layers: ['a'] },
          { tags: ['b:1'], layers: ['b'] },
        ]),
      )
      const { problems, isBug } = await run({
        images: [
          `- { archive: ${write(Buffer.from('no archive at all'.repeat(50)))}, image: "${NAME}:no" }`,
          `- { archive: ${two}, image: "${NAME}:2" }`,
          `- { archive: ${write(layout('fine').entries)}, image: "${NAME}:3" }`,
        ].join('\n'),
        services: `{ web: "${NAME}:3", gone: "${NAME}:3" }`,
      })
      expect(isBug).toBe(false)
      expect(problems).toHaveLength(3)
      expect(problems[0]).toMatch(/^images entry 1: the archive ".*" is no tar archive/)
      expect(problems[1]).toContain('it has "a:1", "b:1". Say in `from` which is meant, such as `from: a:1`')
      expect(problems[2]).toContain('gone')
      expect(registry.manifests.size + registry.blobs.size).toBe(0)
      expect(swarm.running('web')).toEqual([OLD])
    }),
  )

  test(
    'an image for another platform than that of the nodes is not even pushed',
    withArchive(async (write) => {
      const { registry, run } = await scene()
      const made = new Layout()
      const { problems } = await run({
        images: `- { archive: ${write(made.entries([made.image(['x'], 'linux/arm64')]))}, image: "${NAME}:2" }`,
        services: `web: ${NAME}:2`,
      })
      expect(problems).toHaveLength(1)
      expect(problems[0]).toMatch(/^service web: .*arm64/)
      expect(registry.manifests.size).toBe(0)
    }),
  )

  const reader = { password: PASSWORD, push: [] }
  test.each([
    [
      'basic',
      { reader },
      account('reader'),
      'with account reader of hub.test: the account may not push there: give it the right to write hub.test/shop/web',
    ],
    [
      'bearer',
      { reader },
      account('reader'),
      'with account reader of hub.test: the account may not push there: give it the right to write hub.test/shop/web',
    ],
    ['basic', { reader }, '', 'hub.test wants a credential, and this run has none for it'],
    ['bearer', { reader }, '', 'hub.test wants a credential, and this run has none for it'],
    [
      'basic',
      { reader },
      account('somebody'),
      'Check user name and password of the credential of somebody for hub.test',
    ],
    [
      'bearer',
      { reader },
      account('somebody'),
      'Check user name and password of the credential of somebody for hub.test',
    ],
  ] as const)(
    'with %s login: whoever may not push is told before anything changes',
    async (login, accounts, registries, problem) => {
      await withArchives(async (write) => {
        const { swarm, registry, run } = await scene({ accounts, login })
        const { problems, log } = await run({
          images: `- { archive: ${write(layout('two').entries)}, image: "${NAME}:2" }`,
          registries,
          services: `web: ${NAME}:2`,
        })
        expect(problems).toEqual([
          expect.stringMatching(/^images entry 1: hub\.test\/shop\/web:2 cannot be pushed with/),
        ])
        expect(problems[0]).toContain(problem)
        expect(registry.manifests.size + registry.blobs.size).toBe(0)
        expect(swarm.running('web')).toEqual([OLD])
        for (const secret of [PASSWORD, Buffer.from(`somebody:${PASSWORD}`).toString('base64'), 'token-']) {
          expect(log).not.toContain(secret)
        }
      })
    },
  )

  test(
    'one account pushes and another pulls: the managers prove that it can read what was pushed',
    withArchive(async (write) => {
      const { swarm, registry, run } = await scene({ accounts: { robot: { password: PASSWORD } } })
      const { image, entries } = layout('two')
      const inputs = {
        images: `- { archive: ${write(entries)}, image: "${NAME}:2", auth-config: writer }`,
        registries: [
          account('robot', '').replace('}', ', config: writer }'),
          account('nodes').replace('}', ', config: reader }'),
        ].join('\n'),
        services: `- { name: web, image: "${NAME}:2", auth-config: reader }`,
      }
      const blind = await withFiles(() =>
        runAction(swarm, inputs, { registryHttp: withReaders(registry, swarm, ['robot']) }),
      )
      expect(blind.log).toContain(`failed: No service was changed, but ${NAME}:2 is pushed.`)
      expect(registry.manifests.has('shop/web:2')).toBe(true)
      expect(blind.problems).toEqual([
        expect.stringContaining('service web: image hub.test/shop/web:2 cannot be read from hub.test as nodes'),
      ])
      expect(swarm.running('web')).toEqual([OLD])
      swarm.images.set(`${NAME}:2`, { readers: ['nodes'] })
      const { results, log } = await run(inputs)
      expect(results).toMatchObject([{ outcome: 'updated', config: 'reader' }])
      expect(log).not.toContain('serves no service of this run')
      expect(swarm.running('web')).toEqual([`${NAME}:2@${image.digest}`])
    }),
  )

  test(
    'an entry that is wrong twice, in its archive and before it, is told of, and ends nothing else',
    withArchive(async (write) => {
      const { run } = await scene()
      const noArchive = write(Buffer.from('no archive at all'.repeat(50)))
      const { problems, isBug } = await run({
        images: `- { archive: ${noArchive}, image: "localhost:5000/web:2" }\n- { archive: ${noArchive}, image: "${NAME}:2", auth-config: none }`,
        services: `web: ${NAME}:1`,
      })
      expect(isBug).toBe(false)
      expect(problems.map((problem) => problem.split(':')[0])).toEqual(['images entry 1', 'images entry 2'])
    }),
  )

  test(
    'what passes is waited for, and what was broken off is sent anew',
    withArchive(async (write) => {
      const { swarm, registry, run } = await scene()
      const broken = () => Promise.reject(new HttpFault('unreachable', 'read ECONNRESET', true))
      registry.faults.push(
        { at: /^PUT .*uploads/, answer: broken, times: 2 },
        { at: /^PUT .*manifests/, answer: { status: 503, body: Buffer.from('<html>busy</html>') } },
        { at: /^HEAD .*blobs/, answer: { status: 429, body: Buffer.alloc(0) } },
      )
      const { image, entries } = layout('two')
      const { problems } = await run({
        images: `- { archive: ${write(entries)}, image: "${NAME}:2" }`,
        services: `web: ${NAME}:2`,
      })
      expect(problems).toEqual([])
      expect(swarm.running('web')).toEqual([`${NAME}:2@${image.digest}`])
    }),
  )

  test(
    'a registry that takes a part and refuses the rest leaves the swarm alone',
    withArchive(async (write) => {
      const { swarm, registry, run } = await scene()
      const refusal = { status: 413, body: Buffer.from('<html>too large</html>') }
      registry.faults.push({ at: /^PUT .*uploads/, answer: refusal, times: 99 })
      const { problems } = await run({
        images: `- { archive: ${write(layout('two').entries)}, image: "${NAME}:2" }`,
        services: `web: ${NAME}:2`,
      })
      expect(problems).toEqual([expect.stringContaining('of nginx `client_max_body_size`')])
      expect(swarm.running('web')).toEqual([OLD])
    }),
  )

  test(
    'a run that is stopped while it pushes leaves the swarm alone',
    withArchive(async (write) => {
      const { swarm, registry } = await scene()
      const stop = new AbortController()
      const hangs = () => {
        cancel(stop)
        return new Promise<never>((_, reject) => reject(stop.signal.reason))
      }
      registry.faults.push({ at: /^PUT .*uploads/, answer: hangs, times: 99 })
      const inputs = {
        images: `- { archive: ${write(layout('two').entries)}, image: "${NAME}:2" }`,
        services: `web: ${NAME}:2`,
      }
      const { problems } = await withFiles(() => runAction(swarm, inputs, { registryHttp: registry.send, stop }))
      expect(problems).toEqual(['Stopped by SIGTERM. Nothing was changed.'])
      expect(swarm.running('web')).toEqual([OLD])
    }),
  )

  test(
    'the config that pushes may be a Docker configuration of the user',
    withArchive(async (write) => {
      const { registry, run } = await scene({ accounts: { robot: { password: PASSWORD } } })
      const auth = Buffer.from(`robot:${PASSWORD}`).toString('base64')
      const { problems, log } = await run({
        images: `- { archive: ${write(layout('two').entries)}, image: "${NAME}:2", auth-config: build }`,
        'docker-config': `build: '${JSON.stringify({ auths: { 'hub.test': { auth } } })}'`,
        services: `web: ${NAME}:2`,
      })
      expect(problems).toEqual([])
      expect(registry.manifests.has('shop/web:2')).toBe(true)
      expect(log).not.toContain(PASSWORD)
      expect(log).not.toContain('serves no service')
    }),
  )

  test(
    'an image that no service has is pushed, and told',
    withArchive(async (write) => {
      const { registry, run } = await scene()
      const { log } = await run({
        images: `{ archive: ${write(layout('two').entries)}, image: "${NAME}:tools" }`,
        services: `{ web: "${NAME}:1" }`,
      })
      expect(log).toContain('no service of this run has the image hub.test/shop/web:tools')
      expect(registry.manifests.has('shop/web:tools')).toBe(true)
    }),
  )
})

/** The registry, whose images only some accounts may read. */
function withReaders(registry: MemoryRegistry, swarm: MemorySwarm, readers: readonly string[]): HttpSend {
  return async (request) => {
    const answer = await registry.send(request)
    for (const name of swarm.images.keys()) if (name !== `${NAME}:1`) swarm.images.set(name, { readers })
    return answer
  }
}
