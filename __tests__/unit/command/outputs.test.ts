import { expect, test } from '@jest/globals'
import { outputsAsJson } from '../../../src/command/outputs.ts'

test('what ended a run before it had results stands beside the outputs', () => {
  expect(JSON.parse(outputsAsJson(new Map([['status', 'failed']]), ['--stak: no']))).toEqual({
    status: 'failed',
    errors: ['--stak: no'],
  })
})

test('outputs that are JSON are part of the object, and all others are texts', () => {
  const outputs = new Map([
    ['status', 'converged'],
    ['services', '[{"name":"web"}]'],
    ['configs', '{"main":"/tmp/x"}'],
    ['plan', '[no JSON](at all)'],
    ['docker-config', ''],
  ])
  expect(JSON.parse(outputsAsJson(outputs))).toEqual({
    status: 'converged',
    services: [{ name: 'web' }],
    configs: { main: '/tmp/x' },
    plan: '[no JSON](at all)',
    'docker-config': '',
  })
})
