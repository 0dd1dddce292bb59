import { registryAuthHeader } from '../../docker/registry/registry-auth.ts'
import type { StoredCredential } from '../../docker/specs/spec-update.ts'
import type { Credential } from '../../inputs/accounts/credential.ts'
import { storedLogin } from '../../plan/credentials/stored-account.ts'
import type { Access } from '../../plan/planned-service.ts'

/** What the stored credential of a service becomes; where that is one of this run, the account that it is of. */
export type CredentialToStore =
  | (Extract<StoredCredential, { from: 'header' }> & { readonly account: Credential })
  | Exclude<StoredCredential, { from: 'header' }>

/**
 * The credential that the swarm is to store with a spec: today's, where the run has one for it.
 *
 * @param otherwise whose is kept where it has none: that of the spec that is there, or of the one before
 */
export function storedCredential(
  access: Access | undefined,
  otherwise: 'spec' | 'previous-spec' = 'spec',
): CredentialToStore {
  if (access === undefined) return { from: otherwise }
  const account = access.credential
  return { from: 'header', header: registryAuthHeader(storedLogin(account)), account }
}
