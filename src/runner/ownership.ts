import type { Stats } from 'node:fs'

/** Whether this user has made it. Where there are no users, all is theirs. */
export function isOwn({ uid }: Pick<Stats, 'uid'>): boolean {
  const user = process.getuid?.()
  return user === undefined || uid === user
}

/** Whether nobody but this user can have written or read it. */
export function isPrivate(stats: Pick<Stats, 'uid' | 'mode'>): boolean {
  return isOwn(stats) && (process.getuid === undefined || (stats.mode & 0o077) === 0)
}
