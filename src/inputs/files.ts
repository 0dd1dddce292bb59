import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, resolve, sep } from 'node:path'
import { UserError } from '../errors.ts'
import type { Environment } from '../runner/environment.ts'
import { isInRunner } from '../runner/log/workflow-commands.ts'

const LARGEST_MEGABYTES = 1

/** Reads a text file of the user's: relative paths begin at the workspace, as they do in every other step. */
export type ReadFile = (path: string) => string

/**
 * The way to the user's files. Its errors are UserErrors that do not show the path: what was put there by mistake may
 * be the content, or the secret itself.
 */
export function fileReader(env: Environment): ReadFile {
  return (path) => readUserText(resolvePath(env, path), basePath(env))
}

/**
 * The text of a file of the user's.
 *
 * @param path absolute
 * @param base where relative paths began, for the message
 * @throws UserError as {@link readUserFile}, and when it is not UTF-8
 */
export function readUserText(path: string, base: string): string {
  return textOfBytes(readUserFile(path, base))
}

/** The workspace, where relative paths begin. */
export function basePath(env: Environment): string {
  return env.GITHUB_WORKSPACE || currentDirectory()
}

/**
 * The directory that this process was started in.
 *
 * @throws UserError when somebody has removed it
 */
export function currentDirectory(): string {
  try {
    return process.cwd()
  } catch {
    throw new UserError('the directory in which this was started is there no more: start it in one that stays')
  }
}

/**
 * What a shell of this step has in `PWD`. A runner hands on what its own shell had, the directory that it was started in,
 * or nothing.
 */
export function shellDirectory(env: Environment): string {
  const base = basePath(env)
  const isHere = (path: string) => [currentDirectory(), base].some((one) => isSameDirectory(path, one))
  return env.PWD !== undefined && isAbsolute(env.PWD) && isHere(env.PWD) ? env.PWD : base
}

/** By whatever links each of them leads there. */
function isSameDirectory(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other)
  } catch {
    return false
  }
}

/** The absolute path of a file of the user's. */
export function resolvePath(env: Environment, path: string): string {
  return resolve(basePath(env), fromHome(env, path))
}

/** A path that begins with `~/` as it is from the user's home directory on: a shell writes it so only where it begins a word. */
export function fromHome({ HOME }: Environment, path: string): string {
  return path.startsWith('~/') && HOME ? join(HOME, path.slice(2)) : path
}

/**
 * The kernel's own: there are no files of a job, but among others this step's environment with its secrets. `/dev/shm` is a
 * disk in memory, where some keep what shall not be on another.
 */
const OF_THE_KERNEL = /^\/(?:proc|sys|dev(?!\/shm\/))(?:\/|$)/

/**
 * The bytes of a file of the user's. It is a regular file of the disk, wherever its links lead, and its size is known
 * before it is read: nothing here waits for a pipe or reads without end.
 *
 * @param path absolute
 * @param base where relative paths began, for the message
 * @throws UserError that does not show the path
 */
export function readUserFile(path: string, base: string): Buffer {
  requireUserFile(path, base)
  try {
    return readFileSync(path)
  } catch (error) {
    throw new UserError(fileProblem((error as NodeJS.ErrnoException).code, path, base))
  }
}

/**
 * That a program may read a file of the user's.
 *
 * @param size whether it is one to be read whole
 * @throws UserError as {@link readUserFile}
 */
export function requireUserFile(path: string, base: string, size: 'small' | 'of any size' = 'small'): void {
  try {
    const real = realpathSync(path)
    if (OF_THE_KERNEL.test(real)) {
      throw new UserError('this is no file of the job, but a part of the system: write the path of a file of this job')
    }
    const file = statSync(real)
    if (file.isDirectory()) throw new UserError('this is a directory: write the path of the file in it')
    if (!file.isFile()) throw new UserError('this is no regular file: write the content to one first')
    if (size === 'small' && file.size > LARGEST_MEGABYTES * 1024 * 1024) {
      throw new UserError(`the file is larger than ${LARGEST_MEGABYTES} MB: check that it is the right one`)
    }
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(fileProblem((error as NodeJS.ErrnoException).code, path, base))
  }
}

/** Whether a file or directory is there, or may be: what may not be looked at is told by who reads it. */
export function isThere(path: string): boolean {
  try {
    statSync(path)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES'
  }
}

function fileProblem(code: string | undefined, path: string, base: string): string {
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return `there is no such file: write the path of a file of this job, absolute or relative to ${base}${checkoutHint(base)}${slashHint(path)}`
  }
  if (code === 'ELOOP') return 'its links lead in a circle: write the path of the file itself'
  if (code === 'EACCES' || code === 'EPERM')
    return 'the file may not be read: give the user of this step the permission'
  return `the file cannot be read (${code ?? 'no path'}): write the path of a file of this job`
}

/** What is wrong with a path in the manner of Windows elsewhere; in words that follow a sentence. */
function slashHint(path: string): string {
  return path.includes('\\') && sep === '/' ? '. Between its folders stands `/` on this runner, and not `\\`' : ''
}

/** What it mostly means that a workspace has nothing in it; in words that follow its path. */
export function checkoutHint(workspace: string): string {
  try {
    if (readdirSync(workspace).length > 0) return ''
    // In a shell there are no steps.
    return isInRunner(process.env)
      ? ', which is empty: is `actions/checkout` missing before this step?'
      : ', which is empty'
  } catch {
    return ''
  }
}

/**
 * The text of a YAML file of the user's: also in UTF-16 with its mark, as PowerShell 5 writes it and docker reads it.
 *
 * @throws UserError as {@link readUserText}
 */
export function readYamlText(path: string, base: string): string {
  const bytes = readUserFile(path, base)
  const encoding = UTF_16[markOf(bytes)]
  if (encoding === undefined) return textOfBytes(bytes)
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    throw new UserError('the file begins as UTF-16, and is not: save it as UTF-8')
  }
}

/** By the mark that such a text begins with. */
const UTF_16: Readonly<Record<string, string>> = { fffe: 'utf-16le', feff: 'utf-16be' }

function markOf(bytes: Buffer): string {
  return bytes.subarray(0, 2).toString('hex')
}

/**
 * The text of some bytes, without the byte order mark that editors on Windows put first.
 *
 * @throws UserError when it is not UTF-8
 */
export function textOfBytes(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UserError(`the file is not UTF-8 text${otherEncoding(bytes)}: save it as UTF-8`)
  }
}

/** What it is instead, or where it first is none. */
export function otherEncoding(bytes: Buffer): string {
  if (UTF_16[markOf(bytes)] !== undefined) return ', but UTF-16'
  const [before = ''] = bytes.toString('utf8').split('\ufffd', 1)
  return ` (line ${before.split('\n').length})`
}
