import { isDeepStrictEqual } from 'node:util'
import { crypto } from '../../runner/crypto.ts'
import { hasOthersScale, UNCOMPARED_LABELS } from '../../runner/own-labels.ts'
import type { ServiceMode, ServiceSpec } from '../api.ts'
import { toGoJson } from '../engine/go-json.ts'
import { wantedTasks } from './service-mode.ts'

/**
 * Whether two specs ask the swarm for the same. A spec is compared in the form in which Swarm stores it, with what it
 * fills in and lower-cases when a spec is sent; found by sending and reading back every field. Beyond that the
 * comparison is strict: an empty value is not the same as none. Pure.
 *
 * Not looked at: the platforms of the image, which are only recorded when the registry answers, Docker's note of how the
 * compose file spelled the image, our own of who has written the spec, and a number of tasks that a label gives to others.
 * None of them changes what a task is.
 */
export function sameSpec(a: ServiceSpec, b: ServiceSpec): boolean {
  return isDeepStrictEqual(storedForm(a), storedForm(b))
}

/**
 * Whether a spec leaves every task as it is, although it may not be the {@link sameSpec}: Swarm replaces tasks for a
 * change of their template and of the endpoint only, and not for one of labels, policies or their number.
 */
export function replacesNothing(current: ServiceSpec, wanted: ServiceSpec): boolean {
  if (wantedTasks(wanted) === 0) return true
  const { EndpointSpec: _, ...rest } = current
  const { TaskTemplate, EndpointSpec } = wanted
  return sameSpec(current, { ...rest, TaskTemplate, ...(EndpointSpec && { EndpointSpec }) })
}

/**
 * The spec with its variables, secrets and configs in the order of a stored one wherever both have the same: in another
 * order Swarm would restart the tasks.
 */
export function withStoredOrder(spec: ServiceSpec, stored: ServiceSpec): ServiceSpec {
  const { TaskTemplate: template } = spec
  const [own, its] = [raw(template.ContainerSpec), raw(stored.TaskTemplate.ContainerSpec)]
  const [a, b] = [storedContainer(own), storedContainer(its)]
  const same = SETS.filter((key) => own[key] !== undefined && isDeepStrictEqual(a[key], b[key]))
  if (same.length === 0) return spec
  const ordered = Object.fromEntries(same.map((key) => [key, its[key]]))
  return { ...spec, TaskTemplate: { ...template, ContainerSpec: { Image: '', ...template.ContainerSpec, ...ordered } } }
}

const SETS = ['Env', 'Secrets', 'Configs']

/**
 * The same text for specs that are {@link sameSpec}, another for others: to compare with a spec that is not at hand any
 * more. It tells nothing of what is in them.
 */
export function fingerprint(spec: ServiceSpec): string {
  return crypto()
    .createHash('sha256')
    .update(toGoJson(storedForm(spec), withSortedKeys))
    .digest('hex')
}

/** For `toGoJson`: two objects with the same in them are the same text, in whatever order. */
export function withSortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Which parts differ between two specs, in the words of a compose file; none when they are {@link sameSpec}. */
export function changedParts(now: ServiceSpec, wanted: ServiceSpec): string[] {
  if (sameSpec(now, wanted)) return []
  const [a, b] = storedForms(now, wanted)
  const isSame = ([, path, of]: (typeof PARTS)[number]) => {
    const [one, other] = [a, b].map((spec) => partAt(spec, path))
    return isDeepStrictEqual(of ? of(raw(one)) : one, of ? of(raw(other)) : other)
  }
  const words = PARTS.filter((part) => !isSame(part)).map(([word]) => word)
  const isAll = words.length > 0 && isDeepStrictEqual(withoutParts(a), withoutParts(b))
  return isAll ? words : [...words, 'settings']
}

type Raw = Readonly<Record<string, unknown>>

const CONTAINER = ['TaskTemplate', 'ContainerSpec'] as const

/** A word for a part of a spec, where that is, and what of it is meant where it is not all. */
const PARTS: readonly (readonly [string, path: readonly string[], of?: (part: Raw) => unknown])[] = [
  ['image', [...CONTAINER, 'Image']],
  ['mode', ['Mode'], Object.keys],
  ['replicas', ['Mode'], Object.values],
  ['env', [...CONTAINER, 'Env']],
  ['secrets', [...CONTAINER, 'Secrets']],
  ['configs', [...CONTAINER, 'Configs']],
  ['networks', ['TaskTemplate', 'Networks']],
  ['ports', ['EndpointSpec', 'Ports']],
  ['labels', ['Labels']],
  ['update policy', ['UpdateConfig']],
  ['rollback policy', ['RollbackConfig']],
]

/** All that {@link PARTS} have no word for. */
function withoutParts(spec: Raw): Raw {
  const rest = PARTS.reduce((left, [, path]) => withoutPart(left, path), spec)
  return { ...rest, EndpointSpec: { Mode: 'vip', ...raw(rest.EndpointSpec) } }
}

function withoutPart(whole: Raw, [key = '', ...path]: readonly string[]): Raw {
  const { [key]: part, ...others } = whole
  return path.length === 0 ? others : { ...others, [key]: withoutPart(raw(part), path) }
}

function partAt(spec: Raw, path: readonly string[]): unknown {
  return path.reduce<unknown>((part, key) => raw(part)[key], spec)
}

/** The label by which Docker remembers the image as the compose file had it, and those of whoever uses this library. */
const NOTES = ['com.docker.stack.image', ...UNCOMPARED_LABELS]

/**
 * The stored forms of two specs, for telling what differs between them: with their numbers of tasks, unless these are
 * others' to set in both. Where only one leaves them to others the label differs anyhow.
 */
export function storedForms(a: ServiceSpec, b: ServiceSpec): [Raw, Raw] {
  const hasAnyNumber = [a, b].every(({ Labels }) => hasOthersScale(Labels))
  return [storedForm(a, hasAnyNumber), storedForm(b, hasAnyNumber)]
}

/**
 * The form in which Swarm stores a spec, as a comparison needs it.
 *
 * @param hasAnyNumber the number of tasks is not ours, and so the same as every other
 */
function storedForm(spec: ServiceSpec, hasAnyNumber = hasOthersScale(spec.Labels)): Raw {
  const clean = raw(withoutNothing(spec))
  const labels = Object.fromEntries(Object.entries(raw(clean.Labels)).filter(([label]) => !NOTES.includes(label)))
  const template = raw(clean.TaskTemplate)
  const { Platforms: _platforms, ...placement } = raw(template.Placement)
  return {
    ...clean,
    Labels: labels,
    Mode: storedMode(clean.Mode as ServiceMode, hasAnyNumber),
    ...where(clean, 'UpdateConfig', storedPolicy),
    ...where(clean, 'RollbackConfig', storedPolicy),
    ...where(clean, 'EndpointSpec', storedEndpoint),
    TaskTemplate: {
      Runtime: 'container',
      ForceUpdate: 0,
      ...template,
      Placement: placement,
      ...where(template, 'ContainerSpec', storedContainer),
      ...where(template, 'RestartPolicy', (policy) => ({ Condition: 'any', MaxAttempts: 0, ...policy })),
    },
  }
}

/** @param hasAnyNumber the number of tasks is not ours, and so the same as every other */
function storedMode(mode: ServiceMode, hasAnyNumber: boolean): Raw {
  const { Replicated: replicated, ReplicatedJob: job } = mode
  const concurrent = job?.MaxConcurrent ?? 1
  return {
    ...mode,
    ...(replicated && { Replicated: { Replicas: 1, ...(!hasAnyNumber && replicated) } }),
    ...(job && { ReplicatedJob: { MaxConcurrent: concurrent, TotalCompletions: job.TotalCompletions ?? concurrent } }),
  }
}

function storedPolicy(policy: Raw): Raw {
  const { FailureAction: action, Order: order } = policy
  // The API knows no policy without these numbers: one that is left out is zero.
  return {
    Parallelism: 0,
    MaxFailureRatio: 0,
    ...policy,
    FailureAction: action || 'pause',
    Order: order || 'stop-first',
  }
}

function storedEndpoint(endpoint: Raw): Raw {
  const ports = list(endpoint.Ports).map((port) => ({
    ...port,
    Protocol: lowerCased(port.Protocol) || 'tcp',
    PublishMode: lowerCased(port.PublishMode) || 'ingress',
  }))
  return { ...endpoint, Mode: endpoint.Mode || 'vip', ...(ports.length > 0 && { Ports: ports }) }
}

function storedContainer(spec: Raw): Raw {
  const { Secrets: secrets, Configs: configs, Env: env, Mounts: mounts, Labels: labels, ...rest } = spec
  const { NoNewPrivileges: strict, ...privileges } = raw(spec.Privileges)
  return {
    ...rest,
    Isolation: lowerCased(spec.Isolation) || 'default',
    ...(Object.keys(raw(labels)).length > 0 && { Labels: labels }),
    ...(spec.Privileges !== undefined && {
      Privileges: { ...privileges, ...(strict ? { NoNewPrivileges: true } : {}) },
    }),
    // Docker sends these in the order of a Go map, and a container sees no order in them.
    ...(env !== undefined && { Env: (env as readonly string[]).toSorted() }),
    ...(secrets !== undefined && { Secrets: list(secrets).toSorted(byText) }),
    ...(configs !== undefined && { Configs: list(configs).toSorted(byText) }),
    ...(mounts !== undefined && { Mounts: list(mounts).map(storedMount) }),
  }
}

/** Nobody keeps how consistent a bind is, nor that a volume of the cluster has options: it can have none. */
function storedMount({ Consistency: _, ClusterOptions: __, BindOptions: options, ...given }: Raw): Raw {
  const mount = { ...given, ...(given.Type !== undefined && { Type: lowerCased(given.Type) }) }
  const bind = raw(options)
  if (Object.keys(bind).length === 0) return mount
  return { ...mount, BindOptions: { ...bind, Propagation: lowerCased(bind.Propagation) || 'rprivate' } }
}

/** The value without nulls and empty lists: on the wire to Swarm's store both are the same as nothing. */
function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, withoutNothing(inner)] as const)
  return Object.fromEntries(
    entries.filter(([, inner]) => inner != null && !(Array.isArray(inner) && inner.length === 0)),
  )
}

function where(object: Raw, key: string, change: (part: Raw) => Raw): Raw {
  return object[key] === undefined ? {} : { [key]: change(raw(object[key])) }
}

function raw(value: unknown): Raw {
  return (value ?? {}) as Raw
}

function list(value: unknown): readonly Raw[] {
  return (value ?? []) as readonly Raw[]
}

function lowerCased(value: unknown): string {
  return String(value ?? '').toLowerCase()
}

function byText(a: Raw, b: Raw): number {
  const [one, other] = [sortKey(a), sortKey(b)]
  return one < other ? -1 : Number(one > other)
}

/** A secret or config by where a task finds it, then by what it is. */
function sortKey(object: Raw): string {
  const id = object.SecretID ?? object.ConfigID
  return JSON.stringify([raw(object.File).Name, object.SecretName ?? object.ConfigName, id])
}
