import { Problems } from '../inputs/problems.ts'
import { unknownInputAdvice, variableOf } from '../inputs/unknown-inputs.ts'
import type { Environment } from '../runner/environment.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { placed } from '../runner/text/shown.ts'
import { KNOWN, OPTIONS, optionProblem } from './known.ts'
import { ofSetting } from './lists.ts'

/** The inputs that stand in variables: those of a shell, and those of a plugin. Pure. */

const OF_SHELL = 'SWARM_DEPLOY_'
const OF_PLUGIN = 'PLUGIN_'

/** Set by this program itself for whatever it starts. */
const RUN = 'SWARM_DEPLOY_RUN'
const OWN = [RUN, 'SWARM_DEPLOY_PROBE']
/** The same for a check: elsewhere they are misspelt inputs. */
const OF_CHECK = ['SWARM_DEPLOY_SERVICE', 'SWARM_DEPLOY_IMAGE']

/** By which a run only looks: who meant that, and whose variable was empty, must not change anything. */
const ONLY_LOOKING = ['mode', 'dry-run']

export interface Settings {
  readonly inputs: ReadonlyMap<string, string>
  /** All that were read: they are nobody else's, and may be secrets. */
  readonly variables: readonly string[]
}

/**
 * Reads the variables that are named after inputs: `SWARM_DEPLOY_COMPOSE_FILE`, and behind these `PLUGIN_COMPOSE_FILE`,
 * as Woodpecker and Drone hand on the settings of a step. One that is empty is not given, as where a CI knows no better
 * than to set all; but an empty mode or `dry-run` is an error further on.
 *
 * @throws InputErrors for each variable that is named after an input that there is not
 */
export function readSettings(env: Environment): Settings {
  const problems = new Problems()
  const inputs = new Map<string, string>()
  const variables: string[] = []
  for (const prefix of [OF_PLUGIN, OF_SHELL]) {
    for (const name of [...KNOWN.inputs, ...OPTIONS]) {
      const variable = `${prefix}${name.toUpperCase().replaceAll('-', '_')}`
      const value = env[variable]
      if (value === undefined) continue
      variables.push(variable)
      if (value.trim() === '' && !ONLY_LOOKING.includes(name)) continue
      const option = OPTIONS.find((one) => one === name)
      if (option !== undefined) {
        const problem = optionProblem(option, value)
        if (problem !== undefined) problems.add(`${variable}: ${problem}`)
      } else inputs.set(name, prefix === OF_PLUGIN ? ofSetting(name, value) : value)
    }
  }
  for (const variable of Object.keys(env).filter((one) => isStray(one, env, variables))) {
    const name = variable.replace(/^(?:SWARM_DEPLOY|PLUGIN)_/, '').toLowerCase()
    problems.add(
      `${shownVariable(variable)}: there is no such input: ${unknownInputAdvice(name.replaceAll('_', '-'), env, KNOWN)} (variables that begin so are inputs; one of your own needs another name)`,
    )
  }
  problems.throwAll()
  return { inputs, variables }
}

const MOST_NAME_CHARACTERS = 80

function shownVariable(variable: string): string {
  const [, prefix = '', rest = ''] = /^(SWARM_DEPLOY_|PLUGIN_)(.*)$/s.exec(variable) ?? []
  return safeLine(`${prefix}${placed(rest)}`, MOST_NAME_CHARACTERS)
}

/** Outside of a plugin's CI, `PLUGIN_…` may be anybody's. */
function isStray(variable: string, env: Environment, read: readonly string[]): boolean {
  const own = env[RUN] === undefined ? OWN : [...OWN, ...OF_CHECK]
  if (read.includes(variable) || own.includes(variable) || (env[variable] ?? '').trim() === '') return false
  return variable.startsWith(OF_SHELL) || (variable.startsWith(OF_PLUGIN) && isOfPlugin(env))
}

/**
 * Woodpecker sets `CI=woodpecker` (woodpecker-ci.org/docs/usage/environment), and Drone `DRONE=true`
 * (docs.drone.io/pipeline/environment/reference).
 */
function isOfPlugin(env: Environment): boolean {
  return env.CI === 'woodpecker' || env.DRONE === 'true'
}

/**
 * The environment with all inputs where a runner puts them. What a flag says goes first, then `SWARM_DEPLOY_…`, then
 * `PLUGIN_…`, then `INPUT_…`.
 *
 * @param flags by the names of inputs
 */
export function asInputs(
  env: Environment,
  { inputs, variables }: Pick<Settings, 'inputs' | 'variables'>,
  flags: ReadonlyMap<string, string>,
): Environment {
  const all = new Map([...inputs, ...flags])
  const given = [...all].map(([name, value]) => [variableOf(name), value] as const)
  const rest = Object.entries(env).filter(([name]) => !variables.includes(name))
  return Object.fromEntries([...rest, ...given])
}
