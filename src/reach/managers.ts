import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import type { SystemInfo } from '../docker/api.ts'
import { type DockerCli, dockerCli } from '../docker/cli.ts'
import { ConnectionLost, connectEngine, type Engine } from '../docker/engine.ts'
import { messageOf, UserError } from '../errors.ts'
import { idle, nowMs, timeLimit } from '../runner/clock.ts'
import { log } from '../runner/log.ts'
import { notManaging } from './standing.ts'
import type { Way } from './way.ts'

/** A way that may be opened. */
export interface Door {
  /** As the user wrote it. */
  readonly text: string
  open(): Promise<Way>
}

/** A daemon that has just lost its connections may be back in a moment. */
const SECOND_LOOK_MS = 500
const ASK_LIMIT_MS = 25_000
/** Longer than an election, and than the time for which watching is patient. */
const SEARCH_SECONDS = 120

/**
 * The managers that a run may use, one of them at a time. Docker commands go to the one in use, whichever that is at
 * the moment.
 */
export class Managers implements Disposable {
  readonly #doors: readonly Door[]
  readonly #configDirectory: string
  #way: Way | undefined
  #cli: DockerCli | undefined
  #search: Promise<void> | undefined
  #connected = false
  #disposed = false

  constructor(doors: readonly Door[], configDirectory: string) {
    this.#doors = doors
    this.#configDirectory = configDirectory
  }

  /** The docker CLI, tied to the manager in use. */
  readonly docker: DockerCli = {
    run: (args, options) => this.#current().run(args, options),
    start: (args) => this.#watched(this.#current().start(args)),
  }

  /**
   * Opens the first way that leads to a manager.
   *
   * @throws UserError with the reason of the only host, or of each
   */
  async connect(headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Engine> {
    const reasons: string[] = []
    for (const door of this.#doors) {
      try {
        const engine = await this.#enter(door, headers, signal)
        this.#connected = true
        return engine
      } catch (error) {
        this.#leave()
        if (!(error instanceof UserError)) throw error
        reasons.push(error.message)
        if (this.#doors.length > 1) log.info(`Passed over: ${error.message}`)
      }
    }
    const [only = ''] = reasons
    if (reasons.length <= 1) throw new UserError(only)
    throw new UserError(`none of the ${reasons.length} hosts can be used: ${reasons.join('; ')}`)
  }

  async #enter(door: Door, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Engine> {
    const way = await this.#open(door)
    const engine = await connectEngine(() => this.docker.start(['system', 'dial-stdio']), headers, signal).catch(
      (error: unknown) => {
        signal.throwIfAborted()
        throw cannotBeUsed(way, error)
      },
    )
    try {
      const info = await engine.get<SystemInfo>('/info', { signal })
      const problem = notManaging(info.Swarm, door.text)
      if (problem !== undefined) throw new UserError(problem)
      log.info(
        `Connected to ${door.text}: Docker ${info.ServerVersion}, API ${engine.apiVersion}, a manager of the swarm`,
      )
      return engine
    } catch (error) {
      engine.close()
      throw error instanceof ConnectionLost ? cannotBeUsed(way, error) : error
    }
  }

  async #open(door: Door): Promise<Way> {
    const way = await door.open().catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error
      throw new UserError(`${door.text}: ${error.message}`, { cause: error })
    })
    this.#way = way
    this.#cli = dockerCli({ ...way.env, DOCKER_CONFIG: this.#configDirectory })
    return way
  }

  #leave(): void {
    this.#way?.[Symbol.dispose]()
    this.#way = undefined
    this.#cli = undefined
  }

  #current(): DockerCli {
    if (this.#cli === undefined) throw new ConnectionLost('no manager of the swarm can be reached')
    return this.#cli
  }

  /** A connection that ends by itself is the sign that the manager may be gone. */
  #watched(child: ChildProcessWithoutNullStreams): ChildProcessWithoutNullStreams {
    const way = this.#way
    child.once('close', (_code, killedBy) => {
      const mayBeGone = killedBy === null && way === this.#way && this.#connected && !this.#disposed
      if (mayBeGone && this.#doors.length > 1) this.#find()
    })
    return child
  }

  /** Looks for another manager when the one in use does not manage any more. One search at a time. */
  #find(): void {
    this.#search ??= this.#replace()
      .catch((error: unknown) => log.warning(`No other manager was found: ${messageOf(error)}`))
      .finally(() => {
        this.#search = undefined
      })
  }

  async #replace(): Promise<void> {
    const before = this.#way
    const deadline = nowMs() + SEARCH_SECONDS * 1000
    await idle(SECOND_LOOK_MS)
    if (before === undefined || this.#disposed) return
    if ((await this.#problemOf(before)) === undefined) return
    const at = this.#doors.findIndex(({ text }) => text === before.text)
    const others = [...this.#doors.slice(at + 1), ...this.#doors.slice(0, at + 1)]
    while (!this.#disposed && nowMs() < deadline) {
      for (const door of others) {
        const way = await door.open().catch((error: unknown) => messageOf(error))
        const problem = typeof way === 'string' ? way : await this.#problemOf(way)
        if (typeof way === 'string' || problem !== undefined || this.#disposed) {
          if (typeof way !== 'string') way[Symbol.dispose]()
          log.debug(`${door.text}: ${problem}`)
          continue
        }
        log.warning(`${before.text} is no longer a manager that answers: the run goes on with ${door.text}`)
        this.#leave()
        this.#way = way
        this.#cli = dockerCli({ ...way.env, DOCKER_CONFIG: this.#configDirectory })
        return
      }
      await idle(1000)
    }
  }

  /** Why a way does not lead to a manager now. */
  async #problemOf(way: Way): Promise<string | undefined> {
    const docker = dockerCli({ ...way.env, DOCKER_CONFIG: this.#configDirectory })
    const signal = timeLimit(ASK_LIMIT_MS)
    try {
      const { code, stdout, stderr } = await docker.run(['info', '--format', '{{json .Swarm}}'], { signal })
      if (code !== 0) return way.explain(stderr.trim())
      return notManaging(JSON.parse(stdout) as SystemInfo['Swarm'], way.text)
    } catch (error) {
      return messageOf(error)
    }
  }

  [Symbol.dispose](): void {
    this.#disposed = true
    this.#leave()
  }
}

function cannotBeUsed(way: Way, error: unknown): UserError {
  return new UserError(`the docker daemon at ${way.text} cannot be used: ${way.explain(messageOf(error))}`, {
    cause: error,
  })
}
