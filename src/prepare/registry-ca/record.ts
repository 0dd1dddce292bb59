import { createHash } from 'node:crypto'
import type { ObjectCreate, StackObject } from '../../docker/specs/stack-objects.ts'
import type { RegistryCa } from '../../inputs/deployment.ts'

/**
 * The config objects by which the swarm hands certificates to its nodes. They stay: their labels say on which nodes that
 * was done, so that a later run finds it done. A node that joins, or is set up anew, has another ID and is not among
 * them. Pure.
 */

const PREFIX = 'swarm-deploy.ca'
const REGISTRY = `${PREFIX}.registry`
/** Their IDs, with blanks between. */
const NODES = `${PREFIX}.nodes`
const HASH_LENGTH = 12

/** What a config object of this kind says. */
export interface CaRecord {
  readonly id: string
  readonly name: string
  readonly registry: string
  readonly nodes: readonly string[]
  readonly object: StackObject
}

/** One registry has one such object for each content that it ever had: by the name it is told from all others. */
export function recordName({ registry, pem }: RegistryCa): string {
  return [PREFIX, hash(registry), hash(pem)].join('.')
}

/** The body that makes it. */
export function recordBody(ca: RegistryCa): ObjectCreate {
  return {
    Name: recordName(ca),
    Labels: { [REGISTRY]: ca.registry },
    Data: Buffer.from(ca.pem).toString('base64'),
  }
}

/** The filter that finds all of them. */
export const RECORDS = JSON.stringify({ label: [REGISTRY] })

/** A config object read as such; `undefined` for one of somebody else's. */
export function readRecord(object: StackObject): CaRecord | undefined {
  const { Name: name, Labels: labels = {} } = object.Spec
  const registry = labels[REGISTRY]
  if (registry === undefined || !name.startsWith(`${PREFIX}.${hash(registry)}.`)) return undefined
  return { id: object.ID, name, registry, nodes: (labels[NODES] ?? '').split(' ').filter(Boolean), object }
}

/** Whether it has the content that its name stands for. */
export function holds({ object }: CaRecord, { pem }: RegistryCa): boolean {
  return Buffer.from(object.Spec.Data ?? '', 'base64').toString() === pem
}

/** Its labels with more nodes, without those that the swarm no longer has. */
export function labelsWith(record: CaRecord, done: readonly string[], present: readonly string[]) {
  const nodes = present.filter((id) => record.nodes.includes(id) || done.includes(id))
  return { ...record.object.Spec.Labels, [NODES]: nodes.toSorted().join(' ') }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH)
}
