import type { Environment } from '../../runner/environment.ts'
import type { Credential } from '../accounts/credential.ts'
import type { Reach } from '../deployment.ts'
import { input, readOrDefault } from '../given.ts'
import { readNames } from '../names.ts'
import { Problems } from '../problems.ts'
import { beginReading, parseTimeout, reachOf } from '../read.ts'
import { stackOnSwarm } from '../stack-on-swarm.ts'
import type { StrategyTable } from '../strategy.ts'
import { parseBoolean } from '../values.ts'

/** What a run of `status` is asked for: its inputs, resolved and checked against each other. */
export interface StatusRequest {
  readonly reach: Reach
  readonly which: StatusSubject
  /** Whether a service that is not as it should be is a failure. */
  readonly failOnProblems: boolean
  readonly timeoutSeconds: number
  /** A look asks no registry. */
  readonly credentials: readonly Credential[]
}

/** What is looked at. */
export type StatusSubject =
  | { readonly kind: 'all' }
  | { readonly kind: 'stack'; readonly name: string }
  | { readonly kind: 'services'; readonly names: readonly string[] }

const HOW = 'write the names alone, as in `services: web api`, or leave it out to see all'

/**
 * Reads the inputs of a run that only looks.
 *
 * @throws UserErrors with everything that is wrong with any of them
 */
export function readStatus(given: Environment, strategies: StrategyTable): StatusRequest {
  const problems = new Problems()
  const { env } = beginReading(given, strategies, problems)
  const asked = {
    reach: reachOf(env, problems),
    which: subjectFrom(input(env, 'services'), stackOnSwarm(env, problems), problems),
    failOnProblems: readOrDefault(env, 'fail-on-problems', problems, parseBoolean),
    timeoutSeconds: readOrDefault(env, 'timeout', problems, parseTimeout),
    credentials: [],
  }
  problems.throwAll()
  return asked
}

function subjectFrom(services: string, stack: string | undefined, problems: Problems): StatusSubject {
  if (stack !== undefined) return { kind: 'stack', name: stack }
  if (services.trim() === '') return { kind: 'all' }
  const names = readNames(services, 'services', HOW, problems)
  return names.length === 0 || (names.length === 1 && names[0] === 'all')
    ? { kind: 'all' }
    : { kind: 'services', names }
}
