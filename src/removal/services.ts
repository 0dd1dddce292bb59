import type { Run } from '../connect/run.ts'
import type { Node, Service, Task } from '../docker/api.ts'
import { readSurely } from '../docker/engine/caught-up.ts'
import type { Engine } from '../docker/engine/engine.ts'
import { inChunks } from '../docker/engine/in-chunks.ts'
import { imageOf } from '../docker/specs/service-spec.ts'
import { NAMESPACE_LABEL } from '../docker/specs/stack-objects.ts'
import { nodeName } from '../docker/swarm/node-name.ts'
import { mayHaveContainer } from '../docker/swarm/task.ts'
import type { RemovalRequest, RemovalSubject } from '../inputs/modes/removal.ts'
import { siblingNames } from '../plan/colours.ts'
import type { ServiceResult } from '../result.ts'
import { type ServiceLog, serviceLog } from '../rollout/service-log.ts'
import { groupBy } from '../runner/group-by.ts'
import { inParallel } from '../runner/parallel.ts'
import { someOf } from '../runner/text/some-of.ts'
import { nowMs } from '../runner/time/clock.ts'
import { secondsSince } from '../runner/time/elapsed.ts'
import { poll } from '../runner/time/poll.ts'
import { type NotRemoved, outcomeOf, tryToRemoveService } from '../stack/remove.ts'

const LOOK_EVERY_MS = 300
/** Swarm forgets tasks that have ended within a second. */
const FORGET_MS = 5000

/** What removes something has at hand. */
export interface RemovalRun extends Run {
  readonly asked: RemovalRequest
}

/** A service on its way out. */
interface Going {
  readonly service: Service
  /** When its removal was begun; `undefined`: it was not. */
  readonly startedAt: number | undefined
  /** Why it is there all the same, or may be. */
  readonly left?: NotRemoved
}

/**
 * Removes services, and waits until their containers are gone, for as long as `timeout` allows: only then are names, ports
 * and volumes of theirs free. Tasks of which the services were removed before, by a run that was killed, are waited for as
 * well. What is on a node that is down is not: it ends when the node is back.
 *
 * @returns what became of each
 */
export async function removeServices(services: readonly Service[], run: RemovalRun): Promise<ServiceResult[]> {
  const { connection, signal, time, asked } = run
  const lines = serviceLog(services.map(({ Spec }) => Spec.Name))
  const first = await inParallel(services, asked.maxParallel, async (service): Promise<Going> => {
    if (signal.aborted || time.isOver) return { service, startedAt: undefined }
    const startedAt = nowMs()
    const left = await tryToRemoveService(connection.engine, service)
    return { service, startedAt, ...(left && { left }) }
  })
  const there = await stillThere(first.filter(isRemoved).map(idOf), run)
  const going = await inParallel(first, asked.maxParallel, async (one): Promise<Going> => {
    if (!there.has(idOf(one)) || signal.aborted) return one
    const left = await tryToRemoveService(connection.engine, one.service)
    return { ...one, ...(left && { left }) }
  })
  const ended = await waitForEnd(going, run, lines)
  return going.map((one) => resultOf(one, ended, run, lines))
}

/** What is known of the tasks when nobody waits any more. */
interface Ended {
  /** When the last task of a service was seen to be gone, by the service's ID. */
  readonly at: ReadonlyMap<string, number>
  /** Those that are still there, by the service's ID. */
  readonly left: ReadonlyMap<string, readonly Task[]>
  /** The same on nodes that cannot be reached. */
  readonly unreachable: ReadonlyMap<string, readonly Task[]>
  readonly nodes: readonly Node[]
  /** Whether Swarm still knows tasks whose containers have ended: it forgets them before it removes these. */
  readonly hasEndedOnes: boolean
}

async function waitForEnd(going: readonly Going[], run: RemovalRun, lines: ServiceLog): Promise<Ended> {
  const { connection, signal, time, asked } = run
  const ids = new Set(going.filter(isRemoved).map(idOf))
  const at = new Map<string, number>()
  let last: Omit<Ended, 'at'> = { left: new Map(), unreachable: new Map(), nodes: [], hasEndedOnes: false }
  let told = ''
  let endedAt: number | undefined
  const isDone = async () => {
    last = await look(asked.what, ids, connection.engine, signal)
    for (const id of ids) if (!last.left.has(id) && !at.has(id)) at.set(id, nowMs())
    const count = [...last.left.values()].flat().length
    const said = `${count} ${count === 1 ? 'task has' : 'tasks have'} not ended yet`
    if (count > 0 && said !== told) lines.all(said)
    told = said
    if (count > 0) return false
    endedAt ??= nowMs()
    return !last.hasEndedOnes || nowMs() - endedAt > FORGET_MS
  }
  try {
    await poll(isDone, LOOK_EVERY_MS, () => time.isOver, signal)
  } catch (error) {
    // Only a stop and the end of the time leave it at what was seen last.
    if (!signal.aborted && !time.isOver) throw error
  }
  return { at, ...last }
}

function isRemoved({ startedAt, left }: Going): boolean {
  return startedAt !== undefined && left === undefined
}

/**
 * Those of them that are there all the same. A leader that comes back knows no service at first, and so takes each for
 * gone; what a list lacks after trouble is believed only when it can know.
 */
async function stillThere(ids: readonly string[], { connection, signal, time }: RemovalRun): Promise<Set<string>> {
  const ask = (id: readonly string[]) =>
    connection.engine.get<Service[]>('/services', { query: { filters: JSON.stringify({ id }) }, signal })
  try {
    return new Set((await inChunks(ids, ask)).map(({ ID }) => ID))
  } catch (error) {
    if (signal.aborted || time.isOver) return new Set()
    throw error
  }
}

function idOf({ service }: Going): string {
  return service.ID
}

/** The tasks that may still have a container, of services that are removed. */
async function look(
  what: RemovalSubject,
  ids: ReadonlySet<string>,
  engine: Engine,
  signal: AbortSignal,
): Promise<Omit<Ended, 'at'>> {
  const [tasks, nodes] = await Promise.all([
    readSurely(() => tasksOf(what, engine), engine, signal),
    readSurely(() => engine.get<Node[]>('/nodes'), engine, signal),
  ])
  const isGoing = ({ ServiceID, DesiredState }: Task) => ids.has(ServiceID) || DesiredState === 'remove'
  const all = tasks.filter(isGoing)
  const live = all.filter(mayHaveContainer)
  const isOut = ({ NodeID }: Task) => {
    const state = nodes.find(({ ID }) => ID === NodeID)?.Status.State
    return NodeID !== undefined && state !== 'ready' && state !== 'unknown'
  }
  const byService = (some: readonly Task[]) => groupBy(some, ({ ServiceID }) => ServiceID)
  return {
    left: byService(live.filter((task) => !isOut(task))),
    unreachable: byService(live.filter(isOut)),
    nodes,
    hasEndedOnes: all.length > live.length,
  }
}

/**
 * By the label or the name: a filter of services is answered with a 404 as soon as one is gone. A task is found by the
 * name of its service with what follows it (swarmkit, api/naming), and no service has a dot in its name.
 */
async function tasksOf(what: RemovalSubject, engine: Engine): Promise<readonly Task[]> {
  const ask = (filters: object) => engine.get<Task[]>('/tasks', { query: { filters: JSON.stringify(filters) } })
  if (what.kind === 'stack') return ask({ label: [`${NAMESPACE_LABEL}=${what.name}`] })
  const names = what.names.flatMap(siblingNames).map((name) => `${name}.`)
  return inChunks(names, (name) => ask({ name }))
}

function resultOf(
  one: Going,
  { at, left: tasksLeft, unreachable, nodes }: Ended,
  run: RemovalRun,
  lines: ServiceLog,
): ServiceResult {
  const { service, startedAt, left } = one
  const name = service.Spec.Name
  const whole = (seconds: number): Omit<ServiceResult, 'outcome'> => ({
    name,
    action: 'remove',
    image: { before: imageOf(service), wanted: undefined, after: undefined },
    config: undefined,
    nodes: 0,
    tasks: { running: 0, wanted: 0 },
    seconds,
  })
  const bad = (outcome: 'failed' | 'timed-out' | 'cancelled', cause: string): ServiceResult => {
    lines.bad(name, `${outcome}: ${cause}`)
    return { ...whole(startedAt === undefined ? 0 : secondsSince(startedAt)), outcome, cause }
  }
  if (startedAt === undefined) {
    return run.signal.aborted
      ? bad('cancelled', 'the run was stopped before it was removed: it is as it was')
      : bad('timed-out', 'the time of the run was over before it was removed: it is as it was')
  }
  if (left !== undefined) {
    const { outcome, cause } = outcomeOf(left, run)
    return bad(outcome, cause)
  }
  const endedAt = at.get(service.ID)
  if (endedAt === undefined) {
    const tasks = tasksLeft.get(service.ID) ?? []
    const count = tasks.length === 1 ? '1 task of it has' : `${tasks.length || 'some'} tasks of it have`
    const where = placesOf(tasks, nodes)
    const rest = `${count} not ended yet${where === '' ? '' : ` on ${where}`}`
    return run.signal.aborted
      ? bad('cancelled', `the run was stopped: it is removed, and ${rest}`)
      : bad('timed-out', `it is removed, and after ${secondsSince(startedAt)} s ${rest}`)
  }
  const seconds = Math.round((endedAt - startedAt) / 100) / 10
  const cutOff = unreachable.get(service.ID) ?? []
  const note =
    cutOff.length === 0
      ? undefined
      : `its ${cutOff.length === 1 ? 'task' : 'tasks'} on ${placesOf(cutOff, nodes)}, which the swarm does not reach, may run on until the swarm does`
  lines.good(name, `removed after ${seconds} s${note === undefined ? '' : `: ${note}`}`)
  return { ...whole(seconds), outcome: 'removed', ...(note !== undefined && { note }) }
}

function placesOf(tasks: readonly Task[], nodes: readonly Node[]): string {
  const ids = new Set(tasks.flatMap(({ NodeID }) => NodeID ?? []))
  return someOf([...ids].map((id) => nodeName(id, nodes)).toSorted())
}
