import { cp, mkdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { until } from '../../lab/patience.ts'
import { Runner } from '../../lab/runner.ts'
import { scratchDirectory } from '../../lab/scratch.ts'
import { fakeDocker, healthy, web } from '../support/fake-docker/scenario.ts'

/** Only what never ends comes to it. */
const LIMIT_MS = 240_000

const DIST = fileURLToPath(new URL('../../dist', import.meta.url))

/** The action without a file that is only loaded where it is needed. */
describe('where a file of dist/ is missing', () => {
  let runner: Runner
  let directory: string
  beforeAll(async () => {
    runner = await Runner.start()
    directory = scratchDirectory('dist-')
    await cp(DIST, directory, { recursive: true })
    for (const name of ['clean-up.js', 'stories.js']) await rm(join(directory, name))
  })
  afterAll(async () => {
    await rm(directory, { recursive: true })
    await runner[Symbol.asyncDispose]()
  })

  test('a main whose inputs are wrong does not need it, and one whose inputs are right says so in one line', async () => {
    await using docker = await fakeDocker(healthy)
    const main = (services: string) =>
      runner.run({ with: { services }, env: docker.env, bundle: join(directory, 'index.js') })
    const wrong = await main('web')
    expect(wrong.annotations).toMatchObject([{ level: 'error', message: expect.stringMatching(/^services: /) }])
    const right = await main(`${web.Spec.Name}: registry.example.com/app:v2`)
    expect(right.annotations).toMatchObject([
      { level: 'error', message: 'dist/stories.js is not there: keep the files of this action together' },
    ])
    expect([right.main.code, right.outputs.status]).toEqual([1, 'failed'])
    expect(await docker.calls()).toEqual([])
  })

  test('post does not need it after a main that ended by itself, and else says so and ends well', async () => {
    const env = { GITHUB_RUN_ID: '4711' }
    const post = (state: Readonly<Record<string, string>>) =>
      runner.post(state, { with: {}, env, bundle: join(directory, 'post.js') })
    const workspace = join(runner.temp, 'swarm-deploy-0123456789ab')
    const nothing = { code: 0, stdout: '', stderr: '' }
    expect(await post({ workspace, lock: '' })).toEqual(nothing)
    // Without a word of main it looks in /tmp too, where a run of another test file may have its workspace for a moment.
    await until('post had something to do', LIMIT_MS, async () => isDeepStrictEqual(await post({}), nothing))
    const missing = /^::warning::Not cleaned up: dist\/clean-up\.js cannot be loaded: keep .+ together\n$/
    const told = { code: 0, stdout: expect.stringMatching(missing), stderr: '' }
    expect(await post({ workspace, lock: '01234567-89ab-4cde-8f01-23456789abcd' })).toEqual(told)
    await mkdir(workspace, { mode: 0o700 })
    expect(await post({ workspace })).toEqual(told)
    expect(await post({})).toEqual(told)
    await rmdir(workspace)
  })
})
