import { UserError } from '../../errors.ts'
import { safeLine } from '../../runner/text/safe-text.ts'
import { EngineError } from './engine.ts'

/**
 * The newest API whose changes were read (moby, api/docs/CHANGELOG.md); a daemon may be older, then its own is used. A
 * spec that is read and written through an older one than the daemon's loses its newest fields.
 */
const OWN_API_VERSION = '1.56'
/** Docker 20.10: the first with jobs as services. */
const OLDEST_API_VERSION = '1.41'

/**
 * The API version to speak with a daemon that offers `offered`: the oldest unless it tells.
 *
 * @throws EngineError when that is older than {@link OLDEST_API_VERSION}, or no version
 */
export function agreeOnVersion(offered = OLDEST_API_VERSION): string {
  if (!isVersion(offered)) {
    throw new EngineError(400, `its API version is "${safeLine(offered, 20)}", and no docker daemon has such a one`)
  }
  if (compareVersions(offered, OLDEST_API_VERSION) < 0) {
    throw new EngineError(
      400,
      `its API ${safeLine(offered, 20)} is too old: Docker 20.10 (API ${OLDEST_API_VERSION}) is the oldest that serves`,
    )
  }
  return compareVersions(offered, OWN_API_VERSION) < 0 ? offered : OWN_API_VERSION
}

/** The answer of `GET /version`, as far as it tells which API versions a daemon speaks. */
export interface VersionRange {
  readonly ApiVersion: string
  /** Not of daemons before 1.25. */
  readonly MinAPIVersion?: string
}

/**
 * The environment with a `DOCKER_API_VERSION` that every docker CLI takes alike. Blanks and a `v` before it: 29.9 passes
 * over both, 28.2 over the `v`, 20.10 over neither, and then refuses each command. One that is no version 29.9 refuses
 * before it dials, and older ones send.
 *
 * @throws UserError when it is no version
 */
export function withPlainApiVersion(env: Readonly<Record<string, string>>): Record<string, string> {
  const { DOCKER_API_VERSION: asked, ...others } = env
  const plain = asked?.trim().replace(/^v/, '')
  if (!plain) return others
  if (isVersion(plain)) return { ...others, DOCKER_API_VERSION: plain }
  throw new UserError(
    `DOCKER_API_VERSION is "${safeLine(plain, 40)}", and no version of docker's API: leave it out, then docker agrees with the daemon, or write one such as ${OWN_API_VERSION}`,
  )
}

/**
 * Why docker commands with this `DOCKER_API_VERSION` would not do what they are to; `undefined` when they would. The CLI
 * takes it as it is, and does not agree on a version with the daemon.
 *
 * @param asked of {@link withPlainApiVersion}
 */
export function apiVersionProblem(
  asked: string,
  { ApiVersion: newest, MinAPIVersion = OLDEST_API_VERSION }: VersionRange,
  host: string,
): string | undefined {
  // With an older one docker itself knows no jobs, and refuses flags that the daemon would take.
  const oldest = compareVersions(MinAPIVersion, OLDEST_API_VERSION) < 0 ? OLDEST_API_VERSION : MinAPIVersion
  if (compareVersions(asked, oldest) >= 0 && compareVersions(asked, newest) <= 0) return undefined
  const range = `${safeLine(oldest, 20)} to ${safeLine(newest, 20)}`
  return `DOCKER_API_VERSION is ${asked}, and what serves with the docker daemon at ${host} is ${range}: leave it out, then docker agrees with the daemon`
}

function isVersion(text: string): boolean {
  return /^\d{1,4}\.\d{1,4}$/.test(text)
}

/** Negative, zero or positive, as the first API version is older, the same or newer. */
function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number)
  const [majorB = 0, minorB = 0] = b.split('.').map(Number)
  return majorA - majorB || minorA - minorB
}
