import { shown, ticked } from '../runner/text/shown.ts'
import { ATTACHMENT_KEYS } from './attachments/request.ts'
import { adviceForFlag } from './flags.ts'
import { closestKey, keyAdvice } from './keys.ts'
import type { Problems } from './problems.ts'
import { type StrategyTable, strategyKeys } from './strategy.ts'
import { POLICY_KEYS, RETIRED_KEYS, settingMeantBy } from './update-policy.ts'
import type { YamlMap } from './yaml.ts'

/** The keys of an entry of `services`. */

const KEYS: readonly string[] = [
  'name',
  'image',
  'refresh',
  'force',
  'stack',
  'auth-config',
  'replicas',
  'env',
  'command',
  'create',
  'create-args',
  'update-args',
  ...ATTACHMENT_KEYS,
  'prepare',
  ...POLICY_KEYS,
]

/** The keys of an entry. */
export function entryKeys(strategies: StrategyTable): string[] {
  return [...KEYS, ...strategyKeys(strategies)]
}

const OTHER_NAMES: Readonly<Record<string, string>> = {
  args: 'command',
  cmd: 'command',
  config: 'auth-config',
  environment: 'env',
  rollback: 'rollback-config',
  scale: 'replicas',
  service: 'name',
  tag: 'image',
  update: 'update-config',
}

/** Keys of compose files that say by themselves what was pasted. */
const COMPOSE_KEYS = new Set(
  'build container_name depends_on deploy entrypoint environment env_file expose healthcheck hostname labels logging ports restart services stop_grace_period user version volumes working_dir'.split(
    ' ',
  ),
)
const NOT_COMPOSE =
  "this action's `services` is no compose file: give what the service needs in `create-args`, as flags of docker service create"

/**
 * Whether all keys of an entry are known; tells those that are not, with what may be meant.
 *
 * @param name what stands before the entry, or in it
 */
export function checkKeys(
  name: string | undefined,
  map: YamlMap,
  keys: readonly string[],
  problems: Problems,
): boolean {
  const unknown = map.entries.filter(({ key }) => !isKnown(key, keys))
  const [only, ...others] = map.entries
  if (
    only !== undefined &&
    others.length === 0 &&
    unknown.length === 1 &&
    name === undefined &&
    only.value.kind === 'text'
  ) {
    problems.add(
      `${ticked(only.key)} is no key of an entry: leave the dashes off all \`name: image\` pairs, or write ${ticked(`- name: ${only.key}`)} with an \`image\` below it`,
    )
    return false
  }
  for (const { key, line } of unknown) {
    const closest = closestKey(key, keys, OTHER_NAMES)
    problems.add(`line ${line} has the unknown key ${shown(key)}: ${adviceFor(key, closest, keys)}`)
  }
  return unknown.length === 0
}

/** The old names are told with everything else that is wrong. */
export function isKnown(key: string, keys: readonly string[]): boolean {
  return keys.includes(key) || RETIRED_KEYS.includes(key)
}

function adviceFor(key: string, closest: string | undefined, keys: readonly string[]): string {
  const policy = settingMeantBy(key)
  if (policy !== undefined) return `write it in \`update-config\`, as in \`update-config: {${policy}: …}\``
  if (closest !== undefined) return keyAdvice(closest, keys)
  const flag = adviceForFlag(key)
  if (flag !== undefined) return flag
  return COMPOSE_KEYS.has(key) ? NOT_COMPOSE : keyAdvice(closest, keys)
}
