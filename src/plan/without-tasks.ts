import type { ServiceSpec, TaskTemplate } from '../docker/api.ts'
import { NO_NODE } from '../docker/swarm/placement.ts'

/** How a service is kept that is to have no tasks for a while, whatever its mode. Pure. */

/** A spec that asks for no task: where the nodes decide, none may run it. */
export function withoutTasks(spec: ServiceSpec): ServiceSpec {
  if (spec.Mode.Replicated !== undefined) return { ...spec, Mode: { Replicated: { Replicas: 0 } } }
  const { TaskTemplate: template } = spec
  const constraints = [...(template.Placement?.Constraints ?? []), NO_NODE]
  return { ...spec, TaskTemplate: { ...template, Placement: { ...template.Placement, Constraints: constraints } } }
}

/** The template without what {@link withoutTasks} keeps its tasks off the nodes with. */
export function allowingNodes(template: TaskTemplate): TaskTemplate {
  const { Constraints: constraints } = template.Placement ?? {}
  if (!constraints?.includes(NO_NODE)) return template
  const allowed = constraints.filter((constraint) => constraint !== NO_NODE)
  return { ...template, Placement: { ...template.Placement, Constraints: allowed } }
}
