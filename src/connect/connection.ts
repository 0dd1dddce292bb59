import { join } from 'node:path'
import type { DockerCli } from '../docker/cli/cli.ts'
import type { CliVersion } from '../docker/cli/cli-version.ts'
import { isolatedConfigFile } from '../docker/cli/config-file.ts'
import { withPlainApiVersion } from '../docker/engine/api-version.ts'
import type { Engine } from '../docker/engine/engine.ts'
import { type HttpSend, registryHttp } from '../docker/registry/registry-http.ts'
import type { Deployment } from '../inputs/deployment.ts'
import type { Environment } from '../runner/environment.ts'
import { log } from '../runner/log/log.ts'
import { environmentForChildren } from '../runner/processes/program-environment.ts'
import type { Workspace } from '../runner/workspace/workspace.ts'
import { candidatesOf, ignoredVariables } from './endpoints.ts'
import { findCli } from './install-cli.ts'
import { Managers } from './managers.ts'
import { readUserConfig, type UserConfig } from './user-config.ts'

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
  const userConfig = readUserConfig(bare)
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
