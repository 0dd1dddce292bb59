import { afterEach, beforeAll, expect, test } from '@jest/globals'
import type { LabImage } from '../../lab/lab.ts'
import { describeSwarm, resultsOf } from '../support/swarm.ts'

/** As GitHub's own tokens of a job look. */
const OF_JOB = 'ghs_16C7e42F292c6912E7710c838347Ae178B4a'
const OF_NODES = 'nodes-passw0rd-8Zt'

/** Registries that sell bearer tokens, as ghcr.io, docker.io and most others do: nobody else gets the password. */
describeSwarm(
  'tokens',
  {
    nodes: 2,
    registries: {
      shop: {
        tokens: true,
        accounts: {
          alice: { password: 'alice-pw', read: ['team-a'] },
          bob: { password: 'bob-pw', read: ['team-b'] },
          ci: { password: OF_JOB },
          bot: { password: OF_NODES, read: ['team-a'] },
        },
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
    const errorsOf = async (registries: unknown, services: unknown) => {
      const run = await deploy(registries, services)
      expect(run.main.code).toBe(1)
      expect(run.summary).toContain('Nothing was changed on the swarm.')
      return run.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)
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
      const errors = await errorsOf([entry('alice', '', 'mistyped')], [{ name: 'a', image: a.reference }])
      expect(errors).toEqual([expect.stringContaining(`cannot log in to ${shop().host} as alice:`)])
      expect(errors[0]).toContain(`Check user name and password of the credential of alice for ${shop().host}`)
      expect(errors[0]).not.toContain('mistyped')
    })

    test('an image that needs a credential, and there is none', async () => {
      const errors = await errorsOf([], [{ name: 'a', image: a.reference }])
      expect(errors).toEqual([expect.stringContaining('without a credential: ')])
      expect(errors[0]).toContain(`Add a credential for ${shop().host} to registries`)
    })

    test('images that cannot be read, each with its cause', async () => {
      const at = (path: string) => `${shop().host}/${path}`
      // When the token for the image is bought: the first is a password that expires after the login.
      for (const [name, status] of Object.entries({ expired: 401, limited: 429, down: 503 }))
        await shop().fail({ status, path: `/token.*scope=.*${name}` })
      const images: readonly [image: string, what: string, advice: string][] = [
        [b.reference, 'access is denied', 'the right to pull'],
        [at('team-a/app:v404'), 'there is no such image', 'has been pushed'],
        [at('team-a/expired:v1'), 'the credential was refused', ''],
        [at('team-a/limited:v1'), 'the registry limits the rate of requests', ''],
        [at('team-a/down:v1'), 'the registry failed', ''],
      ]
      const services = images.map(([image], index) => ({ name: `new-${index}`, image, create: true }))
      const errors = await errorsOf([entry('alice')], services)
      expect(errors).toHaveLength(images.length)
      for (const [index, [image, what, advice]] of images.entries()) {
        const error = errors.find((line) => line.includes(`service new-${index}:`))
        expect(error).toContain(
          `image ${image} cannot be read from ${shop().host} as alice (config of-alice): ${what}.`,
        )
        expect(error).toContain(advice)
      }
    })

    // A credential of the run that ends with the job, and another that the nodes store.
    const web = (image: string) => [
      { name: 'web', image, create: true, 'create-args': '--constraint node.role==manager' },
    ]
    const deployWith = (services: unknown, stored: Record<string, string>) => {
      const entry = { registry: shop().host, username: 'ci', 'password-env': 'JOB_TOKEN', ...stored }
      const inputs = { registries: JSON.stringify([entry]), services: JSON.stringify(services), monitor: '1s' }
      return swarm.deploy({ ...inputs, 'on-short-lived': 'error' }, { JOB_TOKEN: OF_JOB, PULL_TOKEN: OF_NODES })
    }

    test('the nodes pull with theirs, also when that of the job is revoked, and no secret is anywhere', async () => {
      const [, worker] = swarm.lab.nodes
      if (worker === undefined) throw new Error('the lab has two nodes')
      const { reference: image } = await swarm.lab.image({ registry: 'shop', repository: 'team-a/app', content: 'two' })

      const refused = await deployWith(web(image), {})
      expect(refused.main.code).toBe(1)
      expect(refused.annotations).toContainEqual(
        expect.objectContaining({
          message: expect.stringMatching(/^on-short-lived: .* ends with the job: .* web with it/),
        }),
      )

      const stored = { 'stored-username': 'bot', 'stored-password-env': 'PULL_TOKEN' }
      const run = await deployWith(web(image), stored)
      expect(resultsOf(run)).toMatchObject([{ name: 'web', outcome: 'created' }])
      const { Spec } = await swarm.service('web')
      expect(Spec.Labels).toMatchObject({
        'swarm-deploy.auth.registry': shop().host,
        'swarm-deploy.auth.account': 'bot',
        'swarm-deploy.auth.stored-at': expect.stringMatching(/^\d{4}-/),
      })
      expect(Spec.Labels).not.toHaveProperty(['swarm-deploy.auth.expires'])

      await shop().setAccount('ci', undefined)
      const move = ['--constraint-rm', 'node.role==manager', '--constraint-add', 'node.role==worker']
      await swarm.lab.docker(['service', 'update', '--detach', ...move, 'web'])
      await swarm.until('it runs on the worker', async () =>
        (await swarm.running('web')).some(({ NodeID }) => NodeID === worker.id),
      )
      const asked = (await shop().requests()).filter(({ client }) => client === worker.address)
      const bought = asked.filter(({ path, status }) => path.startsWith('/token') && status === 200)
      expect(new Set(bought.map(({ user }) => user))).toEqual(new Set(['bot']))

      const withoutMasks = (text: string) => text.replaceAll(/^::add-mask::.*$/gm, '')
      const shown = [refused, run].map(({ main, post, log, summary, outputs, state }) =>
        [
          withoutMasks(main.stdout + post.stdout),
          main.stderr,
          post.stderr,
          log,
          summary,
          JSON.stringify([outputs, state]),
        ].join(),
      )
      const spec = JSON.stringify(await swarm.service('web'))
      for (const [user, secret] of [
        ['ci', OF_JOB],
        ['bot', OF_NODES],
      ] as const) {
        for (const form of [secret, Buffer.from(`${user}:${secret}`).toString('base64')]) {
          expect([...shown, spec].filter((text) => text.includes(form))).toEqual([])
        }
      }
      expect(run.main.stdout).toContain(`::add-mask::${OF_NODES}`)
    })
  },
)
