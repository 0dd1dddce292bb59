import { closeSync, openSync, readFileSync } from 'node:fs'

const LINES_SHOWN = 5

/** Runs something with a log file open for appending, for a process that inherits it. */
export function withLog<T>(path: string, use: (descriptor: number) => T): T {
  const descriptor = openSync(path, 'a', 0o600)
  try {
    return use(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** The end of a log, for an error message. */
export function lastLines(path: string): string {
  return readFileSync(path, 'utf8').trim().split('\n').slice(-LINES_SHOWN).join('\n')
}
