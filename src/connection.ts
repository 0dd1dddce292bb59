import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Connection, UserConfig } from './deployment.ts'
import type { SystemInfo } from './docker/api.ts'
import { type DockerCli, dockerCli } from './docker/cli.ts'
import { type ConfigFile, isolatedConfigFile, parseConfigFile, settingsToCarryOver } from './docker/config-file.ts'
import { type ContextInspection, environmentForEndpoint } from './docker/endpoint.ts'
import { connectEngine, type Engine } from './docker/engine.ts'
import { messageOf, UserError } from './errors.ts'
import { type Environment, environmentForChildren } from './runner/environment.ts'
import { log } from './runner/log.ts'
import type { Workspace } from './runner/workspace.ts'

/**
 * Finds the endpoint with the user's own settings, then isolates: from here on no docker command reads the user's
 * configuration.
 *
 * @throws UserError when there is no docker CLI, no such context, no daemon, or when the daemon is no swarm manager
 */
export async function connect(workspace: Workspace, env: Environment, signal: AbortSignal): Promise<Connection> {
  const ownEnv = environmentForChildren(env)
  const userConfig = await readUserConfig(ownEnv)
  const context = await inspectContext(dockerCli(ownEnv), ownEnv, signal)
  const { host, env: endpointEnv, warnings } = environmentForEndpoint(ownEnv, context, userConfig.directory)
  for (const warning of warnings) log.warning(warning)

  const directory = await workspace.makeDirectory('client')
  await workspace.writeFile(join(directory, 'config.json'), isolatedConfigFile(new Map(), userConfig.carriedOver))
  const docker = dockerCli({ ...endpointEnv, DOCKER_CONFIG: directory })
  const engine = await openEngine(docker, userConfig.file.HttpHeaders ?? {}, host, signal)
  try {
    const info = await engine.get<SystemInfo>('/info', { signal })
    requireManager(info, host)
    log.info(`Connected to ${host}: Docker ${info.ServerVersion}, API ${engine.apiVersion}, a manager of the swarm`)
  } catch (error) {
    engine.close()
    throw error
  }
  return { docker, engine, configDirectory: directory, userConfig, [Symbol.dispose]: () => engine.close() }
}

async function readUserConfig(env: Readonly<Record<string, string>>): Promise<UserConfig> {
  const directory = env.DOCKER_CONFIG || join(homedir(), '.docker')
  const name = env.DOCKER_CONFIG ? 'DOCKER_CONFIG' : '~/.docker'
  const file = await readConfigFile(join(directory, 'config.json'))
  return { name, directory, file, carriedOver: settingsToCarryOver(file, join(directory, 'cli-plugins')), env }
}

async function readConfigFile(path: string): Promise<ConfigFile> {
  try {
    return parseConfigFile(await readFile(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    log.warning(`${path} is not read: ${messageOf(error)}`)
    return {}
  }
}

async function inspectContext(
  docker: DockerCli,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ContextInspection> {
  const { code, stdout, stderr } = await runFirst(docker, ['context', 'inspect', '--format', '{{json .}}'], signal)
  if (code === 0) return JSON.parse(stdout) as ContextInspection
  const source = env.DOCKER_CONTEXT ? `DOCKER_CONTEXT (${env.DOCKER_CONTEXT})` : 'the current docker context'
  throw new UserError(
    `docker could not resolve ${source}: ${stderr.trim()}. Choose one that \`docker context ls\` lists.`,
  )
}

async function runFirst(docker: DockerCli, args: readonly string[], signal: AbortSignal) {
  try {
    return await docker.run(args, { signal })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new UserError(
      'there is no docker command on the PATH of this step: install the docker CLI in an earlier step',
    )
  }
}

async function openEngine(
  docker: DockerCli,
  headers: Readonly<Record<string, string>>,
  host: string,
  signal: AbortSignal,
): Promise<Engine> {
  try {
    return await connectEngine(() => docker.start(['system', 'dial-stdio']), headers, signal)
  } catch (error) {
    signal.throwIfAborted()
    throw new UserError(`the docker daemon at ${host} cannot be used: ${messageOf(error)}`, { cause: error })
  }
}

function requireManager({ Swarm: swarm }: SystemInfo, host: string): void {
  if (swarm.ControlAvailable && !swarm.Error) return
  if (swarm.LocalNodeState === 'inactive') {
    throw new UserError(
      `the docker daemon at ${host} is not part of a swarm: point DOCKER_HOST or the docker context at a manager of one, or run \`docker swarm init\` there`,
    )
  }
  if (swarm.LocalNodeState === 'active' && !swarm.ControlAvailable) {
    throw new UserError(
      `the docker daemon at ${host} is a worker of its swarm: point DOCKER_HOST or the docker context at a manager`,
    )
  }
  throw new UserError(
    `the swarm of ${host} cannot be managed now (${swarm.LocalNodeState}): ${swarm.Error || 'no reason given'}`,
  )
}
