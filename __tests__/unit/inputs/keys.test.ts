import { expect, test } from '@jest/globals'
import { closestKey, typosBetween } from '../../../src/inputs/keys.ts'

test.each([
  ['web', 'web', 0],
  ['web', 'wbe', 1],
  ['time-out', 'timeout', 1],
  ['', 'abc', 3],
  ['kitten', 'sitting', 3],
  ['ca', 'abc', 3],
])('from %s to %s', (a, b, typos) => {
  expect(typosBetween(a, b)).toBe(typos)
  expect(typosBetween(b, a)).toBe(typos)
})

test('the key that was meant is the closest one, and none when nothing is close', () => {
  const known = ['image', 'env', 'strategy']
  expect(closestKey('IMGAE', known)).toBe('image')
  expect(closestKey('nev', known)).toBe('env')
  expect(closestKey('volumes', known)).toBeUndefined()
  expect(closestKey('x', known)).toBeUndefined()
  const others = { environment: 'env', tag: 'image' }
  expect(closestKey('environment', known, others)).toBe('env')
  expect(closestKey('Enviroment', known, others)).toBe('env')
  expect(closestKey('tar', known, others)).toBeUndefined()
})
