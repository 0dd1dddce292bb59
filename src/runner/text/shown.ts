import { mayBeSecret, mayHoldSecret } from '../secrets/may-be-secret.ts'
import { redact } from '../secrets/secret.ts'
import { visible } from './printable.ts'

/** A value of the user's in a message, which may be a secret that was pasted where another thing belongs. */

const LONGEST_SHOWN = 60

/**
 * A value as a message shows it: in quotes, on one line, not too long, and with what cannot be seen by its number. What {@link mayBeSecret} is told by its length.
 * No mask is made of it, for it may be a stranger's: a mask takes its text out of all that the job prints.
 */
export function shown(value: string, mostCharacters = LONGEST_SHOWN): string {
  // Before it is cut: the half of a secret would not be known for one.
  const clean = redact(value)
  if (mayBeSecret(clean)) return `"***" (${clean.length} characters, which may be a secret)`
  return visible(clean.length > mostCharacters ? `${clean.slice(0, mostCharacters)}…` : clean)
}

/** The same of a name in a sentence, between backticks. */
export function ticked(name: string): string {
  return mayBeSecret(name) ? shown(name) : `\`${name}\``
}

/** The same as part of the place of something: a name or a path as it stands, or `***`. */
export function placed(name: string): string {
  return mayBeSecret(name) ? '***' : name
}

/**
 * What another program says, which may repeat a text of the user's: each quoted text or word that {@link mayHoldSecret} is
 * `***` in it. Pure.
 */
export function withoutSecrets(said: string): string {
  return said.replace(QUOTED_OR_WORD, (part) => {
    const [, before = '', inside = '', behind = ''] = /^([("'`]*)(.*?)([)"'`!?.,;:]*)$/s.exec(part) ?? []
    return !OF_GO.test(inside) && mayHoldSecret(inside) ? `${before}***${behind}` : part
  })
}

/** Tags and types, in what its YAML reader says, and fields in items of lists. */
const OF_GO = /^(?:!!\w+|[A-Za-z_.]+\[\d{1,4}\](?:\.[A-Za-z_]+)*|(?:\[\]|map\[\w+\])[\w.[\]]+)$/
const QUOTED_OR_WORD = /"(?:[^"\\]|\\.)*"|(?<![A-Za-z0-9])'[^']*'|[^\s"]+/g
