import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import type { DoorFault } from './scenario.ts'

const LATE_MS = 400
/** As socket proxies have it: a connection that is idle for longer is closed. */
const IDLE_LIMIT_MS = 5000
const HTML = '<html><body><h1>502 Bad Gateway</h1></body></html>'

/** Where the step gets to a manager: a socket that passes everything on, until it is told to fail. */
export class Door implements AsyncDisposable {
  readonly host: string
  readonly #daemon: string
  readonly #server: Server
  readonly #connections = new Set<Socket>()
  #fault: DoorFault | undefined
  #struck = 0
  #waiting: (() => void)[] = []

  private constructor(socketPath: string, daemon: string, server: Server) {
    this.host = `unix://${socketPath}`
    this.#daemon = daemon
    this.#server = server
  }

  static async start(socketPath: string, daemon: string): Promise<Door> {
    const server = createServer({ keepAliveTimeout: IDLE_LIMIT_MS })
    const door = new Door(socketPath, daemon, server)
    server.on('connection', (socket: Socket) => {
      if (door.#fault === 'cut') {
        door.#struck++
        return socket.destroy()
      }
      door.#connections.add(socket)
      socket.once('close', () => door.#connections.delete(socket))
      return undefined
    })
    server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
      door.#pass(incoming, outgoing).catch(() => outgoing.destroy())
    })
    server.listen(socketPath)
    await once(server, 'listening')
    return door
  }

  /** Fails from now on. */
  fail(fault: DoorFault): void {
    this.#fault = fault
    this.#struck = 0
    if (fault === 'cut') for (const socket of this.#connections) socket.destroy()
  }

  /** How many connections, requests or answers have met the fault that it has now. */
  get struck(): number {
    return this.#struck
  }

  /** Passes everything on again, also what was held back. */
  recover(): void {
    this.#fault = undefined
    for (const goOn of this.#waiting.splice(0)) goOn()
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await buffer(incoming)
    await this.#hold()
    const { method, url: path, headers } = incoming
    const onward = httpRequest({ socketPath: this.#daemon, method, path, headers, agent: false })
    onward.on('error', () => outgoing.destroy())
    onward.end(body)
    outgoing.on('close', () => onward.destroy())
    const [answer] = (await once(onward, 'response')) as [IncomingMessage]
    answer.on('error', () => outgoing.destroy())
    await this.#hold()
    const isOfAnswers = this.#fault !== undefined && ['html', 'noise', 'lost', 'half'].includes(this.#fault)
    if (isOfAnswers) this.#struck++
    switch (this.#fault) {
      case 'html':
        outgoing.writeHead(502, { 'content-type': 'text/html' }).end(HTML)
        return
      case 'noise':
        outgoing.socket?.end('\u0000\u0001 what is this\r\n\r\n')
        return
      case 'lost':
        // Only once it is complete is it sure to be done.
        await buffer(answer)
        outgoing.destroy()
        return
      case 'half': {
        const whole = await buffer(answer)
        outgoing.writeHead(answer.statusCode ?? 0, {
          'content-type': 'application/json',
          'content-length': whole.length + 1,
        })
        outgoing.write(whole.subarray(0, whole.length / 2), () => outgoing.destroy())
        return
      }
      default: {
        const { connection: _, 'transfer-encoding': __, ...answered } = answer.headers
        outgoing.writeHead(answer.statusCode ?? 0, answered)
        outgoing.flushHeaders()
        answer.pipe(outgoing)
      }
    }
  }

  async #hold(): Promise<void> {
    if (this.#fault !== 'stall' && this.#fault !== 'delay') return
    this.#struck++
    if (this.#fault === 'stall') await new Promise<void>((goOn) => this.#waiting.push(goOn))
    else await pause(LATE_MS)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.recover()
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
