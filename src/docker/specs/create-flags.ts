import { isDeepStrictEqual } from 'node:util'
import { printable } from '../../runner/text/printable.ts'
import { beginningOf } from '../../runner/text/safe-text.ts'
import type { ServiceSpec } from '../api.ts'
import { sameSpec } from './spec-comparison.ts'

/**
 * What flags of `docker service create` mean for a service that exists: what they name becomes so, and nothing else
 * changes. The values are docker's own, from a rehearsal of the command; known here is only which parts of a spec a flag
 * speaks of (docker/cli, cli/command/service/opts.go). Of a list with names – variables, labels, mounts, ports – a flag
 * speaks of the entries with the names that it gives; of any other list it speaks whole. Pure.
 */

export interface Overlay {
  readonly spec: ServiceSpec
  /** What is now otherwise, in the user's words: `--label team`, `--limit-memory`. */
  readonly changes: readonly string[]
  /** What the flags speak of, by name and without any value: `--label team`, `--limit-memory`. */
  readonly noted: readonly string[]
}

type Path = readonly string[]
type Raw = Readonly<Record<string, unknown>>

/** A part of a spec, and the flags that speak of it. */
interface Part {
  readonly flags: readonly string[]
  readonly path: Path
  /** Of a list: the name of an entry. */
  readonly nameOf?: (entry: unknown) => string
  /** It is an object of which each key is an entry. */
  readonly isMap?: boolean
}

const TEMPLATE = ['TaskTemplate']
const CONTAINER = [...TEMPLATE, 'ContainerSpec']
const HEALTHCHECK = [...CONTAINER, 'Healthcheck']
const RESTART = [...TEMPLATE, 'RestartPolicy']
const DNS = [...CONTAINER, 'DNSConfig']
const LIMITS = [...TEMPLATE, 'Resources', 'Limits']
const RESERVATIONS = [...TEMPLATE, 'Resources', 'Reservations']
const PLACEMENT = [...TEMPLATE, 'Placement']

/**
 * Docker sends one of these whole as soon as one of its flags is given, with its own values for the others: those that
 * Swarm takes where there is none (swarmkit, api/defaults/service.go).
 */
const GROUPS: readonly { readonly path: Path; readonly defaults: Raw }[] = [
  { path: ['UpdateConfig'], defaults: policyDefaults() },
  { path: ['RollbackConfig'], defaults: policyDefaults() },
  { path: RESTART, defaults: { Condition: 'any', Delay: 5e9, MaxAttempts: 0 } },
  { path: HEALTHCHECK, defaults: {} },
]

function policyDefaults(): Raw {
  return {
    Parallelism: 1,
    FailureAction: 'pause',
    Monitor: 5e9,
    MaxFailureRatio: 0,
    Order: 'stop-first',
  }
}

const PARTS: readonly Part[] = [
  { flags: ['--label'], path: ['Labels'], isMap: true },
  ...policy('--update', 'UpdateConfig'),
  ...policy('--rollback', 'RollbackConfig'),
  { flags: ['--endpoint-mode'], path: ['EndpointSpec', 'Mode'] },
  { flags: ['--publish'], path: ['EndpointSpec', 'Ports'], nameOf: portName },

  { flags: ['--network'], path: [...TEMPLATE, 'Networks'], nameOf: textOf('Target') },
  { flags: ['--log-driver', '--log-opt'], path: [...TEMPLATE, 'LogDriver'] },
  { flags: ['--restart-condition'], path: [...RESTART, 'Condition'] },
  { flags: ['--restart-delay'], path: [...RESTART, 'Delay'] },
  { flags: ['--restart-max-attempts'], path: [...RESTART, 'MaxAttempts'] },
  { flags: ['--restart-window'], path: [...RESTART, 'Window'] },
  { flags: ['--limit-cpu'], path: [...LIMITS, 'NanoCPUs'] },
  { flags: ['--limit-memory'], path: [...LIMITS, 'MemoryBytes'] },
  { flags: ['--limit-pids'], path: [...LIMITS, 'Pids'] },
  { flags: ['--reserve-cpu'], path: [...RESERVATIONS, 'NanoCPUs'] },
  { flags: ['--reserve-memory'], path: [...RESERVATIONS, 'MemoryBytes'] },
  { flags: ['--generic-resource'], path: [...RESERVATIONS, 'GenericResources'], nameOf: resourceName },
  { flags: ['--constraint'], path: [...PLACEMENT, 'Constraints'], nameOf: attributeOf },
  { flags: ['--placement-pref'], path: [...PLACEMENT, 'Preferences'] },
  { flags: ['--replicas-max-per-node'], path: [...PLACEMENT, 'MaxReplicas'] },

  {
    flags: ['--env', '--env-file'],
    path: [...CONTAINER, 'Env'],
    nameOf: (entry) => String(entry).split('=', 1)[0] ?? '',
  },
  { flags: ['--container-label'], path: [...CONTAINER, 'Labels'], isMap: true },
  { flags: ['--mount'], path: [...CONTAINER, 'Mounts'], nameOf: textOf('Target') },
  { flags: ['--secret'], path: [...CONTAINER, 'Secrets'], nameOf: fileName },
  { flags: ['--config'], path: [...CONTAINER, 'Configs'], nameOf: fileName },
  { flags: ['--host'], path: [...CONTAINER, 'Hosts'], nameOf: (entry) => String(entry).replace(/^\S+\s+/, '') },
  { flags: ['--dns'], path: [...DNS, 'Nameservers'] },
  { flags: ['--dns-search'], path: [...DNS, 'Search'] },
  { flags: ['--dns-option'], path: [...DNS, 'Options'] },
  { flags: ['--sysctl'], path: [...CONTAINER, 'Sysctls'], isMap: true },
  { flags: ['--ulimit'], path: [...CONTAINER, 'Ulimits'], nameOf: textOf('Name') },
  { flags: ['--group'], path: [...CONTAINER, 'Groups'] },
  // A capability is in one of the two lists at most: who speaks of one speaks of both.
  { flags: ['--cap-add', '--cap-drop'], path: [...CONTAINER, 'CapabilityAdd'] },
  { flags: ['--cap-drop', '--cap-add'], path: [...CONTAINER, 'CapabilityDrop'] },
  { flags: ['--no-healthcheck'], path: HEALTHCHECK },
  { flags: ['--health-cmd'], path: [...HEALTHCHECK, 'Test'] },
  { flags: ['--health-interval'], path: [...HEALTHCHECK, 'Interval'] },
  { flags: ['--health-timeout'], path: [...HEALTHCHECK, 'Timeout'] },
  { flags: ['--health-retries'], path: [...HEALTHCHECK, 'Retries'] },
  { flags: ['--health-start-period'], path: [...HEALTHCHECK, 'StartPeriod'] },
  { flags: ['--health-start-interval'], path: [...HEALTHCHECK, 'StartInterval'] },
  { flags: ['--entrypoint'], path: [...CONTAINER, 'Command'] },
  { flags: ['--hostname'], path: [...CONTAINER, 'Hostname'] },
  { flags: ['--init'], path: [...CONTAINER, 'Init'] },
  { flags: ['--isolation'], path: [...CONTAINER, 'Isolation'] },
  { flags: ['--oom-score-adj'], path: [...CONTAINER, 'OomScoreAdj'] },
  { flags: ['--read-only'], path: [...CONTAINER, 'ReadOnly'] },
  { flags: ['--stop-grace-period'], path: [...CONTAINER, 'StopGracePeriod'] },
  { flags: ['--stop-signal'], path: [...CONTAINER, 'StopSignal'] },
  { flags: ['--tty'], path: [...CONTAINER, 'TTY'] },
  { flags: ['--user'], path: [...CONTAINER, 'User'] },
  { flags: ['--workdir'], path: [...CONTAINER, 'Dir'] },
  { flags: ['--credential-spec'], path: [...CONTAINER, 'Privileges', 'CredentialSpec'] },
  { flags: ['--credential-spec'], path: [...CONTAINER, 'Configs'], nameOf: fileName },
]

function policy(flag: string, key: string): Part[] {
  return [
    { flags: [`${flag}-parallelism`], path: [key, 'Parallelism'] },
    { flags: [`${flag}-delay`], path: [key, 'Delay'] },
    { flags: [`${flag}-failure-action`], path: [key, 'FailureAction'] },
    { flags: [`${flag}-max-failure-ratio`], path: [key, 'MaxFailureRatio'] },
    { flags: [`${flag}-monitor`], path: [key, 'Monitor'] },
    { flags: [`${flag}-order`], path: [key, 'Order'] },
  ]
}

/** How many tasks there are is often ruled by others as well: what no list names any more stays. */
const OF_MODE = ['--mode', '--replicas', '--max-concurrent']

/** The flags of which it is not known here what they speak of: those of a later docker. */
export function unknownFlags(flags: readonly string[]): string[] {
  return flags.filter((flag) => !isCreateFlag(flag))
}

/** The flags by which docker is known to say what a service is. */
export function createFlags(): string[] {
  return [...OF_MODE, ...PARTS.flatMap((part) => part.flags)]
}

/** Whether docker is known to have a flag for what a service is. */
export function isCreateFlag(flag: string): boolean {
  return OF_MODE.includes(flag) || PARTS.some((part) => part.flags.includes(flag))
}

/**
 * A spec with what the flags say.
 *
 * @param declared the spec that docker makes of these flags and no others
 * @param flags their long names
 * @param plain the spec that docker makes without the {@link unknownFlags}: what differs is what they say
 * @param earlier what earlier flags spoke of, as {@link Overlay.noted} had it: what these do not goes
 * @param keptAlias a name on its networks that stays, whatever the flags say of the networks
 */
export function overlay(
  current: ServiceSpec,
  declared: ServiceSpec,
  flags: readonly string[],
  {
    plain,
    earlier = [],
    keptAlias,
  }: { plain?: ServiceSpec; earlier?: readonly string[]; keptAlias?: string | undefined } = {},
): Overlay {
  const steps = stepsOf(flags, declared)
  const noted = entriesOf(declared, flags)
  const gone = earlier.filter((name) => !noted.includes(name))
  const unknown = plain === undefined ? [] : differences(plain, declared)

  const changes: string[] = []
  let spec = current
  const lay = (name: string, next: ServiceSpec) => {
    if (sameSpec(spec, next)) return
    changes.push(name)
    spec = next
  }
  for (const name of gone) lay(shownName(name), withoutEntry(spec, declared, name))
  for (const { part, key, name } of steps) lay(shownName(name), withEntry(spec, declared, part, key, keptAlias))
  for (const flag of OF_MODE.filter((one) => flags.includes(one))) lay(flag, withMode(spec, declared, flag, flags))
  for (const path of unknown) lay(unknownFlags(flags).join(' '), setAt(spec, path, valueAt(declared, path)))
  return { spec, changes, noted }
}

/**
 * What the flags of a spec that docker has made speak of, by name.
 *
 * @param env the variables in it that come from elsewhere
 */
export function entriesOf(
  declared: ServiceSpec,
  flags: readonly string[],
  env: Readonly<Record<string, string>> = {},
): string[] {
  const names = stepsOf(flags, declared).map(({ name }) => name)
  return names.filter((name) => !Object.keys(env).some((variable) => name === `--env ${variable}`))
}

interface Step {
  readonly part: Part
  /** The entry of the list or map; `undefined`: all of the part. */
  readonly key: string | undefined
  readonly name: string
}

function stepsOf(flags: readonly string[], declared: ServiceSpec): Step[] {
  const parts = PARTS.filter((part) => part.flags.some((flag) => flags.includes(flag)))
  return parts.flatMap((part) => stepsOfPart(part, declared))
}

function stepsOfPart(part: Part, declared: ServiceSpec): Step[] {
  const [flag = ''] = part.flags
  const value = valueAt(declared, part.path)
  if (part.nameOf === undefined && !part.isMap) return [{ part, key: undefined, name: flag }]
  const keys = part.nameOf === undefined ? Object.keys(raw(value)) : list(value).map(part.nameOf)
  return [...new Set(keys)].map((key) => ({ part, key, name: `${flag} ${key}` }))
}

function withEntry(
  spec: ServiceSpec,
  declared: ServiceSpec,
  part: Part,
  key: string | undefined,
  keptAlias: string | undefined,
): ServiceSpec {
  const { path, nameOf } = part
  const said = valueAt(declared, path)
  if (key === undefined) {
    const group = groupOf(path)?.path
    const isWhole = group !== undefined && replacesGroup(valueAt(spec, group), valueAt(declared, group))
    return isWhole ? setAt(spec, group, valueAt(declared, group)) : setAt(spec, path, said)
  }
  const now = valueAt(spec, path)
  if (nameOf === undefined) return setAt(spec, path, { ...raw(now), [key]: raw(said)[key] })
  const isNamed = (entry: unknown) => nameOf(entry) === key
  const before = list(now)
  const entries = list(said)
    .filter(isNamed)
    .map((entry) => (path === NETWORKS ? withAlias(entry, before.find(isNamed), keptAlias) : entry))
  const at = before.findIndex(isNamed)
  const place = at < 0 ? before.length : at
  const others = (entry: unknown) => !isNamed(entry)
  return setAt(spec, path, [
    ...before.slice(0, place).filter(others),
    ...entries,
    ...before.slice(place).filter(others),
  ])
}

const NETWORKS = PARTS.find(({ flags }) => flags.includes('--network'))?.path

/** A network of a spec that goes on to have an alias which it had before. */
function withAlias(entry: unknown, before: unknown, alias: string | undefined): unknown {
  const aliases = (network: unknown) => list(raw(network).Aliases)
  if (alias === undefined || !aliases(before).includes(alias) || aliases(entry).includes(alias)) return entry
  return { ...raw(entry), Aliases: [...aliases(entry), alias] }
}

/** The spec without what a flag said that is not given any more. */
function withoutEntry(spec: ServiceSpec, declared: ServiceSpec, name: string): ServiceSpec {
  const [, flag, key] = /^(\S+)(?: (.*))?$/s.exec(name) ?? []
  const parts = PARTS.filter(
    ({ flags, nameOf, isMap }) => flags[0] === flag && (key !== undefined) === (nameOf !== undefined || isMap === true),
  )
  return parts.reduce((before, part) => withoutPart(before, declared, part, key ?? ''), spec)
}

function withoutPart(spec: ServiceSpec, declared: ServiceSpec, part: Part, key: string): ServiceSpec {
  const { path, nameOf, isMap } = part
  const now = valueAt(spec, path)
  if (nameOf !== undefined) return setAt(spec, path, orNothing(list(now).filter((entry) => nameOf(entry) !== key)))
  if (isMap) {
    const { [key]: _, ...others } = raw(now)
    return setAt(spec, path, orNothing(others))
  }
  const group = groupOf(path)
  if (group === undefined) return setAt(spec, path, valueAt(declared, path))
  if (valueAt(spec, group.path) === undefined) return spec
  const [setting = ''] = path.slice(group.path.length)
  const { [setting]: otherwise } = { ...group.defaults, ...raw(valueAt(declared, group.path)) }
  const rest = setAt(raw(valueAt(spec, group.path)), [setting], otherwise)
  const isPlain = Object.entries(rest).every(([key, value]) => value === group.defaults[key])
  return setAt(spec, group.path, isPlain ? valueAt(declared, group.path) : rest)
}

function groupOf(path: Path) {
  return GROUPS.find((group) => group.path.length < path.length && group.path.every((key, at) => path[at] === key))
}

/** A health check that is switched off has no other settings, and one that is not has nothing of that. */
function replacesGroup(now: unknown, declared: unknown): boolean {
  if (declared === undefined) return false
  const isOff = (group: unknown) => list(raw(group).Test)[0] === 'NONE'
  return now === undefined || isOff(now) !== isOff(declared)
}

/** A mode that is another one is Swarm's to refuse. Within one mode only what is given changes. */
function withMode(spec: ServiceSpec, { Mode }: ServiceSpec, flag: string, flags: readonly string[]): ServiceSpec {
  const { Replicated: replicated, ReplicatedJob: job } = spec.Mode
  const [kind] = Object.keys(Mode)
  if (kind === undefined || !(kind in spec.Mode)) return { ...spec, Mode }
  if (flag === '--mode') return spec
  if (replicated !== undefined) return flag === '--replicas' ? { ...spec, Mode } : spec
  if (job === undefined) return spec
  // Without --max-concurrent docker has all tasks of a job run at once.
  const concurrent = { MaxConcurrent: Mode.ReplicatedJob?.MaxConcurrent }
  return {
    ...spec,
    Mode: flags.includes('--replicas') ? Mode : ({ ReplicatedJob: { ...job, ...concurrent } } as ServiceSpec['Mode']),
  }
}

/** The paths at which two specs differ, as deep as they are objects. */
function differences(a: unknown, b: unknown, path: Path = []): Path[] {
  if (isDeepStrictEqual(a, b)) return []
  if (!isObject(a) || !isObject(b)) return [path]
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    differences(a[key], b[key], [...path, key]),
  )
}

const LONGEST_NAME = 60

function shownName(name: string): string {
  const clean = printable(name)
  return clean.length > LONGEST_NAME ? `${beginningOf(clean, LONGEST_NAME)}…` : clean
}

function valueAt(spec: unknown, path: Path): unknown {
  return path.reduce((value, key) => (isObject(value) ? value[key] : undefined), spec)
}

/** `undefined` takes the key away. */
function setAt<T>(object: T, [key, ...rest]: Path, value: unknown): T {
  if (key === undefined) return value as T
  const { [key]: before, ...others } = raw(object)
  const after = rest.length === 0 ? value : setAt(before ?? {}, rest, value)
  if (after === undefined || (before === undefined && value === undefined)) return others as T
  return { ...raw(object), [key]: after } as T
}

function orNothing(entries: object): unknown {
  return Object.keys(entries).length === 0 ? undefined : entries
}

function isObject(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function raw(value: unknown): Raw {
  return isObject(value) ? value : {}
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function textOf(key: string): (entry: unknown) => string {
  return (entry) => String(raw(entry)[key] ?? '')
}

/** A secret or config by where a task finds it. A config without a file is a credential spec. */
function fileName(entry: unknown): string {
  return String(raw(raw(entry).File).Name ?? '')
}

/** The container's side: what changes is where it is published. */
function portName(entry: unknown): string {
  const { TargetPort: port, Protocol: protocol } = raw(entry)
  return `${port}/${String(protocol || 'tcp').toLowerCase()}`
}

function resourceName(entry: unknown): string {
  const { DiscreteResourceSpec: discrete, NamedResourceSpec: named } = raw(entry)
  return String(raw(discrete ?? named).Kind ?? '')
}

/** `node.labels.zone` of `node.labels.zone==east`. */
function attributeOf(entry: unknown): string {
  return String(entry).split(/[!=]=/, 1)[0]?.trim() ?? ''
}
