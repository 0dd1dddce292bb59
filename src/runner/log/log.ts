import type { Place } from '../../result.ts'
import { redact } from '../secrets/secret.ts'
import { LINE_END, printable, shortened } from '../text/printable.ts'
import { printableThrough, safeLine } from '../text/safe-text.ts'
import { note } from '../workspace/state.ts'
import { divertOthers, isTerminal, type LineKind, liveLines, writeLine } from './stdout.ts'
import { commandLine, isInRunner, withoutCommands } from './workflow-commands.ts'

const MOST_LINE_CHARACTERS = 8000
const MOST_TITLE_CHARACTERS = 200

/** Of a longer one actions/runner drops the end (ExecutionContext.cs, _maxIssueMessageLength). */
const MOST_ANNOTATION_CHARACTERS = 4096
/** For the word on what is missing. */
const ROOM_FOR_REST = 40

type Level = 'notice' | 'warning' | 'error'

/** What a line is about, in a colour where the log has them. Its words say the same. */
export type Tone = 'good' | 'bad' | 'title'

/** Select Graphic Rendition (ECMA-48): green, red, bold. */
const CODES: Readonly<Record<Tone, number>> = { good: 32, bad: 31, title: 1 }

interface Log {
  info(line: string, tone?: Tone): void
  debug(line: string): void
  /** Shown on the run's page too. */
  notice(message: string, title?: string, place?: Place): void
  warning(message: string, title?: string, place?: Place): void
  error(message: string, title?: string, place?: Place): void
}

/**
 * What this action says. Whatever it is given, no secret of this run leaves it, one call is one line or one
 * annotation, and no line is a command to the runner but those that are made here.
 */
export const log: Log = logThrough(redact)

/**
 * The same for texts of the report, in which all that is not ours or the user's own was made fit to be shown before:
 * its names and outcomes stay what they are, though a secret may happen to be part of one.
 */
export const reportLog: Log = logThrough((text) => text)

/**
 * Shows on a terminal, in a line of its own that is drawn anew, how far something is.
 *
 * @param line the whole of it, at the moment when it is drawn
 * @returns `false` where there are no such lines: then it is a matter for the log
 */
export function showLive(key: string, line: () => string): boolean {
  const lines = liveLines()
  lines?.show(key, () => fitToBeSeen(redact, line(), MOST_LINE_CHARACTERS))
  return lines !== undefined
}

/** Takes such a line away: what it was about has ended. All of them without a key. */
export function endLive(key?: string): void {
  liveLines()?.drop(key)
}

/** Runs one stage of the work with its lines folded under a title: those that nobody reads as long as all is well. */
export async function stage<T>(title: string, work: () => Promise<T>): Promise<T> {
  note({ stage: title })
  return folded(title, work)
}

/** The same for a stage whose lines everybody shall see. */
export async function openStage<T>(title: string, work: () => Promise<T>): Promise<T> {
  note({ stage: title })
  sayTitle(title)
  return work()
}

/** Folds the lines of some work under a title. */
export async function folded<T>(title: string, work: () => T | Promise<T>): Promise<T> {
  if (!isInRunner(process.env)) {
    sayTitle(title)
    return work()
  }
  writeLine(commandLine('group', withoutCommands(safeLine(title, MOST_TITLE_CHARACTERS)), process.env))
  try {
    return await work()
  } finally {
    writeLine(commandLine('endgroup', '', process.env))
  }
}

function sayTitle(title: string): void {
  writeLine(inColour(withoutCommands(`== ${safeLine(title, MOST_TITLE_CHARACTERS)}`), 'title'))
}

/** In the log of a runner, and on a terminal; nowhere for those who want none (https://no-color.org). */
function inColour(line: string, tone: Tone | undefined, kind?: LineKind): string {
  const { NO_COLOR: unwanted = '' } = process.env
  if (tone === undefined || unwanted !== '' || !(isInRunner(process.env) || isTerminal(kind))) return line
  return `\u001b[${CODES[tone]}m${line}\u001b[0m`
}

/**
 * From now on all of this process speaks by the {@link log} only: what libraries print, and what nobody caught.
 *
 * @param tellLost is given what nobody caught; then the process ends, with the exit code that there is by then
 */
export function speakForAll(tellLost: (error: unknown) => void): void {
  divertOthers((line) => {
    const [, debugged] = /^::debug::(.*)$/s.exec(line) ?? []
    if (debugged === undefined) log.info(line)
    else log.debug(debugged)
  })
  process.on('uncaughtException', (error: unknown) => {
    tellLost(error)
    process.exit()
  })
}

function logThrough(hide: (text: string) => string): Log {
  const one = (text: string, most: number) => fitToBeSeen(hide, text, most)
  const annotate = (level: Level) => (message: string, title?: string, place?: Place) => {
    const lines = hide(message)
      .split(LINE_END)
      .map((line) => withoutCommands(hide(printable(line))))
    const text = shortened(lines.join('\n'), MOST_ANNOTATION_CHARACTERS - ROOM_FOR_REST)
    annotation(
      level,
      text,
      title === undefined ? undefined : one(title, MOST_TITLE_CHARACTERS),
      place && { ...place, file: hide(printable(place.file)) },
    )
  }
  return {
    info: (line, tone) => writeLine(inColour(one(line, MOST_LINE_CHARACTERS), tone)),
    debug: (line) => debug(one(line, MOST_LINE_CHARACTERS)),
    notice: annotate('notice'),
    warning: annotate('warning'),
    error: annotate('error'),
  }
}

/** One line without secrets, commands and signs that cannot be seen. */
function fitToBeSeen(hide: (text: string) => string, text: string, most: number): string {
  return withoutCommands(shortened(printableThrough(hide, text), most))
}

function debug(line: string): void {
  if (isInRunner(process.env)) writeLine(commandLine('debug', line, process.env))
  else if (process.env.RUNNER_DEBUG === '1') writeLine(withoutCommands(`Debug: ${line}`))
}

/** @param place by the path in its repository: a runner shows it there */
function annotation(level: Level, message: string, title: string | undefined, place: Place | undefined): void {
  if (isInRunner(process.env)) {
    const at = place === undefined ? {} : { file: place.file, line: String(place.line) }
    writeLine(commandLine(level, message, process.env, { ...(title === undefined ? {} : { title }), ...at }))
    return
  }
  // Without a title it is a problem that names its place itself.
  const at = place === undefined || title === undefined ? '' : `${place.file} line ${place.line}: `
  const head = `${level.slice(0, 1).toUpperCase()}${level.slice(1)}: ${at}${title === undefined ? '' : `${title}: `}`
  const kind = level === 'notice' ? 'log' : 'problem'
  const tone = level === 'error' ? 'bad' : undefined
  for (const line of `${head}${message.replaceAll('\n', '\n  ')}`.split('\n')) {
    writeLine(inColour(withoutCommands(line), tone, kind), kind)
  }
}
