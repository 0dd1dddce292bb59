import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../lab/scratch.ts'
import type { ServiceStatus, SwarmStatus } from '../../../src/health/status.ts'
import type { StatusRequest } from '../../../src/inputs/modes/status.ts'
import { reportStatus } from '../../../src/report/status-report.ts'
import { Secret } from '../../../src/runner/secrets/secret.ts'
import { createJoiningNode, createNode } from '../../support/builders.ts'
import { HOSTILE } from '../../support/hostile.ts'
import { GITHUB, printedBy } from '../../support/printed.ts'
import { commandsIn, valuesIn } from '../../support/runner-commands.ts'

const directory = scratchDirectory('status-')
afterAll(() => rmSync(directory, { recursive: true }))

let exitCode: typeof process.exitCode
beforeEach(() => {
  exitCode = process.exitCode
})
afterEach(() => {
  process.exitCode = exitCode
})

const asked = (failOnProblems = false): StatusRequest =>
  ({ which: { kind: 'stack', name: 'shop' }, failOnProblems }) as StatusRequest

function service(name: string, overrides: Partial<ServiceStatus> = {}): ServiceStatus {
  return {
    name,
    stack: 'shop',
    colourOf: undefined,
    image: `ghcr.io/acme/app:1.4.2@sha256:${'a'.repeat(64)}`,
    lastDeploy: undefined,
    state: 'up',
    problems: [],
    notes: [],
    tasks: { running: 2, wanted: 2, nodes: 2 },
    nodes: ['n1', 'n2'],
    account: undefined,
    drift: undefined,
    ...overrides,
  }
}

const sick = (name: string, text = 'no database') =>
  service(name, {
    state: 'problem',
    problems: [{ cause: `0/2 tasks running; the task failed with exit code 1: ${text}`, isOfTasks: true }],
    notes: [text],
    failedTask: { id: 't1', node: text, ending: `failed with exit code 1: ${text}`, exitCode: 1, logs: [text] },
  })

async function report(
  services: readonly ServiceStatus[],
  request = asked(),
  missing: readonly string[] = [],
  nodes: SwarmStatus['nodes'] = [],
) {
  const env = { GITHUB_OUTPUT: join(directory, 'output'), GITHUB_STEP_SUMMARY: join(directory, 'summary') }
  for (const path of Object.values(env)) writeFileSync(path, '')
  process.exitCode = 0
  const swarm: SwarmStatus = { services, missing, nodes }
  const printed = await printedBy({ ...GITHUB, ...env }, () => reportStatus(swarm, request))
  const outputs = Object.fromEntries(valuesIn(readFileSync(env.GITHUB_OUTPUT, 'utf8'))) as Record<string, string>
  const summary = readFileSync(env.GITHUB_STEP_SUMMARY, 'utf8')
  return { code: process.exitCode, printed, outputs, summary, commands: commandsIn(printed) }
}

test('all that is well is green, and one table', async () => {
  const run = {
    repository: 'acme/shop',
    commit: 'abc',
    ref: '',
    runId: '7',
    attempt: '',
    actor: '',
    owner: 'acme/shop',
  }
  const lastDeploy = { version: 7, at: '2026-11-20T10:00:00Z', run: { ...run, url: 'https://ci.test/runs/7', at: '' } }
  const account = { registry: 'ghcr.io', account: 'bot', storedAt: 0, end: undefined, hasEnded: false }
  const all = [service('shop_web', { lastDeploy, account }), service('shop_api')]
  const { code, printed, outputs, summary } = await report(all)
  expect([code, outputs.status]).toEqual([0, 'healthy'])
  expect(printed).toContain(
    'Stored: account bot of ghcr.io (shop_web)\nLast deploy: #7, 2026-11-20 10:00:00 UTC, acme/shop, https://ci.test/runs/7 (shop_web)\n',
  )
  expect(summary).toContain('## ✅ 2 services, nothing is wrong with them\n')
  expect(summary).toContain(
    '| `shop_web` | ✅&nbsp;up | `ghcr.io/acme/app`<br>`1.4.2`<br>`aaaaaaaaaaaa` | 2/2<br>`n1`, `n2` | `bot`<br>`ghcr.io` | `#7`, 2026-11-20 10:00:00 UTC, acme/shop<br>[run](https://ci.test/runs/7) |',
  )
  expect(JSON.parse(outputs.services ?? '')).toMatchObject([
    { name: 'shop_web', action: 'status', outcome: 'up', lastDeploy: { version: 7, url: 'https://ci.test/runs/7' } },
    { name: 'shop_api', account: null, drift: null, failedTask: null, lastDeploy: null },
  ])
})

test('the log says each stored account once, and when it ends', async () => {
  const stored = (account: string, end?: { at: number } | { with: 'job' }) => ({
    account: { registry: 'ghcr.io', account, storedAt: 0, end, hasEnded: false } as ServiceStatus['account'],
  })
  const { printed } = await report([
    service('web', stored('bot')),
    service('api', stored('bot')),
    service('job', stored('', { with: 'job' })),
    service('old', stored('aws', { at: Date.UTC(2026, 10, 21, 10) })),
    service('public'),
  ])
  expect(printed.split('\n').filter((line) => line.startsWith('Stored: '))).toEqual([
    'Stored: account bot of ghcr.io (web, api)',
    'Stored: a token for ghcr.io, ended with its job (job)',
    'Stored: account aws of ghcr.io, until 2026-11-21T10:00:00Z (old)',
  ])
  expect(printed).not.toContain('Last deploy')
})

test('what is wrong comes first, with its last words and what to do; red only where that is asked for', async () => {
  const all = [service('shop_web'), sick('shop_api')]
  const told = await report(all)
  expect([told.code, told.outputs.status]).toEqual([0, 'problems'])
  expect(told.commands.filter(({ name }) => name === 'warning')).toHaveLength(1)
  expect(told.summary).toContain('## ❌ `shop_api` is not as it should be: 0/2 tasks running; ')
  expect(told.summary).toMatch(/### `shop_api`\n\n\*\*Cause:\*\* .*\n\nTask `t1` on node .*\n\n```\nno database\n```/)
  expect(told.summary.indexOf('| `shop_api` |')).toBeLessThan(told.summary.indexOf('| `shop_web` |'))
  const red = await report(all, asked(true), ['service shop_db does not exist on this swarm'])
  expect(red.code).toBe(1)
  expect(red.commands.filter(({ name }) => name === 'error')).toHaveLength(2)
})

test('of what is wrong that comes first which has no task up at all', async () => {
  const down = (name: string, running: number) => ({ ...sick(name), tasks: { running, wanted: 2, nodes: 1 } })
  const all = [sick('account'), down('half', 1), down('off', 0), service('well')]
  const { printed, summary } = await report(all)
  expect(printed).toContain('3 of 4 services are not as they should be: off, half, account')
  const sections = [...summary.matchAll(/^### `(.*)`$/gm)].map(([, name]) => name)
  expect(sections).toEqual(['off', 'half', 'account'])
})

test('the headline of one problem ends at a word, and has no half of what is code', async () => {
  const { summary } = await report([
    sick('shop_api', `${'word '.repeat(25)}run \`docker service update --force shop_api\` now, and more`),
  ])
  expect(summary.split('\n')[0]).toMatch(/ word run …$/)
})

test.each(HOSTILE)('a text of a container is shown as a text: %j', async (text) => {
  const plainly = await report([sick('shop_api', 'plain')])
  const { commands, summary, outputs } = await report([sick('shop_api', text)])
  expect(commands.map(({ name }) => name)).toEqual(plainly.commands.map(({ name }) => name))
  // What stands between fences is code, whatever it begins with.
  const blocks = (shown: string) => shown.replace(/^```[\s\S]*?^```$/gm, '').match(/^[#|].*/gm)?.length
  expect(blocks(summary)).toBe(blocks(plainly.summary))
  expect(JSON.parse(outputs.services ?? '')).toHaveLength(1)
})

test('nodes that have joined and never reported are told by their IDs', async () => {
  const nodes = [createNode(1), createJoiningNode(2), createJoiningNode(3, 'down')]
  const { code, printed } = await report([service('shop_web')], asked(), [], nodes)
  expect([code, printed]).toEqual([0, expect.stringContaining('3 nodes; node-2 is unknown, node-3 is down\n')])
})

test('what this run knows for a secret is in nothing that is shown', async () => {
  const secret = new Secret('a-password-of-this-run')
  const { printed, summary, outputs } = await report([sick('shop_api', `login with ${secret.reveal()} failed`)])
  expect(
    `${printed}${summary}${JSON.stringify(outputs)}`.replaceAll('::add-mask::a-password-of-this-run', ''),
  ).not.toContain('a-password-of-this-run')
})

test('of many services the output is valid JSON, and the summary has room', async () => {
  const all = Array.from({ length: 400 }, (_, index) => sick(`shop_${index}`, 'x'.repeat(2000)))
  const { summary, outputs } = await report(all)
  expect(JSON.parse(outputs.services ?? '').length).toBeGreaterThan(100)
  expect(Buffer.byteLength(summary)).toBeLessThan(1_000_000)
})
