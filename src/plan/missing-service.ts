import type { Service } from '../docker/api.ts'
import { familiar } from '../docker/registry/reference.ts'
import { NAMESPACE_LABEL } from '../docker/specs/stack-objects.ts'
import type { ServiceRequest } from '../inputs/deployment.ts'
import { similarNames } from '../inputs/keys.ts'
import { listed } from '../inputs/problems.ts'
import { placed } from '../runner/shown.ts'

/** What is told of a service or stack that is not there. Pure. */

/**
 * That a service does not exist, with what to write.
 *
 * @param names of the services that there are
 */
export function missingService(request: ServiceRequest, names: readonly string[]): string {
  const { image, isKeyed } = request
  const name = placed(request.name)
  const guesses = similarNames(request.name, names)
  const guess = guesses.length === 0 ? 'correct its name' : `did you mean ${listed(guesses, 'disjunction')}?`
  const what = `image: ${image === undefined ? '…' : familiar(image)}, create: true`
  const line = isKeyed ? `${name}: {${what}}` : `- {name: ${name}, ${what}}`
  return `service ${name} does not exist on this swarm: ${guess}${guesses.length === 0 ? ', or to' : ' To'} have it made write \`${line}\``
}

/** That no service is of a stack. */
export function missingStack(stack: string, all: readonly Service[]): string {
  const stacks = new Set(all.flatMap(({ Spec }) => Spec.Labels?.[NAMESPACE_LABEL] ?? []))
  const [guess] = similarNames(stack, [...stacks])
  const advice = guess === undefined ? 'correct its name' : `did you mean \`${guess}\`?`
  return `stack ${placed(stack)} has no service on this swarm: ${advice}`
}
