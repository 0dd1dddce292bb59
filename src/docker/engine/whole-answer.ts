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
  #body: Buffer | undefined

  constructor({ statusCode, headers }: Pick<IncomingMessage, 'statusCode' | 'headers'>, parts: readonly Buffer[]) {
    this.status = statusCode ?? 0
    this.headers = headers
    this.parts = parts
    this.isLarge = parts.reduce((bytes, part) => bytes + part.length, 0) > LARGE_BYTES
  }

  /** The parts put together, at the first use: an answer that is the same as before has none. */
  get body(): Buffer {
    this.#body ??= Buffer.concat(this.parts)
    return this.#body
  }

  /**
   * Gives the memory of a large one back at once, when it has been read. V8 counts what lies in buffers, and would collect its
   * whole heap several times for the answers of one look at many tasks: most of what such a look costs. Node 20 cannot, and
   * waits for V8.
   */
  release(): void {
    // Small ones may lie in a buffer that Node shares among many.
    if (!this.isLarge) return
    for (const { buffer } of [...this.parts, ...(this.#body === undefined ? [] : [this.#body])]) {
      ;(buffer as Transferable).transfer?.(0)
    }
  }
}
