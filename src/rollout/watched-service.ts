import { isJob } from '../docker/specs/service-mode.ts'
import { doubtNote } from '../docker/swarm/failed-check.ts'
import { nodeName } from '../docker/swarm/node-name.ts'
import type { Snapshot } from '../docker/swarm/snapshot.ts'
import { type Observation, observedTasks } from '../plan/observe.ts'
import type { Outcome, ServiceResult } from '../result.ts'
import { type Diagnosis, diagnose, diagnoseTimeout, type Evidence, noteOnNodes } from './diagnose.ts'
import { type Judge, judge, swarmRollsBack } from './judge.ts'
import { lookAt, STALE, type SwarmUnseen, unseenAfter } from './look.ts'
import type { RolloutRun } from './run.ts'
import type { Sent } from './sent.ts'
import { historyBefore, type ServiceHistory } from './service-history.ts'
import { goodOutcome, resultOf, type Seen } from './service-result.ts'
import { countTasks, jobNote, type ServiceSnapshot } from './service-snapshot.ts'
import { type Settled, settledAs } from './settled.ts'
import { bySomeoneElse } from './superseded.ts'

/** A service that is being watched, with what was seen of it so far. */
export interface WatchedService {
  readonly sent: Sent
  readonly history: ServiceHistory
  readonly progress: string
  readonly snapshot?: ServiceSnapshot
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
export type Next = { readonly settled: Settled } | { readonly watched: WatchedService }

/**
 * @param isLate whether the time was over when the snapshot was taken: then it is the last
 * @param endsAtFailure whether Swarm's own rollback is a failure from its beginning on
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
    endsAtFailure ? judgeAtOnce : judge,
    one.history,
    deployment.monitorSeconds,
  )
  const all: Seen = { history: seen.history ?? one.history, snapshot: seen.snapshot, nodes: swarm.nodes }
  const settle = (outcome: Outcome, cause?: string) => resultOf(sent, outcome, all, cause)
  const settled = (result: ServiceResult, diagnosed = Promise.resolve(result)): Next => ({
    settled: { sent, result, diagnosed },
  })
  if (seen.found === 'stale') {
    return isLate ? settled(settle('timed-out', notSettled(time.seconds, STALE))) : { watched: one }
  }
  if (seen.found !== 'ours') return settled(settle('superseded', bySomeoneElse(seen.found, 'during this deploy')))

  const { snapshot, history, verdict } = seen
  const { service } = snapshot
  const evidence: Evidence = { service, history, snapshot, nodes: swarm.nodes, networks: sent.change.networks }
  switch (verdict.state) {
    case 'converged': {
      const result = settle(goodOutcome(sent))
      return settled(
        result,
        withNote(result, noteOnNodes(evidence, engine, lines), jobNote(snapshot) ?? doneNote(history, snapshot)),
      )
    }
    case 'progressing': {
      const { progress } = verdict
      if (!isLate) return { watched: { sent, history, progress, snapshot } }
      const cause = notSettled(time.seconds, progress)
      const result = settle('timed-out', cause)
      return settled(result, withDiagnosis(result, diagnoseTimeout(cause, evidence, engine)))
    }
    default: {
      const isKept = deployment.onFailure === 'keep' || deployment.onFailure === 'pause'
      const stays = service.UpdateStatus?.State === 'paused' && isKept
      const advice = stays ? staysPaused(service.Spec.Name) : ''
      const result = settle(verdict.state, verdict.cause)
      const task = snapshot.tasks.find(({ ID }) => ID === verdict.taskId)
      const diagnosed = withDiagnosis(result, diagnose(verdict, evidence, engine), advice)
      return { settled: { sent, result, diagnosed, node: nodeName(task?.NodeID, swarm.nodes) } }
    }
  }
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
  onEnds: string | undefined,
): Promise<ServiceResult> {
  const note = (await onNodes) ?? onEnds
  return note === undefined ? result : { ...result, note }
}
