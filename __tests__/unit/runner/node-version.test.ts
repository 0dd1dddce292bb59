import { expect, test } from '@jest/globals'
import { tooOldNode } from '../../../src/runner/node-version.ts'

test.each(['v20.4.0', 'v20.20.2', 'v24.21.0', 'v25.0.0-nightly20260101'])('%s will do', (version) => {
  expect(tooOldNode(version)).toBeUndefined()
})

test.each(['v12.22.12', 'v16.20.2', 'v18.20.4', 'v20.3.1'])('%s is too old', (version) => {
  expect(tooOldNode(version)).toBe(
    `this action needs Node 20.4 or newer, and the runner has started it with ${version}: take a newer runner, or a job image with a newer Node`,
  )
})
