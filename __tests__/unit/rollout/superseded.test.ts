import { expect, test } from '@jest/globals'
import type { SomeonesDoing } from '../../../src/result.ts'
import { bySomeoneElse, type Moment } from '../../../src/rollout/superseded.ts'

test.each<[SomeonesDoing, Moment, string | undefined, string]>([
  ['removed', 'during this deploy', undefined, 'someone else removed it during this deploy'],
  ['changed', 'while its traffic moved', 'web', 'someone else changed web while its traffic moved'],
  ['rolled back', 'after it had come up', undefined, 'someone else rolled it back after it had come up'],
  [
    'deployed',
    'at the same moment',
    'web-green',
    'someone else deployed web-green at the same moment, and theirs stands: keep deploys of one service apart with `concurrency`',
  ],
])('what somebody else has %s %s is told in one sentence', (what, when, service, sentence) => {
  expect(bySomeoneElse(what, when, service)).toBe(sentence)
})
