import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { groupBy } from '../../src/runner/group-by.ts'
import { DaemonProxy } from '../support/daemon-proxy.ts'
import { describeSwarm } from '../support/swarm.ts'

const LIMIT_MS = 300_000

describeSwarm('the watch', { registries: { main: {} } }, (swarm) => {
  test(
    'asks for all services at once, however many there are',
    async () => {
      const image = (tag: string) => swarm.lab.image({ registry: 'main', repository: 'many', tag, content: tag })
      const [v1, v2] = [await image('v1'), await image('v2')]
      const names = Array.from({ length: 12 }, (_, index) => `many-${index}`)
      const entries = names.map((name) => ({ name, image: v1.reference, create: true }))
      await swarm.deploy({ services: JSON.stringify(entries), monitor: '1s' })

      const { socket } = swarm.lab.nodes[0]
      await using proxy = await DaemonProxy.start(join(swarm.runner.directory, 'many.sock'), socket)
      const services = JSON.stringify(Object.fromEntries(names.map((name) => [name, v2.reference])))
      const run = await swarm.deploy({ services }, { DOCKER_HOST: proxy.host })
      expect(run.outputs.status).toBe('converged')

      const paths = proxy.requests.map(({ path }) => path)
      const sent = paths.findLastIndex((path) => path.endsWith('/update'))
      const watched = paths.slice(paths.indexOf('/tasks', sent), paths.lastIndexOf('/tasks'))
      const calls = groupBy(watched, (path) => path)
      expect([...calls.keys()].filter((path) => path !== '/events').toSorted()).toEqual([
        '/nodes',
        '/services',
        '/tasks',
      ])
      // One look is one call of each.
      const looks = calls.get('/tasks')?.length ?? 0
      expect(looks).toBeGreaterThan(5)
      for (const path of ['/nodes', '/services']) {
        expect(Math.abs((calls.get(path)?.length ?? 0) - looks)).toBeLessThanOrEqual(1)
      }
    },
    LIMIT_MS,
  )
})
