import { type Engine, wordsOfError } from '../docker/engine/engine.ts'
import { serviceBefore } from '../plan/change.ts'
import { liveService, siblingNames } from '../plan/colours.ts'
import { servicesNamed } from '../plan/observe.ts'
import { type Content, contentsOf, networkIdsOf, recordedService } from '../records/next-record.ts'
import { type RecordedService, type Subject, subjectsOf, subjectWords } from '../records/record.ts'
import { type RecordNote, type WrittenRecords, writeRecords } from '../records/write.ts'
import { groupBy } from '../runner/group-by.ts'
import { log, stage } from '../runner/log/log.ts'
import type { RunIdentity } from '../runner/run.ts'
import { someOf } from '../runner/text/some-of.ts'
import { timeLimit } from '../runner/time/clock.ts'
import { leftAsTheyAre, listNetworks, type Stack } from '../stack/stack.ts'
import type { RolloutRun } from './run.ts'
import type { Settled } from './settled.ts'

/** An election of the swarm's leader included. */
const RECORD_TIMEOUT_MS = 60_000
const MOST_NAMES = 10

/** What the deploy that is recorded has at hand. */
interface RecordingRun extends Pick<RolloutRun, 'connection' | 'deployment'> {
  readonly self: RunIdentity
  readonly stack: Stack | undefined
  /** Of a rollback: the version that a subject goes back to. */
  readonly wentBackTo?: (subject: Subject) => number | undefined
}

/**
 * Leaves on the swarm what a deploy that has come up has deployed, so that a later run can tell of it and go back to it.
 * What is not recorded is told, and is no failure of the deploy.
 *
 * @returns what is recorded as what, what is not, and the records that are gone for it
 */
export async function recordDeploy(ended: readonly Settled[], run: RecordingRun): Promise<WrittenRecords> {
  const { connection, deployment, stack, self, wentBackTo } = run
  const { engine } = connection
  const signal = timeLimit(RECORD_TIMEOUT_MS)
  const { historyLimit: limit } = deployment
  if (ended.length === 0) return { notes: [], removed: [] }
  // Then there is nothing to be seen but that older ones go.
  const asStage = limit === 0 ? <T>(_: string, work: () => Promise<T>) => work() : stage
  return asStage('Record the deploy', async () => {
    const written = await recordable(ended, run, signal).then(
      (contents) => writeRecords(contents, { engine, self, limit, wentBackTo, signal }),
      (error: unknown): WrittenRecords => {
        const problem = wordsOfError(error)
        const names = ended.map(({ result: { name } }) => name)
        return { notes: subjectsOf(names, stack).map((subject) => ({ subject, problem })), removed: [] }
      },
    )
    tell(written.notes)
    return written
  })
}

async function recordable(
  ended: readonly Settled[],
  { connection: { engine }, deployment, stack }: RecordingRun,
  signal: AbortSignal,
): Promise<Content[]> {
  const deployed = ended.map(({ sent: { change, service = serviceBefore(change) } }) => {
    return recordedService(change.request.name, change.request.image, service?.Spec ?? change.wanted)
  })
  const services = [...deployed, ...(await asTheyAre(leftAsTheyAre(deployment, stack), engine, signal))]
  const networks = networkIdsOf(services).length === 0 ? [] : await listNetworks(engine, signal)
  const names = [...(stack?.known.networks ?? []), ...networks].map(({ Id, Name }) => [Id, Name] as const)
  return contentsOf(services, stack, new Map(names))
}

/** The services of a stack that this run was not asked to deploy. */
async function asTheyAre(names: readonly string[], engine: Engine, signal: AbortSignal): Promise<RecordedService[]> {
  if (names.length === 0) return []
  const services = await servicesNamed(engine, names.flatMap(siblingNames), signal)
  return names.flatMap((name) => {
    const live = liveService(name, services)
    return live === undefined ? [] : [recordedService(name, undefined, live.Spec)]
  })
}

function tell(notes: readonly RecordNote[]): void {
  for (const { subject, version, isAgain } of notes) {
    if (version === undefined) continue
    log.info(`${subjectWords(subject)}: recorded as #${version}${isAgain ? ', as what was deployed last' : ''}`)
  }
  const troubled = notes.filter(({ problem }) => problem !== undefined)
  for (const [problem, those] of groupBy(troubled, (note) => note.problem ?? '')) {
    const names = someOf(
      those.map(({ subject }) => subjectWords(subject)),
      MOST_NAMES,
    )
    const { version, isUnknown = false } = those[0] ?? {}
    const unrecorded = `is deployed, and ${isUnknown ? 'it is not known whether it is recorded' : 'not recorded'}`
    const what = version === undefined ? unrecorded : 'is recorded'
    const advice = version === undefined ? '. Who wants no records writes `history-limit: 0`' : ''
    log.warning(`${names} ${what}: ${problem}${advice}`)
  }
}
