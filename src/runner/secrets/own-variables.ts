import { isFile, isSecretName, likelySecretsIn, withoutAddressSecrets } from './likely-secrets.ts'
import { Matcher } from './matcher.ts'
import { formsOf, withoutAll } from './secret.ts'

/** The password in an address, `redis://:password@host`, of which there may be several. */
const IN_ADDRESS = /(?<=:\/\/[^\s/:@]*:)[^\s@]{1,500}(?=@)/g

/** The same as drivers of Go have it: `user:password@tcp(host:3306)/name`. */
const BEFORE_PROTOCOL = /^[^\s:@/]+:(\S+)@\w+\(/

/** Where something is, not what it is. */
const ADDRESS = /^[\w+.-]+:\/\//

/**
 * Hides in what a program prints what may well be secret of its own variables, which many print when they fail: values of
 * names that say so, in every usual form, passwords in addresses, and what stands behind such a name in a value, as in
 * `Server=db;Password=…`. All else may be the reason why it fails. Pure.
 *
 * @param variables `NAME=value`
 * @param commands that are run there, each in its words: what stands behind such a name in one is no less secret
 */
export function hidingOwnSecrets(
  variables: readonly string[],
  commands: readonly (readonly string[])[] = [],
): (text: string) => string {
  const matcher = new Matcher()
  const found = [...variables.flatMap(secretsOf), ...commands.flatMap((words) => within(asLine(words)))]
  const forms = new Set(found.flatMap(formsOf))
  for (const form of forms) matcher.add(form)
  return (text) => withoutAddressSecrets(withoutAll(text, matcher))
}

function secretsOf(variable: string): string[] {
  const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(variable) ?? []
  const [, beforeProtocol = ''] = BEFORE_PROTOCOL.exec(value) ?? []
  const isSecret = isSecretName(name) && !isPlace(value)
  return [...(isSecret ? [value] : []), beforeProtocol, ...within(value)]
}

/** What stands in addresses, and behind names that say so. */
function within(text: string): string[] {
  const inAddresses = text.match(IN_ADDRESS) ?? []
  return [...inAddresses, ...inAddresses.map(decoded), ...likelySecretsIn(text).filter((value) => !isPlace(value))]
}

/** As a program has it that has read the address. */
function decoded(password: string): string {
  try {
    return decodeURIComponent(password)
  } catch {
    return password
  }
}

function isPlace(value: string): boolean {
  return ADDRESS.test(value) || isFile(value)
}

function asLine(words: readonly string[]): string {
  return words.map((word) => (/\s/.test(word) && !word.includes('"') ? `"${word}"` : word)).join(' ')
}
