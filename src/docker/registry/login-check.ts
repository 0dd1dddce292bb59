import { readdir, readFile } from 'node:fs/promises'
import type { RequestOptions as HttpOptions, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { nowMs } from '../../runner/time/clock.ts'
import { type Engine, EngineError, TooLate } from '../engine/engine.ts'
import { isToken } from './registry-auth.ts'

/**
 * Logs in to registries from this machine, as a daemon does that is asked `POST /auth`: for where there is none. Its
 * errors are in a daemon's words (moby, daemon/pkg/registry/auth.go), so that they mean the same to whoever reads them.
 */

/** What is asked for with `POST /auth`. */
interface AuthConfig {
  readonly serveraddress: string
  readonly username?: string
  readonly password?: string
  readonly identitytoken?: string
}

const HUB_KEY = 'https://index.docker.io/v1/'
const HUB_HOST = 'registry-1.docker.io'
const CLIENT = 'swarm-deploy'
const MOST_BYTES = 1024 * 1024
const DEFAULT_SECONDS = 30
/** Where a daemon finds the authorities of a registry (https://docs.docker.com/engine/security/certificates/). */
const CERTS_D = '/etc/docker/certs.d'
/** Where Linux distributions have theirs, as Go's crypto/x509 looks for them. */
const SYSTEM_ROOTS = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]
/** A daemon speaks plain HTTP to these, unless they speak TLS. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/

/** Something that answers `POST /auth` as a daemon does, and nothing else. */
export function loginFromHere(certificates = CERTS_D): Engine {
  const none = (): never => {
    throw new Error('there is no daemon here: only a login can be asked for')
  }
  return {
    apiVersion: '',
    get: none,
    remove: none,
    lines: none,
    forward: none,
    bytes: async () => Buffer.from('OK'),
    close: () => undefined,
    async post<T>(
      path: string,
      { body, signal, timeoutSeconds = DEFAULT_SECONDS }: Parameters<Engine['post']>[1] = {},
    ) {
      if (path !== '/auth') return none()
      const limits = { signal, endsAt: nowMs() + timeoutSeconds * 1000 }
      await checkLogin(body as AuthConfig, certificates, limits)
      return { Status: 'Login Succeeded' } as T
    },
  }
}

interface Limits {
  readonly signal: AbortSignal | undefined
  readonly endsAt: number
}

/** @throws EngineError in a daemon's words, TooLate */
async function checkLogin(auth: AuthConfig, certificates: string, limits: Limits): Promise<void> {
  const host = auth.serveraddress === HUB_KEY ? HUB_HOST : auth.serveraddress
  const ca = await authoritiesFor(host, certificates)
  const ask = (url: URL, options: Ask = {}) => exchange(url, { ...options, ca }, limits)
  const { base, answer } = await firstAnswer(host, ask)
  if (answer.status === 200) return
  if (answer.status !== 401) throw refused(base, answer)
  const challenge = parseChallenge(answer.headers['www-authenticate'])
  if (challenge?.scheme === 'basic' && auth.identitytoken === undefined) {
    const second = await ask(base, { authorization: basic(auth) })
    if (second.status !== 200) throw refused(base, second)
    return
  }
  if (challenge?.scheme !== 'bearer') throw new EngineError(500, `Get "${base}": unknown authentication challenge`)
  const token = await tokenFrom(challenge, base, auth, ask)
  const second = await ask(base, { authorization: `Bearer ${token}` })
  if (second.status !== 200) throw refused(base, second)
}

type AskUrl = (url: URL, options?: Ask) => Promise<Reply>

/** Over TLS, and on this machine itself over plain HTTP as well. No secret is in it yet. */
async function firstAnswer(host: string, ask: AskUrl): Promise<{ readonly base: URL; readonly answer: Reply }> {
  const base = new URL(`https://${host}/v2/`)
  try {
    return { base, answer: await ask(base) }
  } catch (error) {
    if (!(error instanceof EngineError) || !LOOPBACK.test(host) || !PLAIN.test(error.message)) throw error
    const plain = new URL(`http://${host}/v2/`)
    return { base: plain, answer: await ask(plain) }
  }
}

const PLAIN = /server gave HTTP response to HTTPS client/

/** The token that a registry's authorization server gives for the account (distribution.github.io/distribution/spec/auth). */
async function tokenFrom(challenge: Challenge, base: URL, auth: AuthConfig, ask: AskUrl): Promise<string> {
  const { realm = '', service } = challenge.parameters
  const url = URL.canParse(realm) ? new URL(realm) : undefined
  // A token server without TLS would get the password in the clear.
  if (url === undefined || !(url.protocol === 'https:' || (base.protocol === 'http:' && LOOPBACK.test(url.host)))) {
    throw new EngineError(500, `Get "${base}": the registry names no token server that can be trusted`)
  }
  if (service !== undefined) url.searchParams.set('service', service)
  const answer = await (auth.identitytoken === undefined
    ? ask(withQuery(url, { account: auth.username ?? '', client_id: CLIENT, offline_token: 'true' }), {
        authorization: basic(auth),
      })
    : ask(new URL(url.origin + url.pathname), {
        form: new URLSearchParams({
          grant_type: 'refresh_token',
          service: service ?? '',
          client_id: CLIENT,
          refresh_token: auth.identitytoken,
        }).toString(),
      }))
  if ([400, 401, 403].includes(answer.status)) {
    throw new EngineError(401, `Get "${base}": unauthorized: incorrect username or password`)
  }
  if (answer.status !== 200) throw refused(new URL(url.origin + url.pathname), answer)
  const { token, access_token: access } = parsed(answer.body)
  const found = token || access
  if (isToken(found)) return found
  throw new EngineError(500, `Get "${base}": authorization server did not include a token in the response`)
}

function withQuery(url: URL, parameters: Readonly<Record<string, string>>): URL {
  const all = new URL(url)
  for (const [name, value] of Object.entries(parameters)) all.searchParams.set(name, value)
  return all
}

function parsed(body: string): { readonly token?: unknown; readonly access_token?: unknown } {
  try {
    return Object(JSON.parse(body))
  } catch {
    return {}
  }
}

function basic({ username = '', password = '' }: AuthConfig): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function refused(url: URL, { status, statusText }: Reply): EngineError {
  return new EngineError(
    status === 401 ? 401 : 500,
    `login attempt to ${url} failed with status: ${status} ${statusText}`,
  )
}

interface Challenge {
  readonly scheme: 'basic' | 'bearer'
  readonly parameters: Readonly<Record<string, string>>
}

/** The first challenge of a kind that is known (RFC 9110, 11.6.1). */
export function parseChallenge(header = ''): Challenge | undefined {
  const found = /(?:^|,\s*)(basic|bearer)(?:\s+|$)/i.exec(header)
  if (found === null) return undefined
  const rest = header.slice(found.index + found[0].length)
  const parameters: Record<string, string> = {}
  for (const [, name = '', quoted, bare] of rest.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g)) {
    parameters[name.toLowerCase()] ??= quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? ''
  }
  return { scheme: found[1]?.toLowerCase() === 'basic' ? 'basic' : 'bearer', parameters }
}

/** The authorities that a daemon would trust for a registry; `undefined`: those of Node. */
async function authoritiesFor(host: string, certificates: string): Promise<string[] | undefined> {
  const directory = join(certificates, host)
  const names = await readdir(directory).catch(() => [])
  const read = (path: string) => readFile(path, 'utf8').catch(() => '')
  const own = await Promise.all(
    names.filter((name) => name.endsWith('.crt')).map((name) => read(join(directory, name))),
  )
  const ofSystem = process.env.SSL_CERT_FILE ? [process.env.SSL_CERT_FILE] : SYSTEM_ROOTS
  const system = (await Promise.all(ofSystem.map(read))).find((text) => text !== '')
  const all = [...(system === undefined ? [] : [system]), ...own].filter((text) => text !== '')
  if (all.length === 0) return undefined
  const { rootCertificates } = await import('node:tls')
  return [...rootCertificates, ...all]
}

interface Ask {
  readonly authorization?: string
  /** The body of a POST. */
  readonly form?: string
  readonly ca?: string[] | undefined
}

interface Reply {
  readonly status: number
  readonly statusText: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** @throws EngineError in a daemon's words, TooLate */
async function exchange(url: URL, { authorization, form, ca }: Ask, { signal, endsAt }: Limits): Promise<Reply> {
  // Few runs need it.
  const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http')
  const options: HttpOptions & { ca?: string[] } = {
    method: form === undefined ? 'GET' : 'POST',
    agent: false,
    headers: {
      'User-Agent': CLIENT,
      ...(authorization && { Authorization: authorization }),
      ...(form !== undefined && { 'Content-Type': 'application/x-www-form-urlencoded' }),
    },
    ...(ca && { ca }),
    ...(signal && { signal }),
  }
  return new Promise((resolve, reject) => {
    const asked = request(url, options, (answer) => collect(answer).then(resolve, fail))
    const noAnswer = () => new TooLate(`${url.host} gave no answer in time`)
    const tooLate = () => asked.destroy(noAnswer())
    const timer = setTimeout(tooLate, Math.max(0, endsAt - nowMs()))
    // Node tells of a switch to another protocol that nobody has asked for by nothing else, and no answer comes any more.
    asked.on('upgrade', () => fail(new Error('the connection ended without an answer')))
    asked.on('close', () => clearTimeout(timer))
    asked.on('error', fail)
    asked.end(form)

    function fail(error: Error): void {
      const isOver = signal?.aborted === true && signal.reason?.name === 'TimeoutError'
      const passes = error instanceof TooLate || error instanceof EngineError || signal?.aborted === true
      // Its path is our own, and its query has the account's name.
      const words = `Get "${url.origin}${url.pathname}": ${daemonsWords(error)}`
      if (isOver) reject(noAnswer())
      else reject(passes ? error : new EngineError(500, words))
    }
  })
}

async function collect(answer: IncomingMessage): Promise<Reply> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length
    if (bytes > MOST_BYTES) throw new EngineError(500, 'the answer of the registry is too long: internal server error')
    pieces.push(piece)
  }
  const { statusCode: status = 0, statusMessage: statusText = '', headers } = answer
  return { status, statusText, headers, body: Buffer.concat(pieces).toString() }
}

/** What Go says where Node says something else. */
const OF_GO: Readonly<Record<string, string>> = {
  ENOTFOUND: 'dial tcp: no such host',
  EAI_AGAIN: 'dial tcp: temporary failure in name resolution',
  ECONNREFUSED: 'dial tcp: connection refused',
  ECONNRESET: 'connection reset by peer',
  EPIPE: 'connection reset by peer',
  ETIMEDOUT: 'dial tcp: i/o timeout',
  EHOSTUNREACH: 'dial tcp: no route to host',
  ENETUNREACH: 'dial tcp: network is unreachable',
}
const UNKNOWN_CA = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
])

function daemonsWords(error: NodeJS.ErrnoException & { readonly errors?: readonly NodeJS.ErrnoException[] }): string {
  // Of a name with several addresses, each of which was tried.
  const code = error.code ?? error.errors?.[0]?.code ?? ''
  if (OF_GO[code] !== undefined) return OF_GO[code]
  if (UNKNOWN_CA.has(code)) return 'x509: certificate signed by unknown authority'
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return /wrong version number|packet length too long/i.test(error.message)
      ? 'http: server gave HTTP response to HTTPS client'
      : `remote error: tls: ${error.message}`
  }
  return /^(?:CERT_|ERR_TLS_CERT)/.test(code) ? `x509: ${error.message}` : error.message
}
