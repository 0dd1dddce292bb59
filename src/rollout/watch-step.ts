import type { Connection } from '../connect/connection.ts'
import type { Service, Task } from '../docker/api.ts'
import { eligibleNodes } from '../docker/swarm/placement.ts'
import { type PresentService, type Snapshot, takeSnapshot, type WhichTasks } from '../docker/swarm/snapshot.ts'
import { mayHaveContainer } from '../docker/swarm/task.ts'
import { messageOf } from '../errors.ts'
import { nowMs, sleep } from '../runner/clock.ts'
import { log } from '../runner/log.ts'
import { diagnose, diagnoseTimeout, type Evidence, type Finding } from './diagnose.ts'
import { monitorSecondsOf, type Verdict } from './judge.ts'
import type { Field, Rollout } from './rollout.ts'
import { historyBefore, type ServiceHistory, withSnapshot } from './service-history.ts'
import type { ServiceSnapshot } from './service-snapshot.ts'
import { type Moment, superseded } from './superseded.ts'

/** How often a service is looked at that is on its way. */
const LOOK_EVERY_MS = 400
/** However many ask, there is no look within this time of the one before. */
const SPACE_MS = 200

export type Problem = NonNullable<Rollout['problem']>

/** A look that is begun after it was asked for, with what it shows of the service beside its spec. */
export type Look = (ours: Service) => Promise<Snapshot>

/**
 * One look at all services for all that ask at nearly the same time. Who asks while a look is on its way gets the next
 * one: what they compare it with may be newer than that.
 */
export function sharedLook({ engine }: Connection, which: WhichTasks, signal: AbortSignal): Look {
  let begunAt = Number.NEGATIVE_INFINITY
  let next: { readonly asked: Map<string, Service>; readonly view: Promise<Snapshot> } | undefined

  const begin = async (asked: ReadonlyMap<string, Service>): Promise<Snapshot> => {
    try {
      await sleep(Math.max(0, begunAt + SPACE_MS - nowMs()), signal)
    } finally {
      next = undefined
    }
    begunAt = nowMs()
    try {
      return await takeSnapshot(engine, [...asked.values()], which, signal)
    } catch (error) {
      throw new Error(`the swarm can no longer be watched: ${messageOf(error)}`, { cause: error })
    }
  }
  return (ours) => {
    if (next === undefined) {
      const asked = new Map<string, Service>()
      next = { asked, view: begin(asked) }
    }
    next.asked.set(ours.ID, ours)
    return next.view
  }
}

/** The step of its strategy that a service is at, in words. */
export interface StepWords {
  /** When: `during its canary`. */
  readonly during: Moment
  /** Before the cause of a failure: `the canary failed: `. Without it there is no task that could show one. */
  readonly failed?: string
}

/** How a service on its way is looked at, again and again. */
export interface StepWatch {
  /**
   * Looks until the judge has a verdict; `undefined` when that is good.
   *
   * @param tooLate why it is `timed-out`, when the time of the run is over before: from what was seen last; without a
   * view when the swarm can no longer be seen
   */
  untilSettled(tooLate: (progress: string, view: Snapshot | undefined) => string): Promise<Problem | undefined>
  /** Why its tasks are not up any more; `undefined` while they are. */
  stillUp(): Promise<string | undefined>
  /** What {@link StepWatch.stillUp} found last. */
  down(): Problem | undefined
  /** A problem in the words of the step, with the task that shows it. */
  failure(outcome: 'failed' | 'timed-out', cause: string, finding?: Partial<Finding>): Promise<Problem>
}

/**
 * @param ours the service with the spec that this run gave it
 * @param name as the user knows it
 * @param tasksBefore whose failures are history; those that have ended at the first look unless given
 */
export function watchStep(
  ours: Service,
  name: string,
  words: StepWords,
  look: Look,
  judge: (history: ServiceHistory, snapshot: ServiceSnapshot) => Verdict,
  { connection, observed, deployment, time, signal }: Field,
  tasksBefore?: readonly Task[],
): StepWatch {
  let history = tasksBefore && historyBefore(tasksBefore)
  let lastSnapshot: ServiceSnapshot | undefined
  let down: Problem | undefined

  const see = async (): Promise<{ readonly verdict: Verdict; readonly view: Snapshot } | Problem> => {
    for (;;) {
      const view = await look(ours)
      const seen = view.services.get(ours.ID)
      if (seen === undefined || seen.found === 'removed') return superseded('removed', words.during)
      if (seen.found === 'changed') return superseded('changed', words.during)
      if (seen.found === 'stale') continue
      lastSnapshot = snapshotOf(seen, view)
      history = withSnapshot(
        history ?? historyBefore(lastSnapshot.tasks.filter((task) => !mayHaveContainer(task))),
        lastSnapshot,
      )
      return { verdict: judge(history, lastSnapshot), view }
    }
  }

  const snapshotOf = ({ service, tasks }: PresentService, { nodes }: Snapshot): ServiceSnapshot => ({
    service,
    tasks,
    eligibleNodes: eligibleNodes(nodes, service.Spec.TaskTemplate.Placement),
    now: nowMs() / 1000,
    monitorSeconds: deployment.monitorSeconds ?? monitorSecondsOf(service.Spec),
  })

  const failure = async (
    outcome: 'failed' | 'timed-out',
    cause: string,
    finding: Partial<Finding> = {},
  ): Promise<Problem> => {
    if (words.failed === undefined) return { outcome, cause }
    const evidence: Evidence = { service: ours, history, snapshot: lastSnapshot, nodes: observed.nodes }
    const { engine } = connection
    const diagnosis = await (outcome === 'timed-out'
      ? diagnoseTimeout(cause, evidence, engine)
      : diagnose({ ...finding, cause }, evidence, engine))
    return { outcome, ...diagnosis, cause: words.failed + diagnosis.cause }
  }

  const untilSettled: StepWatch['untilSettled'] = async (tooLate) => {
    let said = ''
    for (;;) {
      const seen = await see().catch((error: unknown): Problem => {
        if (!time.isOver || signal.aborted) throw error
        return { outcome: 'timed-out', cause: `${words.failed ?? ''}${tooLate(messageOf(error), undefined)}` }
      })
      if ('outcome' in seen) return seen
      const { verdict, view } = seen
      if (verdict.state === 'converged') return undefined
      if (verdict.state !== 'progressing') return failure('failed', verdict.cause, verdict)
      if (verdict.progress !== said) log.info(`${name}: ${verdict.progress}`)
      said = verdict.progress
      if (time.isOver) return failure('timed-out', tooLate(said, view))
      await sleep(LOOK_EVERY_MS, signal)
    }
  }

  const stillUp = async () => {
    const seen = await see()
    if ('outcome' in seen) down = seen
    else if (seen.verdict.state === 'progressing')
      down = await failure('failed', `it did not stay up: ${seen.verdict.progress}`)
    else if (seen.verdict.state !== 'converged') down = await failure('failed', seen.verdict.cause, seen.verdict)
    return down?.cause
  }
  return { untilSettled, stillUp, down: () => down, failure }
}

/**
 * Does the work for all side by side. When one gets a problem, what the others wait for ends, and they stay as they are.
 * Nothing is thrown.
 *
 * @param work with a signal that another's problem aborts as well
 */
export function untilFirstProblem<T extends { readonly problem?: Problem }>(
  items: readonly T[],
  stop: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<T>,
): Promise<T[]> {
  const firstProblem = new AbortController()
  const signal = AbortSignal.any([stop, firstProblem.signal])
  return Promise.all(
    items.map(async (item) => {
      try {
        const after = await work(item, signal)
        if (after.problem !== undefined) firstProblem.abort()
        return after
      } catch (error) {
        if (signal.aborted) return item
        firstProblem.abort()
        return { ...item, problem: { outcome: 'failed', cause: messageOf(error) } }
      }
    }),
  )
}
