import type { Connection } from '../connect/connection.ts'
import { familiar, type ImageReference, pathMatches, withDigest } from '../docker/registry/reference.ts'
import { RegistryError, resolveImage } from '../docker/registry/registry.ts'
import type { RegistryCredential } from '../docker/registry/registry-auth.ts'
import { type RegistryFailure, remedy } from '../docker/registry/registry-error.ts'
import { UserError } from '../errors.ts'
import type { Credential } from '../inputs/accounts/credential.ts'
import type { Accounts } from '../inputs/deployment.ts'
import { userInWords } from '../plan/credentials/account.ts'
import { findCredentials } from '../plan/credentials/find-credentials.ts'

/** The image of a service of ours that is there for a while, and works on the nodes. */
export interface ToolImage {
  /** With its digest, so far as the registry tells. */
  readonly name: string
  readonly credential: Credential | undefined
  /** Why the registry does not tell; it is no matter of an account. */
  readonly unread?: RegistryError
}

const OF_THE_ACCOUNT: readonly RegistryFailure[] = ['wrong-credential', 'credential-needed', 'forbidden']

/**
 * Asks the registry for such an image, with the credential that serves it as it would serve that of a service.
 *
 * @param input the input that names it
 * @throws UserError when the account is not right for it
 */
export async function resolveToolImage(
  input: string,
  image: ImageReference,
  accounts: Accounts,
  { engine, userConfig }: Pick<Connection, 'engine' | 'userConfig'>,
  signal: AbortSignal,
): Promise<ToolImage> {
  const { credentials, dockerConfigs, configDirectories } = accounts
  const inNeed = { credentials, dockerConfigs, configDirectories, services: [{ name: input, image }] }
  const { own } = await findCredentials(inNeed, engine, userConfig, signal)
  const credential = credentialFor(image, credentials) ?? own.credentials[0]
  const failure = own.failures.get(image.registry)
  if (failure !== undefined) throw new UserError(`${input}: ${failure}`)
  if (image.digest !== undefined) return { name: familiar(image), credential }
  try {
    const { Descriptor } = await resolveImage(engine, image, credential, signal)
    return { name: familiar(withDigest(image, Descriptor.digest)), credential }
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    if (!OF_THE_ACCOUNT.includes(error.failure)) return { name: familiar(image), credential, unread: error }
    const request = { ...image, ...(credential && { username: userInWords(credential) }) }
    throw new UserError(
      `${input}: ${familiar(image)} cannot be read: ${error.message}. ${remedy(error.failure, request)}`,
    )
  }
}

/** Of those that serve the image the one with the longest path. */
export function credentialFor<Given extends RegistryCredential & { readonly path: string }>(
  image: ImageReference,
  credentials: readonly Given[],
): Given | undefined {
  return credentials
    .filter(({ registry, path }) => registry === image.registry && pathMatches(path, image.repository))
    .toSorted((a, b) => b.path.length - a.path.length)[0]
}
