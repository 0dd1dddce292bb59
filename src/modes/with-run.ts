import { connect } from '../connect/connection.ts'
import type { Run } from '../connect/run.ts'
import { RunTime } from '../connect/run-time.ts'
import type { Deployment } from '../inputs/deployment.ts'
import { stage } from '../runner/log/log.ts'
import { openState } from '../runner/workspace/state.ts'
import { createWorkspace } from '../runner/workspace/workspace.ts'

/**
 * The beginning and the end that every mode has: a place for what is secret, the journal for `post`, the time, and the
 * connection to a manager. All of it is gone or closed when the work has ended.
 *
 * @param signal aborted when the runner wants the run to stop
 */
export async function withRun<T>(
  asked: Pick<Deployment, 'reach' | 'onCancel' | 'timeoutSeconds'>,
  signal: AbortSignal,
  work: (run: Run) => Promise<T>,
): Promise<T> {
  await using workspace = await createWorkspace()
  openState(workspace.directory, asked.onCancel)
  const time = new RunTime(asked.timeoutSeconds, signal)
  using connection = await stage('Connect', () =>
    time.before('Connect', (limit) => connect(asked, workspace, process.env, limit)),
  )
  return await work({ connection, workspace, signal, time })
}
