import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from '@jest/globals'
import { loginFromHere, parseChallenge } from '../../../../src/docker/registry/login-check.ts'
import { verifyCredential } from '../../../../src/docker/registry/registry.ts'
import type { RegistryCredential } from '../../../../src/docker/registry/registry-auth.ts'
import { Secret } from '../../../../src/runner/secrets/secret.ts'

let servers: Server[] = []
afterEach(async () => {
  for (const server of servers) server.closeAllConnections()
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  servers = []
})

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

async function serve(handler: Handler): Promise<string> {
  const server = createServer((request, response) => void handler(request, response))
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const account = (registry: string, password = 'pw-of-alice', kind: RegistryCredential['kind'] = 'password') => ({
  registry,
  username: 'alice',
  password: new Secret(password, 'alice'),
  kind,
})
const login = (credential: RegistryCredential) =>
  verifyCredential(loginFromHere('/nowhere'), credential, new AbortController().signal)

const BASIC = `Basic ${Buffer.from('alice:pw-of-alice').toString('base64')}`

/** A registry that asks for user name and password itself. */
const basicRegistry = () =>
  serve((request, response) => {
    if (request.headers.authorization === BASIC) return void response.end('{}')
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="registry"' }).end()
  })

/** One that sends to a token server, and what that was asked. */
async function tokenRegistry(realm?: string) {
  const asked: { method: string; url: string; authorization: string | undefined; body: string }[] = []
  const host = await serve(async (request, response) => {
    const { authorization } = request.headers
    if (request.url?.startsWith('/token')) {
      const body = await text(request)
      asked.push({ method: request.method ?? '', url: request.url, authorization, body })
      const isGood = authorization === BASIC || body.includes('refresh_token=good')
      return void response.writeHead(isGood ? 200 : 401).end(JSON.stringify({ token: 'bought' }))
    }
    if (authorization === 'Bearer bought') return void response.end('{}')
    const where = realm ?? `http://${host}/token`
    response.writeHead(401, { 'WWW-Authenticate': `Bearer realm="${where}",service="the, registry"` }).end()
  })
  return { host, asked }
}

describe('a login without a daemon', () => {
  test('to a registry that asks for the password itself', async () => {
    const host = await basicRegistry()
    await expect(login(account(host))).resolves.toBeUndefined()
    await expect(login(account(host, 'wrong'))).rejects.toMatchObject({
      failure: 'wrong-credential',
      message: `login attempt to http://${host}/v2/ failed with status: 401 Unauthorized`,
    })
  })

  test('to one that has a token server', async () => {
    const { host, asked } = await tokenRegistry()
    await expect(login(account(host))).resolves.toBeUndefined()
    expect(asked).toEqual([
      {
        method: 'GET',
        url: '/token?service=the%2C+registry&account=alice&client_id=swarm-deploy&offline_token=true',
        authorization: BASIC,
        body: '',
      },
    ])
    await expect(login(account(host, 'wrong'))).rejects.toMatchObject({ failure: 'wrong-credential' })
  })

  test('with an identity token, which goes to the token server alone', async () => {
    const { host, asked } = await tokenRegistry()
    await expect(login(account(host, 'good', 'identity-token'))).resolves.toBeUndefined()
    expect(asked).toEqual([
      {
        method: 'POST',
        url: '/token',
        authorization: undefined,
        body: 'grant_type=refresh_token&service=the%2C+registry&client_id=swarm-deploy&refresh_token=good',
      },
    ])
  })

  test.each(['http://tokens.example.com/token', 'ftp://x', ''])('never gives the password to %j', async (realm) => {
    const { host } = await tokenRegistry(realm)
    await expect(login(account(host))).rejects.toThrow('the registry names no token server that can be trusted')
  })

  test('to a registry that asks nobody who he is', async () => {
    await expect(login(account(await serve((_, response) => void response.end('{}'))))).resolves.toBeUndefined()
  })

  test.each([
    [429, 'rate-limited'],
    [404, 'registry-error'],
    [403, 'forbidden'],
    [302, 'unknown'],
  ])('of a registry that answers %i', async (status, failure) => {
    const host = await serve((_, response) => void response.writeHead(status).end())
    await expect(login(account(host))).rejects.toMatchObject({ failure })
  })

  test('of one that nobody answers at, or that is silent', async () => {
    await expect(login(account('127.0.0.1:1'))).rejects.toMatchObject({ failure: 'unreachable' })
    const host = await serve(() => undefined)
    const engine = loginFromHere('/nowhere')
    const asked = engine.post('/auth', { body: { serveraddress: host }, timeoutSeconds: 0.1 })
    await expect(asked).rejects.toMatchObject({ name: 'TooLate' })
  })

  test.each(['a\r\nX-Evil: 1', 'ключ', ' ', { a: 1 }])('of one whose token server answers with %j', async (token) => {
    const host = await serve((request, response) => {
      if (request.url?.startsWith('/token')) return void response.end(JSON.stringify({ token }))
      response.writeHead(401, { 'WWW-Authenticate': `Bearer realm="http://${host}/token"` }).end()
    })
    await expect(login(account(host))).rejects.toThrow(/did not include a token/)
  })

  test('of one that switches to another protocol, which nobody has asked for', async () => {
    const host = await serve((request) => {
      request.socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
    })
    await expect(login(account(host))).rejects.toThrow(/the connection ended without an answer/)
  })

  test('of one that is silent until the time of the run is over names it', async () => {
    const host = await serve(() => undefined)
    const over = verifyCredential(loginFromHere('/nowhere'), account(host), AbortSignal.timeout(50))
    await expect(over).rejects.toThrow(`${host} gave no answer in time`)
  })

  test('an error names neither account nor password', async () => {
    const host = await serve((_, response) => void response.socket?.destroy())
    const error = await login(account(host)).catch((one: unknown) => one)
    expect(String((error as Error).message)).not.toMatch(/alice|pw-of/)
  })
})

test.each([
  ['Basic realm="x"', { scheme: 'basic', parameters: { realm: 'x' } }],
  [
    'Bearer realm="https://a/t",service="b, c",scope=d',
    { scheme: 'bearer', parameters: { realm: 'https://a/t', service: 'b, c', scope: 'd' } },
  ],
  ['Negotiate, Basic realm="\\"q\\""', { scheme: 'basic', parameters: { realm: '"q"' } }],
  ['Negotiate', undefined],
  ['', undefined],
])('the challenge %j', (header, challenge) => {
  expect(parseChallenge(header)).toEqual(challenge)
})
