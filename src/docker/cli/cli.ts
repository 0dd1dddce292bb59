import { type ChildProcessWithoutNullStreams, type SpawnOptions, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, resolve as resolvePath } from 'node:path'
import type { Readable } from 'node:stream'
import { isatty } from 'node:tty'
import { messageOf, UserError } from '../../errors.ts'
import { outOfThreads, requirePipes, startProblem } from '../../runner/processes/start-problem.ts'
import { endMarked } from '../../runner/processes/survivors.ts'
import { safeLine } from '../../runner/text/safe-text.ts'
import { sleep } from '../../runner/time/clock.ts'

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
  /** How long it may take; {@link LIMIT_SECONDS} unless given. */
  readonly limitSeconds?: number
}

/** None of the programs that are run to their end has more to do than to read files, and ask the network once. */
const LIMIT_SECONDS = 60
/** The largest of what is read is a whole stack in one file. */
const MOST_BYTES = 32 * 1024 * 1024
/** What a program has printed is read by then, also when a child that it left behind holds its pipes open. */
const DRAIN_MS = 500

/**
 * A terminal sends Ctrl-C to all programs of the group that it has in front (termios(3), ISIG). What leads to the swarm
 * must outlive that: what a stop calls for goes over it.
 */
const IS_APART = [0, 1, 2].some((stream) => isatty(stream))

/**
 * The only place that starts programs of docker and of the way to it: the CLI, ssh, and the credential helpers of the
 * user's own configuration. (A check command of the user's is started by runner/shell.ts.)
 * A child is started with the environment given here and nothing else, and no shell ever reads its arguments.
 *
 * `@actions/exec` starts those that are only asked something ({@link probe}). The others it cannot serve: it knows no
 * abort and no limit, gives nobody the pipes of a program that lives on, ends this process when a program closes its
 * input unread (an `EPIPE` that nobody catches), and looks programs up on the PATH of this process, not on theirs.
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
    start: (args) => launch('docker', args, { env }),
  }
}

export interface ProbeOptions {
  /** The whole environment; the program is looked up on its PATH. */
  readonly env: Readonly<Record<string, string>>
  /** Ends the wait, and the program. */
  readonly signal?: AbortSignal
  /** How long it may take; {@link LIMIT_SECONDS} unless given. */
  readonly limitSeconds?: number
}

/**
 * Runs a program that needs no input, prints little and ends by itself: it is asked for a version or a key, or unpacks
 * an archive. Nothing of it reaches the log.
 *
 * @throws as {@link runProgram} does
 */
export async function probe(
  program: string,
  args: readonly string[],
  { env, signal, limitSeconds = LIMIT_SECONDS }: ProbeOptions,
): Promise<CommandResult> {
  if (signal?.aborted) throw stopped(signal)
  const path = await findProgram(program, env.PATH)
  // Loaded here, as the package.json beside the code says: most mistakes in the inputs are told before it is needed.
  const { getExecOutput } = await import(/* webpackIgnore: true */ '#exec')
  // The library hands over no process. One that hangs all the same is found by this.
  const [name, value] = ['SWARM_DEPLOY_PROBE', randomUUID()]
  const options = { env: { ...env, [name]: value }, silent: true, ignoreReturnCode: true, delay: DRAIN_MS }
  const ended = new AbortController()
  const limit = sleep(limitSeconds * 1000, AbortSignal.any([ended.signal, ...(signal === undefined ? [] : [signal])]))
  try {
    const { exitCode, stdout, stderr } = await Promise.race([
      getExecOutput(quoted(path), [...args], options),
      limit.then(() => {
        throw tooMuch(program, args, tooLate(limitSeconds))
      }),
    ])
    return hadThreads(program, { code: exitCode ?? KILLED, stdout, stderr })
  } catch (error) {
    await endMarked(`${name}=${value}`)
    throw spawnError(error, program)
  } finally {
    ended.abort()
  }
}

/**
 * Where the system finds a program that is started with this PATH (execvp(3)): the library looks on the PATH of this
 * process, and docker may have been installed for this run alone.
 */
async function findProgram(program: string, path = '/bin:/usr/bin'): Promise<string> {
  // Elsewhere there are endings to try, which the library knows.
  if (process.platform === 'win32') return program
  let refused: unknown
  for (const directory of program.includes('/') ? [''] : path.split(delimiter)) {
    const file = resolvePath(directory, program)
    try {
      if (!(await stat(file)).isFile()) continue
      await access(file, constants.X_OK)
      return file
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EACCES') refused = error
    }
  }
  throw refused ?? Object.assign(new Error(`spawn ${program} ENOENT`), { code: 'ENOENT', syscall: 'spawn' })
}

/** The library reads the program as the first word of a line, in which a backslash means itself unless a `"` follows. */
function quoted(path: string): string {
  return `"${path.replaceAll('"', '\\"')}"`
}

/** The library passes on why a program could not be started as a text, within a longer one. */
function spawnError(error: unknown, program: string): unknown {
  const [, code] = /Error: spawn .* (E[A-Z]+)$/.exec(messageOf(error)) ?? []
  if (code === undefined) return error
  return startProblem(program, Object.assign(new Error(`spawn ${program} ${code}`), { code, syscall: 'spawn' }))
}

/** @throws UserError where a program ended for it was given no more threads */
function hadThreads(program: string, result: CommandResult): CommandResult {
  const problem = result.code === 0 ? undefined : outOfThreads(program, result.stderr)
  if (problem !== undefined) throw new UserError(problem)
  return result
}

/** @throws UserError where this process can open no pipes */
function launch(
  program: string,
  args: readonly string[],
  where: Pick<SpawnOptions, 'env' | 'cwd'>,
): ChildProcessWithoutNullStreams {
  const child = spawn(program, [...args], { ...where, stdio: 'pipe', windowsHide: true, detached: IS_APART })
  requirePipes(program, child)
  return child
}

/**
 * Runs a program to its end. It is ended when it takes longer than its limit, prints without end, or is not wanted any
 * more.
 *
 * @throws NodeJS.ErrnoException with code `ENOENT` when it is not on the PATH, UserError when it was ended at a limit or
 * the system starts no more, `AbortError` with the signal's reason as its cause when `signal` ended it
 */
export function runProgram(program: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const { env, cwd, stdin = '', signal, limitSeconds = LIMIT_SECONDS } = options
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(stopped(signal))
    const child = launch(program, args, {
      ...(env === undefined ? {} : { env }),
      ...(cwd === undefined ? {} : { cwd }),
    })
    const end = () => {
      clearTimeout(clock)
      clearTimeout(drain)
      signal?.removeEventListener('abort', stop)
    }
    const giveUp = (error: Error) => {
      end()
      reject(error)
      // The docker CLI takes SIGTERM as a wish only.
      child.kill('SIGKILL')
      for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy()
    }
    const clock = setTimeout(() => giveUp(tooMuch(program, args, tooLate(limitSeconds))), limitSeconds * 1000)
    let drain: NodeJS.Timeout | undefined
    const stop = () => giveUp(stopped(signal))
    signal?.addEventListener('abort', stop, { once: true })

    const onFlood = () => giveUp(tooMuch(program, args, `printed more than ${MOST_BYTES / 1024 / 1024} MB`))
    const printed = [child.stdout, child.stderr].map((stream) => collect(stream, onFlood))
    const done = (code: number) => {
      end()
      const [stdout = '', stderr = ''] = printed.map((text) => text())
      try {
        resolve(hadThreads(program, { code, stdout, stderr }))
      } catch (error) {
        reject(error)
      }
    }
    child.once('error', (error) => giveUp(startProblem(program, error)))
    child.once('exit', (code) => {
      drain = setTimeout(() => {
        done(code ?? KILLED)
        for (const pipe of [child.stdout, child.stderr]) pipe.destroy()
      }, DRAIN_MS)
    })
    child.once('close', (code) => done(code ?? KILLED))
    // A program that ends without reading its input breaks the pipe: its exit code says what matters.
    child.stdin.on('error', () => undefined)
    child.stdin.end(stdin)
  })
}

/** The exit code for a program that a signal has ended. */
const KILLED = 128

function stopped(signal: AbortSignal | undefined): DOMException {
  return new DOMException('The operation was aborted', { name: 'AbortError', cause: signal?.reason })
}

function tooMuch(program: string, args: readonly string[], what: string): UserError {
  return new UserError(`${nameOf(program, args)} ${what}, and was ended: run it by hand on this runner to see why`)
}

function tooLate(limitSeconds: number): string {
  return `did not end within ${limitSeconds} s`
}

/** Keeps what a stream brings. */
function collect(stream: Readable, onFlood: () => void): () => string {
  const parts: Buffer[] = []
  let bytes = 0
  stream.on('data', (part: Buffer) => {
    bytes += part.length
    if (bytes > MOST_BYTES) return onFlood()
    parts.push(part)
  })
  return () => Buffer.concat(parts).toString()
}

/** As somebody would type it, without its options' values: `docker context inspect`. */
function nameOf(program: string, args: readonly string[]): string {
  const [, ...words] = args[0] === '--config' ? args.slice(1) : ['', ...args]
  const shown = words.slice(0, 2).filter((word) => /^-{0,2}[a-z-]+$/.test(word))
  return `\`${[safeLine(program), ...shown].join(' ')}\``
}

/** Starts a program and hands over its pipes. */
export function startProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcessWithoutNullStreams {
  return launch(program, args, { env })
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
