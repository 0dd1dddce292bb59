import type { ServiceSpec } from '../docker/api.ts'
import type { Engine } from '../docker/engine/engine.ts'
import { type StoredCredential, type UpdateResult, updateSpec } from '../docker/specs/spec-update.ts'
import { numbered } from '../plan/write-number.ts'

/**
 * Gives a service a whole spec, as {@link updateSpec} does, with the number of this write: no other way leads to a
 * service that is there, so that none of our writes is taken for somebody else's.
 */
export function writeSpec(
  engine: Engine,
  serviceId: string,
  bases: readonly ServiceSpec[],
  wanted: ServiceSpec,
  credential: StoredCredential,
  signal: AbortSignal,
): Promise<UpdateResult> {
  return updateSpec(engine, serviceId, bases, wanted, credential, signal, numbered)
}
