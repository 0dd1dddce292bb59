import type { IncomingMessage } from 'node:http'

/** That of about a hundred tasks. */
const LARGE_BYTES = 250_000

/** Newer than the language of the sources. */
interface Transferable {
  readonly transfer?: (byteLength: number) => unknown
}

/** An answer that was read to its end, in the parts in which it came. */
export class WholeAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly parts: readonly Buffer[]
  readonly isLarge: boolean
  readonly #raw: readonly Buffer[]
  #body: Buffer | undefined

  /** @param raw what came over the line for it: the parts are copies of that */
  constructor(
    { statusCode, headers }: Pick<IncomingMessage, 'statusCode' | 'headers'>,
    parts: readonly Buffer[],
    raw: readonly Buffer[],
  ) {
    this.status = statusCode ?? 0
    this.headers = headers
    this.parts = parts
    this.#raw = raw
    this.isLarge = parts.reduce((bytes, part) => bytes + part.length, 0) > LARGE_BYTES
  }

  /** The parts put together, at the first use: an answer that is the same as before has none. */
  get body(): Buffer {
    this.#body ??= Buffer.concat(this.parts)
    return this.#body
  }

  /**
   * Gives its memory back at once, when it has been read. V8 counts what lies in buffers, and would collect its whole heap
   * several times for the answers of one look at many tasks: most of what such a look costs. Node 20 cannot, and waits for V8.
   */
  release(): void {
    for (const part of [...this.#raw, ...this.parts, ...(this.#body === undefined ? [] : [this.#body])]) {
      if (isAlone(part)) (part.buffer as Transferable).transfer?.(0)
    }
  }
}

/** Whether its memory is that of nothing else: small ones share one of Node's, and what was given back has none. */
function isAlone({ length, buffer }: Buffer): boolean {
  return length > 0 && length === buffer.byteLength
}
