import { describe, expect, test } from '@jest/globals'
import type { ServiceSpec, UpdateConfig } from '../../../src/docker/api.ts'
import { parseGoJson } from '../../../src/docker/engine/go-json.ts'
import {
  beforeInterim,
  emptied,
  INTERIM_LABEL,
  type Mark,
  markOf,
  mayBeAlive,
  sameMark,
  withFirstTasks,
  withoutInterim,
} from '../../../src/plan/interim-spec.ts'
import { Secret } from '../../../src/runner/secrets/secret.ts'
import { createService, createSpec } from '../../support/builders.ts'

const RUN: Mark = { token: 'ours', owner: 'acme/shop', url: 'https://ci.example.com/1', until: 1000, hasLock: false }

function specOf(replicas: number, Image = 'web:1', overrides: Partial<ServiceSpec> = {}): ServiceSpec {
  const Mode = { Replicated: { Replicas: replicas } }
  return createSpec({ Mode, ...overrides, TaskTemplate: { ContainerSpec: { Image } } })
}

const PASSWORD = 'Pebble-Junction-29-Saffron'
new Secret(PASSWORD)

describe('an interim spec', () => {
  test('of a service that is emptied has no replicas, and is otherwise the same', () => {
    const { Labels, Mode, ...rest } = emptied(specOf(4, 'web:1', { Labels: { a: 'b' } }), RUN)
    expect(Mode).toEqual({ Replicated: { Replicas: 0 } })
    expect(Labels).toEqual({ a: 'b', [INTERIM_LABEL]: expect.any(String) })
    expect(rest).toEqual((({ Labels: _, Mode: __, ...same }) => same)(specOf(4)))
  })

  test('of a global service that is emptied allows no node', () => {
    const global = createSpec({
      Mode: { Global: {} },
      TaskTemplate: { Placement: { Constraints: ['node.role==worker'] } },
    })
    expect(emptied(global, RUN).TaskTemplate.Placement?.Constraints).toEqual([
      'node.role==worker',
      'node.id==swarm-deploy.none',
    ])
  })

  test('with canaries has the new tasks, and of the rest only how they come', () => {
    const next = specOf(9, 'web:2', { Labels: { new: '1' }, UpdateConfig: { Monitor: 7, Parallelism: 3 } })
    const spec = withFirstTasks(specOf(4, 'web:1', { Labels: { a: 'b' } }), next, 2, RUN)
    expect(spec).toEqual({
      ...specOf(4, 'web:2'),
      Labels: { a: 'b', [INTERIM_LABEL]: expect.any(String) },
      UpdateConfig: { Monitor: 7, Parallelism: 2, Delay: 2.592e15, FailureAction: 'pause', MaxFailureRatio: 0 },
    })
    expect(Number.isSafeInteger(spec.UpdateConfig?.Delay)).toBe(true)
  })

  test('holds numbers of 64 bits as they were', () => {
    const policy = parseGoJson('{"Parallelism":9223372036854775807,"Monitor":7}') as UpdateConfig
    const spec = withFirstTasks(specOf(4, 'web:1', { UpdateConfig: policy }), specOf(4, 'web:2'), 2, RUN)
    expect(spec.Labels?.[INTERIM_LABEL]).toContain(':9223372036854775807,')
    expect(withoutInterim(spec).UpdateConfig).toEqual(policy)
  })

  test('is seen through: the service is what it was before', () => {
    const service = createService({ Spec: emptied(specOf(4), RUN), PreviousSpec: specOf(4) })
    expect(beforeInterim(service)).toEqual({ current: { ...service, Spec: specOf(4) }, interim: service.Spec })
  })

  test('is not seen in a service that has none', () => {
    const service = createService({ PreviousSpec: emptied(specOf(4), RUN) })
    expect(beforeInterim(service)).toEqual({ current: service })
  })

  test('is taken out of a service that somebody else has changed since', () => {
    const theirs = { ...emptied(specOf(4), RUN), TaskTemplate: { ContainerSpec: { Image: 'web:theirs' } } }
    const service = createService({ Spec: theirs, PreviousSpec: emptied(specOf(4), RUN) })
    const current = { ...service, Spec: specOf(4, 'web:theirs', { Labels: {} }) }
    expect(beforeInterim(service)).toEqual({ current, interim: theirs })
  })
})

describe('the mark of an interim spec', () => {
  test('says whose it is, also when somebody else has changed the rest', () => {
    const spec = emptied(specOf(4), RUN)
    expect(markOf(spec)).toEqual(RUN)
    expect(markOf({ ...spec, Mode: { Replicated: { Replicas: 9 } } })).toEqual(RUN)
    expect(markOf(specOf(4))).toBeUndefined()
  })

  test.each<[string, ServiceSpec, boolean]>([
    ['the same run', withFirstTasks(specOf(1), specOf(2), 1, RUN), true],
    ['another run', emptied(specOf(4), { ...RUN, token: 'theirs' }), false],
    ['no run', specOf(4), false],
    ['one that says nothing', specOf(4, 'web:1', { Labels: { [INTERIM_LABEL]: '{}' } }), false],
  ])('is that of %s', (_, spec, isSame) => {
    expect(sameMark(emptied(specOf(4), RUN), spec)).toBe(isSame)
  })

  test('of an earlier version of this action is none, and one of those is like the other', () => {
    const unmarked = specOf(4, 'web:1', { Labels: { [INTERIM_LABEL]: '{"before":{},"meanwhile":{}}' } })
    expect(markOf(unmarked)).toBeUndefined()
    expect(sameMark(unmarked, unmarked)).toBe(true)
  })

  test.each<[string, Partial<Mark>, number, boolean, boolean]>([
    ['has time left', {}, 999, false, true],
    ['has none left', {}, 1000, false, false],
    ['has time left, and no lock, which we have', {}, 999, true, true],
    ['had the lock that we have now', { hasLock: true }, 999, true, false],
    ['had the lock, and we did not ask for it', { hasLock: true }, 999, false, true],
  ])('of a run that %s', (_, mark, now, hasLock, alive) => {
    expect(mayBeAlive({ ...RUN, ...mark }, now, hasLock)).toBe(alive)
  })

  test.each([
    ['null', undefined],
    ['[]', undefined],
    ['{"run":{"token":"t"}}', undefined],
    ['{"run":{"token":7,"until":1}}', undefined],
    ['{"run":{"token":"t","until":1e300}}', { owner: 'someone unknown', url: '', until: 8.64e15, hasLock: false }],
    [
      JSON.stringify({
        run: { token: 't', until: 1, owner: 'a\n::error::b\u001b', url: 'javascript:x', hasLock: 'yes' },
      }),
      { owner: 'a ::error::b ', url: '', hasLock: false },
    ],
    [JSON.stringify({ run: { token: 't', until: 1, owner: 'o'.repeat(9999) } }), { owner: 'o'.repeat(300) }],
    [
      JSON.stringify({ run: { token: 't', until: 1, owner: `${'o'.repeat(290)}${PASSWORD}` } }),
      { owner: `${'o'.repeat(290)}***` },
    ],
  ])('that anybody may have written is read with care: %s', (label, mark) => {
    const read = markOf(specOf(4, 'web:1', { Labels: { [INTERIM_LABEL]: label } }))
    if (mark === undefined) expect(read).toBeUndefined()
    else expect(read).toMatchObject(mark)
  })
})

describe("somebody else's spec, made over an interim one", () => {
  const POLICY = { Parallelism: 2, Delay: 5, FailureAction: 'rollback', Monitor: 3 } as const

  test('keeps what they changed, and has the replicas of before', () => {
    const before = specOf(4, 'web:1', { Labels: { a: 'b' } })
    const theirs = { ...emptied(before, RUN), TaskTemplate: { ContainerSpec: { Image: 'web:theirs' } } }
    expect(withoutInterim(theirs)).toEqual(specOf(4, 'web:theirs', { Labels: { a: 'b' } }))
  })

  test('has the replicas that they gave it', () => {
    const theirs = { ...emptied(specOf(4), RUN), Mode: { Replicated: { Replicas: 7 } } }
    expect(withoutInterim(theirs)).toEqual(specOf(7, 'web:1', { Labels: {} }))
  })

  test('may run on the nodes again, as far as their constraints go', () => {
    const global = createSpec({ Mode: { Global: {} }, TaskTemplate: { Placement: { Constraints: ['a==b'] } } })
    expect(withoutInterim(emptied(global, RUN))).toEqual({ ...global, Labels: {} })
  })

  test.each([
    ['the policy of before', {}, POLICY],
    ['the settings that they changed, and the others of before', { Delay: 9 }, { ...POLICY, Delay: 9 }],
    ['no delay, when they took it out', { Delay: 0 }, { ...POLICY, Delay: 0 }],
  ])('has %s', (_, changed, policy) => {
    const before = specOf(4, 'web:1', { UpdateConfig: POLICY })
    const wanted = specOf(4, 'web:2', { UpdateConfig: { ...POLICY, Monitor: 8 } })
    const interim = withFirstTasks(before, wanted, 1, RUN)
    const theirs = { ...interim, UpdateConfig: { ...interim.UpdateConfig, ...changed } }
    expect(withoutInterim(theirs)).toEqual(specOf(4, 'web:2', { Labels: {}, UpdateConfig: policy }))
  })

  test('has no policy where there was none', () => {
    const interim = withFirstTasks(specOf(4), specOf(4, 'web:2'), 1, RUN)
    expect(withoutInterim(interim)).toEqual(specOf(4, 'web:2', { Labels: {} }))
    const theirs = { ...interim, UpdateConfig: { ...interim.UpdateConfig, Delay: 9 } }
    expect(withoutInterim(theirs).UpdateConfig).toEqual({ Parallelism: 1, Delay: 9 })
  })

  test('loses a label that says nothing', () => {
    expect(withoutInterim(specOf(4, 'web:1', { Labels: { [INTERIM_LABEL]: 'x' } }))).toEqual(
      specOf(4, 'web:1', { Labels: {} }),
    )
  })
})
