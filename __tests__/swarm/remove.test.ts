import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import type { ImageOptions } from '../../lab/lab.ts'
import { exits, runs } from '../../lab/program.ts'
import type { StepResult } from '../../lab/runner.ts'
import { describeSwarm, ON_THE_NODE, resultsOf, STACK_CLI } from '../support/swarm.ts'

const NAMESPACE = 'com.docker.stack.namespace'
/** Once when it is up, and once while its tasks still start. */
const TIMES = 2

/** What a removal leaves, and what comes right after it; and what a look at the swarm says of services before that. */
describeSwarm(
  'removals',
  { nodes: 2, registries: { open: {} } },
  (swarm) => {
    const docker = async (...args: string[]) => onNode('n1', ...args)
    const onNode = async (node: string, ...args: string[]) => {
      const result = await swarm.lab.docker(args, { node })
      expect(result).toMatchObject({ code: 0 })
      return result.stdout.trim()
    }
    const image = async (tag: string, more: Partial<ImageOptions> = {}) => {
      const what = { registry: 'open', repository: 'acme/app', tag, content: tag, ...runs(), ...more }
      return (await swarm.lab.image(what)).reference
    }
    const deploy = async (stack: string, compose: string) => {
      const file = join(swarm.runner.workspace, `${stack}.yml`)
      await writeFile(file, compose)
      await docker('stack', 'deploy', '--compose-file', file, stack)
    }
    const remove = (inputs: Readonly<Record<string, string>>) => swarm.deploy({ mode: 'remove', ...inputs })
    const ofStack = (kind: string, stack: string) =>
      docker(kind, 'ls', '--filter', `label=${NAMESPACE}=${stack}`, '--format', '{{.Name}}')
    const told = ({ annotations }: StepResult) => annotations.map(({ level, message }) => `${level}: ${message}`)

    swarm.eachBeside(
      [['replicated-job'], ['global-job']],
      'a job that runs ends, and its network is free: a %s',
      async (mode) => {
        await docker('network', 'create', '--driver', 'overlay', `net-${mode}`)
        const where = ['--network', `net-${mode}`, '--stop-grace-period', '1s']
        await docker('service', 'create', '--detach', '--name', mode, '--mode', mode, ...where, await image('v1'))
        const isUp = async () => (await swarm.lab.tasks(mode)).some(({ Status }) => Status.State === 'running')
        await swarm.until('the job runs', isUp)
        const run = await remove({ services: mode })
        expect(run.main.code).toBe(0)
        for (const node of ['n1', 'n2']) {
          expect(await onNode(node, 'ps', '--filter', `name=^${mode}\\.`, '--format', '{{.Names}}')).toBe('')
        }
        await docker('network', 'rm', `net-${mode}`)
      },
    )

    swarm.beside(
      'a stack is removed and deployed again at once, by docker itself, which waits for nothing, time after time',
      async () => {
        const app = await image('v1')
        const compose = `services:
  web: {image: '${app}', networks: [front], ports: [{target: 80, published: 18080, mode: host}], secrets: [key], deploy: {mode: global}}
  api: {image: '${app}', networks: [front, back], configs: [conf], deploy: {replicas: 2}}
networks: {front: {attachable: true}, back: {}}
secrets: {key: {file: ./pr-1.yml}}
configs: {conf: {file: ./pr-1.yml}}
`
        await docker('network', 'create', '--driver', 'overlay', 'pr-12_front')
        for (let time = 1; time <= TIMES; time++) {
          await deploy('pr-1', compose)
          // Each second time it goes while its tasks still start.
          if (time % 2 === 1) {
            await swarm.until('the stack is up', async () => (await swarm.running('pr-1_web')).length === 2)
          }
          const run = await remove({ stack: 'pr-1' })
          expect({ time, code: run.main.code, log: run.log }).toEqual({ time, code: 0, log: run.log })
          expect(run.outputs.status).toBe('removed')
          for (const kind of ['service', 'network', 'secret', 'config']) expect(await ofStack(kind, 'pr-1')).toBe('')
          for (const { name } of swarm.lab.nodes) {
            const left = await onNode(name, 'ps', '--format', '{{.Names}}', '--filter', 'name=pr-1_')
            expect({ time, name, left }).toEqual({ time, name, left: '' })
          }
        }
        expect(await docker('network', 'ls', '--format', '{{.Name}}', '--filter', 'name=pr-12_front')).toBe(
          'pr-12_front',
        )
      },
    )

    swarm.beside(
      'volumes go from the nodes that have them, also where a node is interrupted; those of others and in use stay',
      async () => {
        const app = await image('v1')
        const tools = await image('cli', { repository: 'docker', programs: ['docker'] })
        const volume = (node: string, name: string) =>
          onNode(node, 'volume', 'create', '--label', `${NAMESPACE}=vol`, name)
        const hold = (node: string, name: string) =>
          onNode(node, 'run', '--detach', '--name', name, '--volume', `${name}:/data`, app)
        const volumes = async (node: string) => {
          const { body } = await swarm.lab.node(node).engine<{ Volumes: { Name: string }[] }>('GET', '/volumes')
          const names = body.Volumes.map(({ Name }) => Name)
          return names.filter((name) => name.startsWith('vol_')).toSorted()
        }
        await deploy(
          'vol',
          `services: {db: {image: '${app}', volumes: ['data:/data'], deploy: {mode: global}}}\nvolumes: {data: {}}\n${ON_THE_NODE}`,
        )
        for (const [node, name] of [
          ['n1', 'vol_busy'],
          ['n2', 'vol_held'],
        ] as const) {
          await volume(node, name)
          await hold(node, name)
        }
        await volume('n1', 'vol_database')
        await onNode('n2', 'volume', 'create', 'vol_alien')
        await swarm.until('the stack is up', async () => (await swarm.running('vol_db')).length === 2)
        expect(await volumes('n2')).toEqual(['vol_alien', 'vol_data', 'vol_held'])

        const asked = 'data busy held alien nothing'
        const run = await swarm.start({
          mode: 'remove',
          stack: 'vol',
          'remove-volumes': asked,
          'node-tools-image': tools,
        })
        await swarm.until('n2 has removed one', async () => !(await volumes('n2')).includes('vol_data'))
        const [tool = ''] = (await onNode('n2', 'ps', '--quiet', '--filter', 'name=swarm-deploy-tools')).split('\n')
        await onNode('n2', 'kill', tool)
        await onNode('n2', 'rm', '--force', 'vol_held')
        const removed = await run.finished
        expect({ code: removed.main.code, status: removed.outputs.status }).toEqual({ code: 0, status: 'removed' })
        expect(removed.log).toContain('volume vol_data: removed from n1, n2\n')
        expect(removed.log).toContain('volume vol_held: removed from n2\n')
        expect(told(removed)).toEqual([
          'notice: remove-volumes: no node that was asked has a volume nothing',
          expect.stringMatching(/^warning: .*volume vol_busy stays: .*from n1: .*volume is in use/),
          expect.stringContaining('volume vol_alien stays: that on n2 is not of the stack'),
        ])
        expect([await volumes('n1'), await volumes('n2')]).toEqual([['vol_busy', 'vol_database'], ['vol_alien']])
        expect(await docker('service', 'ls', '--format', '{{.Name}}')).not.toContain('swarm-deploy-tools')
      },
    )

    swarm.beside('a look at the swarm tells a healthy stack from one that crashes again and again', async () => {
      const look = (inputs: Readonly<Record<string, string>>) => swarm.deploy({ mode: 'status', ...inputs })
      const [app, bad] = [await image('v1'), await image('bad', exits(3, 'no database, giving up'))]
      await deploy('fine', `services: {web: {image: '${app}', deploy: {replicas: 2}}}\n${ON_THE_NODE}`)
      await deploy(
        'sick',
        `services:
  web: {image: '${app}'}
  api: {image: '${bad}', deploy: {restart_policy: {delay: 1s}}}
${ON_THE_NODE}`,
      )
      await swarm.until('both are where they go', async () => {
        const ended = (await swarm.lab.tasks('sick_api')).filter(({ Status }) => Status.State === 'failed')
        const up = [...(await swarm.running('fine_web')), ...(await swarm.running('sick_web'))]
        return ended.length >= 3 && up.length === 3
      })
      const fine = await look({ stack: 'fine', 'fail-on-problems': 'true' })
      expect(told(fine)).toEqual([])
      expect({ code: fine.main.code, status: fine.outputs.status }).toEqual({ code: 0, status: 'healthy' })
      expect(resultsOf(fine)).toMatchObject([
        { name: 'fine_web', stack: 'fine', outcome: 'up', tasks: { running: 2, wanted: 2 }, problems: [] },
      ])

      const sick = await look({ stack: 'sick', 'fail-on-problems': 'true' })
      expect({ code: sick.main.code, status: sick.outputs.status }).toEqual({ code: 1, status: 'problems' })
      const why = /at least \d of its tasks ended within the last hour, the last one failed with exit code 3$/
      expect(resultsOf(sick)).toMatchObject([
        { name: 'sick_api', outcome: 'problem', problems: [expect.stringMatching(why)], failedTask: { exitCode: 3 } },
        { name: 'sick_web', outcome: 'up', problems: [] },
      ])
      expect(sick.log).toContain('    | no database, giving up\n')
      expect(sick.summary).toContain('no database, giving up')
    })

    swarm.beside('a network that another stack is attached to stays until nothing is', async () => {
      const app = await image('v1')
      await deploy(
        'shop',
        `services: {web: {image: '${app}', networks: [front]}}\nnetworks: {front: {attachable: true}}\n`,
      )
      await deploy(
        'other',
        `services: {app: {image: '${app}', networks: [shop]}}\nnetworks: {shop: {external: true, name: shop_front}}\n`,
      )
      const first = await remove({ stack: 'shop', 'dry-run': 'true' })
      expect(first.outputs.status).toBe('planned')
      expect(await ofStack('service', 'shop')).toBe('shop_web')
      const run = await remove({ stack: 'shop' })
      expect({ code: run.main.code, status: run.outputs.status }).toEqual({ code: 0, status: 'removed' })
      expect(run.log).toContain('stays: network shop_front, used by other_app')
      expect(await ofStack('network', 'shop')).toBe('shop_front')
      expect(await ofStack('service', 'other')).toBe('other_app')

      expect((await remove({ stack: 'other' })).main.code).toBe(0)
      expect((await remove({ stack: 'shop' })).outputs.status).toBe('removed')
      expect(await ofStack('network', 'shop')).toBe('')
    })

    swarm.beside('a container of somebody keeps a network', async () => {
      const app = await image('v1')
      let stack = ''
      let times = 0
      // On a busy machine docker gives up after 20 s, and what it leaves of that holds the network for good.
      await swarm.until('a container of somebody', async () => {
        stack = `met-${++times}`
        await deploy(
          stack,
          `services: {web: {image: '${app}', networks: [front]}}\nnetworks: {front: {attachable: true}}\n`,
        )
        await swarm.lab.docker(['rm', '--force', 'guest'])
        const guest = await swarm.lab.docker(['run', '--detach', '--name', 'guest', '--network', `${stack}_front`, app])
        return guest.code === 0
      })
      const kept = await remove({ stack })
      expect({ code: kept.main.code, status: kept.outputs.status }).toEqual({ code: 0, status: 'removed' })
      expect(kept.log).toMatch(new RegExp(`network ${stack}_front: stays, .*in use by task`))
      expect((await remove({ stack })).outputs.status).toBe('unchanged')
      await docker('rm', '--force', 'guest')
      // Its node tells the managers a moment later, and until then the network is in use.
      await swarm.until('the network goes', async () => (await remove({ stack })).outputs.status === 'removed')
      expect(await ofStack('network', stack)).toBe('')
    })
  },
  STACK_CLI,
)
