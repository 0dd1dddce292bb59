import type { ServiceSpec } from '../../docker/api.ts'
import type { Engine } from '../../docker/engine/engine.ts'
import { type UpdateResult, updateSpec } from '../../docker/specs/spec-update.ts'
import { accountLabelsOf, storedAccountLabels, withAccountLabels } from '../../plan/credentials/stored-account.ts'
import { withScaleOf } from '../../plan/keep-replicas.ts'
import { numbered } from '../../plan/write-number.ts'
import { timeOfDayMs } from '../../runner/time/clock.ts'
import type { CredentialToStore } from './stored-credential.ts'

/** How long one write may take, with all that a manager and the way to it may be at meanwhile. */
export const WRITE_TIMEOUT_MS = 120_000

/** What only some writes ask for. */
interface Writing {
  /** Is told each spec that is about to be sent, with its labels. */
  readonly sending?: (spec: ServiceSpec) => void
  /** Gives the spec the number of tasks of the one that it is written over, where that is to stay. */
  readonly withScale?: typeof withScaleOf
}

/**
 * Gives a service a whole spec, as {@link updateSpec} does, with the number of this write, with what is known of the
 * credential that is then stored, and with the number of tasks that others have set. No other way leads to a service that
 * is there, so that none of our writes is taken for somebody else's.
 *
 * @param bases the specs over which it may be written: any other is somebody else's
 */
export function writeSpec(
  engine: Engine,
  serviceId: string,
  bases: readonly ServiceSpec[],
  wanted: ServiceSpec,
  credential: CredentialToStore,
  signal: AbortSignal,
  { sending, withScale = withScaleOf }: Writing = {},
): Promise<UpdateResult> {
  const asWritten = (spec: ServiceSpec, over: ServiceSpec) => {
    const written = numbered(withAccount(withScale(spec, over), credential, over), over)
    sending?.(written)
    return written
  }
  return updateSpec(engine, serviceId, bases, wanted, credential, signal, asWritten)
}

function withAccount(spec: ServiceSpec, credential: CredentialToStore, over: ServiceSpec): ServiceSpec {
  if (credential.from === 'header')
    return withAccountLabels(spec, storedAccountLabels(credential.account, timeOfDayMs()))
  // A spec that goes back to what it was, with the credential that was stored with it, has its labels.
  return credential.from === 'spec' ? withAccountLabels(spec, accountLabelsOf(over)) : spec
}
