import { createHash } from 'node:crypto'

interface Reading {
  readonly digest: string
  readonly value: unknown
}

/**
 * What the answers of one round of requests were read as, for the next round. While a swarm is at work most of it answers
 * the same bytes again, and what is made of a long answer costs many times what its digest does.
 */
export class SameAnswers {
  #before: ReadonlyMap<string, Reading> = new Map()
  #now = new Map<string, Reading>()

  /** The next round begins: what the last one did not ask for is forgotten. */
  nextRound(): void {
    this.#before = this.#now
    this.#now = new Map()
  }

  /**
   * @param asked what the answer answers
   * @param answer its parts as they came
   * @param read must depend on the answer alone; is not called when the answer is the same as in the last round
   */
  read<T>(asked: string, answer: readonly Buffer[], read: () => T): T {
    const digest = digestOf(answer)
    const last = this.#now.get(asked) ?? this.#before.get(asked)
    const reading = last?.digest === digest ? last : { digest, value: read() }
    this.#now.set(asked, reading)
    return reading.value as T
  }
}

function digestOf(parts: readonly Buffer[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('base64')
}
