import type { Connection } from '../connect/connection.ts'
import type { Service, ServiceSpec } from '../docker/api.ts'
import { type Engine, EngineError } from '../docker/engine/engine.ts'
import { remove } from '../docker/engine/removal.ts'
import { registryAuthHeader } from '../docker/registry/registry-auth.ts'
import { sameSpec } from '../docker/specs/spec-comparison.ts'
import { findService, isFailure, updateSpec } from '../docker/specs/spec-update.ts'
import type { ChangedService, CheckedService } from '../plan/check.ts'
import { takenFrom } from '../plan/colours.ts'
import type { Access } from '../plan/plan.ts'
import type { Problem, Rollout } from '../rollout/rollout.ts'
import { superseded } from '../rollout/superseded.ts'
import { nowMs, sleep } from '../runner/clock.ts'
import { log } from '../runner/log.ts'

/** A proxy reads the labels again and again (Traefik every 15 s): until then it sends traffic to the old service. */
export const DRAIN_SECONDS = 30

/**
 * Makes the service beside the live one; what earlier deploys have left without traffic goes first.
 *
 * @returns a problem when somebody else is at it, or the swarm refuses it
 */
export async function makeNext(checked: ChangedService, { engine }: Connection, signal: AbortSignal): Promise<Rollout> {
  const sentAt = nowMs()
  const problem = await removeLeftovers(checked, engine, signal)
  if (problem !== undefined) return { checked, sentAt, service: undefined, problem }
  const made = await make(checked.access, checked.wanted, engine, signal)
  return { checked, sentAt, service: undefined, ...made }
}

/**
 * Removes what earlier blue-green deploys of a service have left. One to which traffic is still led, because a deploy
 * was killed while it moved, loses that first, and stays until no proxy asks it any more.
 *
 * @param keep takes the traffic from them only
 * @returns a problem when somebody else has changed one
 */
export async function removeLeftovers(
  { request, colours }: CheckedService,
  engine: Engine,
  signal: AbortSignal,
  keep = false,
): Promise<Problem | undefined> {
  for (const leftover of colours?.leftovers ?? []) {
    const { ID: id, Spec: spec } = leftover
    const now = await findService(engine, id, signal)
    if (now === undefined) continue
    if (!sameSpec(now.Spec, spec)) return superseded('changed', 'at the same moment', spec.Name)
    const taking = colours && takenFrom(leftover, colours)
    if (taking !== undefined) {
      const given = await updateSpec(engine, id, [spec], taking.spec, { from: 'spec' }, signal)
      if (given === 'changed') return superseded('changed', 'at the same moment', spec.Name)
      log.info(`${request.name}: ${spec.Name} loses the traffic that a deploy which was killed has left to it`)
    }
    if (keep) continue
    if (taking?.byLabels) await sleep(DRAIN_SECONDS * 1000, signal)
    await remove(engine, `/services/${id}`, signal)
    log.info(`${request.name}: ${spec.Name}, which had no traffic, is removed`)
  }
  return undefined
}

/** Makes a service with a spec that the API takes whole; the service, or why there is none. */
export async function make(
  access: Access | undefined,
  spec: ServiceSpec,
  engine: Engine,
  signal: AbortSignal,
): Promise<{ readonly service: Service } | { readonly problem: Problem }> {
  const auth = access === undefined ? {} : { registryAuth: registryAuthHeader(access.credential) }
  let refusal: string | undefined
  try {
    await engine.post('/services/create', { body: spec, mayRepeat: true, signal, ...auth })
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    if (error.status !== 409) refusal = `docker refused to create ${spec.Name}: ${error.message}`
    if (refusal !== undefined && !isFailure(error)) return { problem: { outcome: 'failed', cause: refusal } }
  }
  // The answer to a call that came through may have been lost: then the service is there, and ours.
  const service = await findService(engine, spec.Name, signal)
  if (service !== undefined && sameSpec(spec, service.Spec)) return { service }
  if (refusal !== undefined) return { problem: { outcome: 'failed', cause: refusal } }
  return { problem: superseded('deployed', 'at the same moment', spec.Name) }
}
