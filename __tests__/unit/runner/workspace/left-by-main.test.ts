import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../../lab/scratch.ts'
import { isAnythingLeft } from '../../../../src/runner/workspace/left-by-main.ts'

const NAME = 'swarm-deploy-0123456789ab'
const SET_BEFORE = process.env.RUNNER_TEMP
let temp: string
beforeEach(() => {
  temp = scratchDirectory('left-')
  process.env.RUNNER_TEMP = temp
})
afterEach(() => {
  rmSync(temp, { recursive: true })
  for (const name of ['STATE_workspace', 'STATE_lock']) delete process.env[name]
  if (SET_BEFORE === undefined) delete process.env.RUNNER_TEMP
  else process.env.RUNNER_TEMP = SET_BEFORE
})

test.each([
  ['the workspace that is gone', () => join(temp, NAME), '', false],
  ['the workspace that is gone, and a lock', () => join(temp, NAME), 'token', true],
  ['a workspace that is there', () => madeIn(temp), '', true],
  ['what is no workspace of ours', () => temp, '', true],
  ['a lock alone', () => '', 'token', true],
  ['nothing, where there is a workspace', () => madeIn(temp) && '', '', true],
])('of a main that has saved %s is left: %#', async (_what, workspace, lock, isLeft) => {
  process.env.STATE_workspace = workspace()
  process.env.STATE_lock = lock
  expect(await isAnythingLeft()).toBe(isLeft)
})

function madeIn(parent: string): string {
  const directory = join(parent, NAME)
  mkdirSync(directory, { mode: 0o700 })
  return directory
}
