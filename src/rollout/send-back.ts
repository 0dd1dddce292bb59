import type { Service, Task } from '../docker/api.ts'
import type { Engine } from '../docker/engine/engine.ts'
import { remove } from '../docker/engine/removal.ts'
import { registryAuthHeader } from '../docker/registry/registry-auth.ts'
import { imageOf } from '../docker/specs/service-spec.ts'
import { sameSpec } from '../docker/specs/spec-comparison.ts'
import { findService, type StoredCredential, type UpdateResult, updateSpec } from '../docker/specs/spec-update.ts'
import { isOnItsWayToANode } from '../docker/swarm/task.ts'
import { messageOf } from '../errors.ts'
import type { Creation, Switch, Update } from '../plan/check.ts'
import { INTERIM_LABEL } from '../plan/interim-spec.ts'
import { nowMs, sleep, timeLimit } from '../runner/clock.ts'
import { log } from '../runner/log.ts'
import { inParallel } from '../runner/parallel.ts'
import { poll } from '../runner/poll.ts'
import { type Changed, type Field, interimOf, type Rollout } from './rollout.ts'
import type { Settled } from './settled.ts'
import { bySomeoneElse } from './superseded.ts'

/** A service on its way back, or why it is not. */
export type Restoring = { readonly rollout: Changed } & (
  | { readonly state: 'sent' | 'removed' }
  /** `overtaken`: by somebody else, who has deployed or removed it meanwhile. */
  | { readonly state: 'failed' | 'overtaken'; readonly cause: string }
)

/** An election of the swarm's leader takes up to 24 s. */
const SEND_TIMEOUT_MS = 40_000
const LOOK_EVERY_MS = 300
const PLACEMENT_MS = 1000
/** So soon after a change Swarm has made the first task of it. */
const FIRST_TASK_MS = 300
const PLACEMENT_LOOK_MS = 50

/**
 * Sends services back to the specs that were observed before the run, with a credential that is valid now, and removes
 * those that the run created. Somebody else's deploy that came meanwhile is left alone.
 */
export function sendBack(changed: readonly Changed[], field: Field): Promise<Restoring[]> {
  return inParallel(changed, field.deployment.maxParallel, (rollout) => sendOneBack(rollout, field))
}

/**
 * The same for services that have failed themselves, each when all is known of it that its way back would take away.
 */
export function sendFailedBack(
  failed: readonly (Settled & { readonly rollout: Changed })[],
  field: Field,
): Promise<Restoring[]> {
  return Promise.all(
    failed.map(({ rollout, diagnosed }) =>
      sendOneBack(rollout, field, async () => {
        await diagnosed
        if (rollout.checked.action === 'update') await untilSwarmHasRolledBack(rollout.checked.current, field)
      }),
    ),
  )
}

async function sendOneBack(
  rollout: Changed,
  { connection: { engine } }: Field,
  first: () => Promise<void> = async () => undefined,
): Promise<Restoring> {
  const { checked } = rollout
  const { name } = checked.request
  try {
    await first()
    const isUpdate = checked.action === 'update'
    const given = isUpdate ? await restore(checked, rollout, engine) : await takeAway(checked, rollout, engine)
    if (given === 'changed' || (given === 'removed' && isUpdate)) {
      return { rollout, state: 'overtaken', cause: bySomeoneElse(given, 'during this deploy') }
    }
    if (isUpdate) log.info(`${name}: sent back to ${imageOf(checked.current)}`)
    else log.info(`${name}: ${checked.action === 'switch' ? `${checked.second.name} ` : ''}removed again`)
    return { rollout, state: isUpdate ? 'sent' : 'removed' }
  } catch (error) {
    return { rollout, state: 'failed', cause: `${messageOf(error)}${leftHalfWay(rollout)}` }
  }
}

async function restore(checked: Update, { service: deployed, problem, sentAt }: Rollout, engine: Engine) {
  const { current, interim, wanted } = checked
  const signal = timeLimit(SEND_TIMEOUT_MS)
  await untilOnNodes(current, sentAt, engine, signal)
  const sent = [...(deployed === undefined ? [] : [deployed.Spec]), ...(problem?.isUnknown ? [wanted] : [])]
  const bases = [...sent, ...(interim === undefined ? [] : [interim, wanted])]
  return updateSpec(engine, current.ID, bases, current.Spec, credentialFor(checked), signal)
}

async function takeAway(
  checked: Creation | Switch,
  { service: created }: Rollout,
  engine: Engine,
): Promise<UpdateResult> {
  const { wanted } = checked
  const signal = timeLimit(SEND_TIMEOUT_MS)
  const ours = [created?.Spec ?? wanted, ...(checked.action === 'switch' ? [checked.second.routed] : [])]
  const now = await findService(engine, created?.ID ?? wanted.Name, signal)
  if (now === undefined) return 'removed'
  if (!ours.some((spec) => sameSpec(now.Spec, spec))) return 'changed'
  await remove(engine, `/services/${now.ID}`, signal)
  return 'done'
}

/** Swarm's own rollback leads to the same spec, by a policy that is meant for it. */
async function untilSwarmHasRolledBack(
  { ID }: Service,
  { connection: { engine }, signal: stop, time }: Field,
): Promise<void> {
  const isOver = () => time.isOver
  const hasRolledBack = async () => {
    const now = await findService(engine, ID, timeLimit(SEND_TIMEOUT_MS))
    return now?.UpdateStatus?.State !== 'rollback_started'
  }
  if (!isOver() && !stop.aborted) await poll(hasRolledBack, LOOK_EVERY_MS, isOver, stop)
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

function leftHalfWay({ checked }: Changed): string {
  if (interimOf(checked) === undefined) return ''
  const { kind } = checked.request.strategy
  return `; it may be left with a spec that was only meant for the way (${kind}, label ${INTERIM_LABEL}): the next deploy of it starts from what was before`
}

/** Today's credential where the run has one for the old image; else what was stored with the old spec. */
function credentialFor({ access, currentAccess }: Update): StoredCredential {
  if (currentAccess !== undefined) return { from: 'header', header: registryAuthHeader(currentAccess.credential) }
  return { from: access === undefined ? 'spec' : 'previous-spec' }
}
