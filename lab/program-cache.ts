import { copyFile, mkdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { scratchDirectory } from './scratch.ts'

/** Where programs that tests use are kept for this user. */
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'swarm-deploy')

/** Where a program of one version is kept, or will be. */
export function pathInCache(name: string, version: string): string {
  return join(CACHE, `${name}-${version}`)
}

/**
 * Makes a program in a directory that is gone afterwards, and keeps it.
 *
 * @param make puts the program into the directory that it gets, and returns its path
 */
export async function keep(path: string, make: (scratch: string) => Promise<string>): Promise<void> {
  const scratch = scratchDirectory('program-')
  try {
    const made = await make(scratch)
    await mkdir(dirname(path), { recursive: true })
    // Under another name first: nobody is to start half a program.
    const copy = `${path}.${process.pid}`
    await copyFile(made, copy)
    await rename(copy, path)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
