import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { type Lab, startLab } from '../lab/lab.ts'
import { runs, serves } from '../lab/program.ts'
import { Runner } from '../lab/runner.ts'
import { median, summary, table } from './measure.ts'

const ACCOUNT = { username: 'bench', password: 'bench-pw' }
const MEGABYTE = 1_000_000
const PORT = 8080
/** Who answers later than that has not answered. */
const PATIENCE_MS = 500
const ASK_EVERY_MS = 50

interface Shape {
  readonly nodes: number
  readonly megabytes: number
  /** Megabytes a second from the registry to each node. */
  readonly line: number
  readonly parallelism: number
  readonly order: 'stop-first' | 'start-first'
}

/** What is compared: the swarm's own way, and two choices of `prepare`. */
const CHOICES = ['false', 'true', 'auto'] as const
type Times = Readonly<Record<(typeof CHOICES)[number], number[]>>

const noTimes = (): Times => ({ false: [], true: [], auto: [] })

/** The choices in turn, every second time the other way round: what a swarm has done before changes what it does. */
function turns(rounds: number): (typeof CHOICES)[number][] {
  return Array.from({ length: rounds }, (_, round) => (round % 2 === 0 ? CHOICES : CHOICES.toReversed())).flat()
}

function rowOf(title: string, { false: plain, ...others }: Times): string[] {
  const compared = [others.true, others.auto].flatMap((times) => [
    summary(times),
    `${(median(times) / median(plain)).toFixed(2)} ×`,
  ])
  const row = [title, summary(plain), ...compared]
  process.stderr.write(`${row.join(' | ')}\n`)
  return row
}

/** A swarm whose nodes have narrow lines to the registry. */
class Swarm implements AsyncDisposable {
  readonly lab: Lab<'main'>
  readonly runner: Runner
  #version = 0

  private constructor(lab: Lab<'main'>, runner: Runner) {
    this.lab = lab
    this.runner = runner
  }

  static async start(nodes: number): Promise<Swarm> {
    const registries = { main: { accounts: { [ACCOUNT.username]: { password: ACCOUNT.password } } } }
    return new Swarm(await startLab({ nodes, registries }), await Runner.start())
  }

  /** The next image of a service, which no node has. */
  async image(repository: string, megabytes: number, program = runs()): Promise<string> {
    const tag = `v${++this.#version}`
    const contents = {
      content: repository + tag,
      hasContentFile: true,
      ballast: megabytes * MEGABYTE,
      format: 'docker',
      ...program,
    } as const
    return (await this.lab.image({ registry: 'main', repository, tag, ...contents })).reference
  }

  /** The seconds until the step has ended. */
  async deploy(service: Readonly<Record<string, unknown>>, prepare: string): Promise<number> {
    const login = { registry: this.lab.registries.main.host, ...ACCOUNT }
    const inputs = { ...login, services: JSON.stringify([service]), timeout: '30m', monitor: '1s', prepare }
    const startedAt = performance.now()
    const step = await this.runner.start({ with: inputs, env: { DOCKER_HOST: this.lab.nodes[0].host } })
    await once(step.main, 'exit')
    const seconds = (performance.now() - startedAt) / 1000
    const run = await step.finished
    if (run.main.code !== 0) throw new Error(run.log)
    return seconds
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runner[Symbol.asyncDispose]()
    await this.lab.down()
  }
}

function shapeInWords({ nodes, megabytes, line, parallelism, order }: Shape): string {
  const many = parallelism === 0 ? 'all at once' : `parallelism ${parallelism}`
  return `${nodes} nodes, ${megabytes} MB at ${line} MB/s, ${many}, ${order}`
}

/** The whole of a rollout to images that no node has: without `prepare`, which is the swarm's own way, with it, and where all have it. */
async function benchWhole(swarm: Swarm, shape: Shape, rounds: number): Promise<string[]> {
  const { nodes, megabytes, line, parallelism, order } = shape
  const name = `whole-${megabytes}-${parallelism}-${order}`
  const flags = [`--update-parallelism ${parallelism}`, `--update-order ${order}`, '--update-monitor 1s']
  const registry = swarm.lab.registries.main
  await registry.limitLine(undefined)
  const first = { name, image: await swarm.image(name, 1), create: true, replicas: `${nodes}`, 'create-args': flags }
  await swarm.deploy(first, 'false')
  const times = noTimes()
  for (const prepare of turns(rounds)) {
    const image = await swarm.image(name, megabytes)
    await registry.limitLine(line * MEGABYTE)
    times[prepare].push(await swarm.deploy({ name, image }, prepare))
    await registry.limitLine(undefined)
  }
  await swarm.lab.docker(['service', 'rm', name])
  return rowOf(shapeInWords(shape), times)
}

/** What it costs where nobody has to pull: the tasks are replaced, and all nodes have the image. */
async function benchThere(swarm: Swarm, nodes: number, rounds: number): Promise<string[]> {
  const name = 'there'
  const images = [await swarm.image(name, 1), await swarm.image(name, 1)]
  const flags = ['--update-parallelism 1', '--update-monitor 1s']
  const [one = '', two = ''] = images
  const service = (image: string) => ({ name, image })
  await swarm.deploy({ ...service(one), create: true, replicas: `${nodes}`, 'create-args': flags }, 'true')
  await swarm.deploy(service(two), 'true')
  const times = noTimes()
  for (const [turn, prepare] of turns(rounds).entries()) {
    times[prepare].push(await swarm.deploy(service(images[turn % 2] ?? ''), prepare))
  }
  await swarm.lab.docker(['service', 'rm', name])
  return rowOf(`${nodes} nodes that have the image, parallelism 1`, times)
}

/** Asks a service all the time, and says how long it did not answer at the longest, in seconds. */
const ASKING = `
const [url] = process.argv.slice(-1)
let last
let longest = 0
const ask = async () => {
  const isGood = await fetch(url, { signal: AbortSignal.timeout(${PATIENCE_MS}) }).then((answer) => answer.ok, () => false)
  const now = performance.now()
  if (!isGood) return
  if (last !== undefined) longest = Math.max(longest, now - last)
  last = now
}
setInterval(ask, ${ASK_EVERY_MS})
process.stdin.resume().on('end', () => { console.log(longest / 1000); process.exit() })
`

function askingFrom(lab: Lab<'main'>, url: string) {
  const [program = '', ...enter] = lab.enter
  const child = spawn(program, [...enter, process.execPath, '-e', ASKING, url], { stdio: ['pipe', 'pipe', 'inherit'] })
  return {
    async longest(): Promise<number> {
      const printed = text(child.stdout)
      child.stdin.end()
      return Number(await printed)
    },
  }
}

/** The time without an answer of a service with one replica, through its port on its node. */
async function benchGap(swarm: Swarm, megabytes: number, line: number, rounds: number): Promise<string[]> {
  const name = `gap-${megabytes}`
  const registry = swarm.lab.registries.main
  await registry.limitLine(undefined)
  // At one address: the routing mesh needs IPVS, which the lab has not.
  const node = swarm.lab.node('n2')
  const flags = [
    '--constraint node.hostname==n2',
    `--publish mode=host,published=${PORT},target=${PORT}`,
    '--update-monitor 1s',
  ]
  const first = { name, image: await swarm.image(name, 1, serves()), create: true, 'create-args': flags }
  await swarm.deploy(first, 'false')
  const gaps = noTimes()
  for (const prepare of turns(rounds)) {
    const image = await swarm.image(name, megabytes, serves())
    await registry.limitLine(line * MEGABYTE)
    const url = `http://${node.address}:${PORT}/content`
    const asking = askingFrom(swarm.lab, url)
    await swarm.deploy({ name, image }, prepare)
    gaps[prepare].push(await asking.longest())
    await registry.limitLine(undefined)
  }
  await swarm.lab.docker(['service', 'rm', name])
  return rowOf(`one replica, stop-first, ${megabytes} MB at ${line} MB/s`, gaps)
}

/** Images first: the whole time, what it costs where there is nothing to pull, and the time without an answer. */
export async function prepareTables(isQuick: boolean, rounds: number): Promise<string[]> {
  const shape = { megabytes: 50, line: 10, parallelism: 1, order: 'stop-first' } as const
  const shapes: readonly Shape[] = [
    { ...shape, nodes: 3 },
    ...(isQuick ? [] : [{ ...shape, nodes: 3, megabytes: 500, line: 25 }]),
    { ...shape, nodes: 6 },
    ...(isQuick
      ? []
      : [
          { ...shape, nodes: 6, order: 'start-first' as const },
          { ...shape, nodes: 6, parallelism: 0 },
          { ...shape, nodes: 6, parallelism: 0, order: 'start-first' as const },
        ]),
  ]
  const whole: string[][] = []
  const gaps: string[][] = []
  for (const nodes of [3, 6]) {
    await using swarm = await Swarm.start(nodes)
    for (const one of shapes.filter((candidate) => candidate.nodes === nodes)) {
      whole.push(await benchWhole(swarm, one, rounds))
    }
    whole.push(await benchThere(swarm, nodes, rounds))
    if (nodes === 6) continue
    gaps.push(await benchGap(swarm, 50, 10, rounds))
    gaps.push(await benchGap(swarm, 500, 25, isQuick ? 1 : rounds))
  }
  const words = ['without `prepare`, s', '`prepare: true`, s', 'Ratio', '`prepare: auto`, s', 'Ratio']
  return [
    table(['One task on each node, from start to end of the step', ...words], whole),
    table(['Longest time without an answer', ...words], gaps),
  ]
}
