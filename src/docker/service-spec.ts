import type { Distribution, Service, ServiceSpec } from './api.ts'
import { familiar, type ImageReference, sameImage } from './reference.ts'

/** What is asked of a service's spec; what is not named stays. */
export interface Asked {
  /** Pinned by digest. */
  readonly image: ImageReference | undefined
  readonly replicas: number | undefined
  readonly env: Readonly<Record<string, string>>
}

/** What differs between a service and what is asked of it: exactly this is sent. */
export interface Difference {
  readonly image: ImageReference | undefined
  readonly replicas: number | undefined
  readonly env: Readonly<Record<string, string>>
  /** In the user's words; empty when nothing differs. Values of variables are not shown. */
  readonly words: readonly string[]
}

/**
 * What must change in a spec, or all that is asked when there is none yet. Only what differs is sent: the docker CLI
 * writes all variables anew, in random order, as soon as one is given, and that alone would restart the tasks.
 */
export function difference(spec: ServiceSpec | undefined, asked: Asked): Difference {
  if (spec === undefined) return { ...asked, words: [] }
  const image = isSameImage(spec, asked.image) ? undefined : asked.image
  const now = spec.Mode.Replicated?.Replicas ?? spec.Mode.ReplicatedJob?.TotalCompletions ?? 1
  const replicas = asked.replicas === now ? undefined : asked.replicas
  const env = Object.fromEntries(
    Object.entries(asked.env).filter(([name, value]) => variables(spec).get(name) !== value),
  )
  const names = Object.keys(env)
  return {
    image,
    replicas,
    env,
    words: [
      ...(image === undefined ? [] : ['image']),
      ...(replicas === undefined ? [] : [`replicas ${now} → ${replicas}`]),
      ...(names.length === 0 ? [] : [`env ${names.join(', ')}`]),
    ],
  }
}

/** The spec with what differs made so, as `docker service update` would: what is not named stays. */
export function withDifference(spec: ServiceSpec, { image, replicas, env }: Difference): ServiceSpec {
  const { TaskTemplate: template, Mode: mode } = spec
  const container = template.ContainerSpec ?? { Image: '' }
  const Env = [...new Map([...variables(spec), ...Object.entries(env)])].map(([name, value]) => `${name}=${value}`)
  return {
    ...spec,
    ...(replicas !== undefined && { Mode: { ...mode, Replicated: { Replicas: replicas } } }),
    TaskTemplate: {
      ...template,
      ContainerSpec: {
        ...container,
        ...(image && { Image: familiar(image) }),
        ...(Object.keys(env).length > 0 && { Env }),
      },
    },
  }
}

/**
 * The spec with the platforms of its image, as docker sends them: Swarm chooses nodes by them. It leaves out the
 * architecture of arm, whose names differ (github.com/docker/docker/client/service_create.go).
 */
export function withPlatforms(spec: ServiceSpec, platforms: Distribution['Platforms'] = []): ServiceSpec {
  if (platforms.length === 0) return spec
  const Platforms = platforms.map(({ architecture = '', os = '' }) => ({
    Architecture: architecture.toLowerCase() === 'arm' ? '' : architecture,
    OS: os,
  }))
  const { TaskTemplate: template } = spec
  return { ...spec, TaskTemplate: { ...template, Placement: { ...template.Placement, Platforms } } }
}

/** Which of Swarm's own policies differ between two specs. */
export function policyChanges(now: ServiceSpec, wanted: ServiceSpec): string[] {
  return [
    ...(same(now.UpdateConfig ?? {}, wanted.UpdateConfig ?? {}) ? [] : ['update policy']),
    ...(same(now.RollbackConfig ?? {}, wanted.RollbackConfig ?? {}) ? [] : ['rollback policy']),
  ]
}

/** The image of a service, with its digest where it has one, as the swarm holds it. */
export function imageOf(service: Service | undefined): string | undefined {
  return service?.Spec.TaskTemplate.ContainerSpec?.Image
}

/** Whether two specs ask the swarm for the same: order of variables, and empty against absent fields, do not count. */
export function sameSpec(a: ServiceSpec, b: ServiceSpec): boolean {
  return same(a, b)
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(essence(a)) === JSON.stringify(essence(b))
}

function isSameImage(spec: ServiceSpec, image: ImageReference | undefined): boolean {
  return image === undefined || sameImage(spec.TaskTemplate.ContainerSpec?.Image ?? '', familiar(image))
}

function variables(spec: ServiceSpec): Map<string, string> {
  const entries = (spec.TaskTemplate.ContainerSpec?.Env ?? []).map((entry): [string, string] => {
    const at = entry.indexOf('=')
    return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)]
  })
  return new Map(entries)
}

/** The value with its keys in order and without what is empty; the list of variables in order too. */
function essence(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => essence(item))
    return key === 'Env' ? items.sort() : items
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, inner]) => [name, essence(inner, name)] as const)
  return Object.fromEntries(
    entries.filter(([name, inner]) => !isEmpty(name, inner)).sort(([a], [b]) => a.localeCompare(b)),
  )
}

/** Where nothing and zero differ: a task without grace, without an init process, a service without tasks. */
const ZERO_COUNTS = ['StopGracePeriod', 'Init', 'Replicas']

/** The mode of a service is told by which of these is there, empty as it may be. */
const MODES = ['Global', 'GlobalJob', 'Replicated', 'ReplicatedJob']

function isEmpty(name: string, value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true
  if (value === 0 || value === false) return !ZERO_COUNTS.includes(name)
  return typeof value === 'object' && Object.keys(value).length === 0 && !MODES.includes(name)
}
