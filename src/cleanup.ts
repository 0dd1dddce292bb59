import { connect } from './connection.ts'
import { messageOf } from './errors.ts'
import { readReach } from './inputs.ts'
import { lockOfMain, releaseLeft } from './lock.ts'
import { timeLimit } from './runner/clock.ts'
import { log } from './runner/log.ts'
import { createWorkspace, removeWorkspace, workspaceOfMain } from './runner/workspace.ts'

const UNLOCK_LIMIT_MS = 60_000

/**
 * The step's `post`: removes what main left behind when it was killed, and releases its locks. After a main that
 * ended by itself there is nothing to do. It never fails the job.
 */
export async function cleanUp(): Promise<void> {
  const directory = workspaceOfMain()
  if (directory !== undefined) {
    await removeWorkspace(directory).catch((error: unknown) => log.warning(`Not cleaned up: ${messageOf(error)}`))
  }
  const token = lockOfMain()
  if (token !== undefined) {
    await unlock(token).catch((error: unknown) =>
      log.warning(`The lock of this step was not released, and expires by itself: ${messageOf(error)}`),
    )
  }
}

async function unlock(token: string): Promise<void> {
  await using workspace = await createWorkspace()
  const reach = readReach(process.env)
  using connection = await connect({ reach }, workspace, process.env, timeLimit(UNLOCK_LIMIT_MS))
  await releaseLeft(token, connection)
  log.info('The lock that the stopped run held is released')
}
