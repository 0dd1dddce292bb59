import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { until } from '../../../../lab/patience.ts'
import { scratchDirectory } from '../../../../lab/scratch.ts'
import { dockerCli, probe, runProgram } from '../../../../src/docker/cli/cli.ts'
import { UserError } from '../../../../src/errors.ts'
import { startOf } from '../../../../src/runner/processes/survivors.ts'

const env = { PATH: process.env.PATH ?? '' }
const shell = (script: string, options = {}) => runProgram('sh', ['-c', script], { env, ...options })

describe('a program', () => {
  test('is run to its end, with its input, and a code that is not 0 is a result', async () => {
    expect(await shell('cat; echo ow >&2; exit 3', { stdin: 'in' })).toEqual({ code: 3, stdout: 'in', stderr: 'ow\n' })
    expect(await shell('kill -9 $$')).toMatchObject({ code: 128 })
    expect(await shell('exit 0', { stdin: 'x'.repeat(1_000_000) })).toMatchObject({ code: 0 })
  })

  test('that does not end is ended, and told in plain words', async () => {
    const error = await shell("trap '' TERM; echo begun; sleep 600", { limitSeconds: 0.3 }).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(UserError)
    expect(error.message).toBe(
      '`sh -c` did not end within 0.3 s, and was ended: run it by hand on this runner to see why',
    )
  })

  test('that leaves a child behind, which holds its output open, has ended', async () => {
    expect(await shell('sleep 600 & echo $!')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\n$/) })
  })

  test('that prints without end is ended', async () => {
    await expect(shell('yes', { limitSeconds: 250 })).rejects.toThrow(
      '`sh -c yes` printed more than 32 MB, and was ended',
    )
  })

  test('is ended by its signal, with its reason', async () => {
    const stop = new AbortController()
    const running = shell("trap '' TERM; sleep 600", { signal: stop.signal }).catch((thrown) => thrown)
    stop.abort(new Error('stopped'))
    expect(await running).toMatchObject({ name: 'AbortError', cause: new Error('stopped') })
    await expect(shell('true', { signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('that was given no thread is told as that, and not by its dump', async () => {
    const script = 'echo "runtime/cgo: pthread_create failed: Resource temporarily unavailable" >&2; exit 2'
    const told = '`sh` could not go on: this user or container may have no more processes'
    await expect(shell(script)).rejects.toThrow(told)
    await expect(probe('sh', ['-c', script], { env })).rejects.toThrow(told)
  })

  test('that is not there is told by its code', async () => {
    await expect(runProgram('no-such-program', [], { env })).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

test('a docker command is named without what its options hold', async () => {
  const docker = dockerCli({ PATH: '/nowhere' })
  await expect(docker.run(['version'])).rejects.toMatchObject({ code: 'ENOENT' })
  // Whatever it is given, it does not end.
  const directory = scratchDirectory('cli-')
  await writeFile(join(directory, 'stubborn'), '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 })
  for (const [args, name] of [
    [['--config', '/tmp/x', 'service', 'create', '--env', 'A'], '`stubborn service create`'],
    [['context', 'inspect', '--format', '{{json .}}'], '`stubborn context inspect`'],
    [['--version'], '`stubborn --version`'],
  ] as const) {
    const options = { env: { ...env, PATH: `${directory}:${env.PATH}` }, limitSeconds: 0 }
    const error = await runProgram('stubborn', args, options).catch((thrown) => thrown)
    expect(error.message).toContain(name)
  }
  await rm(directory, { recursive: true })
})

describe('a probe', () => {
  let directory: string
  beforeAll(async () => {
    directory = scratchDirectory('probe "of\\ programs ')
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  /** A shell script under this name, in a directory of its own: that, first on a PATH. */
  async function script(name: string, text: string): Promise<{ env: Record<string, string>; own: string }> {
    const own = scratchDirectory('bin-', directory)
    await writeFile(join(own, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    return { env: { PATH: [own, env.PATH].join(delimiter) }, own }
  }

  test('finds the program on the PATH that it is given, in whatever directory, and not on that of this process', async () => {
    const asked = await script('docker', 'echo "$1, $2"')
    expect(await probe('docker', ['--version', 'a "b\\ c'], asked)).toEqual({
      code: 0,
      stdout: '--version, a "b\\ c\n',
      stderr: '',
    })
    await expect(probe('sh', ['-c', ''], { env: { PATH: asked.own } })).rejects.toMatchObject({
      code: 'ENOENT',
      syscall: 'spawn',
    })
  })

  test('passes over a directory of that name, and over a file that is no program', async () => {
    const { env: real } = await script('docker', 'echo real')
    const [other, file] = [join(directory, 'other'), join(directory, 'file')]
    await mkdir(join(other, 'docker'), { recursive: true })
    await mkdir(file)
    await writeFile(join(file, 'docker'), 'text', { mode: 0o644 })
    await chmod(join(file, 'docker'), 0o644)
    const path = [other, file, real.PATH].join(delimiter)
    expect(await probe('docker', [], { env: { PATH: path } })).toMatchObject({ stdout: 'real\n' })
    await expect(probe('docker', [], { env: { PATH: file } })).rejects.toMatchObject({ code: 'EACCES' })
  })

  test('takes a code that is not 0, and a signal, for a result', async () => {
    const { env } = await script('asked', 'echo said; echo ow >&2; [ "$1" = 3 ] && exit 3; kill -9 $$')
    expect(await probe('asked', ['3'], { env })).toEqual({ code: 3, stdout: 'said\n', stderr: 'ow\n' })
    expect(await probe('asked', ['9'], { env })).toEqual({ code: 128, stdout: 'said\n', stderr: 'ow\n' })
  })

  test('hands on the environment that it is given, and nothing of this process', async () => {
    process.env.PROBE_SECRET = 'of this process'
    try {
      const { env } = await script('asked', 'env')
      const { stdout } = await probe('asked', [], { env: { ...env, GIVEN: 'yes' } })
      expect(stdout).toContain('GIVEN=yes\n')
      expect(stdout).not.toContain('PROBE_SECRET')
    } finally {
      delete process.env.PROBE_SECRET
    }
  })

  test('tells why a program could not be started by its code', async () => {
    const { own, env } = await script('asked', '')
    await writeFile(join(own, 'asked'), '#!/no/such/interpreter\n', { mode: 0o755 })
    await expect(probe('asked', [], { env })).rejects.toMatchObject({
      message: 'spawn asked ENOENT',
      code: 'ENOENT',
      syscall: 'spawn',
    })
  })

  test('that does not end is ended with what it has started, and told in plain words', async () => {
    const { env } = await script('asked', 'sleep 600')
    await expect(probe('asked', ['--version'], { env, limitSeconds: 0.3 })).rejects.toThrow(
      new UserError(
        '`asked --version` did not end within 0.3 s, and was ended: run it by hand on this runner to see why',
      ),
    )
  })

  test('that is stopped is ended with what it has started', async () => {
    const { env, own } = await script('asked', 'cd "${0%/*}"; echo $$ >new; mv new pid; sleep 600')
    const stop = new AbortController()
    const asking = probe('asked', [], { env, signal: stop.signal }).catch((thrown) => thrown)
    const pid = await until('its number', 60_000, () => readFile(join(own, 'pid'), 'utf8').catch(() => undefined))
    stop.abort(new Error('stopped'))
    expect(await asking).toMatchObject({ name: 'AbortError', cause: new Error('stopped') })
    expect(startOf(Number(pid))).toBeUndefined()
    await expect(probe('asked', [], { env, signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' })
  })
})
