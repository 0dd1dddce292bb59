import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Secret } from '../runner/secret.ts'
import { parseGoJson } from './go-json.ts'

/** The daemon said no: its HTTP status and its own words. */
export class EngineError extends Error {
  override name = 'EngineError'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** The daemon could not be spoken to: what the connection's own process said. */
export class ConnectionLost extends Error {
  override name = 'ConnectionLost'
}

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly registryAuth?: Secret
  readonly signal?: AbortSignal
  /** How long the daemon may take to begin its answer. */
  readonly timeoutSeconds?: number
}

/** A request passed on as it is, for {@link Engine.forward}. */
export interface RawRequest {
  readonly method: string
  readonly path: string
}

/** Requests to the daemon's Engine API, over connections that are kept. */
export interface Engine {
  readonly apiVersion: string
  /**
   * The daemon's JSON answer, without any `null` in it: what is nil there is absent here.
   *
   * @throws EngineError when the daemon refuses, ConnectionLost when it cannot be reached
   */
  get<T>(path: string, options?: RequestOptions): Promise<T>
  post<T>(path: string, options?: RequestOptions): Promise<T>
  remove(path: string, options?: RequestOptions): Promise<void>
  /** The bytes of an answer that is not JSON, to its end. */
  bytes(path: string, options?: RequestOptions): Promise<Buffer>
  /** The answer line by line, for as long as the daemon sends: ends with the connection or the signal. */
  lines(path: string, options: RequestOptions): AsyncIterable<string>
  /** The answer to another client's reading request, as the daemon gave it. The path carries its own API version. */
  forward(request: RawRequest): Promise<IncomingMessage>
  close(): void
}

/**
 * The newest API whose changes were read (https://docs.docker.com/reference/api/engine/version-history/); a daemon may
 * be older, then its own is used. A spec that is read and written through an older one than the daemon's loses its
 * newest fields.
 */
const OWN_API_VERSION = '1.54'
/** Docker 20.10: the first with jobs as services. */
const OLDEST_API_VERSION = '1.41'

/** Over SSH each connection is a login of its own, so there are few; over a local socket few are enough. */
const MOST_CONNECTIONS = 4

/** An election of the swarm's leader answers after 20 s. */
const DEFAULT_TIMEOUT_SECONDS = 45

/**
 * Connects to the daemon behind a docker CLI, with the API version that both sides speak.
 *
 * @param dial starts `docker system dial-stdio`
 * @param headers sent with every request: the user's `HttpHeaders`
 * @throws ConnectionLost with the CLI's own words when the daemon does not answer
 * @throws EngineError when its API is older than that of Docker 20.10
 */
export async function connectEngine(
  dial: () => ChildProcessWithoutNullStreams,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Engine> {
  const agent = new StdioAgent(dial)
  const send = sender(agent, headers)
  try {
    const ping = await send('GET', '/_ping', { signal })
    ping.resume()
    if (ping.statusCode !== 200) throw new EngineError(ping.statusCode ?? 0, await text(ping))
    return engineOver(agent, send, agreeOnVersion(String(ping.headers['api-version'] ?? OLDEST_API_VERSION)))
  } catch (error) {
    agent.destroy()
    throw error
  }
}

/**
 * The API version to speak with a daemon that offers `offered`.
 *
 * @throws EngineError when that is older than {@link OLDEST_API_VERSION}
 */
export function agreeOnVersion(offered: string): string {
  if (compareVersions(offered, OLDEST_API_VERSION) < 0) {
    throw new EngineError(
      400,
      `its API ${offered} is too old: Docker 20.10 (API ${OLDEST_API_VERSION}) is the oldest that serves`,
    )
  }
  return compareVersions(offered, OWN_API_VERSION) < 0 ? offered : OWN_API_VERSION
}

function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number)
  const [majorB = 0, minorB = 0] = b.split('.').map(Number)
  return majorA - majorB || minorA - minorB
}

type Send = (method: string, path: string, options: RequestOptions) => Promise<IncomingMessage>

function engineOver(agent: StdioAgent, send: Send, apiVersion: string): Engine {
  const call = async (method: string, path: string, options: RequestOptions = {}): Promise<IncomingMessage> => {
    const response = await send(method, `/v${apiVersion}${path}`, options)
    if ((response.statusCode ?? 500) >= 400) throw await refusal(response)
    return response
  }
  return {
    apiVersion,
    get: async <T>(path: string, options?: RequestOptions) =>
      parseBody<T>(await text(await call('GET', path, options))),
    post: async <T>(path: string, options?: RequestOptions) =>
      parseBody<T>(await text(await call('POST', path, options))),
    remove: async (path, options) => {
      ;(await call('DELETE', path, options)).resume()
    },
    bytes: async (path, options) => Buffer.concat(await (await call('GET', path, options)).toArray()),
    lines: (path, options) => readLines(() => call('GET', path, options)),
    forward: ({ method, path }) => send(method, path, {}),
    close: () => agent.destroy(),
  }
}

async function* readLines(open: () => Promise<IncomingMessage>): AsyncIterable<string> {
  yield* createInterface({ input: await open() })
}

/** Some answers of 2xx have no body. */
function parseBody<T>(body: string): T {
  return (body.trim() === '' ? undefined : parseGoJson(body)) as T
}

async function refusal(response: IncomingMessage): Promise<EngineError> {
  const body = await text(response)
  return new EngineError(response.statusCode ?? 500, messageIn(body) ?? body.trim())
}

function messageIn(body: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body)
    const message = (parsed as { message?: unknown } | null)?.message
    return typeof message === 'string' ? message : undefined
  } catch {
    return undefined
  }
}

function sender(agent: StdioAgent, headers: Readonly<Record<string, string>>): Send {
  const once: Send = (method, path, options) => {
    const { query = {}, body, registryAuth, signal, timeoutSeconds = DEFAULT_TIMEOUT_SECONDS } = options
    const search = new URLSearchParams(query).toString()
    const payload = body === undefined ? undefined : JSON.stringify(body)
    const outgoing = httpRequest({
      agent,
      method,
      path: search === '' ? path : `${path}?${search}`,
      headers: {
        ...headers,
        // The daemon does not look at the host; without one Node would name its own default.
        Host: 'docker',
        ...(payload === undefined
          ? {}
          : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) }),
        ...(registryAuth === undefined ? {} : { 'X-Registry-Auth': registryAuth.reveal() }),
      },
      ...(signal === undefined ? {} : { signal }),
    })
    const answer = answerOf(outgoing, timeoutSeconds)
    outgoing.end(payload)
    return answer
  }
  return async (method, path, options) => {
    try {
      return await once(method, path, options)
    } catch (error) {
      // A kept connection may have died unseen since its last use. Reading again does no harm.
      if (method !== 'GET' || !(error instanceof ConnectionLost) || !agent.mayConnectAgain) throw error
      return once(method, path, options)
    }
  }
}

function answerOf(outgoing: ClientRequest, timeoutSeconds: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      outgoing.destroy(new ConnectionLost(`the docker daemon did not answer within ${timeoutSeconds} s`))
    }, timeoutSeconds * 1000)
    outgoing.once('response', (response) => {
      clearTimeout(timer)
      resolve(response)
    })
    outgoing.once('error', (error) => {
      clearTimeout(timer)
      const isOurs = error instanceof ConnectionLost || error.name === 'AbortError'
      reject(isOurs ? error : new ConnectionLost(error.message, { cause: error }))
    })
  })
}

/** Keeps connections to the daemon, each of them one `docker system dial-stdio` process. */
class StdioAgent extends Agent {
  readonly #dial: () => ChildProcessWithoutNullStreams
  #hasConnected = false
  #isClosed = false

  constructor(dial: () => ChildProcessWithoutNullStreams) {
    super({ keepAlive: true, maxSockets: MOST_CONNECTIONS })
    this.#dial = dial
  }

  /** Whether a connection that broke is worth another: there was one, and the run still wants it. */
  get mayConnectAgain(): boolean {
    return this.#hasConnected && !this.#isClosed
  }

  override createConnection(): Duplex {
    if (this.#isClosed) throw new ConnectionLost('the connection to the docker daemon is closed')
    return new StdioSocket(this.#dial(), () => {
      this.#hasConnected = true
    })
  }

  override destroy(): void {
    this.#isClosed = true
    super.destroy()
  }
}

/** The pipes of a process as the one stream that HTTP needs. */
class StdioSocket extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams
  #stderr = ''

  constructor(child: ChildProcessWithoutNullStreams, onFirstByte: () => void) {
    super()
    this.#child = child
    child.stdout.once('data', onFirstByte)
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause()
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#stderr += chunk
    })
    child.stdin.on('error', () => undefined)
    child.once('error', (error) => this.destroy(new ConnectionLost(error.message, { cause: error })))
    // Only here, when stderr has ended too: an end of the answer without its reason would say nothing.
    child.once('close', (code) => {
      const said = this.#stderr.trim()
      if (said === '' && code === 0) this.push(null)
      else this.destroy(new ConnectionLost(said || `docker system dial-stdio ended with code ${code}`))
    })
  }

  override _read(): void {
    this.#child.stdout.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // A dead process says on stderr why it died, and its `close` event ends this stream with those words.
    this.#child.stdin.write(chunk, () => done())
  }

  override _final(done: () => void): void {
    this.#child.stdin.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // The CLI takes SIGTERM as a wish only, and goes on for as long as the daemon keeps the connection.
    this.#child.kill('SIGKILL')
    for (const pipe of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) pipe.destroy()
    done(error)
  }

  // What http.Agent calls on the sockets that it keeps, and a pipe has no use for.
  setKeepAlive(): this {
    return this
  }

  setNoDelay(): this {
    return this
  }

  setTimeout(): this {
    return this
  }

  /** A kept connection does not keep the program alive. */
  unref(): this {
    this.#child.unref()
    return this
  }

  ref(): this {
    this.#child.ref()
    return this
  }
}
