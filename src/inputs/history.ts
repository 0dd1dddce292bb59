import { nameProblem } from '../docker/swarm/swarm-rules.ts'
import type { Environment } from '../runner/environment.ts'
import { shown } from '../runner/text/shown.ts'
import type { Credential } from './accounts/credential.ts'
import type { Reach } from './deployment.ts'
import { input, readOrDefault } from './given.ts'
import { Problems } from './problems.ts'
import { beginReading, parseTimeout, reachOf } from './read.ts'
import { stackNameProblem } from './stack.ts'
import type { StrategyTable } from './strategy.ts'
import { parseYaml } from './yaml.ts'

/** What a run of `history` is asked for. */
export interface HistoryRequest {
  readonly reach: Reach
  /** Whose records are shown; `undefined`: all that there are. */
  readonly subjects: readonly { readonly kind: 'stack' | 'service'; readonly name: string }[] | undefined
  readonly timeoutSeconds: number
  /** Nothing is pulled. */
  readonly credentials: readonly Credential[]
}

/**
 * Reads the inputs of a run that shows what was deployed.
 *
 * @throws UserErrors with everything that is wrong with any of them
 */
export function readHistoryInputs(given: Environment, strategies: StrategyTable): HistoryRequest {
  const problems = new Problems()
  const { env } = beginReading(given, strategies, problems)
  const reach = reachOf(env, problems)
  const subjects = subjectsFrom(input(env, 'services'), input(env, 'stack').trim(), problems)
  const timeoutSeconds = readOrDefault(env, 'timeout', problems, parseTimeout)
  problems.throwAll()
  return { reach, subjects, timeoutSeconds, credentials: [] }
}

function subjectsFrom(services: string, stack: string, problems: Problems): HistoryRequest['subjects'] {
  if (services.trim() !== '' && stack !== '') {
    problems.add('`services` and `stack` are both given: leave one of the two out, or both to see all')
    return undefined
  }
  if (stack !== '') {
    const problem = stackNameProblem(stack)
    if (problem !== undefined) problems.add(`stack: ${problem}`)
    return [{ kind: 'stack', name: stack }]
  }
  if (services.trim() === '') return undefined
  const names = [...new Set(namesFrom(services, problems.at('services')))]
  for (const name of names) {
    const problem = nameProblem(name, 'a service')
    if (problem !== undefined) problems.at('services').add(problem)
  }
  return names.map((name) => ({ kind: 'service', name }))
}

const FORM = 'write the names of services, as in `web api`, or leave the input out to see all'

/** Words, or a list of names; an entry of a deploy gives its name. */
function namesFrom(text: string, problems: ReturnType<Problems['at']>): string[] {
  const { root, problems: wrong } = parseYaml(text)
  problems.addYaml(wrong)
  if (wrong.length > 0) return []
  if (root?.kind === 'map') {
    problems.add(`${shown(root.entries[0]?.key ?? '')} has something behind it, and here nothing is deployed: ${FORM}`)
    return []
  }
  const items = root === undefined ? [] : root.kind === 'text' ? [root] : root.items
  const names = items.flatMap((item) => (item.kind === 'text' ? wordsOf(item.value) : []))
  if (items.some(({ kind }) => kind !== 'text'))
    problems.add(`an entry is no name, and here nothing is deployed: ${FORM}`)
  else if (names.length === 0) problems.add(`it names no service: ${FORM}`)
  return names
}

function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '')
}
