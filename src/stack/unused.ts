import type { Service } from '../docker/api.ts'
import {
  type Kind,
  type KnownObjects,
  type Referring,
  referredIds,
  type StackObject,
  unusedIds,
} from '../docker/specs/stack-objects.ts'
import { recordsIn } from '../records/format.ts'
import { neededBy } from '../records/needed.ts'
import type { KeptRecord } from '../records/record.ts'
import { VERSION_LABEL } from './content-name.ts'
import { type Belongings, isOwn, type Stack } from './stack.ts'

/** What a stack or services that have come up no longer need. Pure. */

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
  return services.filter((one) => isOwn(stack, one.Spec.Labels) && !wanted.has(nameOf(one)))
}

/**
 * Earlier versions of the secrets and configs of a run; with `prune` all that is the stack's and not in its files.
 * What a service refers to, now or after a rollback, is used, and so is what a record needs: whoever goes back to that
 * finds it. Networks come last: what was removed before may have held them.
 *
 * @param services all of the swarm
 * @param before the services of the run as it found them: those without a stack no longer need what they had
 * @param records all that are kept, of this run and of others
 */
export function unusedObjects(
  stack: Belongings,
  known: KnownObjects,
  services: readonly Referring[],
  before: readonly Referring[],
  records: readonly KeptRecord[],
): UnusedObject[] {
  const had = namesOf(stack, stack.name === undefined ? [...before, ...recordedBefore(stack)] : before)
  const contents = (['secret', 'config'] as const).flatMap((kind) =>
    known[kind]
      .filter((object) => isOld(stack, kind, object, had))
      .map(({ ID: id, Spec: { Name: name } }) => ({ kind, id, name })),
  )
  const networks = known.networks
    .filter(({ Name, Labels }) => stack.prune && isOwn(stack, Labels) && !stack.networks.has(Name))
    .map(({ Id: id, Name: name }) => ({ kind: 'network' as const, id, name }))
  const all = [...contents, ...networks]
  const ids = new Set(
    unusedIds(
      all.map(({ id }) => id),
      services,
    ),
  )
  const isNeeded = neededBy(records)
  return all.filter((object) => ids.has(object.id) && !isNeeded(object))
}

/**
 * The secrets and configs of services without a stack that only records needed which are gone: no run names them any more.
 *
 * @param services all of the swarm
 * @param gone the records that go
 * @param kept all others
 */
export function neededNoMore(
  known: KnownObjects,
  services: readonly Referring[],
  gone: readonly KeptRecord[],
  kept: readonly KeptRecord[],
): UnusedObject[] {
  const [wasNeeded, isNeeded] = [neededBy(gone), neededBy(kept)]
  const contents = (['secret', 'config'] as const).flatMap((kind) =>
    known[kind]
      .filter(({ Spec }) => isOwn({ name: undefined }, Spec.Labels))
      .map(({ ID: id, Spec: { Name: name } }) => ({ kind, id, name }))
      .filter((one) => wasNeeded(one) && !isNeeded(one)),
  )
  const ids = new Set(
    unusedIds(
      contents.map(({ id }) => id),
      services,
    ),
  )
  return contents.filter(({ id }) => ids.has(id))
}

/**
 * An earlier version of what the run brings along; with `prune` everything of the stack that its files do not hold.
 * Without a stack what came to the swarm meanwhile is another run's, which may be about to use it.
 */
function isOld(stack: Belongings, kind: Kind, { ID, Spec }: StackObject, had: ReadonlySet<string>): boolean {
  const wanted = stack.objects.filter((object) => object.kind === kind)
  if (!isOwn(stack, Spec.Labels) || wanted.some(({ name }) => name === Spec.Name)) return false
  // Docker makes a single version, without anything behind the name.
  const version = Spec.Labels?.[VERSION_LABEL] ?? Spec.Name
  const isVersion = wanted.some(({ versionOf }) => versionOf === version)
  if (stack.name !== undefined) return stack.prune || isVersion
  return (isVersion || had.has(`${kind} ${version}`)) && stack.known[kind].some((one) => one.ID === ID)
}

/** What the records had that the run found: one of them may be gone by now, and with it the last need of a version. */
function recordedBefore({ known }: Belongings): Referring[] {
  return recordsIn(known.config).kept.flatMap(({ record }) => record.services.map(({ spec: Spec }) => ({ Spec })))
}

/** What services had of the versions that this action made for them, by kind and name. */
function namesOf(belongings: Belongings, services: readonly Referring[]): Set<string> {
  const ids = new Set(services.flatMap(({ Spec, PreviousSpec }) => [Spec, PreviousSpec].flatMap(referredIds)))
  return new Set(
    (['secret', 'config'] as const).flatMap((kind) =>
      belongings.known[kind]
        .filter(({ ID }) => ids.has(ID))
        .map(({ Spec }) => `${kind} ${Spec.Labels?.[VERSION_LABEL] ?? Spec.Name}`),
    ),
  )
}
