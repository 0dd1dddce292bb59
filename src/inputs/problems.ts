import { InputErrors, UserError } from '../errors.ts'
import { redact } from '../runner/secret.ts'

const LONGEST_SHOWN = 60

/** Collects what is wrong with the inputs, so that one run tells all of it: one line each, that begins with its place. */
export class Problems {
  readonly #lines: string[]
  readonly #place: string

  constructor(place = '', lines: string[] = []) {
    this.#place = place
    this.#lines = lines
  }

  /** The same collection, for the problems of one place in it. */
  at(place: string): Problems {
    return new Problems(this.#place === '' ? place : `${this.#place}: ${place}`, this.#lines)
  }

  add(problem: string): void {
    this.#lines.push(oneLine(this.#place === '' ? problem : `${this.#place}: ${problem}`))
  }

  /** What was collected so far, from every place. */
  get lines(): readonly string[] {
    return this.#lines
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0
  }

  /** Adds what another collection has. */
  take(others: Problems): void {
    for (const line of others.#lines) this.#lines.push(line)
  }

  /** What the work returns; `undefined` and one problem more when it ends in an error of the user's. */
  attempt<T>(work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      this.add(error.message)
      return undefined
    }
  }

  /** @throws InputErrors with every problem collected so far, from every place */
  throwAll(): void {
    if (this.#lines.length > 0) throw new InputErrors(this.#lines)
  }
}

/** A value as a message shows it: in quotes, on one line, not too long. */
export function shown(value: string): string {
  // Before it is cut: the half of a secret would not be known for one.
  const clean = redact(value)
  return JSON.stringify(clean.length > LONGEST_SHOWN ? `${clean.slice(0, LONGEST_SHOWN)}…` : clean)
}

/** Names as a sentence lists them: `a`, `b` and `c`. */
export function listed(names: readonly string[], type: 'conjunction' | 'disjunction' = 'conjunction'): string {
  return new Intl.ListFormat('en', { type }).format(names.map((name) => `\`${name}\``))
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
}
