import type { Environment } from '../runner/environment.ts'
import { DEFAULTS } from './defaults.ts'
import type { Input } from './groups.ts'
import type { Problems } from './problems.ts'
import { spellingsOf } from './unknown-inputs.ts'

/** What is given in an input. */

/** As the runner hands it over, untrimmed. A shell cannot set a variable with a dash, so an underscore serves as well. */
export function input(env: Environment, name: string): string {
  const { ofRunner, ofShell } = spellingsOf(name)
  return env[ofRunner] ?? env[ofShell] ?? ''
}

/** Whether it is there and says nothing: a runner hands over the default of one that is left out. */
export function isGivenEmpty(env: Environment, name: string): boolean {
  const isThere = Object.values(spellingsOf(name)).some((variable) => env[variable] !== undefined)
  return isThere && input(env, name).trim() === ''
}

/** The value of an input that is one short text; `undefined` when it is not given. */
export function read<T>(env: Environment, name: Input, problems: Problems, parse: (text: string) => T): T | undefined {
  const text = input(env, name).trim()
  return text === '' ? undefined : problems.at(name).attempt(() => parse(text))
}

/** The same for one that has a default, which also stands in for a value that is told to be wrong. */
export function readOrDefault<T>(
  env: Environment,
  name: Input & keyof typeof DEFAULTS,
  problems: Problems,
  parse: (text: string) => T,
): T {
  return read(env, name, problems, parse) ?? parse(DEFAULTS[name])
}
