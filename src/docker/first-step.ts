import type { Strategy, Trial } from '../rollover.ts'
import type { Node, Service, ServiceSpec } from './api.ts'
import { eligibleNodes } from './placement.ts'
import { isJob, wantedTasks } from './service-mode.ts'
import { sameStackSpec } from './stack-file.ts'

/**
 * What the strategies recreate and canary do before the whole change is sent, as specs. Swarm knows neither: on the
 * way a service has a spec of ours, an interim one. Pure.
 */

/** On an interim spec: so that a run after one that was killed knows what it sees. */
export const INTERIM_LABEL = 'swarm-deploy.interim'

/** No node has this ID. */
const NO_NODE = 'node.id==swarm-deploy.none'

/** Longer than any trial. More nanoseconds than 2^53 would lose digits. */
const THIRTY_DAYS_NANOSECONDS = 30 * 24 * 60 * 60 * 1e9

/** What the strategy of a service does before the whole of its change is sent. */
export type FirstStep =
  | { readonly kind: 'recreate' }
  /** So many of all its tasks are replaced first. */
  | { readonly kind: 'canary'; readonly tasks: number; readonly total: number; readonly trial: Trial }

/** The first step of a service that is updated; `undefined`: its strategy has none for this change. */
export function firstStepOf(
  strategy: Strategy,
  current: ServiceSpec,
  wanted: ServiceSpec,
  nodes: readonly Node[],
): FirstStep | { readonly refusal: string } | undefined {
  if (strategy.kind !== 'recreate' && strategy.kind !== 'canary') return undefined
  if (isJob(current)) {
    return {
      refusal: `${strategy.kind} replaces tasks that run on, and a job has none: write \`strategy: rolling\` for it`,
    }
  }
  const total = wantedTasks(current) ?? eligibleNodes(nodes, current.TaskTemplate.Placement).length
  // Without old tasks there is nothing to be careful with, and without a change of theirs they all stay.
  if (total === 0 || replacesNothing(current, wanted)) return undefined
  if (strategy.kind !== 'canary') return { kind: 'recreate' }
  const tasks = canaryTasks(strategy.size, total)
  if (tasks < total) return { kind: 'canary', tasks, total, trial: strategy.trial }
  const has = total === 1 ? 'it has one task only' : `${tasks} of its ${total} tasks would be all of them`
  return { refusal: `canary tries some tasks while the others stay, but ${has}: ${canaryAdvice(total)}` }
}

/** Whether a spec leaves every task as it is: Swarm replaces them for a change of their template only. */
export function replacesNothing(current: ServiceSpec, wanted: ServiceSpec): boolean {
  return wantedTasks(wanted) === 0 || sameStackSpec(current, { ...current, TaskTemplate: wanted.TaskTemplate })
}

type CanarySize = Extract<Strategy, { kind: 'canary' }>['size']

/** A part is rounded up, and of two tasks any part is one; a number is taken as it is. */
function canaryTasks(size: CanarySize, total: number): number {
  if ('tasks' in size) return size.tasks
  return Math.max(1, Math.min(total - 1, Math.ceil((total * size.percent) / 100)))
}

function canaryAdvice(total: number): string {
  return total === 1
    ? 'give it more first, or write `strategy: rolling` for it'
    : `write a \`canary\` from 1 to ${total - 1}`
}

/** The service with no task at all: where the nodes decide, none may run it. */
export function emptied(spec: ServiceSpec): ServiceSpec {
  return withoutTasks({ ...spec, Labels: { ...spec.Labels, [INTERIM_LABEL]: 'recreate' } })
}

/** A spec that asks for no task. */
export function withoutTasks(spec: ServiceSpec): ServiceSpec {
  if (spec.Mode.Replicated !== undefined) return { ...spec, Mode: { Replicated: { Replicas: 0 } } }
  const { TaskTemplate: template } = spec
  const constraints = [...(template.Placement?.Constraints ?? []), NO_NODE]
  return { ...spec, TaskTemplate: { ...template, Placement: { ...template.Placement, Constraints: constraints } } }
}

/**
 * The service as it is, but with the wanted tasks, of which Swarm makes as many as the canary has and then waits: an
 * update's delay comes after each batch (swarmkit, manager/orchestrator/update/updater.go).
 */
export function withCanaries(current: ServiceSpec, wanted: ServiceSpec, tasks: number): ServiceSpec {
  return {
    ...current,
    Labels: { ...current.Labels, [INTERIM_LABEL]: 'canary' },
    TaskTemplate: wanted.TaskTemplate,
    UpdateConfig: {
      ...wanted.UpdateConfig,
      Parallelism: tasks,
      Delay: THIRTY_DAYS_NANOSECONDS,
      FailureAction: 'pause',
      MaxFailureRatio: 0,
    },
  }
}

/**
 * A service as it was before an earlier run was killed in the middle of its first step, with the interim spec that it
 * was left with; any other service as it is.
 */
export function beforeInterim(service: Service): { readonly current: Service; readonly interim?: ServiceSpec } {
  const { Spec: spec, PreviousSpec: previous } = service
  if (!isInterim(spec) || previous === undefined || isInterim(previous)) return { current: service }
  return { current: { ...service, Spec: previous }, interim: spec }
}

/** Whether Swarm would roll a service back to an interim spec. */
export function remembersInterim({ Spec: spec, PreviousSpec: previous }: Service): boolean {
  return !isInterim(spec) && previous !== undefined && isInterim(previous)
}

function isInterim({ Labels: labels }: ServiceSpec): boolean {
  return labels?.[INTERIM_LABEL] !== undefined
}
