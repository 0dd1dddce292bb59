/**
 * Something the user can mend. The message says what is wrong, where, and what to write or do instead.
 * Everything else that is thrown is our own bug and is reported as one.
 */
export class UserError extends Error {
  override name = 'UserError'
}

/** Several things are wrong at once: each is one line that the user reads, and all are reported in one run. */
export class UserErrors extends UserError {
  override name = 'UserErrors'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/** What is wrong with what the user wrote: inputs and files. No swarm was asked. */
export class InputErrors extends UserErrors {
  override name = 'InputErrors'
}

/** The runner asked us to stop (SIGINT or SIGTERM). */
export class Cancelled extends Error {
  override name = 'Cancelled'

  constructor(signal: NodeJS.Signals) {
    super(`Stopped by ${signal}`)
  }
}

/** The runner asked us to stop, and the swarm was too slow to say what became of what was under way. */
export class CutOff extends Error {
  override name = 'CutOff'

  constructor(stop: unknown) {
    super(`${messageOf(stop)}, and the swarm did not answer in time: what it has taken of this run is not known`, {
      cause: stop,
    })
  }
}

/** Something failed after the first change may have been sent: what was changed by then is not known. */
export class Underway extends Error {
  override name = 'Underway'

  constructor(cause: unknown) {
    super(messageOf(cause), { cause })
  }
}

/**
 * What a stage threw from the first change on, for the report: what was changed by then is not known.
 *
 * @param stop that of the run
 */
export function afterFirstChange(error: unknown, stop: AbortSignal): Error {
  if (error instanceof CutOff || error instanceof Underway) return error
  return stop.aborted ? new CutOff(stop.reason) : new Underway(error)
}

/**
 * The problems that the given parts of a stage ran into, thrown together; nothing is thrown when there are none.
 *
 * @throws UserErrors with every problem of every part
 */
export function throwAll(problems: readonly string[]): void {
  if (problems.length > 0) throw new UserErrors(problems)
}

const remains = new WeakMap<object, readonly string[]>()

/** Notes on an error what stays of the run that it ends, though no service was changed: a phrase for each. */
export function withRemains(error: unknown, phrases: readonly string[]): unknown {
  if (typeof error === 'object' && error !== null && phrases.length > 0) {
    remains.set(error, [...remainsOf(error), ...phrases])
  }
  return error
}

/** Told of what stays of a run that changes no service: a phrase. @returns takes it back, for it is gone after all */
export type OnRemains = (what: string) => () => void

/** Does what a run is asked for, and notes on the error that ends it what it was told to stay. */
export async function notingRemains<T>(work: (onRemains: OnRemains) => Promise<T>): Promise<T> {
  const told = new Set<string>()
  try {
    return await work((what) => {
      told.add(what)
      return () => told.delete(what)
    })
  } catch (error) {
    throw withRemains(error, [...told])
  }
}

/** What {@link withRemains} has noted. */
export function remainsOf(error: unknown): readonly string[] {
  return (typeof error === 'object' && error !== null && remains.get(error)) || []
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
