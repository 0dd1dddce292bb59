import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { scratchDirectory } from '../../lab/scratch.ts'
import { connectEngine, type DaemonAddress } from '../../src/docker/engine/connect-engine.ts'
import type { Engine } from '../../src/docker/engine/engine.ts'

/** A daemon in this process, that answers as a test says, and the pipes of the processes that would lead to it. */
export class FakeDaemon implements AsyncDisposable {
  /** The paths that were asked for, without those of pings. */
  readonly asked: string[] = []
  /** How many connections were made to it. */
  dialled = 0
  readonly #directory: string
  readonly #server: Server
  readonly #children = new Set<FakeChild>()
  readonly #engines: Engine[] = []
  #isFrozen = false

  private constructor(directory: string, answer: RequestListener) {
    this.#directory = directory
    this.#server = createServer((request, response) => {
      if (this.#isFrozen) return undefined
      if (request.url?.endsWith('/_ping')) return response.writeHead(200, { 'Api-Version': '1.51' }).end('OK')
      this.asked.push(request.url?.replace(/^\/v[\d.]+/, '') ?? '')
      return answer(request, response)
    })
  }

  /** @param answer to every request but pings, which are answered as Docker 28 does */
  static async start(answer: RequestListener): Promise<FakeDaemon> {
    const daemon = new FakeDaemon(scratchDirectory('fake-daemon-'), answer)
    daemon.#server.listen(join(daemon.#directory, 's'))
    await once(daemon.#server, 'listening')
    return daemon
  }

  /** An engine that is connected to it, and closed with it. */
  async engine(): Promise<Engine> {
    const engine = await connectEngine(this.address, new AbortController().signal)
    this.#engines.push(engine)
    return engine
  }

  get address(): DaemonAddress {
    return { host: 'unix:///fake.sock', headers: {}, dial: this.dial, explain: (said) => said }
  }

  /** As `docker system dial-stdio` is started. */
  readonly dial = (): ChildProcessWithoutNullStreams => {
    this.dialled++
    const child = new FakeChild(join(this.#directory, 's'))
    this.#children.add(child)
    child.once('close', () => this.#children.delete(child))
    return child as unknown as ChildProcessWithoutNullStreams
  }

  /** Answers nothing from now on. */
  freeze(): void {
    this.#isFrozen = true
  }

  /**
   * Ends all connections, as a daemon that is restarted does, and takes new ones.
   *
   * @param said by the process that led to it; then it ends with code 1
   */
  cut(said = ''): void {
    for (const child of this.#children) child.end(said)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const engine of this.#engines) engine.close()
    this.cut()
    this.#server.close()
    this.#server.closeAllConnections()
    await rm(this.#directory, { recursive: true })
  }
}

/** The pipes of a process that leads to a socket. */
export function dialTo(path: string): ChildProcessWithoutNullStreams {
  return new FakeChild(path) as unknown as ChildProcessWithoutNullStreams
}

/** `docker system dial-stdio`, without the process: it ends with code 0 when its connection does. */
class FakeChild extends EventEmitter {
  readonly stdin = new PassThrough()
  readonly stdout = new PassThrough()
  readonly stderr = new PassThrough()
  readonly #socket
  #hasEnded = false

  constructor(path: string) {
    super()
    this.#socket = createConnection(path)
    this.#socket.on('error', () => this.end())
    this.#socket.on('close', () => this.end())
    this.stdin.pipe(this.#socket)
    this.#socket.pipe(this.stdout)
  }

  end(said = ''): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#socket.destroy()
    this.stdout.end()
    this.stderr.end(said)
    // As of a process: when all that it said has been read.
    const close = () => this.emit('close', said === '' ? 0 : 1, null)
    if (said === '') close()
    else this.stderr.once('end', close)
  }

  kill(): boolean {
    this.end()
    return true
  }

  ref(): void {
    this.#socket.ref()
  }

  unref(): void {
    this.#socket.unref()
  }
}
