import { Screen } from './screen.ts'

/** The one place that writes to the log of this process. */

type Write = typeof process.stdout.write
type StreamName = 'stdout' | 'stderr'

/** What a line is: one of the log, or one that says that something is wrong. */
export type LineKind = 'log' | 'problem'

/** The streams' own ways to write, once {@link divertOthers} has taken their place. */
const direct: Partial<Record<StreamName, Write>> = {}

/** A runner reads both as one. */
const streams: Record<LineKind, StreamName> = { log: 'stdout', problem: 'stdout' }

let screen: Screen | undefined
const REFRESH_MS = 1000

/** Has the lines of a kind go to a stream. */
export function sendTo(stream: StreamName, kinds: readonly LineKind[]): void {
  for (const kind of kinds) streams[kind] = stream
}

/** Writes one line of the log. */
export function writeLine(line: string, kind: LineKind = 'log'): void {
  const write = () => writeTo(streams[kind], `${line}\n`)
  if (screen !== undefined && process[streams[kind]].isTTY) screen.above(write)
  else write()
}

/** Writes to a stream itself: a result that a program may read. */
export function writeTo(stream: StreamName, text: string): void {
  const write = direct[stream] ?? process[stream].write.bind(process[stream])
  write(text)
}

/** How wide the terminal is to which a stream goes; `undefined` where it goes to none. */
export function columnsOf(stream: StreamName): number | undefined {
  return process[stream].columns || undefined
}

/** Whether a person reads lines of a kind on a terminal. */
export function isTerminal(kind: LineKind = 'log'): boolean {
  return process[streams[kind]].isTTY === true
}

/** Has {@link liveLines} draw on the terminal, where the log goes to one. */
export function useLiveLines(): void {
  if (!isTerminal()) return
  const terminal = process[streams.log]
  screen = new Screen({
    write: (text) => writeTo(streams.log, text),
    size: () => ({ columns: terminal.columns || undefined, rows: terminal.rows || undefined }),
  })
  // The seconds in them go on.
  setInterval(() => screen?.refresh(), REFRESH_MS).unref()
}

/** Lines that are drawn anew in their place; `undefined` where there is no terminal, or nobody has asked for them. */
export function liveLines(): Pick<Screen, 'show' | 'drop' | 'refresh'> | undefined {
  return screen
}

/**
 * From now on, whatever else writes to standard output or standard error (a library, Node itself) is handed over
 * instead, line by line: it may hold text from anywhere, and a runner takes some lines for commands.
 */
export function divertOthers(handOver: (line: string) => void): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = process[name]
    direct[name] ??= stream.write.bind(stream)
    // Nobody reads any more, or the disk under the log is full: that is no reason to end a deploy halfway.
    stream.on('error', () => undefined)
    stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
      const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')
      for (const line of text.replace(/\r?\n$/, '').split('\n')) if (line.trim() !== '') handOver(line)
      const done = rest.find((one) => typeof one === 'function')
      if (done !== undefined) process.nextTick(done)
      return true
    }) as Write
  }
}
