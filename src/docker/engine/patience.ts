import { nowMs } from '../../runner/time/clock.ts'
import { retry, type Tries } from '../../runner/time/retry.ts'
import { ELECTION_PATIENCE_MS, isElection, isLocked, isNoManager } from './election.ts'
import {
  ConnectionLost,
  type Engine,
  EngineError,
  type RawAnswer,
  type RawRequest,
  type RequestOptions,
  TooLate,
  Unreadable,
} from './engine.ts'
import { Freshness, OutOfDate } from './freshness.ts'

/** What keeps a call from being answered, and may pass. */
export type Trouble =
  | 'no-leader'
  | 'no-connection'
  /** Nothing has come for a while; the call goes on. */
  | 'silent'
  | 'unreadable'
  | 'no-manager'
  /** It was started anew, and somebody has to unlock its swarm. */
  | 'locked'

/**
 * How long a call is made again because of each. A daemon is started anew within a minute. What cannot be read, or comes
 * from a node that manages nothing, seldom passes.
 */
const PATIENCE_MS: Readonly<Record<Trouble, number>> = {
  'no-leader': ELECTION_PATIENCE_MS,
  'no-connection': ELECTION_PATIENCE_MS,
  silent: ELECTION_PATIENCE_MS,
  unreadable: 10_000,
  'no-manager': 20_000,
  locked: ELECTION_PATIENCE_MS,
}

/** A connection that has died while nobody used it is the most frequent trouble: another one does. */
const PAUSES_MS = [0, 250, 500]
const LONGEST_PAUSE_MS = 1000

/** A manager that has lost its leader lets a read wait for the next one, and that may not have caught up. */
const SLOW_SECONDS = 2

/** No healthy daemon takes so long, except for a registry or an election. */
const SILENCE_SECONDS = 10

/** The daemons that calls may go to. */
export interface Daemons {
  /** The one in use. After {@link Daemons.onTrouble} it may be another. */
  readonly current: Engine
  /** Whether there is another that may take its place. */
  readonly hasOthers: boolean
  /** The run is over: what still asks has no answer to wait for. */
  readonly isClosed?: boolean
  /** Told each time that a call meets trouble: time to look for another. */
  onTrouble(trouble: Trouble, from: Engine, error?: Error): void
  /** Told when a call that met trouble was answered in the end. */
  onAnswer?(): void
}

/**
 * An engine whose calls outlast what passes: they are made again while the swarm has no leader, and when the connection
 * or the answer is lost, and go to another manager when the one in use does not serve. Only calls are repeated of which
 * a second does no harm: a change that {@link RequestOptions.mayRepeat} does not say so of is made once, and after its
 * failure a look at the swarm tells what became of it.
 */
export function patientEngine(managers: Daemons): Engine {
  const freshness = new Freshness()
  const daemons = doubting(managers, freshness)
  return {
    get apiVersion() {
      return daemons.current.apiVersion
    },
    get: <T>(path: string, options?: RequestOptions) => {
      const ask = async (engine: Engine) => {
        const begunAt = nowMs()
        try {
          const answer = await engine.get<T>(path, options)
          const isSlow = nowMs() - begunAt >= SLOW_SECONDS * 1000 && !ASKS_REGISTRY.test(path)
          if (isSlow) freshness.doubt()
          return freshness.checkRead(path, answer, options?.query)
        } catch (error) {
          freshness.checkRefusal(path, error)
          throw error
        }
      }
      return askUntilAnswered(daemons, path, ask, options)
    },
    post: async <T>(path: string, options?: RequestOptions) => {
      const ask = options?.mayRepeat ? askUntilAnswered : askOnce
      const answer = await ask(daemons, path, (engine) => engine.post<T>(path, options), options)
      freshness.changed(path, options?.query)
      freshness.created(path, answer)
      return answer
    },
    remove: async (path, options) => {
      const answer = await askUntilAnswered(daemons, path, (engine) => engine.remove(path, options), options)
      freshness.removed(path)
      return answer
    },
    bytes: (path, options) => askUntilAnswered(daemons, path, (engine) => engine.bytes(path, options), options),
    lines: (path, options) => daemons.current.lines(path, options),
    forward: (request) => forwardUntilAnswered(daemons, request),
    close: () => daemons.current.close(),
  }
}

/** After trouble with one of them, an answer may be from one that has not caught up. */
function doubting(daemons: Daemons, freshness: Freshness): Daemons {
  return {
    get current() {
      return daemons.current
    },
    get hasOthers() {
      return daemons.hasOthers
    },
    get isClosed() {
      return daemons.isClosed ?? false
    },
    onTrouble(trouble, from, error) {
      if (!(error instanceof OutOfDate)) freshness.doubt()
      daemons.onTrouble(trouble, from, error)
    },
    onAnswer: () => daemons.onAnswer?.(),
  }
}

/** The same with one manager only. */
export function patient(engine: Engine): Engine {
  return patientEngine({ current: engine, hasOthers: false, onTrouble: () => undefined })
}

/** What may pass of what a call threw; `undefined` for an answer that stands. */
function troubleOf(error: unknown, path: string): Trouble | undefined {
  if (error instanceof Unreadable) return 'unreadable'
  if (error instanceof OutOfDate) return 'no-leader'
  if (error instanceof ConnectionLost) return 'no-connection'
  if (!(error instanceof EngineError)) return undefined
  // What stands in front of a daemon says so when the daemon is away.
  if (!error.isDaemons) return error.status >= 502 && error.status <= 504 ? 'no-connection' : undefined
  return ASKS_REGISTRY.test(path) ? undefined : troubleIn(error.message)
}

/** A registry's own troubles are told in the same words. */
const ASKS_REGISTRY = /^\/(?:auth$|distribution\/)/

function troubleIn(message: string): Trouble | undefined {
  if (isElection(message)) return 'no-leader'
  if (isLocked(message)) return 'locked'
  return isNoManager(message) ? 'no-manager' : undefined
}

async function askUntilAnswered<T>(
  daemons: Daemons,
  path: string,
  ask: (engine: Engine) => Promise<T>,
  options: RequestOptions = {},
): Promise<T> {
  const attempt = async (number: number) => {
    const answer = await askOnce(daemons, path, ask, options)
    if (number > 1) daemons.onAnswer?.()
    return answer
  }
  const pauseMs = (error: unknown, { number, elapsedMs }: Tries) => {
    const trouble = troubleOf(error, path)
    const isCallersLimit = options.timeoutSeconds !== undefined && error instanceof TooLate
    if (trouble === undefined || isCallersLimit || daemons.isClosed) return undefined
    const isOver = elapsedMs >= PATIENCE_MS[daemons.hasOthers ? 'no-connection' : trouble]
    return isOver ? undefined : pauseAfter(trouble, number)
  }
  return retry(attempt, pauseMs, options.signal)
}

/** In an election a second look at once would find no other answer. */
function pauseAfter(trouble: Trouble, number: number): number {
  const early = trouble === 'no-connection' ? PAUSES_MS[number - 1] : undefined
  return early ?? LONGEST_PAUSE_MS
}

async function askOnce<T>(
  daemons: Daemons,
  path: string,
  ask: (engine: Engine) => Promise<T>,
  { timeoutSeconds }: RequestOptions = {},
): Promise<T> {
  const { current: engine } = daemons
  const isLong = timeoutSeconds !== undefined || !daemons.hasOthers
  const silence = isLong ? undefined : setTimeout(() => daemons.onTrouble('silent', engine), SILENCE_SECONDS * 1000)
  try {
    return await ask(engine)
  } catch (error) {
    const trouble = troubleOf(error, path)
    if (trouble !== undefined) daemons.onTrouble(trouble, engine, error as Error)
    throw error
  } finally {
    clearTimeout(silence)
  }
}

/** What another client is answered is passed on, but for what passes. */
async function forwardUntilAnswered(daemons: Daemons, request: RawRequest): Promise<RawAnswer> {
  const path = request.path.replace(/^\/v[\d.]+/, '')
  try {
    return await askUntilAnswered(daemons, path, async (engine) => {
      const answer = await engine.forward(request)
      const said = answer.body.toString('utf8', 0, MOST_OF_A_REFUSAL)
      if (answer.status >= 400 && troubleIn(said) !== undefined) throw new Refused(answer, said)
      return answer
    })
  } catch (error) {
    if (error instanceof Refused) return error.answer
    throw error
  }
}

const MOST_OF_A_REFUSAL = 2000

class Refused extends EngineError {
  readonly answer: RawAnswer

  constructor(answer: RawAnswer, message: string) {
    super(answer.status, message)
    this.answer = answer
  }
}
