import type { Service, ServiceSpec } from '../docker/api.ts'
import { imageOf } from '../docker/specs/service-spec.ts'
import { type FieldChange, type Names, NOTHING_IN_IT, specDifference } from '../docker/specs/spec-difference.ts'
import { type Kind, type KnownObjects, NAMESPACE_LABEL, type Referring } from '../docker/specs/stack-objects.ts'
import { type TaskOutlook, taskOutlook, tasksAsTheyAre, tasksToEnd } from '../docker/swarm/task-outlook.ts'
import type { KeptRecord } from '../records/record.ts'
import type { PushedImage } from '../result.ts'
import { askedLabels, type Belongings, objectsToSend, type Stack } from '../stack/stack.ts'
import { neededNoMore, surplusServices, type UnusedObject, unusedObjects } from '../stack/unused.ts'
import { type Change, interimOf, REASONS_BESIDE, serviceBefore } from './change.ts'
import { isBookkeeping, nameInFiles } from './colours.ts'
import {
  accountName,
  hasEnded,
  type StoredAccount,
  storedAccountOf,
  storedLogin,
} from './credentials/stored-account.ts'
import { type Drift, driftOf } from './drift.ts'
import { isListNote } from './list-note.ts'
import { unfinishedUpdateNote } from './notices.ts'
import type { Observation } from './observe.ts'
import type { PortGiver } from './port-givers.ts'
import { type RecordOutlook, recordOutlooks, recordsAfter, recordsGone } from './record-outlook.ts'
import type { Return } from './rollback.ts'
import type { StrategyPlans } from './strategy.ts'
import { planOf } from './strategy.ts'

/** What a deploy would do, as far as it can be known before it is done. */
export interface Outlook {
  readonly services: readonly ServiceOutlook[]
  /** The networks, secrets and configs that come, go, or get other labels, and the CAs that are put on nodes. */
  readonly objects: readonly ObjectOutlook[]
  /** What may hurt later, one line each. */
  readonly advice: readonly string[]
  /** The images that come from archives. */
  readonly images: readonly PushedImage[]
  /** The services of the stack that stay as they are because others were chosen. */
  readonly leftOut?: readonly string[]
  /** The repositories of which old images would go from the nodes after the deploy; none where that is not asked for. */
  readonly prunes: readonly string[]
  /** What it would be recorded as on the swarm. */
  readonly records: readonly RecordOutlook[]
  /** Of a rollback: where each stack or service would go back to. */
  readonly returns?: readonly Return[]
}

export interface ServiceOutlook {
  readonly name: string
  readonly action: 'create' | 'update' | 'unchanged' | 'remove'
  readonly image: { readonly before: string | undefined; readonly after: string | undefined }
  readonly changes: readonly FieldChange[]
  /** Why it is sent besides what changes in it: its last update was paused. */
  readonly reasons: readonly string[]
  readonly tasks: TaskOutlook
  /** How its tasks are replaced; none of one that is removed. */
  readonly strategy: string | undefined
  /** How it is done, where Swarm's own update or removal is not all: what its strategy does, which ports it gives to whom. */
  readonly course: string | undefined
  /** What is stored with it for the nodes; `undefined`: what is stored, if anything, stays. */
  readonly account: Account | undefined
  /** Whose credential is stored with it now, as far as that is known. */
  readonly stored: (StoredAccount & { readonly hasEnded: boolean }) | undefined
  /** What somebody else has changed since our last deploy, as far as that is known. */
  readonly drift: Drift | undefined
  /** What the swarm is at with one that stays as it is: an earlier update that has not ended. */
  readonly note: string | undefined
  /** That it keeps the tag that it has, in words: `same digest as :1.4`. */
  readonly keptTag?: string
}

/** A credential, without what is secret. */
export interface Account {
  readonly config: string
  readonly username: string
  readonly registry: string
}

export interface ObjectOutlook {
  readonly kind: Kind | 'network' | 'registry CA'
  /** Of a CA the registry. */
  readonly name: string
  readonly action: 'create' | 'update' | 'remove'
  readonly changes: readonly FieldChange[]
  /** Of a CA the names of the nodes that would get it. */
  readonly nodes?: readonly string[]
}

/** What an outlook is made of. */
interface Known {
  readonly stack: Stack | undefined
  /** Those of the stack, or of the entries of services. */
  readonly belongings: Belongings | undefined
  readonly observed: Observation
  /** Those of the services that go which give their ports to others first. */
  readonly givers: readonly PortGiver[]
  /** All of the swarm. */
  readonly services: readonly Service[]
  /** The names of networks by their IDs. */
  readonly networks: Names
  readonly strategies: StrategyPlans
  /** Whether the deploy waits: only what is seen to have come up lets anything go. */
  readonly waits: boolean
  /** All records that are kept; `undefined`: they could not be read. */
  readonly records: readonly KeptRecord[] | undefined
  /** The secrets and configs of the swarm, where records of services without a stack need some. */
  readonly recorded: KnownObjects | undefined
  /** How many of them a deploy leaves of each subject. */
  readonly historyLimit: number
  /** The services of the stack that stay as they are because others were chosen. */
  readonly leftOut: readonly string[]
}

/** What a deploy of these changes would do to services, networks, secrets and configs. Pure. */
export function outlookOf(
  changes: readonly Change[],
  known: Known,
): Omit<Outlook, 'advice' | 'images' | 'prunes' | 'returns'> {
  const surplus = removedByPrune(known)
  const { stack, services, records: kept, historyLimit: limit, waits, leftOut } = known
  const records = recordOutlooks(changes, stack, services, { kept, limit, waits, leftOut })
  return {
    services: [
      ...changes.map((change) => serviceOutlook(change, known)),
      ...[...leftovers(changes, known), ...surplus].map((service) => removal(service, known)),
    ],
    objects: objectOutlooks(changes, surplus, records, known),
    records,
  }
}

function serviceOutlook(change: Change, { observed, networks }: Known): ServiceOutlook {
  const { request, changes: words, course, action } = change
  const before = serviceBefore(change)
  const wanted = wantedOf(change)
  const changes = differences(before?.Spec, wanted, networks)
  return {
    name: request.name,
    action: action === 'switch' ? (before === undefined ? 'create' : 'update') : action,
    image: { before: imageOf(before), after: wanted.TaskTemplate.ContainerSpec?.Image },
    changes,
    reasons: words.filter((word) => REASONS_BESIDE.includes(word)),
    tasks: tasksOf(change, changes, observed),
    strategy: request.strategy.kind,
    course,
    account: action === 'unchanged' ? undefined : accountOf(change),
    stored: storedWith(before, observed),
    drift: driftBefore(change, changes, networks),
    note: action === 'unchanged' ? unfinishedUpdateNote(change.current, false) : undefined,
    ...(change.keptTag !== undefined && { keptTag: change.keptTag }),
  }
}

function driftBefore(change: Change, planned: readonly FieldChange[], networks: Names): Drift | undefined {
  const before = serviceBefore(change)
  if (before === undefined) return undefined
  const interim = interimOf(change)
  return driftOf(interim === undefined ? before : { ...before, Spec: interim }, planned, networks)
}

function wantedOf(change: Change): ServiceSpec {
  if (change.action !== 'switch') return change.wanted
  const { routed, live } = change.second
  // What tells its two services apart is no change of it.
  return live === undefined ? routed : { ...routed, Name: live.Spec.Name }
}

/** Of a service that is made, all that it has, but for what Swarm and docker say of every one. */
function differences(before: ServiceSpec | undefined, wanted: ServiceSpec, networks: Names): FieldChange[] {
  const nothing = { Name: wanted.Name, Mode: {}, TaskTemplate: {} }
  return specDifference(before ?? nothing, wanted, networks).filter((change) => {
    const { field, key } = change
    if (before === undefined && isMatterOfCourse(change)) return false
    return field !== 'label' || key === undefined || !(isBookkeeping(key) || isListNote(key))
  })
}

function isMatterOfCourse({ field, key, after }: FieldChange): boolean {
  return (
    key === NAMESPACE_LABEL ||
    after === NOTHING_IN_IT ||
    FILLED_IN.some(([name, value]) => field === name && after === value)
  )
}

/** What Swarm fills in where nothing is said, and docker with every `docker service create`. */
const FILLED_IN = [
  ['init', 'false'],
  ['isolation', 'default'],
  ['endpoint_mode', 'vip'],
] as const

function tasksOf(change: Change, changes: readonly FieldChange[], observed: Observation): TaskOutlook {
  const { wanted, access, action } = change
  if (action === 'unchanged') return tasksAsTheyAre(wanted, observed.nodes, false)
  if (action === 'update')
    return taskOutlook({ current: change.current, wanted, changes, hasNewCredential: access !== undefined }, observed)
  const made = tasksAsTheyAre(wanted, observed.nodes, true)
  const live = action === 'switch' ? change.second.live : undefined
  if (live === undefined) return made
  const { before, removed } = tasksToEnd(live.Spec, observed.nodes)
  return { ...made, before, removed }
}

function accountOf({ access }: Change): Account | undefined {
  if (access === undefined) return undefined
  const login = storedLogin(access.credential)
  return { config: access.config.name, username: accountName(login), registry: login.registry }
}

function storedWith(service: Service | undefined, { now }: Observation): ServiceOutlook['stored'] {
  const stored = service && storedAccountOf(service.Spec)
  return stored && { ...stored, hasEnded: hasEnded(stored.end, now) }
}

/** The second services that earlier deploys have left, as far as this one would take them away. */
function leftovers(changes: readonly Change[], { strategies }: Known): Service[] {
  return changes.flatMap(({ action, request, colours }) => {
    const stays = action !== 'switch' && planOf(request, strategies).keepsLeftovers?.(request) === true
    return stays ? [] : (colours?.leftovers ?? [])
  })
}

function removedByPrune({ stack, services, waits }: Known): Service[] {
  return stack?.prune && waits ? surplusServices(stack, services, nameInFiles) : []
}

function removal(service: Service, { observed, givers }: Known): ServiceOutlook {
  return {
    name: service.Spec.Name,
    action: 'remove',
    image: { before: imageOf(service), after: undefined },
    changes: [],
    reasons: [],
    tasks: tasksToEnd(service.Spec, observed.nodes),
    strategy: undefined,
    course: givers.find(({ current }) => current.ID === service.ID)?.course,
    account: undefined,
    stored: undefined,
    // It goes, whatever it has become.
    drift: undefined,
    note: undefined,
  }
}

/** @param outlooks what becomes of the records */
function objectOutlooks(
  changes: readonly Change[],
  surplus: readonly Service[],
  outlooks: readonly RecordOutlook[],
  known: Known,
): ObjectOutlook[] {
  const { belongings, waits, observed, records = [], recorded } = known
  const after = servicesAfter(changes, [...surplus, ...leftovers(changes, known)], known)
  const kept = recordsAfter(records, outlooks)
  const alone = recorded && waits ? neededNoMore(recorded, after, recordsGone(records, outlooks), kept) : []
  const removals = (unused: readonly UnusedObject[]) =>
    [...new Map(unused.map((one) => [one.id, one])).values()].map(({ kind, name }) => {
      return { kind, name, action: 'remove' as const, changes: [] }
    })
  if (belongings === undefined) return removals(alone)
  const networks = new Set(
    changes.flatMap(({ action, networks }) => (action === 'unchanged' ? [] : networks)).map(({ Name }) => Name),
  )
  const sent = objectsToSend(belongings).map(({ object: { kind, name, labels }, there }) => ({
    kind,
    name,
    action: there === undefined ? ('create' as const) : ('update' as const),
    changes: there === undefined ? [] : labelChanges(askedLabels(there.Spec.Labels), labels),
  }))
  const gone = waits ? unusedObjects(belongings, belongings.known, after, observed.services, kept) : []
  return [
    ...[...networks].map((name) => ({ kind: 'network' as const, name, action: 'create' as const, changes: [] })),
    ...sent,
    ...removals([...gone, ...alone]),
  ]
}

type Labels = Readonly<Record<string, string>>

function labelChanges(before: Labels = {}, after: Labels): FieldChange[] {
  const spec = (labels: Labels): ServiceSpec => ({ Name: '', Mode: {}, TaskTemplate: {}, Labels: labels })
  return specDifference(spec(before), spec(after))
}

/** What the services of the swarm refer to when all has come up: what a rollback could need is in use. */
function servicesAfter(
  changes: readonly Change[],
  removed: readonly Service[],
  { services, strategies }: Known,
): Referring[] {
  const updates = new Map(
    changes.flatMap((change) => (change.action === 'update' ? [[change.current.ID, change] as const] : [])),
  )
  const made = changes.flatMap(({ action, wanted: Spec }) =>
    action === 'create' || action === 'switch' ? [{ Spec }] : [],
  )
  const replaced = changes.flatMap((change) =>
    change.action === 'switch' && planOf(change.request, strategies).keepsLeftovers?.(change.request) !== true
      ? (change.second.live?.ID ?? [])
      : [],
  )
  const gone = [...removed.map(({ ID }) => ID), ...replaced]
  const there = services
    .filter(({ ID }) => !gone.includes(ID))
    .map((service): Referring => {
      const update = updates.get(service.ID)
      if (update === undefined) return service
      // An interim spec is taken out of the swarm's memory by one more update.
      const isTwice = update.firstStep !== undefined || update.interim !== undefined
      return { Spec: update.wanted, PreviousSpec: isTwice ? update.wanted : update.current.Spec }
    })
  return [...there, ...made]
}
