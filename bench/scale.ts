import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Runner } from '../lab/runner.ts'
import { table } from './measure.ts'

const ENGINE = fileURLToPath(new URL('./simulated-engine.ts', import.meta.url))
const PRELOAD = fileURLToPath(new URL('./usage-report.cjs', import.meta.url))
const SIZES = [
  { services: 100, replicas: 10 },
  { services: 1000, replicas: 10 },
] as const
/** How long nothing happens on the swarm after everything is sent: what the wait costs is measured in it. */
const WAIT_SECONDS = 60

interface Usage {
  readonly at: number
  readonly cpuMs: number
  readonly peakMiB: number
}

/** What a wait costs in a swarm that is larger than a lab can be: a daemon that is simulated, with tasks that take long. */
export async function scaleTable(): Promise<string> {
  const rows: string[][] = []
  for (const size of SIZES) rows.push(await measure(size))
  const head = ['One deploy of', 'CPU while it waits, of the time', 'Most memory, MiB', 'CPU in all, s', 'in all, s']
  return table(head, rows)
}

async function measure({ services, replicas }: (typeof SIZES)[number]): Promise<string[]> {
  await using runner = await Runner.start()
  const socket = join(runner.directory, 'engine.sock')
  const report = join(runner.directory, 'usage')
  const engine = fork(ENGINE, [socket, `${services}`, `${replicas}`, `${WAIT_SECONDS}`])
  try {
    await told(engine, 'ready')
    const images = Array.from({ length: services }, (_, index) => [
      `app-${index}`,
      `registry.example/team/app-${index}:v2`,
    ])
    const beganAt = Date.now()
    const step = await runner.start({
      with: { services: JSON.stringify(Object.fromEntries(images)), 'max-parallel': '50', timeout: '15m' },
      env: { DOCKER_HOST: `unix://${socket}`, NODE_OPTIONS: `--require ${PRELOAD}`, USAGE_REPORT: report },
    })
    const ended = once(step.main, 'exit')
    const sentAt = await Promise.race([
      told(engine, 'sent'),
      step.finished.then(({ log }) => Promise.reject(new Error(log))),
    ])
    const upAt = await told(engine, 'up')
    await ended
    const seconds = (Date.now() - beganAt) / 1000
    // Written by post as well, which begins again at nothing.
    const usages = (await readFile(report, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Usage)
    const last = usages.at(-1)
    const { log, main } = await step.finished
    if (main.code !== 0 || last === undefined) throw new Error(log)
    const waiting = usages.filter(({ at }) => at >= sentAt + 2000 && at <= upAt)
    const [first, end] = [waiting[0], waiting.at(-1)]
    if (first === undefined || end === undefined) throw new Error('the wait was too short to be measured')
    const share = (end.cpuMs - first.cpuMs) / (end.at - first.at)
    await rm(report)
    return [
      `${services} services with ${services * replicas} tasks`,
      `${(share * 100).toFixed(1)} %`,
      last.peakMiB.toFixed(0),
      (last.cpuMs / 1000).toFixed(1),
      seconds.toFixed(0),
    ]
  } finally {
    engine.kill()
  }
}

/** Resolves to the time at which the simulated daemon says so. */
function told(engine: ChildProcess, word: string): Promise<number> {
  return new Promise((resolve) => {
    engine.on('message', (message) => {
      if (message === word) resolve(Date.now())
    })
  })
}
