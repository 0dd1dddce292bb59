import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { EngineError } from '../../../../src/docker/engine/engine.ts'
import { Freshness, OutOfDate } from '../../../../src/docker/engine/freshness.ts'

const service = (id: string, index: number) => ({ ID: id, Version: { Index: index } })
const NOT_FOUND = new EngineError(404, 'service a not found')
const byId = (...ids: readonly string[]) => ({ filters: JSON.stringify({ id: ids }) })

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

/** What a run that has read the service `a` at version 7 makes of later answers. */
function afterReading(): Freshness {
  const freshness = new Freshness()
  freshness.checkRead('/services/web', service('a', 7))
  return freshness
}

describe('an older version than was seen before', () => {
  test('is out of date, under its name and under its ID', () => {
    for (const path of ['/services/web', '/services/a'])
      expect(() => afterReading().checkRead(path, service('a', 6))).toThrow(OutOfDate)
  })

  test('the same or a newer one is not, nor any of another service', () => {
    const freshness = afterReading()
    for (const answer of [service('a', 7), service('a', 9), service('b', 1)])
      expect(freshness.checkRead('/services/x', answer)).toBe(answer)
    expect(() => freshness.checkRead('/services/a', service('a', 8))).toThrow(OutOfDate)
  })

  test('after a change of ours is every version up to the one that it was made over', () => {
    const freshness = afterReading()
    freshness.changed('/services/a/update', { version: '12' })
    expect(() => freshness.checkRead('/services/a', service('a', 12))).toThrow(OutOfDate)
    expect(freshness.checkRead('/services/a', service('a', 13))).toEqual(service('a', 13))
  })
})

describe('a service that is not found', () => {
  test('is gone, while the managers are well', () => {
    const freshness = afterReading()
    expect(() => freshness.checkRefusal('/services/a', NOT_FOUND)).not.toThrow()
    expect(freshness.checkRead('/services', [], byId('a'))).toEqual([])
  })

  test('that this run has made may be there all the same as well, though it was never read', () => {
    const freshness = new Freshness()
    freshness.created('/services/create', { ID: 'a' })
    expect(() => freshness.checkRefusal('/services/a', NOT_FOUND)).not.toThrow()
    freshness.doubt()
    expect(() => freshness.checkRefusal('/services/a', NOT_FOUND)).toThrow(OutOfDate)
    expect(() => freshness.checkRefusal('/services/b', NOT_FOUND)).not.toThrow()
    freshness.created('/networks/create', { ID: 'b' })
    expect(() => freshness.checkRefusal('/services/b', NOT_FOUND)).not.toThrow()
  })

  test('may be there all the same after trouble with one of them, for some time', () => {
    const freshness = afterReading()
    freshness.doubt()
    expect(() => freshness.checkRefusal('/services/a', NOT_FOUND)).toThrow(OutOfDate)
    expect(() => freshness.checkRead('/services', [service('b', 1)], byId('a', 'b'))).toThrow(OutOfDate)
    jest.advanceTimersByTime(41_000)
    expect(() => freshness.checkRefusal('/services/a', NOT_FOUND)).not.toThrow()
    expect(freshness.checkRead('/services', [], byId('a'))).toEqual([])
  })

  test('is known from a list as well, as is its version', () => {
    const freshness = new Freshness()
    freshness.checkRead('/services', [service('a', 7)])
    freshness.checkRead('/services', [service('a', 5)])
    expect(() => freshness.checkRead('/services/a', service('a', 6))).toThrow(OutOfDate)
    freshness.doubt()
    expect(() => freshness.checkRead('/services', [], byId('a'))).toThrow(OutOfDate)
  })

  test('is not there when it was never seen, was removed by this run, or is refused in another way', () => {
    const freshness = afterReading()
    freshness.doubt()
    expect(() => freshness.checkRefusal('/services/b', NOT_FOUND)).not.toThrow()
    expect(() => freshness.checkRefusal('/services/a', new EngineError(500, 'no'))).not.toThrow()
    expect(freshness.checkRead('/services', [], byId('b'))).toEqual([])
    freshness.removed('/services/a')
    expect(() => freshness.checkRefusal('/services/a', NOT_FOUND)).not.toThrow()
  })
})
