import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { chmod, mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { stageLine } from '../../lab/log-lines.ts'
import { exits } from '../../lab/program.ts'
import type { StepResult } from '../../lab/runner.ts'
import { describeSwarm, resultsOf } from '../support/swarm.ts'
import { expectNoForm, filesUnder, formsOf, processesWith, watchProcesses } from '../support/traces.ts'

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
  const expectNoTrace = (run: StepResult) => expectNoForm(run, forms(), [swarm.runner.temp, swarm.runner.home])

  test('a password with whatever is in it logs in, and reads its image', async () => {
    const all = Object.entries(PASSWORDS).map(([what, password], index) => {
      return { what, password, user: `bot-${index}`, team: `team-${index}`, variable: `SECRET_${index}` }
    })
    const entries = all.map(({ password, user, team, variable }, index) => {
      const given = [{ password }, { 'password-env': variable }, { 'password-file': `${variable}.txt` }][index % 3]
      return { registry: `${registry().host}/${team}`, username: user, ...given }
    })
    const services = await Promise.all(
      all.map(async ({ password, user, team, variable }) => {
        await registry().setAccount(user, { password, read: [team] })
        await writeFile(join(swarm.runner.workspace, `${variable}.txt`), `${password}\n`)
        const image = await swarm.lab.image({ registry: 'main', repository: `${team}/forms`, content: 'forms' })
        return { name: `forms-${team}`, image: image.reference, create: true, replicas: '0' }
      }),
    )
    const run = await swarm.deploy(
      { registries: JSON.stringify(entries), services: JSON.stringify(services) },
      Object.fromEntries(all.map(({ variable, password }) => [variable, password])),
    )
    expect(errorsOf(run)).toEqual([])
    for (const { what, user } of all) {
      expect({ what, loggedIn: run.log.includes(`logged in with account ${user} `) }).toEqual({ what, loggedIn: true })
    }
  })

  test('before, during and after a good run nobody else could read along, and no plan has a trace', async () => {
    const image = await swarm.lab.image({ registry: 'main', repository: 'good', content: 'good' })
    const inputs = await canaryStep('good', image.reference)
    const planned = await swarm.runner.run({ ...inputs, with: { ...inputs.with, mode: 'plan', 'show-values': 'true' } })
    expect(planned.outputs.status).toBe('planned')
    expect(planned.outputs.plan).toContain('| env `TOKEN` | `***` |')
    expectNoTrace(planned)

    const step = await swarm.runner.start(inputs)
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

    for (const shows of ['true', 'false']) {
      const services = JSON.stringify([{ name: 'good', env: { TOKEN: 'no longer' } }])
      const plan = { services, mode: 'plan', 'show-values': shows }
      const change = await swarm.runner.run({ ...inputs, with: { ...inputs.with, ...plan } })
      const [before, after] = shows === 'true' ? ['***', 'no longer'] : ['(hidden)', '(another)']
      expect(change.outputs.plan).toContain(`| env \`TOKEN\` | \`${before}\` | \`${after}\` | 🔄 |`)
      expectNoTrace(change)
    }
  })

  test('after a run that fails there is no trace, even when the task prints the secret', async () => {
    const program = exits(1, `cannot use ${CANARY}`)
    const image = await swarm.lab.image({ registry: 'main', repository: 'fails', content: 'fails', ...program })
    const run = await swarm.runner.run(await canaryStep('fails', image.reference))
    expect(run.main.code).toBe(1)
    expect(run.log).toContain('cannot use ***')
    expectNoTrace(run)
  })

  // The other stages and signals are told in `bundle/killed.test.ts`.
  test.each<[NodeJS.Signals, string]>([
    ['SIGKILL', 'Check images, flags and platforms'],
    ['SIGINT', 'Deploy'],
    ['SIGTERM', 'Watch'],
    ['SIGKILL', 'Watch'],
  ])('a run that %s ends in the stage %s leaves neither process nor file, and no trace', async (signal, stage) => {
    const name = `killed-${signal}-${stage.replaceAll(/\W+/g, '')}`.toLowerCase()
    const image = await swarm.lab.image({ registry: 'main', repository: name, content: name })
    // Slow enough that a child is at work in every stage.
    await registry().fail({ delayMs: 300 })
    const step = await swarm.runner.start(await canaryStep(name, image.reference, { monitor: '60s' }))
    await swarm.until(stage, () => stageLine(stage).test(step.printed()))
    await new Promise((resolve) => setTimeout(resolve, 150))
    step.main.kill(signal)
    const run = await step.finished
    await registry().recover()
    if (signal === 'SIGKILL') expect(run.main.code).toBeNull()
    else expect([run.main.code, run.outputs.status]).toEqual([1, 'cancelled'])
    expect(run.post).toMatchObject({ code: 0, stderr: '' })
    expect(run.log).not.toContain('A bug of this action')
    expectNoTrace(run)
    expect(await readdir(swarm.runner.temp)).toEqual([])
    await swarm.until('the end of all children', () => processesWith(swarm.runner.temp).length === 0)
    expect(await swarm.runner.post(run.state)).toEqual({ code: 0, stdout: '', stderr: '' })
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
      with: { services: JSON.stringify([{ name: 'helped', image: image.reference, create: true, replicas: '0' }]) },
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
      },
      env: { ...env(), PATH: `${bin}:${process.env.PATH}` },
    })
    expect(given.main.code).toBe(0)
    expect(existsSync(join(bin, 'secretservice.calls')) || existsSync(join(bin, 'pass.calls'))).toBe(false)
    expect(existsSync(join(swarm.runner.home, '.docker'))).toBe(false)
  })

  test('the configurations of HOME and of DOCKER_CONFIG are byte for byte as they were', async () => {
    await registry().setAccount('own', { password: 'own-password-1' })
    await registry().setAccount('given', { password: 'given-password-2' })
    const home = join(swarm.runner.directory, 'home-of-own')
    const elsewhere = join(home, 'elsewhere')
    const auth = Buffer.from('own:own-password-1').toString('base64')
    for (const directory of [join(home, '.docker'), elsewhere]) {
      await mkdir(join(directory, 'contexts', 'meta'), { recursive: true, mode: 0o750 })
      await writeFile(
        join(directory, 'config.json'),
        `{"auths":{"${registry().host}":{"auth":"${auth}"}},\n\t"psFormat":"x","HttpHeaders":{"X-Team":"web"}}`,
        { mode: 0o640 },
      )
      await writeFile(join(directory, 'daemon.json'), '{}', { mode: 0o444 })
      await utimes(join(directory, 'daemon.json'), 1000, 2000)
    }
    const before = listing(home)
    const image = await swarm.lab.image({ registry: 'main', repository: 'own', content: 'own' })
    const services = (reference: string) =>
      JSON.stringify([
        { name: 'own', image: reference, create: true, replicas: '0', 'create-args': ['--restart-delay 1s'] },
      ])
    const given = { registry: registry().host, username: 'given', password: 'given-password-2' }
    const ofHome = { HOME: home, DOCKER_HOST: swarm.lab.nodes[0].host }
    const ofVariable = { ...ofHome, DOCKER_CONFIG: elsewhere }

    const own = await swarm.runner.run({ with: { services: services(image.reference) }, env: ofHome })
    expect(errorsOf(own)).toEqual([])
    expect(resultsOf(own)).toMatchObject([{ config: '~/.docker' }])
    const byVariable = await swarm.runner.run({ with: { services: services(image.reference) }, env: ofVariable })
    expect(errorsOf(byVariable)).toEqual([])
    expect(resultsOf(byVariable)).toMatchObject([{ config: 'DOCKER_CONFIG' }])
    const explicit = await swarm.runner.run({ with: { ...given, services: services(image.reference) }, env: ofHome })
    expect(errorsOf(explicit)).toEqual([])
    const bad = await swarm.runner.run({
      with: { ...given, services: services(`${image.reference}404`) },
      env: ofVariable,
    })
    expect(errorsOf(bad)).toHaveLength(1)
    for (const env of [ofHome, ofVariable]) {
      const killed = await swarm.runner.start({ with: { ...given, services: services(image.reference) }, env })
      await swarm.until('the login', () => stageLine('Log in').test(killed.printed()))
      killed.main.kill('SIGKILL')
      await killed.finished
    }
    expect(listing(home)).toEqual(before)
  })
})
