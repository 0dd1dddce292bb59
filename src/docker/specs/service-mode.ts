import type { ServiceSpec } from '../api.ts'

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

/** The number of tasks of a replicated service; `undefined` for every other mode, also of a job. */
export function replicasOf({ Mode: { Replicated: replicated } }: ServiceSpec): number | undefined {
  return replicated && (replicated.Replicas ?? 1)
}

/** A replicated service with another number of tasks; any other as it is. */
export function withReplicas(spec: ServiceSpec, replicas: number): ServiceSpec {
  return spec.Mode.Replicated === undefined ? spec : { ...spec, Mode: { Replicated: { Replicas: replicas } } }
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

/** The mode as docker's `--mode` has it: `replicated`, as long as no other is given. */
export function modeName({ Mode: mode }: Pick<ServiceSpec, 'Mode'>): string {
  if (mode.Global) return 'global'
  if (mode.GlobalJob) return 'global-job'
  return mode.ReplicatedJob ? 'replicated-job' : 'replicated'
}
