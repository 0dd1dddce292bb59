import { groupBy } from '../group-by.ts'
import type { Node, Service, Task } from './api.ts'
import type { Engine } from './engine.ts'
import { sameSpec } from './spec-comparison.ts'

/** The swarm at one moment, as far as some services go. */
export interface View {
  readonly services: ReadonlyMap<string, Service>
  /** By service: those that its current spec asked for, ended ones included. */
  readonly tasks: ReadonlyMap<string, readonly Task[]>
  readonly nodes: readonly Node[]
}

/** Three calls, however many services there are. */
export async function viewOf(engine: Engine, serviceIds: readonly string[], signal: AbortSignal): Promise<View> {
  const upToDate = JSON.stringify({ service: serviceIds, '_up-to-date': ['true'] })
  const [services, tasks, nodes] = await Promise.all([
    engine.get<Service[]>('/services', { query: { filters: JSON.stringify({ id: serviceIds }) }, signal }),
    engine.get<Task[]>('/tasks', { query: { filters: upToDate }, signal }),
    engine.get<Node[]>('/nodes', { signal }),
  ])
  return {
    services: new Map(services.map((service) => [service.ID, service])),
    tasks: groupBy(tasks, ({ ServiceID }) => ServiceID),
    nodes,
  }
}

/** Swarm's own rollback brings back the previous spec; any other spec than ours is somebody's deploy. */
export function isSomeoneElses(ours: Service | undefined, now: Service): boolean {
  if (ours === undefined || ours.Version.Index === now.Version.Index) return false
  return !(now.UpdateStatus?.State ?? '').startsWith('rollback') && !sameSpec(ours.Spec, now.Spec)
}
