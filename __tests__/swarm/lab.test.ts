import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { marked } from '../../lab/children.ts'
import { FORMATS } from '../../lab/image.ts'
import { type Lab, startLab } from '../../lab/lab.ts'
import { until } from '../../lab/patience.ts'
import { exits, healthy, serves, unhealthy } from '../../lab/program.ts'
import { scratchDirectory } from '../../lab/scratch.ts'
import { labCgroups, labDirectories, labId, livingKeeper } from '../../lab/sweep.ts'

jest.setTimeout(300_000)

const WAIT_MS = 120_000
const LAB_MODULE = new URL('../../lab/lab.ts', import.meta.url).href
const COMMAND = new URL('../../lab/command.ts', import.meta.url).pathname

/** Everything on this machine that belongs to a lab. */
function traces(directory: string) {
  const mounts = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && mountsOf(pid).includes(directory))
  return {
    processes: marked(labId(directory)),
    cgroups: labCgroups(labId(directory)),
    mounts,
    files: existsSync(directory) ? [directory] : [],
  }
}

const NO_TRACES = { processes: [], cgroups: [], mounts: [], files: [] }

function mountsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
  } catch {
    return ''
  }
}

/** Network namespaces with a name, and links of the machine itself: a lab adds none. */
function machineNetwork(): string[] {
  const named = existsSync('/var/run/netns') ? readdirSync('/var/run/netns') : []
  return [...named, ...readdirSync('/sys/class/net')].sort()
}

/** What dockerd writes to fixed places unless it is kept from it. */
function machineFiles(): string[] {
  return ['/etc/docker', '/opt/containerd', '/run/docker', '/var/lib/docker/network/files'].flatMap((directory) =>
    existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [],
  )
}

/** A process that uses a lab of one node, with a running service where it is told, as somebody's test would. */
async function userOfLab(hasService: boolean): Promise<{ user: ChildProcess; directory: string; keeper: number }> {
  const script = `
    import { startLab } from ${JSON.stringify(LAB_MODULE)}
    const lab = await startLab(${JSON.stringify(hasService ? { registries: { open: {} } } : {})})
    if (${hasService}) {
      const { reference } = await lab.image({ registry: 'open', repository: 'app' })
      await lab.docker(['service', 'create', '--detach', '--name', 'app', reference])
      while (!(await lab.tasks('app')).some((task) => task.Status.State === 'running')) {
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
    console.log(lab.directory)
    setInterval(() => {}, 1000)`
  const user = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  const lines = createInterface({ input: user.stdout })
  const [directory] = await Promise.race([
    once(lines, 'line'),
    once(user, 'exit').then(([code]) => {
      throw new Error(`The process that uses the lab ended with code ${code}.`)
    }),
  ])
  return { user, directory, keeper: JSON.parse(readFileSync(join(directory, 'lab.json'), 'utf8')).keeper }
}

const nothingLeft = (directory: string) =>
  until('cleaning up', WAIT_MS, () => Object.values(traces(directory)).every((kind) => kind.length === 0))

describe('what a lab leaves behind', () => {
  test('is nothing after the process that uses it was killed', async () => {
    const { user, directory } = await userOfLab(true)
    user.kill('SIGKILL')
    await nothingLeft(directory)
  })

  test('is nothing after Ctrl-C', async () => {
    const { user, directory } = await userOfLab(false)
    // As a terminal does it: to the whole process group.
    process.kill(-(user.pid ?? 0), 'SIGINT')
    await nothingLeft(directory)
  })

  test('is swept by the next lab when the keeper itself was killed', async () => {
    const { user, directory, keeper } = await userOfLab(true)
    process.kill(keeper, 'SIGKILL')
    await until('ending with the keeper', WAIT_MS, () => marked(labId(directory)).length === 0)
    await using _lab = await startLab()
    expect(traces(directory)).toEqual(NO_TRACES)
    user.kill('SIGKILL')
  })

  test('is nothing when a lab fails to start', async () => {
    // The path of a unix socket has 107 bytes at most.
    await expect(startLab({ registries: { ['r'.repeat(100)]: {} } })).rejects.toThrow('could not be started')
    expect(labDirectories().filter((directory) => livingKeeper(directory) === undefined)).toEqual([])
    await expect(startLab({ nodes: 0 })).rejects.toThrow('A lab has 1 to 100 nodes, not 0.')
  })
})

describe('the command', () => {
  const lab = async (...args: string[]) => {
    const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => {
        output += text
      })
    }
    const [code] = await once(child, 'close')
    return { code, output }
  }

  test('brings a lab up that stays, shows it and takes it down', async () => {
    const up = await lab('up', '--nodes', '1', '--registries', '1')
    expect(up.code).toBe(0)
    const directory = /export DOCKER_HOST=unix:\/\/(.+)\/nodes\/n1\/docker.sock/.exec(up.output)?.[1] ?? ''
    const id = directory.slice(directory.lastIndexOf('-') + 1)
    const status = await lab('status')
    const image = await lab('image', 'r1/acme/app:v3', '--id', id)
    const down = await lab('down', '--id', id)
    expect(status.output).toContain(`Lab ${id}`)
    expect(image.output).toMatch(/^10\.77\.0\.254:5000\/acme\/app:v3 /)
    expect(down).toEqual({ code: 0, output: expect.stringContaining(`Lab ${id} is down.`) })
    expect(traces(directory)).toEqual(NO_TRACES)
  })

  test('says in one line what is wrong with its arguments', async () => {
    expect(await lab('up', '--nodes', 'many')).toEqual({
      code: 1,
      output: '--nodes wants a whole number, not many.\n',
    })
  })
})

describe('a lab of three nodes', () => {
  const passwords = [
    'with space',
    `quotes'"\``,
    '#hash',
    'co:lon',
    '%0A',
    '0123',
    'pässwörd-日本',
    `${'long'.repeat(1024)}end`,
  ]
  const accounts = {
    alice: { password: 'secret of alice', read: ['team-a'] },
    bob: { password: 'secret of bob' },
    ...Object.fromEntries(passwords.map((password, index) => [`user${index}`, { password }])),
  }
  let lab: Lab<'main' | 'open' | 'secure'>
  let configs: string

  beforeAll(async () => {
    configs = scratchDirectory('lab-test-')
    lab = await startLab({
      nodes: 3,
      registries: { main: { accounts }, open: {}, secure: { tls: true, accounts: { carol: { password: 'pw' } } } },
    })
  })

  afterAll(async () => {
    await lab?.down()
    rmSync(configs, { recursive: true, force: true })
  })

  const login = (user: string, password: string, registry: 'main' | 'open' | 'secure' = 'main') =>
    lab.docker(['login', '--username', user, '--password-stdin', lab.registries[registry].host], {
      config: join(configs, user),
      stdin: password,
    })

  const create = (name: string, image: string, options: readonly string[] = [], config?: string) =>
    lab.docker(['service', 'create', '--detach', '--name', name, ...options, image], {
      ...(config !== undefined && { config: join(configs, config) }),
    })

  const firstTask = (service: string, state: string) =>
    until(`${service} being ${state}`, WAIT_MS, async () =>
      (await lab.tasks(service)).find((task) => task.Status.State === state),
    )

  test('has nodes with names, roles and ids of their own', async () => {
    const { stdout } = await lab.docker(['node', 'ls', '--format', '{{.ID}} {{.Hostname}} {{or .ManagerStatus "-"}}'])
    expect(stdout.trim().split('\n').sort()).toEqual(
      lab.nodes.map(({ id, name, role }) => `${id} ${name} ${role === 'manager' ? 'Leader' : '-'}`).sort(),
    )
  })

  test('lives beside another lab with the same addresses, of which nothing is left after down', async () => {
    const before = [machineNetwork(), machineFiles()]
    const other = await startLab({ nodes: 2, registries: { main: { accounts: { alice: { password: 'another' } } } } })
    expect(other.registries.main.host).toBe(lab.registries.main.host)
    expect((await login('alice', accounts.alice.password)).code).toBe(0)
    const words = ['login', '--username', 'alice', '--password-stdin', other.registries.main.host]
    const config = join(configs, 'another')
    const wrong = await other.docker(words, { config, stdin: accounts.alice.password })
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('401 Unauthorized') })
    expect(await other.registries.main.requests()).toContainEqual(
      expect.objectContaining({ user: 'alice', status: 401, client: '10.77.0.1' }),
    )

    const { reference } = await other.image({ registry: 'main', repository: 'app', content: 'only there' })
    expect((await other.docker(words, { config, stdin: 'another' })).code).toBe(0)
    await other.docker(['network', 'create', '--driver', 'overlay', 'inside'])
    const networks = ['--network', 'inside', '--publish', '8080:8080', '--with-registry-auth']
    const flags = ['--detach', '--name', 'app', '--mode', 'global', ...networks]
    await other.docker(['service', 'create', ...flags, reference], { config })
    await until('running', WAIT_MS, async () => {
      const tasks = await other.tasks('app')
      return tasks.filter((task) => task.Status.State === 'running').length === 2
    })
    expect(traces(other.directory)).toMatchObject({ files: [other.directory] })
    expect(traces(other.directory).processes.length).toBeGreaterThan(4)
    expect(labCgroups(labId(other.directory)).length).toBeGreaterThan(0)
    expect([machineNetwork(), machineFiles()]).toEqual(before)

    await other.down()

    expect(traces(other.directory)).toEqual(NO_TRACES)
    expect([machineNetwork(), machineFiles()]).toEqual(before)
  })

  test('runs a private image on a worker with forwarded credentials, and rejects it without', async () => {
    const worker = lab.node('n2')
    const { reference, digest } = await lab.image({ registry: 'main', repository: 'team-a/app', content: 'v1' })
    await login('alice', accounts.alice.password)
    await lab.registries.main.forgetRequests()

    const onWorker = ['--constraint', `node.id==${worker.id}`]
    await create('without', `${reference}@${digest}`, onWorker)
    expect(await firstTask('without', 'rejected')).toMatchObject({
      NodeID: worker.id,
      Status: { Err: expect.stringContaining('No such image') },
    })
    await lab.docker(['service', 'rm', 'without'])

    await create('with', reference, [...onWorker, '--with-registry-auth'], 'alice')
    expect(await firstTask('with', 'running')).toMatchObject({ NodeID: worker.id })
    const pulled = (await lab.registries.main.requests()).filter((request) => request.client === worker.address)
    expect(pulled).toContainEqual(
      expect.objectContaining({
        method: 'GET',
        path: `/v2/team-a/app/manifests/${digest}`,
        user: 'alice',
        status: 200,
      }),
    )
    expect(pulled).toContainEqual(expect.objectContaining({ user: null, status: 401 }))
  })

  test('holds an account to its repositories', async () => {
    const { reference } = await lab.image({ registry: 'main', repository: 'team-b/app' })
    const { reference: lookalike } = await lab.image({ registry: 'main', repository: 'team-abc/app' })
    await login('alice', accounts.alice.password)
    await login('bob', accounts.bob.password)
    const pull = (image: string, user: string) => lab.docker(['pull', image], { config: join(configs, user) })

    expect((await pull(reference, 'alice')).stderr).toMatch(/denied|403 Forbidden/)
    expect((await pull(lookalike, 'alice')).stderr).toMatch(/denied|403 Forbidden/)
    expect((await pull(reference, 'bob')).code).toBe(0)
    expect(await lab.registries.main.requests()).toContainEqual(
      expect.objectContaining({ path: '/v2/team-b/app/manifests/latest', user: 'alice', status: 403 }),
    )
  })

  test.each(passwords.map((password, index) => [`user${index}`, password] as const))(
    'lets %s in with exactly its password',
    async (user, password) => {
      // As `docker login` asks for it.
      const allows = async (word: string) => {
        const asked = { username: user, password: word, serveraddress: lab.registries.main.host }
        const { status, body } = await lab.nodes[0].engine('POST', '/auth', asked)
        return status === 200 || JSON.stringify(body)
      }
      expect(await allows(password)).toBe(true)
      // Not even the last byte of four thousand may differ, although bcrypt looks at 72.
      expect(await allows(`${password.slice(0, -1)}?`)).toMatch(/unauthorized|401/)
    },
  )

  test('takes a new password at once', async () => {
    const { main } = lab.registries
    await main.setAccount('bob', { password: 'changed' })
    expect((await login('bob', accounts.bob.password)).code).toBe(1)
    expect((await login('bob', 'changed')).code).toBe(0)
    await main.setAccount('bob', undefined)
    expect((await login('bob', 'changed')).code).toBe(1)
    await main.setAccount('bob', accounts.bob)
    expect((await login('bob', accounts.bob.password)).code).toBe(0)
  })

  test('knows all accounts that are added at once', async () => {
    const { main } = lab.registries
    const users = Array.from({ length: 12 }, (_, index) => `one-of-many-${index}`)
    await Promise.all(users.map((user) => main.setAccount(user, { password: user })))
    const codes = await Promise.all(users.map(async (user) => (await login(user, user)).code))
    expect(codes).toEqual(users.map(() => 0))
    await Promise.all(users.map((user) => main.setAccount(user, undefined)))
  })

  test('has registries that fail when told to, until told otherwise', async () => {
    const { open } = lab.registries
    const { reference } = await lab.image({ registry: 'open', repository: 'faulty/app' })
    await lab.image({ registry: 'open', repository: 'sound/app' })
    const pull = (image: string) => lab.docker(['pull', image])

    await open.fail({ status: 429, path: /^\/v2\/faulty\// })
    expect((await pull(reference)).stderr).toMatch(/toomanyrequests|429 Too Many Requests/)
    expect((await pull(`${open.host}/sound/app`)).code).toBe(0)
    await open.recover()
    await open.fail({ status: 503 })
    expect((await lab.nodes[0].engine('GET', `/distribution/${reference}/json`)).status).toBe(500)
    await open.recover()
    await open.fail({ drop: true })
    expect((await pull(reference)).stderr).toContain('EOF')
    await open.recover()
    expect((await pull(reference)).code).toBe(0)
    expect((await open.requests()).map(({ status }) => status)).toEqual(expect.arrayContaining([429, 503, 0, 200]))
  })

  test('has a registry whose certificate is refused until a node trusts it', async () => {
    expect((await login('carol', 'pw', 'secure')).stderr).toContain('certificate')
    await lab.nodes[0].trust('secure')
    expect((await login('carol', 'pw', 'secure')).code).toBe(0)
    expect(existsSync(`/etc/docker/certs.d/${lab.registries.secure.host}`)).toBe(false)
  })

  test('has images that fail, sicken and serve', async () => {
    const image = (repository: string, program: object) =>
      lab.image({ registry: 'open', repository, ...program, content: `this is ${repository}` })
    const [failing, sick, well, server] = await Promise.all([
      image('failing', exits(3, 'no database')),
      image('sick', unhealthy()),
      image('well', healthy()),
      image('server', serves(8080)),
    ])
    const node = lab.node('n3')
    await Promise.all([
      create('failing', failing.reference, ['--restart-condition', 'none']),
      create('sick', sick.reference),
      create('well', well.reference),
      create('server', server.reference, [
        ...['--constraint', `node.id==${node.id}`, '--publish', 'mode=host,target=8080,published=80'],
      ]),
    ])
    expect(await firstTask('failing', 'failed')).toMatchObject({ Status: { Err: 'task: non-zero exit (3)' } })
    // A swarm's logs come by way of the node, and may be some moments late.
    await until('having its last words', WAIT_MS, async () =>
      (await lab.docker(['service', 'logs', 'failing'])).stderr.includes('no database'),
    )
    expect(await firstTask('sick', 'failed')).toMatchObject({ Status: { Err: expect.stringContaining('unhealthy') } })
    await Promise.all([firstTask('well', 'running'), firstTask('server', 'running')])
    expect(await lab.run(['busybox', 'wget', '-q', '-O', '-', `http://${node.address}/content`])).toMatchObject({
      stdout: 'this is server',
    })
  })

  describe('makes images of every format, of which the daemon tells the platforms', () => {
    const one = ['linux/arm64']
    const two = ['linux/amd64', 'linux/arm64']
    test.each([
      { format: 'docker', platforms: one, told: ['arm64'] },
      { format: 'docker', platforms: two, told: ['amd64', 'arm64'] },
      { format: 'oci', platforms: one, told: null },
      { format: 'oci', platforms: two, told: ['amd64', 'arm64'] },
      { format: 'attested', platforms: one, told: ['arm64', 'unknown'] },
      { format: 'attested', platforms: two, told: ['amd64', 'arm64', 'unknown'] },
    ] as const)('$format for $platforms.length', async ({ format, platforms, told }) => {
      const image = await lab.image({ registry: 'open', repository: 'foreign', platforms, format })
      const { body } = await lab.nodes[0].engine<{
        Platforms: { architecture: string }[] | null
        Descriptor: { digest: string }
      }>('GET', `/distribution/${image.reference}/json`)
      expect(body.Descriptor.digest).toBe(image.digest)
      expect(body.Platforms?.map(({ architecture }) => architecture) ?? null).toEqual(told)
    })

    test.each(FORMATS)('%s, and run them', async (format) => {
      const image = await lab.image({ registry: 'open', repository: `as-${format}`, format, content: format })
      await create(`as-${format}`, image.reference)
      await firstTask(`as-${format}`, 'running')
    })
  })

  test('can lose a node, by its cable and by its power, and get it back', async () => {
    const states = async () => {
      const { body } = await lab.nodes[0].engine<{ ID: string; Status: { State: string } }[]>('GET', '/nodes')
      return body.find(({ ID }) => ID === lab.node('n3').id)?.Status.State
    }
    const node = lab.node('n3')
    await node.disconnect()
    const answers = async () => (await lab.run(['busybox', 'ping', '-c', '1', '-W', '1', node.address])).code === 0
    expect(await answers()).toBe(false)
    await node.reconnect()
    await until('coming back', WAIT_MS, answers)
    await node.kill('SIGKILL')
    await expect(node.engine('GET', '/_ping')).rejects.toThrow()
    await until('noticing the loss', WAIT_MS, async () => (await states()) === 'down')
    await node.start()
    await until('coming back', WAIT_MS, async () => (await states()) === 'ready')
  })
})
