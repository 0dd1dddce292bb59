import { isThere, leftWorkspaces } from './workspace-path.ts'

/** What `post` sees of its main without reading what that has left: after most runs there is nothing to read. */

/** What main saves for `post`. */
export type SavedName = 'workspace' | 'lock'

/** A value that main of the same step has saved, as far as the runner has kept it. */
export function savedByMain(name: SavedName): string | undefined {
  return process.env[`STATE_${name}`] || undefined
}

/**
 * The workspaces that main may have left: the one that it has saved, if that is still there. Where the runner has not
 * kept it, all that are there, of whichever run.
 *
 * @throws Error when what is saved is no workspace of ours
 */
export async function directoriesLeft(): Promise<string[]> {
  const saved = savedByMain('workspace')
  if (saved === undefined) return leftWorkspaces()
  return (await isThere(saved)) ? [saved] : []
}

/** Whether there is anything that `post` has to look at: a main that ended by itself leaves neither files nor a lock. */
export async function isAnythingLeft(): Promise<boolean> {
  if (savedByMain('lock') !== undefined) return true
  const directories = await directoriesLeft().catch(() => undefined)
  return directories === undefined || directories.length > 0
}
