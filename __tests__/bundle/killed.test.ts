import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { stageLine } from '../../lab/log-lines.ts'
import { until } from '../../lab/patience.ts'
import { Runner, type StepResult } from '../../lab/runner.ts'
import { fakeDocker, healthy, type Scenario, web } from '../support/fake-docker/scenario.ts'
import { expectNoForm, formsOf, processesWith } from '../support/traces.ts'

const LIMIT_MS = 240_000
const CANARY = 'canary "s3cret"/+#: ß'
const LINES = '-----BEGIN KEY-----\nfirst-line-of-it\r\nsecond line of it\n-----END KEY-----'
const IMAGE = 'registry.example.com/app:v2'
const MANIFEST = `/distribution/${IMAGE}/json`
const CHECK = 'Check images, flags and platforms'

/** A step with a secret that ends in an odd way, with a docker that answers nothing any more where that is needed. */
describe('the secret of a run', () => {
  let runner: Runner
  beforeAll(async () => {
    runner = await Runner.start()
  })
  afterAll(() => runner[Symbol.asyncDispose]())

  const loggedIn: Scenario = { ...healthy, answers: { ...healthy.answers, '/auth': { Status: 'Login Succeeded' } } }
  const step = (env: Readonly<Record<string, string>>, more: object = {}, secret = CANARY) => ({
    with: {
      registries: '- {registry: registry.example.com, username: deployer, password-env: CANARY}',
      services: JSON.stringify([{ name: web.Spec.Name, image: IMAGE, env: { TOKEN: secret }, ...more }]),
    },
    env: { ...env, CANARY: secret },
  })
  const expectNoTrace = (run: StepResult, forms = formsOf('deployer', CANARY)) =>
    expectNoForm(run, forms, [runner.temp, runner.home])
  const errorsOf = ({ annotations }: StepResult) =>
    annotations.filter(({ level }) => level === 'error').map(({ message }) => message)

  test.each<[NodeJS.Signals, string, Partial<Scenario>]>([
    ['SIGINT', 'Connect', { stalls: ['context inspect'] }],
    ['SIGKILL', 'Connect', { stalls: ['context inspect'] }],
    ['SIGTERM', 'Log in', { hangs: ['/auth'] }],
    ['SIGKILL', 'Log in', { hangs: ['/auth'] }],
    ['SIGTERM', CHECK, { hangs: [MANIFEST] }],
    ['SIGKILL', CHECK, { stalls: ['service update'] }],
    ['SIGKILL', 'Deploy', { hangs: [`/services/${web.ID}/update`] }],
  ])(
    'that %s ends in the stage %s is nowhere after post, nor is a process or a file',
    async (signal, stage, silent) => {
      await using docker = await fakeDocker({ ...loggedIn, ...silent })
      const args = 'stalls' in silent && stage === CHECK ? { 'update-args': ['--hostname h'] } : {}
      const running = await runner.start(step(docker.env, args))
      const [at = ''] = [...(silent.hangs ?? []), ...(silent.stalls ?? [])]
      await until(`the stage ${stage}`, LIMIT_MS, async () => {
        const asked = [...(await docker.requests()), ...(await docker.calls())]
        return stageLine(stage).test(running.printed()) && asked.some((call) => call.includes(at))
      })
      running.main.kill(signal)
      const run = await running.finished
      if (signal === 'SIGKILL') expect(run.main.code).toBeNull()
      else expect([run.main.code, run.outputs.status]).toEqual([1, 'cancelled'])
      expect(run.post).toMatchObject({ code: 0, stderr: '' })
      expect(run.log).not.toContain('A bug of this action')
      expectNoTrace(run)
      expect(await readdir(runner.temp)).toEqual([])
      await until('the end of all children', LIMIT_MS, () => processesWith(runner.temp).length === 0)
      expect(await runner.post(run.state)).toEqual({ code: 0, stdout: '', stderr: '' })
    },
    LIMIT_MS,
  )

  test('whose image is not there is nowhere', async () => {
    const body = JSON.stringify({ message: 'manifest unknown: manifest unknown' })
    await using docker = await fakeDocker({ ...loggedIn, raw: { [MANIFEST]: { status: 404, body } } })
    const run = await runner.run(step(docker.env))
    expect(run.main.code).toBe(1)
    expect(errorsOf(run)).toHaveLength(1)
    expectNoTrace(run)
    expect(await readdir(runner.temp)).toEqual([])
  })

  test('in a shell that is no runner is not printed', async () => {
    await using docker = await fakeDocker(loggedIn)
    const run = await runner.run(step({ ...docker.env, GITHUB_ACTIONS: '' }))
    expect(run.main.stdout).toContain('logged in with account deployer')
    expectNoTrace(run)
    for (const form of formsOf('deployer', CANARY)) expect(run.main.stdout).not.toContain(form)
  })

  test('is hidden line by line, also where docker quotes one of its lines', async () => {
    const stderr = 'invalid argument "first-line-of-it" for "--limit-memory" flag: invalid size'
    const fails = [{ command: 'service update', code: 125, stderr }]
    await using docker = await fakeDocker({ ...loggedIn, fails })
    const run = await runner.run(step(docker.env, { 'update-args': ['--limit-memory=first-line-of-it'] }, LINES))
    expect(errorsOf(run)).toEqual([expect.stringContaining('docker refuses it: invalid argument "***"')])
    expectNoTrace(run, LINES.split(/\r?\n/))
  })
})
