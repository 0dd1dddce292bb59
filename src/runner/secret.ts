import { inspect } from 'node:util'
import { setSecret } from '@actions/core'

const HIDDEN = '***'

/** Shorter lines of a secret (a brace of a JSON key, a blank) say nothing and would blot out the whole log. */
const SHORTEST_LINE_HIDDEN = 3

/** Every form in which a secret of this run can surface. */
const known = new Set<string>()

/** A value that shows itself as `***` in every string, JSON and inspected form. Only {@link Secret.reveal} opens it. */
export class Secret {
  readonly #value: string

  /**
   * Hides the value, and every form of it, from all that is printed from now on.
   *
   * @param username the account whose password it is: Docker keeps and sends the two as base64 of `user:password`
   */
  constructor(value: string, username?: string) {
    this.#value = value
    hide(formsOf(value))
    if (username !== undefined) hide(base64Forms(`${username}:${value}`))
  }

  /** The value itself. For the headers and files that need it, never for text that a person reads. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }

  [inspect.custom](): string {
    return HIDDEN
  }
}

/** The text with every known secret, in every form, replaced by `***`. */
export function redact(text: string): string {
  let clean = text
  for (const form of [...known].sort((a, b) => b.length - a.length)) clean = clean.replaceAll(form, HIDDEN)
  return clean
}

/**
 * The forms in which a secret can surface: as given, trimmed, each line of it, base64 (padded or not, standard or
 * URL-safe), URL-encoded, and escaped as in JSON or in a workflow command.
 */
export function formsOf(value: string): string[] {
  const lines = value.split(/\r?\n|\r/)
  const plain = [value, value.trim(), ...lines.filter((line) => line.trim().length >= SHORTEST_LINE_HIDDEN)]
  const escaped = plain.flatMap((text) => [
    text,
    encodeURIComponent(text),
    encodeURIComponent(text).replaceAll('%20', '+'),
    JSON.stringify(text).slice(1, -1),
    goJson(text),
  ])
  return unique([...escaped, ...base64Forms(value), ...base64Forms(value.trim())])
}

function base64Forms(text: string): string[] {
  const standard = Buffer.from(text).toString('base64')
  const urlSafe = standard.replaceAll('+', '-').replaceAll('/', '_')
  return [standard, urlSafe, standard.replace(/=+$/, ''), urlSafe.replace(/=+$/, '')]
}

/** Go writes `<`, `>` and `&` of JSON strings as \u escapes: so do docker's own messages. */
function goJson(text: string): string {
  const hex = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(text).slice(1, -1).replace(/[<>&]/g, hex)
}

function hide(forms: readonly string[]): void {
  for (const form of unique(forms)) {
    if (known.has(form)) continue
    known.add(form)
    // Only a runner takes this line for itself. In any other shell it would print the secret.
    if (process.env.GITHUB_ACTIONS === 'true') setSecret(form)
  }
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter((text) => text !== '')
}
