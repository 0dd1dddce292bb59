import { readSurely } from '../docker/engine/caught-up.ts'
import type { Engine } from '../docker/engine/engine.ts'
import type { StackObject } from '../docker/specs/stack-objects.ts'
import { RECORDS_FILTER, type Records, recordsIn } from './format.ts'

/**
 * All records that the swarm keeps, of every subject; {@link recordsOf} chooses. One request, unless there is none: that is
 * believed of a manager only that knows its swarm.
 *
 * @throws EngineError when the daemon has no configs, or whoever asks may not see them
 */
export async function readRecords(engine: Engine, signal: AbortSignal): Promise<Records> {
  const read = () => engine.get<StackObject[]>('/configs', { query: { filters: RECORDS_FILTER }, signal })
  return recordsIn(await readSurely(read, engine, signal))
}
