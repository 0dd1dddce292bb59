import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../lab/scratch.ts'
import { Cancelled, UserErrors } from '../../../src/errors.ts'
import type { Deployment } from '../../../src/inputs/deployment.ts'
import { reportAuthRefresh } from '../../../src/report/auth-refresh.ts'
import { reportFailure } from '../../../src/report/failure.ts'
import { reportResults } from '../../../src/report/report.ts'
import type { ServiceResult } from '../../../src/result.ts'
import { Secret } from '../../../src/runner/secrets/secret.ts'
import { createResult } from '../../support/builders.ts'
import { CODE, HOSTILE, UNSEEN } from '../../support/hostile.ts'
import { GITHUB, printedBy, withoutColour } from '../../support/printed.ts'
import { commandsIn, linesShown, valuesIn } from '../../support/runner-commands.ts'

const directory = scratchDirectory('report-')
afterAll(() => rmSync(directory, { recursive: true }))

let exitCode: typeof process.exitCode
beforeEach(() => {
  exitCode = process.exitCode
})
afterEach(() => {
  process.exitCode = exitCode
})

/** What the report of a run leaves behind. */
async function report(work: () => unknown, files: Readonly<Record<string, string>> = {}) {
  const env = { GITHUB_OUTPUT: join(directory, 'output'), GITHUB_STEP_SUMMARY: join(directory, 'summary'), ...files }
  for (const path of Object.values(env)) if (path.startsWith(directory)) writeFileSync(path, '')
  process.exitCode = 0
  const printed = await printedBy({ ...GITHUB, ...env }, work)
  const read = (path: string) => (path.startsWith(directory) ? readFileSync(path, 'utf8') : '')
  const summary = read(env.GITHUB_STEP_SUMMARY)
  const commands = commandsIn(printed)
  const shown = linesShown(printed).map(withoutColour)
  const isOfCulprit = (line: string) => /^(?:✗| {4}|What to do)/.test(line)
  return {
    code: process.exitCode,
    printed,
    outputs: Object.fromEntries(valuesIn(read(env.GITHUB_OUTPUT))) as Record<string, string>,
    summary,
    errors: commands.filter(({ name }) => name === 'error'),
    notices: commands.filter(({ name }) => name === 'notice'),
    warnings: commands.filter(({ name }) => name === 'warning'),
    /** What is said once more of the culprits. */
    culprits: shown.filter(isOfCulprit),
    lines: shown.filter((line) => !isOfCulprit(line)),
  }
}

const deployment = { wait: true } as Deployment
const reportOf = (results: readonly ServiceResult[], files?: Readonly<Record<string, string>>) =>
  report(() => reportResults(results, deployment), files)

function failed(overrides: Partial<ServiceResult> & { readonly logs?: readonly string[] } = {}): ServiceResult {
  const { logs = ['no database'], ...rest } = overrides
  return createResult({
    outcome: 'failed',
    cause: 'its task failed with exit code 1',
    failedTask: { id: 'task1', node: 'n1', ending: 'failed with exit code 1', exitCode: 1, logs },
    ...rest,
  })
}

describe('the verdict is the exit code', () => {
  test.each<[string, readonly ServiceResult[], number]>([
    ['of a deploy that came up', [createResult()], 0],
    ['of one that did not', [createResult(), failed()], 1],
  ])('%s, also where no file of the report can be written', async (_, results, code) => {
    for (const file of ['/dev/full', '/no-directory/file']) {
      // What is said of a file is said once, in the whole process.
      const path = `${'/.'.repeat(code)}${file}`
      const run = await reportOf(results, { GITHUB_OUTPUT: path, GITHUB_STEP_SUMMARY: path })
      expect(run.code).toBe(code)
      expect(run.errors).toHaveLength(code)
      expect(run.lines.at(-1)).toMatch(/^(?:converged|failed): /)
      expect(run.lines).toHaveLength(1 + code)
      expect(run.warnings.map(({ data }) => data.split(' could', 1)[0])).toEqual([
        'The outputs of this step',
        'The job summary',
      ])
      // What happened comes first: who reads the log finds it before what became of the files.
      expect(run.printed.indexOf('could not be written')).toBeGreaterThan(run.printed.indexOf(run.lines.at(-1) ?? ''))
    }
  })

  test('of a run that ended before, too', async () => {
    const files = { GITHUB_OUTPUT: '/dev/full', GITHUB_STEP_SUMMARY: '/dev/full' }
    const run = await report(() => reportFailure(new UserErrors(['services: it is empty'])), files)
    expect(run.code).toBe(1)
    expect(run.errors.map(({ data }) => data)).toEqual(['services: it is empty'])
  })
})

describe('whatever others say', () => {
  test.each(HOSTILE)('%j stays in its place everywhere', async (text) => {
    const result = failed({
      cause: text,
      failedTask: { id: 'task1', node: text, ending: `ended: ${text}`, exitCode: 1, logs: [text, 'last line'] },
    })
    const run = await reportOf([createResult({ name: 'good' }), result])
    expect(run.errors.map(({ properties }) => properties)).toEqual([{ title: 'web: failed' }])
    expect(run.errors[0]?.data.split('\n').at(-1)).toBe('  last line')
    expect(commandsIn(run.errors[0]?.data ?? '')).toEqual([])
    expect(run.lines.at(-1)).toBe('failed: 1 updated, 1 failed')
    expect(run.culprits).toEqual([
      expect.stringMatching(/^✗ web: failed: /),
      expect.stringMatching(/^ {4}image /),
      expect.stringMatching(/^ {4}task task1 on node .*; it printed last:$/),
      expect.stringMatching(/^ {4}\| /),
      '    | last line',
    ])
    expect(run.culprits.join('')).not.toMatch(UNSEEN)
    expect(run.warnings).toEqual([])
    expect(Object.keys(run.outputs)).toEqual(['status', 'services'])
    expect(JSON.parse(run.outputs.services ?? '')).toMatchObject([{ outcome: 'updated' }, { outcome: 'failed' }])
    expect(run.summary.replaceAll('\n', '')).not.toMatch(UNSEEN)
    const summary = withoutBlocks(run.summary)
    expect(summary.match(/^#.*/gm)).toEqual([
      expect.stringMatching(/^## ❌ web .* – it is left as it is, 1 other service runs as asked$/),
      '### `web`: failed',
      '### All services',
    ])
    expect(summary.match(/^\|.*/gm)).toHaveLength(4)
    const words = summary
      .replaceAll('\\`', '')
      .replace(new RegExp(CODE, 'g'), '')
      .replaceAll('<br>', '')
      .replaceAll('&nbsp;', '')
    expect(words).not.toMatch(/(?<!\\)[<[]|https?:|www\.|@|&(?!amp;)/)
  })

  test('secrets are hidden in it', async () => {
    new Secret('the-db-password')
    const logs = ['connect postgres://app:the-db-password@db', 'the-db-\u001b[1mpassword']
    const run = await reportOf([failed({ cause: 'x the-db-password y', logs })])
    for (const text of [run.printed, run.summary, run.outputs.services]) {
      expect(text).not.toContain('the-db-password')
      expect(text?.replaceAll('\\*', '*')).toContain('x *** y')
    }
  })

  test('also of a run that ended before, and in halves', async () => {
    new Secret('the-db-password')
    const run = await report(() => reportFailure(new UserErrors(['x the-db-\u001b[1mpassword y\nthe-db-password'])))
    for (const text of [run.printed, run.summary]) {
      expect(text.replaceAll('::add-mask::the-db-password', '')).not.toContain('the-db-password')
      expect(text.replaceAll('\\*', '*')).toContain('x *** y')
    }
  })

  test.each([
    ['a problem without a blank', 'x'.repeat(3_000_000)],
    ['one with', 'x '.repeat(1_500_000)],
  ])('%s, of 3 MB, has a title and as much below it as anybody reads', async (_, problem) => {
    const { summary } = await report(() => reportFailure(new UserErrors([problem])))
    expect(summary.length).toBeLessThan(9000)
    expect(summary.indexOf('\n')).toBeLessThan(220)
    expect(summary).toContain('… (2,992,000 more characters)')
  })

  /** Markdown without its blocks of code. */
  function withoutBlocks(markdown: string): string {
    return markdown.replace(/^(`{3,})\n[\s\S]*?\n\1$/gm, '')
  }
})

describe('nothing is larger than a runner takes', () => {
  const long = 'z'.repeat(12_000_000)

  test('a cause, and a line that a task printed, of 12 MB', async () => {
    const logs = [...Array.from({ length: 19 }, (_, n) => `line ${n}`), long, 'the very last words']
    const run = await reportOf([failed({ cause: `the cause: ${long}`, logs })])
    const [error] = run.errors
    expect(error?.data.length).toBeLessThanOrEqual(4096)
    expect(error?.data).toMatch(/^the cause: z+… \(11,998,511 more characters\)\nTask task1 on node n1 failed/)
    expect(error?.data.endsWith('\n  the very last words')).toBe(true)
    expect(run.summary.length).toBeLessThan(20_000)
    expect(run.outputs.services?.length).toBeLessThan(5000)
  })

  test('the last lines of a task go first where not all have room', async () => {
    const logs = Array.from({ length: 20 }, (_, n) => `${n} ${'words '.repeat(100)}`)
    const [error] = (await reportOf([failed({ logs })])).errors
    expect(error?.data.length).toBeLessThanOrEqual(4096)
    const lines = (error?.data ?? '').split('\n')
    expect(lines.slice(0, 2)).toEqual([
      'its task failed with exit code 1',
      'Task task1 on node n1 failed with exit code 1.',
    ])
    expect(lines[2]).toMatch(/^Its image /)
    expect(lines[3]).toMatch(/^Its last [3-9] log lines:$/)
    expect(lines.at(-1)).toMatch(/^ {2}19 words/)
    expect(lines.at(4)).not.toMatch(/^ {2}0 /)
  })

  test('ten annotations; those that went along are one notice, and the log tells of all culprits', async () => {
    const dragged = Array.from({ length: 12 }, (_, n) =>
      createResult({
        name: `d${n}`,
        outcome: 'rolled-back',
        cause: 'restored because of bad0; what ran before runs again',
        because: ['bad0'],
        wayBack: 'done',
      }),
    )
    const bad = Array.from({ length: 13 }, (_, n) => failed({ name: `bad${n}` }))
    const run = await reportOf([...dragged, ...bad])
    expect(run.errors.map(({ properties }) => properties.title)).toEqual(
      Array.from({ length: 10 }, (_, n) => `bad${n}: failed`),
    )
    expect(run.notices.map(({ properties }) => properties.title)).toEqual(['Only because of others'])
    expect(run.culprits.filter((line) => line.startsWith('✗'))).toHaveLength(13)
    expect(run.culprits.join()).not.toContain('restored because of')
    expect(run.lines).toEqual([
      expect.stringMatching(/^bad0, bad1 and 11 others failed/),
      'failed: 12 rolled-back, 13 failed',
    ])
  })

  test('ten problems of the inputs, and the others in the log', async () => {
    const problems = Array.from({ length: 13 }, (_, n) => `services entry ${n}: \`name\` is missing`)
    const run = await report(() => reportFailure(new UserErrors(problems)))
    expect(run.errors.map(({ data }) => data)).toEqual(problems.slice(0, 10))
    expect(run.lines).toEqual([
      'And 3 more:',
      ...problems.slice(10).map((problem) => `- ${problem}`),
      'failed: Nothing was changed on the swarm.',
    ])
    expect(run.summary.match(/^- /gm)).toHaveLength(13)
    expect(run.summary).toMatch(/^## ❌ 13 things are wrong, so nothing was done\n/)
  })

  test('a summary and an output of 1,000 services, half of which failed with much to say', async () => {
    const logs = Array.from({ length: 20 }, () => 'ü'.repeat(2000))
    const results = Array.from({ length: 1000 }, (_, n) =>
      n % 2 === 0
        ? createResult({ name: `service-${n}` })
        : failed({ name: `service-${n}`, cause: `${n} ${'c'.repeat(5000)}`, logs }),
    )
    const run = await reportOf(results)
    expect(Buffer.byteLength(run.summary)).toBeLessThan(1024 * 1024)
    expect(run.summary.match(/^\| `service-/gm)).toHaveLength(1000)
    expect(run.summary).toMatch(/There is no room here for \d+ more services that did not come up/)
    expect(run.summary.match(/^- `service-/gm)).toHaveLength(500)
    expect(run.summary.match(/^<details>/gm)?.length).toBeGreaterThan(5)
    expect(run.summary.match(/^<details>/gm)).toHaveLength(run.summary.match(/^<\/details>/gm)?.length ?? 0)
    // Each fence that is opened is closed.
    expect((run.summary.match(/^```$/gm)?.length ?? 1) % 2).toBe(0)
    // GitHub counts two bytes a character.
    expect((run.outputs.services?.length ?? Number.NaN) * 2).toBeLessThan(1_000_000)
    const entries = JSON.parse(run.outputs.services ?? '') as ServiceResult[]
    expect(entries.filter(({ outcome }) => outcome === 'failed')).toHaveLength(500)
    expect(run.warnings.map(({ data }) => data)).toEqual([
      `The output services has no room for ${1000 - entries.length} services that came up as asked`,
    ])
  })

  test('as many services as fit whole lose nothing', async () => {
    const results = Array.from({ length: 100 }, (_, n) => failed({ name: `s${n}`, cause: `${n} ${'c'.repeat(1500)}` }))
    const entries = JSON.parse((await reportOf(results)).outputs.services ?? '') as ServiceResult[]
    expect(entries.map(({ cause }) => cause)).toEqual(results.map(({ cause }) => cause))
  })
})

describe('an annotation is on the line where the user wrote the service', () => {
  const workspace = join(directory, 'workspace')
  mkdirSync(join(workspace, 'deploy', 'sub'), { recursive: true })
  let before: string | undefined
  beforeEach(() => {
    before = process.env.GITHUB_WORKSPACE
    process.env.GITHUB_WORKSPACE = workspace
  })
  afterEach(() => {
    if (before === undefined) delete process.env.GITHUB_WORKSPACE
    else process.env.GITHUB_WORKSPACE = before
  })
  const at = async (file: string) => {
    const run = await reportOf([failed({ place: { file, line: 7 } })])
    return run.errors[0]?.properties
  }

  test.each([
    ['deploy/compose.yml', 'deploy/compose.yml'],
    ['./deploy/../compose.yml', 'compose.yml'],
    [join(workspace, 'deploy/compose.yml'), 'deploy/compose.yml'],
  ])('%s', async (file, shown) => {
    expect(await at(file)).toEqual({ title: 'web: failed', file: shown, line: '7' })
  })

  test.each(['../compose.yml', '/etc/compose.yml', join(`${workspace}-2`, 'compose.yml')])(
    'and on none outside of the workspace: %s',
    async (file) => {
      expect(await at(file)).toEqual({ title: 'web: failed' })
    },
  )

  test('by its path in the repository that was checked out there', async () => {
    mkdirSync(join(workspace, 'deploy', '.git'))
    expect(await at('deploy/sub/compose.yml')).toMatchObject({ file: 'sub/compose.yml' })
    expect(await at('compose.yml')).toMatchObject({ file: 'compose.yml' })
  })

  test('whatever its name is', async () => {
    expect(await at('a,file=b:c\n::error::d')).toEqual({
      title: 'web: failed',
      file: 'a,file=b:c ::error::d',
      line: '7',
    })
  })

  test('so is one of a problem that names its file', async () => {
    writeFileSync(join(workspace, 'compose.yml'), '')
    const problems = [
      'compose.yml line 3: no',
      'compose.yml line 4, column 7: no',
      'services line 3: no',
      'gone.yml line 3: no',
    ]
    const run = await report(() => reportFailure(new UserErrors(problems)))
    expect(run.errors.map(({ properties }) => properties)).toEqual([
      { file: 'compose.yml', line: '3' },
      { file: 'compose.yml', line: '4' },
      {},
      {},
    ])
  })

  test('and in a shell in words', async () => {
    const printed = await printedBy({}, () =>
      reportResults([failed({ place: { file: 'compose.yml', line: 7 } })], deployment),
    )
    expect(printed).toMatch(/^✗ web \(compose\.yml line 7\): failed: its task failed/m)
  })
})

test('that a node is drained comes into the headline', async () => {
  const failedTask = { id: 't', node: 'n2', nodeState: 'drained', ending: 'failed', exitCode: 0, logs: [] } as const
  const result = createResult({ name: 'web', outcome: 'failed', cause: 'its task failed', failedTask })
  const { summary } = await reportOf([result])
  expect(summary).toContain('on node n2, which is drained')
})

test('a run that was stopped says so in one line', async () => {
  const run = await report(() => reportFailure(new Cancelled('SIGTERM')))
  expect(run.outputs).toEqual({ status: 'cancelled', services: '[]' })
  expect(run.errors.map(({ data }) => data)).toEqual(['Stopped by SIGTERM. Nothing was changed.'])
})

// Last: its secrets are words of all that is said here.
describe('the output services is the JSON that the reference documents', () => {
  const results = [
    createResult({ name: 'app', config: 'proxy' }),
    createResult({ name: 'true', outcome: 'unchanged', action: 'unchanged', live: 'true-green' }),
    failed({ name: 'updated-worker', outcome: 'rolled-back' }),
  ]

  test.each([
    ...['updated', 'app', '1', 't', '":', '"', '{', 'null', 'web', 'true', 'proxy', 'rolled-back', 'name', 'outcome'],
    ...['ghcr.io/acme/web:2', 'ghcr.io', 'sha256', 'failedTask', '[{"name":"app"', '"outcome":"updated"', '},{', '7.5'],
    ...['converged', 'failed', '\\', '\n', 'services', 'update', '-green', 'true-green', 'aaaaaaaaaaaa', 'exit code'],
  ])('whatever the secrets are: %j', async (value) => {
    const before = await reportOf(results)
    new Secret(value, 'bob')
    const after = await reportOf(results)
    const free = (text = '') =>
      (JSON.parse(text) as Record<string, unknown>[]).map(({ cause: _, failedTask: __, ...rest }) => rest)
    expect(after.outputs.status).toBe('rolled-back')
    expect(free(after.outputs.services)).toEqual(free(before.outputs.services))
    expect(Object.keys(JSON.parse(after.outputs.services ?? '')[2].failedTask)).toEqual([
      'id',
      'node',
      'exitCode',
      'ending',
    ])
    // The table and the last line are ours as well.
    expect(after.summary.match(/^\|.*/gm)).toEqual(before.summary.match(/^\|.*/gm))
    expect(after.lines.at(-1)).toEqual(before.lines.at(-1))
    expect(after.errors.map(({ properties }) => properties)).toEqual(before.errors.map(({ properties }) => properties))
  })
})

test('what an error of a renewal has as code is code in its table, and no bar ends a cell', async () => {
  const result = {
    name: 'web',
    outcome: 'failed',
    image: undefined,
    tasks: { unchanged: 0, changed: [], running: 0, wanted: 0 },
    cause: 'no account serves it: add one to `registries`, as `a | b`, or c | d',
  } as const
  const { summary } = await report(() => reportAuthRefresh([result], []))
  expect(summary).toContain('add one to `registries`, as `a \\| b`, or c \\| d |\n')
})
