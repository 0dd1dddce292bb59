import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { makeJobImage } from '../../lab/job-image.ts'
import { healthyAfter, unhealthy } from '../../lab/program.ts'
import { scratchDirectory } from '../../lab/scratch.ts'
import { Glass } from '../support/glass.ts'
import { describeSwarm, pinned } from '../support/swarm.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const CLI = join(ROOT, 'dist/cli.js')
const PASSWORD = 'bob-pw-that-nobody-shows'
const LIMIT_MS = 300_000
const ESCAPE = '\u001b'
const CTRL_C = '\u0003'

/** One deploy, asked for as each kind of caller asks for it. */
describeSwarm('from a shell', { registries: { main: { accounts: { bob: { password: PASSWORD } } } } }, (swarm) => {
  let directory: string
  beforeAll(async () => {
    directory = scratchDirectory('from-a-shell-')
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  const registry = () => swarm.lab.registries.main.host
  const image = (tag: string, program = {}) =>
    swarm.lab.image({ registry: 'main', repository: 'shop', tag, content: tag, ...program })
  const environment = (env: Record<string, string> = {}) => ({
    PATH: process.env.PATH,
    HOME: directory,
    TMPDIR: directory,
    DOCKER_HOST: swarm.lab.nodes[0].host,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    ...env,
  })
  const ending = async (child: ChildProcessWithoutNullStreams) => {
    const ended = new Promise<number | null>((settle) => child.once('close', settle))
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
    return { stdout, stderr, code }
  }
  const run = (words: readonly string[], env: Record<string, string> = {}) =>
    ending(spawn(process.execPath, [CLI, ...words], { env: environment(env), cwd: directory }))
  /** On a terminal of 80 columns. */
  const onTerminal = (words: readonly string[]) => {
    const quoted = [process.execPath, CLI, ...words].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
    const command = `stty cols 80 rows 24 && exec ${quoted}`
    const env = environment({ TERM: 'xterm', NO_COLOR: '1' })
    return spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
      env,
      cwd: directory,
    })
  }

  test(
    'on a terminal, in GitLab and as a plugin of Woodpecker it is the same deploy',
    async () => {
      const v1 = await image('v1', healthyAfter(2))
      const services = [{ name: 'shop', image: v1.reference, create: true, replicas: 2 }]
      await writeFile(join(directory, 'services.yml'), JSON.stringify(services))
      await writeFile(join(directory, 'password'), PASSWORD)
      await writeFile(
        join(directory, 'accounts.yml'),
        `- {registry: "${registry()}", username: bob, password-file: password}`,
      )

      const words = ['--services', '@services.yml', '--registries-file', 'accounts.yml', '--monitor=1s']
      const terminal = await ending(onTerminal(['deploy', ...words, '--output-file', 'out.json']))
      expect(terminal.code).toBe(0)
      expect(JSON.parse(await readFile(join(directory, 'out.json'), 'utf8'))).toMatchObject({
        status: 'converged',
        services: [
          { name: 'shop', outcome: 'created', image: { after: pinned(v1) }, tasks: { running: 2, wanted: 2 } },
        ],
      })
      // A line that was drawn anew, and of which nothing is left.
      expect(terminal.stdout).toMatch(new RegExp(`\\d s {4}shop: .*\r\n\r${ESCAPE}\\[1A${ESCAPE}\\[J`))
      const glass = new Glass(80)
      glass.write(terminal.stdout)
      const timed = /^ *\d+ s +/
      expect(glass.shown.filter((line) => timed.test(line)).map((line) => line.replace(timed, ''))).toEqual([
        expect.stringMatching(/^shop: create/),
        expect.stringMatching(/^✓ shop: created after [\d.]+ s, 2\/2 tasks on \d nodes?$/),
      ])

      const gitlab = {
        GITLAB_CI: 'true',
        CI: 'true',
        CI_PROJECT_PATH: 'acme/shop',
        CI_PIPELINE_ID: '1234',
        CI_JOB_NAME: 'release',
        CI_JOB_URL: 'https://gitlab.example.com/acme/shop/-/jobs/77',
      }
      const settings = {
        SWARM_DEPLOY_REGISTRY: registry(),
        SWARM_DEPLOY_USERNAME: 'bob',
        SWARM_DEPLOY_PASSWORD: PASSWORD,
        SWARM_DEPLOY_SERVICES: JSON.stringify(services),
      }
      const again = await run(['deploy', '--output', 'json', '--summary-file', 'summary.md'], {
        ...gitlab,
        ...settings,
      })
      expect([again.code, JSON.parse(again.stdout)]).toMatchObject([0, { status: 'unchanged' }])
      expect(again.stderr).not.toMatch(/^::/m)
      expect(again.stderr).not.toContain('\u001b')
      expect(await readFile(join(directory, 'summary.md'), 'utf8')).toContain('unchanged')

      const v2 = await image('v2', healthyAfter(2))
      const changed = run(['deploy', '--lock'], {
        ...gitlab,
        ...settings,
        SWARM_DEPLOY_SERVICES: `shop: ${v2.reference}`,
      })
      // Whoever waits for the lock reads whose it is.
      const locks = async () => {
        const { stdout: ids } = await swarm.lab.docker(['config', 'ls', '--quiet'])
        if (ids.trim() === '') return ''
        return (await swarm.lab.docker(['config', 'inspect', ...ids.trim().split('\n')])).stdout
      }
      await swarm.until('a lock that says whose it is', async () =>
        (await locks()).includes('acme/shop, pipeline 1234, job release'),
      )
      expect(await changed).toMatchObject({ code: 0, stderr: '' })
      expect(await swarm.imageOf('shop')).toBe(pinned(v2))

      for (const shown of [terminal, again, await changed]) {
        expect(shown.stdout + shown.stderr).not.toContain(PASSWORD)
      }
      const job = await makeJobImage(swarm.lab, process.execPath)
      const build = ['build', '--quiet', '--network', 'none', '--tag', 'plugin', '--build-arg', `BASE=${job}`]
      const built = await swarm.lab.docker([...build, '--build-arg', 'INSTALL=true', ROOT], {
        env: { DOCKER_BUILDKIT: '0' },
      })
      expect(built).toMatchObject({ code: 0 })
      const plugin = (variables: Record<string, string>) =>
        swarm.lab.docker([
          ...['run', '--rm', '--network', 'none', '--volume', `${swarm.lab.nodes[0].socket}:/var/run/docker.sock`],
          ...Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
          'plugin',
        ])
      const woodpecker = { CI: 'woodpecker', CI_REPO: 'acme/shop', CI_PIPELINE_NUMBER: '42' }
      const asSettings = {
        PLUGIN_SERVICES: JSON.stringify([{ name: 'shop', image: v1.reference }]),
        PLUGIN_REGISTRIES: JSON.stringify([{ registry: registry(), username: 'bob', password: PASSWORD }]),
        PLUGIN_MONITOR: '1s',
      }
      const step = await plugin({ ...woodpecker, ...asSettings })
      expect(step).toMatchObject({ code: 0, stdout: expect.stringMatching(/\nconverged: 1 updated\n$/) })
      expect(step.stdout + step.stderr).not.toContain(PASSWORD)
      expect(await swarm.imageOf('shop')).toBe(pinned(v1))
      const wrong = await plugin({ ...woodpecker, ...asSettings, PLUGIN_STAK: 'shop' })
      expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/PLUGIN_STAK: .*`stack`/) })
    },
    LIMIT_MS,
  )

  test(
    'Ctrl-C on a terminal stops it, and what it had sent goes back',
    async () => {
      const [v1, bad] = [await image('v3'), await image('v4', unhealthy())]
      const login = ['--registries-file', 'accounts.yml', '--on-cancel=rollback']
      const service = (reference: string) => [
        'deploy',
        '--services',
        `- {name: kept, image: "${reference}", create: true}`,
        ...login,
      ]
      await writeFile(join(directory, 'password'), PASSWORD)
      await writeFile(
        join(directory, 'accounts.yml'),
        `- {registry: "${registry()}", username: bob, password-file: password}`,
      )
      expect(await run([...service(v1.reference), '--monitor=1s'])).toMatchObject({ code: 0 })

      const child = onTerminal([
        ...service(bad.reference),
        '--monitor=10m',
        '--timeout=15m',
        '--update-config={order: start-first}',
      ])
      let printed = ''
      let groups: ReturnType<typeof groupsOfDocker> = []
      child.stdout.on('data', (chunk: Buffer) => {
        if (printed.includes('== Watch')) return
        printed += chunk.toString()
        if (!printed.includes('== Watch')) return
        // What leads to the swarm is not among what the terminal stops.
        groups = groupsOfDocker()
        child.stdin.write(CTRL_C)
      })
      const { code, stdout } = await ending(child)
      expect(stdout).toContain('Stopping in good order')
      expect(stdout).toContain('cancelled')
      expect(code).toBe(130)
      expect(groups.length).toBeGreaterThan(0)
      for (const { own, parents } of groups) expect(own).not.toBe(parents)
      await swarm.until('the image of before', async () => (await swarm.imageOf('kept')) === pinned(v1))
      expect((await readdir(directory)).filter((name) => name.startsWith('swarm-deploy-'))).toEqual([])
    },
    LIMIT_MS,
  )
})

/** The process groups of the docker programs that the command has started, and those of the command itself. */
function groupsOfDocker() {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [, parent, group] = readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /, '')
          .split(' ')
        return [{ pid, parent, group, words: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0') }]
      } catch {
        return []
      }
    })
  const commands = processes.filter(({ words }) => words[1] === CLI)
  return commands.flatMap(({ pid, group: parents }) =>
    processes
      .filter(({ parent, words }) => parent === pid && words.includes('dial-stdio'))
      .map(({ group: own }) => ({ own, parents })),
  )
}
