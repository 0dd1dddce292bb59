import { expect, test } from '@jest/globals'
import { resultSummary } from '../../../../src/report/summary/summary.ts'
import { rollout } from '../../../support/rollouts.ts'

test('a summary of thousands of services that failed has room for what matters, and counts the rest', () => {
  const causes = ['its task failed with exit code 1', 'no node can take it: no suitable node']
  const all = rollout({ services: 3000, failing: 3000, tasks: 50 })
  const summary = resultSummary(
    'failed',
    all.map((one, n) => ({ ...one, cause: causes[n % 2] ?? '' })),
    { wait: true, timeoutSeconds: 60 },
  )
  expect(Buffer.byteLength(summary)).toBeLessThan(1024 * 1024)
  expect(summary).toMatch(/^- and \d+ more: see the log/m)
  expect(summary).toMatch(/There is no room here for \d+ more services that did not come up: see/)
  expect(summary).toContain('```mermaid')
})
