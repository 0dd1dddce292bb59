import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Connection, Deployment, UserConfig } from './deployment.ts'
import {
  type ConfigFile,
  isolatedConfigFile,
  parseConfigFile,
  settingsToCarryOver,
  storedCredentials,
} from './docker/config-file.ts'
import { findCli } from './docker/install.ts'
import { messageOf } from './errors.ts'
import { doorsOf } from './reach/doors.ts'
import { Managers } from './reach/managers.ts'
import { type Environment, environmentForChildren } from './runner/environment.ts'
import { log } from './runner/log.ts'
import { Secret } from './runner/secret.ts'
import type { Workspace } from './runner/workspace.ts'

/**
 * Finds a manager of the swarm, then isolates: from here on no docker command reads the user's configuration. Where
 * several hosts are given, each is tried in turn, and when the one in use fails later on, the others are.
 *
 * @throws UserError when there is no docker CLI, no such context, no daemon, or when no daemon is a swarm manager
 */
export async function connect(
  deployment: Pick<Deployment, 'reach'>,
  workspace: Workspace,
  env: Environment,
  signal: AbortSignal,
): Promise<Connection> {
  const bare = environmentForChildren(env)
  const userConfig = await readUserConfig(bare)
  const cli = await findCli(deployment, bare, workspace, signal)
  const directory = await workspace.makeDirectory('client')
  await workspace.writeFile(join(directory, 'config.json'), isolatedConfigFile(new Map(), userConfig.carriedOver))

  const doors = await doorsOf(deployment.reach, { workspace, env: cli.env, userConfig, signal })
  const managers = new Managers(doors, directory, userConfig.file.HttpHeaders ?? {})
  try {
    await managers.connect(signal)
    return {
      docker: managers.docker,
      isRemote: doors.every(({ text }) => text.startsWith('ssh:')),
      cliVersion: cli.version,
      engine: managers.engine,
      configDirectory: directory,
      userConfig,
      [Symbol.dispose]: () => managers[Symbol.dispose](),
    }
  } catch (error) {
    managers[Symbol.dispose]()
    throw error
  }
}

async function readUserConfig(env: Readonly<Record<string, string>>): Promise<UserConfig> {
  const directory = env.DOCKER_CONFIG || join(homedir(), '.docker')
  const name = env.DOCKER_CONFIG ? 'DOCKER_CONFIG' : '~/.docker'
  const file = await readConfigFile(join(directory, 'config.json'))
  return { name, directory, file, carriedOver: settingsToCarryOver(file, join(directory, 'cli-plugins')), env }
}

async function readConfigFile(path: string): Promise<ConfigFile> {
  try {
    const file = parseConfigFile(await readFile(path, 'utf8'))
    // Before anything that others say is printed.
    for (const { username, password } of storedCredentials(file)) new Secret(password, username)
    return file
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    // JSON's own words show a piece of the file.
    const why = error instanceof SyntaxError ? 'it is no JSON object' : messageOf(error)
    log.warning(`${path} is not read: ${why}`)
    return {}
  }
}
