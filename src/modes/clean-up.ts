import { type Connection, connect } from '../connect/connection.ts'
import { messageOf } from '../errors.ts'
import { readInputs, readReach } from '../inputs/read.ts'
import { releaseLeft } from '../lock/lock.ts'
import { removalByHand, removeOfRun } from '../prepare/passing-services.ts'
import { log, speakForAll } from '../runner/log/log.ts'
import { endMarked, isAlive, stopMain } from '../runner/processes/survivors.ts'
import { someOf } from '../runner/text/some-of.ts'
import { timeLimit } from '../runner/time/clock.ts'
import { retry } from '../runner/time/retry.ts'
import { directoriesLeft, savedByMain } from '../runner/workspace/left-by-main.ts'
import { type RunState, readState, stepIdentity } from '../runner/workspace/state.ts'
import { createWorkspace, markOf, removeWorkspace, type Workspace } from '../runner/workspace/workspace.ts'
import { isThere } from '../runner/workspace/workspace-path.ts'
import { settle, unknown } from './aftermath.ts'
import { MOST_SERVICES_TOLD, whatIsChanged, where } from './cut-off.ts'

const LIMIT_MS = 90_000
/** Whatever killed main may have cut the connection too, for a moment. Main had one: so it is tried again. */
const CONNECT_LIMIT_MS = 45_000
const AGAIN_MS = 2000

/** What there is of a main that did not clean up by itself. */
interface Leftover {
  readonly directory: string
  readonly state: RunState | undefined
}

/**
 * The step's `post`. Some runners end main without notice, some start post while main still runs, and some start it
 * without the state that main has saved. So it stops what still runs, removes what main left behind, says what was
 * under way, and releases the locks. After a main that ended by itself there is nothing to do. It never fails the job.
 */
export async function cleanUp(): Promise<void> {
  speakForAll((error) => log.warning(`Not all was cleaned up: ${messageOf(error)}`))
  await cleanUpAfterMain().catch((error: unknown) => log.warning(`Not cleaned up: ${messageOf(error)}`))
}

async function cleanUpAfterMain(): Promise<void> {
  const killed: RunState[] = []
  const locks = new Set<string>([savedByMain('lock') ?? ''])
  for (const leftover of await leftovers()) {
    const state = await endRun(leftover)
    if (state === 'ended-by-itself') locks.delete(savedByMain('lock') ?? '')
    else if (state?.hasLeftFiles) log.info('The accounts that this step has left for later ones are removed')
    else if (state !== undefined) killed.push(state)
  }
  for (const { lock } of killed) locks.add(lock)
  locks.delete('')
  if (killed.length === 0 && locks.size === 0) return
  const hasLeftNothing = killed.every(({ services, pulls }) => services.size === 0 && pulls === '')
  if (locks.size === 0 && hasLeftNothing) return killed.forEach(tellUnchanged)
  try {
    await onTheSwarm((connection, signal) => settleAll(killed, locks, connection, signal))
  } catch (error) {
    for (const state of killed) tell(state, unknown(state, messageOf(error)))
    const commands = killed.flatMap(({ pulls }) => (pulls === '' ? [] : [`\`${removalByHand(pulls)}\``]))
    if (commands.length > 0) {
      log.warning(
        `Not removed: the services that this step had on the nodes for a while. A later deploy does it, or on a manager ${commands.join(', ')}: ${messageOf(error)}`,
      )
    }
    if (locks.size > 0) {
      log.warning(`The lock of this step was not released, and expires by itself: ${messageOf(error)}`)
    }
  }
}

/** Of the main that this post belongs to: what the runner has kept tells it, else the files that mains leave. */
async function leftovers(): Promise<Leftover[]> {
  const directories = await directoriesLeft().catch((error: unknown) => {
    log.warning(`Not cleaned up: ${messageOf(error)}`)
    return []
  })
  const all = await Promise.all(
    directories.map(async (directory) => ({ directory, state: await readState(directory) })),
  )
  if (savedByMain('workspace') !== undefined) return all
  const step = stepIdentity(process.env)
  const ours = all.filter(({ state }) => step !== '' && state?.step === step)
  // The jobs of a matrix may be taken for one another: then one that still runs is not stopped.
  return ours.length === 1 ? ours : ours.filter(({ state }) => state !== undefined && !isAlive(state))
}

/** Ends all processes of a run, and removes what it left; its last state, as far as there is one. */
async function endRun({ directory, state }: Leftover): Promise<RunState | undefined | 'ended-by-itself'> {
  const wasAlive = state !== undefined && isAlive(state)
  if (wasAlive) log.info('The run of this step is still under way: it is stopped')
  const stopped = wasAlive && (await stopMain(state))
  const ended = await endMarked(markOf(directory))
  if (ended > 0) log.info(`Ended what the run had started and left: ${ended} ${ended === 1 ? 'process' : 'processes'}`)
  const last = (await readState(directory)) ?? state
  try {
    if (stopped && !(await isThere(directory))) {
      const names = [...state.services.keys()].join(', ')
      const underWay = names === '' ? '' : `; under way were: ${names}`
      log.warning(
        `The run was still under way ${where(state)}, and has ended in good order when it was stopped${underWay}`,
      )
      return 'ended-by-itself'
    }
    await removeWorkspace(directory)
  } catch (error) {
    log.warning(`Not cleaned up: ${messageOf(error)}`)
  }
  return last
}

/** Does something on the swarm, reached as main reached it. */
async function onTheSwarm(work: (connection: Connection, signal: AbortSignal) => Promise<void>): Promise<void> {
  const signal = timeLimit(LIMIT_MS)
  const reach = readReach(process.env)
  learnSecrets()
  await using open = await retry(
    () => connected((workspace) => connect({ reach }, workspace, process.env, signal)),
    (_error, { elapsedMs }) => (elapsedMs < CONNECT_LIMIT_MS ? AGAIN_MS : undefined),
    signal,
  )
  await work(open.connection, signal)
}

/** A connection with a workspace of its own, which goes with it, or at once when there is no connection. */
async function connected(
  connectIn: (workspace: Workspace) => Promise<Connection>,
): Promise<AsyncDisposable & { readonly connection: Connection }> {
  const workspace = await createWorkspace()
  try {
    const connection = await connectIn(workspace)
    return {
      connection,
      async [Symbol.asyncDispose]() {
        connection[Symbol.dispose]()
        await workspace[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await workspace[Symbol.asyncDispose]()
    throw error
  }
}

/** What is a secret is known from the inputs alone, and no program that is started may get one with its environment. */
function learnSecrets(): void {
  try {
    readInputs(process.env, {})
  } catch {
    // Main has said what is wrong with them.
  }
}

async function settleAll(
  killed: readonly RunState[],
  locks: ReadonlySet<string>,
  connection: Connection,
  signal: AbortSignal,
): Promise<void> {
  for (const state of killed) {
    if (state.services.size === 0) tellUnchanged(state)
    else tell(state, await settle(state, connection, signal))
    if (state.pulls === '') continue
    await removeOfRun(connection.engine, state.pulls, signal)
    log.info('The services that the stopped run had on the nodes for a while are removed')
  }
  for (const token of locks) {
    const released = await releaseLeft(token, connection)
    if (released.length > 0) log.info(`Released, for the stopped run held it: ${someOf(released)}`)
  }
}

function tellUnchanged(state: RunState): void {
  log.warning(`The run was cut off ${where(state)}: ${whatIsChanged(state)}`)
}

function tell(state: RunState, lines: readonly string[]): void {
  const shown = lines.slice(0, MOST_SERVICES_TOLD)
  const rest = lines.length - shown.length
  const more = rest > 0 ? [`and ${rest} more`] : []
  log.warning([`The run was cut off ${where(state)}, before it could report:`, ...shown, ...more].join('\n'))
}
