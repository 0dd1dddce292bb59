import type { Flag } from '../../docker/cli/commands.ts'
import { type ImageReference, withTagDefault } from '../../docker/registry/reference.ts'
import { nameProblem } from '../../docker/swarm/swarm-rules.ts'
import { UserError } from '../../errors.ts'
import { shown } from '../../runner/text/shown.ts'
import { attachmentsOf } from '../attachments/attachments.ts'
import { checkAttachmentFlags } from '../attachments/flags.ts'
import { ATTACHMENT_KEYS, type AttachmentSources } from '../attachments/request.ts'
import type { ServiceRequest } from '../deployment.ts'
import { flagsOfItems, flagsOfText, type Verb, variablesOf } from '../flags.ts'
import { filledAt, textAt, valueAt } from '../keys.ts'
import { parsePrepare } from '../prepare.ts'
import type { Problems } from '../problems.ts'
import { type ReplacementSettings, replacementOf } from '../replacement.ts'
import { shellWords } from '../shell-words.ts'
import { type StrategyTable, strategyKeys, strategyOfEntry } from '../strategy.ts'
import { holdsExpression } from '../unreplaced.ts'
import { checkPolicyFlags, POLICY_KEYS, policiesOfEntry, RETIRED_KEYS } from '../update-policy.ts'
import { parseBoolean, parseImage, parseInteger } from '../values.ts'
import { variablesFrom } from '../variables.ts'
import type { YamlList, YamlMap, YamlText, YamlValue } from '../yaml.ts'
import { type Entry, PAIR } from './service-entries.ts'
import { checkKeys, entryKeys } from './service-keys.ts'

const MOST_REPLICAS = 1_000_000
const KEYED = { isKeyed: true } as const

/** What entries are read with. */
export interface Reading {
  /** What the inputs say of strategies and policies. */
  readonly forAll: ReplacementSettings
  /** Where the contents of secrets and configs are looked for. */
  readonly sources: AttachmentSources
}

/** What one entry asks for; `undefined` where that cannot be told. */
export function requestFromEntry(entry: Entry, reading: Reading, problems: Problems): ServiceRequest | undefined {
  const { value } = entry
  if (value.kind === 'list') {
    problems.add(`this is a list: write an image, as in ${PAIR}, or a mapping with the keys of an entry`)
    return undefined
  }
  if (value.kind === 'map') return requestFromMap(entry, value, reading, problems)
  if (entry.name === undefined) {
    problems.add(
      `this is only text: write \`- name: web\` with an \`image\` below it, or leave the dashes off all pairs such as ${PAIR}`,
    )
    return undefined
  }
  problems.attempt(() => checkName(entry.name ?? ''))
  const image = problems.attempt(() => imageFrom(value.value.trim()))
  const nothingElse = { env: {}, create: false, updateArgs: [], ...replacementOf(undefined, reading.forAll, problems) }
  return image && { name: entry.name, ...KEYED, image, ...nothingElse }
}

function requestFromMap(
  entry: Entry,
  map: YamlMap,
  { forAll, sources }: Reading,
  problems: Problems,
): ServiceRequest | undefined {
  if (!checkKeys(entry.name, map, entryKeys(forAll.strategies), problems)) return undefined
  const stack = stackOf(entry, map, forAll.strategies, problems)
  const name = stack ?? nameOf(entry, map, problems)
  const image = attemptAt(map, 'image', problems, imageFrom)
  const authConfig = attemptAt(map, 'auth-config', problems, nonEmpty)
  const replicas = attemptAt(map, 'replicas', problems, (text) => parseInteger(text, 0, MOST_REPLICAS))
  const create = valueAt(map, 'create') === undefined ? false : attemptAt(map, 'create', problems, parseBoolean)
  const env = variablesFrom(filledAt(map, 'env'), (line) => problems.at(`\`env\` (line ${line})`))
  const refresh = valueAt(map, 'refresh') === undefined ? false : attemptAt(map, 'refresh', problems, parseBoolean)
  const force = attemptAt(map, 'force', problems, parseBoolean)
  const command = wordsAt(map, 'command', problems)
  const notices: string[] = []
  const createArgs = flagsAt(map, 'create', problems, notices)
  const updateArgs = flagsAt(map, 'update', problems, notices) ?? []
  const attachments = attachmentsOf(map, name, sources, problems)
  for (const key of ['env', 'command', ...ATTACHMENT_KEYS]) checkReplaced(map, key, problems)
  if (createArgs !== undefined && createArgs.length > 0) checkReplaced(map, 'create-args', problems)
  if (updateArgs.length > 0) checkReplaced(map, 'update-args', problems)
  const own = {
    strategy: strategyOfEntry(map, forAll.strategies, problems),
    policies: policiesOfEntry(map, problems),
    prepare: attemptAt(map, 'prepare', problems, parsePrepare),
  }

  const asksForce = valueAt(map, 'force') !== undefined && force !== false

  if (create && valueAt(map, 'image') === undefined) {
    problems.add('`create` is true, but there is no `image`: write the image to make the service from')
  }
  if (refresh && image !== undefined) {
    problems.add(
      '`refresh` and `image` are both given: leave `refresh` out, for an image that is written is looked up at every deploy',
    )
  }
  const asked = [
    ...['image', 'replicas', 'command', 'create-args', ...ATTACHMENT_KEYS].map((key) => valueAt(map, key)),
    ...['env', 'update-args', ...POLICY_KEYS].map((key) => filledAt(map, key)),
    ...RETIRED_KEYS.map((key) => valueAt(map, key)),
  ]
  if (
    create === false &&
    refresh === false &&
    !asksForce &&
    stack === undefined &&
    asked.every((value) => value === undefined)
  ) {
    problems.add(
      `nothing is asked for: write an \`image\`, or \`refresh: true\` for the newest image of the tag that it has, as in \`{name: ${name || 'web'}, refresh: true}\`, or \`force: true\` for new tasks of what it has, or one of \`replicas\`, \`env\`, \`command\`, \`create-args\`, \`update-args\`, \`secrets\`, \`configs\`, \`networks\`, \`credential-spec\` and \`update-config\``,
    )
  }
  if (command !== undefined && updateArgs.some(({ name }) => name === '--args'))
    problems.add('`command` and the flag --args are both given: leave one of the two')
  const replacement = replacementOf(own, forAll, problems)
  for (const flags of [createArgs ?? [], updateArgs]) {
    checkGivenOnce(map, env, flags, problems)
    checkPolicyFlags(replacement.policies, flags, problems)
    if (attachments !== undefined) checkAttachmentFlags(attachments, flags, problems)
  }

  return {
    name,
    ...(entry.isKeyed && KEYED),
    ...(image === undefined ? {} : { image }),
    ...(refresh && { refresh }),
    ...(force !== undefined && { force }),
    ...(stack !== undefined && { isStack: true }),
    ...(authConfig === undefined ? {} : { authConfig }),
    ...(replicas === undefined ? {} : { replicas }),
    env,
    create: create ?? false,
    ...(command === undefined ? {} : { command }),
    ...(createArgs === undefined ? {} : { createArgs }),
    updateArgs,
    ...(attachments && { attachments }),
    ...(notices.length === 0 ? {} : { notices }),
    ...replacement,
  }
}

/** A service would get the expression itself, where it was meant to get what that stands for. */
function checkReplaced(map: YamlMap, key: string, problems: Problems): void {
  const text = textsIn(valueAt(map, key)).find((one) => holdsExpression(one.value))
  if (text === undefined) return
  problems.add(
    `\`${key}\` (line ${text.line}): it still holds \`\${{ … }}\`, which is only replaced in workflow files: write the value in its place`,
  )
}

function textsIn(value: YamlValue | undefined): YamlText[] {
  if (value === undefined) return []
  if (value.kind === 'text') return [value]
  return value.kind === 'list' ? value.items.flatMap(textsIn) : value.entries.flatMap((entry) => textsIn(entry.value))
}

/** What of an entry can be said of all services of a stack at once. */
const STACK_KEYS = ['stack', 'refresh', 'force', 'auth-config', 'prepare', ...POLICY_KEYS]

/** The stack whose services an entry means; `undefined` for an entry of one service. */
function stackOf({ name }: Entry, map: YamlMap, strategies: StrategyTable, problems: Problems): string | undefined {
  const stack = textAt(map, 'stack', problems)
  if (stack === undefined) return undefined
  const keys = [...STACK_KEYS, ...strategyKeys(strategies)]
  const others = map.entries.map(({ key }) => key).filter((key) => !keys.includes(key))
  const refresh = valueAt(map, 'refresh')
  const isRefreshed = refresh?.kind === 'text' && /^true$/i.test(refresh.value.trim())
  if (name !== undefined || others.length > 0 || !isRefreshed || stack === '') {
    problems.add(
      '`stack` is for all services of a stack that is there, to have the newest images of their tags: write `- {stack: shop, refresh: true}`, and deploy files with the input `stack`',
    )
  }
  return stack
}

/** In a mapping of services the name stands before the entry; a second one inside must be the same. */
function nameOf(entry: Entry, map: YamlMap, problems: Problems): string {
  const inside = textAt(map, 'name', problems)
  if (inside === undefined && entry.name === undefined) {
    if (valueAt(map, 'name') === undefined) problems.add('`name` is missing: write the name of the service')
    return ''
  }
  const name = entry.name ?? inside ?? ''
  if (inside !== undefined && inside !== name) {
    problems.add(`\`name\` is ${shown(inside)} here: leave it out, or write the same name before the colon`)
  }
  problems.attempt(() => checkName(name))
  return name
}

function checkName(name: string): void {
  if (name === '') throw new UserError('the name is empty: write the name of the service')
  const problem = nameProblem(name, 'a service')
  if (problem === undefined) return
  const isImage = /[\w.-][/:]\w/.test(name)
  throw new UserError(
    isImage
      ? `${shown(name)} is no name of a service, and looks like an image: write the name first, as in \`web: ghcr.io/org/web:1.2\``
      : problem,
  )
}

/** @throws UserError that goes on after the service's name */
function imageFrom(text: string): ImageReference {
  return withTagDefault(parseImage(text))
}

function nonEmpty(text: string): string {
  if (text === '') throw new UserError('it is empty: write the name of a config, or leave the key out')
  return text
}

function attemptAt<T>(map: YamlMap, key: string, problems: Problems, parse: (text: string) => T): T | undefined {
  const text = textAt(map, key, problems)
  const line = map.entries.find((entry) => entry.key === key)?.line
  return text === undefined ? undefined : problems.at(`\`${key}\` (line ${line})`).attempt(() => parse(text))
}

/** The flags of a list; `undefined` when there is none, or every line of it is commented out. `[]` is a list of none. */
function flagsAt(map: YamlMap, verb: Verb, problems: Problems, notices: string[]): Flag[] | undefined {
  const key = `${verb}-args`
  const value = valueAt(map, key)
  const here = problems.at(`\`${key}\``)
  if (value?.kind === 'map') {
    here.add('this is a mapping: write a list of flags such as `- --update-order=start-first`')
    return undefined
  }
  if (value?.kind !== 'list') return value && filledAt(map, key) && flagsOfText(verb, value.value, here)
  const items = textsOf(value, here)
  const told: string[] = []
  const flags = items && flagsOfItems(verb, items, here, told)
  notices.push(...told.map((notice) => `\`${key}\`: ${notice}`))
  return flags
}

/** The words of a text, as a shell reads it, or of a list. An empty one says: the image's own. */
function wordsAt(map: YamlMap, key: string, problems: Problems): readonly string[] | undefined {
  const value = valueAt(map, key)
  if (value === undefined) return undefined
  const here = problems.at(`\`${key}\` (line ${value.line})`)
  if (value.kind === 'map') {
    here.add('this is a mapping: write one text such as `serve --port 80`, or a list of words')
    return undefined
  }
  if (value.kind === 'list') {
    const words = textsOf(value, here)
    if (words?.some((word) => word.includes('\0')))
      here.add('a word has a NUL character, which no argument can have: take it out')
    return words
  }
  const { words, problems: unread } = shellWords(value.value)
  for (const problem of unread) here.add(`${problem}; a shell in the container runs all of it as \`sh -c '…'\``)
  return words.map(({ text }) => text)
}

function textsOf({ items }: YamlList, problems: Problems): string[] | undefined {
  const index = items.findIndex((item) => item.kind !== 'text')
  if (index < 0) return items.flatMap((item) => (item.kind === 'text' ? [item.value] : []))
  problems.add(
    `item ${index + 1} is no text, because of a colon and a blank or a bracket in it: put the item in quotes`,
  )
  return undefined
}

function checkGivenOnce(
  map: YamlMap,
  env: Readonly<Record<string, string>>,
  flags: readonly Flag[],
  problems: Problems,
): void {
  if (valueAt(map, 'replicas') !== undefined && flags.some(({ name }) => name === '--replicas')) {
    problems.add('`replicas` and the flag --replicas are both given: leave one of the two')
  }
  for (const name of variablesOf(flags)) {
    if (Object.hasOwn(env, name)) problems.add(`${name} is given both in \`env\` and by a flag: leave one of the two`)
  }
}
