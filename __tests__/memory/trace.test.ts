import { describe, expect, test } from '@jest/globals'
import { differences, type Trace } from '../support/memory-swarm/trace.ts'

function trace(status: readonly (readonly [text: string, seconds: number])[], more: Partial<Trace> = {}): Trace {
  return { status: marks(status), message: '', hasPrevious: false, tasks: new Map(), ...more }
}

function marks(states: readonly (readonly [text: string, seconds: number])[]) {
  return states.map(([text, seconds]) => ({ text, fromMs: 0, untilMs: seconds * 1000 }))
}

describe('the states of an update, in memory and in life', () => {
  const model = trace([
    ['none', 1],
    ['updating', 2],
    ['rollback_started', 2],
    ['rollback_completed', 1],
  ])
  const seenLate = [
    ['none', 1],
    ['updating', 4],
    ['rollback_completed', 1],
  ] as const

  test('what a look has missed and the swarm has told is no difference', () => {
    expect(differences(model, trace(seenLate, { told: model.status }))).toEqual([])
  })

  test('what neither has shown is one', () => {
    const difference = [
      'status: none → updating → rollback_completed in life, none → updating → rollback_started → rollback_completed in memory',
    ]
    expect(differences(model, trace(seenLate))).toEqual(difference)
    expect(differences(model, trace(seenLate, { told: marks(seenLate) }))).toEqual(difference)
  })
})
