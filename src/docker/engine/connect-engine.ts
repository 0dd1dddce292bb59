import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface } from 'node:readline'
import { safeLine } from '../../runner/text/safe-text.ts'
import { readAnswer, refusal } from './answers.ts'
import { agreeOnVersion } from './api-version.ts'
import { ConnectionLost, type Engine, type RawAnswer, type RequestOptions, TooLate, Unreadable } from './engine.ts'
import { toGoJson } from './go-json.ts'
import { HttpOverPipe, type Outgoing } from './http-over-pipe.ts'
import type { WholeAnswer } from './whole-answer.ts'

/** Swarm gives each of its own calls 20 s (moby, daemon/cluster: swarmRequestTimeout), and then says so. */
const DEFAULT_TIMEOUT_SECONDS = 30

/** A daemon behind a docker CLI. */
export interface DaemonAddress {
  /** As the user wrote it. */
  readonly host: string
  /** Sent with every request: the user's `HttpHeaders`. */
  readonly headers: Readonly<Record<string, string>>
  /** Starts `docker system dial-stdio`. */
  readonly dial: () => ChildProcessWithoutNullStreams
  /** What docker said against this way, in the user's words. */
  readonly explain: (said: string) => string
}

/**
 * Connects to a daemon, with the API version that both sides speak. No call of this engine is repeated.
 *
 * @param seconds within which the daemon has to answer a ping
 * @throws ConnectionLost with the CLI's own words when the daemon does not answer
 * @throws EngineError when it refuses, or its API is older than that of Docker 20.10
 */
export async function connectEngine(address: DaemonAddress, signal: AbortSignal, seconds?: number): Promise<Engine> {
  const pipe = new HttpOverPipe(address.dial)
  try {
    const calls = new Calls(pipe, address)
    const ping = await calls.whole('GET', '/_ping', { signal, ...(seconds && { timeoutSeconds: seconds }) })
    if (ping.status !== 200) throw refusal(ping, calls.asked('GET', '/_ping'))
    return engineOver(calls, versionIn(ping, address.host), ping)
  } catch (error) {
    pipe.close('the connection is closed')
    throw error
  }
}

/** @throws Unreadable when it is no daemon that answers */
function versionIn(ping: WholeAnswer, host: string): string {
  const offered = ping.headers['api-version']
  const body = safeLine(ping.body.toString(), 100)
  if (offered === undefined && body !== 'OK') {
    const reason = `it answers GET /_ping with "${body}", and no docker daemon does`
    throw new Unreadable(`${host} is no docker daemon: ${reason}`, { reason })
  }
  return agreeOnVersion(offered === undefined ? undefined : String(offered))
}

/** Calls to one daemon, whose errors say whom they asked for what. */
class Calls {
  readonly #pipe: HttpOverPipe
  readonly #address: DaemonAddress

  constructor(pipe: HttpOverPipe, address: DaemonAddress) {
    this.#pipe = pipe
    this.#address = address
  }

  whole(method: string, path: string, options: RequestOptions): Promise<WholeAnswer> {
    const limits = { signal: options.signal, seconds: options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS }
    return this.#telling(method, path, this.#pipe.exchange(this.#outgoing(method, path, options), limits))
  }

  stream(path: string, options: RequestOptions) {
    const limits = { signal: options.signal, seconds: options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS }
    return this.#telling('GET', path, this.#pipe.stream(this.#outgoing('GET', path, options), limits))
  }

  asked(method: string, path: string) {
    return { host: this.#address.host, request: requestText(method, path) }
  }

  close(): void {
    this.#pipe.close('the run does not use it any more')
  }

  #outgoing(method: string, path: string, { query = {}, body, registryAuth }: RequestOptions): Outgoing {
    const search = new URLSearchParams(query).toString()
    const payload = body === undefined ? undefined : toGoJson(body)
    return {
      method,
      path: search === '' ? path : `${path}?${search}`,
      headers: {
        ...this.#address.headers,
        // The daemon does not look at the host; without one Node would name its own default.
        Host: 'docker',
        ...(payload === undefined
          ? {}
          : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) }),
        ...(registryAuth === undefined ? {} : { 'X-Registry-Auth': registryAuth.reveal() }),
      },
      payload,
    }
  }

  async #telling<T>(method: string, path: string, call: Promise<T>): Promise<T> {
    try {
      return await call
    } catch (error) {
      // A caller's own limit ends the call as ours does.
      const limit = error instanceof DOMException ? (error.cause as Error | undefined) : undefined
      if (limit?.name === 'TimeoutError') throw this.#lost(TooLate, method, path, limit.message, error)
      if (!(error instanceof ConnectionLost)) throw error
      const Kind = error.constructor as typeof ConnectionLost
      throw this.#lost(Kind, method, path, this.#address.explain(error.message), error.cause)
    }
  }

  #lost(Kind: typeof ConnectionLost, method: string, path: string, reason: string, cause: unknown): ConnectionLost {
    return new Kind(`${this.#address.host} did not answer ${requestText(method, path)}: ${reason}`, { cause, reason })
  }
}

/** Without its API version and its query, which may be long. */
function requestText(method: string, path: string): string {
  return `${method} ${path.replace(/^\/v[\d.]+\//, '/').replace(/\?.*/s, '')}`
}

function engineOver(calls: Calls, apiVersion: string, ping: WholeAnswer): Engine {
  const call = async (method: string, path: string, options: RequestOptions = {}): Promise<WholeAnswer> => {
    const answer = await calls.whole(method, `/v${apiVersion}${path}`, options)
    // No daemon sends its clients elsewhere: that is something in front of it.
    if (answer.status >= 300) throw refusal(answer, calls.asked(method, path))
    return answer
  }
  const parsed = async <T>(method: string, path: string, options?: RequestOptions): Promise<T> => {
    const answer = await call(method, path, options)
    const parse = () => readAnswer<T>(answer, path, calls.asked(method, path))
    try {
      return options?.reader === undefined ? parse() : (options.reader(answer.parts, parse) as T)
    } finally {
      answer.release()
    }
  }

  async function* lines(path: string, options: RequestOptions): AsyncIterable<string> {
    const response = await calls.stream(`/v${apiVersion}${path}`, options)
    const status = response.statusCode ?? 0
    if (status >= 300) {
      const body = Buffer.concat(await response.toArray())
      throw refusal({ status, headers: response.headers, body }, calls.asked('GET', path))
    }
    yield* createInterface({ input: response })
  }

  async function forward({ method, path }: { method: string; path: string }): Promise<RawAnswer> {
    if (/^(\/v[\d.]+)?\/_ping$/.test(path)) return method === 'HEAD' ? { ...ping, body: Buffer.alloc(0) } : ping
    return calls.whole(method, path, {})
  }

  return {
    apiVersion,
    get: (path, options) => parsed('GET', path, options),
    post: (path, options) => parsed('POST', path, options),
    remove: async (path, options) => void (await call('DELETE', path, options)),
    bytes: async (path, options) => (await call('GET', path, options)).body,
    lines,
    forward,
    close: () => calls.close(),
  }
}
