/** As many characters of a text decide whether it is worth a closer look. */
const KEY_CHARACTERS = 4
const BITS_OF_CHARACTER = 5
/** Of so many, few places of a text hit one by chance. */
const KEYS = 2 ** (KEY_CHARACTERS * BITS_OF_CHARACTER)
const BITS_OF_WORD = 32

/** The last two of these characters tell how far on the next place is that is worth a look: most often behind them. */
const PAIRS = 2 ** 12
const PLACES_OF_PAIR = KEY_CHARACTERS - 1

/** A part of a text, from its first character to the one behind its last. */
export interface Span {
  readonly start: number
  end: number
}

/** The text with these parts of it, which are in order, replaced. Pure. */
export function replaced(text: string, spans: readonly Span[], by: string): string {
  let result = ''
  let done = 0
  for (const { start, end } of spans) {
    result += text.slice(done, start) + by
    done = end
  }
  return done === 0 ? text : result + text.slice(done)
}

/** Texts that begin with the same characters. */
interface Bucket {
  /** In order, so that those which begin alike are neighbours. */
  texts: string[]
  /**
   * For each text the longest other one that it begins with, by its index; -1 when there is none. `undefined` when texts
   * have come since it was made: both are put in order at the next look.
   */
  shorter: readonly number[] | undefined
}

/**
 * Finds many texts in another one, in time that grows with the length of that one and hardly with their number: one
 * secret of 20,000 lines must not slow every line of the log. One text more costs as little.
 */
export class Matcher {
  #longest = 0
  /** Whether any text begins with characters of this key, a bit for each; and which do, by the characters themselves. */
  readonly #keys = new Uint32Array(KEYS / BITS_OF_WORD)
  /** For each pair of characters its last place among the first ones of a text, counted from one; 0 when it has none. */
  readonly #places = new Uint8Array(PAIRS)
  readonly #buckets = new Map<string, Bucket>()

  /** @param text of at least four characters, that it does not have yet */
  add(text: string): void {
    this.#longest = Math.max(this.#longest, text.length)
    const start = text.slice(0, KEY_CHARACTERS)
    const key = keyOf(start, 0, KEY_CHARACTERS)
    this.#keys[key >>> 5] = (this.#keys[key >>> 5] ?? 0) | (1 << (key & 31))
    for (let place = 1; place <= PLACES_OF_PAIR; place++) {
      const pair = keyOf(start, place - 1, place + 1) & (PAIRS - 1)
      this.#places[pair] = Math.max(this.#places[pair] ?? 0, place)
    }
    const bucket = this.#buckets.get(start)
    if (bucket === undefined) {
      this.#buckets.set(start, { texts: [text], shorter: undefined })
      return
    }
    bucket.texts.push(text)
    bucket.shorter = undefined
  }

  /** The text with everything found in it replaced; what overlaps is replaced together. */
  replaceAll(text: string, by: string): string {
    return replaced(text, this.spans(text), by)
  }

  /**
   * Where in a text something is found, in order; what overlaps is one place.
   *
   * @param least what is shorter is not looked for
   */
  spans(text: string, least = 0): Span[] {
    const spans: Span[] = []
    if (this.#buckets.size === 0) return spans
    for (let at = this.#candidate(text, 0); at < text.length; at = this.#candidate(text, at + 1)) {
      const length = this.#lengthAt(text, at)
      if (length === 0 || length < least) continue
      const last = spans.at(-1)
      if (last !== undefined && at < last.end) last.end = Math.max(last.end, at + length)
      else spans.push({ start: at, end: at + length })
    }
    return spans
  }

  /** The first place from this one on where a text may begin, by its first characters; the end when there is none. */
  #candidate(text: string, from: number): number {
    const keys = this.#keys
    const last = text.length - KEY_CHARACTERS
    for (let at = from; at <= last; ) {
      const pair = nextKey(text.charCodeAt(at + 2), text.charCodeAt(at + 3))
      const ahead = PLACES_OF_PAIR - (this.#places[pair & (PAIRS - 1)] ?? 0)
      if (ahead > 0) {
        at += ahead
        continue
      }
      const key = keyOf(text, at, at + KEY_CHARACTERS)
      if (((keys[key >>> 5] ?? 0) & (1 << (key & 31))) !== 0) return at
      at++
    }
    return text.length
  }

  /** The length of the longest text that stands at a place; 0 when none does. */
  #lengthAt(text: string, at: number): number {
    const bucket = this.#buckets.get(text.slice(at, at + KEY_CHARACTERS))
    if (bucket === undefined) return 0
    bucket.shorter ??= putInOrder(bucket.texts)
    const { texts, shorter } = bucket
    const rest = text.slice(at, at + this.#longest)
    for (let index = lastUpTo(rest, texts); index >= 0; index = shorter[index] ?? -1) {
      const candidate = texts[index] ?? ''
      if (rest.startsWith(candidate)) return candidate.length
    }
    return 0
  }
}

/** Sorts them; and for each the longest other one that it begins with, by its index; -1 when there is none. */
function putInOrder(texts: string[]): number[] {
  texts.sort()
  const begun: number[] = []
  return texts.map((text, index) => {
    while (begun.length > 0 && !text.startsWith(texts[begun.at(-1) ?? 0] ?? '')) begun.pop()
    const shorter = begun.at(-1) ?? -1
    begun.push(index)
    return shorter
  })
}

/**
 * The index of the last of some texts in order that is not after another one; -1 when all are. From it what is
 * {@link Bucket.shorter} leads to everything that the other begins with.
 */
function lastUpTo(other: string, texts: readonly string[]): number {
  let low = 0
  let high = texts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((texts[middle] ?? '') <= other) low = middle + 1
    else high = middle
  }
  return low - 1
}

function keyOf(text: string, from: number, to: number): number {
  let key = 0
  for (let at = from; at < to; at++) key = nextKey(key, text.charCodeAt(at))
  return key
}

/** The key one character on. It is made of the last ones only: what came before them is shifted out of it. */
function nextKey(key: number, character: number): number {
  return ((key << BITS_OF_CHARACTER) ^ character) & (KEYS - 1)
}
