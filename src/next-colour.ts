import type { Access, ChangedService, Connection, Rollout } from './deployment.ts'
import type { Service, ServiceSpec } from './docker/api.ts'
import type { NextColour } from './docker/colours.ts'
import { type Engine, EngineError } from './docker/engine.ts'
import { registryAuthHeader } from './docker/registry-auth.ts'
import { remove } from './docker/removal.ts'
import { sameSpec } from './docker/spec-comparison.ts'
import { findService } from './docker/spec-update.ts'
import type { Problem } from './lookout.ts'
import { nowMs } from './runner/clock.ts'
import { log } from './runner/log.ts'

/**
 * Makes the service beside the live one; what earlier deploys have left without traffic goes first.
 *
 * @returns a problem when somebody else is at it, or the swarm refuses it
 */
export async function makeNext(
  checked: ChangedService,
  { leftovers }: NextColour,
  { engine }: Connection,
  signal: AbortSignal,
): Promise<Rollout> {
  const sentAt = nowMs()
  for (const leftover of leftovers) {
    const now = await findService(engine, leftover.ID, signal)
    if (now === undefined) continue
    const { Name: name } = leftover.Spec
    if (!sameSpec(now.Spec, leftover.Spec)) {
      return { checked, sentAt, service: undefined, problem: someoneElse(`changed ${name}`) }
    }
    await remove(engine, `/services/${leftover.ID}`, signal)
    log.info(`${checked.request.name}: ${name}, which had no traffic, is removed`)
  }
  const made = await make(checked.access, checked.wanted, engine, signal)
  return { checked, sentAt, service: undefined, ...made }
}

/** Makes a service with a spec that the API takes whole; the service, or why there is none. */
export async function make(
  access: Access | undefined,
  spec: ServiceSpec,
  engine: Engine,
  signal: AbortSignal,
): Promise<{ readonly service: Service } | { readonly problem: Problem }> {
  const auth = access === undefined ? {} : { registryAuth: registryAuthHeader(access.credential) }
  try {
    await engine.post('/services/create', { body: spec, mayRepeat: true, signal, ...auth })
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    if (error.status !== 409) {
      return { problem: { outcome: 'failed', cause: `docker refused to create ${spec.Name}: ${error.message}` } }
    }
  }
  // The answer to a call that came through may have been lost: then the service is there, and ours.
  const service = await findService(engine, spec.Name, signal)
  const isOurs = service !== undefined && sameSpec(spec, service.Spec)
  return isOurs ? { service } : { problem: someoneElse(`deployed ${spec.Name}`) }
}

function someoneElse(what: string): Problem {
  return { outcome: 'superseded', cause: `someone else ${what} at the same moment: keep deploys of one service apart` }
}
