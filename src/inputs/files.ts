import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UserError } from '../errors.ts'
import type { Environment } from '../runner/environment.ts'

const LARGEST_MEGABYTES = 1

/** Reads a text file of the user's: relative paths begin at the workspace, as they do in every other step. */
export type ReadFile = (path: string) => string

/**
 * The way to the user's files. Its errors are UserErrors that do not show the path: what was put there by mistake may
 * be the content, or the secret itself.
 */
export function fileReader(env: Environment): ReadFile {
  return (path) => textOfBytes(readBytes(resolvePath(env, path), basePath(env)))
}

/** The workspace, where relative paths begin. */
export function basePath(env: Environment): string {
  return env.GITHUB_WORKSPACE || process.cwd()
}

/** The absolute path of a file of the user's. */
export function resolvePath(env: Environment, path: string): string {
  const expanded = path.startsWith('~/') && env.HOME ? join(env.HOME, path.slice(2)) : path
  return resolve(basePath(env), expanded)
}

function readBytes(path: string, base: string): Buffer {
  try {
    const file = statSync(path)
    if (file.isDirectory()) throw new UserError('this is a directory: write the path of the file in it')
    if (!file.isFile()) throw new UserError('this is no regular file: write the content to one first')
    if (file.size > LARGEST_MEGABYTES * 1024 * 1024) {
      throw new UserError(`the file is larger than ${LARGEST_MEGABYTES} MB: check that it is the right one`)
    }
    return readFileSync(path)
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(fileProblem((error as NodeJS.ErrnoException).code, base))
  }
}

function fileProblem(code: string | undefined, base: string): string {
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return `there is no such file: write the path of a file of this job, absolute or relative to ${base}`
  }
  if (code === 'EACCES' || code === 'EPERM')
    return 'the file may not be read: give the user of this step the permission'
  return `the file cannot be read (${code ?? 'no path'}): write the path of a file of this job`
}

/** Without the byte order mark that editors on Windows put first. */
function textOfBytes(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UserError('the file is not UTF-8 text: save it as UTF-8')
  }
}
