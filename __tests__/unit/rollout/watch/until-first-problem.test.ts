import { describe, expect, test } from '@jest/globals'
import { untilFirstProblem } from '../../../../src/rollout/watch/until-first-problem.ts'
import { sleep } from '../../../../src/runner/time/clock.ts'

describe('of several on their way', () => {
  interface Item {
    readonly name: string
    readonly problem?: { readonly outcome: 'failed'; readonly cause: string }
  }

  test('the others stop waiting when one has a problem, and stay as they are', async () => {
    const items: Item[] = [{ name: 'bad' }, { name: 'throws' }, { name: 'good' }, { name: 'slow' }]
    const work = async (item: Item, signal: AbortSignal): Promise<Item> => {
      if (item.name === 'good') return { ...item, name: 'good, done' }
      if (item.name === 'bad') return { ...item, problem: { outcome: 'failed', cause: 'it is bad' } }
      if (item.name === 'throws') throw new Error('the line broke')
      await sleep(1e6, signal)
      return { ...item, name: 'too late' }
    }
    expect(await untilFirstProblem(items, new AbortController().signal, work)).toEqual([
      { name: 'bad', problem: { outcome: 'failed', cause: 'it is bad' } },
      { name: 'throws' },
      { name: 'good, done' },
      { name: 'slow' },
    ])
  })

  test('what is thrown is the problem of who threw it, and a stop of the run is none', async () => {
    const throwing = () => Promise.reject(new Error('the line broke'))
    const [item] = await untilFirstProblem<Item>([{ name: 'a' }], new AbortController().signal, throwing)
    expect(item).toEqual({ name: 'a', problem: { outcome: 'failed', cause: 'the line broke' } })
    expect(await untilFirstProblem<Item>([{ name: 'a' }], AbortSignal.abort(), throwing)).toEqual([{ name: 'a' }])
  })
})
