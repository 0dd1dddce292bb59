import { isDeepStrictEqual } from 'node:util'
import type { Flag } from '../docker/cli/commands.ts'
import { type ImageReference, InvalidReference, parseReference, withTagDefault } from '../docker/registry/reference.ts'
import { nameProblem } from '../docker/swarm/swarm-rules.ts'
import { UserError } from '../errors.ts'
import { visible } from '../runner/printable.ts'
import { placed, shown, ticked } from '../runner/shown.ts'
import { attachmentsOf } from './attachments/attachments.ts'
import { checkAttachmentFlags } from './attachments/flags.ts'
import { ATTACHMENT_KEYS, type AttachmentSources, madeBy } from './attachments/request.ts'
import type { ServiceRequest } from './deployment.ts'
import { adviceForFlag, flagsOfItems, flagsOfText, type Verb, variablesOf } from './flags.ts'
import { closestKey, filledAt, keyAdvice, textAt, valueAt } from './keys.ts'
import { parsePrepare } from './prepare.ts'
import type { Problems } from './problems.ts'
import { type ReplacementSettings, replacementOf } from './replacement.ts'
import { shellWords } from './shell-words.ts'
import { type StrategyTable, strategyKeys, strategyOfEntry } from './strategy.ts'
import { checkPolicyFlags, POLICY_KEYS, policiesOfEntry, RETIRED_KEYS, settingMeantBy } from './update-policy.ts'
import { parseBoolean, parseInteger } from './values.ts'
import { variablesFrom } from './variables.ts'
import { parseYaml, type YamlList, type YamlMap, type YamlText, type YamlValue } from './yaml.ts'

const KEYS: readonly string[] = [
  'name',
  'image',
  'refresh',
  'force',
  'stack',
  'auth-config',
  'replicas',
  'env',
  'command',
  'create',
  'create-args',
  'update-args',
  ...ATTACHMENT_KEYS,
  'prepare',
  ...POLICY_KEYS,
]

/** The keys of an entry. */
export function entryKeys(strategies: StrategyTable): string[] {
  return [...KEYS, ...strategyKeys(strategies)]
}

const OTHER_NAMES: Readonly<Record<string, string>> = {
  args: 'command',
  cmd: 'command',
  config: 'auth-config',
  environment: 'env',
  rollback: 'rollback-config',
  scale: 'replicas',
  service: 'name',
  tag: 'image',
  update: 'update-config',
}

/** Keys of compose files that say by themselves what was pasted. */
const COMPOSE_KEYS = new Set(
  'build container_name depends_on deploy entrypoint environment env_file expose healthcheck hostname labels logging ports restart services stop_grace_period user version volumes working_dir'.split(
    ' ',
  ),
)
const NOT_COMPOSE =
  "this action's `services` is no compose file: give what the service needs in `create-args`, as flags of docker service create"

const LONGEST_PLACE = 63
const MOST_REPLICAS = 1_000_000
const PAIR = '`web: ghcr.io/org/web:1.2`'

const KEYED = { isKeyed: true } as const

/** One service of the text, before it is looked at. */
interface Entry {
  readonly place: string
  readonly name: string | undefined
  /** The name stands before it, as in `web: …`. */
  readonly isKeyed: boolean
  /** Where it begins. */
  readonly line: number
  /** `name: image` has its image here, everything else its mapping. */
  readonly value: YamlValue
}

/** What entries are read with. */
interface Reading {
  /** What the inputs say of strategies and policies. */
  readonly forAll: ReplacementSettings
  /** Where the contents of secrets and configs are looked for. */
  readonly sources: AttachmentSources
}

/**
 * What a `services` text asks for: `name: image` pairs, or a list of entries.
 *
 * @param forAll what the inputs say of strategies and policies
 * @param sources where the contents of secrets and configs are looked for
 */
export function servicesFromText(
  text: string,
  forAll: ReplacementSettings,
  sources: AttachmentSources,
  problems: Problems,
): ServiceRequest[] {
  const { root, problems: wrong } = parseYaml(text)
  for (const { line, column, reason } of wrong) problems.add(`services line ${line}, column ${column}: ${reason}`)
  if (wrong.length > 0) return []

  const entries = entriesOf(root, entryKeys(forAll.strategies), problems.at('services'))
  const requests = entries.flatMap(
    (entry) => requestFromEntry(entry, { forAll, sources }, problems.at(entry.place)) ?? [],
  )
  checkNames(entries, problems)
  checkSharedContents(requests, problems.at('services'))
  return requests
}

/** Behind a colon: as pages and chats have it instead of an ordinary blank, or beside it. */
const OTHER_BLANK = /(?<=:)(?! )[\p{Z}\p{DI}]/u

/** Whether a text has comments at most, or what programs write for no value. */
function isNothing(root: YamlText | undefined): boolean {
  return root === undefined || (root.style === 'plain' && /^(?:~|null|undefined)?$/i.test(root.value))
}

function entriesOf(root: YamlValue | undefined, keys: readonly string[], problems: Problems): Entry[] {
  if (root === undefined || root.kind === 'text') {
    const what = isNothing(root) ? 'there is no value in it, as where an expression has none' : 'this is only text'
    const sign = OTHER_BLANK.exec(root?.value ?? '')?.[0]
    if (sign !== undefined) {
      problems.add(
        `${what}: behind the colon is ${visible(sign)}, which YAML does not take for a blank: write an ordinary one`,
      )
      return []
    }
    problems.add(`${what}: write pairs such as ${PAIR}, with a blank after the colon, or a list of entries`)
    return []
  }
  if (root.kind === 'list' || isOneEntry(root, keys)) return entriesOfList(root.kind === 'list' ? root.items : [root])
  const compose = root.entries.find(({ key, value }) => key === 'services' && value.kind !== 'text')
  if (compose !== undefined) {
    problems.add(
      `line ${compose.line} has the key \`services\`, as a compose file has: for a stack write the path of such a file in \`compose-file\`, and a name in \`stack\`; here write only pairs such as ${PAIR}`,
    )
    return []
  }
  return root.entries.map(({ key, line, value }) => {
    const named = value.kind === 'text' ? `${placeOf(key)} (line ${line})` : placeOf(key)
    const place = key.trim() === '' ? `services line ${line}` : named
    return { place, name: key, isKeyed: true, line, value }
  })
}

/** `name: web` with other keys of an entry is one that lacks its dash, and no service called `name`. */
function isOneEntry({ entries }: YamlMap, keys: readonly string[]): boolean {
  const has = (name: string) => entries.some(({ key }) => key === name)
  return (has('name') || (has('stack') && has('refresh'))) && entries.every(({ key }) => isKnown(key, keys))
}

function entriesOfList(items: YamlList['items']): Entry[] {
  return items.map((value, index) => {
    const textOf = (key: string) => {
      const inner = value.kind === 'map' ? valueAt(value, key) : undefined
      return inner?.kind === 'text' ? inner.value.trim() : undefined
    }
    const text = textOf('name')
    const owner = text || (textOf('stack') && `stack ${textOf('stack')}`)
    return {
      place: owner ? placeOf(owner) : `services entry ${index + 1} (line ${value.line})`,
      name: text,
      isKeyed: false,
      line: value.line,
      value,
    }
  })
}

function placeOf(name: string): string {
  return `services: ${placed(name).slice(0, LONGEST_PLACE)}`
}

function requestFromEntry(entry: Entry, reading: Reading, problems: Problems): ServiceRequest | undefined {
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
  if (!checkKeys(entry, map, entryKeys(forAll.strategies), problems)) return undefined
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

function checkKeys({ name }: Entry, map: YamlMap, keys: readonly string[], problems: Problems): boolean {
  const unknown = map.entries.filter(({ key }) => !isKnown(key, keys))
  const [only, ...others] = map.entries
  if (
    only !== undefined &&
    others.length === 0 &&
    unknown.length === 1 &&
    name === undefined &&
    only.value.kind === 'text'
  ) {
    problems.add(
      `${ticked(only.key)} is no key of an entry: leave the dashes off all \`name: image\` pairs, or write ${ticked(`- name: ${only.key}`)} with an \`image\` below it`,
    )
    return false
  }
  for (const { key, line } of unknown) {
    const closest = closestKey(key, keys, OTHER_NAMES)
    problems.add(`line ${line} has the unknown key ${shown(key)}: ${adviceFor(key, closest, keys)}`)
  }
  return unknown.length === 0
}

/** The old names are told with everything else that is wrong. */
function isKnown(key: string, keys: readonly string[]): boolean {
  return keys.includes(key) || RETIRED_KEYS.includes(key)
}

function adviceFor(key: string, closest: string | undefined, keys: readonly string[]): string {
  const policy = settingMeantBy(key)
  if (policy !== undefined) return `write it in \`update-config\`, as in \`update-config: {${policy}: …}\``
  if (closest !== undefined) return keyAdvice(closest, keys)
  const flag = adviceForFlag(key)
  if (flag !== undefined) return flag
  return COMPOSE_KEYS.has(key) ? NOT_COMPOSE : keyAdvice(closest, keys)
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
  if (problem !== undefined) throw new UserError(problem)
}

/** Swarm takes names that differ only in their capitals for the same. */
function checkNames(entries: readonly Entry[], problems: Problems): void {
  const lines = new Map<string, number>()
  for (const { name = '', line } of entries) {
    const key = name.toLowerCase()
    const first = lines.get(key)
    if (key !== '' && first !== undefined)
      problems.add(
        `${placeOf(name)}: the service is given twice (lines ${first} and ${line}): put all of it into one entry`,
      )
    lines.set(key, line)
  }
}

/** @throws UserError that goes on after the service's name */
function imageFrom(text: string): ImageReference {
  try {
    return withTagDefault(parseReference(text))
  } catch (error) {
    if (!(error instanceof InvalidReference)) throw error
    throw new UserError(error.message.replace(/^The/, 'the'))
  }
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

/** What is made under one name is one thing for the whole run. */
function checkSharedContents(requests: readonly ServiceRequest[], problems: Problems): void {
  const known = new Map<string, { readonly service: string; readonly what: unknown }>()
  for (const { name: service, attachments } of requests) {
    for (const { kind, name, what } of attachments === undefined ? [] : madeBy(attachments)) {
      const other = known.get(`${kind} ${name}`)
      if (other === undefined) known.set(`${kind} ${name}`, { service, what })
      else if (!isDeepStrictEqual(other.what, what)) {
        const advice =
          kind === 'network'
            ? 'say it in one of the two, and write the name alone in the other'
            : 'give one of the two another name; with `target` the file can be called the same in both'
        problems.add(`${other.service} and ${service} make the ${kind} ${name} in two ways: ${advice}`)
      }
    }
  }
}
