import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { UserError } from '../../errors.ts'
import { redact } from '../../runner/secrets/secret.ts'
import { limited } from '../../runner/text/safe-text.ts'
import { withoutSecrets } from '../../runner/text/shown.ts'
import type { Engine } from '../engine/engine.ts'
import { parseGoJson, toGoJson } from '../engine/go-json.ts'
import type { CommandResult, DockerCli } from './cli.ts'
import type { Command } from './commands.ts'

/** What a docker command asks of the daemon. */
export interface Asked {
  readonly method: string
  /** Decoded, without the version of the API and the query: `/services/web`. */
  readonly path: string
  readonly query: URLSearchParams
  /** What is sent with a POST, read as {@link parseGoJson} does. */
  readonly body: unknown
}

/** An answer of the stand-in's own. */
export interface Reply {
  readonly status: number
  readonly body: unknown
}

/** Each of its reads may last through an election, and a slow daemon makes many of them. */
const LIMIT_SECONDS = 180

/**
 * Runs a docker command against a stand-in for the daemon, on a private socket. What `answer` leaves open is asked of
 * the real swarm as far as it is a read; nothing that would change the swarm is passed on.
 *
 * @param socketPath where the stand-in listens meanwhile; in a directory that nobody else can enter
 * @throws UserError when the command speaks an API that is too old for the daemon: that is no fault of what it was to do
 */
export async function runAgainst(
  answer: (asked: Asked) => Reply | undefined,
  command: Command,
  docker: DockerCli,
  engine: Engine,
  socketPath: string,
  signal: AbortSignal,
): Promise<CommandResult> {
  let tooOld: UserError | undefined
  const server = createServer((request, response) => {
    respond(request, response, engine, answer)
      .then((problem) => {
        tooOld ??= problem
      })
      .catch((error: Error) => response.destroy(error))
  })
  server.listen(socketPath)
  await once(server, 'listening')
  try {
    const { args, env, stdin = '', cwd } = command
    const here = { DOCKER_HOST: `unix://${socketPath}`, DOCKER_TLS: '', DOCKER_TLS_VERIFY: '' }
    const options = { env: { ...env, ...here }, stdin, signal, limitSeconds: LIMIT_SECONDS }
    const result = await docker.run(args, cwd === undefined ? options : { ...options, cwd })
    if (result.code !== 0 && tooOld !== undefined) throw tooOld
    return result
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

/** @returns what makes each further answer a refusal */
async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  engine: Engine,
  answer: (asked: Asked) => Reply | undefined,
): Promise<UserError | undefined> {
  const { method = 'GET', url = '/' } = request
  const { pathname, searchParams: query } = new URL(url, 'http://docker')
  const path = decodeURIComponent(pathname.replace(/^\/v[\d.]+(?=\/)/, ''))
  const body = method === 'POST' ? bodyOf(await text(request)) : undefined
  const reply = answer({ method, path, query, body })
  if (reply !== undefined) {
    sendJson(response, reply)
    return undefined
  }
  if (method !== 'GET' && method !== 'HEAD') {
    request.resume()
    sendJson(response, { status: 501, body: { message: `${method} ${url} is not rehearsed` } })
    return undefined
  }
  const { status, headers, body: bytes } = await engine.forward({ method, path: url })
  const { connection: _, 'transfer-encoding': __, ...passed } = headers
  response.writeHead(status, passed)
  response.end(bytes)
  return status === 400 ? problemOfVersion(bytes.toString()) : undefined
}

/** Docker 29.0 takes no API before 1.44, with which Docker 25 came (moby, daemon/server/middleware/version.go). */
function problemOfVersion(said: string): UserError | undefined {
  const words = /client version ([\d.]{1,9}) is too old\. Minimum supported API version is ([\d.]{1,9}\d)/
  const [, spoken, oldest] = words.exec(said) ?? []
  if (oldest === undefined) return undefined
  return new UserError(
    `the docker CLI of this runner speaks API ${spoken}, and the daemon takes none before ${oldest}: install a newer docker CLI in a step before`,
  )
}

function bodyOf(sent: string): unknown {
  return sent.trim() === '' ? undefined : parseGoJson(sent)
}

function sendJson(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(toGoJson(body))
}

/**
 * What a failed docker command says, without the lines that only point to its help, and without what may be a secret: it
 * quotes what it does not understand.
 */
export function complaint({ code, stdout, stderr }: CommandResult): string {
  // Where docker itself breaks off, what follows is about its own code.
  const said = redact(stderr.trim() || stdout.trim()).replace(/^goroutine \d+ \[[\s\S]*/m, '')
  const lines = said.split(/\r?\n/)
  const telling = lines.filter((line) => line.trim() !== '' && !/^(See '|Usage:|Run ')/.test(line.trim()))
  return withoutSecrets(limited(telling.join(' ').replace(/^Error response from daemon: /, ''))) || `exit code ${code}`
}
