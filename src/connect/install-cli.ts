import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type ProbeOptions, probe } from '../docker/cli/cli.ts'
import { archiveOf, type CliVersion, missingFeature, parseCliVersion } from '../docker/cli/cli-version.ts'
import { messageOf, UserError } from '../errors.ts'
import type { CliRequest, Deployment } from '../inputs/deployment.ts'
import { log } from '../runner/log/log.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import type { Workspace } from '../runner/workspace/workspace.ts'

const TOOL = 'docker-cli'

/** Of 80 MB and more, on a runner with a slow disk. */
const UNPACK_SECONDS = 300

/** Few runs need it, and it brings an HTTP client. The package.json beside the code says which file it is. */
const toolCache = () => import(/* webpackIgnore: true */ '#tool-cache')

interface FoundCli {
  /** The environment with the docker CLI on its PATH. */
  readonly env: Record<string, string>
  readonly version: CliVersion | undefined
}

/**
 * A docker CLI that serves: the runner's own, or one that is installed now.
 *
 * @param env the step's environment for its children
 * @throws UserError when none serves and none can be installed
 */
export async function findCli(
  { reach }: Pick<Deployment, 'reach'>,
  env: Record<string, string>,
  workspace: Workspace,
  signal: AbortSignal,
): Promise<FoundCli> {
  const own = await ownVersion(env, signal)
  const problem = problemOf(own)
  if (typeof own !== 'string' && problem === undefined) return { env, version: own }
  log.info(`${problem} is installed for this run`)
  const version = parseCliVersion(`version ${reach.cli.version}`)
  const stillMissing = missingFeature(version)
  if (stillMissing !== undefined)
    throw new UserError(`docker-version: ${version?.text} is ${stillMissing}: write a newer one`)
  const path = await installDocker(reach.cli, await workspace.makeDirectory('install'), env, signal)
  return { env: { ...env, PATH: [path, env.PATH].filter(Boolean).join(delimiter) }, version }
}

/** Why the runner's own docker command does not serve, as the beginning of a sentence; `undefined` when it does. */
function problemOf(own: OwnCli): string | undefined {
  if (own === 'none') return 'There is no docker command on the PATH of this step: it'
  if (own === 'podman') return 'The docker command of this runner is podman, which has no swarm: a docker CLI'
  const missing = missingFeature(own)
  return missing && `The docker CLI ${own?.text} of this runner is ${missing}: a newer one`
}

/** Its version, where it tells it. */
type OwnCli = CliVersion | undefined | 'none' | 'podman'

/** Whether there is a docker command on the PATH, of whatever version. */
export async function hasCli(env: Readonly<Record<string, string>>, signal: AbortSignal): Promise<boolean> {
  return (await ownVersion(env, signal)) !== 'none'
}

async function ownVersion(env: Readonly<Record<string, string>>, signal: AbortSignal): Promise<OwnCli> {
  const printed = await probe('docker', ['--version'], { env, signal }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    if (error.syscall === undefined) throw error
    throw new UserError(`the docker command on the PATH of this step cannot be started: ${messageOf(error)}`)
  })
  if (printed === undefined) return 'none'
  const { code, stdout, stderr } = printed
  if (code === 0) return /^podman\b/i.test(stdout) ? 'podman' : parseCliVersion(stdout)
  const said = safeLine((stderr || stdout).trim(), 200)
  throw new UserError(
    `the docker command on the PATH of this step does not work: \`docker --version\` ended with code ${code}: "${said}"`,
  )
}

/**
 * The directory of a docker CLI of Docker's own static builds, from the runner's tool cache when it is there.
 *
 * @param directory where it is downloaded to
 * @throws UserError when it cannot be had, or is not what it should be
 */
async function installDocker(
  request: CliRequest,
  directory: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  const { version } = request
  const archiveAt = archiveOf(request.downloadUrl, version, process.platform, process.arch)
  const { url } = archiveAt
  const sum = request.sha256 ?? archiveAt.sha256
  const cacheable = Boolean(process.env.RUNNER_TOOL_CACHE)
  // What was cached by a run that asked for a sum is another entry: one that was never checked does not pass for it.
  const entry = sum === undefined ? process.arch : `${process.arch}-${sum.slice(0, 16)}`
  const { find, cacheDir } = await toolCache()
  const cached = cacheable ? find(TOOL, version, entry) : ''
  if (cached !== '' && (await reportedVersion(cached, env)) === version) {
    log.info(`The docker CLI ${version} is used from the tool cache`)
    return cached
  }
  log.info(`The docker CLI ${version} is downloaded from ${url}`)
  const archive = await untilStopped(download(url, join(directory, 'docker.tgz')), signal)
  if (sum !== undefined) await requireSum(archive, sum, url, request.sha256 !== undefined)
  await unpack(archive, directory, url, { env, signal })
  const unpacked = join(directory, 'docker')
  const reported = await reportedVersion(unpacked, env)
  if (reported !== version) {
    const what = reported === undefined ? 'holds no docker CLI that runs here' : `holds the docker CLI ${reported}`
    throw new UserError(
      `the archive ${url} ${what}, not ${version}: check \`docker-version\` and \`docker-download-url\``,
    )
  }
  return cacheable ? await cacheDir(unpacked, TOOL, version, entry) : unpacked
}

/** The library itself cannot be stopped, neither in a download nor in the pauses before it tries again. */
async function untilStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = () => {}
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
  })
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    return await Promise.race([work, stopped])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function download(url: string, path: string): Promise<string> {
  const { downloadTool, HTTPError } = await toolCache()
  try {
    return await downloadTool(url, path)
  } catch (error) {
    const status = error instanceof HTTPError ? error.httpStatusCode : undefined
    const reason =
      status === 404
        ? 'there is no such version for this platform: check `docker-version`'
        : `${messageOf(error) || 'no answer'}: check the network and proxy of the runner, or name a mirror in \`docker-download-url\``
    throw new UserError(`the docker CLI could not be downloaded from ${url}: ${reason}`, { cause: error })
  }
}

async function requireSum(path: string, wanted: string, url: string, isGiven: boolean): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  const sum = hash.digest('hex')
  if (sum === wanted) return
  throw new UserError(
    isGiven
      ? `the archive ${url} has the SHA-256 sum ${sum}, not that of \`docker-sha256\`: it is not used. Check the two`
      : `the archive ${url} has the SHA-256 sum ${sum}, not the one that Docker's own build of this version has: it is not used. If it is meant, give its sum in \`docker-sha256\``,
  )
}

async function unpack(archive: string, directory: string, url: string, options: ProbeOptions): Promise<void> {
  const args = ['-xz', '--no-same-owner', '-C', directory, '-f', archive]
  const unpacking = probe('tar', args, { ...options, limitSeconds: UNPACK_SECONDS })
  const { code, stdout, stderr } = await unpacking.catch((error: NodeJS.ErrnoException) => {
    if (error.syscall === undefined) throw error
    throw new UserError(
      `the archive ${url} cannot be unpacked: ${messageOf(error)}. Install \`tar\` and \`gzip\`, or the docker CLI itself, in an earlier step`,
    )
  })
  if (code === 0) return
  const said = safeLine((stderr || stdout).trim(), 200)
  throw new UserError(
    `the archive ${url} cannot be unpacked, it is damaged or no .tgz: check \`docker-download-url\`. \`tar\` says: ${said || `exit code ${code}`}`,
  )
}

async function reportedVersion(directory: string, env: Readonly<Record<string, string>>): Promise<string | undefined> {
  try {
    const { code, stdout } = await probe(join(directory, 'docker'), ['--version'], { env })
    return code === 0 ? parseCliVersion(stdout)?.text : undefined
  } catch {
    return undefined
  }
}
