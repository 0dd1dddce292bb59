import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { signal } from './children.ts'
import {
  type Account,
  type Fault,
  failureText,
  type LabDescription,
  type LabOptions,
  type NodeDescription,
  type Order,
  type RegistryDescription,
  type RegistryRequest,
} from './description.ts'
import { type ImageContents, pushImage } from './image.ts'
import type { KeeperCalls } from './keeper.ts'
import { until } from './patience.ts'
import { checkRequirements } from './requirements.ts'
import { labsUp, sweep } from './sweep.ts'
import { type Answer, demand, request } from './unix-http.ts'

export type { Account, Fault, LabOptions, RegistryOptions, RegistryRequest } from './description.ts'
export type { ImageContents, ImageFormat } from './image.ts'
export type { Answer } from './unix-http.ts'

const END_LIMIT_MS = 30_000
const MOST_NODES = 100

/** What came of a command. */
export interface Result {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
}

export interface DockerOptions extends RunOptions {
  /** The node to talk to: its name or its place, counted from 0; the first one unless told. */
  readonly node?: number | string
  /** The Docker configuration directory; an empty one of the lab unless told. */
  readonly config?: string
}

export interface ImageOptions extends ImageContents {
  /** The name of the registry in the lab. */
  readonly registry: string
  readonly repository: string
  /** `latest` unless told. */
  readonly tag?: string
}

export interface LabImage {
  /** `host:port/repository:tag` */
  readonly reference: string
  readonly digest: string
}

/** A task as the Engine API tells it; more fields are there. */
export interface Task {
  readonly ID: string
  readonly NodeID?: string
  readonly Slot?: number
  readonly DesiredState: string
  readonly Status: { readonly State: string; readonly Err?: string; readonly Message?: string }
  readonly Spec: { readonly ContainerSpec: { readonly Image: string } }
}

/** A node of the lab's swarm, and the machine that it runs on. */
export class LabNode {
  readonly name: string
  /** Its id in the swarm. */
  readonly id: string
  readonly address: string
  readonly socket: string
  /** For DOCKER_HOST. */
  readonly host: string
  readonly role: 'manager' | 'worker'
  readonly #call: Call

  constructor(description: NodeDescription, call: Call) {
    this.name = description.name
    this.id = description.id
    this.address = description.address
    this.socket = description.socket
    this.host = `unix://${description.socket}`
    this.role = description.role
    this.#call = call
  }

  /** One Engine API request; any status is an answer. Rejects when the daemon cannot be reached. */
  engine<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer<T>> {
    return request<T>(this.socket, method, path, body, headers)
  }

  /** Signals dockerd. SIGKILL is a power cut: its containers die with it. Resolves when dockerd has ended. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#call('/node/kill', { node: this.name, signal })
  }

  /** Starts a machine that was killed, with the disk that it had. Resolves when its daemon answers. */
  async start(): Promise<void> {
    await this.#call('/node/start', { node: this.name })
  }

  /** Pulls its network cable; its socket stays reachable. */
  async disconnect(): Promise<void> {
    await this.#call('/node/link', { node: this.name, state: 'down' })
  }

  async reconnect(): Promise<void> {
    await this.#call('/node/link', { node: this.name, state: 'up' })
  }

  /** Makes this node trust the certificate of a registry with TLS, by its name in the lab. */
  async trust(registry: string): Promise<void> {
    await this.#call('/node/trust', { node: this.name, registry })
  }
}

/** A registry of the lab. */
export class LabRegistry {
  readonly name: string
  /** As it stands in image references: `address:port`. */
  readonly host: string
  readonly tls: boolean
  readonly accounts: Readonly<Record<string, Account>>
  /** Leads into the registry without log, rules and faults. */
  readonly socket: string
  readonly #call: Call

  constructor(description: RegistryDescription, call: Call) {
    this.name = description.name
    this.host = description.host
    this.tls = description.tls
    this.accounts = description.accounts
    this.socket = description.socket
    this.#call = call
  }

  /** What nodes asked of it since its start or the last `forgetRequests`, in the order of the answers. */
  async requests(): Promise<RegistryRequest[]> {
    return await this.#call('/registry/requests', { registry: this.name })
  }

  async forgetRequests(): Promise<void> {
    await this.#call('/registry/forget', { registry: this.name })
  }

  /**
   * Fails from now on, until `recover`. Of several faults the first that fits a request strikes.
   * Rejects when the path is no regular expression; flags of one are not kept.
   */
  async fail(fault: Fault): Promise<void> {
    const { path, ...rest } = fault
    const source = path instanceof RegExp ? path.source : path
    await this.#call('/registry/fail', {
      registry: this.name,
      fault: { ...rest, ...(source !== undefined && { path: source }) },
    })
  }

  async recover(): Promise<void> {
    await this.#call('/registry/recover', { registry: this.name })
  }

  /** From now on what it sends to each node passes at so many bytes a second; `undefined`: as fast as it can. */
  async limitLine(bytesPerSecond: number | undefined): Promise<void> {
    await this.#call('/registry/line', { registry: this.name, ...(bytesPerSecond !== undefined && { bytesPerSecond }) })
  }

  /** Adds an account, changes it, or removes it (`undefined`). Takes effect with the next request. */
  async setAccount(user: string, account: Account | undefined): Promise<void> {
    await this.#call('/registry/account', { registry: this.name, user, ...(account && { account }) })
  }
}

type Call = <Name extends keyof KeeperCalls>(
  name: Name,
  call: Parameters<KeeperCalls[Name]>[0],
) => Promise<Awaited<ReturnType<KeeperCalls[Name]>>>

function callsTo(keeperSocket: string): Call {
  return async (name, call) => {
    const { status, body } = await request(keeperSocket, 'POST', name, call)
    if (status !== 200) throw new Error((body as { message: string }).message)
    return body as never
  }
}

/** A swarm with its registries. Goes down with `down`, at the end of an `await using`, or with this process. */
export class Lab<Registry extends string = string> implements AsyncDisposable {
  readonly id: string
  /** Holds sockets and logs; gone when the lab is down. */
  readonly directory: string
  readonly nodes: readonly [LabNode, ...LabNode[]]
  readonly registries: Readonly<Record<Registry, LabRegistry>>
  /** Goes before a command to run it where the registries are, from where all nodes' addresses can be reached. */
  readonly enter: readonly string[]
  readonly #call: Call
  readonly #keeper: number
  readonly #child: ChildProcess | undefined

  constructor(description: LabDescription, child?: ChildProcess) {
    const call = callsTo(join(description.directory, 'keeper.sock'))
    const [first, ...others] = description.nodes.map((node) => new LabNode(node, call))
    if (!first) throw new Error('A lab has at least one node.')
    this.id = description.id
    this.directory = description.directory
    this.nodes = [first, ...others]
    this.registries = Object.fromEntries(
      description.registries.map((registry) => [registry.name, new LabRegistry(registry, call)]),
    ) as Record<Registry, LabRegistry>
    this.enter = ['nsenter', `--net=/proc/${description.keeper}/ns/net`, '--']
    this.#call = call
    this.#keeper = description.keeper
    this.#child = child
  }

  /** The node with this name, or at this place counted from 0. */
  node(which: number | string): LabNode {
    const node = this.nodes.find(({ name }, index) => which === name || which === index)
    if (!node) throw new Error(`The lab has no node ${which}.`)
    return node
  }

  /** The certificate, PEM, of the authority that has signed those of all registries with TLS. */
  authority(): Promise<string> {
    return this.#call('/authority', {})
  }

  /** Makes an image and puts it into a registry of the lab. */
  async image(options: ImageOptions): Promise<LabImage> {
    const { registry: name, repository, tag = 'latest', ...contents } = options
    const registry = (this.registries as Readonly<Record<string, LabRegistry>>)[name]
    if (!registry) throw new Error(`The lab has no registry ${name}.`)
    const digest = await pushImage({ socket: registry.socket, repository, tag }, contents)
    return { reference: `${registry.host}/${repository}:${tag}`, digest }
  }

  /** Runs the first `docker` on PATH against a node. Any exit code is a result. */
  docker(args: readonly string[], options: DockerOptions = {}): Promise<Result> {
    const { node = 0, config = join(this.directory, 'docker-config'), env, stdin } = options
    const settings = { DOCKER_HOST: this.node(node).host, DOCKER_CONFIG: config, ...env }
    return run(['docker', ...args], { env: settings, ...(stdin !== undefined && { stdin }) })
  }

  /** Runs a command in the network of the registries and nodes. Any exit code is a result. */
  run(command: readonly string[], options: RunOptions = {}): Promise<Result> {
    return run([...this.enter, ...command], options)
  }

  /** Removes an image from a node's disk, so that its next task has to pull; a missing one is no error. */
  async removeImage(node: number | string, reference: string): Promise<void> {
    const answer = await this.node(node).engine<{ message?: string }>('DELETE', `/images/${reference}?force=true`)
    if (answer.status !== 200 && answer.status !== 404) throw new Error(answer.body.message)
  }

  /** The service as the swarm has it now. Rejects when there is none with this name. */
  service<T = Record<string, unknown>>(name: string): Promise<T> {
    return demand<T>(this.nodes[0].socket, 'GET', `/services/${encodeURIComponent(name)}`)
  }

  /** All tasks of a service, past ones too, the newest first. */
  async tasks(service: string): Promise<Task[]> {
    const filters = encodeURIComponent(JSON.stringify({ service: [service] }))
    const tasks = await demand<(Task & { CreatedAt: string })[]>(
      this.nodes[0].socket,
      'GET',
      `/tasks?filters=${filters}`,
    )
    return tasks.sort((one, other) => other.CreatedAt.localeCompare(one.CreatedAt))
  }

  /** Takes everything down. Resolves when nothing is left. */
  async down(): Promise<void> {
    if (this.#child) {
      if (this.#child.exitCode === null && this.#child.signalCode === null) {
        this.#child.ref()
        const ended = once(this.#child, 'exit', { signal: AbortSignal.timeout(END_LIMIT_MS) })
        this.#child.stdin?.end()
        await ended
      }
    } else {
      signal(this.#keeper, 'SIGTERM')
      await until(`taking the lab ${this.id} down`, END_LIMIT_MS, () => {
        return !existsSync(this.directory) || !existsSync(`/proc/${this.#keeper}`)
      })
    }
    // Only when the keeper itself was killed is there anything to do.
    await sweep()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down()
  }
}

/**
 * Brings a lab up that lives as long as this process wants it.
 * Rejects with one sentence when that cannot be done here, or with the end of the log of what did not start.
 */
export async function startLab<Registry extends string = never>(
  options: LabOptions<Registry> = {},
): Promise<Lab<Registry>> {
  return start({ ...options, keptBy: 'process' })
}

/** Brings a lab up that outlives this process: `openLab(id)` finds it again. */
export async function startKeptLab(options: LabOptions): Promise<Lab> {
  return start({ ...options, keptBy: 'person' })
}

/** The lab with this id, which some other process brought up. */
export function openLab(id: string): Lab {
  const description = labsUp().find((lab) => lab.id === id)
  if (!description) throw new Error(`There is no lab ${id} on this machine.`)
  return new Lab(description)
}

async function start<Registry extends string>(order: Order & LabOptions<Registry>): Promise<Lab<Registry>> {
  checkOrder(order)
  checkRequirements()
  await sweep()
  // Passwords travel over standard input, which also tells the keeper when this process has ended, in any way.
  const child = spawn(
    'unshare',
    ['--mount', '--net', '--', process.execPath, fileURLToPath(new URL('keeper.ts', import.meta.url))],
    { env: environmentOf(order), stdio: ['pipe', 'pipe', 'pipe'], detached: true },
  )
  let complaints = ''
  child.stderr.on('data', (chunk) => {
    complaints += chunk
  })
  child.stdin.on('error', () => {})
  child.stdin.write(`${JSON.stringify(order)}\n`)
  const answer = await firstLine(child)
  if (answer === undefined) throw new Error(`The lab could not be started: ${complaints.trim() || 'its keeper ended.'}`)
  const outcome = JSON.parse(answer) as LabDescription | { error: string }
  if ('error' in outcome) {
    if (child.exitCode === null) await once(child, 'exit')
    throw new Error(`The lab could not be started: ${outcome.error}`)
  }
  for (const part of [child, child.stdin, child.stdout, child.stderr]) (part as unknown as { unref(): void }).unref()
  if (order.keptBy === 'person') child.stdin.end()
  return new Lab<Registry>(outcome, order.keptBy === 'process' ? child : undefined)
}

function environmentOf({ programs }: LabOptions): NodeJS.ProcessEnv {
  return programs === undefined ? process.env : { ...process.env, PATH: `${programs}:${process.env.PATH}` }
}

function checkOrder({ nodes = 1, managers = 1, registries = {} }: LabOptions): void {
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > MOST_NODES) {
    throw new Error(`A lab has 1 to ${MOST_NODES} nodes, not ${nodes}.`)
  }
  if (!Number.isInteger(managers) || managers < 1 || managers > nodes) {
    throw new Error(`A lab of ${nodes} nodes has 1 to ${nodes} managers, not ${managers}.`)
  }
  const odd = Object.keys(registries).find((name) => !/^[a-z][a-z0-9-]*$/.test(name))
  if (odd !== undefined) throw new Error(`A registry cannot be called ${odd}: lower-case letters, digits and dashes.`)
}

function firstLine(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`The lab could not be started: ${failureText(error)}`)))
    if (!child.stdout) return resolve(undefined)
    const lines = createInterface({ input: child.stdout })
    lines.once('line', resolve)
    lines.once('close', () => resolve(undefined))
  })
}

async function run(command: readonly string[], { env = {}, stdin = '' }: RunOptions): Promise<Result> {
  const [file = '', ...args] = command
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('DOCKER_'))
  const child = spawn(file, args, { env: { ...Object.fromEntries(inherited), ...env } })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.stderr += text
  })
  // A command that does not read its input is no failure.
  child.stdin.on('error', () => {})
  child.stdin.end(stdin)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code: code ?? -1, ...output }
}
