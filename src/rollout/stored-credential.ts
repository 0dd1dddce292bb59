import { registryAuthHeader } from '../docker/registry/registry-auth.ts'
import type { StoredCredential } from '../docker/specs/spec-update.ts'
import type { Access } from '../plan/plan.ts'

/**
 * The credential that the swarm is to store with a spec: today's, where the run has one for it.
 *
 * @param otherwise whose is kept where it has none: that of the spec that is there, or of the one before
 */
export function storedCredential(
  access: Access | undefined,
  otherwise: 'spec' | 'previous-spec' = 'spec',
): StoredCredential {
  return access === undefined ? { from: otherwise } : { from: 'header', header: registryAuthHeader(access.credential) }
}
