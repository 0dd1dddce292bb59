import type { Service, Task } from '../../docker/api.ts'
import { imageOf } from '../../docker/specs/service-spec.ts'
import { lostNodes } from '../../docker/swarm/nodes-left-out.ts'
import type { Snapshot } from '../../docker/swarm/snapshot.ts'
import { nowMs, sleep } from '../../runner/time/clock.ts'
import type { RolloutRun } from '../run.ts'
import type { Problem } from '../send/sent.ts'
import { type Moment, superseded } from '../superseded.ts'
import { diagnose, diagnoseTimeout, type Evidence, type Finding } from './diagnose.ts'
import type { Judge } from './judge.ts'
import {
  type Look,
  lookAt,
  pauseAfter,
  type ReadSwarm,
  STALE,
  SwarmUnseen,
  type TheirLook,
  unseenAfter,
} from './look.ts'
import { historyBefore, type ServiceHistory } from './service-history.ts'
import type { ServiceSnapshot } from './service-snapshot.ts'
import { taskTimelines } from './task-tracks.ts'

/** The step of its strategy that a service is at, in words. */
export interface StepWords {
  /** When: `during its trial`. */
  readonly during: Moment
  /** Before the cause of a failure: `the trial failed: `. Without it there is no task that could show one. */
  readonly failed?: string
  /** The tasks that show one are those of a canary. */
  readonly ofCanary?: true
  /** What the service is called, where the user knows it by another name. */
  readonly service?: string
}

/** One service, watched through a step of its strategy. */
export interface StepWatch {
  /**
   * Looks until the judge has a verdict; `undefined` when that is good.
   *
   * @param tooLate why it is `timed-out`, when the time of the run is over before: from what was seen last; without a
   * snapshot when that says nothing any more
   */
  untilSettled(tooLate: (progress: string, swarm: Snapshot | undefined) => string): Promise<Problem | undefined>
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
 * @param read what all that are at this step share
 * @param tasksBefore whose failures are history; those that have ended at the first look unless given
 */
export function watchStep(
  ours: Service,
  name: string,
  words: StepWords,
  read: ReadSwarm,
  judge: Judge,
  { connection, observed, deployment, time, signal, lines }: RolloutRun,
  tasksBefore?: readonly Task[],
): StepWatch {
  const begunAt = nowMs() / 1000
  let history: ServiceHistory | undefined = tasksBefore && historyBefore(tasksBefore, undefined, begunAt)
  let last: ServiceSnapshot | undefined
  let down: Problem | undefined

  const look = async (): Promise<{ readonly seen: Look; readonly swarm: Snapshot }> => {
    const swarm = await read([ours])
    const seen = lookAt(ours.ID, swarm, judge, history, deployment.monitorSeconds, begunAt)
    if (seen.found === 'ours') {
      history = seen.history
      last = seen.snapshot
    }
    return { seen, swarm }
  }

  const failure: StepWatch['failure'] = async (outcome, cause, finding = {}) => {
    const trouble = outcome === 'timed-out' ? { trouble: { kind: 'late' } as const } : {}
    if (words.failed === undefined) return { outcome, cause, ...trouble }
    const evidence: Evidence = { service: ours, history, snapshot: last, nodes: observed.nodes }
    const { engine } = connection
    const seenTasks = history && taskTimelines(history, observed.nodes)
    const diagnosis = await (outcome === 'timed-out'
      ? diagnoseTimeout(cause, evidence, engine)
      : diagnose({ ...finding, cause }, evidence, engine))
    const failedTask = diagnosis.failedTask && {
      ...diagnosis.failedTask,
      ...(words.ofCanary && { isCanary: true as const }),
    }
    return {
      outcome,
      cause: words.failed + diagnosis.cause,
      ...trouble,
      ...(failedTask && { failedTask }),
      ...(seenTasks && { seenTasks }),
    }
  }

  const bySomeone = ({ found, snapshot }: TheirLook): Problem => ({
    ...superseded(found, words.during, words.service),
    theirs: { image: imageOf(snapshot?.service) },
  })

  const untilSettled: StepWatch['untilSettled'] = async (tooLate) => {
    let progress = ''
    for (;;) {
      const begunAt = nowMs()
      const looked = await look().catch((error: unknown): Problem => {
        if (!(error instanceof SwarmUnseen) || error.outcome !== 'timed-out') throw error
        const cause = tooLate(unseenAfter(progress, error), undefined)
        return { outcome: 'timed-out', cause: `${words.failed ?? ''}${cause}`, trouble: { kind: 'late' } }
      })
      if ('outcome' in looked) return looked
      const { seen, swarm } = looked
      switch (seen.found) {
        case 'stale':
          if (time.isOver) return failure('timed-out', tooLate(STALE, undefined))
          break
        case 'ours': {
          const { verdict } = seen
          if (verdict.state === 'converged') return undefined
          if (verdict.state !== 'progressing') return failure('failed', verdict.cause, verdict)
          if (verdict.progress !== progress) lines.step(name, verdict.progress)
          progress = verdict.progress
          if (time.isOver) return failure('timed-out', tooLate(progress, swarm))
          break
        }
        default:
          return bySomeone(seen)
      }
      await sleep(pauseAfter(begunAt), signal)
    }
  }

  const whyDown = async (): Promise<Problem | undefined> => {
    for (;;) {
      const begunAt = nowMs()
      const before = last?.tasks ?? []
      const { seen, swarm } = await look()
      if (seen.found === 'stale') {
        if (time.isOver) return failure('timed-out', STALE)
        await sleep(pauseAfter(begunAt), signal)
        continue
      }
      if (seen.found !== 'ours') return bySomeone(seen)
      const { verdict } = seen
      if (verdict.state === 'converged') return undefined
      if (verdict.state === 'progressing') {
        const away = lostNodes(before, swarm.nodes)
        const cause = `it did not stay up: ${verdict.progress}${away === undefined ? '' : `; ${away}`}`
        return failure('failed', cause)
      }
      return failure('failed', verdict.cause, verdict)
    }
  }
  return {
    untilSettled,
    async stillUp() {
      down = (await whyDown()) ?? down
      return down?.cause
    },
    down: () => down,
    failure,
  }
}
