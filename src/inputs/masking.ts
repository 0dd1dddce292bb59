import { Secret } from '../runner/secret.ts'
import type { YamlMap, YamlValue } from './yaml.ts'

/** Shorter guesses are pieces of any word, and would blot out the messages that are to help. */
const SHORTEST_GUESS = 3

/** What is no secret in an entry of `registries`. A key that is not known may be a password's, with a typo. */
const PUBLIC_KEYS = ['registry', 'username', 'password-env', 'password-file', 'config']

/** Takes the value out of all that is printed from now on. */
export function hide(value: string, username?: string): void {
  if (value !== '') new Secret(value, username)
}

/** Hides whatever a password could be in a `registries` text that was read as YAML. */
export function hidePasswords(value: YamlValue): void {
  if (value.kind === 'map') hidePasswordsOfMap(value)
  if (value.kind !== 'list') return
  for (const item of value.items) {
    if (item.kind === 'text') guess(item.value.split(/\s+/).at(-1))
    else hidePasswords(item)
  }
}

function hidePasswordsOfMap(map: YamlMap): void {
  for (const { key, value } of map.entries) {
    if (key === 'password') {
      if (value.kind === 'text') hide(value.value)
      else hideAll(value)
    } else if (value.kind !== 'text') hidePasswords(value)
    else if (!PUBLIC_KEYS.includes(key)) guess(value.value)
  }
}

function hideAll(value: YamlValue): void {
  if (value.kind === 'text') guess(value.value)
  if (value.kind === 'list') value.items.forEach(hideAll)
  if (value.kind !== 'map') return
  for (const entry of value.entries) {
    guess(entry.key)
    hideAll(entry.value)
  }
}

/** Hides whatever follows a password's key in a text that is not valid YAML. */
export function hideAfterPasswordKeys(text: string): void {
  for (const [, rest = ''] of text.matchAll(/pass[a-z]{0,20}["']?[ \t]*:[ \t]*([^\r\n]*)/gi)) {
    guess(rest)
    for (const piece of rest.match(/"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,]+/g) ?? []) {
      guess(piece)
      guess(piece.replace(/^["']|["'}\]]+$/g, ''))
    }
  }
}

/** Hides the password of a pasted address, `https://user:password@host`. */
export function hideUserInfo(address: string): void {
  guess(/^\w+:\/\/[^:]*:(.*)@/s.exec(address)?.[1])
}

/** Hides the columns from the third on of a line that does not have four of them. */
export function hideColumns(line: string): void {
  const columns = line.trim().split(/[ \t]+/)
  columns.slice(2).forEach(guess)
  guess(/^\s*(?:\S+\s+){3}(.*)$/.exec(line)?.[1])
}

function guess(value: string | undefined): void {
  if (value !== undefined && value.trim().length >= SHORTEST_GUESS) hide(value.trim())
}
