import { messageOf } from './errors.ts'
import { log } from './runner/log.ts'
import { removeWorkspace, workspaceOfMain } from './runner/workspace.ts'

/**
 * The step's `post`: removes what main left behind when it was killed. After a main that ended by itself there is
 * nothing to do. It never fails the job.
 */
export async function cleanUp(): Promise<void> {
  const directory = workspaceOfMain()
  if (directory === undefined) return
  try {
    await removeWorkspace(directory)
  } catch (error) {
    log.warning(`Not cleaned up: ${messageOf(error)}`)
  }
}
