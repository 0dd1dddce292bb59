import { once } from 'node:events'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { until } from '../../lab/patience.ts'
import { type HandedOn, Runner, type Step } from '../../lab/runner.ts'
import { fakeDocker, healthy, type Scenario } from '../support/fake-docker/scenario.ts'

const LIMIT_MS = 240_000
const PASSWORD = 'pw of "alice": §1'
const AUTHORIZATION = `Basic ${Buffer.from(`alice:${PASSWORD}`).toString('base64')}`

/** No docker is on this PATH. */
const NO_DOCKER = { PATH: '/nowhere', PASSWORD }

describe('a login for later steps', () => {
  let runner: Runner
  let registry: Server
  let host: string
  /** Requests that are not answered. */
  let hangs: boolean
  beforeAll(async () => {
    registry = createServer((request, response) => {
      if (hangs) return
      if (request.headers.authorization === AUTHORIZATION) return void response.end('{}')
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="r"' }).end()
    })
    await once(registry.listen(0, '127.0.0.1'), 'listening')
    host = `127.0.0.1:${(registry.address() as AddressInfo).port}`
  })
  beforeEach(async () => {
    hangs = false
    runner = await Runner.start()
  })
  afterEach(() => runner[Symbol.asyncDispose]())
  afterAll(async () => {
    registry.closeAllConnections()
    await once(registry.close(), 'close')
  })

  const entry = (of: string, rest = '') =>
    `- {registry: "${host}${of}", username: alice, password-env: PASSWORD${rest}}`
  const step = (inputs: Readonly<Record<string, string>>, more: Partial<Step> = {}): Step => ({
    env: NO_DOCKER,
    ...more,
    with: { mode: 'login', registries: entry(''), ...inputs },
  })

  test(
    'leaves one directory that only its owner reads, which docker finds by itself, and post removes it',
    async () => {
      const userConfig = { currentContext: 'remote', credsStore: 'never', auths: { 'other.test': { auth: 'eDp5' } } }
      await mkdir(join(runner.home, '.docker', 'contexts', 'meta'), { recursive: true })
      await writeFile(join(runner.home, '.docker', 'config.json'), JSON.stringify(userConfig))
      let directory = ''
      const later = async ({ outputs, variables }: HandedOn) => {
        directory = outputs['docker-config'] ?? ''
        expect(variables).toEqual({ DOCKER_CONFIG: directory })
        expect(JSON.parse(outputs.configs ?? '')).toEqual({ [host]: directory })
        expect((await stat(directory)).mode & 0o777).toBe(0o700)
        expect((await stat(join(directory, 'config.json'))).mode & 0o777).toBe(0o600)
        const config = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8'))
        expect(config).toEqual({
          auths: { [host]: { auth: Buffer.from(`alice:${PASSWORD}`).toString('base64') } },
          currentContext: 'remote',
          cliPluginsExtraDirs: [join(runner.home, '.docker', 'cli-plugins')],
        })
        expect(await readdir(join(directory, 'contexts'))).toEqual(['meta'])
        expect(await readdir(join(directory, '..'))).toEqual(['config-1', 'pull-secret.yaml', 'run.jsonl'])
        const names = ['configs', 'docker-config', 'pull-secret-file', 'services', 'status']
        expect(Object.keys(outputs).sort()).toEqual(names)
      }
      const run = await runner.run(step({ 'pull-secret': 'pull' }, { later }))
      expect(run.main).toMatchObject({ code: 0, stderr: '' })
      expect(directory).not.toBe('')
      expect(run.outputs).toMatchObject({ status: 'logged-in', services: '[]' })
      expect(run.log).toContain('The logins are made by this step itself, for no docker daemon answers here')
      expect(run.summary).toContain('| `alice` |')
      expect(run.post).toMatchObject({ code: 0, stderr: '' })
      expect(run.annotations).toEqual([])
      expect(await readdir(runner.temp)).toEqual([])
      // What they lead to stays.
      expect(await readdir(join(runner.home, '.docker', 'contexts'))).toEqual(['meta'])
      const seen = [run.log, run.summary, JSON.stringify([run.outputs, run.state, run.variables])].join('\n')
      for (const secret of [PASSWORD, AUTHORIZATION.slice('Basic '.length)]) expect(seen).not.toContain(secret)
    },
    LIMIT_MS,
  )

  test(
    'of several accounts names each, and sets no variable; a pull secret is a file of its own',
    async () => {
      let file = ''
      const later = async ({ outputs, variables }: HandedOn) => {
        expect(variables).toEqual({})
        expect(outputs['docker-config']).toBeUndefined()
        expect(Object.keys(JSON.parse(outputs.configs ?? ''))).toEqual(['a', `${host}/b`])
        file = outputs['pull-secret-file'] ?? ''
        expect((await stat(file)).mode & 0o777).toBe(0o600)
        const manifest = parse(await readFile(file, 'utf8'))
        expect(manifest.metadata).toEqual({ name: 'pull', namespace: 'shop' })
        const config = JSON.parse(Buffer.from(manifest.data['.dockerconfigjson'], 'base64').toString())
        expect(config.auths).toMatchObject({ [`${host}/a`]: { username: 'alice', password: PASSWORD } })
        expect(Object.keys(config.auths)).toHaveLength(1)
      }
      const registries = `${entry('/a', ', config: a')}\n${entry('/b')}`
      const run = await runner.run(step({ registries, 'pull-secret': 'a: pull/shop' }, { later }))
      expect(run.main.code).toBe(0)
      expect(run.log).toContain(
        "DOCKER_CONFIG is not set, for there are 2 configs. A later step chooses one in its `env`: DOCKER_CONFIG: ${{ fromJSON(steps.ID.outputs.configs)['a'] }}",
      )
      expect(file).not.toBe('')
      expect(await readdir(runner.temp)).toEqual([])
    },
    LIMIT_MS,
  )

  test(
    'takes all that a docker configuration has, and warns of a pull secret that would end with the job',
    async () => {
      const auth = Buffer.from(`alice:${PASSWORD}`).toString('base64')
      const config = JSON.stringify({ auths: { [`http://${host}/v2/`]: { auth } } })
      const directories: Record<string, string> = {}
      const later = async ({ outputs }: HandedOn) => void Object.assign(directories, JSON.parse(outputs.configs ?? ''))
      const inputs = { registries: '', 'docker-config': config, 'pull-secret': 'pull' }
      const run = await runner.run(step(inputs, { later, env: { ...NO_DOCKER, GITHUB_TOKEN: PASSWORD } }))
      expect({ code: run.main.code, log: run.log }).toEqual({ code: 0, log: run.log })
      expect(Object.keys(directories)).toEqual(['docker-config'])
      expect(run.annotations).toMatchObject([
        {
          level: 'warning',
          message: expect.stringContaining(
            `pull-secret: the password of alice for ${host} is a job's own token, which ends with the job: give`,
          ),
        },
      ])
      expect(await readdir(runner.temp)).toEqual([])
    },
    LIMIT_MS,
  )

  test(
    'that is refused leaves nothing, also not for post',
    async () => {
      let left: readonly string[] | undefined
      const later = async ({ outputs, variables }: HandedOn) => {
        left = [...(await readdir(runner.temp)), ...Object.keys(variables), ...Object.keys(outputs).sort()]
      }
      const run = await runner.run(step({}, { later, env: { ...NO_DOCKER, PASSWORD: 'not-her-password' } }))
      expect(run.main.code).toBe(1)
      expect(left).toEqual(['services', 'status'])
      expect(run.annotations).toMatchObject([
        {
          level: 'error',
          message: expect.stringMatching(
            /^registries entry 1.*: cannot log in to 127\.0\.0\.1:\d+ as alice: login attempt to .* 401 Unauthorized\. Check user name and password/,
          ),
        },
      ])
    },
    LIMIT_MS,
  )

  test(
    'that later steps would not get is red, and one that a variable of the job goes before is told',
    async () => {
      const env = { ...NO_DOCKER, DOCKER_AUTH_CONFIG: '{"auths":{}}', DOCKER_CONFIG: 'of-this-directory' }
      let config: unknown
      const later = async ({ variables }: HandedOn) => {
        config = JSON.parse(await readFile(join(variables.DOCKER_CONFIG ?? '', 'config.json'), 'utf8'))
      }
      const told = await runner.run(step({}, { env, later }))
      // Later steps may begin elsewhere.
      const plugins = expect.stringMatching(/^\/.*\/of-this-directory\/cli-plugins$/)
      expect(config).toMatchObject({ cliPluginsExtraDirs: [plugins] })
      expect({ code: told.main.code, annotations: told.annotations }).toMatchObject({
        code: 0,
        annotations: [{ level: 'warning', message: expect.stringMatching(/^DOCKER_AUTH_CONFIG is set: .*`env`$/) }],
      })
      // Where a runner's disk is full, for example: a directory cannot be written to.
      const lost = await runner.run(step({}, { env: { ...NO_DOCKER, GITHUB_ENV: runner.temp } }))
      expect({ code: lost.main.code, outputs: lost.outputs }).toMatchObject({ code: 1, outputs: { status: 'failed' } })
      expect(lost.log).not.toContain('DOCKER_CONFIG of the later steps is')
      expect(await readdir(runner.temp)).toEqual([])
    },
    LIMIT_MS,
  )

  test.each([false, true])(
    'that is killed leaves nothing; state lost: %s',
    async (losesState) => {
      const job = { GITHUB_REPOSITORY: 'acme/shop', GITHUB_RUN_ID: '7', GITHUB_JOB: 'j', GITHUB_ACTION: '__self' }
      hangs = true
      const started = await runner.start(step({}, { losesState, env: { ...NO_DOCKER, ...job } }))
      await until('the directory', LIMIT_MS, async () => {
        const [directory = ''] = await readdir(runner.temp)
        const names = directory === '' ? [] : await readdir(join(runner.temp, directory))
        return names.includes('config-1')
      })
      started.main.kill('SIGKILL')
      const run = await started.finished
      expect(run.post).toMatchObject({ code: 0, stderr: '' })
      expect(await readdir(runner.temp)).toEqual([])
    },
    LIMIT_MS,
  )

  test(
    'is made by the docker daemon of this machine, where one answers; by the one of `host`, or not at all',
    async () => {
      const scenario: Scenario = { ...healthy, answers: { ...healthy.answers, '/auth': { Status: 'Login Succeeded' } } }
      await using docker = await fakeDocker(scenario)
      const run = await runner.run(step({ registries: entry('') }, { env: { PASSWORD, ...docker.env } }))
      expect(run.main.code).toBe(0)
      expect(run.log).toContain('The logins are made by the docker daemon at ')
      expect(await docker.requests()).toContain('POST /auth')
      // No swarm is asked for, and none looked at.
      expect((await docker.requests()).filter((one) => /services|nodes|info/.test(one))).toEqual([])

      const untrusting = {
        status: 500,
        body: JSON.stringify({ message: 'x509: certificate signed by unknown authority' }),
      }
      await docker.become({ ...healthy, raw: { '/auth': untrusting } })
      const file = `/etc/docker/certs.d/${host}/ca.crt`
      for (const [DOCKER_HOST, where] of [
        ['unix:///var/run/docker.sock', `${file} on this machine`],
        ['tcp://swarm.test:2375', `${file} on every node of the swarm`],
      ] as const) {
        const refused = await runner.run(step({}, { env: { PASSWORD, ...docker.env, DOCKER_HOST } }))
        expect(refused.annotations.map(({ message }) => message)).toEqual([expect.stringContaining(where)])
      }

      await docker.become({ ...scenario, fails: [{ command: 'dial-stdio', code: 1, stderr: 'Cannot connect' }] })
      const here = await runner.run(step({}, { env: { PASSWORD, ...docker.env } }))
      expect(here.main.code).toBe(0)
      expect(here.log).toMatch(/made by this step itself, for no docker daemon answers here: .*cannot be used/)
      // Whoever names a daemon wants the login from there.
      const far = await runner.run(step({ host: 'unix:///nowhere.sock' }, { env: { PASSWORD, ...docker.env } }))
      expect(far.main.code).toBe(1)
      expect(far.annotations).toMatchObject([
        {
          level: 'error',
          message: expect.stringContaining('the docker daemon at unix:///nowhere.sock cannot be used'),
        },
      ])
    },
    LIMIT_MS,
  )
})
