import type { Deployment, Observation } from './deployment.ts'
import type { Node, Service, SystemInfo } from './docker/api.ts'
import { siblingNames } from './docker/colours.ts'
import type { Engine } from './docker/engine.ts'
import { allTasksOf } from './docker/view.ts'

/**
 * The services that the deployment names, their tasks, and the nodes, as they are before anything is changed: what the
 * plan starts from, and what tells old tasks from new ones later. Four API calls, however many services there are.
 */
export async function observe(deployment: Deployment, engine: Engine, signal: AbortSignal): Promise<Observation> {
  // Whatever its strategy is now: it may have been deployed blue-green before.
  const names = deployment.services.flatMap(({ name }) => siblingNames(name))
  const [services, nodes, info] = await Promise.all([
    servicesNamed(engine, names, signal),
    engine.get<Node[]>('/nodes', { signal }),
    engine.get<SystemInfo>('/info', { signal }),
  ])
  return { services, tasks: await allTasksOf(engine, services, signal), nodes, now: Date.parse(info.SystemTime) }
}

/** The API finds names by their beginning: only whole names are taken. */
async function servicesNamed(engine: Engine, names: readonly string[], signal: AbortSignal): Promise<Service[]> {
  const filters = JSON.stringify({ name: names })
  const found = await engine.get<Service[]>('/services', { query: { filters }, signal })
  return found.filter(({ Spec }) => names.includes(Spec.Name))
}
