import { redact } from '../secrets/secret.ts'
import { LINE_END, printable, shortened } from './printable.ts'

/** Longer lines of others are no help to anybody. */
const MOST_CHARACTERS = 2000

/** The same text, unless it is so long that nobody would read it to its end: then the beginning, fit to be shown. */
export function limited(text: string): string {
  return text.length > MOST_CHARACTERS ? safeLine(text) : text
}

/** As much of a text of somebody else as is looked into, never through a secret: half of one would not be known. */
export function beginningOf(text: string, mostCharacters: number): string {
  return redact(text).slice(0, mostCharacters)
}

const BETWEEN_LINES = new RegExp(`\\s*(?:${LINE_END.source})\\s*`, 'g')

/**
 * The lines of a text of somebody else in one. Secrets are hidden before: of one that is broken into several lines nobody
 * would know the pieces.
 *
 * @param between stands where a line ended
 */
export function linesJoined(text: string, between = ' '): string {
  return redact(text).trim().replace(BETWEEN_LINES, between)
}

/**
 * The text on one line, without what cannot be seen, and hidden before and after: what stood between the halves of a
 * secret may be gone then.
 */
export function printableThrough(hide: (text: string) => string, text: string): string {
  const seen = printable(hide(text))
  // Nothing was found in it, and nothing has become of it.
  return seen === text ? text : hide(seen)
}

/**
 * A text of somebody else (a daemon, a registry, a container, a library) as one line that can be shown: without
 * secrets, without signs that cannot be seen, and not too long. It is cut where it comes in, so that a line of 10 MB
 * is nobody's burden; and never through a secret, the half of which would pass.
 */
export function safeLine(text: string, mostCharacters = MOST_CHARACTERS): string {
  return shortened(printableThrough(redact, text), mostCharacters)
}
