import type { Service, Task } from '../../docker/api.ts'
import { type Engine, EngineError, wordsOfError } from '../../docker/engine/engine.ts'
import { imageInWords, imageOf } from '../../docker/specs/service-spec.ts'
import { sameSpec } from '../../docker/specs/spec-comparison.ts'
import { findService, type UpdateResult } from '../../docker/specs/spec-update.ts'
import { removeService } from '../../docker/swarm/service-removal.ts'
import { isOnItsWayToANode } from '../../docker/swarm/task.ts'
import { type Creation, interimOf, type Switch, takersOf, type Update } from '../../plan/change.ts'
import { INTERIM_LABEL } from '../../plan/interim-spec.ts'
import { isAsBefore, sayingWhoScales, withScaleOnWayBack } from '../../plan/keep-replicas.ts'
import { servicesNamed } from '../../plan/observe.ts'
import { havePortsOf } from '../../plan/port-givers.ts'
import type { Trouble } from '../../result.ts'
import { hasOthersScale } from '../../runner/own-labels.ts'
import { inParallel } from '../../runner/parallel.ts'
import { nowMs, sleep, timeLimit } from '../../runner/time/clock.ts'
import { poll } from '../../runner/time/poll.ts'
import type { RolloutRun } from '../run.ts'
import type { Settled } from '../settled.ts'
import { superseded } from '../superseded.ts'
import { judge } from '../watch/judge.ts'
import { lookAt, swarmReader } from '../watch/look.ts'
import type { ServiceHistory } from '../watch/service-history.ts'
import { giversFirst } from './port-order.ts'
import type { Sent, SentChange } from './sent.ts'
import { type CredentialToStore, storedCredential } from './stored-credential.ts'
import { writeSpec } from './write-spec.ts'

/** A service on its way back, or why it is not. */
export type Restoring = {
  readonly sent: SentChange
} /** `before`: what is to run again, as the swarm is to have it; `undefined` where there was nothing. */ & (
  | { readonly state: 'sent' | 'removed'; readonly before?: Service | undefined }
  /** `overtaken`: by somebody else, who has deployed or removed it meanwhile. */
  | { readonly state: 'failed'; readonly cause: string }
  | { readonly state: 'overtaken'; readonly cause: string; readonly trouble: Trouble }
)

/** An election of the swarm's leader takes up to 24 s. */
const SEND_TIMEOUT_MS = 40_000
const LOOK_EVERY_MS = 300
const PLACEMENT_MS = 1000
/** So soon after a change Swarm has made the first task of it. */
const FIRST_TASK_MS = 300
const PLACEMENT_LOOK_MS = 50
/** What has got a port may have failed, and goes back when it is known why. */
const PORTS_MS = 30_000

/**
 * Sends services back to the specs that were observed before the run, with a credential that is valid now, and removes
 * those that the run created. Somebody else's deploy that came meanwhile is left alone.
 */
export function sendBack(changed: readonly SentChange[], run: RolloutRun): Promise<Restoring[]> {
  const takersFirst = giversFirst(changed, ({ change }) => change).toReversed()
  return inParallel(takersFirst, run.deployment.maxParallel, (sent) => sendOneBack(sent, run))
}

/**
 * The same for services that have failed themselves, each when all is known of it that its way back would take away.
 */
export function sendFailedBack(
  failed: readonly (Settled & { readonly sent: SentChange })[],
  run: RolloutRun,
): Promise<Restoring[]> {
  return Promise.all(
    failed.map(({ sent, diagnosed }) =>
      sendOneBack(sent, run, async () => {
        await diagnosed
        if (sent.change.action === 'update') await untilSwarmHasRolledBack(sent, run)
      }),
    ),
  )
}

async function sendOneBack(
  sent: SentChange,
  run: RolloutRun,
  first: () => Promise<void> = async () => undefined,
): Promise<Restoring> {
  const { change } = sent
  const { engine } = run.connection
  const { name } = change.request
  try {
    await first()
    await sent.undo?.(run)
    const isUpdate = change.action === 'update'
    const given = isUpdate ? await restore(change, sent, run) : await takeAway(change, sent, engine)
    if (given === 'changed' || (given === 'removed' && isUpdate)) {
      const { cause, trouble } = superseded(given, 'during this deploy')
      return { sent, state: 'overtaken', cause, trouble }
    }
    if (isUpdate) run.lines.step(name, `sent back to ${imageInWords(imageOf(change.current))}`)
    else run.lines.say(name, `${change.action === 'switch' ? `${change.second.name} ` : ''}removed again`)
    return { sent, state: isUpdate ? 'sent' : 'removed', before: await standingBefore(change, engine) }
  } catch (error) {
    return { sent, state: 'failed', cause: `${whyNotSent(error)}${leftHalfWay(sent)}` }
  }
}

/** What the swarm refuses of the old spec, such as a secret that somebody has removed since, has nothing to do with the call. */
function whyNotSent(error: unknown): string {
  const isRefused = error instanceof EngineError && error.isDaemons && error.status < 500
  return isRefused ? `docker refused what was there before: ${error.message}` : wordsOfError(error)
}

async function restore(change: Update, { service: deployed, problem, sentAt }: Sent, run: RolloutRun) {
  const { engine } = run.connection
  const { current, interim, wanted } = change
  const signal = timeLimit(SEND_TIMEOUT_MS)
  await untilOnNodes(current, sentAt, engine, signal)
  await untilPortsAreFree(change, engine, signal)
  const sent = [...(deployed === undefined ? [] : [deployed.Spec]), ...(problem?.isUnknown ? [wanted] : [])]
  const bases = [...sent, ...(interim === undefined ? [] : [interim, wanted]), current.Spec]
  const back = sayingWhoScales(current.Spec, wanted)
  const withScale = withScaleOnWayBack(wanted)
  const given = await writeSpec(engine, current.ID, bases, back, credentialFor(change), signal, { withScale })
  // Where a task of the way back fails, Swarm would go back in its turn: to the spec before this write, which has failed.
  const mayTurn = given === 'done' && back.UpdateConfig?.FailureAction === 'rollback'
  return mayTurn ? sendOnceMore(change, run) : given
}

/** The old spec once more: Swarm goes on with a way back that it has paused. Nothing where somebody else has changed it. */
export function sendOnceMore(
  { current, currentAccess, wanted }: Update,
  { connection }: RolloutRun,
): Promise<UpdateResult> {
  const back = sayingWhoScales(current.Spec, wanted)
  const credential = storedCredential(currentAccess)
  const signal = timeLimit(SEND_TIMEOUT_MS)
  const withScale = withScaleOnWayBack(wanted)
  return writeSpec(connection.engine, current.ID, [back], back, credential, signal, { withScale })
}

/** A live service may say by now, or not yet, that others scale it, and may have been scaled. */
async function standingBefore(change: SentChange['change'], engine: Engine): Promise<Service | undefined> {
  if (change.action === 'create') return undefined
  const { wanted } = change
  if (change.action === 'update') {
    const { current } = change
    return { ...current, Spec: sayingWhoScales(current.Spec, wanted) }
  }
  const { live } = change.second
  if (live === undefined || !hasOthersScale(wanted.Labels)) return live
  const now = await findService(engine, live.ID, timeLimit(SEND_TIMEOUT_MS)).catch(() => undefined)
  return now !== undefined && isAsBefore(now.Spec, live.Spec, wanted) ? now : live
}

async function takeAway(change: Creation | Switch, { service: created }: Sent, engine: Engine): Promise<UpdateResult> {
  const { wanted } = change
  const signal = timeLimit(SEND_TIMEOUT_MS)
  const ours = [created?.Spec ?? wanted, ...(change.action === 'switch' ? [change.second.routed] : [])]
  const now = await findService(engine, created?.ID ?? wanted.Name, signal)
  if (now === undefined) return 'removed'
  if (!ours.some((spec) => sameSpec(now.Spec, spec))) return 'changed'
  await removeService(engine, now, signal)
  return 'done'
}

/**
 * Swarm's own rollback leads to the same spec, by a policy that is meant for it. One that waits for what never comes, such
 * as a node, would take all the time that the way back has.
 */
async function untilSwarmHasRolledBack({ service: ours }: Sent, run: RolloutRun): Promise<void> {
  if (ours === undefined) return
  const { signal, time, deployment } = run
  const read = swarmReader(run, 'up-to-date')
  let history: ServiceHistory | undefined
  const isOver = () => time.isOver || signal.aborted
  const hasRolledBack = async () => {
    const swarm = await read([ours]).catch(() => undefined)
    // Whether anything can be sent is seen when it is.
    if (swarm === undefined) return true
    const seen = lookAt(ours.ID, swarm, judge, history, deployment.monitorSeconds)
    if (seen.found === 'stale') return false
    if (seen.snapshot?.service.UpdateStatus?.State !== 'rollback_started') return true
    if (seen.found !== 'ours') return false
    history = seen.history
    return seen.verdict.state !== 'progressing'
  }
  if (!isOver()) await poll(hasRolledBack, LOOK_EVERY_MS, isOver, signal)
}

/**
 * A task that is told to end before it has a node never ends, and the one after it waits a minute for that (swarmkit,
 * manager/orchestrator/restart: DelayStart). Swarm takes a tenth of a second to find a node.
 */
async function untilOnNodes({ ID }: Service, sentAt: number, engine: Engine, signal: AbortSignal): Promise<void> {
  const deadline = nowMs() + PLACEMENT_MS
  await sleep(Math.max(0, sentAt + FIRST_TASK_MS - nowMs()), signal)
  const query = { filters: JSON.stringify({ service: [ID] }) }
  const areOnNodes = async () => !(await engine.get<Task[]>('/tasks', { query, signal })).some(isOnItsWayToANode)
  await poll(areOnNodes, PLACEMENT_LOOK_MS, () => nowMs() >= deadline, signal)
}

/** What has got its ports goes back at the same time. */
async function untilPortsAreFree(change: Update, engine: Engine, signal: AbortSignal): Promise<void> {
  const names = takersOf(change)
  if (names.length === 0) return
  const deadline = nowMs() + PORTS_MS
  const areFree = async () => !havePortsOf(change, await servicesNamed(engine, names, signal))
  await poll(areFree, LOOK_EVERY_MS, () => nowMs() >= deadline, signal)
}

function leftHalfWay({ change }: SentChange): string {
  if (interimOf(change) === undefined) return ''
  const { kind } = change.request.strategy
  return `; it may be left with the intermediate spec of ${kind} (label ${INTERIM_LABEL}): the next deploy of it starts from what was before`
}

/** Today's credential where the run has one for the old image; else what was stored with the old spec. */
function credentialFor({ access, currentAccess }: Update): CredentialToStore {
  return storedCredential(currentAccess, access === undefined ? 'spec' : 'previous-spec')
}
