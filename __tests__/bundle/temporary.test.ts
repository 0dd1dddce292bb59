import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Runner } from '../../lab/runner.ts'
import { fakeDocker, healthy, web } from '../support/fake-docker/scenario.ts'

const problem = process.getuid?.() === 0 ? undefined : 'needs root, to mount what is full or read-only'
const group = problem === undefined ? describe : describe.skip

/** Commands that change what a step finds mounted, for it alone. */
const mounting = (script: string, directory: string) => [
  ...['unshare', '--mount', '--propagation', 'private', 'sh', '-c'],
  ...[`set -e; D=$1; shift; ${script}; exec "$@"`, 'sh', directory],
]

group(`a temporary directory that does not serve${problem === undefined ? '' : ` (skipped: ${problem})`}`, () => {
  let runner: Runner
  let temp: string
  beforeEach(async () => {
    runner = await Runner.start()
    temp = join(runner.directory, 'odd')
    await mkdir(temp)
  })
  afterEach(() => runner[Symbol.asyncDispose]())
  const services = `- {name: ${web.Spec.Name}, replicas: 1}`

  test.each([
    ['read-only', 'mount --bind "$D" "$D"; mount -o remount,bind,ro "$D"', 'it is read-only'],
    ['full', 'mount -t tmpfs -o size=64k none "$D"', 'there is no space left on it'],
  ])("one that is %s is told, and the system's is used", async (_name, script, words) => {
    await using docker = await fakeDocker(healthy)
    const enter = mounting(script, temp)
    const run = await runner.run({ with: { services }, env: { ...docker.env, RUNNER_TEMP: temp }, enter })
    expect(run.outputs.status).toBe('unchanged')
    expect(run.annotations).toEqual([])
    const [, used = ''] = /^(\S+) is used, for (.*)$/m.exec(run.log)?.map(String) ?? []
    expect(run.log).toContain(`${used} is used, for the temporary directory ${temp} cannot be written to: ${words}`)
    expect(await readdir(used).catch(() => 'gone')).toBe('gone')
  })

  test('with none that serves there is one plain error', async () => {
    const missing = join(runner.directory, 'missing')
    const script = 'mount --bind "$D" "$D"; mount --rbind /tmp /tmp; mount -o remount,bind,ro /tmp'
    const enter = mounting(script, runner.directory)
    const run = await runner.run({ with: { services }, env: { RUNNER_TEMP: missing, TMPDIR: '/tmp' }, enter })
    expect(run.annotations.map(({ message }) => message)).toEqual([
      `the temporary directory ${missing} cannot be written to: there is no such directory; the temporary directory /tmp cannot be written to: it is read-only: set RUNNER_TEMP to a directory with some free space`,
    ])
    expect(run.post).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})

test('a runner that may open few files is told that limit, wherever it is met', async () => {
  await using runner = await Runner.start()
  await using docker = await fakeDocker(healthy)
  const services = `- {name: ${web.Spec.Name}, replicas: 1, create-args: --label a=b}`
  const told: string[] = []
  // Fewer do for no Node; with more the run meets none.
  for (let most = 22; most <= 36; most += 2) {
    const enter = ['prlimit', `--nofile=${most}`]
    const run = await runner.run({ with: { services }, env: docker.env, enter })
    told.push(...run.annotations.map(({ message }) => message))
  }
  expect(told.join('\n')).toContain('this process may open no more files: raise that limit (`ulimit -n`)')
  expect(told.join('\n')).not.toContain('A bug of this action')
})
