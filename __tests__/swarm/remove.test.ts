import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { runs } from '../../lab/program.ts'
import { describeSwarm, STACK_CLI } from '../support/swarm.ts'

const LIMIT_MS = 600_000
const TIMES = 10

/** What a removal leaves, and what comes right after it. */
describeSwarm(
  'removals',
  { nodes: 2, registries: { open: {} } },
  (swarm) => {
    const docker = async (...args: string[]) => {
      const result = await swarm.lab.docker(args)
      expect(result).toMatchObject({ code: 0 })
      return result.stdout.trim()
    }
    const write = (name: string, content: string) => writeFile(join(swarm.runner.workspace, name), content)
    const image = async (tag: string) =>
      (await swarm.lab.image({ registry: 'open', repository: 'acme/app', tag, content: tag, ...runs() })).reference
    const remove = (inputs: Readonly<Record<string, string>>) => swarm.deploy({ mode: 'remove', ...inputs })
    const ofStack = (kind: string, stack: string) =>
      docker(kind, 'ls', '--filter', `label=com.docker.stack.namespace=${stack}`, '--format', '{{.Name}}')

    test(
      'a stack is removed and deployed again at once, ten times, by docker itself, which waits for nothing',
      async () => {
        const app = await image('v1')
        await write(
          'pr.yml',
          `services:
  web: {image: '${app}', networks: [front], ports: [{target: 80, published: 18080, mode: host}], secrets: [key], deploy: {mode: global}}
  api: {image: '${app}', networks: [front, back], configs: [conf], deploy: {replicas: 2}}
networks: {front: {attachable: true}, back: {}}
secrets: {key: {file: ./pr.yml}}
configs: {conf: {file: ./pr.yml}}
`,
        )
        await docker('network', 'create', '--driver', 'overlay', 'pr-12_front')
        for (let time = 1; time <= TIMES; time++) {
          await docker('stack', 'deploy', '-c', join(swarm.runner.workspace, 'pr.yml'), 'pr-1')
          // Each second time it goes while its tasks still start.
          if (time % 2 === 1) {
            await swarm.until('the stack is up', async () => (await swarm.running('pr-1_web')).length === 2)
          }
          const run = await remove({ stack: 'pr-1' })
          expect({ time, code: run.main.code, log: run.log }).toEqual({ time, code: 0, log: run.log })
          expect(run.outputs.status).toBe('removed')
          for (const kind of ['service', 'network', 'secret', 'config']) expect(await ofStack(kind, 'pr-1')).toBe('')
          for (const { name } of swarm.lab.nodes) {
            const left = await swarm.lab.docker(['ps', '--format', '{{.Names}}', '--filter', 'name=pr-1_'], {
              node: name,
            })
            expect({ time, name, left: left.stdout }).toEqual({ time, name, left: '' })
          }
        }
        expect(await docker('network', 'ls', '--format', '{{.Name}}', '--filter', 'name=pr-12_front')).toBe(
          'pr-12_front',
        )
      },
      LIMIT_MS,
    )

    test(
      'a network that another stack is attached to stays until nothing is; a container of somebody keeps one too',
      async () => {
        const app = await image('v1')
        await write(
          'shop.yml',
          `services: {web: {image: '${app}', networks: [front]}}\nnetworks: {front: {attachable: true}}\n`,
        )
        await write(
          'other.yml',
          `services: {app: {image: '${app}', networks: [shop]}}\nnetworks: {shop: {external: true, name: shop_front}}\n`,
        )
        for (const stack of ['shop', 'other']) {
          await docker('stack', 'deploy', '-c', join(swarm.runner.workspace, `${stack}.yml`), stack)
        }
        const first = await remove({ stack: 'shop', 'dry-run': 'true' })
        expect(first.outputs.status).toBe('planned')
        expect(await ofStack('service', 'shop')).toBe('shop_web')
        const run = await remove({ stack: 'shop' })
        expect({ code: run.main.code, status: run.outputs.status }).toEqual({ code: 0, status: 'removed' })
        expect(run.log).toContain('stays: network shop_front, used by other_app')
        expect(await ofStack('network', 'shop')).toBe('shop_front')
        expect(await ofStack('service', 'other')).toBe('other_app')

        await docker('run', '--detach', '--name', 'guest', '--network', 'shop_front', app)
        expect((await remove({ stack: 'other' })).main.code).toBe(0)
        const kept = await remove({ stack: 'shop' })
        expect({ code: kept.main.code, status: kept.outputs.status }).toEqual({ code: 0, status: 'unchanged' })
        expect(kept.log).toMatch(/network shop_front: stays, .*in use by task/)
        await docker('rm', '--force', 'guest')
        expect((await remove({ stack: 'shop' })).outputs.status).toBe('removed')
        expect(await ofStack('network', 'shop')).toBe('')
      },
      LIMIT_MS,
    )
  },
  STACK_CLI,
)
