import type { Service, ServiceSpec } from '../docker/api.ts'
import { replicasOf, withReplicas } from '../docker/specs/service-mode.ts'
import { sameSpec } from '../docker/specs/spec-comparison.ts'
import { UserError, UserErrors } from '../errors.ts'
import { parseBoolean } from '../inputs/values.ts'
import { BY_INPUT, hasOthersScale, KEEP_REPLICAS_LABEL } from '../runner/own-labels.ts'
import { shown } from '../runner/text/shown.ts'
import { isRetired } from './colours.ts'
import { isInterim } from './interim-spec.ts'

/**
 * Services whose number of tasks is somebody else's to set, such as an autoscaler's. A label says so: the user's own, or
 * ours where the input asks for it, so that every comparison of two specs and every write knows it, also those of `post`
 * and of later runs. Pure.
 */

/**
 * The spec with the label, if the number is to stay: the user's own goes before the input. Ours goes when the input does.
 * In global services and jobs there is no number to keep.
 *
 * @throws UserErrors for a label that says neither
 */
export function withKeepLabel(spec: ServiceSpec, byInput: boolean): ServiceSpec {
  const { [KEEP_REPLICAS_LABEL]: label, ...others } = spec.Labels ?? {}
  if (label !== undefined && label !== BY_INPUT) {
    checkLabel(label)
    return spec
  }
  if (byInput && replicasOf(spec) !== undefined) {
    return label === BY_INPUT ? spec : { ...spec, Labels: { ...others, [KEEP_REPLICAS_LABEL]: BY_INPUT } }
  }
  return label === undefined ? spec : { ...spec, Labels: others }
}

function checkLabel(label: string): void {
  try {
    parseBoolean(label)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    throw new UserErrors([`its label ${KEEP_REPLICAS_LABEL} is ${shown(label)}: write "true" or "false"`])
  }
}

/** The spec with the number that the service has now, where that is to stay. */
export function withPresentReplicas(spec: ServiceSpec, current: Service | undefined): ServiceSpec {
  const now = current && replicasOf(current.Spec)
  return now === undefined || !hasOthersScale(spec.Labels) ? spec : withReplicas(spec, now)
}

/** The spec without our own label: what else differs is told by itself. */
export function withoutOwnNote(spec: ServiceSpec): ServiceSpec {
  const { [KEEP_REPLICAS_LABEL]: label, ...Labels } = spec.Labels ?? {}
  return label === BY_INPUT ? { ...spec, Labels } : spec
}

/** That the number of tasks is left to others from now on, or no longer, by the input. */
export function noteChange(now: ServiceSpec, wanted: ServiceSpec): string[] {
  const [before, after] = [now, wanted].map(({ Labels }) => Labels?.[KEEP_REPLICAS_LABEL] === BY_INPUT)
  return before === after ? [] : ['keep-replicas']
}

/** What is told of a service of which nothing runs, because nothing ran before. */
export function noneKeptNote(asked: ServiceSpec, kept: ServiceSpec): string | undefined {
  if (replicasOf(kept) !== 0 || (replicasOf(asked) ?? 0) === 0) return undefined
  return `its number of tasks is kept (keep-replicas), and that is 0: nothing of it runs. \`docker service scale ${kept.Name}=${replicasOf(asked)}\` starts it`
}

/**
 * The spec as it is to be written over another: with the number that this has by now, where it is others' to set. One
 * that this run has set to nothing for a while says nothing of theirs.
 */
export function withScaleOf(spec: ServiceSpec, over: ServiceSpec): ServiceSpec {
  const now = replicasOf(over)
  if (now === undefined || !hasOthersScale(spec.Labels)) return spec
  return [spec, over].some(isHeldDown) ? spec : withReplicas(spec, now)
}

/**
 * A spec from before a deploy as this writes it again, on the way there and back: where the deploy leaves the number of
 * tasks to others it is theirs from its first write on, and so the spec says so too.
 *
 * @param wanted what is deployed
 */
export function sayingWhoScales(before: ServiceSpec, wanted: ServiceSpec): ServiceSpec {
  const label = wanted.Labels?.[KEEP_REPLICAS_LABEL]
  const isSaid = hasOthersScale(before.Labels) || !hasOthersScale(wanted.Labels)
  if (isSaid || label === undefined || replicasOf(before) === undefined) return before
  return { ...before, Labels: { ...before.Labels, [KEEP_REPLICAS_LABEL]: label } }
}

/** Whether a service is as it was before a deploy, but for the number of tasks where the deploy leaves that to others. */
export function isAsBefore(now: ServiceSpec, before: ServiceSpec, wanted: ServiceSpec): boolean {
  const number = replicasOf(before)
  const there = hasOthersScale(wanted.Labels) && number !== undefined ? withReplicas(now, number) : now
  return [before, sayingWhoScales(before, wanted)].some((spec) => sameSpec(there, spec))
}

/** The spec with the number that this has, where a deploy of `wanted` leaves it to others. */
export function withScaleFor(wanted: ServiceSpec, spec: ServiceSpec, over: ServiceSpec): ServiceSpec {
  const now = replicasOf(withScaleOf(sayingWhoScales(spec, wanted), over))
  return now === undefined ? spec : withReplicas(spec, now)
}

/**
 * The spec from before a deploy as the way back writes it over another: the number that this has is others' where it
 * says so, or where the deploy said so. Any other is one that the deploy has asked for.
 */
export function withScaleOnWayBack(wanted: ServiceSpec) {
  return (spec: ServiceSpec, over: ServiceSpec): ServiceSpec =>
    [wanted, over].some(({ Labels }) => hasOthersScale(Labels)) ? withScaleOf(spec, over) : spec
}

function isHeldDown(spec: ServiceSpec): boolean {
  return replicasOf(spec) === 0 && (isInterim(spec) || isRetired(spec))
}
