import { isSecretName, withoutAddressSecrets } from './likely-secrets.ts'
import { Matcher } from './matcher.ts'
import { formsOf, withoutAll } from './secret.ts'

/** The password in an address, `redis://:password@host`. */
const IN_ADDRESS = /:\/\/[^\s/:@]*:([^\s@]+)@/

/** Where something is, not what it is. */
const PLACE = /^(?:[\w+.-]+:\/\/|\/)/

/**
 * Hides in what a program prints what may well be secret of its own variables, which many print when they fail: values of
 * names that say so, in every usual form, and passwords in addresses. All else may be the reason why it fails. Pure.
 *
 * @param variables `NAME=value`
 */
export function hidingOwnSecrets(variables: readonly string[]): (text: string) => string {
  const matcher = new Matcher()
  const forms = new Set(variables.flatMap(secretsOf).flatMap(formsOf))
  for (const form of forms) matcher.add(form)
  return (text) => withoutAddressSecrets(withoutAll(text, matcher))
}

function secretsOf(variable: string): string[] {
  const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(variable) ?? []
  const [, inAddress] = IN_ADDRESS.exec(value) ?? []
  const isSecret = isSecretName(name) && !PLACE.test(value)
  return [...(isSecret ? [value] : []), ...(inAddress === undefined ? [] : [inAddress])]
}
