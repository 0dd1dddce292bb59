import { spawn } from 'node:child_process'
import { hidingOwnSecrets } from '../secrets/own-variables.ts'
import { limited } from '../text/safe-text.ts'
import { Tail } from '../text/tail.ts'
import { requirePipes, startProblem } from './start-problem.ts'

/** How a shell command of the user's ended. */
export interface ShellResult {
  /** `undefined`: it was ended because its time was over. */
  readonly code: number | undefined
  /** What it printed last, both streams together, without empty lines. */
  readonly lines: readonly string[]
}

export interface ShellOptions {
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly timeoutSeconds: number
  readonly signal: AbortSignal
}

const MOST_LINES = 20
/** What a command has printed is read by then, also when a process that left its group holds the pipes open. */
const DRAIN_MS = 500

/**
 * Runs a command of the user's with `sh -c`: the only place that starts a shell. When it ends, when its time is over
 * and when the signal is aborted, all that it started in its process group is ended too.
 *
 * @throws NodeJS.ErrnoException with code `ENOENT` when there is no `sh`, UserError when the system starts no more, the signal's reason when it is aborted
 */
export async function runShell(command: string, options: ShellOptions): Promise<ShellResult> {
  const { env, cwd, timeoutSeconds, signal } = options
  signal.throwIfAborted()
  // Detached: the leader of a process group of its own, which can be ended as a whole.
  const child = spawn('sh', ['-c', command], { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  requirePipes('sh', child)
  const endAll = () => killGroup(child.pid)
  const printed = new Tail()
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => printed.add(chunk))

  let isLate = false
  const clock = setTimeout(() => {
    isLate = true
    endAll()
  }, timeoutSeconds * 1000)
  signal.addEventListener('abort', endAll)
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', (error) => reject(startProblem('sh', error)))
      // What the command left running in the background may keep the pipes open, and must not be waited for.
      child.once('exit', (exitCode) => {
        endAll()
        const letGo = setTimeout(() => {
          child.stdout.destroy()
          child.stderr.destroy()
        }, DRAIN_MS)
        child.once('close', () => {
          clearTimeout(letGo)
          resolve(exitCode ?? 128)
        })
      })
    })
    signal.throwIfAborted()
    return { code: isLate ? undefined : code, lines: lastLines(printed, env) }
  } finally {
    clearTimeout(clock)
    signal.removeEventListener('abort', endAll)
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function lastLines(printed: Tail, env: ShellOptions['env']): string[] {
  const { lostBytes } = printed
  const hide = hidingOwnSecrets(Object.entries(env).map(([name, value]) => `${name}=${value}`))
  // Together: a secret may be broken into several.
  const shown = hide(printed.lines().join('\n'))
  const lines = shown === '' ? [] : shown.split('\n').slice(-MOST_LINES)
  const isAll = lostBytes === 0 || lines.length === MOST_LINES
  const note = `(${lostBytes.toLocaleString('en')} bytes or more before this are left out)`
  return [...(isAll ? [] : [note]), ...lines.map(limited)]
}
