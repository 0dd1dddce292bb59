import { lstat, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isOwn } from '../ownership.ts'
import { temporaryDirectories } from './temporary.ts'

/** Where the workspaces of runs are, and how they are told from all else there. */

const NAME = /^swarm-deploy-[0-9a-f]{12}$/
const NAME_BYTES = 'swarm-deploy-0123456789ab'.length

/** What the kernel allows for the path of a socket, without its closing NUL. */
const LONGEST_SOCKET_PATH_BYTES = 107
/** `/s12`, and what ssh adds while it makes its control socket. */
const SOCKET_BYTES = '/s12'.length + '.0123456789abcdef'.length
const LONGEST_DIRECTORY_BYTES = LONGEST_SOCKET_PATH_BYTES - SOCKET_BYTES - NAME_BYTES - '/'.length

/** @param digits twelve hexadecimal ones that no other has */
export function workspaceName(digits: string): string {
  return `swarm-deploy-${digits}`
}

/** The directories that one may be in, the best first. */
export function parentsOfWorkspaces(): string[] {
  return temporaryDirectories(process.env, LONGEST_DIRECTORY_BYTES)
}

/**
 * The workspaces that are left in any temporary directory, of whichever run. Those that another user has made are not
 * among them.
 */
export async function leftWorkspaces(): Promise<string[]> {
  const parents = parentsOfWorkspaces()
  const found = await Promise.all(
    parents.map(async (parent) => {
      const names = await readdir(parent).catch(() => [])
      return names.filter((name) => NAME.test(name)).map((name) => join(parent, name))
    }),
  )
  const checked = await Promise.all(
    found.flat().map(async (path) => ({ path, isThere: await isThere(path).catch(() => false) })),
  )
  return checked.filter((one) => one.isThere).map(({ path }) => path)
}

/**
 * Whether a workspace is there.
 *
 * @throws Error when the path is not one that `createWorkspace` makes, or somebody else has made what is there
 */
export async function isThere(directory: string): Promise<boolean> {
  const parents = parentsOfWorkspaces()
  const isOurName = NAME.test(basename(directory)) && parents.includes(dirname(directory))
  const stats = isOurName ? await lstat(directory).catch(() => undefined) : undefined
  if (!isOurName || (stats !== undefined && !(stats.isDirectory() && isOwn(stats)))) {
    throw new Error(`${directory} is not a directory that this action made`)
  }
  return stats !== undefined
}
