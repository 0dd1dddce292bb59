import { remove } from '../../docker/engine/removal.ts'
import { sameSpec } from '../../docker/specs/spec-comparison.ts'
import { findService } from '../../docker/specs/spec-update.ts'
import type { Change, Switch } from '../../plan/change.ts'
import { takenFrom } from '../../plan/colours.ts'
import { nowMs, sleep } from '../../runner/time/clock.ts'
import type { RolloutRun } from '../run.ts'
import { superseded } from '../superseded.ts'
import { createService } from './create-service.ts'
import type { Problem, Sent } from './sent.ts'
import { writeSpec } from './write-spec.ts'

/** A proxy reads the labels again and again (Traefik every 15 s): until then it sends traffic to the old service. */
export const DRAIN_SECONDS = 30

type SecondRun = Pick<RolloutRun, 'connection' | 'lines'>

/**
 * Makes the service beside the live one; what earlier deploys have left without traffic goes first.
 *
 * @returns a problem when somebody else is at it, or the swarm refuses it
 */
export async function makeSecond(change: Switch, run: SecondRun, signal: AbortSignal): Promise<Sent> {
  const sentAt = nowMs()
  const problem = await removeLeftovers(change, run, signal)
  if (problem !== undefined) return { change, sentAt, service: undefined, problem }
  const made = await createService(change.access, change.wanted, run.connection.engine, signal)
  return { change, sentAt, service: undefined, ...made }
}

/**
 * Removes the second services that earlier deploys of a service have left. One to which traffic is still led, because a deploy
 * was killed while it moved, loses that first, and stays until no proxy asks it any more.
 *
 * @param keep takes the traffic from them only
 * @returns a problem when somebody else has changed one
 */
export async function removeLeftovers(
  { request, colours }: Change,
  { connection: { engine }, lines }: SecondRun,
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
      const given = await writeSpec(engine, id, [spec], taking.spec, { from: 'spec' }, signal)
      if (given === 'changed') return superseded('changed', 'at the same moment', spec.Name)
      lines.say(request.name, `${spec.Name} loses the traffic that a deploy which was killed has left to it`)
    }
    if (keep) continue
    if (taking?.byLabels) await sleep(DRAIN_SECONDS * 1000, signal)
    await remove(engine, `/services/${id}`, signal)
    lines.say(request.name, `${spec.Name}, which had no traffic, is removed`)
  }
  return undefined
}
