import type { Service } from '../docker/api.ts'
import {
  type Kind,
  type KnownObjects,
  type Referring,
  type StackObject,
  unusedIds,
} from '../docker/specs/stack-objects.ts'
import { VERSION_LABEL } from './content-name.ts'
import { isOfStack, type Stack } from './stack.ts'

/** What a stack that has come up no longer needs. Pure. */

/** A network, secret or config of the swarm. */
export interface UnusedObject {
  readonly kind: Kind | 'network'
  readonly id: string
  readonly name: string
}

/**
 * The services of a stack that its files do not name any more.
 *
 * @param services all of the swarm
 * @param nameOf the name under which the files have a service of the swarm
 */
export function surplusServices(
  stack: Stack,
  services: readonly Service[],
  nameOf: (service: Service) => string,
): Service[] {
  const wanted = new Set(stack.services.map(({ name }) => name))
  return services.filter((one) => isOfStack(stack, one.Spec.Labels) && !wanted.has(nameOf(one)))
}

/**
 * Earlier versions of the secrets and configs of a stack; with `prune` all that is the stack's and not in its files.
 * What a service refers to, now or after a rollback, is used. Networks come last: what was removed before may have held
 * them.
 *
 * @param services all of the swarm
 */
export function unusedObjects(stack: Stack, known: KnownObjects, services: readonly Referring[]): UnusedObject[] {
  const contents = (['secret', 'config'] as const).flatMap((kind) =>
    known[kind]
      .filter((object) => isOld(stack, kind, object))
      .map(({ ID: id, Spec: { Name: name } }) => ({ kind, id, name })),
  )
  const networks = known.networks
    .filter(({ Name, Labels }) => stack.prune && isOfStack(stack, Labels) && !stack.networks.has(Name))
    .map(({ Id: id, Name: name }) => ({ kind: 'network' as const, id, name }))
  const all = [...contents, ...networks]
  const ids = new Set(
    unusedIds(
      all.map(({ id }) => id),
      services,
    ),
  )
  return all.filter(({ id }) => ids.has(id))
}

/** An earlier version of what the files hold; with `prune` everything of the stack that they do not hold. */
function isOld(stack: Stack, kind: Kind, { Spec }: StackObject): boolean {
  const wanted = stack.objects.filter((object) => object.kind === kind)
  if (!isOfStack(stack, Spec.Labels) || wanted.some(({ name }) => name === Spec.Name)) return false
  // Docker makes a single version, without anything behind the name.
  const version = Spec.Labels?.[VERSION_LABEL] ?? Spec.Name
  return stack.prune || wanted.some(({ versionOf }) => versionOf === version)
}
