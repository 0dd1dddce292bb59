import { join } from 'node:path'
import { Door } from '../lab/faults/door.ts'
import { type Lab, startLab } from '../lab/lab.ts'
import { until } from '../lab/patience.ts'
import { runs } from '../lab/program.ts'
import { Runner, type Step } from '../lab/runner.ts'
import { median, summary, table } from './measure.ts'

const LIMIT_MS = 120_000
/** GitHub's runner sends SIGINT, 7.5 s later SIGTERM, and kills 2.5 s after that. */
const RUNNER_SECONDS = 10

interface Moment {
  readonly title: string
  readonly inputs: Step['with']
  /** What is printed when it has come. */
  readonly at: RegExp
  /** Whether the daemon is silent from then on. */
  readonly hangs?: boolean
}

const MOMENTS: readonly Moment[] = [
  { title: 'it watches', inputs: { monitor: '10m', timeout: '15m' }, at: /^::group::Watch/m },
  {
    title: 'it watches a daemon that hangs',
    inputs: { monitor: '10m', timeout: '15m' },
    at: /::group::Watch/,
    hangs: true,
  },
  {
    title: 'a canary is on trial',
    inputs: { strategy: 'canary', hold: '10m', monitor: '1s', 'on-cancel': 'rollback' },
    at: /have to stay up/,
  },
  {
    title: 'it watches, with `on-cancel: rollback` and a daemon that hangs',
    inputs: { monitor: '10m', timeout: '15m', 'on-cancel': 'rollback' },
    at: /::group::Watch/,
    hangs: true,
  },
]

/** From SIGTERM to the end of a run, at moments at which it would have gone on for minutes. */
export async function stopTable(rounds: number): Promise<string> {
  await using lab = await startLab({ registries: { main: {} } })
  await using runner = await Runner.start()
  const rows: string[][] = []
  for (const [index, moment] of MOMENTS.entries()) {
    const seconds: number[] = []
    for (let round = 0; round < rounds; round++)
      seconds.push(await measure(moment, `app-${index}-${round}`, lab, runner))
    rows.push([moment.title, summary(seconds), `${(median(seconds) / RUNNER_SECONDS).toFixed(2)} ×`])
  }
  return table(['From SIGTERM to the end, when', 's', `Of the ${RUNNER_SECONDS} s that a runner gives`], rows)
}

async function measure(moment: Moment, name: string, lab: Lab<'main'>, runner: Runner): Promise<number> {
  const image = (tag: string) =>
    lab.image({
      registry: 'main',
      repository: name,
      tag,
      content: name + tag,
      hasContentFile: true,
      format: 'docker',
      ...runs(),
    })
  const [v1, v2] = [await image('v1'), await image('v2')]
  const service = { name, image: v1.reference, create: true, replicas: '2', 'create-args': '--restart-delay 300ms' }
  const env = { DOCKER_HOST: lab.nodes[0].host }
  await runner.run({ with: { services: JSON.stringify([service]), monitor: '1s' }, env })
  await using door = await Door.start(join(runner.directory, `${name}.sock`), lab.nodes[0].socket)
  const services = JSON.stringify({ [name]: v2.reference })
  const step = await runner.start({ with: { services, ...moment.inputs }, env: { DOCKER_HOST: door.host } })
  await until(moment.title, LIMIT_MS, () => moment.at.test(step.printed()))
  if (moment.hangs) door.fail('stall')
  const ended = new Promise((resolve) => step.main.once('close', resolve))
  const stoppedAt = performance.now()
  step.main.kill('SIGTERM')
  await ended
  const seconds = (performance.now() - stoppedAt) / 1000
  door.recover()
  await step.finished
  return seconds
}
