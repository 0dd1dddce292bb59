import { describe, expect, test } from '@jest/globals'
import { type Status, statusOf, verdictLine } from '../../../src/report/status.ts'
import { isGood, type Outcome, type ServiceResult } from '../../../src/result.ts'
import { createResult } from '../../support/builders.ts'

function results(...outcomes: readonly Outcome[]): ServiceResult[] {
  return outcomes.map((outcome) => createResult({ outcome }))
}

describe('a run is', () => {
  test.each<[Status, readonly Outcome[]]>([
    ['unchanged', ['unchanged', 'unchanged']],
    ['converged', ['created']],
    ['converged', ['updated']],
    ['converged', ['removed']],
    ['converged', ['unchanged', 'updated']],
    ['failed', ['failed']],
    ['failed', ['superseded']],
    ['failed', ['updated', 'failed', 'unchanged']],
    ['failed', ['failed', 'rolled-back']],
    ['failed', ['rolled-back', 'timed-out']],
    ['failed', ['timed-out', 'superseded']],
    ['rolled-back', ['rolled-back', 'updated', 'rolled-back']],
    ['timed-out', ['timed-out', 'created', 'timed-out']],
    ['rolled-back', ['skipped', 'rolled-back', 'skipped']],
    ['cancelled', ['cancelled']],
    ['cancelled', ['failed', 'rolled-back', 'cancelled', 'updated']],
  ])('%s with %j', (status, outcomes) => {
    expect(statusOf(results(...outcomes), true)).toBe(status)
  })

  test.each<[Status, readonly Outcome[]]>([
    ['deployed', ['updated', 'unchanged']],
    ['unchanged', ['unchanged']],
    ['failed', ['failed', 'updated']],
  ])('%s without a wait with %j', (status, outcomes) => {
    expect(statusOf(results(...outcomes), false)).toBe(status)
  })

  test.each<[Outcome, boolean]>([
    ['created', true],
    ['updated', true],
    ['unchanged', true],
    ['removed', true],
    ['failed', false],
    ['rolled-back', false],
    ['timed-out', false],
    ['superseded', false],
    ['cancelled', false],
  ])('good with a service that is %s: %s', (outcome, good) => {
    expect(isGood(createResult({ outcome }))).toBe(good)
  })
})

describe('the last line', () => {
  test('counts the outcomes', () => {
    expect(verdictLine('failed', results('updated', 'failed', 'updated', 'timed-out'))).toBe(
      'failed: 2 updated, 1 failed, 1 timed-out',
    )
  })
})
