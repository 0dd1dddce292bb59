import { gunzipSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import { runs } from '../../lab/program.ts'
import type { StackObject } from '../../src/docker/specs/stack-objects.ts'
import { recordsIn } from '../../src/records/format.ts'
import { recordsOf } from '../../src/records/record.ts'
import { describeSwarm } from '../support/swarm.ts'
import { formsOf } from '../support/traces.ts'

const PASSWORD = 'the-pass-of-alice'
const REGISTRIES = { main: { accounts: { alice: { password: PASSWORD, read: ['acme'] } } } } as const
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
})
