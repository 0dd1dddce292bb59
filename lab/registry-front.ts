import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Server } from 'node:net'
import { pipeline } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import type { RegistryRequest } from './description.ts'
import { type Answer, failure, type Gate } from './gate.ts'

/** A fault as it stands after the journey to the keeper: the path is the source of a regular expression. */
export interface ArmedFault {
  readonly status?: number
  readonly drop?: boolean
  readonly delayMs?: number
  readonly path?: string
  readonly method?: string
  readonly user?: string
}

/** What stands before a registry: it logs every request, lets in whom the gate lets in, and fails when told to. */
export class RegistryFront {
  requests: RegistryRequest[] = []
  faults: ArmedFault[] = []
  /** How much passes the line of each node; no limit unless told. */
  bytesPerSecond: number | undefined
  /** By the addresses of nodes. */
  readonly #lineFreeAt = new Map<string, number>()
  readonly #backend: string
  readonly #gate: Gate
  readonly #agent = new Agent({ keepAlive: true })

  /** `backend` is the unix socket of the registry proper. */
  constructor(backend: string, gate: Gate) {
    this.#backend = backend
    this.#gate = gate
  }

  /** Listens where the nodes are. */
  async listen(address: string, port: number, tls?: { key: string; cert: string }): Promise<void> {
    const handle = (incoming: IncomingMessage, outgoing: ServerResponse) => void this.#handle(incoming, outgoing)
    await listening(tls ? createTlsServer(tls, handle) : createServer(handle), { host: address, port })
  }

  /** Listens on a unix socket for the lab itself: no log, no rules, no faults, and `authorization` on every request. */
  async listenPrivately(socket: string, authorization: string | undefined): Promise<void> {
    const server = createServer((incoming, outgoing) => {
      if (authorization !== undefined) incoming.headers.authorization = authorization
      this.#forward(incoming, outgoing, () => {})
    })
    await listening(server, { path: socket })
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const time = new Date().toISOString()
    const { method = '', url: path = '' } = incoming
    const form = new URLSearchParams(isForm(incoming) ? await bodyOf(incoming) : '')
    const { user, answer: verdict, authorization } = this.#gate(method, path, incoming.headers.authorization, form)
    const client = (incoming.socket.remoteAddress ?? '').replace('::ffff:', '')
    const record = (status: number) => {
      this.requests.push({ time, method, path, user, status, client })
    }
    const answer = ({ status, headers = {}, body }: Answer) => {
      record(status)
      incoming.resume()
      outgoing.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
    }

    const fault = this.faults.find((candidate) => strikes(candidate, method, path, user))
    if (fault?.delayMs !== undefined) await pause(fault.delayMs)
    if (fault?.drop) {
      record(0)
      incoming.socket.destroy()
      return
    }
    if (fault?.status !== undefined) {
      return answer(failure(fault.status, `the registry was told to answer ${fault.status}`))
    }
    if (verdict !== undefined) return answer(verdict)
    if (authorization !== undefined) incoming.headers.authorization = authorization
    this.#forward(incoming, outgoing, record)
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse, record: (status: number) => void): void {
    const { method, url: path } = incoming
    const client = incoming.socket.remoteAddress ?? ''
    // How long a connection lasts is a matter of each side. A registry told to close it does so while the end of a
    // request is still being written, and that write would fail although the registry has answered.
    const { connection: _, ...headers } = incoming.headers
    const onward = httpRequest({ socketPath: this.#backend, method, path, headers, agent: this.#agent }, (response) => {
      // Written down before it is sent, so that whoever has the answer finds it in the log.
      record(response.statusCode ?? 0)
      const { connection: _, ...answered } = response.headers
      outgoing.writeHead(response.statusCode ?? 502, answered)
      pipeline(
        response,
        (answer) => this.#overLine(answer, client),
        outgoing,
        (error) => {
          if (error) outgoing.destroy()
        },
      )
    })
    onward.on('error', (error) => {
      if (outgoing.headersSent) {
        outgoing.destroy()
        return
      }
      record(502)
      outgoing.writeHead(502).end(error.message)
    })
    outgoing.on('close', () => {
      if (!outgoing.writableFinished) onward.destroy()
    })
    incoming.pipe(onward)
  }

  /** All answers to one node share its line. */
  async *#overLine(answer: AsyncIterable<Buffer>, client: string): AsyncGenerator<Buffer> {
    for await (const piece of answer) {
      const { bytesPerSecond } = this
      if (bytesPerSecond !== undefined) {
        const now = performance.now()
        const freeAt = Math.max(now, this.#lineFreeAt.get(client) ?? 0) + (piece.length / bytesPerSecond) * 1000
        this.#lineFreeAt.set(client, freeAt)
        await pause(freeAt - now)
      }
      yield piece
    }
  }
}

/** Nothing of a registry's own is posted as a form. */
function isForm({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of incoming) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

function listening(server: Server, where: { host: string; port: number } | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, resolve)
  })
}

function strikes(fault: ArmedFault, method: string, path: string, user: string | null): boolean {
  if (fault.method !== undefined && fault.method !== method) return false
  if (fault.user !== undefined && fault.user !== user) return false
  return fault.path === undefined || new RegExp(fault.path).test(path)
}
