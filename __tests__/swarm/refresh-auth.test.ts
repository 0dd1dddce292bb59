import { readdirSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from '@jest/globals'
import type { LabImage } from '../../lab/lab.ts'
import type { HandedOn } from '../../lab/runner.ts'
import { describeSwarm, resultsOf, untagged } from '../support/swarm.ts'

const LIMIT_MS = 600_000
const PASSWORDS = { old: 'pw: of "the old" one', fresh: 'pw of the fresh one' }
const NAMES = Array.from({ length: 5 }, (_, index) => `s${index}`)

/** A registry whose accounts buy tokens, as those of most providers do. */
describeSwarm(
  'renewed credentials',
  {
    nodes: 2,
    registries: {
      shop: {
        tokens: true,
        accounts: {
          old: { password: PASSWORDS.old, read: ['team'] },
          fresh: { password: PASSWORDS.fresh, read: ['team'] },
        },
      },
    },
  },
  (swarm) => {
    const shop = () => swarm.lab.registries.shop
    const entry = (username: keyof typeof PASSWORDS) =>
      JSON.stringify([{ registry: shop().host, username, 'password-env': 'PASSWORD' }])
    const refresh = (services: string) =>
      swarm.deploy({ mode: 'refresh-auth', registries: entry('fresh'), services }, { PASSWORD: PASSWORDS.fresh })
    const worker = () => swarm.lab.nodes[1] ?? swarm.lab.nodes[0]
    const idsOf = async (name: string) => (await swarm.running(name)).map(({ ID }) => ID).sort()
    const update = (...args: string[]) => swarm.lab.docker(['service', 'update', '--detach', ...args])

    const push = (repository: string) =>
      swarm.lab.image({ registry: 'shop', repository: `team/${repository}`, content: repository })
    const deployOn = async (role: string, images: Readonly<Record<string, LabImage>>) => {
      const services = Object.entries(images).map(([name, { reference }]) => {
        const flags = `--constraint node.role==${role} --restart-delay 200ms`
        return { name, image: reference, create: true, 'create-args': flags }
      })
      const inputs = { registries: entry('old'), services: JSON.stringify(services), monitor: '1s' }
      const run = await swarm.deploy(inputs, { PASSWORD: PASSWORDS.old })
      expect({ code: run.main.code, log: run.log }).toEqual({ code: 0, log: run.log })
    }
    const moveToWorker = async (name: string) => {
      await update('--constraint-rm', 'node.role==manager', '--constraint-add', 'node.role==worker', name)
      await swarm.until(`${name} runs on the worker`, async () =>
        (await swarm.running(name)).some(({ NodeID }) => NodeID === worker().id),
      )
    }

    let stuck: LabImage
    beforeAll(async () => {
      const [one, other, third] = await Promise.all([push('one'), push('other'), push('stuck')])
      stuck = third
      await deployOn('manager', Object.fromEntries(NAMES.map((name, index) => [name, index === 1 ? other : one])))
      await deployOn('worker', { stuck })
    }, LIMIT_MS)

    test(
      'services keep their tasks; when the old account is gone, a node without the image pulls',
      async () => {
        const before = await Promise.all(NAMES.map(idsOf))
        expect(before.flat()).toHaveLength(NAMES.length)
        const run = await refresh(NAMES.join(' '))
        expect({ code: run.main.code, log: run.log }).toEqual({ code: 0, log: run.log })
        expect(await Promise.all(NAMES.map(idsOf))).toEqual(before)
        expect(run.outputs.status).toBe('refreshed')
        expect(resultsOf(run)).toHaveLength(NAMES.length)
        for (const result of resultsOf(run)) {
          expect(result).toMatchObject({ outcome: 'refreshed', account: 'fresh', tasks: { unchanged: 1, changed: [] } })
        }
        expect(run.summary).toContain('## ✅ The credentials of 5 services stored, 5 tasks unchanged')

        await shop().setAccount('old', undefined)
        await shop().forgetRequests()
        // Also what Swarm keeps to go back to has the new credential.
        expect((await swarm.lab.docker(['service', 'rollback', '--detach', 's1'])).code).toBe(0)
        await Promise.all([moveToWorker('s0'), moveToWorker('s1')])
        const pulled = (await shop().requests()).filter(({ path, status }) => /\/blobs\//.test(path) && status === 200)
        expect(new Set(pulled.map(({ user }) => user))).toEqual(new Set(['fresh']))
        expect(new Set(pulled.map(({ path }) => path.replace(/\/blobs.*/, '')))).toEqual(
          new Set(['/v2/team/one', '/v2/team/other']),
        )
        for (const secret of Object.values(PASSWORDS)) {
          const told = [run.log, run.summary, JSON.stringify([run.outputs, run.state])].join()
          expect(told).not.toContain(secret)
          expect(told).not.toContain(Buffer.from(secret).toString('base64').slice(0, 16))
        }
        expect(await readdir(swarm.runner.temp)).toEqual([])
      },
      LIMIT_MS,
    )

    test(
      'a task that cannot pull with an account that is gone comes up',
      async () => {
        await shop().setAccount('old', undefined)
        await update('--replicas', '0', 'stuck')
        await swarm.until('its container is gone', async () => {
          const filter = 'label=com.docker.swarm.service.name=stuck'
          const { stdout } = await swarm.lab.docker(['ps', '--all', '--quiet', '--filter', filter], { node: 1 })
          return stdout.trim() === ''
        })
        await swarm.lab.removeImage(1, untagged(stuck))
        await update('--replicas', '1', 'stuck')
        await swarm.until('it cannot pull', async () =>
          (await swarm.lab.tasks('stuck')).some(({ Status: { State: state } }) => state === 'rejected'),
        )
        const run = await refresh('stuck')
        expect({ code: run.main.code, log: run.log }).toEqual({ code: 0, log: run.log })
        expect(resultsOf(run)).toMatchObject([
          { outcome: 'refreshed', tasks: { unchanged: 0, changed: [], running: 1, wanted: 1 } },
        ])
        expect(await swarm.running('stuck')).toHaveLength(1)
      },
      LIMIT_MS,
    )

    test(
      'a login serves the docker of later steps, and nothing is left',
      async () => {
        const { reference } = await push('later')
        let told: number | null | undefined
        const later = async ({ variables }: HandedOn) => {
          const directory = variables.DOCKER_CONFIG ?? ''
          const pull = (config?: string) =>
            swarm.lab.docker(['pull', reference], config === undefined ? {} : { config })
          expect((await pull()).code).not.toBe(0)
          told = (await pull(directory)).code
          expect(JSON.parse(await readFile(join(directory, 'config.json'), 'utf8')).auths).toHaveProperty([shop().host])
        }
        const run = await swarm.runner.run({
          with: { mode: 'login', registries: entry('fresh') },
          env: { DOCKER_HOST: swarm.lab.nodes[0].host, PASSWORD: PASSWORDS.fresh },
          later,
        })
        expect({ code: run.main.code, log: run.log }).toEqual({ code: 0, log: run.log })
        expect(told).toBe(0)
        expect(readdirSync(swarm.runner.temp)).toEqual([])
      },
      LIMIT_MS,
    )
  },
)
