import type { Service, ServiceSpec } from '../docker/api.ts'
import { canonicalName, familiar, type ImageReference } from '../docker/registry/reference.ts'
import { isJob, wantedTasks } from '../docker/specs/service-mode.ts'
import { referenceOf } from '../docker/specs/service-spec.ts'
import { replacesNothing, sameSpec } from '../docker/specs/spec-comparison.ts'

/**
 * Another tag of the image that a service has: to Swarm it is another text in the template, and so all tasks are
 * replaced by new ones of the very same image, unless the service keeps the tag that it has. Pure.
 */

/**
 * The image of a service, where what is asked for is the same with another tag; `undefined` where it is another one, of
 * another repository, or the same to the letter.
 *
 * @param pinned what is asked for, with its digest
 */
export function sameWithOtherTag(
  current: Service | undefined,
  pinned: ImageReference | undefined,
): ImageReference | undefined {
  const stored = referenceOf(current)
  if (stored?.digest === undefined || pinned === undefined || stored.digest !== pinned.digest) return undefined
  const isSameRepository = canonicalName(stored) === canonicalName(pinned)
  return isSameRepository && familiar(stored) !== familiar(pinned) ? stored : undefined
}

/** Whether a change leaves tasks as they are, so that a new tag with it would restart them for nothing. */
export function leavesTasks(now: ServiceSpec, wanted: ServiceSpec): boolean {
  if (sameSpec(now, wanted)) return true
  if (isJob(wanted) || wantedTasks(wanted) === 0) return false
  const { Placement: _, ...template } = now.TaskTemplate
  const { Placement } = wanted.TaskTemplate
  // Where only the placement is another, tasks stay on the nodes that still fit.
  return replacesNothing({ ...now, TaskTemplate: { ...template, ...(Placement && { Placement }) } }, wanted)
}

/** What is told of a service that keeps its tag. */
export function sameDigestNote({ tag }: ImageReference): string {
  return tag === undefined ? 'same digest as it has' : `same digest as :${tag}`
}
