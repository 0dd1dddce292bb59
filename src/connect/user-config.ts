import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type ConfigFile, parseConfigFile, secretsIn, settingsToCarryOver } from '../docker/cli/config-file.ts'
import { messageOf } from '../errors.ts'
import { readUserText } from '../inputs/files.ts'
import { log } from '../runner/log/log.ts'
import { Secret } from '../runner/secrets/secret.ts'
import { homeDirectory } from '../runner/user.ts'

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

/** The configuration that docker would use in this environment. */
export function readUserConfig(env: Readonly<Record<string, string>>): UserConfig {
  // Later steps may begin in another directory.
  const directory = resolve(env.DOCKER_CONFIG || join(homeDirectory(), '.docker'))
  const name = env.DOCKER_CONFIG ? 'DOCKER_CONFIG' : '~/.docker'
  const file = readConfigFile(join(directory, 'config.json'))
  return { name, directory, file, carriedOver: settingsToCarryOver(file, join(directory, 'cli-plugins')), env }
}

function readConfigFile(path: string): ConfigFile {
  try {
    statSync(path)
    const file = parseConfigFile(readUserText(path, dirname(path)))
    // Before anything that others say is printed.
    for (const { value, username } of secretsIn(file)) new Secret(value, username)
    return file
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    log.warning(`${path} is not read: ${messageOf(error)}`)
    return {}
  }
}
