import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Lab, startLab } from '../lab/lab.ts'
import { until } from '../lab/patience.ts'
import { runs } from '../lab/program.ts'
import { Runner, type StepResult } from '../lab/runner.ts'
import type { Service, Task } from '../src/docker/api.ts'

const PRELOAD = fileURLToPath(new URL('./cpu-report.mjs', import.meta.url))
const LIMIT_MS = 900_000
const ACCOUNT = { username: 'bench', password: 'bench-pw' }

/** Some services on a swarm of their own, which the competitors bring from one image to the next. */
export class Field implements AsyncDisposable {
  readonly lab: Lab<'main'>
  readonly runner: Runner
  readonly names: readonly string[]
  #version = 0

  private constructor(lab: Lab<'main'>, runner: Runner, names: readonly string[]) {
    this.lab = lab
    this.runner = runner
    this.names = names
  }

  /** Services with their first image, each up. */
  static async prepare(nodes: number, count: number, replicas: number): Promise<Field> {
    const lab = await startLab({
      nodes,
      registries: { main: { accounts: { [ACCOUNT.username]: { password: ACCOUNT.password } } } },
    })
    const names = Array.from({ length: count }, (_, index) => `s${index + 1}`)
    const field = new Field(lab, await Runner.start(), names)
    const image = await field.nextImage()
    const services = names.map((name) => ({ name, image, replicas: String(replicas), create: true }))
    const created = await field.deploy({ services: JSON.stringify(services) })
    if (created.main.code !== 0) throw new Error(created.log)
    const config = join(lab.directory, 'docker-config')
    const auth = Buffer.from(`${ACCOUNT.username}:${ACCOUNT.password}`).toString('base64')
    await writeFile(join(config, 'config.json'), JSON.stringify({ auths: { [lab.registries.main.host]: { auth } } }))
    return field
  }

  /** An image that no node has yet. */
  async nextImage(): Promise<string> {
    const tag = `v${++this.#version}`
    return (await this.lab.image({ registry: 'main', repository: 'bench', tag, content: tag, ...runs() })).reference
  }

  /** Our step, as a runner runs it. */
  deploy(inputs: Record<string, string>, env: Record<string, string> = {}): Promise<StepResult> {
    const login = { registry: this.lab.registries.main.host, ...ACCOUNT }
    const host = inputs.host === undefined ? { DOCKER_HOST: this.lab.nodes[0].host } : {}
    return this.runner.run({ with: { ...login, ...inputs }, env: { ...host, ...env } })
  }

  /** Our step, and the CPU seconds of its own process. */
  async deployCounted(inputs: Record<string, string>): Promise<{ readonly run: StepResult; readonly cpu: number }> {
    const report = join(this.runner.directory, 'cpu')
    const run = await this.deploy(inputs, { NODE_OPTIONS: `--import ${PRELOAD}`, CPU_REPORT: report })
    const [cpu = Number.NaN] = (await readFile(report, 'utf8')).trim().split('\n').map(Number)
    await rm(report)
    return { run, cpu }
  }

  /** All services in the short form, with one image. */
  services(image: string): string {
    return JSON.stringify(Object.fromEntries(this.names.map((name) => [name, image])))
  }

  /** The floor: every update is sent at once, and then only the swarm's own time passes. */
  async updateAtOnce(image: string): Promise<void> {
    const manager = this.lab.nodes[0]
    const auth = Buffer.from(JSON.stringify({ ...ACCOUNT, serveraddress: this.lab.registries.main.host }))
    const header = { 'X-Registry-Auth': auth.toString('base64').replaceAll('+', '-').replaceAll('/', '_') }
    const { body: services } = await manager.engine<Service[]>('GET', '/services')
    const sent = await Promise.all(
      services.map(({ ID, Version, Spec }) => {
        const container = { ...Spec.TaskTemplate.ContainerSpec, Image: image }
        const spec = { ...Spec, TaskTemplate: { ...Spec.TaskTemplate, ContainerSpec: container } }
        return manager.engine('POST', `/services/${ID}/update?version=${Version.Index}`, spec, header)
      }),
    )
    if (sent.some(({ status }) => status !== 200)) throw new Error('an update was refused')
    await until('the swarm itself', LIMIT_MS, async () => {
      const { body } = await manager.engine<Service[]>('GET', '/services')
      return body.every(({ UpdateStatus: status }) => status?.State === 'completed')
    })
  }

  /** Throws unless every service runs the image with all its tasks. */
  async requireImage(image: string, replicas: number): Promise<void> {
    const { body: tasks } = await this.lab.nodes[0].engine<(Task & { Spec: { ContainerSpec: { Image: string } } })[]>(
      'GET',
      '/tasks',
    )
    const up = tasks.filter(
      ({ Status, DesiredState, Spec }) =>
        Status.State === 'running' && DesiredState === 'running' && Spec.ContainerSpec.Image.startsWith(image),
    )
    const wanted = this.names.length * replicas
    if (up.length !== wanted) throw new Error(`${up.length} of ${wanted} tasks run ${image}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runner[Symbol.asyncDispose]()
    await this.lab.down()
  }
}
