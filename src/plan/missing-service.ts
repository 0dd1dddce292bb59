import type { Service } from '../docker/api.ts'
import { familiar } from '../docker/registry/reference.ts'
import { stackIn } from '../docker/specs/stack-objects.ts'
import type { ServiceRequest } from '../inputs/deployment.ts'
import { similarNames } from '../inputs/keys.ts'
import { listed } from '../inputs/problems.ts'
import type { KeptRecord, Subject } from '../records/record.ts'
import { placed } from '../runner/text/shown.ts'
import { nameInFiles } from './colours.ts'

/** What is told of a service or stack that is not there. Pure. */

/**
 * That a service does not exist, with what to write.
 *
 * @param names of the services that there are
 * @param leftovers those of a blue-green service that has none with traffic
 */
export function missingService(
  request: ServiceRequest,
  names: readonly string[],
  leftovers: readonly Service[] = [],
): string {
  const { image, isKeyed } = request
  const name = placed(request.name)
  const guesses = similarNames(request.name, names)
  const guess = guesses.length === 0 ? 'correct its name' : `did you mean ${listed(guesses, 'or')}?`
  const what = `image: ${image === undefined ? '…' : familiar(image)}, create: true`
  const line = isKeyed ? `${name}: {${what}}` : `- {name: ${name}, ${what}}`
  if (leftovers.length > 0) {
    const left = listed(leftovers.map(({ Spec }) => placed(Spec.Name)))
    return `service ${name}: nothing leads traffic to it (${left} ${leftovers.length === 1 ? 'is' : 'are'} there without). To have it made anew write \`${line}\``
  }
  return `service ${name} does not exist on this swarm: ${guess}${guesses.length === 0 ? ', or to' : ' To'} have it made write \`${line}\``
}

/** That no service is of a stack. */
export function missingStack(stack: string, all: readonly Service[]): string {
  const stacks = new Set(all.flatMap((service) => stackIn(service.Spec.Labels) ?? []))
  const advice = all.some((service) => nameInFiles(service) === stack)
    ? `there is a service of this name: write \`services: ${placed(stack)}\``
    : otherName(stack, [...stacks], 'correct its name')
  return `stack ${placed(stack)} has no service on this swarm: ${advice}`
}

/**
 * What to do about a service that is not there.
 *
 * @param otherwise where nothing is like it
 */
export function otherService(name: string, all: readonly Service[], otherwise = 'correct its name'): string {
  if (all.some((service) => stackIn(service.Spec.Labels) === name)) {
    return `there is a stack of this name: write \`stack: ${placed(name)}\``
  }
  return otherName(
    name,
    all.map(({ Spec }) => Spec.Name),
    otherwise,
  )
}

function otherName(name: string, names: readonly string[], otherwise: string): string {
  const [guess] = similarNames(name, names)
  return guess === undefined ? otherwise : `did you mean \`${guess}\`?`
}

/** The subject with records that was probably meant by one without any; nothing where that one is on the swarm. */
export function recordedName(
  { kind, name }: Subject,
  kept: readonly KeptRecord[],
  services: readonly Service[],
): string | undefined {
  const isOfSubject = (service: Service) =>
    (kind === 'stack' ? stackIn(service.Spec.Labels) : nameInFiles(service)) === name
  if (services.some(isOfSubject)) return undefined
  const names = kept.flatMap(({ record: { subject } }) => (subject.kind === kind ? [subject.name] : []))
  return similarNames(name, [...new Set(names)])[0]
}
