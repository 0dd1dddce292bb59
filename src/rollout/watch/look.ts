import type { Service } from '../../docker/api.ts'
import { wordsOfError } from '../../docker/engine/engine.ts'
import { SameAnswers } from '../../docker/engine/same-answers.ts'
import { endsForGood, isJob } from '../../docker/specs/service-mode.ts'
import { withDoubtfulEnd } from '../../docker/swarm/failed-check.ts'
import { eligibleNodes } from '../../docker/swarm/placement.ts'
import { type PresentService, type Snapshot, takeSnapshot, type WhichTasks } from '../../docker/swarm/snapshot.ts'
import { mayHaveContainer } from '../../docker/swarm/task.ts'
import { monitorSecondsOf } from '../../docker/swarm/update-policy.ts'
import { cpuMs, nowMs, sleep } from '../../runner/time/clock.ts'
import { secondsSince } from '../../runner/time/elapsed.ts'
import type { RolloutRun } from '../run.ts'
import type { Judge, Verdict } from './judge.ts'
import { historyBefore, type ServiceHistory, withSnapshot } from './service-history.ts'
import type { ServiceSnapshot } from './service-snapshot.ts'

/** Tasks make no events on the swarm, so what has not settled is looked at this often. */
const LOOK_EVERY_MS = 500
/** However many ask, and whatever wakes them, there are never more than ten readings a second. */
const SPACE_MS = 100
/** The manager has to list them all. */
const SPACE_PER_TASK_MS = 1
const LONG_SPACE_MS = 8000
/** Also on a slow machine the wait for thousands of tasks takes a twentieth of one CPU. */
const SPACE_PER_CPU_TIME = 20
/** But a failure is not to be seen much later for it: looks further apart are taken for an election, `LONGEST_GAP_SECONDS`. */
const MOST_LONGER = 1.25

/** The cause of what had not settled when the run was stopped; whether it goes on or back is decided later. */
export const STOPPED = 'the run was stopped'

/** The pause between two looks, after the one that began then: at most half of the time goes into looks. */
export function pauseAfter(begunAt: number): number {
  return Math.max(LOOK_EVERY_MS, nowMs() - begunAt)
}

/** The swarm cannot be seen any more. */
export class SwarmUnseen extends Error {
  override name = 'SwarmUnseen'
  /** What that makes of all that has not settled. */
  readonly outcome: 'cancelled' | 'failed' | 'timed-out'

  constructor(outcome: SwarmUnseen['outcome'], message: string, cause: unknown) {
    super(message, { cause })
    this.outcome = outcome
  }
}

/**
 * A snapshot with these services, whose reading began after it was asked for.
 *
 * @param ours as this run has read them or given them their specs
 * @throws SwarmUnseen
 */
export type ReadSwarm = (ours: readonly Service[]) => Promise<Snapshot>

/**
 * One reading for all that ask at nearly the same time. Whoever asks during a reading gets the next one: the spec that
 * they compare it with may be newer than this one.
 */
export function swarmReader(
  { connection: { engine }, signal, time }: Pick<RolloutRun, 'connection' | 'signal' | 'time'>,
  which: WhichTasks,
): ReadSwarm {
  const before = new SameAnswers()
  let seenAt = nowMs()
  let begunAt = Number.NEGATIVE_INFINITY
  let cpuMsThen = 0
  let tasks = 0
  let next: { readonly asked: Map<string, Service>; readonly snapshot: Promise<Snapshot> } | undefined

  const begin = async (asked: ReadonlyMap<string, Service>): Promise<Snapshot> => {
    try {
      const spaceMs = spaceAfter(tasks, cpuMs() - cpuMsThen)
      await sleep(Math.max(0, begunAt + spaceMs - nowMs()), signal).finally(() => {
        next = undefined
      })
      const now = nowMs()
      begunAt = now
      cpuMsThen = cpuMs()
      const snapshot = await takeSnapshot(engine, [...asked.values()], which, signal, before)
      seenAt = now
      tasks = tasksIn(snapshot)
      return snapshot
    } catch (error) {
      if (signal.aborted) throw new SwarmUnseen('cancelled', STOPPED, error)
      const why = wordsOfError(error)
      throw time.isOver
        ? new SwarmUnseen(
            'timed-out',
            `the swarm has not been seen for the last ${secondsSince(seenAt)} s: ${why}`,
            error,
          )
        : new SwarmUnseen('failed', `the swarm can no longer be watched: ${why}`, error)
    }
  }
  return (ours) => {
    if (next === undefined) {
      const asked = new Map<string, Service>()
      next = { asked, snapshot: begin(asked) }
    }
    for (const service of ours) next.asked.set(service.ID, service)
    return next.snapshot
  }
}

/**
 * How long after the beginning of a reading the next may begin: one with many tasks keeps this process and the manager busy.
 *
 * @param spentMs the CPU time that the last one took, with all that was made of it
 */
function spaceAfter(tasks: number, spentMs: number): number {
  const least = Math.min(tasks * SPACE_PER_TASK_MS, LONG_SPACE_MS)
  return Math.max(SPACE_MS, least, Math.min(spentMs * SPACE_PER_CPU_TIME, least * MOST_LONGER))
}

function tasksIn({ services }: Snapshot): number {
  return [...services.values()].reduce((sum, one) => sum + (one.found === 'removed' ? 0 : one.tasks.length), 0)
}

/** What one snapshot says of a service. */
export type Look =
  | { readonly found: 'removed'; readonly snapshot?: undefined; readonly history?: undefined }
  | {
      readonly found: 'changed' | 'rolled back'
      readonly snapshot: ServiceSnapshot
      readonly history?: undefined
    }
  | {
      readonly found: 'stale'
      readonly snapshot: ServiceSnapshot
      readonly history?: undefined
    }
  | {
      readonly found: 'ours'
      readonly snapshot: ServiceSnapshot
      /** With this snapshot in it. */
      readonly history: ServiceHistory
      readonly verdict: Verdict
    }

/** A look that shows what somebody else has done. */
export type TheirLook = Look & { readonly found: 'removed' | 'changed' | 'rolled back' }

/** Why there will be no verdict, after what was seen last of a service. */
export function unseenAfter(progress: string, { message }: SwarmUnseen): string {
  return progress === '' ? message : `${progress}; ${message}`
}

/** What is said of a service for as long as it is `stale`. */
export const STALE = 'the manager that answers has not heard of it yet'

/**
 * Looks at one service of a snapshot. Only what is ours is judged.
 *
 * @param history what was seen of it before; unless given, the tasks that have ended by now are from before the deploy
 * @param monitorSeconds how long its tasks must keep running; what its own spec says unless given
 * @param begunAt when its deploy began, for a service without a history
 */
export function lookAt(
  serviceId: string | undefined,
  { services, nodes }: Snapshot,
  judge: Judge,
  history: ServiceHistory | undefined,
  monitorSeconds: number | undefined,
  begunAt?: number,
): Look {
  const seen = services.get(serviceId ?? '')
  if (seen === undefined || seen.found === 'removed') return { found: 'removed' }
  const snapshot = serviceSnapshot(seen, nodes, monitorSeconds, history)
  if (seen.found === 'stale') return { found: 'stale', snapshot }
  if (seen.found !== 'ours') return { found: seen.found, snapshot }
  const ended = () => snapshot.tasks.filter((task) => !mayHaveContainer(task))
  const now = withSnapshot(history ?? historyBefore(ended(), undefined, begunAt), snapshot)
  return { found: 'ours', snapshot, history: now, verdict: judge(now, snapshot) }
}

function serviceSnapshot(
  { service, tasks }: PresentService,
  nodes: Snapshot['nodes'],
  monitorSeconds: number | undefined,
  history: ServiceHistory | undefined,
): ServiceSnapshot {
  const { Spec: spec } = service
  const ends = isJob(spec) ? 'as a job' : endsForGood(spec) ? 'for good' : 'never'
  return {
    service,
    tasks: tasks.map((task) => withDoubtfulEnd(task, history?.upSince.get(task.ID), ends)),
    eligibleNodes: eligibleNodes(nodes, service.Spec.TaskTemplate.Placement),
    now: nowMs() / 1000,
    monitorSeconds: monitorSeconds ?? monitorSecondsOf(service.Spec),
  }
}
