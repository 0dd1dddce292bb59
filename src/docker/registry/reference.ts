import { UserError } from '../../errors.ts'
import { hasTagBehindAt, mayBeSecret } from '../../runner/secrets/may-be-secret.ts'
import { shown } from '../../runner/text/shown.ts'

/** An image name, taken apart and made whole: `nginx` is `library/nginx` on `docker.io`. */
export interface ImageReference {
  /** `host[:port]` in lower case; Docker Hub is `docker.io` under all its names. */
  readonly registry: string
  /** Without the registry, with Docker Hub's `library/` */
  readonly repository: string
  readonly tag?: string
  /** `sha256:…` */
  readonly digest?: string
}

/** Where a credential is valid: every repository of a registry, or only those under a path. */
export interface RegistryScope {
  readonly registry: string
  /** `''` for the whole registry, else `org-a` or `team/sub` */
  readonly path: string
}

/** An image or registry name that Docker would not take, or would take for something else. */
export class InvalidReference extends UserError {
  override name = 'InvalidReference'
}

const HUB = 'docker.io'
const HUB_CONFIG_KEY = 'https://index.docker.io/v1/'
const OFFICIAL = 'library/'
const DEFAULT_TAG = 'latest'
const MAX_REPOSITORY_LENGTH = 255

/** Docker itself knows only `index.docker.io`; the others are hosts where people look for or log in to the Hub. */
const HUB_ALIASES = new Set(['index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com', 'hub.docker.com'])

// The grammar of github.com/distribution/reference v0.6.0 (regexp.go) and the digests of opencontainers/go-digest.
const DOMAIN_COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const HOST = new RegExp(`^(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`)
const PATH_COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const REPOSITORY = new RegExp(`^${PATH_COMPONENT}(?:/${PATH_COMPONENT})*$`)
const TAG = /^\w[\w.-]{0,127}$/
const HEX_LENGTH: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 }
const IMAGE_ID = /^[a-f0-9]{64}$/

/** An image name as the swarm or a registry has it; `undefined` for one that is none, and where there is no name. */
export function referenceIn(text: string | undefined): ImageReference | undefined {
  if (text === undefined) return undefined
  try {
    return parseReference(text)
  } catch (error) {
    if (error instanceof InvalidReference) return undefined
    throw error
  }
}

/**
 * An image name as Docker reads it (`ParseNormalizedNamed`), with two deliberate differences, both so that an image
 * and its credential meet: see {@link canonicalHost}. The result is what must go to Docker, by {@link familiar}: with
 * the text as written, the docker CLI might look its credential up under another key.
 *
 * @throws InvalidReference that says what to write instead
 */
export function parseReference(text: string): ImageReference {
  const refuse = (reason: string) => new InvalidReference(`The image name ${shownName(text)} ${reason}`)
  const show = partsOf(text)

  checkCharacters(text, refuse, 'nginx:1.27 or ghcr.io/org/app:1.2')
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0]
  if (scheme !== undefined) throw refuse(`must not start with ${scheme}: leave it off`)
  if (IMAGE_ID.test(text)) {
    throw refuse('could be an image ID, which exists on one machine only: write the name, such as nginx:1.27')
  }
  if (isDigest(text)) throw refuse(`is a digest without a name: write name@${text}`)

  const { registry, remainder } = splitRegistry(text)
  if (!HOST.test(registry)) throw refuse(`has no valid registry: ${hostProblem(registry, show)}`)

  const [nameAndTag, digest] = cut(remainder, '@')
  const [name, tag] = cut(nameAndTag, ':')
  if (name === '') throw refuse('has no repository: is a variable empty that should hold it?')
  if (tag === '') throw refuse('ends in an empty tag: is a variable empty that should hold the tag?')
  if (digest === '') throw refuse('ends in an empty digest: is a variable empty that should hold the digest?')

  if (/[A-Z]/.test(name)) {
    const lowered = text.slice(0, text.length - remainder.length) + name.toLowerCase() + remainder.slice(name.length)
    throw refuse(`has capital letters in its repository, which must be lower case${instead(text, lowered)}`)
  }
  if (name.endsWith('/')) throw refuse('ends in a slash: leave it off, or add the rest of the name')
  const repository = registry === HUB && !name.includes('/') ? OFFICIAL + name : name
  if (!REPOSITORY.test(repository)) throw refuse(`has no valid repository: ${repositoryProblem(name, show)}`)
  if (repository.length > MAX_REPOSITORY_LENGTH) {
    throw refuse(`has a repository of ${repository.length} characters: at most ${MAX_REPOSITORY_LENGTH} are allowed`)
  }
  if (tag !== undefined && !TAG.test(tag)) throw refuse(`has no valid tag: ${tagProblem(tag, show)}`)
  if (digest !== undefined && !isDigest(digest)) {
    if (hasTagBehindAt(text)) throw refuse(`has its tag behind an @: write ${text.replace('@', ':')}`)
    throw refuse(`has no valid digest: ${digestProblem(digest)}`)
  }

  return { registry, repository, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) }
}

/** The short form that the docker CLI prints and takes: `nginx:1.27`, `ghcr.io/org/app@sha256:…`. */
export function familiar(reference: ImageReference): string {
  const short = shortName(reference) + suffix(reference)
  return IMAGE_ID.test(short) || isDigest(short) ? canonicalName(reference) + suffix(reference) : short
}

/** The full name without tag and digest: `docker.io/library/nginx`. */
export function canonicalName({ registry, repository }: Pick<ImageReference, 'registry' | 'repository'>): string {
  return `${registry}/${repository}`
}

/** The tag that Docker takes when it is given neither tag nor digest. */
export function withTagDefault(reference: ImageReference): ImageReference {
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: DEFAULT_TAG } : reference
}

/** The same image pinned to what its tag means now; the tag is kept for the people who read it. */
export function withDigest(reference: ImageReference, digest: string): ImageReference {
  if (!isDigest(digest)) throw new InvalidReference(`${shownName(digest)} is no digest: ${digestProblem(digest)}`)
  return { ...reference, digest }
}

/**
 * Whether two image names mean the same, however they are written: `docker.io/library/nginx` and `nginx:latest`.
 * A text that is no image name, such as an image ID in a service that somebody made by hand, is the same as itself only.
 */
export function sameImage(a: string, b: string): boolean {
  return a === b || (isImageName(a) && isImageName(b) && fullName(a) === fullName(b))
}

/**
 * What the `registry` of a credential means. The address of a registry's web page or API is taken too: people paste it.
 *
 * @throws InvalidReference that says what to write instead
 */
export function parseRegistry(text: string): RegistryScope {
  const refuse = (reason: string) => new InvalidReference(`The registry ${shownName(text)} ${reason}`)
  const show = partsOf(text)

  checkCharacters(text, refuse, 'ghcr.io, or docker.io for Docker Hub')
  const address = text.replace(/^https?:\/\//i, '')
  if (address.includes('://')) throw refuse('has a scheme that is not https: leave it off')
  const [host, rest = ''] = cut(address.replace(/\/+$/, ''), '/')
  if (host.includes('@')) throw refuse('has an @ in its host: give the user name and the password on their own')
  if (!isHostLike(host)) {
    throw refuse('is no registry: write its host, such as ghcr.io or localhost:5000, or docker.io for Docker Hub')
  }
  if (!HOST.test(host)) throw refuse(`is no registry: ${hostProblem(host, show)}`)

  // https://index.docker.io/v1/ and https://ghcr.io/v2/ are what docker itself and older guides write.
  const path = /^v[12]$/.test(rest) ? '' : rest
  if (path.includes('*')) throw refuse('has a * in its path: a path already means everything below it, leave the * off')
  if (/[:@]/.test(path)) throw refuse('has a tag or digest: a credential is for a repository, leave the tag off')
  if (/[A-Z]/.test(path))
    throw refuse(`has capital letters in its path${instead(text, `${host}/${path.toLowerCase()}`)}`)
  if (path !== '' && !REPOSITORY.test(path)) throw refuse(`has no valid path: ${repositoryProblem(path, show)}`)
  return { registry: canonicalHost(host), path }
}

/** The key under `auths` in a config.json, and the `serveraddress` of a login: no other spelling is found for the Hub. */
export function registryKey(registry: string): string {
  return registry === HUB ? HUB_CONFIG_KEY : registry
}

/** Whether a credential for the path serves the repository: `org-a` serves `org-a/app`, not `org-ab/app`. */
export function pathMatches(path: string, repository: string): boolean {
  return path === '' || repository === path || repository.startsWith(`${path}/`)
}

/**
 * One spelling for each registry, on the side of the image and of the credential alike.
 *
 * Host names know no case, but the docker CLI compares them byte by byte: with an `auths` entry for `Team.azurecr.io`
 * it sends no credential for `team.azurecr.io/app`, and `--with-registry-auth` would then wipe the stored one. In lower
 * case on both sides the two always meet. The same goes for Docker Hub: docker turns `index.docker.io` into `docker.io`
 * but looks for images of `registry-1.docker.io` under a key of their own.
 */
function canonicalHost(host: string): string {
  const lowered = host.toLowerCase()
  return HUB_ALIASES.has(lowered) ? HUB : lowered
}

/** Docker's `splitDockerDomain`: the first component is a registry only where it cannot be part of a repository. */
function splitRegistry(text: string): { readonly registry: string; readonly remainder: string } {
  const [first, rest] = cut(text, '/')
  if (rest === undefined) return { registry: HUB, remainder: text }
  if (isHostLike(first)) return { registry: canonicalHost(first), remainder: rest }
  // A host too, since a repository has no capitals; lowered it would turn into a namespace of Docker Hub.
  if (first !== first.toLowerCase()) return { registry: first, remainder: rest }
  return { registry: HUB, remainder: text }
}

function isImageName(text: string): boolean {
  try {
    parseReference(text)
    return true
  } catch (error) {
    if (error instanceof InvalidReference) return false
    throw error
  }
}

function fullName(text: string): string {
  const reference = withTagDefault(parseReference(text))
  return canonicalName(reference) + suffix(reference)
}

function isHostLike(component: string): boolean {
  return /[.:]/.test(component) || component.toLowerCase() === 'localhost'
}

export function isDigest(text: string): boolean {
  const [algorithm, hex = ''] = cut(text, ':')
  return Object.hasOwn(HEX_LENGTH, algorithm) && hex.length === HEX_LENGTH[algorithm] && /^[a-f0-9]+$/.test(hex)
}

function shortName(reference: ImageReference): string {
  const { registry, repository } = reference
  if (registry !== HUB) return canonicalName(reference)
  const official = repository.startsWith(OFFICIAL) ? repository.slice(OFFICIAL.length) : repository
  if (!official.includes('/')) return official
  // docker.io/foo.bar/app has no short form: foo.bar/app is on the registry foo.bar. Docker's own printer forgets that.
  const [first] = cut(repository, '/')
  return isHostLike(first) ? canonicalName(reference) : repository
}

function suffix({ tag, digest }: ImageReference): string {
  return (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`)
}

/** What is wrong whatever the text was meant to be. */
function checkCharacters(text: string, refuse: (reason: string) => InvalidReference, example: string): void {
  if (text === '') throw refuse(`is empty, as where a variable is not set: write one such as ${example}`)
  const variable = /\$(?:\{\{.*?\}\}|\{[^}]*\}?|\w*)/.exec(withoutUserInfo(text))?.[0]
  if (variable !== undefined)
    throw refuse(`still holds ${isHidden(text) ? 'a variable' : variable}: nothing has put a value in its place`)
  if (/\s/.test(text)) throw refuse('has white space in it: take it out')
}

function hostProblem(host: string, show: Show): string {
  if (host.includes('@')) return 'a user name and password belong to the credential, not here'
  if (host.includes('_')) return 'Docker takes no underscore in a host'
  if (!host.startsWith('[') && host.split(':').length > 2) return 'an IPv6 address goes in brackets, such as [::1]:5000'
  if (/[^:]:[^:\]]*$/.test(host) && !/:\d+$/.test(host))
    return `after ${show(`${cut(host, ':')[0]}:`)} goes the number of a port, and a tag has no slash`
  return `${show(host)} is no host with an optional port, such as registry.example.com:5000`
}

function repositoryProblem(name: string, show: Show): string {
  if (name.startsWith('/') || name.includes('//') || name.endsWith('/')) return 'there is an empty part between slashes'
  const part = name.split('/').find((component) => !REPOSITORY.test(component)) ?? name
  return `${show(`'${part}'`)} must be lower-case letters and digits, separated by one of . _ __ or dashes`
}

function tagProblem(tag: string, show: Show): string {
  if (tag.length > 128) return `the tag has ${tag.length} characters, at most 128 are allowed`
  if (tag.includes('/')) return `${show(`'${tag}'`)} has a slash, which a branch name may have but a tag may not`
  return `${show(`'${tag}'`)} must be letters, digits, _ . and -, and begin with none of . and -`
}

function digestProblem(digest: string): string {
  const [algorithm] = cut(digest, ':')
  const length = Object.hasOwn(HEX_LENGTH, algorithm) ? HEX_LENGTH[algorithm] : undefined
  if (length === undefined) return 'write sha256: and 64 hexadecimal digits in lower case, or a tag behind a colon'
  return `${algorithm}: must be followed by exactly ${length} hexadecimal digits in lower case`
}

function shownName(text: string): string {
  const name = withoutUserInfo(text)
  return isHidden(text) ? shown(name) : JSON.stringify(name)
}

/** Where a text is not shown no message shows a part of it either, nor what it would be in other letters. */
function isHidden(text: string): boolean {
  return mayBeSecret(withoutUserInfo(text))
}

/** How a message names a part of a text. */
type Show = (part: string) => string

function partsOf(text: string): Show {
  return isHidden(text) ? () => 'it' : (part) => part
}

/** @returns nothing for a text that is not shown */
function instead(text: string, write: string): string {
  return isHidden(text) ? '' : `: write ${write}`
}

/** A pasted address may hold a user name and a password (`https://user:password@host`): no message shows them. */
function withoutUserInfo(text: string): string {
  // Whole: the number of a version is no host.
  if (hasTagBehindAt(text)) return text
  return text.replace(/^([a-z]+:\/\/).*@/i, '$1***@').replace(/^(?!\w+:\/\/).*@(?=[^@]*[./])/, '***@')
}

/** The text before and after the first separator. */
function cut(text: string, separator: string): readonly [before: string, after: string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)]
}
