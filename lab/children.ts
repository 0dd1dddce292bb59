import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { until } from './patience.ts'

const MARK = 'SWARM_DEPLOY_LAB'
const DEATH_LIMIT_MS = 10_000
/**
 * Daemons start themselves anew several times for each container, and are done before they need to collect garbage: with
 * Go's own 100 a quarter of the time of such a start is that.
 */
const GOGC = '400'

/** The processes of one lab. They end with the keeper, however it ends, and carry the lab's mark in their environment. */
export class Children {
  readonly #environment: NodeJS.ProcessEnv
  readonly #id: string
  readonly #alive = new Set<ChildProcess>()
  #closed = false

  constructor(id: string, searchPath: string) {
    this.#id = id
    this.#environment = { PATH: searchPath, LANG: 'C.UTF-8', GOGC, [MARK]: id }
  }

  /** Starts a long-running process. `log` is a file descriptor for its errors. */
  start(command: readonly string[], log: number, environment: NodeJS.ProcessEnv = {}): ChildProcess {
    if (this.#closed) throw new Error('The lab is being taken down.')
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...command], {
      env: { ...this.#environment, ...environment },
      stdio: ['pipe', 'pipe', log],
    })
    this.#alive.add(child)
    child.once('exit', () => this.#alive.delete(child))
    child.once('error', () => this.#alive.delete(child))
    child.stdin?.on('error', () => {})
    return child
  }

  /** Runs a short command to its end. Rejects with what it wrote to standard error. */
  async run(command: readonly [string, ...string[]], input = ''): Promise<string> {
    const [file, ...args] = command
    const running = promisify(execFile)(file, args, { env: this.#environment })
    running.child.stdin?.on('error', () => {})
    running.child.stdin?.end(input)
    try {
      return (await running).stdout
    } catch (error) {
      throw new Error(`${file} failed: ${(error as { stderr?: string }).stderr?.trim() || String(error)}`)
    }
  }

  /** Ends all of them at once and waits until not one is left. No new one can start any more. */
  async end(): Promise<void> {
    this.#closed = true
    for (const child of this.#alive) child.kill('SIGKILL')
    await endMarked(this.#id)
  }
}

/** Ends every process that carries the mark of this lab, and waits until they are gone. */
export async function endMarked(id: string): Promise<void> {
  await until('ending the processes of the lab', DEATH_LIMIT_MS, () => {
    const pids = marked(id)
    for (const pid of pids) signal(pid, 'SIGKILL')
    return pids.length === 0
  })
}

/** Ids of the living processes that carry the mark of this lab. */
export function marked(id: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(`${MARK}=${id}`))
    .map(Number)
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return []
  }
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
