import { join } from 'node:path'
import type { Connection } from '../../connect/connection.ts'
import type { UserConfig } from '../../connect/user-config.ts'
import { isolatedConfigFile, type PlainCredential } from '../../docker/cli/config-file.ts'
import { RegistryError, verifyCredential } from '../../docker/registry/registry.ts'
import type { RegistryCredential } from '../../docker/registry/registry-auth.ts'
import { remedy } from '../../docker/registry/registry-error.ts'
import type { Credential } from '../../inputs/accounts/credential.ts'
import { groupBy } from '../../runner/group-by.ts'
import { log } from '../../runner/log/log.ts'
import type { Workspace } from '../../runner/workspace/workspace.ts'
import { accountInWords, requestWith, userInWords } from './account.ts'
import { type Found, findCredentials, type InNeed } from './find-credentials.ts'
import { oddityOf } from './odd-password.ts'

/** A named, isolated Docker client configuration directory with at most one credential for a registry. */
export interface Config {
  readonly name: string
  readonly directory: string
  readonly credentials: readonly Credential[]
  /** Why there is none for a registry, where a helper should have had one. */
  readonly failures?: ReadonlyMap<string, string>
}

/** The configs of this run, and what the registries said against them. */
export interface LoggedIn {
  readonly configs: readonly Config[]
  /** Docker client configurations of the user's that serve only who names them, cut down to what is asked of them. */
  readonly named: readonly Config[]
  /** Why a directory that services name is not among these. */
  readonly unread: ReadonlyMap<string, string>
  /** The one that serves all others, cut down to the registries that no given credential serves. */
  readonly ownConfig: Config | undefined
  /** One line for each credential that its registry did not take. */
  readonly problems: readonly string[]
  /** The credentials of those problems: nothing more needs to be said of services that use them. */
  readonly refused: ReadonlySet<Credential>
}

/**
 * Makes one isolated directory for each config and has the manager log in with each credential, side by side. A
 * directory is complete before the first docker command sees it.
 *
 * @param connection with the daemon that logs in: a manager's, unless it says that it is this machine's
 */
export async function logIn(
  deployment: InNeed,
  connection: Pick<Connection, 'engine' | 'userConfig'> & { readonly isHere?: boolean },
  workspace: Workspace,
  signal: AbortSignal,
): Promise<LoggedIn> {
  const { engine, userConfig, isHere = false } = connection
  const accounts = groupBy(deployment.credentials, (credential) => credential.config)
  const configs = await Promise.all(
    [...accounts].map(([name, credentials], index) =>
      makeConfig(workspace, userConfig, name, `config-${index + 1}`, credentials),
    ),
  )
  const { own, named: found, unread } = await findCredentials(deployment, engine, userConfig, signal)
  for (const credential of [own, ...found].flatMap(({ credentials }) => credentials)) {
    log.info(`found ${accountInWords(credential)}`)
  }
  const make = async ({ name, credentials, failures }: Found, directoryName: string) => {
    return { ...(await makeConfig(workspace, userConfig, name, directoryName, credentials)), failures }
  }
  const hasOwn = own.credentials.length > 0 || own.failures.size > 0
  const ownConfig = hasOwn ? await make(own, 'config-own') : undefined
  const named = await Promise.all(found.map((one, index) => make(one, `config-named-${index + 1}`)))

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
    named,
    unread,
    ownConfig,
    problems: refused.map(({ problem }) => problem ?? ''),
    refused: new Set(refused.map(({ credential }) => credential)),
  }

  async function refusal(credential: Credential, login: RegistryCredential): Promise<string | undefined> {
    const { origin, registry } = credential
    try {
      await verifyCredential(engine, login, signal)
      const which = login === credential ? '' : ', which is for the nodes'
      log.info(`logged in with ${accountInWords({ ...credential, username: login.username })}${which}`)
      return undefined
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error
      const which = login === credential ? '' : ', whose credential the nodes would store'
      const advice = remedy(error.failure, { ...requestWith(credential, login), isFromHere: isHere })
      const oddity =
        error.failure === 'wrong-credential' ? oddityOf(login.password.reveal(), login.username) : undefined
      const problem = `${origin}: cannot log in to ${registry} as ${userInWords(login)}${which}: ${error.message}. ${advice}`
      return oddity === undefined ? problem : `${problem} ${oddity}`
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
