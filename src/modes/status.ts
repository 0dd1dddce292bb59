import type { Run } from '../connect/run.ts'
import { lookAtSwarm, type SwarmStatus } from '../health/status.ts'
import type { StatusRequest } from '../inputs/modes/status.ts'
import { stage } from '../runner/log/log.ts'
import { withRun } from './with-run.ts'

/** Says what runs, and how it is. Nothing is changed, and nobody logs in. */
export function status(asked: StatusRequest, signal: AbortSignal): Promise<SwarmStatus> {
  return withRun({ ...asked, onCancel: 'keep' }, signal, (run) => statusOver(asked, run))
}

/** The same over a connection. */
export function statusOver(asked: StatusRequest, { connection, time }: Run): Promise<SwarmStatus> {
  return stage('Look at the swarm', () =>
    time.before('Look at the swarm', (limit) => lookAtSwarm(asked, time.bound(connection), limit)),
  )
}
