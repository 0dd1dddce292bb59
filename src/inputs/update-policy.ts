import type { Flag } from '../docker/cli/commands.ts'
import { type Policies, policySettings, type UpdatePolicy } from '../docker/cli/update-policy.ts'
import { UserError } from '../errors.ts'
import { shown } from '../runner/text/shown.ts'
import { closestKey, filledAt, keyAdvice, valueAt } from './keys.ts'
import { listed, type Problems } from './problems.ts'
import { parseChoice, parseDelay, parseDuration, parseInteger } from './values.ts'
import { parseYaml, type YamlEntry, type YamlMap, type YamlValue } from './yaml.ts'

type Phase = keyof Policies

const PHASES = ['update', 'rollback'] as const satisfies readonly Phase[]
const MOST_TASKS = 1_000_000

/** What each key may be. A duration stays as it is written, for docker reads it by the same rule. */
const CHECKS: Readonly<Record<keyof UpdatePolicy, (text: string, phase: Phase) => unknown>> = {
  parallelism: (text) => parseInteger(text, 0, MOST_TASKS),
  delay: parseDelay,
  order: (text) => parseChoice(text, ['start-first', 'stop-first']),
  failure_action: checkFailureAction,
  monitor: parseDuration,
  max_failure_ratio: checkRatio,
}

/** The keys of both mappings, which are those of `deploy.update_config` in compose files. */
export const POLICY_SETTINGS = Object.keys(CHECKS) as readonly (keyof UpdatePolicy)[]

/** The names that are inputs, for all services, and keys of an entry, for one. */
export const POLICY_KEYS: readonly string[] = PHASES.map(keyOf)

/** What was an input or key of its own once, and is a key of one of the two mappings now. */
export const RETIRED_KEYS: readonly string[] = PHASES.flatMap((phase) =>
  POLICY_SETTINGS.map((setting) => retiredKey(phase, setting)),
)

const SOME = '{order: start-first, delay: 10s}'

/**
 * Reads the policies for all services.
 *
 * @param input the text of an input, `''` when it is not given; also of a {@link RETIRED_KEYS}
 */
export function policiesOfInputs(input: (name: string) => string, problems: Problems): Policies {
  return policiesBy(
    (phase) => policyOfText(phase, input(keyOf(phase)), problems),
    (phase) => {
      const isGiven = input(keyOf(phase)).trim() !== ''
      const old = retiredOf(phase, (name) => input(name).trim() || undefined)
      // In a workflow file the value of an input is one text.
      tellRetired(phase, old, isGiven, { name: 'input', quote: "'" }, problems)
    },
  )
}

/**
 * Reads the policies of an entry.
 *
 * @param problems of the entry
 */
export function policiesOfEntry(entry: YamlMap, problems: Problems): Policies {
  return policiesBy(
    (phase) => policyOfValue(phase, filledAt(entry, keyOf(phase)), problems),
    (phase) => {
      const textOf = (name: string) => {
        const value = valueAt(entry, name)
        return value?.kind === 'text' ? value.value.trim() : value && ''
      }
      const isGiven = filledAt(entry, keyOf(phase)) !== undefined
      tellRetired(phase, retiredOf(phase, textOf), isGiven, { name: 'key', quote: '' }, problems)
    },
  )
}

/** The policies of an entry, and where they are silent, those for all: key by key. */
export function mergedPolicies(own: Policies, all: Policies): Policies {
  return { update: { ...all.update, ...own.update }, rollback: { ...all.rollback, ...own.rollback } }
}

/** What is said by a policy and once more by a flag of docker. */
export function checkPolicyFlags(policies: Policies, flags: readonly Flag[], problems: Problems): void {
  for (const { phase, key, flag } of policySettings(policies)) {
    if (flags.some(({ name }) => name === flag))
      problems.add(`\`${key}\` of \`${keyOf(phase)}\` and the flag ${flag} are both given: leave one of the two`)
  }
}

/** How an update policy is written in an entry of `services`: `update-config: {order: stop-first}`. */
export function policyText(policy: UpdatePolicy): string {
  return `${keyOf('update')}: ${mappingText(Object.entries(policy))}`
}

/** What to write to give one service an update policy, as an advice says it. */
export function policyAdvice(policy: UpdatePolicy, isOfStack: boolean): string {
  return isOfStack
    ? `\`${mappingText(Object.entries(policy)).slice(1, -1)}\` in \`deploy.update_config\``
    : `\`${policyText(policy)}\` in \`services\``
}

/** The setting that a key is in another spelling: `failure-action`. */
export function settingMeantBy(key: string): keyof UpdatePolicy | undefined {
  return POLICY_SETTINGS.find((setting) => setting === key.toLowerCase().replaceAll('-', '_'))
}

function policiesBy(read: (phase: Phase) => UpdatePolicy, checkOld: (phase: Phase) => void): Policies {
  for (const phase of PHASES) checkOld(phase)
  return { update: read('update'), rollback: read('rollback') }
}

function keyOf(phase: Phase): string {
  return `${phase}-config`
}

function policyOfText(phase: Phase, text: string, problems: Problems): UpdatePolicy {
  if (text.trim() === '') return {}
  const { root, problems: wrong } = parseYaml(text)
  if (wrong.length > 0 && /^\w+:[^\r\n{]*,\s*\w+:[^\r\n]*$/.test(text.trim())) {
    problems.add(`${keyOf(phase)}: several keys on one line need braces around them: write \`${SOME}\``)
    return {}
  }
  problems.at(keyOf(phase)).addYaml(wrong)
  return wrong.length > 0 ? {} : policyOfValue(phase, root, problems)
}

function policyOfValue(phase: Phase, value: YamlValue | undefined, problems: Problems): UpdatePolicy {
  if (value === undefined) return {}
  if (value.kind !== 'map') {
    const isQuoted = value.kind === 'text' && /^\s*\{/.test(value.value)
    const is = value.kind === 'list' ? 'a list' : isQuoted ? 'text in quotes' : 'only text'
    const advice = isQuoted ? 'leave the quotes around the braces out' : `write a mapping such as \`${SOME}\``
    problems.add(`${keyOf(phase)} line ${value.line}: this is ${is}: ${advice}`)
    return {}
  }
  return Object.fromEntries(value.entries.flatMap((entry) => settingOf(phase, entry, problems) ?? []))
}

function settingOf(phase: Phase, { key, line, value }: YamlEntry, problems: Problems): [[string, string]] | undefined {
  const here = problems.at(`${keyOf(phase)} line ${line}`)
  const setting = POLICY_SETTINGS.find((one) => one === key)
  if (setting === undefined) {
    here.add(`unknown key ${shown(key)}: ${adviceFor(phase, key, value)}`)
    return undefined
  }
  if (value.kind !== 'text') {
    here.add(`\`${key}\` is a ${value.kind === 'map' ? 'mapping' : 'list'}: write one text`)
    return undefined
  }
  const checked = checkedValue(phase, setting, value.value.trim(), here.at(key))
  return checked === undefined ? undefined : [[setting, checked]]
}

/** The value of a setting; `undefined` and one problem more when it is wrong. */
function checkedValue(phase: Phase, setting: keyof UpdatePolicy, text: string, problems: Problems): string | undefined {
  return problems.attempt(() => {
    if (text === '') throw new UserError('it is empty: write a value, or leave the key out')
    CHECKS[setting](text, phase)
    return text
  })
}

const OTHER_NAMES: Readonly<Record<string, keyof UpdatePolicy>> = {
  action: 'failure_action',
  'on-failure': 'failure_action',
  failure: 'failure_action',
  'failure-ratio': 'max_failure_ratio',
  ratio: 'max_failure_ratio',
  interval: 'delay',
  window: 'monitor',
}

function adviceFor(phase: Phase, key: string, value: YamlValue): string {
  if (value.kind === 'map')
    return `leave this level out, and write the keys themselves here: ${listed(POLICY_SETTINGS)}`
  const spelled = settingMeantBy(key)
  if (spelled !== undefined) return `write \`${spelled}\``
  const bare = key
    .toLowerCase()
    .replaceAll('_', '-')
    .replace(new RegExp(`^(?:--)?${phase}-`), '')
  const kebab = POLICY_SETTINGS.map((one) => one.replaceAll('_', '-'))
  const meant = closestKey(bare, kebab, OTHER_NAMES)?.replaceAll('-', '_')
  return keyAdvice(meant, POLICY_SETTINGS)
}

function retiredKey(phase: Phase, setting: keyof UpdatePolicy): string {
  return `${phase}-${setting.replaceAll('_', '-')}`
}

/** What is given under old names; `''` for what is no text. */
function retiredOf(phase: Phase, textOf: (name: string) => string | undefined): [keyof UpdatePolicy, string][] {
  return POLICY_SETTINGS.flatMap((setting): [keyof UpdatePolicy, string][] => {
    const text = textOf(retiredKey(phase, setting))
    return text === undefined ? [] : [[setting, text]]
  })
}

function tellRetired(
  phase: Phase,
  old: readonly [keyof UpdatePolicy, string][],
  isGiven: boolean,
  place: { readonly name: string; readonly quote: string },
  problems: Problems,
): void {
  if (old.length === 0) return
  const names = listed(old.map(([setting]) => retiredKey(phase, setting)))
  const were = old.length === 1 ? `is no ${place.name} any more` : `are no ${place.name}s any more`
  const checked = old.map(([setting, text]): [keyof UpdatePolicy, string] => {
    const isRight = text !== '' && checkedValue(phase, setting, text, problems.at(retiredKey(phase, setting)))
    return [setting, isRight ? text : '…']
  })
  const whole = `${keyOf(phase)}: ${place.quote}${mappingText(checked)}${place.quote}`
  const instead = isGiven
    ? `write ${checked.map((one) => `\`${settingText(one)}\``).join(', ')} in \`${keyOf(phase)}\``
    : `write \`${whole}\``
  problems.add(`${names} ${were}: ${instead}`)
}

function mappingText(settings: readonly [string, string][]): string {
  return `{${settings.map(settingText).join(', ')}}`
}

function settingText([key, value]: readonly [string, string]): string {
  return `${key}: ${value}`
}

function checkFailureAction(text: string, phase: Phase): void {
  if (phase === 'update') parseChoice(text, ['pause', 'continue', 'rollback'])
  else if (text === 'rollback') throw new UserError('a rollback cannot be rolled back: write pause or continue')
  else parseChoice(text, ['pause', 'continue'])
}

function checkRatio(text: string): void {
  if (/^(?:0|0?\.\d+|1(?:\.0+)?)$/.test(text)) return
  throw new UserError(`${shown(text)} is no ratio: write a number from 0 to 1, such as 0.25`)
}
