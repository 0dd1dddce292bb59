import { existsSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { PAIRS, TESTS } from '../../../lab/engines/pairs.ts'
import { tableOf } from '../../../lab/engines/table.ts'

const FACTS = { daemon: '29.0', api: '1.52', minimumApi: '1.44', store: 'overlay2', cgroup: 'v1', cli: '26.1' }
const row = (name: string) => ({ name, about: `what ${name} is`, date: '2026-11-26' })

test('each pair has a line, also one that cannot be had, ended early, or was never tried', () => {
  const rows = [
    { ...row('a'), facts: FACTS, counts: { passed: 3, failed: 1, skipped: 2 } },
    { ...row('b'), problem: 'needs Go,\nto build | dockerd' },
    { ...row('c'), facts: FACTS, problem: 'ended after 20 minutes, with no result' },
  ]
  expect(tableOf(['a', 'b', 'c', 'd'], rows, '').split('\n').slice(2)).toEqual([
    '| a: what a is | 29.0 | 1.52 (from 1.44) | 26.1 | overlay2 | v1 | 3 | 1 | 2 | 2026-11-26 |',
    '| b: what b is. **needs Go, to build \\| dockerd** | – | – | – | – | – | – | – | – | 2026-11-26 |',
    '| c: what c is. **ended after 20 minutes, with no result** | 29.0 | 1.52 (from 1.44) | 26.1 | overlay2 | v1 | – | – | – | 2026-11-26 |',
    '| d: not tried yet | – | – | – | – | – | – | – | – | – |',
  ])
})

test('of a pair that was not asked for the page keeps what it has', () => {
  const counts = { passed: 3, failed: 0, skipped: 0 }
  const page = tableOf(
    ['a', 'ab'],
    [
      { ...row('a'), counts },
      { ...row('ab'), problem: 'x' },
    ],
    '',
  )
  const after = tableOf(['a', 'ab'], [{ ...row('ab'), date: '2026-12-01', counts }], page)
  expect(after.split('\n')[2]).toBe(page.split('\n')[2])
  expect(after.split('\n')[3]).toContain('2026-12-01')
})

test('no two pairs have one name, and the tests are there', () => {
  const names = PAIRS.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const name of TESTS) expect([name, existsSync(`__tests__/swarm/${name}.test.ts`)]).toEqual([name, true])
})
