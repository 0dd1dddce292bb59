import { describe, expect, test } from '@jest/globals'
import { type Bar, chartOf } from '../../../../src/report/summary/timeline.ts'
import type { Phase, ServiceResult, TaskTimeline } from '../../../../src/result.ts'
import { createResult } from '../../../support/builders.ts'
import { rollout } from '../../../support/rollouts.ts'

function task(phases: readonly (readonly [Phase, number])[], more: Partial<TaskTimeline> = {}): TaskTimeline {
  const [, last = 0] = phases.at(-1) ?? []
  return { slot: 1, node: 'n1', phases: phases.map(([phase, from]) => ({ phase, from })), to: last, ...more }
}

function culprit(tasks: readonly TaskTimeline[], back: readonly TaskTimeline[] = []): ServiceResult {
  return createResult({
    outcome: 'rolled-back',
    cause: 'its task failed',
    wayBack: 'done',
    timeline: { out: { from: 100, to: 110, tasks }, back: { from: 110, to: 120, tasks: back } },
  })
}

const told = ({ kind, label, from, to }: Bar) => `${kind} ${label} ${from.toFixed(1)}-${to.toFixed(1)}`
const barsOf = (...results: readonly ServiceResult[]) =>
  Object.fromEntries((chartOf(results)?.rows ?? []).map(({ name, bars }) => [name, bars.map(told)]))

test('a task of a culprit has a bar for each phase, a mark for its end, and the way back', () => {
  const out = task(
    [
      ['waiting', 100],
      ['pulling', 101],
      ['starting', 104],
      ['running', 105],
      ['over', 108],
    ],
    {
      ending: 'failed with exit code 3: no database',
    },
  )
  const back = task(
    [
      ['waiting', 111],
      ['starting', 112],
      ['running', 113],
    ],
    { to: 119 },
  )
  expect(barsOf(culprit([out], [back]))).toEqual({
    'web.1 · n1 · exit code 3': [
      'waits waits 0.0-1.0',
      'pulls pulls 1.0-4.0',
      'starts starts 4.0-5.0',
      'runs runs 5.0-8.0',
      'failed exit code 3 8.0-8.3',
      'back goes back 11.0-13.0',
      'runs runs again 13.0-20.0',
    ],
  })
})

test('a slot has one row, whatever number of tasks ended in it, and none over another', () => {
  const turn = (from: number) =>
    task(
      [
        ['starting', from],
        ['over', from + 0.1],
      ],
      { ending: 'was rejected: No such image', node: `n${from % 2}` },
    )
  expect(barsOf(culprit([turn(100), turn(103)]))).toEqual({
    'web.1 · n0 · n1 · rejected': [
      'starts starts 0.0-0.1',
      'failed rejected 0.1-0.4',
      'starts starts 3.0-3.1',
      'failed rejected 3.1-3.4',
    ],
  })
})

test('slots in which a task failed come first, and those of a global service are its nodes', () => {
  const up = task([['running', 101]], { slot: undefined, node: 'n1', to: 110 })
  const sick = task(
    [
      ['starting', 101],
      ['over', 105],
    ],
    {
      slot: undefined,
      node: 'n2',
      ending: 'failed its health check (no answer)',
    },
  )
  expect(Object.keys(barsOf(culprit([up, sick])))).toEqual(['web · n2 · unhealthy', 'web · n1'])
  expect(barsOf(culprit([up, sick]))['web · n2 · unhealthy']).toContain('failed unhealthy 5.0-5.3')
})

test('slots come in the order of their numbers, and name two nodes at most', () => {
  const on = (slot: number, node: string) => task([['running', 101]], { slot, node })
  const rows = barsOf(culprit([on(10, 'n1'), on(2, 'n1'), on(2, 'n2'), on(2, 'n3')]))
  expect(Object.keys(rows)).toEqual(['web.2 · n1 · n2 · …', 'web.10 · n1'])
})

test('a service that only went along has one row, and so has a culprit of which no task was seen', () => {
  const along: ServiceResult = { ...culprit([]), name: 'api', because: ['web'] }
  expect(barsOf(culprit([]), along)).toEqual({
    web: ['starts rolls out 0.0-10.0', 'back goes back 10.0-20.0'],
    api: ['starts rolls out 0.0-10.0', 'back goes back 10.0-20.0'],
  })
})

describe('of a run that went well', () => {
  const good = (name: string, tasks: readonly TaskTimeline[], to = 110) =>
    createResult({ name, timeline: { out: { from: 100, to, tasks } } })

  test('few tasks have a row each', () => {
    expect(
      barsOf(
        good('web', [
          task([
            ['pulling', 100],
            ['running', 103],
          ]),
        ]),
      ),
    ).toEqual({
      'web.1 · n1': ['pulls pulls 0.0-3.0', 'runs runs 3.0-10.0'],
    })
  })

  test('many have one for each service, the slowest first', () => {
    const many = Array.from({ length: 13 }, (_, slot) => task([['running', 103]], { slot }))
    const chart = barsOf(good('web', many, 108), { ...good('api', many), seconds: 10 })
    expect(Object.entries(chart)).toEqual([
      ['api', ['starts rolls out 0.0-10.0']],
      ['web', ['starts rolls out 0.0-8.0', 'runs runs 8.0-10.0']],
    ])
  })
})

test.each<[string, readonly ServiceResult[]]>([
  ['nothing', []],
  ['services that nobody watched', [createResult()]],
  [
    'services that are as asked',
    [createResult({ outcome: 'unchanged', action: 'unchanged', timeline: { out: { from: 1, to: 9, tasks: [] } } })],
  ],
  ['less than a second', [createResult({ timeline: { out: { from: 1, to: 1.5, tasks: [] } } })]],
])('there is no picture of %s', (_, results) => {
  expect(chartOf(results)).toBeUndefined()
})

test('a picture has forty rows, of culprits no more than twenty-four, and counts the others', () => {
  const chart = chartOf(rollout({ services: 1000, failing: 10, tasks: 5 }))
  expect(chart?.rows).toHaveLength(40)
  expect(chart?.rows.filter(({ name }) => name.includes(' · '))).toHaveLength(20)
  expect(chart?.leftOut).toBe(10 * 5 - 20 + 990 - 20)
})
