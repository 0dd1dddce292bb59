import { mayBeSecret } from '../../runner/secrets/may-be-secret.ts'

/**
 * What a password has that its owner mostly does not mean, but may: a sentence to be told when a registry has refused it;
 * `undefined` when it has nothing of that kind. Pure.
 */
export function oddityOf(password: string, username: string): string | undefined {
  if (mayBeSecret(username) && !mayBeSecret(password)) {
    return 'The username has the look of a secret, and the password has not: does each stand in the place of the other?'
  }
  const has = ODDITIES.find(([form]) => form.test(password))?.[1]
  return has && `The password ${has}: is that part of it?`
}

/** What is more telling comes first. */
const ODDITIES: readonly (readonly [RegExp, string])[] = [
  [/^(?:undefined|null|None)$/, 'is a word that programs write for no value'],
  [/[\r\n]/, 'has a line break in it'],
  [/\p{Cf}/u, 'has a sign in it that cannot be seen, such as a byte order mark'],
  [/^\s|\s$/, 'begins or ends with a blank'],
  [/^(["'`]).*\1$/, 'begins and ends with a quote'],
  [/^(?:Bearer|Basic) /i, 'begins with the word that stands before it in a header'],
]
