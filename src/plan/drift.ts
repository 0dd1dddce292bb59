import type { Service, ServiceSpec } from '../docker/api.ts'
import { type FieldChange, type Names, specDifference } from '../docker/specs/spec-difference.ts'
import { isRollback } from '../docker/swarm/update-status.ts'
import { hasOthersScale } from '../runner/own-labels.ts'
import { isBookkeeping } from './colours.ts'
import { INTERIM_LABEL, isInterim, withoutInterim } from './interim-spec.ts'
import { isListNote } from './list-note.ts'
import { numberOf } from './write-number.ts'

/** What became of a service since our last write to it, that was not our doing. */
export interface Drift {
  /**
   * `changed`: somebody else has written to it; `rolled-back`: it went back to what was before our last write;
   * `restored`: somebody else has written to it and gone back, so that it may or may not be as we wrote it.
   */
  readonly how: 'changed' | 'rolled-back' | 'restored'
  /** What the last of their writes has changed: what others did before that, the swarm does not remember. */
  readonly changes: readonly DriftChange[]
}

/** A field, from what it was before their last write to what it is now. */
export interface DriftChange extends FieldChange {
  /** What a deploy does about it: it `goes-back`, it `stays` as it is now, or it `changes` to a third value. */
  readonly deploy: 'goes-back' | 'stays' | 'changes'
}

/**
 * What others have done to a service, as far as it can be told by the number of our last write, which is in the present
 * spec and in the one before it, see `write-number.ts`; `undefined` where nothing is known, or nothing differs. Pure.
 *
 * @param service as the swarm has it
 * @param planned what a deploy changes in it
 * @param names of the networks by their IDs
 */
export function driftOf(service: Service, planned: readonly FieldChange[], names: Names): Drift | undefined {
  const { Spec: spec, PreviousSpec: previous } = service
  const how = howOf(service)
  if (how === undefined || previous === undefined) return undefined
  const changes = specDifference(asDeployed(previous), asDeployed(spec), names).filter(({ field, key }) => {
    if (field === 'replicas' && hasOthersScale(spec.Labels)) return false
    return field !== 'label' || key === undefined || !isOwn(key)
  })
  if (changes.length === 0) return undefined
  return {
    how,
    changes: how === 'restored' ? [] : changes.map((change) => ({ ...change, deploy: deployOf(change, planned) })),
  }
}

/**
 * A write of ours has a higher number than the spec that it was made over. With equal ones somebody else has written over
 * ours and kept the label, without one he has left it out, and a lower one was brought back by a rollback.
 */
function howOf({ Spec: spec, PreviousSpec: previous, UpdateStatus: status }: Service): Drift['how'] | undefined {
  const before = previous && numberOf(previous)
  if (previous === undefined || before === undefined) return undefined
  const now = numberOf(spec)
  if (now !== undefined && now > before) return undefined
  const isBack = isRollback(status)
  if (now === before) return isBack ? 'restored' : 'changed'
  if (now === undefined && !isBack) return 'changed'
  // Out of an intermediate spec it is what `post` does, and what we advise.
  return isInterim(previous) ? undefined : 'rolled-back'
}

/** What was only meant for the way is not what anybody wants to have there. */
function asDeployed(spec: ServiceSpec): ServiceSpec {
  return isInterim(spec) ? withoutInterim(spec) : spec
}

function isOwn(label: string): boolean {
  return isBookkeeping(label) || isListNote(label) || label === INTERIM_LABEL
}

function deployOf(change: FieldChange, planned: readonly FieldChange[]): DriftChange['deploy'] {
  const by = planned.find(({ field, key }) => field === change.field && key === change.key)
  if (by === undefined) return 'stays'
  return by.after === change.before ? 'goes-back' : 'changes'
}
