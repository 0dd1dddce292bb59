import { InputErrors, UserError, UserErrors } from '../errors.ts'
import { ticked } from '../runner/text/shown.ts'
import { andList, orList } from '../runner/text/word-list.ts'
import { type LineProblem, lineInWords } from './yaml-lines.ts'

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

  /**
   * What is wrong with the YAML of this place, each with its line.
   *
   * @param hint what follows each, with a semicolon before it
   */
  addYaml(wrong: readonly LineProblem[], hint = ''): void {
    const place = this.#place === '' ? '' : `${this.#place} `
    for (const one of wrong) this.#lines.push(oneLine(`${place}${lineInWords(one)}${hint}`))
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

  /** What the work returns; `undefined` and its problems when it ends in an error of the user's. */
  attempt<T>(work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      for (const problem of error instanceof UserErrors ? error.problems : [error.message]) this.add(problem)
      return undefined
    }
  }

  /** @throws InputErrors with every problem collected so far, from every place, each once */
  throwAll(): void {
    if (this.#lines.length > 0) throw new InputErrors([...new Set(this.#lines)])
  }
}

/** Names as a sentence lists them: `a`, `b` and `c`. */
export function listed(names: readonly string[], last: 'and' | 'or' = 'and'): string {
  const words = names.map(ticked)
  return last === 'and' ? andList(words) : orList(words)
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
}
