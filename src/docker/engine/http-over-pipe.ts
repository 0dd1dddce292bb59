import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'
import { outOfThreads, startProblem } from '../../runner/processes/start-problem.ts'
import { keepHeapSmall } from '../../runner/small-heap.ts'
import { safeLine } from '../../runner/text/safe-text.ts'
import { Tail } from '../../runner/text/tail.ts'
import { ConnectionLost, TooLate, Unreadable } from './engine.ts'
import { WholeAnswer } from './whole-answer.ts'

/** What a daemon does that is just being started or ended, and what stands in for it. */
export const ENDED_WITHOUT_ANSWER = 'the connection ended without an answer'

/** Over SSH each connection is a login of its own, so there are few; over a local socket few are enough. */
const MOST_CONNECTIONS = 4

/** Every call has a limit, so a connection becomes free in time; unless all are kept by streams. */
const WAIT_SECONDS = 180

/** The tasks of the largest swarms are some ten megabytes. */
const MOST_MEGABYTES = 256

/** A request as it goes over the pipe. */
export interface Outgoing {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | number>>
  readonly payload: string | undefined
}

export interface Limits {
  readonly signal?: AbortSignal | undefined
  /** From the moment when the request has a connection to the end of its answer; of a stream to its beginning. */
  readonly seconds: number
}

/**
 * HTTP to a daemon over kept connections, each of them one `docker system dial-stdio` process. Every request ends: with
 * its answer, at its limit, with its signal, or when the pipes are closed.
 */
export class HttpOverPipe {
  readonly #agent: StdioAgent
  readonly #open = new Set<(error: Error) => void>()
  #isClosed = false

  constructor(dial: () => ChildProcessWithoutNullStreams) {
    this.#agent = new StdioAgent(dial)
  }

  /**
   * The whole answer.
   *
   * @throws ConnectionLost with the cause alone as its message, or `AbortError` with the signal's reason as its cause
   */
  exchange(outgoing: Outgoing, limits: Limits): Promise<WholeAnswer> {
    return this.#send(outgoing, limits, (response, done, fail) => {
      const parts: Buffer[] = []
      const raw = (response.socket as Duplex as StdioSocket).noteChunks()
      let bytes = 0
      response.on('data', (part: Buffer) => {
        bytes += part.length
        parts.push(part)
        if (bytes > MOST_MEGABYTES * 1e6) fail(new Unreadable(`its answer is larger than ${MOST_MEGABYTES} MB`))
      })
      response.once('end', () => {
        const answer = new WholeAnswer(response, parts, raw)
        if (answer.isLarge) void keepHeapSmall()
        done(answer)
      })
    })
  }

  /** The answer as soon as it begins. When the signal is aborted later, it breaks off. */
  stream(outgoing: Outgoing, limits: Limits): Promise<IncomingMessage> {
    return this.#send(outgoing, limits, (response, done) => {
      // Who reads it is told by its own error.
      response.on('error', () => undefined)
      const stop = () => response.destroy(stopped(limits.signal))
      limits.signal?.addEventListener('abort', stop, { once: true })
      response.once('close', () => limits.signal?.removeEventListener('abort', stop))
      done(response)
    })
  }

  /** Breaks every request off, with this cause. */
  close(reason: string): void {
    this.#isClosed = true
    for (const giveUp of [...this.#open]) giveUp(new ConnectionLost(reason))
    this.#agent.destroy()
  }

  #send<T>(
    { method, path, headers, payload }: Outgoing,
    { signal, seconds }: Limits,
    read: (response: IncomingMessage, done: (answer: T) => void, fail: (error: Error) => void) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (signal?.aborted) return reject(stopped(signal))
      if (this.#isClosed) return reject(new ConnectionLost('the connection is closed'))
      const request: ClientRequest = httpRequest({ agent: this.#agent, method, path, headers })
      let clock = setTimeout(
        () => giveUp(new TooLate(`no connection was free for ${WAIT_SECONDS} s`)),
        WAIT_SECONDS * 1000,
      )
      const end = () => {
        clearTimeout(clock)
        signal?.removeEventListener('abort', stop)
        this.#open.delete(giveUp)
      }
      const giveUp = (error: Error) => {
        end()
        reject(error)
        request.destroy(error)
      }
      const stop = () => giveUp(stopped(signal))
      this.#open.add(giveUp)
      signal?.addEventListener('abort', stop, { once: true })
      request.once('socket', () => {
        clearTimeout(clock)
        clock = setTimeout(() => giveUp(new TooLate(`there was no whole answer within ${seconds} s`)), seconds * 1000)
      })
      request.once('response', (response) => {
        response.once('error', (error) => giveUp(brokenBy(error, 'the answer broke off')))
        response.once('aborted', () => giveUp(new ConnectionLost('the answer broke off')))
        const done = (answer: T) => {
          end()
          resolve(answer)
        }
        read(response, done, giveUp)
      })
      request.on('error', (error) => giveUp(brokenBy(error, ENDED_WITHOUT_ANSWER)))
      request.end(payload)
    })
  }
}

function stopped(signal: AbortSignal | undefined): DOMException {
  return new DOMException('The operation was aborted', { name: 'AbortError', cause: signal?.reason })
}

/** @param otherwise what happened when Node says no more than that the other side has hung up */
function brokenBy(error: Error, otherwise: string): ConnectionLost {
  if (error instanceof ConnectionLost) return error
  const { code = '' } = error as NodeJS.ErrnoException
  if (String(code).startsWith('HPE_')) return new Unreadable('what answers does not speak HTTP', { cause: error })
  return new ConnectionLost(code === 'ECONNRESET' ? otherwise : error.message, { cause: error })
}

class StdioAgent extends Agent {
  readonly #dial: () => ChildProcessWithoutNullStreams

  constructor(dial: () => ChildProcessWithoutNullStreams) {
    super({ keepAlive: true, maxSockets: MOST_CONNECTIONS })
    this.#dial = dial
  }

  override createConnection(
    _options: object,
    onCreated?: (error: Error | null, socket: Duplex) => void,
  ): Duplex | undefined {
    try {
      return new StdioSocket(this.#dial())
    } catch (error) {
      // Of a request that takes the place of another nobody could catch it.
      void Promise.resolve().then(() => onCreated?.(error as Error, undefined as unknown as Duplex))
      return undefined
    }
  }

  override keepSocketAlive(socket: Duplex): boolean {
    // Node asks for the answer; its types do not say so.
    const mayStay = (super.keepSocketAlive(socket) as unknown) !== false
    return mayStay && (socket as StdioSocket).rest()
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    ;(socket as StdioSocket).wake()
    super.reuseSocket(socket, request)
  }
}

/** The pipes of a process as the one stream that HTTP needs. */
class StdioSocket extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #printed = new Tail()
  #noted: Buffer[] | undefined
  #isIdle = false
  #hasEnded = false

  constructor(child: ChildProcessWithoutNullStreams) {
    super()
    this.#child = child
    child.stdout.on('data', (chunk: Buffer) => {
      this.#noted?.push(chunk)
      if (!this.push(chunk)) child.stdout.pause()
    })
    child.stderr.on('data', (chunk: Buffer) => this.#printed.add(chunk))
    child.stdin.on('error', () => undefined)
    child.once('error', (error) =>
      this.destroy(new ConnectionLost(startProblem('docker', error).message, { cause: error })),
    )
    // Only here, when stderr has ended too: an end of the answer without its reason would say nothing.
    child.once('close', (code) => {
      this.#hasEnded = true
      const printed = this.#printed.text()
      const said = outOfThreads('docker', printed) ?? safeLine(printed)
      if (said !== '' || code !== 0) {
        this.destroy(new ConnectionLost(said || `docker system dial-stdio ended with code ${code}`))
      } else if (this.#isIdle) {
        // Nobody reads now: an end would never be seen, and the next request be written to a process that is gone.
        this.destroy()
      } else {
        this.push(null)
      }
    })
  }

  /** What comes from now on, until its answer has been read. */
  noteChunks(): readonly Buffer[] {
    this.#noted = []
    return this.#noted
  }

  /** Its answer has been read. Whether it can take another request. */
  rest(): boolean {
    this.#isIdle = true
    this.#noted = undefined
    return !this.#hasEnded
  }

  wake(): void {
    this.#isIdle = false
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
