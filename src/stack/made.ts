import type { Kind } from '../docker/specs/stack-objects.ts'

/** A network, secret or config that this run has made, or may have made. */
export interface MadeObject {
  readonly kind: Kind | 'network'
  readonly name: string
  /** `undefined`: the swarm did not say whether it took it. */
  readonly id: string | undefined
}

/** What was made, and the IDs that stand for its placeholders in the specs of the services. */
export interface Made {
  readonly objects: readonly MadeObject[]
  readonly ids: ReadonlyMap<string, { readonly id: string }>
}
