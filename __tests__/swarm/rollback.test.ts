import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from '@jest/globals'
import type { LabImage } from '../../lab/lab.ts'
import type { StepResult } from '../../lab/runner.ts'
import type { ServiceSpec } from '../../src/docker/api.ts'
import { describeSwarm, pinned, resultsOf, STACK_CLI, untagged } from '../support/swarm.ts'

const LIMIT_MS = 600_000
const PASSWORDS = { old: 'pw-of-the-old-account', fresh: 'pw-of-the-fresh-account' }
const VERSIONS = [1, 2, 3, 4, 5] as const
const shaOf = (version: number) => String(version).repeat(40)
const secretOf = (version: number) => `the-secret-of-${version}`

const RUNNER = { GITHUB_REPOSITORY: 'acme/shop', GITHUB_SERVER_URL: 'https://github.com' }

/** What the containers of a service were made of. */
type Template = ServiceSpec['TaskTemplate']

/** Back to what was deployed before, when the account of then is gone and its secrets have been rotated. */
describeSwarm(
  'rollback',
  {
    nodes: 2,
    registries: { shop: { accounts: { old: { password: PASSWORDS.old }, fresh: { password: PASSWORDS.fresh } } } },
  },
  (swarm) => {
    const registries = (username: keyof typeof PASSWORDS) =>
      JSON.stringify([{ registry: swarm.lab.registries.shop.host, username, password: PASSWORDS[username] }])
    const step = (inputs: Readonly<Record<string, string>>, version: number, account: keyof typeof PASSWORDS) =>
      swarm.deploy(
        { registries: registries(account), stack: 'shop', monitor: '1s', ...inputs },
        { ...RUNNER, GITHUB_SHA: shaOf(version), GITHUB_RUN_ID: String(9000 + version), KEY: secretOf(version) },
      )
    const rollBack = (to: string, inputs: Readonly<Record<string, string>> = {}) =>
      step({ mode: 'rollback', to, ...inputs }, 8, 'fresh')
    const templates = async () => (await swarm.running('shop_web')).map(({ Spec }) => Spec as unknown as Template)
    /** What a task is made of, without what Swarm counts. */
    const madeOf = ({ ContainerSpec, Networks }: Template) => ({ ContainerSpec, Networks })
    const contents = async () => {
      const [task] = await swarm.running('shop_web')
      const { ContainerID: id } = (task as unknown as { Status: { ContainerStatus: { ContainerID: string } } }).Status
        .ContainerStatus
      const node = swarm.lab.nodes.findIndex(({ id: nodeId }) => nodeId === task?.NodeID)
      return (await swarm.lab.docker(['exec', id, 'cat', '/run/secrets/key'], { node })).stdout
    }
    const isGreen = (run: StepResult) =>
      expect({ code: run.main.code, log: run.log }).toEqual({ code: 0, log: run.log })

    const images: LabImage[] = []
    const deployed: Template[] = []
    beforeAll(async () => {
      for (const version of VERSIONS) {
        images.push(
          await swarm.lab.image({
            registry: 'shop',
            repository: 'acme/web',
            tag: `v${version}`,
            content: `version ${version}`,
          }),
        )
      }
      for (const version of VERSIONS) {
        const web = `{image: '${images[version - 1]?.reference}', secrets: [key], environment: [V=${version}], deploy: {replicas: 2, update_config: {parallelism: 0}}}`
        await writeFile(
          join(swarm.runner.workspace, 'compose.yml'),
          `services: {web: ${web}}\nsecrets: {key: {environment: KEY}}\n`,
        )
        isGreen(await step({}, version, 'old'))
        const [template] = await templates()
        if (template !== undefined) deployed.push(template)
      }
      await swarm.lab.registries.shop.setAccount('old', undefined)
    }, LIMIT_MS)

    const isBackOn = async (version: number) => {
      const now = await templates()
      expect(now).toHaveLength(2)
      const then = deployed[version - 1]
      if (then === undefined) throw new Error(`version ${version} was not deployed`)
      expect(now.map(madeOf)).toEqual([madeOf(then), madeOf(then)])
      expect(then.ContainerSpec?.Image).toBe(pinned(images[version - 1] as LabImage))
      expect(await contents()).toBe(secretOf(version))
    }

    test(
      'five deploys: back to the second by its number, pulled with the account of today',
      async () => {
        const image = untagged(images[1] as LabImage)
        await Promise.all(swarm.lab.nodes.map((_, node) => swarm.lab.removeImage(node, image)))
        await swarm.lab.registries.shop.forgetRequests()
        const planned = await step({ mode: 'plan', to: '#2' }, 8, 'fresh')
        expect(planned.outputs.plan).toMatch(/Back to `#2` \(v2, commit 222222222222, /)
        const run = await rollBack('#2')
        isGreen(run)
        expect(resultsOf(run)).toMatchObject([{ name: 'shop_web', outcome: 'updated' }])
        await isBackOn(2)
        const pulled = (await swarm.lab.registries.shop.requests()).filter(
          ({ path, status }) => /\/blobs\//.test(path) && status === 200,
        )
        expect(new Set(pulled.map(({ user }) => user))).toEqual(new Set(['fresh']))
        expect(run.summary).toMatch(/Back to `#2` \(v2, commit 222222222222, /)
        for (const secret of [...Object.values(PASSWORDS), ...VERSIONS.map(secretOf)]) {
          expect([run.log, run.summary, JSON.stringify(run.outputs)].join()).not.toContain(secret)
        }
      },
      LIMIT_MS,
    )

    test(
      'to a tag, to a commit, and from there further back',
      async () => {
        isGreen(await rollBack('v4'))
        await isBackOn(4)
        isGreen(await rollBack(shaOf(3).slice(0, 7)))
        await isBackOn(3)
        isGreen(await rollBack('previous'))
        await isBackOn(2)
        const again = await rollBack('https://github.com/acme/shop/actions/runs/9002')
        expect(resultsOf(again)).toMatchObject([{ outcome: 'unchanged' }])
      },
      LIMIT_MS,
    )

    test(
      'what cannot be had is refused, and nothing is changed',
      async () => {
        const before = await swarm.service('shop_web')
        const unknown = await rollBack('v9')
        expect(unknown.main.code).toBe(1)
        expect(unknown.annotations).toContainEqual(
          expect.objectContaining({
            message: expect.stringMatching(
              /no tag, commit or run of a record is "v9": there are #9 \(v2, went back to #2, /,
            ),
          }),
        )
        const withOld = await step({ mode: 'rollback', to: 'v5' }, 8, 'old')
        expect(withOld.main.code).toBe(1)
        expect(withOld.log).toMatch(/Nothing was changed on the swarm/)
        expect((await swarm.service('shop_web')).Version).toEqual(before.Version)
      },
      LIMIT_MS,
    )
  },
  STACK_CLI,
)
