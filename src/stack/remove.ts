import type { Connection } from '../connect/connection.ts'
import type { Run } from '../connect/run.ts'
import { unanswered } from '../connect/unanswered.ts'
import type { Service } from '../docker/api.ts'
import { type Engine, EngineError } from '../docker/engine/engine.ts'
import { remove } from '../docker/engine/removal.ts'
import { imageOf } from '../docker/specs/service-spec.ts'
import { isAnswerLost } from '../docker/specs/spec-update.ts'
import { referredIds } from '../docker/specs/stack-objects.ts'
import { removeService } from '../docker/swarm/service-removal.ts'
import { messageOf } from '../errors.ts'
import { recordsIn } from '../records/format.ts'
import type { KeptRecord } from '../records/record.ts'
import type { ServiceResult } from '../result.ts'
import { log, stage } from '../runner/log/log.ts'
import { someOf } from '../runner/text/some-of.ts'
import { nowMs, timeLimit } from '../runner/time/clock.ts'
import { secondsSince } from '../runner/time/elapsed.ts'
import { poll } from '../runner/time/poll.ts'
import type { MadeObject } from './made.ts'
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
  run: Pick<Run, 'connection'> & Ending,
  nameOf: (service: Service) => string,
  records: RecordsNow,
): Promise<ServiceResult[]> {
  const { engine } = run.connection
  const surplus = stack.prune ? await surplusNow(stack, engine, nameOf, run) : []
  const tidy = (asStage: typeof stage) =>
    removeNeedless(`the stack ${stack.name} no longer needs`, engine, records, asStage, ({ services, known, kept }) =>
      unusedObjects(stack, known, services, [], kept),
    )
  if ('problem' in surplus || surplus.length === 0) {
    await tidy(stage)
    return 'problem' in surplus ? [surplus.problem] : []
  }
  return stage(TITLE, async () => {
    const results = await Promise.all(surplus.map((service) => removeSurplus(service, engine, run)))
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
export async function removeEarlierVersions(
  belongings: Belongings | undefined,
  before: readonly Service[],
  { engine }: Connection,
  records: RecordsNow,
): Promise<void> {
  if (belongings === undefined && records.removed.length === 0) return
  await removeNeedless('the services no longer need', engine, records, stage, ({ services, known, kept }) => [
    ...(belongings === undefined ? [] : unusedObjects(belongings, known, services, before, kept)),
    ...neededNoMore(known, services, records.removed, kept),
  ])
}

/** What has become of the records of deploys in this run. */
export interface RecordsNow {
  /** It has left one of what it has deployed. */
  readonly hasOne: boolean
  /** Those that are gone. */
  readonly removed: readonly KeptRecord[]
}

/** The run was asked to prune, and nobody knows what there is to remove. */
function notPruned({ name }: Stack, error: unknown, run: Ending): ServiceResult {
  const { outcome } = unanswered('', run)
  const cause = `what its files no longer name was not removed: ${messageOf(error)}`
  return removal(name, nowMs(), undefined, { outcome, cause })
}

async function surplusNow(
  stack: Stack,
  engine: Engine,
  nameOf: (service: Service) => string,
  run: Ending,
): Promise<Service[] | { readonly problem: ServiceResult }> {
  try {
    return surplusServices(stack, await readServices(engine), nameOf)
  } catch (error) {
    return { problem: notPruned(stack, error, run) }
  }
}

async function removeSurplus(service: Service, engine: Engine, run: Ending): Promise<ServiceResult> {
  const startedAt = nowMs()
  const left = await tryToRemoveService(engine, service)
  say(`service ${service.Spec.Name}`, left)
  return removal(service.Spec.Name, startedAt, imageOf(service), left && outcomeOf(left, run))
}

function removal(
  name: string,
  startedAt: number,
  before: string | undefined,
  problem: { readonly outcome: 'cancelled' | 'timed-out' | 'failed'; readonly cause: string } | undefined,
): ServiceResult {
  return {
    name,
    action: 'remove',
    outcome: 'removed',
    image: { before, wanted: undefined, after: undefined },
    config: undefined,
    nodes: 0,
    tasks: { running: 0, wanted: 0 },
    seconds: secondsSince(startedAt),
    ...problem,
  }
}

/**
 * Removes what is found to be needed no more in what the swarm has by now.
 *
 * @param what it is, in words that follow `What`
 */
async function removeNeedless(
  what: string,
  engine: Engine,
  records: RecordsNow,
  asStage: typeof stage,
  find: (now: Awaited<ReturnType<typeof readNow>>) => readonly UnusedObject[],
): Promise<void> {
  try {
    const unused = new Map(find(await readNow(engine, records)).map((one) => [one.id, one]))
    if (unused.size > 0) await asStage(TITLE, () => removeObjects([...unused.values()], engine))
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
    const attempt = () => tryToRemove(engine, `/${kind}s/${id}`)
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
      const attempt = () => tryToRemove(engine, `/${kind}s/${id}`)
      const refusal = await (stop.aborted ? attempt() : whenReleased(attempt))
      if (refusal === undefined) {
        log.info(`${kind} ${name}: removed again`)
        return []
      }
      const state = refusal.isUnknown ? 'may be left' : 'is left'
      log.warning(
        `${kind} ${name}, which this run has made, ${state}: ${refusal.said}. If it is there and nothing uses it: ${byHand}`,
      )
      return [`the ${kind} ${name} ${state}`]
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

/** What is known of something whose removal did not succeed. */
export interface NotRemoved {
  readonly said: string
  /** It may be gone: the answer did not come. Else the swarm has refused. */
  readonly isUnknown: boolean
}

/** Removes what has this path of the Engine API: why it is not removed, or may not be; `undefined` when it is gone. */
export function tryToRemove(engine: Engine, path: string): Promise<NotRemoved | undefined> {
  return tried((limit) => remove(engine, path, limit))
}

/** The same for a service. */
export function tryToRemoveService(engine: Engine, service: Service): Promise<NotRemoved | undefined> {
  return tried((limit) => removeService(engine, service, limit))
}

async function tried(removal: (limit: AbortSignal) => Promise<void>): Promise<NotRemoved | undefined> {
  try {
    await removal(timeLimit(REMOVE_TIMEOUT_MS))
    return undefined
  } catch (error) {
    return { said: messageOf(error), isUnknown: !(error instanceof EngineError) || isAnswerLost(error) }
  }
}

/** By what a run ends early. */
type Ending = Pick<Run, 'signal' | 'time'>

/** What became of something that was to be removed and is not, or may not be. A later run finds it where it is left. */
export function outcomeOf({ said, isUnknown }: NotRemoved, run: Ending) {
  if (!isUnknown) return { outcome: 'failed', cause: `docker refused to remove it: ${said}` } as const
  const { outcome, why } = unanswered(said, run)
  return { outcome, cause: `it is not known whether the swarm removed it: ${why}. The next run goes on with it` }
}

/**
 * Removes a network as soon as the tasks that are being stopped have let go of it.
 *
 * @returns why it is not removed, or may not be; `undefined` when it is gone
 */
export async function whenReleased(
  removal: () => Promise<NotRemoved | undefined>,
  stop?: AbortSignal,
  seconds = RELEASE_SECONDS,
): Promise<NotRemoved | undefined> {
  const deadline = nowMs() + seconds * 1000
  let refusal: NotRemoved | undefined
  const isReleased = async () => {
    refusal = await removal()
    return refusal === undefined || !isInUse(refusal)
  }
  await poll(isReleased, ASK_EVERY_MS, () => nowMs() > deadline, stop)
  return refusal
}

/** Whether docker refused because something uses it, in its words. */
export function isInUse({ said }: NotRemoved): boolean {
  return /in use|active endpoints/i.test(said)
}

function say(what: string, left: NotRemoved | undefined): void {
  if (left === undefined) log.info(`${what}: removed`)
  else if (left.isUnknown) log.warning(`${what} is no longer needed, and may be left: ${left.said}`)
  else log.warning(`${what} is no longer needed, but docker did not remove it: ${left.said}`)
}
