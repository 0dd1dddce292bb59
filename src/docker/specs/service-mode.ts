import type { ServiceSpec, TaskTemplate } from '../api.ts'

/** Whether its tasks are meant to complete. */
export function isJob(spec: ServiceSpec): boolean {
  return spec.Mode.ReplicatedJob !== undefined || spec.Mode.GlobalJob !== undefined
}

/** How many tasks the service wants; `undefined` for a mode in which the nodes decide. */
export function wantedTasks(spec: ServiceSpec): number | undefined {
  if (spec.Mode.Replicated) return spec.Mode.Replicated.Replicas ?? 1
  if (spec.Mode.ReplicatedJob)
    return spec.Mode.ReplicatedJob.TotalCompletions ?? spec.Mode.ReplicatedJob.MaxConcurrent ?? 1
  return undefined
}

/** Whether the nodes decide how many tasks there are. */
export function isGlobal(spec: ServiceSpec): boolean {
  return spec.Mode.Global !== undefined || spec.Mode.GlobalJob !== undefined
}

/** Whether a task that has completed is not started again. */
export function endsForGood(spec: ServiceSpec): boolean {
  const condition = spec.TaskTemplate.RestartPolicy?.Condition ?? 'any'
  return isJob(spec) || condition !== 'any'
}

/** No node has this ID. */
const NO_NODE = 'node.id==swarm-deploy.none'

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

/** The mode as docker's `--mode` has it: `replicated`, as long as no other is given. */
export function modeName({ Mode: mode }: Pick<ServiceSpec, 'Mode'>): string {
  if (mode.Global) return 'global'
  if (mode.GlobalJob) return 'global-job'
  return mode.ReplicatedJob ? 'replicated-job' : 'replicated'
}
