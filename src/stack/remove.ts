import type { Connection } from '../connect/connection.ts'
import type { Service } from '../docker/api.ts'
import type { Engine } from '../docker/engine/engine.ts'
import { remove } from '../docker/engine/removal.ts'
import { imageOf } from '../docker/specs/service-spec.ts'
import { referredIds } from '../docker/specs/stack-objects.ts'
import { messageOf } from '../errors.ts'
import { recordsIn } from '../records/format.ts'
import type { KeptRecord } from '../records/record.ts'
import type { ServiceResult } from '../result.ts'
import { nowMs, timeLimit } from '../runner/clock.ts'
import { secondsSince } from '../runner/elapsed.ts'
import { log, stage } from '../runner/log.ts'
import { poll } from '../runner/poll.ts'
import { someOf } from '../runner/some-of.ts'
import type { MadeObject } from './make.ts'
import { type Belongings, type Stack, surelyKnownObjects, surelyKnownServices } from './stack.ts'
import { neededNoMore, surplusServices, type UnusedObject, unusedObjects } from './unused.ts'

/** Tasks that are being stopped hold on to their networks for a while. */
const RELEASE_SECONDS = 20
const ASK_EVERY_MS = 500
const READ_TIMEOUT_MS = 120_000
/** An election of the swarm's leader included. */
const REMOVE_TIMEOUT_MS = 60_000

const TITLE = 'Remove what is not used any more'

/**
 * Removes what a stack that has come up no longer needs: earlier versions of its secrets and configs, and with
 * `prune` its services that the files do not name any more, and then all that is the stack's and not used. What the
 * swarm does not answer by now takes nothing away from what has come up.
 *
 * @param nameOf the name under which the files have a service of the swarm: another one than its own may have its
 * traffic
 * @returns the services that were removed, or not
 */
export async function removeUnused(
  stack: Stack,
  { engine }: Connection,
  nameOf: (service: Service) => string,
  records: RecordsNow,
): Promise<ServiceResult[]> {
  const surplus = stack.prune ? await surplusNow(stack, engine, nameOf) : []
  const tidy = (asStage: typeof stage) =>
    orSay(`the stack ${stack.name} no longer needs`, async () => {
      const { services, known, kept } = await readNow(engine, records)
      const unused = unusedObjects(stack, known, services, [], kept)
      if (unused.length > 0) await asStage(TITLE, () => removeObjects(unused, engine))
    })
  if ('problem' in surplus || surplus.length === 0) {
    await tidy(stage)
    return 'problem' in surplus ? [surplus.problem] : []
  }
  return stage(TITLE, async () => {
    const results = await Promise.all(surplus.map((service) => removeService(service, engine)))
    await tidy((_, work) => work())
    return results
  })
}

/**
 * Removes the secrets and configs that services which have come up no longer need, and that this action has made for
 * them.
 *
 * @param belongings what the run has made, or would have; `undefined`: nothing
 * @param before the services as the run found them
 */
export function removeEarlierVersions(
  belongings: Belongings | undefined,
  before: readonly Service[],
  { engine }: Connection,
  records: RecordsNow,
): Promise<void> {
  return orSay('the services no longer need', async () => {
    if (belongings === undefined && records.removed.length === 0) return
    const now = await readNow(engine, records)
    const unused = [
      ...(belongings === undefined ? [] : unusedObjects(belongings, now.known, now.services, before, now.kept)),
      ...neededNoMore(now.known, now.services, records.removed, now.kept),
    ]
    const each = [...new Map(unused.map((one) => [one.id, one])).values()]
    if (each.length > 0) await stage(TITLE, () => removeObjects(each, engine))
  })
}

/** What has become of the records of deploys in this run. */
export interface RecordsNow {
  /** It has left one of what it has deployed. */
  readonly hasOne: boolean
  /** Those that are gone. */
  readonly removed: readonly KeptRecord[]
}

/** The run was asked to prune, and nobody knows what there is to remove. */
function notPruned({ name }: Stack, error: unknown): ServiceResult {
  return removal(name, nowMs(), undefined, `what its files no longer name was not removed: ${messageOf(error)}`)
}

async function surplusNow(
  stack: Stack,
  engine: Engine,
  nameOf: (service: Service) => string,
): Promise<Service[] | { readonly problem: ServiceResult }> {
  try {
    return surplusServices(stack, await readServices(engine), nameOf)
  } catch (error) {
    return { problem: notPruned(stack, error) }
  }
}

async function removeService(service: Service, engine: Engine): Promise<ServiceResult> {
  const startedAt = nowMs()
  const refusal = await removeOrSayWhy(engine, `/services/${service.ID}`)
  say(`service ${service.Spec.Name}`, refusal)
  const cause = refusal === undefined ? undefined : `docker refused to remove it: ${refusal}`
  return removal(service.Spec.Name, startedAt, imageOf(service), cause)
}

function removal(
  name: string,
  startedAt: number,
  before: string | undefined,
  cause: string | undefined,
): ServiceResult {
  return {
    name,
    action: 'remove',
    outcome: cause === undefined ? 'removed' : 'failed',
    image: { before, wanted: undefined, after: undefined },
    config: undefined,
    nodes: 0,
    tasks: { running: 0, wanted: 0 },
    seconds: secondsSince(startedAt),
    ...(cause === undefined ? {} : { cause }),
  }
}

/** @param what it is, in words that follow `What` */
async function orSay(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    log.warning(`What ${what} was not removed: ${messageOf(error)}`)
  }
}

/** @throws Error where the swarm does not show the records by which something may still be needed */
async function readNow(engine: Engine, { hasOne }: RecordsNow) {
  const signal = timeLimit(READ_TIMEOUT_MS)
  const [services, known] = await Promise.all([readServices(engine), surelyKnownObjects(engine, signal)])
  const { kept, unreadable } = recordsIn(known.config)
  // A leader that comes back may show nothing at all for a moment.
  if (hasOne && kept.length === 0) {
    throw new Error('the swarm does not show the records of deploys at this moment; the next deploy removes it')
  }
  if (unreadable.length > 0) {
    throw new Error(
      `what a record needs is not known, for ${someOf(unreadable)} cannot be read. Remove that config, or deploy with the version of this action that wrote it`,
    )
  }
  return { services, known, kept }
}

async function removeObjects(unused: readonly UnusedObject[], engine: Engine): Promise<void> {
  for (const { kind, id, name } of unused) {
    const attempt = () => removeOrSayWhy(engine, `/${kind}s/${id}`)
    say(`${kind} ${name}`, await (kind === 'network' ? whenReleased(attempt) : attempt()))
  }
}

/**
 * Takes away what a run has made that then failed or was stopped, unless a service uses it. What stays is named.
 *
 * @param stop once it is aborted, nobody waits for tasks that still hold on to a network
 * @returns what is left, or may be, that no service uses: a phrase for each
 */
export async function removeMade(
  objects: readonly MadeObject[],
  engine: Engine,
  stop: AbortSignal,
): Promise<readonly string[]> {
  if (objects.length === 0) return []
  const used = await usedIds(engine)
  const left = await Promise.all(
    objects.map(async ({ kind, name, id }): Promise<string[]> => {
      const byHand = `\`docker ${kind} rm ${name}\``
      if (id === undefined) {
        log.warning(`${kind} ${name}: it is not known whether the swarm made it. If nothing uses it: ${byHand}`)
        return [`it is not known whether the ${kind} ${name} was made`]
      }
      if (used?.has(id)) return []
      const attempt = () => removeOrSayWhy(engine, `/${kind}s/${id}`)
      const refusal = await (stop.aborted ? attempt() : whenReleased(attempt))
      if (refusal === undefined) log.info(`${kind} ${name}: removed again`)
      else log.warning(`${kind} ${name}, which this run has made, is left: ${refusal}. If nothing uses it: ${byHand}`)
      return refusal === undefined ? [] : [`the ${kind} ${name} is left`]
    }),
  )
  return left.flat()
}

/** `undefined` when the swarm does not say: it refuses itself to remove what is in use. */
async function usedIds(engine: Engine): Promise<ReadonlySet<string> | undefined> {
  try {
    return new Set((await readServices(engine)).flatMap(({ Spec }) => referredIds(Spec)))
  } catch {
    return undefined
  }
}

function readServices(engine: Engine): Promise<readonly Service[]> {
  return surelyKnownServices(engine, timeLimit(READ_TIMEOUT_MS))
}

/** Removes what has this path of the Engine API: why it was not removed; `undefined` when it is gone. */
export async function removeOrSayWhy(engine: Engine, path: string): Promise<string | undefined> {
  try {
    await remove(engine, path, timeLimit(REMOVE_TIMEOUT_MS))
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

/**
 * Removes a network as soon as the tasks that are being stopped have let go of it.
 *
 * @returns why it was not removed; `undefined` when it is gone
 */
export async function whenReleased(
  removal: () => Promise<string | undefined>,
  stop?: AbortSignal,
  seconds = RELEASE_SECONDS,
): Promise<string | undefined> {
  const deadline = nowMs() + seconds * 1000
  let refusal: string | undefined
  const isReleased = async () => {
    refusal = await removal()
    return refusal === undefined || !isInUse(refusal)
  }
  await poll(isReleased, ASK_EVERY_MS, () => nowMs() > deadline, stop)
  return refusal
}

/** Whether docker refused because something uses it, in its words. */
export function isInUse(refusal: string): boolean {
  return /in use|active endpoints/i.test(refusal)
}

function say(what: string, refusal: string | undefined): void {
  if (refusal === undefined) log.info(`${what}: removed`)
  else log.warning(`${what} is no longer needed, but docker did not remove it: ${refusal}`)
}
