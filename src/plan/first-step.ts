import type { Node, ServiceSpec } from '../docker/api.ts'
import { isJob, wantedTasks } from '../docker/specs/service-mode.ts'
import { sameSpec } from '../docker/specs/spec-comparison.ts'
import { eligibleNodes } from '../docker/swarm/placement.ts'
import type { Strategy, Trial } from '../inputs/strategy-choice.ts'

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
  return wantedTasks(wanted) === 0 || sameSpec(current, { ...current, TaskTemplate: wanted.TaskTemplate })
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
