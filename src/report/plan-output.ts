import type { FieldChange } from '../docker/specs/spec-difference.ts'
import type { Drift } from '../plan/drift.ts'
import type { ObjectOutlook, Outlook, ServiceOutlook } from '../plan/outlook.ts'
import { bothShortened } from '../runner/text/printable.ts'
import { type ListOutput, listOutput } from './list-output.ts'
import { nameOf, restarts } from './plan-words.ts'

/** GitHub takes outputs of 1 MB, each character counted as two bytes; the plan itself needs some of it. */
const MOST_CHARACTERS = 400_000

/** How long values may be, tried in turn until all has room. */
const VALUE_CHARACTERS = [2000, 300, 60]

/**
 * The output `changes`: valid JSON of the shape that docs/plan.md documents, however much there is. Those that stay as
 * they are give way first. Pure.
 */
export function changesOutput({ services, objects }: Outlook): ListOutput {
  const [unchanged, changed] = [true, false].map((is) =>
    services.filter(({ action }) => (action === 'unchanged') === is),
  ) as [ServiceOutlook[], ServiceOutlook[]]
  const entries = (most: number) => [
    ...changed.map((one) => serviceEntry(one, most)),
    ...objects.map((one) => objectEntry(one, most)),
    ...unchanged.map((one) => serviceEntry(one, most)),
  ]
  return listOutput(entries, VALUE_CHARACTERS, MOST_CHARACTERS)
}

/** Keys in the order and form that docs/plan.md documents. */
function serviceEntry(service: ServiceOutlook, most: number) {
  const { name, action, image, strategy, course, account, stored, tasks, reasons, changes, drift, note, keptTag } =
    service
  const { because, ...counts } = tasks
  return {
    kind: 'service',
    name,
    action,
    image: { before: image.before ?? null, after: image.after ?? null },
    strategy: strategy ?? null,
    course: course ?? null,
    account: account ?? null,
    stored: stored === undefined ? null : storedEntry(stored),
    tasks: counts,
    because: because.map(nameOf),
    reasons,
    changes: changes.map((change) => changeEntry(change, most, restarts(service, change))),
    drift: drift === undefined ? null : driftEntry(drift, most),
    note: note ?? keptTag ?? null,
  }
}

function storedEntry({ registry, account, storedAt, end, hasEnded }: NonNullable<ServiceOutlook['stored']>) {
  const expires = end && ('with' in end ? 'job' : timeOf(end.at))
  return { registry, username: account, storedAt: timeOf(storedAt), expires: expires ?? null, hasEnded }
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}

function driftEntry({ how, changes }: Drift, most: number) {
  return {
    how,
    changes: changes.map((change) => ({ ...valuesOf(change, most), deploy: change.deploy })),
  }
}

function objectEntry({ kind, name, action, changes, nodes }: ObjectOutlook, most: number) {
  const entries = changes.map((change) => changeEntry(change, most, false))
  return { kind, name, action, changes: entries, ...(nodes && { nodes }) }
}

function changeEntry(change: FieldChange, most: number, isRestart: boolean) {
  return { ...valuesOf(change, most), restarts: isRestart }
}

function valuesOf({ field, key, before, after }: FieldChange, most: number) {
  const [was = null, is = null] = bothShortened(before, after, most)
  return { field, key: key ?? null, before: was, after: is }
}
