import type { Connection } from '../connect/connection.ts'
import type { Node, Task } from '../docker/api.ts'
import type { Engine } from '../docker/engine/engine.ts'
import { swarmTime } from '../docker/swarm/swarm-time.ts'
import { lastLinesOf, logLines } from '../docker/swarm/task-logs.ts'
import {
  NODE_SOCKET,
  printedIn,
  reportIn,
  TOOLS_EXIT,
  TOOLS_TRIES,
  toolsServiceSpec,
} from '../docker/swarm/tools-service.ts'
import { storedLogin } from '../plan/credentials/stored-account.ts'
import { followNodes } from '../prepare/follow-nodes.ts'
import { cannotPull, hasNoShell, type NodeState, nameIn, nodesThatLack, whyAway } from '../prepare/node-tasks.ts'
import {
  makePassingService,
  passingServiceLabels,
  passingServiceName,
  removeExpired,
  removeOurs,
} from '../prepare/passing-services.ts'
import type { ToolImage } from '../prepare/tool-image.ts'
import { inParallel } from '../runner/parallel.ts'
import type { RunIdentity } from '../runner/run.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { timeLimit } from '../runner/time/clock.ts'
import { poll } from '../runner/time/poll.ts'
import { note } from '../runner/workspace/state.ts'

/** For the calls that are under way when the time of the nodes is over. */
const GRACE_MS = 20_000
/** A node hands over what a task has printed some time after its end. */
const LOG_SECONDS = 10
const LOG_AGAIN_MS = 500
const MOST_LOGS_AT_ONCE = 10
const MOST_LINES_SHOWN = 3
const MOST_CHARACTERS_SHOWN = 500

/** What is to be done on each node. */
export interface NodeWork {
  /** Tells one work of a run from another: `remove volumes`. */
  readonly what: string
  /**
   * POSIX shell, in which `docker` speaks to the daemon of the node. What comes from outside is in `$1`, `$2` and so on,
   * never part of it. It may be run twice on a node, and what each of the two prints is the report: so it prints what it has
   * done when it has done it. An exit code of its own is a failure, and tells why on the standard error.
   */
  readonly script: string
  readonly args: readonly string[]
  /** The IDs of the nodes that are meant; all unless given. */
  readonly nodes?: readonly string[]
}

/** What the work on nodes has at hand. */
export interface NodesRun {
  readonly connection: Pick<Connection, 'engine'>
  readonly self: RunIdentity
  /** Of the input `node-tools-image`, as it was checked. */
  readonly tools: ToolImage
  /** How long the nodes may take. */
  readonly seconds: number
  /** Ends it at once. */
  readonly signal: AbortSignal
}

/** What became of the work on a node. */
export type NodeReport = { readonly id: string; readonly node: string } & Outcome

type Outcome =
  /** What the script has printed, line by line, also where an earlier try has failed; it is text from outside. */
  | { readonly state: 'done'; readonly lines: readonly string[] }
  /**
   * It was done or not, in whole or in part: a phrase that tells why nobody knows, or why not; and what is known to have
   * been printed.
   */
  | { readonly state: 'failed'; readonly cause: string; readonly lines: readonly string[] }

/**
 * Runs docker on every node of the swarm, by a service that is gone when it ends: also when it is stopped; after a kill
 * `post` removes it, or a later run. What goes wrong on a node is told in its report.
 *
 * @returns one report for each node that is meant, also of those that get no task, in the order of their names
 * @throws EngineError, ConnectionLost when the swarm does not take the service or cannot be asked; AbortError when it was
 * stopped
 */
export async function onNodes(work: NodeWork, run: NodesRun): Promise<NodeReport[]> {
  const { engine } = run.connection
  const signal = AbortSignal.any([run.signal, timeLimit(run.seconds * 1000 + GRACE_MS)])
  const [nodes, now] = await Promise.all([engine.get<Node[]>('/nodes', { signal }), swarmTime(engine, signal)])
  await removeExpired(engine, now, signal)
  const notMeant = nodes.filter(({ ID }) => work.nodes?.includes(ID) === false)
  const { asked, away, others } = nodesThatLack(nodes, new Set(notMeant.map(({ ID }) => ID)))
  const left = [...away.map((node) => notAsked(node, nodes, whyAway(node))), ...others.map(notLinux(nodes))]
  const reports = asked.length === 0 ? [] : await onThose(asked, nodes, now, work, run, signal)
  return [...reports, ...left].toSorted((a, b) => a.node.localeCompare(b.node, 'en', { numeric: true }))
}

async function onThose(
  asked: readonly Node[],
  nodes: readonly Node[],
  now: number,
  { what, script, args }: NodeWork,
  run: NodesRun,
  signal: AbortSignal,
): Promise<NodeReport[]> {
  const { connection, self, tools, seconds, signal: stop } = run
  const { engine } = connection
  const ids = asked.map(({ ID }) => ID)
  const spec = toolsServiceSpec({
    name: passingServiceName('tools', self, what),
    labels: passingServiceLabels(self, now + seconds * 1000 + GRACE_MS),
    image: tools.name,
    script,
    args,
    notOn: nodes.map(({ ID }) => ID).filter((id) => !ids.includes(id)),
  })
  const made = new Set<string>()
  note({ pulls: self.token })
  try {
    const late = timeLimit(seconds * 1000)
    const serviceId = await makePassingService(engine, spec, tools.credential && storedLogin(tools.credential), signal)
    made.add(serviceId)
    const followed = { serviceId, on: ids, tries: TOOLS_TRIES, token: self.token }
    const { states, present, tasks } = await followNodes(followed, engine, late, signal)
    const nameOf = nameIn([...nodes, ...present.filter(({ ID }) => nodes.every((node) => node.ID !== ID))])
    const reports = await inParallel([...states], MOST_LOGS_AT_ONCE, async ([id, state]): Promise<NodeReport> => {
      const own = tasks.filter(({ NodeID }) => NodeID === id)
      return { id, node: nameOf({ ID: id }), ...(await reportOf(state, own, tools.name, engine, signal)) }
    })
    stop.throwIfAborted()
    return reports
  } finally {
    // More than that was changed by then: a warning is enough.
    await removeOurs('tools', engine, self, made, stop, () => () => undefined)
  }
}

async function reportOf(
  state: NodeState,
  tasks: readonly Task[],
  image: string,
  engine: Engine,
  signal: AbortSignal,
): Promise<Outcome> {
  const last = state.state === 'done' ? await reportOfTask(state.taskId, engine, signal) : undefined
  const tries = tasks.filter((task) => hasBegun(task) && (state.state !== 'done' || task.ID !== state.taskId))
  const printed = await Promise.all(
    tries.toSorted(byAge).map(({ ID }) => printedBy(ID, engine, signal).catch(() => undefined)),
  )
  const lines = printed.flatMap((some) => some ?? [])
  if (last?.state === 'done' && printed.includes(undefined)) {
    const cause = 'it was tried twice, and what came of the first try cannot be read'
    return { state: 'failed', cause, lines: [...lines, ...last.lines] }
  }
  if (last !== undefined) return { ...last, lines: [...lines, ...last.lines] }
  return { state: 'failed', cause: await causeOf(state, image, engine, signal), lines }
}

async function causeOf(state: NodeState, image: string, engine: Engine, signal: AbortSignal): Promise<string> {
  if (state.state === 'left') return 'it went away meanwhile'
  if (state.state === 'failed') {
    const limit = AbortSignal.any([signal, timeLimit(LOG_SECONDS * 1000)])
    return failureInWords(state, await lastLinesOf(state.taskId, MOST_LINES_SHOWN, engine, limit), image)
  }
  const said = 'said' in state && state.said !== '' ? `: ${safeLine(state.said, MOST_CHARACTERS_SHOWN)}` : ''
  return `its task has not ended in time${said}`
}

/** Whether a task had a container, which may have done something. */
function hasBegun({ Status: { ContainerStatus: container } }: Task): boolean {
  return (container?.ContainerID ?? '') !== ''
}

function byAge(a: Task, b: Task): number {
  return Date.parse(a.CreatedAt) - Date.parse(b.CreatedAt)
}

/** What a task has done that may not have come to its end; `undefined`: that is not known. */
async function printedBy(taskId: string, engine: Engine, signal: AbortSignal): Promise<string[] | undefined> {
  const limit = AbortSignal.any([signal, timeLimit(LOG_SECONDS * 1000)])
  return printedIn(logLines(await engine.bytes(`/tasks/${taskId}/logs`, { query: { stdout: '1' }, signal: limit })))
}

async function reportOfTask(taskId: string, engine: Engine, signal: AbortSignal): Promise<Outcome> {
  const limit = AbortSignal.any([signal, timeLimit(LOG_SECONDS * 1000)])
  let lines: string[] = []
  let whole: string[] | undefined
  let why = ''
  await poll(
    async () => {
      try {
        const query = { stdout: '1' }
        lines = logLines(await engine.bytes(`/tasks/${taskId}/logs`, { query, signal: limit }))
        whole = reportIn(lines)
      } catch (error) {
        if (!limit.aborted) why = `: ${safeLine((error as Error).message, MOST_CHARACTERS_SHOWN)}`
      }
      return whole !== undefined
    },
    LOG_AGAIN_MS,
    () => limit.aborted,
  )
  if (whole !== undefined) return { state: 'done', lines: whole }
  const cause = `it was done, but what came of it cannot be read${why}`
  return { state: 'failed', cause, lines: printedIn(lines) ?? [] }
}

/** Pure: why a task of the service failed, and what to do about it. */
export function failureInWords(
  { said, exitCode }: Pick<NodeState & { readonly state: 'failed' }, 'said' | 'exitCode'>,
  lines: readonly string[],
  image: string,
): string {
  const printed = lines.map((line) => safeLine(line, MOST_CHARACTERS_SHOWN)).join('; ')
  const behind = printed === '' ? '' : `: ${printed}`
  const needsOther = `the image of \`node-tools-image\`, ${image}, has no shell with a docker command: name one that has`
  if (exitCode === TOOLS_EXIT.noDocker || hasNoShell(said)) return needsOther
  if (exitCode === TOOLS_EXIT.noAnswer) return `its docker cannot be used at ${NODE_SOCKET}${behind}`
  if (exitCode === TOOLS_EXIT.otherDaemon) {
    return `what listens at ${NODE_SOCKET} is not the docker of this node, which may be rootless`
  }
  if (said.includes(NODE_SOCKET)) {
    return `nothing listens at ${NODE_SOCKET}: its docker is rootless, or listens elsewhere (${safeLine(said, MOST_CHARACTERS_SHOWN)})`
  }
  const reason = safeLine(said, MOST_CHARACTERS_SHOWN) || 'no reason given'
  if (cannotPull(said)) {
    return `${reason}: it cannot pull the image of \`node-tools-image\`, ${image}`
  }
  return `${reason}${behind}`
}

function notAsked(node: Node, nodes: readonly Node[], why: string): NodeReport {
  return { id: node.ID, node: nameIn(nodes)(node), state: 'failed', cause: `it gets no task (${why})`, lines: [] }
}

function notLinux(nodes: readonly Node[]): (node: Node) => NodeReport {
  return (node) => ({ id: node.ID, node: nameIn(nodes)(node), state: 'failed', cause: 'it is not Linux', lines: [] })
}
