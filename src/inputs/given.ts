import type { Environment } from '../runner/environment.ts'
import { log } from '../runner/log/log.ts'
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

/** Whether it says more than what it stands for by default: a runner hands over the default of one that is left out. */
export function isGivenOtherwise(env: Environment, name: string, byDefault: string | undefined): boolean {
  const text = input(env, name).trim()
  return text !== '' && text.toLowerCase() !== byDefault
}

/** Tells that an input is given without another one that it is for. */
export function tellUnused(name: Input, needed: string): void {
  log.notice(`${name}: it only counts with ${needed}, and is not used`)
}

/** Without one of these a run goes to another swarm than was meant, or takes more services. */
const NEVER_BLANK: readonly string[] = ['host', 'context', 'only'] satisfies Input[]

/** Whether who gives this input and says nothing in it must have meant something else than to leave it out. */
export function isNeverBlank(name: string): boolean {
  return NEVER_BLANK.includes(name)
}

/** What is wrong with inputs in which blanks alone are left, as of a block whose secrets are not set: none is left out so. */
export function blankProblems(env: Environment): string[] {
  return NEVER_BLANK.filter((name) => input(env, name) !== '' && isGivenEmpty(env, name)).map(
    (name) =>
      `${name}: only blanks are in it, as where a secret or variable is not set: set that, or leave the input out`,
  )
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
