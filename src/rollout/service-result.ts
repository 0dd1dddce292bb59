import type { Node } from '../docker/api.ts'
import { imageOf, imageOfSpec } from '../docker/specs/service-spec.ts'
import { type Change, leaves, serviceBefore } from '../plan/change.ts'
import { isGood, type Outcome, type ServiceResult, type Stretch, type TaskTimeline } from '../result.ts'
import { counted } from '../runner/text/counted.ts'
import { someOf } from '../runner/text/some-of.ts'
import { nowMs } from '../runner/time/clock.ts'
import { secondsSince } from '../runner/time/elapsed.ts'
import type { Sent } from './send/sent.ts'
import type { ServiceLog } from './service-log.ts'
import type { ServiceHistory } from './watch/service-history.ts'
import { type ServiceSnapshot, type TaskCounts, taskCounts } from './watch/service-snapshot.ts'
import { taskTimelines } from './watch/task-tracks.ts'

const NOTHING_SEEN: TaskCounts = { nodes: 0, running: 0, wanted: 0 }

const GOOD = { create: 'created', switch: 'created', update: 'updated', unchanged: 'unchanged' } as const

/** The outcome of a rollout that went well. */
export function goodOutcome({ change }: Sent): Outcome {
  return GOOD[change.action]
}

/** What was seen of a service, and the nodes of the swarm. */
export interface Seen {
  readonly history: ServiceHistory
  /** The last one. */
  readonly snapshot?: ServiceSnapshot | undefined
  readonly nodes: readonly Node[]
}

/**
 * What became of a service.
 *
 * @param seen nothing, where nobody looked
 */
export function resultOf(sent: Sent, outcome: Outcome, seen: Seen | undefined, cause?: string): ServiceResult {
  const { change, sentAt } = sent
  const snapshot = seen?.snapshot
  const live = change.colours?.live
  const service = snapshot?.service ?? sent.service
  const { nodes, running, wanted } = snapshot === undefined ? NOTHING_SEEN : taskCounts(snapshot)
  return {
    name: change.request.name,
    action: actionOf(change),
    outcome,
    image: {
      before: imageOf(serviceBefore(change)),
      wanted: imageOfSpec(change.wanted),
      after: imageOf(service),
    },
    strategy: change.request.strategy.kind,
    ...(change.changes.length > 0 && { changes: change.changes }),
    ...(leaves(change) && { leaves: true }),
    ...(change.keptTag !== undefined && { keptTag: change.keptTag }),
    ...(change.request.place && { place: change.request.place }),
    config: change.access?.config.name,
    nodes,
    tasks: { running, wanted },
    seconds: secondsSince(sentAt),
    ...(change.colours && { live: live?.Spec.Name ?? change.colours.next }),
    ...(cause !== undefined && { cause }),
    ...(outcome === 'timed-out' && !sent.problem?.isUnknown && { trouble: { kind: 'late' } as const }),
    ...(seen && { timeline: { out: stretchOf(sentAt, taskTimelines(seen.history, seen.nodes)) } }),
  }
}

/** From a moment of {@link nowMs} until now. */
function stretchOf(sinceMs: number, tasks: readonly TaskTimeline[]): Stretch {
  return { from: sinceMs / 1000, to: nowMs() / 1000, tasks }
}

/** Of two services for one name: whether there was one before. */
function actionOf(change: Change): ServiceResult['action'] {
  if (change.action !== 'switch') return change.action
  return change.second.live === undefined ? 'create' : 'update'
}

/** The result of a service that nobody waits for: what was sent, or why it was not. */
export function unwatchedResult(sent: Sent): ServiceResult {
  const { problem } = sent
  if (problem === undefined) return resultOf(sent, goodOutcome(sent), undefined)
  const { outcome, cause, trouble, failedTask, because, seenTasks, theirs } = problem
  const result = resultOf(sent, outcome, undefined, cause)
  return {
    ...(theirs === undefined ? result : withTheirs(result, sent, theirs.image)),
    ...(trouble && { trouble }),
    ...(failedTask && { failedTask }),
    ...(because && { because }),
    ...(seenTasks && { timeline: { out: stretchOf(sent.sentAt, seenTasks) } }),
  }
}

/**
 * The result of a service that somebody else has changed or removed: it says what they have made of it. Of two services for
 * one name it says so only of one that has been up.
 *
 * @param image what it is to run now; nothing where it is gone
 */
export function withTheirs(result: ServiceResult, { change }: Sent, image: string | undefined): ServiceResult {
  if (change.action === 'switch' && !isGood(result)) return result
  return { ...result, image: { ...result.image, after: image } }
}

/** The result of a service that may have come up, had another one not failed. */
export function givenUpResult(sent: Sent, seen: Seen | undefined, culprits: readonly string[]): ServiceResult {
  if (sent.change.action !== 'unchanged') return { ...resultOf(sent, 'rolled-back', seen), because: culprits }
  const cause = `nothing was sent to it, and it is not waited for any more, because ${someOf(culprits)} failed`
  return { ...resultOf(sent, 'skipped', seen, cause), because: culprits }
}

/**
 * Logs a result.
 *
 * @param node where it failed, as far as that is known by now
 */
export function sayResult(
  result: ServiceResult,
  { change, isWayBack = false }: Sent,
  lines: ServiceLog,
  node = result.failedTask?.node,
): void {
  const { name, outcome, seconds, tasks, nodes, cause } = result
  const after = `after ${seconds} s`
  if (!isGood(result)) {
    const where = node === undefined || cause?.includes(node) ? '' : ` (node ${node})`
    lines.bad(name, `${outcome} ${after}${cause === undefined ? '' : `: ${cause}`}${where}`)
    return
  }
  const tag = isWayBack || change.keptTag === undefined ? '' : ` (${change.keptTag})`
  const said = `${isWayBack ? 'back' : outcome}${tag} ${after}, ${tasks.running}/${counted(tasks.wanted, 'task')} on ${counted(nodes, 'node')}`
  // Of many services those count that have changed.
  if (outcome === 'unchanged' && !isWayBack) lines.unchanged(name, said)
  else lines.good(name, said)
}
