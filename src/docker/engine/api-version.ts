import { safeLine } from '../../runner/safe-text.ts'
import { EngineError } from './engine.ts'

/**
 * The newest API whose changes were read (https://docs.docker.com/reference/api/engine/version-history/); a daemon may
 * be older, then its own is used. A spec that is read and written through an older one than the daemon's loses its
 * newest fields.
 */
const OWN_API_VERSION = '1.54'
/** Docker 20.10: the first with jobs as services. */
const OLDEST_API_VERSION = '1.41'

/**
 * The API version to speak with a daemon that offers `offered`: the oldest unless it tells.
 *
 * @throws EngineError when that is older than {@link OLDEST_API_VERSION}, or no version
 */
export function agreeOnVersion(offered = OLDEST_API_VERSION): string {
  if (!/^\d{1,4}\.\d{1,4}$/.test(offered)) {
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
 * Why docker commands with this `DOCKER_API_VERSION` would all be refused; `undefined` when they would not. The CLI
 * takes it as it is, and does not agree on a version with the daemon.
 */
export function apiVersionProblem(
  asked: string,
  { ApiVersion: newest, MinAPIVersion: oldest = '1.12' }: VersionRange,
  host: string,
): string | undefined {
  const isNumber = /^\d+\.\d+$/.test(asked)
  if (isNumber && compareVersions(asked, oldest) >= 0 && compareVersions(asked, newest) <= 0) return undefined
  const range = `${safeLine(oldest, 20)} to ${safeLine(newest, 20)}`
  return `DOCKER_API_VERSION is ${asked}, and the docker daemon at ${host} speaks ${range}: leave it out, then docker agrees with the daemon`
}

/** Negative, zero or positive, as the first API version is older, the same or newer. */
function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number)
  const [majorB = 0, minorB = 0] = b.split('.').map(Number)
  return majorA - majorB || minorA - minorB
}
