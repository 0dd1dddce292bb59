import type { Deployment, FailedTask, Observation, Outcome, Rollout, ServiceResult } from './deployment.ts'
import { causeWith, findFailedTask } from './diagnose.ts'
import { wakeOnEvents } from './docker/alarm.ts'
import type { Service } from './docker/api.ts'
import { throughElection } from './docker/election.ts'
import type { Engine } from './docker/engine.ts'
import { eligibleNodes } from './docker/placement.ts'
import { firstMemory, judge, type Memory, monitorSecondsOf, remember } from './docker/rollout.ts'
import { imageOf } from './docker/service-spec.ts'
import { type Sight, type Tally, tally } from './docker/sight.ts'
import { isSomeoneElses, type View, viewOf } from './docker/view.ts'
import { secondsSince } from './elapsed.ts'
import { messageOf } from './errors.ts'
import { nowMs } from './runner/clock.ts'
import { log } from './runner/log.ts'
import { isGood } from './verdict.ts'

/** Tasks make no events on the swarm, so they are looked at this often; all of them in one call. */
const LOOK_EVERY_MS = 500

const CANCELLED = 'the run was stopped; the swarm goes on by itself'
const GONE = 'someone else removed it during this deploy'
const CHANGED = 'someone else changed it during this deploy'

/** A service that is being watched, with what was seen of it so far. */
interface Watched {
  readonly rollout: Rollout
  readonly memory: Memory
  readonly progress: string
}

/** Why nothing can be seen any more: the end of the watch. */
interface Blindness {
  readonly outcome: 'cancelled' | 'failed'
  readonly cause: string
}

/** What one look at a service led to: a result, or another look. */
type Look = { readonly result: ServiceResult | Promise<ServiceResult> } | { readonly watched: Watched }

/**
 * Waits until every service has settled: all side by side, with one look at the services and one at the tasks for all
 * of them. It does not throw for what a service does; when the signal is aborted, what has not settled is `cancelled`.
 */
export async function watch(
  rollouts: readonly Rollout[],
  observed: Observation,
  deployment: Deployment,
  engine: Engine,
  signal: AbortSignal,
): Promise<ServiceResult[]> {
  const results = new Map<Rollout, Promise<ServiceResult>>()
  // Nobody waits here for a diagnosis: Swarm's first word on another service would be missed meanwhile.
  const settle = (rollout: Rollout, result: ServiceResult | Promise<ServiceResult>) => {
    results.set(
      rollout,
      Promise.resolve(result).then((settled) => sayResult(settled, rollout)),
    )
  }
  for (const rollout of rollouts.filter(({ problem }) => problem !== undefined))
    settle(rollout, unwatchedResult(rollout))

  let watched = rollouts
    .filter(({ problem }) => problem === undefined)
    .map((rollout) => startWatching(rollout, observed))
  const startedAt = nowMs()
  const deadline = startedAt + deployment.timeoutSeconds * 1000
  using alarm = wakeOnEvents(engine, signal)

  while (watched.length > 0) {
    const view = await look(engine, watched, signal)
    const late = nowMs() >= deadline
    watched = watched.flatMap((one) => {
      const seen: Look =
        'cause' in view
          ? { result: endResult(one.rollout, view.outcome, view.cause, undefined) }
          : lookAtOne(one, view, late, deployment, engine)
      if ('result' in seen) {
        settle(one.rollout, seen.result)
        return []
      }
      sayProgress(one, seen.watched, startedAt)
      return [seen.watched]
    })
    if (watched.length > 0) await alarm.next(LOOK_EVERY_MS)
  }
  return Promise.all(rollouts.flatMap((rollout) => results.get(rollout) ?? []))
}

/** The result of a service that nobody waits for: what was sent, or why it was not. */
export function unwatchedResult(rollout: Rollout): ServiceResult {
  const { problem, checked } = rollout
  const outcome = problem?.outcome ?? GOOD[checked.action]
  const result = settledPart(rollout, outcome, undefined)
  if (problem === undefined) return result
  const { cause, failedTask } = problem
  return { ...result, cause, ...(failedTask === undefined ? {} : { failedTask }) }
}

const GOOD = { create: 'created', update: 'updated', unchanged: 'unchanged' } as const

function startWatching(rollout: Rollout, observed: Observation): Watched {
  const before = observed.tasks.filter(({ ServiceID }) => ServiceID === rollout.service?.ID)
  const status = rollout.checked.action === 'unchanged' ? rollout.service?.UpdateStatus : undefined
  return { rollout, memory: firstMemory(before, status), progress: '' }
}

/** The view, or why there will be none any more. */
async function look(engine: Engine, watched: readonly Watched[], signal: AbortSignal): Promise<View | Blindness> {
  try {
    const ids = watched.flatMap(({ rollout }) => rollout.service?.ID ?? [])
    return await throughElection(() => viewOf(engine, ids, signal), signal)
  } catch (error) {
    if (signal.aborted) return { outcome: 'cancelled', cause: CANCELLED }
    return { outcome: 'failed', cause: `the swarm can no longer be watched: ${messageOf(error)}` }
  }
}

function lookAtOne(one: Watched, view: View, late: boolean, deployment: Deployment, engine: Engine): Look {
  const { rollout } = one
  const service = view.services.get(rollout.service?.ID ?? '')
  if (service === undefined) return { result: endResult(rollout, 'superseded', GONE, undefined) }
  const sight = sightOf(service, view, deployment)
  if (isSomeoneElses(rollout.service, service)) return { result: endResult(rollout, 'superseded', CHANGED, sight) }

  const memory = remember(one.memory, sight)
  const verdict = judge(memory, sight)
  if (verdict.state === 'converged') return { result: settledPart(rollout, GOOD[rollout.checked.action], sight) }
  if (verdict.state === 'progressing') {
    if (!late) return { watched: { rollout, memory, progress: verdict.progress } }
    const cause = `not settled within ${deployment.timeoutSeconds} s: ${verdict.progress}`
    const failedTask = findFailedTask(service.ID, undefined, memory, view.nodes, engine)
    return { result: withTask(endResult(rollout, 'timed-out', cause, sight), failedTask) }
  }
  const failedTask = findFailedTask(service.ID, verdict.taskId, memory, view.nodes, engine)
  const stays = service.UpdateStatus?.State === 'paused' && deployment.onFailure !== 'rollback'
  const advice = stays ? staysPaused(service.Spec.Name) : ''
  return { result: withTask(endResult(rollout, verdict.state, verdict.cause, sight), failedTask, advice) }
}

function staysPaused(name: string): string {
  return `; it stays paused: deploy again to go on, or go back with \`docker service rollback ${name}\``
}

async function withTask(
  result: ServiceResult & { readonly cause: string },
  finding: Promise<FailedTask | undefined>,
  advice = '',
): Promise<ServiceResult> {
  const failedTask = await finding
  const cause = causeWith(result.cause, failedTask) + advice
  return { ...result, cause, ...(failedTask && { failedTask }) }
}

function sightOf(service: Service, view: View, { monitorSeconds }: Deployment): Sight {
  return {
    service,
    tasks: view.tasks.get(service.ID) ?? [],
    eligibleNodes: eligibleNodes(view.nodes, service.Spec.TaskTemplate.Placement),
    now: nowMs() / 1000,
    monitorSeconds: monitorSeconds ?? monitorSecondsOf(service.Spec),
  }
}

function endResult(rollout: Rollout, outcome: Outcome, cause: string, sight: Sight | undefined) {
  return { ...settledPart(rollout, outcome, sight), cause }
}

function settledPart(rollout: Rollout, outcome: Outcome, sight: Sight | undefined): ServiceResult {
  const { checked, sentAt } = rollout
  const live = checked.colours?.live
  const service = sight?.service ?? rollout.service
  const { nodes, running, wanted } = sight === undefined ? NOTHING_SEEN : tally(sight)
  return {
    name: checked.request.name,
    action: live === undefined || checked.action === 'unchanged' ? checked.action : 'update',
    outcome,
    image: { before: imageOf(live ?? checked.current), after: imageOf(service) },
    config: checked.access?.config.name,
    nodes,
    tasks: { running, wanted },
    seconds: secondsSince(sentAt),
    ...(checked.colours && { live: live?.Spec.Name ?? checked.colours.next }),
  }
}

const NOTHING_SEEN: Tally = { nodes: 0, running: 0, wanted: 0 }

function sayProgress(before: Watched, now: Watched, startedAt: number): void {
  if (now.progress === before.progress) return
  log.info(`${Math.round((nowMs() - startedAt) / 1000)} s  ${now.rollout.checked.request.name}: ${now.progress}`)
}

function sayResult(result: ServiceResult, { isWayBack = false }: Rollout): ServiceResult {
  const { name, outcome, seconds, cause } = result
  log.info(
    `${name}: ${isWayBack && isGood(result) ? 'back' : outcome} after ${seconds} s${cause === undefined ? '' : `: ${cause}`}`,
  )
  return result
}
