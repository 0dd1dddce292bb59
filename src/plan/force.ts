import type { ServiceSpec } from '../docker/api.ts'
import { wantedTasks } from '../docker/specs/service-mode.ts'
import { sameSpec } from '../docker/specs/spec-comparison.ts'
import { UserError } from '../errors.ts'
import { type Deployment, type ServiceRequest, stackOf } from '../inputs/deployment.ts'
import { type Nameable, type Selection, selected, unknownNames } from '../inputs/selection.ts'
import { scoped } from '../stack/stack.ts'
import type { PlannedService } from './planned-service.ts'

/**
 * Tasks that are replaced though nothing of their service has changed. Swarm compares a task with the template of its
 * service, and a number in there has no other meaning than to be another one. Pure.
 */

/** Why a service is sent, in the user's words. */
export const FORCED = 'forced'

/** Whether the tasks of a service are to be replaced: what its entry says goes before the input. */
export function isForced({ name, force }: ServiceRequest, selection: Selection): boolean {
  return force ?? (selection === 'all' || selection.includes(name))
}

/**
 * The deployment with its services marked that `force` means, when all of them are known.
 *
 * @throws UserError when it names one that there is none of
 */
export function withForced(asked: Deployment): Deployment {
  const { force, services } = asked
  const stack = stackOf(asked)
  if (force !== 'all' && force.length === 0) return asked
  const all = services.map((request) => nameable(request, stack?.name))
  const owner = stack === undefined ? 'this run' : `the stack ${stack.name}`
  const problem = unknownNames(force, all, owner)
  if (problem !== undefined) throw new UserError(`force: ${problem}`)
  const meant = selected(force, all)
  return {
    ...asked,
    services: services.map((request) =>
      meant.has(request.name) ? { ...request, force: request.force ?? true } : request,
    ),
  }
}

function nameable({ name }: ServiceRequest, stack: string | undefined): Nameable {
  const prefix = stack === undefined ? '' : scoped({ name: stack }, '')
  return stack === undefined ? { name } : { name, key: name.slice(prefix.length) }
}

/**
 * The spec with which every task is replaced, or the job run again; `undefined` where that is not asked for, or there
 * is no task. Its number is one above what the service and an interim spec of it have, so that a second try of the same
 * write asks for nothing more.
 *
 * @param wanted the service as it is to be, which may have another number by docker's own flag
 */
export function forcedSpec(
  { request, current, interim }: Pick<PlannedService, 'request' | 'current' | 'interim'>,
  wanted: ServiceSpec,
): ServiceSpec | undefined {
  if (!request.force || current === undefined) return undefined
  if ([current.Spec, wanted].some((spec) => wantedTasks(spec) === 0)) return undefined
  const before = [current.Spec, ...(interim === undefined ? [] : [interim])].map(forceOf)
  return withForce(wanted, Math.max(forceOf(wanted), Math.max(...before) + 1))
}

/** Whether a change does no more than to replace the tasks: then there is nothing to go back to. */
export function onlyForces(current: ServiceSpec, wanted: ServiceSpec): boolean {
  return !sameSpec(current, wanted) && sameSpec(current, withForce(wanted, forceOf(current)))
}

function forceOf({ TaskTemplate: { ForceUpdate = 0 } }: ServiceSpec): number {
  return ForceUpdate
}

function withForce(spec: ServiceSpec, number: number): ServiceSpec {
  return { ...spec, TaskTemplate: { ...spec.TaskTemplate, ForceUpdate: number } }
}
