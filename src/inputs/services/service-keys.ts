import { shown, ticked } from '../../runner/text/shown.ts'
import { ATTACHMENT_KEYS } from '../attachments/request.ts'
import { adviceForFlag } from '../flags.ts'
import { closestKey, indentAdvice, keyAdvice } from '../keys.ts'
import type { Problems } from '../problems.ts'
import { type StrategyTable, strategyKeys } from '../strategy.ts'
import { POLICY_KEYS, RETIRED_KEYS, settingMeantBy } from '../update-policy.ts'
import type { YamlMap } from '../yaml.ts'

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

const flag = (words: string) => `write \`${words}\` in \`create-args\``
const AS_STACK = 'give a compose file as `compose-file`, with a name for it in `stack`'

/** Keys of compose files that say by themselves what was pasted, with what serves here. */
const COMPOSE_KEYS: Readonly<Record<string, string>> = {
  build: 'build and push the image in an earlier step, and write its name in `image`',
  cap_add: flag('--cap-add NET_ADMIN'),
  cap_drop: flag('--cap-drop ALL'),
  container_name: 'leave it out: Swarm names the containers',
  depends_on: 'leave it out: Swarm waits for no other service',
  deploy: `its \`replicas\`, \`update_config\` and \`rollback_config\` are \`replicas\`, \`update-config\` and \`rollback-config\` here; all else is a flag: ${flag('--limit-memory 256M')}`,
  env_file: 'write its variables in `env`',
  expose: 'leave it out: services reach each other at any port',
  extra_hosts: flag('--host db:10.0.0.5'),
  healthcheck: flag("--health-cmd 'curl -f http://localhost'"),
  labels: flag('--label KEY=VALUE'),
  logging: flag('--log-driver local --log-opt max-size=10m'),
  ports: flag('--publish 8080:80'),
  restart: flag('--restart-condition any'),
  services: AS_STACK,
  sysctls: flag('--sysctl KEY=VALUE'),
  tmpfs: flag('--mount type=tmpfs,target=/tmp'),
  ulimits: flag('--ulimit nofile=1024'),
  version: AS_STACK,
  volumes: flag('--mount type=volume,source=data,target=/data'),
  working_dir: flag('--workdir /app'),
}

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
  for (const entry of unknown) {
    const { key, line } = entry
    const closest = closestKey(key, keys, OTHER_NAMES)
    const advice = adviceFor(key, closest) ?? indentAdvice(entry, map, (one) => isKnown(one, keys))
    problems.add(`line ${line} has the unknown key ${shown(key)}: ${advice ?? keyAdvice(closest, keys)}`)
  }
  return unknown.length === 0
}

/** The old names are told with everything else that is wrong. */
export function isKnown(key: string, keys: readonly string[]): boolean {
  return keys.includes(key) || RETIRED_KEYS.includes(key)
}

/** @returns `undefined` where there is nothing to say but which keys there are */
function adviceFor(key: string, closest: string | undefined): string | undefined {
  if (Object.hasOwn(COMPOSE_KEYS, key)) return `this action's \`services\` is no compose file: ${COMPOSE_KEYS[key]}`
  const policy = settingMeantBy(key)
  if (policy !== undefined) return `write it in \`update-config\`, as in \`update-config: {${policy}: …}\``
  return closest === undefined ? adviceForFlag(key) : `did you mean \`${closest}\`?`
}
