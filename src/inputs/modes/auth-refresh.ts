import { nameProblem } from '../../docker/swarm/swarm-rules.ts'
import type { Environment } from '../../runner/environment.ts'
import { shown, ticked } from '../../runner/text/shown.ts'
import type { Accounts, Deployment, Reach } from '../deployment.ts'
import { input, readOrDefault } from '../given.ts'
import { textAt, valueAt } from '../keys.ts'
import { wordsOf } from '../names.ts'
import { Problems } from '../problems.ts'
import { beginReading, parseMaxParallel, parseOnShortLived, parseTimeout, reachOf, readAccounts } from '../read.ts'
import { stackOnSwarm } from '../stack-on-swarm.ts'
import type { StrategyTable } from '../strategy.ts'
import { parseBoolean } from '../values.ts'
import { parseYaml, type YamlValue } from '../yaml.ts'

/** What a run of `refresh-auth` is asked for: its inputs, resolved and checked against each other. */
export interface AuthRefresh extends Accounts {
  readonly reach: Reach
  readonly which: ServiceChoice
  /** What to do about a credential that ends soon. */
  readonly onShortLived: Deployment['onShortLived']
  /** Wait for tasks that could not pull before. */
  readonly wait: boolean
  readonly timeoutSeconds: number
  /** How many services are renewed at the same time. */
  readonly maxParallel: number
}

/** Whose stored credential is renewed. */
export type ServiceChoice =
  | { readonly by: 'name'; readonly services: readonly NamedService[] }
  /** Those with all of these labels, each `KEY` or `KEY=VALUE`. */
  | { readonly by: 'label'; readonly labels: readonly string[] }
  | { readonly by: 'stack'; readonly stack: string }
  /** Each whose image an account of the run serves. */
  | { readonly by: 'account' }

export interface NamedService {
  readonly name: string
  /** The name of the config to use, whatever the image's registry. */
  readonly authConfig?: string
}

const ALL = 'all'
const LABEL = /^label=/
const WAYS = `names such as \`web api\`, \`label=KEY=VALUE\` for those with a label, or \`${ALL}\` for each whose image an account here serves`
const EMPTY = `it is empty: write whose credential to renew: ${WAYS}; or give the name of a \`stack\``

/**
 * Reads the inputs of a run that renews stored credentials.
 *
 * @throws UserErrors with everything that is wrong with any of them
 */
export function readAuthRefresh(given: Environment, strategies: StrategyTable): AuthRefresh {
  const problems = new Problems()
  const { env } = beginReading(given, strategies, problems)
  const asked = {
    reach: reachOf(env, problems),
    ...readAccounts(env, problems),
    which: choiceFrom(input(env, 'services'), stackOnSwarm(env, problems), problems.at('services')),
    onShortLived: readOrDefault(env, 'on-short-lived', problems, parseOnShortLived),
    wait: readOrDefault(env, 'wait', problems, parseBoolean),
    timeoutSeconds: readOrDefault(env, 'timeout', problems, parseTimeout),
    maxParallel: readOrDefault(env, 'max-parallel', problems, parseMaxParallel),
  }
  problems.throwAll()
  return asked
}

function choiceFrom(text: string, stack: string | undefined, problems: Problems): ServiceChoice {
  if (stack !== undefined) return { by: 'stack', stack }
  const { root, problems: wrong } = parseYaml(text)
  problems.addYaml(wrong)
  if (wrong.length > 0) return { by: 'name', services: [] }
  if (root === undefined || isEmpty(root)) {
    problems.add(EMPTY)
    return { by: 'name', services: [] }
  }
  const services = root.kind === 'text' ? servicesIn(root.value) : namedIn(root, problems)
  const names = services.map(({ name }) => name)
  const labels = names.filter((name) => LABEL.test(name)).map((name) => name.replace(LABEL, ''))
  if (labels.length > 0) {
    if (labels.length < names.length) problems.add('names and `label=` stand side by side: give each a step of its own')
    if (labels.some((label) => /^(?:=|$)/.test(label))) problems.add('`label=` names no label: write `label=KEY=VALUE`')
    return { by: 'label', labels }
  }
  if (names.includes(ALL)) {
    if (names.length > 1) problems.add(`\`${ALL}\` stands beside of names: write one of the two`)
    return { by: 'account' }
  }
  for (const name of names) checkName(name, problems)
  for (const name of names.filter((one, index) => names.indexOf(one) < index)) {
    problems.add(`${shown(name)} is given twice: leave one of the two out`)
  }
  return { by: 'name', services }
}

/** Whether a text that says something to a person, such as a comment, names nothing. */
function isEmpty(root: YamlValue): boolean {
  if (root.kind === 'text') return wordsOf(root.value).length === 0
  return root.kind === 'map' ? root.entries.length === 0 : root.items.length === 0
}

function servicesIn(text: string): NamedService[] {
  return wordsOf(text).map((name) => ({ name }))
}

function namedIn(root: Exclude<YamlValue, { kind: 'text' }>, problems: Problems): NamedService[] {
  if (root.kind === 'map') {
    const [first] = root.entries
    problems.add(
      `${ticked(`${first?.key ?? ''}: …`)} is for a deploy, and here no image is set: write the names alone, as in ${ticked(root.entries.map(({ key }) => key).join(' '))}`,
    )
    return []
  }
  return root.items.flatMap((item, index) => {
    if (item.kind === 'map') return entryFrom(item, problems) ?? []
    const words = item.kind === 'text' ? servicesIn(item.value) : []
    if (words.length === 0) {
      problems.add(
        `entry ${index + 1} is ${item.kind === 'text' ? 'empty' : 'a list'}: write the name of a service, or leave the entry out`,
      )
    }
    return words
  })
}

/** An entry with no more than what chooses a service and its account. */
function entryFrom(item: Extract<YamlValue, { kind: 'map' }>, problems: Problems): NamedService | undefined {
  const others = item.entries.filter(({ key }) => key !== 'name' && key !== 'auth-config')
  for (const { key, line } of others) {
    problems.add(`line ${line}: ${ticked(key)} is for a deploy, and here only credentials are renewed: leave it out`)
  }
  const name = valueAt(item, 'name') === undefined ? undefined : textAt(item, 'name', problems)
  if (name === undefined || name === '') {
    problems.add('an entry has no `name`: write the name of a service, as in `- {name: web, auth-config: team-a}`')
    return undefined
  }
  const authConfig = textAt(item, 'auth-config', problems)
  if (authConfig === '')
    problems.add(`${name}: \`auth-config\` is empty: write the name of a config, or leave the key out`)
  return { name, ...(authConfig ? { authConfig } : {}) }
}

function checkName(name: string, problems: Problems): void {
  if (/[/:@=]/.test(name)) {
    problems.add(`${shown(name)} is no name of a service: write ${WAYS}`)
    return
  }
  const problem = nameProblem(name, 'a service')
  if (problem !== undefined) problems.add(problem)
}
