import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { DockerCli } from '../docker/cli/cli.ts'
import type { CliVersion } from '../docker/cli/cli-version.ts'
import {
  type ConfigFile,
  isolatedConfigFile,
  parseConfigFile,
  secretsIn,
  settingsToCarryOver,
} from '../docker/cli/config-file.ts'
import { withPlainApiVersion } from '../docker/engine/api-version.ts'
import type { Engine } from '../docker/engine/engine.ts'
import { type HttpSend, registryHttp } from '../docker/registry/registry-http.ts'
import { messageOf } from '../errors.ts'
import type { Deployment } from '../inputs/deployment.ts'
import { type Environment, environmentForChildren } from '../runner/environment.ts'
import { log } from '../runner/log.ts'
import { Secret } from '../runner/secret.ts'
import { homeDirectory } from '../runner/user.ts'
import type { Workspace } from '../runner/workspace.ts'
import { candidatesOf, ignoredVariables } from './endpoints.ts'
import { findCli } from './install-cli.ts'
import { Managers } from './managers.ts'

/** The way to a manager of the swarm: the CLI that changes things, and the API that reads. */
export interface Connection extends Disposable {
  readonly docker: DockerCli
  /** The managers are other machines than the runner: they are reached by SSH. */
  readonly isRemote?: boolean
  /** `undefined` for a build that does not tell. */
  readonly cliVersion: CliVersion | undefined
  readonly engine: Engine
  /** The way from this runner to registries, for what no daemon does for its clients. */
  readonly registryHttp: HttpSend
  /** An isolated configuration directory without any credential. */
  readonly configDirectory: string
  readonly userConfig: UserConfig
}

/** The Docker configuration that the step would have used by itself. */
export interface UserConfig {
  /** As the user knows it: `DOCKER_CONFIG` or `~/.docker`. */
  readonly name: string
  readonly directory: string
  readonly file: ConfigFile
  /** What isolated configs take over from it. */
  readonly carriedOver: ReturnType<typeof settingsToCarryOver>
  /** The environment for its credential helpers. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * Finds a manager of the swarm, then isolates: from here on no docker command reads the user's configuration. Where
 * several hosts are given, each is tried in turn, and when the one in use fails later on, the others are.
 *
 * @throws UserError when `DOCKER_API_VERSION` is none, when there is no docker CLI, no such context, no daemon, or when
 *   no daemon is a swarm manager
 */
export async function connect(
  deployment: Pick<Deployment, 'reach'> & Partial<Pick<Deployment, 'dockerConfigs'>>,
  workspace: Workspace,
  env: Environment,
  signal: AbortSignal,
): Promise<Connection> {
  const { dockerConfigs } = deployment
  if (dockerConfigs !== undefined) for (const line of ignoredVariables(env, dockerConfigs)) log.warning(line)
  const bare = withPlainApiVersion(environmentForChildren(env))
  const userConfig = await readUserConfig(bare)
  const cli = await findCli(deployment, bare, workspace, signal)
  const directory = await workspace.makeDirectory('client')
  await workspace.writeFile(join(directory, 'config.json'), isolatedConfigFile(new Map(), userConfig.carriedOver))

  const candidates = await candidatesOf(deployment.reach, { workspace, env: cli.env, userConfig, signal })
  const http = registryHttp(bare)
  const managers = new Managers(candidates, directory, userConfig.file.HttpHeaders ?? {})
  try {
    await managers.connect(signal)
    return {
      docker: managers.docker,
      isRemote: candidates.every(({ text }) => text.startsWith('ssh:')),
      cliVersion: cli.version,
      engine: managers.engine,
      registryHttp: http,
      configDirectory: directory,
      userConfig,
      [Symbol.dispose]: () => {
        http[Symbol.dispose]()
        managers[Symbol.dispose]()
      },
    }
  } catch (error) {
    managers[Symbol.dispose]()
    throw error
  }
}

/** The configuration that docker would use in this environment. */
export async function readUserConfig(env: Readonly<Record<string, string>>): Promise<UserConfig> {
  // Later steps may begin in another directory.
  const directory = resolve(env.DOCKER_CONFIG || join(homeDirectory(), '.docker'))
  const name = env.DOCKER_CONFIG ? 'DOCKER_CONFIG' : '~/.docker'
  const file = await readConfigFile(join(directory, 'config.json'))
  return { name, directory, file, carriedOver: settingsToCarryOver(file, join(directory, 'cli-plugins')), env }
}

async function readConfigFile(path: string): Promise<ConfigFile> {
  try {
    const file = parseConfigFile(await readFile(path, 'utf8'))
    // Before anything that others say is printed.
    for (const { value, username } of secretsIn(file)) new Secret(value, username)
    return file
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    log.warning(`${path} is not read: ${messageOf(error)}`)
    return {}
  }
}
