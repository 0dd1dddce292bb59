import { expect, test } from '@jest/globals'

// Jest loads its reporters as they stand, so this one has no types.
const { closingLines } = await import(String('../../../scripts/closing-line.mjs'))

const tried = (fullName: string, status: string, ...retryReasons: readonly string[]) => ({
  fullName,
  status,
  invocations: retryReasons.length + 1,
  retryReasons,
})

test('the last lines count, and tell of second tries with the error of the first, and why tests were skipped', () => {
  const testResults = [
    tried('swarm goes up', 'passed'),
    tried('swarm goes down', 'passed', 'Error: too late'),
    tried(
      'swarm holds',
      'failed',
      'Error: the leader is gone\n    at held (held.ts:3)\n    at run (/x/node_modules/jest/run.js:1)',
    ),
    tried('swarm heals', 'failed'),
    tried('swarm builds (skipped: needs Go)', 'pending'),
  ]
  const counts = { numPassedTests: 2, numFailedTests: 2, numPendingTests: 1, numRuntimeErrorTestSuites: 1 }
  expect(
    closingLines({ ...counts, testResults: [{ testResults }] })
      .join('\n')
      .split('\n'),
  ).toEqual([
    '2 passed, 3 failed, 1 skipped',
    'passed at the second try: swarm goes down',
    'failed twice: swarm holds',
    '  Error: the leader is gone',
    '      at held (held.ts:3)',
    '1 skipped: needs Go',
  ])
})
