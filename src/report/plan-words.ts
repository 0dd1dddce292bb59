import type { FieldChange } from '../docker/specs/spec-difference.ts'
import { storedAccountInWords } from '../plan/credentials/stored-account.ts'
import type { Drift, DriftChange } from '../plan/drift.ts'
import type { ObjectOutlook, Outlook, ServiceOutlook } from '../plan/outlook.ts'
import { groupBy } from '../runner/group-by.ts'
import { allOf } from '../runner/text/all-of.ts'
import { counted } from '../runner/text/counted.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { someOf } from '../runner/text/some-of.ts'
import { andList } from '../runner/text/word-list.ts'
import { utcWords } from '../runner/time/utc.ts'
import { shortImage } from './image-words.ts'
import { HIDDEN, shownChange } from './shown-change.ts'

/** A plan in words, fit to be shown: the same for log, summary and outputs. Pure. */

/** The whole plan without what may be a secret. */
export function planFitToShow(outlook: Outlook, showValues: boolean): Outlook {
  const shown = <Change extends FieldChange>(changes: readonly Change[]) =>
    changes.map((change) => shownChange(change, showValues))
  return {
    services: outlook.services.map((service) => ({
      ...service,
      changes: shown(service.changes),
      tasks: { ...service.tasks, because: shown(service.tasks.because) },
      drift: service.drift && { ...service.drift, changes: shown(service.drift.changes) },
      stored: service.stored && shownStored(service.stored),
      note: service.note && safeLine(service.note),
    })),
    objects: outlook.objects.map(({ nodes, ...object }) => ({
      ...object,
      changes: shown(object.changes),
      ...(nodes && { nodes: nodes.map((name) => safeLine(name)) }),
    })),
    prunes: outlook.prunes,
    advice: outlook.advice.map((line) => safeLine(line)),
    images: outlook.images.map((one) => ({ ...one, platforms: one.platforms.map((text) => safeLine(text)) })),
    leftOut: outlook.leftOut ?? [],
    records: outlook.records,
    ...(outlook.returns && { returns: outlook.returns }),
  }
}

/** Anybody can write labels. */
function shownStored(stored: Stored): Stored {
  return { ...stored, registry: safeLine(stored.registry), account: safeLine(stored.account) }
}

type Stored = NonNullable<ServiceOutlook['stored']>

/** Services with which the same credential is stored. */
export interface StoredWith {
  /** Whose it is: `account bot of ghcr.io`. */
  readonly account: string
  /** When it ends, in words that follow; empty where it lasts. */
  readonly ends: string
  readonly hasEnded: boolean
  readonly names: readonly string[]
}

/** Whose credentials are stored with services now, those first that have ended. */
export function storedCredentials({ services }: Outlook): StoredWith[] {
  const known = services.flatMap(({ name, stored }) => (stored === undefined ? [] : [{ name, stored }]))
  const groups = groupBy(known, ({ stored }) => JSON.stringify([storedAccountInWords(stored), endWords(stored)]))
  return [...groups.values()]
    .flatMap((those) => {
      const [first] = those
      if (first === undefined) return []
      const { stored } = first
      const { hasEnded } = stored
      return [
        {
          account: storedAccountInWords(stored),
          ends: endWords(stored),
          hasEnded,
          names: those.map(({ name }) => name),
        },
      ]
    })
    .toSorted((a, b) => Number(b.hasEnded) - Number(a.hasEnded))
}

function endWords({ end, hasEnded }: Stored): string {
  if (end === undefined) return ''
  if ('with' in end) return 'ended with the job that stored it'
  return `${hasEnded ? 'ended' : 'ends'} at ${utcWords(end.at)} at the latest`
}

/** Whether the deploy would change anything. */
export function hasChanges({ services, objects }: Outlook): boolean {
  return objects.length > 0 || services.some(({ action }) => action !== 'unchanged')
}

/** Those that a person looks at first: what goes, what restarts, what comes, the rest. */
export function changedServices({ services }: Outlook): ServiceOutlook[] {
  return services.filter(({ action }) => action !== 'unchanged').toSorted((a, b) => rank(a) - rank(b))
}

function rank({ action, tasks: { replaced, removed, runsAgain } }: ServiceOutlook): number {
  if (action === 'remove') return 0
  if (replaced > 0 || removed > 0 || runsAgain) return 1
  return action === 'create' ? 2 : 3
}

/** What would be done, in numbers: `1 to create, 2 to update, 9 unchanged`. */
export function countWords({ services }: Outlook): string {
  const words = { remove: 'to remove', update: 'to update', create: 'to create', unchanged: 'unchanged' } as const
  const counts = Object.entries(words).flatMap(([action, word]) => {
    const count = services.filter((service) => service.action === action).length
    return count === 0 ? [] : [`${count} ${word}`]
  })
  return counts.join(', ')
}

/** What becomes of all tasks together, in words that follow "with a deploy": `3 tasks would be replaced, 1 started`. */
export function allTasksWords({ services }: Outlook): string {
  const sum = (count: (service: ServiceOutlook) => number) => services.reduce((total, one) => total + count(one), 0)
  const parts = [
    [sum(({ tasks }) => tasks.replaced), 'replaced'] as const,
    [sum(({ tasks }) => tasks.added), 'started'] as const,
    [sum(({ tasks }) => tasks.removed), 'ended'] as const,
    [sum(({ tasks }) => tasks.perhaps), 'replaced if the credential is a new one'] as const,
  ].filter(([count]) => count > 0)
  if (parts.length === 0) return 'no task would restart'
  return parts
    .map(([count, what], index) => (index === 0 ? `${counted(count, 'task')} would be ${what}` : `${count} ${what}`))
    .join(', ')
}

/** What becomes of the tasks of one service. */
export function tasksWords({ action, tasks }: ServiceOutlook): string {
  const { before, after, replaced, perhaps, added, removed, runsAgain } = tasks
  if (action === 'create') return `${counted(added, 'task')} ${added === 1 ? 'starts' : 'start'}`
  if (action === 'remove') return `${counted(removed, 'task')} ${removed === 1 ? 'ends' : 'end'}`
  if (runsAgain) return `the job runs again: ${counted(after, 'task')}`
  const kept = Math.min(before, after)
  const parts = [
    ...some(replaced, (count) => `${partOf(count, kept)} replaced`),
    ...some(added, (count) => `${replaced > 0 ? count : counted(count, 'task')} ${count === 1 ? 'is' : 'are'} added`),
    ...some(removed, (count) => `${replaced > 0 ? count : counted(count, 'task')} ${count === 1 ? 'ends' : 'end'}`),
  ]
  if (perhaps > 0) parts.push(`${partOf(perhaps, kept)} replaced if the credential is a new one`)
  return parts.length === 0 ? 'no task restarts' : parts.join(', ')
}

function partOf(count: number, all: number): string {
  if (count < all) return `${count} of ${all} tasks ${count === 1 ? 'is' : 'are'}`
  if (count === 1) return 'its task is'
  return `${allOf(count, 'tasks')} are`
}

function some(count: number, say: (count: number) => string): string[] {
  return count === 0 ? [] : [say(count)]
}

/** Those that somebody else has changed since our last deploy. */
export function driftedServices({ services }: Outlook): (ServiceOutlook & { readonly drift: Drift })[] {
  return services.filter(
    (service): service is ServiceOutlook & { readonly drift: Drift } => service.drift !== undefined,
  )
}

/** How many they are: `2 services are not as the last deploy left them`; `undefined`: none. */
export function driftCountWords(outlook: Outlook): string | undefined {
  const { length: count } = driftedServices(outlook)
  if (count === 0) return undefined
  return count === 1
    ? '1 service is not as the last deploy left it'
    : `${count} services are not as the last deploy left them`
}

/** What somebody has done to a service, in words that follow its name. */
export function driftWords({ how, changes }: Drift): string {
  if (how === 'rolled-back') return 'was rolled back since the last deploy, by hand or after a run that was killed'
  if (how === 'restored') {
    return 'was changed by somebody else since the last deploy and rolled back: what is left of it is not known'
  }
  return changes.every(({ field }) => field === 'replicas')
    ? 'was scaled since the last deploy, by hand or by an autoscaler'
    : 'was changed by somebody else since the last deploy'
}

/** What a deploy does about one thing that somebody has changed. */
export function driftDeployWords({ deploy }: DriftChange): string {
  return { 'goes-back': 'goes back', stays: 'stays', changes: 'gets another value' }[deploy]
}

/** What a change is called: `env LOG_LEVEL`. */
export function nameOf({ field, key }: FieldChange): string {
  return key === undefined ? field : `${field} ${key}`
}

const MOST_REASONS = 5
const UNDER_WAY = 'an earlier update that has not ended'

/** Because of what tasks restart, or the service is touched at all. */
export function whyWords({ tasks, changes, reasons, action }: ServiceOutlook): string[] {
  if (action !== 'update') return []
  const names = (tasks.because.length > 0 ? tasks.because : changes).map(nameOf)
  // Then no change of this deploy is why, but what an earlier one has not come to.
  const isUnderWay = tasks.because.length === 0 && tasks.replaced > 0
  const all = [...reasons, ...(isUnderWay ? [UNDER_WAY] : names)]
  return all.length <= MOST_REASONS + 1 ? all : [...all.slice(0, MOST_REASONS), `${all.length - MOST_REASONS} more`]
}

/** What changes, in the order in which people look for it: image, number of tasks, what restarts tasks, the rest. */
export function sortedChanges(service: ServiceOutlook): FieldChange[] {
  const rankOf = (change: FieldChange) => {
    const known = FIRST_FIELDS.indexOf(nameOf(change))
    if (known >= 0) return known
    return FIRST_FIELDS.length + (restarts(service, change) ? 0 : 1)
  }
  return service.changes.toSorted((a, b) => rankOf(a) - rankOf(b))
}

const FIRST_FIELDS = ['image', 'replicas']

/** The two values of a change in words, for people: digests are shortened, and two hidden values are not one. */
export function valueWords({
  field,
  before,
  after,
}: FieldChange): readonly [before: string | undefined, after: string | undefined] {
  if (before === HIDDEN && after === HIDDEN) return [HIDDEN, OTHER]
  const words = (text: string | undefined) => (text !== undefined && field === 'image' ? shortImage(text) : text)
  return [words(before), words(after)]
}

const OTHER = '(another)'

/** How many networks, secrets and configs change: `2 networks and 1 secret change`; `undefined`: none. */
export function objectCountWords({ objects }: Outlook): string | undefined {
  if (objects.length === 0) return undefined
  const counts = [...groupBy(objects, ({ kind }) => kind)].map(([kind, those]) => counted(those.length, kind))
  return `${andList(counts)} ${objects.length === 1 ? 'changes' : 'change'}`
}

/** Whether a change is one of those because of which tasks restart. */
export function restarts({ tasks }: ServiceOutlook, change: FieldChange): boolean {
  return tasks.because.some(({ field, key }) => field === change.field && key === change.key)
}

/** What becomes of a network, secret or config: `secret shop_key-0a: is created`; of a CA where it is put. */
export function objectWords({ action, changes, nodes }: ObjectOutlook): string {
  if (nodes !== undefined) return `is put on ${someOf(nodes)}`
  if (action !== 'update') return action === 'create' ? 'is created' : 'is removed'
  return `gets other labels (${changes.map(nameOf).join(', ')})`
}

/** What a deploy would do with old images on the nodes, which a plan does not ask; `undefined` where nothing. */
export function pruneWords({ prunes }: Outlook): string | undefined {
  if (prunes.length === 0) return undefined
  return `After it, images of ${someOf(prunes, MOST_REPOSITORIES)} that nothing needs any more would go from all nodes. Which ones these have is not asked by a plan`
}

const MOST_REPOSITORIES = 10
