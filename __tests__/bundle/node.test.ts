import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Runner } from '../../lab/runner.ts'
import { AwsService } from '../support/aws-service.ts'
import { fakeDocker, healthy, web } from '../support/fake-docker/scenario.ts'
import { nodeOf, RELEASES } from '../support/nodes.ts'

/** GitHub's runner brings a Node of its own. Others start the action with the one that the job's image has. */
for (const release of RELEASES) {
  const node = nodeOf(release)
  if (node !== undefined) {
    describe(`on Node ${release}`, () => onNode(node))
  } else if (process.env.CI) {
    test(`on Node ${release}`, () => Promise.reject(new Error('there is none on the PATH or in the tool cache')))
  } else {
    describe.skip(`on Node ${release} (skipped: there is none on the PATH)`, () => onNode(process.execPath))
  }
}

function onNode(node: string): void {
  let runner: Runner
  beforeAll(async () => {
    runner = await Runner.start(node)
  })
  afterAll(() => runner[Symbol.asyncDispose]())

  test('a service is looked at, and a change of it is sent and looked at again', async () => {
    const sent = { ...web, Version: { Index: web.Version.Index + 1 } }
    await using docker = await fakeDocker({
      ...healthy,
      answers: { ...healthy.answers, [`/services/${web.ID}`]: sent, [`/services/${web.ID}/update`]: {} },
    })
    const asked = { [web.Spec.Name]: 'registry.example.com/app:v2' }
    const run = await runner.run({ with: { services: JSON.stringify(asked) }, env: docker.env })
    // The stand-in does not change: what it still has is not what was sent.
    expect(run.outputs.status).toBe('failed')
    expect(run.summary).toContain('superseded')
    expect([run.main.stderr, run.post]).toEqual(['', { code: 0, stdout: '', stderr: '' }])
    expect(run.log).not.toContain('A bug of this action')
  })

  test('an unchanged service is green', async () => {
    await using docker = await fakeDocker(healthy)
    const services = `- {name: ${web.Spec.Name}, replicas: 1}`
    const run = await runner.run({ with: { services }, env: docker.env })
    expect(run.outputs.status).toBe('unchanged')
    expect(await readdir(runner.temp)).toEqual([])
  })

  test('a login from Amazon is asked for before a manager is, with a library that is loaded for it', async () => {
    await using docker = await fakeDocker({ ...healthy, answers: { ...healthy.answers, '/auth': {} } })
    await using aws = await AwsService.start()
    const registry = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
    const registries = `- {registry: ${registry}, ecr: {access-key-id-env: ID, secret-access-key-env: SECRET}}`
    const services = `- {name: ${web.Spec.Name}, replicas: 1}`
    const env = { ...docker.env, ...aws.env, ID: 'AKIAOFTHESHOP', SECRET: 'canary-of-keys' }
    const good = await runner.run({ with: { registries, services }, env })
    expect(good.log).toContain(`logged in with account AWS of ${registry}`)
    expect(good.outputs.status).toBe('unchanged')
    expect(aws.requests).toMatchObject([{ signedWith: 'AKIAOFTHESHOP eu-central-1/ecr' }])

    aws.behaviour = { refused: ['AKIAOFTHESHOP'] }
    const bad = await runner.run({ with: { registries, services }, env })
    expect(bad.annotations.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^registries entry 1: Amazon gives no login for .* Check the AWS credentials/),
    ])
    for (const { log, summary, outputs } of [good, bad]) {
      const shown = [log.replaceAll(/^::add-mask::.*$/gm, ''), summary, JSON.stringify(outputs)].join()
      expect(shown).not.toMatch(/canary-of-(?:ecr|keys)/)
    }
    expect(await readdir(runner.temp)).toEqual([])
  })

  test('a mistake in the inputs is one clear error', async () => {
    const run = await runner.run({ with: { services: 'web: app', timeout: 'soon' } })
    expect(run.annotations.map(({ message }) => message)).toEqual([expect.stringMatching(/^timeout: /)])
  })
}

test.each(['main', 'post'] as const)('an older Node is told so in one sentence by %s', async (part) => {
  const old = `data:text/javascript,Object.defineProperty(process, 'version', { value: 'v18.20.4' })`
  await using runner = await Runner.start()
  const run = await runner.run({ with: {}, env: { NODE_OPTIONS: `--import="${old}"` } })
  const sentence = /^::error::this action needs Node 20\.4 or newer, .* with v18\.20\.4: .*\n$/
  expect(run[part]).toEqual({ code: 1, stdout: expect.stringMatching(sentence), stderr: '' })
})

test('a run that comes to a stop before its end, with nothing left to wait for, is red', async () => {
  // The first thing that a run makes is its directory.
  const stuck = `data:text/javascript,import fs from 'node:fs'; fs.promises.mkdir = () => new Promise(() => {})`
  await using runner = await Runner.start()
  const services = `- {name: ${web.Spec.Name}, replicas: 1}`
  const run = await runner.run({ with: { services }, env: { NODE_OPTIONS: `--import="${stuck}"` } })
  expect([run.main.code, run.outputs.status]).toEqual([1, 'failed'])
  expect(run.annotations.map(({ message }) => message)).toContainEqual(expect.stringContaining('before its end'))
})
