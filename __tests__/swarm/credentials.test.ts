import { expect } from '@jest/globals'
import type { LabImage, LabRegistry, RegistryRequest } from '../../lab/lab.ts'
import { lineOf } from '../../lab/log-lines.ts'
import { describeSwarm, resultsOf, untagged } from '../support/swarm.ts'

const isPull = ({ method, path }: RegistryRequest) => method === 'GET' && path.includes('/blobs/')

/** Which credential serves which service, as the registries and the nodes see it. */
describeSwarm(
  'credentials',
  {
    nodes: 2,
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

    swarm.beside(
      'each image has the account of its registry and path: a worker that never logged in pulls all',
      async () => {
        const a = await swarm.lab.image({ registry: 'shop', repository: 'team-a/one', content: 'team-a/one' })
        const b = await swarm.lab.image({ registry: 'shop', repository: 'team-b/one', content: 'team-b/one' })
        const c = await swarm.lab.image({ registry: 'metrics', repository: 'ops/one', content: 'ops/one' })
        const open = await swarm.lab.image({ registry: 'open', repository: 'public/one', content: 'public/one' })
        const run = await deploy(
          [entry(`${shop()}/team-a`, 'alice'), entry(`${shop()}/team-b`, 'bob'), entry(metrics(), 'carol')],
          [
            { name: 'one-a', image: a.reference, create: true, 'create-args': onWorker },
            { name: 'one-b', image: b.reference, create: true, 'create-args': onWorker },
            { name: 'one-c', image: c.reference, create: true, 'create-args': onWorker },
            { name: 'one-open', image: open.reference, create: true, replicas: '0' },
          ],
        )
        expect(run.main.code).toBe(0)
        const clients = expect.arrayContaining([swarm.lab.nodes[1]?.address])
        const { shop: main, metrics: other } = swarm.lab.registries
        expect(await usersOf(main, 'team-a/one')).toEqual({ users: ['alice'], clients })
        expect(await usersOf(main, 'team-b/one')).toEqual({ users: ['bob'], clients })
        expect(await usersOf(other, 'ops/one')).toEqual({ users: ['carol'], clients })
        expect(resultsOf(run)).toMatchObject([
          { config: `${shop()}/team-a` },
          { config: `${shop()}/team-b` },
          { config: metrics() },
          { config: null },
        ])
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
        await deploy([entry(shop(), 'alice')], [{ name: 'proved', image: v1.reference, create: true, replicas: '0' }])
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

    swarm.beside(
      'two runs at the same time with different accounts for one registry do not disturb each other',
      async () => {
        const a = await swarm.lab.image({ registry: 'shop', repository: 'team-a/parallel', content: 'team-a/parallel' })
        const b = await swarm.lab.image({ registry: 'shop', repository: 'team-b/parallel', content: 'team-b/parallel' })
        const runs = await Promise.all([
          deploy([entry(shop(), 'alice')], [{ name: 'parallel-a', image: a.reference, create: true, replicas: '0' }]),
          deploy([entry(shop(), 'bob')], [{ name: 'parallel-b', image: b.reference, create: true, replicas: '0' }]),
        ])
        expect(runs.map(({ main }) => main.code)).toEqual([0, 0])
        expect((await usersOf(swarm.lab.registries.shop, 'team-a/parallel')).users).toEqual(['alice'])
        expect((await usersOf(swarm.lab.registries.shop, 'team-b/parallel')).users).toEqual(['bob'])
        expect(JSON.stringify(runs[0])).not.toContain('bob-pw')
        expect(JSON.stringify(runs[1])).not.toContain('alice-pw')
      },
    )
  },
)
