import { expect, test } from '@jest/globals'
import { mayBeSecret, mayHoldSecret } from '../../../../src/runner/secrets/may-be-secret.ts'

test.each([
  [false, "Set it, don't guess!"],
  [false, 'write "v1" (or later); why not?'],
  [false, 'required'],
  [false, 'the tag & the registry | both -> set!'],
  [true, 'p@ss!'],
  [true, 'the default was p@ss!word'],
])('%s of a sentence: %s', (holds, sentence) => {
  expect(mayHoldSecret(sentence)).toBe(holds)
})

test.each(['\\', 'C:\\a\\', 'a!=', '/@', ')b', '"\\', 'node.a!='])(
  'a text of a hundred thousand times %j is judged in a time that grows with its length',
  (sign) => {
    for (const judge of [mayBeSecret, mayHoldSecret]) judge(sign.repeat(100_000))
    mayHoldSecret(`${')'.repeat(100_000)}b`)
  },
)
