import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { access as accessFile, readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { startGuarded, startProgram } from '../../docker/cli/cli.ts'
import { UserError } from '../../errors.ts'
import type { SshHost } from '../../inputs/reach/host.ts'
import { lastOffered, pinnedFingerprints } from '../../inputs/reach/known-hosts.ts'
import { log } from '../../runner/log/log.ts'
import { Tail } from '../../runner/text/tail.ts'
import { idle, nowMs, sleep } from '../../runner/time/clock.ts'
import { secondsSince } from '../../runner/time/elapsed.ts'
import { retry, type Tries } from '../../runner/time/retry.ts'
import { withoutEndpoint } from '../../runner/variables.ts'
import type { Workspace } from '../../runner/workspace/workspace.ts'
import type { Route } from '../route.ts'
import { dialArguments, forwardArguments, masterArguments, sshTarget } from './config.ts'
import { classifySsh, type SshFailure, sshReason } from './error.ts'
import type { Ssh } from './files.ts'
import { listen, Sessions } from './sessions.ts'

/** What the kernel allows for the path of a socket, without its closing NUL. */
const LONGEST_SOCKET_PATH_BYTES = 107
/** ssh makes its control socket under a temporary name, 17 characters longer. */
const CONTROL_SUFFIX_BYTES = 17

const OPEN_LIMIT_SECONDS = 45
const PING_LIMIT_SECONDS = 20
const LOOK_EVERY_MS = 20

/** sshd turns away who comes while too many log in: the next moment is another. */
const CROWDED_ATTEMPTS = 4
const LONGEST_BACK_OFF_SECONDS = 5

/**
 * A key that a server has is asked for by its type. The one that was pinned may be another than the one that ssh
 * prefers.
 */
const KEY_TYPES = ['', 'ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521', 'rsa-sha2-512,rsa-sha2-256']

/**
 * Opens the one connection of the run to a host, and keeps it open: when it drops, it is made again until the route is
 * disposed of.
 *
 * @throws UserError with the reason in the user's words
 */
export async function openSsh(ssh: Ssh, host: SshHost, signal: AbortSignal): Promise<Route> {
  if (process.platform === 'win32') {
    throw new UserError('ssh:// hosts need a runner with Linux or macOS: choose another in `runs-on`')
  }
  const target = sshTarget(ssh.files.config, host, ssh.access.jump)
  const { lines: known, fingerprints } = ssh.access.pins
  const types = fingerprints.length > 0 && known.length === 0 ? KEY_TYPES : ['']
  let first: unknown
  for (const type of types) {
    try {
      return await openAs(ssh, host, type === '' ? target : ['-o', `HostKeyAlgorithms=${type}`, ...target], signal)
    } catch (error) {
      first ??= error
      if (!isAboutHostKey(error)) throw error
    }
  }
  throw first
}

async function openAs(ssh: Ssh, host: SshHost, target: readonly string[], signal: AbortSignal): Promise<Route> {
  const forward = await openForward(ssh, host, target, signal)
  if (forward !== undefined) return forward
  const route = await openSessions(ssh, host, target, signal)
  log.info(`${host.text}: its docker socket cannot be forwarded, so each docker command has a session of its own`)
  return route
}

interface Attempt {
  readonly child: ChildProcessWithoutNullStreams
  readonly stderr: () => string
  readonly ended: Promise<void>
  readonly hasEnded: () => boolean
}

function attempt(child: ChildProcessWithoutNullStreams): Attempt {
  const printed = new Tail()
  let over = false
  child.stderr.on('data', (chunk: Buffer) => printed.add(chunk))
  child.stdout.resume()
  child.stdin.on('error', () => undefined)
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      printed.add(Buffer.from(error.message))
      over = true
      resolve()
    })
    child.once('close', () => {
      over = true
      resolve()
    })
  })
  return { child, stderr: () => printed.text(), ended, hasEnded: () => over }
}

/** Ends a guarded child. */
function end({ child }: Attempt): void {
  child.stdin.end()
}

/** Resolves when the socket is there; rejects with what ssh said when it ended before. */
async function untilSocket(path: string, ssh: Attempt, signal: AbortSignal): Promise<void> {
  const deadline = nowMs() + OPEN_LIMIT_SECONDS * 1000
  for (;;) {
    if (ssh.hasEnded()) throw new SshEnded(ssh.stderr())
    const exists = await accessFile(path).then(
      () => true,
      () => false,
    )
    if (exists && !ssh.hasEnded()) return
    if (nowMs() > deadline) throw new SshEnded('timed out')
    await sleep(LOOK_EVERY_MS, signal)
  }
}

class SshEnded extends Error {
  override name = 'SshEnded'
}

/** Opens a long-lived ssh whose socket appears at `path`. */
function open(ssh: Ssh, args: readonly string[], path: string, signal: AbortSignal): Promise<Attempt> {
  const openOnce = async () => {
    await rm(path, { force: true })
    const running = attempt(startGuarded('ssh', args, ssh.env))
    try {
      await untilSocket(path, running, signal)
      return running
    } catch (error) {
      end(running)
      throw error
    }
  }
  const pauseMs = (error: unknown, { number }: Tries) => {
    const isCrowded = error instanceof SshEnded && classifySsh(error.message) === 'crowded'
    return isCrowded && number < CROWDED_ATTEMPTS ? (0.5 + Math.random()) * number * 1000 : undefined
  }
  return retry(openOnce, pauseMs, signal)
}

/** No route over SSH; the message is the reason in the user's words. */
class SshFailed extends UserError {
  override name = 'SshFailed'
  readonly failure: SshFailure

  constructor(failure: SshFailure, message: string) {
    super(message)
    this.failure = failure
  }
}

/** Another type of key may be the one that was pinned. */
function isAboutHostKey(error: unknown): boolean {
  return error instanceof SshFailed && ['unknown-host-key', 'changed-host-key', 'no-key-type'].includes(error.failure)
}

async function failed(ssh: Ssh, host: SshHost, stderr: string): Promise<SshFailed> {
  if (/ssh: not found|ENOENT/.test(stderr)) {
    return new SshFailed(
      'unknown',
      'there is no ssh on the PATH of this step: install the OpenSSH client in an earlier step',
    )
  }
  const offered = lastOffered(await readFile(ssh.files.offered, 'utf8').catch(() => ''))
  return new SshFailed(
    classifySsh(stderr),
    sshReason({ stderr, offered, user: host.user, pinned: pinnedFingerprints(ssh.access.pins) }),
  )
}

/** `undefined`: the connection is fine, and the daemon does not answer over the forwarded socket. */
async function openForward(
  ssh: Ssh,
  host: SshHost,
  target: readonly string[],
  signal: AbortSignal,
): Promise<Route | undefined> {
  const socket = socketPath(ssh.workspace, 0)
  const args = forwardArguments(socket, host, target)
  const opened = () => open(ssh, args, socket, signal)
  const first = await opened().catch(async (error: unknown) => {
    if (!(error instanceof SshEnded)) throw error
    // Some servers refuse the forwarding itself, and ssh ends for it.
    if (/forwarding request failed|forwarding failed/i.test(error.message)) return undefined
    throw await failed(ssh, host, error.message)
  })
  if (first === undefined) return undefined
  if (!(await pings(socket))) {
    end(first)
    await first.ended
    return undefined
  }
  const stop = keepOpen(first, opened, host)
  return routeOver(ssh, host, socket, stop)
}

/** Whether a daemon answers at a socket. ssh tells only at the first use whether the far end of a forward is there. */
function pings(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const outgoing = request(
      { socketPath, path: '/_ping', agent: false, timeout: PING_LIMIT_SECONDS * 1000 },
      (answer) => {
        answer.resume()
        resolve(answer.statusCode === 200)
      },
    )
    outgoing.once('timeout', () => outgoing.destroy())
    outgoing.once('error', () => resolve(false))
    outgoing.end()
  })
}

/** Serves a local socket, each connection to which is a session of `docker system dial-stdio`. */
async function openSessions(ssh: Ssh, host: SshHost, target: readonly string[], signal: AbortSignal): Promise<Route> {
  const control = socketPath(ssh.workspace, CONTROL_SUFFIX_BYTES)
  const opened = () => open(ssh, masterArguments(control, target), control, signal)
  const first = await opened().catch(async (error: unknown) => {
    throw error instanceof SshEnded ? await failed(ssh, host, error.message) : error
  })
  const stop = keepOpen(first, opened, host)
  const sessions = new Sessions(() => startProgram('ssh', dialArguments(control, host, target), ssh.env))
  const socket = socketPath(ssh.workspace, 0)
  const server = await listen(socket, (connection) => sessions.serve(connection))
  const route = routeOver(ssh, host, socket, () => {
    server.close()
    sessions.end()
    stop()
  })
  if (await pings(socket)) return route
  route[Symbol.dispose]()
  throw await failed(ssh, host, sessions.said || first.stderr())
}

/** Makes a connection again whenever it ends, with growing pauses. Returns what stops that and ends it. */
function keepOpen(first: Attempt, opened: () => Promise<Attempt>, host: SshHost): () => void {
  let current: Attempt | undefined = first
  let stopped = false
  const watch = async () => {
    for (;;) {
      await current?.ended
      if (stopped) return
      const since = nowMs()
      log.warning(`${host.text}: the connection was lost (${reasonOf(current)}), and is made again`)
      current = undefined
      for (let pause = 0.2; current === undefined; pause = Math.min(pause * 2, LONGEST_BACK_OFF_SECONDS)) {
        await idle(pause * 1000)
        if (stopped) return
        current = await opened().catch(() => undefined)
        if (current !== undefined && stopped) return end(current)
      }
      log.info(`${host.text}: connected again after ${secondsSince(since).toFixed(1)} s`)
    }
  }
  void watch().catch(() => undefined)
  return () => {
    stopped = true
    if (current !== undefined) end(current)
  }
}

function reasonOf(attempt: Attempt | undefined): string {
  const said = attempt
    ?.stderr()
    .trim()
    .split(/[\r\n]+/)
    .at(-1)
  return said || 'ssh ended without a word'
}

function routeOver(ssh: Ssh, host: SshHost, socket: string, stop: () => void): Route {
  return {
    text: host.text,
    env: { ...withoutEndpoint(ssh.dockerEnv), DOCKER_HOST: `unix://${socket}` },
    explain: (said) => said,
    [Symbol.dispose]: stop,
  }
}

/** @throws UserError when the kernel would not take it */
function socketPath(workspace: Workspace, suffixBytes: number): string {
  const path = workspace.socketPath()
  if (Buffer.byteLength(path) + suffixBytes <= LONGEST_SOCKET_PATH_BYTES) return path
  throw new UserError(
    `the temporary directory has a path that is too long for a socket (${path}): set RUNNER_TEMP to a shorter one for this step`,
  )
}
