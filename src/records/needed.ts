import { type Kind, referredIds } from '../docker/specs/stack-objects.ts'
import type { KeptRecord, RecordedNames } from './record.ts'

/** What records need that whoever goes back to one of them finds all of it. Pure. */

/** A network, secret or config of the swarm. */
export interface NeededObject {
  readonly kind: Kind | 'network'
  readonly id: string
  readonly name: string
}

const NAMES = { network: 'networks', secret: 'secrets', config: 'configs' } as const satisfies Record<
  NeededObject['kind'],
  keyof RecordedNames
>

/**
 * Tells of an object whether one of the records needs it: by its ID, or because it has been made anew since under the
 * name that it had then.
 */
export function neededBy(records: readonly KeptRecord[]): (object: NeededObject) => boolean {
  const ids = new Set(records.flatMap(({ record }) => record.services.flatMap(({ spec }) => referredIds(spec))))
  const names = new Set(
    records.flatMap(({ record }) =>
      Object.values(NAMES).flatMap((kind) => Object.values(record.names[kind]).map((name) => `${kind} ${name}`)),
    ),
  )
  return ({ kind, id, name }) => ids.has(id) || names.has(`${NAMES[kind]} ${name}`)
}
