import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { ServiceSpec } from './api.ts'
import type { CommandResult, DockerCli } from './cli.ts'
import { type Command, withoutRegistry } from './commands.ts'
import type { Engine } from './engine.ts'

/** What a docker command would send to the swarm, or why it would not. */
export type Rehearsal = { readonly spec: ServiceSpec } | { readonly refusal: string }

const CHANGES_SERVICE = /^\/v[\d.]+\/services\/(create|[^/]+\/update)$/

/**
 * Runs a `docker service create|update` against a stand-in for the daemon, on a private socket: what the command
 * reads is the real swarm, what it would change is caught and not passed on. So the CLI itself says what its flags
 * mean, and mistakes in them show before anything has changed.
 *
 * @param socketPath where the stand-in listens meanwhile; in a directory that nobody else can enter
 */
export async function rehearse(
  command: Command,
  docker: DockerCli,
  engine: Engine,
  socketPath: string,
  signal: AbortSignal,
): Promise<Rehearsal> {
  const caught: ServiceSpec[] = []
  const server = createServer((request, response) => {
    answer(request, response, engine, (spec) => caught.push(spec)).catch((error: Error) => response.destroy(error))
  })
  server.listen(socketPath)
  await once(server, 'listening')
  try {
    const { args, env } = withoutRegistry(command)
    const here = { DOCKER_HOST: `unix://${socketPath}`, DOCKER_TLS: '', DOCKER_TLS_VERIFY: '' }
    const result = await docker.run(args, { env: { ...env, ...here }, signal })
    const [spec] = caught
    return result.code === 0 && spec !== undefined ? { spec } : { refusal: complaint(result) }
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  engine: Engine,
  onSpec: (spec: ServiceSpec) => void,
): Promise<void> {
  const { method = 'GET', url = '/' } = request
  if (method === 'GET' || method === 'HEAD') {
    const real = await engine.forward({ method, path: url })
    response.writeHead(real.statusCode ?? 500, real.headers)
    await pipeline(real, response)
    return
  }
  const known = method === 'POST' && CHANGES_SERVICE.test(url.split('?', 1)[0] ?? '')
  if (known) onSpec((await json(request)) as ServiceSpec)
  else request.resume()
  response.writeHead(known ? 200 : 501, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify(known ? { ID: 'rehearsal' } : { message: `${method} ${url} is not rehearsed` }))
}

/** What a failed docker command says, without the lines that only point to its help. */
export function complaint({ code, stdout, stderr }: CommandResult): string {
  const lines = (stderr.trim() || stdout.trim()).split(/\r?\n/)
  const telling = lines.filter((line) => line.trim() !== '' && !/^(See '|Usage:|Run ')/.test(line.trim()))
  return telling.join(' ').replace(/^Error response from daemon: /, '') || `exit code ${code}`
}
