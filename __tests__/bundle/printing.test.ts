import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Runner, type StepResult } from '../../lab/runner.ts'
import { fakeDocker, healthy, type Scenario, web } from '../support/fake-docker/scenario.ts'
import { UNSEEN } from '../support/hostile.ts'
import { withoutTones } from '../support/printed.ts'
import { commandsIn, greedyCommands, linesShown } from '../support/runner-commands.ts'

const UNCHANGED = { services: `- {name: ${web.Spec.Name}, replicas: 1}` }
const COMMANDS = ['group', 'endgroup', 'notice', 'warning', 'error', 'debug', 'add-mask']

/** The committed bundle as a runner runs it: what it prints, and what becomes of its files. */
describe('what the bundle prints', () => {
  let runner: Runner
  beforeAll(async () => {
    runner = await Runner.start()
  })
  afterAll(() => runner[Symbol.asyncDispose]())

  const run = async (scenario: Scenario, inputs: Record<string, string>, env: Record<string, string> = {}) => {
    await using docker = await fakeDocker(scenario)
    return await runner.run({ with: inputs, env: { ...docker.env, ...env } })
  }
  const printedBy = ({ main, post }: StepResult) => main.stdout + main.stderr + post.stdout + post.stderr
  const expectNoForeignCommand = (printed: string) => {
    expect(commandsIn(printed).filter(({ name }) => !COMMANDS.includes(name))).toEqual([])
    expect(withoutTones(printed).replaceAll('\n', '')).not.toMatch(UNSEEN)
    for (const { data } of commandsIn(printed)) expect(data.length).toBeLessThanOrEqual(4096)
  }

  test.each([
    '20.10 ##[stop-commands]X',
    '20.10\n::stop-commands::X',
    '20.10\r::stop-commands::X',
    '20.10\u2028::stop-commands::X\u202e',
    '9'.repeat(3_000_000),
  ])('of a daemon whose version and node are %j is no command', async (text) => {
    const [node] = healthy.answers['/nodes'] as Record<string, unknown>[]
    const answers = {
      ...healthy.answers,
      '/info': { ...(healthy.answers['/info'] as object), ServerVersion: text },
      '/nodes': [{ ...node, Description: { ...(node?.Description as object), Hostname: text } }],
    }
    const result = await run({ answers }, UNCHANGED)
    expect(result.outputs.status).toBe('unchanged')
    expectNoForeignCommand(printedBy(result))
    expect(printedBy(result).length).toBeLessThan(20_000)
  })

  test.each([
    'x\n::stop-commands::X\n##[stop-commands]X',
    '::set-output name=status::converged',
    'y'.repeat(12_000_000),
  ])('of a daemon that answers a ping with an error: %j', async (body) => {
    const result = await run({ ...healthy, raw: { '/_ping': { status: 500, body } } }, UNCHANGED)
    expect(result.main.code).toBe(1)
    expect(result.annotations.map(({ level }) => level)).toEqual(['error'])
    expectNoForeignCommand(printedBy(result))
    expect(printedBy(result).length).toBeLessThan(20_000)
    expect(result.summary.length).toBeLessThan(20_000)
  })

  test('of a docker that says too much and too strange things', async () => {
    const stderr = `\u001b[31m::error::forged\n##[stop-commands]X\r::add-mask::e\n${'z'.repeat(2_000_000)}`
    const fails = [{ command: 'context inspect', code: 1, stderr }]
    const result = await run({ ...healthy, fails }, UNCHANGED)
    expect(result.main.code).toBe(1)
    expect(result.annotations).toHaveLength(1)
    expectNoForeignCommand(printedBy(result))
  })

  test('is read by act as it is by GitHub’s runner', async () => {
    const raw = { '/_ping': { status: 500, body: 'dial tcp [::1]:2375::x' } }
    const result = await run({ ...healthy, raw }, UNCHANGED, { ACT: 'true' })
    const errors = greedyCommands(result.main.stdout).filter(({ name }) => name === 'error')
    expect(errors.map(({ data }) => data)).toEqual([expect.stringMatching(/^the docker daemon at .*: :1\]/)])
  })

  describe('outside of a runner', () => {
    const SHELL = Object.fromEntries(
      ['GITHUB_ACTIONS', 'GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY'].map((name) => [name, '']),
    )

    test('is plain text, with the exit code of the verdict', async () => {
      await writeFile(join(runner.workspace, 'password'), 'only-in-this-file\n')
      const registries = '- {registry: registry.example.com, username: bot, password-file: password}'
      const raw = { '/auth': { status: 401, body: '{"message":"unauthorized: only-in-this-file\\nis wrong"}' } }
      const result = await run({ ...healthy, raw }, { ...UNCHANGED, registries }, SHELL)
      const printed = printedBy(result)
      expect(result.main.code).toBe(1)
      expect(linesShown(printed)).toEqual(printed.split('\n').filter((line) => line !== ''))
      expect(printed).not.toMatch(/::|%0A|%25|only-in-this-file/)
      expect(printed).toContain('\n== Connect\n'.trimStart())
      expect(printed).toMatch(/^Error: registries entry 1: cannot log in to registry\.example\.com as bot: .*\*\*\*/m)
    })

    test('is as short for a deploy that is as asked', async () => {
      const result = await run(healthy, UNCHANGED, SHELL)
      expect(result.main.code).toBe(0)
      expect(printedBy(result)).not.toMatch(/::|%0A/)
      expect(printedBy(result).trim().split('\n').at(-1)).toBe('unchanged: 1 unchanged')
    })
  })

  test.each([
    ['on a full disk', '/dev/full'],
    ['gone', '/no-directory/file'],
  ])('when the files of the runner are %s: the verdict, and a warning for each', async (_, path) => {
    const files = { GITHUB_OUTPUT: path, GITHUB_STATE: path, GITHUB_STEP_SUMMARY: path }
    const good = await run(healthy, UNCHANGED, files)
    expect(good.main.code).toBe(0)
    expect(withoutTones(linesShown(good.main.stdout).at(-1) ?? '')).toBe('unchanged: 1 unchanged')
    const bad = await run(healthy, { services: `${web.Spec.Name}: registry.example.com/app:v3` }, files)
    expect(bad.main.code).toBe(1)
    expect(bad.annotations.filter(({ level }) => level === 'error')).toHaveLength(1)
    for (const { main, annotations } of [good, bad]) {
      const told = annotations
        .map(({ message }) => message)
        .filter((message) => message.includes('could not be written'))
      expect(told.length).toBeGreaterThanOrEqual(3)
      expect(main.stdout + main.stderr).not.toMatch(/A bug of this action|^\s+at /m)
    }
  })
})
