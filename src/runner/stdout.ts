/** The one place that writes to the log of this process. */

type Write = typeof process.stdout.write

/** Standard output's own way to write, once {@link divertOthers} has taken its place. */
let direct: Write | undefined

/** Writes one line of the log. */
export function writeLine(line: string): void {
  const write = direct ?? process.stdout.write.bind(process.stdout)
  write(`${line}\n`)
}

/** Whether a person reads it on a terminal. */
export function isTerminal(): boolean {
  return process.stdout.isTTY === true
}

/**
 * From now on, whatever else writes to standard output or standard error (a library, Node itself) is handed over
 * instead, line by line: it may hold text from anywhere, and a runner takes some lines for commands.
 */
export function divertOthers(handOver: (line: string) => void): void {
  direct ??= process.stdout.write.bind(process.stdout)
  for (const stream of [process.stdout, process.stderr]) {
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
