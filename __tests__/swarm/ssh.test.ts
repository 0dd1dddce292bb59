import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { lineOf } from '../../lab/log-lines.ts'
import { until } from '../../lab/patience.ts'
import { scratchDirectory } from '../../lab/scratch.ts'
import { type KeyPair, makeKey, Sshd, type SshdOptions } from '../../lab/sshd.ts'
import { cliOlderThan, describeSwarm, testUnless } from '../support/swarm.ts'

/** From a runner to a manager over real SSH servers. */
describeSwarm('over SSH', { registries: { main: { accounts: { alice: { password: 'alice-pw' } } } } }, (swarm) => {
  let files: string
  let key: KeyPair
  let other: KeyPair
  let locked: KeyPair
  const PASSPHRASE = 'a pass phrase, "quoted" $HOME'

  beforeAll(async () => {
    files = scratchDirectory('ssh-test-')
    key = await makeKey(files, 'key')
    other = await makeKey(files, 'other')
    locked = await makeKey(files, 'locked', 'ed25519', PASSPHRASE)
  })
  afterAll(() => rmSync(files, { recursive: true }))

  const server = (options: Partial<SshdOptions> = {}) =>
    Sshd.start({
      authorized: [key.publicKey, locked.publicKey],
      dockerHost: swarm.lab.nodes[0].host,
      ...options,
    })
  const address = (sshd: Sshd, socket = swarm.lab.nodes[0].socket) => `ssh://root@127.0.0.1:${sshd.port}${socket}`
  const access = (sshd: Sshd, more: Record<string, string> = {}) => ({
    host: address(sshd),
    'ssh-key': key.privateKey,
    'ssh-known-hosts': sshd.knownHost,
    ...more,
  })
  const login = () => ({ registry: swarm.lab.registries.main.host, username: 'alice', password: 'alice-pw' })
  const image = (tag: string) => swarm.lab.image({ registry: 'main', repository: 'acme/app', tag, content: tag })
  const servicesWith = async (tag: string, names: readonly string[], more: object = {}) => {
    const { reference } = await image(tag)
    return JSON.stringify(names.map((name) => ({ name, image: reference, create: true, ...more })))
  }
  /** Without a task: what is told here is the way to the swarm. */
  const services =
    (...names: string[]) =>
    (tag: string) =>
      servicesWith(tag, names, { replicas: '0' })
  /** Deploys one service over the connection. */
  const deploy = async (inputs: Record<string, string>, env: Record<string, string> = {}) =>
    swarm.runner.run({
      with: { ...login(), monitor: '1s', services: await services('over-ssh')('v1'), ...inputs },
      env,
    })
  const nothingLeft = async () => {
    expect(readdirSync(swarm.runner.temp)).toEqual([])
    await until('the end of every ssh', 5000, async () => (await sshOf(swarm.runner.temp)).length === 0)
  }

  test('a service is deployed over one login, and nothing is left behind', async () => {
    await using sshd = await server()
    const run = await deploy(access(sshd, { services: await services('one', 'two', 'three')('v1') }))
    expect(run.log).toContain(`Connected to ${address(sshd)}`)
    expect(run.outputs.status).toBe('converged')
    expect(sshd.logins).toBe(1)
    expect(run.main.stdout + run.main.stderr).not.toContain(`"ssh-key"`)
    for (const line of key.privateKey.split('\n').slice(1, 4)) expect(run.log).not.toContain(line)
    await nothingLeft()
    expect(existsSync(join(swarm.runner.home, '.ssh'))).toBe(false)
  })

  test('files are readable by nobody else, and no secret is on a command line', async () => {
    await using sshd = await server()
    const slow = await servicesWith('v2', ['watched'])
    const step = await swarm.runner.start({
      with: {
        ...login(),
        monitor: '4s',
        services: slow,
        ...access(sshd, { 'ssh-key': locked.privateKey, 'ssh-passphrase': PASSPHRASE }),
      },
    })
    await until('the rollout', 30_000, () => lineOf('watched', 'create').test(step.printed()))
    const [workspace = ''] = readdirSync(swarm.runner.temp)
    const { stdout } = await promisify(execFile)('find', [join(swarm.runner.temp, workspace), '-printf', '%m %y %f\n'])
    const modes = stdout.trim().split('\n')
    expect(modes.filter((line) => !/^(?:700 d|600 [fs]|700 f askpass)/.test(line))).toEqual([])
    const commands = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => readOrNothing(`/proc/${pid}/cmdline`))
      .join('\n')
    expect(commands).not.toContain(PASSPHRASE)
    expect(commands).not.toContain(locked.privateKey.split('\n')[1])
    expect((await step.finished).outputs.status).toBe('converged')
    expect((await step.finished).log).not.toContain(PASSPHRASE)
    await nothingLeft()
  })

  describe('host keys', () => {
    test('a fingerprint is enough, also of a type that ssh does not prefer', async () => {
      const hostKeys = [await makeKey(files, 'host-ed', 'ed25519'), await makeKey(files, 'host-rsa', 'rsa')]
      await using sshd = await server({ hostKeys })
      for (const { fingerprint } of hostKeys) {
        const run = await deploy(access(sshd, { 'ssh-known-hosts': fingerprint }))
        expect(run.outputs.status).toMatch(/converged|unchanged/)
      }
    })

    test('an unknown one is not trusted: the error shows what the host offers, and how to check it', async () => {
      await using sshd = await server()
      const run = await deploy(access(sshd, { 'ssh-known-hosts': other.fingerprint }))
      expect(run.main.code).toBe(1)
      expect(run.annotations.map(({ message }) => message).join('\n')).toContain(
        `the host key is not in \`ssh-known-hosts\`: [127.0.0.1]:${sshd.port} offers ssh-ed25519 ${sshd.hostKeys[0]?.fingerprint}, and \`ssh-known-hosts\` has ${other.fingerprint}. Compare it on the server itself`,
      )
      expect(sshd.logins).toBe(0)
    })

    test('a changed one is not trusted', async () => {
      await using sshd = await server()
      const run = await deploy(access(sshd, { 'ssh-known-hosts': `[127.0.0.1]:${sshd.port} ${other.publicKey}` }))
      expect(run.main.code).toBe(1)
      expect(run.log).toContain('the host key is not the one in `ssh-known-hosts`')
      expect(run.log).toContain(`offers ssh-ed25519 ${sshd.hostKeys[0]?.fingerprint}`)
      expect(sshd.logins).toBe(0)
    })
  })

  describe('keys', () => {
    test('a key that the server does not know', async () => {
      await using sshd = await server()
      const run = await deploy(access(sshd, { 'ssh-key': other.privateKey }))
      expect(run.main.code).toBe(1)
      expect(run.log).toContain('the server does not accept the key for the user root')
    })

    test('a wrong passphrase', async () => {
      await using sshd = await server()
      const run = await deploy(access(sshd, { 'ssh-key': locked.privateKey, 'ssh-passphrase': 'wrong-one' }))
      expect(run.main.code).toBe(1)
      expect(run.log).toContain('the passphrase does not open the key')
      await nothingLeft()
    })

    test('a configuration of the user is used only when it is asked for', async () => {
      await using sshd = await server()
      const config = join(files, 'my-config')
      const known = join(files, 'my-known-hosts')
      writeFileSync(known, `${sshd.knownHost}\n`)
      writeFileSync(
        config,
        `Host swarm\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  User root\n  IdentityFile ${key.path}\n  UserKnownHostsFile ${known}\n`,
      )
      const run = await deploy({ host: `ssh://swarm${swarm.lab.nodes[0].socket}`, 'ssh-config': config })
      expect(run.outputs.status).toMatch(/converged|unchanged/)
      const absent = await deploy(access(sshd, { 'ssh-config': '/absent/ssh_config' }))
      expect(absent.log).toContain('ssh-config /absent/ssh_config: there is no such file')
    })
  })

  describe('other ways there', () => {
    test('over a jump host', async () => {
      await using sshd = await server()
      await using jump = await server()
      const run = await deploy(
        access(sshd, {
          'ssh-jump': `root@127.0.0.1:${jump.port}`,
          'ssh-known-hosts': `${sshd.knownHost}\n127.0.0.1:${jump.port} ${jump.hostKeys[0]?.fingerprint}`,
        }),
      )
      expect(run.outputs.status).toMatch(/converged|unchanged/)
      expect([sshd.logins, jump.logins]).toEqual([1, 1])
      await nothingLeft()
    })

    // Older ones know no socket's path in an `ssh://` address.
    testUnless(cliOlderThan(24), 'a docker context, with the key and pin of the inputs', async () => {
      await using sshd = await server()
      const config = join(files, 'docker')
      const create = ['context', 'create', 'prod', '--docker', `host=${address(sshd)}`]
      expect(await swarm.lab.docker(create, { config })).toMatchObject({ code: 0 })
      const { host: _, ...rest } = access(sshd, { context: 'prod' })
      const run = await deploy(rest, { DOCKER_CONFIG: config })
      expect(run.outputs.status).toMatch(/converged|unchanged/)
      expect(sshd.logins).toBe(1)
      await nothingLeft()

      const local = ['context', 'create', 'local', '--docker', `host=${swarm.lab.nodes[0].host}`]
      expect(await swarm.lab.docker(local, { config })).toMatchObject({ code: 0 })
      const refused = await deploy({ ...rest, context: 'local' }, { DOCKER_CONFIG: config })
      expect(refused.main.code).toBe(1)
      expect(refused.log).toContain(`context: local leads to ${swarm.lab.nodes[0].host}, where no SSH input has a use`)
    })

    test.each([
      ['AllowStreamLocalForwarding no', { settings: ['AllowStreamLocalForwarding no'] }],
      ['a forced command', { forced: true }],
    ])(
      'where sockets are not forwarded: %s',
      async (_what, { settings = [], forced = false }: { settings?: string[]; forced?: boolean }) => {
        const authorized = forced ? [`restrict,command="docker system dial-stdio" ${key.publicKey}`] : [key.publicKey]
        await using sshd = await server({ settings, authorized })
        const many = await services('s1', 's2', 's3', 's4', 's5', 's6', 's7', 's8', 's9', 's10', 's11', 's12')('v1')
        const run = await deploy(access(sshd, { services: many }))
        expect(run.log).toContain('each docker command has a session of its own')
        expect(run.outputs.status).toMatch(/converged|unchanged/)
        expect(sshd.logins).toBe(2)
        await nothingLeft()
      },
    )

    test('an sshd that takes few logins at the same time', async () => {
      await using sshd = await server({ settings: ['MaxStartups 3:100:3'] })
      const many = await services('m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7', 'm8', 'm9', 'm10', 'm11', 'm12')('v1')
      const run = await deploy(access(sshd, { services: many }))
      expect(run.outputs.status).toBe('converged')
      expect(sshd.logins).toBe(1)
    })
  })

  describe('what is wrong over there', () => {
    test('no daemon at the socket', async () => {
      await using sshd = await server({ dockerHost: 'unix:///nowhere/docker.sock' })
      const run = await deploy(access(sshd, { host: address(sshd, '/nowhere/docker.sock') }))
      expect(run.main.code).toBe(1)
      expect(run.log).toContain('docker does not run there, or its socket is elsewhere')
    })

    test('no docker command, and no socket to forward', async () => {
      const bin = join(files, 'bin')
      mkdirSync(bin)
      await using sshd = await server({ path: bin })
      const run = await deploy(access(sshd, { host: address(sshd, '/nowhere/docker.sock') }))
      expect(run.main.code).toBe(1)
      expect(run.log).toContain('neither is its docker socket reachable nor a docker command on its PATH')
    })

    test('no permission on the socket', async () => {
      const bin = join(files, 'denied')
      mkdirSync(bin)
      const words =
        'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock'
      writeFileSync(join(bin, 'docker'), `#!/bin/sh\necho "${words}" >&2\nexit 1\n`)
      chmodSync(join(bin, 'docker'), 0o755)
      await using sshd = await server({ path: `${bin}:/usr/bin:/bin`, settings: ['AllowStreamLocalForwarding no'] })
      const run = await deploy(access(sshd))
      expect(run.main.code).toBe(1)
      expect(run.log).toContain('the user root may not use the docker socket: add it to the group docker there')
    })

    test('nobody listens', async () => {
      const sshd = await server()
      const inputs = access(sshd)
      await sshd[Symbol.asyncDispose]()
      const run = await deploy(inputs)
      expect(run.main.code).toBe(1)
      expect(run.log).toContain('the connection was refused: check the port, and that sshd runs there')
    })
  })

  describe('in the middle of a rollout', () => {
    test.each([
      ['a forwarded socket', {}],
      ['sessions', { settings: ['AllowStreamLocalForwarding no'] }],
    ])('a connection that is cut is made again, and watching goes on: %s', async (what, options) => {
      await using sshd = await server(options)
      const name = what === 'sessions' ? 'cut-sessions' : 'cut-socket'
      const step = await swarm.runner.start({
        with: { ...login(), monitor: '5s', services: await servicesWith('v3', [name]), ...access(sshd) },
      })
      await until('the rollout', 30_000, () => new RegExp(`\\d s +${name}: +\\d+/\\d+ task`).test(step.printed()))
      await sshd.cut()
      const run = await step.finished
      expect(run.log).toContain('connected again after')
      expect(run.outputs.status).toBe('converged')
      await nothingLeft()
    })

    test('nothing outlives a step that is killed', async () => {
      await using sshd = await server()
      const step = await swarm.runner.start({
        with: { ...login(), monitor: '30s', services: await servicesWith('v4', ['killed']), ...access(sshd) },
      })
      await until('the rollout', 30_000, () => lineOf('killed', 'create').test(step.printed()))
      expect((await sshOf(swarm.runner.temp)).length).toBeGreaterThan(0)
      step.main.kill('SIGKILL')
      await sleep(200)
      await step.finished
      await nothingLeft()
    })
  })
})

/** The processes that work with files of a directory. */
async function sshOf(directory: string): Promise<string[]> {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => readOrNothing(`/proc/${pid}/cmdline`).includes(directory))
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
