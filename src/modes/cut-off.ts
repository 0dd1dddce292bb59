import { messageOf } from '../errors.ts'
import { log } from '../runner/log/log.ts'
import { endMarked, isAlive, pidNamespace } from '../runner/processes/survivors.ts'
import { someOf } from '../runner/text/some-of.ts'
import { type RunState, readState } from '../runner/workspace/state.ts'
import { markOf, removeWorkspace } from '../runner/workspace/workspace.ts'
import { leftWorkspaces } from '../runner/workspace/workspace-path.ts'

/** Runs that were cut off, as far as what they have left on this machine tells. */

export const MOST_SERVICES_TOLD = 20

/**
 * Removes the files of runs of this machine that were killed and have no `post`, for no runner started them, and says
 * what they were about. What they have left on a swarm stays: it may be another one than that of this run.
 */
export async function cleanUpAfterKilled(): Promise<void> {
  const here = pidNamespace()
  for (const directory of here === '' ? [] : await leftWorkspaces()) {
    const state = await readState(directory)
    const isLeft = state !== undefined && state.step === '' && state.namespace === here && !state.hasLeftFiles
    if (!isLeft || isAlive(state)) continue
    await endMarked(markOf(directory))
    await removeWorkspace(directory).catch((error: unknown) => log.warning(`Not removed: ${messageOf(error)}`))
    const names = [...state.services.keys()]
    const underWay = names.length === 0 ? whatIsChanged(state) : `under way were ${someOf(names, MOST_SERVICES_TOLD)}`
    log.warning(`An earlier run here was cut off ${where(state)}, and its files are removed now: ${underWay}`)
  }
}

export function whatIsChanged({ storesCredentials, removes }: RunState): string {
  if (removes) return 'what it had removed by then is gone. Run it again, and it goes on with the rest'
  return storesCredentials
    ? 'the credentials that were stored by then stay, and no task was touched'
    : 'no service was changed'
}

/** At which point it was cut off. */
export function where({ stage }: RunState): string {
  return stage === '' ? 'before its first stage' : `in the stage “${stage}”`
}
