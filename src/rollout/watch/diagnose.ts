import type { Healthcheck, LocalImage, Node, Service, ServiceSpec, Task, TaskState } from '../../docker/api.ts'
import type { Engine } from '../../docker/engine/engine.ts'
import { withFailedCheck } from '../../docker/swarm/failed-check.ts'
import { effectiveCheck, type Health, lastFailure, notYetHealthy } from '../../docker/swarm/health.ts'
import { allocationProblem, type NetworkPool } from '../../docker/swarm/network-allocation.ts'
import { nodeName } from '../../docker/swarm/node-name.ts'
import {
  absenceNote,
  leavesNodesOut,
  lossInWords,
  lossOf,
  nodesLeftOut,
  oldTasksNote,
  unavailableNodes,
} from '../../docker/swarm/nodes-left-out.ts'
import { byCreation, ending, isFailure, isUnhealthy, isUnplaced } from '../../docker/swarm/task.ts'
import { logLines } from '../../docker/swarm/task-logs.ts'
import { isOf } from '../../docker/swarm/task-outlook.ts'
import { messageOf } from '../../errors.ts'
import type { FailedTask } from '../../result.ts'
import { log } from '../../runner/log/log.ts'
import { hidingOwnSecrets } from '../../runner/secrets/own-variables.ts'
import { redact } from '../../runner/secrets/secret.ts'
import { timeLimit } from '../../runner/time/clock.ts'
import type { ServiceLog } from '../service-log.ts'
import { allEnded, historyBefore, type ServiceHistory } from './service-history.ts'
import type { ServiceSnapshot } from './service-snapshot.ts'
import { missedNodes, updateWait, type Waiting, waitingFor, waitingTask } from './waiting.ts'

const LOG_LINES = 20
/** More are read: where a secret is broken into lines, none of which is known alone, all of them are needed to hide it. */
const READ_LOG_LINES = 100
/** A node that is cut off cannot give its logs: the verdict does not wait for them. */
const LOG_SECONDS = 5
/** Nor for a daemon that hangs: for all that is read of it together. */
const PATIENCE_SECONDS = 8

/** Why a service did not come up, in one line, and the task that shows it; what cannot be read is left out. */
export interface Diagnosis {
  readonly cause: string
  readonly failedTask?: FailedTask
}

/** What is known of a service when its verdict falls. */
export interface Evidence {
  readonly service: Service
  /** Where it may have another spec by now, the one whose tasks are to show what is wrong. */
  readonly spec?: ServiceSpec
  readonly nodes: readonly Node[]
  /** What was seen of it; nothing yet unless given. */
  readonly history?: ServiceHistory | undefined
  readonly snapshot?: ServiceSnapshot | undefined
  /** The networks that this run has made for it, as it asked for them. */
  readonly networks?: readonly NetworkPool[] | undefined
}

/** What the judge says of a service that failed, or a trial. */
export interface Finding {
  readonly cause: string
  /** The task that Swarm itself names, if it does. */
  readonly taskId?: string
  readonly isUnallocated?: true
  readonly isUnplaced?: true
}

/**
 * The cause with what only the daemon tells, and with the task of this deploy that shows best why.
 *
 * @param shown the one that was found before; none unless given
 */
export async function diagnose(
  finding: Finding,
  evidence: Evidence,
  engine: Engine,
  shown: Promise<Found | undefined> = Promise.resolve(undefined),
): Promise<Diagnosis> {
  const readings = readingsOf(engine)
  const [allocation, found] = await Promise.all([
    finding.isUnallocated ? allocationOf(evidence, readings) : undefined,
    shown.then((before) => before ?? findFailedTask(finding.taskId, evidence, readings)),
  ])
  const cause = allocation ?? (finding.isUnplaced ? withAway(finding.cause, evidence) : finding.cause)
  return found === undefined ? { cause } : { cause: causeWith(cause, found), failedTask: found.failedTask }
}

/** What a service waits for that has not settled in time: its task, where that is, since when, and its health check. */
export async function diagnoseTimeout(cause: string, evidence: Evidence, engine: Engine): Promise<Diagnosis> {
  const readings = readingsOf(engine)
  const { history, snapshot, nodes, service } = evidence
  const waiting = history && snapshot && waitingTask(history, snapshot)
  const [said, found] = await Promise.all([
    waiting === undefined ? undefined : waitingWords(waiting, evidence, readings),
    findFailedTask(undefined, evidence, readings),
  ])
  const waits =
    said === undefined ? (updateWait(service) ?? (snapshot && missedNodes(snapshot))) : `its task ${said.withPlace}`
  const waitsFor = waiting && waits ? withNodes(waits, waiting.task, evidence) : waits
  const whole = waitsFor === undefined ? cause : `${cause}; ${waitsFor}`
  if (found !== undefined) return { cause: causeWith(whole, found), failedTask: found.failedTask }
  if (waiting === undefined || said === undefined) return { cause: whole }
  const { task } = waiting
  const logs = await lastLines(task, service, readings)
  const node = nodeName(task.NodeID, nodes)
  const state = withNodeState(task, nodes)
  return {
    cause: whole,
    failedTask: { id: task.ID, node, ...state, ending: said.withoutPlace, exitCode: undefined, logs },
  }
}

/** What a task waits for, with the nodes that Swarm gives it none of, or that it is lost with. */
function withNodes(words: string, task: Task, evidence: Evidence): string {
  if (isUnplaced(task)) return withAway(words, evidence)
  const { nodeState } = withNodeState(task, evidence.nodes)
  return nodeState === undefined ? words : `${words}; ${lossInWords(nodeName(task.NodeID, evidence.nodes), nodeState)}`
}

/**
 * Where a global service that is up does not run, or still runs what was before: that in a line, for nodes that Swarm
 * leaves out it logs.
 */
export async function noteOnNodes(
  { service, nodes, snapshot }: Evidence,
  engine: Engine,
  lines: ServiceLog,
): Promise<string | undefined> {
  if (!leavesNodesOut(service, nodes)) return undefined
  const filters = JSON.stringify({ service: [service.ID], 'desired-state': ['running'] })
  const tasks = await readingsOf(engine).get<Task[]>('/tasks', { filters })
  const leftOut = nodesLeftOut(service, nodes, tasks ?? [], snapshot?.tasks ?? [])
  const nameOf = ({ ID: id }: Node) => nodeName(id, nodes)
  const absence = absenceNote(leftOut, nameOf)
  if (absence !== undefined) lines.say(service.Spec.Name, absence)
  return oldTasksNote(leftOut, nameOf)
}

/** Swarm counts the nodes that it gives no tasks, and does not name them. */
function withAway(words: string, { service, nodes }: Evidence): string {
  const away = unavailableNodes(service.Spec, nodes, (node) => nodeName(node.ID, nodes))
  return away === undefined ? words : `${words}; ${away}`
}

async function waitingWords(waiting: Waiting, { service, nodes }: Evidence, readings: Readings) {
  const { task } = waiting
  const health = task.Status.State === 'starting' ? await healthWords(task, service, readings) : undefined
  const node = nodeName(task.NodeID, nodes)
  return {
    withPlace: waitingFor(waiting, service, node === undefined ? '' : ` on node ${node}`, health),
    withoutPlace: waitingFor(waiting, service, '', health),
  }
}

async function allocationOf({ service, networks = [] }: Evidence, readings: Readings): Promise<string | undefined> {
  const filters = JSON.stringify({ scope: ['swarm'] })
  const known = await readings.get<NetworkPool[]>('/networks', { filters })
  return known && allocationProblem(service, known, networks)
}

/**
 * The task that shows why an update fails, found before Swarm has gone back: it remembers few tasks, and those of what was
 * before may fail as well.
 */
export function findFailure(evidence: Evidence, engine: Engine): Promise<Found | undefined> {
  return findFailedTask(undefined, evidence, readingsOf(engine))
}

/** A task that shows what is wrong. */
export interface Found {
  readonly failedTask: FailedTask
  /** How it ended, in the words that the judge has for it. */
  readonly ending: string
}

async function findFailedTask(
  taskId: string | undefined,
  { service, spec = service.Spec, history = historyBefore([]), nodes }: Evidence,
  readings: Readings,
): Promise<Found | undefined> {
  const named = taskId === undefined ? undefined : await readings.get<Task>(`/tasks/${taskId}`)
  const found = named ?? (await newestFailedTask(service.ID, spec, history, readings))
  if (found === undefined) return undefined
  const told = await readings.told(found)
  // What only the looks at it tell.
  const seen = allEnded(history).find(({ ID }) => ID === found.ID)
  const task = told.Status.State === 'complete' && seen !== undefined ? seen : told
  const [logs, check] = await Promise.all([lastLines(task, service, readings), failedCheck(task, service, readings)])
  const failedTask = {
    id: task.ID,
    node: nodeName(task.NodeID, nodes),
    ...withNodeState(task, nodes),
    ending: `${ending(task)}${check}`,
    exitCode: OF_ITSELF.includes(task.Status.State) ? task.Status.ContainerStatus?.ExitCode : undefined,
    logs,
  }
  return { failedTask, ending: ending(task) }
}

/** The states of a task whose program has ended, and whose exit code says something of it. */
const OF_ITSELF: readonly TaskState[] = ['failed', 'complete']

function withNodeState({ NodeID: id }: Task, nodes: readonly Node[]): Pick<FailedTask, 'nodeState'> {
  const node = nodes.find(({ ID }) => ID === id)
  const nodeState = node && lossOf(node)
  return nodeState === undefined ? {} : { nodeState }
}

/** A cause that also says how its task ended, as far as that is known by now, and what has become of its node. */
function causeWith(cause: string, { failedTask, ending }: Found): string {
  const { node, nodeState } = failedTask
  const whole = cause.includes(ending)
    ? cause.replace(ending, () => failedTask.ending)
    : `${cause}; the task ${failedTask.ending}`
  return nodeState === undefined ? whole : `${whole}; ${lossInWords(node, nodeState)}`
}

/**
 * Of those that this deploy made, and of these one with the spec that it sent: what Swarm goes back to by itself may fail
 * as well. A rollback makes them out of date, so all tasks of the service are asked for.
 */
async function newestFailedTask(
  serviceId: string,
  spec: ServiceSpec,
  history: ServiceHistory,
  readings: Readings,
): Promise<Task | undefined> {
  const filters = JSON.stringify({ service: [serviceId] })
  const tasks = (await readings.get<Task[]>('/tasks', { filters })) ?? []
  const failed = [...tasks, ...allEnded(history)].filter(
    (task) => isFailure(task) && !history.earlierTasks.has(task.ID),
  )
  const newestFirst = failed.toSorted((a, b) => byCreation(b, a))
  return newestFirst.find((task) => isOf(task, spec)) ?? newestFirst[0]
}

/** What the health check of a task said that was stopped because of it. */
async function failedCheck(task: Task, service: Service, readings: Readings): Promise<string> {
  if (!isUnhealthy(task)) return ''
  const { Health: health, FinishedAt: finishedAt } = (await containerOf(task, service, readings))?.State ?? {}
  const last = lastFailure(health, finishedAt)
  return last === undefined ? '' : ` (${last})`
}

/** What the health check of a task says that is starting; `undefined`: it has none. */
async function healthWords(task: Task, service: Service, readings: Readings): Promise<string | undefined> {
  const container = await containerOf(task, service, readings)
  const { Healthcheck: own, Image: image = '' } = service.Spec.TaskTemplate.ContainerSpec ?? {}
  const local = container ? undefined : await readings.get<LocalImage>(`/images/${encodeURI(image)}/json`)
  const check = container
    ? effectiveCheck(container.Config?.Healthcheck, undefined)
    : effectiveCheck(own, local?.Config?.Healthcheck)
  if (check !== undefined) return notYetHealthy(check, container?.State?.Health)
  const isKnown = container !== undefined || local !== undefined || own?.Test?.[0] === 'NONE'
  return isKnown ? undefined : PERHAPS_NOT_YET_HEALTHY
}

/** Of a task on another node, whose image the manager does not have. */
const PERHAPS_NOT_YET_HEALTHY = 'if its image has a health check, that has not passed yet'

/** As much as is read of the answer of `GET /containers/{id}/json`. */
interface Container {
  readonly State?: { readonly Health?: Health; readonly FinishedAt?: string }
  readonly Config?: { readonly Healthcheck?: Healthcheck }
}

/** The container of a task, when it is on the node that is spoken to: no other can be asked. */
async function containerOf(task: Task, service: Service, readings: Readings): Promise<Container | undefined> {
  const id = task.Status.ContainerStatus?.ContainerID
  const container = id ? await readings.get<Container>(`/containers/${id}/json`) : undefined
  const health = container?.State?.Health
  if (health?.Log == null) return container
  const hide = hidingSecretsOf(task, service)
  const log = health.Log.map((run) => ({ ...run, Output: hide(redact(run.Output ?? '')) }))
  return { ...container, State: { ...container?.State, Health: { ...health, Log: log } } }
}

/**
 * What a task prints may have its variables and words of its command in it; one that only the looks at the swarm have seen
 * is told without them.
 */
function hidingSecretsOf(task: Task, { Spec: spec }: Service): (text: string) => string {
  const containers = [task.Spec?.ContainerSpec, spec.TaskTemplate.ContainerSpec]
  return hidingOwnSecrets(
    containers.flatMap((of) => of?.Env ?? []),
    containers.map((of) => [...(of?.Command ?? []), ...(of?.Args ?? []), ...(of?.Healthcheck?.Test ?? [])]),
  )
}

async function lastLines(task: Task, service: Service, readings: Readings): Promise<string[]> {
  if (!task.Status.ContainerStatus?.ContainerID) return []
  const query = { stdout: '1', stderr: '1', tail: String(READ_LOG_LINES) }
  const bytes = await readings.bytes(`/tasks/${task.ID}/logs`, query)
  return logLines(bytes ?? Buffer.alloc(0), hidingSecretsOf(task, service)).slice(-LOG_LINES)
}

type Query = Readonly<Record<string, string>>

/** Readings for a diagnosis: one that fails, or takes long, is nothing. */
interface Readings {
  get<T>(path: string, query?: Query): Promise<T | undefined>
  bytes(path: string, query: Query): Promise<Buffer | undefined>
  /** A task with what only its container tells. */
  told(task: Task): Promise<Task>
}

function readingsOf(engine: Engine): Readings {
  const whole = timeLimit(PATIENCE_SECONDS * 1000)
  return {
    get: <T>(path: string, query: Query = {}) => orNothing(engine.get<T>(path, { query, signal: whole })),
    bytes: (path, query) => {
      const signal = AbortSignal.any([whole, timeLimit(LOG_SECONDS * 1000)])
      return orNothing(engine.bytes(path, { query, signal }))
    },
    told: (task) => withFailedCheck(task, engine, whole),
  }
}

async function orNothing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    log.debug(`Not read for the diagnosis: ${messageOf(error)}`)
    return undefined
  }
}
