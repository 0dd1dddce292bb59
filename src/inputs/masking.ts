import { reportLog } from '../runner/log/log.ts'
import { mayBeSecret, tokensIn } from '../runner/secrets/may-be-secret.ts'
import { isMasked, Secret } from '../runner/secrets/secret.ts'
import type { YamlMap, YamlValue } from './yaml.ts'

/** What is no secret in an entry of `registries`. A key that is not known may be a password's, with a typo. */
const PUBLIC_KEYS = [
  ...['registry', 'username', 'password-env', 'password-file', 'config', 'ecr', 'logout', 'scope'],
  ...['role', 'access-key-id-env', 'secret-access-key-env', 'session-token-env'],
  ...['stored-username', 'stored-password-env', 'stored-password-file'],
]
const PASSWORDS = ['password', 'stored-password']

/** Whose secrets were said to stay visible. */
const told = new Set<string>()

/**
 * Takes the value out of all that is printed from now on. A notice says so where that would harm more than it helps.
 *
 * @param place of the secret, as the user knows it
 */
export function hide(value: string, place: string, username?: string): void {
  if (value.trim() === '') return
  new Secret(value, username)
  if (isMasked(value) || told.has(place)) return
  told.add(place)
  reportLog.notice(
    `${place}: the secret is so short or so common a word that with it masked nobody could read the log: it is not masked. Use a longer one`,
  )
}

/** Hides the tokens that are known for ones by their look, wherever in a text they stand. */
export function hideTokens(text: string): void {
  for (const token of tokensIn(text)) new Secret(token)
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
    if (PASSWORDS.includes(key)) {
      if (value.kind === 'text') guess(value.value)
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

/** How a `config.json` names what is secret in it, and its value; also one that is cut off. */
const SECRET_OF_CONFIG =
  /["']?(?:auth|password|identitytoken|registrytoken|secret|token)["']?\s*:\s*["']?((?:[^"'\\\r\n]|\\.)+)/gi

/**
 * Hides whatever is secret in the text of a `config.json`, also where docker would not read it: the values of its keys
 * for secrets, and the password that is in base64 of `user:password`.
 */
export function hideInConfigText(text: string): void {
  for (const [, value = ''] of text.matchAll(SECRET_OF_CONFIG)) {
    guess(value.replace(/[\s,}\]]+$/, ''))
    const [user, ...password] = Buffer.from(value, 'base64').toString().replace(/\0+$/, '').split(':')
    if (password.length > 0 && password.join(':').trim() !== '') new Secret(password.join(':'), user)
  }
}

/** A runner looks for every mask in every line. Of a longer text its beginning tells it from all others. */
const LONGEST_MASK = 8192

/** Hides a secret text in base64, with or without line ends in it. */
export function hideBase64(text: string): void {
  const dense = text.replace(/\s+/g, '')
  guess(dense.slice(0, LONGEST_MASK))
  if (dense !== text) guess(text.slice(0, LONGEST_MASK))
}

/** An address has one before its user name at most, and one behind it. */
const MOST_COLONS = 3

/**
 * Hides what may be the password of a pasted address, `https://user:password@host`, also of one that is not quite an
 * address: all behind each colon, up to the last `@`.
 */
export function hideUserInfo(address: string): void {
  const [, ...behind] = userInfoOf(address).split(':')
  for (const index of behind.keys()) if (index < MOST_COLONS) guess(behind.slice(index).join(':'))
}

/** The same of the address that docker goes to by itself; all of it, where it has the look of a secret: docker says it again. */
export function hideAddress(address: string): void {
  hideUserInfo(address)
  hideByLook(address)
}

/** Hides a name of the user's own choice where a secret stands in its place: it is in lines of the log, and in the report. */
export function hideByLook(name: string): void {
  if (mayBeSecret(name)) new Secret(name)
}

/** An address as a message shows it: without what may be a password, however short that is. */
export function withoutUserInfo(address: string): string {
  return userInfoOf(address).includes(':') ? `***${address.slice(address.lastIndexOf('@'))}` : address
}

/** All before the last `@`, without the scheme. */
function userInfoOf(address: string): string {
  return address.slice(0, Math.max(0, address.lastIndexOf('@'))).replace(/^\w*:?\/+/, '')
}

/** Hides the columns from the third on of a line that does not have four of them. */
export function hideColumns(line: string): void {
  const columns = line.trim().split(/[ \t]+/)
  columns.slice(2).forEach(guess)
  guess(/^\s*(?:\S+\s+){3}(.*)$/.exec(line)?.[1])
}

function guess(value: string | undefined): void {
  if (value !== undefined && value.trim() !== '') new Secret(value.trim())
}
