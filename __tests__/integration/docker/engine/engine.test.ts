import { afterEach, describe, expect, jest, test } from '@jest/globals'
import type { Distribution, Node, Service } from '../../../../src/docker/api.ts'
import { agreeOnVersion, apiVersionProblem, withPlainApiVersion } from '../../../../src/docker/engine/api-version.ts'
import { connectEngine } from '../../../../src/docker/engine/connect-engine.ts'
import {
  ConnectionLost,
  type Engine,
  EngineError,
  TooLate,
  tellCallError,
  Unreadable,
} from '../../../../src/docker/engine/engine.ts'
import { parseReference } from '../../../../src/docker/registry/reference.ts'
import { resolveImage } from '../../../../src/docker/registry/registry.ts'
import { withPlatforms } from '../../../../src/docker/specs/service-spec.ts'
import { platformProblem } from '../../../../src/docker/swarm/placement.ts'
import { UserError } from '../../../../src/errors.ts'
import { createNode, createSpec, digest } from '../../../support/builders.ts'
import { FakeDaemon } from '../../../support/fake-daemon.ts'

const never = new AbortController().signal

const DIGEST = digest('a')

/** Real connections, and a clock moved by hand. */
function holdClock(): void {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] })
}

/** Lets what is on its way arrive, without the clock. */
async function settle(until: () => boolean): Promise<void> {
  while (!until()) await new Promise((resolve) => setImmediate(resolve))
}

afterEach(() => {
  jest.useRealTimers()
})

describe('the API version to speak', () => {
  test.each([
    ['1.41', '1.41', 'the oldest that serves: Docker 20.10'],
    ['1.44', '1.44', "an older daemon's own"],
    ['1.55', '1.55', 'that of the first daemons of Docker 29 as well'],
    ['1.56', '1.56', 'our own'],
    ['1.57', '1.56', 'our own with a newer daemon'],
    ['1.100', '1.56', 'compared by numbers, not by letters'],
    ['2.0', '1.56', 'compared by the first number first'],
  ])('with a daemon of %s is %s: %s', (offered, agreed) => {
    expect(agreeOnVersion(offered)).toBe(agreed)
  })

  test.each(['1.40', '1.9', '1.4', '0.99'])('with a daemon of %s is none: it is too old', (offered) => {
    expect(() => agreeOnVersion(offered)).toThrow(
      new EngineError(400, `its API ${offered} is too old: Docker 20.10 (API 1.41) is the oldest that serves`),
    )
  })
})

test.each(['', 'x', '1', '1.', '1.41\n::error::', '1.41.0', '99999.1'])('an API version %j is none', (offered) => {
  expect(() => agreeOnVersion(offered)).toThrow(/^its API version is ".*", and no docker daemon has such a one$/)
})

describe('a DOCKER_API_VERSION of the user’s', () => {
  const range = { ApiVersion: '1.54', MinAPIVersion: '1.44' }

  test.each(['1.44', '1.51', '1.54'])('%s is in the daemon’s range', (asked) => {
    expect(apiVersionProblem(asked, range, 'unix:///a')).toBeUndefined()
  })

  test.each(['1.43', '1.9', '1.55', '1.100', '2.0', '0.50'])('%s is not', (asked) => {
    expect(apiVersionProblem(asked, range, 'unix:///a')).toBe(
      `DOCKER_API_VERSION is ${asked}, and what serves with the docker daemon at unix:///a is 1.44 to 1.54: leave it out, then docker agrees with the daemon`,
    )
  })

  test.each(['1.12', '1.24'])('one older than 1.41 serves with no daemon, also where it takes %s', (oldest) => {
    expect(apiVersionProblem('1.40', { ApiVersion: '1.47', MinAPIVersion: oldest }, 'tcp://a:1')).toContain(
      'at tcp://a:1 is 1.41 to 1.47: leave it out',
    )
    expect(apiVersionProblem('1.41', { ApiVersion: '1.47', MinAPIVersion: oldest }, 'tcp://a:1')).toBeUndefined()
  })

  test('a daemon that names no minimum takes 1.41', () => {
    expect(apiVersionProblem('1.41', { ApiVersion: '1.41' }, 'unix:///a')).toBeUndefined()
  })

  test.each(['1.44', 'v1.44', ' 1.44\n', ' v1.44 '])('%j is given to docker as 1.44', (asked) => {
    expect(withPlainApiVersion({ A: 'b', DOCKER_API_VERSION: asked })).toEqual({ A: 'b', DOCKER_API_VERSION: '1.44' })
  })

  test.each(['', ' ', 'v'])('%j is not given to docker', (asked) => {
    expect(withPlainApiVersion({ A: 'b', DOCKER_API_VERSION: asked })).toEqual({ A: 'b' })
  })

  test.each(['auto', '1', '1.', '1.44.0', 'vv1.44', '1.44 1.45', '-1.44', '1,44', '9'.repeat(60)])(
    '%j is refused',
    (asked) => {
      expect(() => withPlainApiVersion({ DOCKER_API_VERSION: asked })).toThrow(UserError)
      expect(() => withPlainApiVersion({ DOCKER_API_VERSION: asked })).toThrow(
        /^DOCKER_API_VERSION is ".{1,70}", and no version of docker's API: leave it out, then docker agrees with the daemon, or write one such as 1\.\d+$/,
      )
    },
  )
})

/** An engine over a daemon that gives one answer to everything. */
async function withAnswer<T>(body: unknown, use: (engine: Engine) => Promise<T>, status = 200): Promise<T> {
  const isText = typeof body === 'string'
  await using daemon = await FakeDaemon.start((_request, response) => {
    const type = isText ? 'text/html' : 'application/json'
    response.writeHead(status, { 'Content-Type': type }).end(isText ? body : JSON.stringify(body))
  })
  return await use(await daemon.engine())
}

describe('what Go writes as null is not there', () => {
  test('an image with a single OCI manifest names no platforms, and can be planned with', async () => {
    const answer = {
      Descriptor: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digest('b'), size: 402 },
      Platforms: null,
    }
    const image = await withAnswer(answer, (engine) =>
      resolveImage(engine, parseReference('ghcr.io/acme/web:2'), undefined, never),
    )
    expect(image).toEqual({ Descriptor: answer.Descriptor })
    expect(withPlatforms(createSpec(), (image as Distribution).Platforms)).toEqual(createSpec())
    expect(platformProblem([createNode(1)], image.Platforms ?? [])).toBeUndefined()
  })

  const SPEC = { Name: 'web', TaskTemplate: {}, Mode: {} }
  const service = (more: object) => [{ ID: '1', Version: { Index: 1 }, Spec: SPEC, ...more }]

  test.each<[string, unknown, unknown]>([
    ['lists and maps of a spec', service({ Spec: { ...SPEC, Labels: null } }), service({})],
    ['deeper down', service({ A: { B: [{ C: null, D: 0 }] } }), service({ A: { B: [{ D: 0 }] } })],
    ['items of a list', service({ Ports: [null, { a: 1 }] }), service({ Ports: [{ a: 1 }] })],
    ['and nothing else', service({ ID: 'null', b: 0, c: '', d: false, e: [], f: {} }), undefined],
  ])('%s', async (_, body, read) => {
    expect(await withAnswer(body, (engine) => engine.get<Service[]>('/services'))).toEqual(read ?? body)
    expect(await withAnswer(body, (engine) => engine.post<Node[]>('/any'))).toEqual(read ?? body)
  })
})

describe('an answer that no daemon gives', () => {
  const HTML = '<html><head><style>b { x }</style></head><body><h1>It works!</h1>\u0007 for <b>you</b></body></html>'

  test.each<[string, string, unknown, string]>([
    ['null for a list', '/services', null, '"null"'],
    ['an object for a list', '/nodes', {}, '"{}"'],
    ['a list of anything', '/tasks', [1], '"[1]"'],
    ['a daemon without a swarm in its account of itself', '/info', {}, '"{}"'],
    ['a list for an object', '/services/web', [], '"[]"'],
    ['an object without what it is asked for', '/distribution/a.b/c:1/json', { a: 1 }, '"{"a":1}"'],
    ['a page', '/nodes', HTML, 'HTML ("It works! � for you")'],
    ['nothing', '/info', '', 'nothing'],
    [
      'a service without a spec',
      '/services',
      [{ ID: 'a', Version: { Index: 1 } }],
      '"[{"ID":"a","Version":{"Index":1}}]"',
    ],
    ['a task without a status', '/tasks/a', { ID: 'a', ServiceID: 'b' }, '"{"ID":"a","ServiceID":"b"}"'],
    ['a node of text', '/nodes', [{ ID: 'a', Spec: 'x' }], '"[{"ID":"a","Spec":"x"}]"'],
    ['a secret without a name', '/secrets', [{ ID: 'a' }], '"[{"ID":"a"}]"'],
    [
      'a digest that is none',
      '/distribution/web/json',
      { Descriptor: { digest: 'latest' } },
      '"{"Descriptor":{"digest":"latest"}}"',
    ],
    [
      'platforms that are no list',
      '/distribution/web/json',
      { Descriptor: { digest: DIGEST }, Platforms: 'x' },
      `"{"Descriptor":{"digest":"${DIGEST}"},"Platforms":"x"}"`,
    ],
    ['a network whose ID is a number', '/networks/a', { Id: 1, Name: 'a' }, '"{"Id":1,"Name":"a"}"'],
  ])('%s is told as that', async (_, path, body, quoted) => {
    const error = await withAnswer(body, (engine) => engine.get(path)).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Unreadable)
    expect(tellCallError(error)).toBe(
      `unix:///fake.sock cannot be understood: it answers GET ${path} with ${quoted}, and no docker daemon does`,
    )
  })

  test.each([
    ['/services/create', {}, '"{}"'],
    ['/secrets/create', '', 'nothing'],
    ['/networks/create', { ID: 'a' }, '"{"ID":"a"}"'],
  ])('POST %s that names no ID: %j', async (path, body, quoted) => {
    const error = await withAnswer(body, (engine) => engine.post(path)).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Unreadable)
    expect(tellCallError(error)).toContain(`it answers POST ${path} with ${quoted}, and no docker daemon does`)
  })

  test('an answer that sends elsewhere is no success, also of a change, and also without a body', async () => {
    const post = withAnswer('', (engine) => engine.post('/services/x/update', { body: {} }), 302)
    await expect(post).rejects.toMatchObject({ name: 'EngineError', status: 302, isDaemons: false })
  })

  test('a refusal of what stands in front of the daemon is not taken for the daemon’s own', async () => {
    const body = '<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>'
    const error = await withAnswer(body, (engine) => engine.get('/nodes'), 403).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'EngineError', status: 403, isDaemons: false })
    expect(tellCallError(error)).toBe(
      'unix:///fake.sock answered GET /nodes with 403, not in the words of a docker daemon: something in front of it does not let the request through: HTML ("403 Forbidden Request forbidden by administrative rules.")',
    )
  })
})

describe('a call ends', () => {
  test('when its answer stalls in the middle: one limit for all of it', async () => {
    holdClock()
    let begun = false
    await using daemon = await FakeDaemon.start((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).write('[{"ID": "a"')
      begun = true
    })
    const engine = await daemon.engine()
    const call = engine.get('/tasks').catch((error: unknown) => error)
    await settle(() => begun)
    await jest.advanceTimersByTimeAsync(30_000)
    const error = await call
    expect(error).toBeInstanceOf(TooLate)
    expect(tellCallError(error)).toBe(
      'unix:///fake.sock did not answer GET /tasks: there was no whole answer within 30 s',
    )
  })

  test('when it waits for a connection and all are kept: its caller may stop it meanwhile', async () => {
    await using daemon = await FakeDaemon.start((_request, response) => void response.writeHead(200).flushHeaders())
    const engine = await daemon.engine()
    const held = Array.from({ length: 4 }, () => engine.get('/tasks').catch((error: unknown) => error))
    await settle(() => daemon.asked.length === 4)
    const stop = new AbortController()
    const waiting = engine.get('/nodes', { signal: stop.signal }).catch((error: unknown) => error)
    stop.abort(new Error('stopped'))
    expect(await waiting).toMatchObject({ name: 'AbortError', cause: new Error('stopped') })
    engine.close()
    for (const error of await Promise.all(held)) expect(error).toBeInstanceOf(ConnectionLost)
    expect(daemon.asked).toHaveLength(4)
  })

  test('when it waits for a connection and none is ever free', async () => {
    holdClock()
    await using daemon = await FakeDaemon.start((_request, response) => void response.writeHead(200).flushHeaders())
    const engine = await daemon.engine()
    const streams = Array.from({ length: 4 }, async () => {
      for await (const _ of engine.lines('/events', {}));
    }).map((stream) => stream.catch(() => undefined))
    await settle(() => daemon.asked.length === 4)
    const waiting = engine.get('/nodes').catch((error: unknown) => error)
    await jest.advanceTimersByTimeAsync(180_000)
    expect(tellCallError(await waiting)).toBe(
      'unix:///fake.sock did not answer GET /nodes: no connection was free for 180 s',
    )
    engine.close()
    await Promise.all(streams)
  })

  test('when its answer has no end', async () => {
    holdClock()
    await using daemon = await FakeDaemon.start((_request, response) => {
      const chunk = Buffer.alloc(1 << 24)
      const more = () => void (response.destroyed || response.write(chunk, more))
      response.writeHead(200, { 'Content-Type': 'application/json' })
      more()
    })
    const error = await daemon
      .engine()
      .then((engine) => engine.get('/nodes'))
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Unreadable)
    expect(tellCallError(error)).toBe('unix:///fake.sock did not answer GET /nodes: its answer is larger than 256 MB')
  })

  test('when its answer breaks off', async () => {
    await using daemon = await FakeDaemon.start((_request, response) => {
      response.writeHead(200, { 'Content-Length': '100' }).write('[')
      setTimeout(() => response.destroy(), 20)
    })
    const engine = await daemon.engine()
    const error = await engine.get('/tasks').catch((thrown: unknown) => thrown)
    expect(tellCallError(error)).toBe('unix:///fake.sock did not answer GET /tasks: the answer broke off')
  })

  test('when what it belongs to is ended, with what did that', async () => {
    const { tooLong } = await import('../../../../src/runner/time/clock.ts')
    await using daemon = await FakeDaemon.start(() => undefined)
    const engine = await daemon.engine()
    const limit = new AbortController()
    const call = engine.get('/tasks', { signal: limit.signal }).catch((error: unknown) => error)
    await settle(() => daemon.asked.length === 1)
    limit.abort(tooLong('the run was stopped'))
    expect(tellCallError(await call)).toBe('unix:///fake.sock did not answer GET /tasks: the run was stopped')
  })

  test('when its caller’s own time is over, with whom it asked for what', async () => {
    holdClock()
    const { timeLimit } = await import('../../../../src/runner/time/clock.ts')
    await using daemon = await FakeDaemon.start(() => undefined)
    const engine = await daemon.engine()
    const call = engine.get('/tasks', { signal: timeLimit(5000) }).catch((error: unknown) => error)
    await settle(() => daemon.asked.length === 1)
    await jest.advanceTimersByTimeAsync(5000)
    expect(tellCallError(await call)).toBe('unix:///fake.sock did not answer GET /tasks: the time for it is over')
  })
})

describe('connections', () => {
  test.each(['', 'error during connect: EOF'])(
    'one that ends while nobody uses it is used no more: "%s"',
    async (said) => {
      await using daemon = await FakeDaemon.start((_request, response) => void response.end('[]'))
      const engine = await daemon.engine()
      expect(await engine.get('/services')).toEqual([])
      expect(daemon.dialled).toBe(1)
      daemon.cut(said)
      await new Promise((resolve) => setImmediate(resolve))
      expect(await engine.get('/services')).toEqual([])
      expect(daemon.dialled).toBe(2)
    },
  )

  test('are kept', async () => {
    await using daemon = await FakeDaemon.start((_request, response) => void response.end('[]'))
    const engine = await daemon.engine()
    for (let n = 0; n < 10; n++) await engine.get('/services')
    expect(daemon.dialled).toBe(1)
  })

  test('a program that cannot be started is told, also to a call that waited for the place of another', async () => {
    const dial = () => {
      throw new Error('spawn docker EAGAIN')
    }
    const address = { host: 'unix:///fake.sock', headers: {}, dial, explain: (said: string) => said }
    await expect(connectEngine(address, never)).rejects.toThrow(
      'unix:///fake.sock did not answer GET /_ping: spawn docker EAGAIN',
    )
  })
})

describe('a stream', () => {
  test.each<[string, (at: { daemon: FakeDaemon; engine: Engine; stop: AbortController }) => void]>([
    ['its connection', ({ daemon }) => daemon.cut()],
    ['the process that leads to it', ({ daemon }) => daemon.cut('Connection reset by peer')],
    ['its signal', ({ stop }) => stop.abort()],
    ['the engine', ({ engine }) => engine.close()],
  ])('gives line by line, and ends with %s', async (_, end) => {
    await using daemon = await FakeDaemon.start((_request, response) => {
      response.writeHead(200).write('{"n":1}\n{"n":')
      setTimeout(() => response.write('2}\n'), 10)
    })
    const engine = await daemon.engine()
    const stop = new AbortController()
    const lines: string[] = []
    const read = async () => {
      for await (const line of engine.lines('/events', { signal: stop.signal })) {
        lines.push(line)
        if (lines.length === 2) end({ daemon, engine, stop })
      }
    }
    await read().catch(() => undefined)
    expect(lines).toEqual(['{"n":1}', '{"n":2}'])
  })

  test('that is refused is an error', async () => {
    await withAnswer(
      { message: 'no events' },
      async (engine) => {
        const read = async () => {
          for await (const _ of engine.lines('/events', {}));
        }
        await expect(read()).rejects.toMatchObject({ name: 'EngineError', status: 400, message: 'no events' })
      },
      400,
    )
  })
})

test('a ping of another client is answered from what the connection began with', async () => {
  await using daemon = await FakeDaemon.start((_request, response) => void response.end('{}'))
  const engine = await daemon.engine()
  const answers = await Promise.all([
    engine.forward({ method: 'HEAD', path: '/_ping' }),
    engine.forward({ method: 'GET', path: '/v1.43/_ping' }),
  ])
  expect(answers.map(({ status, body }) => [status, body.toString()])).toEqual([
    [200, ''],
    [200, 'OK'],
  ])
  for (const { headers } of answers) expect(headers['api-version']).toBe('1.51')
  expect(daemon.dialled).toBe(1)
  expect(daemon.asked).toEqual([])
})
