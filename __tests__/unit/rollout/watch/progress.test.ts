import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { serviceLog } from '../../../../src/rollout/service-log.ts'
import { progressOf } from '../../../../src/rollout/watch/progress.ts'
import { printedBy } from '../../../support/printed.ts'

const LOOK_EVERY_MS = 500

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

/** What is printed while a watch over so many services looks at them for 45 s. */
async function watched(total: number, underWay: readonly string[] = [], failed = 0): Promise<string[]> {
  const printed = await printedBy({}, async () => {
    const lines = serviceLog(Array.from({ length: total }, (_, index) => `s${index}`))
    const tell = progressOf(total, 'up', lines)
    for (let ms = 0; ms < 45_000; ms += LOOK_EVERY_MS) {
      await jest.advanceTimersByTimeAsync(LOOK_EVERY_MS)
      const named = underWay.map((name) => ({ name, progress: '0/1 task running' }))
      tell({ up: total - underWay.length - failed, failed, underWay: named })
    }
  })
  return printed.split('\n').filter((line) => line !== '')
}

test('of many services every ten seconds', async () => {
  const names = Array.from({ length: 61 }, (_, index) => `s${index}`)
  expect(await watched(100, names, 2)).toEqual([
    '  10 s    37 of 100 up, 2 failed',
    '  20 s    37 of 100 up, 2 failed',
    '  30 s    37 of 100 up, 2 failed',
    '  40 s    37 of 100 up, 2 failed',
  ])
})

test('with the names of the last', async () => {
  expect((await watched(10, ['web', 'api']))[0]).toBe(
    '  10 s    8 of 10 up, under way: web (0/1 task running), api (0/1 task running)',
  )
})

test('not of few services: each of them speaks for itself', async () => {
  expect(await watched(9, ['web'])).toEqual([])
})
