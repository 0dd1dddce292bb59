import type { Environment } from '../../runner/environment.ts'
import type { Credential } from '../accounts/credential.ts'
import type { Reach } from '../deployment.ts'
import { input, readOrDefault } from '../given.ts'
import { readNames } from '../names.ts'
import { Problems } from '../problems.ts'
import { beginReading, parseTimeout, reachOf } from '../read.ts'
import { stackOnSwarm } from '../stack-on-swarm.ts'
import type { StrategyTable } from '../strategy.ts'

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
  const subjects = subjectsFrom(env, problems)
  const timeoutSeconds = readOrDefault(env, 'timeout', problems, parseTimeout)
  problems.throwAll()
  return { reach, subjects, timeoutSeconds, credentials: [] }
}

const HOW = 'write the names alone, as in `services: web api`, or leave it out to see all'

function subjectsFrom(env: Environment, problems: Problems): HistoryRequest['subjects'] {
  const stack = stackOnSwarm(env, problems)
  if (stack !== undefined) return [{ kind: 'stack', name: stack }]
  const services = input(env, 'services')
  if (services.trim() === '') return undefined
  const own = new Problems()
  const names = readNames(services, 'services', HOW, own)
  if (names.length === 0 && own.isEmpty) own.add(`services: it names no service: ${HOW}`)
  problems.take(own)
  return names.map((name) => ({ kind: 'service', name }))
}
