import type { Workspace } from '../runner/workspace/workspace.ts'
import type { Connection } from './connection.ts'
import type { RunTime } from './run-time.ts'

/** What the stages of a run have at hand. */
export interface Run {
  /** The way to a manager of the swarm. */
  readonly connection: Connection
  /** A place for what is secret. */
  readonly workspace: Workspace
  /** What is left of the time of the run. */
  readonly time: RunTime
  /** Aborted when the runner wants the run to stop; in a stage before the first change also when its time is over. */
  readonly signal: AbortSignal
}
