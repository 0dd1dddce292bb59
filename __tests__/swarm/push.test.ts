import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import type { RegistryRequest } from '../../lab/lab.ts'
import { describeSwarm, resultsOf } from '../support/swarm.ts'

const WRITES = ['POST', 'PUT', 'PATCH']
const isWrite = ({ method, status }: RegistryRequest) => WRITES.includes(method) && status < 300

/** An image out of an archive, pushed to a private registry and deployed in one step. */
describeSwarm(
  'push',
  {
    nodes: 2,
    registries: {
      open: {},
      shop: {
        tokens: true,
        accounts: {
          pusher: { password: 'pusher-Pw7', read: ['shop'] },
          puller: { password: 'puller-Pw7', read: ['shop'] },
          stranger: { password: 'stranger-Pw7', read: ['other'] },
        },
      },
    },
  },
  (swarm) => {
    const name = (tag: string) => `${swarm.lab.registries.shop.host}/shop/web:${tag}`
    const account = (username: string, password = `${username}-Pw7`) => ({
      registry: swarm.lab.registries.shop.host,
      username,
      password,
    })
    /** What `docker save` writes of an image that nobody else has. */
    const save = async (content: string) => {
      const { reference } = await swarm.lab.image({ registry: 'open', repository: 'base/web', content })
      const node = { node: swarm.lab.nodes[0].name }
      const archive = `${content}.tar`
      await swarm.lab.docker(['pull', reference], node)
      await swarm.lab.docker(['save', '--output', join(swarm.runner.workspace, archive), reference], node)
      return archive
    }
    // From where the registry can be reached.
    const run = (inputs: Readonly<Record<string, unknown>>) =>
      swarm.runner.run({
        with: Object.fromEntries(
          Object.entries(inputs).map(([key, value]) => [
            key,
            typeof value === 'string' ? value : JSON.stringify(value),
          ]),
        ),
        env: { DOCKER_HOST: swarm.lab.nodes[0].host },
        enter: swarm.lab.enter,
      })

    test('save, push, deploy: the nodes run what was in the archive, pulled by the account that is stored', async () => {
      const archive = await save('pushed')
      const stored = { 'stored-username': 'puller', 'stored-password': 'puller-Pw7' }
      const inputs = {
        images: [{ archive, image: name('2') }],
        registries: [{ ...account('pusher'), ...stored }],
        services: [{ name: 'web', image: name('2'), create: true, 'create-args': ['--constraint node.role==worker'] }],
        monitor: '1s',
      }
      const first = await run(inputs)
      expect(first.main.code).toBe(0)
      const [image] = JSON.parse(first.outputs.images ?? '[]')
      expect(image).toMatchObject({ image: name('2'), state: 'pushed' })
      expect(await swarm.imagesRunning('web')).toEqual([`${name('2')}@${image.digest}`])
      const requests = await swarm.lab.registries.shop.requests()
      const worker = swarm.lab.nodes[1]?.address
      const pulls = requests.filter(({ client, status }) => client === worker && status === 200)
      expect([
        ...new Set(
          requests
            .filter(isWrite)
            .filter(({ path }) => path.includes('/shop/'))
            .map(({ user }) => user),
        ),
      ]).toEqual(['pusher'])
      expect([...new Set(pulls.map(({ user }) => user))]).toEqual(['puller'])
      // Its form in the header that daemons take, in that of logins, and as it is.
      for (const user of ['pusher', 'puller']) {
        const header = Buffer.from(`"password":"${user}-Pw7"`).toString('base64').slice(4, 20)
        const basic = Buffer.from(`${user}:${user}-Pw7`).toString('base64')
        for (const secret of [`${user}-Pw7`, header, basic]) {
          expect([first.log, first.summary, JSON.stringify(first.outputs)].join()).not.toContain(secret)
        }
      }

      const again = await run(inputs)
      expect(again.main.code).toBe(0)
      expect(resultsOf(again)).toMatchObject([{ outcome: 'unchanged' }])
      expect(JSON.parse(again.outputs.images ?? '[]')).toMatchObject([{ state: 'present', digest: image.digest }])
      const since = (await swarm.lab.registries.shop.requests()).slice(requests.length)
      expect(since.filter(isWrite).filter(({ path }) => path.includes('/shop/'))).toEqual([])
    })

    test('an account that may not push, or is none, is told before the swarm is touched', async () => {
      const archive = await save('refused')
      for (const [who, problem] of [
        [account('stranger'), 'account stranger of'],
        [account('pusher', 'wrong-Pw7'), 'cannot log in to'],
      ] as const) {
        const refused = await run({
          images: [{ archive, image: name('3') }],
          registries: [who],
          services: [{ name: 'other', image: name('3'), create: true }],
        })
        expect(refused.main.code).toBe(1)
        expect(refused.annotations.map(({ message }) => message)).toEqual([expect.stringContaining(problem)])
        expect(refused.log).not.toContain(who.password)
      }
      const { stdout } = await swarm.lab.docker(['service', 'ls', '--format', '{{.Name}}'])
      expect(stdout.split('\n')).not.toContain('other')
      const requests = await swarm.lab.registries.shop.requests()
      expect(requests.filter(isWrite).filter(({ path }) => path.includes('manifests/3'))).toEqual([])
    })
  },
)
