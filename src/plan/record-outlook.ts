import type { Service } from '../docker/api.ts'
import { type Content, contentsOf, nextRecord, recordedService, surplusRecords } from '../records/next-record.ts'
import { type KeptRecord, recordsOf, type Subject } from '../records/record.ts'
import type { Stack } from '../stack/stack.ts'
import { type Change, serviceBefore } from './change.ts'
import { liveService } from './colours.ts'

/** What a deploy would record, and which records would go for it. Pure. */

export interface RecordOutlook {
  readonly subject: Subject
  /** What it would be recorded as; `undefined`: it would not be. */
  readonly version: number | undefined
  /** It would be what is recorded last. */
  readonly isAgain: boolean
  /** The versions that would go. */
  readonly removed: readonly number[]
}

/** What is known of the records of the swarm. */
export interface KnownRecords {
  /** Of all subjects; `undefined`: they could not be read. */
  readonly kept: readonly KeptRecord[] | undefined
  /** How many of each subject a deploy leaves. */
  readonly limit: number
  /** Whether the deploy waits: only what is seen to have come up is recorded. */
  readonly waits: boolean
  /** The services of the stack that stay as they are because others were chosen. */
  readonly leftOut: readonly string[]
}

const NOBODY = { repository: '', commit: '', ref: '', runId: '', attempt: '', url: '', actor: '', owner: '' }
const SOME_TIME = '2000-01-01T00:00:00Z'

/** @param services all of the swarm */
export function recordOutlooks(
  changes: readonly Change[],
  stack: Stack | undefined,
  services: readonly Service[],
  { kept, limit, waits, leftOut }: KnownRecords,
): RecordOutlook[] {
  // Of no service nothing is recorded, and nothing goes.
  if (!waits || kept === undefined || changes.length === 0) return []
  return contentsAfter(changes, stack, leftOut, services).flatMap((content): RecordOutlook[] => {
    const { subject } = content
    const own = recordsOf(kept, subject)
    if (limit === 0) {
      const removed = own.map(({ record }) => record.version)
      return removed.length === 0 ? [] : [{ subject, version: undefined, isAgain: false, removed }]
    }
    const { record, isAgain } = nextRecord(content, own, { ...NOBODY, at: SOME_TIME })
    const removed = surplusRecords(own, limit - (isAgain ? 0 : 1)).map((one) => one.record.version)
    return [{ subject, version: record.version, isAgain, removed }]
  })
}

/** The records that would go. */
export function recordsGone(kept: readonly KeptRecord[], outlooks: readonly RecordOutlook[]): KeptRecord[] {
  return outlooks.flatMap(({ subject, removed }) => {
    const own = recordsOf(kept, subject)
    return own.slice(own.length - removed.length)
  })
}

/** The records that are left when those are gone that would go. */
export function recordsAfter(kept: readonly KeptRecord[], outlooks: readonly RecordOutlook[]): KeptRecord[] {
  const gone = recordsGone(kept, outlooks)
  return kept.filter((one) => !gone.includes(one))
}

function contentsAfter(
  changes: readonly Change[],
  stack: Stack | undefined,
  leftOut: readonly string[],
  services: readonly Service[],
): Content[] {
  const asked = changes.map((change) => {
    const { request, action } = change
    const spec = action === 'unchanged' ? (serviceBefore(change) ?? { Spec: change.wanted }).Spec : wantedOf(change)
    return recordedService(request.name, request.image, spec)
  })
  const left = leftOut.flatMap((name) => {
    const live = liveService(name, services)
    return live === undefined ? [] : [recordedService(name, undefined, live.Spec)]
  })
  return contentsOf([...asked, ...left], stack, new Map())
}

function wantedOf(change: Change) {
  return change.action === 'switch' ? change.second.routed : change.wanted
}
