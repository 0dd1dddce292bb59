import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import { isIPv6 } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { TLSSocket } from 'node:tls'
import { messageOf } from '../../errors.ts'
import { timeLimit } from '../../runner/time/clock.ts'
import { isInNetwork } from './insecure.ts'
import type { RegistryFailure } from './registry-error.ts'

/**
 * HTTP from this runner to a registry, for what no daemon does for its clients: sending an image that it does not
 * have, and reading the headers of an answer.
 */

/** A body that can be sent again. */
export interface Payload {
  /** Bytes. */
  readonly size: number
  open(): AsyncIterable<Buffer>
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly payload?: Payload | undefined
  /** Of https: whoever answers is believed, as docker does with the registries that it is told are insecure. */
  readonly isUnverified?: boolean
  /** Certificates of authorities in PEM, trusted beside those that Node knows. */
  readonly authorities?: readonly string[]
  readonly signal: AbortSignal
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** Makes one request, and follows no redirect. @throws HttpFault when there is no whole answer */
export type HttpSend = (request: HttpRequest) => Promise<HttpAnswer>

/** There is no answer. The message is the cause in Node's words. */
export class HttpFault extends Error {
  override name = 'HttpFault'
  readonly failure: RegistryFailure
  /** Whether another try may go better. */
  readonly mayPass: boolean

  constructor(failure: RegistryFailure, message: string, mayPass: boolean, cause?: unknown) {
    super(message, { cause })
    this.failure = failure
    this.mayPass = mayPass
  }
}

/** No byte in either direction for so long. */
const SILENCE_SECONDS = 60
/** The same of a request that brings something: a registry may put a large layer together before it answers. */
const STORING_SECONDS = 300
const MOST_BODY_BYTES = 16 * 1024 * 1024

/** Of Node's TLS (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
const UNKNOWN_CA = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])
const BAD_CERTIFICATE =
  /^(?:CERT_|CRL_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_(?:CA|PURPOSE)|PATH_LENGTH_EXCEEDED|UNABLE_TO_|ERROR_IN_CERT)/
const NO_TLS = new Set(['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'])

type Variables = Readonly<Record<string, string | undefined>>

/**
 * The way to registries from here, over the proxy that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`,
 * as docker and curl read them).
 */
export function registryHttp(env: Variables): HttpSend & Disposable {
  const httpAgent = new HttpAgent({ keepAlive: true })
  let httpsAgent: HttpsAgent | undefined
  const agentFor = async (isTls: boolean) => {
    if (!isTls) return httpAgent
    // Few runs need it.
    const { Agent } = await import('node:https')
    httpsAgent ??= new Agent({ keepAlive: true })
    return httpsAgent
  }
  const send = async (request: HttpRequest): Promise<HttpAnswer> => {
    const { url, isUnverified = false, authorities = [] } = request
    const isTls = url.protocol === 'https:'
    const proxy = proxyFor(url, env)
    const tls = {
      ...(isUnverified ? { rejectUnauthorized: false } : {}),
      ...(authorities.length > 0 && !isUnverified ? { ca: [...authorities, ...(await wellKnown())] } : {}),
    }
    if (proxy === undefined) return exchange(request, url, { agent: await agentFor(isTls), ...tls })
    if (!isTls) {
      const options = { host: bare(proxy.hostname), port: proxy.port || 80, path: url.href, agent: httpAgent }
      return exchange(request, url, options, proxyAuth(proxy))
    }
    const { connect: connectTls } = await import('node:tls')
    const tunnel = await openTunnel(proxy, url, request.signal)
    // Of an address there is no server name: the certificate is held to `host`, which is `localhost` where nothing is said.
    const secure = { socket: tunnel, host: bare(url.hostname), servername: serverName(url), ...tls }
    const socket = await secured(connectTls(secure), tunnel, request.signal)
    return exchange(request, url, { createConnection: () => socket }).finally(() => {
      socket.destroy()
      tunnel.destroy()
    })
  }
  return Object.assign(send, {
    [Symbol.dispose]: () => {
      httpAgent.destroy()
      httpsAgent?.destroy()
    },
  })
}

async function wellKnown(): Promise<readonly string[]> {
  const { rootCertificates } = await import('node:tls')
  return rootCertificates
}

/** The proxy that stands before an address, if any. Pure. */
export function proxyFor(url: URL, env: Variables): URL | undefined {
  const read = (name: string) => env[name.toLowerCase()] || env[name] || ''
  const text = url.protocol === 'https:' ? read('HTTPS_PROXY') : read('HTTP_PROXY')
  if (text === '' || isWithoutProxy(url, read('NO_PROXY'))) return undefined
  try {
    const proxy = new URL(text.includes('://') ? text : `http://${text}`)
    return proxy.protocol === 'http:' ? proxy : undefined
  } catch {
    return undefined
  }
}

/** `example.com` and `.example.com` are all of that domain, with `:5000` only at that port; `10.0.0.0/8`; `*` is everything. */
function isWithoutProxy(url: URL, list: string): boolean {
  const host = bare(url.hostname)
  // As Go does (golang.org/x/net/http/httpproxy).
  if (host === 'localhost' || /^127\./.test(host) || host === '::1') return true
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => {
      if (entry === '*') return true
      if (isInNetwork(entry, host)) return true
      const [, given = entry, only] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? []
      const name = bare(given)
      if (name === '' || (only !== undefined && only !== port)) return false
      const domain = name.replace(/^\*?\./, '')
      return host === domain || host.endsWith(`.${domain}`)
    })
}

function proxyAuth({ username, password }: URL): Record<string, string> {
  if (username === '') return {}
  const account = `${decoded(username)}:${decoded(password)}`
  return { 'Proxy-Authorization': `Basic ${Buffer.from(account).toString('base64')}` }
}

/** What is no encoding of anything is meant as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function openTunnel(proxy: URL, url: URL, signal: AbortSignal): Promise<Duplex> {
  const to = `${url.hostname}:${url.port || 443}`
  const silence = timeLimit(SILENCE_SECONDS * 1000)
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: bare(proxy.hostname),
      port: proxy.port || 80,
      method: 'CONNECT',
      path: to,
      headers: { Host: to, ...proxyAuth(proxy) },
      agent: false,
      signal: AbortSignal.any([signal, silence]),
    })
    request.once('connect', ({ statusCode = 0 }, socket) => {
      if (statusCode === 200) return resolve(socket)
      socket.destroy()
      reject(new HttpFault('unreachable', `the proxy ${proxy.host} answers ${statusCode}`, statusCode >= 500))
    })
    request.once('error', (error) => {
      if (signal.aborted) return reject(error)
      const said = silence.aborted ? `does not answer in ${SILENCE_SECONDS} s` : `cannot be used: ${error.message}`
      reject(new HttpFault('unreachable', `the proxy ${proxy.host} ${said}`, true, error))
    })
    request.end()
  })
}

/** @throws HttpFault when no TLS comes about */
function secured(socket: TLSSocket, tunnel: Duplex, signal: AbortSignal): Promise<TLSSocket> {
  const end = () => tunnel.destroy()
  const over = AbortSignal.any([signal, timeLimit(SILENCE_SECONDS * 1000)])
  over.addEventListener('abort', end, { once: true })
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', () => {
      over.removeEventListener('abort', end)
      resolve(socket)
    })
    socket.on('error', (error) => {
      tunnel.destroy()
      reject(faultOf(error))
    })
    socket.once('close', () => reject(new HttpFault('unreachable', 'the connection over the proxy ended', true)))
  })
}

/** @throws HttpFault when there is no whole answer; the signal's own error when it is aborted */
async function exchange(
  { method, headers, payload, signal }: HttpRequest,
  url: URL,
  options: RequestOptions,
  more: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  signal.throwIfAborted()
  const isTls = url.protocol === 'https:' && options.host === undefined
  const make = isTls ? (await import('node:https')).request : httpRequest
  const silence = new Silence(payload === undefined ? SILENCE_SECONDS : STORING_SECONDS)
  const ofPayload = new Set<unknown>()
  const request = make({
    host: bare(url.hostname),
    port: url.port,
    path: `${url.pathname}${url.search}`,
    ...(url.protocol === 'https:' ? { servername: serverName(url) } : {}),
    ...options,
    method,
    headers: {
      Host: url.host,
      ...headers,
      ...more,
      ...(payload === undefined
        ? method === 'POST' || method === 'PUT'
          ? { 'Content-Length': 0 }
          : {}
        : { 'Content-Length': payload.size }),
    },
    signal: AbortSignal.any([signal, silence.signal]),
  })
  try {
    const answered = new Promise<HttpAnswer>((resolve, reject) => {
      let hasBegun = false
      request.once('response', (response) => {
        hasBegun = true
        readWhole(response, silence).then(resolve, reject)
      })
      request.on('error', reject)
      // Node tells of a switch to another protocol that nobody has asked for by nothing else.
      request.once('close', () => {
        if (!hasBegun) reject(new HttpFault('unreachable', 'the connection ended without an answer', true))
      })
    })
    if (payload === undefined) request.end()
    else {
      const sending = pipeline(watched(payload.open(), silence, ofPayload), request)
      // An answer before all is sent, such as a refusal, counts more than what becomes of the rest.
      sending.catch(() => undefined)
      const first = await Promise.race([answered, sending.then(() => undefined)]).catch(async (error: unknown) => {
        const answer = await Promise.race([answered.catch(() => undefined), briefly()])
        if (answer !== undefined) return answer
        throw error
      })
      if (first !== undefined) return first
    }
    return await answered
  } catch (error) {
    signal.throwIfAborted()
    const [own] = ofPayload
    if (ofPayload.size > 0) throw own
    if (silence.signal.aborted) {
      throw new HttpFault('silent', `nothing was heard of ${url.host} for ${silence.seconds} s`, true, error)
    }
    throw faultOf(error)
  } finally {
    silence.end()
    request.destroy()
  }
}

/** A refusal may be on its way when the line breaks under what is being sent. */
function briefly(): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), 200).unref()
  })
}

async function readWhole(response: IncomingMessage, silence: Silence): Promise<HttpAnswer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    silence.heard()
    size += part.length
    if (size > MOST_BODY_BYTES) throw new HttpFault('registry-error', 'its answer is larger than 16 MB', false)
    parts.push(part)
  }
  if (!response.complete) throw new HttpFault('unreachable', 'the answer broke off', true)
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }
}

/** @param errors takes what goes wrong with the pieces themselves: a disk has the same errors as a line */
async function* watched(pieces: AsyncIterable<Buffer>, silence: Silence, errors: Set<unknown>): AsyncIterable<Buffer> {
  try {
    for await (const piece of pieces) {
      silence.heard()
      yield piece
    }
  } catch (error) {
    errors.add(error)
    throw error
  }
}

/** Ends a request of which nothing is heard. */
class Silence {
  readonly seconds: number
  readonly #over = new AbortController()
  #timer: NodeJS.Timeout | undefined

  constructor(seconds: number) {
    this.seconds = seconds
    this.heard()
  }

  get signal(): AbortSignal {
    return this.#over.signal
  }

  heard(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#over.abort(), this.seconds * 1000)
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

function faultOf(error: unknown): unknown {
  const { code = '' } = error as NodeJS.ErrnoException
  if (error instanceof HttpFault || code === '') return error
  const said = messageOf(error)
  if (UNKNOWN_CA.has(code)) return new HttpFault('unknown-ca', said, false, error)
  if (BAD_CERTIFICATE.test(code)) return new HttpFault('bad-certificate', said, false, error)
  if (NO_TLS.has(code)) return new HttpFault('plain-http', said, false, error)
  const mayPass = code !== 'ENOTFOUND'
  return /^E[A-Z]/.test(code) || code.startsWith('HPE_') ? new HttpFault('unreachable', said, mayPass, error) : error
}

/** `[::1]` is how a URL has it. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}

/** An address is no name that a server could be asked for (RFC 6066, 3). */
function serverName({ hostname }: URL): string {
  return isIPv6(bare(hostname)) || /^[\d.]+$/.test(hostname) ? '' : hostname
}
