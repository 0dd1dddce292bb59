import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The releases of Node that runners start the action with: GitHub's own, and what the images of others have. */
export const RELEASES = [24, 20] as const

/**
 * A program of a release: the one that runs the tests, else one of the PATH or of a runner's tool cache; `undefined`
 * where there is none.
 */
export function nodeOf(release: number): string | undefined {
  return candidates().find((program) => releaseOf(program) === release)
}

function candidates(): string[] {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, 'node'))
  const cache = join(process.env.RUNNER_TOOL_CACHE ?? '/opt/hostedtoolcache', 'node')
  const cached = existsSync(cache) ? readdirSync(cache).map((version) => join(cache, version, 'x64/bin/node')) : []
  return [process.execPath, ...onPath, ...cached].filter((program) => existsSync(program))
}

function releaseOf(program: string): number {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  return Number.parseInt((stdout ?? '').replace(/^v/, ''), 10)
}
