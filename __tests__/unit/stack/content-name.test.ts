import { scryptSync } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { contentHash, versionName } from '../../../src/stack/content-name.ts'

test('a name follows the content, and is never too long', () => {
  const hash = contentHash('config', 's_a', Buffer.from('x'))
  expect(hash).toBe(contentHash('config', 's_a', Buffer.from('x')))
  expect(hash).not.toBe(contentHash('config', 's_a', Buffer.from('y')))
  expect(contentHash('secret', 's_a', Buffer.from('x'))).not.toBe(contentHash('secret', 's_b', Buffer.from('x')))
  expect(versionName('s_a', hash)).toBe(`s_a-${hash}`)
  expect(versionName('n'.repeat(80), hash)).toHaveLength(64)
})

test('the slow hash of a secret is its own for each name and content, and the same at every call', () => {
  const asked = () =>
    ['a', 'b'].flatMap((name) => ['x', 'y'].map((text) => contentHash('secret', name, Buffer.from(text))))
  const first = asked()
  expect(new Set(first).size).toBe(4)
  expect(asked()).toEqual(first)
  expect(first[0]).toBe(scryptSync('x', 'swarm-deploy a', 8).toString('hex'))
})
