import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { signal } from './children.ts'
import { until } from './patience.ts'
import { SEARCH_PATH } from './requirements.ts'
import { scratchDirectory } from './scratch.ts'

const START_LIMIT_MS = 10_000

/** A key pair in files. */
export interface KeyPair {
  readonly path: string
  readonly privateKey: string
  readonly publicKey: string
  /** `SHA256:…` */
  readonly fingerprint: string
}

export interface SshdOptions {
  /** Lines of authorized_keys. */
  readonly authorized: readonly string[]
  /** Where its `docker` finds the daemon. */
  readonly dockerHost?: string
  /** Lines of sshd_config. */
  readonly settings?: readonly string[]
  readonly hostKeys?: readonly KeyPair[]
  /** The PATH of its sessions. */
  readonly path?: string
}

/** An OpenSSH server on a loopback port, with host keys of its own. Ends with `down`, or with this process. */
export class Sshd implements AsyncDisposable {
  readonly port: number
  readonly hostKeys: readonly KeyPair[]
  readonly #directory: string
  readonly #options: SshdOptions
  #process: ChildProcess | undefined

  private constructor(port: number, directory: string, hostKeys: readonly KeyPair[], options: SshdOptions) {
    this.port = port
    this.#directory = directory
    this.hostKeys = hostKeys
    this.#options = options
  }

  static async start(options: SshdOptions): Promise<Sshd> {
    const directory = scratchDirectory('sshd-')
    const hostKeys = options.hostKeys ?? [await makeKey(directory, 'host', 'ed25519')]
    const sshd = new Sshd(await freePort(), directory, hostKeys, options)
    await sshd.up()
    return sshd
  }

  /** Its line for a known_hosts file. */
  get knownHost(): string {
    return this.hostKeys.map(({ publicKey }) => `[127.0.0.1]:${this.port} ${publicKey}`).join('\n')
  }

  get log(): string {
    return readFileSync(join(this.#directory, 'log'), 'utf8')
  }

  /** How many logins it has accepted. */
  get logins(): number {
    return this.log.match(/Accepted publickey/g)?.length ?? 0
  }

  /** Starts it, also again after `down`. */
  async up(): Promise<void> {
    const { authorized, dockerHost, settings = [], path = SEARCH_PATH } = this.#options
    const file = (name: string) => join(this.#directory, name)
    writeFileSync(file('authorized_keys'), authorized.map((line) => `${line}\n`).join(''))
    const environment = [`PATH=${path}`, ...(dockerHost === undefined ? [] : [`DOCKER_HOST=${dockerHost}`])]
    writeFileSync(
      file('config'),
      [
        // The first word counts.
        ...settings,
        'ListenAddress 127.0.0.1',
        `Port ${this.port}`,
        ...this.hostKeys.map(({ path }) => `HostKey ${path}`),
        `AuthorizedKeysFile ${file('authorized_keys')}`,
        'StrictModes no',
        'UsePAM no',
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        'PermitRootLogin yes',
        'PidFile none',
        'LogLevel VERBOSE',
        `SetEnv ${environment.map((pair) => `"${pair}"`).join(' ')}`,
        '',
      ].join('\n'),
    )
    const log = file('log')
    // sshd wants this directory, which Debian makes when the service starts.
    mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
    const child = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', '--', '/usr/sbin/sshd', '-D', '-f', file('config'), '-E', log],
      {
        env: { PATH: SEARCH_PATH },
        stdio: 'ignore',
      },
    )
    this.#process = child
    await until('starting sshd', START_LIMIT_MS, () => /Server listening/.test(this.log))
  }

  /** Cuts every connection that it has now; it goes on listening. */
  async cut(): Promise<void> {
    const pid = this.#process?.pid
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    for (const child of children.filter(Boolean)) {
      for (const inner of descendants(Number(child))) signal(inner, 'SIGKILL')
    }
  }

  async down(): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child === undefined || child.exitCode !== null) return
    const pids = child.pid === undefined ? [] : descendants(child.pid)
    for (const pid of pids) signal(pid, 'SIGKILL')
    if (child.signalCode === null) await once(child, 'exit')
    writeFileSync(join(this.#directory, 'log'), '')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** A process with all that came of it. */
function descendants(pid: number): number[] {
  let children = ''
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  } catch {
    return []
  }
  return [pid, ...children.split(' ').filter(Boolean).map(Number).flatMap(descendants)]
}

/** Makes a key pair; `passphrase` encrypts it. */
export async function makeKey(
  directory: string,
  name: string,
  type: 'ed25519' | 'rsa' | 'ecdsa' = 'ed25519',
  passphrase = '',
): Promise<KeyPair> {
  const path = join(directory, name)
  await promisify(execFile)('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', '', '-f', path])
  const { stdout } = await promisify(execFile)('ssh-keygen', ['-lf', `${path}.pub`])
  return {
    path,
    privateKey: readFileSync(path, 'utf8'),
    publicKey: readFileSync(`${path}.pub`, 'utf8').trim(),
    fingerprint: /SHA256:\S+/.exec(stdout)?.[0] ?? '',
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
