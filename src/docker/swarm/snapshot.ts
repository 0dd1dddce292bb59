import { groupBy } from '../../runner/group-by.ts'
import { sleep } from '../../runner/time/clock.ts'
import type { Node, Service, Task } from '../api.ts'
import { readSurely } from '../engine/caught-up.ts'
import { type Engine, EngineError } from '../engine/engine.ts'
import { FEW, inChunks } from '../engine/in-chunks.ts'
import { SameAnswers } from '../engine/same-answers.ts'
import { sharingTemplates } from '../specs/shared-templates.ts'
import { sameSpec } from '../specs/spec-comparison.ts'
import { type LookedAtTask, withFailedChecks } from './failed-check.ts'
import { keptTasks } from './kept-tasks.ts'
import { isRollback, isSwarmsOwnRollback } from './update-status.ts'

/**
 * The swarm at one moment, as far as some services go. Each is only shown beside the spec that it was to have when the
 * reading began: what was read or written since can be newer, and must not be compared with it.
 */
export interface Snapshot {
  /** By the ID of each service that was asked for. */
  readonly services: ReadonlyMap<string, FoundService>
  readonly nodes: readonly Node[]
}

/** What a snapshot shows of one service. */
export type FoundService =
  /** Somebody has removed it. */
  { readonly found: 'removed' } | PresentService

export interface PresentService {
  /**
   * `ours`: it has the spec that it was to have, or Swarm's own rollback has brought back the one before; `changed`: it
   * has somebody else's; `rolled back`: somebody has asked Swarm for the one before; `stale`: the manager that answered
   * has not heard of ours yet, so this says nothing.
   */
  readonly found: 'ours' | 'changed' | 'rolled back' | 'stale'
  readonly service: Service
  readonly tasks: readonly LookedAtTask[]
}

/** The tasks that the present spec of a service asks for, ended ones included, or those of its earlier specs as well. */
export type WhichTasks = 'up-to-date' | 'all'

/**
 * Reads services, their tasks and the nodes: three calls for up to a hundred services. Of more the services
 * are asked for by the hundred, and their tasks for 25 at a time.
 *
 * @param ours the services as this run has read them or given them their specs, before the reading
 * @param before what the snapshots before this one have read, of whoever takes many
 * @throws EngineError, ConnectionLost when the daemon does not answer
 */
export async function takeSnapshot(
  engine: Engine,
  ours: readonly Service[],
  which: WhichTasks,
  signal: AbortSignal,
  before = new SameAnswers(),
): Promise<Snapshot> {
  before.nextRound()
  const [read, nodes] = await Promise.all([
    servicesAndTasks(engine, ours, which, signal, before),
    engine.get<Node[]>('/nodes', { signal }),
  ])
  const byId = new Map(read.services.map((service) => [service.ID, service]))
  const tasks = groupBy(read.tasks, ({ ServiceID }) => ServiceID)
  const services = ours.map((one): [string, FoundService] => {
    const service = byId.get(one.ID)
    if (service === undefined) return [one.ID, { found: 'removed' }]
    return [one.ID, { found: compare(one, service), service, tasks: tasks.get(one.ID) ?? [] }]
  })
  return { services: new Map(services), nodes }
}

const AGAIN_MS = 500

interface ServicesAndTasks {
  readonly services: readonly Service[]
  readonly tasks: readonly LookedAtTask[]
}

async function servicesAndTasks(
  engine: Engine,
  ours: readonly Service[],
  which: WhichTasks,
  signal: AbortSignal,
  before = new SameAnswers(),
): Promise<ServicesAndTasks> {
  const [services, tasks] = await Promise.all([
    readAgain(engine, ours, signal, before),
    orGone(tasksOf(engine, idsOf(ours), which, signal, before)),
  ])
  if (tasks !== undefined) return { services, tasks: await withFailedChecks(tasks, engine, signal) }
  // One was removed: only a reading that was made after that says which. Or the manager has not caught up yet.
  const there = new Set(idsOf(await readAgain(engine, ours, signal, before)))
  if (there.size === ours.length) await sleep(AGAIN_MS, signal)
  return servicesAndTasks(
    engine,
    ours.filter(({ ID }) => there.has(ID)),
    which,
    signal,
    before,
  )
}

/** Those that are still there. */
async function readAgain(
  engine: Engine,
  ours: readonly Service[],
  signal: AbortSignal,
  before: SameAnswers,
): Promise<readonly Service[]> {
  const known = new Map(ours.map((one) => [one.ID, one]))
  return inChunks(idsOf(ours), async (id) => {
    const query = { filters: JSON.stringify({ id }) }
    const asKept = (service: Service) => {
      const { Spec, PreviousSpec } = known.get(service.ID) ?? service
      return sharingTemplates(service, [Spec, PreviousSpec])
    }
    const reader = (answer: readonly Buffer[], parse: () => unknown) =>
      before.read(`services ${id}`, answer, () => (parse() as Service[]).map(asKept))
    const read = () => engine.get<Service[]>('/services', { query, signal, reader })
    return readSurely(read, engine, signal, undefined, id.length)
  })
}

function idsOf(services: readonly Service[]): string[] {
  return services.map(({ ID }) => ID)
}

/** @throws EngineError of status 404 when one of the services is gone, whatever there is of the others */
async function tasksOf(
  engine: Engine,
  ids: readonly string[],
  which: WhichTasks,
  signal: AbortSignal,
  before: SameAnswers,
): Promise<readonly Task[]> {
  const read = (service: readonly string[]) => {
    const filters = JSON.stringify({ service, ...(which === 'up-to-date' && { '_up-to-date': ['true'] }) })
    const reader = (answer: readonly Buffer[], parse: () => unknown) =>
      before.read(`tasks ${filters}`, answer, () => keptTasks(parse() as Task[]))
    return engine.get<Task[]>('/tasks', { query: { filters }, signal, reader })
  }
  return inChunks(ids, read, FEW)
}

async function orGone<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return undefined
    throw error
  }
}

/** All tasks of the services that are there, those of their earlier specs included. */
export async function allTasksOf(
  engine: Engine,
  services: readonly Service[],
  signal: AbortSignal,
): Promise<readonly Task[]> {
  return (await servicesAndTasks(engine, services, 'all', signal)).tasks
}

/** Swarm's own rollback brings back the previous spec; any other spec than ours is somebody's deploy. */
function compare(ours: Service, now: Service): PresentService['found'] {
  if (now.Version.Index < ours.Version.Index) return 'stale'
  if (now.Version.Index === ours.Version.Index || sameSpec(ours.Spec, now.Spec)) return 'ours'
  if (isSwarmsOwnRollback(now)) return 'ours'
  return isRollback(now.UpdateStatus) ? 'rolled back' : 'changed'
}
