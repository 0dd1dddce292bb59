import { ecrRegistry } from '../../docker/registry/ecr.ts'
import type { RegistryScope } from '../../docker/registry/reference.ts'
import { UserError } from '../../errors.ts'
import type { Environment } from '../../runner/environment.ts'
import { Secret } from '../../runner/secrets/secret.ts'
import { counted } from '../../runner/text/counted.ts'
import { shown } from '../../runner/text/shown.ts'
import type { ReadFile } from '../files.ts'
import { closestKey, keyAdvice, textAt, valueAt } from '../keys.ts'
import { hide, hideAfterPasswordKeys, hideBase64, hideColumns, hideInConfigText, hidePasswords } from '../masking.ts'
import { listed, type Problems } from '../problems.ts'
import { isVariableName } from '../variables.ts'
import { parseYaml, type YamlMap, type YamlText, type YamlValue } from '../yaml.ts'
import { isWholeConfig } from './config-content.ts'
import type { AwsSource, Credential } from './credential.ts'
import {
  checkedCredential,
  isRegistry,
  problemOfReference,
  registryScope,
  UNSET,
  type WrittenLogin,
  withoutLastNewlines,
} from './credentials.ts'
import { awsSourceOf, ECR_USER, requireEcr } from './ecr.ts'

// Of what is read here no message shows more than a `registry`, and what cannot be a password: anything else may be one in
// the wrong place.

const PASSWORD_KEYS = ['password-env', 'password-file', 'password'] as const
type PasswordKey = (typeof PASSWORD_KEYS)[number]
/** What the keys begin with that say what the nodes store. */
const STORED = 'stored-'
const STORED_KEYS = [`${STORED}username`, ...PASSWORD_KEYS.map((key) => `${STORED}${key}`)]
/** The keys of an entry. */
export const REGISTRY_KEYS: readonly string[] = [
  'registry',
  'username',
  ...PASSWORD_KEYS,
  ...STORED_KEYS,
  'ecr',
  'config',
]
const OTHER_NAMES: Readonly<Record<string, string>> = {
  address: 'registry',
  configuration: 'config',
  env: 'password-env',
  file: 'password-file',
  host: 'registry',
  login: 'username',
  name: 'config',
  pass: 'password',
  'pull-password': 'stored-password',
  'pull-username': 'stored-username',
  secret: 'password',
  server: 'registry',
  'stored-token': 'stored-password',
  'stored-user': 'stored-username',
  token: 'password',
  url: 'registry',
  user: 'username',
}
const HELPER =
  'a credential helper of this runner is used with `docker-config`; for an account, write `username`, and `password-env` or `password-file`'

/** What docker/login-action and docker's own files have in such an entry, and what to do with it here. */
const NOT_HERE: Readonly<Record<string, string>> = {
  auth: 'it holds user name and password: write `username`, and `password-env` or `password-file`',
  auths: 'give the whole file as `docker-config`, or write an entry for each registry in it',
  credhelpers: HELPER,
  credsstore: HELPER,
  email: 'leave it out: no registry asks for it any more',
  identitytoken:
    'give the config.json that holds it as `docker-config`, or write what a login takes: `username`, and `password-env` or `password-file`',
  logout: 'leave it out: the logins of a run are in directories of its own, which are removed at its end',
  'registry-auth': 'write its entries into this list',
  scope:
    'leave it out: a credential that is only for some repositories has their path in `registry`, such as `ghcr.io/org-a`',
}

/** What may be a key, and hardly a password: it can be shown. */
const WORD = /^[a-z]+(?:[-_][a-z]+){0,3}$/i
const LONGEST_WORD = 24

const EXAMPLE = '`- {registry: ghcr.io, username: bot, password-env: GHCR_TOKEN}`'
const COLUMNS = '<config> <registry> <user> <password>'

/** Where the passwords are that do not stand in the text itself. */
export interface PasswordSources {
  readonly env: Environment
  readonly readFile: ReadFile
}

/**
 * The credentials of a `registries` text: a YAML list, or Gantry's columns. Every password in it is masked before
 * anything else is done, also when the text turns out to be wrong.
 *
 * @param input where the text comes from: `registries` or `registries-file`
 */
export function credentialsFromText(
  text: string,
  input: string,
  sources: PasswordSources,
  problems: Problems,
): Credential[] {
  const clean = text.replace(/^\uFEFF/, '')
  if (isWholeConfig(clean)) {
    hideBase64(clean.trim())
    hideInConfigText(clean)
    problems.add(
      `${input}: this is a config.json of docker: give it as \`docker-config\`, or write entries such as ${EXAMPLE}`,
    )
    return []
  }
  return isYaml(clean)
    ? credentialsFromYaml(clean, input, sources, problems)
    : credentialsFromColumns(clean, input, problems)
}

/** The first line that says something tells the form. */
function isYaml(text: string): boolean {
  const first = text.split(/\r?\n/).find(saysSomething) ?? ''
  if (/^\s*(?:-(?:\s|$)|[[{&!?%]|---)/.test(first)) return true
  const key = /^\s*["']?([\w.:/-]+?)["']?\s*:(?:\s|$)/.exec(first)?.[1]
  return key !== undefined && (REGISTRY_KEYS.includes(key) || columnsOf(first).length !== 4)
}

function saysSomething(line: string): boolean {
  return line.trim() !== '' && !line.trim().startsWith('#')
}

function columnsOf(line: string): string[] {
  return line.trim().split(/[ \t]+/)
}

function credentialsFromColumns(text: string, input: string, problems: Problems): Credential[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (!saysSomething(line)) return []
    const origin = `${input} line ${index + 1}`
    return credentialFromLine(line, origin, problems.at(origin)) ?? []
  })
}

function credentialFromLine(line: string, origin: string, problems: Problems): Credential | undefined {
  const [config = '', registry = '', username = '', password, ...rest] = columnsOf(line)
  if (password === undefined || rest.length > 0) {
    hideColumns(line)
    const count = columnsOf(line).length
    problems.add(
      `the line has ${counted(count, 'column')} and not four: write ${COLUMNS}, or a YAML list of entries such as ${EXAMPLE} where a value has blanks`,
    )
    return undefined
  }
  hide(password, origin, username)
  const reference = problemOfReference(password, 'password', `write an entry such as ${EXAMPLE}`)
  if (reference !== undefined) {
    problems.add(reference)
    return undefined
  }
  const scope = problems.attempt(() => scopeFromColumn(registry))
  return checkedCredential({ origin, config, scope, username, password }, problems)
}

/** In columns that are out of step, the password may stand where the registry is looked for. */
function scopeFromColumn(registry: string): RegistryScope {
  try {
    return registryScope(registry)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    throw new UserError(
      `the second column is no registry: write ${COLUMNS}, with a registry such as ghcr.io or ghcr.io/org-a`,
    )
  }
}

function credentialsFromYaml(text: string, input: string, sources: PasswordSources, problems: Problems): Credential[] {
  const { root, problems: wrong } = parseYaml(text)
  if (root !== undefined) hidePasswords(root)
  if (wrong.length > 0) hideAfterPasswordKeys(text)
  problems.at(input).addYaml(wrong, '; a password needs no quotes in `password-env`')
  if (wrong.length > 0) return []

  const isOneEntry = root?.kind === 'map' && root.entries.some(({ key }) => REGISTRY_KEYS.includes(key))
  if (root?.kind !== 'list' && !isOneEntry) {
    problems.add(`${input}: this is no list of credentials: write entries such as ${EXAMPLE}`)
    return []
  }
  const entries = root.kind === 'list' ? root.items : [root]
  return entries.flatMap((entry, index) => {
    const origin = `${input} entry ${index + 1}`
    return credentialFromEntry(entry, origin, sources, problems.at(`${origin}${ownerOf(entry)}`)) ?? []
  })
}

function credentialFromEntry(
  entry: YamlValue,
  origin: string,
  sources: PasswordSources,
  problems: Problems,
): Credential | undefined {
  if (entry.kind !== 'map') {
    problems.add(
      `this is ${entry.kind === 'list' ? 'a list' : 'only text'} and no mapping: write an entry such as ${EXAMPLE}`,
    )
    return undefined
  }
  const unknown = entry.entries.filter(({ key }) => !REGISTRY_KEYS.includes(key))
  for (const { key, line, value } of unknown) {
    const plain = key.toLowerCase().replaceAll('_', '-')
    const advice = Object.hasOwn(NOT_HERE, plain)
      ? NOT_HERE[plain]
      : keyAdvice(closestKey(key, REGISTRY_KEYS, OTHER_NAMES), REGISTRY_KEYS)
    // Alone it may be a password that lost its key.
    const isAlone = value.kind === 'text' && value.value === '' && value.style === 'plain'
    const isShown = WORD.test(key) && key.length <= LONGEST_WORD && !isAlone
    problems.add(`line ${line} has ${isShown ? `the unknown key ${shown(key)}` : 'an unknown key'}: ${advice}`)
  }
  if (unknown.length > 0) return undefined

  const aws = awsSourceOf(entry, sources.env, problems)
  if (aws === 'wrong') return undefined
  if (aws !== undefined) return ecrCredential(entry, aws, origin, sources, problems)

  const username = requiredText(entry, 'username', accountRemedy(valueAt(entry, 'registry')), problems)
  const password = problems.attempt(() => passwordOf(entry, sources))
  if (password !== undefined) hide(password, origin, username)
  const stored = storedOf(entry, origin, username, sources, problems)
  const registry = requiredText(entry, 'registry', 'write one such as ghcr.io, or docker.io for Docker Hub', problems)
  const scope = registry === undefined ? undefined : problems.attempt(() => registryScope(registry))
  const config = textAt(entry, 'config', problems)
  if (username === undefined || password === undefined || stored === 'wrong') return undefined
  return checkedCredential({ origin, config, scope, username, password, stored }, problems)
}

function accountRemedy(registry: YamlValue | undefined): string {
  const ofAmazon = registry?.kind === 'text' && ecrRegistry(registry.value.trim()) !== undefined
  return ofAmazon
    ? 'write `ecr: true`, and Amazon gives the login, or the name of the account'
    : 'write the name of the account'
}

/** An entry whose login Amazon gives, later. */
function ecrCredential(
  entry: YamlMap,
  aws: AwsSource,
  origin: string,
  sources: PasswordSources,
  problems: Problems,
): Credential | undefined {
  const needless = ['username', ...PASSWORD_KEYS].filter((key) => valueAt(entry, key) !== undefined)
  if (needless.length > 0) problems.add(`with \`ecr\` Amazon gives the login: leave ${listed(needless)} out`)
  const stored = storedOf(entry, origin, ECR_USER, sources, problems)
  const registry = requiredText(entry, 'registry', 'write that of Amazon', problems)
  const scope = registry === undefined ? undefined : problems.attempt(() => registryScope(registry))
  const isEcr = scope !== undefined && problems.attempt(() => requireEcr(scope) ?? true)
  const config = textAt(entry, 'config', problems)
  if (!isEcr || needless.length > 0 || stored === 'wrong') return undefined
  // A password that is none: Amazon's takes its place before anything is asked for with it.
  const found = checkedCredential({ origin, config, scope, username: ECR_USER, password: '-', stored }, problems)
  return found && { ...found, password: new Secret(''), aws }
}

/** What an entry says that the nodes are to store; `undefined` where it says nothing of that. */
function storedOf(
  entry: YamlMap,
  origin: string,
  username: string | undefined,
  sources: PasswordSources,
  problems: Problems,
): WrittenLogin | 'wrong' | undefined {
  if (STORED_KEYS.every((key) => valueAt(entry, key) === undefined)) return undefined
  const password = problems.attempt(() => passwordOf(entry, sources, STORED))
  const own = textAt(entry, `${STORED}username`, problems)
  const isOwn = valueAt(entry, `${STORED}username`) !== undefined
  const account = isOwn ? own : username
  if (password !== undefined) hide(password, `${origin}, \`stored-password\``, account)
  return account === undefined || password === undefined ? 'wrong' : { username: account, password }
}

/** Whose credential an entry is, as far as that can be shown: its registry, and its user beside no password. */
function ownerOf(entry: YamlValue): string {
  if (entry.kind !== 'map') return ''
  const texts = ['registry', 'username'].map((key) => {
    const value = valueAt(entry, key)
    return value?.kind === 'text' ? value.value.trim() : ''
  })
  const [registry = '', username = ''] = texts
  if (!isRegistry(registry)) return ''
  const isElsewhere = PASSWORD_KEYS.some((key) => key !== 'password' && valueAt(entry, key) !== undefined)
  const isHere = ['password', `${STORED}password`].some((key) => valueAt(entry, key) !== undefined)
  const isAccount = isElsewhere && !isHere && ACCOUNT.test(username)
  return ` (${[registry, ...(isAccount ? [username] : [])].join(', ')})`
}

const ACCOUNT = /^[a-z][\w.+$@-]{0,39}$/i

function requiredText(entry: YamlMap, key: string, remedy: string, problems: Problems): string | undefined {
  if (valueAt(entry, key) === undefined) problems.add(`\`${key}\` is missing: ${remedy}`)
  return textAt(entry, key, problems)
}

/**
 * @param prefix of its keys
 * @throws UserError when there is not exactly one password, or it cannot be read for certain
 */
function passwordOf(entry: YamlMap, sources: PasswordSources, prefix: '' | typeof STORED = ''): string {
  const names = PASSWORD_KEYS.map((key) => `${prefix}${key}`)
  const [key, ...others] = PASSWORD_KEYS.filter((one) => valueAt(entry, `${prefix}${one}`) !== undefined)
  if (key === undefined || others.length > 0) {
    const missing = prefix === '' ? 'there is no password' : 'there is no password for the nodes to store'
    const given = [key, ...others].map((one) => `${prefix}${one}`)
    const found = key === undefined ? missing : `${listed(given)} are given at once`
    throw new UserError(`${found}: write exactly one of ${listed(names, 'or')}`)
  }
  const value = valueAt(entry, `${prefix}${key}`)
  if (value?.kind !== 'text') {
    throw new UserError(
      `\`${prefix}${key}\` is a list or mapping in YAML: put the value in quotes, or use \`${prefix}password-env\``,
    )
  }
  return READ_PASSWORD[key](value, sources, `${prefix}${key}`)
}

/** @param key under which it is told */
type ReadPassword = (value: YamlText, sources: PasswordSources, key: string) => string

const READ_PASSWORD: Readonly<Record<PasswordKey, ReadPassword>> = {
  'password-env': ({ value }, sources, key) => passwordFromEnv(value.trim(), sources, key),
  'password-file': ({ value }, sources, key) => passwordFromFile(value.trim(), sources, key),
  password: (value, _sources, key) => passwordFromText(value, key),
}

function passwordFromEnv(name: string, { env }: PasswordSources, key: string): string {
  const password = withoutLastNewlines((Object.hasOwn(env, name) ? env[name] : undefined) ?? '')
  if (password !== '') return password
  if (Object.hasOwn(env, name)) {
    throw new UserError(
      `the variable ${name}, which \`${key}\` names, is empty: set it in the step's \`env\`, as in \`${name}: \${{ secrets.${name} }}\` (${UNSET})`,
    )
  }
  const isName = isVariableName(name)
  throw new UserError(
    `the variable ${isName ? `${name}, which` : 'that'} \`${key}\` names${isName ? ',' : ''} is not set: write the name of a variable (not its value), and set it in the step's \`env\`${isName ? `, as in \`${name}: \${{ secrets.${name} }}\`` : ''}`,
  )
}

function passwordFromFile(path: string, { readFile }: PasswordSources, key: string): string {
  if (path === '') throw new UserError(`\`${key}\` is empty: write the path of a file that holds the password`)
  const password = withoutLastNewlines(fileText(path, readFile, key))
  if (password !== '') return password
  throw new UserError(`\`${key}\`: the file is empty: write the password into it`)
}

function fileText(path: string, readFile: ReadFile, key: string): string {
  try {
    return readFile(path)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    throw new UserError(`\`${key}\`: ${error.message}`)
  }
}

/** Passwords that YAML cuts or joins where their owner does not see it are refused: the login would fail, or worse. */
function passwordFromText({ value, isFolded, hasComment }: YamlText, key: string): string {
  if (isFolded) {
    throw new UserError(
      `\`${key}\` goes on in the next line, where YAML would put a blank: use \`${key}-env\`, or a block that begins with |`,
    )
  }
  if (hasComment) {
    throw new UserError(
      `\`${key}\` has a blank and a # in it, where YAML begins a comment: put it in quotes, or use \`${key}-env\``,
    )
  }
  const reference = problemOfReference(value, key, `write the name of the variable alone, under \`${key}-env\``)
  if (reference !== undefined) throw new UserError(reference)
  return withoutLastNewlines(value)
}
