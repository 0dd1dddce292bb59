import { ecrRegistry } from '../../docker/registry/ecr.ts'
import type { RegistryScope } from '../../docker/registry/reference.ts'
import { UserError } from '../../errors.ts'
import type { Environment } from '../../runner/environment.ts'
import { Secret } from '../../runner/secrets/secret.ts'
import { textAt, valueAt } from '../keys.ts'
import { listed, type Problems } from '../problems.ts'
import type { YamlMap } from '../yaml.ts'
import type { AwsSource } from './credential.ts'
import { UNSET } from './credentials.ts'

/** The user name of each login that Amazon gives. */
export const ECR_USER = 'AWS'
const PAIR = ['access-key-id-env', 'secret-access-key-env'] as const
const SESSION = 'session-token-env'
const KEYS: readonly string[] = ['role', ...PAIR, SESSION]
const FORMS =
  '`true`, `{role: arn:aws:iam::123456789012:role/pull}` or `{access-key-id-env: …, secret-access-key-env: …}`'
const ROLE = /^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/

/**
 * Where the key `ecr` of an entry has Amazon's credentials from.
 *
 * @returns `undefined` where the entry does not ask for a login at Amazon, `wrong` where something is wrong with it
 */
export function awsSourceOf(entry: YamlMap, env: Environment, problems: Problems): AwsSource | 'wrong' | undefined {
  const value = valueAt(entry, 'ecr')
  if (value === undefined) return undefined
  if (value.kind === 'text') {
    const text = value.value.trim().toLowerCase()
    if (text === 'false') return undefined
    if (text === 'true') return { from: 'environment' }
  }
  if (value.kind !== 'map') {
    problems.add(`\`ecr\` is neither a switch nor a mapping: write ${FORMS}`)
    return 'wrong'
  }
  const unknown = value.entries.find(({ key }) => !KEYS.includes(key))
  if (unknown !== undefined) {
    problems.add(`line ${unknown.line}: \`ecr\` has an unknown key: write ${FORMS}`)
    return 'wrong'
  }
  return problems.attempt(() => sourceIn(value, env, problems)) ?? 'wrong'
}

function sourceIn(map: YamlMap, env: Environment, problems: Problems): AwsSource | undefined {
  const role = textAt(map, 'role', problems)
  const given = [...PAIR, SESSION].filter((key) => valueAt(map, key) !== undefined)
  if (role !== undefined) {
    if (given.length > 0) throw new UserError(`\`ecr\` has a \`role\` and ${listed(given)}: leave one of the two out`)
    if (!ROLE.test(role)) throw new UserError('`role` is no ARN of a role: write arn:aws:iam::123456789012:role/name')
    return { from: 'workflow', role }
  }
  const missing = PAIR.filter((key) => !given.includes(key))
  if (missing.length > 0) throw new UserError(`\`ecr\` lacks ${listed(missing)}: write ${FORMS}`)
  const [id, secret, session] = [...PAIR, SESSION].map((key) => {
    return valueAt(map, key) === undefined ? undefined : secretIn(map, key, env, problems)
  })
  return id && secret && { from: 'keys', id, secret, ...(session && { session }) }
}

function secretIn(map: YamlMap, key: string, env: Environment, problems: Problems): Secret {
  const name = textAt(map, key, problems) ?? ''
  const text = (Object.hasOwn(env, name) ? env[name] : undefined)?.trim() ?? ''
  if (text !== '') return new Secret(text)
  throw new UserError(
    `the variable that \`${key}\` names is not set or empty: write the name of a variable (not its value), and set it in the step's \`env\` (${UNSET})`,
  )
}

/** @throws UserError when it is no registry of Amazon's */
export function requireEcr({ registry }: RegistryScope): void {
  if (ecrRegistry(registry) !== undefined) return
  throw new UserError(
    `\`ecr\` is for Amazon's registries, and ${registry} is none: write one such as 123456789012.dkr.ecr.eu-central-1.amazonaws.com or public.ecr.aws, or \`username\` and a password`,
  )
}
