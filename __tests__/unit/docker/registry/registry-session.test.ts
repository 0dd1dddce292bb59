import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { HttpFault, type HttpRequest, type HttpSend } from '../../../../src/docker/registry/registry-http.ts'
import { RegistrySession } from '../../../../src/docker/registry/registry-session.ts'
import { redact, Secret } from '../../../../src/runner/secrets/secret.ts'
import { nowMs } from '../../../../src/runner/time/clock.ts'
import { createCredential } from '../../../support/builders.ts'
import { failure } from '../../../support/memory-registry.ts'
import { letTimeRun, settle, stopTime } from '../../../support/memory-swarm/hand-clock.ts'

const answer = (status = 200, headers: Record<string, string> = {}, body = '{}') => ({
  status,
  headers,
  body: Buffer.from(body),
})
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJyZWdpc3RyeSJ9.c2lnbmF0dXJlLW9mLWl0'
const isPing = ({ url }: HttpRequest) => url.pathname === '/v2/'

function session(send: HttpSend, options: Partial<ConstructorParameters<typeof RegistrySession>[0]> = {}) {
  return new RegistrySession({
    send,
    registry: 'hub.test',
    repository: 'shop/web',
    credential: undefined,
    actions: 'pull,push',
    isInsecure: false,
    authorities: [],
    signal: new AbortController().signal,
    ...options,
  })
}

/** The calls that are made, and what comes of one. */
async function called(
  reply: (request: HttpRequest) => ReturnType<HttpSend> | Awaited<ReturnType<HttpSend>>,
  options?: Parameters<typeof session>[1],
  at: string | URL = 'manifests/1',
) {
  const seen: HttpRequest[] = []
  const one = session(async (request) => {
    seen.push(request)
    return reply(request)
  }, options)
  const came = await settle(one.call({ method: 'GET', at })).catch((error: unknown) => error)
  const calls = seen.map(
    ({ method, url, headers }) => `${method} ${url.href} ${headers.Authorization?.split(' ')[0] ?? '-'}`,
  )
  return { came, calls, seen }
}

beforeEach(stopTime)
afterEach(letTimeRun)

describe('where it leads', () => {
  test('Docker Hub has its own address', async () => {
    const { calls } = await called(() => answer(), { registry: 'docker.io' })
    expect(calls).toEqual([
      'GET https://registry-1.docker.io/v2/ -',
      'GET https://registry-1.docker.io/v2/shop/web/manifests/1 -',
    ])
  })

  test('plain HTTP is spoken only where the managers do', async () => {
    const reply = ({ url }: HttpRequest) => {
      if (url.protocol === 'https:') throw new HttpFault('plain-http', 'wrong version number', false)
      return answer()
    }
    expect((await called(reply)).came).toMatchObject({ failure: 'plain-http' })
    const { calls } = await called(reply, { isInsecure: true })
    expect(calls.slice(1)).toEqual(['GET http://hub.test/v2/ -', 'GET http://hub.test/v2/shop/web/manifests/1 -'])
  })

  test('a password goes to the registry alone, wherever that leads', async () => {
    const credential = createCredential({ registry: 'hub.test' })
    const reply = (request: HttpRequest) => {
      if (isPing(request) && request.headers.Authorization === undefined)
        return answer(401, { 'www-authenticate': 'Basic realm="x"' })
      if (request.url.host === 'hub.test' && !isPing(request))
        return answer(307, { location: 'https://store.test/blob?signed' })
      return answer()
    }
    const { calls } = await called(reply, { credential }, 'blobs/x')
    expect(calls.slice(2)).toEqual([
      'GET https://hub.test/v2/shop/web/blobs/x Basic',
      'GET https://store.test/blob?signed -',
    ])
  })

  test.each([
    ['http://elsewhere.test/upload', 'leads to elsewhere.test without TLS'],
    ['ftp://hub.test/upload', 'an address of ftp:'],
    ['http://[', 'names an address that is none'],
  ])('an upload is not sent to %s', async (location, problem) => {
    await expect(session(async () => answer()).locationOf(answer(202, { location }))).rejects.toThrow(problem)
  })

  test('a registry behind a proxy that ends TLS may name itself without it', async () => {
    const at = await session(async () => answer()).locationOf(answer(202, { location: 'http://hub.test/upload?x=1' }))
    expect(at.href).toBe('https://hub.test/upload?x=1')
  })
})

describe('tokens', () => {
  test.each(['a\r\nX-Evil: 1', 'ключ', { a: 1 }])('an answer with %j has none', async (token) => {
    const { came } = await called(({ url }) => {
      return url.host === 'auth.test' ? answer(200, {}, JSON.stringify({ token })) : answer(401, bearer())
    })
    expect(came).toMatchObject({ failure: 'registry-error', message: expect.stringContaining('has no token') })
  })

  const bearer = (realm = 'https://auth.test/token') => ({
    'www-authenticate': `Bearer realm="${realm}",service="hub, the \\"test\\""`,
  })

  test('an identity token buys one by a form, in which nobody else sees it', async () => {
    const credential = createCredential({ kind: 'identity-token', username: '', password: new Secret('r3fr3sh-token') })
    const forms: string[] = []
    const { came, calls } = await called(
      async (request) => {
        if (request.url.host === 'auth.test') {
          for await (const piece of request.payload?.open() ?? []) forms.push(piece.toString())
          return answer(200, {}, '{"access_token":"t0k3n-abc"}')
        }
        return request.headers.Authorization === undefined ? answer(401, bearer()) : answer()
      },
      { credential },
    )
    expect(came).toMatchObject({ status: 200 })
    expect(calls[1]).toBe('POST https://auth.test/token -')
    expect(Object.fromEntries(new URLSearchParams(forms.join('')))).toEqual({
      grant_type: 'refresh_token',
      client_id: 'swarm-deploy',
      refresh_token: 'r3fr3sh-token',
      scope: 'repository:shop/web:pull,push',
      service: 'hub, the "test"',
    })
  })

  test.each([
    ['a word of everybody’s is nowhere taken for a secret', 'acme', 'deployed acme/web', 'deployed acme/web'],
    ['one that looks like one is hidden in what this run prints', TOKEN, `sent ${TOKEN}`, 'sent ***'],
  ])(
    'no runner is told to hide one, for its text is the registry’s to choose: %s',
    async (_, token, text, redacted) => {
      const runner = process.env.GITHUB_ACTIONS
      process.env.GITHUB_ACTIONS = 'true'
      const printed: string[] = []
      const spy = jest.spyOn(process.stdout, 'write').mockImplementation((piece) => printed.push(String(piece)) > 0)
      try {
        const { came } = await called(({ url, headers }) => {
          if (url.host === 'auth.test') return answer(200, {}, JSON.stringify({ token }))
          return headers.Authorization === `Bearer ${token}` ? answer() : answer(401, bearer())
        })
        expect(came).toMatchObject({ status: 200 })
      } finally {
        spy.mockRestore()
        if (runner === undefined) delete process.env.GITHUB_ACTIONS
        else process.env.GITHUB_ACTIONS = runner
      }
      expect(printed).toEqual([])
      expect(redact(text)).toBe(redacted)
    },
  )

  test('one that has ended is bought anew', async () => {
    let sold = 0
    const { came } = await called(
      ({ url, headers }) => {
        if (url.host === 'auth.test') return answer(200, {}, `{"token":"t0k3n-${++sold}"}`)
        return headers.Authorization === 'Bearer t0k3n-2' ? answer() : answer(401, bearer())
      },
      { credential: createCredential({ registry: 'hub.test' }) },
    )
    expect([came, sold]).toMatchObject([{ status: 200 }, 2])
  })

  test('a password does not leave for a place without TLS', async () => {
    const credential = createCredential({ registry: 'hub.test' })
    const { came, calls } = await called(() => answer(401, bearer('http://auth.test/token')), { credential })
    expect(String(came)).toContain('it leads to auth.test without TLS')
    expect(calls).toEqual(['GET https://hub.test/v2/ -'])
  })

  test.each([401, 403, 400])('a login that is answered %d is a wrong credential', async (status) => {
    const reply = ({ url }: HttpRequest) => (url.host === 'auth.test' ? answer(status) : answer(401, bearer()))
    const { came } = await called(reply, { credential: createCredential({ registry: 'hub.test' }) })
    expect(came).toMatchObject({ failure: 'wrong-credential' })
  })
})

describe('what passes', () => {
  test.each([
    ['a busy registry', () => answer(503)],
    ['too many requests', () => answer(429)],
    ['a connection that breaks', () => Promise.reject(new HttpFault('unreachable', 'read ECONNRESET', true))],
  ])('%s is asked again, and believed in the end', async (_, reply) => {
    let asked = 0
    const { came } = await called((request) => (isPing(request) || ++asked > 3 ? answer() : reply()))
    expect([came, asked]).toMatchObject([{ status: 200 }, 4])
    const { came: never, seen } = await called((request) => (isPing(request) ? answer() : reply()))
    expect(never).toBeInstanceOf(Error)
    expect(seen).toHaveLength(6)
  })

  test('it waits as long as the registry wants, unless that is too long', async () => {
    const startedAt = nowMs()
    let asked = 0
    await called((request) => (isPing(request) || ++asked > 1 ? answer() : answer(429, { 'retry-after': '7' })))
    expect(nowMs() - startedAt).toBe(7000)
    const { seen } = await called((request) => (isPing(request) ? answer() : answer(429, { 'retry-after': '3600' })))
    expect(seen).toHaveLength(2)
  })
})

test('what a registry says is short, on one line, and without secrets', async () => {
  const secret = new Secret('hush-hush-hush')
  const words = `\u001b[31m::error::${secret.reveal()}\n${'x'.repeat(5000)}`
  const { came } = await called((request) => (isPing(request) ? answer() : failure(400, 'BAD', words)))
  const { message } = came as Error
  expect(message).toMatch(/^it answers 400: BAD: /)
  expect(message.length).toBeLessThan(400)
  for (const part of ['hush', '\n', '\u001b']) expect(message).not.toContain(part)
})

test.each([3, 9, 20])(
  'a page of something before the registry is cut through no secret: %i characters before the cut',
  async (before) => {
    const secret = new Secret('Thimble-Orchard-46-Walnut')
    const page = `denied${' '.repeat(2000 - 6 - before)}${secret.reveal()}`
    const { came } = await called((request) => (isPing(request) ? answer() : answer(400, {}, page)))
    expect((came as Error).message).not.toMatch(/Thi/)
  },
)
