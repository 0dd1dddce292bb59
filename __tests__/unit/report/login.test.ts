import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../lab/scratch.ts'
import { reportLogin } from '../../../src/report/login.ts'
import { GITHUB, printedBy } from '../../support/printed.ts'

const directory = scratchDirectory('login-')
afterAll(() => rmSync(directory, { recursive: true }))

const config = (name: string) => ({
  name,
  directory: `/tmp/run/${name}`,
  credentials: [{ registry: 'ghcr.io', path: '', username: 'bot' }],
})

async function report(names: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const summary = join(directory, 'summary')
  writeFileSync(summary, '')
  const left = { configs: names.map(config), pullSecretFile: undefined, directory: '/tmp/run' }
  const log = await printedBy({ GITHUB_STEP_SUMMARY: summary, ...env }, () => reportLogin(left))
  return { log, summary: readFileSync(summary, 'utf8') }
}

test.each([
  [['a'], 'For docker to use the account: export DOCKER_CONFIG=/tmp/run/a\n'],
  [
    ['a', 'b'],
    'For docker to use one of the 2 configs: export DOCKER_CONFIG=/tmp/run/a, or the directory of another. ',
  ],
])('in a shell, which has no later steps, it says how docker is told of %j', async (names, said) => {
  const { log, summary } = await report(names)
  expect(log).toContain(said)
  expect(log).toContain('until you remove /tmp/run\n')
  expect(log + summary).not.toMatch(/later step|fromJSON/)
})

test('in a runner several configs are chosen by the expression of a workflow', async () => {
  const files = { GITHUB_OUTPUT: join(directory, 'output'), GITHUB_ENV: join(directory, 'env') }
  for (const path of Object.values(files)) writeFileSync(path, '')
  const { log, summary } = await report(['a', 'b'], { ...GITHUB, ...files })
  expect(log).toContain("DOCKER_CONFIG: ${{ fromJSON(steps.ID.outputs.configs)['a'] }}")
  expect(summary).toContain('## ✅ Logged in for the later steps of this job\n')
})
