import { safeLine } from '../../runner/text/safe-text.ts'
import type { ServiceSpec } from '../api.ts'
import type { Engine } from '../engine/engine.ts'
import {
  type Kind,
  type KnownObjects,
  type NetworkCreate,
  type ObjectCreate,
  placeholder,
} from '../specs/stack-objects.ts'
import type { DockerCli } from './cli.ts'
import type { Command } from './commands.ts'
import { type Asked, complaint, type Reply, runAgainst } from './stand-in.ts'

/** All that a `docker stack deploy` would send to a swarm which has nothing of the stack yet. */
export interface CapturedStack {
  /** In any order; what they refer to by ID and is not there yet has a {@link placeholder}, networks are named. */
  readonly services: readonly ServiceSpec[]
  readonly networks: readonly NetworkCreate[]
  readonly secret: readonly ObjectCreate[]
  readonly config: readonly ObjectCreate[]
  /** The names of what its services use, and neither the swarm nor the stack has. */
  readonly missing: Readonly<Record<Kind | 'network', readonly string[]>>
  /** What docker says against the files and deploys all the same, one line each. */
  readonly warnings: readonly string[]
  /** Why docker would not deploy: its first complaint, and which one that is is chance. The rest is what came before. */
  readonly refusal: string | undefined
}

/**
 * Runs a `docker stack deploy` against a stand-in for the daemon that has nothing of the stack, and keeps what it
 * sends: docker's own specs, in its own JSON. The calls are the same with the CLIs 20.10 to 29.
 *
 * @param known what the swarm has, for what the stack only refers to
 * @param socketPath where the stand-in listens meanwhile; in a directory that nobody else can enter
 */
export async function captureStack(
  command: Command,
  docker: DockerCli,
  engine: Engine,
  known: KnownObjects,
  socketPath: string,
  signal: AbortSignal,
): Promise<CapturedStack> {
  const capture = new Capture(known)
  const result = await runAgainst((asked) => capture.answer(asked), command, docker, engine, socketPath, signal)
  const { warnings, rest } = heard(result.stderr)
  return {
    services: capture.services,
    networks: capture.networks,
    secret: capture.objects.secret,
    config: capture.objects.config,
    missing: capture.missing,
    warnings: shownOnce(result.code === 0 ? [...warnings, ...rest.split('\n')] : warnings),
    refusal: result.code === 0 ? undefined : complaint({ ...result, stderr: rest }),
  }
}

class Capture {
  readonly services: ServiceSpec[] = []
  readonly networks: NetworkCreate[] = []
  readonly objects: Record<Kind, ObjectCreate[]> = { secret: [], config: [] }
  readonly missing: Record<Kind | 'network', string[]> = { secret: [], config: [], network: [] }
  readonly #known: KnownObjects

  constructor(known: KnownObjects) {
    this.#known = known
  }

  answer({ method, path, query, body }: Asked): Reply | undefined {
    const [, noun = '', name] = /^\/(services|networks|secrets|configs)(?:\/(.+))?$/.exec(path) ?? []
    const call = `${method} ${noun}${name === undefined ? '' : '/'}`
    switch (call) {
      case 'GET services':
      case 'GET networks':
        return found([])
      case 'GET networks/':
        return found(this.#network(name ?? ''))
      case 'GET secrets/':
      case 'GET configs/':
        return { status: 404, body: { message: `${noun.slice(0, -1)} ${name} not found` } }
      case 'GET secrets':
        return found(namesIn(query).map((one) => this.#object('secret', one)))
      case 'GET configs':
        return found(namesIn(query).map((one) => this.#object('config', one)))
      default:
        return method === 'POST' && name === 'create' ? this.#make(noun, body) : undefined
    }
  }

  #make(noun: string, body: unknown): Reply {
    if (noun === 'services') this.services.push(body as ServiceSpec)
    if (noun === 'networks') this.networks.push(body as NetworkCreate)
    if (noun === 'secrets') this.objects.secret.push(body as ObjectCreate)
    if (noun === 'configs') this.objects.config.push(body as ObjectCreate)
    return { status: 201, body: { ID: 'captured', Id: 'captured' } }
  }

  /** An external network. One that is missing is noted, and is there for docker: that is all there is to say of it. */
  #network(name: string) {
    const network = this.#known.networks.find(({ Name, Scope }) => Name === name && Scope === 'swarm')
    if (network === undefined && !this.missing.network.includes(name)) this.missing.network.push(name)
    return { Id: network?.Id ?? name, Name: name, Scope: 'swarm' }
  }

  #object(kind: Kind, name: string) {
    const isOwn = this.objects[kind].some(({ Name }) => Name === name)
    const known = isOwn ? undefined : this.#known[kind].find(({ Spec }) => Spec.Name === name)
    if (!isOwn && known === undefined && !this.missing[kind].includes(name)) this.missing[kind].push(name)
    return { ID: known?.ID ?? placeholder(kind, name), Version: { Index: 1 }, Spec: { Name: name, Labels: {} } }
  }
}

function found(body: unknown): Reply {
  return { status: 200, body }
}

/** `{"name": {"a": true}}`, as Go writes it. */
function namesIn(query: URLSearchParams): string[] {
  const { name = {} } = JSON.parse(query.get('filters') ?? '{}') as { name?: Readonly<Record<string, boolean>> }
  return Object.keys(name)
}

const LOGGED = /^time=\S+ level=\w+ msg=("(?:[^"\\]|\\.)*"|\S+).*$/

/**
 * What docker prints beside its work, and the rest. It warns in lines of its log, `level=warning msg="…"`, and in blocks
 * with empty lines between: the options that it ignores, and behind a title those that are deprecated, one a line.
 */
function heard(stderr: string): { readonly warnings: readonly string[]; readonly rest: string } {
  const logged: string[] = []
  const others: string[] = []
  for (const line of stderr.split(/\r?\n/)) {
    const message = LOGGED.exec(line)?.[1]
    if (message === undefined) others.push(line)
    else logged.push(message)
  }
  const blocks = blocksOf(others)
  const isTitle = (block: string | undefined) => block?.trim() === 'Ignoring deprecated options:'
  const isWarning = (block: string, index: number) =>
    isTitle(blocks[index - 1]) || block.trim().startsWith('Ignoring unsupported options:')
  const printed = blocks.filter(isWarning).flatMap((block) => block.split('\n'))
  return {
    warnings: [...logged.map(unquoted), ...printed],
    rest: blocks.filter((block, index) => !isTitle(block) && !isWarning(block, index)).join('\n'),
  }
}

/** The lines that stand together, without the empty ones between them. */
function blocksOf(lines: readonly string[]): string[] {
  const blocks: string[][] = []
  let isOpen = false
  for (const line of lines) {
    if (line.trim() === '') isOpen = false
    else if (isOpen) blocks.at(-1)?.push(line)
    else isOpen = blocks.push([line]) > 0
  }
  return blocks.map((block) => block.join('\n'))
}

/** Each once, and fit to be shown. */
function shownOnce(lines: readonly string[]): string[] {
  return [...new Set(lines.map((line) => safeLine(line).trim()).filter((line) => line !== ''))]
}

function unquoted(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(["\\])/g, '$1') : text
}
