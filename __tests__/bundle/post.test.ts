import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { stageLine } from '../../lab/log-lines.ts'
import { until } from '../../lab/patience.ts'
import { Runner, type RunningStep, type Step, type StepResult } from '../../lab/runner.ts'
import { fakeDocker, healthy, type Scenario, web } from '../support/fake-docker/scenario.ts'

const LIMIT_MS = 240_000
const UPDATE = `/services/${web.ID}/update`

/** What tells the step to its post, where the runner has lost the state. */
const JOB = {
  GITHUB_REPOSITORY: 'acme/shop',
  GITHUB_RUN_ID: '4711',
  GITHUB_JOB: 'release',
  GITHUB_ACTION: '__self',
  PASSWORD: 'pw-of-the-step',
}

const REGISTRIES = '- {registry: registry.example.com, username: bob, password-env: PASSWORD}'

describe('post', () => {
  let runner: Runner
  beforeAll(async () => {
    runner = await Runner.start()
  })
  afterAll(() => runner[Symbol.asyncDispose]())

  const inputs = { services: `${web.Spec.Name}: registry.example.com/app:v2` }
  const loggedIn: Scenario = { ...healthy, answers: { ...healthy.answers, '/auth': { Status: 'Login Succeeded' } } }
  const reaches = (step: RunningStep, stage: string) =>
    until(stage, LIMIT_MS, () => stageLine(stage).test(step.printed()))

  test(
    'started without any state, and with all inputs of a deploy, starts nothing and deploys nothing',
    async () => {
      await using docker = await fakeDocker(healthy)
      const post = await runner.post({}, { with: inputs, env: { ...JOB, ...docker.env } })
      expect(post).toEqual({ code: 0, stdout: '', stderr: '' })
      expect(await docker.calls()).toEqual([])
    },
    LIMIT_MS,
  )

  test.each([
    ['was left', true],
    ['is gone by then', false],
  ])(
    'of a lock that %s says that it is released, or nothing',
    async (_, isThere) => {
      const Labels = { 'swarm-deploy.lock.token': 'token-of-main' }
      const lock = {
        ID: 'lock1',
        Version: { Index: 1 },
        CreatedAt: '',
        Spec: { Name: 'swarm-deploy.lock.service.web', Labels },
      }
      const answers = { ...healthy.answers, '/configs': isThere ? [lock] : [], '/configs/lock1': {} }
      await using docker = await fakeDocker({ ...healthy, answers })
      const post = await runner.post({ lock: 'token-of-main' }, { with: inputs, env: { ...JOB, ...docker.env } })
      expect(await docker.requests()).toContain('GET /configs')
      const [connected, ...said] = post.stdout.trimEnd().split('\n')
      expect(connected).toMatch(/^Connected to /)
      const told = 'Released, for the stopped run held it: swarm-deploy.lock.service.web'
      expect({ code: post.code, said }).toEqual({ code: 0, said: isThere ? [told] : [] })
    },
    LIMIT_MS,
  )

  test.each([
    ['with its state', false],
    ['without its state', true],
  ])(
    'after a main that was killed, and %s, leaves nothing, and says what was under way',
    async (_name, losesState) => {
      await using docker = await fakeDocker({ ...healthy, hangs: [UPDATE] })
      const step = await runner.start({ with: inputs, env: { ...JOB, ...docker.env }, losesState })
      await reaches(step, 'Deploy')
      await until('the update', LIMIT_MS, async () => (await docker.requests()).includes(`POST ${UPDATE}`))
      step.main.kill('SIGKILL')
      const run = await step.finished
      expect(run.post).toMatchObject({ code: 0, stderr: '' })
      expect(warningsOf(run)).toEqual([
        'The run was cut off in the stage “Deploy”, before it could report:\nweb is as it was before the run',
      ])
      expect(await readdir(runner.temp)).toEqual([])
      const updates = (await docker.requests()).filter((request) => request === `POST ${UPDATE}`)
      expect(updates).toHaveLength(1)
    },
    LIMIT_MS,
  )

  test(
    'looks again for a while when the swarm cannot be reached',
    async () => {
      await using docker = await fakeDocker({ ...healthy, hangs: [UPDATE] })
      const step = await runner.start({ with: inputs, env: { ...JOB, ...docker.env } })
      await reaches(step, 'Deploy')
      await until('the update', LIMIT_MS, async () => (await docker.requests()).includes(`POST ${UPDATE}`))
      const refused = { command: 'dial-stdio', code: 1, stderr: 'connect: connection refused' }
      await docker.become({ ...healthy, fails: [refused] })
      const tries = async () => (await docker.calls()).filter((call) => call.includes('dial-stdio')).length
      const before = await tries()
      step.main.kill('SIGKILL')
      const finished = step.finished
      await until('a second try of post', LIMIT_MS, async () => (await tries()) >= before + 2)
      await docker.become(healthy)
      const run = await finished
      expect(run.post).toMatchObject({ code: 0, stderr: '' })
      expect(warningsOf(run)).toEqual([
        'The run was cut off in the stage “Deploy”, before it could report:\nweb is as it was before the run',
      ])
    },
    LIMIT_MS,
  )

  test.each([
    ['Connect', '/info'],
    ['Log in', '/nodes'],
    ['Check images, flags and platforms', '/distribution/registry.example.com/app:v2/json'],
  ])(
    'after a main that was killed before it sent anything says so, and asks no swarm: in the stage “%s”',
    async (stage, hangs) => {
      await using docker = await fakeDocker({ ...healthy, hangs: [hangs] })
      const step = await runner.start({ with: inputs, env: { ...JOB, ...docker.env }, losesState: true })
      await reaches(step, stage)
      await until('the call', LIMIT_MS, async () => (await docker.requests()).includes(`GET ${hangs}`))
      step.main.kill('SIGKILL')
      const run = await step.finished
      expect(warningsOf(run)).toEqual([`The run was cut off in the stage “${stage}”: no service was changed`])
      // Whoever goes to a swarm asks for the endpoint first: only main did.
      expect((await docker.calls()).filter((call) => call.startsWith('context inspect'))).toHaveLength(1)
      expect(await readdir(runner.temp)).toEqual([])
    },
    LIMIT_MS,
  )

  test(
    'after a main that was killed while it stored credentials says that these stay, and that no task was touched',
    async () => {
      await using docker = await fakeDocker({ ...loggedIn, hangs: [UPDATE] })
      const image = web.Spec.TaskTemplate.ContainerSpec?.Image ?? ''
      const [registry = ''] = image.split('/')
      const answers = {
        ...loggedIn.answers,
        [`/distribution/${image}/json`]: { Descriptor: { digest: `sha256:${'0'.repeat(64)}` } },
      }
      await docker.become({ ...loggedIn, answers, hangs: [UPDATE] })
      const registries = `- {registry: "${registry}", username: bob, password-env: PASSWORD}`
      const asked = { mode: 'refresh-auth', services: web.Spec.Name, registries }
      const step = await runner.start({ with: asked, env: { ...JOB, ...docker.env } })
      await until('the update', LIMIT_MS, async () => (await docker.requests()).includes(`POST ${UPDATE}`))
      step.main.kill('SIGKILL')
      const run = await step.finished
      expect(warningsOf(run)).toEqual([
        'The run was cut off in the stage “Renew the stored credentials”: the credentials that were stored by then stay, and no task was touched',
      ])
      expect(await readdir(runner.temp)).toEqual([])
    },
    LIMIT_MS,
  )

  test(
    'after a main that was killed while it removed says that what is gone is gone, and to run it again',
    async () => {
      const removal = `/services/${web.ID}`
      const answers = { ...healthy.answers, '/secrets': [], '/configs': [], '/networks': [] }
      await using docker = await fakeDocker({ ...healthy, answers, hangs: [removal] })
      const asked = { mode: 'remove', services: web.Spec.Name }
      const step = await runner.start({ with: asked, env: { ...JOB, ...docker.env } })
      await until('the removal', LIMIT_MS, async () => (await docker.requests()).includes(`DELETE ${removal}`))
      step.main.kill('SIGKILL')
      const run = await step.finished
      expect(warningsOf(run)).toEqual([
        'The run was cut off in the stage “Remove”: what it had removed by then is gone. Run it again, and it goes on with the rest',
      ])
      expect(await readdir(runner.temp)).toEqual([])
    },
    LIMIT_MS,
  )

  test(
    'beside a main that still runs stops it first',
    async () => {
      await using docker = await fakeDocker({ ...healthy, hangs: ['/nodes'] })
      const step: Step = { with: inputs, env: { ...JOB, ...docker.env }, losesState: true }
      const running = await runner.start(step)
      await reaches(running, 'Log in')
      const post = await runner.post({}, step)
      expect(post).toMatchObject({ code: 0, stderr: '' })
      expect(post.stdout).toContain('The run of this step is still under way: it is stopped')
      expect(post.stdout).toContain('has ended in good order')
      const run = await running.finished
      expect([run.main.code, run.outputs.status]).toEqual([1, 'cancelled'])
      expect(await readdir(runner.temp)).toEqual([])
    },
    LIMIT_MS,
  )

  test(
    'leaves a run of another step alone',
    async () => {
      await using docker = await fakeDocker({ ...healthy, hangs: ['/nodes'] })
      const running = await runner.start({ with: inputs, env: { ...JOB, ...docker.env } })
      await reaches(running, 'Log in')
      const other = { with: inputs, env: { ...JOB, GITHUB_ACTION: '__self_2', ...docker.env } }
      expect(await runner.post({}, other)).toEqual({ code: 0, stdout: '', stderr: '' })
      expect(await readdir(runner.temp)).toHaveLength(1)
      running.main.kill('SIGTERM')
      expect((await running.finished).outputs.status).toBe('cancelled')
    },
    LIMIT_MS,
  )

  test(
    'hands no password to what it starts',
    async () => {
      await using docker = await fakeDocker({ ...loggedIn, hangs: [UPDATE] })
      const withPassword = { ...inputs, registries: REGISTRIES }
      const step = await runner.start({ with: withPassword, env: { ...JOB, ...docker.env }, losesState: true })
      await reaches(step, 'Deploy')
      await until('the update', LIMIT_MS, async () => (await docker.requests()).includes(`POST ${UPDATE}`))
      step.main.kill('SIGKILL')
      const before = (await docker.calls()).length
      const run = await step.finished
      expect((await docker.calls()).length).toBeGreaterThan(before)
      expect(await docker.environments()).not.toContain(JOB.PASSWORD)
      expect(run.post.stdout.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain(JOB.PASSWORD)
    },
    LIMIT_MS,
  )
})

function warningsOf(run: StepResult): string[] {
  return run.annotations.filter(({ level }) => level === 'warning').map(({ message }) => message)
}
