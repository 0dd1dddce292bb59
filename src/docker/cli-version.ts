import { UserError } from '../errors.ts'

/** Installed when the runner has no docker CLI that serves and the user names none; as in action.yml. */
export const DEFAULT_VERSION = '28.3.3'

const DEFAULT_URL = 'https://download.docker.com'

/** What this action needs of the docker CLI, and the first version that has it. */
const OLDEST = { version: '20.10', feature: 'jobs and `docker service update --with-registry-auth` over the API 1.41' }

const PLATFORMS: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'mac' }
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'x86_64',
  arm64: 'aarch64',
  arm: 'armhf',
  ppc64: 'ppc64le',
  s390x: 's390x',
}

/**
 * Where an archive of Docker's static builds is.
 *
 * @throws UserError when there is none for this platform
 */
export function archiveUrl(base: string | undefined, version: string, platform: string, architecture: string): string {
  const [os, arch] = [PLATFORMS[platform], ARCHITECTURES[architecture]]
  if (os === undefined || arch === undefined) {
    throw new UserError(
      `Docker has no static build of its CLI for ${platform} ${architecture}: install the docker CLI in an earlier step`,
    )
  }
  return `${base ?? DEFAULT_URL}/${os}/static/stable/${arch}/docker-${version}.tgz`
}

/** Why the docker CLI of the runner does not serve, from what `docker --version` prints; `undefined` when it does. */
export function cliProblem(printed: string): string | undefined {
  const [, version = '', major = '0', minor = '0'] = /version v?((\d+)\.(\d+)\S*?),?\s/.exec(`${printed} `) ?? []
  if (version === '') return undefined
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST.version.split('.').map(Number)
  if (Number(major) > oldestMajor || (Number(major) === oldestMajor && Number(minor) >= oldestMinor)) return undefined
  return `the docker CLI ${version} of this runner is too old for ${OLDEST.feature}, which came with ${OLDEST.version}`
}
