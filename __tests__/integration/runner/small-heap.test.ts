import { execFileSync } from 'node:child_process'
import { expect, test } from '@jest/globals'

const SMALL_HEAP = new URL('../../../src/runner/small-heap.ts', import.meta.url)

/** The bytes that V8 has taken for new objects, in a process of its own that reads many and keeps them. */
function bytesForNewObjects(isKeptSmall: boolean): number {
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8'
    import { keepHeapSmall } from '${SMALL_HEAP}'
    const kept = []
    for (let number = 0; number < 1_000_000; number++) {
      kept.push({ number })
      if (${isKeptSmall} && number % 10_000 === 0) await keepHeapSmall()
    }
    const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
    console.log(JSON.stringify([kept.length, space.space_size]))`
  // While it marks bit by bit, V8 collects nothing new: what comes meanwhile would count, and that depends on the machine.
  const quiet = ['--no-incremental-marking', '--disable-warning=ExperimentalWarning']
  const options = [...quiet, '--input-type=module', '--eval', script]
  const [, size] = JSON.parse(execFileSync(process.execPath, options, { encoding: 'utf8' }))
  return size
}

test('a heap that is to stay small takes no more for new objects, however many are kept', () => {
  const small = bytesForNewObjects(true)
  // V8 has two halves of the same size.
  expect(small).toBeLessThanOrEqual(2 * 4 * 2 ** 20)
  expect(small).toBeLessThan(bytesForNewObjects(false))
})
