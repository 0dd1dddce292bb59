import { crypto } from '../../runner/crypto.ts'

/**
 * Stands before the digits of a number that JavaScript would round, in the text that takes its place. Nobody else can
 * know it, so no text of somebody else passes for a number. `undefined` until there is such a number.
 */
let mark: string | undefined

/**
 * A string, or a whole number that may be too large and is no part of another: only where there is one, the text is
 * looked at any closer.
 */
const STRING_OR_LARGE = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/gs
/** Where a number can begin. Most IDs have sixteen digits side by side somewhere, but behind other characters. */
const MAYBE_LARGE = /(?:^|[:[,\s])-?\d{16}/
const NULL = /(?:^|[:[,\s])null/

/**
 * What a program written in Go, such as the daemon and the docker CLI, means by its JSON. Go writes `null` for every
 * list, map and pointer that is nil: the same as a field that is not there. So each of them is dropped, and no reader
 * meets one (an image with a single OCI manifest has `"Platforms": null`). A whole number that JavaScript would round
 * (64 bits are a limit's or a duration's) becomes a text, which {@link toGoJson} turns back: the same number is the
 * same text.
 *
 * @throws SyntaxError when it is no JSON
 */
export function parseGoJson(text: string): unknown {
  const value: unknown = JSON.parse(MAYBE_LARGE.test(text) ? withMarks(text) : text)
  return NULL.test(text) ? withoutNulls(value) : value
}

/** The value as JSON, each number as it was when {@link parseGoJson} read it. */
export function toGoJson(value: unknown, replacer?: (key: string, value: unknown) => unknown): string {
  const text = JSON.stringify(value, replacer)
  return mark !== undefined && text.includes(mark) ? text.replace(new RegExp(`"${mark}(-?\\d+)"`, 'g'), '$1') : text
}

/** Whether it is a number that JavaScript would round, as {@link parseGoJson} has read it. */
export function isLargeNumber(value: unknown): boolean {
  return typeof value === 'string' && mark !== undefined && value.startsWith(mark)
}

/** For whoever counts with what {@link parseGoJson} has read: each number that JavaScript would round is rounded. */
export function rounded<Value>(value: Value): Value {
  if (mark === undefined) return value
  const known = mark
  const round = (_: string, inner: unknown) =>
    isLargeNumber(inner) ? Number(String(inner).slice(known.length)) : inner
  return value === undefined ? value : JSON.parse(JSON.stringify(value, round))
}

function withMarks(text: string): string {
  mark ??= `number:${crypto().randomUUID()}:`
  const head = mark
  return text.replace(STRING_OR_LARGE, (token) =>
    token.startsWith('"') || String(Number(token)) === token ? token : `"${head}${token}"`,
  )
}

/** In place, for most of a long answer has none. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) {
    const there = value.includes(null) ? value.filter((item) => item !== null) : value
    return there.map(withoutNulls)
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = value as Record<string, unknown>
  for (const key of Object.keys(entries)) {
    const inner = entries[key]
    if (inner === null) delete entries[key]
    else if (typeof inner === 'object') entries[key] = withoutNulls(inner)
  }
  return value
}
