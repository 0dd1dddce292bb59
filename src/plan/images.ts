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
import type { RegistryCredential } from '../docker/registry/registry-auth.ts'
import { describeFailure, type RegistryFailure, remedy } from '../docker/registry/registry-error.ts'
import { imageOf } from '../docker/specs/service-spec.ts'
import { UserErrors } from '../errors.ts'
import type { Credential } from '../inputs/accounts/credential.ts'
import { accountsInWords, requestWith } from './credentials/account.ts'
import { storedLogin } from './credentials/stored-account.ts'
import type { Access, PlannedService } from './planned-service.ts'

/** What the registry says of a service's image. */
export interface CheckedImage {
  /** The image that is asked for, with its digest; `undefined`: the service keeps the one it has. */
  readonly pinned: ImageReference | undefined
  /** The credential to send with it; of a kept image only one that can read it. */
  readonly access: Access | undefined
  readonly distribution: Found | undefined
}

/** What a registry has under a name. */
export interface Found extends Distribution {
  /** It is yet to be pushed: what the archive says of it. */
  readonly isToPush?: true
}

/**
 * Looks images up with a credential, each pair once, however many services share it.
 *
 * @param login what of the account: what this run uses, unless told
 */
export type LookUp = (image: ImageReference, access: Access | undefined, login?: RegistryCredential) => Promise<Found>

/** The images of this run that come from archives, by their names as {@link familiar} writes them. */
export type FromArchives = ReadonlyMap<string, FromArchive>

export interface FromArchive {
  /** `undefined`: it cannot be pushed, and what is wrong has been told. */
  readonly distribution: Distribution | undefined
  /** Whether the registry has this very image already. */
  readonly isThere: boolean
}

/** Logs a line on the service that is checked. */
export type Say = (text: string) => void

/**
 * An image that comes from an archive has the digest that it has there, whatever its tag may mean meanwhile; one that is
 * yet to be pushed is not looked up at all.
 */
export function lookUpOnce(
  { engine }: Connection,
  signal: AbortSignal,
  fromArchives: FromArchives = new Map(),
): LookUp {
  const answers = new Map<string, Promise<Found>>()
  return (image, access, login = access?.credential) => {
    const { distribution, isThere = true } = fromArchives.get(familiar(image)) ?? {}
    if (distribution !== undefined && !isThere) return Promise.resolve({ ...distribution, isToPush: true })
    const asked = distribution === undefined ? image : withDigest(image, distribution.Descriptor.digest)
    const which = login === access?.credential ? '' : ' stored'
    const key = `${familiar(asked)} ${access?.config.directory ?? ''}${which}`
    const answer = answers.get(key) ?? resolveImage(engine, asked, login, signal)
    answers.set(key, answer)
    return answer
  }
}

/**
 * Asks the registry for the image of a service.
 *
 * @param given all credentials of the run
 * @throws UnreadableImage when it does not say anything
 */
export async function checkImage(
  { request, current, access }: PlannedService,
  lookUp: LookUp,
  given: readonly Credential[],
  say: Say,
): Promise<CheckedImage> {
  const { image } = request
  if (image === undefined) {
    // Nodes that do not have the image yet will pull it: so it gets a fresh credential where there is one.
    const fresh = await accessToRun(current, access, lookUp, say, 'keeps its image and the credential stored with it')
    return { pinned: undefined, access: fresh, distribution: undefined }
  }
  const distribution = await readImage(image, access, lookUp, given, request.recorded && NOT_ANY_MORE)
  const pinned = withDigest(image, distribution.Descriptor.digest)
  const when = distribution.isToPush ? ', to be pushed' : ''
  say(`${familiar(pinned)}${when}, ${access === undefined ? 'without an account' : accountsInWords(access.credential)}`)
  return { pinned, access, distribution }
}

/** Of an image that was deployed once. */
const NOT_ANY_MORE =
  'It was deployed once, so it has been removed from there since. Go back to another version. A node where it ran may still have it (`docker image ls --digests` there): push it again from that node under a tag of its own, and deploy that tag.'

/**
 * Reads an image with what of an account this run uses, and with what of it is stored for the nodes.
 *
 * @param ifMissing what to do where the registry does not have it
 * @throws UnreadableImage when the registry does not say anything to one of them
 */
export async function readImage(
  image: ImageReference,
  access: Access | undefined,
  lookUp: LookUp,
  given: readonly Credential[],
  ifMissing?: string,
): Promise<Found> {
  const read = async (login?: RegistryCredential) => {
    try {
      return await lookUp(image, access, login)
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error
      throw new UnreadableImage(error, image, access, given, { login, ifMissing })
    }
  }
  const found = await read()
  if (access?.credential.stored !== undefined) await read(access.credential.stored)
  return found
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
function hasProved(
  { pinned, access, distribution }: CheckedImage,
  other: Access | undefined,
  image: string | undefined,
): boolean {
  if (pinned === undefined || distribution?.isToPush || other === undefined || image === undefined) return false
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
    await lookUp(parseReference(image), access, storedLogin(access.credential))
    return access
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    say(`${otherwise}: ${accountsInWords(access.credential)} cannot read ${image}`)
    return undefined
  }
}

const ASKS_FOR_CREDENTIAL: readonly RegistryFailure[] = ['credential-needed', 'wrong-credential', 'forbidden']

/** What a name that is not the one that was meant leads to. */
const OF_A_NAME: readonly RegistryFailure[] = [
  'missing',
  'forbidden',
  'wrong-credential',
  'credential-needed',
  'unreachable',
  'rate-limited',
]

/** What a registry says of one image alone: all else it says of every image that is asked for so. */
const OF_ONE_IMAGE: readonly RegistryFailure[] = ['missing', 'unknown']

/** Why the registry does not tell about an image. */
export class UnreadableImage extends UserErrors {
  /** The same for all images that cannot be read for the same cause. */
  readonly sameCause: string

  /**
   * @param login of the account, with which the image was asked for: what the run uses, unless told
   * @param ifMissing what to do where the registry does not have it
   */
  constructor(
    error: RegistryError,
    image: ImageReference,
    access: Access | undefined,
    given: readonly Credential[],
    how: { readonly login?: RegistryCredential | undefined; readonly ifMissing?: string | undefined } = {},
  ) {
    const { login = access?.credential, ifMissing } = how
    super([describeRefusal(error, image, access, given, login, ifMissing)])
    const { failure } = error
    const isOfRepository = failure === 'forbidden' && access !== undefined
    const ofMany = isOfRepository ? canonicalName(image) : image.registry
    const scope = OF_ONE_IMAGE.includes(failure) ? familiar(image) : ofMany
    this.sameCause = [failure, scope, access?.config.directory ?? '', login === access?.credential].join(' ')
  }
}

/** Where a credential for the registry is given that is for other repositories: what to write instead. */
function otherPath(image: ImageReference, given: readonly Credential[]): string | undefined {
  const others = given.filter(({ registry }) => registry === image.registry)
  if (others.length === 0) return undefined
  const [folder = ''] = image.repository.split('/', 1)
  const places = others.map(({ origin, registry, path }) => `${origin} is for ${registry}/${path}`)
  return `${places.join(', ')}, where this image is not: write \`registry: ${image.registry}/${folder}\` there if it is meant, or give another entry.`
}

/** Where an image has none of the registries in its name for which there is a credential: the name that may be meant. */
function otherName(image: ImageReference, given: readonly Credential[]): string {
  const [first] = given
  if (image.registry !== 'docker.io' || first === undefined) return ''
  if (given.some(({ registry }) => registry === image.registry)) return ''
  const name = familiar({ ...image, registry: first.registry, repository: image.repository.replace(/^library\//, '') })
  return `Write ${name} if it is in the registry of ${first.origin}. `
}

/** What Docker puts in the place of what an image's name does not say. */
function assumed({ registry, repository, tag }: ImageReference, failure: RegistryFailure): string {
  const parts = [
    ...(registry === 'docker.io' ? ['a name without a registry is one of docker.io'] : []),
    ...(tag === 'latest' && failure === 'missing' ? ['one without a tag means latest'] : []),
  ]
  return parts.length === 0 || repository === '' ? '' : ` (${parts.join(', and ')})`
}

function describeRefusal(
  error: RegistryError,
  image: ImageReference,
  access: Access | undefined,
  given: readonly Credential[],
  login: RegistryCredential | undefined,
  ifMissing: string | undefined,
): string {
  const { registry, repository } = image
  const request = access && requestWith(access.credential, login)
  const named = request?.config === undefined ? '' : ` (config ${request.config})`
  const which = login === access?.credential ? '' : ', whose credential the nodes would store'
  const who = request === undefined ? 'without a credential' : `as ${request.username}${named}${which}`
  const elsewhere =
    access === undefined && ASKS_FOR_CREDENTIAL.includes(error.failure) ? otherPath(image, given) : undefined
  const ofMissing = error.failure === 'missing' ? ifMissing : undefined
  const meant = access === undefined && OF_A_NAME.includes(error.failure) ? otherName(image, given) : ''
  const advice =
    elsewhere ??
    ofMissing ??
    `${meant}${remedy(error.failure, { ...request, registry, repository, image: familiar(image) })}`
  const said = error.failure === 'silent' ? '' : ` Docker says: ${error.message}`
  return `image ${familiar(image)} cannot be read from ${registry} ${who}: ${describeFailure(error.failure)}${OF_A_NAME.includes(error.failure) ? assumed(image, error.failure) : ''}. ${advice}${said}`
}
