import { describe, expect, test } from '@jest/globals'
import { annotation, annotationsOf } from '../../../src/report/annotations.ts'
import type { ServiceResult } from '../../../src/result.ts'
import { createResult, digest, createFailedResult as failed } from '../../support/builders.ts'
import { rollout } from '../../support/rollouts.ts'

describe('an annotation', () => {
  test('says the cause, the task, its node and what it printed last', () => {
    expect(annotation(failed({ logs: ['no database', 'bye'] }))).toBe(
      [
        'Swarm paused the update',
        'Task task-1 on node host-1 failed with exit code 1.',
        'Its image ghcr.io/acme/web:2@bbbbbbbbbbbb.',
        'Its last log lines:',
        '  no database',
        '  bye',
      ].join('\n'),
    )
  })

  test('leaves out what is not known', () => {
    const image = { before: undefined, wanted: undefined, after: undefined }
    expect(annotation({ ...failed({ node: undefined }), image })).toBe(
      'Swarm paused the update\nTask task-1 failed with exit code 1.',
    )
    expect(annotation(createResult({ outcome: 'failed', cause: 'not settled within 10 s', image }))).toBe(
      'not settled within 10 s',
    )
    expect(annotation(createResult({ outcome: 'failed', image }))).toBe('no cause known')
  })

  test('says which image failed, and which the service has now', () => {
    const image = (version: string, hex: string) => `ghcr.io/acme/web:${version}@${digest(hex)}`
    const back = { before: image('1', 'a'), wanted: image('2', 'b'), after: image('1', 'a') }
    expect(annotation(createResult({ outcome: 'rolled-back', cause: 'it crashed', image: back }))).toBe(
      'it crashed\nIts image ghcr.io/acme/web:2@bbbbbbbbbbbb, now ghcr.io/acme/web:1@aaaaaaaaaaaa.',
    )
    const theirs = { ...back, after: `evil\u001b[31m\n::error::${'x'.repeat(1000)}` }
    const [, line = '', ...more] = annotation(createResult({ cause: 'it crashed', image: theirs })).split('\n')
    expect({ line, more }).toEqual({ line: expect.stringMatching(/, now evil ::error::x+… \(/), more: [] })
    expect(line.length).toBeLessThan(500)
  })
})

describe('the annotations of a run', () => {
  const titles = (results: readonly ServiceResult[]) =>
    annotationsOf(results).shown.map(({ level, title }) => `${level} ${title}`)

  test('are one for the culprit, where the user wrote it, and one that is not red for all that went along', () => {
    const { shown, others } = annotationsOf(rollout({ services: 3, failing: 1 }))
    expect(shown).toMatchObject([
      { level: 'error', title: 'shop_worker: rolled-back', place: { file: 'deploy/compose.yml', line: 3 } },
      {
        level: 'notice',
        title: 'Only because of others',
        message: 'Went back to what ran before: shop_api and shop_web',
      },
    ])
    expect(others).toEqual([])
  })

  test('are none where all is well', () => {
    expect(annotationsOf(rollout({ services: 3, unchanged: 1 }))).toEqual({ shown: [], others: [] })
  })

  test('are ten at most that are red, and name no more than twenty that went along', () => {
    const { shown, others } = annotationsOf(rollout({ services: 120, failing: 14 }))
    expect(shown.filter(({ level }) => level === 'error')).toHaveLength(10)
    expect(others.map(({ name }) => name)).toHaveLength(4)
    expect(shown.at(-1)?.message).toMatch(/^Went back .* and 87 others$/)
  })

  test('tell apart what went back, what was removed again and what was not sent', () => {
    const [gone, unseen] = (['removed', 'unwatched'] as const).map((wayBack) =>
      createResult({ name: wayBack, outcome: 'rolled-back', because: ['bad'], wayBack }),
    )
    const skipped = createResult({ name: 'b', outcome: 'skipped', because: ['bad'] })
    const back = createResult({ name: 'a', outcome: 'rolled-back', because: ['bad'], wayBack: 'done' })
    const all = [back, skipped, gone, unseen].flatMap((one) => one ?? [])
    expect(annotationsOf([...all, { ...failed(), name: 'bad' }]).shown.at(-1)?.message).toBe(
      [
        'Went back to what ran before: a',
        'Removed again: removed',
        'Sent back, and nobody waited for that: unwatched',
        'Not sent, or not waited for any more: b',
      ].join('\n'),
    )
  })

  test('have one whose way back failed, although it went only because of another', () => {
    const lost = createResult({ name: 'a', outcome: 'failed', because: ['bad'], wayBack: 'failed', cause: 'c' })
    expect(titles([lost, { ...failed(), name: 'bad' }])).toEqual(['error a: failed', 'error bad: failed'])
  })

  test('have one for all that the stop of the run met', () => {
    const stopped = (name: string) => createResult({ name, outcome: 'cancelled', cause: 'the run was stopped' })
    expect(annotationsOf([stopped('a'), stopped('b')]).shown).toEqual([
      { level: 'error', title: '2 services: cancelled', message: 'a: the run was stopped\nb: the run was stopped' },
    ])
    expect(titles([stopped('a')])).toEqual(['error a: cancelled'])
    const many = annotationsOf(Array.from({ length: 1000 }, (_, n) => stopped(`service-${n}`))).shown
    expect(many).toHaveLength(1)
    expect(many[0]?.message.length).toBeLessThan(4096)
    expect(many[0]?.message).toMatch(/\nand \d+ more services$/)
  })

  test('are red where each says that it is there because of another', () => {
    const each = (name: string) => createResult({ name, outcome: 'rolled-back', because: ['gone'] })
    expect(titles([each('a'), each('b')])).toEqual(['error a: rolled-back', 'error b: rolled-back'])
  })
})
