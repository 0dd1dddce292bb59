import { UserError } from '../errors.ts'
import { hideUserInfo, withoutUserInfo } from './masking.ts'
import { listed, type Problems, shown } from './problems.ts'
import type { CanarySize, Check, Strategy } from './strategy-choice.ts'
import { parseChoice, parseDuration } from './values.ts'

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

/** The names that are inputs, for all services, and keys of an entry, for one. */
export const STRATEGY_KEYS: readonly string[] = ['strategy', ...Object.keys(BELONGS_TO)]

/** What is given of a strategy: in an entry, or by the inputs for all. */
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
  }
}

/**
 * The strategy of a service: what its entry says, and where that is silent, what the inputs say for all.
 *
 * @param problems of the entry
 */
export function chosenStrategy(own: StrategySettings, all: StrategySettings, problems: Problems): Strategy {
  const kind = own.kind ?? all.kind ?? 'rolling'
  for (const name of own.given.filter((one) => !belongs(one, kind))) {
    const kinds = BELONGS_TO[name] ?? []
    problems.add(
      `\`${name}\` belongs to the strategy ${kinds.join(' or ')}, but this service's is ${kind}: leave it out, or write \`strategy: ${kinds[0]}\``,
    )
  }
  return strategyOf(kind, { ...all, ...withoutAbsent(own) })
}

/** Settings for all that are of no use to any service are a mistake. */
export function checkAllAreUsed(all: StrategySettings, strategies: readonly Strategy[], problems: Problems): void {
  for (const name of all.given) {
    if (strategies.length === 0 || strategies.some(({ kind }) => belongs(name, kind))) continue
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
