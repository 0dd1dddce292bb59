import type { ServiceSpec } from '../docker/api.ts'
import { fingerprint } from '../docker/specs/spec-comparison.ts'
import { groupBy } from '../runner/group-by.ts'
import { BOOKKEEPING_LABELS } from '../runner/own-labels.ts'

/**
 * What a deploy leaves on the swarm of what it has deployed, so that a later run can tell of it and go back to it. A
 * record is a config object; `src/records/format.ts` says what is in one. Pure.
 */

/** What has a history of its own: a stack, or a service that the input `services` has named. */
export interface Subject {
  readonly kind: 'stack' | 'service'
  readonly name: string
}

/**
 * Whose records a deploy has: its stack's, and without one those of each service.
 *
 * @param names those that the inputs have for its services
 */
export function subjectsOf(names: readonly string[], stack: { readonly name: string } | undefined): Subject[] {
  if (stack !== undefined) return [{ kind: 'stack', name: stack.name }]
  return names.map((name) => ({ kind: 'service', name }))
}

/** What a watched deploy has made of a subject, as the swarm took it. */
export interface DeployRecord {
  readonly subject: Subject
  /** Counts up for each subject. Two runs at one moment may take the same. */
  readonly version: number
  /** When it was deployed last: RFC 3339, by the swarm's clock. */
  readonly at: string
  /** All that have deployed just this, the newest first; at most {@link MOST_RUNS}. */
  readonly runs: readonly RecordedRun[]
  readonly services: readonly RecordedService[]
  /** How the IDs in the specs were called: what was made anew since has another ID. */
  readonly names: RecordedNames
  /** Of one that a rollback has written: the version whose content it has. */
  readonly wentBackTo?: number
}

/** A run as others know it. What is not known is empty: outside of a runner all but `owner` and `at`. */
export interface RecordedRun {
  /** `acme/shop` */
  readonly repository: string
  readonly commit: string
  /** `refs/heads/main` */
  readonly ref: string
  readonly runId: string
  readonly attempt: string
  readonly url: string
  /** The account that has started it. */
  readonly actor: string
  /** In words: `acme/shop, workflow Deploy, job release, run 1234`. */
  readonly owner: string
  /** When it was done: RFC 3339, by the swarm's clock. */
  readonly at: string
}

export interface RecordedService {
  /** Under which the files or inputs have it, whatever colour of it had the traffic. */
  readonly name: string
  /** As it was asked for, with its tag and without a digest. */
  readonly image: string
  /** As the swarm had it, see {@link recordedSpec}. */
  readonly spec: ServiceSpec
}

export interface RecordedNames {
  readonly networks: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
  readonly configs: Readonly<Record<string, string>>
}

/** A record that the swarm keeps. */
export interface KeptRecord {
  readonly record: DeployRecord
  /** The config objects that say it: several where runs have deployed the same at one moment, or one was killed. */
  readonly ids: readonly string[]
  /** Those of them that tell of no run that another one does not tell of. */
  readonly needless: readonly string[]
}

export const MOST_RUNS = 20

/**
 * A spec as a record has it: under the name that the files have for the service, without the labels by which this action
 * knows a service again (whose credential is stored, how often it was written, which of two colours it is).
 */
export function recordedSpec(spec: ServiceSpec, name: string): ServiceSpec {
  const { Labels: labels, ...rest } = spec
  const kept = Object.entries(labels ?? {}).filter(([label]) => !BOOKKEEPING_LABELS.includes(label))
  return { ...rest, Name: name, ...(labels && { Labels: Object.fromEntries(kept) }) }
}

/** Whether two records have the same services with the same specs. */
export function sameContent(a: Pick<DeployRecord, 'services'>, b: Pick<DeployRecord, 'services'>): boolean {
  return a.services.length === b.services.length && contentOf(a) === contentOf(b)
}

/** The same text for the same services with the same specs. */
function contentOf({ services }: Pick<DeployRecord, 'services'>): string {
  return JSON.stringify(services.map(({ name, spec }) => [name, fingerprint(spec)]).toSorted())
}

function isSameSubject(a: Subject, b: Subject): boolean {
  return a.kind === b.kind && a.name === b.name
}

/** Those of one subject, in their order. */
export function recordsOf(records: readonly KeptRecord[], subject: Subject): KeptRecord[] {
  return records.filter(({ record }) => isSameSubject(record.subject, subject))
}

/** The newest first; of one version and content there is one, with the runs of all. */
export function inOrder(records: readonly KeptRecord[]): KeptRecord[] {
  // Whoever may make configs may make ten thousand of one version: each is looked at once.
  const versions = groupBy(records, versionOf)
  const merged = new Map<string, KeptRecord>()
  for (const one of records.toSorted((a, b) => newerFirst(a, b))) {
    const version = versionOf(one)
    const isAlone = versions.get(version)?.length === 1
    const key = isAlone ? version : `${version} ${contentOf(one.record)}`
    const other = merged.get(key)
    merged.set(key, other === undefined ? one : together(other, one))
  }
  return [...merged.values()]
}

function versionOf({ record: { subject, version } }: KeptRecord): string {
  return `${subject.kind} ${subject.name} ${version}`
}

function newerFirst({ record: a, ids: aIds }: KeptRecord, { record: b, ids: bIds }: KeptRecord): number {
  return b.version - a.version || Date.parse(b.at) - Date.parse(a.at) || ((aIds[0] ?? '') < (bIds[0] ?? '') ? -1 : 1)
}

/** @param newer which says the rest */
function together(newer: KeptRecord, older: KeptRecord): KeptRecord {
  const runs = runsTogether(newer.record.runs, older.record.runs)
  const isTold = runs.length === newer.record.runs.length
  return {
    record: { ...newer.record, runs },
    ids: [...newer.ids, ...older.ids],
    needless: [...newer.needless, ...(isTold ? older.ids : older.needless)],
  }
}

/** All runs of both, the newest first, each once. */
export function runsTogether(a: readonly RecordedRun[], b: readonly RecordedRun[]): RecordedRun[] {
  const all = new Map([...a, ...b].map((run) => [JSON.stringify(Object.entries(run).toSorted()), run]))
  return [...all.values()].toSorted((one, other) => Date.parse(other.at) - Date.parse(one.at)).slice(0, MOST_RUNS)
}

/** In a sentence: `stack shop`. */
export function subjectWords({ kind, name }: Subject): string {
  return `${kind} ${name}`
}
