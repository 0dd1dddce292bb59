import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import { runs } from '../../lab/program.ts'
import type { StepResult } from '../../lab/runner.ts'
import type { ServiceSpec } from '../../src/docker/api.ts'
import type { StackObject } from '../../src/docker/specs/stack-objects.ts'
import { recordsIn } from '../../src/records/format.ts'
import { recordsOf } from '../../src/records/record.ts'
import { cliOlderThan, describeSwarm, pinned, resultsOf, STACK_CLI, testUnless, untagged } from '../support/swarm.ts'
import { formsOf } from '../support/traces.ts'

const PASSWORD = 'the-pass-of-alice'
const PASSWORDS = { old: 'pw-of-the-old-account', fresh: 'pw-of-the-fresh-account' }
const REGISTRIES = {
  main: {
    accounts: {
      alice: { password: PASSWORD, read: ['acme'] },
      old: { password: PASSWORDS.old },
      fresh: { password: PASSWORDS.fresh },
    },
  },
} as const
const runner = (id: string) => ({
  GITHUB_REPOSITORY: 'acme/shop',
  GITHUB_SHA: `${id}b2c3d4e5f60718293a4b5c6d7e8f9001122334`,
  GITHUB_REF: 'refs/heads/main',
  GITHUB_RUN_ID: id,
  GITHUB_ACTOR: 'octocat',
  GITHUB_SERVER_URL: 'https://github.example.com',
})

/** What deploys leave on the swarm of what they deployed. */
describeSwarm('records', { registries: REGISTRIES }, (swarm) => {
  // Of each try of the test another.
  let tries = 0
  let web = ''
  const objects = async () => (await swarm.lab.nodes[0].engine<StackObject[]>('GET', '/configs')).body
  const pages = async () =>
    (await objects()).map(({ Spec }) => Spec.Name).filter((name) => name.startsWith(`page-of-${web}-`))
  const kept = async () => recordsOf(recordsIn(await objects()).kept, { kind: 'service', name: web })
  const deploy = async (content: string, id: string) => {
    const { reference } = await swarm.lab.image({ registry: 'main', repository: 'acme/web', content: 'web', ...runs() })
    const entry = {
      name: web,
      image: reference,
      create: true,
      env: { LEVEL: `value-of-${content}` },
      configs: [{ name: `page-of-${web}`, content, target: '/page' }],
    }
    const registries = JSON.stringify([
      { registry: swarm.lab.registries.main.host, username: 'alice', password: PASSWORD },
    ])
    const inputs = { services: JSON.stringify([entry]), registries, monitor: '1s', 'history-limit': '3' }
    const run = await swarm.deploy(inputs, runner(id))
    expect(run.main).toMatchObject({ code: 0 })
    return run
  }

  test('are as many as is told, hold on to the configs that they need, and show what was deployed', async () => {
    web = `web${++tries}`
    for (const [index, content] of ['one', 'two', 'three'].entries()) {
      expect((await deploy(content, `100${index}`)).log).toContain(`Recorded as #${index + 1}.`)
    }
    // Of the first no spec knows any more: only its record does.
    expect(await pages()).toHaveLength(3)
    await deploy('four', '1003')
    expect((await kept()).map(({ record }) => record.version)).toEqual([4, 3, 2])
    expect(await pages()).toHaveLength(3)

    // Two that end at one moment.
    const both = await Promise.all(['2001', '2002'].map((id) => deploy('four', id)))
    for (const { log } of both) expect(log).toContain('Recorded as #4, as what was deployed last.')
    const records = await kept()
    expect(records.map(({ record }) => record.version)).toEqual([4, 3, 2])
    expect(records[0]?.record.runs.map(({ runId }) => runId).toSorted()).toEqual(['1003', '2001', '2002'])

    const history = await swarm.deploy({ mode: 'history', services: web })
    expect(history.main).toMatchObject({ code: 0 })
    expect(history.log).toContain(`service ${web}: #4 runs`)
    expect(JSON.parse(history.outputs.history ?? '')).toMatchObject([
      { kind: 'service', name: web, version: 4, running: true, changes: expect.arrayContaining(['env LEVEL']) },
      { version: 3, running: false, runs: [{ runId: '1002', actor: 'octocat', ref: 'refs/heads/main' }] },
      { version: 2, running: false },
    ])
    expect(`${history.log}${history.outputs.history}${history.summary}`).not.toContain('value-of-')

    const written = (await objects()).filter(({ Spec }) => Spec.Name.startsWith('swarm-deploy.record.'))
    expect(written.length).toBeGreaterThanOrEqual(3)
    for (const { Spec } of written) {
      const text = `${JSON.stringify(Spec.Labels)}${gunzipSync(Buffer.from(Spec.Data ?? '', 'base64'))}`
      for (const form of [...formsOf('alice', PASSWORD), 'alice']) expect(text).not.toContain(form)
    }
  })

  testUnless(
    cliOlderThan(STACK_CLI),
    'lead back when the account of then is gone, the images too, and the secrets have been rotated',
    async () => {
      const secretOf = (version: number) => `the-secret-of-${version}`
      const step = (inputs: Readonly<Record<string, string>>, version: number, account: keyof typeof PASSWORDS) =>
        swarm.deploy(
          {
            registries: JSON.stringify([
              { registry: swarm.lab.registries.main.host, username: account, password: PASSWORDS[account] },
            ]),
            stack: 'shop',
            monitor: '1s',
            ...inputs,
          },
          { ...runner(`900${version}`), GITHUB_SHA: String(version).repeat(40), KEY: secretOf(version) },
        )
      const isGreen = (run: StepResult) =>
        expect({ code: run.main.code, log: run.log }).toEqual({ code: 0, log: run.log })
      /** What a container was made of, without what Swarm counts, and the secret that it has. */
      const made = async () => {
        const [task, ...others] = await swarm.running('shop_web')
        expect(others).toEqual([])
        const { Spec, Status } = task as unknown as {
          Spec: ServiceSpec['TaskTemplate']
          Status: { ContainerStatus: { ContainerID: string } }
        }
        const { stdout } = await swarm.lab.docker([
          'exec',
          Status.ContainerStatus.ContainerID,
          'cat',
          '/run/secrets/key',
        ])
        return { ContainerSpec: Spec.ContainerSpec, Networks: Spec.Networks, key: stdout }
      }
      const images = []
      const deployed = []
      for (const version of [1, 2, 3]) {
        const app = {
          registry: 'main',
          repository: 'acme/shop',
          tag: `v${version}`,
          content: `version ${version}`,
        } as const
        const image = await swarm.lab.image(app)
        const web = `{image: '${image.reference}', secrets: [key], environment: [V=${version}], deploy: {update_config: {parallelism: 0}}}`
        await writeFile(
          join(swarm.runner.workspace, 'compose.yml'),
          `services: {web: ${web}}\nsecrets: {key: {environment: KEY}}\n`,
        )
        isGreen(await step({}, version, 'old'))
        images.push(image)
        deployed.push(await made())
      }
      const [first] = images
      if (first === undefined) throw new Error('there is no image')
      await swarm.lab.registries.main.setAccount('old', undefined)
      await swarm.lab.removeImage(0, untagged(first))
      await swarm.lab.registries.main.forgetRequests()

      const planned = await step({ mode: 'plan', to: '#1' }, 8, 'fresh')
      expect(planned.outputs.plan).toMatch(/Back to `#1` \(tag v1, commit 111111111111, /)
      const run = await step({ mode: 'rollback', to: '#1' }, 8, 'fresh')
      isGreen(run)
      expect(resultsOf(run)).toMatchObject([{ name: 'shop_web', outcome: 'updated' }])
      const now = await made()
      expect(now).toEqual(deployed[0])
      expect(now.ContainerSpec?.Image).toBe(pinned(first))
      expect(now.key).toBe(secretOf(1))
      const pulled = (await swarm.lab.registries.main.requests()).filter(
        ({ path, status }) => /\/blobs\//.test(path) && status === 200,
      )
      expect(new Set(pulled.map(({ user }) => user))).toEqual(new Set(['fresh']))
      expect(run.summary).toMatch(/Back to `#1` \(tag v1, commit 111111111111, /)
      for (const secret of [...Object.values(PASSWORDS), ...[1, 2, 3].map(secretOf)]) {
        expect([run.log, run.summary, JSON.stringify(run.outputs)].join()).not.toContain(secret)
      }
    },
  )
})
