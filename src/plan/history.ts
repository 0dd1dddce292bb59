import type { Service } from '../docker/api.ts'
import { imageOf } from '../docker/specs/service-spec.ts'
import { sameSpec } from '../docker/specs/spec-comparison.ts'
import { type FieldChange, specDifference } from '../docker/specs/spec-difference.ts'
import { stackIn } from '../docker/specs/stack-objects.ts'
import {
  type DeployRecord,
  type KeptRecord,
  type RecordedService,
  recordedSpec,
  recordsOf,
  type Subject,
} from '../records/record.ts'
import { liveService } from './colours.ts'
import { recordedName } from './missing-service.ts'

/** What was deployed of each subject, and what of it runs. Pure. */

export interface SubjectHistory {
  readonly subject: Subject
  /** The newest first. */
  readonly entries: readonly HistoryEntry[]
  /** What has become of the newest since it was deployed, where no record is what runs. */
  readonly sinceNewest: readonly ServiceChange[]
  /** The stack whose records have a service that has none of its own. */
  readonly stack?: string
  /** The subject with records that was probably meant, where this one has none and is not there. */
  readonly meant?: string
}

export interface HistoryEntry {
  readonly record: DeployRecord
  /** It is what runs now: of records that are, the newest. */
  readonly isRunning: boolean
  /** What was changed from the one before; nothing of the first. */
  readonly changes: readonly ServiceChange[]
}

/** What became of one service. Of fields there is no value to be shown: variables are among them. */
export interface ServiceChange {
  readonly name: string
  readonly how: 'new' | 'gone' | 'changed'
  readonly fields: readonly Pick<FieldChange, 'field' | 'key'>[]
}

/** Whether the services of a record are on the swarm as it has them. */
function isRunning({ services: recorded }: Pick<DeployRecord, 'services'>, services: readonly Service[]): boolean {
  return recorded.every(({ name, spec }) => {
    const live = liveService(name, services)
    return live !== undefined && sameSpec(recordedSpec(live.Spec, name), spec)
  })
}

/**
 * @param subjects those that are asked for; `undefined`: all that have records
 * @param services all of the swarm
 */
export function historyOf(
  kept: readonly KeptRecord[],
  subjects: readonly Subject[] | undefined,
  services: readonly Service[],
): SubjectHistory[] {
  return (subjects ?? allSubjects(kept)).map((subject) => {
    const records = recordsOf(kept, subject).map(({ record }) => record)
    const running = records.find((record) => isRunning(record, services))
    const entries = records.map((record, index) => {
      const before = records[index + 1]
      const changes = before === undefined ? [] : changesBetween(before, record)
      return { record, isRunning: record === running, changes }
    })
    const [newest] = records
    const sinceNewest =
      newest === undefined || running !== undefined ? [] : changesBetween(newest, presentOf(newest, services))
    const stack = records.length > 0 ? undefined : stackOf(subject, services)
    const meant = records.length > 0 ? undefined : recordedName(subject, kept, services)
    return {
      subject,
      entries,
      sinceNewest,
      ...(stack !== undefined && { stack }),
      ...(meant !== undefined && { meant }),
    }
  })
}

function allSubjects(kept: readonly KeptRecord[]): Subject[] {
  const all = new Map(kept.map(({ record: { subject } }) => [`${subject.kind} ${subject.name}`, subject]))
  return [...all].toSorted(([a], [b]) => (a < b ? 1 : -1)).map(([, subject]) => subject)
}

/** What there is now of the services of a record. */
function presentOf({ services: recorded, names }: DeployRecord, services: readonly Service[]) {
  const present = recorded.flatMap(({ name }): RecordedService[] => {
    const live = liveService(name, services)
    return live === undefined ? [] : [{ name, image: imageOf(live) ?? '', spec: recordedSpec(live.Spec, name) }]
  })
  return { services: present, names }
}

type Compared = Pick<DeployRecord, 'services' | 'names'>

function changesBetween(before: Compared, after: Compared): ServiceChange[] {
  const networks = new Map([before, after].flatMap(({ names }) => Object.entries(names.networks)))
  const names = [...new Set([...after.services, ...before.services].map(({ name }) => name))]
  return names.flatMap((name): ServiceChange[] => {
    const [was, is] = [before, after].map(({ services }) => services.find((one) => one.name === name))
    if (is === undefined) return [{ name, how: 'gone', fields: [] }]
    if (was === undefined) return [{ name, how: 'new', fields: [] }]
    const fields = specDifference(was.spec, is.spec, networks).map(({ field, key }) => ({ field, key }))
    return fields.length === 0 ? [] : [{ name, how: 'changed', fields }]
  })
}

function stackOf({ kind, name }: Subject, services: readonly Service[]): string | undefined {
  return kind === 'service' ? stackIn(liveService(name, services)?.Spec.Labels) : undefined
}
