import { describe, expect, test } from '@jest/globals'
import { type Evidence, judge, mustBeGreen, type Said } from '../../../lab/faults/judge.ts'
import { type Fault, PLAIN, type PlayedService, type Scenario } from '../../../lab/faults/scenario.ts'
import type { ContainerSeen, ServiceSeen, Truth } from '../../../lab/faults/truth.ts'

const OLD = 'registry/web:v1@sha256:old'
const NEW = 'registry/web:v2@sha256:new'

const WEB: PlayedService = {
  name: 'web',
  mode: 'replicated',
  before: 2,
  replicas: 2,
  strategy: 'rolling',
  behaviour: 'runs',
  order: 'stop-first',
  failureAction: 'pause',
  route: 'labels',
}

const SCENARIO: Scenario = {
  seed: 1,
  number: 1,
  shape: 'services',
  services: [WEB],
  strategy: 'rolling',
  place: 'anywhere',
  onFailure: 'rollback',
  onCancel: 'keep',
  lock: false,
  timeoutSeconds: 30,
  maxParallel: 10,
  prepare: 'false',
  hosts: [0],
  faults: [],
  again: false,
  asks: PLAIN,
}

function serviceSeen(image: string, replicas = 2, labels: Record<string, string> = {}, name = 'web'): ServiceSeen {
  const spec = {
    Name: name,
    Labels: labels,
    Mode: { Replicated: { Replicas: replicas } },
    TaskTemplate: { ContainerSpec: { Image: image } },
  }
  return { id: `id-${name}`, name, spec }
}

const SECRET = [{ id: 's1', name: 'token-web-1' }]
const RECORD = { name: 'swarm-deploy.record.web.1', of: 'service/web' }

function truth(services: readonly ServiceSeen[], images: readonly string[], more: Partial<Truth> = {}): Truth {
  const containers = images.map((image, index) => {
    return { service: 'web', node: `n${index}`, image, task: `${image} ${index}`, health: 'none' }
  })
  const ready = { manager: 3, worker: 1 }
  return { services, containers, completed: [], locks: [], records: [RECORD], objects: [], ready, ...more }
}

const BEFORE = truth([serviceSeen(OLD)], [OLD, OLD])
const AFTER = truth([serviceSeen(NEW)], [NEW, NEW])

function said(outcome: string, cause: string | null = null): Said[] {
  return [{ name: 'web', outcome, live: 'web', cause }]
}

/** Of a run in which all went well. */
function evidence(overrides: Partial<Evidence> = {}): Evidence {
  return {
    code: 0,
    status: 'converged',
    said: said('updated'),
    printed: 'converged: 1 updated\n::add-mask::s3cret\n',
    seconds: 5,
    secondsToWayBack: undefined,
    hung: false,
    struck: [],
    secondsAfterSignal: undefined,
    others: [],
    before: BEFORE,
    atEnd: AFTER,
    settled: AFTER,
    wanted: new Map([['web', NEW]]),
    secrets: ['s3cret'],
    files: [],
    processes: [],
    ...overrides,
  }
}

const RED = { code: 1, status: 'failed' }
const BACK = { ...RED, status: 'rolled-back', said: said('rolled-back'), settled: BEFORE, atEnd: BEFORE }
const BAD = { ...SCENARIO, services: [{ ...WEB, behaviour: 'crashes' as const }] }

function kinds(scenario: Scenario, seen: Evidence): string[] {
  return judge(scenario, seen).map(({ kind }) => kind)
}

const fault = (kind: 'door' | 'node' | 'registry', what: string, seconds = 2) =>
  ({ kind, what, which: 'leader', at: { stage: 'deploy', ms: 0 }, seconds }) as unknown as Fault
const SIGTERM: Fault = { kind: 'signal', what: 'SIGTERM', at: { stage: 'watch', ms: 0 }, seconds: 0 }
const SIGKILL: Fault = { ...SIGTERM, what: 'SIGKILL' }

const JOB_ON_WORKERS: Scenario = { ...SCENARIO, place: 'worker', services: [{ ...WEB, mode: 'global-job' }] }
const MISSED = 'not settled within 60 s: 0/1 task complete; Swarm has made no task on a node that is ready now'

describe('nothing is wrong with', () => {
  test.each<[string, Scenario, Partial<Evidence>]>([
    ['a green run that is true', SCENARIO, {}],
    ['a bad image that went back', BAD, BACK],
    ['a way back that takes its time', BAD, { ...BACK, seconds: 100, secondsToWayBack: 30 }],
    ['a bad image that was kept', { ...BAD, onFailure: 'keep' }, { ...RED, said: said('failed', 'exit code 3') }],
    ['a red run because of its registry', SCENARIO, { ...BACK, struck: [fault('registry', 'error')] }],
    [
      'a red run because of somebody else',
      SCENARIO,
      {
        ...RED,
        said: said('superseded'),
        settled: truth([serviceSeen('theirs')], ['theirs', 'theirs']),
        others: [{ service: 'web', secondsBefore: 4 }],
      },
    ],
    [
      'a green run after which somebody else deployed',
      SCENARIO,
      {
        settled: truth([serviceSeen('theirs')], ['theirs', 'theirs']),
        others: [{ service: 'web', secondsBefore: -1 }],
      },
    ],
    [
      'a job on all nodes for which Swarm makes no task',
      JOB_ON_WORKERS,
      {
        ...RED,
        said: said('timed-out', MISSED),
        struck: [{ ...fault('node', 'kill'), which: 'leader' } as Fault],
        settled: truth([serviceSeen(NEW)], []),
        atEnd: undefined,
      },
    ],
    [
      'a service that was made smaller, while what goes still ends',
      SCENARIO,
      {
        atEnd: {
          ...AFTER,
          containers: [...AFTER.containers, { ...(AFTER.containers[0] as ContainerSeen), isEnding: true }],
        },
      },
    ],
    [
      'a run that was killed',
      SCENARIO,
      {
        code: null,
        status: undefined,
        said: [],
        struck: [SIGKILL],
        secondsAfterSignal: 0,
        settled: truth([serviceSeen(NEW)], [OLD, NEW]),
      },
    ],
    [
      'a run that was cancelled and keeps',
      SCENARIO,
      {
        code: 1,
        status: 'cancelled',
        said: said('cancelled', 'Swarm goes on'),
        struck: [SIGTERM],
        secondsAfterSignal: 3,
        settled: truth([serviceSeen(NEW)], [NEW, OLD]),
      },
    ],
  ])('%s', (_, scenario, overrides) => {
    expect(judge(scenario, evidence(overrides))).toEqual([])
  })
})

describe('a verdict is wrong', () => {
  test.each<[string, Scenario, Partial<Evidence>, string]>([
    ['green, and the spec is the old one', SCENARIO, { settled: BEFORE }, 'green and untrue'],
    [
      'green, and one container is old',
      SCENARIO,
      { settled: truth([serviceSeen(NEW)], [NEW, OLD]) },
      'green and untrue',
    ],
    [
      'green, and one runs too many',
      SCENARIO,
      { settled: truth([serviceSeen(NEW)], [NEW, NEW, NEW]) },
      'green and untrue',
    ],
    [
      'green, and the replicas are others',
      SCENARIO,
      { settled: truth([serviceSeen(NEW, 3)], [NEW, NEW]) },
      'green and untrue',
    ],
    ['green, and the service is gone', SCENARIO, { settled: truth([], []) }, 'green and untrue'],
    ['green on a bad image', BAD, {}, 'green and untrue'],
    [
      'green while one container too many runs that nobody has told to end',
      SCENARIO,
      { atEnd: truth([serviceSeen(NEW)], [NEW, NEW, NEW]) },
      'green too early',
    ],
    [
      'red because of a task that Swarm is said not to have made, and that has done its work',
      JOB_ON_WORKERS,
      {
        ...RED,
        said: said('timed-out', MISSED),
        struck: [{ ...fault('node', 'kill'), which: 'leader' } as Fault],
        settled: truth([serviceSeen(NEW)], [], { completed: [{ service: 'web', image: NEW }] }),
        atEnd: undefined,
      },
      'needless red',
    ],
    ['green before the last container runs', SCENARIO, { atEnd: truth([serviceSeen(NEW)], [NEW]) }, 'green too early'],
    [
      'green though somebody else deployed long before',
      SCENARIO,
      {
        settled: BEFORE,
        others: [{ service: 'web', secondsBefore: 9 }],
      },
      'green and untrue',
    ],
    ['red without a reason', SCENARIO, { ...RED, said: said('updated') }, 'needless red'],
    ['red by a fault that passes', SCENARIO, { ...BACK, struck: [fault('door', 'cut')] }, 'needless red'],
    ['rolled back, and it was not', BAD, { ...BACK, settled: AFTER }, 'rolled back and untrue'],
    ['skipped, and it was changed', BAD, { ...BACK, said: said('skipped'), settled: AFTER }, 'rolled back and untrue'],
    [
      'rolled back, and nothing runs',
      BAD,
      { ...BACK, settled: truth([serviceSeen(OLD)], []) },
      'rolled back and untrue',
    ],
    ['failed, and nothing went back', BAD, { ...RED, said: said('failed', 'exit code 3') }, 'way back missing'],
    [
      'denied that something changed',
      BAD,
      { ...RED, said: [], printed: '::error::no. Nothing was changed' },
      'changed and denied',
    ],
    ['a code that is not that of the status', SCENARIO, { status: 'failed' }, 'no verdict'],
    ['a crash', SCENARIO, { code: null }, 'no verdict'],
    ['a bug', BAD, { ...BACK, printed: '::error::A bug of this action, not of your workflow.' }, 'a bug'],
    ['in words of its own', BAD, { ...BACK, printed: '::error::it cannot be watched: aborted; no' }, 'no words for it'],
    ['late', SCENARIO, { seconds: 46 }, 'over time'],
    ['late after SIGTERM', SCENARIO, { ...BACK, struck: [SIGTERM], secondsAfterSignal: 11 }, 'late end'],
    ['for ever', SCENARIO, { code: null, status: undefined, said: [], hung: true }, 'hung'],
    ['with a secret', SCENARIO, { printed: 'the password is s3cret' }, 'secret shown'],
  ])('%s', (_, scenario, overrides, kind) => {
    expect(kinds(scenario, evidence(overrides))).toContain(kind)
  })
})

test.each<[string, Partial<Evidence>]>([
  ['a file', { files: ['swarm-deploy-1'] }],
  ['a process', { processes: ['12 docker'] }],
  ['a lock', { settled: { ...AFTER, locks: ['swarm-deploy.lock.service.web'] } }],
  ['an interim spec', { settled: truth([serviceSeen(NEW, 2, { 'swarm-deploy.interim': '{}' })], [NEW, NEW]) }],
])('what stays is wrong: %s', (_, overrides) => {
  expect(kinds(SCENARIO, evidence(overrides))).toEqual(['left behind'])
})

test('of blue-green the live one counts, and nothing may be beside it', () => {
  const scenario: Scenario = { ...SCENARIO, services: [{ ...WEB, strategy: 'blue-green' }] }
  const routed = { 'traefik.enable': 'true' }
  const containers = [NEW, NEW].map((image) => ({
    service: 'web-blue',
    node: 'n1',
    image,
    task: image,
    health: 'healthy',
  }))
  const live = { said: [{ name: 'web', outcome: 'updated', live: 'web-blue', cause: null }], atEnd: undefined }
  const there = truth([serviceSeen(NEW, 2, routed, 'web-blue')], [], { containers })
  expect(kinds(scenario, evidence({ ...live, settled: there }))).toEqual([])
  const unrouted = truth([serviceSeen(NEW, 2, {}, 'web-blue')], [], { containers })
  expect(kinds(scenario, evidence({ ...live, settled: unrouted }))).toEqual(['green and untrue'])
  const beside = { ...there, services: [...there.services, serviceSeen(OLD)] }
  expect(kinds(scenario, evidence({ ...live, settled: beside }))).toEqual(['green and untrue'])
})

test('a job that went wrong stays as it is, and does not do its old work again', () => {
  const scenario: Scenario = { ...BAD, services: [{ ...WEB, mode: 'global-job', behaviour: 'crashes' }] }
  const jobs = (image: string, times: number): Truth => {
    const seen = serviceSeen(image)
    const spec = { ...seen.spec, Mode: {} }
    return truth([{ ...seen, spec }], [], { completed: Array(times).fill({ service: 'web', image: OLD }) })
  }
  const seen = { ...BACK, before: jobs(OLD, 4) }
  expect(kinds(scenario, evidence({ ...seen, settled: jobs(NEW, 4) }))).toEqual([])
  expect(kinds(scenario, evidence({ ...seen, settled: jobs(OLD, 4) }))).toEqual([])
  expect(kinds(scenario, evidence({ ...seen, settled: jobs(OLD, 8) }))).toEqual(['rolled back and untrue'])
})

test('a job is true when its tasks are complete', () => {
  const scenario: Scenario = { ...SCENARIO, services: [{ ...WEB, mode: 'replicated-job', replicas: 1 }] }
  const spec = { ...serviceSeen(NEW).spec, Mode: {} }
  const ran = { services: [{ ...serviceSeen(NEW), spec }], containers: [] }
  const done = { ...AFTER, ...ran, completed: [{ service: 'web', image: NEW }] }
  expect(kinds(scenario, evidence({ atEnd: done, settled: done }))).toEqual([])
  expect(kinds(scenario, evidence({ atEnd: done, settled: { ...AFTER, ...ran } }))).toEqual(['green and untrue'])
})

test('of two runs for one service one wins, and what it asked for stays', () => {
  const theirs = (isGreen: boolean) => [{ service: 'web', secondsBefore: -1, run: { isGreen, image: 'theirs' } }]
  const run: Fault = { kind: 'other', what: 'run', service: 'web', at: { stage: 'deploy', ms: 0 }, seconds: 0 }
  const lost = { ...RED, said: said('superseded'), struck: [run] }
  const stays = truth([serviceSeen('theirs')], ['theirs', 'theirs'])
  expect(kinds(SCENARIO, evidence({ ...lost, settled: stays, others: theirs(true) }))).toEqual([])
  expect(kinds(SCENARIO, evidence({ ...lost, others: theirs(false) }))).toEqual(['needless red'])
  expect(kinds(SCENARIO, evidence({ ...lost, settled: BEFORE, others: theirs(true) }))).toEqual(['green and untrue'])
})

test('a run has to be green whatever passes soon and elsewhere', () => {
  const onWorker: Scenario = { ...SCENARIO, place: 'worker' }
  expect(mustBeGreen(SCENARIO, [fault('door', 'cut'), fault('node', 'freeze')], false)).toBe(true)
  expect(mustBeGreen(onWorker, [fault('node', 'kill')], false)).toBe(true)
  expect(mustBeGreen(SCENARIO, [fault('node', 'kill')], false)).toBe(false)
  expect(mustBeGreen(SCENARIO, [fault('registry', 'error')], false)).toBe(false)
  expect(mustBeGreen(SCENARIO, [fault('door', 'cut', 20)], false)).toBe(false)
  expect(mustBeGreen(SCENARIO, [{ ...fault('door', 'html'), at: { stage: 'start', ms: 0 } }], false)).toBe(false)
  expect(mustBeGreen(SCENARIO, [SIGTERM], false)).toBe(false)
  expect(mustBeGreen(SCENARIO, [], true)).toBe(false)
  expect(mustBeGreen(BAD, [], false)).toBe(false)
})

describe('what else is asked for', () => {
  const asking = (asks: Partial<Scenario['asks']>, service: Partial<PlayedService> = {}): Scenario => {
    return { ...SCENARIO, services: [{ ...WEB, ...service }], asks: { ...PLAIN, ...asks } }
  }

  test('new tasks are others than before', () => {
    const forced = asking({ force: ['web'] })
    expect(kinds(forced, evidence())).toEqual([])
    const stayed = { ...AFTER, containers: AFTER.containers.map((one, index) => ({ ...one, task: `${OLD} ${index}` })) }
    expect(kinds(forced, evidence({ settled: stayed, atEnd: stayed }))).toEqual([
      'green and untrue',
      'green and untrue',
    ])
  })

  test('what is called unchanged has the tasks that it had', () => {
    const unchanged = { said: said('unchanged'), status: 'unchanged', wanted: new Map([['web', OLD]]) }
    const same = asking({ sameDigest: true }, { behaviour: 'same' })
    expect(kinds(same, evidence({ ...unchanged, settled: BEFORE, atEnd: BEFORE }))).toEqual([])
    const anew = { ...BEFORE, containers: BEFORE.containers.map((one) => ({ ...one, task: `new ${one.task}` })) }
    expect(kinds(same, evidence({ ...unchanged, settled: anew, atEnd: anew }))).toEqual(['green and untrue'])
  })

  test('a number of tasks that is kept is that of before', () => {
    expect(kinds(asking({ keepReplicas: true }, { replicas: 3 }), evidence())).toEqual([])
    expect(kinds(asking({}, { replicas: 3 }), evidence())).toContain('green and untrue')
  })

  test('secrets and configs are attached, and none is left that nobody needs', () => {
    const attached = asking({ attached: true })
    expect(kinds(attached, evidence())).toEqual(['green and untrue', 'green and untrue'])
    const left = { ...BEFORE, objects: [{ id: 'o1', name: 'token-web-1' }] }
    const bad = { ...BAD, asks: { ...PLAIN, attached: true } }
    expect(kinds(bad, evidence({ ...BACK, settled: left }))).toEqual(['left behind'])
  })

  test('what is left out stays as it was', () => {
    const stack: Scenario = { ...SCENARIO, shape: 'stack', asks: { ...PLAIN, only: ['api'] } }
    const named = (image: string) => truth([serviceSeen(image, 2, {}, 'shop1_web')], [])
    const records = [{ name: 'swarm-deploy.record.shop1.1', of: 'stack/shop1' }]
    const seen = { said: [], before: named(OLD), atEnd: undefined }
    expect(kinds(stack, evidence({ ...seen, settled: { ...named(OLD), records } }))).toEqual([])
    expect(kinds(stack, evidence({ ...seen, settled: { ...named(NEW), records } }))).toEqual(['changed and denied'])
  })

  test.each<[string, Partial<Scenario['asks']>, Partial<Evidence>]>([
    ['none of a green run', {}, { settled: { ...AFTER, records: [] } }],
    ['one though none is kept', { historyLimit: 0 }, {}],
    [
      'more than are kept',
      { historyLimit: 1 },
      { settled: { ...AFTER, records: [RECORD, { ...RECORD, name: 'r2' }] } },
    ],
    ['one of a red run', {}, { ...BACK, settled: { ...BEFORE, records: [RECORD, { ...RECORD, name: 'r2' }] } }],
  ])('records that are wrong: %s', (_, asks, seen) => {
    const scenario = seen.code === 1 ? { ...BAD, asks: { ...PLAIN, ...asks } } : asking(asks)
    expect(kinds(scenario, evidence(seen))).toEqual(['untrue record'])
  })
})

describe('a removal', () => {
  const removal: Scenario = { ...SCENARIO, asks: { ...PLAIN, run: 'remove' } }
  const gone = truth([], [], { records: [] })
  const seen = { status: 'removed', said: said('removed') }

  test('is true when nothing is there any more', () => {
    expect(kinds(removal, evidence({ ...seen, settled: gone, atEnd: gone }))).toEqual([])
  })

  test.each<[string, Partial<Evidence>, string]>([
    ['the service', { settled: truth([serviceSeen(OLD)], [], { records: [] }) }, 'green and untrue'],
    ['a container', { settled: truth([], [OLD], { records: [] }) }, 'green and untrue'],
    ['a container at its end', { atEnd: truth([], [OLD]) }, 'green too early'],
    ['a record', { settled: truth([], []) }, 'green and untrue'],
    ['a secret', { before: { ...BEFORE, objects: SECRET }, settled: { ...gone, objects: SECRET } }, 'green and untrue'],
  ])('is untrue when there is still %s', (_, overrides, kind) => {
    expect(kinds(removal, evidence({ ...seen, settled: gone, atEnd: gone, ...overrides }))).toEqual([kind])
  })

  test('is needlessly red when nothing was in its way', () => {
    expect(kinds(removal, evidence({ ...RED, said: said('failed'), settled: BEFORE }))).toEqual(['needless red'])
  })
})

describe('a status', () => {
  const status: Scenario = { ...SCENARIO, asks: { ...PLAIN, run: 'status' } }
  const up = { status: 'healthy', said: said('up') }

  test('is true when what is up runs', () => {
    expect(kinds(status, evidence({ ...up, settled: BEFORE, atEnd: BEFORE }))).toEqual([])
    const half = { ...BEFORE, containers: BEFORE.containers.slice(1) }
    expect(kinds(status, evidence({ ...up, before: half, settled: half, atEnd: half }))).toEqual(['green and untrue'])
  })

  test('changes nothing, and has no problem where there is none', () => {
    expect(kinds(status, evidence({ ...up, settled: AFTER }))).toContain('changed and denied')
    const red = { ...RED, status: 'problems', said: said('problem'), settled: BEFORE, atEnd: BEFORE }
    expect(kinds(status, evidence(red))).toEqual(['needless red'])
  })
})
