import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, expect, test } from '@jest/globals'
import type { DockerCli } from '../../../../src/docker/cli/cli.ts'
import { rehearse } from '../../../../src/docker/cli/rehearsal.ts'
import type { Engine } from '../../../../src/docker/engine/engine.ts'
import { createService } from '../../../support/builders.ts'

const directory = mkdtempSync(join(tmpdir(), 'rehearsal-'))
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
    const outgoing = request({ socketPath, method, path }, async (response) => {
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
