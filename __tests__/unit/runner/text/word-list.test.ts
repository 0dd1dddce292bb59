import { expect, test } from '@jest/globals'
import { andList, orList } from '../../../../src/runner/text/word-list.ts'

test.each([
  [[], '', ''],
  [['a'], 'a', 'a'],
  [['a', 'b'], 'a and b', 'a or b'],
  [['a', 'b', 'c'], 'a, b and c', 'a, b or c'],
])('the list of %j is "%s", and for a choice "%s"', (words, all, one) => {
  expect(andList(words)).toBe(all)
  expect(orList(words)).toBe(one)
})
