import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { Act, actProblem, buildAct, type WorkflowOptions } from '../../lab/act.ts'
import { runs } from '../../lab/program.ts'
import { scratchDirectory } from '../../lab/scratch.ts'
import { type KeyPair, makeKey, Sshd } from '../../lab/sshd.ts'
import { PLACEHOLDER, SHARED } from '../support/documents.ts'
import { type Bench, describeSwarm } from '../support/swarm.ts'

const LIMIT_MS = 600_000
const TOKEN = 'the-token-of-the-job'
const PASSWORDS = { 'deploy-bot': 'pw: of "ours"', 'partner-bot': 'pw-of-the-partner' }

const problem = actProblem()
if (problem === undefined) await buildAct()

const account = (user: keyof typeof PASSWORDS, ...read: string[]) => ({ [user]: { password: PASSWORDS[user], read } })
const registries = { ghcr: { accounts: { ...account('deploy-bot', 'my-org'), ...account('partner-bot', 'partner') } } }

if (problem === undefined) describeSwarm('the examples as they stand', { registries }, examples)
else describe.skip(`the examples as they stand (skipped: ${problem})`, () => examples(undefined as never))

function examples(swarm: Bench<'ghcr'>): void {
  let act: Act
  let directory: string
  let key: KeyPair
  let sshd: Sshd
  beforeAll(async () => {
    act = await Act.create()
    directory = scratchDirectory('examples-')
    key = await makeKey(directory, 'key')
    sshd = await Sshd.start({ authorized: [key.publicKey], dockerHost: swarm.lab.nodes[0].host })
  })
  afterAll(async () => {
    await sshd[Symbol.asyncDispose]()
    await act[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true })
  })

  /** Nothing of them is changed but whose registry it is, and where the manager is. */
  const ours = (path: string) =>
    readFileSync(path, 'utf8')
      .replaceAll('ghcr.io', swarm.lab.registries.ghcr.host)
      .replaceAll('ssh://deploy@swarm.example.com', `ssh://root@127.0.0.1:${sshd.port}${swarm.lab.nodes[0].socket}`)
  const run = (path: string, options: WorkflowOptions = {}, text = ours(path)) =>
    act.run(text, {
      action: PLACEHOLDER,
      ...options,
      files: { 'compose.yml': ours('examples/compose.yml'), ...options.files },
      secrets: {
        SSH_KEY: key.privateKey,
        REGISTRY_PASSWORD: PASSWORDS['deploy-bot'],
        SWARM_PULL_TOKEN: PASSWORDS['deploy-bot'],
        GITHUB_TOKEN: TOKEN,
        OUR_TOKEN: PASSWORDS['deploy-bot'],
        PARTNER_TOKEN: PASSWORDS['partner-bot'],
      },
      vars: { SWARM_HOST_KEY: sshd.hostKeys[0]?.fingerprint ?? '', VERSION: '1.4.2', ...options.vars },
    })
  const push = async (repository: string, tag = '1.4.2') =>
    (await swarm.lab.image({ registry: 'ghcr', repository, tag, content: `${repository}:${tag}`, ...runs() })).reference
  /** In some examples one account reads all images. */
  const readAll = () =>
    swarm.lab.registries.ghcr.setAccount('deploy-bot', {
      password: PASSWORDS['deploy-bot'],
      read: ['my-org', 'partner'],
    })
  const byHand = (version: string): WorkflowOptions => ({
    event: 'workflow_dispatch',
    payload: { inputs: { version } },
  })

  test(
    'the first deploy from a hosted runner is green, and so is the same once more',
    async () => {
      const web = await push('my-org/web')
      for (const outcome of ['created', 'unchanged']) {
        const { code, log } = await run('examples/first-deploy.yml')
        expect({ code, log }).toEqual({ code: 0, log: expect.stringContaining(`web: ${outcome}`) })
      }
      expect(await swarm.imageOf('web')).toContain(`${web}@sha256:`)
      await swarm.lab.docker(['service', 'rm', 'web'])
    },
    LIMIT_MS,
  )

  test(
    'a stack with two accounts on one registry is green',
    async () => {
      const [web, worker] = [await push('my-org/web'), await push('partner/worker')]
      const { code, log } = await run('examples/two-accounts.yml')
      expect({ code, log }).toEqual({ code: 0, log: expect.stringContaining('converged: 2 created') })
      expect(await swarm.imageOf('shop_web')).toContain(`${web}@sha256:`)
      expect(await swarm.imageOf('shop_worker')).toContain(`${worker}@sha256:`)
    },
    LIMIT_MS,
  )

  test(
    'the check by the clock is green as long as the swarm is what the repository says, and then names what differs',
    async () => {
      await readAll()
      const same = await run('examples/drift-check.yml', { event: 'schedule' })
      expect({ code: same.code, log: same.log }).toEqual({ code: 0, log: expect.stringContaining('unchanged') })
      await swarm.lab.docker(['service', 'update', '--detach', '--env-add', 'BY_HAND=1', 'shop_web'])
      const differs = await run('examples/drift-check.yml', { event: 'schedule' })
      expect({ code: differs.code, log: differs.log }).toEqual({
        code: 1,
        log: expect.stringMatching(/::error::.*shop_web/),
      })
    },
    LIMIT_MS,
  )

  test(
    'the stack is green, what its compose file names no more is removed, and comes back by hand with the version before',
    async () => {
      await readAll()
      await Promise.all([push('my-org/web'), push('partner/worker')])
      const { code, log } = await run('examples/stack.yml')
      expect({ code, log }).toEqual({ code: 0, log: expect.stringMatching(/shop_web: |unchanged/) })
      const [web = ''] = ours('examples/compose.yml').split('  worker:')
      const smaller = { 'compose.yml': `${web}networks:\n  front: {}\n` }
      const less = await run('examples/stack.yml', { files: smaller })
      expect({ code: less.code, log: less.log }).toEqual({ code: 0, log: expect.stringContaining('shop_worker') })
      const services = async () => (await swarm.lab.docker(['service', 'ls', '--format', '{{.Name}}'])).stdout
      expect(await services()).not.toContain('shop_worker')
      const back = await run('examples/rollback.yml', {
        event: 'workflow_dispatch',
        payload: { inputs: { to: 'previous' } },
      })
      expect({ code: back.code, log: back.log }).toEqual({
        code: 0,
        log: expect.stringMatching(/shop_worker: .*created/),
      })
      expect(await services()).toContain('shop_worker')
      await swarm.lab.docker(['stack', 'rm', 'shop'])
    },
    LIMIT_MS,
  )

  test(
    'a pull request has a stack of its own, which goes when it is closed, also where there is none',
    async () => {
      const sha = 'f'.repeat(40)
      await readAll()
      await Promise.all([push('my-org/web', sha), push('partner/worker', sha)])
      const pull = (action: string, fullName = 'nektos/act'): WorkflowOptions => ({
        event: 'pull_request',
        payload: {
          action,
          number: 12,
          pull_request: { number: 12, head: { sha, repo: { full_name: fullName } }, user: { login: 'jane' } },
          repository: { full_name: 'nektos/act' },
        },
      })
      const preview = (action: string) => run('examples/preview.yml', pull(action))
      const opened = await preview('opened')
      expect({ code: opened.code, log: opened.log }).toEqual({
        code: 0,
        log: expect.stringMatching(/pr-12_web: .*created/),
      })
      const port = '{{(index .Endpoint.Ports 0).PublishedPort}}'
      const { stdout } = await swarm.lab.docker(['service', 'inspect', '--format', port, 'pr-12_web'])
      expect(stdout.trim()).toBe('20012')
      for (const _ of ['', 'once more']) expect(await preview('closed')).toMatchObject({ code: 0 })
      expect((await swarm.lab.docker(['service', 'ls', '--format', '{{.Name}}'])).stdout).not.toContain('pr-12_web')
      const fork = await run('examples/preview.yml', pull('opened', 'mallory/act'))
      expect(fork.log).not.toContain('pr-12')
    },
    LIMIT_MS,
  )

  test(
    'a repository deploys by the workflow of another one, and gets its outputs',
    async () => {
      await readAll()
      await Promise.all([push('my-org/web'), push('partner/worker')])
      // Where the host is known is the other repository alone.
      const shared = ours(SHARED.path).replaceAll(/SHA256:A+/g, sshd.hostKeys[0]?.fingerprint ?? '')
      const { jobs, ...rest } = parse(ours('examples/shared-deploy-caller.yml')) as { jobs: Record<string, object> }
      const told = {
        needs: 'deploy',
        steps: [{ env: { STATUS: '${{ needs.deploy.outputs.status }}' }, run: 'echo "told: $STATUS"' }],
      }
      const caller = (environment: string) =>
        stringify({ ...rest, jobs: { ...jobs, told: { 'runs-on': 'ubuntu-latest', ...told } } }).replace(
          'production',
          environment,
        )
      const [address = ''] = SHARED.address.split('/.github')
      const repositories = {
        [`${address}@${SHARED.address.split('@')[1]}`]: { '.github/workflows/deploy.yml': shared },
      }
      const { code, log } = await run('', { repositories }, caller('production'))
      expect({ code, log }).toEqual({ code: 0, log: expect.stringContaining('told: converged') })
      expect(await swarm.imageOf('shop_web')).toContain(`:1.4.2@sha256:`)
      const other = await run('', { repositories }, caller('prodcution'))
      expect({ code: other.code, log: other.log }).toEqual({
        code: 1,
        log: expect.stringContaining('There is no such swarm'),
      })
      await swarm.lab.docker(['stack', 'rm', 'shop'])
    },
    LIMIT_MS,
  )

  test(
    'a canary is looked at, and then all follow; a second colour takes the traffic over',
    async () => {
      for (const tag of ['1.4.2', '1.5.0']) await push('my-org/web', tag)
      const image = `${swarm.lab.registries.ghcr.host}/my-org/web`
      expect(await run('examples/first-deploy.yml')).toMatchObject({ code: 0 })
      await using health = await serverOf(() => 200)
      // Only how long it takes, and whom it asks.
      const canary = ours('examples/canary.yml')
        .replace('hold: 2m', 'hold: 2s')
        .replace('https://web.example.com/health', health.url)
      const moved = await run('', byHand('1.5.0'), canary)
      expect({ code: moved.code, log: moved.log }).toEqual({
        code: 0,
        log: expect.stringContaining('web: its canary has passed, now the others'),
      })
      expect(await swarm.imageOf('web')).toContain(`${image}:1.5.0@sha256:`)
      // One task of four is bad: the others answer most requests.
      await using unhealthy = await serverOf((count) => (count % 4 === 0 ? 503 : 200))
      const bad = await run('', byHand('1.4.2'), canary.replace(health.url, unhealthy.url))
      expect({ code: bad.code, log: bad.log }).toEqual({
        code: 1,
        log: expect.stringContaining('the check failed 3 times in a row'),
      })
      expect(await swarm.imageOf('web')).toContain(`${image}:1.5.0@sha256:`)
      await swarm.lab.docker(['service', 'rm', 'web'])

      // A published port does not move.
      const routed = ours('examples/first-deploy.yml').replace('--publish 8080:80', '--label traefik.enable=true')
      expect(await run('', {}, routed)).toMatchObject({ code: 0 })
      const colours = ours('examples/blue-green.yml')
        .replace('hold: 1m', 'hold: 1s')
        .replace('keep-old: 10m', 'keep-old: 1s')
        .replace('https://web.example.com/health', health.url)
      const switched = await run('', byHand('1.5.0'), colours)
      expect({ code: switched.code, log: switched.log }).toEqual({
        code: 0,
        log: expect.stringMatching(/web-blue has the traffic/),
      })
      expect(await swarm.imageOf('web-blue')).toContain(`${image}:1.5.0@sha256:`)
      await swarm.lab.docker(['service', 'rm', 'web-blue'])
    },
    LIMIT_MS,
  )

  test(
    'of a monorepo only the service whose folder has changed is touched',
    async () => {
      const { jobs, ...rest } = parse(ours('examples/monorepo.yml')) as { jobs: { deploy: { needs?: string } } }
      // The other job builds with actions of others, which are not here.
      const { needs: _, ...deploy } = jobs.deploy
      const workflow = stringify({ ...rest, jobs: { deploy } })
      const deployWith = async (files: Readonly<Record<'api/main.go' | 'web/index.html', string>>) => {
        await push('my-org/api', hashOfFolder(files['api/main.go']))
        await push('my-org/web', hashOfFolder(files['web/index.html']))
        return run('', { files }, workflow)
      }
      const first = await deployWith({ 'api/main.go': 'one', 'web/index.html': 'one' })
      expect({ code: first.code, log: first.log }).toEqual({ code: 0, log: expect.stringContaining('2 created') })
      const second = await deployWith({ 'api/main.go': 'one', 'web/index.html': 'two' })
      expect({ code: second.code, log: second.log }).toEqual({
        code: 0,
        log: expect.stringContaining('converged: 1 unchanged, 1 updated'),
      })
      await swarm.lab.docker(['service', 'rm', 'api', 'web'])
    },
    LIMIT_MS,
  )

  test(
    'the plan of a pull request is one comment, which the next push brings up to date',
    async () => {
      await readAll()
      await Promise.all([push('my-org/web'), push('partner/worker')])
      const programs = scratchDirectory('programs-', directory)
      const file = join(programs, 'comments.json')
      const theirs = { id: 7, user: { login: 'somebody' }, body: '<!-- swarm-deploy plan -->\nmine' }
      writeFileSync(file, JSON.stringify([theirs]))
      writeFileSync(join(programs, 'gh'), githubCli(file), { mode: 0o755 })
      const comments = () => JSON.parse(readFileSync(file, 'utf8')) as readonly (typeof theirs)[]
      const head = { ref: 'topic', sha: 'f'.repeat(40), repo: { full_name: 'nektos/act' } }
      const pull: WorkflowOptions = {
        event: 'pull_request',
        payload: { number: 12, pull_request: { number: 12, head }, repository: { full_name: 'nektos/act' } },
        programs,
      }
      const first = await run('examples/pull-request-plan.yml', pull)
      expect({ code: first.code, log: first.log }).toEqual({ code: 0, log: first.log })
      const ours = (of: RegExp) => ({ id: 8, user: { login: 'github-actions[bot]' }, body: expect.stringMatching(of) })
      expect(comments()).toEqual([theirs, ours(/^<!-- swarm-deploy plan -->\n[\s\S]*shop_web[\s\S]*1\.4\.2/)])

      await Promise.all([push('my-org/web', '1.5.0'), push('partner/worker', '1.5.0')])
      const next = await run('examples/pull-request-plan.yml', { ...pull, vars: { VERSION: '1.5.0' } })
      expect({ code: next.code, log: next.log }).toEqual({ code: 0, log: next.log })
      expect(comments()).toEqual([theirs, ours(/^<!-- swarm-deploy plan -->\n[\s\S]*1\.5\.0/)])
    },
    LIMIT_MS,
  )
}

/**
 * Something that answers in the place of the service.
 *
 * @param statusOf the status of each answer by its number
 */
async function serverOf(statusOf: (count: number) => number): Promise<AsyncDisposable & { readonly url: string }> {
  let count = 0
  const server = createServer((_, response) => response.writeHead(statusOf(++count)).end())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/health`,
    [Symbol.asyncDispose]: async () => void (await once(server.close(), 'close')),
  }
}

/** What GitHub's `hashFiles` makes of a folder with one file. */
function hashOfFolder(content: string): string {
  const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest()
  return sha256(sha256(content)).toString('hex')
}

/** In the place of GitHub's command line, as far as the example calls it: its comments are in a file. */
function githubCli(file: string): string {
  return `#!/usr/bin/env node
const { execFileSync } = require('node:child_process')
const { readFileSync, writeFileSync } = require('node:fs')
const [api, ...args] = process.argv.slice(2)
if (api !== 'api' || process.env.GH_TOKEN !== '${TOKEN}') process.exit(4)
const value = (name) => args.includes(name) ? args[args.indexOf(name) + 1] : undefined
const comments = JSON.parse(readFileSync('${file}', 'utf8'))
const path = args.find((one) => one.startsWith('repos/'))
const [, id] = /^repos\\/nektos\\/act\\/issues\\/comments\\/(\\d+)$/.exec(path) ?? []
if (id === undefined && path !== 'repos/nektos/act/issues/12/comments') process.exit(5)
const filter = value('--jq')
if (filter !== undefined) {
  process.stdout.write(execFileSync('jq', ['-r', filter], { input: JSON.stringify(comments) }))
} else {
  const body = readFileSync(value('-F').replace('body=@', ''), 'utf8')
  const found = comments.find((one) => one.id === Number(id))
  if (value('--method') === 'PATCH') found.body = body
  else comments.push({ id: 8, user: { login: 'github-actions[bot]' }, body })
  writeFileSync('${file}', JSON.stringify(comments))
}
`
}
