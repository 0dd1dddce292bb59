import { ConnectionLost, EngineError, TooLate, Unreadable } from '../../../src/docker/engine/engine.ts'
import { nowMs, sleep } from '../../../src/runner/time/clock.ts'
import type { Answer, Call } from './api.ts'

/** A call that the run has made, as it ended. */
export interface MadeCall extends Call {
  /** Counted from 1. */
  readonly number: number
  readonly atMs: number
  /** The daemon's status; `lost` when the run got no answer. */
  result: number | 'lost' | 'open'
}

/**
 * What goes wrong at a call. `election` has the words that a manager has for a lost leader, for an election that takes
 * 20 s, and for a swarm that has no leader.
 */
export type Fault =
  /** The connection breaks before the daemon has seen the call, or after it has done it. */
  | { readonly kind: 'connection-lost' | 'answer-lost' }
  | { readonly kind: 'election'; readonly as: 'lost-leader' | 'deadline' | 'no-leader'; readonly done?: boolean }
  /** The daemon's answer of an error; unless told with nothing done. */
  | { readonly kind: 'error'; readonly status: number; readonly message: string; readonly done?: boolean }
  /** Nothing is answered for so many seconds; then all goes on. */
  | { readonly kind: 'stall'; readonly seconds: number; readonly done?: boolean }
  /**
   * A leader that comes back has not caught up yet: what the same read, by its query too, was answered the first time, or
   * nothing at all. A change is done.
   */
  | { readonly kind: 'out-of-date' | 'empty-store' }
  /** An answer of 200 that is no JSON. */
  | { readonly kind: 'garbage' }
  /** Somebody does something at that moment: another deploy, a removal, a stop of the run. */
  | { readonly kind: 'meanwhile'; readonly act: () => void | Promise<void> }

/** Where a fault strikes. */
export interface Strike {
  readonly fault: Fault
  /** The number of the call among all calls of the run, or a pattern on `METHOD /path`. */
  readonly at: number | RegExp
  /** Of the calls that match: from which on, counted from 1, and how many of them; the first one unless told. */
  readonly from?: number
  readonly times?: number
  /** Before the daemon does what is asked, or after; before unless told. Only for what somebody does meanwhile. */
  readonly when?: 'before' | 'after'
}

const ELECTION = {
  'lost-leader': 'rpc error: code = Unknown desc = raft: failed to process the request: node lost leader status',
  deadline: 'rpc error: code = DeadlineExceeded desc = context deadline exceeded',
  'no-leader':
    "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are online. Make sure more than half of the managers are online.",
} as const

/** A leader that was killed and comes back says so at once, to every change. */
export const RETURNING: Fault = { kind: 'error', status: 500, message: ELECTION['lost-leader'] }

/** A manager gives an election so long (moby, daemon/cluster/cluster.go). */
const ELECTION_SECONDS = { 'lost-leader': 12, deadline: 20, 'no-leader': 0.03 } as const
/** A call over a socket on the same machine. */
const CALL_MS = 2

/** Passes calls on to the daemon, keeps a list of them, and lets faults strike. */
export class Faults {
  readonly calls: MadeCall[] = []
  readonly #strikes: { readonly strike: Strike; seen: number }[] = []
  readonly #firstAnswers = new Map<string, Answer>()

  add(...strikes: readonly Strike[]): void {
    this.#strikes.push(...strikes.map((strike) => ({ strike, seen: 0 })))
  }

  /** Forgets calls and faults: for the next run. */
  clear(): void {
    this.calls.length = 0
    this.#strikes.length = 0
    this.#firstAnswers.clear()
  }

  /** @throws ConnectionLost, EngineError or the signal's abort, as the engine's calls do */
  async pass(
    call: Call,
    daemon: (call: Call) => Answer,
    signal: AbortSignal | undefined,
    limitMs: number,
  ): Promise<Answer> {
    const made: MadeCall = { ...call, number: this.calls.length + 1, atMs: nowMs(), result: 'open' }
    this.calls.push(made)
    const struck = this.#strikingAt(made)
    try {
      const answer = await within(this.#play(call, struck, daemon), signal, limitMs)
      made.result = answer.status
      return answer
    } catch (error) {
      made.result = error instanceof EngineError ? error.status : 'lost'
      throw error
    }
  }

  #strikingAt(made: MadeCall): Strike[] {
    const line = `${made.method} ${made.path}`
    return this.#strikes.flatMap((one) => {
      const { at, from = 1, times = 1 } = one.strike
      const fits = typeof at === 'number' ? made.number >= at : at.test(line)
      if (!fits) return []
      one.seen++
      return one.seen >= from && one.seen < from + times ? [one.strike] : []
    })
  }

  async #play(call: Call, strikes: readonly Strike[], daemon: (call: Call) => Answer): Promise<Answer> {
    let answer: Answer | undefined
    const done = () => {
      answer ??= daemon(call)
      return answer
    }
    for (const { fault, when = 'before' } of strikes) {
      switch (fault.kind) {
        case 'connection-lost':
          throw new ConnectionLost('the connection broke')
        case 'answer-lost':
          done()
          throw new ConnectionLost('the connection broke')
        case 'election':
          if (fault.done === true) done()
          await sleep(ELECTION_SECONDS[fault.as] * 1000)
          throw new EngineError(500, ELECTION[fault.as])
        case 'error':
          if (fault.done === true) done()
          throw new EngineError(fault.status, fault.message)
        case 'stall':
          if (fault.done === true) done()
          await sleep(fault.seconds * 1000)
          break
        case 'out-of-date':
          answer = this.#firstAnswers.get(readOf(call))
          break
        case 'empty-store':
          if (!/^\/[a-z]+$/.test(call.path)) throw new EngineError(404, `${call.path} not found`)
          answer = { status: 200, body: [] }
          break
        case 'garbage':
          throw new Unreadable('the daemon answers with HTML')
        case 'meanwhile':
          if (when === 'after') done()
          await fault.act()
      }
    }
    await sleep(CALL_MS)
    const { status, body } = done()
    const read = readOf(call)
    if (call.method === 'GET' && !this.#firstAnswers.has(read)) this.#firstAnswers.set(read, { status, body })
    if (status < 400) return { status, body }
    throw new EngineError(status, (body as { message: string }).message)
  }
}

/** What tells one read from another. */
function readOf({ method, path, query }: Call): string {
  return `${method} ${path} ${JSON.stringify(query)}`
}

/** The run gives up on a call when it is stopped, or when it has no more patience. */
function within(answer: Promise<Answer>, signal: AbortSignal | undefined, limitMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      end()
      reject(new TooLate(`the docker daemon did not answer within ${limitMs / 1000} s`))
    }, limitMs)
    const stop = () => {
      end()
      const isLate = signal?.reason?.name === 'TimeoutError'
      const stopped = new DOMException('This operation was aborted', { name: 'AbortError', cause: signal?.reason })
      reject(isLate ? new TooLate(`the docker daemon did not answer: ${signal?.reason.message}`) : stopped)
    }
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
    answer.then(resolve, reject).finally(end)
    if (signal?.aborted) return stop()
    signal?.addEventListener('abort', stop, { once: true })
  })
}
