import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, createServer as createTcp, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../../lab/scratch.ts'
import { type Certified, Pki } from '../../../../lab/tls.ts'
import {
  type HttpFault,
  type HttpRequest,
  proxyFor,
  registryHttp,
} from '../../../../src/docker/registry/registry-http.ts'

const open: { close(): unknown }[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.close()
})

const signal = new AbortController().signal

let directory: string
let authority: Pki
let certified: Certified
beforeAll(async () => {
  directory = scratchDirectory('registry-http-')
  authority = await Pki.make(directory, 'authority')
  certified = await authority.certify('registry', { ip: '127.0.0.1' })
})
afterAll(() => rmSync(directory, { recursive: true }))

async function serveTls(text: string): Promise<URL> {
  const server = createTlsServer(certified, (_request, response) => response.end(text))
  return new URL(`https://127.0.0.1:${await listening(server)}/v2/`)
}

async function listening(server: Server | ReturnType<typeof createTcp>): Promise<number> {
  open.push(server)
  // What nobody reads does not see the other end close: it would keep the process of the tests.
  server.on('connection', (socket: Socket) => open.push({ close: () => socket.destroy() }))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<URL> {
  const server = createServer(answer)
  return new URL(`http://127.0.0.1:${await listening(server)}/v2/`)
}

const ask = async (request: Partial<HttpRequest> & { readonly url: URL }, env: Record<string, string> = {}) => {
  using http = registryHttp(env)
  return await http({ method: 'GET', headers: {}, signal, ...request })
}

const payloadOf = (pieces: readonly Buffer[]) => ({
  size: pieces.reduce((sum, { length }) => sum + length, 0),
  async *open() {
    yield* pieces
  },
})

test('an answer comes whole, with its headers, and a redirect is no other', async () => {
  const url = await serve((_request, response) =>
    response.writeHead(307, { location: '/x', 'x-two': ['a', 'b'] }).end('hello'),
  )
  const answer = await ask({ url })
  expect(answer).toMatchObject({ status: 307, headers: { location: '/x', 'x-two': 'a, b' } })
  expect(answer.body.toString()).toBe('hello')
})

test('a payload is sent with its size', async () => {
  const got: string[] = []
  const url = await serve(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    got.push(`${request.method} ${request.headers['content-length']} ${body}`)
    response.writeHead(201).end()
  })
  await ask({ url, method: 'PUT', payload: payloadOf([Buffer.from('ab'), Buffer.from('cd')]) })
  await ask({ url, method: 'POST' })
  expect(got).toEqual(['PUT 4 abcd', 'POST 0 '])
})

test('a refusal in the middle of a large payload is the answer', async () => {
  const url = await serve((_request, response) => {
    response.writeHead(413, { connection: 'close' }).end('too large')
  })
  const pieces = Array.from({ length: 400 }, () => Buffer.alloc(100_000))
  expect((await ask({ url, method: 'PUT', payload: payloadOf(pieces) })).status).toBe(413)
})

test('what goes wrong with the payload is its own error', async () => {
  const url = await serve((request) => request.resume())
  const payload = {
    size: 10,
    async *open() {
      yield Buffer.from('ab')
      throw new Error('the archive is gone')
    },
  }
  await expect(ask({ url, method: 'PUT', payload })).rejects.toThrow('the archive is gone')
})

test('over TLS an authority is trusted that was given, and anybody where that is asked for', async () => {
  const url = await serveTls('secret')
  await expect(ask({ url })).rejects.toMatchObject({ failure: 'unknown-ca', mayPass: false })
  expect((await ask({ url, authorities: [authority.ca] })).body.toString()).toBe('secret')
  expect((await ask({ url, isUnverified: true })).body.toString()).toBe('secret')
  url.hostname = 'localhost'
  await expect(ask({ url, authorities: [authority.ca] })).rejects.toMatchObject({ failure: 'bad-certificate' })
})

describe('without a whole answer', () => {
  const faultOf = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown as HttpFault,
    )
    return [error?.name, error?.failure, error?.mayPass]
  }

  test('nobody listens', async () => {
    const port = await listening(createTcp())
    for (const one of open.splice(0)) one.close()
    expect(await faultOf(ask({ url: new URL(`http://127.0.0.1:${port}/`) }))).toEqual([
      'HttpFault',
      'unreachable',
      true,
    ])
  })

  test('there is no such host', async () => {
    const url = new URL('http://registry.invalid/')
    expect((await faultOf(ask({ url }))).slice(0, 2)).toEqual(['HttpFault', 'unreachable'])
  })

  test('the connection ends', async () => {
    const port = await listening(createTcp((socket) => socket.destroy()))
    expect(await faultOf(ask({ url: new URL(`http://127.0.0.1:${port}/`) }))).toEqual([
      'HttpFault',
      'unreachable',
      true,
    ])
  })

  test.each(['GET', 'PUT'] as const)('it changes to another protocol after a %s', async (method) => {
    const switches = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'
    const port = await listening(createTcp((socket) => socket.once('data', () => socket.end(switches))))
    const payload = method === 'PUT' ? payloadOf([Buffer.from('ab')]) : undefined
    const url = new URL(`http://127.0.0.1:${port}/`)
    expect(await faultOf(ask({ url, method, payload }))).toEqual(['HttpFault', 'unreachable', true])
  })

  test('the answer breaks off', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half')
      setTimeout(() => response.destroy(), 20)
    })
    expect(await faultOf(ask({ url }))).toEqual(['HttpFault', 'unreachable', true])
  })

  test('it speaks no TLS', async () => {
    const url = await serve((_request, response) => response.end())
    url.protocol = 'https:'
    expect(await faultOf(ask({ url }))).toEqual(['HttpFault', 'plain-http', false])
  })

  /** A request whose line breaks with this error once it is up. */
  const brokenBy = async (code: string, syscall?: string) => {
    const error = Object.assign(new Error(`${syscall ?? 'verify'} ${code}`), { code, ...(syscall && { syscall }) })
    const breaks = (message: unknown) => {
      const { socket } = message as { readonly socket: Socket }
      socket.once('connect', () => socket.destroy(error))
    }
    subscribe('net.client.socket', breaks)
    try {
      return await faultOf(ask({ url: await serve(() => undefined) }))
    } finally {
      unsubscribe('net.client.socket', breaks)
    }
  }

  test.each(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'])('the line breaks while it is read: %s', async (code) => {
    expect(await brokenBy(code, 'read')).toEqual(['HttpFault', 'unreachable', true])
  })

  test.each(['INVALID_PURPOSE', 'INVALID_CA', 'PATH_LENGTH_EXCEEDED', 'CERT_HAS_EXPIRED'])(
    'its certificate serves for nothing: %s',
    async (code) => {
      expect(await brokenBy(code)).toEqual(['HttpFault', 'bad-certificate', false])
    },
  )

  test('a disk that fails under a payload is no line that breaks', async () => {
    const url = await serve((request) => request.resume())
    const error = Object.assign(new Error('read ETIMEDOUT'), { code: 'ETIMEDOUT', syscall: 'read' })
    const payload = {
      size: 10,
      async *open(): AsyncGenerator<Buffer> {
        yield Buffer.from('ab')
        throw error
      },
    }
    await expect(ask({ url, method: 'PUT', payload })).rejects.toBe(error)
  })

  test('the run is stopped', async () => {
    const url = await serve(() => undefined)
    const stop = new AbortController()
    const asked = ask({ url, signal: stop.signal })
    stop.abort(new Error('stopped'))
    await expect(asked).rejects.toThrow('stopped')
  })
})

describe('a proxy', () => {
  test.each([
    ['https://ghcr.io/v2/', { HTTPS_PROXY: 'http://proxy.test:3128' }, 'proxy.test:3128'],
    ['https://ghcr.io/v2/', { https_proxy: 'proxy.test:3128' }, 'proxy.test:3128'],
    ['http://hub.test/v2/', { HTTPS_PROXY: 'http://proxy.test:3128' }, undefined],
    ['http://hub.test/v2/', { HTTP_PROXY: 'http://proxy.test:3128' }, 'proxy.test:3128'],
    ['https://hub.test/v2/', { HTTPS_PROXY: 'http://p.test', NO_PROXY: 'other.test, hub.test' }, undefined],
    ['https://a.hub.test/v2/', { HTTPS_PROXY: 'http://p.test', NO_PROXY: '.hub.test' }, undefined],
    ['https://a.hub.test/v2/', { HTTPS_PROXY: 'http://p.test', NO_PROXY: '*.hub.test' }, undefined],
    ['https://ahub.test/v2/', { HTTPS_PROXY: 'http://p.test', NO_PROXY: 'hub.test' }, 'p.test'],
    ['https://hub.test:5000/v2/', { HTTPS_PROXY: 'http://p.test', NO_PROXY: 'hub.test:5000' }, undefined],
    ['https://hub.test/v2/', { HTTPS_PROXY: 'http://p.test', NO_PROXY: 'hub.test:5000' }, 'p.test'],
    ['https://hub.test/v2/', { HTTPS_PROXY: 'http://p.test', NO_PROXY: '*' }, undefined],
    ['https://localhost:5000/v2/', { HTTPS_PROXY: 'http://p.test' }, undefined],
    ['https://127.0.0.1:5000/v2/', { HTTPS_PROXY: 'http://p.test' }, undefined],
    ['https://10.1.2.3:5000/v2/', { HTTPS_PROXY: 'http://p.test', NO_PROXY: '10.0.0.0/8' }, undefined],
    ['https://11.1.2.3:5000/v2/', { HTTPS_PROXY: 'http://p.test', NO_PROXY: '10.0.0.0/8' }, 'p.test'],
    ['https://[fd00::1]:5000/v2/', { HTTPS_PROXY: 'http://p.test', NO_PROXY: 'fd00::1' }, undefined],
    ['https://[fd00::1]:5000/v2/', { HTTPS_PROXY: 'http://p.test', NO_PROXY: '[fd00::1]:5000' }, undefined],
    ['https://[fd00::2]:5000/v2/', { HTTPS_PROXY: 'http://p.test', NO_PROXY: 'fd00::1' }, 'p.test'],
    ['https://hub.test/v2/', {}, undefined],
    ['https://hub.test/v2/', { HTTPS_PROXY: 'http://[not' }, undefined],
  ])('for %s with %j', (url, env, proxy) => {
    expect(proxyFor(new URL(url), env)?.host).toBe(proxy)
  })

  test('plain HTTP goes over it whole, with its account', async () => {
    const seen: string[] = []
    const proxy = await serve((request, response) => {
      seen.push(`${request.url} ${request.headers.host} ${request.headers['proxy-authorization']}`)
      response.end('from the proxy')
    })
    const env = { HTTP_PROXY: `http://me:pass@${proxy.host}` }
    const answer = await ask({ url: new URL('http://hub.test/v2/x?y=z') }, env)
    expect(answer.body.toString()).toBe('from the proxy')
    expect(seen).toEqual([`http://hub.test/v2/x?y=z hub.test Basic ${Buffer.from('me:pass').toString('base64')}`])
  })

  /** A proxy that leads every tunnel to this place. */
  const tunnelTo = async ({ port }: URL, onConnect: (request: IncomingMessage) => void) => {
    const server = createServer()
    server.on('connect', (request: IncomingMessage, socket) => {
      onConnect(request)
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      const onward = connect(Number(port), '127.0.0.1')
      onward.pipe(socket).pipe(onward)
      socket.on('error', () => onward.destroy())
      onward.on('error', () => socket.destroy())
    })
    return `127.0.0.1:${await listening(server)}`
  }

  test('over it an address is held to the certificate for that address', async () => {
    const at = certified
    certified = await authority.certify('an address', { ip: '192.0.2.7' })
    const behind = await serveTls('from behind')
    certified = at
    const seen: IncomingMessage['headers'][] = []
    const env = { HTTPS_PROXY: `http://100%:pass%zz@${await tunnelTo(behind, ({ headers }) => seen.push(headers))}` }
    const authorities = [authority.ca]
    const answer = await ask({ url: new URL('https://192.0.2.7/v2/'), authorities }, env)
    expect(answer.body.toString()).toBe('from behind')
    await expect(ask({ url: new URL('https://192.0.2.8/v2/'), authorities }, env)).rejects.toMatchObject({
      failure: 'bad-certificate',
    })
    const account = Buffer.from('100%:pass%zz').toString('base64')
    expect(seen[0]).toMatchObject({ 'proxy-authorization': `Basic ${account}` })
  })

  test('TLS goes through it', async () => {
    const behind = await serveTls('from behind')
    const asked: (string | undefined)[] = []
    const env = { HTTPS_PROXY: `http://${await tunnelTo(behind, ({ url }) => asked.push(url))}` }
    const answer = await ask({ url: new URL('https://hub.test/v2/'), isUnverified: true }, env)
    expect(answer.body.toString()).toBe('from behind')
    await expect(ask({ url: new URL('https://hub.test/v2/') }, env)).rejects.toMatchObject({ failure: 'unknown-ca' })
    expect(asked).toEqual(['hub.test:443', 'hub.test:443'])
  })

  test('one that refuses is named', async () => {
    const server = createServer()
    server.on('connect', (_request, socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'))
    const port = await listening(server)
    const env = { HTTPS_PROXY: `http://127.0.0.1:${port}` }
    await expect(ask({ url: new URL('https://hub.test/v2/') }, env)).rejects.toThrow(
      `the proxy 127.0.0.1:${port} answers 407`,
    )
  })
})
