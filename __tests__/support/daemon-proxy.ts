import { once } from 'node:events'
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { buffer } from 'node:stream/consumers'

/** A request that went through the proxy. */
export interface PassedRequest {
  readonly method: string
  /** Without its API version and query: `/services/create`. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly status: number
}

export interface Hooks {
  /** Runs before the daemon sees the request. */
  readonly before?: (method: string, path: string) => Promise<void>
  /** Runs after the daemon answered, and before the client knows. */
  readonly after?: (method: string, path: string, status: number) => Promise<void>
}

/** Stands between the action and a daemon: keeps a log, and lets a test step in at the exact moment. */
export class DaemonProxy implements AsyncDisposable {
  /** For DOCKER_HOST. */
  readonly host: string
  readonly requests: PassedRequest[] = []
  readonly #server: Server

  private constructor(socketPath: string, server: Server) {
    this.host = `unix://${socketPath}`
    this.#server = server
  }

  /** Listens on `socketPath` and passes everything on to the daemon behind `daemonSocket`. */
  static async start(socketPath: string, daemonSocket: string, hooks: Hooks = {}): Promise<DaemonProxy> {
    const server = createServer()
    const proxy = new DaemonProxy(socketPath, server)
    server.on('request', (incoming, outgoing) => {
      proxy.#pass(incoming, outgoing, daemonSocket, hooks).catch(() => outgoing.destroy())
    })
    server.listen(socketPath)
    await once(server, 'listening')
    return proxy
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse, socketPath: string, hooks: Hooks): Promise<void> {
    const { method = '', url = '', headers } = incoming
    const path = url.split('?', 1)[0]?.replace(/^\/v[\d.]+/, '') ?? ''
    const body = await buffer(incoming)
    await hooks.before?.(method, path)
    const onward = httpRequest({ socketPath, method, path: url, headers, agent: false })
    onward.end(body)
    outgoing.on('close', () => onward.destroy())
    const [answer] = (await once(onward, 'response')) as [IncomingMessage]
    const status = answer.statusCode ?? 0
    this.requests.push({ method, path, headers, status })
    await hooks.after?.(method, path, status)
    const { connection: _, 'transfer-encoding': __, ...answered } = answer.headers
    outgoing.writeHead(status, answered)
    // Events have no first byte for long: the answer has begun all the same.
    outgoing.flushHeaders()
    answer.on('error', () => outgoing.destroy())
    answer.pipe(outgoing)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
