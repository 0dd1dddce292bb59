import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { scratchDirectory } from '../../../lab/scratch.ts'
import { type Candidate, Managers } from '../../../src/connect/managers.ts'
import type { Node } from '../../../src/docker/api.ts'
import type { DockerCli } from '../../../src/docker/cli/cli.ts'
import { timeLimit } from '../../../src/runner/time/clock.ts'
import { createNode } from '../../support/builders.ts'
import { dialTo } from '../../support/fake-daemon.ts'

const MANAGES = { ServerVersion: '28.3.3', Swarm: { LocalNodeState: 'active', ControlAvailable: true } }
const NO_LEADER =
  "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers"
const ELECTING = { ...MANAGES, Swarm: { ...MANAGES.Swarm, Error: NO_LEADER } }
const WORKER = { ...MANAGES, Swarm: { LocalNodeState: 'active', ControlAvailable: false } }
const DEMOTED = {
  message: "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state.",
}
const FORBIDDEN = '<html><body><h1>403 Forbidden</h1></body></html>'

/** What a daemon answers; nothing when it is frozen, and the end of the connection when it is just being started. */
type Answer = { readonly status?: number; readonly body: unknown } | 'nothing' | 'ends'
type Answers = Readonly<Record<string, Answer>>

const healthy: Answers = { '/info': { body: MANAGES }, '/nodes': { body: [createNode(1)] } }

let directory: string
let servers: Server[] = []
let candidates: ReturnType<typeof candidateTo>[] = []

/** A daemon on a socket, with the route to it. Its answers may be changed. */
function candidateTo(path: string, first: Answers) {
  const daemon = { answers: first, asked: [] as string[] }
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const asked = (request.url ?? '').replace(/^\/v[\d.]+(?=\/)/, '')
    daemon.asked.push(asked)
    const answer = daemon.answers[asked] ?? (asked === '/_ping' ? { body: 'OK' } : { status: 404, body: {} })
    if (daemon.answers.all === 'ends') return void request.socket.destroy()
    if (answer === 'nothing' || answer === 'ends' || daemon.answers.all === 'nothing') return
    const { status = 200, body } = answer
    const headers = { 'Api-Version': '1.51', 'Content-Type': 'text/plain' }
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  server.listen(path)
  servers.push(server)
  const text = `unix://${path}`
  const candidate: Candidate = {
    text,
    open: async () => ({
      text,
      env: { DOCKER_HOST: text },
      explain: (said) => said,
      [Symbol.dispose]: () => undefined,
    }),
  }
  return { candidate, daemon, text }
}

/** A docker CLI that can dial. */
const dialler = ({ DOCKER_HOST = '' }: Readonly<Record<string, string>>): DockerCli => ({
  run: () => Promise.reject(new Error('no command is to be run')),
  start: () => dialTo(DOCKER_HOST.slice('unix://'.length)),
})

let printed = ''

beforeAll(async () => {
  directory = scratchDirectory('managers-')
})
afterAll(() => rm(directory, { recursive: true }))

beforeEach(() => {
  printed = ''
  jest.spyOn(process.stdout, 'write').mockImplementation((piece) => {
    printed += String(piece)
    return true
  })
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] })
})
afterEach(() => {
  jest.useRealTimers()
  jest.restoreAllMocks()
  for (const server of servers) {
    server.close()
    server.closeAllConnections()
  }
  servers = []
  candidates = []
})

let count = 0
function daemons(...answers: readonly Answers[]) {
  candidates = answers.map((each) => candidateTo(join(directory, `s${++count}`), each))
  return candidates
}

/** Moves time on, a second for each time that the connections have been looked after, until the work is done. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let over = false
  const end = () => {
    over = true
  }
  work.then(end, end)
  const hasPause = () => new Promise((resolve) => setImmediate(resolve))
  while (!over) {
    for (let turn = 0; turn < 200 && !over; turn++) await hasPause()
    if (!over) await jest.advanceTimersByTimeAsync(250)
  }
  return work
}

async function connected(env: Record<string, string> = {}, signal = new AbortController().signal) {
  const all = candidates.map(({ candidate }) => ({
    ...candidate,
    open: async () => {
      const route = await candidate.open()
      return { ...route, env: { ...route.env, ...env } }
    },
  }))
  const managers = new Managers(all, directory, {}, dialler)
  await inTime(managers.connect(signal))
  return managers
}

const refusal = (env?: Record<string, string>) =>
  connected(env).then(
    () => 'connected',
    (error: Error) => error.message,
  )

describe('connecting', () => {
  test('what stands in front of a daemon and lets /info not through is told, and the next host is taken', async () => {
    const [proxied, good] = daemons({ '/info': { status: 403, body: FORBIDDEN } }, healthy)
    using _ = await connected()
    expect(printed).toContain(
      `Passed over: the docker daemon at ${proxied?.text} cannot be used: ${proxied?.text} answered GET /info with 403, not in the words of a docker daemon: something in front of it does not let the request through: HTML ("403 Forbidden")`,
    )
    expect(printed).toContain(`Connected to ${good?.text}: Docker 28.3.3, API 1.51`)
  })

  test.each<[string, Answers, string]>([
    ['null', { '/info': { body: null } }, 'it answers GET /info with "null", and no docker daemon does'],
    ['an empty object', { '/info': { body: {} } }, 'it answers GET /info with "{}", and no docker daemon does'],
    [
      'a page',
      { '/info': { body: '<html>Hello</html>' } },
      'it answers GET /info with HTML ("Hello"), and no docker daemon does',
    ],
    [
      'a refusal of the ping',
      { '/_ping': { status: 403, body: 'no' } },
      'answered GET /_ping with 403, not in the words of a docker daemon',
    ],
    ['a worker', { '/info': { body: WORKER } }, 'is a worker of its swarm'],
  ])('%s of the only host is told as that', async (_, answers, words) => {
    daemons({ ...healthy, ...answers })
    expect(await refusal()).toContain(words)
  })

  test('connections that end without an answer are waited for a little, and told', async () => {
    const [only] = daemons({ all: 'ends' })
    const connecting = connected()
    setTimeout(() => Object.assign(only?.daemon ?? {}, { answers: healthy }), 6_000)
    using _ = await connecting
    expect(printed).toContain('cannot be used: the connection ended without an answer: this is waited for')
    expect(printed).toContain('Connected to')
  })

  test('connections that go on ending without an answer are an error', async () => {
    daemons({ all: 'ends' })
    expect(await refusal()).toContain('cannot be used: the connection ended without an answer')
  })

  test('an election is waited for, and told', async () => {
    const [only] = daemons({ ...healthy, '/info': { body: ELECTING } })
    const connecting = connected()
    setTimeout(() => Object.assign(only?.daemon ?? {}, { answers: healthy }), 25_000)
    using _ = await connecting
    expect(printed).toContain('cannot be managed now (active): rpc error')
    expect(printed).toContain(': this is waited for')
    expect(printed).toContain('Connected to')
  })

  test('an election that does not end is an error', async () => {
    daemons({ ...healthy, '/info': { body: ELECTING } })
    expect(await refusal()).toContain('The swarm does not have a leader')
  })

  test('a manager that answers, and does not say in time how its swarm is, is told as that', async () => {
    daemons({ ...healthy, '/info': 'nothing' })
    const said = connected({}, timeLimit(15_000)).catch((error: Error) => error.message)
    expect(await said).toMatch(/it is there, and has not said in time how its swarm is, as a manager without a leader/)
  })

  test('a DOCKER_API_VERSION that the daemon does not speak is told', async () => {
    const range = { '/version': { body: { ApiVersion: '1.51', MinAPIVersion: '1.44' } } }
    daemons({ ...healthy, ...range })
    expect(await refusal({ DOCKER_API_VERSION: '1.41' })).toContain('is 1.44 to 1.51: leave it out')
    expect(await refusal({ DOCKER_API_VERSION: '1.44' })).toBe('connected')
  })
})

describe('the next manager takes over when the one in use', () => {
  test.each<[string, Answers]>([
    ['is frozen', { all: 'nothing' }],
    ['has no leader', { '/info': { body: ELECTING }, '/nodes': { status: 500, body: { message: NO_LEADER } } }],
    ['was demoted', { '/info': { body: WORKER }, '/nodes': { status: 503, body: DEMOTED } }],
    ['cannot be understood', { '/info': { body: [] }, '/nodes': { body: 'what?' } }],
  ])('%s', async (_, answers) => {
    const [first, second] = daemons(healthy, healthy)
    using managers = await connected()
    await inTime(managers.engine.get('/nodes'))
    if (first !== undefined) first.daemon.answers = answers
    const nodes = await inTime(managers.engine.get<Node[]>('/nodes'))
    expect(nodes.map(({ ID }) => ID)).toEqual(['node-1'])
    expect(printed).toContain(
      `${first?.text} is no longer a manager that answers: the run goes on with ${second?.text}`,
    )
    expect(second?.daemon.asked).toContain('/nodes')
  })

  test('and not when it is only slow', async () => {
    const [first, second] = daemons(healthy, healthy)
    using managers = await connected()
    const slow = inTime(managers.engine.get('/slow').catch((error: unknown) => error))
    if (first !== undefined) first.daemon.answers = { ...healthy, '/slow': 'nothing' }
    const error = await inTime(slow)
    expect((error as Error).message).toContain('did not answer GET /slow')
    expect(printed).toContain(`${first?.text}: a call was not answered in time, and the connection is made again`)
    expect(printed).not.toContain('the connection is lost')
    expect(second?.daemon.asked).toEqual([])
  })
})

test('a manager that answers again after a while is not left for a worker', async () => {
  const [first, worker] = daemons(healthy, { ...healthy, '/info': { body: WORKER } })
  using managers = await connected()
  if (first !== undefined)
    first.daemon.answers = { '/info': { body: ELECTING }, '/nodes': { status: 500, body: { message: NO_LEADER } } }
  const asked = managers.engine.get('/nodes')
  setTimeout(() => Object.assign(first?.daemon ?? {}, { answers: healthy }), 20_000)
  await inTime(asked)
  expect(printed).toContain(`${first?.text}: the swarm has no leader, which is waited for`)
  expect(printed).toContain(`${first?.text}: the swarm answers again`)
  expect(worker?.daemon.asked).not.toContain('/nodes')
})
