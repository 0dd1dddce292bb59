import type { ServiceSpec, TaskTemplate } from '../api.ts'

/** How a service is kept that is to have no tasks, whatever its mode: for a while, or before it is removed. Pure. */

/** No node has this ID. */
const NO_NODE = 'node.id==swarm-deploy.none'

/** A spec that asks for no task: where the nodes decide, none may run it. */
export function withoutTasks(spec: ServiceSpec): ServiceSpec {
  const { Replicated: replicated, ReplicatedJob: job } = spec.Mode
  if (replicated !== undefined) return { ...spec, Mode: { Replicated: { Replicas: 0 } } }
  if (job !== undefined) return { ...spec, Mode: { ReplicatedJob: { ...job, TotalCompletions: 0 } } }
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
