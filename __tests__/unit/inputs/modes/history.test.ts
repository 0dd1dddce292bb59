import { expect, test } from '@jest/globals'
import { readHistoryInputs } from '../../../../src/inputs/modes/history.ts'
import { STRATEGY_INPUTS } from '../../../../src/inputs/strategies/table.ts'

function read(inputs: Readonly<Record<string, string>>) {
  const given = Object.entries({ mode: 'history', ...inputs })
  const env = Object.fromEntries(given.map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]))
  return readHistoryInputs(env, STRATEGY_INPUTS).subjects
}

test.each([
  ['nothing', {}, undefined],
  ['a stack', { stack: 'shop' }, [{ kind: 'stack', name: 'shop' }]],
  ['words', { services: 'web, api' }, ['web', 'api'].map((name) => ({ kind: 'service', name }))],
  ['a list', { services: '- web' }, [{ kind: 'service', name: 'web' }]],
])('whose records are meant: %s', (_, inputs, subjects) => {
  expect(read(inputs)).toEqual(subjects)
})

test.each([
  ['both', { services: 'web', stack: 'shop' }, '`services` and `stack` are both given: leave one of the two out'],
  ['a stack of no name', { stack: 'my shop' }, 'stack: '],
  ['the entry of a deploy', { services: 'web: nginx' }, 'services: `web: …` is for a deploy: write the names alone'],
  ['an image', { services: 'nginx:1' }, 'services: "nginx:1" is no name of a service: write the names alone'],
  ['no name at all', { services: '[]' }, 'services: it names no service: write the names alone'],
  ['a name twice', { services: 'web web' }, 'services: "web" is given twice: leave one of the two out'],
  ['broken YAML', { services: '[web' }, 'services line 1, column 5: '],
])('as the other modes that name services refuse it: %s', (_, inputs, problem) => {
  expect(() => read(inputs)).toThrow(problem)
})
