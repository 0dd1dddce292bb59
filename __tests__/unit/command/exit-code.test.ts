import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { type Ending, exitCodeOf } from '../../../src/command/exit-code.ts'

const RED: Ending = { status: 'failed', isRed: true, isBadInput: false, stoppedBy: undefined }

test.each<[string, Partial<Ending>, number]>([
  ['all is well', { status: 'converged', isRed: false }, 0],
  ['all was well before the signal', { status: 'converged', isRed: false, stoppedBy: 'SIGINT' }, 0],
  ['it failed', {}, 1],
  ['it is back', { status: 'rolled-back' }, 1],
  ['nothing is known', { status: undefined }, 1],
  ['bad input', { isBadInput: true }, 2],
  ['timed out', { status: 'timed-out' }, 3],
  ['a plan with changes that was to have none', { status: 'planned' }, 4],
  ['Ctrl-C', { status: 'cancelled', stoppedBy: 'SIGINT' }, 130],
  ['the runner stops it', { status: 'cancelled', stoppedBy: 'SIGTERM' }, 143],
  ['the terminal is gone', { status: 'cancelled', stoppedBy: 'SIGHUP' }, 129],
  ['Ctrl-C twice', { status: undefined, stoppedBy: 'SIGINT' }, 130],
  ['it failed, and then came a signal', { stoppedBy: 'SIGINT' }, 1],
])('%s', (_, ending, code) => {
  expect(exitCodeOf({ ...RED, ...ending })).toBe(code)
  expect(readFileSync('docs/shell.md', 'utf8')).toMatch(new RegExp(`^\\| \`${code}\` +\\|`, 'm'))
})
