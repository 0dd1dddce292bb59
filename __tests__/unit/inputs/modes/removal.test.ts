import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { readRemoval } from '../../../../src/inputs/modes/removal.ts'
import { STRATEGY_INPUTS } from '../../../../src/inputs/strategies/table.ts'
import { inputVariables, problemsIn } from '../../../support/inputs.ts'

beforeEach(() => {
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true)
})
afterEach(() => {
  jest.restoreAllMocks()
})

const read = (inputs: Readonly<Record<string, string>>) => {
  return readRemoval(inputVariables({ mode: 'remove', ...inputs }), STRATEGY_INPUTS)
}

const problemsOf = (inputs: Readonly<Record<string, string>>): readonly string[] => {
  return problemsIn(() => read(inputs))
}

describe('what is to go', () => {
  test.each([
    [{ stack: ' pr-12 ' }, { kind: 'stack', name: 'pr-12' }],
    [{ services: 'web' }, { kind: 'services', names: ['web'] }],
    [{ services: 'web, api\n  db' }, { kind: 'services', names: ['web', 'api', 'db'] }],
    [{ services: '- web\n- api db' }, { kind: 'services', names: ['web', 'api', 'db'] }],
    [{ services: '[web, 0123]' }, { kind: 'services', names: ['web', '0123'] }],
  ])('%j', (inputs, what) => {
    expect(read(inputs).what).toEqual(what)
  })

  test.each([
    [{}, 'services: it names nothing to remove: '],
    [{ services: ' \n ', stack: ' ' }, 'services: it names nothing to remove: '],
    [{ services: '# nothing' }, 'services: it names nothing to remove: '],
    [{ services: '[]' }, 'services: it names nothing to remove: '],
    [{ services: '[""]' }, 'services: entry 1 is empty: leave it out'],
    [
      { services: 'web', 'dry-run': '' },
      'dry-run: it is empty, as a variable is that is not set: write true or false, or leave the input out to remove',
    ],
    [{ services: 'web', stack: 'shop' }, '`services` and `stack` are both given: '],
    [
      { services: 'web: nginx' },
      'services: `web: …` is for a deploy: write the names alone, as in `services: web api`',
    ],
    [{ services: '- {name: web}' }, 'services: entry 1 is no name: write the names alone, '],
    [{ services: 'pr-*' }, 'services: "pr-*" is no name of a service: '],
    [{ services: 'label=tier=front' }, 'services: "label=tier=front" is no name of a service: '],
    [{ services: 'web web' }, 'services: "web" is given twice: '],
    [{ stack: 'pr-*' }, 'stack: "pr-*" is no name of a stack: '],
    [
      { services: 'web', 'remove-volumes': 'a/b' },
      'remove-volumes: "a/b" is no name of a volume: write the names alone',
    ],
    [{ services: 'web', 'if-exists': 'yes' }, 'if-exists: "yes" is neither'],
  ])('%j is an error', (inputs, problem) => {
    expect(problemsOf(inputs)).toEqual([expect.stringContaining(problem)])
    expect(problemsOf(inputs)[0]?.startsWith(problem)).toBe(true)
  })

  test('what is not given is as it should be', () => {
    const { ifExists, dryRun, lock, timeoutSeconds, maxParallel } = read({ services: 'web' })
    expect({ ifExists, dryRun, lock, timeoutSeconds, maxParallel }).toEqual({
      ifExists: false,
      dryRun: false,
      lock: undefined,
      timeoutSeconds: 600,
      maxParallel: 10,
    })
  })
})
