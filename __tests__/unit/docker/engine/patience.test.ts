import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import {
  ConnectionLost,
  type Engine,
  EngineError,
  type RawAnswer,
  TooLate,
  Unreadable,
} from '../../../../src/docker/engine/engine.ts'
import { type Daemons, patient, patientEngine, type Trouble } from '../../../../src/docker/engine/patience.ts'
import { nowMs, timeLimit } from '../../../../src/runner/time/clock.ts'

const NO_LEADER = new EngineError(
  500,
  "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible",
)
const STARTING = new EngineError(
  503,
  'This node is not a swarm manager. Manager is being prepared or has trouble connecting to the cluster.',
)
const DEMOTED = new EngineError(
  503,
  "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state.",
)
const LOCKED = new EngineError(
  503,
  'Swarm is encrypted and needs to be unlocked before it can be used. Please use "docker swarm unlock" to unlock it.',
)
const EXPIRED = new EngineError(
  503,
  'Swarm certificates have expired. To replace them, leave the swarm and join again.',
)
const CUT = new ConnectionLost('unix:///a did not answer GET /nodes: the answer broke off')
const GARBAGE = new Unreadable('unix:///a cannot be understood: it answers GET /nodes with "{}"')
const GATEWAY = new EngineError(503, 'HTML ("Service Unavailable")', undefined, false)
const FORBIDDEN = new EngineError(403, 'HTML ("403 Forbidden")', undefined, false)
const REFUSED = new EngineError(400, 'invalid mount target')

/** A daemon that does with the n-th call what is said, and from then on always the last. */
function daemonThat(...turns: readonly (Error | 'answers' | 'hangs')[]) {
  let calls = 0
  const ask = <T>(): Promise<T> => {
    const turn = turns[Math.min(calls++, turns.length - 1)]
    if (turn === 'hangs') return new Promise(() => undefined)
    return turn instanceof Error ? Promise.reject(turn) : Promise.resolve('answer' as T)
  }
  const engine: Engine = {
    apiVersion: '1.51',
    get: ask,
    post: ask,
    remove: ask,
    bytes: ask,
    forward: ask,
    lines: () => {
      throw new Error('no stream here')
    },
    close: () => undefined,
  }
  return { engine, calls: () => calls }
}

/** Daemons that notes what it is told. */
function only(current: Engine): Daemons & { readonly told: Trouble[] } {
  const told: Trouble[] = []
  return { current, hasOthers: false, onTrouble: (trouble) => told.push(trouble), told }
}

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

/** Moves time on until the call has ended: how, and after how many seconds. */
async function outcome(call: Promise<unknown>): Promise<{ readonly result: unknown; readonly seconds: number }> {
  const begunAt = nowMs()
  let over = false
  const ended = call
    .catch((error: unknown) => error)
    .finally(() => {
      over = true
    })
  while (!over) await jest.advanceTimersByTimeAsync(250)
  return { result: await ended, seconds: Math.round((nowMs() - begunAt) / 1000) }
}

describe('a read is made again', () => {
  test.each([
    ['while the swarm has no leader', NO_LEADER, 'no-leader'],
    ['while the manager starts', STARTING, 'no-leader'],
    ['after a lost connection', CUT, 'no-connection'],
    ['when what stands in front of the daemon does not reach it', GATEWAY, 'no-connection'],
    ['after an answer that cannot be read', GARBAGE, 'unreadable'],
    ['while its node does not manage', DEMOTED, 'no-manager'],
    ['while the certificate of its node is too old', EXPIRED, 'no-manager'],
    ['while its swarm is locked', LOCKED, 'locked'],
  ])('%s', async (_, error, trouble) => {
    const { engine, calls } = daemonThat(error, error, error, 'answers')
    const daemons = only(engine)
    const { result } = await outcome(patientEngine(daemons).get('/nodes'))
    expect(result).toBe('answer')
    expect(calls()).toBe(4)
    expect(daemons.told).toEqual([trouble, trouble, trouble])
  })

  test.each([
    ['an election', NO_LEADER, 90],
    ['a lost connection', CUT, 90],
    ['what cannot be read', GARBAGE, 10],
    ['a node that was demoted', DEMOTED, 20],
    ['a locked swarm', LOCKED, 90],
  ])('because of %s, until its patience is over, and then it is told', async (_, error, seconds) => {
    const waited = await outcome(patient(daemonThat(error).engine).get('/nodes'))
    expect(waited.result).toBe(error)
    expect(Math.abs(waited.seconds - seconds)).toBeLessThanOrEqual(1)
  })

  test('and so are a removal, bytes, and a change whose second does no harm', async () => {
    for (const call of [
      (engine: Engine) => engine.remove('/services/1'),
      (engine: Engine) => engine.bytes('/tasks/1/logs'),
      (engine: Engine) => engine.post('/configs/create', { mayRepeat: true }),
    ]) {
      const { engine, calls } = daemonThat(CUT, NO_LEADER, 'answers')
      expect((await outcome(call(patientEngine(only(engine))))).result).toBe('answer')
      expect(calls()).toBe(3)
    }
  })
})

test('a service that is known is not believed to be gone by a manager that took long to answer', async () => {
  const web = { ID: 'web', Version: { Index: 7 }, Spec: {} }
  const answers = [web, [], [web]]
  const seconds = [0, 8, 0]
  const { engine } = daemonThat('answers')
  const get = <T>() => {
    const [answer, after = 0] = [answers.shift(), seconds.shift()]
    return new Promise<T>((resolve) => setTimeout(() => resolve(answer as T), after * 1000))
  }
  const asked = patientEngine(only({ ...engine, get }))
  await outcome(asked.get('/services/web'))
  const look = asked.get('/services', { query: { filters: JSON.stringify({ id: ['web'] }) } })
  expect((await outcome(look)).result).toEqual([web])
})

describe('a call is made once', () => {
  test.each([
    ['that is refused', REFUSED],
    ['that something in front of the daemon does not let through', FORBIDDEN],
    ['that is a bug', new TypeError('x')],
  ])('%s', async (_, error) => {
    const { engine, calls } = daemonThat(error)
    const daemons = only(engine)
    expect((await outcome(patientEngine(daemons).get('/nodes'))).result).toBe(error)
    expect(calls()).toBe(1)
    expect(daemons.told).toEqual([])
  })

  test('that changes something: what became of it is for a look to tell', async () => {
    for (const error of [CUT, NO_LEADER]) {
      const { engine, calls } = daemonThat(error, 'answers')
      const daemons = only(engine)
      expect((await outcome(patientEngine(daemons).post('/services/1/update'))).result).toBe(error)
      expect(calls()).toBe(1)
      expect(daemons.told).toHaveLength(1)
    }
  })

  test('of a registry, whose troubles are told in the words of an election', async () => {
    const slow = new EngineError(500, 'Get "https://a.b/v2/": context deadline exceeded')
    for (const path of ['/distribution/a.b/c:1/json', '/auth']) {
      const { engine, calls } = daemonThat(slow)
      expect((await outcome(patientEngine(only(engine)).post(path, { mayRepeat: true }))).result).toBe(slow)
      expect(calls()).toBe(1)
    }
  })

  test('that had the time which its caller gives it', async () => {
    const late = new TooLate('unix:///a did not answer')
    const { engine, calls } = daemonThat(late)
    expect((await outcome(patientEngine(only(engine)).get('/x', { timeoutSeconds: 30 }))).result).toBe(late)
    expect(calls()).toBe(1)
  })

  test('when the run is over', async () => {
    const { engine, calls } = daemonThat(CUT)
    expect((await outcome(patientEngine({ ...only(engine), isClosed: true }).get('/x'))).result).toBe(CUT)
    expect(calls()).toBe(1)
  })
})

describe('a signal ends the wait', () => {
  test('at once, with its reason', async () => {
    const stop = new AbortController()
    const call = patientEngine(only(daemonThat(NO_LEADER).engine)).get('/nodes', { signal: stop.signal })
    const ended = call.catch((error: unknown) => error)
    await jest.advanceTimersByTimeAsync(100)
    stop.abort(new Error('stopped'))
    expect(await ended).toMatchObject({ name: 'AbortError', cause: new Error('stopped') })
  })

  test('and when it is a time limit, what was met tells more than that it is over', async () => {
    const call = patientEngine(only(daemonThat(NO_LEADER).engine)).get('/nodes', { signal: timeLimit(5500) })
    expect(await outcome(call)).toEqual({ result: NO_LEADER, seconds: 6 })
  })
})

describe('with several managers', () => {
  test.each([
    ['has no leader', NO_LEADER],
    ['was demoted', DEMOTED],
    ['cannot be understood', GARBAGE],
    ['has lost its connection', CUT],
  ])('the call goes to the next when the one in use %s', async (_, error) => {
    const [bad, good] = [daemonThat(error), daemonThat('answers')]
    const daemons = {
      current: bad.engine,
      hasOthers: true,
      onTrouble(_trouble: Trouble, from: Engine) {
        if (from === bad.engine) setTimeout(() => Object.assign(daemons, { current: good.engine }), 30_000)
      },
    }
    expect(await outcome(patientEngine(daemons).get('/nodes'))).toMatchObject({ result: 'answer' })
    expect(good.calls()).toBe(1)
  })

  test('silence is told after ten seconds, while the call goes on', async () => {
    const daemons = { ...only(daemonThat('hangs').engine), hasOthers: true }
    void patientEngine(daemons).get('/nodes')
    void patientEngine(daemons).get('/distribution/x/json', { timeoutSeconds: 30 })
    await jest.advanceTimersByTimeAsync(9999)
    expect(daemons.told).toEqual([])
    await jest.advanceTimersByTimeAsync(60_000)
    expect(daemons.told).toEqual(['silent'])
  })
})

describe('what another client asks', () => {
  const answered = (status: number, body: string): RawAnswer => ({ status, headers: {}, body: Buffer.from(body) })

  test.each([
    ['passed on', answered(404, '{"message":"no such network"}'), 1],
    ['asked again while the swarm has no leader, and passed on in the end', answered(500, NO_LEADER.message), 92],
  ])('is %s', async (_, answer, most) => {
    let calls = 0
    const engine = {
      ...daemonThat('answers').engine,
      forward: () => {
        calls++
        return Promise.resolve(answer)
      },
    }
    const { result } = await outcome(patientEngine(only(engine)).forward({ method: 'GET', path: '/v1.51/networks/x' }))
    expect(result).toBe(answer)
    expect(calls).toBeLessThanOrEqual(most)
    expect(calls).toBeGreaterThanOrEqual(most - 4)
  })
})
