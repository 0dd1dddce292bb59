import type { Environment } from '../runner/environment.ts'
import { input } from './given.ts'
import type { Problems } from './problems.ts'
import { stackNameProblem } from './stack.ts'

/** The stack that is meant by a run that reads no files; `undefined` where `services` says what is meant. */
export function stackOnSwarm(env: Environment, problems: Problems): string | undefined {
  const stack = input(env, 'stack').trim()
  if (stack === '') return undefined
  const problem = stackNameProblem(stack)
  if (problem !== undefined) problems.add(`stack: ${problem}`)
  if (input(env, 'services').trim() !== '') {
    problems.add('`services` and `stack` are both given: leave one of the two out, or give each a step of its own')
  }
  return stack
}
