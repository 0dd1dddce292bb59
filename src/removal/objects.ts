import { isLeftover } from '../docker/specs/stack-objects.ts'
import type { RemovedThing } from '../result.ts'
import { log } from '../runner/log/log.ts'
import { inParallel } from '../runner/parallel.ts'
import { counted } from '../runner/text/counted.ts'
import { nowMs, timeLimit } from '../runner/time/clock.ts'
import { poll } from '../runner/time/poll.ts'
import { isInUse, outcomeOf, tryToRemove, whenReleased } from '../stack/remove.ts'
import { listNetworks, surelyKnownServices } from '../stack/stack.ts'
import { type KeptObject, type RemovableObject, type RemovalPlan, split } from './plan.ts'
import type { RemovalRun } from './services.ts'

const MOST_AT_ONCE = 10
const LEFTOVER_SECONDS = 20
/** The tasks that held a network are gone by then, as far as the swarm knows. */
const RELEASE_SECONDS = 3
const LOOK_EVERY_MS = 300
const READ_TIMEOUT_MS = 60_000

/**
 * Removes the networks, secrets and configs of a stack that no service of others needs, as they are named by then, and waits
 * until the manager has let go of the networks: a deploy of the same name may make them again at once.
 *
 * @returns what became of each
 */
export async function removeObjects(plan: RemovalPlan, run: RemovalRun): Promise<RemovedThing[]> {
  const { connection, signal } = run
  const all = [...plan.objects, ...plan.kept.map(({ object }) => object)]
  if (all.length === 0) return []
  if (signal.aborted) return all.map((object) => tell(object, 'cancelled', 'the run was stopped before it was removed'))
  // Somebody may have come to use one meanwhile, and what was used may be free.
  const services = await surelyKnownServices(connection.engine, timeLimit(READ_TIMEOUT_MS))
  const { objects, kept } = split(all, services, plan.recordsOfOthers)
  const stay = kept.map(({ object, why }: KeptObject) => tell(object, 'kept', why))
  const gone: RemovedThing[] = []
  for (const object of objects) gone.push(await removeObject(object, run))
  await whenLetGo(
    objects.filter(({ name }) => gone.some((one) => one.outcome === 'removed' && one.name === name)),
    run,
  )
  return [...gone, ...stay]
}

/**
 * Removes the records of earlier deploys, which are of no use without the services. One that docker keeps is a warning: a
 * later removal finds it. What a stop has broken off is as little done as what it has kept from beginning.
 */
export async function removeRecords({ records }: RemovalPlan, run: RemovalRun): Promise<RemovedThing[]> {
  const { connection, signal } = run
  if (records.length === 0) return []
  const all = { kind: 'record', name: 'of earlier deploys', count: records.length } as const
  if (signal.aborted) return [{ ...all, outcome: 'cancelled', cause: 'the run was stopped before they were removed' }]
  const left = await inParallel(records, MOST_AT_ONCE, (id) => tryToRemove(connection.engine, `/configs/${id}`))
  const [first] = left.filter((one) => one !== undefined)
  const count = left.filter((one) => one === undefined).length
  const many = records.length - count
  const isCutOff = signal.aborted && first?.isUnknown === true
  const cutOff = isCutOff ? [{ ...all, count: many, ...outcomeOf(first, run) }] : []
  if (first !== undefined && !isCutOff) {
    const what = left.some((one) => one?.isUnknown) ? 'Perhaps not removed' : 'Not removed'
    log.warning(`${what}: ${counted(many, 'record')} of earlier deploys: ${first.said}`)
  }
  if (count === 0) return cutOff
  log.info(`${counted(count, 'record')} of earlier deploys: removed`)
  return [{ ...all, count, outcome: 'removed' }, ...cutOff]
}

async function removeObject(object: RemovableObject, run: RemovalRun): Promise<RemovedThing> {
  const { connection, signal } = run
  if (signal.aborted) return tell(object, 'cancelled', 'the run was stopped before it was removed')
  const attempt = () => tryToRemove(connection.engine, `/${object.kind}s/${object.id}`)
  const left = await (object.kind === 'network' ? whenReleased(attempt, signal, RELEASE_SECONDS) : attempt())
  if (left === undefined) return tell(object, 'removed')
  // A container that was started by hand is on it, or somebody's deploy was faster.
  if (isInUse(left)) return tell(object, 'kept', left.said)
  const { outcome, cause } = outcomeOf(left, run)
  return tell(object, outcome, cause)
}

function tell({ kind, name }: RemovableObject, outcome: RemovedThing['outcome'], cause?: string): RemovedThing {
  const line = `${kind} ${name}: ${outcome === 'kept' ? 'stays' : outcome}${cause === undefined ? '' : `, ${cause}`}`
  log.info(line, outcome === 'failed' ? 'bad' : undefined)
  return { kind, name, outcome, ...(cause !== undefined && { cause }) }
}

/** The daemon that answers keeps a network that is removed from the swarm until the last container there has left it. */
async function whenLetGo(objects: readonly RemovableObject[], { connection, signal, time }: RemovalRun): Promise<void> {
  const ids = new Set(objects.filter(({ kind }) => kind === 'network').map(({ id }) => id))
  if (ids.size === 0 || signal.aborted) return
  const deadline = nowMs() + LEFTOVER_SECONDS * 1000
  let held: string[] = []
  const isLetGo = async () => {
    const networks = await listNetworks(connection.engine, signal)
    held = networks.filter((one) => isLeftover(one) && ids.has(one.Id)).map(({ Name }) => Name)
    return held.length === 0
  }
  await poll(isLetGo, LOOK_EVERY_MS, () => nowMs() > deadline || time.isOver, signal).catch(() => undefined)
  if (held.length > 0) log.info(`The manager still holds ${held.join(', ')}: a deploy of this name waits for it`)
}
