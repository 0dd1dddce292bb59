import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { chmod, mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { stageLine } from '../../lab/log-lines.ts'
import { exits } from '../../lab/program.ts'
import type { StepResult } from '../../lab/runner.ts'
import { describeSwarm, resultsOf } from '../support/swarm.ts'
import { filesUnder, formsOf, traces, watchProcesses } from '../support/traces.ts'

const PASSWORDS: Readonly<Record<string, string>> = {
  'a blank inside': 'two words',
  'blanks around': '  padded  ',
  quotes: `it's "quoted"`,
  'a number sign': 'before #after',
  'a colon': 'a:b: c',
  'a percent sign': 'line%0Abreak%25',
  'no ASCII': 'pässwörd-🔑',
  'a number': '0123',
  'a word of YAML': 'null',
  'a shell substitution': '$(id) `id` $HOME',
  backslashes: 'back\\slash\\n',
  'a length of 4 kB': 'x0Y-'.repeat(1024),
}

/** Every entry with its kind, mode, owner, times and content. */
function listing(directory: string): Record<string, string> {
  const names = ['', ...(readdirSync(directory, { recursive: true }) as string[]).toSorted()]
  return Object.fromEntries(
    names.map((name) => {
      const path = join(directory, name)
      const { mode, uid, mtimeMs, ctimeMs, ino, size } = lstatSync(path)
      const isFile = lstatSync(path).isFile()
      const content = isFile ? createHash('sha256').update(readFileSync(path)).digest('hex') : size
      return [name, [mode.toString(8), uid, mtimeMs, ctimeMs, ino, content].join(' ')]
    }),
  )
}

/** Processes whose command line or environment names a path. */
function processesWith(path: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .flatMap((pid) => {
      try {
        const own = readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8')
        return own.includes(path)
          ? [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`]
          : []
      } catch {
        return []
      }
    })
}

describeSwarm('secrets', { registries: { main: { accounts: {} } } }, (swarm) => {
  const registry = () => swarm.lab.registries.main
  const env = () => ({ DOCKER_HOST: swarm.lab.nodes[0].host })
  const CANARY = 'canary "s3cret"/+#: ß'
  const forms = () => formsOf('deployer', CANARY)
  const errorsOf = (run: StepResult) =>
    run.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)

  const canaryStep = async (service: string, image: string, extra: Record<string, string> = {}) => {
    await registry().setAccount('deployer', { password: CANARY })
    return {
      with: {
        registries: JSON.stringify([{ registry: registry().host, username: 'deployer', 'password-env': 'CANARY' }]),
        services: JSON.stringify([
          { name: service, image, create: true, env: { TOKEN: CANARY }, 'create-args': ['--restart-delay 200ms'] },
        ]),
        monitor: '1s',
        ...extra,
      },
      env: { ...env(), CANARY },
    }
  }
  const expectNoTrace = (run: StepResult) => {
    for (const [place, text] of Object.entries(traces(run))) {
      for (const form of forms()) expect({ place, leaks: text.includes(form) }).toEqual({ place, leaks: false })
    }
    for (const file of [...filesUnder(swarm.runner.temp), ...filesUnder(swarm.runner.home)]) {
      const content = readFileSync(file, 'utf8')
      for (const form of forms()) expect({ file, leaks: content.includes(form) }).toEqual({ file, leaks: false })
    }
  }

  test.each(Object.entries(PASSWORDS))('a password with %s logs in, however it is given', async (kind, password) => {
    await registry().setAccount('bot', { password })
    const image = await swarm.lab.image({ registry: 'main', repository: 'forms', content: 'forms' })
    const file = join(swarm.runner.workspace, `password-${kind.replaceAll(' ', '-')}`)
    await writeFile(file, `${password}\n`)
    const entry = { registry: registry().host, username: 'bot' }
    const ways = [
      { with: { ...entry, password } },
      { with: { ...entry, password: `${password}\r\n` } },
      { with: { registries: JSON.stringify([{ ...entry, password }]) } },
      { with: { registries: JSON.stringify([{ ...entry, 'password-env': 'SECRET' }]) }, env: { SECRET: password } },
      { with: { registries: JSON.stringify([{ ...entry, 'password-file': file }]) } },
      ...(/\s/.test(password) ? [] : [{ with: { registries: `main ${registry().host} bot ${password}` } }]),
    ]
    const services = JSON.stringify([{ name: 'forms', image: image.reference, create: true, replicas: '0' }])
    for (const way of ways) {
      const run = await swarm.runner.run({ with: { ...way.with, services }, env: { ...env(), ...way.env } })
      expect(run.log).toContain('logged in with account bot')
      expect(run.main.code).toBe(0)
    }
  })

  test('a plan has no trace of what is a secret, whether or not it shows values', async () => {
    const image = await swarm.lab.image({ registry: 'main', repository: 'planned', content: 'planned' })
    const step = await canaryStep('planned', image.reference, { mode: 'plan', 'show-values': 'true' })
    const fresh = await swarm.runner.run(step)
    expect(fresh.outputs.status).toBe('planned')
    expect(fresh.outputs.plan).toContain('| env `TOKEN` | `***` |')
    expectNoTrace(fresh)
    expect((await swarm.runner.run({ ...step, with: { ...step.with, mode: 'deploy' } })).main.code).toBe(0)
    for (const shows of ['true', 'false']) {
      const services = JSON.stringify([{ name: 'planned', env: { TOKEN: 'no longer' } }])
      const change = await swarm.runner.run({ ...step, with: { ...step.with, services, 'show-values': shows } })
      const [before, after] = shows === 'true' ? ['***', 'no longer'] : ['(hidden)', '(another)']
      expect(change.outputs.plan).toContain(`| env \`TOKEN\` | \`${before}\` | \`${after}\` | 🔄 |`)
      expectNoTrace(change)
    }
  })

  test('after a good run there is no trace, and during it nobody else could read along', async () => {
    const image = await swarm.lab.image({ registry: 'main', repository: 'good', content: 'good' })
    const step = await swarm.runner.start(await canaryStep('good', image.reference))
    const watching = watchProcesses(forms())
    await swarm.until('the deploy', () => stageLine('Deploy').test(step.printed()))
    const [workspace = ''] = await readdir(swarm.runner.temp)
    const directory = join(swarm.runner.temp, workspace)
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    const files = filesUnder(directory)
    expect(files.length).toBeGreaterThan(1)
    for (const file of files) expect({ file, mode: statSync(file).mode & 0o777 }).toEqual({ file, mode: 0o600 })

    const run = await step.finished
    const { leaks, commands } = watching.stop()
    expect(run.main.code).toBe(0)
    expect(commands).toBeGreaterThan(0)
    // The variable of the service is in the environment of the one command that sets it, and on no command line.
    expect(leaks.filter((leak) => !/^environment of .*service\0create/.test(leak))).toEqual([])
    expectNoTrace(run)
    expect(await readdir(swarm.runner.temp)).toEqual([])
  })

  test('after a run that fails there is no trace, even when the task prints the secret', async () => {
    const program = exits(1, `cannot use ${CANARY}`)
    const image = await swarm.lab.image({ registry: 'main', repository: 'fails', content: 'fails', ...program })
    const run = await swarm.runner.run(await canaryStep('fails', image.reference))
    expect(run.main.code).toBe(1)
    expect(run.log).toContain('cannot use ***')
    expectNoTrace(run)
  })

  test('after a preflight that fails there is no trace', async () => {
    const run = await swarm.runner.run(await canaryStep('absent', `${registry().host}/absent:v1`))
    expect(run.main.code).toBe(1)
    expectNoTrace(run)
    expect(await readdir(swarm.runner.temp)).toEqual([])
  })

  test.each<[NodeJS.Signals, string]>([
    ['SIGINT', 'Connect'],
    ['SIGTERM', 'Log in'],
    ['SIGTERM', 'Watch'],
    ['SIGKILL', 'Log in'],
    ['SIGKILL', 'Watch'],
  ])('a run that %s ends in the stage %s leaves nothing after post', async (signal, stage) => {
    const name = `killed-${signal}-${stage.replace(' ', '')}`.toLowerCase()
    const image = await swarm.lab.image({ registry: 'main', repository: name, content: name })
    const step = await swarm.runner.start(await canaryStep(name, image.reference, { monitor: '60s' }))
    await swarm.until(stage, () => stageLine(stage).test(step.printed()))
    step.main.kill(signal)
    const run = await step.finished
    if (signal === 'SIGKILL') expect(run.main.code).toBeNull()
    else expect(run.outputs.status).toBe('cancelled')
    expect(run.post).toMatchObject({ code: 0, stderr: '' })
    expectNoTrace(run)
    expect(await readdir(swarm.runner.temp)).toEqual([])
    const again = await swarm.runner.post(run.state)
    expect(again).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test('no keychain of the machine is asked, but a helper that the own configuration names is', async () => {
    await registry().setAccount('helped', { password: 'helper-pw' })
    const image = await swarm.lab.image({ registry: 'main', repository: 'helped', content: 'helped' })
    const bin = join(swarm.runner.directory, 'helpers')
    await mkdir(bin)
    const answer = JSON.stringify({ ServerURL: registry().host, Username: 'helped', Secret: 'helper-pw' })
    for (const name of ['secretservice', 'pass', 'named']) {
      const script = `#!/bin/sh\ncat >/dev/null\necho "$1" >>'${bin}/${name}.calls'\necho '${answer}'\n`
      await writeFile(join(bin, `docker-credential-${name}`), script)
      await chmod(join(bin, `docker-credential-${name}`), 0o755)
    }
    const own = join(swarm.runner.directory, 'own-config')
    await mkdir(own)
    await writeFile(join(own, 'config.json'), JSON.stringify({ credHelpers: { [registry().host]: 'named' } }))
    const before = statSync(join(own, 'config.json'))
    const run = await swarm.runner.run({
      with: { services: JSON.stringify([{ name: 'helped', image: image.reference, create: true }]), monitor: '1s' },
      env: { ...env(), PATH: `${bin}:${process.env.PATH}`, DOCKER_CONFIG: own },
    })
    expect(run.main.code).toBe(0)
    expect(resultsOf(run)).toMatchObject([{ config: 'DOCKER_CONFIG' }])
    expect(readFileSync(join(bin, 'named.calls'), 'utf8')).toBe('get\n')
    expect(existsSync(join(bin, 'secretservice.calls')) || existsSync(join(bin, 'pass.calls'))).toBe(false)
    expect(await readdir(own)).toEqual(['config.json'])
    expect(statSync(join(own, 'config.json')).mtimeMs).toBe(before.mtimeMs)

    const given = await swarm.runner.run({
      with: {
        ...{ registry: registry().host, username: 'helped', password: 'helper-pw' },
        services: JSON.stringify([{ name: 'helped', env: { A: '1' } }]),
        monitor: '1s',
      },
      env: { ...env(), PATH: `${bin}:${process.env.PATH}` },
    })
    expect(given.main.code).toBe(0)
    expect(existsSync(join(bin, 'secretservice.calls')) || existsSync(join(bin, 'pass.calls'))).toBe(false)
    expect(existsSync(join(swarm.runner.home, '.docker'))).toBe(false)
  })

  test('in a shell that is no runner nothing prints the secret', async () => {
    const image = await swarm.lab.image({ registry: 'main', repository: 'shell', content: 'shell' })
    const step = await canaryStep('shell', image.reference)
    const run = await swarm.runner.run({ ...step, env: { ...step.env, GITHUB_ACTIONS: '' } })
    expect(run.main.code).toBe(0)
    for (const form of forms()) expect(run.main.stdout).not.toContain(form)
  })

  test.each(['HOME', 'DOCKER_CONFIG'])('the configuration of %s is byte for byte as it was', async (way) => {
    const user = `user-${way.length}`
    await registry().setAccount(user, { password: 'own-password-1' })
    await registry().setAccount('given', { password: 'given-password-2' })
    const home = join(swarm.runner.directory, `home-${way.length}`)
    const directory = way === 'HOME' ? join(home, '.docker') : join(home, 'elsewhere')
    await mkdir(join(directory, 'contexts', 'meta'), { recursive: true, mode: 0o750 })
    const auth = Buffer.from(`${user}:own-password-1`).toString('base64')
    await writeFile(
      join(directory, 'config.json'),
      `{"auths":{"${registry().host}":{"auth":"${auth}"}},\n\t"psFormat":"x"}`,
      { mode: 0o640 },
    )
    await writeFile(join(directory, 'daemon.json'), '{}', { mode: 0o444 })
    await utimes(join(directory, 'daemon.json'), 1000, 2000)
    const env = {
      HOME: home,
      DOCKER_HOST: swarm.lab.nodes[0].host,
      ...(way !== 'HOME' && { DOCKER_CONFIG: directory }),
    }
    const before = listing(home)
    const image = await swarm.lab.image({ registry: 'main', repository: 'own', content: 'own' })
    const services = (reference: string) =>
      JSON.stringify([{ name: `own-${way.length}`, image: reference, create: true }])
    const given = { registry: registry().host, username: 'given', password: 'given-password-2' }

    const own = await swarm.runner.run({ with: { services: services(image.reference), monitor: '1s' }, env })
    expect(errorsOf(own)).toEqual([])
    const explicit = await swarm.runner.run({ with: { ...given, services: services(image.reference) }, env })
    expect(errorsOf(explicit)).toEqual([])
    const bad = await swarm.runner.run({ with: { ...given, services: services(`${image.reference}404`) }, env })
    expect(errorsOf(bad)).toHaveLength(1)
    const killed = await swarm.runner.start({ with: { ...given, services: services(image.reference) }, env })
    await swarm.until('the login', () => stageLine('Log in').test(killed.printed()))
    killed.main.kill('SIGKILL')
    await killed.finished
    expect(listing(home)).toEqual(before)
  })

  test.each<[NodeJS.Signals, string]>([
    ['SIGKILL', 'Connect'],
    ['SIGKILL', 'Check images, flags and platforms'],
    ['SIGKILL', 'Deploy'],
    ['SIGKILL', 'Watch'],
    ['SIGTERM', 'Check images, flags and platforms'],
    ['SIGINT', 'Deploy'],
    ['SIGTERM', 'Watch'],
  ])('%s in the stage %s leaves no process and no file', async (signal, stage) => {
    await registry().setAccount('left', { password: 'left-password-3' })
    const name = `left-${signal}-${stage.replaceAll(/\W+/g, '')}`.toLowerCase()
    const image = await swarm.lab.image({ registry: 'main', repository: name, content: name })
    // Slow enough that a child is at work in every stage.
    await registry().fail({ delayMs: 300 })
    const step = await swarm.start({
      ...{ registry: registry().host, username: 'left', password: 'left-password-3', monitor: '60s' },
      services: JSON.stringify([{ name, image: image.reference, create: true, 'create-args': ['--label a=b'] }]),
    })
    await swarm.until(stage, () => stageLine(stage).test(step.printed()))
    await new Promise((resolve) => setTimeout(resolve, 150))
    step.main.kill(signal)
    const run = await step.finished
    await registry().recover()
    expect(run.main.code).toBe(signal === 'SIGKILL' ? null : 1)
    expect(run.post.code).toBe(0)
    expect(run.log).not.toContain('A bug of this action')
    expect(await readdir(swarm.runner.temp)).toEqual([])
    await swarm.until('the end of all children', () => processesWith(swarm.runner.temp).length === 0)
  })

  test('a secret of several lines is hidden line by line', async () => {
    const password = '-----BEGIN KEY-----\nfirst-line-of-it\r\nsecond line of it\n-----END KEY-----'
    await registry().setAccount('many', { password })
    const image = await swarm.lab.image({ registry: 'main', repository: 'many', content: 'many' })
    const run = await swarm.deploy(
      {
        registries: JSON.stringify([{ registry: registry().host, username: 'many', 'password-env': 'MANY' }]),
        services: JSON.stringify([
          // The daemon quotes the flag's value in its refusal.
          { name: 'many', image: image.reference, create: true, 'create-args': ['--limit-memory=first-line-of-it'] },
        ]),
      },
      { MANY: password },
    )
    expect(errorsOf(run)).toEqual([expect.stringContaining('docker refuses it: invalid argument "***"')])
    const printed = run.main.stdout.replaceAll(/^::add-mask::.*$/gm, '') + run.summary + JSON.stringify(run.outputs)
    for (const line of password.split(/\r?\n/)) expect(printed).not.toContain(line)
  })

  test('two runs at once, each with its own account for one registry, know nothing of each other', async () => {
    const users = ['first', 'second']
    for (const user of users) await registry().setAccount(user, { password: `${user}-password`, read: [user] })
    const runs = await Promise.all(
      users.map(async (user) => {
        const image = await swarm.lab.image({ registry: 'main', repository: `${user}/app`, content: user })
        return swarm.deploy({
          ...{ registry: registry().host, username: user, password: `${user}-password`, monitor: '1s' },
          services: JSON.stringify([{ name: `at-once-${user}`, image: image.reference, create: true }]),
        })
      }),
    )
    expect(runs.map(errorsOf)).toEqual([[], []])
    expect(JSON.stringify(runs[0])).not.toContain('second-password')
    expect(JSON.stringify(runs[1])).not.toContain('first-password')
    expect(await readdir(swarm.runner.temp)).toEqual([])
  })
})
