import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import type { LabImage, LabRegistry, RegistryRequest } from '../../lab/lab.ts'
import { lineOf } from '../../lab/log-lines.ts'
import { describeSwarm, resultsOf, untagged } from '../support/swarm.ts'

const isPull = ({ method, path }: RegistryRequest) => method === 'GET' && path.includes('/blobs/')

/** Which credential serves which service, as the registries and the nodes see it. */
describeSwarm(
  'credentials',
  {
    nodes: 3,
    registries: {
      shop: {
        accounts: { alice: { password: 'alice-pw', read: ['team-a'] }, bob: { password: 'bob-pw', read: ['team-b'] } },
      },
      metrics: { accounts: { carol: { password: 'carol-pw' } } },
      open: {},
    },
  },
  (swarm) => {
    const shop = () => swarm.lab.registries.shop.host
    const metrics = () => swarm.lab.registries.metrics.host
    const entry = (registry: string, username: string, config?: string) => ({
      registry,
      username,
      password: `${username}-pw`,
      ...(config && { config }),
    })
    const deploy = (registries: unknown, services: unknown, env: Record<string, string> = {}) =>
      swarm.deploy({ registries: JSON.stringify(registries), services: JSON.stringify(services), monitor: '1s' }, env)
    const onWorker = ['--constraint node.role==worker']
    /** How many requests a registry has had: those of other tests are among them. */
    const countOf = async (registry: LabRegistry) => (await registry.requests()).length
    const usersOf = async (registry: LabRegistry, repository: string, since = 0) => {
      const requests = (await registry.requests())
        .slice(since)
        .filter(({ path, status }) => path.includes(`/${repository}/`) && status === 200)
      return {
        users: [...new Set(requests.map(({ user }) => user))],
        clients: [...new Set(requests.filter(isPull).map(({ client }) => client))],
      }
    }
    /** A pull that needs the credential stored with the service: a task on nodes that have forgotten the image. */
    const pullAgain = async (service: string, image: LabImage) => {
      await swarm.lab.docker(['service', 'update', '--detach', '--replicas', '0', service])
      for (const node of swarm.lab.nodes) {
        await swarm.until(`no container of ${service} is left on ${node.name}`, async () => {
          const filter = `label=com.docker.swarm.service.name=${service}`
          const { stdout } = await swarm.lab.docker(['ps', '--quiet', '--filter', filter], { node: node.name })
          return stdout.trim() === ''
        })
        await swarm.lab.removeImage(node.name, untagged(image))
      }
      return swarm.lab.docker(['service', 'update', '--quiet', '--replicas', '1', service])
    }

    swarm.beside('two registries with an account each: workers that never logged in pull both images', async () => {
      const a = await swarm.lab.image({ registry: 'shop', repository: 'team-a/one', content: 'team-a/one' })
      const c = await swarm.lab.image({ registry: 'metrics', repository: 'ops/one', content: 'ops/one' })
      const run = await deploy(
        [entry(shop(), 'alice'), entry(metrics(), 'carol')],
        [
          { name: 'two-a', image: a.reference, create: true, replicas: '2', 'create-args': onWorker },
          { name: 'two-c', image: c.reference, create: true, 'create-args': onWorker },
        ],
      )
      expect(run.main.code).toBe(0)
      const workers = swarm.lab.nodes.slice(1).map(({ address }) => address)
      const pulledA = await usersOf(swarm.lab.registries.shop, 'team-a/one')
      expect(pulledA.users).toEqual(['alice'])
      expect(pulledA.clients).toEqual(expect.arrayContaining(workers))
      const pulledC = await usersOf(swarm.lab.registries.metrics, 'ops/one')
      expect(pulledC.users).toEqual(['carol'])
      expect(pulledC.clients.some((client) => workers.includes(client))).toBe(true)
      expect(resultsOf(run)).toMatchObject([{ config: shop() }, { config: metrics() }])
    })

    swarm.beside('two accounts on one registry, by path: each reads only its own repositories', async () => {
      const a = await swarm.lab.image({ registry: 'shop', repository: 'team-a/path', content: 'team-a/path' })
      const b = await swarm.lab.image({ registry: 'shop', repository: 'team-b/path', content: 'team-b/path' })
      const run = await deploy(
        [entry(`${shop()}/team-a`, 'alice'), entry(`${shop()}/team-b`, 'bob')],
        [
          { name: 'path-a', image: a.reference, create: true },
          { name: 'path-b', image: b.reference, create: true },
        ],
      )
      expect(run.main.code).toBe(0)
      expect((await usersOf(swarm.lab.registries.shop, 'team-a/path')).users).toEqual(['alice'])
      expect((await usersOf(swarm.lab.registries.shop, 'team-b/path')).users).toEqual(['bob'])
    })

    swarm.eachBeside(
      [['swarm-deploy.auth.config'], ['gantry.auth.config']],
      'two accounts on one registry, by label %s',
      async (label) => {
        const repository = `team-b/${label.split('.')[0]}`
        const first = await swarm.lab.image({ registry: 'shop', repository, tag: 'v1', content: 'v1' })
        const second = await swarm.lab.image({ registry: 'shop', repository, tag: 'v2', content: 'v2' })
        const registries = [entry(shop(), 'alice', '/root/.docker-a'), entry(shop(), 'bob', '/root/.docker-b')]
        const name = `label-${label.split('.')[0]}`
        const created = await deploy(registries, [
          {
            name,
            image: first.reference,
            create: true,
            'auth-config': '/root/.docker-b',
            'create-args': [`--label ${label}=/root/.docker-b`],
          },
        ])
        expect(created.main.code).toBe(0)
        const updated = await deploy(registries, [{ name, image: second.reference }])
        expect(updated.main.code).toBe(0)
        expect((await usersOf(swarm.lab.registries.shop, repository)).users).toEqual(['bob'])
      },
    )

    swarm.beside(
      'two configs that serve an image equally well are one error that names both, and nothing changes',
      async () => {
        const a = await swarm.lab.image({
          registry: 'shop',
          repository: 'team-a/ambiguous',
          content: 'team-a/ambiguous',
        })
        const run = await deploy(
          [entry(shop(), 'alice', 'first'), entry(shop(), 'bob', 'second')],
          [{ name: 'ambiguous', image: a.reference, create: true }],
        )
        expect(run.main.code).toBe(1)
        const errors = run.annotations.filter(({ level }) => level === 'error')
        expect(errors).toHaveLength(1)
        expect(errors[0]?.message).toMatch(/service ambiguous: .*first.*second.*auth-config: first/)
        expect((await swarm.lab.docker(['service', 'inspect', 'ambiguous'])).code).not.toBe(0)
      },
    )

    swarm.beside('a run without a credential leaves the one that is stored with the service', async () => {
      const a = await swarm.lab.image({ registry: 'shop', repository: 'team-a/stored', content: 'team-a/stored' })
      await deploy([entry(shop(), 'alice')], [{ name: 'stored', image: a.reference, create: true }])
      const run = await swarm.deploy({ services: JSON.stringify([{ name: 'stored', env: { A: '1' } }]), monitor: '1s' })
      expect(run.main.code).toBe(0)
      expect(run.log).toMatch(lineOf('stored', 'update (env A), without an account'))

      const before = await countOf(swarm.lab.registries.shop)
      expect((await pullAgain('stored', a)).code).toBe(0)
      expect((await usersOf(swarm.lab.registries.shop, 'team-a/stored', before)).users).toEqual(['alice'])
    })

    swarm.beside('a service that keeps its image gets the fresh credential of the run', async () => {
      const a = await swarm.lab.image({ registry: 'shop', repository: 'team-a/kept', content: 'team-a/kept' })
      await swarm.lab.registries.shop.setAccount('old', { password: 'old-pw', read: ['team-a'] })
      await deploy([entry(shop(), 'old')], [{ name: 'kept', image: a.reference, create: true }])
      await swarm.lab.registries.shop.setAccount('old', undefined)
      const run = await deploy([entry(shop(), 'alice')], [{ name: 'kept', env: { A: '1' } }])
      expect(run.main.code).toBe(0)
      expect((await pullAgain('kept', a)).code).toBe(0)
    })

    swarm.beside(
      'an account that has read the new image is not made to read the old one of that repository',
      async () => {
        const image = (tag: string) =>
          swarm.lab.image({ registry: 'shop', repository: 'team-a/proved', tag, content: tag })
        const [v1, v2] = [await image('v1'), await image('v2')]
        await deploy([entry(shop(), 'alice')], [{ name: 'proved', image: v1.reference, create: true }])
        const before = await countOf(swarm.lab.registries.shop)
        const run = await deploy([entry(shop(), 'alice')], { proved: v2.reference })
        expect(run.main.code).toBe(0)
        const paths = (await swarm.lab.registries.shop.requests()).slice(before).map(({ path }) => path)
        const asked = paths.filter((path) => path.includes('/team-a/proved/'))
        expect(asked).toContainEqual(expect.stringContaining(v2.digest))
        expect(asked).not.toContainEqual(expect.stringContaining(v1.digest))
      },
    )

    swarm.beside(
      'an old image of another repository that the account cannot read keeps the credential stored with it',
      async () => {
        const b = await swarm.lab.image({ registry: 'shop', repository: 'team-b/from', content: 'team-b/from' })
        const a = await swarm.lab.image({ registry: 'shop', repository: 'team-a/to', content: 'team-a/to' })
        await deploy([entry(shop(), 'bob')], [{ name: 'moved', image: b.reference, create: true }])
        const run = await deploy([entry(shop(), 'alice')], { moved: a.reference })
        expect(run.main.code).toBe(0)
        expect(run.log).toMatch(lineOf('moved', 'a way back would use the credential stored with the service'))

        expect((await swarm.lab.docker(['service', 'rollback', '--quiet', 'moved'])).code).toBe(0)
        const before = await countOf(swarm.lab.registries.shop)
        expect((await pullAgain('moved', b)).code).toBe(0)
        expect((await usersOf(swarm.lab.registries.shop, 'team-b/from', before)).users).toEqual(['bob'])
      },
    )

    swarm.beside('a public image needs no credential, and registry auth is not sent', async () => {
      const image = await swarm.lab.image({ registry: 'open', repository: 'public/app', content: 'public/app' })
      const run = await deploy([entry(shop(), 'alice')], [{ name: 'public', image: image.reference, create: true }])
      expect(run.main.code).toBe(0)
      expect(resultsOf(run)).toMatchObject([{ config: null }])
    })

    swarm.beside(
      'two runs at the same time with different accounts for one registry do not disturb each other',
      async () => {
        const a = await swarm.lab.image({ registry: 'shop', repository: 'team-a/parallel', content: 'team-a/parallel' })
        const b = await swarm.lab.image({ registry: 'shop', repository: 'team-b/parallel', content: 'team-b/parallel' })
        const runs = await Promise.all([
          deploy([entry(shop(), 'alice')], [{ name: 'parallel-a', image: a.reference, create: true }]),
          deploy([entry(shop(), 'bob')], [{ name: 'parallel-b', image: b.reference, create: true }]),
        ])
        expect(runs.map(({ main }) => main.code)).toEqual([0, 0])
        expect((await usersOf(swarm.lab.registries.shop, 'team-a/parallel')).users).toEqual(['alice'])
        expect((await usersOf(swarm.lab.registries.shop, 'team-b/parallel')).users).toEqual(['bob'])
      },
    )

    test('where no credential is given, the own Docker configuration serves, and it is left byte for byte as it was', async () => {
      const c = await swarm.lab.image({ registry: 'metrics', repository: 'ops/own', content: 'ops/own' })
      const directory = join(swarm.runner.home, '.docker')
      await mkdir(directory, { recursive: true })
      const content = JSON.stringify({
        auths: { [metrics()]: { auth: Buffer.from('carol:carol-pw').toString('base64') } },
        HttpHeaders: { 'X-Team': 'web' },
      })
      await writeFile(join(directory, 'config.json'), content)
      const run = await deploy([], [{ name: 'own', image: c.reference, create: true }])
      expect(run.main.code).toBe(0)
      expect(resultsOf(run)).toMatchObject([{ config: '~/.docker' }])
      expect(await readFile(join(directory, 'config.json'), 'utf8')).toBe(content)
    })
  },
)
