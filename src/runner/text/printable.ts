/** Text from anywhere, made fit to be looked at: on one line, without signs that move or hide what stands beside them. */

const ESCAPE = '\u001b'
/** What colours a terminal, moves its cursor or names its window (ECMA-48): `ESC [ … m`, `ESC ] … BEL`. */
const TERMINAL_CODES = new RegExp(
  `${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^\\u0007${ESCAPE}]*(?:\\u0007|${ESCAPE}\\\\)?|[@-Z\\\\^_])`,
  'g',
)

/** All that some program takes for the end of a line. */
export const LINE_END = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/

const LINE_END_WITH_BLANKS = new RegExp(`(?:${LINE_END.source})[\\s\\u0085]*`, 'g')

/** Control characters, halves of characters, and what turns the direction of writing or has no width. */
export const UNSEEN = /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu
/** One of them is in all that {@link printable} changes. */
const UNUSUAL = new RegExp(`${UNSEEN.source}|[\\u2028\\u2029]`, 'u')

/** The text on one line. Line ends become blanks, colours go, and what cannot be seen becomes `�`. */
export function printable(text: string): string {
  if (!UNUSUAL.test(text)) return text
  return text
    .replace(TERMINAL_CODES, '')
    .replace(LINE_END_WITH_BLANKS, ' ')
    .replaceAll('\t', ' ')
    .replace(UNSEEN, '\ufffd')
}

const REST = /… \(([\d,]+) more characters\)$/
const LONGEST_REST = 60

/** The text if it is short enough; else its beginning, with a word of how much is missing, also of an earlier cut. */
export function shortened(text: string, mostCharacters: number): string {
  if (text.length <= mostCharacters) return text
  const [note = '', cutBefore = '0'] = REST.exec(text.slice(-LONGEST_REST)) ?? []
  const whole = text.length - note.length
  const head = withoutHalf(text.slice(0, Math.min(mostCharacters, whole)))
  const missing = whole - head.length + Number(cutBefore.replaceAll(',', ''))
  return `${head}… (${missing.toLocaleString('en')} more characters)`
}

const BEGIN = /^\(([\d,]+) characters before this\) …/

/** Both texts, of which one becomes the other, {@link shortened} so that the first difference is in what is left. */
export function bothShortened(
  before: string | undefined,
  after: string | undefined,
  mostCharacters: number,
): [string | undefined, string | undefined] {
  const length = before === undefined || after === undefined || before === after ? 0 : commonLength(before, after)
  const from = length < mostCharacters ? 0 : length - Math.floor(mostCharacters / 3)
  const shown = (text: string | undefined) => {
    if (text === undefined || from === 0) return text && shortened(text, mostCharacters)
    const [note = '', cutBefore = '0'] = BEGIN.exec(text) ?? []
    const missing = from - note.length + Number(cutBefore.replaceAll(',', ''))
    const rest = text.slice(from).replace(/^[\udc00-\udfff]/, '')
    return `(${missing.toLocaleString('en')} characters before this) …${shortened(rest, mostCharacters)}`
  }
  return [shown(before), shown(after)]
}

/** How many characters two texts have in common at their beginning. */
function commonLength(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}

/** The text as a string of JSON, in which also what has no width, or is another blank than usual, can be seen. */
export function visible(text: string): string {
  return JSON.stringify(text).replace(
    /[\p{C}\p{DI}]|(?! )\p{Z}/gu,
    (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`,
  )
}

/** The text without halves of characters, with which nothing can be encoded. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd')
}

/** A cut may go through a character of two halves. */
function withoutHalf(text: string): string {
  return /[\ud800-\udbff]/.test(text.slice(-1)) ? text.slice(0, -1) : text
}
