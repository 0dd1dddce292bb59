import { describe, expect, test } from '@jest/globals'
import type { ServiceSpec } from '../../../src/docker/api.ts'
import type { StrategyChoice } from '../../../src/inputs/strategy.ts'
import { STRATEGIES } from '../../../src/strategies/table.ts'
import { createNode, createRequest, createService, createSpec, ROLLING } from '../../support/builders.ts'

const nodes = [createNode(1), createNode(2), createNode(3)]
const recreate: StrategyChoice = { kind: 'recreate', settings: undefined, uncountedSeconds: 0 }
const trial = { holdSeconds: 0 }

function canary(size: { tasks: number } | { percent: number }): StrategyChoice {
  return { kind: 'canary', settings: { size, trial }, uncountedSeconds: 0 }
}

function decide(strategy: StrategyChoice, current: ServiceSpec, wanted: ServiceSpec) {
  const request = createRequest({ strategy })
  const planned = { request, current: createService({ Spec: current }), access: undefined, currentAccess: undefined }
  const plan = STRATEGIES[strategy.kind as keyof typeof STRATEGIES]
  return plan.decide?.({ planned, wanted, nodes }) ?? {}
}

function specOf(replicas: number, Image = 'web:1', overrides: Partial<ServiceSpec> = {}): ServiceSpec {
  const Mode = { Replicated: { Replicas: replicas } }
  return createSpec({ Mode, ...overrides, TaskTemplate: { ContainerSpec: { Image } } })
}

const wanted = (replicas: number) => specOf(replicas, 'web:2')

describe('a canary has', () => {
  test.each([
    [1, { tasks: 1 }, 4],
    [3, { tasks: 3 }, 4],
    [1, { percent: 25 }, 4],
    [2, { percent: 26 }, 4],
    [1, { percent: 1 }, 4],
    [3, { percent: 99 }, 4],
    [1, { percent: 99 }, 2],
    [5, { percent: 50 }, 10],
  ])('%d tasks by %p of %d', (tasks, size, total) => {
    expect(decide(canary(size), specOf(total), wanted(total))).toEqual({
      course:
        tasks === 1
          ? `1 of its ${total} tasks is replaced first, and the others when it has come up`
          : `${tasks} of its ${total} tasks are replaced first, and the others when those have come up`,
      firstStep: { tasks, total, trial },
    })
  })

  test('a part of the nodes where the service is global', () => {
    const Mode = { Global: {} }
    const step = decide(canary({ percent: 50 }), { ...specOf(1), Mode }, { ...wanted(1), Mode })
    expect(step).toMatchObject({ firstStep: { tasks: 2, total: 3 } })
  })

  test('a part of the tasks that there are, not of those that are asked for', () => {
    expect(decide(canary({ percent: 50 }), specOf(4), wanted(40))).toMatchObject({ firstStep: { tasks: 2, total: 4 } })
  })
})

describe('there is no first step', () => {
  test.each<[string, StrategyChoice, ServiceSpec, ServiceSpec]>([
    ['without such a strategy', ROLLING.strategy, specOf(4), wanted(4)],
    ['without old tasks', recreate, specOf(0), wanted(2)],
    ['without new tasks', canary({ tasks: 1 }), specOf(4), wanted(0)],
    ['where only the replicas change', recreate, specOf(4), specOf(5)],
    ['where only labels change', canary({ tasks: 1 }), specOf(1), specOf(1, 'web:1', { Labels: { a: 'b' } })],
    ['where only a policy changes', recreate, specOf(4), specOf(4, 'web:1', { UpdateConfig: { Delay: 1 } })],
    [
      'where only the platforms of the image become known',
      recreate,
      specOf(4),
      { ...specOf(4), TaskTemplate: { ...specOf(4).TaskTemplate, Placement: { Platforms: [{ OS: 'linux' }] } } },
    ],
  ])('%s', (_, strategy, current, next) => {
    expect(decide(strategy, current, next)).toEqual({})
  })
})

test('a port that changes has all tasks replaced, as a new image does', () => {
  const next = specOf(4, 'web:1', { EndpointSpec: { Ports: [{ PublishedPort: 80 }] } })
  expect(decide(recreate, specOf(4), next)).toEqual({
    course: 'all 4 tasks are stopped before the first new one starts: nothing runs in between',
    firstStep: true,
  })
})

describe('a first step is refused', () => {
  test.each<[RegExp, StrategyChoice, ServiceSpec]>([
    [/has one task only: give it more first/, canary({ tasks: 1 }), specOf(1)],
    [/has one task only/, canary({ percent: 50 }), specOf(1)],
    [/4 of its 4 tasks would be all of them: write a `canary` from 1 to 3/, canary({ tasks: 4 }), specOf(4)],
    [/^canary replaces tasks that run on, and a job/, canary({ tasks: 1 }), { ...specOf(4), Mode: { GlobalJob: {} } }],
    [/^recreate replaces tasks that run on, and a job/, recreate, { ...specOf(4), Mode: { ReplicatedJob: {} } }],
  ])('%s', (words, strategy, current) => {
    expect(decide(strategy, current, wanted(4))).toEqual({ refusal: expect.stringMatching(words) })
  })
})
