import type { ImageReference } from '../../docker/registry/reference.ts'
import type { Environment } from '../../runner/environment.ts'
import { defaultOf } from '../defaults.ts'
import type { Accounts, LockRequest, Reach } from '../deployment.ts'
import { input, isGivenEmpty, isGivenOtherwise, readOrDefault, tellUnused } from '../given.ts'
import { readNames, readVolumeNames } from '../names.ts'
import { readToolsImage } from '../node-tools.ts'
import { Problems } from '../problems.ts'
import { beginReading, parseMaxParallel, parseTimeout, reachOf, readAccounts, readLock } from '../read.ts'
import { stackOnSwarm } from '../stack-on-swarm.ts'
import type { StrategyTable } from '../strategy.ts'
import { parseBoolean } from '../values.ts'

/** What a run of `remove` is asked for: its inputs, resolved and checked against each other. */
export interface RemovalRequest extends Accounts {
  readonly reach: Reach
  readonly what: RemovalSubject
  /** That there is nothing to remove is fine. */
  readonly ifExists: boolean
  /** Only say what would go. */
  readonly dryRun: boolean
  readonly lock: LockRequest | undefined
  readonly timeoutSeconds: number
  /** How many services are removed at the same time. */
  readonly maxParallel: number
  /** Volumes to remove from all nodes, and by which image; the accounts are for that one. */
  readonly volumes?: { readonly names: readonly string[]; readonly toolsImage: ImageReference }
}

/** What goes: never a part of a name, nor what is empty. */
export type RemovalSubject =
  | { readonly kind: 'stack'; readonly name: string }
  | { readonly kind: 'services'; readonly names: readonly string[] }

const HOW = 'write the names alone, as in `services: web api`'
const EMPTY = 'services: it names nothing to remove: write the names of services, such as `web api`, or give a `stack`'

/** Whoever meant to look, and whose variable was empty, must not remove. */
const EMPTY_DRY_RUN =
  'dry-run: it is empty, as a variable is that is not set: write true or false, or leave the input out to remove'

/**
 * Reads the inputs of a run that removes.
 *
 * @throws UserErrors with everything that is wrong with any of them
 */
export function readRemoval(given: Environment, strategies: StrategyTable): RemovalRequest {
  const problems = new Problems()
  const { env } = beginReading(given, strategies, problems)
  if (isGivenEmpty(env, 'dry-run')) problems.add(EMPTY_DRY_RUN)
  const asked = {
    reach: reachOf(env, problems),
    what: subjectFrom(input(env, 'services'), stackOnSwarm(env, problems), problems),
    ifExists: readOrDefault(env, 'if-exists', problems, parseBoolean),
    dryRun: readOrDefault(env, 'dry-run', problems, parseBoolean),
    lock: readLock(env, problems),
    timeoutSeconds: readOrDefault(env, 'timeout', problems, parseTimeout),
    maxParallel: readOrDefault(env, 'max-parallel', problems, parseMaxParallel),
    ...readAccounts(env, problems),
    ...readVolumes(env, strategies, problems),
  }
  problems.throwAll()
  return asked
}

const VOLUMES_HOW = 'write the names alone, as in `remove-volumes: data cache`'

/** Nothing else of a removal asks a registry. */
const ONLY_FOR_VOLUMES = ['registries', 'registries-file', 'username', 'docker-config', 'node-tools-image'] as const

function readVolumes(env: Environment, strategies: StrategyTable, problems: Problems): Pick<RemovalRequest, 'volumes'> {
  const text = input(env, 'remove-volumes')
  const toolsImage = readToolsImage(env, problems)
  if (text.trim() === '') {
    const given = ONLY_FOR_VOLUMES.filter((one) => isGivenOtherwise(env, one, defaultOf(one, strategies)))
    for (const name of given) tellUnused(name, '`remove-volumes`')
    return {}
  }
  return { volumes: { names: readVolumeNames(text, 'remove-volumes', VOLUMES_HOW, problems), toolsImage } }
}

function subjectFrom(services: string, stack: string | undefined, problems: Problems): RemovalSubject {
  if (stack !== undefined) return { kind: 'stack', name: stack }
  const own = new Problems()
  const names = readNames(services, 'services', HOW, own)
  if (names.length === 0 && own.isEmpty) own.add(EMPTY)
  problems.take(own)
  return { kind: 'services', names }
}
