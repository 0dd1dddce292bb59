import { randomBytes } from 'node:crypto'
import type { Account } from './description.ts'

/** What a gate says to one request. */
export interface Admission {
  /** Who asks, right or wrong; null when nobody is named. */
  readonly user: string | null
  /** What is answered; `undefined`: the request goes on to the registry. */
  readonly answer?: Answer
  /** What goes on to the registry in the place of the header that came. */
  readonly authorization?: string
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

/** Decides over a request by its method, its path, its header `Authorization`, and the form that is posted for a token. */
export type Gate = (method: string, path: string, authorization: string | undefined, form: URLSearchParams) => Admission

type Accounts = ReadonlyMap<string, Account>

const ERROR_CODES: Readonly<Record<number, string>> = {
  401: 'UNAUTHORIZED',
  403: 'DENIED',
  404: 'NAME_UNKNOWN',
  429: 'TOOMANYREQUESTS',
}

/** An answer in the form of the distribution specification. */
export function failure(status: number, message: string, headers: Answer['headers'] = {}): Answer {
  return { status, headers, body: { errors: [{ code: ERROR_CODES[status] ?? 'UNKNOWN', message }] } }
}

/** Name and password with every request. Without accounts everybody is let through. */
export function passwordGate(accounts: Accounts): Gate {
  return (_method, path, authorization) => {
    const credential = basicCredential(authorization)
    if (credential === undefined || accounts.size === 0) return { user: credential?.user ?? null }
    const { user } = credential
    const account = accounts.get(user)
    // The registry behind compares 72 bytes at most, for it keeps bcrypt hashes; this compares all of them.
    if (account?.password !== credential.password) {
      return { user, answer: failure(401, 'authentication required', { 'www-authenticate': 'Basic realm="lab"' }) }
    }
    const repository = repositoryOf(path)
    if (repository === undefined || mayUse(account, repository)) return { user }
    const message = `requested access to the resource is denied: ${user} may not use ${repository}`
    return { user, answer: failure(403, message) }
  }
}

const TOKEN_SECONDS = 300

interface Token {
  readonly user: string | null
  readonly repositories: readonly string[]
  readonly expires: number
}

/**
 * A name and a password buy a token that is good for some repositories and for five minutes, and only that is asked
 * for: https://distribution.github.io/distribution/spec/auth/token. So do ghcr.io, docker.io and most of the others.
 *
 * @param url of the registry, as the nodes know it
 * @param authorization the gate's own, for the registry behind
 */
export function tokenGate(accounts: Accounts, url: string, authorization: string): Gate {
  const tokens = new Map<string, Token>()
  const { host } = new URL(url)

  const challenge = (repository: string | undefined, error: string) => {
    const scope = repository === undefined ? '' : `,scope="repository:${repository}:pull"`
    return { 'www-authenticate': `Bearer realm="${url}/token",service="${host}"${scope}${error}` }
  }

  const sell = (query: URLSearchParams, user: string | null): Admission => {
    const account = accounts.get(user ?? '')
    const asked = query.getAll('scope').flatMap((scope) => /^repository:(.+):[^:]*$/.exec(scope)?.[1] ?? [])
    // Not to be allowed to do what one asks for is no error here: the token is good for less.
    const repositories = asked.filter((repository) => account !== undefined && mayUse(account, repository))
    const token = randomBytes(24).toString('base64url')
    tokens.set(token, { user, repositories, expires: Date.now() + TOKEN_SECONDS * 1000 })
    return { user, answer: { status: 200, body: { token, access_token: token, expires_in: TOKEN_SECONDS } } }
  }

  const sellForPassword = (query: URLSearchParams, header: string | undefined): Admission => {
    const credential = basicCredential(header)
    const user = credential?.user ?? null
    if (credential !== undefined && accounts.get(credential.user)?.password !== credential.password) {
      return { user, answer: failure(401, 'incorrect username or password') }
    }
    return sell(query, user)
  }

  /** https://distribution.github.io/distribution/spec/auth/oauth */
  const sellForRefreshToken = (form: URLSearchParams): Admission => {
    const refreshToken = form.get('refresh_token')
    const [user] = [...accounts].find(([, account]) => account.refreshToken === refreshToken) ?? []
    if (refreshToken === null || user === undefined)
      return { user: null, answer: failure(401, 'invalid refresh token') }
    return sell(form, user)
  }

  return (method, path, header, form) => {
    const { pathname, searchParams } = new URL(path, url)
    if (pathname === '/token') {
      // A daemon with the containerd image store tries OAuth 2 first, which few registries have.
      const isOfRefreshToken = form.get('grant_type') === 'refresh_token'
      if (method === 'POST' && !isOfRefreshToken) return { user: null, answer: failure(405, 'method not allowed') }
      return method === 'POST' ? sellForRefreshToken(form) : sellForPassword(searchParams, header)
    }
    const repository = repositoryOf(path)
    const token = tokens.get(/^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? '')
    if (token === undefined || token.expires < Date.now()) {
      return { user: null, answer: failure(401, 'authentication required', challenge(repository, '')) }
    }
    const { user, repositories } = token
    if (repository === undefined || repositories.includes(repository)) return { user, authorization }
    const denied = challenge(repository, ',error="insufficient_scope"')
    return { user, answer: failure(401, 'requested access to the resource is denied', denied) }
  }
}

function basicCredential(header: string | undefined): { user: string; password: string } | undefined {
  const encoded = /^Basic +(.+)$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return undefined
  const [, user = '', password = ''] = /^([^:]*):?(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
  return { user, password }
}

function repositoryOf(path: string): string | undefined {
  return /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//.exec(path)?.[1]
}

function mayUse({ read }: Account, repository: string): boolean {
  return read === undefined || read.some((prefix) => repository === prefix || repository.startsWith(`${prefix}/`))
}
