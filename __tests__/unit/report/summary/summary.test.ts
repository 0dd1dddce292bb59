import { describe, expect, test } from '@jest/globals'
import { failureSummary } from '../../../../src/report/summary/failure.ts'
import { resultSummary } from '../../../../src/report/summary/summary.ts'
import type { ServiceResult } from '../../../../src/result.ts'
import { createResult, digest, createFailedResult as failed } from '../../../support/builders.ts'
import { CODE } from '../../../support/hostile.ts'
import { rollout } from '../../../support/rollouts.ts'

const RUN = { wait: true, timeoutSeconds: 60 }
const summaryOf = (...results: readonly ServiceResult[]) => resultSummary('failed', results, RUN)
const partsOf = (...results: readonly ServiceResult[]) => summaryOf(...results).split('\n\n')

/** The cells of each row of the first table, under their titles. */
function rowsOf(summary: string): Record<string, string>[] {
  const [head = '', , ...rows] = (/(?:^\|.*\n?)+/m.exec(summary)?.[0] ?? '').trim().split('\n').map(cellsOf)
  return rows.map((row) => Object.fromEntries(row.map((cell, index) => [head[index] ?? '', cell])))
}

function cellsOf(line: string): string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim())
}

test('the summary of a deployment that went well', () => {
  const api = createResult({ name: 'api', outcome: 'unchanged', action: 'unchanged', config: undefined, nodes: 1 })
  expect(resultSummary('converged', [createResult(), api], { ...RUN, stack: { name: 'shop' } })).toBe(
    [
      '## ✅ web is up on 2; 1 was as asked already',
      '',
      'Swarm Deploy: **converged**, 2 services of stack `shop`',
      '',
      '| Service | Outcome | Image | Tasks | Account |',
      '| --- | --- | --- | --- | --- |',
      '| `web`<br>rolling | ✅&nbsp;updated<br>7.5 s | `ghcr.io/acme/web`<br>`1`&nbsp;→&nbsp;`2`<br>`aaaaaaaaaaaa`&nbsp;→&nbsp;`bbbbbbbbbbbb` | 3/3<br>2&nbsp;nodes | `ghcr.io` |',
      '| `api`<br>rolling | ✅&nbsp;unchanged | `ghcr.io/acme/web`<br>`1`&nbsp;→&nbsp;`2`<br>`aaaaaaaaaaaa`&nbsp;→&nbsp;`bbbbbbbbbbbb` | 3/3<br>1&nbsp;node | – |',
    ].join('\n'),
  )
})

test('what was left out, and which tag stays, is said', () => {
  const kept = createResult({ outcome: 'unchanged', action: 'unchanged', keptTag: 'same digest as :1.4' })
  const stack = { name: 'shop', leftOut: ['shop_api', 'shop_db'] }
  const summary = resultSummary('unchanged', [kept], { ...RUN, stack })
  expect(summary).toContain('1 service of stack `shop`; left out by `only`: `shop_api`, `shop_db`')
  expect(rowsOf(summary)).toMatchObject([{ Outcome: '✅&nbsp;unchanged<br>same digest as :1.4' }])
})

test('the summary of one that did not', () => {
  const along = createResult({
    name: 'api',
    outcome: 'rolled-back',
    cause: 'restored because of web; what ran before runs again',
    because: ['web'],
    wayBack: 'done',
    image: { ...createResult().image, after: createResult().image.before },
  })
  const culprit = { ...failed({ logs: ['no database', 'bye'] }), place: { file: 'compose.yml', line: 7 } }
  expect(partsOf(along, culprit).slice(0, -1)).toEqual([
    '## ❌ web failed with exit code 1 on node host-1 – api is back on what ran before',
    'Swarm Deploy: **failed**, 2 services',
    '### `web`: failed',
    '**Cause:** Swarm paused the update',
    'Task `task-1` on node `host-1` failed with exit code 1. Its last lines:',
    '```\nno database\nbye\n```',
    '**What to do:** its own program ended: mend what its last lines name, or run the image by hand to see more (`docker run`).',
    'It is written in `compose.yml`, line 7.',
    '### All services',
  ])
  expect(rowsOf(summaryOf(along, culprit))).toMatchObject([
    { Service: '`web`<br>rolling', Outcome: '❌&nbsp;failed<br>7.5 s', 'Runs now': '`2`<br>`bbbbbbbbbbbb`' },
    {
      Service: '`api`<br>rolling',
      Outcome: '↩️&nbsp;rolled-back<br>7.5 s<br>because of `web`',
      'Runs now': '`1`<br>`aaaaaaaaaaaa`',
    },
  ])
})

describe('the table', () => {
  const first = (result: ServiceResult) => rowsOf(resultSummary('converged', [result], RUN))[0]
  const image = (before: string | undefined, wanted: string | undefined) =>
    createResult({ image: { before, wanted, after: wanted } })

  test.each<[string, string | undefined, string | undefined, string]>([
    ['what stayed once', `web:1@${digest('a')}`, `web:1@${digest('a')}`, '`web`<br>`1`<br>`aaaaaaaaaaaa`'],
    [
      'a new digest of a tag',
      `web:1@${digest('a')}`,
      `web:1@${digest('b')}`,
      '`web`<br>`1`<br>`aaaaaaaaaaaa`&nbsp;→&nbsp;`bbbbbbbbbbbb`',
    ],
    ['a new service', undefined, `web:1@${digest('b')}`, '`web`<br>`1`<br>`bbbbbbbbbbbb`'],
    ['an image without a digest', 'web:1', 'web:2', '`web`<br>`1`&nbsp;→&nbsp;`2`'],
    [
      'an image without a tag',
      `h:5/web@${digest('a')}`,
      `h:5/web@${digest('b')}`,
      '`h:5/web`<br>`aaaaaaaaaaaa`&nbsp;→&nbsp;`bbbbbbbbbbbb`',
    ],
    [
      'an image of another repository',
      'web:1',
      `shop/web:1@${digest('b')}`,
      '`web:1` → `shop/web:1`<br>`bbbbbbbbbbbb`',
    ],
    ['no image', 'web:1', undefined, '–'],
  ])('has %s', (_, before, wanted, shown) => {
    expect(first(image(before, wanted))?.Image).toBe(shown)
  })

  test('has what was changed where that is more than an image', () => {
    expect(first(createResult({ changes: ['image'] }))).not.toHaveProperty('Changed')
    expect(first(createResult({ changes: ['image', 'replicas 2 → 3'] }))?.Changed).toBe('`image`<br>`replicas 2 → 3`')
  })

  test('has no tasks of a service at which nobody could look', () => {
    for (const more of [
      { outcome: 'cancelled' },
      { outcome: 'skipped' },
      { outcome: 'failed', wayBack: 'unwatched' },
    ] as const)
      expect(rowsOf(summaryOf(createResult(more)))[0]?.Tasks).toBe('–')
  })

  test('has no tasks of a service that is gone', () => {
    const gone = createResult({ action: 'remove', outcome: 'removed', nodes: 0, tasks: { running: 0, wanted: 0 } })
    expect(rowsOf(resultSummary('converged', [gone], RUN))).toMatchObject([{ Tasks: '–' }])
  })

  test('folds what is unchanged when that is much', () => {
    const summary = resultSummary('converged', rollout({ services: 12, unchanged: 8 }), RUN)
    expect(rowsOf(summary)).toHaveLength(4)
    expect(summary).toMatch(/<details><summary>8 services were as asked already<\/summary>\n\n\|/)
    expect(resultSummary('converged', rollout({ services: 12, unchanged: 3 }), RUN)).not.toContain('<details>')
  })

  test('folds what only went along when that is much', () => {
    const summary = summaryOf(...rollout({ services: 12, failing: 1 }))
    expect(rowsOf(summary)).toHaveLength(1)
    expect(summary).toMatch(/<summary>11 services went back only because of others<\/summary>/)
  })
})

test('many culprits are a list, and what they said is folded', () => {
  const parts = partsOf(...rollout({ services: 120, failing: 10 }))
  expect(parts[2]).toBe('### 10 services did not come up')
  expect(parts[3]?.split('\n')).toHaveLength(10)
  expect(parts[3]).toMatch(/^- `shop_worker` failed with exit code 3 on node n2 \(`deploy\/compose.yml` line 3\)\n/)
  expect(parts.filter((part) => part.startsWith('**What to do'))).toHaveLength(1)
  expect(parts).toContain('<details><summary>What <code>shop_auth</code> said last</summary>')
})

test('a picture of tasks that end again and again has as many rows as have room', () => {
  const phases = ['waiting', 'pulling', 'starting', 'running', 'over'] as const
  const tasks = Array.from({ length: 60 }, (_, n) => ({
    slot: 1 + (n % 8),
    node: 'n1',
    to: 104 + 5 * n,
    ending: 'failed with exit code 3',
    phases: phases.map((phase, index) => ({ phase, from: 100 + 5 * n + index })),
  }))
  const results = rollout({ services: 3, failing: 3 }).map((one) => ({
    ...one,
    timeline: { out: { from: 100, to: 400, tasks } },
  }))
  const summary = summaryOf(...results)
  const [picture = ''] = /```mermaid\n[\s\S]*?\n```/.exec(summary) ?? []
  const rows = picture.match(/^ {2}section /gm)?.length ?? 0
  expect(picture.length).toBeLessThan(50_000)
  expect(rows).toBeGreaterThan(10)
  expect(summary).toContain(`There is no room for ${3 * 8 - rows} more.`)
})

test('what is to be done is said of each kind of culprit', () => {
  const unplaced = createResult({ name: 'c', outcome: 'failed', cause: 'no node can take it: no suitable node' })
  const parts = partsOf({ ...failed(), name: 'a' }, { ...failed(), name: 'b' }, unplaced)
  expect(parts.filter((part) => part.startsWith('**What to do'))).toEqual([
    expect.stringMatching(/^\*\*What to do about `a`, `b`:\*\* its own program ended/),
    expect.stringMatching(/^\*\*What to do about `c`:\*\* compare its constraints/),
  ])
})

test('the summary has the note of a service that is up, and of no other', () => {
  const note = 'node n2 is paused'
  const parts = partsOf(
    createResult({ name: 'up', note }),
    createResult({ name: 'down', note, outcome: 'failed', cause: 'no' }),
  )
  expect(parts.filter((part) => part.includes('paused'))).toEqual([`- \`up\`: ${note}`])
})

test('names no node where none is known', () => {
  expect(partsOf(failed({ node: undefined }))).toContain('Task `task-1` failed with exit code 1.')
})

describe('nothing that a service says becomes markup of the summary', () => {
  /** The block after the words on the task: what it printed. */
  function logBlock(logs: readonly string[]): { fence: string; lines: string[] } {
    const summary = summaryOf(failed({ logs }))
    const [, said = ''] = summary.split('Its last lines:\n\n')
    const [fence = '', ...rest] = said.split('\n\n**What to do')[0]?.split('\n') ?? []
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
    ['see https://x/y. WWW.x.org, `ftp://z`', 'see `https://x/y`. `WWW.x.org`, `` `ftp://z` ``'],
    ['@team or me@x.org, acme/shop#12 and #3', '`@team` or `me@x.org`, `acme/shop#12` and `#3`'],
    ['$\\unicode{x}$ GH-1', '`$\\unicode{x}$` `GH-1`'],
    ['a:warning:b :+1: 10:20:30', '`a:warning:b` `:+1:` 10:20:30'],
    ['&#60;b> &amp; &', '`&#60;b>` &amp;amp; &amp;'],
    ['- item', '\\- item'],
    ['12. item', '12\\. item'],
    ['=== a', '\\=== a'],
    ['a\u202eb\u0007c\u001b[31md\u2028e', 'a\ufffdb\ufffdcd e'],
    ['a | b # c \\ {d}', 'a \\| b \\# c \\\\ \\{d\\}'],
    ['one\n\n# two\r\n~~~\n- three', 'one \\# two \\~\\~\\~ - three'],
  ])('a cause: %j', (cause, shown) => {
    expect(partsOf(failed({}, cause))[3]).toBe(`**Cause:** ${shown}`)
  })

  test('how the task ended', () => {
    expect(summaryOf(failed({ ending: 'was rejected: <b>\n\n# x' }))).toContain(
      'on node `host-1` was rejected: \\<b\\> \\# x.',
    )
  })

  test.each(['a|b', 'a`b', '`', '||', 'a\\|b', '\\\\|', 'n\n\n# title\n![x](y)', 'a\u2028# b'])(
    'a name: %j',
    (name) => {
      const result = { ...failed({ id: name, node: name }), name, config: name, changes: [name] }
      const [row] = rowsOf(summaryOf(result))
      expect(Object.keys(row ?? {})).toHaveLength(6)
      expect(row?.Account).toMatch(new RegExp(`^${CODE.source}$`))
      expect(row?.Service).toMatch(new RegExp(`^${CODE.source}<br>rolling$`))
      expect(summaryOf(result)).toMatch(/^Task (`+)[^\n]+\1 on node (`+)[^\n]+\2 failed/m)
    },
  )

  test('a name in a title of HTML', () => {
    const all = ['a', 'b', '<img src=x> &amp; "@octocat" #1'].map((name) => ({ ...failed(), name }))
    expect(summaryOf(...all)).toContain(
      '<summary>What <code>&#60;img src=x&#62; &#38;amp; &#34;&#64;octocat&#34; &#35;1</code> said last</summary>',
    )
  })
})

describe('a summary fits', () => {
  test.each([
    ['120 services of which 10 fail', rollout({ services: 120, failing: 10, logs: Array(20).fill('ü'.repeat(2000)) })],
    ['1,000 services of which 10 fail', rollout({ services: 1000, failing: 10, tasks: 3 })],
    ['1,000 services that came up', rollout({ services: 1000, tasks: 10 })],
  ])('%s', (_, results) => {
    const summary = resultSummary('failed', results, RUN)
    expect(Buffer.byteLength(summary)).toBeLessThan(1024 * 1024)
    expect(summary.match(/^\| `shop_/gm)).toHaveLength(results.length)
    expect(summary).not.toContain('no room here')
  })
})

describe('the summary of a run that changed nothing', () => {
  test('says what is wrong in its first line', () => {
    expect(failureSummary('failed', ['services: web: there is *no* image\nat Object.<anonymous>'], false)).toBe(
      [
        '## ❌ services: web: there is \\*no\\* image',
        'Swarm Deploy: **failed**. Nothing was changed on the swarm.',
      ].join('\n\n'),
    )
  })

  test('has a line for each problem, without markup', () => {
    expect(failureSummary('failed', ['no *login*', 'no `service`'], true)).toBe(
      [
        '## ❌ 2 things are wrong',
        '',
        'Swarm Deploy: **failed**. Whether anything was changed on the swarm is not known.',
        '',
        '- no \\*login\\*',
        '- no `service`',
      ].join('\n'),
    )
  })

  test.each([
    ['write `ssh://user@host`, or (`a: ${{ b }}`).', 'write `ssh://user@host`, or (`a: ${{ b }}`).'],
    ['ssh://deploy@10.0.0.7: refused', '`ssh://deploy@10.0.0.7`: refused'],
    ['Get "http://x/v2/": no', 'Get "`http://x/v2/`": no'],
    // None of these is a pair on its own: what they hold gets out of no place.
    ['a`x://(`b` c', '`` a`x://(`b` `` c'],
    ['x://a`<b>` `` `c', '`` x://a`<b>` `` \\`\\` \\`c'],
    ['it`s a `<b>', 'it\\`s a \\`\\<b\\>'],
  ])(
    'shows as code what a problem has as code, and addresses without what stands behind them: %j',
    (problem, shown) => {
      expect(failureSummary('failed', [problem], false)).toMatch(`## ❌ ${shown}\n`)
    },
  )

  test('cuts a title before what is code, and not in it', () => {
    const problem = `${'x '.repeat(90)}as in \`A: ${'b '.repeat(30)}\` there`
    const [title = '', , item] = failureSummary('failed', [problem], false).split('\n\n')
    expect(title).toMatch(/x as in …$/)
    expect(item).toMatch(/ as in `A: b .*` there$/)
  })

  test('has a long problem whole below its first words, and what to do', () => {
    const problem = `host tcp://n2:2376 is a worker of its swarm ${'and so on '.repeat(50)}`.trim()
    const [title = '', , item, remedy] = failureSummary('failed', [problem], false).split('\n\n')
    expect(title.length).toBeLessThan(230)
    expect(item).toContain('and so on and so on')
    expect(remedy).toMatch(/^\*\*What to do:\*\* point `host`/)
  })
})
