import { rmSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../../lab/scratch.ts'
import type { DockerCli } from '../../../../src/docker/cli/cli.ts'
import { captureStack } from '../../../../src/docker/cli/stack-capture.ts'
import type { Engine } from '../../../../src/docker/engine/engine.ts'
import { toGoJson } from '../../../../src/docker/engine/go-json.ts'
import type { KnownObjects } from '../../../../src/docker/specs/stack-objects.ts'

const directory = scratchDirectory('capture-')
afterAll(() => rmSync(directory, { recursive: true }))
const socketPath = join(directory, 's')

type Ask = (method: string, path: string, body?: string) => Promise<{ status: number | undefined; body: string }>

const ask: Ask = (method, path, body) =>
  new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path: `/v1.41${path}`, agent: false }, async (response) => {
      resolve({ status: response.statusCode, body: await text(response) })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })

const passedOn: string[] = []
const engine = {
  forward: ({ method, path }: { method: string; path: string }) => {
    passedOn.push(`${method} ${path}`)
    return Promise.resolve({ status: 200, headers: {}, body: Buffer.from('{}') })
  },
} as unknown as Engine

const KNOWN: KnownObjects = {
  secret: [{ ID: 'real-secret', Spec: { Name: 'outside' } }],
  config: [],
  networks: [
    { Id: 'local', Name: 'public', Scope: 'local' },
    { Id: 'swarm', Name: 'public', Scope: 'swarm' },
    { Id: 'one-node', Name: 'mine', Scope: 'local' },
  ],
}

function capture(calls: () => Promise<void>, { code = 0, stderr = '' } = {}) {
  const docker = {
    async run() {
      await calls()
      return { code, stdout: 'Creating service shop_web\n', stderr }
    },
  } as unknown as DockerCli
  return captureStack({ args: [], env: {} }, docker, engine, KNOWN, socketPath, new AbortController().signal)
}

const byName = (...names: string[]) =>
  encodeURIComponent(JSON.stringify({ name: Object.fromEntries(names.map((name) => [name, true])) }))

test('what docker sends is kept to the digit, and nothing of it reaches the swarm', async () => {
  passedOn.length = 0
  const service = '{"Name":"shop_web","TaskTemplate":{"Ulimits":[{"Soft":9223372036854775807}]},"Mode":{}}'
  const { services, networks, secret, config, missing, refusal } = await capture(async () => {
    await ask('GET', '/info')
    expect(await ask('GET', '/networks?filters=%7B%7D')).toEqual({ status: 200, body: '[]' })
    await ask('POST', '/networks/create', '{"Name":"shop_default"}')
    expect((await ask('GET', '/secrets/shop_token')).status).toBe(404)
    await ask('POST', '/secrets/create', '{"Name":"shop_token","Labels":{"a":"b"}}')
    await ask('POST', '/configs/create', '{"Name":"shop_app"}')
    expect(await ask('GET', '/services?filters=%7B%7D')).toEqual({ status: 200, body: '[]' })
    expect((await ask('POST', '/services/create', service)).status).toBe(201)
  })
  expect(services.map((one) => toGoJson(one))).toEqual([service])
  expect({ networks, secret, config, missing, refusal }).toEqual({
    networks: [{ Name: 'shop_default' }],
    secret: [{ Name: 'shop_token', Labels: { a: 'b' } }],
    config: [{ Name: 'shop_app' }],
    missing: { secret: [], config: [], network: [] },
    refusal: undefined,
  })
  expect(passedOn).toEqual(['GET /v1.41/info'])
})

test('docker finds what the stack has, what the swarm has, and what is missing, which is noted', async () => {
  const ids: Record<string, string>[] = []
  const { missing } = await capture(async () => {
    for (const name of ['public', 'mine', 'far']) {
      ids.push(JSON.parse((await ask('GET', `/networks/${name}`)).body))
    }
    await ask('POST', '/secrets/create', '{"Name":"shop_token"}')
    ids.push(...JSON.parse((await ask('GET', `/secrets?filters=${byName('shop_token', 'outside', 'gone')}`)).body))
    ids.push(...JSON.parse((await ask('GET', `/configs?filters=${byName('gone')}`)).body))
  })
  expect(ids.map(({ Id, ID, Scope }) => [ID ?? Id, Scope])).toEqual([
    ['swarm', 'swarm'],
    ['mine', 'swarm'],
    ['far', 'swarm'],
    ['new-secret-shop_token', undefined],
    ['real-secret', undefined],
    ['new-secret-gone', undefined],
    ['new-config-gone', undefined],
  ])
  expect(missing).toEqual({ secret: ['gone'], config: ['gone'], network: ['mine', 'far'] })
})

test('nothing else is passed on that would change the swarm', async () => {
  passedOn.length = 0
  await capture(async () => {
    expect((await ask('DELETE', '/services/web')).status).toBe(501)
    expect((await ask('POST', '/services/web/update', '{}')).status).toBe(501)
  })
  expect(passedOn).toEqual([])
})

describe('what docker prints beside its work', () => {
  const WARNINGS = [
    `time="2026-01-01T00:00:00Z" level=warning msg="ignoring IP-address (127.0.0.1:80:80/tcp) service will listen on \\"all\\""`,
    'Ignoring unsupported options: cgroupns_mode, devices',
    '',
    'Ignoring deprecated options:',
    '',
    'expose: Exposing ports is unnecessary.',
    'container_name: Setting the container name is not supported.',
    '',
    'Ignoring unsupported options: cgroupns_mode, devices',
    '',
  ].join('\n')
  const said = [
    'ignoring IP-address (127.0.0.1:80:80/tcp) service will listen on "all"',
    'Ignoring unsupported options: cgroupns_mode, devices',
    'expose: Exposing ports is unnecessary.',
    'container_name: Setting the container name is not supported.',
  ]
  const nothing = () => Promise.resolve()

  test('is a warning, each line once, and not a part of its refusal', async () => {
    expect((await capture(nothing, { stderr: WARNINGS })).warnings).toEqual(said)
    const refused = await capture(nothing, { code: 1, stderr: `${WARNINGS}\nservice web: undefined volume "x"\n` })
    expect(refused.warnings).toEqual(said)
    expect(refused.refusal).toBe('service web: undefined volume "x"')
  })

  test('is found among millions of empty lines', async () => {
    const stderr = `${'\n\t'.repeat(8_000_000)}\nservice web: undefined volume "x"`
    expect((await capture(nothing, { code: 1, stderr })).refusal).toBe('service web: undefined volume "x"')
  })

  test('also what nobody knows yet, and cannot be seen', async () => {
    expect((await capture(nothing, { stderr: 'Beware\u001b[31m of\r\n\n::error::this\n' })).warnings).toEqual([
      expect.stringMatching(/^Beware.* of$/),
      '::error::this',
    ])
  })
})
