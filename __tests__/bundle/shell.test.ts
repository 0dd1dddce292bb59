import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../lab/scratch.ts'
import { fakeDocker, healthy, type Scenario, web } from '../support/fake-docker/scenario.ts'

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
/** What a plan asks for besides. */
const planned: Scenario = {
  ...healthy,
  answers: { ...healthy.answers, '/networks': [], '/secrets': [], '/configs': [] },
}
const SERVICES = `- {name: ${web.Spec.Name}, replicas: 1}`

/** The committed command as a shell starts it, against a stand-in for docker. */
describe('the command', () => {
  let directory: string
  beforeAll(async () => {
    directory = scratchDirectory('shell-')
    for (const name of ['home', 'temp', 'work']) await mkdir(join(directory, name))
  })
  afterAll(() => rm(directory, { recursive: true }))

  const environment = (env: Record<string, string | undefined>) => ({
    PATH: process.env.PATH,
    HOME: join(directory, 'home'),
    TMPDIR: join(directory, 'temp'),
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    ...env,
  })
  const run = async (
    words: readonly string[],
    {
      env = {},
      scenario = healthy,
      stdin = '',
    }: { env?: Record<string, string>; scenario?: Scenario; stdin?: string } = {},
  ) => {
    await using docker = await fakeDocker(scenario)
    const child = spawn(process.execPath, [CLI, ...words], {
      env: environment({ ...docker.env, ...env }),
      cwd: join(directory, 'work'),
    })
    child.stdin.end(stdin)
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
    return { stdout, stderr, code, environments: await docker.environments() }
  }

  test('a good run: the log on standard output, outputs and summary in files, and nothing left', async () => {
    const files = ['--output-file', 'out.json', '--summary-file', 'summary.md']
    const { stdout, stderr, code } = await run(['deploy', '--services', SERVICES, '--history-limit=0', ...files])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/\nunchanged: 1 unchanged\n$/)
    expect(stdout).not.toMatch(/^::/m)
    expect(stdout).not.toContain('\u001b')
    const outputs = JSON.parse(await readFile(join(directory, 'work', 'out.json'), 'utf8'))
    expect(outputs).toMatchObject({ status: 'unchanged', services: [{ name: web.Spec.Name, outcome: 'unchanged' }] })
    expect(await readFile(join(directory, 'work', 'summary.md'), 'utf8')).toMatch(/^## ✅/)
    expect(await readdir(join(directory, 'temp'))).toEqual([])
  })

  test('with --output json nothing but the outputs is on standard output, also of a run that fails', async () => {
    const good = await run(['plan', '--services', SERVICES, '--output', 'json'], { scenario: planned })
    expect(JSON.parse(good.stdout)).toMatchObject({ status: 'unchanged', changes: [{ name: web.Spec.Name }] })
    expect(good.stderr).toContain('unchanged: all is as asked')
    const bad = await run(['deploy', '--services', 'web: app', '--timeout', 'soon', '--output=json'])
    expect([bad.code, JSON.parse(bad.stdout)]).toEqual([
      2,
      { status: 'failed', services: [], errors: [expect.stringMatching(/^timeout: "soon" is no duration: /)] },
    ])
    expect(bad.stderr).toMatch(/^Error: timeout: /m)
  })

  test.each([
    ['a wrong flag', ['deploy', '--stak', 'shop'], /^--stak: .*`--stack`/],
    ['no mode', ['--services', SERVICES], /^the mode is missing/],
    ['a file that is not there', ['deploy', '--services', '@nowhere.yml'], /nowhere\.yml cannot be used/],
    ['nothing', [], /^nothing is asked for/],
  ])('with --output json a run that does not begin prints its errors as JSON: %s', async (_, words, problem) => {
    const { code, stdout, stderr } = await run([...words, '--output', 'json'])
    expect([code, JSON.parse(stdout)]).toEqual([
      2,
      { status: 'failed', services: [], errors: [expect.stringMatching(problem)] },
    ])
    expect(stderr).not.toBe('')
  })

  test.each(['--output-file', '--summary-file'])(
    '%s is a pipe from which nobody reads: an error, and no reason to wait',
    async (flag) => {
      const pipe = join(directory, 'work', `pipe-of${flag}`)
      expect(spawnSync('mkfifo', [pipe]).status).toBe(0)
      const { code, stderr } = await run(['deploy', '--services', SERVICES, flag, pipe])
      expect([code, stderr]).toEqual([1, `Error: ${pipe} cannot be written: it is a pipe from which nobody reads\n`])
    },
  )

  test('a pipe from which somebody reads gets the outputs', async () => {
    const pipe = join(directory, 'work', 'read-pipe')
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0)
    const read = readFile(pipe, 'utf8')
    await run(['deploy', '--services', SERVICES, '--output-file', pipe])
    expect(JSON.parse(await read)).toMatchObject({ status: 'unchanged' })
  })

  test.each([
    ['a pipe', (path: string) => spawnSync('mkfifo', [path])],
    ['a directory', (path: string) => mkdirSync(path)],
    ['a link to what has no end', (path: string) => symlinkSync('/dev/zero', path)],
  ])('a config.json of the user that is %s is told, and not waited for', async (_, make) => {
    const docker = scratchDirectory('docker-', directory)
    make(join(docker, 'config.json'))
    const { code, stderr } = await run(['deploy', '--services', SERVICES], { env: { DOCKER_CONFIG: docker } })
    expect(code).toBe(0)
    expect(stderr).toMatch(/^Warning: \S+config\.json is not read: this is .+\n$/)
  })

  test('the variable for JSON counts as well, and help and version are JSON too', async () => {
    const env = { SWARM_DEPLOY_OUTPUT: 'json', SWARM_DEPLOY_STAK: 'shop' }
    const files = ['--output-file', 'early.json', '--summary-file', 'early.md']
    const { code, stdout } = await run(['deploy', ...files], { env })
    const said = { status: 'failed', services: [], errors: [expect.stringMatching(/^SWARM_DEPLOY_STAK: /)] }
    expect([code, JSON.parse(stdout)]).toEqual([2, said])
    expect(JSON.parse(await readFile(join(directory, 'work', 'early.json'), 'utf8'))).toEqual(said)
    expect(await readFile(join(directory, 'work', 'early.md'), 'utf8')).toMatch(/^## ❌ .*STAK: there is no such input/)
    const help = await run(['deploy', '--help', '--output=json'])
    expect([help.code, JSON.parse(help.stdout)]).toEqual([0, { help: expect.stringMatching(/^Usage: /) }])
    const version = await run(['--version', '--output', 'json'])
    expect([version.code, JSON.parse(version.stdout)]).toEqual([0, { version: expect.stringMatching(/^\d+\./) }])
  })

  test('an error of a flag, of an input and of the swarm have codes of their own, and go to standard error', async () => {
    const flag = await run(['deploy', '--stak', 'shop'])
    expect(flag).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^Error: --stak: .*`--stack`/) })
    const input = await run(['deploy', '--services', 'web: app', '--canary', '200%'])
    expect(input).toMatchObject({ code: 2, stderr: expect.stringMatching(/^Error: canary: /m) })
    const worker = {
      '/info': { ServerVersion: '20.10.24', Swarm: { LocalNodeState: 'active', ControlAvailable: false } },
    }
    const swarm = await run(['deploy', '--services', SERVICES], {
      scenario: { ...healthy, answers: { ...healthy.answers, ...worker } },
    })
    expect(swarm.code).toBe(1)
    const more = ['plan', '--services', `- {name: ${web.Spec.Name}, replicas: 3}`]
    expect(await run(more, { scenario: planned })).toMatchObject({ code: 0 })
    expect(await run([...more, '--fail-on-changes'], { scenario: planned })).toMatchObject({ code: 4 })
  })

  test('nothing asked for is the help, and a mode that is missing is told', async () => {
    expect(await run([])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^Usage: /) })
    expect(await run(['--help'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Usage: /), stderr: '' })
    expect(await run(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^swarm-deploy \d+\.\d+\.\d+\n$/),
    })
    expect(await run(['--services', SERVICES])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/the mode is missing/),
    })
    expect(await run([], { env: { SWARM_DEPLOY_SERVICES: SERVICES } })).toMatchObject({ code: 0 })
  })

  test('a user whom the system does not know, without a home, deploys as any other', async () => {
    const preload = join(directory, 'nobody.cjs')
    await writeFile(
      preload,
      `for (const name of ['homedir', 'userInfo']) require('node:os')[name] = () => { throw new Error('uv_os_get_passwd') }
require('node:module').syncBuiltinESMExports()`,
    )
    const words = ['deploy', '--services', SERVICES, '--lock', '--history-limit=0']
    const { code, stdout, stderr } = await run(words, { env: { NODE_OPTIONS: `--require ${preload}` } })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/\nunchanged: 1 unchanged\n$/)
  })

  test('podman under the name of docker is told as that, and a docker CLI is looked for', async () => {
    const server = createServer((_, response) => response.writeHead(404).end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const words = ['--docker-download-url', mirror, '--docker-sha256', 'a'.repeat(64)]
    const scenario = { ...healthy, prints: [{ command: '--version', stdout: 'podman version 5.4.2' }] }
    const { code, stdout, stderr } = await run(['deploy', '--services', SERVICES, ...words], { scenario })
    server.close()
    expect(stdout).toContain(
      'The docker command of this runner is podman, which has no swarm: a docker CLI is installed',
    )
    expect([code, stderr]).toEqual([1, expect.stringContaining('there is no such version for this platform')])
  })

  test('a directory that somebody has removed meanwhile is told as that', async () => {
    await using docker = await fakeDocker(healthy)
    const gone = 'mkdir gone && cd gone && rmdir ../gone && exec "$NODE" "$CLI" deploy --services "web: app"'
    const env = environment({ ...docker.env, NODE: process.execPath, CLI })
    const { status, stderr } = spawnSync('sh', ['-c', gone], { env, cwd: join(directory, 'work'), encoding: 'utf8' })
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining('Error: the directory in which this was started is there no more: start it in one'),
    ])
  })

  test('a disk that takes no file of some size is told as that', async () => {
    await using docker = await fakeDocker(healthy)
    const small = 'ulimit -f 8 && exec "$NODE" "$CLI" deploy --services "$SERVICES"'
    const env = environment({ ...docker.env, NODE: process.execPath, CLI, SERVICES })
    const { status, stderr } = spawnSync('sh', ['-c', small], { env, cwd: join(directory, 'work'), encoding: 'utf8' })
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^Error: the temporary directory .*`ulimit -f`/m)])
    expect(stderr).not.toContain('A bug of this action')
  })

  test('a list from standard input, secrets from a file and a variable: none of them is shown or handed on', async () => {
    await writeFile(join(directory, 'work', 'password'), 'canary-of-file\n')
    const words = ['deploy', '--services', '-', '--registry', 'registry.example.com', '--username', 'bot']
    const answers = { ...healthy.answers, '/auth': {} }
    await writeFile(join(directory, 'home', 'password'), 'canary-of-home\n')
    const fromHome = await run([...words, '--password', '@~/password'], { stdin: SERVICES, scenario: { answers } })
    expect(fromHome.code).toBe(0)
    const fromFile = await run([...words, '--password', '@password'], { stdin: SERVICES, scenario: { answers } })
    expect(fromFile).toMatchObject({ code: 0, stdout: expect.stringContaining('account bot of registry.example.com') })
    const fromVariable = await run(words, {
      stdin: SERVICES,
      scenario: { answers },
      env: { SWARM_DEPLOY_PASSWORD: 'canary-of-variable', SWARM_DEPLOY_TIMEOUT: '1m' },
    })
    expect(fromVariable.code).toBe(0)
    for (const { stdout, stderr, environments } of [fromHome, fromFile, fromVariable]) {
      expect(stdout + stderr + environments).not.toContain('canary-of-')
      expect(environments).not.toMatch(/SWARM_DEPLOY_(PASSWORD|TIMEOUT)/)
    }
  })

  test.each([
    ['@nowhere.yml', /--services: the file nowhere\.yml cannot be used: there is no such file/],
    ['@p&ss!', /--services: the file \*\*\* cannot be used: there is no such file/],
    ['-', /--services: standard input cannot be used: it is empty/],
    [
      '@windows.txt',
      /--services: the file windows\.txt cannot be used: the file is not UTF-8 text, but UTF-16: save it/,
    ],
    ['@/dev/zero', /--services: the file \/dev\/zero cannot be used: it is larger than 1 MB/],
  ])('a value that cannot be read is told: %s', async (value, problem) => {
    // As PowerShell redirects.
    await writeFile(join(directory, 'work', 'windows.txt'), '\ufeffweb: app\r\n', 'utf16le')
    expect(await run(['deploy', '--services', value])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(problem),
    })
  })

  test('a flag for files of variables comes to us, and not to Node', async () => {
    const { code, stderr } = await run(['plan', '--stack', 'shop', '--dotenv', 'no.env'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('env-file no.env: there is no such file')])
  })

  test('an address that may be a secret is not shown, nor where docker says it again', async () => {
    const said = 'unable to parse docker host `p&ss!word`'
    const scenario: Scenario = { ...healthy, fails: [{ command: 'dial-stdio', code: 1, stderr: said }] }
    const env = { DOCKER_HOST: 'p&ss!word' }
    const { stdout, stderr } = await run(['deploy', '--services', SERVICES], { scenario, env })
    expect(stderr).toContain('the docker daemon at *** cannot be used: ')
    expect(stdout + stderr).not.toContain('p&ss!')
  })

  test.each([
    ['no/where.md', 'no/where.md'],
    ['no/p&ss!', '***'],
  ])('a file that cannot be written is red, after the deploy: %s', async (path, shown) => {
    const { code, stdout, stderr } = await run(['deploy', '--services', SERVICES, '--summary-file', path])
    expect(code).toBe(1)
    expect(stdout).toContain('unchanged: 1 unchanged')
    expect(stderr.split('\n')).toContain(`Error: ${shown} cannot be written: ENOENT`)
  })

  test('a setting of a plugin is read, and a CI gets plain lines', async () => {
    const env = {
      CI: 'woodpecker',
      PLUGIN_MODE: 'plan',
      PLUGIN_SERVICES: JSON.stringify([{ name: web.Spec.Name, replicas: '1' }]),
    }
    expect(await run([], { env, scenario: planned })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('unchanged: all is as asked'),
    })
    const bad = await run([], { env: { ...env, PLUGIN_STAK: 'shop' } })
    expect(bad).toMatchObject({ code: 2, stderr: expect.stringMatching(/^Error: PLUGIN_STAK: /) })
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s stops it in good order', async (signal, code) => {
    await using docker = await fakeDocker({ ...healthy, hangs: ['/services'] })
    const child = spawn(process.execPath, [CLI, 'deploy', '--services', SERVICES], {
      env: environment(docker.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('== Observe') || chunk.toString().includes('== ')) child.kill(signal)
    })
    const [stderr, ending] = await Promise.all([text(child.stderr), ended])
    expect(stderr).toContain(`Stopped by ${signal === 'SIGHUP' ? 'SIGTERM' : signal}. Nothing was changed.`)
    expect(ending).toBe(code)
    expect(await readdir(join(directory, 'temp'))).toEqual([])
  })

  test('what a killed run has left is removed by the next, which says so', async () => {
    await using docker = await fakeDocker({ ...healthy, hangs: ['/services'] })
    const child = spawn(process.execPath, [CLI, 'deploy', '--services', SERVICES], {
      env: environment(docker.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('== ')) child.kill('SIGKILL')
    })
    await new Promise((resolve) => child.once('close', resolve))
    expect(await readdir(join(directory, 'temp'))).toHaveLength(1)
    const { code, stderr } = await run(['deploy', '--services', SERVICES])
    expect(stderr).toMatch(/^Warning: An earlier run here was cut off .*: no service was changed$/m)
    expect([code, await readdir(join(directory, 'temp'))]).toEqual([0, []])
  })

  test('a runner’s commands are only printed where a runner reads them', async () => {
    const inRunner = await run(['deploy', '--services', SERVICES], { env: { GITHUB_ACTIONS: 'true' } })
    expect(inRunner.stdout).toMatch(/^::group::/m)
  })

  test('npx starts it from a checkout, and needs no package of anybody’s', () => {
    const root = fileURLToPath(new URL('../..', import.meta.url))
    const env = environment({ npm_config_cache: join(directory, 'npm'), npm_config_update_notifier: 'false' })
    const { stdout } = spawnSync('npx', ['--yes', '--offline', root, '--version'], {
      encoding: 'utf8',
      env,
      cwd: directory,
    })
    expect(stdout).toMatch(/^swarm-deploy \d+\.\d+\.\d+$/m)
  })

  test('Ctrl-C twice on a terminal ends it, with nothing left', async () => {
    await using docker = await fakeDocker({ ...healthy, hangs: ['/services', '/info'] })
    const words = [process.execPath, CLI, 'deploy', '--services', `'${SERVICES}'`]
    const env = environment({ ...docker.env, TERM: 'xterm' })
    const child = spawn(
      'script',
      ['--quiet', '--return', '--flush', '--command', `exec ${words.join(' ')}`, '/dev/null'],
      { env },
    )
    let printed = ''
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
      if (/== Connect|Stopping in good order/.test(chunk.toString())) child.stdin.write('\u0003')
    })
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(130)
    expect(printed).toContain('Ctrl-C once more ends at once')
    expect(await readdir(join(directory, 'temp'))).toEqual([])
  })

  test('the program can be started by its name', () => {
    const { stdout, status } = spawnSync(CLI, ['--version'], { encoding: 'utf8', env: environment({}) })
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^swarm-deploy /)])
  })
})
