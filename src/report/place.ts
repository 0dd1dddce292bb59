import { existsSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, relative } from 'node:path'
import { basePath, resolvePath } from '../inputs/files.ts'
import type { Place } from '../result.ts'
import type { Environment } from '../runner/environment.ts'

/**
 * The same place by the path that the file has in its repository, as annotations name files; `undefined` when it is not
 * in the workspace. A repository that was checked out below the workspace is known by its `.git`.
 */
export function placeInRepository({ file, line }: Place, env: Environment): Place | undefined {
  const path = resolvePath(env, file)
  const root = repositoryOf(dirname(path), basePath(env))
  return root === undefined ? undefined : { file: relative(root, path), line }
}

/**
 * The place with which a problem begins, `compose.yml line 7: …`, when it is one of a file in the workspace: what stands
 * there may also be an input.
 */
export function placeNamedBy(problem: string, env: Environment): Place | undefined {
  const [, file, line] = /^([^\n:]+?) line (\d+)\b/.exec(problem) ?? []
  if (file === undefined || !isFile(resolvePath(env, file))) return undefined
  return placeInRepository({ file, line: Number(line) }, env)
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function repositoryOf(directory: string, workspace: string): string | undefined {
  const inWorkspace = relative(workspace, directory)
  if (inWorkspace.startsWith('..') || isAbsolute(inWorkspace)) return undefined
  if (inWorkspace === '' || existsSync(join(directory, '.git'))) return directory
  return repositoryOf(dirname(directory), workspace)
}
