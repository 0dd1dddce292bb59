import { describe, expect, test } from '@jest/globals'
import { dockerCli, runProgram } from '../../../../src/docker/cli/cli.ts'
import { UserError } from '../../../../src/errors.ts'

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

  test('that is not there is told by its code', async () => {
    await expect(runProgram('no-such-program', [], { env })).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

test('a docker command is named without what its options hold', async () => {
  const docker = dockerCli({ PATH: '/nowhere' })
  await expect(docker.run(['version'])).rejects.toMatchObject({ code: 'ENOENT' })
  for (const [args, name] of [
    [['--config', '/tmp/x', 'service', 'create', '--env', 'A'], '`sh service create`'],
    [['context', 'inspect', '--format', '{{json .}}'], '`sh context inspect`'],
    [['--version'], '`sh --version`'],
  ] as const) {
    const stubborn = { env: { ...env, ENV: '/dev/null' }, limitSeconds: 0 }
    const error = await runProgram('sh', args, stubborn).catch((thrown) => thrown)
    expect(error.message).toContain(name)
  }
})
