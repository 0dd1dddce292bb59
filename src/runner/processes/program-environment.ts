import type { Environment } from '../environment.ts'
import { redact } from '../secrets/secret.ts'
import { choosesEndpoint, isNeeded, isOfTheAction, isOfTheRunner } from '../variables.ts'

/**
 * The environment for programs that this action starts: the step's own, without what they have no use for and
 * without every variable that holds a secret known so far.
 */
export function environmentForChildren(env: Environment): Record<string, string> {
  const entries = Object.entries(env).filter((entry): entry is [string, string] => {
    const [name, value] = entry
    if (value === undefined || isOfTheRunner(name)) return false
    if (value === '' && choosesEndpoint(name)) return false
    return isNeeded(name) || redact(value) === value
  })
  return Object.fromEntries(entries)
}

/** The environment for the user's own commands: as in any other step, all that they set for this one. */
export function environmentForCommands(env: Environment): Record<string, string> {
  const entries = Object.entries(env).filter((entry): entry is [string, string] => {
    const [name, value] = entry
    return value !== undefined && !isOfTheAction(name)
  })
  return Object.fromEntries(entries)
}
