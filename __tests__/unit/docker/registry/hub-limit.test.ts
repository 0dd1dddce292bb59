import { describe, expect, test } from '@jest/globals'
import { hubLimitIn, readHubLimit } from '../../../../src/docker/registry/hub-limit.ts'
import type { HttpSend } from '../../../../src/docker/registry/registry-http.ts'
import { createCredential } from '../../../support/builders.ts'

const answer = (headers: Record<string, string>, status = 200) => ({ status, headers, body: Buffer.alloc(0) })

describe('what Docker Hub says in its headers', () => {
  test.each([
    [{ 'ratelimit-limit': '200;w=21600', 'ratelimit-remaining': '76;w=21600' }, [200, 76, 21_600, false]],
    [{ 'ratelimit-limit': '100', 'ratelimit-remaining': '0' }, [100, 0, 0, false]],
    [
      { 'ratelimit-limit': '100;w=3600', 'ratelimit-remaining': '9;w=3600', 'docker-ratelimit-source': '203.0.113.7' },
      [100, 9, 3600, true],
    ],
    [
      {
        'ratelimit-limit': '200;w=3600',
        'ratelimit-remaining': '9;w=3600',
        'docker-ratelimit-source': '0e4f8a3c-6a0c-4ad9-9e3b-0a6f4f8b7e11',
      },
      [200, 9, 3600, false],
    ],
  ])('%j', (headers, [pulls, left, seconds, isOfAddress]) => {
    expect(hubLimitIn(answer(headers))).toEqual({ pulls, left, seconds, isOfAddress })
  })

  test.each([{}, { 'ratelimit-limit': '200' }, { 'ratelimit-limit': 'many', 'ratelimit-remaining': '1' }])(
    '%j is no limit',
    (headers) => {
      expect(hubLimitIn(answer(headers as Record<string, string>))).toBeUndefined()
    },
  )

  test('a refusal for the rate says that none is left', () => {
    expect(hubLimitIn(answer({ 'ratelimit-limit': '200;w=21600' }, 429))).toMatchObject({ left: 0 })
  })
})

test('it is asked of the account, by a look that is no pull, and with the password for the token alone', async () => {
  const credential = createCredential({ registry: 'docker.io' })
  const asked: string[] = []
  const send: HttpSend = async ({ method, url, headers }) => {
    const { Authorization: authorization = '-' } = headers
    asked.push(`${method} ${url.host}${url.pathname} ${authorization.split(' ')[0]}`)
    if (url.host === 'auth.docker.io') {
      expect(url.searchParams.get('scope')).toBe('repository:ratelimitpreview/test:pull')
      return { ...answer({}), body: Buffer.from('{"token":"t0k3n"}') }
    }
    if (authorization === '-') {
      const challenge = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"'
      return answer({ 'www-authenticate': challenge }, 401)
    }
    return answer({ 'ratelimit-limit': '200;w=21600', 'ratelimit-remaining': '76;w=21600' })
  }
  expect(await readHubLimit(send, credential, new AbortController().signal)).toMatchObject({ pulls: 200, left: 76 })
  expect(asked).toEqual([
    'GET registry-1.docker.io/v2/ -',
    'GET auth.docker.io/token Basic',
    'HEAD registry-1.docker.io/v2/ratelimitpreview/test/manifests/latest Bearer',
  ])
})
