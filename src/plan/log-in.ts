import { join } from 'node:path'
import type { Connection, UserConfig } from '../connect/connection.ts'
import { runProgram } from '../docker/cli/cli.ts'
import { helperFor, isolatedConfigFile, type PlainCredential, storedCredential } from '../docker/cli/config-file.ts'
import { pathMatches, registryKey } from '../docker/registry/reference.ts'
import { RegistryError, verifyCredential } from '../docker/registry/registry.ts'
import type { RegistryCredential } from '../docker/registry/registry-auth.ts'
import { remedy } from '../docker/registry/registry-error.ts'
import { messageOf } from '../errors.ts'
import type { Credential, Deployment, ServiceRequest } from '../inputs/deployment.ts'
import { groupBy } from '../runner/group-by.ts'
import { log } from '../runner/log.ts'
import { limited } from '../runner/safe-text.ts'
import { Secret } from '../runner/secret.ts'
import type { Workspace } from '../runner/workspace.ts'
import { accountInWords, requestWith, storedInWords } from './account.ts'

/** A named, isolated Docker client configuration directory with at most one credential for a registry. */
export interface Config {
  readonly name: string
  readonly directory: string
  readonly credentials: readonly Credential[]
}

/** The configs of this run, and what the registries said against them. */
export interface LoggedIn {
  readonly configs: readonly Config[]
  /** The user's own Docker configuration, cut down to the registries that no given credential serves. */
  readonly ownConfig: Config | undefined
  /** One line for each credential that its registry did not take. */
  readonly problems: readonly string[]
  /** The credentials of those problems: nothing more needs to be said of services that use them. */
  readonly refused: ReadonlySet<Credential>
}

/** What needs accounts, and those that are given for it. */
interface Accounts extends Pick<Deployment, 'credentials'> {
  readonly services: readonly Pick<ServiceRequest, 'image' | 'authConfig'>[]
}

/**
 * Makes one isolated directory for each config and has the manager log in with each credential, side by side. A
 * directory is complete before the first docker command sees it.
 */
export async function logIn(
  deployment: Accounts,
  connection: Connection,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<LoggedIn> {
  const { engine, userConfig } = connection
  const named = groupBy(deployment.credentials, (credential) => credential.config)
  const configs = await Promise.all(
    [...named].map(([name, credentials], index) =>
      makeConfig(workspace, userConfig, name, `config-${index + 1}`, credentials),
    ),
  )
  const own = await readOwnCredentials(unservedRegistries(deployment), userConfig, signal)
  const ownConfig =
    own.length > 0 ? await makeConfig(workspace, userConfig, userConfig.name, 'config-own', own) : undefined

  const logins = deployment.credentials.flatMap((credential) => {
    return [credential, ...(credential.stored === undefined ? [] : [credential.stored])].map((login) => ({
      credential,
      login,
    }))
  })
  const refusals = await Promise.all(
    logins.map(async ({ credential, login }) => ({ credential, problem: await refusal(credential, login) })),
  )
  const refused = refusals.filter(({ problem }) => problem !== undefined)
  return {
    configs,
    ownConfig,
    problems: refused.map(({ problem }) => problem ?? ''),
    refused: new Set(refused.map(({ credential }) => credential)),
  }

  async function refusal(credential: Credential, login: RegistryCredential): Promise<string | undefined> {
    const { origin, registry } = credential
    try {
      await verifyCredential(engine, login, signal)
      const which = login === credential ? '' : ` (${storedInWords(login)})`
      log.info(`logged in with ${accountInWords(credential)}${which}`)
      return undefined
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error
      const which = login === credential ? '' : ', whose credential the nodes would store'
      return `${origin}: cannot log in to ${registry} as ${login.username}${which}: ${error.message}. ${remedy(error.failure, requestWith(credential, login))}`
    }
  }
}

async function makeConfig(
  workspace: Workspace,
  userConfig: UserConfig,
  name: string,
  directoryName: string,
  credentials: readonly Credential[],
): Promise<Config> {
  const directory = await workspace.makeDirectory(directoryName)
  const plain = new Map(credentials.map((credential) => [credential.registry, inTheClear(credential)]))
  await workspace.writeFile(join(directory, 'config.json'), isolatedConfigFile(plain, userConfig.carriedOver))
  return { name, directory, credentials }
}

function inTheClear({ kind, username, password }: Credential): PlainCredential {
  return { kind, username, password: password.reveal() }
}

/** The registries of images for which no credential was given: there the user's own configuration may have one. */
function unservedRegistries({ services, credentials }: Accounts): string[] {
  const unserved = services.flatMap(({ image, authConfig }) => {
    if (image === undefined || authConfig !== undefined) return []
    const served = credentials.some(
      ({ registry, path }) => registry === image.registry && pathMatches(path, image.repository),
    )
    return served ? [] : [image.registry]
  })
  return [...new Set(unserved)]
}

async function readOwnCredentials(
  registries: readonly string[],
  userConfig: UserConfig,
  signal: AbortSignal,
): Promise<Credential[]> {
  const found = await Promise.all(
    registries.map(async (registry) => {
      const plain = await ownCredential(registry, userConfig, signal)
      return plain === undefined ? [] : [credentialOf(registry, plain, userConfig)]
    }),
  )
  return found.flat()
}

function credentialOf(
  registry: string,
  { kind, username, password }: PlainCredential,
  userConfig: UserConfig,
): Credential {
  const secret = new Secret(password, username)
  return { origin: userConfig.name, config: userConfig.name, registry, path: '', username, password: secret, kind }
}

async function ownCredential(
  registry: string,
  { file, env, name }: UserConfig,
  signal: AbortSignal,
): Promise<PlainCredential | undefined> {
  const helper = helperFor(file, registry)
  if (helper === undefined) return storedCredential(file, registry)
  try {
    return await askHelper(helper, registry, env, signal)
  } catch (error) {
    signal.throwIfAborted()
    log.warning(`The credential helper ${helper} of ${name} gave nothing for ${registry}: ${messageOf(error)}`)
    return undefined
  }
}

/** The protocol of github.com/docker/docker-credential-helpers: the registry's key in, a JSON object out. */
async function askHelper(
  helper: string,
  registry: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<PlainCredential | undefined> {
  const answer = await runProgram(`docker-credential-${helper}`, ['get'], { env, stdin: registryKey(registry), signal })
  if (answer.code !== 0) {
    if (/credentials not found/i.test(answer.stdout + answer.stderr)) return undefined
    throw new Error(limited((answer.stderr || answer.stdout).trim()))
  }
  const { Username: username, Secret: password } = parsedAnswer(answer.stdout)
  if (typeof username !== 'string' || typeof password !== 'string')
    throw new Error('its answer has no Username and Secret')
  return { kind: username === '<token>' ? 'identity-token' : 'password', username, password }
}

function parsedAnswer(text: string): { readonly Username?: unknown; readonly Secret?: unknown } {
  try {
    return Object(JSON.parse(text))
  } catch {
    // JSON's own words would show a piece of the secret.
    throw new Error('its answer is no JSON')
  }
}
