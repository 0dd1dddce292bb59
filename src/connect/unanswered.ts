import type { Run } from './run.ts'

/** What a change came to of which nobody knows whether the swarm has taken it, for its answer did not come. */
export interface Unanswered {
  readonly outcome: 'cancelled' | 'timed-out' | 'failed'
  readonly why: string
}

/**
 * What has ended a call without an answer: a stop or the time of the run is none of docker's doing.
 *
 * @param said what the call threw, in words
 */
export function unanswered(said: string, { signal, time }: Pick<Run, 'signal' | 'time'>): Unanswered {
  if (signal.aborted) return { outcome: 'cancelled', why: 'the run was stopped before it answered' }
  return { outcome: time.isOver ? 'timed-out' : 'failed', why: said }
}
