import { UserError } from '../../errors.ts'

/**
 * The SHA-256 sums of Docker's static builds, by version, platform and architecture as in their address. Docker publishes
 * none: these are the sums with which others pin the same archives in public.
 */
const SUMS: Readonly<Record<string, string>> = {
  '28.3.3 linux x86_64': '40c16bcf324f354b382d07e845e6a79e3493fc0c09b252dff9e1a46125589bff',
}

/** The version of a docker CLI, as far as it decides what the CLI can do. */
export interface CliVersion {
  /** `28.2.2` */
  readonly text: string
  readonly major: number
  readonly minor: number
}

/** The first version with all that a run asks of the docker CLI. */
const OLDEST = { major: 20, minor: 10, feature: 'jobs and API 1.41' }

const PLATFORMS: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'mac' }
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'x86_64',
  arm64: 'aarch64',
  arm: 'armhf',
  ppc64: 'ppc64le',
  s390x: 's390x',
}

/**
 * Where an archive of Docker's static builds is, and the sum that it has to have, where that is known.
 *
 * @throws UserError when there is none for this platform
 */
export function archiveOf(
  base: string,
  version: string,
  platform: string,
  architecture: string,
): { readonly url: string; readonly sha256: string | undefined } {
  const [os, arch] = [PLATFORMS[platform], ARCHITECTURES[architecture]]
  if (os === undefined || arch === undefined) {
    throw new UserError(
      `Docker has no static build of its CLI for ${platform} ${architecture}: install the docker CLI in an earlier step`,
    )
  }
  return {
    url: `${base}/${os}/static/stable/${arch}/docker-${version}.tgz`,
    sha256: SUMS[`${version} ${os} ${arch}`],
  }
}

/** The version in what `docker --version` prints; `undefined` for a build that does not tell. */
export function parseCliVersion(printed: string): CliVersion | undefined {
  const [, text = '', major = '', minor = ''] = /version v?((\d+)\.(\d+)[\w.+-]*)/.exec(printed) ?? []
  return text === '' ? undefined : { text, major: Number(major), minor: Number(minor) }
}

/** For what of this run a docker CLI is too old, and what would do; `undefined` when it serves. */
export function missingFeature(version: CliVersion | undefined): string | undefined {
  if (version === undefined) return undefined
  const isOlder = version.major < OLDEST.major || (version.major === OLDEST.major && version.minor < OLDEST.minor)
  return isOlder ? `too old for ${OLDEST.feature}, which came with ${OLDEST.major}.${OLDEST.minor}` : undefined
}
