import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { HttpFault, type HttpSend } from '../../src/docker/registry/registry-http.ts'
import { letTimeRun, stopTime } from '../support/memory-swarm/hand-clock.ts'
import { MemorySwarm } from '../support/memory-swarm/memory-swarm.ts'
import { runAction } from '../support/memory-swarm/run.ts'

const ACCOUNT = '- { registry: docker.io, username: bot, password: hub-Pw7x }'

/** A Docker Hub that says how many pulls are left. */
function hubWith(left: number): HttpSend {
  return async ({ headers }) => {
    const isAsked = headers.Authorization !== undefined
    const said = { 'ratelimit-limit': '200;w=21600', 'ratelimit-remaining': `${left};w=21600` }
    const challenge = { 'www-authenticate': 'Basic realm="hub"' }
    return { status: isAsked ? 200 : 401, headers: isAsked ? said : challenge, body: Buffer.alloc(0) }
  }
}

const deploy = (registryHttp: HttpSend, registries = ACCOUNT) => {
  const swarm = new MemorySwarm({ nodes: [{}, {}], images: { 'docker.io/library/nginx:1': {}, 'nginx:1': {} } })
  const services = '- { name: web, image: "nginx:1", create: true, replicas: 2 }'
  return runAction(swarm, { registries, services }, { registryHttp })
}

describe('pulls left on Docker Hub', () => {
  beforeEach(stopTime)
  afterEach(letTimeRun)

  test('a public image uses the account, and what is left to that is told', async () => {
    const { results, log } = await deploy(hubWith(76))
    expect(results).toMatchObject([{ outcome: 'created', config: 'docker.io' }])
    expect(log).toContain('76 of 200 pulls in 6 h are left for the account bot, and this run needs 2 at the most')
    expect(log).not.toContain('hub-Pw7x')
  })

  test('fewer than the nodes may need are a warning', async () => {
    const { results, log } = await deploy(hubWith(1))
    expect(results).toMatchObject([{ outcome: 'created' }])
    expect(log).toContain(
      'Warning: Docker Hub: 1 of 200 pulls in 6 h are left for the account bot, and this run may need 2',
    )
  })

  test('without an account nobody is asked', async () => {
    const asked: string[] = []
    const { results } = await deploy(async ({ url }) => Promise.reject(new Error(String(asked.push(url.host)))), '')
    expect(results).toMatchObject([{ outcome: 'created' }])
    expect(asked).toEqual([])
  })

  test('a Hub that cannot be reached, or never answers, changes nothing and costs a second at the most', async () => {
    const usual = await deploy(hubWith(76))
    const away = await deploy(() => Promise.reject(new HttpFault('unreachable', 'getaddrinfo ENOTFOUND', true)))
    expect(away).toMatchObject({ results: [{ outcome: 'created' }], problems: [] })
    expect(away.log).not.toContain('Docker Hub:')
    const silent = await deploy(({ signal }) => {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    expect(silent).toMatchObject({ results: [{ outcome: 'created' }], problems: [] })
    expect(silent.seconds - usual.seconds).toBeLessThanOrEqual(1.5)
  })
})
