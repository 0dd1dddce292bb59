import { describe, expect, test } from '@jest/globals'
import { headline, type RunWords } from '../../../src/report/headline.ts'
import type { ServiceResult } from '../../../src/result.ts'
import { superseded } from '../../../src/rollout/superseded.ts'
import { createResult, digest } from '../../support/builders.ts'

const RUN: RunWords = { wait: true, timeoutSeconds: 60 }
const SHOP: RunWords = { ...RUN, stack: { name: 'shop' } }

const up = (name: string) => createResult({ name })
const same = (name: string) => createResult({ name, outcome: 'unchanged', action: 'unchanged' })

function failed(name: string, more: Partial<ServiceResult> = {}): ServiceResult {
  const reason = 'its task ended 5 times in a row, the last one failed with exit code 3'
  return createResult({
    name,
    outcome: 'rolled-back',
    cause: `${reason}; what ran before runs again`,
    reason,
    wayBack: 'done',
    failedTask: { id: 't', node: 'n2', ending: 'failed with exit code 3', exitCode: 3, logs: [] },
    ...more,
  })
}

/** One without a task that shows why. */
function broken(name: string, reason: string, more: Partial<ServiceResult> = {}): ServiceResult {
  const { failedTask: _, ...rest } = failed(name, { reason, cause: reason, ...more })
  return rest
}

/** One that is as somebody else has left it. */
function overtaken({ cause, ...theirs }: ReturnType<typeof superseded>): ServiceResult {
  return broken('worker', cause, { ...left, ...theirs })
}

const along = (name: string) =>
  createResult({
    name,
    outcome: 'rolled-back',
    because: ['worker'],
    wayBack: 'done',
    cause: 'restored because of worker',
  })
const LATE = { kind: 'late' } as const
const left = { outcome: 'failed', wayBack: undefined } as unknown as Partial<ServiceResult>

test.each<[string, readonly ServiceResult[], RunWords?]>([
  ['web is up on 2', [up('web')]],
  ['both services are up', [up('a'), up('b')]],
  ['web is as asked, and has no task to run', [createResult({ name: 'web', tasks: { running: 0, wanted: 0 } })]],
  ['both services of stack shop are up', [up('a'), up('b')], SHOP],
  ['2 services are up; 1 was as asked already', [up('a'), up('b'), same('c')]],
  ['a is up on 2; 2 were as asked already, 1 was removed', [up('a'), same('b'), same('c'), removed('d')]],
  ['web is as asked already: nothing was changed', [same('web')]],
  ['both services of stack shop are as asked already: nothing was changed', [same('a'), same('b')], SHOP],
  ['b was removed; 1 was as asked already', [same('a'), removed('b')]],
  ['web was sent, and nobody waited until it runs', [up('web')], { ...RUN, wait: false }],
  ['both services were sent, and nobody waited until they run', [up('a'), up('b')], { ...RUN, wait: false }],
])('%s', (words, results, run = RUN) => {
  expect(headline(results, run)).toBe(words)
})

function removed(name: string): ServiceResult {
  return createResult({ name, outcome: 'removed', action: 'remove' })
}

test('of a canary it says so: the other tasks have never stopped', () => {
  const reason = 'the canary failed: its task failed with exit code 3'
  const failedTask = {
    id: 't',
    node: 'n2',
    isCanary: true,
    ending: 'failed with exit code 3',
    exitCode: 3,
    logs: [],
  } as const
  const canary = failed('web', { reason, failedTask })
  expect(headline([canary], RUN)).toBe(
    'the canary of web failed with exit code 3 on node n2 – it is back on what ran before',
  )
  expect(headline([canary, { ...canary, name: 'api' }], RUN)).toMatch(
    /^the canary of web and the canary of api failed with exit code 3 on node n2 – /,
  )
  const check = 'the canary failed: the check failed 3 times in a row'
  expect(headline([broken('web', check)], RUN)).toMatch(/^web did not come up: the canary failed: the check failed/)
})

describe('what broke, and what runs now:', () => {
  test.each<[string, readonly ServiceResult[]]>([
    ['worker failed with exit code 3 on node n2 – it is back on what ran before', [failed('worker')]],
    [
      'worker failed with exit code 3 on node n2 – all 3 services are back on what ran before',
      [failed('worker'), along('a'), along('b')],
    ],
    [
      'worker failed with exit code 3 on node n2 – both changed services are back on what ran before',
      [failed('worker'), along('a'), same('b')],
    ],
    [
      'worker failed with exit code 3 on node n2 – 2 services are back on what ran before, and 1 other runs as asked',
      [failed('worker'), along('a'), up('b'), same('c')],
    ],
    [
      'worker failed with exit code 3 on node n2 – it is back on what ran before, and 2 others run as asked',
      [failed('worker'), up('a'), up('b')],
    ],
    [
      'worker failed with exit code 3 on node n2 – it was removed again',
      [failed('worker', { action: 'create', wayBack: 'removed' })],
    ],
    [
      'worker failed with exit code 3 on node n2 – a is back on what ran before, and worker was removed again',
      [failed('worker', { wayBack: 'removed' }), along('a')],
    ],
    [
      'worker and api failed with exit code 3 on node n2 – both services are back on what ran before',
      [failed('worker'), failed('api')],
    ],
    [
      'worker failed with exit code 3 on node n2, and api did not come up within 60 s – both services are back on what ran before',
      [
        failed('worker'),
        broken('api', 'not settled within 60 s: 0/1 tasks running', { outcome: 'failed', trouble: LATE }),
      ],
    ],
    [
      'worker did not come up within 60 s: its task failed with exit code 3 on node n2 – it is back on what ran before',
      [failed('worker', { reason: 'not settled within 60 s: 1/1 task running, watched for 10 s', trouble: LATE })],
    ],
    [
      'a, b and 2 others did not come up – all 4 services are back on what ran before',
      [failed('a'), broken('b', 'no'), broken('c', 'not so'), failed('d')],
    ],
    [
      'worker did not come up: no node can take it: no suitable node – it is back on what ran before',
      [broken('worker', 'no node can take it: no suitable node')],
    ],
    [
      'worker failed with exit code 3 on node n2 – the way back of worker failed too; 1 other is back',
      [failed('worker', { outcome: 'failed', wayBack: 'failed' }), along('a')],
    ],
    [
      'worker failed with exit code 3 on node n2 – the way back of a failed too; 1 other is back',
      [failed('worker'), { ...along('a'), outcome: 'failed', wayBack: 'failed' }],
    ],
    [
      'worker failed with exit code 3 on node n2 – 2 services were sent back, and nobody waited for that',
      [failed('worker', { wayBack: 'unwatched' }), { ...along('a'), wayBack: 'unwatched' }],
    ],
    [
      'worker failed with exit code 3 on node n2 – it is left as it is, 1 other service runs as asked',
      [failed('worker', left), up('a')],
    ],
    [
      'worker did not come up: docker refused to create worker: network n1a2 not found – it was not made, 1 other service runs as asked',
      [
        broken('worker', 'docker refused to create worker: network n1a2 not found', {
          ...left,
          trouble: { kind: 'refused' },
        }),
        up('a'),
      ],
    ],
    [
      'worker failed with exit code 3 on node n2 – Swarm went back to what ran before',
      [failed('worker', { ...left, outcome: 'rolled-back' })],
    ],
    [
      'worker failed with exit code 3 on node n2 – it is left as it is, 2 were not sent',
      [failed('worker', left), skipped('a'), skipped('b')],
    ],
    [
      'worker was changed by someone else during this deploy – 1 other service runs as asked',
      [overtaken(superseded('changed', 'during this deploy')), up('a')],
    ],
    ['worker was removed by someone else during this deploy', [overtaken(superseded('removed', 'during this deploy'))]],
    [
      'worker-blue was removed by someone else during this deploy',
      [overtaken(superseded('removed', 'during its trial', 'worker-blue'))],
    ],
    [
      'worker was rolled back by someone else during this deploy',
      [overtaken(superseded('rolled back', 'during this deploy'))],
    ],
    ['the run was stopped – the swarm goes on by itself with web', [stopped('web')]],
    [
      'the run was stopped – 2 services were not finished',
      [stopped('a', `ghcr.io/acme/web:1@${digest('a')}`), stopped('b', undefined)],
    ],
    [
      'the run was stopped – web was sent back, and nobody waited for that',
      [{ ...stopped('web'), wayBack: 'unwatched' as const }],
    ],
  ])('%s', (words, results) => {
    expect(headline(results, RUN)).toBe(words)
  })

  function skipped(name: string): ServiceResult {
    return createResult({ name, outcome: 'skipped', because: ['worker'], cause: 'not sent' })
  }

  function stopped(name: string, ...after: [string | undefined] | []): ServiceResult {
    const { image } = createResult()
    return createResult({
      name,
      outcome: 'cancelled',
      cause: 'the run was stopped',
      image: after.length === 0 ? image : { ...image, after: after[0] },
    })
  }
})

test('a node that is gone by now is said to be', () => {
  const failedTask = {
    id: 't',
    node: 'n2',
    nodeState: 'drained',
    ending: 'failed with exit code 0',
    exitCode: 0,
    logs: [],
  }
  const result = failed('web', { failedTask } as Partial<ServiceResult>)
  expect(headline([result], RUN)).toMatch(/^web failed with exit code 0 on node n2, which is drained –/)
})

test.each([
  'the upstream did not answer: not settled within 5 s',
  'someone else removed it',
  'the canary failed: its task ended',
  'docker refused to create worker',
])('what a health check says is not taken for words of this action: %s', (said) => {
  const ending = `failed its health check (${said})`
  const failedTask = { id: 't', node: 'n2', ending, exitCode: 1, logs: [] }
  const result = failed('worker', { ...left, cause: said, reason: said, failedTask })
  expect(headline([result], RUN)).toBe('worker failed its health check on node n2 – it is left as it is')
})

test('several that somebody else has changed are many', () => {
  const theirs = (name: string) => broken(name, 'someone else changed it', { outcome: 'superseded' })
  expect(headline([theirs('a'), theirs('b')], RUN)).toMatch(/^a and b were changed by someone else during this deploy/)
})

test('of several of which somebody else has changed one of two services each, that one is named', () => {
  const theirs = (name: string) => ({ ...overtaken(superseded('removed', 'during its trial', `${name}-blue`)), name })
  expect(headline([theirs('a'), theirs('b')], RUN)).toBe(
    'a-blue and b-blue were removed by someone else during this deploy',
  )
})

test.each([
  ['failed their health checks', 'failed its health check (503)', undefined],
  ['did not come up within 60 s: a task of each failed with exit code 3', 'failed with exit code 3', LATE],
])('several are told as several: %s', (words, ending, trouble) => {
  const failedTask = { id: 't', node: 'n2', ending, exitCode: 3, logs: [] }
  const one = (name: string) => failed(name, { failedTask, ...(trouble && { trouble }) })
  expect(headline([one('a'), one('b')], RUN)).toBe(
    `a and b ${words} on node n2 – both services are back on what ran before`,
  )
})

test('a cause of a page is cut to a line', () => {
  const said = headline([broken('worker', `docker refused it: ${'very '.repeat(1000)}`)], RUN)
  expect(said).toMatch(/^worker did not come up: docker refused it: very .* … very .*– it is back/)
  expect(said.length).toBeLessThan(250)
})

test('a cause that is cut keeps its end, where docker says what is wrong', () => {
  const path = `/var/lib/docker/containers/${'842c6b1d'.repeat(8)}/.tmp-config.v2.json2300845271`
  const ending = `was rejected: write ${path}: no space left on device`
  const failedTask = { id: 't', node: 'n3', ending, exitCode: undefined, logs: [] }
  const said = headline([failed('worker', { failedTask, reason: `its task ${ending}` })], RUN)
  expect(said).toMatch(/^worker was rejected: write \/var\/lib\/docker\/.* … .*no space left on device on node n3 – /)
  expect(said.length).toBeLessThan(250)
})

test('what a health check printed is left to the section', () => {
  const failedTask = { id: 't', node: undefined, ending: 'failed its health check (503\nno)', exitCode: 143, logs: [] }
  const said = headline([failed('worker', { failedTask, reason: 'its task failed its health check (503\nno)' })], RUN)
  expect(said).toBe('worker failed its health check – it is back on what ran before')
})

test('some services of a stack are not all of them', () => {
  const chosen: RunWords = { ...RUN, stack: { name: 'shop', leftOut: ['shop_db'] } }
  expect(headline([up('web'), up('api')], SHOP)).toContain('both services of stack shop are up')
  expect(headline([up('web'), up('api')], chosen)).toContain('2 services of stack shop are up')
})
