import { describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../../src/docker/api.ts'
import {
  beforeInterim,
  emptied,
  INTERIM_LABEL,
  remembersInterim,
  withCanaries,
  withoutInterim,
} from '../../../src/docker/interim-spec.ts'
import { createService, createSpec } from '../../support/builders.ts'

function specOf(replicas: number, Image = 'web:1', overrides: Partial<ServiceSpec> = {}): ServiceSpec {
  const Mode = { Replicated: { Replicas: replicas } }
  return createSpec({ Mode, ...overrides, TaskTemplate: { ContainerSpec: { Image } } })
}

describe('an interim spec', () => {
  test('of a service that is emptied has no replicas, and is otherwise the same', () => {
    const { Labels, Mode, ...rest } = emptied(specOf(4, 'web:1', { Labels: { a: 'b' } }))
    expect(Mode).toEqual({ Replicated: { Replicas: 0 } })
    expect(Labels).toEqual({ a: 'b', [INTERIM_LABEL]: expect.any(String) })
    expect(rest).toEqual((({ Labels: _, Mode: __, ...same }) => same)(specOf(4)))
  })

  test('of a global service that is emptied allows no node', () => {
    const global = createSpec({
      Mode: { Global: {} },
      TaskTemplate: { Placement: { Constraints: ['node.role==worker'] } },
    })
    expect(emptied(global).TaskTemplate.Placement?.Constraints).toEqual([
      'node.role==worker',
      'node.id==swarm-deploy.none',
    ])
  })

  test('with canaries has the new tasks, and of the rest only how they come', () => {
    const next = specOf(9, 'web:2', { Labels: { new: '1' }, UpdateConfig: { Monitor: 7, Parallelism: 3 } })
    const spec = withCanaries(specOf(4, 'web:1', { Labels: { a: 'b' } }), next, 2)
    expect(spec).toEqual({
      ...specOf(4, 'web:2'),
      Labels: { a: 'b', [INTERIM_LABEL]: expect.any(String) },
      UpdateConfig: { Monitor: 7, Parallelism: 2, Delay: 2.592e15, FailureAction: 'pause', MaxFailureRatio: 0 },
    })
    expect(Number.isSafeInteger(spec.UpdateConfig?.Delay)).toBe(true)
  })

  test('is seen through: the service is what it was before', () => {
    const service = createService({ Spec: emptied(specOf(4)), PreviousSpec: specOf(4) })
    expect(beforeInterim(service)).toEqual({ current: { ...service, Spec: specOf(4) }, interim: service.Spec })
  })

  test('is not seen in a service that has none', () => {
    const service = createService({ PreviousSpec: emptied(specOf(4)) })
    expect(beforeInterim(service)).toEqual({ current: service })
  })

  test('is taken out of a service that somebody else has changed since', () => {
    const theirs = { ...emptied(specOf(4)), TaskTemplate: { ContainerSpec: { Image: 'web:theirs' } } }
    const service = createService({ Spec: theirs, PreviousSpec: emptied(specOf(4)) })
    const current = { ...service, Spec: specOf(4, 'web:theirs', { Labels: {} }) }
    expect(beforeInterim(service)).toEqual({ current, interim: theirs })
  })

  test('must not be where a rollback by hand leads to', () => {
    expect(remembersInterim(createService({ PreviousSpec: emptied(specOf(4)) }))).toBe(true)
    expect(remembersInterim(createService({ PreviousSpec: specOf(4) }))).toBe(false)
    expect(remembersInterim(createService())).toBe(false)
  })
})

describe("somebody else's spec, made over an interim one", () => {
  const POLICY = { Parallelism: 2, Delay: 5, FailureAction: 'rollback', Monitor: 3 } as const

  test('keeps what they changed, and has the replicas of before', () => {
    const before = specOf(4, 'web:1', { Labels: { a: 'b' } })
    const theirs = { ...emptied(before), TaskTemplate: { ContainerSpec: { Image: 'web:theirs' } } }
    expect(withoutInterim(theirs)).toEqual(specOf(4, 'web:theirs', { Labels: { a: 'b' } }))
  })

  test('has the replicas that they gave it', () => {
    const theirs = { ...emptied(specOf(4)), Mode: { Replicated: { Replicas: 7 } } }
    expect(withoutInterim(theirs)).toEqual(specOf(7, 'web:1', { Labels: {} }))
  })

  test('may run on the nodes again, as far as their constraints go', () => {
    const global = createSpec({ Mode: { Global: {} }, TaskTemplate: { Placement: { Constraints: ['a==b'] } } })
    expect(withoutInterim(emptied(global))).toEqual({ ...global, Labels: {} })
  })

  test.each([
    ['the policy of before', {}, POLICY],
    ['the settings that they changed, and the others of before', { Delay: 9 }, { ...POLICY, Delay: 9 }],
    ['no delay, when they took it out', { Delay: 0 }, { ...POLICY, Delay: 0 }],
  ])('has %s', (_, changed, policy) => {
    const before = specOf(4, 'web:1', { UpdateConfig: POLICY })
    const wanted = specOf(4, 'web:2', { UpdateConfig: { ...POLICY, Monitor: 8 } })
    const interim = withCanaries(before, wanted, 1)
    const theirs = { ...interim, UpdateConfig: { ...interim.UpdateConfig, ...changed } }
    expect(withoutInterim(theirs)).toEqual(specOf(4, 'web:2', { Labels: {}, UpdateConfig: policy }))
  })

  test('has no policy where there was none', () => {
    const interim = withCanaries(specOf(4), specOf(4, 'web:2'), 1)
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
