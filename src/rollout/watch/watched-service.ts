import type { Service, Task } from '../../docker/api.ts'
import { isJob } from '../../docker/specs/service-mode.ts'
import { imageOf } from '../../docker/specs/service-spec.ts'
import { doubtNote } from '../../docker/swarm/failed-check.ts'
import { nodeName } from '../../docker/swarm/node-name.ts'
import type { Snapshot } from '../../docker/swarm/snapshot.ts'
import { takersOf } from '../../plan/change.ts'
import { type Observation, observedTasks } from '../../plan/observe.ts'
import { isGood, type Outcome, type ServiceResult } from '../../result.ts'
import type { RolloutRun } from '../run.ts'
import type { Sent } from '../send/sent.ts'
import { goodOutcome, resultOf, type Seen, withTheirs } from '../service-result.ts'
import { type Settled, settledAs } from '../settled.ts'
import { superseded } from '../superseded.ts'
import {
  type Diagnosis,
  diagnose,
  diagnoseTimeout,
  type Evidence,
  type Found,
  findFailure,
  noteOnNodes,
} from './diagnose.ts'
import { endsNote } from './ends-note.ts'
import { areAllUp, type Judge, judge, judgeWayBack, swarmRollsBack } from './judge.ts'
import { isPullFailure } from './kept-tasks.ts'
import { lookAt, STALE, type SwarmUnseen, unseenAfter } from './look.ts'
import { allEnded, historyBefore, type ServiceHistory, updateStatusOf } from './service-history.ts'
import { countTasks, jobNote, type ServiceSnapshot } from './service-snapshot.ts'

/** A service that is being watched, with what was seen of it so far. */
export interface WatchedService {
  readonly sent: Sent
  readonly history: ServiceHistory
  readonly progress: string
  readonly snapshot?: ServiceSnapshot
  /** It had come up before, and has fallen. */
  readonly hasBeenUp?: boolean
  /** Of an update that Swarm takes back: the task that shows why. */
  readonly shown?: Promise<Found | undefined>
}

export function startWatching(sent: Sent, observed: Observation): WatchedService {
  const before = observedTasks(observed, sent.service?.ID)
  const status = sent.change.action === 'unchanged' ? sent.service?.UpdateStatus : undefined
  return { sent, history: historyBefore(before, status, sent.sentAt / 1000), progress: '' }
}

/** What is said of a service when nothing can be seen any more: also what was seen last. */
export function settledUnseen(
  { sent, progress, history, snapshot }: WatchedService,
  unseen: SwarmUnseen,
  { time, observed: { nodes } }: RolloutRun,
): Settled {
  const { outcome, message } = unseen
  const cause = outcome === 'timed-out' ? notSettled(time.seconds, unseenAfter(progress, unseen)) : message
  return settledAs(sent, resultOf(sent, outcome, { history, snapshot, nodes }, cause))
}

/** What one more snapshot leads to: the end, or another look. */
export type Next =
  | { readonly settled: Settled }
  /** `isHalted`: Swarm waits until it is told to go on. */
  | { readonly watched: WatchedService; readonly isHalted?: boolean }

/**
 * @param isLate whether the time was over when the snapshot was taken: then it is the last
 * @param endsAtFailure whether Swarm's own rollback is a failure from its beginning on, as it is of a service that has given
 * ports away: it does not end as long as others have them
 */
export function lookOnce(
  one: WatchedService,
  swarm: Snapshot,
  isLate: boolean,
  { deployment, connection: { engine }, time, lines }: RolloutRun,
  endsAtFailure: boolean,
): Next {
  const { sent } = one
  const seen = lookAt(
    sent.service?.ID,
    swarm,
    (endsAtFailure || takersOf(sent.change).length > 0) && !sent.isWayBack ? judgeAtOnce : judgeOf(sent),
    one.history,
    deployment.monitorSeconds,
  )
  const all: Seen = { history: seen.history ?? one.history, snapshot: seen.snapshot, nodes: swarm.nodes }
  const settle = (outcome: Outcome, cause?: string) => resultOf(sent, outcome, all, cause)
  const settled = (result: ServiceResult, diagnosed = Promise.resolve(result)): Next => ({
    settled: { sent, result, diagnosed, ...(isGood(result) && { history: all.history }) },
  })
  if (seen.found === 'stale') {
    return isLate ? settled(settle('timed-out', notSettled(time.seconds, STALE))) : { watched: one }
  }
  if (seen.found !== 'ours') {
    const { outcome, cause, trouble } = superseded(seen.found, 'during this deploy')
    return settled(withTheirs({ ...settle(outcome, cause), trouble }, sent, imageOf(seen.snapshot?.service)))
  }

  const { snapshot, history, verdict } = seen
  const { service } = snapshot
  const evidence: Evidence = {
    service,
    ...(!sent.isWayBack && { spec: sent.change.wanted }),
    history,
    snapshot,
    nodes: swarm.nodes,
    networks: sent.change.networks,
  }
  const shown = one.shown ?? (isTakenBack(history, service) ? findFailure(evidence, engine) : undefined)
  switch (verdict.state) {
    case 'converged': {
      const result = settle(goodOutcome(sent))
      return settled(
        result,
        withNote(result, noteOnNodes(evidence, engine, lines), [
          jobNote(snapshot) ?? doneNote(history, snapshot),
          sent.isWayBack || one.hasBeenUp
            ? undefined
            : endsNote(allEnded(history), isJob(service.Spec) ? 'before it was done' : 'before it was up'),
        ]),
      )
    }
    case 'progressing': {
      const { progress, isHalted = false } = verdict
      if (!isLate) return { watched: { ...one, history, progress, snapshot, ...(shown && { shown }) }, isHalted }
      // What ran before runs, though Swarm or its policy would have it watched for longer.
      if (sent.isWayBack && areAllUp(snapshot)) return settled(settle(goodOutcome(sent)))
      const ends = endsNote(allEnded(history), 'meanwhile')
      const cause = notSettled(time.seconds, ends === undefined ? progress : `${progress}; ${ends}`)
      const result = settle('timed-out', cause)
      return settled(result, withDiagnosis(result, diagnoseTimeout(cause, evidence, engine)))
    }
    default: {
      const isKept = deployment.onFailure === 'keep' || deployment.onFailure === 'pause'
      const stays = service.UpdateStatus?.State === 'paused' && isKept
      const result = settle(verdict.state, verdict.cause)
      const task = snapshot.tasks.find(({ ID }) => ID === verdict.taskId)
      const advice = stays ? staysPaused(service.Spec.Name) : pullsAsBefore(sent, task) ? PULLS_AS_BEFORE : ''
      const diagnosed = withDiagnosis(result, diagnose(verdict, evidence, engine, shown), advice)
      return { settled: { sent, result, diagnosed, node: nodeName(task?.NodeID, swarm.nodes) } }
    }
  }
}

/** Swarm goes back, or has, to what was before this deploy. */
function isTakenBack(history: ServiceHistory, service: Service): boolean {
  const state = updateStatusOf(history, service)?.State
  return state === 'rollback_started' || state === 'rollback_completed'
}

/** Who judges what was sent, or sent back. */
export function judgeOf({ isWayBack }: Sent): Judge {
  return isWayBack ? judgeWayBack : judge
}

const judgeAtOnce: Judge = (history, snapshot) => swarmRollsBack(history, snapshot.service) ?? judge(history, snapshot)

/** Of a one-shot that had ended before this run could see it up. */
function doneNote({ upSince }: ServiceHistory, { service, tasks, eligibleNodes }: ServiceSnapshot): string | undefined {
  if (isJob(service.Spec)) return undefined
  const { counted } = countTasks(service, tasks, eligibleNodes)
  const unseen = counted.filter(({ ID }) => Object.keys(upSince.get(ID) ?? {}).length === 0)
  return unseen.map(doubtNote).find((note) => note !== undefined)
}

function notSettled(seconds: number, progress: string): string {
  return `not settled within ${seconds} s: ${progress}`
}

/** Whether nodes could not pull with what was stored before this run, which has an account and has sent nothing. */
function pullsAsBefore({ change }: Sent, task: Task | undefined): boolean {
  return change.action === 'unchanged' && change.access !== undefined && task !== undefined && isPullFailure(task)
}

const PULLS_AS_BEFORE =
  '; it is as asked and nothing was sent to it, so nodes pull with the credential that was stored before: `mode: refresh-auth` stores that of this run, and brings up what could not pull'

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

async function withNote(
  result: ServiceResult,
  onNodes: Promise<string | undefined>,
  others: readonly (string | undefined)[],
): Promise<ServiceResult> {
  const notes = [await onNodes, ...others].filter((note) => note !== undefined)
  return notes.length === 0 ? result : { ...result, note: notes.join('; ') }
}
