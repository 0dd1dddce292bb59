import { swarmEvents } from '../docker/engine/events.ts'
import { imageOf } from '../docker/specs/service-spec.ts'
import { eligibleNodes } from '../docker/swarm/placement.ts'
import { type PresentService, type Snapshot, takeSnapshot } from '../docker/swarm/snapshot.ts'
import { messageOf } from '../errors.ts'
import type { Deployment } from '../inputs/deployment.ts'
import type { Observation } from '../plan/observe.ts'
import type { Outcome, ServiceResult } from '../result.ts'
import { isGood } from '../result.ts'
import { nowMs, sleep, tooLong } from '../runner/clock.ts'
import { secondsSince } from '../runner/elapsed.ts'
import { log } from '../runner/log.ts'
import { type Diagnosis, diagnose, diagnoseTimeout, type Evidence, noteOnNodes } from './diagnose.ts'
import { judge, monitorSecondsOf, swarmRollsBack } from './judge.ts'
import type { Field, Rollout } from './rollout.ts'
import { historyBefore, type ServiceHistory, withSnapshot } from './service-history.ts'
import { type ServiceSnapshot, type TaskCounts, taskCounts } from './service-snapshot.ts'
import { bySomeoneElse } from './superseded.ts'

/** Tasks make no events on the swarm, so they are looked at this often; all of them in one call. */
const LOOK_EVERY_MS = 500

/** The cause of what had not settled then; whether it goes on or back is decided later. */
export const STOPPED = 'the run was stopped'

/** A service that is being watched, with what was seen of it so far. */
interface Watched {
  readonly rollout: Rollout
  readonly history: ServiceHistory
  readonly progress: string
  readonly snapshot?: ServiceSnapshot
}

/** Why nothing can be seen any more: the end of the watch. */
interface Blindness {
  readonly outcome: 'cancelled' | 'failed' | 'timed-out'
  readonly cause: string
}

/** What became of a service. */
export interface Settled {
  readonly rollout: Rollout
  /** Without a cause of its own where it was only given up, because another one failed. */
  readonly result: ServiceResult
  /** The same with the task that shows why, which may take some seconds to find. */
  readonly diagnosed: Promise<ServiceResult>
}

/** What one look at a service led to: a result, or another look. */
type Look = { readonly settled: Settled } | { readonly watched: Watched }

/** A watch over services that are sent one after another. */
export interface Watch {
  /** Watches one more, from the next look on. */
  add(rollout: Rollout): void
  /** Those of which it is certain that they fail; only where the watch ends at the first failure. */
  readonly culprits: readonly string[]
  /** Aborted at the first certain failure; only where the watch ends with it. */
  readonly failed: AbortSignal
  /** No more are added: all of them when they have settled, in the order in which they were added. */
  end(): Promise<readonly Settled[]>
}

/**
 * Waits until every service has settled: all side by side, with one look at the services and one at the tasks for all
 * of them. It does not throw for what a service does; when the signal is aborted, what has not settled is `cancelled`.
 */
export async function watch(rollouts: readonly Rollout[], field: Field): Promise<ServiceResult[]> {
  const watching = beginWatch(field)
  for (const rollout of rollouts) watching.add(rollout)
  return Promise.all((await watching.end()).map(({ diagnosed }) => diagnosed))
}

/**
 * Begins to watch what is added.
 *
 * @param endsAtFailure the watch ends at the first service of which it is certain that it fails: those that have not
 * settled by then are given up, to be brought back
 */
export function beginWatch(field: Field, endsAtFailure = false): Watch {
  const { observed, connection, signal, time } = field
  const { engine } = connection
  const startedAt = nowMs()
  const order: Rollout[] = []
  const settled = new Map<Rollout, Settled>()
  const failure = new AbortController()
  let culprits: readonly string[] = []
  let watched: readonly Watched[] = []
  let isComplete = false
  let complete: () => void = () => undefined
  const completed = new Promise<void>((resolve) => {
    complete = resolve
  })
  /** With the first failure; several that are seen at once are all of them culprits. */
  let isOver = false
  let wake: () => void = () => undefined

  const settle = (one: Settled) => {
    const endsAll = endsAtFailure && !isGood(one.result) && one.result.outcome !== 'cancelled'
    if (endsAll) sayResult(one.result, one.rollout)
    const diagnosed = endsAll ? one.diagnosed : one.diagnosed.then((result) => sayResult(result, one.rollout))
    settled.set(one.rollout, { ...one, diagnosed })
    if (!endsAll || isOver) return
    culprits = [...culprits, one.result.name]
    failure.abort(tooLong())
  }
  const giveUp = (rollout: Rollout, snapshot?: ServiceSnapshot) => {
    const result = givenUp(rollout, snapshot, culprits)
    log.info(`${result.name}: not waited for any more, because ${culprits.join(', ')} failed`)
    settled.set(rollout, { rollout, result, diagnosed: Promise.resolve(result) })
  }

  const add = (rollout: Rollout) => {
    order.push(rollout)
    if (rollout.problem !== undefined) settle(asSettled(rollout, unwatchedResult(rollout)))
    else if (isOver) giveUp(rollout)
    else watched = [...watched, startWatching(rollout, observed)]
    isOver = failure.signal.aborted
    wake()
  }

  const lookOn = async () => {
    using events = swarmEvents(engine, signal)
    let seenAt = startedAt
    while (watched.length > 0 || !isComplete) {
      if (watched.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        continue
      }
      const looked = watched
      const begunAt = nowMs()
      const late = time.isOver
      const view = await look(field, looked, seenAt)
      const left = looked.flatMap((one) => {
        const seen: Look =
          'cause' in view
            ? { settled: unseen(one, view, time.seconds) }
            : lookAtOne(one, view, late, field, endsAtFailure)
        if ('settled' in seen) {
          settle(seen.settled)
          return []
        }
        sayProgress(one, seen.watched, startedAt)
        return [seen.watched]
      })
      if (!('cause' in view)) seenAt = begunAt
      // Those that came meanwhile were not in this view.
      watched = [...left, ...watched.filter((one) => !looked.includes(one))]
      isOver = failure.signal.aborted
      if (isOver) {
        for (const { rollout, snapshot } of watched) giveUp(rollout, snapshot)
        watched = []
      }
      if (watched.length === 0) continue
      const pauseMs = Math.max(LOOK_EVERY_MS, nowMs() - begunAt)
      // While services are sent, each makes events: a look at every one of them would be in the way of the next.
      await (isComplete
        ? events.nextOrAfter(pauseMs)
        : Promise.race([completed, sleep(pauseMs, signal).catch(() => undefined)]))
    }
  }

  const looking = lookOn()
  // It is waited for at the end, and not before.
  looking.catch(() => undefined)
  return {
    add,
    get culprits() {
      return culprits
    },
    failed: failure.signal,
    async end() {
      isComplete = true
      complete()
      wake()
      await looking
      return order.flatMap((rollout) => settled.get(rollout) ?? [])
    },
  }
}

function asSettled(rollout: Rollout, result: ServiceResult): Settled {
  return { rollout, result, diagnosed: Promise.resolve(result) }
}

/** A service that may have come up, had another one not failed. */
function givenUp(rollout: Rollout, snapshot: ServiceSnapshot | undefined, culprits: readonly string[]): ServiceResult {
  if (rollout.checked.action !== 'unchanged') return settledPart(rollout, 'rolled-back', snapshot)
  const cause = `nothing was sent to it, and it is not waited for any more, because ${culprits.join(', ')} failed`
  return endResult(rollout, 'skipped', cause, snapshot)
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
  return { rollout, history: historyBefore(before, status), progress: '' }
}

/** The view, or why there will be none any more. */
async function look(
  { connection, time, signal }: Field,
  watched: readonly Watched[],
  seenAt: number,
): Promise<Snapshot | Blindness> {
  try {
    const ours = watched.flatMap(({ rollout }) => rollout.service ?? [])
    return await takeSnapshot(connection.engine, ours, 'up-to-date', signal)
  } catch (error) {
    if (signal.aborted) return { outcome: 'cancelled', cause: STOPPED }
    if (!time.isOver) return { outcome: 'failed', cause: `the swarm can no longer be watched: ${messageOf(error)}` }
    const cause = `the swarm has not been seen for the last ${secondsSince(seenAt)} s: ${messageOf(error)}`
    return { outcome: 'timed-out', cause }
  }
}

/** What is said of a service when nothing can be seen any more: also what was seen last. */
function unseen({ rollout, progress, snapshot }: Watched, { outcome, cause }: Blindness, seconds: number): Settled {
  if (outcome !== 'timed-out') return asSettled(rollout, endResult(rollout, outcome, cause, snapshot))
  const last = progress === '' ? '' : `${progress}; `
  return asSettled(rollout, endResult(rollout, outcome, `not settled within ${seconds} s: ${last}${cause}`, snapshot))
}

function lookAtOne(one: Watched, view: Snapshot, late: boolean, field: Field, endsAtFailure: boolean): Look {
  const { deployment, connection, time } = field
  const { rollout } = one
  const seen = view.services.get(rollout.service?.ID ?? '')
  if (seen === undefined || seen.found === 'removed')
    return ended(endResult(rollout, 'superseded', bySomeoneElse('removed', 'during this deploy'), undefined))
  const { service } = seen
  const snapshot = snapshotOf(seen, view, deployment)
  if (seen.found === 'changed')
    return ended(endResult(rollout, 'superseded', bySomeoneElse('changed', 'during this deploy'), snapshot))
  if (seen.found === 'stale') {
    if (!late) return { watched: one }
    const cause = `not settled within ${time.seconds} s: the manager that answers has not heard of it yet`
    return ended(endResult(rollout, 'timed-out', cause, snapshot))
  }

  const history = withSnapshot(one.history, snapshot)
  const verdict = (endsAtFailure ? swarmRollsBack(history, service) : undefined) ?? judge(history, snapshot)
  const evidence: Evidence = { service, history, snapshot, nodes: view.nodes, networks: rollout.checked.networks }
  const { engine } = connection
  if (verdict.state === 'converged') {
    const result = settledPart(rollout, GOOD[rollout.checked.action], snapshot)
    return { settled: { rollout, result, diagnosed: withNote(result, noteOnNodes(evidence, engine)) } }
  }
  if (verdict.state === 'progressing') {
    if (!late) return { watched: { rollout, history, progress: verdict.progress, snapshot } }
    const result = endResult(
      rollout,
      'timed-out',
      `not settled within ${time.seconds} s: ${verdict.progress}`,
      snapshot,
    )
    return {
      settled: { rollout, result, diagnosed: withDiagnosis(result, diagnoseTimeout(result.cause, evidence, engine)) },
    }
  }
  const stays = service.UpdateStatus?.State === 'paused' && deployment.onFailure !== 'rollback'
  const advice = stays ? staysPaused(service.Spec.Name) : ''
  const result = endResult(rollout, verdict.state, verdict.cause, snapshot)
  return { settled: { rollout, result, diagnosed: withDiagnosis(result, diagnose(verdict, evidence, engine), advice) } }

  function ended(result: ServiceResult): Look {
    return { settled: asSettled(rollout, result) }
  }
}

function staysPaused(name: string): string {
  return `; it stays paused: deploy again to go on, or go back with \`docker service rollback ${name}\``
}

async function withDiagnosis(
  result: ServiceResult,
  diagnosis: Promise<Diagnosis>,
  advice = '',
): Promise<ServiceResult> {
  const { cause, failedTask } = await diagnosis
  return { ...result, cause: cause + advice, ...(failedTask && { failedTask }) }
}

async function withNote(result: ServiceResult, noted: Promise<string | undefined>): Promise<ServiceResult> {
  const note = await noted
  return note === undefined ? result : { ...result, note }
}

function snapshotOf(
  { service, tasks }: PresentService,
  view: Snapshot,
  { monitorSeconds }: Deployment,
): ServiceSnapshot {
  return {
    service,
    tasks,
    eligibleNodes: eligibleNodes(view.nodes, service.Spec.TaskTemplate.Placement),
    now: nowMs() / 1000,
    monitorSeconds: monitorSeconds ?? monitorSecondsOf(service.Spec),
  }
}

function endResult(rollout: Rollout, outcome: Outcome, cause: string, snapshot: ServiceSnapshot | undefined) {
  return { ...settledPart(rollout, outcome, snapshot), cause }
}

function settledPart(rollout: Rollout, outcome: Outcome, snapshot: ServiceSnapshot | undefined): ServiceResult {
  const { checked, sentAt } = rollout
  const live = checked.colours?.live
  const service = snapshot?.service ?? rollout.service
  const { nodes, running, wanted } = snapshot === undefined ? NOTHING_SEEN : taskCounts(snapshot)
  return {
    name: checked.request.name,
    action: live === undefined || checked.action === 'unchanged' ? checked.action : 'update',
    outcome,
    image: { before: imageOf(checked.current ?? live), after: imageOf(service) },
    config: checked.access?.config.name,
    nodes,
    tasks: { running, wanted },
    seconds: secondsSince(sentAt),
    ...(checked.colours && { live: live?.Spec.Name ?? checked.colours.next }),
  }
}

const NOTHING_SEEN: TaskCounts = { nodes: 0, running: 0, wanted: 0 }

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
