import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

/** What a finished docker command left behind. */
export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  /** Added to the environment of this one command. */
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string | Uint8Array
  /** The directory that relative paths begin at; that of the step unless given. */
  readonly cwd?: string
  /** Ends the command. */
  readonly signal?: AbortSignal
}

/**
 * The only place that starts programs of docker and of the way to it: the CLI, ssh, and the credential helpers of the
 * user's own configuration. (A check command of the user's is started by runner/shell.ts.)
 * A child is started with the environment given here and nothing else, and no shell ever reads its arguments.
 */
export interface DockerCli {
  /** Runs `docker …args` to its end. A code other than 0 is a result, not an exception. */
  run(args: readonly string[], options?: CommandOptions): Promise<CommandResult>
  /** Starts `docker …args` and hands over its pipes: for commands that live as long as the run. */
  start(args: readonly string[]): ChildProcessWithoutNullStreams
}

/**
 * The docker CLI of the PATH in `env`.
 *
 * @param env the whole environment of its commands
 */
export function dockerCli(env: Readonly<Record<string, string>>): DockerCli {
  return {
    run: (args, options = {}) => runProgram('docker', args, { ...options, env: { ...env, ...options.env } }),
    start: (args) => spawn('docker', [...args], { env, stdio: 'pipe', windowsHide: true }),
  }
}

/**
 * Runs a program to its end.
 *
 * @throws NodeJS.ErrnoException with code `ENOENT` when it is not on the PATH, `AbortError` when `signal` ended it
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const { env, cwd, stdin = '', signal } = options
  const child = spawn(program, [...args], {
    stdio: 'pipe',
    windowsHide: true,
    ...(env === undefined ? {} : { env }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal === undefined ? {} : { signal }),
  })
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, killedBy) => resolve(code ?? (killedBy === null ? 1 : 128)))
  })
  // A program that ends without reading its input breaks the pipe: its exit code says what matters.
  child.stdin.on('error', () => undefined)
  child.stdin.end(stdin)
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, stdout, stderr }
}

/** Starts a program and hands over its pipes. */
export function startProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcessWithoutNullStreams {
  return spawn(program, [...args], { env, stdio: 'pipe', windowsHide: true })
}

/**
 * The shell watches over the program and takes no part in its arguments. When this process ends in any way, also by
 * SIGKILL, the pipe closes, and the program is ended.
 */
const GUARD = `exec 3<&0
"$@" 3<&- </dev/null &
program=$!
{ read -r _ <&3; kill "$program"; } 2>/dev/null &
guard=$!
exec 3<&-
wait "$program"
code=$?
kill "$guard" 2>/dev/null
exit "$code"`

/** Starts a program that reads no input and ends when this process does, or when its `stdin` is closed. */
export function startGuarded(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcessWithoutNullStreams {
  return startProgram('/bin/sh', ['-c', GUARD, 'guard', program, ...args], env)
}
