import { rmSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../../lab/scratch.ts'
import type { DockerCli } from '../../../../src/docker/cli/cli.ts'
import { rehearse } from '../../../../src/docker/cli/rehearsal.ts'
import type { Engine } from '../../../../src/docker/engine/engine.ts'
import { UserError } from '../../../../src/errors.ts'
import { createService } from '../../../support/builders.ts'

const directory = scratchDirectory('rehearsal-')
afterAll(() => rmSync(directory, { recursive: true }))

const web = createService()
const socketPath = join(directory, 's')

/** A swarm that has just lost its leader, and knows of nothing. */
const forgetful = {
  apiVersion: '1.41',
  forward: () =>
    Promise.resolve({ status: 404, headers: {}, body: Buffer.from('{"message":"service web not found"}') }),
} as unknown as Engine

function ask(method: string, path: string, body?: unknown): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, agent: false }, async (response) => {
      resolve({ status: response.statusCode, body: await text(response) })
    })
    outgoing.on('error', reject)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** A docker command that asks for the service by its name and in a list, and sends back what it was given. */
const docker = {
  async run() {
    const one = await ask('GET', `/v1.41/services/${web.Spec.Name}?insertDefaults=false`)
    if (one.status !== 200) return { code: 1, stdout: '', stderr: one.body }
    const all = JSON.parse((await ask('GET', '/v1.41/services?filters=%7B%7D')).body)
    await ask('POST', `/v1.41/services/${web.ID}/update?version=1`, { ...all[0].Spec, Labels: { seen: 'yes' } })
    return { code: 0, stdout: '', stderr: '' }
  },
} as unknown as DockerCli

test('docker sees the service as it was observed, whatever the swarm says at this moment', async () => {
  const signal = new AbortController().signal
  const rehearsal = await rehearse({ args: [], env: {} }, docker, forgetful, socketPath, signal, web)
  expect(rehearsal).toEqual({ spec: { ...web.Spec, Labels: { seen: 'yes' } } })
})

test('a docker command whose API the daemon does not take any more is told as that, and not as a fault of its flags', async () => {
  const signal = new AbortController().signal
  const message =
    'client version 1.41 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version'
  const body = Buffer.from(JSON.stringify({ message }))
  const newer = {
    ...forgetful,
    forward: () => Promise.resolve({ status: 400, headers: {}, body }),
  } as unknown as Engine
  const old = {
    async run() {
      const { body: said } = await ask('GET', '/v1.41/networks/front')
      return { code: 1, stdout: '', stderr: said }
    },
  } as unknown as DockerCli
  await expect(rehearse({ args: [], env: {} }, old, newer, socketPath, signal, web)).rejects.toEqual(
    new UserError(
      'the docker CLI of this runner speaks API 1.41, and the daemon takes none before 1.44: install a newer docker CLI in a step before',
    ),
  )
  const other = {
    ...newer,
    forward: () => Promise.resolve({ status: 400, headers: {}, body: Buffer.from('{"message":"no"}') }),
  }
  const rehearsal = await rehearse({ args: [], env: {} }, old, other as unknown as Engine, socketPath, signal, web)
  expect(rehearsal).toEqual({ refusal: '{"message":"no"}' })
})

test('what docker quotes of a value that may be a secret is not told', async () => {
  const signal = new AbortController().signal
  const stderr =
    'invalid argument "p@ss!word" for "--update-delay" flag: time: invalid duration "p@ss!word"\n\nUsage:  docker'
  const refusing = { run: async () => ({ code: 125, stdout: '', stderr }) } as unknown as DockerCli
  await expect(rehearse({ args: [], env: {} }, refusing, forgetful, socketPath, signal, web)).resolves.toEqual({
    refusal: 'invalid argument "***" for "--update-delay" flag: time: invalid duration "***"',
  })
})
