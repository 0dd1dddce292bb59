import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import type { Environment } from '../environment.ts'

/**
 * Where a run may keep its files, the best first: the runner's own temporary directory, which it empties by itself,
 * else the system's.
 *
 * @param longest how many bytes the path may have for sockets to find room in it; longer ones come last
 */
export function temporaryDirectories(env: Environment, longest: number): string[] {
  const all = [...new Set([env.RUNNER_TEMP || tmpdir(), tmpdir(), '/tmp'].map((path) => resolve(path)))]
  const isShort = (path: string) => Buffer.byteLength(path) <= longest
  return [...all.filter(isShort), ...all.filter((path) => !isShort(path))]
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EFBIG: 'this user may write no file of that size (`ulimit -f`)',
  EDQUOT: 'the quota of this user is used up',
  ENAMETOOLONG: 'its path is too long',
  ENOENT: 'there is no such directory',
  ENOSPC: 'there is no space left on it',
  ENOTDIR: 'it is no directory',
  EPERM: 'this user may not write there',
  EROFS: 'it is read-only',
}

/** Why nothing can be written to a directory, in a few words; `undefined` when it is not the system that says no. */
export function unwritable(error: unknown): string | undefined {
  const { code = '', syscall } = error as NodeJS.ErrnoException
  return REASONS[code] ?? (syscall === undefined ? undefined : `the system says ${code}`)
}
