import { Gzip } from 'node:zlib'
import { jest } from '@jest/globals'
import { nowMs } from '../../../src/runner/time/clock.ts'

/** What is not of the swarm's time stays as it is: promises go on at once. */
const NOT_FAKED = ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const

/** Stops the time: from here on it goes only as {@link pass} and {@link settle} have it go. */
export function stopTime(): void {
  jest.useFakeTimers({ doNotFake: [...NOT_FAKED] })
}

export function letTimeRun(): void {
  jest.clearAllTimers()
  jest.useRealTimers()
}

/** How much is going on over real sockets: meanwhile the time stands still. */
let outside = 0

/** Work with real files is going on as well. */
let hasFiles = false

/** What all that packs and unpacks has in common: Node does it beside the program, and does not count it. */
const ZLIB = Object.getPrototypeOf(Object.getPrototypeOf(Gzip.prototype)) as {
  _transform(piece: unknown, encoding: unknown, done: (...args: unknown[]) => void): void
}

/** Does work in which real files are read and unpacked: meanwhile the time stands still while that goes on. */
export async function withFiles<T>(work: () => Promise<T>): Promise<T> {
  const { _transform: transform } = ZLIB
  hasFiles = true
  ZLIB._transform = function (piece, encoding, done) {
    outside++
    transform.call(this, piece, encoding, (...args) => {
      outside--
      done(...args)
    })
  }
  try {
    return await work()
  } finally {
    ZLIB._transform = transform
    hasFiles = false
  }
}

/** While programs are awaited, and their output: the pipes that were open before. */
let pipesBefore: number | undefined

/** Does work in which commands of the user's run, as a check does: meanwhile the time stands still. */
export async function withPrograms<T>(work: () => Promise<T>): Promise<T> {
  pipesBefore = pipes()
  try {
    return await work()
  } finally {
    pipesBefore = undefined
  }
}

function pipes(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length
}

/** Whether a program runs that this work has started, or has said what nobody has read yet. */
function isProgramOn(): boolean {
  if (pipesBefore === undefined) return false
  return process.getActiveResourcesInfo().includes('ProcessWrap') || pipes() > pipesBefore
}

/** What Node has under way with files. */
function isReading(): boolean {
  return process.getActiveResourcesInfo().some((name) => /^(?:FSReq|CloseReq|FILEHANDLE)/i.test(name))
}

/** Does work over real sockets. */
export async function outOfTime<T>(work: () => Promise<T>): Promise<T> {
  outside++
  try {
    return await work()
  } finally {
    outside--
  }
}

/** Does a part of such work for which the swarm's time has to go on. */
export async function inTime<T>(work: () => Promise<T>): Promise<T> {
  outside--
  try {
    return await work()
  } finally {
    outside++
  }
}

/** Lets all go on that does not wait for time. */
async function turn(): Promise<void> {
  do {
    await new Promise<void>((resolve) => setImmediate(resolve))
  } while (outside > 0 || (hasFiles && isReading()) || isProgramOn())
}

/** Lets so much time pass. */
export async function pass(seconds: number): Promise<void> {
  let over = false
  setTimeout(() => {
    over = true
  }, seconds * 1000)
  await turn()
  while (!over) {
    jest.advanceTimersToNextTimer()
    await turn()
  }
}

/** Some work never ends, or takes far too long. What it still waits for will not come any more. */
export class Hangs extends Error {
  override name = 'Hangs'

  constructor(message: string) {
    super(message)
    jest.clearAllTimers()
  }
}

/**
 * Lets time pass until some work is done: a jump from one timer to the next.
 *
 * @throws Hangs when nothing would ever happen any more, or when it takes longer than `limitSeconds`
 */
export async function settle<T>(work: Promise<T>, limitSeconds = 3600): Promise<T> {
  let done = false
  const mark = () => {
    done = true
  }
  work.then(mark, mark)
  const startedAt = nowMs()
  await turn()
  while (!done) {
    if (jest.getTimerCount() === 0) throw new Hangs('it waits for something, and no timer is left to wake it')
    if (nowMs() - startedAt > limitSeconds * 1000) throw new Hangs(`it has not ended within ${limitSeconds} s`)
    jest.advanceTimersToNextTimer()
    await turn()
  }
  return work
}
