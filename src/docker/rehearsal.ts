import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { limited } from '../runner/foreign.ts'
import type { Service, ServiceSpec } from './api.ts'
import type { CommandResult, DockerCli } from './cli.ts'
import type { Command } from './commands.ts'
import type { Engine } from './engine.ts'
import { parseGoJson } from './go-json.ts'
import type { StackObject } from './stack-objects.ts'

/** What a docker command would send to the swarm, or why it would not. */
export type Rehearsal =
  | { readonly spec: ServiceSpec; readonly networks: readonly NamedBody[] }
  | { readonly refusal: string }

/** What the command would send to make something. */
export interface NamedBody {
  readonly Name: string
}

/** What the command shall see on the swarm although it is not there yet. */
export interface Pretended {
  readonly secret: readonly StackObject[]
  readonly config: readonly StackObject[]
  readonly network: readonly StackObject[]
  /** The one service that is seen: as it was observed, whatever the swarm has or says at this moment. */
  readonly service?: Service | undefined
}

export const NOTHING: Pretended = { secret: [], config: [], network: [] }

/** Each of its reads may last through an election, and a slow daemon makes many of them. */
const LIMIT_SECONDS = 180

const CHANGES_SERVICE = /^\/v[\d.]+\/services\/(create|[^/]+\/update)$/

/**
 * Runs a `docker service create|update` or a `docker stack deploy` of one service against a stand-in for the daemon, on
 * a private socket: what the command reads is the real swarm, what it would change is caught and not passed on. So the
 * CLI itself says what its flags mean, and mistakes in them show before anything has changed.
 *
 * @param socketPath where the stand-in listens meanwhile; in a directory that nobody else can enter
 */
export async function rehearse(
  command: Command,
  docker: DockerCli,
  engine: Engine,
  socketPath: string,
  signal: AbortSignal,
  pretended: Pretended = NOTHING,
): Promise<Rehearsal> {
  const caught: ServiceSpec[] = []
  const networks: NamedBody[] = []
  const server = createServer((request, response) => {
    answer(request, response, engine, pretended, {
      onSpec: (spec) => caught.push(spec),
      onNetwork: (network) => networks.push(network),
    }).catch((error: Error) => response.destroy(error))
  })
  server.listen(socketPath)
  await once(server, 'listening')
  try {
    const { args, env, stdin = '' } = command
    const here = { DOCKER_HOST: `unix://${socketPath}`, DOCKER_TLS: '', DOCKER_TLS_VERIFY: '' }
    const result = await docker.run(args, { env: { ...env, ...here }, stdin, signal, limitSeconds: LIMIT_SECONDS })
    const [spec] = caught
    if (result.code !== 0) return { refusal: complaint(result) }
    return spec === undefined ? { refusal: `it ended without a change: ${complaint(result)}` } : { spec, networks }
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

interface Caught {
  readonly onSpec: (spec: ServiceSpec) => void
  readonly onNetwork: (network: NamedBody) => void
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  engine: Engine,
  pretended: Pretended,
  { onSpec, onNetwork }: Caught,
): Promise<void> {
  const { method = 'GET', url = '/' } = request
  const [path = ''] = url.split('?', 1)
  if (method === 'GET' || method === 'HEAD') {
    const network = pretended.network.find(({ Spec }) => path.endsWith(`/networks/${encodeURIComponent(Spec.Name)}`))
    if (network !== undefined)
      return sendJson(response, 200, { Id: network.ID, Name: network.Spec.Name, Scope: 'swarm' })
    const { service } = pretended
    if (service !== undefined && path.endsWith(`/services/${service.Spec.Name}`)) {
      return sendJson(response, 200, service)
    }
    if (path.endsWith('/services')) return sendJson(response, 200, service === undefined ? [] : [service])
    const kind = /\/(secret|config)s$/.exec(path)?.[1] as 'secret' | 'config' | undefined
    if (kind !== undefined && pretended[kind].length > 0) {
      const known = await engine.forward({ method, path: url })
      if (known.status === 200) {
        return sendJson(response, 200, [...(parseGoJson(known.body.toString()) as unknown[]), ...pretended[kind]])
      }
    }
    const { status, headers, body } = await engine.forward({ method, path: url })
    const { connection: _, 'transfer-encoding': __, ...passed } = headers
    response.writeHead(status, passed)
    response.end(body)
    return
  }
  if (method === 'POST' && CHANGES_SERVICE.test(path)) {
    onSpec(parseGoJson(await text(request)) as ServiceSpec)
    sendJson(response, 200, { ID: 'rehearsal' })
  } else if (method === 'POST' && path.endsWith('/networks/create')) {
    onNetwork(parseGoJson(await text(request)) as NamedBody)
    sendJson(response, 201, { Id: 'rehearsal' })
  } else {
    request.resume()
    sendJson(response, 501, { message: `${method} ${url} is not rehearsed` })
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify(body))
}

/** What a failed docker command says, without the lines that only point to its help. */
export function complaint({ code, stdout, stderr }: CommandResult): string {
  const lines = (stderr.trim() || stdout.trim()).split(/\r?\n/)
  const telling = lines.filter((line) => line.trim() !== '' && !/^(See '|Usage:|Run ')/.test(line.trim()))
  return limited(telling.join(' ').replace(/^Error response from daemon: /, '')) || `exit code ${code}`
}
