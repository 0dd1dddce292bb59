import { registryKey } from '../registry/reference.ts'

/** The parts of a Docker client's `config.json` that matter here; the rest is left alone. */
export interface ConfigFile {
  readonly auths?: Readonly<Record<string, AuthEntry>>
  readonly credsStore?: string
  readonly credHelpers?: Readonly<Record<string, string>>
  readonly HttpHeaders?: Readonly<Record<string, string>>
  readonly cliPluginsExtraDirs?: readonly string[]
}

interface AuthEntry {
  /** Base64 of `user:password`. */
  readonly auth?: string
  readonly username?: string
  readonly password?: string
  /** A refresh token that stands in for the password (Azure's registries). */
  readonly identitytoken?: string
}

/** A credential in the clear: to be wrapped at once. */
export interface PlainCredential {
  readonly kind: 'password' | 'identity-token'
  readonly username: string
  readonly password: string
}

/**
 * The content of a `config.json`.
 *
 * @throws SyntaxError when it is not a JSON object
 */
export function parseConfigFile(content: string): ConfigFile {
  const parsed: unknown = JSON.parse(content)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new SyntaxError('not a JSON object')
  return parsed as ConfigFile
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
  carriedOver: Pick<ConfigFile, 'HttpHeaders' | 'cliPluginsExtraDirs'>,
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

function carried(headers: ConfigFile['HttpHeaders'], cliPluginsExtraDirs: readonly string[]) {
  return { cliPluginsExtraDirs, ...(headers === undefined ? {} : { HttpHeaders: headers }) }
}

/**
 * The credential that a `config.json` itself holds for a registry, found as the docker CLI finds it: by the exact
 * key, else by any key with that host. Docker Hub has the exact key only.
 */
export function storedCredential(file: ConfigFile, registry: string): PlainCredential | undefined {
  const wanted = registryKey(registry)
  const exact = file.auths?.[wanted]
  const sameHost = Object.entries(file.auths ?? {}).find(([key]) => hostOf(key) === wanted)?.[1]
  const entry = exact ?? sameHost
  return entry && credentialIn(entry)
}

/** All credentials that a `config.json` itself holds. */
export function storedCredentials(file: ConfigFile): PlainCredential[] {
  return Object.values(file.auths ?? {}).flatMap((entry) => credentialIn(entry) ?? [])
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
  const own = file.credHelpers?.[registryKey(registry)] ?? file.credHelpers?.[registry]
  const helper = own ?? file.credsStore
  return helper === '' ? undefined : helper
}

/** The host of a key under `auths`: without scheme and path. */
function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').split('/', 1)[0] ?? ''
}
