import { describe, expect, test } from '@jest/globals'
import mermaid from 'mermaid'
import { gantt, MOST_GANTT_CHARACTERS } from '../../../../src/report/summary/gantt.ts'
import { type Bar, type Chart, chartOf } from '../../../../src/report/summary/timeline.ts'
import { HOSTILE, UNSEEN } from '../../../support/hostile.ts'
import { rollout } from '../../../support/rollouts.ts'

function chart(name: string, bars: readonly Partial<Bar>[] = [{}]): Chart {
  const row = { name, bars: bars.map((bar) => ({ kind: 'runs' as const, label: 'runs', from: 0, to: 20, ...bar })) }
  return { rows: [row], seconds: 20, leftOut: 0 }
}

const linesOf = (text: string) => text.split('\n').map((line) => line.trim())

test('the picture of a failed run is one that Mermaid reads', async () => {
  const drawn = chartOf(rollout({ services: 120, failing: 10 }))
  if (drawn === undefined) throw new Error('there is no picture')
  const text = gantt(drawn)
  await expect(mermaid.parse(text)).resolves.toMatchObject({ diagramType: 'gantt' })
  expect(text.match(/^ {2}section /gm)).toHaveLength(40)
  expect(text.length).toBeLessThan(MOST_GANTT_CHARACTERS)
})

test('bars have a class by their kind, and their times on a day that means nothing', () => {
  const bars: Partial<Bar>[] = [
    { kind: 'waits', label: 'waits', from: 0, to: 3 },
    { kind: 'pulls', label: 'pulls', from: 3, to: 6.25 },
    { kind: 'failed', label: 'exit code 3', from: 9, to: 9.1 },
  ]
  expect(linesOf(gantt(chart('web.1 · n1', bars))).slice(-4)).toEqual([
    'section web.1 · n1',
    'waits :done, 2000-01-01 00:00:00.000, 2000-01-01 00:00:03.000',
    'pulls :active, 2000-01-01 00:00:03.000, 2000-01-01 00:00:06.250',
    'exit code 3 :crit, 2000-01-01 00:00:09.000, 2000-01-01 00:00:09.100',
  ])
})

test('a label that would stand on the next bar is left out', () => {
  const bars: Partial<Bar>[] = [
    { kind: 'failed', label: 'exit code 3', from: 5, to: 5.1 },
    { label: 'runs', from: 5.2, to: 20 },
  ]
  expect(gantt(chart('web', bars))).toMatch(/^ {4}#160; :crit, /m)
})

test('and so is one that Mermaid would put over the bar before it, at the right edge', () => {
  const bars: Partial<Bar>[] = [
    { kind: 'back', label: 'goes back', from: 0, to: 19.8 },
    { label: 'runs again', from: 19.8, to: 20 },
  ]
  expect(gantt(chart('web', bars))).not.toContain('runs again')
})

test.each([
  [59, '%-S s'],
  [61, '%-M:%S'],
  [3601, '%-H:%M:%S'],
])('an axis of %d s', (seconds, format) => {
  expect(gantt({ ...chart('web'), seconds })).toContain(`axisFormat ${format}\n`)
})

test('the axis of a short rollout has each second once', async () => {
  const short = gantt({ ...chart('web'), seconds: 6.7 })
  expect(short).toContain('\n  tickInterval 1second\n')
  await expect(mermaid.parse(short)).resolves.toMatchObject({ diagramType: 'gantt' })
  expect(gantt(chart('web'))).not.toContain('tickInterval')
})

describe('no name gets out of its place', () => {
  const NAMES = [
    'a:b',
    'a;b',
    'a#b',
    '%%{init: {}}%%',
    '%% x',
    'a\nsection b',
    'a\n---\n',
    '<br>',
    '#35;',
    'a,b',
    '"',
    '',
  ]
  test.each([...HOSTILE, ...NAMES])('%j', async (name) => {
    const text = gantt(chart(name))
    await expect(mermaid.parse(text)).resolves.toMatchObject({ diagramType: 'gantt' })
    expect(text.match(/^ {2}section.*$/gm)).toHaveLength(1)
    expect(text.match(/^---$/gm)).toHaveLength(2)
    expect(text.replaceAll('\n', '')).not.toMatch(UNSEEN)
    expect(linesOf(text).at(-2)).toMatch(/^section [\p{L}\p{N} ._·…-]+$/u)
  })

  test('and two that become one stay two', () => {
    const [row] = chart('a:b').rows
    const rows = ['a:b', 'a;b', 'a#b'].map((name) => ({ name, bars: row?.bars ?? [] }))
    expect(gantt({ rows, seconds: 20, leftOut: 0 }).match(/^ {2}section.*$/gm)).toEqual([
      '  section a_b',
      '  section a_b 2',
      '  section a_b 3',
    ])
  })
})
