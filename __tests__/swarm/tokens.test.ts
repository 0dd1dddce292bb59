import { afterEach, beforeAll, expect, test } from '@jest/globals'
import type { LabImage } from '../../lab/lab.ts'
import { describeSwarm } from '../support/swarm.ts'

/** Registries that sell bearer tokens, as ghcr.io, docker.io and most others do: nobody else gets the password. */
describeSwarm(
  'tokens',
  {
    nodes: 2,
    registries: {
      shop: {
        tokens: true,
        accounts: { alice: { password: 'alice-pw', read: ['team-a'] }, bob: { password: 'bob-pw', read: ['team-b'] } },
      },
    },
  },
  (swarm) => {
    const shop = () => swarm.lab.registries.shop
    const entry = (username: string, path = '', password = `${username}-pw`) => ({
      registry: `${shop().host}${path}`,
      username,
      password,
      config: `of-${username}`,
    })
    const deploy = (registries: unknown, services: unknown) =>
      swarm.deploy({ registries: JSON.stringify(registries), services: JSON.stringify(services), monitor: '1s' })
    const errorOf = async (registries: unknown, services: unknown) => {
      const run = await deploy(registries, services)
      expect(run.main.code).toBe(1)
      expect(run.summary).toContain('Nothing was changed on the swarm.')
      const errors = run.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)
      expect(errors).toHaveLength(1)
      return errors[0] ?? ''
    }

    let a: LabImage
    let b: LabImage

    beforeAll(async () => {
      a = await swarm.lab.image({ registry: 'shop', repository: 'team-a/app', tag: 'v1', content: 'a' })
      b = await swarm.lab.image({ registry: 'shop', repository: 'team-b/app', tag: 'v1', content: 'b' })
    })

    afterEach(async () => {
      await shop().recover()
      await shop().forgetRequests()
    })

    test('two accounts, by path: each buys the tokens for its own repositories, the worker too', async () => {
      const worker = swarm.lab.nodes[1]?.address
      const run = await deploy(
        [entry('alice', '/team-a'), entry('bob', '/team-b')],
        [
          { name: 'a', image: a.reference, create: true, 'create-args': '--constraint node.role==worker' },
          { name: 'b', image: b.reference, create: true, 'create-args': '--constraint node.role==worker' },
        ],
      )
      expect(run.main.code).toBe(0)
      const requests = await shop().requests()
      for (const [team, user] of [
        ['team-a', 'alice'],
        ['team-b', 'bob'],
      ] as const) {
        const bought = requests.filter(({ path }) => path.startsWith('/token') && path.includes(team))
        expect(bought.length).toBeGreaterThan(0)
        expect(new Set(bought.map((request) => request.user))).toEqual(new Set([user]))
        const pulled = requests.filter(({ path, status }) => path.includes(`/${team}/app/blobs/`) && status === 200)
        expect(new Set(pulled.map((request) => request.user))).toEqual(new Set([user]))
        expect(pulled.map(({ client }) => client)).toContain(worker)
      }
    })

    test('the credential that is stored with the service outlives the token that the run has bought', async () => {
      const [, worker] = swarm.lab.nodes
      if (worker === undefined) throw new Error('the lab has two nodes')
      const { reference: image } = await swarm.lab.image({ registry: 'shop', repository: 'team-a/later', content: 'l' })
      const services = [{ name: 'later', image, create: true, 'create-args': '--constraint node.role==manager' }]
      expect((await deploy([entry('alice')], services)).main.code).toBe(0)
      await shop().forgetRequests()
      await swarm.lab.docker([
        'service',
        'update',
        '--detach',
        '--constraint-rm',
        'node.role==manager',
        '--constraint-add',
        'node.role==worker',
        'later',
      ])
      await swarm.until('it runs on the worker', async () =>
        (await swarm.running('later')).some(({ NodeID }) => NodeID === worker.id),
      )
      const asked = (await shop().requests()).filter(({ client }) => client === worker.address)
      const bought = asked.filter(({ path, status }) => path.startsWith('/token') && status === 200)
      expect(new Set(bought.map(({ user }) => user))).toEqual(new Set(['alice']))
    })

    test('a wrong password', async () => {
      const error = await errorOf([entry('alice', '', 'mistyped')], [{ name: 'a', image: a.reference }])
      expect(error).toContain(`cannot log in to ${shop().host} as alice:`)
      expect(error).toContain(`Check user name and password of the credential of alice for ${shop().host}`)
      expect(error).not.toContain('mistyped')
    })

    test.each([
      ['a repository that the account may not read', () => b.reference, 'access is denied', 'the right to pull'],
      ['a tag that is missing', () => `${shop().host}/team-a/app:v404`, 'there is no such image', 'has been pushed'],
    ])('%s', async (_, image, what, advice) => {
      const error = await errorOf([entry('alice')], [{ name: 'a', image: image() }])
      expect(error).toContain(
        `image ${image()} cannot be read from ${shop().host} as alice (config of-alice): ${what}.`,
      )
      expect(error).toContain(advice)
    })

    test('an image that needs a credential, and there is none', async () => {
      const error = await errorOf([], [{ name: 'a', image: a.reference }])
      expect(error).toContain('without a credential: ')
      expect(error).toContain(`Add a credential for ${shop().host} to registries`)
    })

    test.each([
      [
        'a password that expires between the login and the look at the image',
        { status: 401 },
        'the credential was refused',
      ],
      ['a rate limit', { status: 429 }, 'the registry limits the rate of requests'],
      ['a token service that is not in service', { status: 503 }, 'the registry failed'],
    ])('%s, when the token for the image is bought', async (_, fault, what) => {
      await shop().fail({ ...fault, path: '/token.*scope=' })
      const error = await errorOf([entry('alice')], [{ name: 'a', image: a.reference }])
      expect(error).toContain(
        `image ${a.reference} cannot be read from ${shop().host} as alice (config of-alice): ${what}.`,
      )
    })
  },
)
