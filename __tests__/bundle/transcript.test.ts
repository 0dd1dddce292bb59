import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Runner, type StepResult } from '../../lab/runner.ts'
import { fakeDocker, healthy, type Scenario, web } from '../support/fake-docker/scenario.ts'

const image = web.Spec.TaskTemplate.ContainerSpec?.Image ?? ''

/** The committed bundle as a runner runs it, against a stand-in for docker. */
describe('the bundle', () => {
  let runner: Runner
  beforeAll(async () => {
    runner = await Runner.start()
  })
  afterAll(() => runner[Symbol.asyncDispose]())

  const run = async (scenario: Scenario, inputs: Record<string, string>, env: Record<string, string> = {}) => {
    await using docker = await fakeDocker(scenario)
    const result = await runner.run({ with: inputs, env: { ...docker.env, ...env } })
    return { result, calls: await docker.calls() }
  }
  const errorsOf = (result: StepResult) =>
    result.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)

  test('an unchanged service costs one look at the CLI, one at the endpoint, and one kept connection or more, and no change', async () => {
    const { result, calls } = await run(healthy, { services: `- {name: ${web.Spec.Name}, replicas: 1}` })
    expect(result.outputs.status).toBe('unchanged')
    const [version, endpoint, ...others] = calls
    expect(version).toBe('--version')
    expect(endpoint).toBe('context inspect --format {{json .}}')
    expect(new Set(others)).toEqual(new Set(['system dial-stdio']))
    expect(others.length).toBeLessThanOrEqual(4)
    expect(result.summary).toContain(`| \`${web.Spec.Name}\`<br>rolling | ✅&nbsp;unchanged |`)
  })

  test('an update of image, replicas and variables needs no docker command', async () => {
    const asked = `- {name: ${web.Spec.Name}, image: "registry.example.com/app:v2", env: {TOKEN: hidden-value}}`
    const { calls } = await run(healthy, { services: asked, wait: 'false' })
    expect(calls.filter((call) => call.includes('service'))).toEqual([])
  })

  test.each([
    [
      'a daemon that does not run',
      {
        fails: [
          {
            command: 'dial-stdio',
            code: 1,
            stderr: 'Cannot connect to the Docker daemon at unix:///fake.sock. Is the docker daemon running?',
          },
        ],
      },
      /^the docker daemon at unix:\/\/\/fake\.sock cannot be used: no docker daemon runs there: start it, or write the address of a manager in `host`/,
    ],
    [
      'a socket without permission',
      {
        fails: [
          {
            command: 'dial-stdio',
            code: 1,
            stderr: 'permission denied while trying to connect to the Docker daemon socket',
          },
        ],
      },
      /the user of this step may not use its socket: add that user to the group docker/,
    ],
    [
      'a context that is missing',
      { fails: [{ command: 'context inspect', code: 1, stderr: 'context "x": context not found' }] },
      /could not resolve the current docker context: context "x": context not found\. Choose one/,
    ],
    [
      'a docker that prints what no docker prints for a context',
      { prints: [{ command: 'context inspect', stdout: '\u0000\u001b[31m{"what\u0007\r\n::set-output' }] },
      /^`docker context inspect` printed what no docker CLI prints: ".{1,2}\{"what.{1,2}::set-output"\. Check which docker/,
    ],
    [
      'a docker that does not work',
      { fails: [{ command: '--version', code: 126, stderr: 'cannot execute binary file' }] },
      /does not work: `docker --version` ended with code 126: "cannot execute binary file"$/,
    ],
    [
      'a daemon behind a page',
      { prints: [{ command: 'dial-stdio', stdout: 'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html>Welcome' }] },
      /cannot be used: it answers GET \/_ping with "<html>Welcome", and no docker daemon does$/,
    ],
    [
      'a daemon that does not speak HTTP',
      { prints: [{ command: 'dial-stdio', stdout: 'SSH-2.0-OpenSSH_9.2p1\r\n' }] },
      /cannot be used: what answers does not speak HTTP$/,
    ],
    ['a daemon that is too old', { apiVersion: '1.40' }, /its API 1\.40 is too old: Docker 20\.10/],
  ])('%s is one clear error', async (_name, scenario, words) => {
    const { result } = await run(
      { ...healthy, ...scenario },
      { services: `${web.Spec.Name}: registry.example.com/app:v2` },
    )
    expect(result.main.code).toBe(1)
    expect(errorsOf(result)).toEqual([expect.stringMatching(words)])
    expect(result.outputs).toEqual({ status: 'failed', services: '[]' })
    expect(await readdir(runner.temp)).toEqual([])
  })

  test.each([
    ['deploy', { services: `${web.Spec.Name}: registry.example.com/app:v2` }],
    ['login', { mode: 'login', registries: '- {registry: r.test, username: u, password: p4ssw0rd}' }],
  ])('a DOCKER_API_VERSION that is none is told by mode %s, before any docker command', async (_, inputs) => {
    const { result, calls } = await run(healthy, inputs as Record<string, string>, { DOCKER_API_VERSION: 'auto' })
    expect(errorsOf(result)).toEqual([
      expect.stringMatching(/^DOCKER_API_VERSION is "auto", and no version of docker's API: leave it out/),
    ])
    expect(calls).toEqual([])
  })

  test('a DOCKER_API_VERSION with a `v` before it is given to docker without', async () => {
    const range = { ApiVersion: '1.47', MinAPIVersion: '1.24' }
    await using docker = await fakeDocker({ ...healthy, answers: { ...healthy.answers, '/version': range } })
    const result = await runner.run({
      with: { services: `- {name: ${web.Spec.Name}, replicas: 1}` },
      env: { ...docker.env, DOCKER_API_VERSION: ' v1.47' },
    })
    expect(errorsOf(result)).toEqual([])
    expect(result.outputs.status).toBe('unchanged')
    const given = await docker.environments()
    expect(given).toContain('1.47')
    expect(given).not.toContain('v1.47')
  })

  test('a docker that refuses the change is red, with its words', async () => {
    const { result } = await run(healthy, { services: `${web.Spec.Name}: registry.example.com/app:v2`, wait: 'false' })
    expect(errorsOf(result)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^docker refused to update it: no /services/${web.ID}/update here\nIts image registry.example.com/app:v2@\\w{12}, now ghcr.io/acme/web:1@`,
        ),
      ),
    ])
  })

  // In the following tests docker never answers: that they end at all is what is shown.
  test('a run that is stopped while docker hangs ends, and leaves nothing', async () => {
    await using docker = await fakeDocker({ ...healthy, hangs: ['/nodes'] })
    const step = await runner.start({
      with: { services: `${web.Spec.Name}: registry.example.com/app:v2` },
      env: docker.env,
    })
    while (!step.printed().includes('::group::Log in')) await new Promise((resolve) => setTimeout(resolve, 20))
    step.main.kill('SIGTERM')
    const result = await step.finished
    expect(result.outputs.status).toBe('cancelled')
    expect(errorsOf(result)).toEqual(['Stopped by SIGTERM. Nothing was changed.'])
    expect(await readdir(runner.temp)).toEqual([])
  })

  test.each([
    ['context inspect', '::group::Connect'],
    ['dial-stdio', '::group::Connect'],
  ])('a run that is stopped while `docker %s` does not end, ends', async (words, stage) => {
    await using docker = await fakeDocker({ ...healthy, stalls: [words] })
    const step = await runner.start({
      with: { services: `${web.Spec.Name}: registry.example.com/app:v2` },
      env: docker.env,
    })
    while (!step.printed().includes(stage)) await new Promise((resolve) => setTimeout(resolve, 20))
    while (!(await docker.calls()).some((call) => call.includes(words)))
      await new Promise((resolve) => setTimeout(resolve, 20))
    step.main.kill('SIGTERM')
    const result = await step.finished
    expect(result.outputs.status).toBe('cancelled')
    expect(await readdir(runner.temp)).toEqual([])
  })

  test('a run that is stopped while an update is not answered says that its fate is not known', async () => {
    const update = `/services/${web.ID}/update`
    await using docker = await fakeDocker({ ...healthy, hangs: [update] })
    const step = await runner.start({
      with: { services: `${web.Spec.Name}: registry.example.com/app:v2` },
      env: docker.env,
    })
    while (!(await docker.requests()).includes(`POST ${update}`))
      await new Promise((resolve) => setTimeout(resolve, 20))
    step.main.kill('SIGTERM')
    const result = await step.finished
    expect(result.outputs.status).toBe('cancelled')
    expect(errorsOf(result)).toEqual([expect.stringContaining('it is not known whether the swarm took the change')])
  })

  test('an answer that no daemon gives is told as that', async () => {
    const { result } = await run(
      { answers: { ...healthy.answers, '/services': { not: 'a list' } } },
      { services: `${web.Spec.Name}: ${image || 'app'}` },
    )
    expect(result.main.code).toBe(1)
    expect(errorsOf(result)).toEqual([
      'unix:///fake.sock cannot be understood: it answers GET /services with "{"not":"a list"}", and no docker daemon does. Nothing was changed.',
    ])
    expect(result.summary).toContain('Nothing was changed')
  })

  test('what only a bug can cause is called one', async () => {
    const broken = {
      ...web,
      Spec: { ...web.Spec, TaskTemplate: { ...web.Spec.TaskTemplate, Placement: { Constraints: 7 } } },
    }
    const { result } = await run(
      { answers: { ...healthy.answers, '/services': [broken] } },
      { services: `- {name: ${web.Spec.Name}, replicas: 3}` },
    )
    expect(result.main.code).toBe(1)
    expect(errorsOf(result)).toEqual([expect.stringMatching(/^A bug of this action, not of your workflow/)])
    expect(result.summary).not.toContain('Nothing was changed')
  })
})
