import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { Runner } from '../../lab/runner.ts'
import { readInputs } from '../../src/inputs/read.ts'

interface ActionFile {
  readonly inputs: Readonly<Record<string, unknown>>
  readonly outputs: Readonly<Record<string, unknown>>
}

const action = parse(await readFile(new URL('../../action.yml', import.meta.url), 'utf8')) as ActionFile

test('action.yml has exactly the inputs that are read', () => {
  const read = new Set<string>()
  const env = new Proxy<Record<string, string>>(
    {},
    {
      get: (_, name) => {
        const key = String(name)
        if (key.startsWith('INPUT_')) read.add(key)
        // As on a runner: an input that is not given is empty.
        return key.startsWith('INPUT_') ? '' : undefined
      },
    },
  )
  expect(() => readInputs(env)).toThrow('services')
  expect([...read].toSorted()).toEqual(Object.keys(action.inputs).map(variableOf).toSorted())
})

test('action.yml has exactly the outputs that are set', async () => {
  await using runner = await Runner.start()
  const run = await runner.run({ with: {} })
  expect(Object.keys(run.outputs).toSorted()).toEqual(Object.keys(action.outputs).toSorted())
})

/** The runner's own rule. */
function variableOf(input: string): string {
  return `INPUT_${input.toUpperCase()}`
}
