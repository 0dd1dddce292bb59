import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { Scenario } from './scenario.ts'

/** The Engine API of a scenario, in this process. Each `docker system dial-stdio` of the stand-in leads to it. */
export class DialledEngine implements AsyncDisposable {
  /** What it answers from now on. */
  scenario: Scenario
  /** The calls so far: `GET /info`. */
  readonly requests: string[] = []
  readonly #sockets = new Set<Socket>()
  /** Of a dial that is under way: the half that came first, by the number of its process. */
  readonly #halves = new Map<string, Socket>()
  readonly #http = createHttpServer((request, response) => this.#answer(request, response))
  readonly #server = createServer((socket) => this.#accept(socket))

  private constructor(scenario: Scenario) {
    this.scenario = scenario
  }

  static async start(scenario: Scenario): Promise<DialledEngine> {
    const engine = new DialledEngine(scenario)
    engine.#server.listen(0, '127.0.0.1')
    await once(engine.#server, 'listening')
    return engine
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Half of a dial: its first line says which one, and of which process. */
  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    let head = Buffer.alloc(0)
    const read = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk])
      const end = head.indexOf('\n')
      if (end < 0) return
      socket.off('data', read)
      socket.pause()
      if (head.length > end + 1) socket.unshift(head.subarray(end + 1))
      const [half, pid = ''] = head.toString('utf8', 0, end).split(' ')
      const other = this.#halves.get(pid)
      if (other === undefined) this.#halves.set(pid, socket)
      else if (half === 'requests') this.#join(pid, socket, other)
      else this.#join(pid, other, socket)
    }
    socket.on('data', read)
  }

  #join(pid: string, requests: Socket, answers: Socket): void {
    this.#halves.delete(pid)
    requests.once('end', () => answers.destroy())
    answers.once('close', () => requests.destroy())
    this.#http.emit('connection', Duplex.from({ readable: requests, writable: answers }))
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { hangs, raw, apiVersion = '1.41', answers } = this.scenario
    const path = (request.url ?? '').split('?', 1)[0]?.replace(/^\/v[\d.]+/, '') ?? ''
    this.requests.push(`${request.method} ${path}`)
    if (hangs?.includes(path) || path === '/events') return
    const told = raw?.[path]
    if (told !== undefined) {
      response.writeHead(told.status).end(told.body)
      return
    }
    const answer = answers[path]
    response.setHeader('Api-Version', apiVersion)
    response.writeHead(answer === undefined && path !== '/_ping' ? 404 : 200, { 'Content-Type': 'application/json' })
    const newer = (key: string, value: unknown) => (key === 'Version' ? this.#newer(value) : value)
    response.end(path === '/_ping' ? 'OK' : JSON.stringify(answer ?? { message: `no ${path} here` }, newer))
  }

  /** Each change of a service that was sent has made its version a newer one. */
  #newer(version: unknown): unknown {
    const changes = this.requests.filter((request) => /^POST \/services\/[^/]+\/update$/.test(request))
    return { Index: (version as { Index: number }).Index + changes.length }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}
