import { type Engine, EngineError, wordsOfError } from '../docker/engine/engine.ts'
import { remove } from '../docker/engine/removal.ts'
import { isAnswerLost } from '../docker/specs/spec-update.ts'
import type { ObjectCreate } from '../docker/specs/stack-objects.ts'
import { swarmTime } from '../docker/swarm/swarm-time.ts'
import { UserError } from '../errors.ts'
import { inParallel } from '../runner/parallel.ts'
import type { RunIdentity } from '../runner/run.ts'
import { objectName, recordBody, recordsIn } from './format.ts'
import { type Content, nextRecord, surplusRecords } from './next-record.ts'
import { readRecords } from './read.ts'
import { type DeployRecord, type KeptRecord, recordsOf, type Subject } from './record.ts'

const MOST_AT_ONCE = 10

/** What a run has to say of its records. */
export interface RecordNote {
  readonly subject: Subject
  /** What it is recorded as; `undefined`: it is not. */
  readonly version?: number
  /** It is what was deployed last, and its record tells of this run too now. */
  readonly isAgain?: boolean
  /** Why it is not recorded, or older records were not removed: one line. */
  readonly problem?: string
  /** It may be recorded all the same: the swarm did not answer. */
  readonly isUnknown?: boolean
}

/** What has become of the records of a run's subjects. */
export interface WrittenRecords {
  readonly notes: readonly RecordNote[]
  /** Those that are gone, for newer ones have come. */
  readonly removed: readonly KeptRecord[]
}

/** Who writes, and how much is kept. */
export interface RecordRun {
  readonly engine: Engine
  readonly self: RunIdentity
  /** How many records of each subject are kept. */
  readonly limit: number
  /** Of a rollback: the version that a subject goes back to. */
  readonly wentBackTo?: ((subject: Subject) => number | undefined) | undefined
  readonly signal: AbortSignal
}

/**
 * Records what was deployed, and removes the oldest records of the same subjects. New ones are made before old ones go:
 * whoever is killed in between leaves one too many, and the next deploy removes it. Of runs that write at one moment the
 * last to look sees the records of all. Nothing is thrown: what has come up is none the worse for it.
 *
 * @returns what to say of each subject, nothing where no records are wanted, and the records that are gone
 */
export async function writeRecords(contents: readonly Content[], run: RecordRun): Promise<WrittenRecords> {
  const { limit } = run
  const subjects = contents.map(({ subject }) => subject)
  try {
    const notes = limit === 0 ? [] : await writeAll(contents, run)
    const removed = await removeSurplus(subjects, run).catch(wordsOfError)
    if (typeof removed !== 'string') return { notes, removed }
    return { notes: notes.map((note) => ({ problem: `older ones stay: ${removed}`, ...note })), removed: [] }
  } catch (error) {
    return {
      notes: limit === 0 ? [] : subjects.map((subject) => ({ subject, problem: wordsOfError(error) })),
      removed: [],
    }
  }
}

async function writeAll(contents: readonly Content[], run: RecordRun): Promise<RecordNote[]> {
  const { engine, signal } = run
  const [{ kept }, time] = await Promise.all([readRecords(engine, signal), swarmTime(engine, signal)])
  if (Number.isNaN(time)) throw new UserError('the docker daemon does not say what time it is')
  const at = new Date(time).toISOString()
  return inParallel(contents, MOST_AT_ONCE, async (content) => {
    const { token: _, ...known } = run.self
    const next = nextRecord(
      content,
      recordsOf(kept, content.subject),
      { ...known, at },
      run.wentBackTo?.(content.subject),
    )
    const { subject, version } = next.record
    const problem = await write(next.record, run)
    if (problem !== undefined) return { subject, ...problem }
    return { subject, version, ...(next.isAgain && { isAgain: true }) }
  })
}

/** @returns why it is not written, or may not be; `undefined` when it is */
async function write(
  record: DeployRecord,
  { engine, self, signal }: RecordRun,
): Promise<Required<Pick<RecordNote, 'problem' | 'isUnknown'>> | undefined> {
  const body = bodyOf(record, objectName(self.token, record.subject))
  if ('bytes' in body) {
    const problem = `its record has ${body.bytes} bytes, and there is room for ${body.most}: nobody can go back to what runs now, and earlier records stay`
    return { problem, isUnknown: false }
  }
  if (!isReadable(body)) return { problem: UNREADABLE, isUnknown: false }
  try {
    await engine.post('/configs/create', { body, mayRepeat: true, signal })
    return undefined
  } catch (error) {
    // The answer to the first try was lost: no other run makes one of this name.
    if (error instanceof EngineError && error.status === 409) return undefined
    return { problem: wordsOfError(error), isUnknown: !(error instanceof EngineError) || isAnswerLost(error) }
  }
}

// Somebody has written one with the highest number that there is, or the spec has what no spec is known to have.
const UNREADABLE =
  'its record could not be read again. `docker config ls --filter label=swarm-deploy.record.of` lists those that there are, and one that somebody else has made may be removed'

function isReadable(body: ObjectCreate): boolean {
  return recordsIn([{ ID: '', Spec: body }]).kept.length === 1
}

/** Where there is no room for all that have deployed it, it tells of the last. */
function bodyOf(record: DeployRecord, name: string): ReturnType<typeof recordBody> {
  const whole = recordBody(record, name)
  return 'bytes' in whole ? recordBody({ ...record, runs: record.runs.slice(0, 1) }, name) : whole
}

async function removeSurplus(
  subjects: readonly Subject[],
  { engine, signal, limit }: RecordRun,
): Promise<readonly KeptRecord[]> {
  const { kept } = await readRecords(engine, signal)
  const own = subjects.map((subject) => recordsOf(kept, subject))
  const surplus = own.flatMap((all) => surplusRecords(all, limit))
  const ids = new Set([...own.flat().flatMap(({ needless }) => needless), ...surplus.flatMap((one) => one.ids)])
  await inParallel([...ids], MOST_AT_ONCE, (id) => remove(engine, `/configs/${id}`, signal))
  return surplus
}
