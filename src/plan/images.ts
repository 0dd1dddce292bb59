import type { Connection } from '../connect/connection.ts'
import type { Distribution, Service } from '../docker/api.ts'
import {
  canonicalName,
  familiar,
  type ImageReference,
  parseReference,
  withDigest,
} from '../docker/registry/reference.ts'
import { RegistryError, resolveImage } from '../docker/registry/registry.ts'
import { describeFailure, remedy } from '../docker/registry/registry-error.ts'
import { imageOf } from '../docker/specs/service-spec.ts'
import { UserErrors } from '../errors.ts'
import { accountInWords } from './account.ts'
import type { Access, PlannedService } from './plan.ts'

/** What the registry says of a service's image. */
export interface CheckedImage {
  /** The image that is asked for, with its digest; `undefined`: the service keeps the one it has. */
  readonly pinned: ImageReference | undefined
  /** The credential to send with it; of a kept image only one that can read it. */
  readonly access: Access | undefined
  readonly distribution: Distribution | undefined
}

/** Looks images up with a credential, each pair once, however many services share it. */
export type LookUp = (image: ImageReference, access: Access | undefined) => Promise<Distribution>

/** Logs a line on the service that is checked. */
export type Say = (text: string) => void

export function lookUpOnce({ engine }: Connection, signal: AbortSignal): LookUp {
  const answers = new Map<string, Promise<Distribution>>()
  return (image, access) => {
    const key = `${familiar(image)} ${access?.config.directory ?? ''}`
    const answer = answers.get(key) ?? resolveImage(engine, image, access?.credential, signal)
    answers.set(key, answer)
    return answer
  }
}

/**
 * Asks the registry for the image of a service.
 *
 * @throws UserErrors with the line that says why it does not say anything
 */
export async function checkImage(
  { request, current, access }: PlannedService,
  lookUp: LookUp,
  say: Say,
): Promise<CheckedImage> {
  const { image } = request
  if (image === undefined) {
    // Nodes that do not have the image yet will pull it: so it gets a fresh credential where there is one.
    const fresh = await accessToRun(current, access, lookUp, say, 'keeps its image and the credential stored with it')
    return { pinned: undefined, access: fresh, distribution: undefined }
  }
  try {
    const distribution = await lookUp(image, access)
    const pinned = withDigest(image, distribution.Descriptor.digest)
    say(`${familiar(pinned)}, ${access === undefined ? 'without an account' : accountInWords(access.credential)}`)
    return { pinned, access, distribution }
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    throw new UserErrors([describeRefusal(error, image, access)])
  }
}

/**
 * The credential with which a service could go back to the image that it has now; `undefined`: the stored one.
 *
 * A registry lets an account read a repository, not a tag (distribution.github.io/distribution/spec/auth/scope): one
 * that has just read the new image needs no second look at the old one, which Docker Hub would count as a pull.
 */
export async function accessToReturn(
  { current, currentAccess }: PlannedService,
  checked: CheckedImage,
  lookUp: LookUp,
  say: Say,
): Promise<Access | undefined> {
  if (hasProved(checked, currentAccess, imageOf(current))) return currentAccess
  const otherwise = 'a way back would use the credential stored with the service'
  return accessToRun(current, currentAccess, lookUp, say, otherwise)
}

/** Whether the look at the new image has shown that the credential reads the repository of another image too. */
function hasProved({ pinned, access }: CheckedImage, other: Access | undefined, image: string | undefined): boolean {
  if (pinned === undefined || other === undefined || image === undefined) return false
  const isSameCredential = access?.config === other.config && access.credential === other.credential
  return isSameCredential && canonicalName(pinned) === canonicalName(parseReference(image))
}

/**
 * The credential for the image that a service has now, if it can still read it.
 *
 * @param otherwise what is done when it cannot, for the log
 */
async function accessToRun(
  current: Service | undefined,
  access: Access | undefined,
  lookUp: LookUp,
  say: Say,
  otherwise: string,
): Promise<Access | undefined> {
  const image = imageOf(current)
  if (access === undefined || image === undefined) return undefined
  try {
    await lookUp(parseReference(image), access)
    return access
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    say(`${otherwise}: ${accountInWords(access.credential)} cannot read ${image}`)
    return undefined
  }
}

function describeRefusal(error: RegistryError, image: ImageReference, access: Access | undefined): string {
  const { registry, repository } = image
  const who =
    access === undefined ? 'without a credential' : `as ${access.credential.username} (config ${access.config.name})`
  const advice = remedy(error.failure, {
    registry,
    repository,
    ...(access === undefined ? {} : { config: access.config.name, username: access.credential.username }),
  })
  const said = error.failure === 'silent' ? '' : ` Docker says: ${error.message}`
  return `image ${familiar(image)} cannot be read from ${registry} ${who}: ${describeFailure(error.failure)}. ${advice}${said}`
}
