import type { Environment } from '../../runner/environment.ts'
import type { RegistryCredential } from './registry-auth.ts'

/** When a token ends. */
export type TokenEnd =
  /** With the job that it was made for. */
  | { readonly with: 'job' }
  /** In milliseconds since 1970; where it does not say so itself, at this time at the latest. */
  | { readonly at: number; readonly isExact: boolean }

/** What is known of a password that somebody's machine has made. */
export interface Token {
  /** In words that `is` precedes: `a personal token of GitLab`. */
  readonly is: string
  /** `undefined`: it lasts, as far as anybody can tell. */
  readonly end: TokenEnd | undefined
  /** What to use instead, in words that `, or` may follow. */
  readonly remedy: string
}

interface Kind {
  /** How the password looks, or who is named as its user, where its maker has a form or a name for it. */
  readonly form?: RegExp
  readonly usernames?: readonly string[]
  readonly registry?: RegExp
  /** Variables of a job that hold it. */
  readonly variables?: (env: Environment) => readonly string[]
  readonly is: string
  /** How many seconds it lasts at the most after it was made. */
  readonly lasts?: 'job' | number
  readonly remedy: string
}

const HOUR = 60 * 60

/** Deploy tokens of GitLab, and those of an organisation at Docker Hub: as good as it gets. */
const MADE_TO_LAST = /^(?:gldt-|dckr_oat_)/

const READ_PACKAGES = 'give one of a machine account with only `read:packages`'
const READ_REGISTRY = 'give a deploy token with only `read_registry`'

/**
 * Tokens that nodes should not store, by the form, the user name, the registry or the variable that their maker gave them;
 * the first that fits counts. How long they last: GitHub's GITHUB_TOKEN and GitLab's CI_JOB_TOKEN, Amazon's
 * get-authorization-token (12 hours), Microsoft's `az acr login --expose-token` (3 hours), Google's access tokens (1 hour),
 * each as its documentation says.
 */
const KINDS: readonly Kind[] = [
  {
    form: /^(?:ghp|gho|ghu)_|^github_pat_/,
    is: 'a personal token of GitHub, which may well do more than pull',
    remedy: READ_PACKAGES,
  },
  {
    form: /^glpat-/,
    is: 'a personal token of GitLab',
    remedy: READ_REGISTRY,
  },
  {
    form: /^dckr_pat_/,
    is: 'a personal token of Docker Hub',
    remedy: "give an organisation's token, or one with read-only scope of a machine account",
  },
  {
    form: /^ghs_/,
    usernames: ['github-actions[bot]', 'x-access-token'],
    variables: () => ['GITHUB_TOKEN', 'ACTIONS_RUNTIME_TOKEN'],
    is: "a job's own token",
    lasts: 'job',
    remedy: READ_PACKAGES,
  },
  {
    form: /^glcbt-/,
    usernames: ['gitlab-ci-token'],
    variables: gitlabVariables,
    is: "a job's own token of GitLab",
    lasts: 'job',
    remedy: READ_REGISTRY,
  },
  {
    usernames: ['AWS'],
    registry:
      /(?:^|\.)dkr[.-]ecr(?:-fips)?\.[\w-]+\.(?:amazonaws\.com|on\.aws|on\.amazonwebservices\.com)(?:\.cn)?$|^(?:public\.ecr\.aws|ecr-public\.aws\.com)$/,
    is: 'a token of Amazon ECR',
    lasts: 12 * HOUR,
    remedy: 'Amazon has none that lasts: renew the stored one before it ends, with `mode: refresh-auth` on a schedule',
  },
  {
    usernames: ['00000000-0000-0000-0000-000000000000'],
    is: 'an access token of Azure',
    lasts: 3 * HOUR,
    remedy: 'give a token of the registry with the scope map `_repositories_pull`',
  },
  {
    form: /^ya29\./,
    usernames: ['oauth2accesstoken', '_dcgcloud_token'],
    is: 'an access token of Google',
    lasts: HOUR,
    remedy: 'give the user `_json_key` with the key of a service account that may only read',
  },
]

/** A JSON Web Token that says when it ends, of no maker whose forms are known. */
const OF_DOCKER_HUB = {
  is: 'a token of Docker Hub that ends by itself',
  remedy: "give an organisation's token with read-only scope",
}
const OF_ANYBODY = { is: 'a token that ends by itself', remedy: 'give one that lasts and may only pull' }

/**
 * What is known of a password as a token; `undefined` for one that its owner may have chosen, or that is made to last. Pure.
 *
 * @param now in milliseconds since 1970: what does not say when it ends was made before that
 * @param env of the job: the variables in which it gives out tokens of its own
 */
export function tokenOf(
  credential: RegistryCredential,
  now: number,
  env: Environment = process.env,
): Token | undefined {
  const password = credential.password.reveal()
  if (MADE_TO_LAST.test(password)) return undefined
  const kind = KINDS.find((one) => fits(one, credential, password, env))
  const says = kind !== undefined && kind.lasts === undefined ? undefined : endInside(password)
  const end = says === undefined ? endByRule(kind, now) : ({ at: says, isExact: true } as const)
  if (kind !== undefined) return { is: kind.is, end, remedy: kind.remedy }
  if (end === undefined) return undefined
  return { ...(credential.registry === 'docker.io' ? OF_DOCKER_HUB : OF_ANYBODY), end }
}

function fits(kind: Kind, { registry, username }: RegistryCredential, password: string, env: Environment): boolean {
  return (
    kind.form?.test(password) === true ||
    kind.usernames?.includes(username) === true ||
    kind.registry?.test(registry) === true ||
    kind.variables?.(env).some((name) => env[name] !== undefined && env[name]?.trim() === password.trim()) === true
  )
}

/**
 * GitLab's own runners set the second to the same value as the first. Elsewhere, or with another value, somebody has set it
 * to a password of his own.
 */
function gitlabVariables({ CI_JOB_TOKEN: token, CI_REGISTRY_PASSWORD: password, GITLAB_CI }: Environment): string[] {
  const isGiven = GITLAB_CI === 'true' && (token === undefined || token === password)
  return ['CI_JOB_TOKEN', ...(isGiven ? ['CI_REGISTRY_PASSWORD'] : [])]
}

function endByRule(kind: Kind | undefined, now: number): TokenEnd | undefined {
  if (kind?.lasts === undefined) return undefined
  return kind.lasts === 'job' ? { with: 'job' } : { at: now + kind.lasts * 1000, isExact: false }
}

/** No token is longer, and what is longer is not looked into. */
const LONGEST_TOKEN = 16 * 1024

/** What a token says itself of when it ends, in milliseconds since 1970. It is not proved: nobody here has its key. */
function endInside(password: string): number | undefined {
  if (password.length > LONGEST_TOKEN) return undefined
  const [first = '', payload, ...rest] = password.split('.')
  // GitHub and GitLab put a prefix before it.
  const header = first.slice(Math.max(0, first.search(/(?<=^|[_-])eyJ/)))
  if (rest.length === 1) return objectIn(header) === undefined ? undefined : timeFrom(objectIn(payload), 'exp')
  // Amazon's is an object of its own.
  return payload === undefined ? timeFrom(objectIn(password), 'expiration') : undefined
}

function objectIn(base64 = ''): object | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64, 'base64').toString())
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Seconds since 1970 that can be meant so: after 2001, and with a year of four digits. */
const FIRST_TIME = 1_000_000_000
const LAST_TIME = 253_402_300_799

function timeFrom(object: object | undefined, key: string): number | undefined {
  const seconds: unknown = object !== undefined && Object.hasOwn(object, key) ? Reflect.get(object, key) : undefined
  if (typeof seconds !== 'number' || !(seconds >= FIRST_TIME && seconds <= LAST_TIME)) return undefined
  return Math.floor(seconds) * 1000
}
