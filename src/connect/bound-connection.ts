import type { CommandOptions, DockerCli } from '../docker/cli/cli.ts'
import { type Engine, type RequestOptions, TooLate } from '../docker/engine/engine.ts'
import { messageOf } from '../errors.ts'
import type { Connection } from './connection.ts'

/**
 * A connection with calls that all end at a limit, whatever signals they are given.
 *
 * @param limit aborted when they have to end: asked for at the beginning of each call
 * @param onAnswer told of each call that was answered
 */
export function boundConnection(connection: Connection, limit: () => AbortSignal, onAnswer: () => void): Connection {
  const { engine, docker } = connection
  return { ...connection, engine: boundEngine(engine, limit, onAnswer), docker: boundCli(docker, limit) }
}

function boundEngine(engine: Engine, limit: () => AbortSignal, onAnswer: () => void): Engine {
  const bound = async <T>(method: string, path: string, options: RequestOptions | undefined, ask: Ask<T>) => {
    const within = withLimit(options, limit())
    try {
      const answer = await ask(path, within)
      onAnswer()
      return answer
    } catch (error) {
      throw isEndedInTime(error, within) ? unanswered(`${method} ${path}`, within, error) : error
    }
  }
  return {
    get apiVersion() {
      return engine.apiVersion
    },
    get: <T>(path: string, options?: RequestOptions) => bound<T>('GET', path, options, engine.get),
    post: <T>(path: string, options?: RequestOptions) => bound<T>('POST', path, options, engine.post),
    remove: (path, options) => bound('DELETE', path, options, engine.remove),
    bytes: (path, options) => bound('GET', path, options, engine.bytes),
    lines: (path, options) => engine.lines(path, withLimit(options, limit())),
    forward: (request) => engine.forward(request),
    close: () => engine.close(),
  }
}

type Ask<T> = (path: string, options: RequestOptions) => Promise<T>

function boundCli(docker: DockerCli, limit: () => AbortSignal): DockerCli {
  return {
    start: (args) => docker.start(args),
    run: async (args, options) => {
      const within = withLimit<CommandOptions>(options, limit())
      try {
        return await docker.run(args, within)
      } catch (error) {
        throw isEndedInTime(error, within)
          ? new Error(`docker ${commandIn(args)} did not end`, { cause: error })
          : error
      }
    },
  }
}

interface Limited {
  readonly signal?: AbortSignal
}

function withLimit<T extends Limited>(
  options: T | undefined,
  limit: AbortSignal,
): T & { readonly signal: AbortSignal } {
  // Always one of its own: Node 20 warns of a signal that more than ten listen to.
  const signal = AbortSignal.any(options?.signal === undefined ? [limit] : [options.signal, limit])
  return { ...(options as T), signal }
}

/** An abort by a time limit, which says nothing of what it has ended. */
function isEndedInTime(error: unknown, { signal }: { readonly signal: AbortSignal }): boolean {
  const isLimit = (signal.reason as Error | undefined)?.name === 'TimeoutError'
  return isLimit && (error as Error).name === 'AbortError'
}

function unanswered(request: string, { signal }: { readonly signal: AbortSignal }, cause: unknown): TooLate {
  const reason = messageOf(signal.reason)
  return new TooLate(`the docker daemon did not answer ${request}: ${reason}`, { cause, reason })
}

/** `service create` of `--config /tmp/x service create --name web`. */
function commandIn(args: readonly string[]): string {
  const start = args[0] === '--config' ? 2 : 0
  return args.slice(start, start + 2).join(' ')
}
