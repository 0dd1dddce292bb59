import { startLab } from '../lab/lab.ts'
import { until } from '../lab/patience.ts'
import { exits, runs } from '../lab/program.ts'
import { Runner } from '../lab/runner.ts'
import type { Service, Task } from '../src/docker/api.ts'
import { median, summary, table } from './measure.ts'

const LIMIT_MS = 300_000
const NAMES = ['a', 'b', 'c', 'bad', 'slow']
const QUICK = { 'create-args': ['--update-monitor 1s', '--restart-delay 500ms'] }
/** Five tasks, one after another with ten seconds in between: 40 s. */
const SLOW = { replicas: '5', 'create-args': [...QUICK['create-args'], '--update-delay 10s'] }

type RunningTask = Task & { readonly Spec: { readonly ContainerSpec: { readonly Image: string } } }

/**
 * Five services, of which one fails at once and one takes 40 s to roll out: from Swarm's word that the one has failed to
 * the moment in which every task of all five runs what ran before.
 *
 * @param before the bundle of an earlier version
 */
export async function wayBackTable(before: string | undefined, rounds: number): Promise<string> {
  const lab = await startLab({ nodes: 1, registries: { main: { accounts: { bench: { password: 'bench-pw' } } } } })
  const runner = await Runner.start()
  try {
    const login = { registry: lab.registries.main.host, username: 'bench', password: 'bench-pw' }
    const image = async (repository: string, tag: string, program = runs()) =>
      (
        await lab.image({
          registry: 'main',
          repository,
          tag,
          content: repository + tag,
          hasContentFile: true,
          format: 'docker',
          ...program,
        })
      ).reference
    const step = async (services: unknown, bundle?: string) => {
      const inputs = { ...login, services: JSON.stringify(services) }
      const env = { DOCKER_HOST: lab.nodes[0].host }
      return runner.start({ with: inputs, env, ...(bundle !== undefined && { bundle }) })
    }
    const engine = async <T>(path: string) => (await lab.nodes[0].engine<T>('GET', path)).body
    const made = await step(
      await Promise.all(
        NAMES.map(async (name) => ({
          name,
          image: await image(name, 'v1'),
          create: true,
          ...(name === 'slow' ? SLOW : QUICK),
        })),
      ),
    )
    if ((await made.finished).main.code !== 0) throw new Error(made.printed())

    /** Whether everything runs the first version, and nothing else. */
    const isRestored = async () => {
      const tasks = await engine<RunningTask[]>('/tasks')
      const services = await engine<Service[]>('/services')
      const isOld = (reference: string | undefined) => reference?.includes(':v1@') === true
      const up = tasks.filter(({ Status, DesiredState }) => Status.State === 'running' && DesiredState === 'running')
      return (
        up.length === NAMES.length + 4 &&
        up.every(({ Spec }) => isOld(Spec.ContainerSpec.Image)) &&
        services.every(({ Spec }) => isOld(Spec.TaskTemplate.ContainerSpec?.Image))
      )
    }

    let version = 1
    const measure = async (bundle?: string) => {
      const tag = `v${++version}`
      const images = NAMES.map(async (name) => [name, await image(name, tag, name === 'bad' ? exits(1) : runs())])
      const run = await step(Object.fromEntries(await Promise.all(images)), bundle)
      const orShow = (error: unknown) => {
        throw new Error(run.printed(), { cause: error })
      }
      let isSent = false
      await until('the failure', LIMIT_MS, async () => {
        const bad = await engine<Service>('/services/bad')
        const isNew = bad.Spec.TaskTemplate.ContainerSpec?.Image.includes(`:${tag}@`) === true
        isSent ||= isNew
        // The pause may be over before it is seen.
        return isSent && (!isNew || bad.UpdateStatus?.State === 'paused')
      }).catch(orShow)
      const failedAt = performance.now()
      const done = run.finished.then(() => (performance.now() - failedAt) / 1000)
      await until('everything restored', LIMIT_MS, isRestored).catch(orShow)
      const restored = (performance.now() - failedAt) / 1000
      return { restored, ended: await done }
    }

    const bundles = { 'this step': undefined, ...(before === undefined ? {} : { 'an earlier version': before }) }
    const rows = []
    const medians: number[] = []
    for (const [name, bundle] of Object.entries(bundles)) {
      const all = []
      for (let round = 0; round < rounds; round++) {
        const one = await measure(bundle)
        process.stderr.write(
          `${name}: restored after ${one.restored.toFixed(2)} s, ended after ${one.ended.toFixed(2)} s\n`,
        )
        all.push(one)
      }
      const restored = all.map((one) => one.restored)
      medians.push(median(restored))
      rows.push({ name, restored, ended: all.map((one) => one.ended) })
    }
    const slowest = Math.max(...medians)
    return table(
      [
        'Five services, one fails at once, one takes 40 s: from that failure',
        'until all is restored, s',
        'Ratio',
        'until the step ends, s',
      ],
      rows.map(({ name, restored, ended }) => [
        name,
        summary(restored),
        `${(median(restored) / slowest).toFixed(2)} ×`,
        summary(ended),
      ]),
    )
  } finally {
    await runner[Symbol.asyncDispose]()
    await lab.down()
  }
}
