import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { ConnectionLost, tellCallError } from '../../../../src/docker/engine/engine.ts'
import { patient } from '../../../../src/docker/engine/patience.ts'
import { parseReference } from '../../../../src/docker/registry/reference.ts'
import { RegistryError, resolveImage, verifyCredential } from '../../../../src/docker/registry/registry.ts'
import { messageOf } from '../../../../src/errors.ts'
import { Secret } from '../../../../src/runner/secrets/secret.ts'
import { createCredential, digest } from '../../../support/builders.ts'
import { FakeDaemon } from '../../../support/fake-daemon.ts'

const never = new AbortController().signal
const thrown = (call: Promise<unknown>) => call.catch((error: unknown) => error)

/** Real connections, and a clock moved by hand. */
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] })
})
afterEach(() => {
  jest.useRealTimers()
})

async function settle(until: () => boolean): Promise<void> {
  while (!until()) await new Promise((resolve) => setImmediate(resolve))
}

/** Moves time on in small steps, with room for what happens on the connections in between. */
async function pass(seconds: number): Promise<void> {
  for (let n = 0; n < seconds; n++) {
    await jest.advanceTimersByTimeAsync(1000)
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
}

test('several reasons of a registry are one line: an annotation and a summary have no room for more', async () => {
  await using daemon = await FakeDaemon.start((_request, response) => {
    const message =
      'errors:\ndenied: requested access to the resource is denied\nunauthorized: authentication required\n'
    response.writeHead(403, { 'Content-Type': 'application/json' }).end(JSON.stringify({ message }))
  })
  const engine = patient(await daemon.engine())
  expect(await thrown(resolveImage(engine, parseReference('hub.test/acme/web:1'), undefined, never))).toMatchObject({
    failure: 'forbidden',
    message: 'errors: denied: requested access to the resource is denied; unauthorized: authentication required',
  })
})

test('a secret that a daemon breaks into several lines is hidden before they become one', async () => {
  const broken = Buffer.from('bot:C4nary of the registry').toString('base64').replace(/.{10}/g, '$&\n')
  new Secret('C4nary of the registry', 'bot')
  await using daemon = await FakeDaemon.start((_request, response) => {
    response.writeHead(401, { 'Content-Type': 'application/json' }).end(JSON.stringify({ message: `no ${broken}` }))
  })
  const error = await thrown(resolveImage(await daemon.engine(), parseReference('hub.test/web:1'), undefined, never))
  expect(error).toMatchObject({ message: expect.stringMatching(/^no \*/) })
  for (const piece of broken.split('\n').slice(1)) expect(messageOf(error)).not.toContain(piece)
})

describe('a registry that takes the connection and gives no answer', () => {
  test('is found out once, however many images it has; others are asked on', async () => {
    await using daemon = await FakeDaemon.start((request, response) => {
      const isSilent = request.url?.includes('silent.test')
      if (!isSilent) response.end(JSON.stringify({ Descriptor: { digest: digest('a') } }))
    })
    const engine = patient(await daemon.engine())
    const ask = (image: string) => resolveImage(engine, parseReference(image), undefined, never)
    const asked = Array.from({ length: 6 }, (_, n) => thrown(ask(`silent.test/acme/web:${n}`)))
    await settle(() => daemon.asked.length === 4)
    await pass(30)
    for (const error of await Promise.all(asked)) {
      expect(error).toEqual(new RegistryError('silent', 'the registry gives no answer within 30 s'))
    }
    expect(await thrown(ask('silent.test/acme/web:7'))).toMatchObject({ failure: 'silent' })
    expect(await ask('other.test/acme/web:1')).toEqual({ Descriptor: { digest: digest('a') } })
    expect(daemon.asked.filter((path) => path.includes('silent'))).toHaveLength(4)
  })

  test('and so is one that drips, also in a login', async () => {
    await using daemon = await FakeDaemon.start((_request, response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write(' '), 1000)
      response.on('close', () => clearInterval(drip))
    })
    const engine = patient(await daemon.engine())
    const login = thrown(verifyCredential(engine, createCredential(), never))
    await settle(() => daemon.asked.length === 1)
    await pass(30)
    expect(await login).toMatchObject({ name: 'RegistryError', failure: 'silent' })
  })

  test('is not blamed when it is the daemon that is silent', async () => {
    await using daemon = await FakeDaemon.start(() => undefined)
    const engine = patient(await daemon.engine())
    const call = thrown(resolveImage(engine, parseReference('quiet.test/acme/web:1'), undefined, never))
    await settle(() => daemon.asked.length === 1)
    daemon.freeze()
    await pass(160)
    const error = await call
    expect(error).toBeInstanceOf(ConnectionLost)
    expect(tellCallError(error)).toBe(
      'unix:///fake.sock did not answer GET /_ping: there was no whole answer within 30 s',
    )
  })
})

test('what stands in front of the daemon is not taken for the registry', async () => {
  await using daemon = await FakeDaemon.start((_request, response) => {
    response.writeHead(403, { 'Content-Type': 'text/html' }).end('<html><body><h1>403 Forbidden</h1></body></html>')
  })
  const engine = patient(await daemon.engine())
  for (const call of [
    verifyCredential(engine, createCredential(), never),
    resolveImage(engine, parseReference('a.test/b'), createCredential(), never),
  ]) {
    const error = await thrown(call)
    expect(error).not.toBeInstanceOf(RegistryError)
    expect(tellCallError(error)).toContain('something in front of it does not let the request through')
  }
})
