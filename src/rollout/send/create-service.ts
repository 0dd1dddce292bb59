import type { Service, ServiceSpec } from '../../docker/api.ts'
import { type Engine, EngineError } from '../../docker/engine/engine.ts'
import { sameSpec } from '../../docker/specs/spec-comparison.ts'
import { findService, isFailure } from '../../docker/specs/spec-update.ts'
import { NO_ACCOUNT_LABELS, storedAccountLabels, withAccountLabels } from '../../plan/credentials/stored-account.ts'
import type { Access } from '../../plan/planned-service.ts'
import { numbered } from '../../plan/write-number.ts'
import { timeOfDayMs } from '../../runner/time/clock.ts'
import { superseded } from '../superseded.ts'
import type { Problem } from './sent.ts'
import { storedCredential } from './stored-credential.ts'

/** Makes a service with a spec that the API takes whole; the service, or why there is none. */
export async function createService(
  access: Access | undefined,
  spec: ServiceSpec,
  engine: Engine,
  signal: AbortSignal,
): Promise<{ readonly service: Service } | { readonly problem: Problem }> {
  const stored = storedCredential(access)
  const auth = stored.from === 'header' ? { registryAuth: stored.header } : {}
  const labels = stored.from === 'header' ? storedAccountLabels(stored.account, timeOfDayMs()) : NO_ACCOUNT_LABELS
  const body = numbered(withAccountLabels(spec, labels))
  let refusal: Problem | undefined
  try {
    await engine.post('/services/create', { body, mayRepeat: true, signal, ...auth })
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    if (error.status !== 409) refusal = refused(spec, error)
    if (refusal !== undefined && !isFailure(error)) return { problem: refusal }
  }
  // The answer to a call that came through may have been lost: then the service is there, and ours.
  const service = await findService(engine, spec.Name, signal)
  if (service !== undefined && sameSpec(spec, service.Spec)) return { service }
  if (refusal !== undefined) return { problem: refusal }
  return { problem: superseded('deployed', 'at the same moment', spec.Name) }
}

function refused({ Name: name }: ServiceSpec, { message }: EngineError): Problem {
  return { outcome: 'failed', cause: `docker refused to create ${name}: ${message}`, trouble: { kind: 'refused' } }
}
