import type { Deployment, Observation } from './deployment.ts'
import type { Node, Service, Task } from './docker/api.ts'
import { siblingNames } from './docker/colours.ts'
import type { Engine } from './docker/engine.ts'

/**
 * The services that the deployment names, their tasks, and the nodes, as they are before anything is changed: what the
 * plan starts from, and what tells old tasks from new ones later. Three API calls, however many services there are.
 */
export async function observe(deployment: Deployment, engine: Engine, signal: AbortSignal): Promise<Observation> {
  const names = deployment.services.flatMap(({ name, rollover }) =>
    rollover.strategy.kind === 'blue-green' ? siblingNames(name) : [name],
  )
  const [services, nodes] = await Promise.all([servicesNamed(engine, names, signal), allNodes(engine, signal)])
  const ids = services.map(({ ID }) => ID)
  return { services, tasks: await tasksOf(engine, ids, signal), nodes }
}

/** The API finds names by their beginning: only whole names are taken. */
async function servicesNamed(engine: Engine, names: readonly string[], signal: AbortSignal): Promise<Service[]> {
  const filters = JSON.stringify({ name: names })
  const found = await engine.get<Service[]>('/services', { query: { filters }, signal })
  return found.filter(({ Spec }) => names.includes(Spec.Name))
}

async function allNodes(engine: Engine, signal: AbortSignal): Promise<Node[]> {
  return engine.get<Node[]>('/nodes', { signal })
}

async function tasksOf(engine: Engine, serviceIds: readonly string[], signal: AbortSignal): Promise<Task[]> {
  if (serviceIds.length === 0) return []
  return engine.get<Task[]>('/tasks', { query: { filters: JSON.stringify({ service: serviceIds }) }, signal })
}
