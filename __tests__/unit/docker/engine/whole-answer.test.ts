import { expect, test } from '@jest/globals'
import { WholeAnswer } from '../../../../src/docker/engine/whole-answer.ts'

const HEAD = { statusCode: 200, headers: { 'api-version': '1.51' } }

/** As pipes give it: each part in a memory of its own. */
const partsOf = (...sizes: number[]) => sizes.map((bytes) => Buffer.from(new ArrayBuffer(bytes)).fill('a'))
const sizesOf = (parts: readonly Buffer[]) => parts.map(({ length }) => length)

test('an answer is put together from its parts', () => {
  const { status, headers, body } = new WholeAnswer(HEAD, [Buffer.from('[1,'), Buffer.from('2]')], [])
  expect([status, headers, body.toString()]).toEqual([200, { 'api-version': '1.51' }, '[1,2]'])
})

test('the memory of an answer that was read goes back at once, also that of the parts put together, and what they came in', () => {
  const [parts, raw] = [partsOf(200_000, 60_000), partsOf(261_000)]
  const answer = new WholeAnswer(HEAD, parts, raw)
  const { body } = answer
  expect(body).toHaveLength(260_000)
  answer.release()
  const canGoBack = 'transfer' in ArrayBuffer.prototype
  expect(sizesOf([...parts, body, ...raw])).toEqual(canGoBack ? [0, 0, 0, 0] : [200_000, 60_000, 260_000, 261_000])
})

test('one that nobody has put together goes back as it came', () => {
  const parts = partsOf(200_000, 60_000)
  new WholeAnswer(HEAD, parts, []).release()
  expect(sizesOf(parts).some((bytes) => bytes > 0)).toBe(!('transfer' in ArrayBuffer.prototype))
})

test('what shares its memory with others stays, and what is given twice goes back once', () => {
  const [whole, slice] = [partsOf(100_000), Buffer.from(new ArrayBuffer(9)).subarray(0, 5)]
  const answer = new WholeAnswer(HEAD, [...whole, slice, Buffer.from('[1,2]')], whole)
  answer.release()
  expect(slice).toHaveLength(5)
  expect(answer.parts.at(-1)?.toString()).toBe('[1,2]')
})

test('it is large from about a hundred tasks on', () => {
  const isLarge = (bytes: number) => new WholeAnswer(HEAD, partsOf(bytes), []).isLarge
  expect([isLarge(250_000), isLarge(250_001)]).toEqual([false, true])
})
