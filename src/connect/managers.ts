import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import type { SystemInfo } from '../docker/api.ts'
import { type DockerCli, dockerCli } from '../docker/cli/cli.ts'
import { apiVersionProblem, type VersionRange } from '../docker/engine/api-version.ts'
import { connectEngine } from '../docker/engine/connect-engine.ts'
import { isElection } from '../docker/engine/election.ts'
import {
  ConnectionLost,
  type Engine,
  EngineError,
  TooLate,
  tellCallError,
  wordsOfError,
} from '../docker/engine/engine.ts'
import { ENDED_WITHOUT_ANSWER } from '../docker/engine/http-over-pipe.ts'
import { type Daemons, patientEngine, type Trouble } from '../docker/engine/patience.ts'
import { noteSwarmTime } from '../docker/swarm/swarm-time.ts'
import { messageOf, UserError } from '../errors.ts'
import { log } from '../runner/log/log.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { idle, nowMs, timeLimit } from '../runner/time/clock.ts'
import { retry } from '../runner/time/retry.ts'
import { mayPass, notManaging } from './manager-state.ts'
import type { Route } from './route.ts'

/** A host or context that may lead to a manager. */
export interface Candidate {
  /** As the user wrote it. */
  readonly text: string
  open(): Promise<Route>
}

/** A manager of the swarm, with the route to it open. */
interface Manager {
  readonly candidate: Candidate
  readonly route: Route
  readonly docker: DockerCli
  readonly engine: Engine
  /** Of the daemon: `28.3.3`. */
  readonly version: string
}

/** A daemon that has just lost its connections may be back in a moment. */
const SECOND_LOOK_MS = 500
/** Of a daemon, or of what stands in for it. */
const MOST_VERSION_CHARACTERS = 100
/** A daemon that is not frozen answers a ping at once; a slow one, or one far away, within this. */
const PING_SECONDS = 10
/** One that manages says so at once; without a leader it takes 20 s, and there may be another that has one. */
const STILL_LIMIT_MS = 10_000
/** The route to another has to be opened first. */
const ASK_LIMIT_MS = 25_000
/** Longer than an election, and than the time for which calls are patient. */
const SEARCH_SECONDS = 120
/** An election takes up to 24 s; a run that begins in one waits for it. */
const ELECTION_PATIENCE_SECONDS = 60
/** A daemon that takes connections and does not answer them is being started, or nobody's. */
const NO_ANSWER_PATIENCE_SECONDS = 15
const LOOK_EVERY_MS = 1000

/**
 * The managers that a run may use, one of them at a time. Calls and docker commands go to the one in use, whichever
 * that is at the moment. When it is silent, has no leader, manages no more or loses its connections, the next that
 * manages takes its place.
 */
export class Managers implements Daemons, Disposable {
  readonly #candidates: readonly Candidate[]
  readonly #configDirectory: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #cliIn: typeof dockerCli
  #current: Manager | undefined
  #search: Promise<void> | undefined
  #disposed = false
  #toldTrouble: Trouble | undefined

  /**
   * @param headers sent with every request: the user's `HttpHeaders`
   * @param cliIn the docker CLI with an environment
   */
  constructor(
    candidates: readonly Candidate[],
    configDirectory: string,
    headers: Readonly<Record<string, string>>,
    cliIn: typeof dockerCli = dockerCli,
  ) {
    this.#cliIn = cliIn
    this.#candidates = candidates
    this.#configDirectory = configDirectory
    this.#headers = headers
  }

  /** The docker CLI, tied to the manager in use. */
  readonly docker: DockerCli = {
    run: (args, options) => this.#inUse().docker.run(args, options),
    start: (args) => this.#inUse().docker.start(args),
  }

  /** The Engine API of the manager in use, patient with what passes. */
  readonly engine: Engine = patientEngine(this)

  /**
   * Opens the first route that leads to a manager. While they have no leader it waits for the election, and a little
   * while one ends its connections without an answer.
   *
   * @throws UserError with the reason of the only host, or of each
   */
  async connect(signal: AbortSignal): Promise<void> {
    const found = await retry(
      (round) => this.#enterFirst(round, signal),
      (error, { number, elapsedMs }) => {
        if (!(error instanceof NoManager)) return undefined
        const waitedFor = error.refusals.find(({ patienceSeconds }) => elapsedMs < patienceSeconds * 1000)
        if (waitedFor === undefined) return undefined
        if (number === 1) log.info(`${waitedFor.message}: this is waited for`)
        return LOOK_EVERY_MS
      },
      signal,
    )
    const { candidate, engine, version } = found
    log.info(
      `Connected to ${candidate.text}: Docker ${safeLine(String(version), MOST_VERSION_CHARACTERS)}, API ${engine.apiVersion}, a manager of the swarm`,
    )
    this.#use(found)
  }

  /** @throws NoManager when no candidate is one */
  async #enterFirst(round: number, signal: AbortSignal): Promise<Manager> {
    const refusals: Refusal[] = []
    for (const candidate of this.#candidates) {
      const found = await this.#enter(candidate, signal)
      if (!(found instanceof Refusal)) return found
      refusals.push(found)
      if (this.#candidates.length > 1 && round === 1) log.info(`Passed over: ${found.message}`)
    }
    throw new NoManager(refusals)
  }

  /** Opens the route to a candidate, and looks whether a manager is there. */
  async #enter(candidate: Candidate, signal: AbortSignal): Promise<Manager | Refusal> {
    let route: Route
    try {
      route = await candidate.open()
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      return new Refusal(`${candidate.text}: ${error.message}`, error)
    }
    const manager = await this.#tryRoute(candidate, route, signal).catch((error: unknown) => {
      route[Symbol.dispose]()
      throw error
    })
    if (manager instanceof Refusal) route[Symbol.dispose]()
    return manager
  }

  /** Connects over an open route, and asks whether what is there manages the swarm. */
  async #tryRoute(candidate: Candidate, route: Route, signal: AbortSignal): Promise<Manager | Refusal> {
    const docker = this.#cliIn({ ...route.env, DOCKER_CONFIG: this.#configDirectory })
    const dial = () => this.#watched(docker.start(['system', 'dial-stdio']), route)
    const address = { host: candidate.text, headers: this.#headers, dial, explain: route.explain }
    let engine: Engine | undefined
    try {
      engine = await connectEngine(address, signal, this.#current && PING_SECONDS)
      const info = await engine.get<SystemInfo>('/info', { signal })
      const problem =
        notManaging(info, candidate.text) ??
        (await versionProblem(engine, route.env.DOCKER_API_VERSION, candidate, signal))
      if (problem === undefined) {
        noteSwarmTime(this.engine, info)
        return { candidate, route, docker, engine, version: info.ServerVersion }
      }
      engine.close()
      return new Refusal(problem, undefined, mayPass(info.Swarm) ? ELECTION_PATIENCE_SECONDS : 0)
    } catch (error) {
      engine?.close()
      if (!(error instanceof ConnectionLost || error instanceof EngineError)) throw error
      const reason = engine !== undefined && error instanceof TooLate ? BUSY_WITH_SWARM : reasonOf(error, route)
      return new Refusal(`the docker daemon at ${candidate.text} cannot be used: ${reason}`, error, patienceWith(error))
    }
  }

  #use(manager: Manager): void {
    const before = this.#current
    this.#current = manager
    before?.engine.close()
    if (before !== undefined && before.route !== manager.route) before.route[Symbol.dispose]()
  }

  #inUse(): Manager {
    if (this.#current === undefined) throw new ConnectionLost('no manager of the swarm can be reached')
    return this.#current
  }

  get current(): Engine {
    return this.#inUse().engine
  }

  get hasOthers(): boolean {
    return this.#candidates.length > 1
  }

  get isClosed(): boolean {
    return this.#disposed
  }

  onTrouble(trouble: Trouble, from: Engine, error?: Error): void {
    const current = this.#current
    if (current === undefined || from !== current.engine || this.#disposed) return
    // Said once until all is well again.
    if (this.#toldTrouble !== trouble && trouble !== 'silent') {
      const said = error instanceof ConnectionLost ? error.reason : messageOf(error)
      const told = error instanceof TooLate ? TOO_LATE : TOLD[trouble]
      log.info(`${current.candidate.text}: ${told}: ${safeLine(said)}`)
      this.#toldTrouble = trouble
    }
    if (this.hasOthers) this.#find()
  }

  onAnswer(): void {
    if (this.#toldTrouble !== undefined) log.info(`${this.#current?.candidate.text}: the swarm answers again`)
    this.#toldTrouble = undefined
  }

  /** A connection that ends by itself is the sign that the manager may be gone. */
  #watched(child: ChildProcessWithoutNullStreams, route: Route): ChildProcessWithoutNullStreams {
    child.once('close', (_code, killedBy) => {
      const mayBeGone = killedBy === null && route === this.#current?.route && !this.#disposed
      if (mayBeGone && this.hasOthers) this.#find()
    })
    return child
  }

  /** Looks for another manager when the one in use does not manage any more. One search at a time. */
  #find(): void {
    this.#search ??= this.#replace()
      .catch((error: unknown) => log.warning(`No other manager was found: ${wordsOfError(error)}`))
      .finally(() => {
        this.#search = undefined
      })
  }

  async #replace(): Promise<void> {
    const before = this.#current
    const deadline = nowMs() + SEARCH_SECONDS * 1000
    await idle(SECOND_LOOK_MS)
    if (before === undefined || this.#disposed || (await this.#stillManages(before))) return
    const at = this.#candidates.indexOf(before.candidate)
    const others = [...this.#candidates.slice(at + 1), ...this.#candidates.slice(0, at)]
    while (!this.#disposed && nowMs() < deadline) {
      for (const candidate of others) {
        const found = await this.#enter(candidate, timeLimit(ASK_LIMIT_MS))
        if (found instanceof Refusal) {
          log.debug(found.message)
        } else if (this.#disposed) {
          found.engine.close()
          return found.route[Symbol.dispose]()
        } else {
          log.warning(
            `${before.candidate.text} is no longer a manager that answers: the run goes on with ${candidate.text}`,
          )
          return this.#use(found)
        }
      }
      if (await this.#stillManages(before)) return
      await idle(LOOK_EVERY_MS)
    }
  }

  /** Over a new connection: those that there are may be dead, or busy. */
  async #stillManages({ candidate, route }: Manager): Promise<boolean> {
    const found = await this.#tryRoute(candidate, route, timeLimit(STILL_LIMIT_MS)).catch((error: unknown) => error)
    if (found instanceof Error) return false
    ;(found as Manager).engine.close()
    return true
  }

  [Symbol.dispose](): void {
    this.#disposed = true
    this.#current?.engine.close()
    this.#current?.route[Symbol.dispose]()
  }
}

/** The connection itself may be as good as before. */
const TOO_LATE = 'a call was not answered in time, and the connection is made again'

const TOLD: Readonly<Record<Trouble, string>> = {
  'no-leader': 'the swarm has no leader, which is waited for',
  'no-connection': 'the connection is lost, and made again',
  silent: 'there is no answer',
  unreadable: 'the answer cannot be understood, and is asked for again',
  'no-manager': 'it manages the swarm no longer',
  locked: 'its swarm is locked, which is waited for',
}

/** Why a candidate is no manager now, in the user's words. */
class Refusal extends UserError {
  /** For how long it may be worth to ask again, since the first time. */
  readonly patienceSeconds: number

  constructor(message: string, cause: unknown, patienceSeconds = 0) {
    super(message, { cause })
    this.patienceSeconds = patienceSeconds
  }
}

function patienceWith(error: ConnectionLost | EngineError): number {
  if (error instanceof EngineError) return isElection(error.message) ? ELECTION_PATIENCE_SECONDS : 0
  return error.reason === ENDED_WITHOUT_ANSWER ? NO_ANSWER_PATIENCE_SECONDS : 0
}

function reasonOf(error: ConnectionLost | EngineError, route: Route): string {
  return error instanceof ConnectionLost ? error.reason : refusalText(error, route)
}

/** It has answered, but not what its swarm is like: of that a manager asks the leader, and waits for one. */
const BUSY_WITH_SWARM =
  'it is there, and has not said in time how its swarm is, as a manager without a leader does: look at whether most of the managers are up and reach each other'

async function versionProblem(
  engine: Engine,
  asked: string | undefined,
  { text }: Candidate,
  signal: AbortSignal,
): Promise<string | undefined> {
  return asked ? apiVersionProblem(asked, await engine.get<VersionRange>('/version', { signal }), text) : undefined
}

function refusalText(error: EngineError, { explain }: Route): string {
  const said = safeLine(error.message)
  const explained = explain(said)
  // That an API is too old is our own word, and no answer.
  return explained !== said || error.asked === undefined ? explained : (tellCallError(error) ?? said)
}

/** No candidate is a manager, each for its own reason. */
class NoManager extends UserError {
  readonly refusals: readonly Refusal[]

  constructor(refusals: readonly Refusal[]) {
    const [first] = refusals
    const reasons = refusals.map(({ message }) => message).join('; ')
    if (first !== undefined && refusals.length === 1) super(first.message, { cause: first.cause })
    else super(`none of the ${refusals.length} hosts can be used: ${reasons}`)
    this.refusals = refusals
  }
}
