import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The releases of Debian whose daemons `newer.sh` fetches; in November 2026 they have 26.1 and 28.5. */
export const RELEASES = ['trixie', 'testing'] as const
export type Release = (typeof RELEASES)[number]

/** The folder of a newer daemon for a lab's `programs`, or what is missing. */
export function newerEngine(release: Release): { readonly programs: string } | { readonly problem: string } {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const programs = join(cache, 'swarm-deploy', `docker-${release}`, 'bin')
  if (existsSync(join(programs, 'dockerd'))) return { programs }
  return { problem: `needs the daemon of Debian ${release}: npm run engines` }
}
