import { describe, expect, test } from '@jest/globals'
import { inParallel } from '../../../src/runner/parallel.ts'

/** Work that ends when the test says so. */
function controlled() {
  const started: string[] = []
  const finish = new Map<string, () => void>()
  const fail = new Map<string, (error: Error) => void>()
  const work = (item: string) => {
    started.push(item)
    return new Promise<string>((resolve, reject) => {
      finish.set(item, () => resolve(item.toUpperCase()))
      fail.set(item, reject)
    })
  }
  return { started, work, finish: (item: string) => finish.get(item)?.(), fail, settle }
}

/** Lets everything happen that only waits for promises. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

describe('work in parallel', () => {
  test('gives its results in the order of the items, whatever ends first', async () => {
    const { work, finish } = controlled()
    const all = inParallel(['a', 'b', 'c'], 3, work)
    for (const item of ['c', 'a', 'b']) finish(item)
    await expect(all).resolves.toEqual(['A', 'B', 'C'])
  })

  test('is done for as many items at a time as the limit says, and for the next as soon as one ends', async () => {
    const { started, work, finish } = controlled()
    const all = inParallel(['a', 'b', 'c', 'd'], 2, work)
    await settle()
    expect(started).toEqual(['a', 'b'])
    finish('b')
    await settle()
    expect(started).toEqual(['a', 'b', 'c'])
    finish('c')
    await settle()
    finish('a')
    finish('d')
    await expect(all).resolves.toEqual(['A', 'B', 'C', 'D'])
  })

  test('of nothing is nothing', async () => {
    await expect(inParallel([], 10, controlled().work)).resolves.toEqual([])
  })

  test('throws what the first failing work threw, and begins no other', async () => {
    const { started, work, finish, fail } = controlled()
    const all = inParallel(['a', 'b', 'c', 'd'], 2, work)
    fail.get('b')?.(new Error('b is broken'))
    await expect(all).rejects.toThrow('b is broken')
    finish('a')
    await settle()
    expect(started).toEqual(['a', 'b'])
  })
})
