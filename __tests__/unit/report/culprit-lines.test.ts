import { expect, test } from '@jest/globals'
import { culpritLines } from '../../../src/report/culprit-lines.ts'
import type { ServiceResult } from '../../../src/result.ts'
import { createResult } from '../../support/builders.ts'

const failedTask = { id: 't1', node: 'n2', ending: 'failed with exit code 3', exitCode: 3, logs: ['one', 'two'] }
const failed = (name: string, more: Partial<ServiceResult> = {}) =>
  createResult({ name, outcome: 'failed', cause: 'it crashed', failedTask, ...more })

test('all is well: nothing', () => {
  expect(culpritLines([createResult({ outcome: 'updated' })])).toEqual([])
})

test('a culprit is told with its cause, its task, the node, and what that printed', () => {
  const along = createResult({ name: 'web', outcome: 'rolled-back', cause: 'restored because of db', because: ['db'] })
  const skipped = createResult({ name: 'api', outcome: 'skipped', cause: 'not sent, because db failed' })
  expect(culpritLines([along, skipped, failed('db')])).toEqual([
    '✗ db: failed: it crashed',
    '    image ghcr.io/acme/web:2@bbbbbbbbbbbb',
    '    task t1 on node n2 failed with exit code 3; it printed last:',
    '    | one',
    '    | two',
    expect.stringMatching(/^What to do: .*`docker run`\)\. More: "A program ends" in docs\/troubleshooting\.md/),
  ])
})

test('where nobody is to blame, those that are red are told', () => {
  const along = createResult({ name: 'web', outcome: 'rolled-back', cause: 'restored because of db', because: ['db'] })
  const image = { before: undefined, wanted: 'nginx:2', after: 'nginx:1' }
  expect(culpritLines([{ ...along, image }])).toEqual([
    '✗ web: rolled-back: restored because of db',
    '    image nginx:2, now nginx:1',
  ])
})

test('of many culprits fewer lines are told, of very many only names', () => {
  const logs = Array.from({ length: 20 }, (_, index) => `line ${index}`)
  const all = Array.from({ length: 150 }, (_, index) => failed(`s${index}`, { failedTask: { ...failedTask, logs } }))
  const lines = culpritLines(all)
  expect(lines.slice(0, 9)).toEqual([
    '✗ s0: failed: it crashed',
    '    image ghcr.io/acme/web:2@bbbbbbbbbbbb',
    '    task t1 on node n2 failed with exit code 3; it printed last:',
    ...['15', '16', '17', '18', '19'].map((index) => `    | line ${index}`),
    '✗ s1: failed: it crashed',
  ])
  expect(lines).toHaveLength(10 * 8 + 90 + 1 + 1)
  expect(lines.at(-2)).toBe('✗ and 50 more: s100, s101, s102, s103, s104 and 45 more')
})

test('what is long is cut', () => {
  const logs = ['y'.repeat(10_000)]
  const lines = culpritLines([failed('db', { cause: 'x'.repeat(10_000), failedTask: { ...failedTask, logs } })])
  for (const line of lines) expect(line.length).toBeLessThan(600)
})
