import type { Node, ServiceSpec } from '../docker/api.ts'
import { isJob, wantedTasks } from '../docker/specs/service-mode.ts'
import { replacesNothing } from '../docker/specs/spec-comparison.ts'
import { eligibleNodes } from '../docker/swarm/placement.ts'
import type { Change } from '../plan/change.ts'
import type { Decision } from '../plan/strategy.ts'

/**
 * What the plan has decided that a strategy does first with a change; `undefined` where that is nothing, or it is another's.
 *
 * @param strategy its name
 */
export function firstStepOf(change: Change, strategy: string): unknown {
  const isOurs = change.action === 'update' && change.request.strategy.kind === strategy
  return isOurs ? change.firstStep : undefined
}

/**
 * How many old tasks a strategy with a first step has to deal with, or what it decides where there are none: without
 * old tasks there is nothing to be careful with, and without a change of theirs they all stay. Pure.
 *
 * @param strategy its name
 */
export function tasksToReplace(
  strategy: string,
  current: ServiceSpec,
  wanted: ServiceSpec,
  nodes: readonly Node[],
): number | Decision {
  if (isJob(current)) {
    return { refusal: `${strategy} replaces tasks that run on, and a job has none: write \`strategy: rolling\` for it` }
  }
  const total = wantedTasks(current) ?? eligibleNodes(nodes, current.TaskTemplate.Placement).length
  return total === 0 || replacesNothing(current, wanted) ? {} : total
}
