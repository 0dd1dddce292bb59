import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { createServer, type Server, type Socket } from 'node:net'
import { messageOf } from '../../errors.ts'
import { Tail } from '../../runner/text/tail.ts'

/** sshd allows 10 sessions in a connection unless told otherwise. */
const MOST_SESSIONS = 9

/** Serves a local socket. */
export function listen(path: string, serve: (connection: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true }, serve)
    server.once('error', reject)
    server.listen(path, () => resolve(server))
  })
}

/** The sessions that are open, with the connections that wait for one. */
export class Sessions {
  readonly #dial: () => ChildProcessWithoutNullStreams
  readonly #open = new Set<ChildProcessWithoutNullStreams>()
  readonly #waiting: Socket[] = []
  /** What the last session that failed said. */
  said = ''

  constructor(dial: () => ChildProcessWithoutNullStreams) {
    this.#dial = dial
  }

  serve(connection: Socket): void {
    connection.on('error', () => connection.destroy())
    if (this.#open.size >= MOST_SESSIONS) {
      this.#waiting.push(connection)
      return
    }
    let child: ChildProcessWithoutNullStreams
    try {
      child = this.#dial()
    } catch (error) {
      this.said = messageOf(error)
      connection.destroy()
      return
    }
    this.#open.add(child)
    const printed = new Tail()
    child.stderr.on('data', (chunk: Buffer) => printed.add(chunk))
    child.stdin.on('error', () => undefined)
    const over = () => {
      this.said = printed.text() || this.said
      connection.destroySoon()
      if (!this.#open.delete(child)) return
      const next = this.#waiting.shift()
      if (next !== undefined) this.serve(next)
    }
    child.once('error', over)
    child.once('close', over)
    connection.once('close', () => child.kill())
    connection.pipe(child.stdin)
    // Closed only when the session has said all that it has to say.
    child.stdout.pipe(connection, { end: false })
  }

  end(): void {
    for (const connection of this.#waiting.splice(0)) connection.destroy()
    for (const child of this.#open) child.kill()
  }
}
