import { placed } from '../../runner/text/shown.ts'
import { closestKey } from '../keys.ts'
import { listed } from '../problems.ts'
import type { YamlMap, YamlValue } from '../yaml.ts'

export const SECTIONS = ['services', 'networks', 'volumes', 'secrets', 'configs'] as const

export type Section = (typeof SECTIONS)[number]

export function isSection(key: string): key is Section {
  return (SECTIONS as readonly string[]).includes(key)
}

/** docker/cli, cli/compose/schema/data/config_schema_v3.13.json */
export const SERVICE_KEYS =
  'build cap_add cap_drop cgroup_parent cgroupns_mode command configs container_name credential_spec depends_on deploy devices dns dns_search domainname entrypoint env_file environment expose external_links extra_hosts healthcheck hostname image init ipc isolation labels links logging mac_address network_mode networks oom_score_adj pid ports privileged read_only restart secrets security_opt shm_size stdin_open stop_grace_period stop_signal sysctls tmpfs tty ulimits user userns_mode volumes working_dir'.split(
    ' ',
  )

const POLICY = 'parallelism delay failure_action monitor max_failure_ratio order'
const KEYS_OF_DEPLOY =
  'mode endpoint_mode replicas labels rollback_config update_config resources restart_policy placement'
const REFERENCE = 'source target uid gid mode'

/** What docker stack knows in a mapping inside of a service, network, secret or config, by the key that it belongs to. */
const KEYS_INSIDE: Readonly<Record<string, string>> = {
  bind: 'propagation',
  configs: REFERENCE,
  credential_spec: 'config file registry',
  deploy: KEYS_OF_DEPLOY,
  discrete_resource_spec: 'kind value',
  generic_resources: 'discrete_resource_spec',
  healthcheck: 'disable interval retries test timeout start_period start_interval',
  ipam: 'driver config',
  limits: 'cpus memory pids',
  logging: 'driver options',
  networks: 'aliases driver_opts ipv4_address ipv6_address',
  placement: 'constraints preferences max_replicas_per_node',
  ports: 'mode target published protocol',
  preferences: 'spread',
  reservations: 'cpus memory generic_resources',
  resources: 'limits reservations',
  restart_policy: 'condition delay max_attempts window',
  rollback_config: POLICY,
  secrets: REFERENCE,
  tmpfs: 'size',
  ulimits: 'hard soft',
  update_config: POLICY,
  volume: 'nocopy subpath',
  volumes: 'type source target read_only consistency bind volume tmpfs',
}

/** A key that docker leaves out without a word. */
interface UnheardKey {
  /** `secrets: taget` */
  readonly name: string
  readonly line: number
  readonly advice: string
}

/**
 * The keys in a value of a service that docker does not know and says nothing of: its schema leaves open what is in these
 * mappings.
 *
 * @param key that the service has the value under
 */
export function unheardKeys(key: string, value: YamlValue): UnheardKey[] {
  const items = (value.kind === 'list' ? value.items : []).filter((item) => item.kind === 'map')
  const unheard = (map: YamlMap, parent: string) =>
    map.entries
      .filter((entry) => !entry.key.startsWith('x-') && !own(KEYS_INSIDE, parent)?.split(' ').includes(entry.key))
      .map((entry) => ({
        name: `${parent}: ${placed(entry.key)}`,
        line: entry.line,
        advice: adviceInside(['services', '', parent], entry.key),
      }))
  if (key === 'secrets' || key === 'configs') return items.flatMap((item) => unheard(item, key))
  if (key !== 'volumes') return []
  return items.flatMap((item) =>
    item.entries.flatMap((entry) =>
      ['bind', 'volume', 'tmpfs'].includes(entry.key) && entry.value.kind === 'map'
        ? unheard(entry.value, entry.key)
        : [],
    ),
  )
}

/** What is defined at the top, by its section. */
const KEYS_OF_OBJECTS: Readonly<Record<string, string>> = {
  configs: 'name file external labels template_driver',
  networks: 'name driver driver_opts ipam external internal attachable labels',
  secrets: 'name file external labels driver driver_opts template_driver',
  volumes: 'name driver driver_opts external labels',
}

/** Whether what is defined in a section has a key. */
export function isKeyOf(section: Section, key: string): boolean {
  return section === 'services'
    ? SERVICE_KEYS.includes(key)
    : KEYS_OF_OBJECTS[section]?.split(' ').includes(key) === true
}

/** What docker compose alone has there, and what to write. */
const OF_COMPOSE_INSIDE: Readonly<Record<string, string>> = {
  count: 'write `generic_resources`',
  create_host_path: 'Swarm makes no directories: leave it out, and make it on the nodes',
  devices: 'write `generic_resources`',
  enable_ipv6: 'leave it out: docker stack makes no such networks, write the network as `external: true`',
  gateway: 'leave it out: docker stack takes only `subnet`',
  gw_priority: 'leave it out',
  ip_range: 'leave it out: docker stack takes only `subnet`',
  link_local_ips: 'leave it out',
  priority: 'leave it out',
  selinux: 'a service cannot label files for SELinux: label the directory on the nodes',
}

/**
 * What to do about a key that docker does not know.
 *
 * @param path of the mapping that has it: `['services', 'web', 'deploy']`
 */
export function adviceInside(path: readonly string[], key: string): string {
  const [section = '', name, ...inner] = path
  if (name === undefined) return NAME_OF_OBJECT
  if (key === '') return 'write a name before the colon'
  const parent = parentIn(inner)
  const known = keysAt(section, parent)
  if (known.includes(key)) return TOO_OLD
  const elsewhere = placeOfKey(key, parent, known)
  if (elsewhere !== undefined) return elsewhere
  const closest = closestKey(key, known) ?? closestKey(key.replaceAll('-', '_'), known)
  if (closest !== undefined) return `did you mean \`${closest}\`?`
  return own(OF_COMPOSE_INSIDE, key) ?? (known.length === 0 ? 'leave it out' : `it knows ${listed(known)} there`)
}

/** The key that a mapping inside of a service belongs to: not the name of a network or limit. */
function parentIn(inner: readonly string[]): string | undefined {
  const [first = ''] = inner
  return ['networks', 'ulimits'].includes(first) ? first : inner.findLast((part) => !/^\d+$/.test(part))
}

function keysAt(section: string, parent: string | undefined): readonly string[] {
  if (parent !== undefined) return own(KEYS_INSIDE, parent)?.split(' ') ?? []
  return section === 'services' ? SERVICE_KEYS : (own(KEYS_OF_OBJECTS, section)?.split(' ') ?? [])
}

/** Later versions have brought `start_interval`, `oom_score_adj`, `driver_opts` of a service's network and others. */
const TOO_OLD = 'the docker CLI of this runner is too old for it: install a newer one in a step before, or leave it out'

/** What docker takes for the name of an entry of a section: the pattern of the same schema. */
const NAME_OF_OBJECT = 'write a name of letters, digits, `.`, `-` and `_`'

/** Where a key belongs that stands one level too high or too low; `undefined` when that is not what is wrong with it. */
function placeOfKey(key: string, parent: string | undefined, known: readonly string[]): string | undefined {
  const [child, ...others] = known.filter((one) => own(KEYS_INSIDE, one)?.split(' ').includes(key))
  if (child !== undefined && others.length === 0) return `write it under \`${child}\``
  return parent === 'deploy' && SERVICE_KEYS.includes(key) ? 'write it beside `deploy`' : undefined
}

export function own(table: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}

const BY_LIMITS = 'write `deploy: {resources: {limits: {cpus: "0.5", memory: 512M}}}`'

/** What a service has under `deploy` alone. */
const OF_DEPLOY = KEYS_OF_DEPLOY.split(' ').filter((key) => !SERVICE_KEYS.includes(key))

/** What docker stack refuses in a service, and what to write. */
export const REFUSED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(OF_DEPLOY.map((key) => [key, 'write it under `deploy`'])),
  annotations: 'Swarm keeps only labels: write `labels`, or leave it out',
  cpu_count: BY_LIMITS,
  cpu_percent: BY_LIMITS,
  cpu_period: BY_LIMITS,
  cpu_quota: BY_LIMITS,
  cpu_shares: BY_LIMITS,
  cpus: BY_LIMITS,
  cpuset: 'Swarm cannot bind tasks to processors: leave it out',
  extends: 'docker stack cannot extend services: write the keys out, or use a YAML anchor',
  gpus: 'write `deploy: {resources: {reservations: {generic_resources: …}}}`',
  mem_limit: BY_LIMITS,
  mem_reservation: 'write `deploy: {resources: {reservations: {memory: 512M}}}`',
  memswap_limit: BY_LIMITS,
  pids_limit: 'write `deploy: {resources: {limits: {pids: 100}}}`',
  platform: 'choose nodes: write `deploy: {placement: {constraints: ["node.platform.arch == aarch64"]}}`',
  profiles: 'Swarm would always deploy the service: put it into a compose file of its own, or leave the key out',
  scale: 'write `deploy: {replicas: 2}`',
  volume_driver: 'write the driver in the top-level `volumes`',
  volumes_from: 'name the volume in the `volumes` of each service',
}

/** What changes nothing for a swarm, and is taken out. */
export const DROPPED: Readonly<Record<string, string>> = {
  attach: 'it is for `docker compose up` only',
  depends_on: 'Swarm starts all services at once: let a program wait for what it needs, or fail and be restarted',
  develop: 'it is for `docker compose watch` only',
  expose: 'services of one network reach each other on every port',
  pull_policy: 'every image is looked up in its registry anyway',
}

/** What docker stack takes and Swarm does not do, and what to write. */
export const IGNORED: Readonly<Record<string, string>> = {
  build: 'build and push the image in an earlier step',
  cgroup_parent: 'leave it out',
  container_name: 'Swarm names the containers itself: leave it out',
  devices: 'use `generic_resources`, or leave it out',
  domainname: 'write the whole name in `hostname`',
  external_links: 'put both into one network, where they find each other by name',
  ipc: 'leave it out',
  links: 'services of one network find each other by name: leave it out',
  mac_address: 'leave it out',
  network_mode: 'write `networks`',
  pid: 'leave it out',
  privileged: 'write `cap_add`',
  restart: 'write `deploy: {restart_policy: {condition: any}}`',
  security_opt: 'leave it out',
  shm_size: 'mount a `tmpfs` at /dev/shm',
  tmpfs: 'write `volumes: [{type: tmpfs, target: /run}]`',
  userns_mode: 'leave it out',
}
