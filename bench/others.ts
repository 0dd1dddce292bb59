import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeKey, Sshd } from '../lab/sshd.ts'
import { Field, type Images } from './field.ts'
import { median, reportedCpu, reportingCpu, secondsOf, summary, table } from './measure.ts'

const BUNDLE = resolve(dirname(fileURLToPath(import.meta.url)), '../dist/index.js')
const ROUNDS = 5
const STARTS = 30

/** A deploy that changes nothing, and the start-up alone. */
export async function noOpTable(): Promise<string> {
  await using field = await Field.prepare(1, 20, 1)
  const services = field.services(await field.nextImages())
  await field.deploy({ services })
  const [noOps, starts]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    noOps.push(
      await secondsOf(async () => {
        const run = await field.deploy({ services })
        if (run.outputs.status !== 'unchanged') throw new Error(run.log)
      }),
    )
    starts.push(2 * (await startUp(BUNDLE)).seconds)
  }
  return table(
    ['Deploy that changes nothing, 20 services, s', 'Start-up of `main` and `post`, s', 'Beyond start-up, s'],
    [[summary(noOps), summary(starts), (median(noOps) - median(starts)).toFixed(2)]],
  )
}

/**
 * From the start of the process to its first complaint about the inputs. CPU time is told beside that of a Node that
 * has nothing to do: other work on the machine changes both, and their ratio least of all.
 *
 * @param against `NAME=PATH` of other bundles
 */
export async function startUpTable(against: readonly string[]): Promise<string> {
  const others = against.map((one) => one.split(/=(?=[^=]*$)/) as [string, string])
  const programs = [['Node alone', '--eval=0'], ['this step', BUNDLE], ...others] as const
  const starts = new Map(programs.map(([name]) => [name, [] as Start[]]))
  for (let round = 0; round < STARTS; round++) {
    for (const [name, program] of programs) starts.get(name)?.push(await startUp(program))
  }
  const cpuOf = (name: string) => (starts.get(name) ?? []).map(({ cpu }) => cpu * 1000)
  const rows = programs.map(([name]) => [
    name,
    summary((starts.get(name) ?? []).map(({ seconds }) => seconds)),
    median(cpuOf(name)).toFixed(0),
    `${(median(cpuOf(name)) / median(cpuOf('Node alone'))).toFixed(2)} ×`,
  ])
  return table(['From start to the first input error', 's', 'CPU, ms', 'CPU of Node alone'], rows)
}

interface Start {
  readonly seconds: number
  readonly cpu: number
}

/** @param program the file that Node runs, or an option in place of one */
async function startUp(program: string): Promise<Start> {
  const report = join(tmpdir(), `start-up-${process.pid}`)
  const env = { PATH: process.env.PATH ?? '', GITHUB_ACTIONS: 'true', ...reportingCpu(report) }
  const seconds = await secondsOf(async () => {
    const child = spawn(process.execPath, [program], { env, stdio: 'ignore' })
    const [code] = await once(child, 'close')
    if (code !== (program.startsWith('-') ? 0 : 1)) throw new Error(`${program} ended with ${code}`)
  })
  return { seconds, cpu: await reportedCpu(report) }
}

/** The same deploy over SSH: through our one connection, and by docker commands over `ssh://`. */
export async function reachTable(): Promise<string> {
  await using field = await Field.prepare(1, 20, 1)
  const files = await mkdtemp(join(tmpdir(), 'bench-ssh-'))
  const key = await makeKey(files, 'key')
  const manager = field.lab.nodes[0]
  await using sshd = await Sshd.start({ authorized: [key.publicKey], dockerHost: manager.host })
  const host = `ssh://root@127.0.0.1:${sshd.port}${manager.socket}`
  const [ours, local, commands]: [number[], number[], number[]] = [[], [], []]
  const deploy = async (inputs: Record<string, string>) => {
    const run = await field.deploy(inputs)
    if (run.main.code !== 0) throw new Error(run.log)
  }
  const shim = await sshShim(files, key.path, sshd)
  const timed = async (into: number[], send: (images: Images) => Promise<void>) => {
    const images = await field.nextImages()
    await field.settled()
    into.push(await secondsOf(() => send(images)))
  }
  const ssh = { host, 'ssh-key': key.privateKey, 'ssh-known-hosts': sshd.knownHost }
  for (let round = 0; round < 3; round++) {
    await timed(local, (images) => deploy({ services: field.services(images), wait: 'false' }))
    await timed(ours, (images) => deploy({ services: field.services(images), wait: 'false', ...ssh }))
    await timed(commands, async (images) => {
      for (const [name, image] of images) {
        const args = ['service', 'update', '--detach', '--quiet', '--with-registry-auth', '--image', image, name]
        const { code, stderr } = await field.lab.docker(args, { env: { ...shim, DOCKER_HOST: host } })
        if (code !== 0) throw new Error(stderr)
      }
    })
  }
  await rm(files, { recursive: true })
  const row = (name: string, values: readonly number[]) => [
    name,
    summary(values),
    `${(median(values) / median(commands)).toFixed(2)} ×`,
  ]
  return table(
    ['20 services, sent and not waited for', 's', 'Ratio'],
    [
      row('this step over SSH', ours),
      row('this step on the manager itself', local),
      row('20 × `docker service update --detach` over `ssh://`', commands),
    ],
  )
}

/** An `ssh` that finds its way to the server with a configuration of its own: docker gives it no options. */
async function sshShim(directory: string, key: string, sshd: Sshd): Promise<Record<string, string>> {
  const { chmod, mkdir, writeFile } = await import('node:fs/promises')
  const bin = join(directory, 'bin')
  await mkdir(bin)
  await writeFile(join(directory, 'known'), `${sshd.knownHost}\n`)
  const config = `Host *\n IdentityFile ${key}\n IdentitiesOnly yes\n UserKnownHostsFile ${join(directory, 'known')}\n`
  await writeFile(join(directory, 'config'), config)
  await writeFile(join(bin, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${join(directory, 'config')} "$@"\n`)
  await chmod(join(bin, 'ssh'), 0o755)
  return { PATH: `${bin}:${process.env.PATH}` }
}
