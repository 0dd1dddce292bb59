import type { Engine } from '../docker/engine/engine.ts'
import { InvalidReference } from '../docker/registry/reference.ts'
import { isJob } from '../docker/specs/service-mode.ts'
import { NAMESPACE_LABEL, stackIn } from '../docker/specs/stack-objects.ts'
import { throwAll } from '../errors.ts'
import type { Deployment, RollbackRequest, ServiceRequest, StackToGoBack } from '../inputs/deployment.ts'
import { chooseRecord, originOf, versionInWords } from '../records/choose.ts'
import { readRecords } from '../records/read.ts'
import { type DeployRecord, type KeptRecord, type RecordedService, recordsOf, type Subject } from '../records/record.ts'
import { log } from '../runner/log/log.ts'
import { safeLine } from '../runner/text/safe-text.ts'
import { andList } from '../runner/text/word-list.ts'
import { type Stack, surelyKnownObjects, surelyKnownServices } from '../stack/stack.ts'
import { nameInFiles } from './colours.ts'
import { recordedName } from './missing-service.ts'
import {
  type Gone,
  isAsRecorded,
  meantOf,
  type Present,
  presentIds,
  requestOf,
  runningOf,
  surplusOf,
  unknownIn,
} from './recorded.ts'

/** Where a stack or service goes back to. */
export interface Return {
  readonly subject: Subject
  readonly record: DeployRecord
  /** The version of which the record has the content: its own, unless a rollback has written it. */
  readonly origin: number
  /** The services of it that `only` leaves as they are. */
  readonly leftOut: readonly string[]
  /** The version as a sentence names it: `#5 (tag 1.4, commit 0a1b2c3d4e5f, 2026-11-20 10:00:00 UTC)`. */
  readonly words: string
}

/** A rollback as a deployment of what was deployed before. */
export interface RecordedDeployment {
  readonly deployment: Deployment
  /** The stack as the version has it: it makes nothing, and with `prune` says what goes. */
  readonly stack: Stack | undefined
  readonly returns: readonly Return[]
  /** One line for everything that the swarm no longer has. */
  readonly problems: readonly string[]
}

/**
 * Reads what was deployed before, chooses what is meant, and makes requests of it that say everything about their
 * services.
 *
 * @throws UserErrors when it cannot be told what is meant
 */
export async function readRecorded(
  asked: Deployment,
  rollback: RollbackRequest,
  engine: Engine,
  signal: AbortSignal,
): Promise<RecordedDeployment> {
  const [{ kept, unreadable }, services, objects] = await Promise.all([
    readRecords(engine, signal),
    surelyKnownServices(engine, signal),
    surelyKnownObjects(engine, signal),
  ])
  if (unreadable.length > 0) {
    log.notice(
      `No record of a deploy is in ${unreadable.map((name) => safeLine(name)).join(', ')}, whatever its labels say`,
    )
  }
  const present = { services, objects }
  const chosen = choose(asked, rollback, kept, present)
  const parts = chosen.map((one) => goingBack(one, rollback, present))
  const requests = parts.flatMap(({ requests }) => requests)
  const [first] = parts
  const ofStack = first && rollback.stack && { ...rollback.stack, leftOut: first.back.leftOut }
  return {
    deployment: { ...asked, services: requests, rollback: { ...rollback, ...(ofStack && { stack: ofStack }) } },
    stack: first && ofStack && stackOf(ofStack, first, present),
    returns: chosen.map(({ back }) => back),
    problems: parts.flatMap(({ problems }) => problems),
  }
}

/** What goes back, to what, and how its tasks are replaced. */
interface Chosen {
  readonly back: Return
  readonly asked: ServiceRequest | StackToGoBack
}

/** @throws UserErrors for each subject of which it cannot be told what is meant */
function choose(
  { services }: Deployment,
  rollback: RollbackRequest,
  kept: readonly KeptRecord[],
  present: Present,
): Chosen[] {
  const problems: string[] = []
  const subjects =
    rollback.stack === undefined
      ? services.map((asked) => ({ asked, subject: { kind: 'service' as const, name: asked.name } }))
      : [{ asked: rollback.stack, subject: { kind: 'stack' as const, name: rollback.stack.name } }]
  const all = subjects.map((one) => ({ ...one, records: recordsOf(kept, one.subject).map(({ record }) => record) }))
  const jobs = rollback.rerunJobs ? [] : all.filter(({ subject, records }) => hasOnlyJobs(subject, records))
  const going = all.filter((one) => !jobs.includes(one))
  for (const { subject } of jobs) {
    const why = subject.kind === 'stack' ? ONLY_JOBS : ONLY_A_JOB
    if (going.length === 0) problems.push(`${subject.kind} ${subject.name}: ${why}`)
    else log.notice(`service ${subject.name}: ${JOB_STAYS}`)
  }
  const chosen = going.flatMap(({ asked, subject, records }) => {
    const back = returnOf(subject, records, rollback, present)
    if (typeof back !== 'string') return [{ back, asked }]
    const guess = records.length > 0 ? undefined : recordedName(subject, kept, present.services)
    const hint = records.length > 0 ? '' : otherSubject(subject, kept, present)
    const problem =
      guess === undefined ? `${back}${hint}` : `it has no record on this swarm: did you mean \`${guess}\`?`
    problems.push(`${subject.kind} ${subject.name}: ${problem}`)
    return []
  })
  throwAll(problems)
  return chosen
}

/** Whether it is a job, or a stack that never had anything else: which version is meant does not matter where it stays. */
function hasOnlyJobs({ kind }: Subject, records: readonly DeployRecord[]): boolean {
  const meant = kind === 'stack' ? records : records.slice(0, 1)
  return meant.length > 0 && meant.every(({ services }) => services.every(({ spec }) => isJob(spec)))
}

/** Where one stack or service goes back to; or why that cannot be told. */
function returnOf(
  subject: Subject,
  records: readonly DeployRecord[],
  { to, rerunJobs, stack }: RollbackRequest,
  present: Present,
): Return | string {
  const extent = { rerunJobs, only: stack?.only ?? ('all' as const) }
  const record = chooseRecord(records, to, runningOf(records, extent, present))
  if (typeof record === 'string') return record
  const unknown = unknownIn(record, extent.only)
  if (unknown !== undefined) return `\`only\`: ${unknown}`
  const meant = meantOf(record, extent.only)
  const leftOut = record.services.map(({ name }) => name).filter((name) => !meant.has(name))
  const words = versionInWords(record, records)
  log.info(`${subject.kind} ${subject.name}: back to ${words}${byWhom(record)}`)
  return { subject, record, origin: originOf(record, records), leftOut, words }
}

function byWhom({ runs: [run] }: DeployRecord): string {
  if (run === undefined) return ''
  return `, deployed by ${run.owner}${run.url === '' ? '' : ` (${run.url})`}`
}

/** A stack and its services have histories of their own: what is deployed as one is not found under the other. */
function otherSubject({ kind, name }: Subject, kept: readonly KeptRecord[], { services }: Present): string {
  const subjects = kept.map(({ record: { subject } }) => subject)
  if (kind === 'stack') {
    const single = subjects.filter((one) => one.kind === 'service' && one.name.startsWith(`${name}_`))
    const names = [...new Set(single.map((one) => one.name))]
    return names.length === 0
      ? ''
      : `. What was deployed by \`services\` goes back so too: \`services: ${names.join(' ')}\``
  }
  const stack = stackIn(services.find((service) => nameInFiles(service) === name)?.Spec.Labels)
  if (stack === undefined || !subjects.some((one) => one.kind === 'stack' && one.name === stack)) return ''
  return `. It is deployed with the stack ${stack}: write \`stack: ${stack}\`, and \`only: ${name}\` for this service alone`
}

interface Part {
  /** Those that are sent. */
  readonly requests: readonly ServiceRequest[]
  /** And those that stay as they are. */
  readonly all: readonly ServiceRequest[]
  readonly back: Return
  /** The names of services that have come to the stack since, and stay. */
  readonly staying: readonly string[]
  readonly problems: readonly string[]
}

function goingBack({ back, asked }: Chosen, { rerunJobs, stack }: RollbackRequest, present: Present): Part {
  const { record, subject } = back
  const meant = record.services.filter(({ name }) => !back.leftOut.includes(name))
  const { ids, gone } = presentIds({ ...record, services: meant }, present)
  const problems = [...(gone.length === 0 ? [] : [goneInWords(back, gone)]), ...movedInWords(back, meant, present)]
  const how = { isRerun: rerunJobs, isOfStack: subject.kind === 'stack' }
  const all = meant.flatMap((service) => {
    try {
      return [{ service, request: requestOf(service, asked, ids, how) }]
    } catch (error) {
      if (!(error instanceof InvalidReference)) throw error
      problems.push(`service ${service.name}: #${record.version} cannot be deployed: ${error.message}`)
      return []
    }
  })
  const jobs = rerunJobs ? [] : all.filter(({ service: { spec } }) => isJob(spec))
  for (const { service } of jobs.filter(({ service }) => !isAsRecorded(service, ids, present))) {
    log.notice(`service ${service.name}: ${JOB_STAYS}`)
  }
  const requests = all.filter((one) => !jobs.includes(one)).map(({ request }) => request)
  if (all.length > 0 && requests.length === 0) problems.push(`stack ${subject.name}: ${ONLY_JOBS}`)
  const staying = stack?.prune === true ? [] : surplusOf(record, present)
  if (back.leftOut.length === 0) {
    for (const { Spec } of staying) {
      log.notice(`service ${Spec.Name}: #${record.version} does not have it, and it stays: \`prune: true\` removes it`)
    }
  }
  return { requests, all: all.map(({ request }) => request), back, staying: staying.map(nameInFiles), problems }
}

const JOB_STAYS =
  'a job, which is left as it is: going back would run the old one again, which `rerun-jobs: true` asks for'
const ONLY_A_JOB = 'a job, and going back would run the old one again: write `rerun-jobs: true` if that is meant'
const ONLY_JOBS =
  'there are only jobs in it, and going back would run the old ones again: write `rerun-jobs: true` if that is meant'

/** A service that has come to a stack since, or left it, would change sides without a word in the files of either. */
function movedInWords({ record }: Return, meant: readonly RecordedService[], { services }: Present): string[] {
  return meant.flatMap(({ name, spec }) => {
    const there = services.find((service) => nameInFiles(service) === name)
    const [was, is] = [stackIn(spec.Labels), stackIn(there?.Spec.Labels)]
    if (there === undefined || was === is) return []
    const [before, now] = [was, is].map((stack) => (stack === undefined ? 'no stack' : `the stack ${safeLine(stack)}`))
    const way = is === undefined ? '' : `, or go back with \`stack: ${safeLine(is)}\``
    return [
      `service ${name}: it belongs to ${now} by now, and to ${before} in #${record.version}: to have it there again deploy it${way}`,
    ]
  })
}

/** All that a version needs and that cannot be had any more, with how to have it again. */
function goneInWords({ subject, record }: Return, gone: readonly Gone[]): string {
  const named = gone.map(({ kind, name, services }) => `the ${kind} ${safeLine(name)} (of ${andList(services)})`)
  const isOwn = gone.some(({ kind, name }) => kind === 'network' && name.startsWith(`${subject.name}_`))
  const label = subject.kind === 'stack' && isOwn ? ` --label ${NAMESPACE_LABEL}=${subject.name}` : ''
  const ways = [
    ['network', `\`docker network create --driver overlay${label}\``],
    ['secret', '`docker secret create`, with the content that it had then'],
    ['config', '`docker config create`, with the content that it had then'],
  ].flatMap(([kind, way = '']) => (gone.some((one) => one.kind === kind) ? [way] : []))
  const them = gone.length === 1 ? 'it' : 'them'
  return `${subject.kind} ${subject.name} cannot go back to #${record.version}: the swarm no longer has ${andList(named)}. Make ${them} again under the same name (${ways.join('; ')}), or go back to another version`
}

/** The stack as the version has it: nothing of it has to be made. */
function stackOf({ name, prune }: StackToGoBack, { all, back, staying }: Part, { objects }: Present): Stack {
  const networks = Object.values(back.record.names.networks).map((network) => [network, ''] as const)
  return {
    name,
    services: all,
    staying,
    objects: [],
    networks: new Map(networks),
    known: objects,
    prune,
    problems: [],
    told: new Set(),
  }
}
