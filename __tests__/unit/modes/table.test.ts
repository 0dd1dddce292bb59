import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { MODE_NAMES } from '../../../src/inputs/mode.ts'
import { inputsOfMode } from '../../../src/inputs/mode-inputs.ts'
import { STRATEGY_INPUTS } from '../../../src/inputs/strategies/table.ts'
import { MODES } from '../../../src/modes/table.ts'

beforeEach(() => {
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true)
})
afterEach(() => {
  jest.restoreAllMocks()
})

test.each(MODE_NAMES)('%s reads every input that it takes', (mode) => {
  const read = new Set<string>()
  const env = new Proxy<Record<string, string>>(
    {},
    {
      get: (_, name) => {
        read.add(String(name))
        if (name === 'INPUT_MODE') return mode
        // As on a runner: an input that is not given is empty.
        return String(name).startsWith('INPUT_') ? '' : undefined
      },
    },
  )
  try {
    MODES[mode].read(env)
  } catch {
    // Most say that there is nothing to act on.
  }
  const unread = inputsOfMode(mode, STRATEGY_INPUTS).filter((name) => !read.has(`INPUT_${name.toUpperCase()}`))
  expect(unread).toEqual([])
})
