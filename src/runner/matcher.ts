/** As many characters of a text decide whether it is worth a closer look. */
const KEY_CHARACTERS = 4
/** Of so many, few places of a text hit one by chance. */
const KEYS = 2 ** 20

/**
 * Finds many texts in another one, in time that grows with the length of that one and hardly with their number: one
 * secret of 20,000 lines must not slow every line of the log.
 */
export class Matcher {
  /** In order, so that those which begin alike are neighbours. */
  readonly #texts: readonly string[]
  /** For each text the longest other one that it begins with, by its index; -1 when there is none. */
  readonly #shorter: readonly number[]
  readonly #longest: number
  /** Whether any text begins with characters of this key; and which do, by the characters themselves. */
  readonly #keys = new Uint8Array(KEYS)
  readonly #ranges = new Map<string, { readonly first: number; end: number }>()

  /** @param texts each of at least four characters */
  constructor(texts: Iterable<string>) {
    this.#texts = [...new Set(texts)].sort()
    this.#longest = this.#texts.reduce((most, { length }) => Math.max(most, length), 0)
    const begun: number[] = []
    this.#shorter = this.#texts.map((text, index) => {
      while (begun.length > 0 && !text.startsWith(this.#texts[begun.at(-1) ?? 0] ?? '')) begun.pop()
      const shorter = begun.at(-1) ?? -1
      begun.push(index)
      return shorter
    })
    for (const [index, text] of this.#texts.entries()) {
      this.#keys[keyAt(text, 0)] = 1
      const range = this.#ranges.get(text.slice(0, KEY_CHARACTERS))
      if (range === undefined) this.#ranges.set(text.slice(0, KEY_CHARACTERS), { first: index, end: index + 1 })
      else range.end = index + 1
    }
  }

  /** The text with everything found in it replaced; what overlaps is replaced together. */
  replaceAll(text: string, by: string): string {
    if (this.#texts.length === 0) return text
    let result = ''
    let done = 0
    let start = 0
    let end = 0
    for (let at = 0; at + KEY_CHARACTERS <= text.length; at++) {
      const length = this.#lengthAt(text, at)
      if (length === 0) continue
      if (at >= end) {
        if (end > start) {
          result += text.slice(done, start) + by
          done = end
        }
        start = at
      }
      end = Math.max(end, at + length)
    }
    return end === start ? text : `${result}${text.slice(done, start)}${by}${text.slice(end)}`
  }

  /** The length of the longest text that stands at a place; 0 when none does. */
  #lengthAt(text: string, at: number): number {
    if (this.#keys[keyAt(text, at)] === 0) return 0
    const range = this.#ranges.get(text.slice(at, at + KEY_CHARACTERS))
    if (range === undefined) return 0
    const rest = text.slice(at, at + this.#longest)
    for (let index = this.#lastUpTo(rest, range); index >= 0; index = this.#shorter[index] ?? -1) {
      const candidate = this.#texts[index] ?? ''
      if (rest.startsWith(candidate)) return candidate.length
    }
    return 0
  }

  /**
   * The index of the last text that is not after another in order, of those that begin alike; -1 when all are. From it
   * the {@link #shorter} lead to everything that the other begins with.
   */
  #lastUpTo(other: string, { first, end }: { readonly first: number; readonly end: number }): number {
    let low = first
    let high = end
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#texts[middle] ?? '') <= other) low = middle + 1
      else high = middle
    }
    return low > first ? low - 1 : -1
  }
}

function keyAt(text: string, at: number): number {
  const pair = text.charCodeAt(at) * 31 + text.charCodeAt(at + 1)
  return (pair * 961 + text.charCodeAt(at + 2) * 31 + text.charCodeAt(at + 3)) & (KEYS - 1)
}
