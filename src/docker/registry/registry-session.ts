import { mayBeSecret } from '../../runner/secrets/may-be-secret.ts'
import { Secret } from '../../runner/secrets/secret.ts'
import { beginningOf, linesJoined, safeLine } from '../../runner/text/safe-text.ts'
import { retry } from '../../runner/time/retry.ts'
import { RegistryError } from './registry.ts'
import { isToken, type RegistryCredential } from './registry-auth.ts'
import { classifyRegistryError, type RegistryFailure } from './registry-error.ts'
import { type HttpAnswer, HttpFault, type HttpRequest, type HttpSend, type Payload } from './registry-http.ts'

/**
 * The protocol of registries (https://github.com/opencontainers/distribution-spec/blob/main/spec.md), with the tokens
 * of https://distribution.github.io/distribution/spec/auth/token, spoken from this runner.
 */

/** What is asked of one repository. */
export interface Call {
  readonly method: HttpRequest['method']
  /** Below the repository: `manifests/1.2`; or the address that the registry named itself. */
  readonly at: string | URL
  readonly headers?: Readonly<Record<string, string>>
  readonly payload?: Payload
  /** The answers besides those of 200 to 299 that are no error. A redirect that is one is not followed. */
  readonly allowed?: readonly number[]
}

/** Where the content of a blob may be kept elsewhere. */
export const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

export interface SessionOptions {
  readonly send: HttpSend
  /** `ghcr.io`; Docker Hub is `docker.io`. */
  readonly registry: string
  readonly repository: string
  readonly credential: RegistryCredential | undefined
  /** What is done with the repository: `pull`, or `pull,push`. */
  readonly actions: 'pull' | 'pull,push'
  /** Whether the managers speak to it without a certificate that they know, or without TLS. */
  readonly isInsecure: boolean
  /** Certificates of authorities in PEM that are trusted beside those that this runner knows. */
  readonly authorities: readonly string[]
  readonly signal: AbortSignal
}

/** A registry's no, with what it says of it. */
export class CallRefused extends RegistryError {
  override name = 'CallRefused'
  readonly status: number
  /** Its own words for the error: `DENIED`, `NAME_UNKNOWN`. */
  readonly codes: readonly string[]
  /** How long it wants to be left alone, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(
    failure: RegistryFailure,
    status: number,
    message: string,
    codes: readonly string[] = [],
    after?: number,
  ) {
    super(failure, message)
    this.status = status
    this.codes = codes
    this.retryAfterMs = after
  }
}

const HUB = 'docker.io'
const HUB_API = 'registry-1.docker.io'
/** A hiccup is waited for so long, then believed. */
const PAUSES_MS = [500, 2000, 5000, 10_000]
const LONGEST_PAUSE_MS = 30_000
const MOST_REDIRECTS = 5
const CLIENT_ID = 'swarm-deploy'

/** Calls to one repository of a registry, logged in where it asks for that. */
export class RegistrySession {
  readonly #options: SessionOptions
  #base: Promise<URL> | undefined
  #challenge: string | undefined
  #authorization: Secret | undefined

  constructor(options: SessionOptions) {
    this.#options = options
  }

  /** Whether it is spoken to in a way that anybody on the line could read; known after the first call. */
  async isPlain(): Promise<boolean> {
    return (await this.#baseUrl()).protocol === 'http:'
  }

  /**
   * The answer to a call. What passes is waited for a while.
   *
   * @throws RegistryError when the registry refuses, or there is no answer
   */
  call(call: Call): Promise<HttpAnswer> {
    return this.patiently(() => this.callOnce(call))
  }

  /** Does something with it that can be begun anew, until it succeeds, or fails with what does not pass. */
  patiently<T>(work: () => Promise<T>): Promise<T> {
    return retry(work, (error, { number }) => pauseAfter(error, number), this.#options.signal)
  }

  /**
   * The same as {@link call}, without a repeat.
   *
   * @throws RegistryError when the registry refuses, or there is no answer
   */
  async callOnce(call: Call): Promise<HttpAnswer> {
    const base = await this.#baseUrl()
    const { repository } = this.#options
    const url = call.at instanceof URL ? call.at : new URL(`/v2/${repository}/${call.at}`, base)
    let answer = await this.#sendTo(url, call)
    if (answer.status === 401 && url.host === base.host) {
      // A token has an end, and a registry may ask for the login only here.
      const challenge = headerOf(answer, 'www-authenticate') ?? this.#challenge
      const isNew = await this.#logIn(challenge)
      if (isNew) answer = await this.#sendTo(url, call)
    }
    const { status } = answer
    if ((status >= 200 && status < 300) || call.allowed?.includes(status)) return answer
    throw refusalOf(answer, this.#options.credential !== undefined)
  }

  async #sendTo(url: URL, call: Call): Promise<HttpAnswer> {
    const base = await this.#baseUrl()
    let target = url
    for (let redirects = 0; ; redirects++) {
      const isOwn = target.host === base.host && target.protocol === base.protocol
      const authorization = isOwn ? this.#authorization : undefined
      const answer = await this.#raw({
        method: call.method,
        url: target,
        headers: {
          ...call.headers,
          ...(authorization === undefined ? {} : { Authorization: authorization.reveal() }),
        },
        payload: call.payload,
      })
      const location = headerOf(answer, 'location')
      const isRedirect = REDIRECTS.includes(answer.status) && location !== undefined
      if (!isRedirect || call.allowed?.includes(answer.status) || redirects >= MOST_REDIRECTS) return answer
      target = this.#resolved(location, target)
    }
  }

  /**
   * An address that the registry names. Behind some proxies it believes to be spoken to without TLS.
   *
   * @throws RegistryError when it leads from TLS to a place without it
   */
  #resolved(location: string, from: URL): URL {
    let url: URL
    try {
      url = new URL(location, from)
    } catch {
      throw new RegistryError('registry-error', `it names an address that is none: ${safeLine(location, 200)}`)
    }
    if (from.protocol === 'https:' && url.protocol === 'http:') {
      if (url.hostname !== from.hostname) {
        throw new RegistryError('registry-error', `it leads to ${safeLine(url.host, 200)} without TLS`)
      }
      url.protocol = 'https:'
      url.port = from.port
    }
    if (url.protocol !== 'https:' && url.protocol !== 'http:') {
      throw new RegistryError('registry-error', `it leads to an address of ${safeLine(url.protocol, 50)}`)
    }
    return url
  }

  /** Where the registry says that an upload goes on. */
  async locationOf(answer: HttpAnswer): Promise<URL> {
    const location = headerOf(answer, 'location')
    if (location === undefined) throw new RegistryError('registry-error', 'it does not say where to send a layer')
    return this.#resolved(location, await this.#baseUrl())
  }

  async #raw(request: Omit<HttpRequest, 'signal' | 'isUnverified' | 'authorities'>): Promise<HttpAnswer> {
    const { send, isInsecure, authorities, signal } = this.#options
    try {
      return await send({ ...request, isUnverified: isInsecure, authorities, signal })
    } catch (error) {
      if (!(error instanceof HttpFault)) throw error
      throw new Unanswered(error)
    }
  }

  /** The scheme that it speaks, and whether it asks for a login. */
  #baseUrl(): Promise<URL> {
    this.#base ??= this.#findBase().catch((error: unknown) => {
      this.#base = undefined
      throw error
    })
    return this.#base
  }

  async #findBase(): Promise<URL> {
    const { registry, isInsecure } = this.#options
    const host = registry === HUB ? HUB_API : registry
    const ping = async (scheme: string) => {
      const base = new URL(`${scheme}://${host}`)
      const answer = await this.#raw({ method: 'GET', url: new URL('/v2/', base), headers: {} })
      return { base, answer }
    }
    const { base, answer } = await ping('https').catch((error: unknown) => {
      const isWithoutTls = error instanceof Unanswered && (error.failure === 'plain-http' || error.isReset)
      if (!isInsecure || !isWithoutTls) throw error
      return ping('http')
    })
    if (answer.status === 401) {
      this.#challenge = headerOf(answer, 'www-authenticate')
      this.#base = Promise.resolve(base)
      await this.#logIn(this.#challenge)
      await this.#checkPassword(base)
    } else if (answer.status >= 500 || answer.status === 429) {
      throw refusalOf(answer, false)
    }
    return base
  }

  /** A password is only sent along: whether it is taken, the same question tells. A token was asked for with it. */
  async #checkPassword(base: URL): Promise<void> {
    const isBasic = parseChallenge(this.#challenge ?? '').scheme === 'basic'
    if (!isBasic || this.#authorization === undefined) return
    const headers = { Authorization: this.#authorization.reveal() }
    const answer = await this.#raw({ method: 'GET', url: new URL('/v2/', base), headers })
    if (answer.status !== 401) return
    const { message, codes } = refusalOf(answer, true)
    throw new CallRefused('wrong-credential', answer.status, message, codes)
  }

  /** @returns whether there is an authorization that was not there before */
  async #logIn(challenge: string | undefined): Promise<boolean> {
    const { credential } = this.#options
    const { scheme, params } = parseChallenge(challenge ?? '')
    const before = this.#authorization?.reveal()
    if (scheme === 'basic' && credential?.kind === 'password') {
      this.#authorization = basic(credential)
    } else if (scheme === 'bearer') {
      this.#authorization = new Secret(`Bearer ${(await this.#token(params)).reveal()}`, undefined, 'nowhere')
    }
    return this.#authorization !== undefined && this.#authorization.reveal() !== before
  }

  async #token({ realm = '', service }: Readonly<Record<string, string>>): Promise<Secret> {
    const { credential, repository, actions } = this.#options
    const base = await this.#baseUrl()
    const url = this.#resolved(realm, base)
    const scope = `repository:${repository}:${actions}`
    const answer =
      credential?.kind === 'identity-token'
        ? await this.#refresh(url, { scope, service }, credential)
        : await this.#askToken(url, { scope, service }, credential)
    if (answer.status !== 200) {
      const refusal = refusalOf(answer, credential !== undefined)
      // GitHub and others answer a wrong password here with 403.
      const isCredential = answer.status === 401 || answer.status === 403 || answer.status === 400
      if (!isCredential) throw refusal
      const failure = credential === undefined ? 'credential-needed' : 'wrong-credential'
      throw new CallRefused(failure, answer.status, refusal.message, refusal.codes)
    }
    const { token, access_token: accessToken } = jsonIn(answer)
    const found = [token, accessToken].find((one) => one !== undefined && one !== '')
    if (!isToken(found)) throw new RegistryError('registry-error', 'its answer to a login has no token')
    return ofRegistry(found)
  }

  #askToken(
    url: URL,
    query: Readonly<Record<string, string | undefined>>,
    credential: RegistryCredential | undefined,
  ): Promise<HttpAnswer> {
    const asked = new URL(url)
    for (const [key, value] of Object.entries(query)) if (value !== undefined) asked.searchParams.set(key, value)
    if (credential !== undefined) asked.searchParams.set('account', credential.username)
    const headers = credential === undefined ? {} : { Authorization: basic(credential).reveal() }
    return this.#raw({ method: 'GET', url: asked, headers })
  }

  #refresh(
    url: URL,
    query: Readonly<Record<string, string | undefined>>,
    credential: RegistryCredential,
  ): Promise<HttpAnswer> {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: CLIENT_ID,
      refresh_token: credential.password.reveal(),
    })
    for (const [key, value] of Object.entries(query)) if (value !== undefined) form.set(key, value)
    const body = Buffer.from(form.toString())
    const payload: Payload = {
      size: body.length,
      async *open() {
        yield body
      },
    }
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    return this.#raw({ method: 'POST', url, headers, payload })
  }
}

/** There was no answer. */
class Unanswered extends RegistryError {
  override name = 'Unanswered'
  readonly mayPass: boolean
  /** The other side has hung up: so do some that do not speak TLS. */
  readonly isReset: boolean

  constructor(fault: HttpFault) {
    super(fault.failure, safeLine(fault.message))
    this.mayPass = fault.mayPass
    this.isReset = (fault.cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET'
  }
}

function pauseAfter(error: unknown, number: number): number | undefined {
  const pause = mayPass(error) ? PAUSES_MS[number - 1] : undefined
  const asked = error instanceof CallRefused ? (error.retryAfterMs ?? 0) : 0
  return pause === undefined || asked > LONGEST_PAUSE_MS ? undefined : Math.max(pause, asked)
}

function mayPass(error: unknown): boolean {
  if (error instanceof Unanswered) return error.mayPass
  return error instanceof CallRefused && (error.status === 429 || error.status >= 500 || error.status === 408)
}

/**
 * A token whose text the registry has chosen. Nobody but this run has it, so no other step needs a mask, which would take a
 * word of everybody's out of all that the job prints; and in what this run prints it is hidden where it looks like one.
 */
function ofRegistry(token: string): Secret {
  return new Secret(token, undefined, mayBeSecret(token) ? 'here' : 'nowhere')
}

function basic({ username, password }: RegistryCredential): Secret {
  return new Secret(`Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`)
}

/** `Bearer realm="https://…",service="…"`. Pure. */
function parseChallenge(text: string): { scheme: string; params: Readonly<Record<string, string>> } {
  const [, scheme = '', rest = ''] = /^\s*(\w+)\s*(.*)$/s.exec(text) ?? []
  const pairs = [...rest.matchAll(/(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g)].map(
    ([, key = '', quoted, plain]) => [key.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain ?? ''],
  )
  return { scheme: scheme.toLowerCase(), params: Object.fromEntries(pairs) }
}

export function headerOf({ headers }: HttpAnswer, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

function jsonIn({ body }: HttpAnswer): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(body.toString()))
  } catch {
    return {}
  }
}

const MOST_SAID = 300
const MOST_READ = 2000

/** What the registry means by an answer that is an error. Its words are not trusted, and short. */
function refusalOf(answer: HttpAnswer, isLoggedIn: boolean): CallRefused {
  const { status, body } = answer
  const { errors, message, details } = jsonIn(answer)
  const list = Array.isArray(errors) ? errors.map((one) => Object(one) as Record<string, unknown>) : []
  const codes = list.flatMap(({ code }) => (typeof code === 'string' ? [code] : []))
  const said = list.map(({ code, message: words }) => [code, words].filter((one) => typeof one === 'string').join(': '))
  const plain = [message, details].find((one) => typeof one === 'string')
  const text = said.join('; ') || (typeof plain === 'string' ? plain : '') || firstWords(body)
  const words = `it answers ${status}${text === '' ? '' : `: ${safeLine(text, MOST_SAID)}`}`
  const after = Number(headerOf(answer, 'retry-after'))
  return new CallRefused(
    failureOf(status, text, isLoggedIn),
    status,
    words,
    codes,
    after > 0 ? after * 1000 : undefined,
  )
}

function failureOf(status: number, text: string, isLoggedIn: boolean): RegistryFailure {
  if (status === 429) return 'rate-limited'
  if (status === 403) return 'forbidden'
  // Those who may log in and may not do this are answered so by all registries with tokens.
  if (status === 401) return isLoggedIn ? 'forbidden' : 'credential-needed'
  if (status === 404) return 'missing'
  return status >= 500 ? 'registry-error' : classifyRegistryError(status, text)
}

function firstWords(body: Buffer): string {
  const text = linesJoined(beginningOf(body.toString(), MOST_READ))
  return text
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}
