import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Lab, startLab } from '../lab/lab.ts'
import { until } from '../lab/patience.ts'
import { runs } from '../lab/program.ts'
import { Runner, type RunningStep, type StepResult } from '../lab/runner.ts'
import type { Service, Task } from '../src/docker/api.ts'
import { reportedCpu, reportingCpu } from './measure.ts'

const LIMIT_MS = 900_000
const ACCOUNT = { username: 'bench', password: 'bench-pw' }

/** By the name of the service. */
export type Images = ReadonlyMap<string, string>

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
    const images = await field.nextImages()
    const services = [...images].map(([name, image]) => ({ name, image, replicas: String(replicas), create: true }))
    const created = await field.deploy({ services: JSON.stringify(services) })
    if (created.main.code !== 0) throw new Error(created.log)
    const config = join(lab.directory, 'docker-config')
    const auth = Buffer.from(`${ACCOUNT.username}:${ACCOUNT.password}`).toString('base64')
    await writeFile(join(config, 'config.json'), JSON.stringify({ auths: { [lab.registries.main.host]: { auth } } }))
    return field
  }

  /**
   * For each service an image of its own, which no node has yet. With one image for all, containerd's store would be in
   * the way: pulls of one manifest at the same time wait for each other for seconds, at random.
   */
  async nextImages(): Promise<Images> {
    const tag = `v${++this.#version}`
    const made = this.names.map(async (name) => {
      const image = {
        registry: 'main',
        repository: name,
        tag,
        content: name + tag,
        hasContentFile: true,
        ...runs(),
      } as const
      return [name, (await this.lab.image(image)).reference] as const
    })
    return new Map(await Promise.all(made))
  }

  /** Our step, as a runner runs it. */
  async deploy(inputs: Record<string, string>): Promise<StepResult> {
    return (await this.#start(inputs)).finished
  }

  /** Our step, the seconds until its main has ended – `post` comes when the job ends –, and main's CPU seconds. */
  async deployTimed(inputs: Record<string, string>) {
    const report = join(this.runner.directory, 'cpu')
    const startedAt = performance.now()
    const step = await this.#start(inputs, reportingCpu(report))
    await once(step.main, 'exit')
    const seconds = (performance.now() - startedAt) / 1000
    const run = await step.finished
    const cpu = await reportedCpu(report)
    return { run, seconds, cpu }
  }

  #start(inputs: Record<string, string>, env: Record<string, string> = {}): Promise<RunningStep> {
    const login = { registry: this.lab.registries.main.host, ...ACCOUNT }
    const host = inputs.host === undefined ? { DOCKER_HOST: this.lab.nodes[0].host } : {}
    return this.runner.start({ with: { ...login, ...inputs }, env: { ...host, ...env } })
  }

  /** All services in the short form. */
  services(images: Images): string {
    return JSON.stringify(Object.fromEntries(images))
  }

  /** The floor: every update is sent at once, and then only the swarm's own time passes. */
  async updateAtOnce(images: Images): Promise<void> {
    const manager = this.lab.nodes[0]
    const auth = Buffer.from(JSON.stringify({ ...ACCOUNT, serveraddress: this.lab.registries.main.host }))
    const header = { 'X-Registry-Auth': auth.toString('base64').replaceAll('+', '-').replaceAll('/', '_') }
    const { body: services } = await manager.engine<Service[]>('GET', '/services')
    const sent = await Promise.all(
      services.map(({ ID, Version, Spec }) => {
        const container = { ...Spec.TaskTemplate.ContainerSpec, Image: images.get(Spec.Name) }
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

  /** Waits until no update is under way: while one is, Swarm writes to the service too, and refuses docker's update. */
  async settled(): Promise<void> {
    await until('the updates before', LIMIT_MS, async () => {
      const { body } = await this.lab.nodes[0].engine<Service[]>('GET', '/services')
      return body.every(({ UpdateStatus: status }) => status?.State !== 'updating')
    })
  }

  /** Throws unless every service runs its image with all its tasks. */
  async requireImages(images: Images, replicas: number): Promise<void> {
    const manager = this.lab.nodes[0]
    const { body: tasks } = await manager.engine<(Task & { Spec: { ContainerSpec: { Image: string } } })[]>(
      'GET',
      '/tasks',
    )
    const up = tasks
      .filter(({ Status, DesiredState }) => Status.State === 'running' && DesiredState === 'running')
      .map(({ Spec }) => Spec.ContainerSpec.Image.split('@', 1)[0])
    const missing = [...images].filter(([, image]) => up.filter((one) => one === image).length !== replicas)
    if (missing.length > 0) throw new Error(`not as asked: ${missing.map(([name]) => name).join(', ')}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runner[Symbol.asyncDispose]()
    await this.lab.down()
  }
}
