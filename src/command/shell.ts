import { closeSync, constants, createReadStream, openSync, readFileSync, writeFileSync } from 'node:fs'
import { InputErrors, messageOf, UserError, UserErrors } from '../errors.ts'
import { currentDirectory, fromHome, textOfBytes } from '../inputs/files.ts'
import { main } from '../main.ts'
import { cleanUpAfterKilled } from '../modes/cut-off.ts'
import { failureSummary } from '../report/summary/failure.ts'
import type { Environment } from '../runner/environment.ts'
import { addSummary, handedOn, keepErrors, setOutput } from '../runner/log/command-files.ts'
import { endLive, log } from '../runner/log/log.ts'
import { columnsOf, isTerminal, sendTo, useLiveLines, writeTo } from '../runner/log/stdout.ts'
import { isInRunner } from '../runner/log/workflow-commands.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { placed } from '../runner/text/shown.ts'
import { removeOwnAtOnce } from '../runner/workspace/workspace.ts'
import { type Asked, optionsIn, parseArguments, type Value } from './arguments.ts'
import { EXIT_CODES, exitCodeOf, type StopSignal } from './exit-code.ts'
import { helpText } from './help.ts'
import type { Option } from './known.ts'
import { joined } from './lists.ts'
import { outputsAsJson } from './outputs.ts'
import { asInputs, readSettings, type Settings } from './settings.ts'

/** The files that the command reads of the package that it comes with. */
export interface PackageFiles {
  /** `action.yml` */
  readonly action: URL
  /** `package.json` */
  readonly manifest: URL
}

type Run = Extract<Asked, { kind: 'run' }>

const MOST_COLUMNS = 80
const LARGEST_MEGABYTES = 1

/**
 * What a shell starts: the same run as a runner's, asked for by words and variables. Sets the exit code by which a shell
 * tells what came of it.
 *
 * @param words behind the name of the program
 */
export async function shell(words: readonly string[], files: PackageFiles): Promise<void> {
  // Looked for by themselves: whoever reads the result has to find one also where the words are wrong.
  const options = optionsIn(words, process.env)
  const isJson = options.get('output') === 'json'
  sendTo('stderr', isJson ? ['log', 'problem'] : ['problem'])
  const ending: RunEnding = { isBadInput: false, stoppedBy: undefined }
  const end = () => atExit(options, ending)
  process.once('exit', end)
  try {
    const asked = parseArguments(words)
    if (asked.kind === 'run') return await run(asked, files, ending)
    const [key, text] =
      asked.kind === 'help'
        ? ['help', help(asked.mode, files, isJson ? undefined : columnsOf('stdout'))]
        : ['version', isJson ? versionOf(files) : `swarm-deploy ${versionOf(files)}\n`]
    writeTo('stdout', isJson ? `${outputsAsJson(new Map([[key, text]]))}\n` : text)
    process.off('exit', end)
  } catch (error) {
    process.exitCode = EXIT_CODES['bad input']
    if (!(error instanceof UserError)) throw error
    const problems = error instanceof UserErrors ? error.problems : [error.message]
    for (const problem of problems) log.error(problem)
    keepFailure(problems)
  }
}

/** The result of a run that has not begun. */
function keepFailure(problems: readonly string[]): void {
  const shown = problems.map((problem) => safeLine(problem))
  setOutput('status', 'failed')
  setOutput('services', '[]')
  keepErrors(shown)
  addSummary(failureSummary('failed', shown, false))
}

function atExit(options: ReadonlyMap<Option, string>, { isBadInput, stoppedBy }: RunEnding): void {
  endLive()
  const isWritten = handOver(options)
  const code = exitCodeOf({
    status: handedOn().outputs.get('status'),
    isRed: (process.exitCode ?? 0) !== 0,
    isBadInput: isBadInput || process.exitCode === EXIT_CODES['bad input'],
    stoppedBy,
  })
  process.exitCode = code === 0 && !isWritten ? EXIT_CODES.red : code
}

async function run(asked: Run, files: PackageFiles, ending: RunEnding): Promise<void> {
  const settings = readSettings(process.env)
  const flags = await textsOf(asked)
  if (asked.mode !== undefined) flags.set('mode', asked.mode)
  const env = asInputs(process.env, settings, flags)
  if (isNothing(env)) {
    writeTo('stderr', help(undefined, files, columnsOf('stderr')))
    keepFailure(['nothing is asked for: write the mode as the first word, and what it takes as flags or variables'])
    process.exitCode = EXIT_CODES['bad input']
    return
  }
  if (flags.size > 0 && env.INPUT_MODE === undefined) {
    throw new UserError(
      'the mode is missing: write it as the first word, such as `deploy`, or `plan` for a look that changes nothing',
    )
  }
  takeOver(env, settings)
  if (!isInRunner(env) && (env.CI ?? 'false') === 'false' && env.TERM !== 'dumb') useLiveLines()
  watchSignals(ending)
  await cleanUpAfterKilled()
  const error = await main()
  ending.isBadInput = error instanceof InputErrors
}

/** Nobody has asked for anything. */
function isNothing(env: Environment): boolean {
  return !Object.entries(env).some(([name, value]) => name.startsWith('INPUT_') && value !== '')
}

/** The values of flags, with what files and standard input hold. */
async function textsOf({ inputs }: Run): Promise<Map<string, string>> {
  const texts = new Map<string, string>()
  for (const [name, values] of inputs) {
    const given: string[] = []
    for (const value of values) given.push(await textOf(name, value))
    texts.set(name, joined(name, given))
  }
  return texts
}

/** @throws UserError that names the flag */
async function textOf(name: string, { from, text: given }: Value): Promise<string> {
  if (from === 'word') return given
  try {
    const read = textOfBytes(
      await bytesOf(from === 'stdin' ? process.stdin : createReadStream(fromHome(process.env, given))),
    )
    if (read.trim() === '') throw new Error('it is empty')
    return read.replace(/\r?\n$/, '')
  } catch (error) {
    const place = from === 'stdin' ? 'standard input' : `the file ${placed(safeLine(given))}`
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is no such file' : (code ?? messageOf(error))
    throw new UserError(`--${name}: ${place} cannot be used: ${why}`)
  }
}

/** It may be a pipe, or what has no end. */
async function bytesOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    size += chunk.length
    if (size > LARGEST_MEGABYTES * 1024 * 1024) throw new Error(`it is larger than ${LARGEST_MEGABYTES} MB`)
  }
  return Buffer.concat(chunks)
}

/** From now on the environment of this process is that of a step: what it starts gets no setting, for some are secrets. */
function takeOver(env: Environment, { variables }: Settings): void {
  for (const name of variables) delete process.env[name]
  for (const [name, value] of Object.entries(env)) if (process.env[name] !== value) process.env[name] = value
  // A path on a command line begins where the shell is.
  if (env.GITHUB_WORKSPACE !== undefined) process.env.GITHUB_WORKSPACE = currentDirectory()
}

/** What is known of a run when it ends, beside its outputs. */
interface RunEnding {
  isBadInput: boolean
  /** The first signal that came. */
  stoppedBy: StopSignal | undefined
}

/** Notes what a run is told from outside while it goes on. */
function watchSignals(ending: RunEnding): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Whoever starts a program with nohup wants it to go on.
    if (name === 'SIGHUP' && isHangUpIgnored()) continue
    process.on(name, () => {
      if (ending.stoppedBy !== undefined && name === 'SIGINT') {
        removeOwnAtOnce()
        log.warning(
          'Stopped at once: the swarm goes on with what it was sent, and a lock of this run expires by itself',
        )
        process.exit(1)
      }
      if (ending.stoppedBy === undefined && name === 'SIGINT' && isTerminal()) {
        log.info('Stopping in good order, which takes some seconds. Ctrl-C once more ends at once')
      }
      ending.stoppedBy ??= name
      // The terminal is gone: the run stops as for any other reason.
      if (name === 'SIGHUP') process.emit('SIGTERM', 'SIGTERM')
    })
  }
}

/** The mask of ignored signals of this process (proc(5), `SigIgn`); SIGHUP is the first. */
function isHangUpIgnored(): boolean {
  try {
    const [, mask = '0'] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    return (BigInt(`0x${mask}`) & 1n) === 1n
  } catch {
    return false
  }
}

/** Writes outputs and summary where they are asked for. @returns whether all of it is written */
function handOver(options: ReadonlyMap<Option, string>): boolean {
  const { outputs, summary, errors } = handedOn()
  const json = `${outputsAsJson(outputs, errors)}\n`
  if (options.get('output') === 'json') writeTo('stdout', json)
  const files = [
    [options.get('output-file'), json],
    [options.get('summary-file'), summary.map((part) => `${part}\n`).join('\n')],
  ] as const
  const written = files.map(([path, content]) => {
    if (path === undefined) return true
    try {
      writeToReader(path, content)
      return true
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      const why = code === 'ENXIO' ? 'it is a pipe from which nobody reads' : (code ?? messageOf(error))
      log.error(`${placed(safeLine(path))} cannot be written: ${why}`)
      return false
    }
  })
  return !written.includes(false)
}

const WITHOUT_WAITING = constants.O_WRONLY | constants.O_CREAT | constants.O_NONBLOCK

/** Writes a file. It may be a pipe: one from which nobody reads is no reason to wait, and a slow reader is. */
function writeToReader(path: string, content: string): void {
  const probe = openSync(path, WITHOUT_WAITING, 0o666)
  try {
    writeFileSync(path, content)
  } finally {
    closeSync(probe)
  }
}

function help(mode: Parameters<typeof helpText>[0], { action }: PackageFiles, columns = MOST_COLUMNS): string {
  return helpText(mode, readOwn(action), columns)
}

function versionOf({ manifest }: PackageFiles): string {
  return String((JSON.parse(readOwn(manifest)) as { readonly version?: unknown }).version)
}

function readOwn(file: URL): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new UserError(`${file.pathname} is not there: keep the files of this package together`)
  }
}
