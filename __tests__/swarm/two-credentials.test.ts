import { expect, test } from '@jest/globals'
import { describeSwarm, resultsOf } from '../support/swarm.ts'

/** As GitHub's own tokens of a job look. */
const OF_JOB = 'ghs_16C7e42F292c6912E7710c838347Ae178B4a'
const OF_NODES = 'nodes-passw0rd-8Zt'

/** A credential of the run that ends with the job, and another that the nodes store. */
describeSwarm(
  'two credentials',
  {
    nodes: 2,
    registries: {
      shop: { tokens: true, accounts: { ci: { password: OF_JOB }, bot: { password: OF_NODES, read: ['team-a'] } } },
    },
  },
  (swarm) => {
    const shop = () => swarm.lab.registries.shop
    const web = (image: string) => [
      { name: 'web', image, create: true, 'create-args': '--constraint node.role==manager' },
    ]
    const deploy = (services: unknown, stored: Record<string, string>) => {
      const entry = { registry: shop().host, username: 'ci', 'password-env': 'JOB_TOKEN', ...stored }
      const inputs = { registries: JSON.stringify([entry]), services: JSON.stringify(services), monitor: '1s' }
      return swarm.deploy({ ...inputs, 'on-short-lived': 'error' }, { JOB_TOKEN: OF_JOB, PULL_TOKEN: OF_NODES })
    }

    test('the nodes pull with theirs, also when that of the job is revoked, and no secret is anywhere', async () => {
      const [, worker] = swarm.lab.nodes
      if (worker === undefined) throw new Error('the lab has two nodes')
      const { reference: image } = await swarm.lab.image({ registry: 'shop', repository: 'team-a/app', content: 'two' })

      const refused = await deploy(web(image), {})
      expect(refused.main.code).toBe(1)
      expect(refused.annotations).toContainEqual(
        expect.objectContaining({
          message: expect.stringMatching(/^on-short-lived: .* ends with the job: .* web with it/),
        }),
      )

      const stored = { 'stored-username': 'bot', 'stored-password-env': 'PULL_TOKEN' }
      const run = await deploy(web(image), stored)
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
