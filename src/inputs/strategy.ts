import type { UpdatePolicy } from '../docker/update-policy.ts'
import { UserError } from '../errors.ts'
import { hideUserInfo, withoutUserInfo } from './masking.ts'
import { listed, type Problems, shown } from './problems.ts'
import type { CanarySize, Check, Rollover, Strategy } from './rollover.ts'
import { parseChoice, parseDelay, parseDuration, parseInteger } from './values.ts'

const KINDS = ['rolling', 'recreate', 'canary', 'blue-green'] as const satisfies readonly Strategy['kind'][]
const MOST_TASKS = 1_000_000
/** What Traefik, the proxy that most swarms have, reads its routes from. */
const DEFAULT_ROUTE_LABELS = ['traefik.']

/** The settings that only some strategies have. */
const BELONGS_TO: Readonly<Record<string, readonly Strategy['kind'][]>> = {
  canary: ['canary'],
  hold: ['canary', 'blue-green'],
  'check-command': ['canary', 'blue-green'],
  'check-url': ['canary', 'blue-green'],
  'route-labels': ['blue-green'],
  'route-alias': ['blue-green'],
  'keep-old': ['blue-green'],
}

const POLICY_PARSERS: Readonly<Record<keyof UpdatePolicy, (text: string) => string>> = {
  parallelism: (text) => String(parseInteger(text, 0, MOST_TASKS)),
  delay: (text) => `${parseDelay(text)}s`,
  order: (text) => parseChoice(text, ['start-first', 'stop-first']),
  'failure-action': (text) => parseChoice(text, ['pause', 'continue', 'rollback']),
  monitor: (text) => `${parseDuration(text)}s`,
  'max-failure-ratio': parseRatio,
}
const POLICY_SETTINGS = Object.keys(POLICY_PARSERS) as (keyof UpdatePolicy)[]

/** The names that are inputs, for all services, and keys of an entry, for one. */
export const STRATEGY_KEYS: readonly string[] = [
  'strategy',
  ...Object.keys(BELONGS_TO),
  ...POLICY_SETTINGS.map((setting) => `update-${setting}`),
  ...POLICY_SETTINGS.map((setting) => `rollback-${setting}`),
]

/** What is given of a strategy and of the update policies: in an entry, or by the inputs for all. */
export interface StrategySettings {
  /** The names that are given, whether or not their values are right. */
  readonly given: readonly string[]
  readonly kind?: Strategy['kind'] | undefined
  readonly canary?: CanarySize | undefined
  readonly holdSeconds?: number | undefined
  readonly check?: Check | undefined
  readonly routeLabels?: readonly string[] | undefined
  readonly routeAlias?: string | undefined
  readonly keepOld?: number | 'until-next' | undefined
  readonly update: UpdatePolicy
  readonly rollback: UpdatePolicy
}

export const NO_SETTINGS: StrategySettings = { given: [], update: {}, rollback: {} }

/** Whether a name is one of docker's own policies, `update-delay`, which are flags as well. */
export function isPolicy(name: string): boolean {
  return /^(?:update|rollback)-/.test(name) && STRATEGY_KEYS.includes(name)
}

/**
 * Reads the settings that are given.
 *
 * @param textOf the value of a name in {@link STRATEGY_KEYS}; `undefined` when it is not given
 */
export function readStrategySettings(
  textOf: (name: string) => string | undefined,
  problems: Problems,
): StrategySettings {
  const texts = new Map(STRATEGY_KEYS.map((name) => [name, textOf(name)]))
  const read = <T>(name: string, parse: (value: string) => T): T | undefined => {
    const value = texts.get(name)
    return value === undefined ? undefined : problems.at(name).attempt(() => parse(value))
  }
  const command = texts.get('check-command')
  const url = read('check-url', parseUrl)
  if (command !== undefined && texts.get('check-url') !== undefined) {
    problems.add(`${listed(['check-command', 'check-url'])} are both given: leave one of the two out`)
  }
  return {
    given: STRATEGY_KEYS.filter((name) => texts.get(name) !== undefined),
    kind: read('strategy', (value) => parseChoice(value, KINDS)),
    canary: read('canary', parseCanarySize),
    holdSeconds: read('hold', parseDuration),
    check: checkOf(command, url),
    routeLabels: read('route-labels', parsePrefixes),
    routeAlias: read('route-alias', parseAlias),
    keepOld: read('keep-old', (value) => (value === 'until-next' ? value : parseDuration(value))),
    update: readPolicy('update'),
    rollback: readPolicy('rollback'),
  }

  function readPolicy(phase: 'update' | 'rollback'): UpdatePolicy {
    const entries = POLICY_SETTINGS.flatMap((setting) => {
      const value = read(`${phase}-${setting}`, POLICY_PARSERS[setting])
      return value === undefined ? [] : [[setting, value] as const]
    })
    const policy: UpdatePolicy = Object.fromEntries(entries)
    if (phase === 'rollback' && policy['failure-action'] === 'rollback') {
      problems.add('rollback-failure-action: a rollback cannot be rolled back: write pause or continue')
    }
    return policy
  }
}

/**
 * How a service's tasks are to be replaced: what its entry says, and where that is silent, what the inputs say for all.
 *
 * @param problems of the entry
 */
export function rolloverOf(own: StrategySettings, all: StrategySettings, problems: Problems): Rollover {
  const kind = own.kind ?? all.kind ?? 'rolling'
  for (const name of own.given.filter((one) => !belongs(one, kind))) {
    const kinds = BELONGS_TO[name] ?? []
    problems.add(
      `\`${name}\` belongs to the strategy ${kinds.join(' or ')}, but this service's is ${kind}: leave it out, or write \`strategy: ${kinds[0]}\``,
    )
  }
  return {
    strategy: strategyOf(kind, { ...all, ...withoutAbsent(own) }),
    update: { ...all.update, ...own.update },
    rollback: { ...all.rollback, ...own.rollback },
  }
}

/** Settings for all that are of no use to any service are a mistake. */
export function checkAllAreUsed(all: StrategySettings, rollovers: readonly Rollover[], problems: Problems): void {
  for (const name of all.given) {
    if (rollovers.length === 0 || rollovers.some(({ strategy }) => belongs(name, strategy.kind))) continue
    const kinds = BELONGS_TO[name] ?? []
    problems.add(
      `${name}: it belongs to the strategy ${kinds.join(' or ')}, which no service has: leave it out, or write \`strategy: ${kinds[0]}\``,
    )
  }
}

function checkOf(command: string | undefined, url: string | undefined): Check | undefined {
  if (command !== undefined) return { command }
  return url === undefined ? undefined : { url }
}

function belongs(name: string, kind: Strategy['kind']): boolean {
  return BELONGS_TO[name]?.includes(kind) ?? true
}

function strategyOf(kind: Strategy['kind'], settings: StrategySettings): Strategy {
  const { canary = { tasks: 1 }, holdSeconds = 0, check, routeLabels, routeAlias, keepOld } = settings
  const trial = { holdSeconds, ...(check === undefined ? {} : { check }) }
  if (kind === 'canary') return { kind, size: canary, trial }
  if (kind !== 'blue-green') return { kind }
  return { kind, trial, routeLabels: routeLabels ?? DEFAULT_ROUTE_LABELS, routeAlias, keepOld }
}

function withoutAbsent(settings: StrategySettings): Partial<StrategySettings> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}

function parseCanarySize(text: string): CanarySize {
  const [, number = '', percent] = /^(\d+)(%?)$/.exec(text) ?? []
  const most = percent === '%' ? 99 : MOST_TASKS
  if (number === '' || Number(number) < 1 || Number(number) > most) {
    throw new UserError(`${shown(text)} is no part of a service: write a number of tasks such as 1, or 1% to 99%`)
  }
  return percent === '%' ? { percent: Number(number) } : { tasks: Number(number) }
}

function parseRatio(text: string): string {
  if (/^(?:0(?:\.\d+)?|1(?:\.0+)?)$/.test(text)) return text
  throw new UserError(`${shown(text)} is no ratio: write a number from 0 to 1, such as 0.25`)
}

function parseUrl(text: string): string {
  const url = URL.parse(text)
  hideUserInfo(text)
  if (url !== null && (url.username !== '' || url.password !== '')) {
    throw new UserError('there is a user name or password in it: leave them out, or use `check-command` with curl')
  }
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text
  throw new UserError(`${shown(withoutUserInfo(text))} is no address: write one that begins with http:// or https://`)
}

function parsePrefixes(text: string): string[] {
  const prefixes = text.split(/[\s,]+/).filter((prefix) => prefix !== '')
  if (prefixes.length > 0) return prefixes
  throw new UserError('it is empty: write how the names of the routing labels begin, such as traefik.')
}

function parseAlias(text: string): string {
  if (/^[a-zA-Z0-9](?:[a-zA-Z0-9_.-]*[a-zA-Z0-9])?$/.test(text)) return text
  throw new UserError(
    `${shown(text)} is no name on a network: write letters, digits, dots, - and _, with a letter or digit first and last`,
  )
}
