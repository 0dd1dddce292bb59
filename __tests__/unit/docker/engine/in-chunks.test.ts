import { expect, test } from '@jest/globals'
import { inChunks } from '../../../../src/docker/engine/in-chunks.ts'

const names = (count: number) => Array.from({ length: count }, (_, index) => `app-${index}`)

test.each([
  [0, []],
  [1, [1]],
  [100, [100]],
  [101, [100, 1]],
  [250, [100, 100, 50]],
])('%i names are asked for in parts, and answered in their order', async (count, sizes) => {
  const asked: number[] = []
  const answers = await inChunks(names(count), async (some) => {
    asked.push(some.length)
    return some.map((name) => `answer to ${name}`)
  })
  expect(asked).toEqual(sizes)
  expect(answers).toEqual(names(count).map((name) => `answer to ${name}`))
})

test.each([
  [100, [100]],
  [101, [40, 40, 21]],
])('of %i whose answers are long fewer go into one request, where one is not enough', async (count, sizes) => {
  const asked: number[] = []
  await inChunks(names(count), async (some) => [asked.push(some.length)], 40)
  expect(asked).toEqual(sizes)
})

test('what one part is answered with ends the others', async () => {
  const asked: (string | undefined)[] = []
  const asking = inChunks(names(300), async (some) => {
    asked.push(some[0])
    if (asked.length === 2) throw new Error('404')
    return some
  })
  await expect(asking).rejects.toThrow('404')
  expect(asked).toEqual(['app-0', 'app-100'])
})
