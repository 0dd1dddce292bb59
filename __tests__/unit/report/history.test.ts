import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../lab/scratch.ts'
import { historyOf } from '../../../src/plan/history.ts'
import { recordBody, recordsIn } from '../../../src/records/format.ts'
import type { DeployRecord } from '../../../src/records/record.ts'
import { reportHistory } from '../../../src/report/history.ts'
import { createRecord, createRecordedRun, createService, createSpec } from '../../support/builders.ts'
import { printedBy } from '../../support/printed.ts'
import { valuesIn } from '../../support/runner-commands.ts'

let directory = ''

beforeEach(() => {
  directory = scratchDirectory('history-')
})

afterEach(() => rmSync(directory, { recursive: true }))

async function shown(...records: readonly DeployRecord[]) {
  const files = { GITHUB_OUTPUT: join(directory, 'output'), GITHUB_STEP_SUMMARY: join(directory, 'summary') }
  for (const path of Object.values(files)) writeFileSync(path, '')
  const objects = records.map((record, n) => {
    const body = recordBody(record, `record-${n}`)
    if (!('Name' in body)) throw new Error('too large')
    return { ID: `id${n}`, Spec: body }
  })
  const { kept, unreadable } = recordsIn(objects)
  const subjects = historyOf(kept, undefined, [createService()])
  const log = await printedBy({ GITHUB_ACTIONS: 'true', ...files }, () => reportHistory(subjects, unreadable))
  const outputs = Object.fromEntries(valuesIn(readFileSync(files.GITHUB_OUTPUT, 'utf8'))) as Record<string, string>
  return { log, outputs, summary: readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8') }
}

test('the summary is a table of the records, with the one that runs', async () => {
  const [image, level] = ['ghcr.io/acme/web:2', ['LEVEL=hidden-value']]
  const spec = createSpec({ TaskTemplate: { ContainerSpec: { Image: image, Env: level } } })
  const second = createRecord({ version: 2, services: [{ name: 'web', image, spec }] })
  const { summary, outputs, log } = await shown(createRecord(), second)
  expect(summary).toContain(
    '| ▶ **#1** | 2026-11-26 10:00:00 UTC | `a1b2c3d4` | [1234](https://github.com/acme/shop/actions/runs/1234) | `octocat` | `ghcr.io/acme/web:1@aaaaaaaaaaaa` |  |',
  )
  expect(summary).toContain('`ghcr.io/acme/web:2` | image<br>env LEVEL |')
  expect(JSON.parse(outputs.history ?? '')).toMatchObject([
    { version: 2, running: false, changes: ['image', 'env LEVEL'], services: [{ name: 'web', image, digest: null }] },
    { version: 1, running: true, changes: [], runs: [{ runId: '1234' }] },
  ])
  expect(summary + log + JSON.stringify(outputs)).not.toContain('hidden-value')
})

test('text of others gets out of its place nowhere', async () => {
  const evil = '::error::x | <b> [a](javascript:b) `c` \u001b[31m\n::set-output name=x::y @octocat'
  const spec = createSpec({
    TaskTemplate: { ContainerSpec: { Image: evil, Env: [`${evil}=1`], Labels: { [evil]: '1' } } },
  })
  const run = createRecordedRun({
    owner: evil,
    commit: evil,
    ref: evil,
    actor: evil,
    runId: evil,
    url: 'javascript:alert(1)',
  })
  const { summary, outputs, log } = await shown(
    createRecord({ version: 2, runs: [run], services: [{ name: 'web', image: evil, spec }] }),
    createRecord(),
  )
  expect(log).not.toMatch(/^::(?:error|set-output)/m)
  expect(log).not.toContain('\u001b[31m')
  const rows = summary.split('\n').filter((line) => line.startsWith('| ') && line.includes('#'))
  for (const row of rows) expect(row.split(/(?<!\\)\|/)).toHaveLength(9)
  expect(summary).not.toContain('(javascript:alert')
  expect(summary).not.toMatch(/<b>(?![^`]*`)/)
  expect(() => JSON.parse(outputs.history ?? '')).not.toThrow()
})
