import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../lab/scratch.ts'
import { fuzzInputs } from '../../../scripts/fuzz/inputs.ts'

// On a runner every changed password would be masked in the log of the whole job.
delete process.env.GITHUB_ACTIONS

const workspace = scratchDirectory('fuzz-')
afterAll(() => rmSync(workspace, { recursive: true }))

test('no changed input leads to an internal error, an error of several lines or a piece of a secret', () => {
  const write = (name: string, content: string) => writeFileSync(join(workspace, name), content)
  expect(fuzzInputs(2026, 0, 500, workspace, write)).toEqual([])
})
