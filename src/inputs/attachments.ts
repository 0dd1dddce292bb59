import { posix } from 'node:path'
import type { Flag } from '../docker/cli/commands.ts'
import type { CredentialSpecSource } from '../docker/specs/credential-spec.ts'
import { type Kind, NAMESPACE_LABEL, type NetworkCreate } from '../docker/specs/stack-objects.ts'
import { nameProblem, objectNameProblem } from '../docker/swarm/swarm-rules.ts'
import { UserError } from '../errors.ts'
import type { Environment } from '../runner/environment.ts'
import { redact } from '../runner/secret.ts'
import { mayBeSecret, placed, shown } from '../runner/shown.ts'
import { isOfTheAction } from '../runner/variables.ts'
import { type ContentPlace, contentOf, SOURCES } from './compose/contents.ts'
import { basePath, resolvePath } from './files.ts'
import { closestKey, keyAdvice, textAt, valueAt } from './keys.ts'
import { hide } from './masking.ts'
import { listed, type Problems } from './problems.ts'
import { parseBoolean } from './values.ts'
import type { YamlMap, YamlValue } from './yaml.ts'

/**
 * What an entry of `services` attaches to its service: secrets, configs, networks and a credential spec. A key that is
 * not given leaves what the service has; of one that is given, what an earlier run named and this one does not goes.
 */
export interface AttachmentsRequest {
  readonly secrets?: readonly ObjectRequest[]
  readonly configs?: readonly ObjectRequest[]
  readonly networks?: readonly NetworkRequest[]
  readonly credentialSpec?: CredentialSpecRequest
}

export const ATTACHMENT_KEYS = ['secrets', 'configs', 'networks', 'credential-spec'] as const

/** A secret or config that the swarm has, or that is made with the content that is given. */
export interface ObjectRequest {
  readonly kind: Kind
  /** That of the object, or the one that all its versions share where there is a content. */
  readonly name: string
  readonly content?: ContentRequest
  /** Where a task finds it. */
  readonly file: ObjectFile
}

/** The file of a secret or config, as the Engine API has it. */
export interface ObjectFile {
  readonly Name: string
  readonly UID: string
  readonly GID: string
  readonly Mode: number
}

export interface ContentRequest {
  readonly bytes: Buffer
  readonly labels: Readonly<Record<string, string>>
  /** The driver that fills in the content as a template. */
  readonly templating: string | undefined
  /** It describes a group-managed service account. */
  readonly isCredentialSpec?: boolean
}

export interface NetworkRequest {
  readonly name: string
  /** Further names on it; `undefined`: those that the service has there. */
  readonly aliases: readonly string[] | undefined
  /** How it is made where it is missing; `undefined`: it has to be there. */
  readonly create: NetworkCreate | undefined
}

/** Where a Windows container gets the description of its account from. */
export type CredentialSpecRequest =
  | { readonly from: 'nothing' }
  | { readonly from: 'config'; readonly name: string; readonly content?: ContentRequest }
  | { readonly from: 'node'; readonly source: CredentialSpecSource }

/** Where contents are looked for: the workspace and the variables of the step. */
export interface AttachmentSources extends ContentPlace {
  /** The absolute path of a file of the user's. */
  resolve(path: string): string
}

export function attachmentSources(env: Environment): AttachmentSources {
  return {
    lookUp: (name) => (isOfTheAction(name) || !Object.hasOwn(env, name) ? undefined : env[name]),
    directory: basePath(env),
    base: basePath(env),
    settings: '`env` of the step',
    resolve: (path) => resolvePath(env, path),
  }
}

/**
 * What an entry attaches; `undefined` when it has none of the keys. Every secret content is masked as it is read.
 *
 * @param service its name, which a credential spec without one gets a part of
 */
export function attachmentsOf(
  map: YamlMap,
  service: string,
  sources: AttachmentSources,
  problems: Problems,
): AttachmentsRequest | undefined {
  if (ATTACHMENT_KEYS.every((key) => valueAt(map, key) === undefined)) return undefined
  const secrets = objectsAt(map, 'secret', service, sources, problems)
  const configs = objectsAt(map, 'config', service, sources, problems)
  const networks = networksAt(map, problems)
  const credentialSpec = credentialSpecAt(map, service, sources, problems)
  const paths = new Set(secrets?.map(pathInContainer))
  for (const path of (configs ?? []).map(pathInContainer).filter((one) => paths.has(one))) {
    problems.add(
      `\`secrets\` and \`configs\` both have the file ${shown(path)}: write another \`target\` for one of the two`,
    )
  }
  return {
    ...(secrets && { secrets }),
    ...(configs && { configs }),
    ...(networks && { networks }),
    ...(credentialSpec && { credentialSpec }),
  }
}

/** An item of a list, or an entry of a mapping: its name, and what is said of it. */
interface Item {
  readonly place: string
  readonly name: string | undefined
  readonly map: YamlMap | undefined
}

/** The items of a key, a list or a mapping; `undefined` when the entry does not have it. */
function itemsAt(map: YamlMap, key: string, example: string, problems: Problems): Item[] | undefined {
  const value = valueAt(map, key)
  if (value === undefined) return undefined
  if (value.kind === 'text') {
    problems.add(`this is only text: write a list such as \`${key}: [${example}]\`, or \`[]\` for none`)
    return undefined
  }
  if (value.kind === 'list') return value.items.flatMap((item, index) => itemOf(item, `item ${index + 1}`, problems))
  // One item without its dash; in a mapping nothing has a text behind its name.
  if (['name', 'source'].some((name) => valueAt(value, name)?.kind === 'text')) return itemOf(value, 'item 1', problems)
  return value.entries.flatMap(({ key: name, value: inner }): Item[] => {
    if (inner.kind === 'map') return [{ place: placed(name), name, map: inner }]
    if (inner.kind === 'text' && inner.value.trim() === '') return [{ place: placed(name), name, map: undefined }]
    problems.add(`${shown(name)} is no mapping: write what is to be said of it, such as \`target\`, or nothing`)
    return []
  })
}

function itemOf(item: YamlValue, place: string, problems: Problems): Item[] {
  if (item.kind === 'text') return [{ place, name: item.value.trim(), map: undefined }]
  if (item.kind === 'map') return [{ place, name: undefined, map: item }]
  problems.add(`${place} is a list: write a name, or a mapping with the keys of one`)
  return []
}

const OBJECT_KEYS = [
  ...['name', 'source', ...SOURCES],
  ...['target', 'uid', 'gid', 'mode', 'labels', 'template-driver'],
]

const READABLE_BY_ALL = 0o444
/** Linux keeps an ID in 32 bits, and the last of them for none: a higher one would become another. */
const HIGHEST_ID = 2 ** 32 - 2

function objectsAt(
  map: YamlMap,
  kind: Kind,
  service: string,
  sources: AttachmentSources,
  problems: Problems,
): ObjectRequest[] | undefined {
  const here = problems.at(`\`${kind}s\``)
  const items = itemsAt(map, `${kind}s`, kind === 'secret' ? 'db-password' : 'app-config', here)
  const objects = items?.flatMap((item) => objectOf(item, kind, service, sources, here) ?? [])
  const known = new Set<string>()
  for (const object of objects ?? []) {
    const path = pathInContainer(object)
    if (known.has(path)) {
      here.add(`two of them have the target ${shown(object.file.Name)}: write another \`target\` for one of the two`)
    }
    known.add(path)
  }
  return objects
}

function objectOf(
  item: Item,
  kind: Kind,
  service: string,
  sources: AttachmentSources,
  problems: Problems,
): ObjectRequest | undefined {
  const { map } = item
  const here = problems.at(nameIn(item) ?? item.place)
  if (map !== undefined) checkKeys(map, OBJECT_KEYS, here)
  const content =
    map && contentIn(map, kind, `services: ${service}: \`${kind}s\`: ${nameIn(item) ?? item.place}`, sources, here)
  const name = nameOf(item, here, (text) => objectNameProblem(text, `a ${kind}`))
  if (name === undefined) return undefined
  if (map === undefined) return { kind, name, file: fileOf(name) }
  const text = (key: string) => textAt(map, key, here)
  const target = text('target')
  if (target !== undefined && !isFileName(target)) {
    here.add(
      `\`target\`: ${shown(target)} is no name of a file: write one such as \`${kind === 'secret' ? name : `/etc/${name}`}\``,
    )
  }
  const file = {
    ...fileOf(target ?? name),
    ...numberAt('uid', 'UID'),
    ...numberAt('gid', 'GID'),
    ...modeAt(text('mode'), here),
  }
  return { kind, name, file, ...(content && { content }) }

  function numberAt(key: 'uid' | 'gid', field: 'UID' | 'GID') {
    const number = text(key)
    if (number === undefined) return {}
    if (!/^\d{1,10}$/.test(number) || Number(number) > HIGHEST_ID)
      here.add(`\`${key}\`: ${shown(number)} is no number of a user or group: write one such as 1000`)
    return { [field]: number }
  }
}

/** Where docker puts the file: of two on one path the later would hide the other. */
function pathInContainer({ kind, file }: ObjectRequest): string {
  return posix.resolve(kind === 'secret' ? '/run/secrets' : '/', file.Name)
}

function fileOf(name: string): ObjectFile {
  return { Name: name, UID: '0', GID: '0', Mode: READABLE_BY_ALL }
}

function isFileName(target: string): boolean {
  return target !== '' && !/[\0\r\n]/.test(target) && !/(?:^|\/)\.{0,2}$/.test(target)
}

function modeAt(text: string | undefined, problems: Problems): { readonly Mode?: number } {
  if (text === undefined) return {}
  if (/^(?:0o?)?[0-7]{3}$/.test(text)) return { Mode: Number.parseInt(text.slice(-3), 8) }
  problems.add(`\`mode\`: ${shown(text)} are no permissions of a file: write three octal digits, such as 0440`)
  return {}
}

/** The name that an item gives, before it is looked at. */
function nameIn({ name, map }: Item): string | undefined {
  const inside = map && ['name', 'source'].map((key) => valueAt(map, key)).find((value) => value?.kind === 'text')
  const text = name ?? (inside?.kind === 'text' ? inside.value.trim() : undefined)
  return text === undefined || text === '' || text.length > 64 || mayBeSecret(text)
    ? undefined
    : shown(text).slice(1, -1)
}

function nameOf(
  { name, map }: Item,
  problems: Problems,
  problemWith: (name: string) => string | undefined,
): string | undefined {
  const given = map === undefined ? [] : ['name', 'source'].filter((key) => valueAt(map, key) !== undefined)
  if (given.length + (name === undefined ? 0 : 1) > 1) {
    problems.add(
      `its name is given twice: write ${name === undefined ? '`name` or `source`' : 'it before the colon'} alone`,
    )
    return undefined
  }
  const text = name ?? (map && textAt(map, given[0] ?? 'name', problems))
  if (text === undefined || text === '') {
    problems.add('it has no name: write its `name`')
    return undefined
  }
  const problem = problemWith(text)
  if (problem !== undefined) problems.add(redact(problem))
  return text
}

function checkKeys(map: YamlMap, keys: readonly string[], problems: Problems): void {
  for (const { key, line } of map.entries.filter((entry) => !keys.includes(entry.key))) {
    problems.add(`line ${line} has the unknown key ${shown(key)}: ${keyAdvice(closestKey(key, keys), keys)}`)
  }
}

/** The content that is given, with what only counts with one. */
function contentIn(
  map: YamlMap,
  kind: Kind,
  place: string,
  sources: AttachmentSources,
  problems: Problems,
): ContentRequest | undefined {
  const given = SOURCES.filter((key) => valueAt(map, key) !== undefined)
  const found = given.map((source) => contentFrom(source, map, kind, place, sources, problems))
  const labels = labelsAt(map, problems)
  const templating = textAt(map, 'template-driver', problems)
  const [bytes] = found
  if (given.length > 1) problems.add(`${listed(given)} are all given: write only one of them`)
  if (given.length === 0) {
    const alone = ['labels', 'template-driver'].filter((key) => valueAt(map, key) !== undefined)
    if (alone.length > 0) {
      problems.add(
        `${listed(alone)} ${alone.length === 1 ? 'is' : 'are'} for one that is made here: write its content too, in ${listed(SOURCES, 'disjunction')}`,
      )
    }
  }
  if (templating !== undefined && templating !== 'golang') {
    problems.add(`\`template-driver\`: ${shown(templating)} is none that docker has: write golang, or leave it out`)
  }
  return bytes && { bytes, labels, templating }
}

/** All of it is read where several are given, so that each is masked. */
function contentFrom(
  source: string,
  map: YamlMap,
  kind: Kind,
  place: string,
  sources: AttachmentSources,
  problems: Problems,
): Buffer | undefined {
  const value = valueAt(map, source)
  // A content is taken as it stands, with its line end.
  const text = value?.kind === 'text' && source === 'content' ? value.value : textAt(map, source, problems)
  if (text === undefined) return undefined
  const words = source === 'file' && text !== '' ? sources.resolve(text) : text
  const bytes = problems.attempt(() => {
    if (text === '' && source !== 'content') throw new UserError(`\`${source}\` is empty: ${FILL[source]}`)
    // What does not look like a path may be the content itself.
    const isPath = source !== 'file' || /[./]/.test(text)
    return kind === 'config' || isPath ? contentOf({ kind, source, words }, sources) : contentOfName(text, words)
  })
  const secret = bytes ?? (source === 'content' ? Buffer.from(text) : undefined)
  if (kind === 'secret' && secret !== undefined) hide(secret.toString(), place)
  return bytes

  function contentOfName(name: string, path: string): Buffer {
    try {
      return contentOf({ kind, source, words: path }, sources)
    } catch (error) {
      hide(name, place)
      throw error instanceof UserError ? new UserError(redact(error.message)) : error
    }
  }
}

const FILL: Readonly<Record<string, string>> = {
  file: 'write the path of a file of this job',
  environment: 'write the name of a variable that is set in the `env` of the step',
}

const OWN_LABELS = 'swarm-deploy.'

/** Labels of an object that is made: a mapping, or a list of `NAME=value`. */
function labelsAt(map: YamlMap, problems: Problems): Record<string, string> {
  const value = valueAt(map, 'labels')
  const here = problems.at('`labels`')
  const pairs = value === undefined ? [] : pairsOf(value, here)
  for (const [name] of pairs) {
    if (name === '') here.add('a label has no name: write `NAME: value`')
    else if (name.startsWith(OWN_LABELS) || name === NAMESPACE_LABEL) {
      here.add(`${shown(name)} is not yours to give, because objects are found by it: leave it out`)
    }
  }
  return Object.fromEntries(pairs)
}

function pairsOf(value: YamlValue, problems: Problems): [string, string][] {
  if (value.kind === 'text') {
    if (value.value.trim() !== '') problems.add('this is only text: write a mapping such as `{team: web}`')
    return []
  }
  const pairs: [string, YamlValue][] =
    value.kind === 'map'
      ? value.entries.map(({ key, value: inner }) => [key, inner])
      : value.items.map((item) => {
          const [, name = '', rest = ''] = item.kind === 'text' ? (/^([^=]*)=?(.*)$/s.exec(item.value) ?? []) : []
          return [name.trim(), item.kind === 'text' ? { ...item, value: rest } : item]
        })
  return pairs.flatMap(([name, inner]) => {
    if (inner.kind === 'text') return [[name, inner.value] as [string, string]]
    problems.add(`${shown(name)} is a ${inner.kind}: put its value in quotes to make it text`)
    return []
  })
}

/** What is said of a network that is made. */
const CREATE_KEYS = ['driver', 'attachable', 'internal', 'encrypted', 'driver-opts', 'labels', 'subnet']
const NETWORK_KEYS = ['name', 'aliases', 'create', ...CREATE_KEYS]

function networksAt(map: YamlMap, problems: Problems): NetworkRequest[] | undefined {
  const here = problems.at('`networks`')
  const items = itemsAt(map, 'networks', 'backend', here)
  const networks = items?.flatMap((item) => networkOf(item, here) ?? [])
  const known = new Set<string>()
  for (const { name } of networks ?? []) {
    if (known.has(name)) here.add(`${name} is given twice: put all of it into one item`)
    known.add(name)
  }
  return networks
}

function networkOf(item: Item, problems: Problems): NetworkRequest | undefined {
  const { map } = item
  const here = problems.at(nameIn(item) ?? item.place)
  if (map !== undefined) checkKeys(map, NETWORK_KEYS, here)
  const name = nameOf(item, here, (text) => (PREDEFINED.includes(text) ? undefined : nameProblem(text, 'a network')))
  if (name === undefined) return undefined
  if (map === undefined) return { name, aliases: undefined, create: undefined }
  const isMade = valueAt(map, 'create') !== undefined && switchAt('create')
  const given = CREATE_KEYS.filter((key) => valueAt(map, key) !== undefined)
  if (!isMade && given.length > 0) {
    here.add(
      `${listed(given)} ${given.length === 1 ? 'is' : 'are'} for a network that is made here: write \`create: true\` too, or leave ${given.length === 1 ? 'it' : 'them'} out`,
    )
  }
  const subnet = textAt(map, 'subnet', here)
  const options = valueAt(map, 'driver-opts')
  const create: NetworkCreate = {
    Name: name,
    Driver: textAt(map, 'driver', here) || 'overlay',
    Attachable: switchAt('attachable'),
    Internal: switchAt('internal'),
    Options: {
      ...(options && Object.fromEntries(pairsOf(options, here.at('`driver-opts`')))),
      ...(switchAt('encrypted') && { encrypted: '' }),
    },
    Labels: labelsAt(map, here),
    ...(subnet && { IPAM: { Config: [{ Subnet: subnet }] } }),
  }
  return { name, aliases: aliasesAt(map, here), create: isMade ? create : undefined }

  function switchAt(key: string): boolean {
    const text = map && textAt(map, key, here)
    return text === undefined ? false : (here.at(`\`${key}\``).attempt(() => parseBoolean(text)) ?? false)
  }
}

/** Docker's own, which services may use. */
const PREDEFINED = ['host', 'bridge', 'none']

function aliasesAt(map: YamlMap, problems: Problems): string[] | undefined {
  const value = valueAt(map, 'aliases')
  if (value === undefined) return undefined
  const items = value.kind === 'list' ? value.items : []
  const names = items.flatMap((item) => (item.kind === 'text' && item.value.trim() !== '' ? [item.value.trim()] : []))
  if (value.kind !== 'list' || names.length < items.length) {
    problems.add('`aliases` is no list of names: write one such as `[api, db]`')
  }
  return names
}

const CREDENTIAL_SPEC_KEYS = ['config', 'registry', 'name', ...SOURCES, 'labels']
const NO_SPEC =
  'write `{file: credspec.json}` for a file of this job, `{config: NAME}` for a config of the swarm, `{registry: NAME}` for a value on the nodes, `file://NAME` for a file on the nodes, or `none`'

function credentialSpecAt(
  map: YamlMap,
  service: string,
  sources: AttachmentSources,
  problems: Problems,
): CredentialSpecRequest | undefined {
  const value = valueAt(map, 'credential-spec')
  const here = problems.at('`credential-spec`')
  if (value === undefined) return undefined
  if (value.kind === 'text') return here.attempt(() => credentialSpecOfText(value.value.trim()))
  if (value.kind === 'list') {
    here.add(`this is a list: ${NO_SPEC}`)
    return undefined
  }
  checkKeys(value, CREDENTIAL_SPEC_KEYS, here)
  const given = ['config', 'registry', ...SOURCES].filter((key) => valueAt(value, key) !== undefined)
  const [only] = given
  if (only === undefined || given.length > 1) {
    here.add(only === undefined ? `it names no source: ${NO_SPEC}` : `${listed(given)} are all given: write only one`)
    return undefined
  }
  const content = contentIn(value, 'config', '', sources, here)
  const text = textAt(value, only, here) ?? ''
  if (only === 'registry') {
    if (text === '') here.add('`registry` is empty: write the name of a value in the Windows registry of the nodes')
    return { from: 'node', source: { Registry: text } }
  }
  const name = only === 'config' ? text : (textAt(value, 'name', here) ?? `${service}-credential-spec`)
  if (only === 'config' && valueAt(value, 'name') !== undefined) {
    here.add('`config` and `name` are both given: leave `name` out, it is for a config that is made here')
  }
  const problem = objectNameProblem(name, 'a config')
  if (problem !== undefined) here.add(redact(problem))
  return { from: 'config', name, ...(content && { content: { ...content, isCredentialSpec: true } }) }
}

/** In the words of docker's flag. */
function credentialSpecOfText(text: string): CredentialSpecRequest {
  const [, scheme, value = ''] = /^(config|file|registry):\/\/(.+)$/.exec(text) ?? []
  if (text === 'none') return { from: 'nothing' }
  if (scheme === undefined) throw new UserError(`${shown(text)} says not where it is: ${NO_SPEC}`)
  if (scheme === 'config') return { from: 'config', name: value }
  return { from: 'node', source: scheme === 'file' ? { File: value } : { Registry: value } }
}

/** What an entry has made where it is missing. */
export function madeBy({ secrets = [], configs = [], networks = [], credentialSpec }: AttachmentsRequest) {
  const spec = credentialSpec?.from === 'config' ? [{ kind: 'config' as const, ...credentialSpec }] : []
  const contents = [...secrets, ...configs, ...spec].flatMap(({ kind, name, content }) =>
    content === undefined ? [] : [{ kind, name, what: content }],
  )
  const made = networks.flatMap(({ name, create }) =>
    create === undefined ? [] : [{ kind: 'network' as const, name, what: create }],
  )
  return [...contents, ...made]
}

/** What both a key and a flag of the lists would set: whichever came last would win. */
export function checkAttachmentFlags(
  { secrets, configs, networks, credentialSpec }: AttachmentsRequest,
  flags: readonly Flag[],
  problems: Problems,
): void {
  const lists = [
    { key: 'secrets', targets: secrets?.map(({ file }) => file.Name), names: secrets?.map(({ name }) => name) },
    { key: 'configs', targets: configs?.map(({ file }) => file.Name), names: configs?.map(({ name }) => name) },
    { key: 'networks', targets: networks?.map(({ name }) => name), names: networks?.map(({ name }) => name) },
  ]
  for (const { name: flag, value = '' } of flags) {
    if (flag === '--credential-spec' && credentialSpec !== undefined) {
      problems.add('`credential-spec` and the flag --credential-spec are both given: leave one of the two')
    }
    const [, noun, verb] = /^--(secret|config|network)(-add|-rm)?$/.exec(flag) ?? []
    const list = lists.find(({ key }) => key === `${noun}s`)
    if (noun === undefined || list === undefined) continue
    const named = verb === '-rm' ? value : targetOf(value)
    if (!(verb === '-rm' ? list.names : list.targets)?.includes(named)) continue
    problems.add(`${shown(named)} is given both in \`${list.key}\` and by the flag ${flag}: leave one of the two`)
  }
}

/**
 * What flags attach, in the words of the note of an entry's lists: `secret db-password`, `network backend`.
 *
 * @param networkNames the names of networks by their IDs, which docker takes as well
 */
export function attachedByFlags(flags: readonly Flag[], networkNames: ReadonlyMap<string, string>): string[] {
  return flags.flatMap(({ name, value = '' }) => {
    const [, noun] = /^--(secret|config|network)(?:-add)?$/.exec(name) ?? []
    const target = targetOf(value)
    return noun === undefined ? [] : [`${noun} ${(noun === 'network' && networkNames.get(target)) || target}`]
  })
}

/** Where a value of `--secret` or `--config` has it found, or which network one of `--network` means. */
function targetOf(value: string): string {
  const fields = new Map(
    value.split(',').map((field) => {
      const [, key = '', rest = ''] = /^\s*([^=]*)=?(.*)$/s.exec(field) ?? []
      return [key.toLowerCase(), rest] as const
    }),
  )
  const named = fields.get('target') ?? fields.get('source') ?? fields.get('src') ?? fields.get('name')
  return named ?? value.split(',', 1)[0] ?? ''
}
