import type { Run } from '../connect/run.ts'
import type { Service } from '../docker/api.ts'
import type { HistoryRequest } from '../inputs/modes/history.ts'
import { historyOf, type SubjectHistory } from '../plan/history.ts'
import { readRecords } from '../records/read.ts'
import { withRun } from './with-run.ts'

/** What the swarm keeps of earlier deploys. */
export interface History {
  readonly subjects: readonly SubjectHistory[]
  /** The names of config objects that say they are records, and cannot be read. */
  readonly unreadable: readonly string[]
}

/** Says what was deployed. Nothing is changed. */
export function history(asked: HistoryRequest, signal: AbortSignal): Promise<History> {
  return withRun({ ...asked, onCancel: 'keep' }, signal, (run) => historyOver(asked, run))
}

/** Reads the records, and how the services are now. */
export function historyOver({ subjects }: HistoryRequest, { connection, time }: Run): Promise<History> {
  const { engine } = time.bound(connection)
  return time.before('Read the records', async (signal) => {
    const [{ kept, unreadable }, services] = await Promise.all([
      readRecords(engine, signal),
      engine.get<Service[]>('/services', { signal }),
    ])
    return { subjects: historyOf(kept, subjects, services), unreadable }
  })
}
