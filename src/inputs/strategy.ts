import { textAt } from './keys.ts'
import { listed, type Problems } from './problems.ts'
import { parseChoice } from './values.ts'
import type { YamlMap } from './yaml.ts'

/** The strategy of one service: how its tasks are replaced by new ones. */
export interface StrategyChoice {
  /** Its name in {@link StrategyInputs the table of strategies}. */
  readonly kind: string
  /** Its settings, as the strategy has read them. */
  readonly settings: unknown
  /** How long its own steps may take at the most that `timeout` does not count, in seconds. */
  readonly uncountedSeconds: number
}

/** What a strategy says of its inputs. */
export interface StrategyInputs {
  /** Its settings by name, which are inputs for all services and keys of an entry: each with what reads its text. */
  readonly keys: Readonly<Record<string, (text: string) => unknown>>
  /** Keys that say the same in two ways: only one of them may be given. */
  readonly alternatives?: readonly string[]
  /** Whether it goes on only when a step of its own has come true. */
  readonly needsWait: boolean
  /** Why no stack can be deployed by it, with the way out. */
  readonly stackRefusal?: string
  /** @param values what is given of {@link StrategyInputs.keys}, read */
  choose(values: Readonly<Record<string, unknown>>): Omit<StrategyChoice, 'kind'>
}

/** What the functions that read a strategy's keys return, where the keys are given. */
export type Values<Keys extends Readonly<Record<string, (text: string) => unknown>>> = {
  readonly [Key in keyof Keys]?: ReturnType<Keys[Key]> | undefined
}

/** All strategies by their names; the first is that of whoever chooses none. */
export type StrategyTable = Readonly<Record<string, StrategyInputs>>

/** What is given of a strategy: in an entry, or by the inputs for all. */
export interface StrategySettings {
  /** The names that are given, whether or not their values are right. */
  readonly given: readonly string[]
  readonly kind?: string | undefined
  readonly values: Readonly<Record<string, unknown>>
  /** A name with its line, where it has one. */
  readonly placeOf: (name: string) => string
}

const KEY = 'strategy'

/** The strategy of whoever chooses none. */
export function strategyByDefault(strategies: StrategyTable): string {
  const [first = ''] = Object.keys(strategies)
  return first
}

/** The names that are inputs, for all services, and keys of an entry, for one. */
export function strategyKeys(strategies: StrategyTable): string[] {
  return [KEY, ...new Set(Object.values(strategies).flatMap(({ keys }) => Object.keys(keys)))]
}

/** The settings of an entry. */
export function strategyOfEntry(map: YamlMap, strategies: StrategyTable, problems: Problems): StrategySettings {
  const lines = new Map(map.entries.map(({ key, line }) => [key, line]))
  const placeOf = (name: string) => `\`${name}\` (line ${lines.get(name)})`
  return readStrategySettings((key) => textAt(map, key, problems), strategies, problems, placeOf)
}

/**
 * Reads the settings that are given.
 *
 * @param textOf the value of one of {@link strategyKeys}; `undefined` when it is not given
 * @param placeOf what a message calls one of them
 */
export function readStrategySettings(
  textOf: (name: string) => string | undefined,
  strategies: StrategyTable,
  problems: Problems,
  placeOf: (name: string) => string = (name) => name,
): StrategySettings {
  const texts = new Map(strategyKeys(strategies).map((name) => [name, textOf(name)]))
  const given = [...texts.keys()].filter((name) => texts.get(name) !== undefined)
  const read = <T>(name: string, parse: (text: string) => T): T | undefined => {
    const text = texts.get(name)
    return text === undefined ? undefined : problems.at(placeOf(name)).attempt(() => parse(text))
  }
  const parsers = Object.assign({}, ...Object.values(strategies).map(({ keys }) => keys)) as StrategyInputs['keys']
  for (const names of alternativesIn(strategies)) {
    if (names.every((name) => given.includes(name))) {
      problems.add(`${listed(names)} are both given: leave one of the two out`)
    }
  }
  return {
    given,
    placeOf,
    kind: read(KEY, (text) => parseChoice(text, Object.keys(strategies))),
    values: Object.fromEntries(given.flatMap((name) => (parsers[name] ? [[name, read(name, parsers[name])]] : []))),
  }
}

/**
 * The strategy of a service: what its entry says, and where that is silent, what the inputs say for all.
 *
 * @param problems of the entry
 */
export function chosenStrategy(
  own: StrategySettings,
  all: StrategySettings,
  strategies: StrategyTable,
  problems: Problems,
): StrategyChoice {
  const kind = own.kind ?? all.kind ?? strategyByDefault(strategies)
  for (const name of own.given.filter((one) => !belongs(one, kind, strategies))) {
    const kinds = kindsWith(name, strategies)
    problems.add(
      `${own.placeOf(name)} belongs to the strategy ${kinds.join(' or ')}, but this service's is ${kind}: leave it out, or write \`strategy: ${kinds[0]}\``,
    )
  }
  const replaced = alternativesIn(strategies).filter((names) => names.some((name) => own.given.includes(name)))
  const forAll = Object.entries(all.values).filter(([name]) => !replaced.flat().includes(name))
  const values = { ...Object.fromEntries(forAll), ...own.values }
  return { kind, ...(strategies[kind]?.choose(values) ?? { settings: undefined, uncountedSeconds: 0 }) }
}

/** Settings for all that are of no use to any service are a mistake. */
export function checkAllAreUsed(
  all: StrategySettings,
  chosen: readonly StrategyChoice[],
  strategies: StrategyTable,
  problems: Problems,
): void {
  for (const name of all.given) {
    if (chosen.length === 0 || chosen.some(({ kind }) => belongs(name, kind, strategies))) continue
    const kinds = kindsWith(name, strategies)
    problems.add(
      `${name}: it belongs to the strategy ${kinds.join(' or ')}, which no service has: leave it out, or write \`strategy: ${kinds[0]}\``,
    )
  }
}

/** What strategies ask of a run as a whole. */
export function checkRunFits(
  chosen: readonly StrategyChoice[],
  stack: { readonly strategy: StrategyChoice } | undefined,
  wait: boolean,
  strategies: StrategyTable,
  problems: Problems,
): void {
  const refusal = stack && strategies[stack.strategy.kind]?.stackRefusal
  if (refusal !== undefined) problems.add(`strategy: ${refusal}`)
  for (const kind of new Set(wait ? [] : chosen.map((one) => one.kind))) {
    if (!strategies[kind]?.needsWait) continue
    problems.add(
      `wait: the strategy ${kind} goes on only when its first step has come true, which \`wait: false\` does not wait for: leave one of the two out`,
    )
  }
}

function kindsWith(name: string, strategies: StrategyTable): string[] {
  return Object.keys(strategies).filter((kind) => Object.hasOwn(strategies[kind]?.keys ?? {}, name))
}

function belongs(name: string, kind: string, strategies: StrategyTable): boolean {
  return name === KEY || kindsWith(name, strategies).includes(kind)
}

function alternativesIn(strategies: StrategyTable): (readonly string[])[] {
  const all = Object.values(strategies).flatMap(({ alternatives }) => (alternatives ? [alternatives] : []))
  return [...new Map(all.map((names) => [names.join(), names])).values()]
}
