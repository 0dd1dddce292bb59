import { realpathSync } from 'node:fs'
import { isAbsolute, join, relative } from 'node:path'
import type { ConfigFile } from '../../docker/cli/config-file.ts'
import { UserError } from '../../errors.ts'
import type { Environment } from '../../runner/environment.ts'
import { shown } from '../../runner/text/shown.ts'
import { readUserFile, resolvePath } from '../files.ts'
import type { Problems } from '../problems.ts'
import { parseYaml } from '../yaml.ts'
import { configFileIn } from './docker-config.ts'

/**
 * Directories of the runner with a Docker client configuration, which services choose by their path, as Gantry's label
 * does (`gantry.auth.config=/root/.docker2`). A label comes from the swarm, so the workflow says which may be read.
 */

export const DIRECTORIES_INPUT = 'allow-config-directories'

/** The directories of a text, one a line or a YAML list, absolute. */
export function parseConfigDirectories(text: string, env: Environment, problems: Problems): string[] {
  const here = problems.at(DIRECTORIES_INPUT)
  return linesIn(text, here).flatMap((line) => here.attempt(() => checkedDirectory(line, env)) ?? [])
}

function linesIn(text: string, problems: Problems): string[] {
  if (!/^\s*(?:-\s|\[)/.test(text)) {
    return text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '')
  }
  const { root, problems: wrong } = parseYaml(text)
  problems.addYaml(wrong)
  if (wrong.length > 0 || root?.kind !== 'list') return []
  return root.items.flatMap((item) => {
    if (item.kind === 'text') return [item.value.trim()]
    problems.add(`line ${item.line} is no text: write the paths of directories, such as \`/root/.docker2\``)
    return []
  })
}

function checkedDirectory(path: string, env: Environment): string {
  const isWhole = isAbsolute(path) || path.startsWith('~/')
  if (!isWhole || path.split('/').includes('..')) {
    throw new UserError(`${shown(path)} is no absolute path: write the whole path, such as \`/root/.docker2\``)
  }
  const directory = resolvePath(env, path)
  if (directory === '/') throw new UserError('`/` is every directory there is: write those that hold a config.json')
  return directory
}

/** Whether the name of a config may be the path of a directory: no other name begins so. */
export function isDirectoryName(name: string): boolean {
  return isAbsolute(name)
}

/** Why a directory is not read that no input names; it goes on after the path. */
export const NOT_ALLOWED = `it is none that this run may read: if it shall, write it into \`${DIRECTORIES_INPUT}\``

/**
 * The configuration in a directory of the runner.
 *
 * @param path absolute, as a service names it
 * @param allowed the directories that may be read, with all below them
 * @throws UserError that goes on after the path
 */
export function readConfigDirectory(path: string, allowed: readonly string[]): ConfigFile {
  // First by the words alone: what is elsewhere is not even looked at.
  const isNamed = !path.split('/').includes('..') && allowed.some((directory) => isWithin(path, directory))
  if (!isNamed) throw new UserError(NOT_ALLOWED)
  const file = realPath(join(path, 'config.json'))
  if (file === undefined)
    throw new UserError('there is no config.json on this runner: log in with `docker login` there')
  const places = allowed.flatMap((directory) => realPath(directory) ?? [])
  if (!places.some((place) => isWithin(file, place))) {
    throw new UserError(
      `a link leads out of what this run may read: write where it leads to into \`${DIRECTORIES_INPUT}\`, or put the file itself there`,
    )
  }
  return configFileIn(readUserFile(file, path), path)
}

function isWithin(path: string, directory: string): boolean {
  const way = relative(directory, path)
  return way === '' || !(way === '..' || way.startsWith('../') || isAbsolute(way))
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}
