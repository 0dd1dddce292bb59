import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../../lab/scratch.ts'
import { withoutColour } from '../../../support/printed.ts'
import { commandsIn, linesShown } from '../../../support/runner-commands.ts'

const SRC = fileURLToPath(new URL('../../../../src', import.meta.url))
const LOG = pathToFileURL(join(SRC, 'runner', 'log', 'log.ts'))
const REPORT = pathToFileURL(join(SRC, 'report', 'failure.ts'))

const COMPILED = scratchDirectory('speak-for-all-')
afterAll(() => rmSync(COMPILED, { recursive: true }))

/** A process of its own that speaks by the log, and then does something that prints without it. */
function running(code: string) {
  const report = `import { reportFailure } from '${REPORT}'\nspeakForAll((error) => void reportFailure(error))`
  const script = `import { log, speakForAll } from '${LOG}'\n${report}\n${code}`
  const env = {
    PATH: process.env.PATH ?? '',
    GITHUB_ACTIONS: 'true',
    NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
    // The first of these processes compiles what all of them run.
    NODE_COMPILE_CACHE: COMPILED,
  }
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    env,
    encoding: 'utf8',
  })
  return { printed: stdout + stderr, status }
}

describe('what others print in this process', () => {
  const ways = [
    ['console.log', "console.log('a library says\\n::stop-commands::X')"],
    ['console.error', "console.error('a library says\\r\\n##[stop-commands]X')"],
    [
      'standard output',
      "process.stdout.write('a library says\\n'); process.stdout.write(Buffer.from('  ::stop-commands::X\\n'))",
    ],
    ['standard error', "process.stderr.write('a library says ##[stop-commands]X')"],
  ] as const

  test(`by ${ways.map(([way]) => way).join(', ')} is no command`, () => {
    const { printed, status } = running(
      ways.map(([way, code]) => `${code}\nlog.info('and so do we, by ${way}')`).join('\n'),
    )
    expect(commandsIn(printed)).toEqual([])
    const lines = linesShown(printed)
    for (const [way] of ways) {
      expect(lines[0]).toMatch(/^a library says/)
      const ours = lines.indexOf(`and so do we, by ${way}`)
      expect([way, ours]).not.toEqual([way, -1])
      lines.splice(0, ours + 1)
    }
    expect(lines).toEqual([])
    expect(status).toBe(0)
  })

  test('as a command for debugging stays one', () => {
    const { printed } = running("process.stdout.write('::debug::Downloading ##[stop-commands]X\\n')")
    expect(commandsIn(printed).map(({ name }) => name)).toEqual(['debug'])
  })

  test('is hidden where it is a secret', () => {
    const secret = pathToFileURL(join(SRC, 'runner', 'secrets', 'secret.ts'))
    const { printed } = running(
      `const { Secret } = await import('${secret}'); new Secret('told-by-a-library'); console.log('x told-by-a-library y')`,
    )
    expect(linesShown(printed)).toEqual(['x *** y'])
  })

  test.each([
    ['an error', "setTimeout(() => { throw new Error('lost\\n::stop-commands::X\\n##[stop-commands]X') })"],
    ['a rejection', "Promise.reject(new Error('lost\\n::stop-commands::X'))"],
    ['no error at all', "setTimeout(() => { throw '##[stop-commands]X' })"],
  ])('by %s that nobody caught is one annotation, and the step is red', (_, code) => {
    const { printed, status } = running(code)
    const errors = commandsIn(printed).filter(({ name }) => name !== 'warning')
    expect(errors.map(({ name }) => name)).toEqual(['error'])
    expect(errors[0]?.data).toMatch(/^A bug of this action/)
    expect(linesShown(printed).map(withoutColour)).toEqual([
      'failed: Whether anything was changed on the swarm is not known.',
    ])
    expect(status).toBe(1)
  })
})

test('one module writes to standard output; the check of Node’s version comes before there are modules', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const writing = files.filter((name) =>
    /process\.(?:stdout|stderr)|\bconsole\.|@actions\/core/.test(readFileSync(join(SRC, name), 'utf8')),
  )
  expect(writing.toSorted()).toEqual(['runner/log/stdout.ts', 'runner/require-node.ts'])
})
