import { createHash, randomUUID } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import type { HttpAnswer, HttpRequest, HttpSend } from '../../src/docker/registry/registry-http.ts'

/** What an account may do in which repositories; everything where nothing is said. */
export interface MemoryAccount {
  readonly password: string
  readonly pull?: readonly string[]
  readonly push?: readonly string[]
}

interface Options {
  readonly host?: string
  /** None: it asks nobody for a login. */
  readonly accounts?: Readonly<Record<string, MemoryAccount>>
  readonly login?: 'basic' | 'bearer'
  /** Whether it speaks TLS; yes unless told. */
  readonly isPlain?: boolean
  /** Told of each manifest that is put under a tag. */
  readonly onPush?: (reference: string, digest: string) => void
}

/** An answer in the place of the registry's own, for the requests that fit; so many times. */
export interface RegistryFault {
  readonly at: RegExp
  readonly answer: (() => HttpAnswer | Promise<HttpAnswer>) | Omit<HttpAnswer, 'headers'>
  times?: number
}

/** A registry that keeps what it is sent in memory, for runs without a network. */
export class MemoryRegistry {
  readonly host: string
  /** `METHOD /path`, of all requests. */
  readonly requests: string[] = []
  readonly faults: RegistryFault[] = []
  /** By digest. */
  readonly blobs = new Map<string, Buffer>()
  /** By `repository:tag` and `repository@digest`. */
  readonly manifests = new Map<string, { readonly mediaType: string; readonly bytes: Buffer }>()
  readonly #options: Options
  readonly #tokens = new Map<string, { readonly user: string | undefined; readonly scope: string }>()
  readonly #uploads = new Set<string>()

  constructor(options: Options = {}) {
    this.#options = options
    this.host = options.host ?? 'hub.test'
  }

  /** The way to it, and to nothing else. */
  readonly send: HttpSend = async (request) => {
    const { url, method, signal } = request
    signal.throwIfAborted()
    if (url.host !== this.host) throw new Error(`no registry is at ${url.host}`)
    this.requests.push(`${method} ${url.pathname}`)
    const fault = this.faults.find(({ at, times = 1 }) => times > 0 && at.test(`${method} ${url.pathname}`))
    const body = request.payload && (await buffer(request.payload.open()))
    if (fault !== undefined) {
      fault.times = (fault.times ?? 1) - 1
      return typeof fault.answer === 'function' ? fault.answer() : { headers: {}, ...fault.answer }
    }
    return this.#answer(request, body)
  }

  /** The requests that would change something. */
  get writes(): string[] {
    return this.requests.filter((line) => /^(?:PUT|POST|PATCH) \/v2\//.test(line))
  }

  #answer({ method, url, headers }: HttpRequest, body: Buffer = Buffer.alloc(0)): HttpAnswer {
    if (url.pathname === '/token') return this.#giveToken(url, headers.Authorization)
    const [, repository = '', kind = '', rest = ''] = /^\/v2\/(.+?)\/(blobs|manifests)\/(.*)$/.exec(url.pathname) ?? []
    const isWrite = method !== 'GET' && method !== 'HEAD'
    const refusal = this.#refusal(headers.Authorization, repository, isWrite ? 'push' : 'pull')
    if (refusal !== undefined) return refusal
    if (repository === '') return { status: 200, headers: {}, body: Buffer.from('{}') }
    if (kind === 'manifests') {
      return isWrite
        ? this.#putManifest(repository, rest, body, headers['Content-Type'] ?? '')
        : this.#manifest(repository, rest, method)
    }
    if (rest === 'uploads/' && method === 'POST') {
      const id = randomUUID()
      this.#uploads.add(id)
      return {
        status: 202,
        headers: { location: `/v2/${repository}/blobs/uploads/${id}?state=a%3D` },
        body: Buffer.alloc(0),
      }
    }
    if (rest.startsWith('uploads/')) {
      const id = rest.slice('uploads/'.length)
      if (!this.#uploads.delete(id)) return failure(404, 'BLOB_UPLOAD_UNKNOWN', 'there is no such upload')
      if (method === 'DELETE') return { status: 204, headers: {}, body: Buffer.alloc(0) }
      const digest = url.searchParams.get('digest') ?? ''
      if (digestOf(body) !== digest) return failure(400, 'DIGEST_INVALID', 'it is something else')
      this.blobs.set(digest, body)
      return { status: 201, headers: {}, body: Buffer.alloc(0) }
    }
    const blob = this.blobs.get(rest)
    if (blob === undefined) return failure(404, 'BLOB_UNKNOWN', 'there is no such blob')
    return {
      status: 200,
      headers: { 'content-length': String(blob.length) },
      body: method === 'HEAD' ? Buffer.alloc(0) : blob,
    }
  }

  #manifest(repository: string, at: string, method: string): HttpAnswer {
    const found = this.manifests.get(at.includes(':') ? `${repository}@${at}` : `${repository}:${at}`)
    if (found === undefined) return failure(404, 'MANIFEST_UNKNOWN', 'manifest unknown')
    const headers = { 'docker-content-digest': digestOf(found.bytes), 'content-type': found.mediaType }
    return { status: 200, headers, body: method === 'HEAD' ? Buffer.alloc(0) : found.bytes }
  }

  #putManifest(repository: string, at: string, bytes: Buffer, mediaType: string): HttpAnswer {
    const missing = missingIn(
      bytes,
      (digest) => this.blobs.has(digest) || this.manifests.has(`${repository}@${digest}`),
    )
    if (missing !== undefined) return failure(404, 'MANIFEST_BLOB_UNKNOWN', `${missing} is missing`)
    const digest = digestOf(bytes)
    this.manifests.set(`${repository}@${digest}`, { mediaType, bytes })
    if (!at.includes(':')) {
      this.manifests.set(`${repository}:${at}`, { mediaType, bytes })
      this.#options.onPush?.(`${this.host}/${repository}:${at}`, digest)
    }
    return { status: 201, headers: { 'docker-content-digest': digest }, body: Buffer.alloc(0) }
  }

  /** Why somebody may not do this; `undefined` when they may. */
  #refusal(authorization: string | undefined, repository: string, action: 'pull' | 'push'): HttpAnswer | undefined {
    const { accounts, login = 'basic' } = this.#options
    if (accounts === undefined) return undefined
    if (login === 'bearer') {
      const token = this.#tokens.get(authorization?.replace('Bearer ', '') ?? '')
      const isEnough = token !== undefined && (repository === '' || token.scope.split(',').includes(action))
      if (isEnough) return undefined
      const realm = `https://${this.host}/token`
      const challenge = `Bearer realm="${realm}",service="${this.host}"${token === undefined ? '' : ',error="insufficient_scope"'}`
      return failure(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': challenge })
    }
    const account = this.#accountOf(authorization)
    if (account === undefined) {
      return failure(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': 'Basic realm="memory"' })
    }
    return repository === '' || mayDo(account, action, repository)
      ? undefined
      : failure(403, 'DENIED', 'access is denied')
  }

  #accountOf(authorization: string | undefined): MemoryAccount | undefined {
    const text = Buffer.from(authorization?.replace('Basic ', '') ?? '', 'base64').toString()
    const [user = '', ...password] = text.split(':')
    const account = Object.entries(this.#options.accounts ?? {}).find(([name]) => name === user)?.[1]
    return account?.password === password.join(':') ? account : undefined
  }

  #giveToken(url: URL, authorization: string | undefined): HttpAnswer {
    const account = this.#accountOf(authorization)
    if (authorization !== undefined && account === undefined)
      return failure(401, 'UNAUTHORIZED', 'incorrect username or password')
    const [, repository = '', actions = ''] = /^repository:(.+):(.+)$/.exec(url.searchParams.get('scope') ?? '') ?? []
    const granted = actions
      .split(',')
      .filter((action) => account !== undefined && mayDo(account, action as 'pull' | 'push', repository))
    const token = `token-${randomUUID()}`
    this.#tokens.set(token, { user: url.searchParams.get('account') ?? undefined, scope: granted.join(',') })
    return { status: 200, headers: {}, body: Buffer.from(JSON.stringify({ token })) }
  }
}

function mayDo(account: MemoryAccount, action: 'pull' | 'push', repository: string): boolean {
  return account[action]?.some((path) => `${repository}/`.startsWith(`${path}/`)) ?? true
}

function missingIn(manifest: Buffer, has: (digest: string) => boolean): string | undefined {
  const { config, layers = [], manifests = [] } = JSON.parse(manifest.toString())
  const named = [...(config ? [config] : []), ...layers, ...manifests] as { digest: string }[]
  return named.find(({ digest }) => !has(digest))?.digest
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export function failure(
  status: number,
  code: string,
  message: string,
  headers: HttpAnswer['headers'] = {},
): HttpAnswer {
  return { status, headers, body: Buffer.from(JSON.stringify({ errors: [{ code, message }] })) }
}
