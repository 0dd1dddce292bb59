import { expect, test } from '@jest/globals'
import { WholeAnswer } from '../../../../src/docker/engine/whole-answer.ts'

const HEAD = { statusCode: 200, headers: { 'api-version': '1.51' } }

/** As pipes give it: each part in a memory of its own. */
const partsOf = (...sizes: number[]) => sizes.map((bytes) => Buffer.from(new ArrayBuffer(bytes)).fill('a'))
const sizesOf = (parts: readonly Buffer[]) => parts.map(({ length }) => length)

test('an answer is put together from its parts', () => {
  const { status, headers, body } = new WholeAnswer(HEAD, [Buffer.from('[1,'), Buffer.from('2]')])
  expect([status, headers, body.toString()]).toEqual([200, { 'api-version': '1.51' }, '[1,2]'])
})

test('the memory of a large answer that was read goes back at once, also that of the parts put together', () => {
  const parts = partsOf(200_000, 60_000)
  const answer = new WholeAnswer(HEAD, parts)
  const { body } = answer
  expect([answer.isLarge, body.length]).toEqual([true, 260_000])
  answer.release()
  const canGoBack = 'transfer' in ArrayBuffer.prototype
  expect(sizesOf([...parts, body])).toEqual(canGoBack ? [0, 0, 0] : [200_000, 60_000, 260_000])
})

test('one that nobody has put together goes back as it came', () => {
  const parts = partsOf(200_000, 60_000)
  new WholeAnswer(HEAD, parts).release()
  expect(sizesOf(parts).some((bytes) => bytes > 0)).toBe(!('transfer' in ArrayBuffer.prototype))
})

test('a small answer stays: its memory may be that of others too', () => {
  const parts = [Buffer.from('[1,'), Buffer.from('2]')]
  const answer = new WholeAnswer(HEAD, parts)
  const { body } = answer
  answer.release()
  expect([answer.isLarge, body.toString(), sizesOf(parts)]).toEqual([false, '[1,2]', [3, 2]])
})
