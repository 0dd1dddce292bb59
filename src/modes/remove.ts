import type { Run } from '../connect/run.ts'
import { untilCaughtUp } from '../docker/engine/caught-up.ts'
import { imageInWords, imageOf } from '../docker/specs/service-spec.ts'
import { swarmTime } from '../docker/swarm/swarm-time.ts'
import { afterFirstChange, notingRemains, type OnRemains, throwAll } from '../errors.ts'
import type { RemovalRequest } from '../inputs/modes/removal.ts'
import { takeLockOf } from '../lock/lock.ts'
import { checkToolsImage } from '../nodes/tools-image.ts'
import { nameInFiles } from '../plan/colours.ts'
import { sweepExpired } from '../prepare/passing-services.ts'
import type { ToolImage } from '../prepare/tool-image.ts'
import { removeObjects, removeRecords } from '../removal/objects.ts'
import { planRemoval, type RemovalPlan } from '../removal/plan.ts'
import { type RemovalRun, removeServices } from '../removal/services.ts'
import { planVolumes, removeVolumes, type VolumePlan } from '../removal/volumes.ts'
import type { RemovalResult, RemovedThing, ServiceResult } from '../result.ts'
import { lifetimeOfSeconds } from '../rollout/watch/lifetime.ts'
import { log, openStage } from '../runner/log/log.ts'
import { identifyRun } from '../runner/run.ts'
import { counted } from '../runner/text/counted.ts'
import { note } from '../runner/workspace/state.ts'
import { surelyKnownObjects, surelyKnownServices } from '../stack/stack.ts'
import { withRun } from './with-run.ts'

/** Takes services or a stack away. */
export function remove(asked: RemovalRequest, signal: AbortSignal): Promise<RemovalResult> {
  return withRun({ ...asked, onCancel: 'keep' }, signal, (run) => removeOver(asked, run))
}

/**
 * Says what goes, removes it, and waits until it is gone. What services of others need stays. A run that was cut off is
 * taken up by the next one.
 *
 * @throws UserErrors when what is asked for is not there, or not what it is called; nothing is removed then
 */
export function removeOver(asked: RemovalRequest, run: Run): Promise<RemovalResult> {
  return notingRemains((onRemains) => allStages(asked, run, onRemains))
}

async function allStages(asked: RemovalRequest, run: Run, onRemains: OnRemains): Promise<RemovalResult> {
  const { time, signal } = run
  const connection = time.bound(run.connection)
  const removing: RemovalRun = { ...run, connection, asked }
  const { what, lock } = asked
  const locking = {
    lock: asked.dryRun ? undefined : lock,
    stack: what.kind === 'stack' ? what : undefined,
    services: what.kind === 'stack' ? [] : what.names.map((name) => ({ name })),
    seconds: lifetimeOfSeconds(asked.timeoutSeconds),
  }
  const self = identifyRun(process.env)
  await using held = await time.before('Take the lock', (limit) =>
    takeLockOf(locking, self, connection, time, limit, onRemains),
  )
  const look = () => time.before('Look at the swarm', (limit) => planNow(removing, limit))
  const first = await look()
  const isLocked = locking.lock !== undefined && what.kind === 'stack'
  // Those of a stack are only known now, and whoever had them may have changed them.
  const members = first.services.map((one) => ({ name: nameInFiles(one) }))
  if (isLocked) await time.before('Take the lock', () => held.takeServices({ services: members }))
  const plan = isLocked ? await look() : first
  tellMissing(plan, asked)
  const tools = await time.before('Check the image for the nodes', (limit) => toolsFor(removing, limit))
  const volumes = asked.volumes && planVolumes(asked.volumes.names, what, plan.others)
  await sayPlan(plan, volumes, asked.dryRun)
  const result = (things: readonly RemovedThing[], services: readonly ServiceResult[] = []): RemovalResult => {
    return { what, things, services, missing: plan.missing.map((one) => one.what), isDryRun: asked.dryRun }
  }
  if (asked.dryRun) return result(plannedThings(plan, volumes))
  if (
    plan.services.length + plan.objects.length + plan.kept.length + plan.records.length === 0 &&
    volumes === undefined
  )
    return result([])
  note({ removes: true })
  try {
    const services = await openStage('Remove', () => removeServices(plan.services, removing))
    const objects = await whatIsLeft(plan, removing)
    const isAllGone = services.every(({ outcome }) => outcome === 'removed')
    const records = isAllGone ? await removeRecords(plan, removing) : []
    const ofNodes =
      volumes === undefined || tools === undefined
        ? []
        : // Docker on the nodes has a time of its own: what it runs by must be gone also when that of the run is over.
          await removeVolumes(volumes, asked.volumes?.names ?? [], tools, self, { ...run, asked })
    return result([...services.map(thingOf), ...objects, ...records, ...ofNodes], services)
  } catch (error) {
    throw afterFirstChange(error, signal)
  }
}

/** What is there to remove. What an earlier run has left for a while only, and that is over, goes first. */
async function planNow({ connection: { engine }, asked }: RemovalRun, signal: AbortSignal): Promise<RemovalPlan> {
  if (!asked.dryRun) {
    await sweepExpired(engine, await swarmTime(engine, signal), signal)
  }
  // What is to be removed would seem to be gone.
  await untilCaughtUp(engine, signal)
  const [services, known] = await Promise.all([surelyKnownServices(engine, signal), surelyKnownObjects(engine, signal)])
  return planRemoval(asked.what, { services, known })
}

/** @throws UserErrors unless what is missing may be */
function tellMissing({ missing, problems }: RemovalPlan, { ifExists }: RemovalRequest): void {
  throwAll([...problems, ...(ifExists ? [] : missing.map(({ what, advice }) => `${what}: ${advice}`))])
  for (const { what, advice, isSuspicious } of missing) log.notice(isSuspicious ? `${what}: ${advice}` : what)
}

/** Everybody can see what goes before it does. */
function sayPlan(plan: RemovalPlan, volumes: VolumePlan | undefined, isDryRun: boolean): Promise<void> {
  return openStage(isDryRun ? 'What would be removed' : 'What is removed', async () => {
    const { services, objects, kept, records, notices } = plan
    for (const service of services) log.info(`service ${service.Spec.Name} (${imageInWords(imageOf(service))})`)
    for (const { kind, name } of objects) log.info(`${kind} ${name}`)
    for (const { object, why } of kept) log.info(`stays: ${object.kind} ${object.name}, ${why}`)
    const { length: count } = records
    if (count > 0) log.info(`${counted(count, 'record')} of earlier deploys`)
    for (const name of volumes?.names ?? []) log.info(`volume ${name}, on each node that has it`)
    for (const { name, why } of volumes?.kept ?? []) log.info(`stays: volume ${name}, ${why}`)
    for (const line of notices) log.notice(line)
    if (services.length + objects.length + records.length + (volumes?.names ?? []).length === 0) log.info('Nothing')
  })
}

/** The rest of a stack, also when the time is over: what the services have used is free. */
async function whatIsLeft(plan: RemovalPlan, run: RemovalRun): Promise<RemovedThing[]> {
  if (run.time.isOver) run.time.beginClosing()
  return removeObjects(plan, run)
}

/** By what docker runs on the nodes; `undefined`: it does not. */
async function toolsFor({ asked, connection }: RemovalRun, signal: AbortSignal): Promise<ToolImage | undefined> {
  return asked.volumes && checkToolsImage(asked.volumes.toolsImage, asked, connection, signal)
}

function plannedThings(
  { services, objects, kept, records }: RemovalPlan,
  volumes: VolumePlan | undefined,
): RemovedThing[] {
  return [
    ...services.map((service): RemovedThing => {
      const image = imageOf(service)
      return { kind: 'service', name: service.Spec.Name, outcome: 'planned', ...(image !== undefined && { image }) }
    }),
    ...objects.map(({ kind, name }): RemovedThing => ({ kind, name, outcome: 'planned' })),
    ...kept.map(({ object: { kind, name }, why }): RemovedThing => ({ kind, name, outcome: 'kept', cause: why })),
    ...(records.length === 0
      ? []
      : [{ kind: 'record', name: 'of earlier deploys', count: records.length, outcome: 'planned' } as const]),
    ...(volumes?.names ?? []).map((name): RemovedThing => ({ kind: 'volume', name, outcome: 'planned' })),
    ...(volumes?.kept ?? []).map(({ name, why }): RemovedThing => {
      return { kind: 'volume', name, outcome: 'kept', cause: why }
    }),
  ]
}

function thingOf({ name, outcome, image, cause, note: said }: ServiceResult): RemovedThing {
  const words = cause ?? said
  return {
    kind: 'service',
    name,
    outcome: outcome === 'removed' || outcome === 'timed-out' || outcome === 'cancelled' ? outcome : 'failed',
    ...(image.before !== undefined && { image: image.before }),
    ...(words !== undefined && { cause: words }),
  }
}
