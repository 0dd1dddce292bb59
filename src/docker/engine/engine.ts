import { messageOf } from '../../errors.ts'
import type { Secret } from '../../runner/secrets/secret.ts'
import { limited } from '../../runner/text/safe-text.ts'

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly registryAuth?: Secret
  readonly signal?: AbortSignal
  /** How long the daemon may take for its whole answer. When it is given, a call that takes longer is not repeated. */
  readonly timeoutSeconds?: number
  /**
   * Of a POST: that it does no harm when it is done twice, since the caller knows what a second one is answered. It is
   * then repeated like a read when its answer is lost.
   */
  readonly mayRepeat?: boolean
  /** Of a GET: what is made of its answer, which need not be parsed for it. */
  readonly reader?: (answer: readonly Buffer[], parse: () => unknown) => unknown
}

/** A request passed on as it is, for {@link Engine.forward}. The path carries its own API version. */
export interface RawRequest {
  readonly method: string
  readonly path: string
}

/** An answer as the daemon gave it, whatever its status. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/**
 * Requests to the daemon's Engine API. Each has one limit for all of its answer. Where a repeat does no harm, it is made
 * again while the swarm has no leader, and when its answer is lost or cannot be read: see patience.ts.
 */
export interface Engine {
  readonly apiVersion: string
  /**
   * The daemon's JSON answer, without any `null` in it: what is nil there is absent here.
   *
   * @throws EngineError when the daemon refuses, ConnectionLost when it cannot be reached or understood
   */
  get<T>(path: string, options?: RequestOptions): Promise<T>
  post<T>(path: string, options?: RequestOptions): Promise<T>
  /** By an ID: of what is gone already, a repeat says so with a 404. */
  remove(path: string, options?: RequestOptions): Promise<void>
  /** The bytes of an answer that is not JSON, to its end. */
  bytes(path: string, options?: RequestOptions): Promise<Buffer>
  /** The answer line by line, for as long as the daemon sends: ends with the connection or the signal. */
  lines(path: string, options: RequestOptions): AsyncIterable<string>
  /** The answer to another client's reading request. `/_ping` is answered by what the connection began with. */
  forward(request: RawRequest): Promise<RawAnswer>
  close(): void
}

/** The daemon said no: its HTTP status and its own words. */
export class EngineError extends Error {
  override name = 'EngineError'
  readonly status: number
  /** Whether it is in the form of a daemon's. What stands in front of one answers in its own, and the message says so. */
  readonly isDaemons: boolean
  /** Whom it was asked, and for what: `unix:///var/run/docker.sock`, `GET /nodes`. */
  readonly asked: { readonly host: string; readonly request: string } | undefined

  constructor(status: number, message: string, asked?: EngineError['asked'], isDaemons = true) {
    super(limited(message))
    this.status = status
    this.asked = asked
    this.isDaemons = isDaemons
  }
}

/** The daemon could not be spoken to, or gave no answer that can be read. The message has host, request and cause. */
export class ConnectionLost extends Error {
  override name = 'ConnectionLost'
  /** The cause alone. */
  readonly reason: string

  constructor(message: string, options: ErrorOptions & { readonly reason?: string } = {}) {
    super(message, options)
    this.reason = options.reason ?? message
  }
}

/** The time for an answer was over. */
export class TooLate extends ConnectionLost {
  override name = 'TooLate'
}

/** There was an answer, and it is none that a daemon gives. */
export class Unreadable extends ConnectionLost {
  override name = 'Unreadable'
}

/** Any error as a line that stands for itself; one of a call has the host and the request. */
export function wordsOfError(error: unknown): string {
  return tellCallError(error) ?? messageOf(error)
}

/** An error of a call as a line that stands for itself; `undefined` for any other error. */
export function tellCallError(error: unknown): string | undefined {
  if (error instanceof ConnectionLost) return error.message
  if (!(error instanceof EngineError)) return undefined
  const { host, request } = error.asked ?? { host: 'the docker daemon', request: 'a request' }
  return `${host} answered ${request} with ${error.isDaemons ? `${error.status}: ` : ''}${error.message}`
}
