import type { Node, Service, Task } from '../docker/api.ts'
import { readSurely } from '../docker/engine/caught-up.ts'
import type { Engine } from '../docker/engine/engine.ts'
import { inChunks } from '../docker/engine/in-chunks.ts'
import { allTasksOf } from '../docker/swarm/snapshot.ts'
import { swarmTime } from '../docker/swarm/swarm-time.ts'
import type { Deployment, ServiceRequest } from '../inputs/deployment.ts'
import { groupBy } from '../runner/group-by.ts'
import { siblingNames } from './colours.ts'

/** The services and nodes as they were before anything was changed. */
export interface Observation {
  readonly services: readonly Service[]
  readonly tasks: readonly Task[]
  readonly nodes: readonly Node[]
  /** Of all other services, where one that has to be there is not: it may have another name. */
  readonly otherNames?: readonly string[]
  /** When that was, in milliseconds since 1970 by the swarm's clock: runners' clocks differ. */
  readonly now: number
}

const byService = new WeakMap<readonly Task[], ReadonlyMap<string, readonly Task[]>>()

/** The tasks of one service. Each of a thousand asks for its own of all: so these are sorted once. */
export function observedTasks({ tasks }: Pick<Observation, 'tasks'>, serviceId: string | undefined): readonly Task[] {
  const sorted = byService.get(tasks) ?? groupBy(tasks, ({ ServiceID }) => ServiceID)
  byService.set(tasks, sorted)
  return sorted.get(serviceId ?? '') ?? []
}

/**
 * The services that the deployment names, their tasks, and the nodes, as they are before anything is changed: what the
 * plan starts from, and what tells old tasks from new ones later. Four API calls, however many services there are; one
 * more where a service is missing, and two where none of them is there.
 */
export async function observe(deployment: Deployment, engine: Engine, signal: AbortSignal): Promise<Observation> {
  // Whatever its strategy is now: it may have been deployed as two services before.
  const names = deployment.services.flatMap(({ name }) => siblingNames(name))
  const [services, nodes, now] = await Promise.all([
    readSurely(() => servicesNamed(engine, names, signal), engine, signal),
    engine.get<Node[]>('/nodes', { signal }),
    swarmTime(engine, signal),
  ])
  const there = new Set(services.map(({ Spec }) => Spec.Name))
  const isThere = ({ name }: ServiceRequest) => siblingNames(name).some((sibling) => there.has(sibling))
  const hasMissing = deployment.services.some((service) => !service.create && !isThere(service))
  const others = hasMissing ? await engine.get<Service[]>('/services', { signal }) : []
  return {
    services,
    tasks: await allTasksOf(engine, services, signal),
    nodes,
    ...(hasMissing && { otherNames: others.map(({ Spec }) => Spec.Name) }),
    now,
  }
}

/** The services of these names. The API finds names by their beginning: only whole names are taken. */
export async function servicesNamed(engine: Engine, names: readonly string[], signal: AbortSignal): Promise<Service[]> {
  const found = await inChunks(names, (name) =>
    engine.get<Service[]>('/services', { query: { filters: JSON.stringify({ name }) }, signal }),
  )
  const byId = new Map(found.map((service) => [service.ID, service]))
  const wanted = new Set(names)
  return [...byId.values()].filter(({ Spec }) => wanted.has(Spec.Name))
}
