import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { DEFAULTS } from '../../../src/inputs/defaults.ts'
import type { ModeName } from '../../../src/inputs/mode.ts'
import { allInputs, checkModeInputs } from '../../../src/inputs/mode-inputs.ts'
import { Problems } from '../../../src/inputs/problems.ts'
import { STRATEGY_INPUTS } from '../../../src/inputs/strategies/table.ts'
import { inputVariables, problemsIn } from '../../support/inputs.ts'

let printed: string[]
beforeEach(() => {
  printed = []
  jest.spyOn(process.stdout, 'write').mockImplementation((piece) => printed.push(String(piece)) > 0)
})
afterEach(() => {
  jest.restoreAllMocks()
})

/** What is refused, and what is told, of these inputs in a mode. */
function check(mode: ModeName, inputs: Readonly<Record<string, string>>) {
  const problems = new Problems()
  const env = inputVariables(inputs)
  checkModeInputs(env, mode, STRATEGY_INPUTS, problems)
  const refused = problemsIn(() => problems.throwAll())
  return { refused, told: printed.join('') }
}

describe('which inputs a mode takes', () => {
  test.each(['deploy', 'plan'] as const)('%s takes what a runner fills in for what is not given', (mode) => {
    const given = { ...DEFAULTS, strategy: 'rolling' }
    expect(check(mode, given)).toEqual({ refused: [], told: '' })
  })

  test('a plan takes all that a deploy does, and what is its own', () => {
    const names = allInputs(STRATEGY_INPUTS).filter(
      (name) => !['pull-secret', 'fail-on-problems', 'remove-volumes', 'if-exists', 'dry-run', 'to'].includes(name),
    )
    const all = Object.fromEntries(names.map((name) => [name, 'something']))
    expect(check('plan', all)).toEqual({ refused: [], told: '' })
  })

  test('a plan of a rollback takes what a rollback does, and what is its own', () => {
    const names = allInputs(STRATEGY_INPUTS).filter(
      (name) => !['pull-secret', 'fail-on-problems', 'remove-volumes', 'if-exists', 'dry-run'].includes(name),
    )
    const all = Object.fromEntries(names.map((name) => [name, 'something']))
    const { refused, told } = check('plan', all)
    expect(refused).toEqual([
      'images: a rollback has it from the record of what was deployed, and pushes nothing: leave it out',
    ])
    expect(told).toBe(
      'Notice: compose-file, env-file, update-config and rollback-config: a rollback has them from the record of what was deployed, and they are not used\n',
    )
    const ofPlan = ['show-values', 'fail-on-changes']
    const { refused: byRollback } = check('rollback', all)
    expect(byRollback.map((line) => line.split(':', 1)[0])).toEqual(['images', ...ofPlan.slice(1)])
  })

  test('a login refuses what asks for more, all of it, and tells what does not matter', () => {
    const given = {
      services: 'web',
      prune: 'true',
      wait: 'false',
      'compose-file': 'c.yml',
      'env-file': '.env',
      strategy: 'canary',
    }
    const { refused, told } = check('login', given)
    expect(refused.map((line) => line.split(':', 1)[0])).toEqual(['services', 'prune'])
    expect(refused[0]).toMatch(/^services: it belongs to .*`mode: refresh-auth`.*, and this run would only log in: /)
    expect(told).toMatch(
      /^Notice: wait: it only counts with .*, and is not used; compose-file and env-file: they only count with `mode: deploy` and `mode: plan`, and are not used; strategy: it only counts with .*\n$/,
    )
  })

  test.each(['deploy', 'plan', 'login'] as const)('nobody is led to a removal who wants a dry run of %s', (mode) => {
    expect(check(mode, { 'dry-run': 'true' }).refused).toEqual([
      'dry-run: it only counts for what `mode: remove` removes: to see what a deploy would do write `mode: plan`, else leave it out',
    ])
  })

  test('a removal refuses what asks for a deploy, and tells what does not matter', () => {
    const given = {
      images: '- x',
      prune: 'true',
      wait: 'false',
      'on-cancel': 'rollback',
      registries: 'x',
      lock: 'true',
    }
    const { refused, told } = check('remove', given)
    expect(refused.map((line) => line.split(':', 1)[0])).toEqual(['images', 'prune'])
    expect(told).toMatch(/^Notice: wait: it only counts with .*, and is not used; on-cancel: it only counts with .*\n$/)
  })

  test('what asks for another mode is refused, and what only does not matter is told', () => {
    const { refused, told } = check('deploy', { 'fail-on-changes': 'True', 'show-values': 'true' })
    expect(refused).toEqual([
      'fail-on-changes: it belongs to `mode: plan`, and this run would deploy: leave it out, or write `mode: plan`',
    ])
    expect(told).toBe('Notice: show-values: it only counts with `mode: plan`, and is not used\n')
  })
})
