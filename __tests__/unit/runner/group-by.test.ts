import { expect, test } from '@jest/globals'
import { groupBy } from '../../../src/runner/group-by.ts'

test('items are grouped by their key, both in the order in which they come', () => {
  expect([...groupBy(['bee', 'ant', 'bear', 'ape'], (word) => word[0])]).toEqual([
    ['b', ['bee', 'bear']],
    ['a', ['ant', 'ape']],
  ])
})
