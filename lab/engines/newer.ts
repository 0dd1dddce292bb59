import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathInCache } from '../program-cache.ts'

/** The releases of Debian whose daemons `newer.sh` fetches; in November 2026 they have 26.1 and 28.5. */
export const RELEASES = ['trixie', 'testing'] as const
export type Release = (typeof RELEASES)[number]

/** The folder of a newer daemon for a lab's `programs`, or what is missing. */
export function newerEngine(release: Release): { readonly programs: string } | { readonly problem: string } {
  const programs = join(cacheOf(release), 'bin')
  if (existsSync(join(programs, 'dockerd'))) return { programs }
  return { problem: `needs the daemon of Debian ${release}: npm run engines` }
}

/** Where `newer.sh` puts the programs of a release: the daemon's in `bin`, its docker command in `cli`. */
export function cacheOf(release: Release): string {
  return pathInCache('docker', release)
}
