import { parseGoJson } from '../engine/go-json.ts'
import { InvalidReference, parseRegistry, registryKey } from '../registry/reference.ts'

/** The parts of a Docker client's `config.json` that matter here; the rest is left alone. */
export interface ConfigFile {
  readonly auths?: Readonly<Record<string, AuthEntry>>
  readonly credsStore?: string
  readonly credHelpers?: Readonly<Record<string, string>>
  readonly HttpHeaders?: Readonly<Record<string, string>>
  readonly cliPluginsExtraDirs?: readonly string[]
  readonly currentContext?: string
  /** For containers of `docker run` and `docker build`. */
  readonly proxies?: unknown
}

interface AuthEntry {
  /** Base64 of `user:password`. */
  readonly auth?: string
  readonly username?: string
  readonly password?: string
  /** A refresh token that stands in for the password (Azure's registries). */
  readonly identitytoken?: string
  /** A bearer token for one registry. No login stores one: it is only known so that it is hidden. */
  readonly registrytoken?: string
}

const TEXTS_OF_ENTRY = ['auth', 'username', 'password', 'identitytoken', 'registrytoken'] as const

/** A text that is no `config.json` of docker's. The message says why, shows nothing of it, and goes on after its name. */
export class InvalidConfigFile extends SyntaxError {
  override name = 'InvalidConfigFile'
}

/** A credential in the clear: to be wrapped at once. */
export interface PlainCredential {
  readonly kind: 'password' | 'identity-token'
  readonly username: string
  readonly password: string
}

/**
 * The content of a `config.json`. A `null` is what is not there, as for docker.
 *
 * @throws InvalidConfigFile when docker would not read it
 */
export function parseConfigFile(content: string): ConfigFile {
  const file = objectIn(content)
  const { auths = {}, credHelpers = {}, credsStore = '', HttpHeaders = {}, cliPluginsExtraDirs = [] } = file
  if (!isRecord(auths)) throw new InvalidConfigFile('its `auths` is no JSON object of registries')
  for (const entry of Object.values(auths)) {
    if (!isRecord(entry)) throw new InvalidConfigFile('an entry of its `auths` is no JSON object')
    const wrong = TEXTS_OF_ENTRY.find((key) => entry[key] !== undefined && typeof entry[key] !== 'string')
    if (wrong !== undefined) throw new InvalidConfigFile(`\`${wrong}\` of an entry of its \`auths\` is no text`)
  }
  if (typeof credsStore !== 'string') throw new InvalidConfigFile('its `credsStore` is no text')
  if (!isRecordOfTexts(credHelpers)) throw new InvalidConfigFile('its `credHelpers` is no JSON object of texts')
  if (!isRecordOfTexts(HttpHeaders)) throw new InvalidConfigFile('its `HttpHeaders` is no JSON object of texts')
  if (!Array.isArray(cliPluginsExtraDirs) || !cliPluginsExtraDirs.every((one) => typeof one === 'string')) {
    throw new InvalidConfigFile('its `cliPluginsExtraDirs` is no list of texts')
  }
  return file
}

function objectIn(content: string): Readonly<Record<string, unknown>> {
  let parsed: unknown
  try {
    parsed = parseGoJson(content)
  } catch {
    // JSON's own words show a piece of the text.
    throw new InvalidConfigFile('it is no JSON')
  }
  if (!isRecord(parsed)) throw new InvalidConfigFile('it is no JSON object')
  return parsed
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isRecordOfTexts(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every((one) => typeof one === 'string')
}

/**
 * An isolated `config.json`. It always holds an entry under `auths`: with none, the docker CLI would look for a
 * keychain of the operating system and hand the secrets to it (docker/cli, cli/config/config.go).
 *
 * @param credentials at most one for each registry
 * @param carriedOver settings of the user that have nothing to do with credentials
 */
export function isolatedConfigFile(
  credentials: ReadonlyMap<string, PlainCredential>,
  carriedOver: Omit<ConfigFile, 'auths' | 'credsStore' | 'credHelpers'>,
): string {
  const entries = [...credentials].map(
    ([registry, credential]) => [registryKey(registry), authEntry(credential)] as const,
  )
  const auths = entries.length > 0 ? Object.fromEntries(entries) : { 'no-registry.invalid': {} }
  return JSON.stringify({ auths, ...carriedOver })
}

function authEntry({ kind, username, password }: PlainCredential): AuthEntry {
  if (kind === 'password') return { auth: Buffer.from(`${username}:${password}`).toString('base64') }
  // With an empty user name in any entry, the docker CLI would not read the file at all.
  const user = username === '' ? {} : { auth: Buffer.from(`${username}:`).toString('base64') }
  return { ...user, identitytoken: password }
}

/** What of the user's settings every isolated config needs: how to reach the daemon, and where plugins are. */
export function settingsToCarryOver(file: ConfigFile, pluginDirectory: string): ReturnType<typeof carried> {
  return carried(file.HttpHeaders, [...(file.cliPluginsExtraDirs ?? []), pluginDirectory])
}

/** What a config takes over that stands in for the user's own in later steps of the job: there the way to a daemon counts. */
export function settingsForLaterSteps({ currentContext, proxies }: ConfigFile) {
  return { ...(currentContext === undefined ? {} : { currentContext }), ...(proxies === undefined ? {} : { proxies }) }
}

/** The folders of a Docker configuration directory that later steps need beside its `config.json`. */
export const FOLDERS_FOR_LATER_STEPS = ['contexts', 'buildx', 'cli-plugins'] as const

function carried(headers: ConfigFile['HttpHeaders'], cliPluginsExtraDirs: readonly string[]) {
  return { cliPluginsExtraDirs, ...(headers === undefined ? {} : { HttpHeaders: headers }) }
}

/**
 * The credential that a `config.json` itself holds for a registry, found as the docker CLI finds it: by the exact
 * key, else by any key with that host. Docker Hub has the exact key only.
 */
export function storedCredential(file: ConfigFile, registry: string): PlainCredential | undefined {
  const exact = file.auths?.[registryKey(registry)]
  const entry = exact ?? entriesOf(file, registry)[0]?.[1]
  return entry && credentialIn(entry)
}

/** The entries for a registry, whatever else their keys have: a path, a scheme, capitals. */
function entriesOf({ auths = {} }: ConfigFile, registry: string): [string, AuthEntry][] {
  const wanted = registryKey(registry)
  return Object.entries(auths).filter(([key]) => hostOf(key) === wanted)
}

/**
 * The keys under which a `config.json` has different accounts for one registry: docker would take one of them by chance.
 * None where there is the exact key, or one account only.
 */
export function rivalKeys(file: ConfigFile, registry: string): string[] {
  if (file.auths?.[registryKey(registry)] !== undefined) return []
  const entries = entriesOf(file, registry)
  const accounts = new Set(entries.map(([, entry]) => JSON.stringify(credentialIn(entry))))
  return accounts.size > 1 ? entries.map(([key]) => key) : []
}

/** Whatever is secret in a `config.json`, in each form that it has there, with the account whose password it is. */
export function secretsIn(file: ConfigFile): { readonly value: string; readonly username?: string }[] {
  return Object.values(file.auths ?? {}).flatMap((entry) => {
    const credential = credentialIn(entry)
    const { auth = '', password = '', identitytoken = '', registrytoken = '' } = entry
    const username = credential?.username || entry.username
    const plain = [auth, password, identitytoken, registrytoken].map((value) => ({ value }))
    return credential === undefined ? plain : [{ value: credential.password, username: username ?? '' }, ...plain]
  })
}

/** The registries for which there is something in a `config.json`, but no account: docker would not read it. */
export function unusableEntries(file: ConfigFile): string[] {
  return Object.entries(file.auths ?? {}).flatMap(([key, entry]) => {
    const hasAny = TEXTS_OF_ENTRY.some((name) => (entry[name] ?? '') !== '')
    const found = credentialIn(entry)
    const isUsable = found !== undefined && !/[:\p{Cc}]/u.test(found.username)
    return hasAny && !isUsable ? [key] : []
  })
}

/** Whether a `config.json` leads to any account: one of its own, or that of a helper. */
export function leadsToAccounts(file: ConfigFile): boolean {
  const helpers = [file.credsStore, ...Object.values(file.credHelpers ?? {})]
  return (
    helpers.some((helper) => helper !== undefined && helper !== '') ||
    Object.values(file.auths ?? {}).some((entry) => credentialIn(entry) !== undefined)
  )
}

function credentialIn(entry: AuthEntry): PlainCredential | undefined {
  const [user = '', ...rest] = Buffer.from(entry.auth ?? '', 'base64')
    .toString()
    .replace(/\0+$/, '')
    .split(':')
  const username = user || (entry.username ?? '')
  if (entry.identitytoken) return { kind: 'identity-token', username, password: entry.identitytoken }
  const password = rest.join(':') || (entry.password ?? '')
  return username && password ? { kind: 'password', username, password } : undefined
}

/** The credential helper that a `config.json` names for a registry: its own one first, then the store for all. */
export function helperFor(file: ConfigFile, registry: string): string | undefined {
  const helpers = file.credHelpers ?? {}
  const sameHost = Object.keys(helpers).find((key) => key.toLowerCase() === registry)
  const own = helpers[registryKey(registry)] ?? helpers[sameHost ?? registry]
  const helper = own ?? file.credsStore
  return helper === '' ? undefined : helper
}

/** The host of a key under `auths`: without scheme and path, and in lower case, as the registries of images are here. */
function hostOf(key: string): string {
  return (key.replace(/^https?:\/\//i, '').split('/', 1)[0] ?? '').toLowerCase()
}

/**
 * The registries that a `config.json` names: for each it has an account itself, or a helper has. A key that is no registry
 * leads to nothing, and may be a secret in the wrong place.
 */
export function registriesIn({ auths = {}, credHelpers = {} }: ConfigFile): string[] {
  return [...new Set([...Object.keys(auths), ...Object.keys(credHelpers)].flatMap((key) => registryOf(key) ?? []))]
}

function registryOf(key: string): string | undefined {
  try {
    return parseRegistry(key).registry
  } catch (error) {
    if (error instanceof InvalidReference) return undefined
    throw error
  }
}
