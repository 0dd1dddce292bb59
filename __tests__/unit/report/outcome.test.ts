import { describe, expect, test } from '@jest/globals'
import {
  annotation,
  failureSummary,
  resultSummary,
  type Status,
  statusOf,
  verdictLine,
} from '../../../src/report/outcome.ts'
import { type FailedTask, isGood, type Outcome, type ServiceResult } from '../../../src/result.ts'
import { createResult, digest } from '../../support/builders.ts'

function results(...outcomes: readonly Outcome[]): ServiceResult[] {
  return outcomes.map((outcome) => createResult({ outcome }))
}

function failed(failedTask: Partial<FailedTask> = {}, cause = 'Swarm paused the update'): ServiceResult {
  return createResult({
    outcome: 'failed',
    cause,
    failedTask: {
      id: 'task-1',
      node: 'host-1',
      ending: 'failed with exit code 1',
      exitCode: 1,
      logs: [],
      ...failedTask,
    },
  })
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

describe('an annotation', () => {
  test('says the cause, the task, its node and what it printed last', () => {
    expect(annotation(failed({ logs: ['no database', 'bye'] }))).toBe(
      [
        'Swarm paused the update',
        'Task task-1 on node host-1 failed with exit code 1.',
        'Its last log lines:',
        '  no database',
        '  bye',
      ].join('\n'),
    )
  })

  test('leaves out what is not known', () => {
    expect(annotation(failed({ node: undefined }))).toBe(
      'Swarm paused the update\nTask task-1 failed with exit code 1.',
    )
    expect(annotation(createResult({ outcome: 'failed', cause: 'not settled within 10 s' }))).toBe(
      'not settled within 10 s',
    )
    expect(annotation(createResult({ outcome: 'failed' }))).toBe('no cause known')
  })
})

const HEAD = [
  '| Service | Outcome | Image | Digest | Config | Tasks | Nodes | Seconds |',
  '| --- | --- | --- | --- | --- | --- | --- | --- |',
]

/** The cells of the only service. */
function cells(result: ServiceResult): string[] {
  const row = resultSummary('converged', [result]).split('\n')[4] ?? ''
  return row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim())
}

describe('the summary of a deployment', () => {
  test('is a table of the services', () => {
    const api = createResult({ name: 'api', outcome: 'unchanged', config: undefined, nodes: 1, seconds: 0 })
    expect(resultSummary('converged', [createResult(), api])).toBe(
      [
        '## Swarm Deploy: converged',
        '',
        ...HEAD,
        '| `web` | ✅ updated | `ghcr.io/acme/web:2` | `aaaaaaaaaaaa` → `bbbbbbbbbbbb` | `ghcr.io` | 3/3 | 2 | 7.5 |',
        '| `api` | ✅ unchanged | `ghcr.io/acme/web:2` | `aaaaaaaaaaaa` → `bbbbbbbbbbbb` | – | 3/3 | 1 | 0 |',
      ].join('\n'),
    )
  })

  test.each<[string, ServiceResult['image'], string, string]>([
    ['one digest when it stayed', image('a', 'a'), '`web:1`', '`aaaaaaaaaaaa`'],
    ['the new digest alone when there was none', image(undefined, 'b'), '`web:1`', '`bbbbbbbbbbbb`'],
    ['no digest when there is none', { ...image('a', 'b'), after: 'web:1' }, '`web:1`', '–'],
    ['no image when there is none', { before: undefined, wanted: undefined, after: undefined }, '–', '–'],
  ])('has %s', (_, images, tag, shownDigest) => {
    const [, , shownImage, change] = cells(createResult({ image: images }))
    expect([shownImage, change]).toEqual([tag, shownDigest])
  })

  test('marks what is not good', () => {
    expect(cells(createResult({ outcome: 'rolled-back' }))[1]).toBe('❌ rolled-back')
  })

  test('has no count of tasks and nodes for a service at which nobody could look', () => {
    expect(cells(createResult({ outcome: 'cancelled' })).slice(5, 7)).toEqual(['–', '–'])
    expect(cells(createResult({ outcome: 'skipped' })).slice(5, 7)).toEqual(['–', '–'])
    expect(cells(createResult({ outcome: 'failed' })).slice(5, 7)).toEqual(['3/3', '2'])
  })

  test('has the note of a service that is up, and of no other', () => {
    const note = 'node n2 is paused'
    const summary = resultSummary('failed', [
      createResult({ name: 'up', note }),
      createResult({ name: 'down', note, outcome: 'failed', cause: 'no' }),
    ])
    expect(summary.split('\n\n').slice(2)).toEqual([`- \`up\`: ${note}`, '### `down`: failed', 'no'])
  })

  test('has a part for each service that is not good, and for no other', () => {
    const summary = resultSummary('failed', [
      createResult({ name: 'good' }),
      { ...failed({ logs: ['no database', 'bye'] }), name: 'bad' },
      createResult({ name: 'late', outcome: 'timed-out', cause: 'not settled within 10 s' }),
    ])
    expect(summary.split('\n\n').slice(2)).toEqual([
      '### `bad`: failed',
      'Swarm paused the update',
      'Task `task-1` on node `host-1` failed with exit code 1.',
      '```\nno database\nbye\n```',
      '### `late`: timed-out',
      'not settled within 10 s',
    ])
  })

  test('names no node where none is known, and has no block for a task that printed nothing', () => {
    const parts = resultSummary('failed', [failed({ node: undefined })]).split('\n\n')
    expect(parts.at(-1)).toBe('Task `task-1` failed with exit code 1.')
  })

  function image(before: string | undefined, after: string): ServiceResult['image'] {
    const now = `web:1@${digest(after)}`
    return { before: before === undefined ? undefined : `web:1@${digest(before)}`, wanted: now, after: now }
  }
})

describe('nothing that a service says becomes markup of the summary', () => {
  /** The block after the words on the task: what it printed. */
  function logBlock(logs: readonly string[]): { fence: string; lines: string[] } {
    const summary = resultSummary('failed', [failed({ logs })])
    const [fence = '', ...rest] = summary.slice(summary.indexOf('exit code 1.') + 'exit code 1.\n\n'.length).split('\n')
    expect(rest.at(-1)).toBe(fence)
    return { fence, lines: rest.slice(0, -1) }
  }

  test.each<[string, readonly string[], string]>([
    ['markup', ['# title', '<img src=x>', '| a | b |', '[a](b)'], '```'],
    ['backticks within a line', ['a `b` c ``d``'], '```'],
    ['the end of a block', ['```', '# title'], '````'],
    ['the end of a longer block', ['```', '``````', '````'], '```````'],
    ['the end of a block after a carriage return', ['``` \r`````\r# title'], '``````'],
  ])('log lines with %s stay in their block', (_, logs, fence) => {
    expect(logBlock(logs)).toEqual({ fence, lines: logs.flatMap((line) => line.split('\r')) })
  })

  test.each([
    ['*a* _b_ `c` ~~d~~', '\\*a\\* \\_b\\_ \\`c\\` \\~\\~d\\~\\~'],
    ['<script>', '\\<script\\>'],
    ['[a](/x) ![b](c)', '\\[a\\](/x) !\\[b\\](c)'],
    ['see https://x/y. WWW.x.org, `ftp://z`', "see `https://x/y.` `WWW.x.org,` `'ftp://z'`"],
    ['@team or me@x.org, acme/shop#12 and #3', '`@team` or `me@x.org,` `acme/shop#12` and `#3`'],
    ['$\\unicode{x}$ GH-1', '`$\\unicode{x}$` `GH-1`'],
    ['&#60;b> &amp; &', '`&#60;b>` &amp;amp; &amp;'],
    ['- item', '\\- item'],
    ['12. item', '12\\. item'],
    ['=== a', '\\=== a'],
    ['a\u202eb\u0007c\u001b[31md\u2028e', 'a\ufffdb\ufffdcd e'],
    ['a | b # c \\ {d}', 'a \\| b \\# c \\\\ \\{d\\}'],
    ['one\n\n# two\r\n~~~\n- three', 'one \\# two \\~\\~\\~ - three'],
  ])('a cause: %j', (cause, shown) => {
    const summary = resultSummary('failed', [failed({}, cause)])
    expect(summary.split('\n\n')[3]).toBe(shown)
  })

  test('how the task ended', () => {
    const summary = resultSummary('failed', [failed({ ending: 'was rejected: <b>\n\n# x' })])
    expect(summary).toContain('on node `host-1` was rejected: \\<b\\> \\# x.')
  })

  test.each(['a|b', 'a`b', '`', '||', 'a\\|b', '\\\\|', 'n\n\n# title\n![x](y)', 'a\u2028# b'])(
    'a name: %j',
    (name) => {
      const result = { ...failed({ id: name, node: name }), name, config: name }
      const row = cells(result)
      expect(row).toHaveLength(8)
      for (const cell of [row[0], row[4]]) expect(cell).toMatch(/^`[^`]+`$/)
      expect(resultSummary('failed', [result])).toMatch(/^Task `[^`\n]+` on node `[^`\n]+` failed/m)
    },
  )
})

describe('the summary of a run that changed nothing', () => {
  test('has a line for each problem, without markup', () => {
    expect(failureSummary('failed', ['no *login*\nat Object.<anonymous>', 'no `service`'], false)).toBe(
      [
        '## Swarm Deploy: failed',
        '',
        'Nothing was changed on the swarm.',
        '',
        '- no \\*login\\*',
        '- no \\`service\\`',
      ].join('\n'),
    )
  })
})
