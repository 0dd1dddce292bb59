import { existsSync } from 'node:fs'
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

function repositoryOf(directory: string, workspace: string): string | undefined {
  const inWorkspace = relative(workspace, directory)
  if (inWorkspace.startsWith('..') || isAbsolute(inWorkspace)) return undefined
  if (inWorkspace === '' || existsSync(join(directory, '.git'))) return directory
  return repositoryOf(dirname(directory), workspace)
}
