import { readdirSync } from 'node:fs'
import { beforeAll, expect, test } from '@jest/globals'
import { stageLine } from '../../lab/log-lines.ts'
import type { StepResult } from '../../lab/runner.ts'
import type { Service } from '../../src/docker/api.ts'
import { configsBesideRecords } from '../support/configs.ts'
import { describeSwarm } from '../support/swarm.ts'

const LIMIT_MS = 600_000
const PASSWORD = 'bob-pw-behind-a-private-ca'
const STAGE = 'Have the nodes trust the registries'

/** A registry whose certificate no node trusts: told with what to do, and then done by the action. */
describeSwarm(
  'a registry with a private CA',
  { nodes: 2, registries: { open: {}, safe: { tls: true, accounts: { bob: { password: PASSWORD } } } } },
  (swarm) => {
    let tool: string
    let web: string
    let ca: string

    beforeAll(async () => {
      const [installer, app] = await Promise.all([
        swarm.lab.image({ registry: 'open', repository: 'tool', tag: 'v1' }),
        swarm.lab.image({ registry: 'safe', repository: 'web', tag: 'v1' }),
      ])
      tool = installer.reference
      web = app.reference
      ca = await swarm.lab.authority()
    })

    const host = () => swarm.lab.registries.safe.host
    const file = () => `/etc/docker/certs.d/${host()}/ca.crt`
    const inputs = (more: Record<string, string> = {}) => ({
      registry: host(),
      username: 'bob',
      password: PASSWORD,
      services: JSON.stringify([{ name: 'web', image: web, create: true, 'create-args': '--mode global' }]),
      monitor: '1s',
      ...more,
    })
    const installing = (more: Record<string, string> = {}) =>
      inputs({ 'registry-ca': ca, 'install-registry-ca': 'true', 'install-registry-ca-image': tool, ...more })
    const errorsOf = ({ annotations }: StepResult) =>
      annotations.filter(({ level }) => level === 'error').map(({ message }) => message)

    const names = async () => {
      const { body } = await swarm.lab.nodes[0].engine<Service[]>('GET', '/services')
      return body.map(({ Spec }) => Spec.Name)
    }
    const services = async () => (await names()).join()
    /** All that is there below `certs.d` of a node, with modes and inodes, and the file itself. */
    const onNode = async (node: string) => {
      const script = `ls -liaR /certs; cat /certs/${host()}/ca.crt`
      const { stdout } = await swarm.lab.docker(
        ['run', '--rm', '--volume', '/etc/docker/certs.d:/certs', tool, 'sh', '-c', script],
        { node },
      )
      const [list = '', begin = ''] = stdout.split(/(?=-----BEGIN)/)
      const [, inode = '', mode = ''] = /(\d+) (\S+) .* ca\.crt$/m.exec(list) ?? []
      const names = [...list.matchAll(/^ *\d+ [-d]\S+ .* (\S+)$/gm)]
        .map(([, name]) => name)
        .filter((name) => !/^\.\.?$/.test(name ?? ''))
      return { names, mode, inode, content: begin }
    }
    const drain = (availability: string) => swarm.lab.docker(['node', 'update', '--availability', availability, 'n2'])

    test(
      'told with path and commands; installed, also after a kill; a later run finds it done; nothing else is left',
      async () => {
        const [told = ''] = errorsOf(await swarm.deploy(inputs()))
        expect(told).toContain(`cannot log in to ${host()} as bob`)
        expect(told).toContain(`sudo mkdir -p /etc/docker/certs.d/${host()} && sudo cp ca.crt ${file()}`)
        expect(told).toContain(`openssl s_client -connect ${host()} -showcerts`)

        // The nodes wait for the image, and the runner dies.
        await swarm.lab.registries.open.fail({ delayMs: 20_000, path: /\/blobs\// })
        const doomed = await swarm.start(installing())
        await swarm.until('the service that writes', async () =>
          (await names()).some((name) => name.startsWith('swarm-deploy-ca-')),
        )
        expect(doomed.printed()).toMatch(stageLine(STAGE))
        doomed.main.kill('SIGKILL')
        const killed = await doomed.finished
        await swarm.lab.registries.open.recover()
        expect(killed.post).toMatchObject({ code: 0, stderr: '' })
        expect(killed.log).toContain('The services that the stopped run had on the nodes for a while are removed')
        expect(await services()).toBe('')

        await drain('drain')
        const first = await swarm.deploy(installing())
        expect(errorsOf(first)).toEqual([])
        expect(first.outputs.status).toBe('converged')
        expect(first.log).toContain(`${file()} is written on n1`)
        expect(first.annotations.map(({ message }) => message).join()).toContain(
          `the CA of ${host()} is not put on n2 (availability drain)`,
        )
        expect(await services()).toBe('web')

        await drain('active')
        const second = await swarm.deploy(installing())
        expect(errorsOf(second)).toEqual([])
        expect(second.log).toContain(`${file()} is written on n2`)
        await swarm.until('a task on each node', async () => (await swarm.running('web')).length === 2)

        const before = await Promise.all(['n1', 'n2'].map(onNode))
        for (const node of before) {
          expect(node).toMatchObject({ mode: '-rw-r--r--', content: ca })
          expect(node.names).toEqual([host(), 'ca.crt'])
        }
        const third = await swarm.deploy(installing())
        expect(third.outputs.status).toBe('unchanged')
        expect(third.log).toContain(`${host()}: its CA was put on both nodes before`)
        expect(third.log).not.toContain('is written on')
        expect(await Promise.all(['n1', 'n2'].map(onNode))).toEqual(before)

        expect(await configsBesideRecords(swarm.lab)).toEqual([
          expect.stringMatching(/^swarm-deploy\.ca\.[0-9a-f]{12}\.[0-9a-f]{12}$/),
        ])
        await swarm.containersGone('swarm-deploy-ca')
        expect([told, first.log, second.log, third.log].join()).not.toContain(PASSWORD)
        expect(readdirSync(swarm.runner.temp)).toEqual([])
      },
      LIMIT_MS,
    )

    test(
      'a file that was lost on the manager is put there again; a node that cannot have the image is named',
      async () => {
        const [manager] = swarm.lab.nodes
        await swarm.lab.docker(['run', '--rm', '--volume', '/etc/docker:/x', tool, 'rm', '-r', '/x/certs.d'])
        await swarm.lab.docker(['service', 'rm', 'web'])
        const again = await swarm.deploy(installing())
        expect(errorsOf(again)).toEqual([])
        expect(again.log).toContain('the manager does not trust it, though its CA was put there once')
        expect((await onNode(manager.name)).content).toBe(ca)

        const missing = await swarm.lab.image({ registry: 'safe', repository: 'tool', tag: 'v2', content: 'other' })
        const other = `${ca}${ca}`
        for (const { name } of swarm.lab.nodes) {
          await swarm.lab.docker(['run', '--rm', '--volume', '/etc/docker:/x', tool, 'rm', '-r', '/x/certs.d'], {
            node: name,
          })
        }
        const failed = await swarm.deploy(
          installing({ 'registry-ca': other, 'install-registry-ca-image': missing.reference }),
        )
        expect(errorsOf(failed)).toEqual(
          ['n1', 'n2'].map((name) => {
            return expect.stringMatching(
              new RegExp(`^registry-ca: ${name} did not get it: No such image.*before it trusts the registry`),
            )
          }),
        )
        expect(await services()).toBe('web')
      },
      LIMIT_MS,
    )
  },
)
