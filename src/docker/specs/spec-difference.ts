import type { ServiceSpec } from '../api.ts'
import { spoken } from '../duration.ts'
import { toGoJson } from '../engine/go-json.ts'
import { storedForms, withSortedKeys } from './spec-comparison.ts'

/**
 * The part of a spec that a field is in, by which Swarm decides about tasks: `template` and `endpoint` are compared
 * with what a task was made of, `placement` with the node that it is on, `mode` says how many there are, and `service`
 * is nothing to them (swarmkit, manager/orchestrator/task.go).
 */
export type Part = 'template' | 'placement' | 'endpoint' | 'mode' | 'service'

/** One thing in which two specs differ. */
export interface FieldChange {
  /** As compose files call it, a key of `services` where there is one: `image`, `env`, `healthcheck.interval`. */
  readonly field: string
  /** Which one, where a service has several: the name of a variable or label, a port, the target of a mount. */
  readonly key: string | undefined
  /** In words; `undefined`: it is not there. */
  readonly before: string | undefined
  readonly after: string | undefined
  readonly part: Part
}

/** The words for a part of a spec that is there and says nothing. */
export const NOTHING_IN_IT = 'set, with nothing in it'

/** One value of a spec, and what tells it from every other. */
interface Field extends Pick<FieldChange, 'field' | 'key' | 'part'> {
  readonly raw: unknown
  readonly text: string
}

/** The names of networks by their IDs. */
export type Names = ReadonlyMap<string, string>

/**
 * Every difference between two specs, in the order of the spec: none if and only if they are the same to Swarm, as
 * `sameSpec` says. What has no words here is shown by its path in the API. Pure.
 *
 * @param names of the networks that they name by ID
 */
export function specDifference(now: ServiceSpec, wanted: ServiceSpec, names: Names = new Map()): FieldChange[] {
  const forms = storedForms(now, wanted)
  const [before, after] = [fieldsOf(forms[0], names), fieldsOf(forms[1], names)]
  const changed = [...new Set([...before.keys(), ...after.keys()])].flatMap((id) => {
    const change = changeOf(before.get(id), after.get(id))
    return change === undefined ? [] : [[id, change] as const]
  })
  // That an object was empty before is nothing beside what is in it now.
  const isHusk = (id: string) =>
    isEmpty(before.get(id)) && isEmpty(after.get(id)) && changed.some(([other]) => other.startsWith(idOf(id, '')))
  const own = changed.filter(([id]) => !isHusk(id)).map(([, change]) => change)
  return [...own, ...orderChanges(...forms)]
}

/** Tells apart what a path in words would not: keys of maps may have any sign in them. */
function idOf(...parts: readonly string[]): string {
  return parts.join('\0')
}

function isEmpty(field: Field | undefined): boolean {
  return field === undefined || (isMap(field.raw) && Object.keys(field.raw).length === 0)
}

function changeOf(before: Field | undefined, after: Field | undefined): FieldChange | undefined {
  const place = before ?? after
  if (place === undefined || same(before?.raw, after?.raw)) return undefined
  // Two values may be one in words, such as an object that was removed and made anew.
  const isTold = before?.text !== after?.text
  const textOf = (field: Field | undefined) => field && (isTold ? field.text : toGoJson(field.raw))
  return { ...placeOf(place), before: textOf(before), after: textOf(after) }
}

function placeOf({ field, key, part }: Field): Pick<FieldChange, 'field' | 'key' | 'part'> {
  return { field, key, part }
}

function same(a: unknown, b: unknown): boolean {
  return a === b || (a !== undefined && b !== undefined && toGoJson(a, withSortedKeys) === toGoJson(b, withSortedKeys))
}

type Raw = Readonly<Record<string, unknown>>

/** How the value at a path is taken apart, and told. */
interface Rule {
  readonly field: string
  /** The text of a value that is told whole. */
  readonly tell?: (value: never) => string
  /** The entries of one that is told one by one, each with what it is called. */
  readonly entries?: (value: never, names: Names) => readonly Entry[]
}

interface Entry {
  readonly key: string
  readonly raw: unknown
  readonly text: string
}

function fieldsOf(form: Raw, names: Names): Map<string, Field> {
  const fields = new Map<string, Field>()
  for (const [key, one] of Object.entries(withNamedCredential(form))) walk(one, key, key)
  return fields

  function walk(value: unknown, path: string, id: string): void {
    const rule = ruleFor(path)
    if (rule?.entries !== undefined) {
      addEntries(path, id, rule, rule.entries(value as never, names))
      return
    }
    const inner = isMap(value) && rule?.tell === undefined ? Object.entries(value) : []
    for (const [key, one] of inner) walk(one, `${path}.${key}`, idOf(id, key))
    if (inner.length > 0) return
    const field = rule?.field ?? nearest(path)
    fields.set(id, { field, key: undefined, part: partOf(path), raw: value, text: textOf(value, rule) })
  }

  function addEntries(path: string, id: string, { field }: Rule, entries: readonly Entry[]): void {
    if (entries.length === 0) fields.set(id, { field, key: undefined, part: partOf(path), raw: {}, text: 'empty' })
    for (const { name, count, raw, text } of numbered(entries)) {
      fields.set(idOf(id, name, String(count)), { field, key: keyOf(name, count), part: partOf(path), raw, text })
    }
  }
}

/**
 * The form of a spec whose credential spec has the name of its config beside the ID, in the place of the reference that
 * has it elsewhere. The API writes all three sources, the two that are not meant with nothing in them.
 */
function withNamedCredential(form: Raw): Raw {
  const template = (form.TaskTemplate ?? {}) as Raw
  const container = (template.ContainerSpec ?? {}) as Raw
  const privileges = container.Privileges as Raw | undefined
  const credential = privileges?.CredentialSpec as Raw | undefined
  if (credential === undefined) return form
  const configs = (container.Configs ?? []) as readonly Raw[]
  const isIt = ({ ConfigID, File }: Raw) => File === undefined && ConfigID === credential.Config
  const reference = configs.find(isIt)
  const Config = reference === undefined ? credential.Config : { ID: credential.Config, Name: reference.ConfigName }
  const given = Object.entries({ ...credential, Config }).filter(([, value]) => value !== '' && value !== undefined)
  const others = configs.filter((one) => !isIt(one))
  const { Configs: _, ...rest } = container
  const ContainerSpec = {
    ...rest,
    ...(others.length > 0 && { Configs: others }),
    Privileges: { ...privileges, CredentialSpec: Object.fromEntries(given) },
  }
  return { ...form, TaskTemplate: { ...template, ContainerSpec } }
}

/** The entries, each with which it is of those of its name. */
function numbered(entries: readonly Entry[]) {
  const seen = new Map<string, number>()
  return entries.map(({ key: name, ...entry }) => {
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return { ...entry, name, count }
  })
}

function keyOf(name: string, count: number): string {
  return count === 1 ? name : `${name} (${count})`
}

/** A path of the daemon's own may be called like something that every object has. */
function ruleFor(path: string): Rule | undefined {
  return Object.hasOwn(RULES, path) ? RULES[path] : undefined
}

function textOf(value: unknown, rule: Rule | undefined): string {
  if (rule?.tell !== undefined) return rule.tell(value as never)
  if (typeof value === 'string') return value === '' ? '(empty)' : value
  if (isMap(value) && Object.keys(value).length === 0) return NOTHING_IN_IT
  return toGoJson(value)
}

/** A path without words of its own, below the words of what it is in. */
function nearest(path: string): string {
  const parts = path.split('.')
  for (let length = parts.length - 1; length > 0; length--) {
    const rule = ruleFor(parts.slice(0, length).join('.'))
    if (rule !== undefined) return `${rule.field}.${parts.slice(length).join('.')}`
  }
  return path
}

function partOf(path: string): Part {
  if (path === 'TaskTemplate.Placement' || path.startsWith('TaskTemplate.Placement.')) return 'placement'
  const [root = ''] = path.split('.')
  return PARTS_BY_ROOT.get(root) ?? 'service'
}

const PARTS_BY_ROOT: ReadonlyMap<string, Part> = new Map([
  ['TaskTemplate', 'template'],
  ['EndpointSpec', 'endpoint'],
  ['Mode', 'mode'],
])

/** Lists whose order is more than the sum of their entries: to Swarm another order is another spec. */
function orderChanges(before: Raw, after: Raw): FieldChange[] {
  return IN_ORDER.flatMap((path) => {
    const { field, entries } = ruleFor(path) ?? { field: path }
    const keysOf = (spec: Raw) => {
      const value = valueAt(spec, path)
      return value === undefined || entries === undefined
        ? []
        : numbered(entries(value as never, new Map())).map(({ name, count }) => keyOf(name, count))
    }
    const [a, b] = [keysOf(before), keysOf(after)]
    const [common, moved] = [a.filter((key) => b.includes(key)), b.filter((key) => a.includes(key))]
    if (common.join('\n') === moved.join('\n')) return []
    return [{ field, key: 'order', before: common.join(', '), after: moved.join(', '), part: partOf(path) }]
  })
}

function valueAt(spec: Raw, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (isMap(value) ? value[key] : undefined), spec)
}

function isMap(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const CONTAINER = 'TaskTemplate.ContainerSpec'
const IN_ORDER = [
  `${CONTAINER}.Mounts`,
  `${CONTAINER}.Ulimits`,
  'TaskTemplate.Networks',
  'Networks',
  'EndpointSpec.Ports',
]

const NANOSECONDS = 1e9
const seconds = number((nanoseconds) => spoken(nanoseconds / NANOSECONDS))
const cpus = number((nanoseconds) => String(nanoseconds / NANOSECONDS))
const listed = (values: readonly string[]) => values.join(', ')
const words = (values: readonly string[]) => values.map(word).join(' ')

/** As a shell would be given it. */
function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : JSON.stringify(text)
}

const MIB = 1024 * 1024

/** In the unit in which docker takes it that leaves nothing over. */
const bytes = number((size) => {
  if (size > 0 && size % (1024 * MIB) === 0) return `${size / (1024 * MIB)} GiB`
  if (size > 0 && size % MIB === 0) return `${size / MIB} MiB`
  return `${size} bytes`
})

/** One that is too large for JavaScript is told as it is. */
function number(tell: (value: number) => string): (value: unknown) => string {
  return (value) => (typeof value === 'number' ? tell(value) : toGoJson(value))
}

function mapEntries(map: Raw): Entry[] {
  return Object.entries(map).map(([key, raw]) => ({ key, raw, text: String(raw) }))
}

function envEntries(list: readonly string[]): Entry[] {
  return list.map((entry) => {
    const at = entry.indexOf('=')
    if (at < 0) return { key: entry, raw: [], text: "not set, whatever the image's is" }
    return { key: entry.slice(0, at), raw: entry.slice(at + 1), text: entry.slice(at + 1) }
  })
}

function portEntries(ports: readonly Raw[]): Entry[] {
  return ports.map((port) => {
    const { TargetPort: target, Protocol: protocol, PublishedPort: published, PublishMode: mode, ...rest } = port
    const from = published === undefined || published === 0 ? 'a port of its own choice' : String(published)
    return { key: `${target}/${protocol}`, raw: port, text: [from, String(mode), ...others(rest)].join(', ') }
  })
}

function networkEntries(networks: readonly Raw[], names: Names): Entry[] {
  return networks.map((network) => {
    const { Target: target, Aliases: aliases, ...rest } = network
    const named = Array.isArray(aliases) && aliases.length > 0 ? [`aliases ${listed(aliases)}`] : []
    const text = ['attached', ...named, ...others(rest)].join(', ')
    return { key: names.get(String(target)) ?? String(target), raw: network, text }
  })
}

function mountEntries(mounts: readonly Raw[]): Entry[] {
  return mounts.map((mount) => {
    const { Type: type = 'volume', Source: source, Target: target, ReadOnly: readOnly, ...rest } = mount
    const what = source === undefined || source === '' ? String(type) : `${type} ${source}`
    return {
      key: String(target),
      raw: mount,
      text: [what, ...(readOnly ? ['read-only'] : []), ...others(rest)].join(', '),
    }
  })
}

/** What a secret or config is called says which it is: its content is nowhere in a spec. */
function objectEntries(objects: readonly Raw[]): Entry[] {
  return objects.map((object) => {
    const { SecretID, SecretName, ConfigID, ConfigName, File: file, ...rest } = object
    const { Name: target, UID: user = '0', GID: group = '0', Mode: mode = 0o444, ...more } = (file ?? {}) as Raw
    const name = String(SecretName ?? ConfigName ?? SecretID ?? ConfigID)
    const owner = user === '0' && group === '0' ? [] : [`owner ${user}:${group}`]
    const access = mode === 0o444 ? [] : [`mode ${Number(mode).toString(8).padStart(4, '0')}`]
    const text = [name, ...owner, ...access, ...others({ ...rest, ...more })].join(', ')
    return { key: String(target ?? name), raw: object, text }
  })
}

function nameOfConfig(config: unknown): string {
  return String(isMap(config) ? config.Name : config)
}

function ulimitEntries(limits: readonly Raw[]): Entry[] {
  return limits.map((limit) => {
    const { Name: name, Soft: soft = 0, Hard: hard = 0, ...rest } = limit
    return { key: String(name), raw: limit, text: [`${soft}:${hard}`, ...others(rest)].join(', ') }
  })
}

/** What there are no words for. */
function others(rest: Raw): string[] {
  return Object.entries(rest).map(([key, value]) => `${key} ${typeof value === 'string' ? value : toGoJson(value)}`)
}

function preferences(list: readonly Raw[]): string {
  return listed(list.map((one) => String((one.Spread as Raw | undefined)?.SpreadDescriptor ?? toGoJson(one))))
}

function genericResources(list: readonly Raw[]): string {
  return listed(
    list.map(({ DiscreteResourceSpec: number, NamedResourceSpec: named }) => {
      const { Kind: kind = '', Value: value = named === undefined ? 0 : '' } = (number ?? named ?? {}) as Raw
      return `${kind}=${value}`
    }),
  )
}

function policyRules(path: string, field: string): Record<string, Rule> {
  return {
    [path]: { field },
    [`${path}.Parallelism`]: { field: `${field}.parallelism` },
    [`${path}.Delay`]: { field: `${field}.delay`, tell: seconds },
    [`${path}.Monitor`]: { field: `${field}.monitor`, tell: seconds },
    [`${path}.MaxFailureRatio`]: { field: `${field}.max_failure_ratio` },
    [`${path}.Order`]: { field: `${field}.order` },
    [`${path}.FailureAction`]: { field: `${field}.failure_action` },
  }
}

function resourceRules(path: string, field: string): Record<string, Rule> {
  return {
    [path]: { field },
    [`${path}.NanoCPUs`]: { field: `${field}.cpus`, tell: cpus },
    [`${path}.MemoryBytes`]: { field: `${field}.memory`, tell: bytes },
    [`${path}.Pids`]: { field: `${field}.pids` },
    [`${path}.GenericResources`]: { field: `${field}.generic_resources`, tell: genericResources },
  }
}

/** By the path in the stored form of a spec, as the API has it. */
const RULES: Readonly<Record<string, Rule>> = {
  Name: { field: 'name' },
  Labels: { field: 'label', entries: mapEntries },
  Networks: { field: 'network', entries: networkEntries },
  Mode: { field: 'mode' },
  'Mode.Replicated': { field: 'mode replicated' },
  'Mode.Replicated.Replicas': { field: 'replicas' },
  'Mode.Global': { field: 'mode global' },
  'Mode.GlobalJob': { field: 'mode global-job' },
  'Mode.ReplicatedJob': { field: 'mode replicated-job' },
  'Mode.ReplicatedJob.TotalCompletions': { field: 'replicas' },
  'Mode.ReplicatedJob.MaxConcurrent': { field: 'max-concurrent' },
  ...policyRules('UpdateConfig', 'update-config'),
  ...policyRules('RollbackConfig', 'rollback-config'),
  EndpointSpec: { field: 'endpoint' },
  'EndpointSpec.Mode': { field: 'endpoint_mode' },
  'EndpointSpec.Ports': { field: 'port', entries: portEntries },
  'TaskTemplate.Runtime': { field: 'runtime' },
  'TaskTemplate.ForceUpdate': { field: 'forced' },
  'TaskTemplate.Networks': { field: 'network', entries: networkEntries },
  'TaskTemplate.LogDriver': { field: 'logging' },
  'TaskTemplate.LogDriver.Name': { field: 'logging.driver' },
  'TaskTemplate.LogDriver.Options': { field: 'logging option', entries: mapEntries },
  'TaskTemplate.Placement': { field: 'placement' },
  'TaskTemplate.Placement.Constraints': { field: 'constraints', tell: listed },
  'TaskTemplate.Placement.Preferences': { field: 'placement preferences', tell: preferences },
  'TaskTemplate.Placement.MaxReplicas': { field: 'max_replicas_per_node' },
  'TaskTemplate.Resources': { field: 'resources' },
  ...resourceRules('TaskTemplate.Resources.Limits', 'limits'),
  ...resourceRules('TaskTemplate.Resources.Reservations', 'reservations'),
  'TaskTemplate.RestartPolicy': { field: 'restart_policy' },
  'TaskTemplate.RestartPolicy.Condition': { field: 'restart_policy.condition' },
  'TaskTemplate.RestartPolicy.Delay': { field: 'restart_policy.delay', tell: seconds },
  'TaskTemplate.RestartPolicy.MaxAttempts': { field: 'restart_policy.max_attempts' },
  'TaskTemplate.RestartPolicy.Window': { field: 'restart_policy.window', tell: seconds },
  [CONTAINER]: { field: 'container' },
  [`${CONTAINER}.Image`]: { field: 'image' },
  [`${CONTAINER}.Command`]: { field: 'entrypoint', tell: words },
  [`${CONTAINER}.Args`]: { field: 'command', tell: words },
  [`${CONTAINER}.Env`]: { field: 'env', entries: envEntries },
  [`${CONTAINER}.Labels`]: { field: 'container label', entries: mapEntries },
  [`${CONTAINER}.Hostname`]: { field: 'hostname' },
  [`${CONTAINER}.Dir`]: { field: 'working_dir' },
  [`${CONTAINER}.User`]: { field: 'user' },
  [`${CONTAINER}.Groups`]: { field: 'groups', tell: listed },
  [`${CONTAINER}.Privileges`]: { field: 'privileges' },
  [`${CONTAINER}.Privileges.CredentialSpec`]: { field: 'credential_spec' },
  [`${CONTAINER}.Privileges.CredentialSpec.Config`]: { field: 'credential_spec.config', tell: nameOfConfig },
  [`${CONTAINER}.Privileges.CredentialSpec.File`]: { field: 'credential_spec.file' },
  [`${CONTAINER}.Privileges.CredentialSpec.Registry`]: { field: 'credential_spec.registry' },
  [`${CONTAINER}.TTY`]: { field: 'tty' },
  [`${CONTAINER}.OpenStdin`]: { field: 'stdin_open' },
  [`${CONTAINER}.ReadOnly`]: { field: 'read_only' },
  [`${CONTAINER}.Init`]: { field: 'init' },
  [`${CONTAINER}.Isolation`]: { field: 'isolation' },
  [`${CONTAINER}.OomScoreAdj`]: { field: 'oom_score_adj' },
  [`${CONTAINER}.StopSignal`]: { field: 'stop_signal' },
  [`${CONTAINER}.StopGracePeriod`]: { field: 'stop_grace_period', tell: seconds },
  [`${CONTAINER}.Sysctls`]: { field: 'sysctl', entries: mapEntries },
  [`${CONTAINER}.CapabilityAdd`]: { field: 'cap_add', tell: listed },
  [`${CONTAINER}.CapabilityDrop`]: { field: 'cap_drop', tell: listed },
  [`${CONTAINER}.Ulimits`]: { field: 'ulimit', entries: ulimitEntries },
  [`${CONTAINER}.Hosts`]: { field: 'extra_hosts', tell: listed },
  [`${CONTAINER}.DNSConfig`]: { field: 'dns' },
  [`${CONTAINER}.DNSConfig.Nameservers`]: { field: 'dns', tell: listed },
  [`${CONTAINER}.DNSConfig.Search`]: { field: 'dns_search', tell: listed },
  [`${CONTAINER}.DNSConfig.Options`]: { field: 'dns_opt', tell: listed },
  [`${CONTAINER}.Healthcheck`]: { field: 'healthcheck' },
  [`${CONTAINER}.Healthcheck.Test`]: { field: 'healthcheck.test', tell: words },
  [`${CONTAINER}.Healthcheck.Interval`]: { field: 'healthcheck.interval', tell: seconds },
  [`${CONTAINER}.Healthcheck.Timeout`]: { field: 'healthcheck.timeout', tell: seconds },
  [`${CONTAINER}.Healthcheck.StartPeriod`]: { field: 'healthcheck.start_period', tell: seconds },
  [`${CONTAINER}.Healthcheck.StartInterval`]: { field: 'healthcheck.start_interval', tell: seconds },
  [`${CONTAINER}.Healthcheck.Retries`]: { field: 'healthcheck.retries' },
  [`${CONTAINER}.Mounts`]: { field: 'mount', entries: mountEntries },
  [`${CONTAINER}.Secrets`]: { field: 'secret', entries: objectEntries },
  [`${CONTAINER}.Configs`]: { field: 'config', entries: objectEntries },
}
